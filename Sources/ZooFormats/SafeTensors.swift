public import ZooTypes

/// The tensors of a safetensors file, without a copy: an 8-byte header length, a JSON header, then the data.
///
/// Everything the header claims is checked before anything is used: every byte of the data belongs to exactly one tensor.
/// Format: <https://github.com/huggingface/safetensors#format>.
public struct SafeTensors: @unchecked Sendable {
  /// One tensor of the file.
  public struct Entry: Hashable, Sendable {
    /// Its name, such as `encoder.3.weight`.
    public let name: String
    /// Its element type and shape.
    ///
    /// The rank may exceed 8, which no layer takes.
    public let spec: Spec
    /// Where its elements are, counted from the start of the file.
    ///
    /// Files of other writers may place them at odd offsets: copy them rather than bind them.
    public let range: Range<Int>
  }

  /// The tensors, in the order of the header.
  public let entries: [Entry]
  /// What `__metadata__` says, in the order of the header.
  public let metadata: [(name: String, value: String)]

  private let content: UnsafeRawBufferPointer
  private let owner: MappedFile?  // keeps `content` mapped
  private let index: [String: Int]

  /// Reads the header of `bytes`, which must outlive this value.
  public init(_ bytes: UnsafeRawBufferPointer) throws(SafeTensorsError) {
    try self.init(bytes, owner: nil)
  }

  /// Reads the header of `file`; errors start with its path.
  public init(_ file: MappedFile) throws(FileContentError) {
    do throws(SafeTensorsError) {
      try self.init(file.bytes, owner: file)
    } catch {
      throw FileContentError(path: file.path, error)
    }
  }

  private init(_ bytes: UnsafeRawBufferPointer, owner: MappedFile?) throws(SafeTensorsError) {
    let header = try SafeTensorsHeader(bytes)
    (entries, metadata) = (header.entries, header.metadata)
    (content, self.owner) = (bytes, owner)
    index = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
  }

  /// Whether the bytes are a mapped file's, which the system can read again whenever it has taken their memory back.
  package var isMapped: Bool { owner != nil }

  /// The tensor of that name.
  public subscript(name: String) -> Entry? { index[name].map { entries[$0] } }

  /// The elements of `entry`, valid as long as this value (or what it was made from) lives.
  public func bytes(of entry: Entry) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: content[entry.range]) }
}
