/// The members of a ZIP archive, without a copy.
///
/// Stored and deflated ones can be read; ZIP64 too.
///
/// Format: APPNOTE.TXT 6.3.10, <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>.
struct ZipArchive {
  struct Member {
    let name: String
    let isDeflated: Bool
    let checksum: UInt32  // CRC-32 of the data
    let size: Int  // of the data
    let content: UnsafeRawBufferPointer  // as it is in the archive
  }

  private(set) var members: [Member] = []

  /// Reads the directory of `bytes`, which must outlive this value.
  init(_ bytes: UnsafeRawBufferPointer) throws(ZipError) {
    let directory = try Directory(bytes)
    var offset = directory.start
    var names: Set<String> = []
    for _ in 0..<directory.count {
      let member = try Self.member(bytes, at: &offset, before: directory.end)
      guard names.insert(member.name).inserted else { throw .duplicate(member: member.name) }
      members.append(member)
    }
  }

  /// Deflate cannot shrink data by more than this: 258 bytes take 2 bits at least.
  private static let largestRatio: UInt64 = 1032

  /// The member whose directory entry is at `offset`, which moves on to the next entry.
  private static func member(_ bytes: UnsafeRawBufferPointer, at offset: inout Int, before end: Int) throws(ZipError) -> Member {
    let entry = ZipRecord(bytes, at: offset, before: end)
    guard entry.has(46) else { throw .cutShort(part: "a directory entry") }
    guard entry.u32(0) == 0x0201_4B50 else { throw .damaged(part: "directory entry") }
    let (flags, method) = (entry.u16(8), entry.u16(10))
    let (nameLength, extraLength, commentLength) = (Int(entry.u16(28)), Int(entry.u16(30)), Int(entry.u16(32)))
    let length = 46 + nameLength + extraLength + commentLength
    guard entry.has(length) else { throw .cutShort(part: "a directory entry") }
    let name = String(decoding: entry.bytes(46, nameLength), as: UTF8.self)
    offset += length

    guard flags & 1 == 0 else { throw .encrypted(member: name) }
    guard method == 0 || method == 8 else { throw .unknownMethod(member: name, method: Int(method)) }
    var (compressed, size, header) = (UInt64(entry.u32(20)), UInt64(entry.u32(24)), UInt64(entry.u32(42)))
    if size == UInt32.max || compressed == UInt32.max || header == UInt32.max {
      try readZip64(entry, extra: 46 + nameLength, extraLength, &size, &compressed, &header)
    }
    guard compressed <= UInt64(bytes.count) else { throw .cutShort(part: "member '\(name)'") }
    guard method == 0 ? size == compressed : size <= compressed * largestRatio, let size = Int(exactly: size)
    else { throw .sizeLie(member: name, claimed: size, compressed: compressed) }

    // Of the local header only the lengths matter: the directory has everything else.
    guard let headerStart = Int(exactly: header) else { throw .cutShort(part: "member '\(name)'") }
    let local = ZipRecord(bytes, at: headerStart, before: bytes.count)
    guard local.has(30) else { throw .cutShort(part: "member '\(name)'") }
    guard local.u32(0) == 0x0403_4B50 else { throw .damaged(part: "member '\(name)'") }
    let dataStart = 30 + Int(local.u16(26)) + Int(local.u16(28))
    guard local.has(dataStart + Int(compressed)) else { throw .cutShort(part: "member '\(name)'") }
    return Member(
      name: name, isDeflated: method == 8, checksum: entry.u32(16), size: size, content: local.bytes(dataStart, Int(compressed)))
  }

  /// Replaces whatever is 0xFFFFFFFF by the 64-bit number in the extra field, where they follow in this order.
  private static func readZip64(
    _ entry: ZipRecord, extra: Int, _ length: Int, _ size: inout UInt64, _ compressed: inout UInt64, _ header: inout UInt64
  ) throws(ZipError) {
    var field = extra
    while field + 4 <= extra + length {
      let (id, fieldLength) = (entry.u16(field), Int(entry.u16(field + 2)))
      if id == 1 {
        var (offset, end) = (field + 4, min(field + 4 + fieldLength, extra + length))
        func next(_ value: inout UInt64) throws(ZipError) {
          guard value == UInt32.max else { return }
          guard offset + 8 <= end else { throw .damaged(part: "64-bit size") }
          value = entry.u64(offset)
          offset += 8
        }
        try next(&size)
        try next(&compressed)
        try next(&header)
        return
      }
      field += 4 + fieldLength
    }
    throw .damaged(part: "64-bit size")
  }

  /// Where the directory is.
  private struct Directory {
    let start: Int
    let end: Int
    let count: Int

    init(_ bytes: UnsafeRawBufferPointer) throws(ZipError) {
      // The end record is last, but for a comment of up to 65,535 bytes.
      let recordLength = 22
      guard bytes.count >= recordLength else { throw .notZip }
      var at = bytes.count - recordLength
      let lowest = max(0, at - 65_535)
      while ZipRecord(bytes, at: at, before: bytes.count).u32(0) != 0x0605_4B50 {
        guard at > lowest else { throw .notZip }
        at -= 1
      }
      let record = ZipRecord(bytes, at: at, before: bytes.count)
      var (count, size, offset) = (UInt64(record.u16(10)), UInt64(record.u32(12)), UInt64(record.u32(16)))
      var isSplit = record.u16(4) != 0 || record.u16(6) != 0
      if count == UInt16.max || size == UInt32.max || offset == UInt32.max {
        let locator = ZipRecord(bytes, at: at - 20, before: at)
        if locator.has(20), locator.u32(0) == 0x0706_4B50 {
          guard let place = Int(exactly: locator.u64(8)) else { throw .cutShort(part: "the 64-bit end record") }
          let record = ZipRecord(bytes, at: place, before: at)
          guard record.has(56) else { throw .cutShort(part: "the 64-bit end record") }
          guard record.u32(0) == 0x0606_4B50 else { throw .damaged(part: "64-bit end record") }
          (count, size, offset) = (record.u64(32), record.u64(40), record.u64(48))
          isSplit = record.u32(16) != 0 || record.u32(20) != 0
        }
      }
      if isSplit { throw .split }
      guard let start = Int(exactly: offset), let size = Int(exactly: size), start <= at, size <= at - start,
        let count = Int(exactly: count), count <= size / 46
      else { throw .cutShort(part: "the directory") }
      (self.start, end, self.count) = (start, start + size, count)
    }
  }
}

/// A part of an archive whose numbers are read by their offset.
///
/// Whoever reads has asked `has` before.
private struct ZipRecord {
  private let content: UnsafeRawBufferPointer

  /// What is from `offset` to `end`; nothing if that is no range of `bytes`.
  init(_ bytes: UnsafeRawBufferPointer, at offset: Int, before end: Int) {
    let range = offset >= 0 && offset <= end ? offset..<end : 0..<0
    content = UnsafeRawBufferPointer(rebasing: bytes[range])
  }

  func has(_ count: Int) -> Bool { content.count >= count }
  func u16(_ offset: Int) -> UInt16 { UInt16(littleEndian: content.loadUnaligned(fromByteOffset: offset, as: UInt16.self)) }
  func u32(_ offset: Int) -> UInt32 { UInt32(littleEndian: content.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
  func u64(_ offset: Int) -> UInt64 { UInt64(littleEndian: content.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
  func bytes(_ offset: Int, _ count: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: content[offset..<offset + count]) }
}
