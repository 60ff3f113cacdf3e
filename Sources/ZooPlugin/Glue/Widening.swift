import CZoo
import CZooNumbers

/// Runs a layer that computes with f32 on tensors of bf16: copies in f32 stand for them, in scratch behind the layer's own.
final class Widening {
  /// What needs no copies.
  let native: NativeBF16

  private let forwardStart: Int
  private let backwardStart: Int
  // Stand-ins for the tables of one call: a layer is run by one caller at a time.
  private let inputs: UnsafeMutableBufferPointer<zoo_tensor>
  private let outputs: UnsafeMutableBufferPointer<zoo_tensor>
  private let outputGradients: UnsafeMutableBufferPointer<zoo_tensor>
  private let inputGradients: UnsafeMutableBufferPointer<zoo_tensor>
  private let addend: UnsafeMutableBufferPointer<zoo_tensor>

  /// Makes a plan for f32 one for bf16.
  init(_ plan: inout Plan, _ request: PlanRequest) {
    native = plan.nativeBF16
    let specs = request.inputs
    inputs = .allocate(capacity: specs.count)
    inputGradients = .allocate(capacity: specs.count)
    outputs = .allocate(capacity: plan.outputs.count)
    outputGradients = .allocate(capacity: plan.outputs.count)
    addend = .allocate(capacity: request.foldsAddend ? 1 : 0)

    func bytes(_ spec: Spec?) -> Int { spec.map { $0.dtype == .f32 ? Self.size(of: $0.count) : 0 } ?? 0 }
    forwardStart = Self.aligned(plan.forwardScratch)
    if !native.contains(.forward) {
      let added = request.foldsAddend ? plan.outputs.first : nil
      plan.forwardScratch = (specs + plan.outputs + [added]).reduce(forwardStart) { $0 + bytes($1) }
      plan.aliases = []
      (plan.canStrideRows, plan.canJoin, plan.joinedParts) = (false, false, 0)
    }
    backwardStart = Self.aligned(plan.backwardScratch)
    if request.isTraining, !native.contains(.backward) {
      let values = plan.neededInputs.map { request.optional($0) } + plan.neededOutputs.map { plan.outputs[$0] }
      plan.backwardScratch = (values + specs + plan.outputs).reduce(backwardStart) { $0 + bytes($1) }
    }
    for i in plan.outputs.indices where plan.outputs[i].dtype == .f32 { plan.outputs[i].dtype = .bf16 }
  }

  deinit {
    for table in [inputs, outputs, outputGradients, inputGradients, addend] { table.deallocate() }
  }

  private static func aligned(_ bytes: Int) -> Int { (bytes + 63) / 64 * 64 }
  fileprivate static func size(of count: Int) -> Int { aligned(count * MemoryLayout<Float>.stride) }

  func forward(_ call: Call, _ body: (Call) throws(LayerError) -> Void) throws(LayerError) {
    var wide = call.raw.pointee
    var rest = call.scratch + forwardStart
    try widen(call, call.inputs, into: inputs, &rest)
    standIn(call.outputs, outputs, &rest)
    wide.inputs = UnsafePointer(inputs.baseAddress)
    wide.outputs = UnsafePointer(outputs.baseAddress)
    if addend.count > 0 {
      try widen(call, Tensors(call.addend?.raw, 1), into: addend, &rest)
      wide.addend = UnsafePointer(addend.baseAddress)
    }
    try run(wide, body)
    for i in outputs.indices { try narrow(call, outputs[i], into: call.outputs[i]) }
  }

  func backward(_ call: Call, _ body: (Call) throws(LayerError) -> Void) throws(LayerError) {
    var wide = call.raw.pointee
    var rest = call.scratch + backwardStart
    try widen(call, call.inputs, into: inputs, &rest)
    try widen(call, call.outputs, into: outputs, &rest)
    try widen(call, call.outputGradients, into: outputGradients, &rest)
    standIn(call.inputGradients, inputGradients, &rest)
    wide.inputs = UnsafePointer(inputs.baseAddress)
    wide.outputs = UnsafePointer(outputs.baseAddress)
    wide.output_gradients = UnsafePointer(outputGradients.baseAddress)
    wide.input_gradients = UnsafePointer(inputGradients.baseAddress)
    // What is added to is bf16, so the sum is made here, and rounded once.
    for i in inputGradients.indices where i < 64 && isStandIn(call.inputGradients, i) { wide.accumulate_inputs &= ~(1 << UInt64(i)) }
    try run(wide, body)
    for i in inputGradients.indices {
      if let into = call.inputGradients.optional(i) { try narrow(call, inputGradients[i], into: into, adds: call.accumulatesInput(i)) }
    }
  }

  private func run(_ wide: zoo_call, _ body: (Call) throws(LayerError) -> Void) throws(LayerError) {
    try withUnsafePointer(to: wide) { pointer throws(LayerError) in try body(Call(pointer)) }
  }

  private func isStandIn(_ tensors: Tensors, _ i: Int) -> Bool { tensors.optional(i)?.dtype == .bf16 }

  /// A table in which what is bf16 has a place in f32.
  private func standIn(_ tensors: Tensors, _ table: UnsafeMutableBufferPointer<zoo_tensor>, _ rest: inout UnsafeMutableRawPointer) {
    for i in table.indices {
      guard let raw = tensors.raw, i < tensors.count else {
        table.initializeElement(at: i, to: zoo_tensor())
        continue
      }
      var tensor = raw[i]
      if DType(tensor.dtype) == .bf16 {
        tensor.dtype = DType.f32.raw
        if tensor.data != nil {
          tensor.data = rest
          rest += Self.size(of: Tensor(raw: raw + i).count)
        }
      }
      table.initializeElement(at: i, to: tensor)
    }
  }

  private func widen(
    _ call: Call, _ tensors: Tensors, into table: UnsafeMutableBufferPointer<zoo_tensor>, _ rest: inout UnsafeMutableRawPointer
  ) throws(LayerError) {
    standIn(tensors, table, &rest)
    for i in table.indices {
      guard let from = tensors.optional(i), from.dtype == .bf16 else { continue }
      let (x, y) = (from.halves, table[i].data.assumingMemoryBound(to: Float.self))
      try elements(call, from.count) { zoo_bf16_widen(x + $0, y + $0, Int64($1)) }
    }
  }

  private func narrow(_ call: Call, _ from: zoo_tensor, into: Tensor, adds: Bool = false) throws(LayerError) {
    guard into.dtype == .bf16 else { return }
    let (x, y) = (from.data.assumingMemoryBound(to: Float.self), into.halves)
    try elements(call, into.count) {
      if adds { zoo_bf16_narrow_add(x + $0, y + $0, Int64($1)) } else { zoo_bf16_narrow(x + $0, y + $0, Int64($1)) }
    }
  }

  /// Parts begin at whole cache lines.
  private func elements(_ call: Call, _ count: Int, _ body: (_ start: Int, _ count: Int) -> Void) throws(LayerError) {
    try call.parallel((count + 63) / 64, grain: 1 << 10) { part, _ in
      body(part.lowerBound * 64, min(part.upperBound * 64, count) - part.lowerBound * 64)
    }
  }
}
