import Glibc
import Testing
import ZooFormats
import ZooTestSupport

/// `zoo train` that is killed, asked to end, or out of space, and goes on.
@Suite(.serialized) struct ResumeCommandTests {
  private static func rows(_ count: Int, _ width: Int) -> String {
    let rows = (0..<count).map { r in "[\((0..<width).map { c in "\(Double((r * 29 + c * 53) % 89) / 44.5 - 1)" }.joined(separator: ","))]"
    }
    return "[\(rows.joined(separator: ","))]"
  }

  /// Shuffling, dropout, momentum and an average of the parameters: 4 iterations an epoch.
  private static let shuffled = """
    {"zoo": 1, "inputs": {"x": {"shape": ["N", 4]}},
     "graph": [{"layer": "core.dense", "units": 16}, {"layer": "core.relu"}, {"layer": "core.dropout", "probability": 0.3}, {"layer": "core.dense", "name": "out", "units": 1}],
     "train": {"inputs": {"t": {"shape": ["N", 1]}}, "graph": [{"layer": "core.mse", "name": "loss", "in": ["out", "t"]}], "steps": [{"minimize": "loss"}],
       "data": {"inputs": {"x": {"values": \(rows(40, 4))}, "t": {"values": \(rows(40, 1))}}}, "optimizer": {"layer": "core.momentum", "rate": 0.01},
       "average": {"decay": 0.9}, "batch": 10, "epochs": 30}}
    """

  /// State that is carried from batch to batch: 5 iterations an epoch.
  private static let streamed = """
    {"zoo": 1, "inputs": {"x": {"shape": ["N", 2]}, "s": {"shape": ["N", 2]}},
     "graph": [{"layer": "core.add", "name": "sum", "in": ["x", "s"]}, {"layer": "core.dense", "units": 2}, {"layer": "core.tanh", "name": "next"}],
     "train": {"inputs": {"t": {"shape": ["N", 2]}}, "graph": [{"layer": "core.mse", "name": "loss", "in": ["next", "t"]}], "carry": {"s": "next"},
       "data": {"inputs": {"x": {"values": \(rows(40, 2))}, "t": {"values": \(rows(40, 2))}}}, "steps": [{"minimize": "loss"}],
       "optimizer": {"layer": "core.nesterov", "rate": 0.02}, "average": {"arithmetic": true}, "batch": 8, "epochs": 30}}
    """

  /// Kills the process so long after there is a checkpoint, for each of the delays, and then lets it come to its end.
  private static let killing = """
    kept() { for file in r/checkpoint-*.safetensors; do [ -e "$file" ] && return; done; return 1; }
    for delay in $2; do
      resume=--overwrite; kept && resume=--resume
      "$0" train "$1" --out r --json --save-every 2 $resume >> lines & child=$!
      while ! kept && kill -0 $child; do sleep 0.01; done
      sleep $delay; kill -KILL $child; wait $child
    done 2> /dev/null
    exec "$0" train "$1" --out r --json --resume
    """

  @Test("a run that is killed again and again ends as one that was not", arguments: [shuffled, streamed])
  func killed(_ manifest: String) throws {
    let zoo = try ZooFixture()
    try zoo.manifest("m", manifest)
    let whole = try zoo.run("train", "m", "--out", "whole", "--json")
    #expect(whole.status == 0, "\(whole.errors)")
    let delays = (0..<4).map { _ in "\(Double(Int.random(in: 0...30)) / 100)" }.joined(separator: " ")
    let result = try Command.run(
      ["sh", "-c", Self.killing, Repository.command, "m", delays], environment: neutral.merging(["ZOO_PATH": zoo.path + "/zoo"]) { $1 },
      folder: zoo.path)
    #expect(result.status == 0, "\(delays): \(result.errors)")
    for name in ["weights", "weights-average"] {
      let (expected, got) = (
        try MappedFile("\(zoo.path)/whole/\(name).safetensors").contents, try MappedFile("\(zoo.path)/r/\(name).safetensors").contents
      )
      #expect(got == expected, "\(delays): \(name)")
    }
    func last(_ output: String) throws -> JSON {
      try JSONDocument(Array(try #require(output.split(separator: "\n").last).utf8), file: "output").root
    }
    let (expected, got) = (try last(whole.output), try last(result.output))
    #expect(got["steps"] == expected["steps"])
    #expect(got["epochs"] == expected["epochs"])
    if got["training"]?.object?.isEmpty == false { #expect(got["training"] == expected["training"], "\(delays)") }
  }

  @Test("asked to end, it leaves a checkpoint of the step", arguments: ["INT", "TERM"])
  func asked(_ signal: String) throws {
    let zoo = try ZooFixture()
    try zoo.manifest("m", Self.shuffled)
    let script = """
      : > out
      "$0" train m --out r --epochs 1000000 --json >> out & child=$!
      while [ ! -s out ]; do sleep 0.02; done
      kill -$1 $child; wait $child; status=$?; tail -n 1 out; exit $status
      """
    let result = try Command.run(
      ["sh", "-c", script, Repository.command, signal], environment: neutral.merging(["ZOO_PATH": zoo.path + "/zoo"]) { $1 },
      folder: zoo.path)
    let end = try JSONDocument(Array(result.output.utf8), file: "output").root
    #expect(result.status == 1)
    let steps = try #require(end["steps"]?.integer)
    #expect(access("\(zoo.path)/r/checkpoint-\(steps).safetensors", R_OK) == 0)
    // It goes on from there: so many steps are behind it.
    let epochs = steps / 4 + 2
    let resumed = try zoo.run("train", "m", "--resume", "r", "--epochs", "\(epochs)", "--json")
    let last = try JSONDocument(Array(try #require(resumed.output.split(separator: "\n").last).utf8), file: "output").root
    #expect(last["steps"]?.integer == 4 * epochs, "\(resumed.errors)")
  }

  @Test func aFullDiskLeavesTheLastCheckpoint() throws {
    let zoo = try ZooFixture()
    try zoo.manifest("m", Self.shuffled)
    #expect(try zoo.run("train", "m", "--out", "r", "--epochs", "2").status == 0)
    let before = try MappedFile(zoo.path + "/r/checkpoint-8.safetensors").contents
    // No file may be longer than two blocks.
    let result = try Command.run(
      ["sh", "-c", "ulimit -f 2; exec \"$0\" train m --resume r --epochs 3 2>&1", Repository.command],
      environment: neutral.merging(["ZOO_PATH": zoo.path + "/zoo"]) { $1 }, folder: zoo.path)
    #expect(result.status == 1)
    #expect(
      result.output.hasSuffix(
        """
        zoo: cannot write 'r/checkpoint-12.safetensors': File too large
          help: raise the limit on the size of files: 'ulimit -f'; --resume then goes on from 'r/checkpoint-8.safetensors'

        """), "\(result.output)")
    #expect(try MappedFile(zoo.path + "/r/checkpoint-8.safetensors").contents == before)
    #expect(Repository.files(in: zoo.path + "/r").filter { $0.hasSuffix(".part") }.isEmpty)
    #expect(try zoo.run("train", "m", "--resume", "r", "--epochs", "3").status == 0)
  }

  @Test func intervalsAreStepsOrTimes() throws {
    let zoo = try ZooFixture()
    try zoo.manifest("m", Self.shuffled)
    for wrong in ["0", "-1", "s", "1d", "often"] {
      #expect(try zoo.run("train", "m", "--save-every", wrong).status == 64, "\(wrong)")
    }
    #expect(try zoo.run("train", "m", "--epochs", "1", "--save-every", "0.5m").status == 0)
  }
}
