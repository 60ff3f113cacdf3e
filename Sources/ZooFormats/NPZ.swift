public import ZooTypes

/// Several NumPy arrays in one ZIP archive (`.npz`), each found by its name.
public struct NPZ {
  /// The arrays' names, in the order of the archive.
  public let names: [String]

  private let members: [String: ZipArchive.Member]

  /// Reads the directory of `bytes`, which must outlive this value.
  ///
  /// The arrays are read when asked for.
  public init(_ bytes: UnsafeRawBufferPointer) throws(NPZError) {
    let archive = try ofArchive { () throws(ZipError) in try ZipArchive(bytes) }
    var names: [String] = []
    var members: [String: ZipArchive.Member] = [:]
    for member in archive.members where member.name.hasSuffix(".npy") {
      let name = String(member.name.dropLast(4))
      names.append(name)
      members[name] = member
    }
    self.names = names
    self.members = members
  }

  /// Element type and shape of an array, from no more of the archive than its first bytes.
  public func spec(of name: String) throws(NPZError) -> Spec {
    let member = try member(name)
    let header = try open(member, name).header
    do throws(NumPyError) { try header.checkSize(member.size) } catch { throw .array(name, error) }
    return header.spec
  }

  /// Reads an array into `destination`, row-major and little-endian, which must have the size that its spec needs.
  public func read(_ name: String, into destination: UnsafeMutableRawBufferPointer) throws(NPZError) {
    let needs = try spec(of: name).byteCount
    precondition(destination.count == needs, "the array needs \(needs) bytes")
    let (reader, header, start) = try open(try member(name), name)
    try ofArchive { () throws(ZipError) in
      if header.isTensorOrder {
        try fill(destination, from: reader, after: start)
      } else {
        let inFileOrder = UnsafeMutableRawBufferPointer.allocate(byteCount: needs, alignment: 64)
        defer { inFileOrder.deallocate() }
        try fill(inFileOrder, from: reader, after: start)
        header.arrange(UnsafeRawBufferPointer(inFileOrder), into: destination)
      }
      try reader.finish()
    }
  }

  /// The bytes of an archive with these arrays, as numpy.savez_compressed makes them.
  public static func encode(_ tensors: [NamedTensor]) throws(NPZError) -> [UInt8] {
    var archive = ZipWriter()
    var names: Set<String> = []
    for tensor in tensors {
      guard names.insert(tensor.name).inserted else { throw .archive(.duplicate(member: tensor.name)) }
      let spec = tensor.spec
      guard byteCount(spec.shape, spec.dtype) == tensor.bytes.count else {
        throw .array(tensor.name, .dataMismatch(spec: spec, has: tensor.bytes.count))
      }
      let header: [UInt8]
      do throws(NumPyError) { header = try NumPyHeader.encode(spec) } catch { throw .array(tensor.name, error) }
      header.withUnsafeBytes { archive.add(tensor.name + ".npy", [$0, tensor.bytes]) }
    }
    return archive.finish()
  }

  private func member(_ name: String) throws(NPZError) -> ZipArchive.Member {
    guard let member = members[name] else { throw .missing(name, there: names) }
    return member
  }

  /// A reader that has read the array's header, and what it read of the data with it.
  private func open(
    _ member: ZipArchive.Member, _ name: String
  ) throws(NPZError) -> (reader: ZipReader, header: NumPyHeader, start: [UInt8]) {
    let reader = try ofArchive { () throws(ZipError) in try ZipReader(member) }
    var start: [UInt8] = []
    while true {
      // Nearly every header has 128 bytes: only for a longer one is there a second round.
      var block = [UInt8](repeating: 0, count: min(max(start.count, 128), member.size - start.count))
      try ofArchive { () throws(ZipError) in
        try block.withUnsafeMutableBufferPointer { (block) throws(ZipError) in try reader.read(into: UnsafeMutableRawBufferPointer(block)) }
      }
      start += block
      do throws(NumPyError) {
        let header = try start.withUnsafeBufferPointer { (start) throws(NumPyError) in try NumPyHeader(UnsafeRawBufferPointer(start)) }
        start.removeFirst(header.dataStart)
        return (reader, header, start)
      } catch {
        guard case .headerCutShort = error, !block.isEmpty else { throw .array(name, error) }
      }
    }
  }

  /// Fills `destination` with `start`, then with what follows in `reader`.
  private func fill(_ destination: UnsafeMutableRawBufferPointer, from reader: ZipReader, after start: [UInt8]) throws(ZipError) {
    start.withUnsafeBytes { destination.copyMemory(from: $0) }
    try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: destination[start.count...]))
  }
}

/// What `body` throws, as an error about the archive.
private func ofArchive<Result>(_ body: () throws(ZipError) -> Result) throws(NPZError) -> Result {
  do throws(ZipError) { return try body() } catch { throw .archive(error) }
}

/// Why an `.npz` archive, or an array in it, cannot be read or written.
public enum NPZError: ExplainedError, Hashable {
  /// The archive, or a member of it, is damaged.
  case archive(ZipError)
  /// The array of that name is not one.
  case array(String, NumPyError)
  /// There is no such array.
  case missing(String, there: [String])

  /// What is wrong, with the array's name.
  public var message: String {
    switch self {
    case .archive(let error): error.message
    case .array(let name, let error): "array '\(name)': \(error.message)"
    case .missing(let name, let names): "there is no array '\(name)'; there is \(list(names))"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .archive(let error): error.help
    case .array(_, let error): error.help
    case .missing(let name, let names): names.nearest(to: name).map { "did you mean '\($0)'?" } ?? "name one that is there"
    }
  }
}

/// Names for a message: `'a', 'b' and 'c'`; of many only the first ones.
package func list(_ names: [String], limit: Int = 8) -> String {
  let quoted = names.prefix(limit).map { "'\($0)'" }
  if names.count > limit { return quoted.joined(separator: ", ") + " and \(names.count - limit) more" }
  guard let last = quoted.last else { return "nothing" }
  return quoted.count == 1 ? last : quoted.dropLast().joined(separator: ", ") + " and " + last
}
