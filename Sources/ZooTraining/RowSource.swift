import CHost
import ZooRuntime
import ZooTypes

/// The rows of one array, wherever they are: in memory, or in files that are decoded when a batch needs them.
///
/// One thread at a time may ask for rows.
protocol RowSource: AnyObject {
  /// How many there are.
  var count: Int { get }
  /// The type and shape of one, as it is stored.
  var row: Spec { get }
  /// Whether neighbours overlap, so that they must not be drawn into different parts.
  var overlaps: RowOverlap? { get }

  /// Writes rows into a batch, one after the other, as its type.
  func gather(_ rows: UnsafeBufferPointer<Int64>, into batch: UnsafeMutableRawPointer, as dtype: DType, _ map: RowMap) throws

  /// A number for what is in row `r`, the same for equal rows wherever they stand.
  func identity(of r: Int) -> UInt64
}

/// How far rows reach into those after them.
struct RowOverlap: Hashable {
  /// How many rows after one still hold something of it.
  let rows: Int
}

/// What becomes of a row's numbers on their way into a batch, with memory that C reads.
final class RowMap {
  let raw: UnsafeMutablePointer<zoo_gather_map>
  private let subtract: UnsafeMutableBufferPointer<Double>
  private let divide: UnsafeMutableBufferPointer<Double>

  /// `value * scale + offset`, then normalised if that is wanted.
  init(scale: Double, offset: Double, _ normalization: InputNormalization?) {
    subtract = .allocate(capacity: normalization?.subtract.count ?? 0)
    divide = .allocate(capacity: normalization?.divide.count ?? 0)
    _ = subtract.initialize(from: normalization?.subtract ?? [])
    _ = divide.initialize(from: normalization?.divide ?? [])
    raw = .allocate(capacity: 1)
    raw.initialize(
      to: zoo_gather_map(
        scale: scale, offset: offset, subtract: normalization == nil ? nil : UnsafePointer(subtract.baseAddress),
        divide: normalization == nil ? nil : UnsafePointer(divide.baseAddress), channels: Int64(max(subtract.count, 1))))
  }

  deinit {
    raw.deallocate()
    subtract.deallocate()
    divide.deallocate()
  }
}

/// Rows of an array in memory: along its first axis, windows over that axis, or all of it as the only one.
final class ArrayRows: RowSource {
  let count: Int
  let row: Spec
  let overlaps: RowOverlap?

  private let array: TensorBuffer
  private let from: zoo_gather_rows

  /// Its rows along the first axis; `isWhole`: all of it as one row.
  init(_ array: TensorBuffer, isWhole: Bool = false) {
    self.array = array
    row = isWhole ? array.spec : Spec(Array(array.spec.shape.dropFirst()), array.spec.dtype)
    count = isWhole ? 1 : array.spec.shape.first ?? 0
    overlaps = nil
    from = zoo_gather_rows(array.pointer, array.spec.dtype, width: row.count, stride: row.count)
  }

  /// Windows over the first axis: row r begins `r * stride + shift` elements of that axis behind the first.
  init(_ array: TensorBuffer, _ window: RowWindow) {
    self.array = array
    let step = array.spec.shape.dropFirst().reduce(1, *)
    row = Spec([window.length] + array.spec.shape.dropFirst(), array.spec.dtype)
    count = window.count(in: array.spec.shape.first ?? 0)
    overlaps = RowOverlap(rows: window.overlap)
    from = zoo_gather_rows(
      array.pointer + window.shift * step * array.spec.dtype.byteCount, array.spec.dtype, width: row.count, stride: window.stride * step)
  }

  func gather(_ rows: UnsafeBufferPointer<Int64>, into batch: UnsafeMutableRawPointer, as dtype: DType, _ map: RowMap) {
    from.gather(rows, into: batch, as: dtype, map)
  }

  func identity(of r: Int) -> UInt64 {
    hash(UnsafeRawBufferPointer(start: from.first + r * Int(from.stride) * array.spec.dtype.byteCount, count: row.byteCount))
  }
}

extension zoo_gather_rows {
  /// The types that batches can be made of.
  static let types: [DType: Int32] = [
    .u8: Int32(ZOO_GATHER_U8), .bool: Int32(ZOO_GATHER_U8), .i8: Int32(ZOO_GATHER_I8), .i32: Int32(ZOO_GATHER_I32),
    .i64: Int32(ZOO_GATHER_I64), .f32: Int32(ZOO_GATHER_F32), .f64: Int32(ZOO_GATHER_F64),
  ]

  init(_ first: UnsafeRawPointer, _ dtype: DType, width: Int, stride: Int) {
    self.init(first: first, type: Self.types[dtype] ?? Int32(ZOO_GATHER_U8), width: Int64(width), stride: Int64(stride))
  }

  /// Writes rows into a batch of that type: f32, or i64 or i32 from whole numbers.
  func gather(_ rows: UnsafeBufferPointer<Int64>, into batch: UnsafeMutableRawPointer, as dtype: DType, _ map: RowMap) {
    withUnsafePointer(to: self) { from in
      if dtype == .f32 {
        zoo_gather_floats(batch.assumingMemoryBound(to: Float.self), from, rows.baseAddress, Int64(rows.count), map.raw)
      } else {
        zoo_gather_integers(batch, dtype == .i64 ? 1 : 0, from, rows.baseAddress, Int64(rows.count))
      }
    }
  }
}

/// Windows along an axis.
struct RowWindow: Hashable {
  /// How long each is.
  let length: Int
  /// How far the next begins behind it.
  let stride: Int
  /// How far the first begins behind the array's beginning.
  let shift: Int
  /// The longest `shift + length` of all inputs that are cut alike: they all have as many windows.
  let reach: Int

  /// How many there are in so many elements.
  func count(in length: Int) -> Int { length < reach ? 0 : (length - reach) / stride + 1 }

  /// How many windows after one share elements with it.
  var overlap: Int { (reach - 1) / stride }
}

/// A number for some bytes: equal bytes have equal ones, and others almost never.
func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
  var hash = mixed(seed ^ UInt64(bytes.count))
  let words = bytes.count / 8
  for i in 0..<words { hash = mixed(hash ^ bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self)) }
  var last: UInt64 = 0
  for byte in bytes[(8 * words)...] { last = last << 8 | UInt64(byte) }
  return mixed(hash ^ last)
}

/// Spreads the bits of a number over all of it (the finaliser of SplitMix64: Steele, Lea & Flood 2014).
func mixed(_ number: UInt64) -> UInt64 {
  var z = number &+ 0x9E37_79B9_7F4A_7C15
  z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
  return z ^ z >> 31
}
