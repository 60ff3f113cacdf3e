import Glibc
package import ZooFormats
import ZooTypes

/// The folder of one run, `runs/NAME`, and the names of what is in it.
package struct RunFolder: Hashable, Sendable {
  /// Where it is.
  package let path: String

  /// The folder at `path`.
  package init(_ path: String) { self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path }

  /// What was asked for, and how it ended.
  package var record: String { path + "/run.json" }
  /// The manifest with everything that was chosen.
  package var manifest: String { path + "/manifest.json" }
  /// The numbers, line by line.
  package var metrics: String { path + "/metrics.jsonl" }
  /// The numbers, drawn.
  package var curves: String { path + "/curves.svg" }
  /// Pictures of what the model makes.
  package var samples: String { path + "/samples" }
  /// The trained parameters.
  package var weights: String { path + "/weights.safetensors" }

  /// Whether there is a run, or what is left of one.
  package var isTaken: Bool {
    filesIn(path).contains { Self.isOfRun($0) }
  }

  /// A folder below `parent` that is called after a model and is not taken: `lenet5`, then `lenet5-2`, `lenet5-3`.
  package static func unused(for model: String, in parent: String = "runs") -> RunFolder {
    var folder = RunFolder("\(parent)/\(model)")
    var number = 1
    while folder.isTaken {
      number += 1
      folder = RunFolder("\(parent)/\(model)-\(number)")
    }
    return folder
  }

  /// The folder below `parent` that the last run of a model went to; nil: there is none.
  package static func last(of model: String, in parent: String = "runs") -> RunFolder? {
    let numbers = filesIn(parent).compactMap { name -> Int? in
      if name == model { return 1 }
      guard name.hasPrefix(model + "-"), let number = Int(name.dropFirst(model.count + 1)), number > 1 else { return nil }
      return number
    }
    let folders = numbers.sorted().map { RunFolder($0 == 1 ? "\(parent)/\(model)" : "\(parent)/\(model)-\($0)") }
    return folders.last { $0.isTaken }
  }

  /// Removes what a run has left, and nothing else.
  package func clear(except kept: String = "") throws(FileError) {
    for name in filesIn(path) where Self.isOfRun(name) {
      let file = path + "/" + name
      if file == kept { continue }
      if name == "samples" {
        for picture in filesIn(file) where picture.hasSuffix(".png") { unlink(file + "/" + picture) }
        rmdir(file)
      } else if unlink(file) != 0, errno != ENOENT, errno != EISDIR {
        throw .system(action: "remove", path: file, code: errno)
      }
    }
  }

  /// Removes what processes were writing when they were killed; nobody else may be at work in the folder.
  package func clearUnfinished() {
    for name in filesIn(path) where name.hasPrefix(".") && name.hasSuffix(".part") {
      let target = name.dropFirst().dropLast(5).split(separator: ".").dropLast().joined(separator: ".")
      if Self.isOfRun(target) || Self.isOfRun(target + ".safetensors") { unlink(path + "/" + name) }
    }
  }

  private static func isOfRun(_ name: String) -> Bool {
    ["run.json", "manifest.json", "metrics.jsonl", "curves.svg", "samples"].contains(name) || name.hasPrefix(EventFile.prefix)
      || name.hasSuffix(".safetensors") && (name.hasPrefix("weights") || name.hasPrefix("checkpoint") || name.hasPrefix("best"))
  }
}

/// Makes a folder and those that it is in, if they are not there.
package func makeFolder(_ path: String) throws(FileError) {
  var made = ""
  for part in path.split(separator: "/", omittingEmptySubsequences: false) {
    made += made.isEmpty && part.isEmpty ? "/" : made.isEmpty || made.hasSuffix("/") ? part : "/" + part
    if mkdir(made, 0o777) != 0, errno != EEXIST, errno != EISDIR { throw .system(action: "make the folder", path: made, code: errno) }
  }
}

/// A folder that a run cannot have.
package enum RunError: ExplainedError, Hashable {
  /// It holds another run.
  case taken(folder: String)
  /// Another process trains there.
  case inUse(folder: String)

  package var message: String {
    switch self {
    case .taken(let folder): "'\(folder)' holds a run already"
    case .inUse(let folder): "another process is training in '\(folder)'"
    }
  }

  package var help: String {
    switch self {
    case .taken: "--resume goes on with it, --overwrite replaces it, another --out keeps both"
    case .inUse: "wait for it, or give another --out"
    }
  }
}
