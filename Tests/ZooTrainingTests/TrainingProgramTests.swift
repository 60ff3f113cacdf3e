import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// What a training program does beside its steps: weighted losses, groups, schedules, clipping, noise, scaling, stopping.
struct TrainingProgramTests {
  private static func weight(_ name: String, _ value: Float) -> String { TrainingStepTests.weight(name, value) }

  /// One weight w = 1; `near` is (w - 3)^2 and `small` is w^2.
  static func one(_ train: String, t: Float = 3) -> String {
    """
    {"zoo": 1, "inputs": {"x": {"shape": ["N", 1]}}, "graph": [\(weight("w", 1))],
     "train": {"inputs": {"t": {"shape": ["N", 1]}, "zero": {"shape": ["N", 1]}},
       "graph": [{"layer": "core.mse", "name": "near", "in": ["w", "t"]}, {"layer": "core.mse", "name": "small", "in": ["w", "zero"]}],
       "data": {"inputs": {"x": {"values": [[1]]}, "t": {"values": [[\(t)]]}, "zero": {"values": [[0]]}}}, \(train)}}
    """
  }

  static let sgd = #""optimizer": {"layer": "core.sgd", "rate": 0.25}"#

  // MARK: Losses

  // The gradient of (w - 3)^2 + 0.5 w^2 at 1 is -4 + 1 = -3: 1 + 0.75.
  @Test func severalLossesAreAddedUpByTheirWeights() throws {
    let job = try trainingJob(Self.one(#""steps": [{"minimize": {"near": 1, "small": 0.5}}], \#(Self.sgd)"#))
    let summary = try job.trainer.train()
    #expect(try job.floats("w.weight") == [1.75])
    #expect(summary.training.map(\.name) == ["near", "small"])
    #expect(summary.training.map(\.value) == [4, 1])
  }

  // Up (w - 3)^2 from 1, where its slope is -4: to 0. With small taken from it, of slope 2: the sum's is -6, to -0.5.
  @Test func whatIsMaximizedGoesUp() throws {
    let up = try trainingJob(Self.one(#""steps": [{"maximize": "near"}], \#(Self.sgd)"#))
    _ = try up.trainer.train()
    #expect(try up.floats("w.weight") == [0])
    let both = try trainingJob(Self.one(#""steps": [{"minimize": "small", "maximize": "near"}], \#(Self.sgd)"#))
    #expect(try both.trainer.train().training.map(\.name) == ["small", "near"])
    #expect(try both.floats("w.weight") == [-0.5])
  }

  // One value by two names counts twice: slope 4 (-4 + -4 = -8), 1 + 2.
  @Test func oneValueMayHaveTwoNames() throws {
    let manifest = Self.one(#""steps": [{"minimize": {"near": 1, "near.loss": 1}}], \#(Self.sgd)"#)
    let job = try trainingJob(manifest)
    _ = try job.trainer.train()
    #expect(try job.floats("w.weight") == [3])
  }

  // MARK: Optimisers

  /// Two weights, both 1, fitted to 3: gradients -4 each.
  static func two(_ optimizer: String, _ others: String = "") -> String {
    """
    {"zoo": 1, "inputs": {"x": {"shape": ["N", 1]}}, "graph": [\(weight("a", 1)), \(TrainingStepTests.weight("b", 1, in: "x"))],
     "train": {"inputs": {"t": {"shape": ["N", 1]}}, "graph": [{"layer": "core.mse", "name": "la", "in": ["a", "t"]},
        {"layer": "core.mse", "name": "lb", "in": ["b", "t"]}],
       "data": {"inputs": {"x": {"values": [[1]]}, "t": {"values": [[3]]}}}, "steps": [{"minimize": {"la": 1, "lb": 0.75}}],
       "optimizer": {"layer": "core.sgd", "rate": 0.25, \(optimizer)}\(others)}}
    """
  }

  // a: gradient -4, decay 0.5: 1 - 0.25 (-4 + 0.5) = 1.875. b: gradient -3, rate 0.5, no decay: 2.5; a second group would be too late.
  @Test func groupsHaveNumbersOfTheirOwnAndTheFirstCounts() throws {
    let job = try trainingJob(
      Self.two(
        #""weight_decay": 0.5, "groups": [{"update": ["b.*"], "rate": 0.5, "weight_decay": 0}, {"update": "b.weight", "rate": 0}]"#))
    _ = try job.trainer.train()
    #expect(try job.floats("a.weight") == [1.875])
    #expect(try job.floats("b.weight") == [2.5])
  }

  // At x = 0 the gradients of weight and bias, both 1, are 0 and 1. Decay of 0.5 passes the bias by, unless a group says it.
  @Test("biases decay where a group says so", arguments: [("", 0.75), (#", "groups": [{"update": "*", "weight_decay": 0.5}]"#, 0.625)])
  func biases(_ groups: String, _ bias: Float) throws {
    let job = try trainingJob(
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 1]}}, "graph": [{"layer": "core.dense", "name": "d", "units": 1, "initialize": {"weight": "ones", "bias": "ones"}}],
       "train": {"graph": [{"layer": "core.mean", "name": "loss"}], "data": {"inputs": {"x": {"values": [[0]]}}}, "steps": [{"minimize": "loss"}],
         "optimizer": {"layer": "core.sgd", "rate": 0.25, "weight_decay": 0.5\(groups)}}}
      """)
    _ = try job.trainer.train()
    #expect(try job.floats("d.weight") == [0.875])
    #expect(try job.floats("d.bias") == [bias])
  }

  @Test func aPatternThatMatchesNothingIsNamed() throws {
    let error = #expect(throws: TrainingError.self) { try trainingJob(Self.two(#""groups": [{"update": ["b.wieght"], "rate": 0.5}]"#)) }
    #expect(error?.message.hasSuffix(": no trained parameter's path matches 'b.wieght'") == true)
    #expect(error?.message.hasPrefix("m.json:4:") == true)
    #expect(error?.help == "did you mean 'b.weight'? 'zoo info' of the model lists every parameter")
  }

  // Gradients -4 and -3 have norm 5: a limit of 2.5 halves them, one of 10 does not. 1 + 0.25 * 2 and 1 + 0.25 * 1.5.
  @Test func theNormOfAllGradientsIsLimited() throws {
    var norms: [Double?] = []
    for (limit, a, b) in [(2.5, 1.5, 1.375), (10, 2, 1.75)] as [(Double, Float, Float)] {
      let job = try trainingJob(Self.two(#""clip": {"norm": \#(limit)}"#))
      _ = try job.trainer.train { event in
        if case .updated(1, let steps) = event { norms.append(steps[0].gradientNorm) }
      }
      #expect(try job.floats("a.weight") == [a])
      #expect(try job.floats("b.weight") == [b])
    }
    #expect(norms == [5, 5])
  }

  @Test func everyGradientIsLimited() throws {
    let job = try trainingJob(Self.two(#""clip": {"value": 3.5}"#))
    _ = try job.trainer.train()
    #expect(try job.floats("a.weight") == [1.875])
    #expect(try job.floats("b.weight") == [1.75])
  }

  // Four epochs of two updates each: half the rate for three updates, then along a line from 1 to 0 over the five that are left.
  @Test func schedulesFollowOneAnother() throws {
    let manifest = Self.one(
      #""steps": [{"minimize": "near", "repeat": 2}], "epochs": 4, "optimizer": {"layer": "core.sgd", "rate": 0.5, "schedule": [{"layer": "core.constant_rate", "factor": 0.5, "for": 3}, {"layer": "core.polynomial_decay"}]}"#
    )
    var rates: [Double] = []
    _ = try trainingJob(manifest).trainer.train { event in
      if case .updated(_, let steps) = event { rates.append(steps[0].rate) }
    }
    // Updates 1, 3, 5 and 7 are the last of their epochs.
    for (rate, wanted) in zip(rates, [0.25, 0.5, 0.3, 0.1]) { #expect((rate - wanted).magnitude < 1e-7) }
    #expect(rates.count == 4)
  }

  // The Hessian of near + 0.5 small is 3: Newton's step from 1 along the gradient -3 ends at the minimum, 2, at once.
  @Test func newtonGetsTheSecondDerivatives() throws {
    let job = try trainingJob(
      Self.one(#""steps": [{"minimize": {"near": 1, "small": 0.5}}], "optimizer": {"layer": "core.newton", "rate": 1}"#))
    _ = try job.trainer.train()
    #expect((try job.floats("w.weight")[0] - 2).magnitude < 1e-6)
  }

  // Least squares of y = 2 x1 - 3 x2 + 0.5 over rows that are no multiples of one another: one step from anywhere.
  @Test func newtonSolvesLeastSquaresInOneStep() throws {
    let job = try trainingJob(
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 2]}}, "graph": [{"layer": "core.dense", "name": "d", "units": 1}],
       "train": {"inputs": {"t": {"shape": ["N", 1]}}, "graph": [{"layer": "core.mse", "name": "loss", "in": ["d", "t"]}], "steps": [{"minimize": "loss"}],
         "data": {"inputs": {"x": {"values": [[1, 0], [0, 1], [1, 1], [2, -1]]}, "t": {"values": [[2.5], [-2.5], [-0.5], [7.5]]}}}, "seed": 3,
         "optimizer": {"layer": "core.newton", "rate": 1}, "batch": 2, "accumulate": 2}}
      """)
    _ = try job.trainer.train()
    for (got, wanted) in zip(try job.floats("d.weight") + job.floats("d.bias"), [2, -3, 0.5] as [Float]) {
      #expect((got - wanted).magnitude < 1e-4)
    }
  }

  @Test func newtonRefusesWhatIsTooLarge() throws {
    let manifest = """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 64]}}, "graph": [{"layer": "core.dense", "name": "d", "units": 64}],
       "train": {"graph": [{"layer": "core.mean", "name": "loss"}], "steps": [{"minimize": "loss"}],
         "data": {"inputs": {"x": {"values": [[\(Array(repeating: "1", count: 64).joined(separator: ", "))]]}}},
         "optimizer": {"layer": "core.newton", "rate": 1}}}
      """
    let error = #expect(throws: UpdateError.self) { try trainingJob(manifest) }
    #expect(
      error?.message
        == "m.json:4:17: at /train/optimizer: the update 'core.newton' needs the second derivatives by 4160 parameters, but 4096 are the most"
    )
    #expect(error?.help == "train a part of them, with 'update', or take an optimiser that needs gradients alone")
  }

  @Test func newtonRefusesGroupsAndStreams() throws {
    let groups = Self.one(
      #""steps": [{"minimize": "near"}], "optimizer": {"layer": "core.newton", "rate": 1, "groups": [{"update": "w.*", "rate": 0.5}]}"#)
    let grouped = #expect(throws: UpdateError.self) { try trainingJob(groups) }
    #expect(
      grouped?.message.hasSuffix("the update 'core.newton' needs all second derivatives at once, but parameters are in groups") == true)
    #expect(grouped?.help == "leave 'groups' out")
    let streams = TrainingCarryTests.sums([1, 2], batch: 1).replacing("core.sgd", with: "core.newton")
    let carried = #expect(throws: TrainingError.self) { try trainingJob(streams) }
    #expect(carried?.message == "the update 'core.newton' needs second derivatives, but values are carried from batch to batch")
    #expect(carried?.help == "take an optimiser that needs gradients alone")
  }

  // MARK: Noise

  // The gradient of sum (p^2 / 2) at p + noise is p + noise: from p = 0 a step of rate 1 ends at minus the noise.
  @Test func noiseIsOnTheGradientAndNotOnTheParameters() throws {
    func steps(_ deviation: Double, seed: Int) throws -> [Float] {
      let job = try trainingJob(
        """
        {"zoo": 1, "inputs": {"x": {"shape": ["N", 100]}}, "graph": [{"layer": "core.dense", "name": "d", "units": 100, "bias": false, "initialize": {"weight": "zeros"}}],
         "train": {"inputs": {"t": {"shape": ["N", 100]}}, "graph": [{"layer": "core.mse", "name": "loss", "in": ["d", "t"]}], "steps": [{"minimize": "loss"}], "batch": 100,
           "data": {"inputs": {"x": {"values": \(Self.identity), "rows": false}, "t": {"values": \(Self.zeros), "rows": false}}}, "seed": \(seed),
           "weight_noise": \(deviation), "optimizer": {"layer": "core.sgd", "rate": 5000}}}
        """)
      _ = try job.trainer.train()
      return try job.floats("d.weight")
    }
    #expect(try steps(0, seed: 1).allSatisfy { $0 == 0 })
    let noise = try steps(0.5, seed: 1).map(Double.init)
    #expect(try steps(0.5, seed: 1).map(Double.init) == noise)
    #expect(try steps(0.5, seed: 2).map(Double.init) != noise)
    // Of 10,000 normal numbers, the mean is within 5 / 100 deviations, the variance within 5 sqrt(2) / 100 of it.
    let mean = noise.reduce(0, +) / 1e4, variance = noise.reduce(0) { $0 + $1 * $1 } / 1e4
    #expect(mean.magnitude < 0.025)
    #expect((variance - 0.25).magnitude < 0.018)
  }

  private static let identity =
    "[\((0..<100).map { i in "[\((0..<100).map { $0 == i ? "1" : "0" }.joined(separator: ","))]" }.joined(separator: ","))]"
  private static let zeros =
    "[\((0..<100).map { _ in "[\(Array(repeating: "0", count: 100).joined(separator: ","))]" }.joined(separator: ","))]"

  // MARK: Loss scaling

  /// The loss is 1e36 w, whose gradient overflows with a scale above 340.
  static func steep(_ others: String) -> String {
    """
    {"zoo": 1, "inputs": {"x": {"shape": ["N", 1]}}, "graph": [\(weight("w", 1))],
     "train": {"graph": [{"layer": "core.mean", "name": "loss"}], "data": {"inputs": {"x": {"values": [[1e36]]}}}, "steps": [{"minimize": "loss"}],
       "optimizer": {"layer": "core.sgd", "rate": 1e-36}, \(others)}}
    """
  }

  // 65536 is halved eight times, to 256; two of ten updates are made, each of which takes 1 away.
  @Test func updatesThatOverflowAreLeftOutAndCounted() throws {
    let job = try trainingJob(Self.steep(#""epochs": 10, "loss_scale": "dynamic""#))
    var scales: [Double?] = [], skipped: [Int] = []
    let summary = try job.trainer.train { event in
      if case .updated(_, let steps) = event {
        scales.append(steps[0].lossScale)
        skipped.append(steps[0].skipped)
      }
    }
    #expect((try job.floats("w.weight")[0] + 1).magnitude < 1e-5)
    #expect(scales == [65536, 32768, 16384, 8192, 4096, 2048, 1024, 512, 256, 256])
    #expect(skipped == [1, 2, 3, 4, 5, 6, 7, 8, 8, 8])
    #expect(summary.skipped == 8)
    #expect(summary.steps == 2)
  }

  @Test func theScaleIsDoubledAfterTwoThousandUpdates() throws {
    let job = try trainingJob(Self.one(#""steps": [{"minimize": "near"}], "epochs": 2001, "loss_scale": "dynamic", \#(Self.sgd)"#))
    var scales: [Double?] = []
    _ = try job.trainer.train { event in
      if case .updated(_, let steps) = event { scales.append(steps[0].lossScale) }
    }
    #expect(scales == Array(repeating: 65536, count: 2000) + [131072])
  }

  @Test func aScaleThatNeverFitsEndsTraining() throws {
    let job = try trainingJob(Self.steep(#""epochs": 1000, "loss_scale": 1024"#))
    let error = #expect(throws: TrainingError.self) { try job.trainer.train() }
    #expect(error?.message == "100 updates of 'loss' in a row were left out because gradients were not finite; the loss scale is 1024.0")
    #expect(error?.help == "lower the learning rate, or train in f32")
  }

  // MARK: Stopping

  // At rate 0 nothing becomes better after the first epoch; at 0.25 the loss falls 4, 1, 0.25, 0.0625: by less than 0.5 from the third on.
  @Test("training stops when nothing becomes better", arguments: [(0, 0, 4, 1), (0.25, 0.5, 6, 3)])
  func early(_ rate: Double, _ change: Double, _ epochs: Int, _ bestEpoch: Int) throws {
    let manifest = Self.one(
      #""steps": [{"minimize": "near"}], "epochs": 50, "stop": {"value": "near", "patience": 3, "least_change": \#(change)}, "optimizer": {"layer": "core.sgd", "rate": \#(rate)}"#
    )
    var told: [Int] = []
    let summary = try trainingJob(manifest).trainer.train { event in
      if case .stoppedEarly(_, _, let best, let epoch) = event { told += [best, epoch] }
    }
    #expect(summary.wasStoppedEarly)
    #expect(summary.epochs == epochs)
    #expect(told == [bestEpoch, epochs])
  }

  @Test func whatIsMaximizedOrAMetricIsBetterWhenItGrows() throws {
    // Up (w - 3)^2: 4, 9, ... always better, so that training never stops early.
    let manifest = Self.one(
      #""steps": [{"maximize": "near"}], "epochs": 4, "stop": {"value": "near", "patience": 1}, "optimizer": {"layer": "core.sgd", "rate": 0.25}"#
    )
    #expect(try !trainingJob(manifest).trainer.train().wasStoppedEarly)
    let metric = Self.one(
      #""steps": [{"minimize": "near"}], "metrics": {"m": "small"}, "epochs": 4, "stop": {"value": "m", "patience": 1}, \#(Self.sgd)"#)
    #expect(try !trainingJob(metric).trainer.train().wasStoppedEarly)
    #expect(try trainingJob(metric.replacing(#""value": "m""#, with: #""value": "m", "better": "lower""#)).trainer.train().epochs == 2)
  }

  // MARK: Rows

  // Drawn with replacement: of 1,000 rows about 632 are different ones (1 - 1/e), with a deviation of about 10.
  @Test func bootstrappedRowsAreDrawnWithReplacement() throws {
    func sum(seed: Int, _ rows: String) throws -> Double {
      let values = "[\((0..<1000).map { "[\($0)]" }.joined(separator: ","))]"
      return try trainingJob(
        """
        {"zoo": 1, "inputs": {"x": {"shape": ["N", 1]}}, "graph": [\(Self.weight("w", 1))],
         "train": {"graph": [{"layer": "core.mean", "name": "loss"}], "data": {"inputs": {"x": {"values": \(values)}}}, "steps": [{"minimize": "loss"}],
           "batch": 1000, "seed": \(seed), "sample_rows": "\(rows)", "optimizer": {"layer": "core.sgd", "rate": 0}}}
        """
      ).trainer.train().training[0].value
    }
    #expect(try sum(seed: 1, "once") == 499.5)
    // The mean of a sample deviates by 288.7 / sqrt(1000) = 9.1.
    let sums = try (1...4).map { try sum(seed: $0, "bootstrap") }
    #expect(Set(sums).count == 4)
    #expect(sums.allSatisfy { $0 != 499.5 && ($0 - 499.5).magnitude < 46 })
    #expect(try sum(seed: 1, "bootstrap") == sums[0])
  }
}
