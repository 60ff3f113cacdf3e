public import ZooTypes

/// Why bytes are not a ZIP archive that zoo can read.
public enum ZipError: ExplainedError, Hashable {
  /// There is no directory at the end.
  case notZip
  /// A part lies beyond the end of the file.
  case cutShort(part: String)
  /// A part is not what the format wants there.
  case damaged(part: String)
  /// The archive is in several files.
  case split
  /// Two members have the same name.
  case duplicate(member: String)
  /// The member is encrypted.
  case encrypted(member: String)
  /// The member is compressed otherwise than by deflate.
  case unknownMethod(member: String, method: Int)
  /// The member claims a size that so few compressed bytes cannot hold.
  case sizeLie(member: String, claimed: UInt64, compressed: UInt64)
  /// The compressed data is no such thing.
  case badData(member: String)
  /// The data ends before, or goes on after, the size that the directory claims.
  case wrongSize(member: String, claimed: Int, isLonger: Bool)
  /// The data does not have the checksum that the directory claims.
  case wrongChecksum(member: String)

  /// What is wrong, with the member's name.
  public var message: String {
    switch self {
    case .notZip: "this is not a ZIP archive, or it is cut short: it has no directory at its end"
    case .cutShort(let part): "the archive is cut short or damaged: \(part) lies beyond its end"
    case .damaged(let part): "the archive is damaged: there is no \(part) where one should be"
    case .split: "the archive is split into several files"
    case .duplicate(let member): "the archive has two members named '\(member)'"
    case .encrypted(let member): "member '\(member)' is encrypted"
    case .unknownMethod(let member, let method):
      "member '\(member)' is compressed by method \(method); zoo reads 0 (stored) and 8 (deflate)"
    case .sizeLie(let member, let claimed, let compressed):
      "member '\(member)' claims to hold \(claimed) bytes, which its \(compressed) compressed bytes cannot"
    case .badData(let member): "member '\(member)' is damaged: its compressed data makes no sense"
    case .wrongSize(let member, let claimed, let isLonger):
      "member '\(member)' claims to hold \(claimed) bytes, but it holds \(isLonger ? "more" : "fewer")"
    case .wrongChecksum(let member): "member '\(member)' is damaged: its checksum does not fit"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .split, .encrypted, .unknownMethod: "write it again with numpy.savez_compressed"
    case .notZip, .cutShort, .damaged, .duplicate, .sizeLie, .badData, .wrongSize, .wrongChecksum:
      "fetch or copy the file again, and compare its size with the source's"
    }
  }
}
