import CZoo

/// What `create` finds behind zoo_kind.data.
final class KindData {
  let make: () -> AnyLayerBox
  let checks: UnsafePointer<zoo_check>?

  init(checks: UnsafePointer<zoo_check>?, make: @escaping () -> AnyLayerBox) {
    self.make = make
    self.checks = checks
  }
}

func kindTable<L: Layer>(
  _ declaration: Declaration<L>, backward: (@convention(c) (OpaquePointer?, UnsafePointer<zoo_call>?) -> zoo_status)?,
  make: @escaping () -> AnyLayerBox
) -> UnsafePointer<zoo_kind> {
  let prototype = L()
  let kind = UnsafeMutablePointer<zoo_kind>.allocate(capacity: 1)
  kind.initialize(
    to: zoo_kind(
      size: UInt32(MemoryLayout<zoo_kind>.size), flags: declaration.role.rawValue | declaration.bf16.rawValue,
      data: Unmanaged.passRetained(KindData(checks: declaration.checks.table, make: make)).toOpaque(),
      name: permanent(declaration.name), summary: permanent(declaration.summary), formula: permanent(declaration.formula),
      reference: permanent(declaration.reference),
      attribute_count: UInt32(declaration.attributes.count), input_count: UInt32(declaration.inputs.count),
      output_count: UInt32(declaration.outputs.count),
      attributes: UnsafePointer(permanent(declaration.attributes.map { $0.info(prototype) })),
      inputs: UnsafePointer(permanent(declaration.inputs.map(\.info))),
      outputs: UnsafePointer(permanent(declaration.outputs.map(\.info))),
      create: createThunk, plan: planThunk, pack: packThunk, forward: forwardThunk, backward: backward, destroy: destroyThunk,
      extension: extensionThunk))
  return UnsafePointer(kind)
}

extension Port {
  var info: zoo_port_info {
    zoo_port_info(
      size: UInt32(MemoryLayout<zoo_port_info>.size), flags: traits.rawValue, name: permanent(name), about: permanent(about),
      shape: permanent(shape))
  }
}

private let protocolBroken = zoo_status(ZOO_INTERNAL)

private func box(_ layer: OpaquePointer) -> AnyLayerBox {
  Unmanaged<AnyLayerBox>.fromOpaque(UnsafeRawPointer(layer)).takeUnretainedValue()
}

private let createThunk:
  @convention(c) (UnsafePointer<zoo_kind>?, UnsafePointer<zoo_create_request>?, UnsafeMutablePointer<OpaquePointer?>?) -> zoo_status = {
    kind, request, layer in
    guard let data = kind?.pointee.data, let request = request?.pointee, let layer else { return protocolBroken }
    return status(request.host, request.context) { () throws(LayerError) in
      let box = Unmanaged<KindData>.fromOpaque(data).takeUnretainedValue().make()
      try box.assign((0..<Int(request.attribute_count)).map { AttributeLiteral(request.attributes[$0]) })
      layer.pointee = OpaquePointer(Unmanaged.passRetained(box).toOpaque())
    }
  }

private let extensionThunk: @convention(c) (UnsafePointer<zoo_kind>?, zoo_string) -> UnsafeRawPointer? = { kind, id in
  guard let data = kind?.pointee.data, String(id) == "zoo.check/1" else { return nil }
  return UnsafeRawPointer(Unmanaged<KindData>.fromOpaque(data).takeUnretainedValue().checks)
}

private let planThunk: @convention(c) (OpaquePointer?, UnsafePointer<zoo_plan_request>?, UnsafeMutablePointer<zoo_plan>?) -> zoo_status = {
  layer, request, plan in
  guard let layer, let request, let plan else { return protocolBroken }
  return status(request.pointee.host, request.pointee.context) { () throws(LayerError) in
    try box(layer).plan(request, into: plan)
  }
}

private let packThunk: @convention(c) (OpaquePointer?, UnsafePointer<zoo_pack_call>?) -> zoo_status = { layer, call in
  guard let layer, let call else { return protocolBroken }
  return status(call.pointee.host, call.pointee.context) { () throws(LayerError) in try box(layer).pack(PackCall(raw: call)) }
}

private let forwardThunk: @convention(c) (OpaquePointer?, UnsafePointer<zoo_call>?) -> zoo_status = { layer, call in
  guard let layer, let call else { return protocolBroken }
  return status(call.pointee.host, call.pointee.context) { () throws(LayerError) in try box(layer).forward(Call(call)) }
}

let backwardThunk: @convention(c) (OpaquePointer?, UnsafePointer<zoo_call>?) -> zoo_status = { layer, call in
  guard let layer, let call else { return protocolBroken }
  return status(call.pointee.host, call.pointee.context) { () throws(LayerError) in try box(layer).backward(Call(call)) }
}

private let destroyThunk: @convention(c) (OpaquePointer?) -> Void = { layer in
  if let layer { Unmanaged<AnyLayerBox>.fromOpaque(UnsafeRawPointer(layer)).release() }
}
