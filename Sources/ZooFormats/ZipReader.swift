import CZlib

/// Reads one member of an archive from its start to its end, never beyond the size that the directory claims.
final class ZipReader {
  private let member: ZipArchive.Member
  private var rest: UnsafeRawBufferPointer  // of a stored member
  private let stream: UnsafeMutablePointer<z_stream>?  // of a deflated one; zlib wants it to stay where it is
  private var checksum: UInt
  private var position = 0

  init(_ member: ZipArchive.Member) throws(ZipError) {
    self.member = member
    rest = member.content
    checksum = crc32(0, nil, 0)
    guard member.isDeflated else {
      stream = nil
      return
    }
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    self.stream = stream
    let rawDeflate: Int32 = -15  // the largest window, and no header of zlib's own
    guard inflateInit2_(stream, rawDeflate, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw .badData(member: member.name)
    }
  }

  deinit {
    guard let stream else { return }
    inflateEnd(stream)
    stream.deallocate()
  }

  /// The most that zlib's 32-bit counts take at once.
  private static let chunk = 1 << 30

  /// Fills `destination` with the next bytes of the data; an error if there are fewer.
  func read(into destination: UnsafeMutableRawBufferPointer) throws(ZipError) {
    let tooShort = ZipError.wrongSize(member: member.name, claimed: member.size, isLonger: false)
    guard destination.count <= member.size - position else { throw tooShort }
    var filled = 0
    while filled < destination.count {
      let part = UnsafeMutableRawBufferPointer(rebasing: destination[filled..<min(filled + Self.chunk, destination.count)])
      let count = try stream.map { (stream) throws(ZipError) in try inflate(stream, into: part) } ?? copy(into: part)
      guard count > 0 else { throw tooShort }
      checksum = crc32(checksum, part.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(count))
      filled += count
    }
    position += filled
  }

  /// Checks that everything was read, that there is no more, and that it is what was written.
  func finish() throws(ZipError) {
    guard position == member.size else { throw .wrongSize(member: member.name, claimed: member.size, isLonger: true) }
    if let stream {
      let more = try withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { (byte) throws(ZipError) in
        try inflate(stream, into: byte)
      }
      guard more == 0 else { throw .wrongSize(member: member.name, claimed: member.size, isLonger: true) }
    }
    guard checksum == UInt(member.checksum) else { throw .wrongChecksum(member: member.name) }
  }

  private func copy(into part: UnsafeMutableRawBufferPointer) -> Int {
    part.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<part.count]))
    rest = UnsafeRawBufferPointer(rebasing: rest[part.count...])
    return part.count
  }

  /// Inflates into `part` until it is full or the data ends, and says how much came.
  private func inflate(_ stream: UnsafeMutablePointer<z_stream>, into part: UnsafeMutableRawBufferPointer) throws(ZipError) -> Int {
    stream.pointee.next_out = part.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(part.count)
    var status = Z_OK
    while stream.pointee.avail_out > 0 && status == Z_OK {
      let input = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.chunk))
      stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
      stream.pointee.avail_in = UInt32(input.count)
      status = CZlib.inflate(stream, Z_NO_FLUSH)
      rest = UnsafeRawBufferPointer(rebasing: rest[(input.count - Int(stream.pointee.avail_in))...])
    }
    // Z_BUF_ERROR: the data ends without saying so.
    guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else { throw .badData(member: member.name) }
    return part.count - Int(stream.pointee.avail_out)
  }
}
