import CZlib

/// Writes a ZIP archive of deflated members.
///
/// The same members make the same bytes: every date is 1 January 1980.
struct ZipWriter {
  private var bytes: [UInt8] = []
  private var directory: [UInt8] = []
  private var count = 0

  private static let date: UInt16 = 1 << 5 | 1
  private static let version: UInt16 = 45  // of the format: ZIP64

  /// Appends a member whose data is `parts` one after the other.
  mutating func add(_ name: String, _ parts: [UnsafeRawBufferPointer]) {
    let headerStart = bytes.count
    let size = parts.reduce(0) { $0 + $1.count }
    // ZIP64 wherever it might be needed: whether it is, is known only once the header is written.
    let isLarge = size > 1 << 31
    var header = Record()
    header.u32(0x0403_4B50)
    header.u16(Self.version, 0, 8, 0, Self.date)
    header.u32(0, isLarge ? .max : 0, isLarge ? .max : UInt32(size))
    header.u16(UInt16(name.utf8.count), isLarge ? 20 : 0)
    header.bytes += Array(name.utf8)
    if isLarge {
      header.u16(1, 16)
      header.u64(UInt64(size), 0)
    }
    bytes += header.bytes
    let dataStart = bytes.count
    let checksum = deflate(parts)
    let compressed = bytes.count - dataStart

    var patch = Record()
    patch.u32(checksum)
    if !isLarge { patch.u32(UInt32(compressed)) }
    bytes.replaceSubrange(headerStart + 14..<headerStart + 14 + patch.bytes.count, with: patch.bytes)
    if isLarge {
      patch = Record()
      patch.u64(UInt64(compressed))
      bytes.replaceSubrange(dataStart - 8..<dataStart, with: patch.bytes)
    }

    var entry = Record()
    entry.u32(0x0201_4B50)
    entry.u16(3 << 8 | Self.version, Self.version, 0, 8, 0, Self.date)
    let isFar = headerStart > 1 << 31
    entry.u32(checksum, isLarge ? .max : UInt32(compressed), isLarge ? .max : UInt32(size))
    entry.u16(UInt16(name.utf8.count), isLarge || isFar ? 4 + (isLarge ? 16 : 0) + (isFar ? 8 : 0) : 0, 0, 0, 0)
    entry.u32(0o644 << 16, isFar ? .max : UInt32(headerStart))
    entry.bytes += Array(name.utf8)
    if isLarge || isFar {
      entry.u16(1, (isLarge ? 16 : 0) + (isFar ? 8 : 0))
      if isLarge { entry.u64(UInt64(size), UInt64(compressed)) }
      if isFar { entry.u64(UInt64(headerStart)) }
    }
    directory += entry.bytes
    count += 1
  }

  /// The whole archive.
  consuming func finish() -> [UInt8] {
    let start = bytes.count
    bytes += directory
    var end = Record()
    let isLarge = start > 1 << 31 || count > 65_000
    if isLarge {
      end.u32(0x0606_4B50)
      end.u64(44)
      end.u16(Self.version, Self.version)
      end.u32(0, 0)
      end.u64(UInt64(count), UInt64(count), UInt64(directory.count), UInt64(start))
      end.u32(0x0706_4B50, 0)
      end.u64(UInt64(bytes.count))
      end.u32(1)
    }
    end.u32(0x0605_4B50)
    end.u16(0, 0, isLarge ? .max : UInt16(count), isLarge ? .max : UInt16(count))
    end.u32(isLarge ? .max : UInt32(directory.count), isLarge ? .max : UInt32(start))
    end.u16(0)
    bytes += end.bytes
    return bytes
  }

  /// Appends `parts`, deflated, and returns their checksum.
  private mutating func deflate(_ parts: [UnsafeRawBufferPointer]) -> UInt32 {
    // zlib wants its stream to stay where it is.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let rawDeflate: Int32 = -15  // the largest window, and no header of zlib's own
    let memoryLevel: Int32 = 8
    let status = deflateInit2_(
      stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, rawDeflate, memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib has no memory left")
    defer {
      deflateEnd(stream)
      stream.deallocate()
    }
    var checksum = crc32(0, nil, 0)
    let chunk = 1 << 20
    for part in parts {
      var rest = part[...]
      while !rest.isEmpty {
        let input = UnsafeRawBufferPointer(rebasing: rest.prefix(chunk))
        rest = rest.dropFirst(chunk)
        let pointer = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        checksum = crc32(checksum, pointer, UInt32(input.count))
        stream.pointee.next_in = UnsafeMutablePointer(mutating: pointer)
        stream.pointee.avail_in = UInt32(input.count)
        drain(stream, Z_NO_FLUSH)
      }
    }
    drain(stream, Z_FINISH)
    return UInt32(checksum)
  }

  /// Appends all that `stream` gives for what it was given.
  private mutating func drain(_ stream: UnsafeMutablePointer<z_stream>, _ flush: Int32) {
    withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { output in
      repeat {
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(output.count)
        _ = CZlib.deflate(stream, flush)
        bytes.append(contentsOf: output[..<(output.count - Int(stream.pointee.avail_out))])
      } while stream.pointee.avail_out == 0
    }
  }

  /// Little-endian numbers, one after the other.
  private struct Record {
    var bytes: [UInt8] = []
    mutating func u16(_ values: UInt16...) { for value in values { append(value) } }
    mutating func u32(_ values: UInt32...) { for value in values { append(value) } }
    mutating func u64(_ values: UInt64...) { for value in values { append(value) } }
    private mutating func append(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
  }
}
