public import ZooFormats
public import ZooPlugin

/// Tables of numbers in text.
struct CSVCodec: Codec {
  /// Whether the first row names the columns.
  enum Header: String, CaseIterable, AttributeValue { case automatic, yes, no }

  var delimiter = CSVDelimiter.automatic
  var header = Header.automatic
  var columns: [Int]?
  var key: String?
  var classes: String?
  var missing: Double?

  static var declaration: CodecDeclaration<Self> {
    CodecDeclaration(
      "csv", "A table of numbers: rows are lines, columns are separated by a delimiter.", extensions: ["csv", "tsv"],
      attributes: [
        Attribute("delimiter", \.delimiter, "What separates columns; 'automatic' takes what the first row has most of."),
        Attribute("header", \.header, "Whether the first row names the columns; 'automatic': if no field of it is a number."),
        Attribute("columns", \.columns, "The columns to read, counted from 0, or from the end as -1; all if not given."),
        Attribute("key", \.key, "The columns to read by their names in the first row, with commas between."),
        Attribute("classes", \.classes, "Words that fields may hold, in the order of the numbers that they stand for, one a line."),
        Attribute("missing", \.missing, "What an empty field means; an error if not given."),
      ])
  }

  func describe(_ bytes: UnsafeRawBufferPointer, wanted: Spec?) throws(LayerError) -> Spec {
    let dtype = wanted?.dtype ?? .f32
    guard CSVTable.reads(dtype) else { throw .data(CSVError.unknown(dtype)) }
    let table = try table(bytes)
    // A single column may be a port of numbers rather than of rows.
    let isFlat = table.columnCount == 1 && wanted?.rank == 1
    return Spec(isFlat ? [table.rowCount] : [table.rowCount, table.columnCount], dtype)
  }

  func decode(_ bytes: UnsafeRawBufferPointer, into tensor: Tensor) throws(LayerError) {
    let table = try table(bytes)
    do throws(CSVError) { try table.read(as: tensor.dtype, into: tensor.memory) } catch { throw .data(error) }
  }

  func encode(_ tensor: Tensor, as format: EncodingFormat) throws(LayerError) -> [UInt8] {
    guard format == .file else { return tensor.encodeNumbers(as: format) }
    do throws(CSVError) { return try CSVTable.encode(tensor.spec, tensor.content) } catch { throw .data(error) }
  }

  private func table(_ bytes: UnsafeRawBufferPointer) throws(LayerError) -> CSVTable {
    var options = CSVTable.Options()
    options.delimiter = delimiter
    options.hasHeader = header == .automatic ? nil : header == .yes
    options.columns = columns
    options.missing = missing
    if let key {
      guard columns == nil else { throw .attribute("columns are read by 'key' or by 'columns', not by both") }
      options.names = key.split(separator: ",").map { String($0.drop { $0 == " " }) }
    }
    options.words = classes?.split(whereSeparator: \.isNewline).map(String.init) ?? []
    do throws(CSVError) { return try CSVTable(bytes, options) } catch { throw .data(error) }
  }
}

extension CSVDelimiter: AttributeValue {}
