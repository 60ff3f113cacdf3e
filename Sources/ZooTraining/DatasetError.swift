public import ZooTypes

/// Arrays that do not feed a graph.
public enum DatasetError: ExplainedError, Hashable {
  /// Nothing feeds an input.
  case notFed(input: String)
  /// An array without rows.
  case empty(input: String, array: String)
  /// An array's rows are not of the input's shape.
  case shape(input: String, wants: String, array: String, has: Spec)
  /// An array's elements cannot become the input's.
  case dtype(input: String, wants: DType, array: String, has: Spec)
  /// A number in the manifest that is no whole one.
  case value(input: String, wants: DType, got: Double)
  /// Arrays of different lengths.
  case counts(first: String, count: Int, other: String, otherCount: Int)
  /// Rows that the data does not have.
  case rows(part: String, from: Int, to: Int, count: Int)

  /// What is wrong.
  public var message: String {
    switch self {
    case .notFed(let input): "no array feeds input '\(input)'"
    case .empty(let input, let array): "array '\(array)', for input '\(input)', has no rows"
    case .shape(let input, let wants, let array, let has): "input '\(input)' takes \(wants), but array '\(array)' is \(has)"
    case .dtype(let input, let wants, let array, let has): "input '\(input)' takes \(wants), which array '\(array)' \(has) cannot become"
    case .value(let input, let wants, let got): "input '\(input)' takes \(wants), which \(got) cannot become"
    case .counts(let first, let count, let other, let otherCount): "array '\(first)' has \(count) rows, but '\(other)' has \(otherCount)"
    case .rows(let part, let from, let to, let count):
      "the \(part) rows are \(from) to \(to), but the data has \(count)"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .notFed: "name one in the manifest's train.data.inputs"
    case .empty: "check the file that train.data names"
    case .shape: "reshape the array, or change the input's shape in the manifest"
    case .value: "write whole numbers"
    case .dtype: "store the array as numbers of that kind"
    case .counts: "row r of every array must belong to the same example"
    case .rows: "change the range in the manifest's train.data; rows are counted from 0, the end is not included"
    }
  }
}
