import CZoo
import ZooTypes

/// The elements of an array of structs that may have grown: one element is its own `size` from the next.
///
/// Without elements the pointer may be anything: that of an empty vector in Rust is neither NULL nor leads anywhere.
func strided<Element>(_ first: UnsafePointer<Element>?, _ count: UInt32, size: (Element) -> UInt32) -> [UnsafePointer<Element>] {
  guard let first, count > 0 else { return [] }
  let (raw, size) = (UnsafeRawPointer(first), Int(size(first.pointee)))
  return (0..<Int(count)).map { (raw + $0 * size).assumingMemoryBound(to: Element.self) }
}

extension AttributeInfo {
  init(_ raw: zoo_attribute_info) {
    name = String(raw.name)
    about = String(raw.about)
    type = AttributeType(rawValue: raw.type) ?? .text
    choices = (0..<Int(raw.choice_count)).map { String(raw.choices[$0]) }
    isRequired = raw.flags & UInt32(ZOO_ATTRIBUTE_REQUIRED) != 0
    fallback = AttributeLiteral(raw.fallback)
    range = raw.minimum == 0 && raw.maximum == 0 || raw.minimum > raw.maximum ? nil : raw.minimum...raw.maximum
  }
}

extension PortInfo {
  init(_ raw: zoo_port_info) {
    name = String(raw.name)
    shape = String(raw.shape)
    about = String(raw.about)
    isOptional = raw.flags & UInt32(ZOO_PORT_OPTIONAL) != 0
    isVariadic = raw.flags & UInt32(ZOO_PORT_VARIADIC) != 0
    isDifferentiable = raw.flags & UInt32(ZOO_PORT_NOT_DIFFERENTIABLE) == 0
  }
}

extension KindInfo {
  init(_ table: UnsafePointer<zoo_kind>, file: String) {
    let raw = table.pointee
    name = String(raw.name)
    summary = String(raw.summary)
    formula = String(raw.formula)
    reference = String(raw.reference)
    attributes = strided(raw.attributes, raw.attribute_count, size: \.size).map { AttributeInfo($0.pointee) }
    inputs = strided(raw.inputs, raw.input_count, size: \.size).map { PortInfo($0.pointee) }
    outputs = strided(raw.outputs, raw.output_count, size: \.size).map { PortInfo($0.pointee) }
    isDifferentiable = raw.backward != nil
    isUpdate = raw.flags & UInt32(ZOO_KIND_UPDATE) != 0
    isElementwise = raw.flags & UInt32(ZOO_KIND_ELEMENTWISE) != 0
    isFasterInBF16 = raw.flags & UInt32(ZOO_KIND_BF16) != 0
    followsBF16 = raw.flags & UInt32(ZOO_KIND_FOLLOWS_BF16) != 0
    self.table = table
    self.file = file
  }
}

extension CodecInfo {
  init(_ table: UnsafePointer<zoo_codec>, file: String) {
    let raw = table.pointee
    name = String(raw.name)
    summary = String(raw.summary)
    extensions = String(raw.extensions).split(separator: " ").map(String.init)
    attributes = strided(raw.attributes, raw.attribute_count, size: \.size).map { AttributeInfo($0.pointee) }
    reads = raw.decode != nil && raw.describe != nil
    writes = raw.encode != nil
    isRunningText = raw.flags & UInt32(ZOO_CODEC_RUNNING_TEXT) != 0
    self.table = table
    self.file = file
  }
}
