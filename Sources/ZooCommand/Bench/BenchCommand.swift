import ArgumentParser
import Glibc
import ZooFormats
import ZooRuntime
import ZooTraining
import ZooTypes

/// `zoo bench`: how long a model takes, and what it needs.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure how fast a model runs, or trains.", usage: "zoo bench <model> [<options>]",
    discussion: "Inputs are random numbers. What the first runs take, while caches fill, does not count.")

  @Argument(help: "A model's name, or the path of its manifest.")
  var model: String

  @Option(help: ArgumentHelp("Measure this graph of the manifest instead of its first.", valueName: "name"))
  var graph: String?

  @OptionGroup
  var axes: AxisOptions

  @Flag(help: "Measure one training step: forward, backward and update.")
  var train = false

  @Flag(help: "Also measure every layer's forward by itself.")
  var layers = false

  @Option(help: ArgumentHelp("Measure for so long at most.", valueName: "count"), transform: duration)
  var seconds = 2.0

  @Flag(help: "Print one JSON document.")
  var json = false

  @OptionGroup
  var threads: ThreadOptions

  @OptionGroup
  var options: ModelOptions

  func validate() throws {
    if train, graph != nil { throw ValidationError("--train measures the graph that is trained, so there is no --graph to choose") }
  }

  func run() throws {
    threads.apply()
    let open = try OpenModel(model, options, includesTraining: train)
    let index = try open.graphIndex(graph)
    let workload = train ? try Workload(training: open, axes: axes) : try Workload(running: open, graph: index, axes: axes)
    let timings = try Timings.take(limit: seconds) { try workload.once() }
    let profile = layers ? try workload.program.profile(repeats: max(3, min(100, Int(seconds / 2 / timings.median)))) : []
    let report = BenchReport(
      model: model, graph: graph, batch: axes.batch, isTraining: train, threads: Threads.count, timings: timings, flops: workload.flops,
      arenaBytes: workload.program.arenaBytes, packedBytes: workload.program.packedBytes, peakBytes: peakBytes(), layers: profile)
    printResult(json ? report.json.text(.pretty) : report.text(for: .output))
  }

  /// The most memory that this process has had at once.
  private func peakBytes() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }
}
