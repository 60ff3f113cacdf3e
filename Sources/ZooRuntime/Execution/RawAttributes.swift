import CZoo
import ZooTypes

extension [AttributeLiteral] {
  /// The protocol's form of the values, valid during `body`.
  func withRawAttributes<Result>(_ body: (UnsafePointer<zoo_attribute>?) -> Result) -> Result {
    var blocks: [UnsafeMutableRawPointer] = []
    defer { for block in blocks { block.deallocate() } }
    func copy<Value>(_ elements: [Value]) -> UnsafePointer<Value>? {
      let memory = UnsafeMutablePointer<Value>.allocate(capacity: Swift.max(elements.count, 1))
      memory.initialize(from: elements, count: elements.count)
      blocks.append(UnsafeMutableRawPointer(memory))
      return UnsafePointer(memory)
    }
    let raw = map { literal in
      var raw = zoo_attribute()
      raw.is_set = 1
      switch literal {
      case .boolean(let value): (raw.type, raw.integer) = (AttributeType.boolean.rawValue, value ? 1 : 0)
      case .integer(let value): (raw.type, raw.integer) = (AttributeType.integer.rawValue, Int64(value))
      case .real(let value): (raw.type, raw.real) = (AttributeType.real.rawValue, value)
      case .text(let value):
        let bytes = copy([UInt8](value.utf8))
        raw.type = AttributeType.text.rawValue
        raw.text = zoo_string(data: UnsafeRawPointer(bytes)?.assumingMemoryBound(to: CChar.self), length: UInt64(value.utf8.count))
      case .integers(let values):
        (raw.type, raw.integers, raw.count) = (AttributeType.integers.rawValue, copy(values.map { Int64($0) }), UInt64(values.count))
      case .reals(let values): (raw.type, raw.reals, raw.count) = (AttributeType.reals.rawValue, copy(values), UInt64(values.count))
      case .absent: raw.is_set = 0
      }
      return raw
    }
    return raw.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
