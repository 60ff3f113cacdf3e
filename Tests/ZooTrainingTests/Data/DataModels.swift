import Glibc
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// Small models whose data lies in a test's own folder.
enum DataModels {
  /// A sum of a row's numbers: enough of a model for tests of what feeds it.
  static func sum(_ inputs: String, data: String, _ others: String = #""epochs": 1"#) -> String {
    """
    {"zoo": 1, "inputs": {\(inputs)}, "graph": [{"layer": "core.dense", "name": "w", "in": "x", "units": 1}], "outputs": {"y": "w"},
     "train": {"graph": [{"layer": "core.mean", "name": "loss", "in": "w"}], "steps": [{"minimize": "loss"}],
       "optimizer": {"layer": "core.sgd", "rate": 0.01}, "data": {\(data)}, \(others)}}
    """
  }

  /// A classifier of the files of a folder into two classes; `image` is its input's shape.
  static func images(_ folder: String, shape: String = #"["N", 16, 16, 3]"#, _ data: String = "", train: String = "") -> String {
    """
    {"zoo": 1, "inputs": {"x": {"shape": \(shape), "codec": {"kind": "image", "channels": 3}}},
     "graph": [{"layer": "core.flatten"}, {"layer": "core.dense", "name": "logits", "units": 2}],
     "train": {"inputs": {"label": {"shape": ["N"], "dtype": "i64"}},
       "graph": [{"layer": "core.cross_entropy", "name": "loss", "in": ["logits", "label"]}], "steps": [{"minimize": "loss"}],
       "optimizer": {"layer": "core.sgd", "rate": 0.01}, "batch": 8, \(train)
       "data": {"folder": "\(folder)", "inputs": {"x": "file", "label": "class"}\(data)}}}
    """
  }

  /// Opens the training of a manifest that lies in a folder.
  static func job(
    _ manifest: String, in folder: String, _ change: (inout TrainingJob.Choices) -> Void = { _ in }
  ) throws -> TrainingJob {
    let model = try Manifest(contentsOf: Array(manifest.utf8), file: "m.json", folder: folder).expand(catalog: Repository.catalog)
    var choices = TrainingJob.Choices()
    change(&choices)
    return try TrainingJob(model, catalog: Repository.catalog, manifestFolder: folder, zooRoot: folder, choices: choices)
  }

  /// What is said about a manifest that cannot be trained.
  static func words(_ manifest: String, in folder: String, data: String? = nil) -> [String] {
    do {
      _ = try job(manifest, in: folder) { $0.data = data }.trainer.train()
      return []
    } catch let error as any ExplainedError {
      return [error.message, error.help].map { $0.replacing(folder, with: "HERE") }
    } catch {
      return ["\(error)"]
    }
  }
}

extension TrainingJob {
  /// Every parameter's bytes.
  var bits: [[UInt8]] { session.store.tensors.map { Array($0.bytes) } }
}

extension TemporaryFolder {
  /// Writes a file of any bytes into it, and makes the folders that it is in.
  @discardableResult
  func file(_ name: String, bytes: [UInt8]) throws -> String {
    var folder = path
    for part in name.split(separator: "/").dropLast() {
      folder += "/" + part
      mkdir(folder, 0o700)
    }
    guard let file = fopen(path + "/" + name, "w") else { throw TestProblem("cannot write \(path)/\(name)") }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
    return path + "/" + name
  }
}
