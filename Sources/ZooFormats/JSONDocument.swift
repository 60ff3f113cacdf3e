/// A JSON file that has been read: its value, and the way back from any part of it to a place for a message.
public struct JSONDocument: Sendable {
  /// The file's name, as the user would recognise it.
  public let file: String
  /// The whole value.
  public let root: JSON
  /// Whether parts of it stand in no file.
  private let isEdited: Bool

  /// Reads `bytes` as JSON (RFC 8259, nothing more lenient); `file` is for messages.
  public init(_ bytes: [UInt8], file: String) throws(JSONError) {
    var parser = JSONParser(bytes, file: file)
    self.file = file
    root = try parser.document()
    isEdited = false
  }

  private init(_ root: JSON, file: String) { (self.root, self.file, isEdited) = (root, file, true) }

  /// The same document with other values in it, which need not stand anywhere.
  public func replacing(root: JSON) -> JSONDocument { JSONDocument(root, file: file) }

  /// Reads `bytes`, such as a part of a mapped file, as JSON; `file` is for messages.
  public init(_ bytes: Span<UInt8>, file: String) throws(JSONError) {
    let copy = [UInt8](unsafeUninitializedCapacity: bytes.count) { memory, count in
      bytes.withUnsafeBufferPointer { _ = memory.initialize(fromContentsOf: $0) }
      count = bytes.count
    }
    try self.init(copy, file: file)
  }

  /// Where `value`, a part of this document, stands; a value from elsewhere gets the file alone.
  public func place(of value: JSON) -> Place { place(at: value.position) }

  /// Where a member's name stands; the pointer leads to its value.
  public func place(of member: JSONObject.Member) -> Place {
    var place = place(at: member.value.position)
    guard member.namePosition != .unknown else { return place }
    place.line = Int(member.namePosition.line)
    place.column = Int(member.namePosition.column)
    return place
  }

  private func place(at position: JSONPosition) -> Place {
    guard position != .unknown else { return Place(file: file) }
    return Place(file: file, pointer: pointer(to: position), line: Int(position.line), column: Int(position.column))
  }

  /// The JSON pointer (RFC 6901) to the innermost value that starts at or before `position`.
  ///
  /// Positions grow in the order of the file, so each level is a binary search and values need not carry their pointers.
  private func pointer(to position: JSONPosition) -> String {
    var pointer = ""
    var value = root
    while value.position < position {
      switch value.content {
      case .array(let elements):
        guard let i = lastIndex(elements.count, where: { reaches(elements[$0].position, position) }) else { return pointer }
        pointer += "/\(i)"
        value = elements[i]
      case .object(let object):
        let members = object.members
        guard let i = lastIndex(members.count, where: { reaches(members[$0].value.position, position) }) else { return pointer }
        pointer += "/" + Place.pointerToken(members[i].name)
        value = members[i].value
      default: return pointer
      }
    }
    return pointer
  }

  private func reaches(_ start: JSONPosition, _ position: JSONPosition) -> Bool { start != .unknown && start <= position }

  /// The last index below `count` where `isBefore` holds, if it holds for a beginning of the range and nowhere else.
  private func lastIndex(_ count: Int, where isBefore: (Int) -> Bool) -> Int? {
    if isEdited { return (0..<count).last(where: isBefore) }
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBefore(middle) { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? nil : low - 1
  }
}
