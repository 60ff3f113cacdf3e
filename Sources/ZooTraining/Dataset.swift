import CHost
public import ZooRuntime
import ZooTypes

/// The arrays that feed the inputs of some graphs, row by row or whole.
///
/// Row `r` of every array that is given by rows belongs to the same example. Elements stay as the file has them and are converted batch by
/// batch.
public struct Dataset {
  /// An array, and what is made of its numbers.
  public struct Feed {
    /// What messages call it.
    public var name: String
    /// The elements, as the file has them.
    public var array: TensorBuffer
    /// What each number is multiplied by.
    public var scale: Double
    /// What is added after that.
    public var offset: Double
    /// Whether all of it is given at every step, instead of some rows.
    public var isWhole: Bool

    /// An array.
    public init(name: String, array: TensorBuffer, scale: Double = 1, offset: Double = 0, isWhole: Bool = false) {
      self.name = name
      self.array = array
      self.scale = scale
      self.offset = offset
      self.isWhole = isWhole
    }
  }

  /// One array, for one input.
  private struct Column {
    let feed: Feed
    let type: Int32
    let input: Spec  // of one row, or of the whole, as the graph takes it
    let index: Int  // of the graph's input
  }

  private let columns: [[Column]]  // by graph
  /// How many examples there are; nil: nothing is given by rows.
  public let count: Int?
  /// The lengths of named axes that the arrays say; those of rows are left out.
  let lengths: [String: Int]

  /// A data set over the inputs of `graphs`: `feeds` has one for each input that is not in `carried`, by its name.
  public init(_ graphs: [Graph], feeds: [String: Feed], carried: Set<String> = []) throws(DatasetError) {
    var rows: (name: String, count: Int)?
    var lengths: [String: Int] = [:]
    var columns: [[Column]] = []
    for graph in graphs {
      var own: [Column] = []
      for (index, input) in graph.inputs.enumerated() {
        guard let feed = feeds[input.name] else {
          guard carried.contains(input.name) else { throw .notFed(input: input.name) }
          continue
        }
        let column = try Self.column(feed, input, index)
        own.append(column)
        let shape = input.shape.dropFirst(feed.isWhole ? 0 : 1)
        for case (.named(let name), let length) in zip(shape, column.input.shape) { lengths[name] = length }
        guard !feed.isWhole, let count = feed.array.spec.shape.first else { continue }
        if let rows, rows.count != count { throw .counts(first: rows.name, count: rows.count, other: feed.name, otherCount: count) }
        rows = rows ?? (feed.name, count)
      }
      columns.append(own)
    }
    self.columns = columns
    self.lengths = lengths
    count = rows?.count
  }

  private static func column(_ feed: Feed, _ input: GraphInput, _ index: Int) throws(DatasetError) -> Column {
    let spec = feed.array.spec
    guard spec.count > 0 else { throw .empty(input: input.name, array: feed.name) }
    // Rows are of any number, whatever the input's first axis is called.
    let (has, takes) = feed.isWhole ? (spec.shape[...], input.shape[...]) : (spec.shape.dropFirst(), input.shape.dropFirst())
    let fits = zip(has, takes).allSatisfy { length, dimension in
      if case .fixed(let wanted) = dimension { wanted == length } else { true }
    }
    guard fits, spec.rank == input.shape.count, feed.isWhole || spec.rank > 0 else {
      throw .shape(input: input.name, wants: "[\(input.shape.map(\.description).joined(separator: ", "))]", array: feed.name, has: spec)
    }
    guard let type = types[spec.dtype], input.dtype == .f32 || !spec.dtype.isFloat, [.f32, .i32, .i64].contains(input.dtype)
    else { throw .dtype(input: input.name, wants: input.dtype, array: feed.name, has: spec) }
    return Column(feed: feed, type: type, input: Spec(Array(has), input.dtype), index: index)
  }

  private static let types: [DType: Int32] = [
    .u8: Int32(ZOO_GATHER_U8), .bool: Int32(ZOO_GATHER_U8), .i8: Int32(ZOO_GATHER_I8), .i32: Int32(ZOO_GATHER_I32),
    .i64: Int32(ZOO_GATHER_I64), .f32: Int32(ZOO_GATHER_F32), .f64: Int32(ZOO_GATHER_F64),
  ]

  /// The types and shapes of a graph's inputs for a batch of `size`.
  ///
  /// Those that are carried have the lengths that the axes of that name have elsewhere in the graph, or 1.
  func specs(_ graph: Graph, _ index: Int, batch size: Int) -> [Spec] {
    var specs = graph.inputs.map { Spec([], $0.dtype) }
    var lengths: [String: Int] = [:]
    for column in columns[index] {
      let spec = column.feed.isWhole ? column.input : Spec([size] + column.input.shape, column.input.dtype)
      specs[column.index] = spec
      for case (.named(let name), let length) in zip(graph.inputs[column.index].shape, spec.shape) { lengths[name] = length }
    }
    let carried = graph.inputSpecs(lengths: lengths)
    let fed = Set(columns[index].map(\.index))
    for i in specs.indices where !fed.contains(i) { specs[i] = carried[i] }
    return specs
  }

  /// Writes the examples `rows` into the inputs of a program of that graph.
  func fill(_ inputs: [TensorBuffer], graph: Int, rows: UnsafeBufferPointer<Int64>) {
    for column in columns[graph] where !column.feed.isWhole { fill(inputs[column.index], column, rows, width: column.input.count) }
  }

  /// Writes what is given whole into the inputs of a program of that graph, where it stays.
  func fillWhole(_ inputs: [TensorBuffer], graph: Int) {
    // The whole is one row of all its elements.
    withUnsafePointer(to: Int64(0)) { row in
      for column in columns[graph] where column.feed.isWhole {
        fill(inputs[column.index], column, UnsafeBufferPointer(start: row, count: 1), width: column.input.count)
      }
    }
  }

  private func fill(_ into: TensorBuffer, _ column: Column, _ rows: UnsafeBufferPointer<Int64>, width: Int) {
    let array = column.feed.array.pointer
    if into.spec.dtype == .f32 {
      zoo_gather_floats(
        into.pointer.assumingMemoryBound(to: Float.self), array, column.type, rows.baseAddress, Int64(rows.count), Int64(width),
        column.feed.scale, column.feed.offset)
    } else {
      zoo_gather_integers(
        into.pointer, into.spec.dtype == .i64 ? 1 : 0, array, column.type, rows.baseAddress, Int64(rows.count), Int64(width))
    }
  }
}
