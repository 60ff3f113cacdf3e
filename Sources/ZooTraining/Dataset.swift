import CHost
public import ZooRuntime
public import ZooTypes

/// The arrays that feed a graph's inputs, row by row.
///
/// Row `r` of every array belongs to the same example. Elements stay as the file has them and are converted batch by batch.
public struct Dataset {
  /// One array, for one input.
  struct Column {
    let array: TensorBuffer
    let type: Int32
    let scale: Double
    let offset: Double
    let input: Spec  // of one row, as the graph takes it
  }

  private let columns: [Column]  // in the order of the graph's inputs
  /// How many examples there are.
  public let count: Int

  /// A data set over the inputs of `graph`: `arrays` has one for each, in that order.
  public init(_ graph: Graph, arrays: [(name: String, array: TensorBuffer, scale: Double, offset: Double)]) throws(DatasetError) {
    var columns: [Column] = []
    for (input, given) in zip(graph.inputs, arrays) {
      guard let rows = given.array.spec.shape.first, rows > 0 else { throw .empty(input: input.name, array: given.name) }
      let width = given.array.spec.shape.dropFirst()
      var row: [Int] = []
      for (length, dimension) in zip(width, input.shape.dropFirst()) {
        if case .fixed(let wanted) = dimension, wanted != length { break }
        row.append(length)
      }
      guard row.count == width.count, input.shape.count == given.array.spec.rank else {
        throw .shape(
          input: input.name, wants: "[\(input.shape.map(\.description).joined(separator: ", "))]", array: given.name, has: given.array.spec)
      }
      guard let type = Self.types[given.array.spec.dtype], input.dtype == .f32 || Self.isInteger(given.array.spec.dtype),
        [.f32, .i32, .i64].contains(input.dtype)
      else { throw .dtype(input: input.name, wants: input.dtype, array: given.name, has: given.array.spec) }
      columns.append(Column(array: given.array, type: type, scale: given.scale, offset: given.offset, input: Spec(row, input.dtype)))
    }
    guard let first = columns.first?.array.spec.shape.first else { throw .noArrays }
    for (column, given) in zip(columns, arrays) where column.array.spec.shape[0] != first {
      throw .counts(first: arrays[0].name, count: first, other: given.name, otherCount: column.array.spec.shape[0])
    }
    self.columns = columns
    count = first
  }

  private static let types: [DType: Int32] = [
    .u8: Int32(ZOO_GATHER_U8), .bool: Int32(ZOO_GATHER_U8), .i8: Int32(ZOO_GATHER_I8), .i32: Int32(ZOO_GATHER_I32),
    .i64: Int32(ZOO_GATHER_I64), .f32: Int32(ZOO_GATHER_F32), .f64: Int32(ZOO_GATHER_F64),
  ]

  private static func isInteger(_ dtype: DType) -> Bool { !dtype.isFloat }

  /// The types and shapes of the graph's inputs for a batch of `size`.
  func specs(batch size: Int) -> [Spec] { columns.map { Spec([size] + $0.input.shape, $0.input.dtype) } }

  /// Writes the examples `rows` into a program's inputs.
  func fill(_ inputs: [TensorBuffer], rows: UnsafeBufferPointer<Int64>) {
    for (column, into) in zip(columns, inputs) {
      let width = Int64(column.input.count)
      if into.spec.dtype == .f32 {
        zoo_gather_floats(
          into.pointer.assumingMemoryBound(to: Float.self), column.array.pointer, column.type, rows.baseAddress, Int64(rows.count), width,
          column.scale, column.offset)
      } else {
        zoo_gather_integers(
          into.pointer, into.spec.dtype == .i64 ? 1 : 0, column.array.pointer, column.type, rows.baseAddress, Int64(rows.count), width)
      }
    }
  }
}

/// Arrays that do not feed a graph.
public enum DatasetError: ExplainedError, Hashable {
  /// Nothing feeds the graph.
  case noArrays
  /// An array without rows.
  case empty(input: String, array: String)
  /// An array's rows are not of the input's shape.
  case shape(input: String, wants: String, array: String, has: Spec)
  /// An array's elements cannot become the input's.
  case dtype(input: String, wants: DType, array: String, has: Spec)
  /// Arrays of different lengths.
  case counts(first: String, count: Int, other: String, otherCount: Int)
  /// Rows that the data does not have.
  case rows(part: String, from: Int, to: Int, count: Int)

  /// What is wrong.
  public var message: String {
    switch self {
    case .noArrays: "no array feeds the graph"
    case .empty(let input, let array): "array '\(array)', for input '\(input)', has no rows"
    case .shape(let input, let wants, let array, let has): "input '\(input)' takes \(wants), but array '\(array)' is \(has)"
    case .dtype(let input, let wants, let array, let has): "input '\(input)' takes \(wants), which array '\(array)' \(has) cannot become"
    case .counts(let first, let count, let other, let otherCount): "array '\(first)' has \(count) rows, but '\(other)' has \(otherCount)"
    case .rows(let part, let from, let to, let count):
      "the \(part) rows are \(from) to \(to), but the data has \(count)"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .noArrays: "name one for each input in the manifest's train.data.inputs"
    case .empty: "check the file that train.data names"
    case .shape: "reshape the array, or change the input's shape in the manifest"
    case .dtype: "store the array as numbers of that kind"
    case .counts: "row r of every array must belong to the same example"
    case .rows: "change the range in the manifest's train.data; rows are counted from 0, the end is not included"
    }
  }
}
