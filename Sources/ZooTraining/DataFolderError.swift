import Glibc
public import ZooTypes

/// A folder that holds no examples to learn from.
public enum DataFolderError: ExplainedError, Hashable {
  /// It cannot be listed; `code` is the system's errno.
  case unreadable(folder: String, code: Int32)
  /// It has no file that can be read.
  case empty(folder: String, extensions: [String])
  /// One of the classes has no file that can be read.
  case emptyClass(folder: String, extensions: [String])
  /// Folders inside folders without end.
  case deep(folder: String, limit: Int)
  /// A link that leads out of the folder.
  case leaves(file: String, folder: String)
  /// A file for which a folder is needed, or the other way round.
  case misfit(path: String, isFolder: Bool)
  /// Classes other than those that the model tells apart.
  case classes(folder: String, has: [String], model: [String])
  /// As many classes as the model does not tell apart.
  case classCount(folder: String, has: [String], model: Int)
  /// An input that takes the class of an example, where there are none.
  case noClasses(folder: String, input: String)
  /// A file whose content is not like that of the first.
  case differs(file: String, has: Spec, first: String, firstHas: Spec)
  /// No file is long enough for one window.
  case short(folder: String, window: Int)

  /// What is wrong.
  public var message: String {
    switch self {
    case .unreadable(let folder, let code): "cannot look into '\(folder)': \(String(cString: strerror(code)))"
    case .empty(let folder, let extensions): "'\(folder)' has no files that end in \(Self.endings(extensions))"
    case .emptyClass(let folder, let extensions):
      "'\(folder)' should hold the examples of a class, but has no files that end in \(Self.endings(extensions))"
    case .deep(let folder, let limit): "'\(folder)' is more than \(limit) folders deep"
    case .leaves(let file, let folder): "'\(file)' is a link that leads out of '\(folder)'"
    case .misfit(let path, let isFolder):
      isFolder ? "'\(path)' is a folder, but the model learns from a file" : "'\(path)' is a file, but the model learns from a folder"
    case .classes(let folder, let has, let model):
      "'\(folder)' has the classes \(Self.names(has)), but the model tells \(Self.names(model)) apart"
    case .classCount(let folder, let has, let model):
      "'\(folder)' has \(has.count) classes, \(Self.names(has)), but the model tells \(model) apart"
    case .noClasses(let folder, let input): "input '\(input)' takes the class of an example, but '\(folder)' has no folders"
    case .differs(let file, let has, let first, let firstHas): "'\(file)' becomes \(has), but '\(first)' becomes \(firstHas)"
    case .short(let folder, let window): "no file of '\(folder)' is long enough for a window of \(window)"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .unreadable: "give the path of a folder that you may read"
    case .empty: "put files there, or a folder of files for each class"
    case .emptyClass(let folder, _): "put files there, or remove the folder with: rmdir '\(folder)'"
    case .deep: "is it a link to a folder that it is in?"
    case .leaves: "copy the file there; --data FOLDER may hold any links"
    case .misfit(_, let isFolder): isFolder ? "give --data a file" : "give --data a folder with a folder of files for each class"
    case .classes: "leave --set out, so that the folder says what the classes are, or name the folders as the model does"
    case .classCount: "leave --set out, so that the folder says how many there are"
    case .noClasses: "put the files of each class into a folder of its own, named after the class"
    case .differs: "give the input a shape of fixed lengths, to which files are brought"
    case .short: "choose a shorter window, or longer files"
    }
  }

  private static func endings(_ extensions: [String]) -> String {
    extensions.isEmpty ? "anything" : extensions.map { "." + $0 }.joined(separator: ", ")
  }

  private static func names(_ names: [String]) -> String {
    let shown = names.prefix(8).map { "'\($0)'" }.joined(separator: ", ")
    return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
  }
}
