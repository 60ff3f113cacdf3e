import Glibc
import Testing
import ZooFormats
import ZooTestSupport

/// What `zoo runs` says about folders of runs, whatever state they are in.
@Suite struct RunsTests {
  /// Three runs: a fast one, a slow one, and one that diverged.
  private func zoo() throws -> ZooFixture {
    let zoo = try ZooFixture()
    try zoo.manifest("fit", Quadratic.manifest())
    for (name, rate) in [("a", "0.25"), ("b", "0.125"), ("c", "1e30")] {
      _ = try zoo.run("train", "fit", "--out", "runs/\(name)", "--set", "train.optimizer.rate=\(rate)")
    }
    return zoo
  }

  private func columns(_ line: Substring) -> [String] { line.split(separator: " ").map(String.init) }

  @Test func runsAreListedWithTheirNumbers() throws {
    let zoo = try zoo()
    let result = try zoo.run(["runs"], environment: ["COLUMNS": "200"])
    #expect(result.errors == "")
    let lines = result.output.split(separator: "\n")
    #expect(columns(lines[0]) == ["NAME", "MODEL", "EPOCHS", "STEPS", "NUMBER", "LAST", "BEST", "TIME", "STARTED", "STATE"])
    // The third epoch's loss: 4 / 4² and 4 (9 / 16)².
    #expect(columns(lines[1]).prefix(7) == ["a", "fit", "3", "3", "loss", "0.2500", "0.2500"])
    #expect(columns(lines[2]).prefix(7) == ["b", "fit", "3", "3", "loss", "1.2656", "1.2656"])
    #expect(columns(lines[1]).last == "finished")
    #expect(columns(lines[3]).first == "c")
    #expect(columns(lines[3]).last == "diverged")
    #expect(result.status == 0)
  }

  /// Steps, times and models go where there is no room for them, in a pipe as on a terminal.
  @Test func theListIsNoWiderThanTheTerminal() throws {
    let zoo = try ZooFixture()
    let name = String(repeating: "n", count: 27)
    try zoo.manifest("fit", Quadratic.manifest())
    _ = try zoo.run("train", "fit", "--out", "runs/\(name)", "--set", "train.optimizer.rate=0.25")
    let piped = try zoo.run("runs")
    #expect(columns(piped.output.split(separator: "\n")[0]) == ["NAME", "EPOCHS", "NUMBER", "LAST", "BEST", "TIME", "STATE"])
    for width in [80, 105] {
      let list = try zoo.run(["runs"], environment: ["COLUMNS": "\(width)"]).output
      #expect(list.split(separator: "\n").allSatisfy { $0.count <= width })
      #expect(list.contains("STARTED") == (width == 105) && list.contains("MODEL") == (width == 105) && !list.contains("STEPS"))
    }
    #expect(try zoo.run(["runs"], environment: ["COLUMNS": "120"]).output.contains("STEPS"))
  }

  @Test func theBestAreFirstIfThatIsAsked() throws {
    let zoo = try zoo()
    _ = try zoo.run("train", "fit", "--out", "runs/d", "--set", "train.optimizer.rate=0.5")
    let result = try zoo.run("runs", "--sort", "loss", "--json")
    let document = try JSONDocument(Array(result.output.utf8), file: "output").root
    let runs = try #require(document["runs"]?.array)
    #expect(Array(runs.compactMap { $0["name"]?.string }.prefix(3)) == ["d", "a", "b"])
    #expect(runs[0]["numbers"]?.array?.first == ["name": "loss", "held_out": false, "last": 0.0, "best": 0.0, "best_epoch": 2])
    let unknown = try zoo.run("runs", "--sort", "lost")
    #expect(unknown.errors == "zoo: no run reports 'lost'\n  help: did you mean 'loss'?\n")
    #expect(unknown.status == 64)
  }

  @Test func comparisonsShowWhatDiffers() throws {
    let zoo = try zoo()
    let result = try zoo.run("runs", "a", "runs/b")
    let lines = result.output.split(separator: "\n").map { columns($0) }.filter { $0.first != "time" }
    let expected: [[String]] = [
      ["SETTING", "a", "b"], ["train.optimizer.rate", "0.25", "0.125"], ["RESULT", "a", "b"], ["state", "finished", "finished"],
      ["epochs", "3", "3"], ["steps", "3", "3"], ["last", "loss", "0.2500", "1.2656"], ["best", "loss", "0.2500", "1.2656"],
      ["in", "epoch", "3", "3"],
    ]
    #expect(lines == expected)
    let unknown = try zoo.run("runs", "a", "x")
    #expect(unknown.errors == "zoo: there is no run 'x'\n  help: there are a, b, c\n")
    #expect(unknown.status == 64)
  }

  @Test func brokenFoldersAreShownAsSuch() throws {
    let zoo = try zoo()
    try AtomicFile.write(Array("{\"model\": ".utf8), to: zoo.path + "/runs/a/run.json")
    unlink(zoo.path + "/runs/b/metrics.jsonl")
    let lines = try MappedFile(zoo.path + "/runs/c/metrics.jsonl").contents
    try AtomicFile.write(lines + Array("{\"event\": \"epo".utf8), to: zoo.path + "/runs/c/metrics.jsonl")
    mkdir(zoo.path + "/runs/empty", 0o700)
    mkdir(zoo.path + "/runs/d", 0o700)
    mkdir(zoo.path + "/runs/d/run.json", 0o700)
    let result = try zoo.run(["runs"], environment: ["COLUMNS": "200"])
    #expect(result.status == 0)
    let names = result.output.split(separator: "\n").dropFirst().map { columns($0)[0] }
    #expect(names.sorted() == ["a", "b", "c", "d"])
    #expect(result.errors.contains("zoo: run 'a' is damaged: "))
    #expect(result.errors.contains("zoo: run 'b' is damaged: there is no file 'runs/b/metrics.jsonl'\n"))
    #expect(
      result.errors.contains(
        "zoo: run 'c' is damaged: runs/c/metrics.jsonl: what comes after \(lines.count) of its \(lines.count + 14) bytes cannot be read\n"))
    #expect(result.errors.contains("zoo: run 'd' is damaged: 'runs/d/run.json' is a folder, not a file\n"))
    #expect(result.errors.contains("  help: its other files may still be good; 'zoo train --overwrite' makes it anew\n"))
  }

  @Test func noRunsAreNoTable() throws {
    let zoo = try ZooFixture(families: false)
    let result = try zoo.run("runs")
    #expect(result.errors == "zoo: there are no runs in 'runs'\n  help: 'zoo train MODEL' makes one; --in FOLDER looks elsewhere\n")
    #expect(result.status == 64)
  }
}
