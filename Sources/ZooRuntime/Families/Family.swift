import CHost
import CZoo
import Glibc
import ZooTypes

/// A family that is loaded.
///
/// Never unmapped: after `dlclose` of a Swift library, protocol casts elsewhere crash.
public struct Family: Sendable {
  /// The file that it came from.
  public let path: String
  /// Such as `cnn`.
  public let name: String
  /// Its own version.
  public let version: String
  /// One sentence.
  public let summary: String
  /// The protocol that it was built for: major and minor.
  public let protocolVersion: (major: UInt32, minor: UInt32)
  /// In declared order.
  public let kinds: [KindInfo]
  /// In declared order.
  public let codecs: [CodecInfo]

  /// Loads the library at `path` and asks for its table.
  public init(loading path: String) throws(FamilyError) { try self.init(loading: path, shownAs: path) { _ in } }

  /// The same, telling how far it has come; `shown` is the path that messages name.
  init(loading path: String, shownAs shown: String, enter: (LoadPhase) -> Void) throws(FamilyError) {
    try ELFHeader.check(path)
    let context = makeContext(nil, file: shown, kind: "", layer: "")
    let before = zoo_enter(context, Int32(ZOO_IN_LOAD))
    defer {
      zoo_leave(before)
      free(context)
    }
    enter(.load)
    // NODELETE: never unmapped. LOCAL: two families may use the same names inside. NOW: what is missing shows here, not in a run.
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) else {
      let words = dlerror().map { String(cString: $0) } ?? "unknown reason"
      throw FamilyError(shown, .init(loader: words, path: path))
    }
    let expected = "zoo_family_v\(ZOO_ABI_MAJOR)"
    guard let symbol = dlsym(handle, expected) else {
      let other = (0...UInt32(99)).first { $0 != UInt32(ZOO_ABI_MAJOR) && dlsym(handle, "zoo_family_v\($0)") != nil }
      throw FamilyError(shown, other.map { .otherMajor(family: $0, host: UInt32(ZOO_ABI_MAJOR)) } ?? .noEntry(symbol: expected))
    }
    enter(.entry)
    typealias Entry = @convention(c) (UnsafePointer<zoo_host>?) -> UnsafePointer<zoo_family>?
    guard let table = unsafeBitCast(symbol, to: Entry.self)(zoo_host_table()) else {
      let words = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { buffer in
        let count = zoo_host_take_refusal(buffer.baseAddress, 1024)
        return String(decoding: UnsafeRawBufferPointer(start: buffer.baseAddress, count: Int(count)), as: UTF8.self)
      }
      throw FamilyError(shown, .refused(words: oneLine(words)))
    }
    enter(.tables)
    try self.init(table, path: shown)
  }

  private init(_ table: UnsafePointer<zoo_family>, path: String) throws(FamilyError) {
    let raw = table.pointee
    guard raw.abi_major == UInt32(ZOO_ABI_MAJOR) else {
      throw FamilyError(path, .otherMajor(family: raw.abi_major, host: UInt32(ZOO_ABI_MAJOR)))
    }
    guard Int(raw.size) >= FirstSize.family else {
      throw FamilyError(path, .malformed("its zoo_family says that it has \(raw.size) bytes"))
    }
    self.path = path
    name = String(raw.name)
    version = String(raw.version)
    summary = String(raw.summary)
    protocolVersion = (raw.abi_major, raw.abi_minor)
    kinds = (0..<Int(raw.kind_count)).compactMap { raw.kinds[$0].map { KindInfo($0, file: path) } }
    codecs = (0..<Int(raw.codec_count)).compactMap { raw.codecs[$0].map { CodecInfo($0, file: path) } }
    for kind in kinds {
      guard kind.name.hasPrefix(name + ".") else {
        throw FamilyError(path, .malformed("its kind '\(kind.name)' does not start with '\(name).'"))
      }
      guard let table = kind.table?.pointee, Int(table.size) >= FirstSize.kind, table.create != nil, table.plan != nil,
        table.forward != nil, table.destroy != nil
      else { throw FamilyError(path, .malformed("its kind '\(kind.name)' lacks one of create, plan, forward, destroy")) }
    }
  }
}

/// What structs had in version 1.0 of the protocol, up to the end of what was their last field: those of a family may have no more.
private enum FirstSize {
  static let family = end(of: \zoo_family.codecs)
  static let kind = end(of: \zoo_kind.extension)

  private static func end<Root, Field>(of last: KeyPath<Root, Field>) -> Int {
    (MemoryLayout<Root>.offset(of: last) ?? 0) + MemoryLayout<Field>.size
  }
}
