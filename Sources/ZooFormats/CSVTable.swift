public import ZooTypes

/// A table of numbers in text: rows are lines, columns are separated by a delimiter.
public struct CSVTable {
  /// How to read a table.
  public struct Options: Hashable, Sendable {
    /// What stands between fields.
    public var delimiter = CSVDelimiter.automatic
    /// Whether the first row names the columns; nil: it does if no field of it is a number.
    public var hasHeader: Bool?
    /// The columns to read, counted from 0 or from the end as -1; nil: all.
    public var columns: [Int]?
    /// The columns to read by their names in the first row; nil: by `columns`.
    public var names: [String]?
    /// Words that fields may hold: each stands for its place in this list.
    public var words: [String] = []
    /// What an empty field means; nil: it is an error.
    public var missing: Double?

    /// Everything detected, all columns, no empty fields.
    public init() {}
  }

  /// The number of rows, without the header.
  public let rowCount: Int
  /// The number of columns that are read.
  public let columnCount: Int

  private let bytes: UnsafeRawBufferPointer
  private let options: Options
  private let skipsHeader: Bool
  private let targets: [Int]  // where each column of the text goes; -1: nowhere
  private let words: [String: Int]

  /// Counts the rows and columns of `bytes`, which must outlive this value.
  public init(_ bytes: UnsafeRawBufferPointer, _ options: Options = Options()) throws(CSVError) {
    self.bytes = bytes
    var options = options
    if options.delimiter == .automatic { options.delimiter = try CSVDelimiter.detect(bytes) }
    self.options = options

    var scanner = CSVScanner(bytes, options.delimiter)
    var (rows, columns, firstLine, firstHasNumber) = (0, 0, 0, false)
    var titles: [String] = []
    while let field = try scanner.next() {
      if rows == 0 {
        firstLine = field.line
        titles.append(Self.text(field))
        firstHasNumber = firstHasNumber || parseNumber(field.text) != nil
      }
      guard field.isLast else { continue }
      if rows == 0 { columns = field.column + 1 }
      guard field.column + 1 == columns else {
        throw .ragged(line: field.line, fields: field.column + 1, firstLine: firstLine, expected: columns)
      }
      rows += 1
    }
    skipsHeader = options.hasHeader ?? (options.names != nil || rows > 0 && !firstHasNumber)
    rowCount = max(0, rows - (skipsHeader ? 1 : 0))
    guard rowCount > 0 else { throw .empty }

    words = Dictionary(zip(options.words, 0...)) { first, _ in first }
    var wanted = options.columns ?? Array(0..<columns)
    if let names = options.names {
      wanted = try names.map { name throws(CSVError) in
        guard let column = titles.firstIndex(of: name) else { throw .noName(name, known: titles) }
        return column
      }
    }
    var targets = [Int](repeating: -1, count: columns)
    for (target, column) in wanted.enumerated() {
      let source = column < 0 ? columns + column : column
      guard targets.indices.contains(source), targets[source] < 0 else { throw .noColumn(column, columns: columns) }
      targets[source] = target
    }
    self.targets = targets
    columnCount = wanted.count
  }

  /// Whether tables can be read as `dtype`.
  public static func reads(_ dtype: DType) -> Bool { [.f32, .f64, .i32, .i64, .u8, .bool].contains(dtype) }

  /// Writes all numbers, row-major, as `dtype`.
  public func read(as dtype: DType, into destination: UnsafeMutableRawBufferPointer) throws(CSVError) {
    precondition(destination.count == rowCount * columnCount * dtype.byteCount, "the table needs another size")
    switch dtype {
    case .f32: try read(destination) { Float($0, $1) }
    case .f64: try read(destination) { (number, _) -> Double? in number }
    case .i32: try read(destination) { (number, _) in Int32(exactly: number) }
    case .i64: try read(destination) { (number, _) in Int64(exactly: number) }
    case .u8: try read(destination) { (number, _) in UInt8(exactly: number) }
    case .bool: try read(destination) { (number, _) in number == 0 || number == 1 ? UInt8(number) : nil }
    default: throw .unknown(dtype)
    }
  }

  private func read<Element: BitwiseCopyable>(
    _ destination: UnsafeMutableRawBufferPointer, _ convert: (Double, Slice<UnsafeRawBufferPointer>) -> Element?
  ) throws(CSVError) {
    let elements = destination.bindMemory(to: Element.self)
    var scanner = CSVScanner(bytes, options.delimiter)
    var row = skipsHeader ? -1 : 0
    while let field = try scanner.next() {
      defer { if field.isLast { row += 1 } }
      let target = targets[field.column]
      guard row >= 0, target >= 0 else { continue }
      let number = try number(field)
      guard let element = convert(number, field.text) else {
        throw .doesNotFit(
          text: String(decoding: field.text, as: UTF8.self), line: field.line, column: field.column + 1, type: dtype(of: Element.self))
      }
      elements[row * columnCount + target] = element
    }
  }

  private func number(_ field: CSVScanner.Field) throws(CSVError) -> Double {
    if !words.isEmpty, let number = words[Self.text(field)] { return Double(number) }
    if let number = parseNumber(field.text) { return number }
    guard field.text.isEmpty else {
      let text = String(decoding: field.text.prefix(40), as: UTF8.self)
      if !words.isEmpty { throw .noWord(text: text, line: field.line, column: field.column + 1, known: options.words) }
      throw .notANumber(text: text, line: field.line, column: field.column + 1)
    }
    guard let missing = options.missing else { throw .missing(line: field.line, column: field.column + 1) }
    return missing
  }

  /// What a field says, where doubled quotes are one.
  private static func text(_ field: CSVScanner.Field) -> String {
    let parts = String(decoding: field.text, as: UTF8.self).split(separator: "\"\"", omittingEmptySubsequences: false)
    return parts.joined(separator: "\"")
  }

  private func dtype<Element>(of type: Element.Type) -> DType {
    switch type {
    case is Int32.Type: .i32
    case is Int64.Type: .i64
    case is UInt8.Type: .u8
    default: .f32
    }
  }

  /// A table of `spec`, of rank 1 (one number a line) or 2.
  public static func encode(_ spec: Spec, _ bytes: UnsafeRawBufferPointer) throws(CSVError) -> [UInt8] {
    guard spec.rank == 1 || spec.rank == 2 else { throw .notATable(spec) }
    let columns = spec.rank == 1 ? 1 : spec.width
    let elements = Elements(bytes, spec.dtype)
    var text: [UInt8] = []
    for i in 0..<spec.count {
      text += elements.text(i).utf8
      text.append(UInt8(ascii: (i + 1) % columns == 0 ? "\n" : ","))
    }
    return text
  }
}
