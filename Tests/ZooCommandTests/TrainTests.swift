import Glibc
import Testing
import ZooFormats
import ZooTestSupport

/// What `zoo train` reports and leaves behind.
@Suite struct TrainTests {
  private static let network = Repository.root + "/manifests/basics/two-three-one.json"

  // By hand in double precision: the loss of the first batch is 0.616583, that after one step of 0.1 is 0.599176.
  @Test func aPipeGetsOneLineAnEpochAndTheEnd() throws {
    let zoo = try ZooFixture()
    let result = try zoo.run("train", Self.network, "--epochs", "2")
    #expect(result.errors == "")
    let lines = result.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(lines.count == 7)
    #expect(lines[0] == ["EPOCH", "LOSS", "SAMPLES/S"])
    #expect(lines[1].prefix(2) == ["1/2", "0.6166"])
    #expect(lines[2].prefix(2) == ["2/2", "0.5992"])
    #expect(lines[3].prefix(6).joined(separator: " ") == "Trained for 2 epochs, 2 steps,")
    #expect(
      result.output.hasSuffix(
        """
        Training: loss 0.5992
        Weights:  runs/two-three-one/weights.safetensors
        Use them: zoo run \(Self.network) --weights runs/two-three-one/weights.safetensors

        """))
    #expect(result.status == 0)

    _ = try zoo.folder.file("x.csv", "0.5,0.2\n")
    let run = try zoo.run("run", Self.network, "--input", "x.csv", "--weights", "runs/two-three-one/weights.safetensors")
    #expect(run.errors == "")
    #expect(run.status == 0)
  }

  @Test func jsonIsOneDocumentALine() throws {
    let zoo = try ZooFixture()
    let result = try zoo.run("train", Self.network, "--epochs", "2", "--out", "a/b", "--json")
    var events: [JSON] = []
    for line in result.output.split(separator: "\n") { events.append(try JSONDocument(Array(line.utf8), file: "output").root) }
    #expect(events.compactMap { $0["event"]?.string } == ["epoch", "epoch", "end"])
    #expect(events.compactMap { $0["epoch"]?.integer } == [1, 2])
    let first = try #require(events.first), end = try #require(events.last)
    let loss = try #require(first["training"]?["loss"]?.number)
    #expect((loss - 0.616583).magnitude < 1e-5)
    #expect(end["weights"]?.string == "a/b/weights.safetensors")
    #expect(end["interrupted"]?.boolean == false)
    #expect(end["steps"]?.integer == 2)
    #expect(access(zoo.path + "/a/b/weights.safetensors", R_OK) == 0)
  }

  @Test func aTerminalShowsOneLineThatIsDrawnOver() throws {
    let zoo = try ZooFixture()
    let result = try zoo.terminal("train \(Self.network) --epochs 2")
    #expect(result.output.contains("\repoch 1/2 [############################]  loss 0.6166  "))
    #expect(result.output.contains("\r\u{1B}[K"))
    #expect(!result.output.contains("EPOCH"))
    #expect(result.output.contains("Training: loss 0.5992\r\n"))
    #expect(result.status == 0)
  }

  @Test func interruptedTrainingFinishesItsStepAndSaves() throws {
    let zoo = try ZooFixture()
    let script = """
      : > out
      "$0" train "$1" --epochs 1000000000 --json >> out & child=$!
      while [ ! -s out ]; do sleep 0.02; done
      kill -INT $child; wait $child; status=$?; cat out; exit $status
      """
    let result = try Command.run(
      ["sh", "-c", script, Repository.command, Self.network],
      environment: neutral.merging(["ZOO_PATH": zoo.path + "/zoo"]) { $1 }, folder: zoo.path)
    let last = try #require(result.output.split(separator: "\n").last)
    let end = try JSONDocument(Array(last.utf8), file: "output").root
    #expect(end["event"] == "end")
    #expect(end["interrupted"] == true)
    #expect(try #require(end["steps"]?.integer) >= 1)
    #expect(result.status == 1)
    let weights = try SafeTensors(try MappedFile(zoo.path + "/runs/two-three-one/weights.safetensors"))
    #expect(weights.entries.map(\.name).sorted() == ["hidden.bias", "hidden.weight", "logit.bias", "logit.weight"])
  }

  /// A layer that takes minutes: the first Ctrl-C would wait for it, the second does not.
  @Test func aSecondInterruptEndsAtOnce() throws {
    let zoo = try ZooFixture()
    try zoo.compile("slow")
    try zoo.manifest(
      "slow",
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 1]}},
       "graph": [{"layer": "core.dense", "units": 1}, {"layer": "slow.wait", "name": "late"}],
       "train": {"graph": [{"layer": "core.mean", "name": "loss", "in": "late"}], "data": {"inputs": {"x": {"values": [[1]]}}},
                 "steps": [{"minimize": "loss"}], "optimizer": {"layer": "core.sgd", "rate": 0.1}, "batch": 1, "epochs": 1}}
      """)
    let script = """
      "$0" train slow & child=$!
      while [ ! -e started ]; do kill -0 $child || exit 99; sleep 0.02; done
      kill -INT $child; sleep 0.2; kill -0 $child || exit 98; kill -INT $child; wait $child
      """
    let result = try Command.run(["sh", "-c", script, Repository.command], environment: neutral, folder: zoo.path)
    #expect(result.status == 130, "\(result.output)\(result.errors)")
  }

  @Test func aModelThatDoesNotSayHowIsRefused() throws {
    let result = try zoo("train chain-rule --out /nowhere/at/all")
    #expect(
      result.errors == """
        zoo: the manifest of 'chain-rule' does not say how to train it
          help: add a 'train' section; docs/manifest.md shows one

        """)
    #expect(result.status == 1)
  }

  @Test func aFolderThatCannotBeMadeIsRefusedBeforeAnythingIsTrained() throws {
    let zoo = try ZooFixture()
    let file = try zoo.folder.file("file", "")
    let result = try zoo.run("train", Self.network, "--out", "file/run")
    #expect(result.output == "")
    #expect(result.errors.hasPrefix("zoo: cannot make the folder 'file/run': Not a directory\n  help: "))
    #expect(result.status == 1)
    #expect(file.hasSuffix("/file"))
  }
}
