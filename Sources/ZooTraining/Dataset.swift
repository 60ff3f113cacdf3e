import CHost
import Glibc
public import ZooRuntime
import ZooTypes

/// The arrays that feed the inputs of some graphs, row by row or whole.
///
/// Row `r` of every array that is given by rows belongs to the same example. Elements stay as the file has them and are converted batch by
/// batch; while one batch is computed on, the next is read on a thread of its own.
public final class Dataset {
  /// An array, and what is made of its numbers.
  public struct Feed {
    /// What messages call it.
    public var name: String
    /// What each number is multiplied by.
    public var scale: Double
    /// What is added after that.
    public var offset: Double
    /// Whether all of it is given at every step, instead of some rows.
    public var isWhole: Bool
    /// What is subtracted and divided by last; nil: nothing.
    public var normalization: InputNormalization?
    /// The rows; all of it as one, if it is given whole.
    var rows: any RowSource

    /// An array in memory, with its elements as the file has them.
    public init(name: String, array: TensorBuffer, scale: Double = 1, offset: Double = 0, isWhole: Bool = false) {
      self.init(name: name, rows: ArrayRows(array, isWhole: isWhole), scale: scale, offset: offset, isWhole: isWhole)
    }

    /// Rows, wherever they are.
    init(name: String, rows: any RowSource, scale: Double = 1, offset: Double = 0, isWhole: Bool = false) {
      (self.name, self.rows, self.scale, self.offset, self.isWhole) = (name, rows, scale, offset, isWhole)
    }
  }

  /// One array, for one input: in every graph that has it.
  private struct Column {
    let input: String
    let rows: any RowSource
    let isWhole: Bool
    let map: RowMap
    let spec: Spec  // of one row, or of the whole, as the graphs take it
    let place: (bytesPerRow: Int, index: Int)  // those of the columns before it in a batch that is read ahead

    /// Where it begins in a batch of so many rows: at a multiple of 64 bytes, as every tensor does.
    func offset(rows: Int) -> Int { (place.bytesPerRow * rows + 63) / 64 * 64 + 64 * place.index }
  }

  private let columns: [Column]
  /// By graph: which column feeds which of its inputs.
  private let uses: [[(column: Int, input: Int)]]
  private var loader: BatchLoader?
  private var secondsReading = 0.0  // on the thread that computes
  // Rows are read by one thread at a time: files keep what they have decoded.
  private let reading = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  /// How many examples there are; nil: nothing is given by rows.
  public let count: Int?
  /// How far rows reach into those after them; nil: they do not.
  let overlaps: RowOverlap?
  /// The lengths of named axes that the arrays say; those of rows are left out.
  let lengths: [String: Int]

  /// A data set over the inputs of `graphs`: `feeds` has one for each input that is not in `carried`, by its name.
  public init(_ graphs: [Graph], feeds: [String: Feed], carried: Set<String> = []) throws(DatasetError) {
    var rows: (name: String, count: Int)?
    var lengths: [String: Int] = [:]
    var columns: [Column] = []
    var uses: [[(column: Int, input: Int)]] = []
    var place = (bytesPerRow: 0, index: 0)
    for graph in graphs {
      var own: [(column: Int, input: Int)] = []
      for (index, input) in graph.inputs.enumerated() {
        guard let feed = feeds[input.name] else {
          guard carried.contains(input.name) else { throw .notFed(input: input.name) }
          continue
        }
        let spec = try Self.spec(feed, input)
        let shape = input.shape.dropFirst(feed.isWhole ? 0 : 1)
        for case (.named(let name), let length) in zip(shape, spec.shape) { lengths[name] = length }
        let known = columns.firstIndex { $0.input == input.name && $0.spec == spec }
        own.append((known ?? columns.count, index))
        if known == nil {
          columns.append(
            Column(
              input: input.name, rows: feed.rows, isWhole: feed.isWhole,
              map: RowMap(scale: feed.scale, offset: feed.offset, feed.normalization), spec: spec, place: place))
          if !feed.isWhole { place = (place.bytesPerRow + spec.byteCount, place.index + 1) }
        }
        guard !feed.isWhole else { continue }
        if let rows, rows.count != feed.rows.count {
          throw .counts(first: rows.name, count: rows.count, other: feed.name, otherCount: feed.rows.count)
        }
        rows = rows ?? (feed.name, feed.rows.count)
      }
      uses.append(own)
    }
    self.columns = columns
    self.uses = uses
    self.lengths = lengths
    count = rows?.count
    let overlap = columns.filter { !$0.isWhole }.compactMap { $0.rows.overlaps?.rows }.max()
    overlaps = overlap.map(RowOverlap.init)
    pthread_mutex_init(reading, nil)
  }

  deinit {
    loader = nil
    pthread_mutex_destroy(reading)
    reading.deallocate()
  }

  /// What the feed gives an input at a time; throws if that is not what the input takes.
  private static func spec(_ feed: Feed, _ input: GraphInput) throws(DatasetError) -> Spec {
    let row = feed.rows.row
    let whole = Spec(feed.isWhole ? row.shape : [feed.rows.count] + row.shape, row.dtype)
    guard whole.count > 0 else { throw .empty(input: input.name, array: feed.name) }
    // Rows are of any number, whatever the input's first axis is called.
    let takes = feed.isWhole ? input.shape[...] : input.shape.dropFirst()
    let fits = zip(row.shape, takes).allSatisfy { length, dimension in
      if case .fixed(let wanted) = dimension { wanted == length } else { true }
    }
    guard fits, whole.rank == input.shape.count else {
      throw .shape(input: input.name, wants: "[\(input.shape.map(\.description).joined(separator: ", "))]", array: feed.name, has: whole)
    }
    guard zoo_gather_rows.types[row.dtype] != nil, input.dtype == .f32 || !row.dtype.isFloat, [.f32, .i32, .i64].contains(input.dtype)
    else { throw .dtype(input: input.name, wants: input.dtype, array: feed.name, has: whole) }
    return Spec(row.shape, input.dtype)
  }

  /// The types and shapes of a graph's inputs for a batch of `size`.
  ///
  /// Those that are carried have the lengths that the axes of that name have elsewhere in the graph, or 1.
  func specs(_ graph: Graph, _ index: Int, batch size: Int) -> [Spec] {
    var specs = graph.inputs.map { Spec([], $0.dtype) }
    var lengths: [String: Int] = [:]
    for use in uses[index] {
      let column = columns[use.column]
      let spec = column.isWhole ? column.spec : Spec([size] + column.spec.shape, column.spec.dtype)
      specs[use.input] = spec
      for case (.named(let name), let length) in zip(graph.inputs[use.input].shape, spec.shape) { lengths[name] = length }
    }
    let carried = graph.inputSpecs(lengths: lengths)
    let fed = Set(uses[index].map(\.input))
    for i in specs.indices where !fed.contains(i) { specs[i] = carried[i] }
    return specs
  }

  // MARK: Rows

  /// What all rows take together, as the graphs take them.
  var byteCount: Int { columns.reduce(0) { $0 + ($1.isWhole ? 0 : $1.spec.byteCount) } * (count ?? 0) }

  /// A number for each row's content, so that equal rows have equal ones: of all in it but for labels, which are single whole numbers.
  func identities() -> [UInt64] {
    let all = columns.filter { !$0.isWhole }
    let contents = all.filter { $0.spec.rank > 0 || $0.spec.dtype == .f32 }
    let byRows = contents.isEmpty ? all : contents
    return (0..<(count ?? 0)).map { r in byRows.reduce(0) { mixed($0 ^ $1.rows.identity(of: r)) } }
  }

  /// The whole numbers that feed an input, one for each row; nil: it is fed otherwise.
  func labels(of input: String) throws -> [Int64]? {
    guard let column = columns.first(where: { $0.input == input && !$0.isWhole }), column.spec.rank == 0, column.spec.dtype != .f32 else {
      return nil
    }
    var labels = [Int64](repeating: 0, count: column.rows.count)
    let all = (0..<Int64(column.rows.count)).map(\.self)
    try labels.withUnsafeMutableBytes { into in
      guard let start = into.baseAddress else { return }
      try all.withUnsafeBufferPointer { try column.rows.gather($0, into: start, as: .i64, column.map) }
    }
    return labels
  }

  // MARK: Batches

  /// How long rows have been waited for, in seconds: until they were read on the other thread, or while they were read on this one.
  var secondsWaited: Double { secondsReading + (loader?.secondsWaited ?? 0) }

  /// Less than this for each batch is read in a moment, and is no work for another thread: 32 KiB.
  private static let leastBytes = 32 << 10

  /// Says which batches come next, in this order from number `first`, so that each is read while the one before it is computed on.
  ///
  /// Batches that were not announced are read when they are asked for.
  func expect(_ batches: Batches, from first: Int = 0) {
    let byRows = columns.filter { !$0.isWhole }
    let bytes = byRows.reduce(0) { $0 + $1.spec.byteCount }
    guard batches.count > 1, bytes * batches.size >= Self.leastBytes || byRows.contains(where: { $0.rows is FileRows }) else { return }
    if loader == nil { loader = BatchLoader(Reader(columns: byRows, lock: reading).read) }
    loader?.expect(batches, from: first, bytes: bytes * batches.size + 64 * (byRows.count + 1))
  }

  /// Writes the examples `rows` into the inputs of a program of that graph.
  func fill(_ inputs: [TensorBuffer], graph: Int, rows: UnsafeBufferPointer<Int64>) throws {
    let batch = try loader?.batch(rows)
    for use in uses[graph] where !columns[use.column].isWhole {
      let (column, into) = (columns[use.column], inputs[use.input])
      if let batch {
        into.pointer.copyMemory(from: batch + column.offset(rows: rows.count), byteCount: column.spec.byteCount * rows.count)
      } else {
        let start = monotonicSeconds()
        try Reader.locked(reading) { try column.rows.gather(rows, into: into.pointer, as: column.spec.dtype, column.map) }
        secondsReading += monotonicSeconds() - start
      }
    }
  }

  /// Writes what is given whole into the inputs of a program of that graph, where it stays.
  func fillWhole(_ inputs: [TensorBuffer], graph: Int) throws {
    // The whole is one row of all its elements.
    try withUnsafePointer(to: Int64(0)) { row in
      for use in uses[graph] where columns[use.column].isWhole {
        let column = columns[use.column]
        try column.rows.gather(
          UnsafeBufferPointer(start: row, count: 1), into: inputs[use.input].pointer, as: column.spec.dtype, column.map)
      }
    }
  }

  /// Reads whole batches; holds nothing of the data set that would keep it alive.
  private struct Reader {
    let columns: [Column]
    let lock: UnsafeMutablePointer<pthread_mutex_t>

    func read(_ rows: UnsafeBufferPointer<Int64>, into batch: UnsafeMutableRawPointer) throws {
      for column in columns {
        try Self.locked(lock) {
          try column.rows.gather(rows, into: batch + column.offset(rows: rows.count), as: column.spec.dtype, column.map)
        }
      }
    }

    static func locked(_ lock: UnsafeMutablePointer<pthread_mutex_t>, _ body: () throws -> Void) rethrows {
      pthread_mutex_lock(lock)
      defer { pthread_mutex_unlock(lock) }
      try body()
    }
  }
}
