import CHost
import Glibc
import ZooFormats
import ZooRuntime
import ZooTypes

/// Rows that are files, or windows over them, decoded when a batch needs them.
///
/// What fits into `cacheLimit` bytes stays decoded, so that a small data set is decoded once.
final class FileRows: RowSource {
  let count: Int
  let row: Spec
  let overlaps: RowOverlap? = nil  // identities are those of whole files, so that their windows stay together
  /// The number of the file that each row is from.
  let files: [Int]

  private let folder: DataFolder
  private let codec: CodecRunner
  private let input: GraphInput
  private let window: RowWindow?
  private let specs: [Spec]  // of each file, decoded
  private let starts: [Int]  // the first row of each file
  private let identities: [UInt64]
  private var decoded: [TensorBuffer?]
  private var cachedBytes = 0

  /// Decoded files together are kept up to so many bytes: 512 MiB.
  static let cacheLimit = 512 << 20
  /// How much of a file tells it from others: together with its length, 64 KiB.
  private static let sample = 64 << 10

  /// The files of a folder as rows of `input`, or as windows.
  ///
  /// Looks into each of them, so that one that cannot be read is known before anything is computed.
  init(_ folder: DataFolder, _ codec: CodecRunner, for input: GraphInput, _ window: RowWindow?) throws {
    var specs: [Spec] = []
    var identities: [UInt64] = []
    for file in folder.files {
      let mapped = try MappedFile(file.path)
      try mapped.withUnsafeBytes { bytes in
        specs.append(try codec.describe(bytes, file: file.path, for: input))
        identities.append(hash(UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.sample)), seed: UInt64(bytes.count)))
      }
    }
    var counts = specs.map { _ in 1 }
    if let window {
      counts = specs.map { window.count(in: $0.shape.first ?? 0) }
      guard counts.contains(where: { $0 > 0 }) else { throw DataFolderError.short(folder: folder.path, window: window.reach) }
    }
    let rows = specs.map { window == nil ? $0 : Spec([window?.length ?? 0] + $0.shape.dropFirst(), $0.dtype) }
    if let odd = rows.firstIndex(where: { $0 != rows[0] }) {
      throw DataFolderError.differs(file: folder.files[odd].path, has: specs[odd], first: folder.files[0].path, firstHas: specs[0])
    }
    var (starts, files, total) = ([Int](), [Int](), 0)
    for (file, count) in counts.enumerated() {
      starts.append(total)
      files += repeatElement(file, count: count)
      total += count
    }
    (self.folder, self.codec, self.input, self.window) = (folder, codec, input, window)
    (self.specs, self.starts, self.files, self.identities) = (specs, starts, files, identities)
    (row, count) = (rows[0], total)
    decoded = specs.map { _ in nil }
  }

  func gather(_ rows: UnsafeBufferPointer<Int64>, into batch: UnsafeMutableRawPointer, as dtype: DType, _ map: RowMap) throws {
    let bytes = row.count * dtype.byteCount
    for (k, row) in rows.enumerated() {
      let file = files[Int(row)]
      let tensor = try content(of: file)
      let step = specs[file].shape.dropFirst().reduce(1, *)
      let start = (window.map { (Int(row) - starts[file]) * $0.stride + $0.shift } ?? 0) * step
      let from = zoo_gather_rows(
        tensor.pointer + start * tensor.spec.dtype.byteCount, tensor.spec.dtype, width: self.row.count, stride: 0)
      withUnsafePointer(to: Int64(0)) { first in
        from.gather(UnsafeBufferPointer(start: first, count: 1), into: batch + k * bytes, as: dtype, map)
      }
    }
  }

  func identity(of r: Int) -> UInt64 { identities[files[r]] }

  private func content(of file: Int) throws -> TensorBuffer {
    if let known = decoded[file] { return known }
    let path = folder.files[file].path
    let tensor = try MappedFile(path).withUnsafeBytes { try codec.decode($0, file: path, for: input) }
    guard tensor.spec.count == specs[file].count, tensor.spec.dtype == specs[file].dtype else {
      throw DataFolderError.differs(file: path, has: tensor.spec, first: path, firstHas: specs[file])
    }
    if cachedBytes + tensor.spec.byteCount <= Self.cacheLimit {
      decoded[file] = tensor
      cachedBytes += tensor.spec.byteCount
    }
    return tensor
  }
}
