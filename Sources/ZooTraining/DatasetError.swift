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
  /// A row that two parts take.
  case overlap(first: String, second: String, row: Int)
  /// Shares that are more than everything together.
  case shares(sum: Double)
  /// A part that no row was drawn for.
  case emptyPart(String, count: Int)
  /// An input to stratify by that has no labels.
  case notLabels(input: String)
  /// Groups of the files of a folder.
  case groupOfFolder(String)
  /// An array of groups that does not have one for each row.
  case groups(String, has: Spec, count: Int)
  /// An input that is normalised but takes whole numbers.
  case normalized(input: String)
  /// An array that is too short for one window.
  case short(input: String, has: Spec, window: Int)
  /// Nothing says how the files of a folder become an input.
  case noCodec(input: String)
  /// A folder of which only the classes are used.
  case classesOnly(input: String)
  /// A user's own data for a model that names none.
  case noData(String)

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
    case .overlap(let first, let second, let row): "row \(row) is both a \(first) and a \(second) row"
    case .shares(let sum): "the shares of the parts make up \(sum) together"
    case .emptyPart(let part, let count): "no row is for the \(part) part, of \(count) in all"
    case .notLabels(let input): "input '\(input)' cannot say what to stratify by: its rows are not single whole numbers"
    case .groupOfFolder(let key): "'group' is '\(key)', but a folder of files has no arrays"
    case .groups(let key, let has, let count): "array '\(key)', which says the group of each row, is \(has), but there are \(count) rows"
    case .normalized(let input): "input '\(input)' takes whole numbers, which cannot be normalised"
    case .short(let input, let has, let window):
      "the rows of input '\(input)' are windows that need \(window) elements, but the array is \(has)"
    case .noCodec(let input): "nothing says how the files of the folder become input '\(input)'"
    case .classesOnly(let input): "input '\(input)' takes the classes of files, but no input takes the files"
    case .noData(let path): "'\(path)' is given as data, but the model's manifest names neither a file nor a folder"
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
    case .overlap: "change the ranges in the manifest's train.data: what is tested on must not be trained on"
    case .shares: "give train, validation and test shares that make up 1 at most"
    case .emptyPart: "give more data or a larger share; \"stratify\" deals out exact shares"
    case .notLabels: "name an input of labels, such as i64 [N]"
    case .groupOfFolder: "leave 'group' out: all windows of a file stay together"
    case .groups: "give the array a row for each example"
    case .normalized: "leave 'normalize' out, or make it f32"
    case .short: "choose a shorter window, or give more data"
    case .noCodec: "give the input a codec, such as \"codec\": \"image\""
    case .classesOnly: "feed an input with \"file\", too"
    case .noData: "leave --data out"
    }
  }
}
