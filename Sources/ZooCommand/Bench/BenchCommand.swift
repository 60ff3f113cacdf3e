import ArgumentParser
import ZooFormats
import ZooRuntime
import ZooTraining
import ZooTypes

/// `zoo bench`: how long a model takes, what it needs, and how near to the machine's limits it is.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure how fast a model runs, or trains.", usage: "zoo bench <model> [<options>]",
    discussion: """
      Inputs are random numbers unless they are given. What the first runs take, while caches fill, does not count; it ends when the median \
      is known to one per cent, or when the time is up.

      The ceiling is what this machine does at most on the threads in use, measured right after: multiply-adds in registers, and reads of \
      more memory than the caches hold. The floor is the model's arithmetic, as its layers are defined, \
      at that rate plus its weights at that bandwidth. Below it are models whose weights stay in caches, and convolutions of 3x3 windows, \
      which take fewer products.

      A training step is the first of the manifest's, on one batch and at the full rate. Schedules, loss scaling, accumulation, noise and \
      averages of parameters are left out.
      """)

  @Argument(help: "A model's name, or the path of its manifest.")
  var model: String

  @Option(help: ArgumentHelp("Measure this graph of the manifest instead of its first.", valueName: "name"))
  var graph: String?

  @OptionGroup
  var axes: AxisOptions

  @Option(parsing: .singleValue, help: ArgumentHelp("A file for an input, which says how long its axes are.", valueName: "name=file"))
  var input: [String] = []

  @Option(help: ArgumentHelp("Weights other than the manifest's (safetensors), or int8 for --weights-dtype int8.", valueName: "file"))
  var weights: String?

  @Flag(help: "Measure one training step: forward, backward, clipping and update.")
  var train = false

  @Flag(help: "Also measure every layer's forward by itself.")
  var layers = false

  @Flag(name: .customLong("no-fuse"), help: "Run every layer by itself, none folded into another.")
  var noFuse = false

  @Option(help: ArgumentHelp("Measure for so long at most.", valueName: "count"), transform: duration)
  var seconds = 2.0

  @Flag(help: "Print one JSON document.")
  var json = false

  @OptionGroup
  var precision: PrecisionOptions

  @OptionGroup
  var threads: ThreadOptions

  @OptionGroup
  var options: ModelOptions

  func validate() throws {
    if train, graph != nil { throw ValidationError("--train measures the graph that is trained, so there is no --graph to choose") }
    if train, noFuse { throw ValidationError("--train folds no layer into another, so there is no --no-fuse to choose") }
  }

  func run() throws {
    threads.apply()
    let open = try OpenModel(model, options, includesTraining: train)
    let index = try open.graphIndex(graph)
    var file = weights
    let precision = precision.precision(weights: &file)
    if train, precision.weights != nil { throw UsageError.int8Training }
    let choices = Workload.Choices(axes: axes, inputs: input, weights: file, fuse: !noFuse, precision: precision)
    let workload = train ? try Workload(training: open, choices) : try Workload(running: open, graph: index, choices)
    let timings = try Timings.take(limit: seconds) { try workload.once() }
    let times = layers ? try workload.program.profile(repeats: max(3, min(100, Int(seconds / 2 / timings.median)))) : []
    // Before the ceiling is measured, which takes memory of its own.
    let peak = ProcessMemory.peakBytes
    let accuracy = train || precision == Precision() ? nil : try Accuracy(of: workload.program, against: workload.full())
    let report = BenchReport(
      model: model, graph: graph, isFused: !noFuse, workload: workload, timings: timings, threads: Threads.count, peakBytes: peak,
      ceiling: .measure(precision.activations), times: times, precision: precision, accuracy: accuracy)
    printResult(json ? report.json.text(.pretty) : report.text(for: .output))
  }
}
