import CZoo

/// What the codec thunks find behind zoo_codec.data.
final class CodecData {
  let make: ([AttributeLiteral]) throws(LayerError) -> any Codec
  init(make: @escaping ([AttributeLiteral]) throws(LayerError) -> any Codec) { self.make = make }
}

func codecTable<C: Codec>(_ type: C.Type) -> UnsafePointer<zoo_codec> {
  let declaration = C.declaration
  let prototype = C()
  let data = CodecData { (literals) throws(LayerError) in
    var codec = C()
    try literals.assign(to: &codec, C.declaration.attributes)
    return codec
  }
  let codec = UnsafeMutablePointer<zoo_codec>.allocate(capacity: 1)
  codec.initialize(
    to: zoo_codec(
      size: UInt32(MemoryLayout<zoo_codec>.size), flags: declaration.isRunningText ? UInt32(ZOO_CODEC_RUNNING_TEXT) : 0,
      data: Unmanaged.passRetained(data).toOpaque(), name: permanent(declaration.name), summary: permanent(declaration.summary),
      extensions: permanent(declaration.extensions.joined(separator: " ")),
      attribute_count: UInt32(declaration.attributes.count),
      attributes: UnsafePointer(permanent(declaration.attributes.map { $0.info(prototype) })),
      describe: declaration.reads ? describeThunk : nil, decode: declaration.reads ? decodeThunk : nil,
      encode: declaration.writes ? encodeThunk : nil))
  return UnsafePointer(codec)
}

extension zoo_codec_call {
  fileprivate func codec(_ table: zoo_codec) throws(LayerError) -> any Codec {
    try Unmanaged<CodecData>.fromOpaque(table.data).takeUnretainedValue()
      .make((0..<Int(attribute_count)).map { AttributeLiteral(attributes[$0]) })
  }
  fileprivate var file: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: Int(byte_count)) }
}

private let protocolBroken = zoo_status(ZOO_INTERNAL)

private let describeThunk:
  @convention(c) (UnsafePointer<zoo_codec>?, UnsafePointer<zoo_codec_call>?, UnsafeMutablePointer<zoo_spec>?) -> zoo_status = {
    table, call, spec in
    guard let table = table?.pointee, let call = call?.pointee, let spec else { return protocolBroken }
    return status(call.host, call.context) { () throws(LayerError) in
      let found = try call.codec(table).describe(call.file, wanted: call.wanted.flatMap { Spec($0.pointee) })
      guard found.rank <= 8 else { throw .data("it holds a tensor of rank \(found.rank); 8 is the most") }
      spec.pointee = found.raw
    }
  }

private let decodeThunk:
  @convention(c) (UnsafePointer<zoo_codec>?, UnsafePointer<zoo_codec_call>?, UnsafePointer<zoo_tensor>?) -> zoo_status = {
    table, call, tensor in
    guard let table = table?.pointee, let call = call?.pointee, let tensor else { return protocolBroken }
    return status(call.host, call.context) { () throws(LayerError) in try call.codec(table).decode(call.file, into: Tensor(raw: tensor)) }
  }

private let encodeThunk:
  @convention(c) (UnsafePointer<zoo_codec>?, UnsafePointer<zoo_codec_call>?, UnsafePointer<zoo_tensor>?) -> zoo_status = {
    table, call, tensor in
    guard let table = table?.pointee, let call = call?.pointee, let tensor else { return protocolBroken }
    var written = zoo_status(ZOO_OK)
    let encoded = status(call.host, call.context) { () throws(LayerError) in
      let bytes = try call.codec(table).encode(Tensor(raw: tensor), as: EncodingFormat(rawValue: call.format) ?? .file)
      written = bytes.withUnsafeBytes { call.host.pointee.write(call.context, $0.baseAddress, UInt64($0.count)) }
    }
    return encoded != zoo_status(ZOO_OK) ? encoded : written
  }
