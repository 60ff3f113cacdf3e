public import ZooTypes

/// NumPy arrays (`.npy`) as tensors.
public enum NumPy {
  /// Reads an array into `destination`, row-major and little-endian, whatever the file's order.
  ///
  /// `destination` must have the size that the header's spec needs.
  public static func decode(_ bytes: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer) throws(NumPyError) {
    let header = try NumPyHeader(bytes)
    let spec = header.spec
    try header.checkSize(bytes.count)
    precondition(destination.count == spec.byteCount, "the array needs \(spec.byteCount) bytes")
    header.arrange(UnsafeRawBufferPointer(rebasing: bytes[header.dataStart...]), into: destination)
  }

  /// The bytes of a file with one array, as numpy.save writes them.
  public static func encode(_ spec: Spec, _ bytes: UnsafeRawBufferPointer) throws(NumPyError) -> [UInt8] {
    guard byteCount(spec.shape, spec.dtype) == bytes.count else { throw .dataMismatch(spec: spec, has: bytes.count) }
    var file = try NumPyHeader.encode(spec)
    file.reserveCapacity(file.count + bytes.count)
    file.append(contentsOf: bytes)
    return file
  }
}

extension NumPyHeader {
  /// Checks that a file of `count` bytes is as long as this header says.
  public func checkSize(_ count: Int) throws(NumPyError) {
    let (needs, has) = (spec.byteCount, count - dataStart)
    guard has >= needs else { throw .cutShort(spec: spec, needs: needs, has: has) }
    guard has == needs else { throw .trailing(spec: spec, bytes: has - needs) }
  }

  /// Whether the data is in memory as a tensor's would be.
  var isTensorOrder: Bool { !isBigEndian && (!isFortranOrder || spec.shape.count { $0 > 1 } <= 1) }

  /// Copies the array's data, turning it to row-major and little-endian.
  func arrange(_ data: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer) {
    if isTensorOrder {
      destination.copyMemory(from: data)
      return
    }
    switch spec.dtype.byteCount {
    case 1: arrange(data, into: destination, as: UInt8.self)
    case 2: arrange(data, into: destination, as: UInt16.self)
    case 4: arrange(data, into: destination, as: UInt32.self)
    default: arrange(data, into: destination, as: UInt64.self)
    }
  }

  private func arrange<Word: FixedWidthInteger & BitwiseCopyable>(
    _ data: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer, as word: Word.Type
  ) {
    guard !data.isEmpty else { return }
    let size = MemoryLayout<Word>.size
    // How far apart neighbours along each axis are in the file, in elements.
    var strides = [Int](repeating: 1, count: spec.rank)
    if isFortranOrder {
      for axis in spec.shape.indices.dropFirst() { strides[axis] = strides[axis - 1] * spec.shape[axis - 1] }
    } else {
      for axis in spec.shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * spec.shape[axis + 1] }
    }
    var position = [Int](repeating: 0, count: spec.rank)
    var source = 0
    for target in 0..<data.count / size {
      let element = data.loadUnaligned(fromByteOffset: source * size, as: Word.self)
      destination.storeBytes(of: isBigEndian ? element.byteSwapped : element, toByteOffset: target * size, as: Word.self)
      var axis = spec.rank - 1
      while axis >= 0 {
        position[axis] += 1
        source += strides[axis]
        if position[axis] < spec.shape[axis] { break }
        source -= strides[axis] * spec.shape[axis]
        position[axis] = 0
        axis -= 1
      }
    }
  }
}
