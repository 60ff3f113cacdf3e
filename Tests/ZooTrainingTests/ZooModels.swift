import Glibc
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// The models that the repository carries, by their names.
enum ZooModels {
  /// The folder of a model's manifest.
  static func folder(of name: String) throws -> String {
    let manifests = Repository.root + "/manifests"
    let folder = Repository.files(in: manifests).map { "\(manifests)/\($0)" }.first { Repository.files(in: $0).contains(name + ".json") }
    guard let folder else { throw TestProblem("there is no manifest of '\(name)'") }
    return folder
  }

  static func model(_ name: String, settings: [String: JSON] = [:]) throws -> Model {
    let folder = try folder(of: name)
    return try Manifest(contentsOf: MappedFile("\(folder)/\(name).json").contents, file: "\(name).json", folder: folder)
      .expand(settings: settings, catalog: Repository.catalog)
  }

  /// The committed weights.
  static func weights(_ name: String) throws -> (file: SafeTensors, name: String) {
    let path = "\(Repository.root)/zoo/weights/\(name).safetensors"
    return (try SafeTensors(MappedFile(path)), path)
  }

  /// A session on the committed weights.
  static func session(_ name: String, settings: [String: JSON] = [:], seed: UInt64 = 1) throws -> Session {
    try Session(model(name, settings: settings).graphs, weights: weights(name), seed: seed)
  }

  /// The training that the manifest describes.
  static func job(
    _ name: String, settings: [String: JSON] = [:], _ change: (inout TrainingJob.Choices) throws -> Void = { _ in }
  ) throws -> TrainingJob {
    var choices = TrainingJob.Choices()
    try change(&choices)
    return try TrainingJob(
      model(name, settings: settings), catalog: Repository.catalog, manifestFolder: folder(of: name), zooRoot: Repository.root + "/zoo",
      choices: choices)
  }

  /// What LeNet-5 makes of images: the digit that it takes each for, and how sure it is.
  static func read(_ images: TensorBuffer) throws -> [(digit: Int, sureness: Float)] {
    let program = try session("lenet5").program([images.spec])
    withExtendedLifetime(images) { program.inputs[0].bytes.copyMemory(from: UnsafeRawBufferPointer(images.bytes)) }
    try program.forward()
    let logits = program.copyOutput(0).floats
    return stride(from: 0, to: logits.count, by: 10).map { start in
      let row = logits[start..<start + 10]
      let largest = row.max() ?? 0
      let total = row.reduce(0.0) { $0 + exp(Double($1 - largest)) }
      return ((row.firstIndex(of: largest) ?? start) - start, Float(1 / total))
    }
  }
}
