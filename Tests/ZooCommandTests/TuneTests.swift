import Glibc
import Testing
import ZooFormats
import ZooTestSupport

/// Searches over settings, on a problem whose losses are known.
@Suite struct TuneTests {
  private func zoo(_ others: String = "", train: String = "") throws -> ZooFixture {
    let zoo = try ZooFixture()
    try zoo.manifest("fit", Quadratic.manifest(others, train: train))
    return zoo
  }

  private func tune(_ zoo: ZooFixture, _ arguments: String...) throws -> JSON {
    let result = try zoo.run("tune", arguments: ["fit", "--json"] + arguments)
    #expect(result.errors == "")
    #expect(result.status == 0)
    return try JSONDocument(Array(result.output.utf8), file: "output").root
  }

  @Test func aGridTriesEveryCombination() throws {
    let zoo = try zoo()
    let found = try tune(zoo, "--method", "grid", "--over", "rate=0.125,0.25,0.375", "--over", "start=1..2", "--jobs", "2")
    let trials = try #require(found["trials"]?.array)
    let combinations: [JSON?] = [[0.125, 1], [0.125, 2], [0.25, 1], [0.25, 2], [0.375, 1], [0.375, 2]]
    #expect(trials.map { $0["values"] } == combinations)
    for trial in trials {
      let values = try #require(trial["values"]?.array).compactMap(\.number)
      #expect(((trial["value"]?.number ?? .nan) - Quadratic.loss(rate: values[0], start: values[1])).magnitude < 1e-6)
    }
    #expect(found["best"]?["trial"] == 6)
    #expect(found["command"] == "zoo train fit --set train.optimizer.rate=0.375 --set start=2")
    // Each is a run of its own.
    #expect(access(zoo.path + "/runs/fit-tune/trial-006/metrics.jsonl", R_OK) == 0)
    let runs = try zoo.run("runs", "--in", "runs/fit-tune", "--sort", "loss", "--json")
    let first = try JSONDocument(Array(runs.output.utf8), file: "output").root["runs"]?.array?.first
    #expect(first?["name"] == "trial-006")
  }

  @Test func aTableAndALineToPasteComeOutOfIt() throws {
    let zoo = try zoo()
    let result = try zoo.run("tune", "fit", "--method", "grid", "--over", "rate=1e30,0.25", "--over", "word=b c", "--jobs", "1")
    let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    #expect(lines.first == "trial 1/2  diverged  train.optimizer.rate=1e+30 word=b c")
    #expect(lines.contains("trial 2/2  loss 0.2500  train.optimizer.rate=0.25 word=b c"))
    #expect(lines.contains { $0.split(separator: " ").map(String.init).prefix(4) == ["2", "0.2500", "0.25", "b"] })
    #expect(lines.contains("Tried 2 combinations, of which 1 could not be trained. Each is a run in runs/fit-tune."))
    #expect(lines.contains("Best: zoo train fit --set train.optimizer.rate=0.25 --set 'word=b c'"))
    #expect(result.status == 0)
  }

  // The loss after three epochs is 4 (1 - 2 rate)⁴: smallest at 0.5, and within 1e-4 of 0 from 0.46 to 0.54.
  @Test func aGaussianProcessFindsTheBottomWithFewTrials() throws {
    let zoo = try zoo()
    let found = try tune(zoo, "--over", "rate=log:1e-3..0.9", "--trials", "14", "--jobs", "2")
    let best = try #require(found["best"]?["value"]?.number)
    #expect(best < 1e-3)
    #expect(found["trials"]?.array?.count == 14)
  }

  @Test func choicesDependOnTheSeedAlone() throws {
    let zoo = try zoo()
    func values(_ arguments: String...) throws -> [JSON?] {
      let result = try zoo.run(
        "tune", arguments: ["fit", "--json", "--over", "rate=log:1e-3..0.9", "--over", "start=0..1", "--overwrite"] + arguments)
      let document = try JSONDocument(Array(result.output.utf8), file: "output").root
      return document["trials"]?.array?.map { $0["values"] } ?? []
    }
    let one = try values("--method", "random", "--trials", "5", "--jobs", "1")
    #expect(one.count == 5)
    #expect(Set(one).count == 5)
    #expect(try values("--method", "random", "--trials", "5", "--jobs", "3") == one)
    #expect(try values("--method", "random", "--trials", "5", "--jobs", "1", "--seed", "1") != one)
    let process = try values("--trials", "6", "--jobs", "2")
    #expect(try values("--trials", "6", "--jobs", "2") == process)
  }

  @Test func aSearchGoesOnWhereItWas() throws {
    let zoo = try zoo()
    let arguments = ["--over", "rate=log:1e-3..0.9", "--jobs", "1"]
    func trials(_ others: String...) throws -> [JSON] {
      let result = try zoo.run("tune", arguments: ["fit", "--json"] + arguments + others)
      return try #require(try JSONDocument(Array(result.output.utf8), file: "output").root["trials"]?.array)
    }
    let whole = try trials("--trials", "6", "--out", "whole")
    let part = try trials("--trials", "3", "--out", "parts")
    #expect(part.count == 3)
    // A line that was half written when the process was killed.
    let file = try #require(fopen(zoo.path + "/parts/trials.jsonl", "a"))
    fputs("{\"trial\":4,", file)
    fclose(file)
    unlink(zoo.path + "/parts/trial-002/run.json")
    let both = try trials("--trials", "6", "--out", "parts")
    #expect(both.map { $0["values"] } == whole.map { $0["values"] })
    #expect(both.map { $0["value"] } == whole.map { $0["value"] })
    // What was tried before was not tried again.
    #expect(access(zoo.path + "/parts/trial-002/run.json", F_OK) != 0)

    let other = try zoo.run("tune", "fit", "--over", "rate=log:1e-4..0.9", "--out", "parts")
    #expect(
      other.errors == """
        zoo: 'parts' holds another search: its over differs
          help: give another --out, or --overwrite to begin anew

        """)
    #expect(other.status == 64)
  }

  @Test func interruptedSearchesKeepWhatIsDone() throws {
    let zoo = try zoo()
    let script = """
      "$0" tune fit --over rate=0.1,0.2 --method grid --jobs 1 --epochs 1000000000 > out & child=$!
      while [ ! -s runs/fit-tune/trial-001/metrics.jsonl ]; do sleep 0.02; done
      kill -INT $child; wait $child; status=$?; cat out; exit $status
      """
    let result = try Command.run(["sh", "-c", script, Repository.command], environment: neutral, folder: zoo.path)
    #expect(result.status == 130, "\(result.output)\(result.errors)")
    #expect(result.output == "Stopped before any trial was over.\n")
    let run = try JSONDocument(try MappedFile(zoo.path + "/runs/fit-tune/trial-001/run.json").contents, file: "").root
    #expect(run["state"] == "stopped")
  }

  @Test func trialsEndWithASearchThatIsKilled() throws {
    let zoo = try zoo()
    let script = """
      "$0" tune fit --over rate=0.1,0.2 --method grid --jobs 1 --epochs 1000000000 > out & child=$!
      while [ ! -s runs/fit-tune/trial-001/metrics.jsonl ]; do sleep 0.02; done
      kill -KILL $child; wait $child
      for i in $(seq 500); do grep -q stopped runs/fit-tune/trial-001/run.json && exit 0; sleep 0.02; done
      exit 1
      """
    let result = try Command.run(["sh", "-c", script, Repository.command], environment: neutral, folder: zoo.path)
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }

  @Test func aManifestSaysWhatIsVaried() throws {
    let zoo = try zoo(
      #", "tune": {"over": {"train.optimizer.rate": "0.25..0.5/2", "start": [1, 2]}, "method": "grid", "maximize": "loss", "trials": 3}"#)
    let found = try tune(zoo, "--jobs", "2")
    let combinations: [JSON?] = [[0.25, 1], [0.25, 2], [0.5, 1]]
    #expect(found["trials"]?.array?.map { $0["values"] } == combinations)
    #expect(found["best"]?["trial"] == 1)
  }

  private static let nonsense: [([String], String)] = [
    (["--over", "rate"], "zoo: --over takes NAME=VALUES, but was given 'rate'\n  help: such as rate=log:1e-4..1e-1, layers=1..4"),
    (["--over", "rate=log:0..1"], "zoo: --over takes NAME=VALUES, but was given 'rate=log:0..1'\n"),
    (["--over", "rate=2..1"], "zoo: --over takes NAME=VALUES, but was given 'rate=2..1'\n"),
    (["--over", "rate=1..2/1"], "zoo: --over takes NAME=VALUES, but was given 'rate=1..2/1'\n"),
    (["--over", "rate=1,,2"], "zoo: --over takes NAME=VALUES, but was given 'rate=1,,2'\n"),
    (["--over", "rato=1,2"], "zoo: there is no 'rato' to vary\n  help: did you mean 'rate'?\n"),
    (
      ["--over", "rate=1,2", "--over", "train.optimizer.rate=3,4"],
      "zoo: 'train.optimizer.rate' is to be varied twice\n  help: give all of its"
    ),
    (
      ["--over", "rate=1,2", "--minimize", "loss", "--maximize", "loss"],
      "zoo: a number is to be made small and one to be made large\n  help: give"
    ),
    ([], "zoo: nothing says what to vary in 'fit'\n  help: give --over NAME=VALUES"),
    (
      ["--method", "grid", "--over", "rate=0..1.0/1000", "--over", "start=1..1000/1000"],
      "zoo: the grid has 1,000,000 combinations\n  help: give --trials"
    ),
    (["--rate-finder", "--rates", "1..0.1"], "zoo: --rates takes FROM..TO, but was given '1..0.1'\n  help: such as 1e-6..1"),
  ]

  @Test(arguments: nonsense)
  func whatMakesNoSenseIsRefused(arguments: [String], words: String) throws {
    let zoo = try zoo()
    let result = try zoo.run("tune", arguments: ["fit"] + arguments)
    #expect(result.errors.hasPrefix(words), "\(result.errors)")
    #expect(result.status == 64)
    #expect(access(zoo.path + "/runs", F_OK) != 0)
  }

  @Test func valuesThatTheManifestRefusesAreRefusedBeforeAnythingIsTrained() throws {
    let zoo = try zoo()
    let result = try zoo.run("tune", "fit", "--over", "batch=0,4")
    #expect(result.errors.contains("'batch' of 'train' must be from 1 to 2147483647, but it is 0\n"), "\(result.errors)")
    #expect(access(zoo.path + "/runs", F_OK) != 0)
  }

  @Test func aSearchInWhichNothingWorksSaysWhy() throws {
    let zoo = try zoo()
    let result = try zoo.run("tune", "fit", "--over", "rate=0.1,0.2", "--method", "grid", "--minimize", "lost", "--jobs", "2")
    #expect(
      result.errors.hasSuffix(
        """
        zoo: no trial could be trained: it reports no 'lost', but loss
          help: the trials' words are in runs/fit-tune/trial-*.log

        """))
    #expect(result.status == 1)
  }

  // Gradient descent on (w - 3)² from 1 diverges above a rate of 1, and falls fastest close to 0.5.
  @Test func theRateFinderShowsWhereTheLossFallsFastest() throws {
    let zoo = try zoo()
    let result = try zoo.run("tune", "fit", "--rate-finder", "--json", "--rates", "1e-5..10", "--steps", "120")
    #expect(result.errors == "")
    let found = try JSONDocument(Array(result.output.utf8), file: "output").root
    let points = try #require(found["points"]?.array)
    #expect(points.first?["rate"]?.number == 1e-5 || ((points.first?["rate"]?.number ?? 0) / 1e-5 - 1).magnitude < 1e-9)
    #expect(points.first?["loss"]?.number == 4)
    let suggestion = try #require(found["suggestion"]?.number)
    #expect(suggestion > 5e-3 && suggestion < 0.5)
    #expect(found["plot"] == "runs/fit-tune/rates.svg")
    let svg = try XMLReader.root(String(decoding: try MappedFile(zoo.path + "/runs/fit-tune/rates.svg").contents, as: UTF8.self))
    #expect(svg.all.contains { $0.attributes["class"] == "mark" })
    // The weights are not kept: a test of rates is no training.
    #expect(access(zoo.path + "/runs/fit-tune/weights.safetensors", F_OK) != 0)

    let words = try zoo.run("tune", "fit", "--rate-finder", "--rates", "1e-5..10", "--steps", "120").output
    #expect(words.hasPrefix("loss, smoothed, at growing rates:\n"))
    #expect(words.contains("Try:  zoo train fit --set train.optimizer.rate="))
    #expect(words.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }
}
