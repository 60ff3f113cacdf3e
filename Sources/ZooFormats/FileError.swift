import Glibc
public import ZooTypes

/// Why a file cannot be read or written.
public enum FileError: ExplainedError, Hashable {
  /// There is no such file; `similar` is a name in the same folder that is close to it.
  case missing(path: String, similar: String?)
  /// There is something at that path, but it is not a file: `what` is "a folder", "a socket" or the like.
  case notAFile(path: String, what: String)
  /// The system refused. `action` is what was tried, as in "cannot open x"; `code` is its errno.
  case system(action: String, path: String, code: Int32)

  /// What is wrong, with the path and the system's words.
  public var message: String {
    switch self {
    case .missing(let path, _): "there is no file '\(path)'"
    case .notAFile(let path, let what): "'\(path)' is \(what), not a file"
    case .system(let action, let path, let code): "cannot \(action) '\(path)': \(String(cString: strerror(code)))"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .missing(_, let similar?): "did you mean '\(similar)'?"
    case .missing(let path, nil): "look at what is in '\(folder(of: path))'"
    case .notAFile: "give the path of a file"
    case .system(_, let path, let code):
      switch code {
      case ENOSPC, EDQUOT: "free some space where '\(folder(of: path))' is, or write elsewhere; nothing was left behind"
      case EACCES, EPERM: "look at the permissions with: ls -ld '\(path)' '\(folder(of: path))'"
      case EROFS: "write to a folder that is not mounted read-only"
      case ENOENT, ENOTDIR: "make the folder '\(folder(of: path))' first"
      case EFBIG: "raise the limit on the size of files: 'ulimit -f'"
      case EMFILE, ENFILE: "too many files are open; close some or raise 'ulimit -n'"
      case ENAMETOOLONG: "use a shorter name"
      default: "check the disk and the path, then try again"
      }
    }
  }
}

/// An error about what a file holds, with its path in front.
public struct FileContentError: ExplainedError {
  /// The file.
  public let path: String
  /// What is wrong with its content.
  public let cause: any ExplainedError

  /// `cause`, found in the file at `path`.
  public init(path: String, _ cause: any ExplainedError) {
    self.path = path
    self.cause = cause
  }

  /// The path, then the cause's words.
  public var message: String { "\(path): \(cause.message)" }
  /// The cause's help.
  public var help: String { cause.help }
}

/// The folder that `path` is in: `.` for a bare name.
func folder(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// The last part of `path`.
func name(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return path }
  return String(path[path.index(after: slash)...])
}
