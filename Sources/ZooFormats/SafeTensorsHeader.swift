import ZooTypes

/// The checked header of a safetensors file.
struct SafeTensorsHeader {
  var entries: [SafeTensors.Entry] = []
  var metadata: [(name: String, value: String)] = []

  static let lengthBytes = 8

  /// Reads and checks the header of `bytes`, the whole file.
  init(_ bytes: UnsafeRawBufferPointer) throws(SafeTensorsError) {
    guard bytes.count >= Self.lengthBytes else { throw .headerCutShort(has: bytes.count, needs: Self.lengthBytes) }
    let claimed = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard let length = Int(exactly: claimed), length <= bytes.count - Self.lengthBytes else {
      throw .headerTooLong(claimed: claimed, available: bytes.count - Self.lengthBytes)
    }
    let dataStart = Self.lengthBytes + length
    for member in try Self.object(bytes[Self.lengthBytes..<dataStart]).members {
      if member.name == "__metadata__" {
        metadata = try Self.metadata(member.value)
      } else {
        entries.append(try Self.entry(member, dataStart: dataStart))
      }
    }
    try checkThatDataIsCovered(from: dataStart, to: bytes.count)
  }

  private static func object(_ header: Slice<UnsafeRawBufferPointer>) throws(SafeTensorsError) -> JSONObject {
    let root: JSON
    do throws(JSONError) {
      root = try JSONDocument(Array(header), file: "header").root
    } catch {
      throw .notJSON(error)
    }
    guard let object = root.object else { throw .notAnObject(part: "the header", found: root.noun) }
    return object
  }

  private static func metadata(_ json: JSON) throws(SafeTensorsError) -> [(name: String, value: String)] {
    guard let object = json.object else { throw .notAnObject(part: "__metadata__", found: json.noun) }
    var pairs: [(name: String, value: String)] = []
    for member in object.members {
      guard let text = member.value.string else { throw .metadataNotText(name: member.name, found: member.value.noun) }
      pairs.append((member.name, text))
    }
    return pairs
  }

  private static func entry(_ member: JSONObject.Member, dataStart: Int) throws(SafeTensorsError) -> SafeTensors.Entry {
    let name = member.name
    guard let object = member.value.object else { throw .notAnObject(part: "tensor '\(name)'", found: member.value.noun) }
    func required(_ key: String) throws(SafeTensorsError) -> JSON {
      guard let value = object[key] else { throw .missingMember(tensor: name, member: key) }
      return value
    }
    func integers(_ key: String, _ expected: String) throws(SafeTensorsError) -> [Int] {
      var numbers: [Int] = []
      for element in try required(key).array ?? [nil] {
        guard let number = element.integer else { throw .badMember(tensor: name, member: key, expected: expected) }
        numbers.append(number)
      }
      return numbers
    }
    guard let typeName = try required("dtype").string else { throw .badMember(tensor: name, member: "dtype", expected: "text") }
    guard let dtype = DType(safeTensors: typeName) else { throw .unknownDType(tensor: name, dtype: typeName) }

    let shape = try integers("shape", "a list of whole numbers")
    guard let needs = byteCount(shape, dtype) else { throw .badShape(tensor: name, shape: shape) }

    let offsets = try integers("data_offsets", "two whole numbers")
    guard offsets.count == 2 else { throw .badMember(tensor: name, member: "data_offsets", expected: "two whole numbers") }
    let (start, end) = (offsets[0], offsets[1])
    guard start >= 0, start <= end, end <= Int.max - dataStart else { throw .badOffsets(tensor: name, start: start, end: end) }
    let spec = Spec(shape, dtype)
    guard end - start == needs else { throw .sizeMismatch(tensor: name, spec: spec, needs: needs, spans: end - start) }
    return SafeTensors.Entry(name: name, spec: spec, range: dataStart + start..<dataStart + end)
  }

  /// Every byte from `start` to `end` must belong to exactly one tensor.
  private func checkThatDataIsCovered(from start: Int, to end: Int) throws(SafeTensorsError) {
    let sorted = entries.sorted { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
    var covered = start
    var previous = ""
    var firstBeyond: String?
    for entry in sorted {
      let range = entry.range
      if range.lowerBound < covered {
        throw .overlap(tensor: entry.name, other: previous, bytes: min(covered, range.upperBound) - range.lowerBound)
      }
      if range.lowerBound > covered { throw .hole(tensor: entry.name, bytes: range.lowerBound - covered) }
      if range.upperBound > end, firstBeyond == nil { firstBeyond = entry.name }
      covered = range.upperBound
      previous = entry.name
    }
    if let firstBeyond { throw .cutShort(missing: covered - end, from: firstBeyond) }
    if covered < end { throw .trailing(bytes: end - covered) }
  }
}

/// The size of a tensor in bytes; nil if an axis is negative or the size is beyond 63 bits.
func byteCount(_ shape: [Int], _ dtype: DType) -> Int? {
  // An axis of 0 makes any other length harmless, but none may be negative.
  guard shape.allSatisfy({ $0 >= 0 }) else { return nil }
  if shape.contains(0) { return 0 }
  var count = dtype.byteCount
  for length in shape {
    let (product, overflow) = count.multipliedReportingOverflow(by: length)
    if overflow { return nil }
    count = product
  }
  return count
}

/// Every element type of the format that zoo has, with the format's name for it.
private let safeTensorsNames: [(name: String, dtype: DType)] = [
  ("F64", .f64), ("F32", .f32), ("F16", .f16), ("BF16", .bf16), ("I64", .i64), ("I32", .i32), ("I16", .i16), ("I8", .i8),
  ("U64", .u64), ("U32", .u32), ("U16", .u16), ("U8", .u8), ("BOOL", .bool),
]

extension DType {
  /// The element type that the format calls `name`.
  init?(safeTensors name: String) {
    guard let found = safeTensorsNames.first(where: { $0.name == name }) else { return nil }
    self = found.dtype
  }

  /// The format's name for this type.
  var safeTensorsName: String? { safeTensorsNames.first { $0.dtype == self }?.name }
}
