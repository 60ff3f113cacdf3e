import Glibc
import ZooPlugin

/// A function of whole tensors, from any library: it gets their addresses, and numbers about them.
///
///     f(y, x, ...)
///
/// `arguments` says what is passed, in the order of the parameters: `x`, a tensor's elements (by value if the parameter is a number and the
/// tensor has one); `x.count`, `x.rank` and `x[0]`, whole numbers; `x.shape`, the address of the lengths of its axes; and numbers. Outputs
/// hold zeros before the call, or a copy of an input. In `derivative_arguments` there are `y.gradient`, to read, and `x.gradient`, to
/// write, which holds zeros before the call.
///
/// - Shapes: any; those of outputs are as declared.
struct ForeignCall: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "foreign.call", "A function of whole tensors, from any library that you allow.", formula: "f(y, x, ...)",
      attributes: [
        Attribute("library", \.library, .required, "The shared library, by the name that the system finds it by, such as libm.so.6."),
        Attribute("symbol", \.symbol, .required, "The function."),
        Attribute("signature", \.signature, .required, "What it takes and returns, such as void(f32*, const f32*, i64)."),
        Attribute("arguments", \.arguments, .required, "What is passed, such as y, x, x.count."),
        Attribute("inputs", \.inputs, "Names for the inputs, in their order."),
        Attribute("outputs", \.outputs, "Names, types and shapes of the outputs; = x starts one as a copy of x."),
        Attribute("result", \.result, "What becomes of what it returns: an output, status (0 unless it failed), or unused."),
        Attribute("derivative", \.derivative, "The function that computes gradients."),
        Attribute("derivative_signature", \.derivativeSignature, "What that takes; it returns void, or a whole number as a status."),
        Attribute("derivative_arguments", \.derivativeArguments, "What is passed to it, such as x.gradient, y.gradient, x, x.count."),
      ],
      inputs: [Port("x", "[...]", "What the function reads.", .variadic)],
      outputs: [Port("y", "[...]", "What it writes.", .variadic)],
      checks: [
        CheckCase(
          #"""
          {"library": "libm.so.6", "symbol": "modff", "signature": "f32(f32, f32*)", "arguments": "1.5, y", "outputs": "y: f32[1]",
           "result": "unused"}
          """#, "f32[3]")
      ])
  }

  /// What becomes of a result.
  private enum Fate { case none, unused, status, output(Int) }

  var library = ""
  var symbol = ""
  var signature = ""
  var arguments = ""
  var inputs = "x"
  var outputs = "y: f32[x.shape]"
  var result: String?
  var derivative: String?
  var derivativeSignature: String?
  var derivativeArguments: String?
  private var declared: [OutputDeclaration] = []
  private var returned: ScalarType?
  private var derivativeReturned: ScalarType?
  private var fate = Fate.none
  private var function: Invocation?
  private var gradient: Invocation?
  /// Where in the scratch a gradient is that backward was not given; by input, then by output.
  private var spare: [Int] = []
  private var scratchBytes = 0

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let names = try AttributeReader.names("inputs", inputs)
    let specs = try request.named(names)
    declared = try OutputDeclaration.list("outputs", outputs, inputs: names, specs: specs)
    let tensors = TensorNames(
      inputs: names, inputSpecs: specs, outputs: declared.map(\.name), outputSpecs: declared.map(\.spec), isDerivative: false)
    let library = try Library(library, for: request)
    let types = try Signature("signature", signature)
    let function = try Invocation(library.function(symbol, of: "symbol"), types, tensors, "arguments", arguments)
    self.function = function
    returned = types.result
    fate = try fate(of: types)
    for (i, output) in declared.enumerated() where !function.places.contains(.output(i)) {
      if case .output(i) = fate { continue }
      throw .attribute("arguments '\(arguments)' leaves the output '\(output.name)' out, so nothing would write it")
    }
    gradient = try derivative(in: library, names, specs)

    var plan = Plan(outputs: declared.map(\.spec))
    guard let gradient else { return plan }
    spare = []
    for i in specs.indices { reserve(gradient.places.contains(.inputGradient(i)) ? specs[i] : nil, in: &plan) }
    for i in declared.indices { reserve(gradient.places.contains(.outputGradient(i)) ? declared[i].spec : nil, in: &plan) }
    scratchBytes = plan.backwardScratch
    for place in gradient.places {
      switch place {
      case .input(let i): plan.neededInputs.insert(i)
      case .output(let i): plan.neededOutputs.insert(i)
      case .inputGradient, .outputGradient: continue
      }
    }
    return plan
  }

  private mutating func reserve(_ spec: Spec?, in plan: inout Plan) {
    spare.append(plan.backwardScratch)
    plan.backwardScratch += ((spec?.byteCount ?? 0) + 63) & ~63
  }

  private func fate(of signature: Signature) throws(LayerError) -> Fate {
    guard let type = signature.result else {
      if let result { throw .attribute("result is '\(result)', but by its signature \(signature) the function returns nothing") }
      return .none
    }
    switch result {
    case nil: throw .attribute("the function returns \(type): say what becomes of it as result: the name of an output, status or unused")
    case "unused": return .unused
    case "status":
      guard !type.isFloat else { throw .attribute("result is 'status', which is a whole number, but the function returns \(type)") }
      return .status
    case let name?:
      guard let output = declared.firstIndex(where: { $0.name == name }) else {
        let names = (declared.map(\.name) + ["status", "unused"]).joined(separator: ", ")
        throw .attribute("result '\(name)' is none of \(names)")
      }
      let spec = declared[output].spec
      guard spec.count == 1, spec.dtype == type.dtype else {
        throw .shape("the function returns one \(type), which the output '\(name)', \(spec.dtype) \(spec.shape), is not")
      }
      return .output(output)
    }
  }

  private mutating func derivative(in library: Library, _ names: [String], _ specs: [Spec]) throws(LayerError) -> Invocation? {
    guard let derivative else {
      guard derivativeSignature == nil, derivativeArguments == nil else {
        throw .attribute("derivative_signature and derivative_arguments are about a derivative, which is not given")
      }
      return nil
    }
    guard let derivativeSignature, let derivativeArguments else {
      throw .attribute("a derivative needs derivative_signature and derivative_arguments")
    }
    let types = try Signature("derivative_signature", derivativeSignature)
    derivativeReturned = types.result
    if let result = types.result, result.isFloat {
      throw .attribute("a derivative returns void, or a whole number that is 0 unless it failed, but by its signature it is \(types)")
    }
    let tensors = TensorNames(
      inputs: names, inputSpecs: specs, outputs: declared.map(\.name), outputSpecs: declared.map(\.spec), isDerivative: true)
    let found = try Invocation(
      library.function(derivative, of: "derivative"), types, tensors, "derivative_arguments", derivativeArguments)
    for i in specs.indices where specs[i].dtype == .f32 && !found.places.contains(.inputGradient(i)) {
      throw .attribute("derivative_arguments '\(derivativeArguments)' leaves \(names[i]).gradient out, so nothing would write it")
    }
    return found
  }

  func forward(_ call: Call) throws(LayerError) {
    guard let function else { throw .internal("a layer that was not planned") }
    for i in declared.indices {
      let y = call.outputs[i]
      if let input = declared[i].start {
        y.address.copyMemory(from: call.inputs[input].address, byteCount: y.byteCount)
      } else {
        memset(y.address, 0, y.byteCount)
      }
    }
    let value = function.invoke(call.inputs) { place in
      switch place {
      case .output(let i): call.outputs[i].address
      case .input(let i), .inputGradient(let i), .outputGradient(let i): call.inputs[i].address
      }
    }
    switch fate {
    case .none, .unused: return
    case .status: try check(value, returned, symbol)
    case .output(let i):
      withUnsafeBytes(of: value) { bytes in
        guard let start = bytes.baseAddress else { return }
        call.outputs[i].address.copyMemory(from: start, byteCount: call.outputs[i].byteCount)
      }
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    guard declared.indices.contains(where: { call.outputGradients.optional($0) != nil }) else { return call.clearGradients() }
    guard let gradient, let derivative else {
      throw .unsupported("there is no derivative of '\(symbol)' to train through: name a function that computes it as its derivative")
    }
    let inputCount = spare.count - declared.count
    for place in 0..<spare.count {
      let end = place + 1 < spare.count ? spare[place + 1] : scratchBytes
      let isGiven = place >= inputCount && call.outputGradients.optional(place - inputCount) != nil
      if !isGiven { memset(call.scratch + spare[place], 0, end - spare[place]) }
    }
    for i in 0..<inputCount {
      if let dx = call.inputGradients.optional(i) { memset(dx.address, 0, dx.byteCount) }
    }
    let value = gradient.invoke(call.inputs) { place in
      switch place {
      case .input(let i): call.inputs[i].address
      case .output(let i): call.outputs[i].address
      case .inputGradient(let i): call.inputGradients.optional(i)?.address ?? call.scratch + spare[i]
      case .outputGradient(let i): call.outputGradients.optional(i)?.address ?? call.scratch + spare[inputCount + i]
      }
    }
    if derivativeReturned != nil { try check(value, derivativeReturned, derivative) }
  }

  /// Refuses a status that is not 0.
  private func check(_ value: UInt64, _ type: ScalarType?, _ symbol: String) throws(LayerError) {
    let status: Int64 =
      switch type {
      case .i8: Int64(Int8(truncatingIfNeeded: value))
      case .u8: Int64(UInt8(truncatingIfNeeded: value))
      case .i16: Int64(Int16(truncatingIfNeeded: value))
      case .u16: Int64(UInt16(truncatingIfNeeded: value))
      case .i32: Int64(Int32(truncatingIfNeeded: value))
      case .u32: Int64(UInt32(truncatingIfNeeded: value))
      default: Int64(bitPattern: value)
      }
    if status != 0 { throw .data("'\(symbol)' returned \(status), which says that it failed") }
  }
}
