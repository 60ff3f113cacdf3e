/// A file for an input or output, as an option names it: `image=seven.png`, or the file alone where there is only one.
package struct FileArgument: Hashable {
  /// The input or output.
  package let name: String
  /// The file; nil: standard output.
  package let file: String?

  /// Which option is meant.
  package enum Option: String {
    case input, output
  }

  /// A file for the input or output of that name.
  package init(_ name: String, file: String?) { (self.name, self.file) = (name, file) }

  /// What each of `arguments` means for inputs or outputs of these names.
  ///
  /// A file alone is for one of those that are `visible`; without them, of all.
  package static func read(
    _ arguments: [String], option: Option, names: [String], visible: [String] = []
  ) throws(UsageError) -> [FileArgument] {
    var read: [FileArgument] = []
    for text in arguments {
      let argument = try FileArgument(text, option: option, names: names, visible: visible.isEmpty ? names : visible)
      if read.contains(where: { $0.name == argument.name }) { throw .twice(argument.name, option: option.rawValue) }
      read.append(argument)
    }
    return read
  }

  private init(_ text: String, option: Option, names: [String], visible: [String]) throws(UsageError) {
    guard let only = visible.first else { throw .none(text, option: option.rawValue) }
    let equals = text.firstIndex(of: "=")
    let prefix = String(text[..<(equals ?? text.endIndex)])
    if let equals, names.contains(prefix) {
      (name, file) = (prefix, String(text[text.index(after: equals)...]))
    } else if option == .output, names.contains(text) {
      (name, file) = (text, nil)
    } else if equals == nil, visible.count == 1, option == .input || text.contains(".") || text.contains("/") {
      (name, file) = (only, text)
    } else if equals == nil, option == .input || text.contains(".") || text.contains("/") {
      throw .unclear(text, option: option.rawValue, known: visible)
    } else {
      throw option == .input ? .unknownInput(prefix, known: names) : .unknownOutput(prefix, known: names)
    }
  }
}
