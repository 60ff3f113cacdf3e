public import ZooTypes

/// A checkpoint that cannot be written, or that training cannot go on from.
public enum CheckpointError: ExplainedError, Hashable {
  /// The folder has none.
  case none(folder: String)
  /// The file has no state of a training.
  case noCheckpoint(path: String)
  /// The file is not as it was written; `previous` is the checkpoint before it.
  case damaged(path: String, reason: String, previous: String?)
  /// It was written by another version of the zoo.
  case version(path: String, has: Int, supported: Int)
  /// It is of another training: what differs, then and now.
  case differs(path: String, what: String, then: String, now: String)
  /// It lacks a tensor, or has another in its place.
  case otherTensor(path: String, tensor: String, wants: Spec, has: Spec?)
  /// Training's files cannot be written; `last` is the last checkpoint that was.
  case notWritten(reason: String, help: String, last: String)

  /// What is wrong.
  public var message: String {
    switch self {
    case .none(let folder): "'\(folder)' has no checkpoint to go on from"
    case .noCheckpoint(let path): "\(path): it is no checkpoint"
    case .damaged(let path, let reason, _): "\(path): the checkpoint is damaged: \(reason)"
    case .version(let path, let has, let supported):
      "\(path): it is a checkpoint of version \(has), and this zoo reads version \(supported)"
    case .differs(let path, let what, let then, let now):
      then.isEmpty || now.isEmpty
        ? "\(path): it is of another training: '\(what)' differs"
        : "\(path): it is of another training: '\(what)' was \(then), and is \(now)"
    case .otherTensor(let path, let tensor, let wants, let has):
      "\(path): it is of another training: '\(tensor)' must be \(wants), but is \(has.map { "\($0)" } ?? "not there")"
    case .notWritten(let reason, _, _): reason
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .none: "give the folder of a run that was stopped; without --resume training starts from the beginning"
    case .noCheckpoint: "checkpoints are called checkpoint-NUMBER.safetensors; weights alone are given with --weights"
    case .damaged(let path, _, let previous?): "remove it to go on from the one before, '\(previous)': rm '\(path)'"
    case .damaged(_, _, nil): "there is none before it: start again without --resume"
    case .version: "go on with the zoo that wrote it, or start again without --resume"
    case .differs(_, let what, let then, let now):
      then.isEmpty || now.isEmpty
        ? "go on with the manifest and options that it was begun with, or start again without --resume"
        : "go on with \(what) as it was, or start again without --resume"
    case .otherTensor: "go on with the manifest that it was begun with, or start again without --resume"
    case .notWritten(_, let help, let last): "\(help); --resume then goes on from '\(last)'"
    }
  }
}
