public import ZooTypes

/// Why text is not a table of numbers, or a tensor cannot be one.
public enum CSVError: ExplainedError, Hashable {
  /// There is no row.
  case empty
  /// A row has more or fewer fields than the first.
  case ragged(line: Int, fields: Int, firstLine: Int, expected: Int)
  /// A field is not a number. Lines and columns are counted from 1.
  case notANumber(text: String, line: Int, column: Int)
  /// A field is empty.
  case missing(line: Int, column: Int)
  /// A quote is never closed.
  case openQuote(line: Int, column: Int)
  /// Something other than a delimiter follows a closing quote.
  case afterQuote(line: Int, column: Int)
  /// A number is not one that the element type can hold.
  case doesNotFit(text: String, line: Int, column: Int, type: DType)
  /// A wanted column, counted from 0 or from the end as -1, does not exist.
  case noColumn(Int, columns: Int)
  /// A wanted column is not named in the first row.
  case noName(String, known: [String])
  /// A field is neither a number nor one of the words that stand for one.
  case noWord(text: String, line: Int, column: Int, known: [String])
  /// There are no numbers of that type in text.
  case unknown(DType)
  /// (writing) A table has rows and columns.
  case notATable(Spec)

  /// What is wrong, with the line and the column.
  public var message: String {
    switch self {
    case .empty: "the table has no rows"
    case .ragged(let line, let fields, let firstLine, let expected):
      "line \(line) has \(fields) \(fields == 1 ? "field" : "fields"), but line \(firstLine) has \(expected)"
    case .notANumber(let text, let line, let column): "line \(line), column \(column): '\(text)' is not a number"
    case .missing(let line, let column): "line \(line), column \(column): the field is empty"
    case .openQuote(let line, let column): "line \(line), column \(column): the quote is never closed"
    case .afterQuote(let line, let column): "line \(line), column \(column): text follows the closing quote"
    case .doesNotFit(let text, let line, let column, let type): "line \(line), column \(column): \(type) cannot hold \(text)"
    case .noColumn(let column, let columns): "there is no column \(column): the table has \(columns), the first of which is 0"
    case .noName(let name, _): "the first row names no column '\(name)'"
    case .noWord(let text, let line, let column, _): "line \(line), column \(column): '\(text)' is neither a number nor a known word"
    case .unknown(let type): "a table cannot be read as \(type)"
    case .notATable(let spec): "a tensor of shape \(spec.shape) is no table: it must have rank 1 or 2"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .empty: "each line is a row of numbers"
    case .ragged: "give every row the same number of fields; is the delimiter right?"
    case .notANumber: "choose the columns that hold numbers; numbers look like 12, -0.5 or 1e-3"
    case .missing: "fill it in, or say what an empty field means"
    case .openQuote, .afterQuote: "a quoted field ends with a quote and a delimiter; a quote inside it is doubled"
    case .doesNotFit: "read the table as f32, or correct the number"
    case .noColumn: "columns are counted from 0; -1 is the last"
    case .noName(let name, let known):
      known.nearest(to: name).map { "did you mean '\($0)'?" } ?? "it has \(known.prefix(8).joined(separator: ", "))"
    case .noWord(let text, _, _, let known):
      known.nearest(to: text).map { "did you mean '\($0)'?" } ?? "the words are \(known.prefix(8).joined(separator: ", "))"
    case .unknown: "f32, f64, i32, i64, u8 and bool can be read"
    case .notATable: "write npy or safetensors, which hold any shape"
    }
  }
}
