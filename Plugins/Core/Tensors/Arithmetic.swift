import CKernels
import ZooPlugin

/// The sum of two tensors.
///
///     y = a + b, with axes of length 1 and missing leading axes stretched (NumPy's broadcasting)
///
/// The gradient of an operand that was stretched is summed over what it was stretched along. Integers wrap around.
struct Add: Arithmetic {
  static var declaration: Declaration<Self> {
    declare("core.add", "The sum of two tensors, which broadcast as in NumPy.", formula: "y = a + b")
  }
  static var operation: ArithmeticOperation { .add }
  var broadcast = Broadcast()
}

/// The difference of two tensors.
///
///     y = a - b, broadcast as `core.add`
struct Subtract: Arithmetic {
  static var declaration: Declaration<Self> {
    declare("core.subtract", "The difference of two tensors, which broadcast as in NumPy.", formula: "y = a - b")
  }
  static var operation: ArithmeticOperation { .subtract }
  var broadcast = Broadcast()
}

/// The product of two tensors, element by element.
///
///     y = a * b, broadcast as `core.add`
struct Multiply: Arithmetic {
  static var declaration: Declaration<Self> {
    declare("core.multiply", "The product of two tensors, element by element, which broadcast as in NumPy.", formula: "y = a * b")
  }
  static var operation: ArithmeticOperation { .multiply }
  var broadcast = Broadcast()
}

/// The quotient of two tensors, element by element.
///
/// Division by 0 gives infinity or NaN.
///
///     y = a / b, broadcast as `core.add`
struct Divide: Arithmetic {
  static var declaration: Declaration<Self> {
    declare("core.divide", "The quotient of two tensors, element by element, which broadcast as in NumPy.", formula: "y = a / b")
  }
  static var operation: ArithmeticOperation { .divide }
  var broadcast = Broadcast()
}

/// Which arithmetic; the numbers are those of elementwise.h.
enum ArithmeticOperation: Int32 {
  case add = 0
  case subtract = 1
  case multiply = 2
  case divide = 3
}

/// What a plan finds out about two tensors that broadcast.
struct Broadcast {
  fileprivate var nest: Nest?
  /// For each operand, what its gradient is the sum of.
  fileprivate var gradients: [StridedReduction] = []
}

/// What the four kinds have in common: everything but the operation.
protocol Arithmetic: DifferentiableLayer {
  /// Which it is.
  static var operation: ArithmeticOperation { get }
  /// What the plan found out.
  var broadcast: Broadcast { get set }
}

extension Arithmetic {
  static func declare(_ name: String, _ summary: String, formula: String) -> Declaration<Self> {
    Declaration(
      name, summary, formula: formula, inputs: [Port("a", "[...]"), Port("b", "[...]")], outputs: [Port("y", "[...]")],
      bf16: .followed)
  }

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let (a, b, operation) = (request[0], request[1], Self.operation)
    let computable: [DType] = operation == .divide ? [.f32] : [.f32, .i32, .i64]
    guard computable.contains(a.dtype) else {
      throw .dtype("a must be \(computable.map(\.description).joined(separator: " or ")), but it is \(a.dtype)")
    }
    guard a.dtype == b.dtype else { throw .dtype("a and b must have one type, but they are \(a.dtype) and \(b.dtype)") }
    guard let shape = broadcastShape(a.shape, b.shape) else {
      throw .shape("a and b do not broadcast: their shapes are \(a.shape) and \(b.shape)")
    }

    let y = try Spec.checked(shape, a.dtype)
    let operands = [a, b].map { View($0.shape).broadcast(to: shape) }
    broadcast.nest = Nest(operands)
    var plan = Plan(outputs: [y])
    for (i, spec) in [a, b].enumerated() where spec.shape == shape { plan.aliases.append((output: 0, input: i)) }
    switch operation {
    case .add, .subtract: break
    case .multiply: plan.neededInputs = [0, 1]
    case .divide: (plan.neededInputs, plan.neededOutputs) = ([1], [0])
    }
    if request.isTraining, a.dtype == .f32 {
      broadcast.gradients = [a, b].enumerated().map { i, spec in
        let first = shape.count - spec.rank
        let stretched = shape.indices.filter { $0 < first || spec.shape[$0 - first] != shape[$0] }
        let factor = operation == .divide ? [operands[1], View(shape)][i] : operands[1 - i]
        return StridedReduction([View(shape), factor], axes: stretched)
      }
      plan.backwardScratch = broadcast.gradients.map(\.scratch).max() ?? 0
    }
    if operation == .add, a == b, a.dtype == .f32 { plan.isEpilogue = .add }
    plan.isRowIndependent = !shape.isEmpty && a.rank == b.rank && a.shape[0] == b.shape[0]
    plan.accumulates = true
    if a.shape == b.shape { plan.nativeBF16 = .forward }
    plan.flops = Double(y.count)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    guard let nest = broadcast.nest?.pointer, nest.pointee.count > 0 else { return }
    let (a, b, y) = (call.inputs[0], call.inputs[1], call.outputs[0])
    let operation = Self.operation.rawValue
    switch y.dtype {
    case .f32:
      let (a, b, y) = (a.floats, b.floats, y.floats)
      try call.elements(Int(nest.pointee.count), grain: 1 << 15) { part in
        zoo_arithmetic_f32(operation, nest, a, b, y, Int64(part.lowerBound), Int64(part.upperBound))
      }
    case .bf16:
      let count = y.count
      let (a, b, y) = (a.halves, b.halves, y.halves)
      try call.elements(count, grain: 1 << 15) { part in
        let start = part.lowerBound
        zoo_arithmetic_bf16(operation, a + start, b + start, y + start, Int64(part.count))
      }
    case .i32:
      zoo_arithmetic_i32(
        operation, nest, a.pointer(to: Int32.self), b.pointer(to: Int32.self), y.pointer(to: Int32.self), 0, nest.pointee.count)
    default:
      zoo_arithmetic_i64(
        operation, nest, a.pointer(to: Int64.self), b.pointer(to: Int64.self), y.pointer(to: Int64.self), 0, nest.pointee.count)
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    for i in 0..<2 {
      guard let target = call.inputGradients.optional(i) else { continue }
      let adding = call.accumulatesInput(i)
      guard let dy = call.outputGradients.optional(0)?.floats else {
        call.clear(target, unlessAdding: adding)
        continue
      }
      let sum = broadcast.gradients[i]
      let scratch = sum.scratch > 0 ? call.scratch : nil
      let dx = target.floats
      switch (Self.operation, i) {
      case (.add, _), (.subtract, 0): try sum.sum(call, dy, into: dx, adding: adding, scratch: scratch)
      case (.subtract, _): try sum.sum(call, dy, scale: -1, into: dx, adding: adding, scratch: scratch)
      case (.multiply, _): try sum.sum(call, of: .products, dy, call.inputs[1 - i].floats, into: dx, adding: adding, scratch: scratch)
      case (.divide, 0): try sum.sum(call, of: .quotients, dy, call.inputs[1].floats, into: dx, adding: adding, scratch: scratch)
      // The derivative of a / b by b is -y / b, in which b is the same for all terms.
      case (.divide, _):
        let (b, y) = (call.inputs[1].floats, call.outputs[0].floats)
        try sum.sum(call, of: .products, dy, y, scale: -1, divisor: b, into: dx, adding: adding, scratch: scratch)
      }
    }
  }
}
