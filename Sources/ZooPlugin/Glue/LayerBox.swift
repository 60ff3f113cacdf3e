import CZoo

/// A layer behind the protocol's opaque pointer, without its type.
class AnyLayerBox {
  func assign(_ literals: [AttributeLiteral]) throws(LayerError) { throw .internal("abstract") }
  func plan(_ request: UnsafePointer<zoo_plan_request>, into plan: UnsafeMutablePointer<zoo_plan>) throws(LayerError) {
    throw .internal("abstract")
  }
  func pack(_ call: PackCall) throws(LayerError) { throw .internal("abstract") }
  func forward(_ call: Call) throws(LayerError) { throw .internal("abstract") }
  func backward(_ call: Call) throws(LayerError) { throw .unsupported("this layer has no backward") }
}

class LayerBox<L: Layer>: AnyLayerBox {
  final var layer: L
  final var memory = PlanMemory()
  final var widening: Widening?

  init(layer: L) { self.layer = layer }

  final override func assign(_ literals: [AttributeLiteral]) throws(LayerError) {
    try literals.assign(to: &layer, L.declaration.attributes)
  }

  final override func plan(_ raw: UnsafePointer<zoo_plan_request>, into plan: UnsafeMutablePointer<zoo_plan>) throws(LayerError) {
    let request = try PlanRequest(raw, takesBF16: L.declaration.bf16 != .refused)
    var planned = try layer.plan(request)
    if request.isBF16 { widening = Widening(&planned, request) }
    memory.write(planned, for: request, into: plan)
  }

  final override func pack(_ call: PackCall) throws(LayerError) { try layer.pack(call) }
  final override func forward(_ call: Call) throws(LayerError) {
    guard let widening, !widening.native.contains(.forward) else { return try layer.forward(call) }
    try widening.forward(call) { wide throws(LayerError) in try layer.forward(wide) }
  }
}

final class DifferentiableLayerBox<L: DifferentiableLayer>: LayerBox<L> {
  override func backward(_ call: Call) throws(LayerError) {
    guard let widening, !widening.native.contains(.backward) else { return try layer.backward(call) }
    try widening.backward(call) { wide throws(LayerError) in try layer.backward(wide) }
  }
}

/// The arrays that a zoo_plan points to, for as long as the layer lives.
final class PlanMemory {
  private var blocks: [UnsafeMutableRawPointer] = []

  deinit { for block in blocks { block.deallocate() } }

  private func keep<Element>(_ elements: [Element]) -> UnsafePointer<Element>? {
    if elements.isEmpty { return nil }
    let copy = UnsafeMutablePointer<Element>.allocate(capacity: elements.count)
    copy.initialize(from: elements, count: elements.count)
    blocks.append(UnsafeMutableRawPointer(copy))
    return UnsafePointer(copy)
  }

  private func keep(_ text: String) -> zoo_string {
    let bytes = keep(Array(text.utf8))
    return zoo_string(data: UnsafeRawPointer(bytes)?.assumingMemoryBound(to: CChar.self), length: UInt64(text.utf8.count))
  }

  private func mask(_ indices: Set<Int>) -> UInt64 { indices.reduce(0) { $0 | 1 << UInt64($1) } }

  /// Sets a field that an older host may not know.
  private func set<Value>(_ field: WritableKeyPath<zoo_plan, Value>, _ value: Value, in plan: UnsafeMutablePointer<zoo_plan>) {
    if let offset = MemoryLayout<zoo_plan>.offset(of: field), Int(plan.pointee.size) > offset { plan.pointee[keyPath: field] = value }
  }

  func write(_ plan: Plan, for request: PlanRequest, into raw: UnsafeMutablePointer<zoo_plan>) {
    let parameters = plan.parameters.filter { request.knowsIgnored || !$0.traits.contains(.ignored) }.map {
      zoo_parameter(
        size: UInt32(MemoryLayout<zoo_parameter>.size), flags: $0.traits.rawValue, name: keep($0.name), spec: $0.spec.raw,
        initializer: $0.initializer.raw)
    }
    raw.pointee.flags =
      (plan.isRowIndependent ? UInt32(ZOO_LAYER_ROW_INDEPENDENT) : 0)
      | (plan.accumulates ? UInt32(ZOO_LAYER_ACCUMULATES) : 0)
      | (plan.canPad ? UInt32(ZOO_LAYER_PADS) : 0) | (plan.canStrideRows ? UInt32(ZOO_LAYER_ROW_STRIDE) : 0)
      | (plan.canJoin ? UInt32(ZOO_LAYER_JOINS) : 0)
    raw.pointee.output_count = UInt32(plan.outputs.count)
    raw.pointee.outputs = keep(plan.outputs.map(\.raw))
    raw.pointee.parameter_count = UInt32(parameters.count)
    raw.pointee.parameters = keep(parameters)
    raw.pointee.saved_count = UInt32(plan.saved.count)
    raw.pointee.saved = keep(plan.saved.map(\.raw))
    raw.pointee.alias_count = UInt32(plan.aliases.count)
    raw.pointee.aliases = keep(plan.aliases.flatMap { [Int32($0.output), Int32($0.input)] })
    raw.pointee.scratch_forward = UInt64(plan.forwardScratch)
    raw.pointee.scratch_backward = UInt64(plan.backwardScratch)
    raw.pointee.packed_bytes = UInt64(plan.packedBytes)
    raw.pointee.needs_inputs = mask(plan.neededInputs)
    raw.pointee.needs_outputs = mask(plan.neededOutputs)
    raw.pointee.epilogues = plan.epilogues.rawValue
    if let epilogue = plan.isEpilogue { raw.pointee.epilogue = epilogue.raw }
    raw.pointee.flops = plan.flops
    if let padding = plan.isPadding { set(\.padding, keep(padding.map(Int64.init)), in: raw) }
    set(\.parts, Int64(plan.joinedParts), in: raw)
    raw.pointee.bytes = plan.bytes ?? Double(plan.parameters.reduce(0) { $0 + ($1.traits.contains(.ignored) ? 0 : $1.spec.byteCount) })
  }
}
