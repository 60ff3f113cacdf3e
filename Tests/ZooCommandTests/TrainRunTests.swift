import Glibc
import Testing
import ZooFormats
import ZooTestSupport

/// A weight w that starts at `start` and is fitted to 3 by gradient descent on (w - 3)².
///
/// By hand: the error shrinks by 1 - 2 rate in every epoch, so that the loss of epoch k is (start - 3)² (1 - 2 rate)^(2k - 2).
enum Quadratic {
  static func manifest(_ others: String = "", train: String = "") -> String {
    """
    {"zoo": 1, "settings": {"start": 1, "word": "a"}, "inputs": {"x": {"shape": ["N", 1]}},
     "graph": [{"layer": "core.dense", "name": "w", "units": 1, "bias": false, "initialize": {"weight": {"values": [["${start}"]]}}}],
     "train": {"inputs": {"t": {"shape": ["N", 1]}}, "graph": [{"layer": "core.mse", "name": "loss", "in": ["w", "t"]}],
       "data": {"inputs": {"x": {"values": [[1]]}, "t": {"values": [[3]]}}}, "steps": [{"minimize": "loss"}],
       "optimizer": {"layer": "core.sgd", "rate": 0.25}, "epochs": 3, "batch": 1\(train)}\(others)}
    """
  }

  /// The loss of the last of some epochs.
  static func loss(rate: Double, epochs: Int = 3, start: Double = 1) -> Double {
    let factor = (1 - 2 * rate) * (1 - 2 * rate)
    return (1..<max(epochs, 1)).reduce((start - 3) * (start - 3)) { loss, _ in loss * factor }
  }
}

/// The folder of a run, and choices about training.
@Suite struct TrainRunTests {
  private func zoo() throws -> ZooFixture {
    let zoo = try ZooFixture()
    try zoo.manifest("fit", Quadratic.manifest())
    return zoo
  }

  private func json(_ path: String) throws -> JSON { try JSONDocument(try MappedFile(path).contents, file: path).root }

  private func records(_ folder: String) throws -> [JSON] {
    try MappedFile(folder + "/metrics.jsonl").contents.split(separator: UInt8(ascii: "\n")).map {
      try JSONDocument(Array($0), file: "metrics.jsonl").root
    }
  }

  @Test func aRunLeavesItsManifestNumbersAndCurves() throws {
    let zoo = try zoo()
    let result = try zoo.run("train", "fit", "--set", "start=2", "--set", "train.optimizer.rate=0.125", "--epochs", "2", "--seed", "9")
    #expect(result.errors == "")
    #expect(result.status == 0)
    let folder = zoo.path + "/runs/fit"
    let records = try records(folder)
    #expect(records.map { $0["event"] } == ["epoch", "epoch"])
    #expect(records.map { $0["step"] } == [1, 2])
    // (2 - 3)² = 1, then times 0.75².
    #expect(records.compactMap { $0["training"]?["loss"]?.number } == [1, 0.5625])
    #expect(records[0]["rate"] == 0.125)
    let record = try json(folder + "/run.json")
    #expect(record["state"] == "finished")
    #expect(record["seed"] == 9)
    #expect(record["arguments"]?.array?.first == "train")
    #expect(record["settings"] == ["start": 2, "word": "a", "train.optimizer.rate": 0.125])
    #expect(try MappedFile(folder + "/curves.svg").contents.starts(with: Array("<svg ".utf8)))

    // The manifest that it leaves trains the same way, with nothing left to choose.
    let again = try zoo.run("train", "runs/fit/manifest.json", "--out", "again")
    #expect(again.errors == "")
    #expect(try self.records(zoo.path + "/again").compactMap { $0["training"]?["loss"]?.number } == [1, 0.5625])
    #expect(try json(zoo.path + "/again/run.json")["seed"] == 9)
  }

  @Test func noRunIsReplacedUnlessThatIsAsked() throws {
    let zoo = try zoo()
    #expect(try zoo.run("train", "fit").output.contains("Weights:  runs/fit/weights.safetensors\n"))
    #expect(try zoo.run("train", "fit").output.contains("Weights:  runs/fit-2/weights.safetensors\n"))
    let refused = try zoo.run("train", "fit", "--out", "runs/fit")
    #expect(
      refused.errors == """
        zoo: 'runs/fit' holds a run already
          help: --resume goes on with it, --overwrite replaces it, another --out keeps both

        """)
    #expect(refused.status == 64)
    #expect(try records(zoo.path + "/runs/fit").count == 3)
    _ = try zoo.folder.file("runs/fit/notes.txt", "mine")
    let replaced = try zoo.run("train", "fit", "--out", "runs/fit", "--overwrite", "--epochs", "1")
    #expect(replaced.status == 0, "\(replaced.errors)")
    #expect(try records(zoo.path + "/runs/fit").count == 1)
    #expect(access(zoo.path + "/runs/fit/notes.txt", F_OK) == 0)
  }

  @Test func aLossThatIsNoNumberIsNoted() throws {
    let zoo = try zoo()
    let result = try zoo.run("train", "fit", "--set", "train.optimizer.rate=1e30")
    #expect(result.status == 1)
    let record = try json(zoo.path + "/runs/fit/run.json")
    #expect(record["state"] == "diverged")
    #expect(record["problem"]?.string?.hasPrefix("'loss' is ") ?? false)
  }

  private static let refused: [(String, String, String)] = [
    (
      "train.optimizer.rat=1", "zoo/manifests/fit.json: optimizer 'core.sgd' has no attribute 'rat'", "did you mean 'rate'?"
    ),
    ("train.optimiser.rate=1", "zoo/manifests/fit.json: 'train' has no key 'optimiser'", "did you mean 'optimizer'?"),
    ("train.epochs.x=1", "zoo/manifests/fit.json: 'train.epochs' is no object or list, so it has no 'x'", "set 'train.epochs' itself"),
    ("train.steps.1.repeat=2", "zoo/manifests/fit.json: 'train.steps' has no '1'", "it has 0"),
    ("train..x=1", "zoo/manifests/fit.json: 'train' has no ''", ""),
    ("train.batch=many", "zoo/manifests/fit.json: 'batch' of 'train' must be a whole number, but it is \"many\"", ""),
    ("train.batch=0", "zoo/manifests/fit.json: 'batch' of 'train' must be from 1 to 2147483647, but it is 0", ""),
  ]

  @Test(arguments: refused)
  func choicesThatTheManifestCannotHaveAreRefused(choice: String, message: String, help: String) throws {
    let zoo = try zoo()
    let result = try zoo.run("train", "fit", "--set", choice)
    #expect(
      result.errors.hasPrefix("zoo: \(zoo.path)/\(message)\n  help: \(help)")
        || result.errors.hasPrefix("zoo: \(message)\n  help: \(help)"), "\(result.errors)")
    #expect(result.status != 0)
    #expect(access(zoo.path + "/runs", F_OK) != 0)
  }

  @Test func aModelThatDoesNotSayHowHasNothingToChange() throws {
    let zoo = try ZooFixture()
    try zoo.manifest("still", #"{"zoo": 1, "inputs": {"x": {"shape": [1]}}, "graph": [{"layer": "core.tanh"}]}"#)
    let result = try zoo.run("train", "still", "--set", "train.epochs=3")
    #expect(result.errors.contains("'train.epochs' is to be set, but the manifest does not say how to train\n"))
    #expect(result.errors.contains("  help: add a 'train' section; docs/manifest.md shows one\n"))
    #expect(result.status == 64)
  }

  @Test func valuesAreNumbersListsOrText() throws {
    let zoo = try zoo()
    let result = try zoo.run(
      "train", "fit", "--set", "train.steps.0.update=[\"w.*\"]", "--set", "train.about=as text", "--set", "train.shuffle=false")
    #expect(result.errors == "")
    let train = try #require(try json(zoo.path + "/runs/fit/manifest.json")["train"])
    #expect(train["steps"]?.array?.first == ["minimize": "loss", "update": ["w.*"]])
    #expect(train["about"] == "as text")
    #expect(train["shuffle"] == false)
  }
}

/// Pictures of what a model makes while it is trained.
@Suite struct SamplePictureTests {
  /// Two pictures of 4 by 3 pixels, whose brightness is the sigmoid of the one weight.
  private func manifest(_ samples: String) -> String {
    """
    {"zoo": 1, "inputs": {"x": {"shape": ["N", 1]}},
     "graph": [{"layer": "core.dense", "name": "w", "units": 1, "bias": false, "initialize": {"weight": "zeros"}}],
     "graphs": {"draw": {"graph": [
         {"layer": "core.full", "name": "row", "in": {"like": null}, "shape": [1, 12], "value": 1},
         {"layer": "core.full", "name": "one", "in": {"like": null}, "shape": [2, 1], "value": 1},
         {"layer": "core.dense", "name": "w", "in": "one", "units": 1, "bias": false}, {"layer": "core.sigmoid"},
         {"layer": "core.matmul", "name": "wide", "in": ["sigmoid", "row"]},
         {"layer": "core.reshape", "name": "pixels", "in": "wide", "shape": [2, 3, 4, 1]}],
       "outputs": {"image": {"from": "pixels", "codec": "image"}}},
      "takes": {"inputs": {"x": {"shape": ["N", 1]}}, "graph": [{"layer": "core.reshape", "name": "dot", "in": "x", "shape": [-1, 1, 1, 1]}],
       "outputs": {"image": {"from": "dot", "codec": "image"}}}},
     "train": {"inputs": {"t": {"shape": ["N", 1]}}, "graph": [{"layer": "core.mse", "name": "loss", "in": ["w", "t"]}],
       "data": {"inputs": {"x": {"values": [[1]]}, "t": {"values": [[3]]}}}, "steps": [{"minimize": "loss"}],
       "optimizer": {"layer": "core.sgd", "rate": 0.5}, "epochs": 4, "batch": 1, "samples": \(samples)}}
    """
  }

  @Test func picturesAreMadeAfterEpochs() throws {
    let zoo = try ZooFixture()
    try zoo.manifest("draws", manifest(#"{"graph": "draw", "every": 2}"#))
    let result = try zoo.run("train", "draws")
    #expect(result.errors == "")
    #expect(Repository.files(in: zoo.path + "/runs/draws/samples") == ["image-0002.png", "image-0004.png"])
    let png = try MappedFile(zoo.path + "/runs/draws/samples/image-0002.png").contents
    #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47]))
  }

  private static let refused: [(String, String, String)] = [
    (
      #"{"graph": "drew"}"#, "'samples' wants graph 'drew', which the manifest does not have", "did you mean 'draw'?"
    ),
    (
      #"{"graph": "draw", "output": "pixels"}"#, "'samples' wants output 'pixels' of graph 'draw', which is no picture",
      "its pictures are image"
    ),
    (
      #"{"graph": "takes"}"#, "'samples' runs graph 'takes', whose input 'x' has no sample",
      "give the input a \"sample\" in the manifest, or name a graph that takes nothing"
    ),
    ("{}", "'samples' wants a picture, but graph 'main' puts out none", "give an output of the graph \"codec\": \"image\""),
  ]

  @Test(arguments: refused)
  func whatIsNoPictureIsRefused(samples: String, message: String, help: String) throws {
    let zoo = try ZooFixture()
    try zoo.manifest("draws", manifest(samples))
    let result = try zoo.run("train", "draws")
    #expect(result.errors.contains(message + "\n"), "\(result.errors)")
    #expect(result.errors.contains("  help: \(help)\n"), "\(result.errors)")
    #expect(result.status == 1)
    #expect(access(zoo.path + "/runs/draws/weights.safetensors", F_OK) != 0)
  }
}
