import Glibc
import Testing
import ZooFormats
import ZooTestSupport

/// docs/own-images.md: a folder of one's own images, and the commands as they stand there.
@Suite struct OwnImagesTests {
  /// A zoo with the manifest, and photos of two classes that the manifest does not know.
  private func fixture() throws -> ZooFixture {
    let zoo = try ZooFixture()
    symlink(Repository.root + "/manifests/cnn/small-images.json", zoo.path + "/zoo/manifests/small-images.json")
    let script = "mkdir photos && cp -r \"$0\"/buildings photos/houses && cp -r \"$0\"/flowers photos/blossoms"
    _ = try Command.run(["sh", "-c", script, Repository.root + "/zoo/data/patches"], folder: zoo.path)
    return zoo
  }

  /// The commands that the page shows, in its order.
  private func commands() throws -> [[String]] {
    let page = String(decoding: try MappedFile(Repository.root + "/docs/own-images.md").contents, as: UTF8.self)
    return page.split(separator: "\n").filter { $0.hasPrefix("$ zoo ") }.map { $0.dropFirst(6).split(separator: " ").map(String.init) }
  }

  @Test func theCommandsOfThePageTrainEvaluateAndUseAModelOfOnesOwn() throws {
    let zoo = try fixture()
    let commands = try commands()
    #expect(commands.map(\.first) == ["train", "eval", "run"])
    let results = try commands.map { try zoo.run($0 + ["--json"]) }
    for (command, result) in zip(commands, results) {
      #expect(result.errors == "", "\(command)")
      #expect(result.status == 0, "\(command)")
    }

    let evaluation = try JSONDocument(Array(results[1].output.utf8), file: "output").root
    #expect(evaluation["part"] == "test")
    #expect(evaluation["predictions"]?["classes"]?.array?.compactMap { $0["name"]?.string } == ["blossoms", "houses"])
    #expect(try #require(evaluation["predictions"]?["accuracy"]?.number) >= 0.75)
    // The weights know what the classes are called, and how images were normalised.
    let answer = try JSONDocument(Array(results[2].output.utf8), file: "output").root["outputs"]?["class"]?.array?.first
    #expect(answer?["label"] == "houses")
  }

  /// The same image gives the same numbers when it is evaluated and when it is run: it is normalised as in training.
  @Test func runningNormalisesAsTrainingDid() throws {
    let zoo = try ZooFixture()
    try zoo.manifest(
      "line",
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 2]}}, "graph": [{"layer": "core.dense", "name": "w", "units": 1}], "outputs": {"y": "w"},
       "train": {"inputs": {"t": {"shape": ["N", 1]}}, "graph": [{"layer": "core.l1", "name": "loss", "in": ["w", "t"]}], "steps": [{"minimize": "loss"}],
         "data": {"file": "d.csv", "inputs": {"x": {"key": "a,b", "normalize": "z_score"}, "t": "t"}}, "optimizer": {"layer": "core.sgd", "rate": 0.1},
         "epochs": 3}}
      """)
    _ = try zoo.folder.file("d.csv", "a,b,t\n1000,1,0\n1010,3,0\n1040,2,0\n")
    _ = try zoo.folder.file("row.csv", "1040,2\n")
    _ = try zoo.folder.file("one.csv", "a,b,t\n1040,2,0\n")
    #expect(try zoo.run("train", "line", "--data", "d.csv").errors == "")
    let weights = ["--weights", "runs/line/weights.safetensors"]
    let run = try zoo.run(["run", "line", "--input", "row.csv", "--json"] + weights)
    let y = try #require(JSONDocument(Array(run.output.utf8), file: "output").root["outputs"]?["y"]?.array?[0].array?[0].number)
    // With target 0, the mean absolute error of the one row is |y|; by numbers of its own the row would be 0 throughout.
    let evaluation = try zoo.run(["eval", "line", "--data", "one.csv", "--part", "all", "--json"] + weights)
    let loss = try #require(JSONDocument(Array(evaluation.output.utf8), file: "output").root["numbers"]?["loss"]?.number)
    #expect((loss - y.magnitude).magnitude <= 1e-7 * loss)
    #expect(loss > 0.01)
  }

  @Test func classesThatDoNotFitTheWeightsAreTold() throws {
    let zoo = try fixture()
    _ = try zoo.run("train", "small-images", "--data", "photos", "--epochs", "1")
    _ = try Command.run(["mv", "photos/houses", "photos/huts"], folder: zoo.path)
    let result = try zoo.run("eval", "small-images", "--weights", "runs/small-images/weights.safetensors", "--data", "photos")
    #expect(
      result.errors == """
        zoo: 'photos' has the classes 'blossoms', 'huts', but the model tells 'blossoms', 'houses' apart
          help: leave --set out, so that the folder says what the classes are, or name the folders as the model does

        """)
    #expect(result.status == 1)
  }
}
