import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// Values that training carries from one iteration to the next.
struct TrainingCarryTests {
  /// A sum that runs along each stream: s' = s + x, and the loss is w times its mean.
  static func sums(_ rows: [Int], batch: Int, _ others: String = "") -> String {
    """
    {"zoo": 1, "inputs": {"x": {"shape": ["N", 1]}, "s": {"shape": ["N", 1]}}, "graph": [{"layer": "core.add", "name": "next", "in": ["x", "s"]},
       \(TrainingStepTests.weight("w", 1, in: "next"))], "outputs": {"y": "w", "s": "next"}, "carry": {"s": "s"},
     "train": {"graph": [{"layer": "core.mean", "name": "loss", "in": "w"}], "steps": [{"minimize": "loss"}], "carry": {"s": "next"}, "batch": \(batch),
       "data": {"inputs": {"x": {"values": \(rows.map { [$0] })}}\(others)}, "optimizer": {"layer": "core.sgd", "rate": 0}, "epochs": 2}}
    """
  }

  /// What each iteration's loss is, from the running means.
  static func losses(_ job: TrainingJob) throws -> [[Double]] {
    var epochs: [[Double]] = []
    var sum = 0.0
    _ = try job.trainer.train { event in
      guard case .step(_, let step, _, let numbers, _, _) = event else { return }
      if step == 1 { (epochs, sum) = (epochs + [[]], 0) }
      let total = numbers[0].value * Double(step)
      epochs[epochs.count - 1].append(total - sum)
      sum = total
    }
    return epochs
  }

  // Two streams of three rows: 1 2 4 and 8 16 32; the seventh row is left out. Sums: 1 3 7 and 8 24 56.
  @Test func rowsAreParallelStreamsAndEveryEpochStartsWithZeros() throws {
    let job = try trainingJob(Self.sums([1, 2, 4, 8, 16, 32, 64], batch: 2))
    #expect(try Self.losses(job) == [[4.5, 13.5, 31.5], [4.5, 13.5, 31.5]])
  }

  @Test func aBatchLargerThanTheDataIsOneStreamForEachRow() throws {
    #expect(try Self.losses(trainingJob(Self.sums([1, 2, 6], batch: 8))) == [[3], [3]])
  }

  // Trained on 1 2 3 4, held out 10 20 30: streams 10 and 20, whose first and only rows are seen.
  @Test func heldOutRowsAreStreamsOfTheirOwn() throws {
    let job = try trainingJob(Self.sums([1, 2, 3, 4, 10, 20, 30], batch: 2, #", "train": [0, 4], "validation": [4, 7]"#))
    let summary = try job.trainer.train()
    // 1 3 and 3 7: means 2 and 5.
    #expect(summary.training.map(\.value) == [3.5])
    #expect(summary.validation.map(\.value) == [15])
  }

  // With the weight moving, an iteration's steps all see the state that the iteration before left.
  @Test func stepsOfOneIterationSeeTheSameState() throws {
    let manifest = Self.sums([1, 2, 4], batch: 1).replacing(
      #""steps": [{"minimize": "loss"}]"#, with: #""steps": [{"minimize": "loss", "repeat": 2}, {"minimize": "loss"}]"#)
    let summary = try trainingJob(manifest).trainer.train()
    #expect(summary.training.map(\.name) == ["loss_1", "loss_2"])
    #expect(summary.training.map(\.value) == [11.0 / 3, 11.0 / 3])
  }

  @Test func theGradientDoesNotCross() throws {
    // s' = w (x + s). At rate 1 with x = 1, 1 and w = 1: the losses' gradients by w are x + s alone.
    // Iteration 1: s = 0, loss = 1, gradient 1, w = 0, s' = 1 (computed before the update).
    // Iteration 2: s = 1, loss = 0 * 2 = 0, gradient 2, w = -2. With the gradient through s it would be another.
    let manifest = """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 1]}, "s": {"shape": ["N", 1]}}, "graph": [{"layer": "core.add", "name": "sum", "in": ["x", "s"]},
         \(TrainingStepTests.weight("w", 1, in: "sum"))],
       "train": {"graph": [{"layer": "core.mean", "name": "loss"}], "steps": [{"minimize": "loss"}], "carry": {"s": "w"}, "batch": 1,
         "data": {"inputs": {"x": {"values": [[1], [1]]}}}, "optimizer": {"layer": "core.sgd", "rate": 1}}}
      """
    let job = try trainingJob(manifest)
    _ = try job.trainer.train()
    #expect(try job.floats("w.weight") == [-2])
  }

  @Test func aValueThatIsNoSuchInputIsNamed() throws {
    let manifest = Self.sums([1, 2], batch: 1).replacing(#""carry": {"s": "next"}"#, with: #""carry": {"s": "loss"}"#)
    do {
      _ = try trainingJob(manifest).trainer.train()
      Issue.record("it was carried")
    } catch let error as TrainingError {
      #expect(error.message == "'loss' is carried to input 's', which is [1, 1], but it is []")
      #expect(error.help == "what is carried keeps its type and shape")
    }
  }

  /// A recurrent network by hand, h' = tanh(a x + b h): the state carried over windows is that of one long pass.
  @Test func windowsThatCarryTheirStateComputeWhatOneLongPassComputes() throws {
    func cell(_ t: Int, _ h: String) -> String {
      """
      {"layer": "core.slice", "name": "x\(t)", "in": "x", "axes": [1], "starts": [\(t)], "ends": [\(t + 1)]},
      {"layer": "core.dense", "name": "a\(t)", "units": 3, "in": "x\(t)"\(t == 0 ? "" : #", "share": "a0""#)},
      {"layer": "core.dense", "name": "b\(t)", "units": 3, "bias": false, "in": "\(h)"\(t == 0 ? "" : #", "share": "b0""#)},
      {"layer": "core.add", "name": "s\(t)", "in": ["a\(t)", "b\(t)"]}, {"layer": "core.tanh", "name": "h\(t)"}
      """
    }
    func network(_ window: Int) -> String {
      (0..<window).map { cell($0, $0 == 0 ? "h" : "h\($0 - 1)") }.joined(separator: ",\n")
        + #", {"layer": "core.concat", "name": "all", "axis": 1, "in": [\#((0..<window).map { "\"h\($0)\"" }.joined(separator: ", "))]}"#
    }
    func manifest(_ window: Int) -> String {
      // Two streams of eight numbers.
      let numbers = (0..<16).map { Double(($0 * 7) % 11) / 8 - 0.5 }
      let rows = (0..<(16 / window)).map { row in Array(numbers[row * window..<(row + 1) * window]) }
      return """
        {"zoo": 1, "inputs": {"x": {"shape": ["N", \(window)]}, "h": {"shape": ["N", 3]}}, "graph": [\(network(window))], "outputs": {"h": "h\(window - 1)"},
         "carry": {"h": "h"},
         "train": {"graph": [{"layer": "core.mean", "name": "loss", "in": "all"}], "steps": [{"minimize": "loss"}], "carry": {"h": "h\(window - 1)"}, "batch": 2,
           "data": {"inputs": {"x": {"values": \(rows)}}}, "optimizer": {"layer": "core.sgd", "rate": 0}}}
        """
    }
    let long = try Self.losses(trainingJob(manifest(8)))[0]
    #expect(long.count == 1)
    for window in [4, 2, 1] {
      let parts = try Self.losses(trainingJob(manifest(window)))[0]
      #expect(parts.count == 8 / window)
      let mean = parts.reduce(0, +) / Double(parts.count)
      #expect(abs(mean - long[0]) < 1e-6 && abs(long[0]) > 1e-3, "\(window): \(mean) \(long[0])")
    }
  }
}
