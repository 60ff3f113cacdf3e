import Glibc
import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// What learning does in the small manifests of manifests/basics.
///
/// Expected numbers: by hand where it says so, otherwise Tests/Reference/learning_examples.py, in double precision.
struct LearningExampleTests {
  /// A parameter before training and after each iteration.
  private func path(_ job: TrainingJob, _ parameters: String...) throws -> [[Float]] {
    func now() -> [Float] { parameters.flatMap { (try? job.floats($0)) ?? [] } }
    var path = [now()]
    _ = try job.trainer.train { event in
      if case .step = event { path.append(now()) }
    }
    return path
  }

  /// What a model makes of an input, with the weights that a job has learned; the first output.
  private func run(_ job: TrainingJob, _ input: [Float], shape: [Int]) throws -> [Float] {
    let program = try job.session.program([Spec(shape)])
    input.withUnsafeBytes { program.inputs[0].bytes.copyMemory(from: $0) }
    try program.forward()
    return program.copyOutput(0).floats
  }

  // MARK: the perceptron

  // With a bias as the weight of a further 1, [1, 1, -3.5] separates the points by gamma = 1.5 / sqrt(14.25), and the longest of them is
  // R = sqrt(4^2 + 3^2 + 1^2): at most 26 / (2.25 / 14.25) = 164.67 mistakes. The rule makes eight, and none in its fourth round.
  @Test func thePerceptronMakesNoMoreMistakesThanItsBound() throws {
    let job = try ZooModels.job("perceptron")
    let path = try path(job, "score.weight", "score.bias")
    let mistakes = zip(path, path.dropFirst()).enumerated().filter { $0.element.0 != $0.element.1 }.map(\.offset)
    #expect(mistakes.count == 8)
    #expect(Double(mistakes.count) <= 26 / (2.25 / 14.25))
    #expect(mistakes.allSatisfy { $0 < 3 * 6 })
    #expect(path.last == [1, 1, -4])
    let scores = try run(job, [3, 2, 1, 0, 2, 4, 0, 1, 4, 3, 1, 1], shape: [6, 2])
    #expect(scores.map { $0 > 0 } == [true, false, true, false, true, false])
    // Every update is an example times its side, as it should be.
    let rows: [[Float]] = [[3, 2, 1], [-1, 0, -1], [2, 4, 1], [0, -1, -1], [4, 3, 1], [-1, -1, -1]]
    for i in mistakes { #expect(zip(path[i + 1], path[i]).map { $0 - $1 } == rows[i % 6]) }
  }

  // MARK: regressions

  @Test func linearRegressionEndsAtTheNormalEquations() throws {
    let job = try ZooModels.job("linear-regression")
    let summary = try job.trainer.train()
    expectClose(try job.floats("y.weight") + job.floats("y.bias"), [2.070_588_235_3, -3.038_235_294_1, 0.973_529_411_8], tolerance: 1e-6)
    #expect(abs(summary.training[0].value - 0.013_088_235_3) < 1e-7)
  }

  @Test func logisticRegressionEndsAtTheMaximumOfTheLikelihood() throws {
    let job = try ZooModels.job("logistic-regression")
    let summary = try job.trainer.train()
    expectClose(try job.floats("logit.weight") + job.floats("logit.bias"), [1.353_411_521_7, -3.721_881_684_7], tolerance: 1e-5)
    #expect(abs(summary.training[0].value - 0.433_511_143_7) < 1e-6)
  }

  @Test func softmaxRegressionEndsAtTheMaximumOfTheLikelihood() throws {
    let job = try ZooModels.job("softmax-regression")
    let summary = try job.trainer.train()
    let weights: [Float] = [-0.309_562_977_5, -0.346_874_363_6, 0.660_358_668_8, -0.685_540_617_4, -0.350_795_691_4, 1.032_414_980_9]
    expectClose(try job.floats("logits.weight"), weights, tolerance: 1e-5)
    expectClose(try job.floats("logits.bias"), [0.715_962_067, -0.190_104_676_7, -0.525_857_390_4], tolerance: 1e-5)
    #expect(abs(summary.training[0].value - 0.876_929_355_3) < 1e-6)
    #expect(summary.training[1].value == 0.5)
  }

  // MARK: numbers of single steps

  @Test func aStepOfTheSmallNetworkLowersTheLossOfItsFirstExample() throws {
    let job = try ZooModels.job("two-three-one") { $0.epochs = 1 }
    _ = try job.trainer.train()
    let probabilities = try run(job, [0.5, 0.2, 0.9, 0.8, 0.1, 0.3, 0.8, 0.9], shape: [4, 2])
    let losses = zip(probabilities, [false, true, false, true]).map { -log($1 ? $0 : 1 - $0) }
    expectClose(losses, [1.071_901_408_3, 0.192_398_150_9, 0.944_220_563_9, 0.188_185_455], tolerance: 1e-6)
    #expect(abs(losses.reduce(0, +) / 4 - 0.599_176_394_5) < 1e-6)
  }

  // v = [0.0289, 0.0425, 0.0568], w = [0.7, 0.8, 0.9] - 0.1 v; v = 0.9 v + [0.0215, 0.0318, 0.0425] = [0.04751, 0.07005, 0.09362],
  // w = w - 0.1 v.
  @Test func momentumsTwoStepsAreThoseByHand() throws {
    let path = try path(ZooModels.job("momentum"), "w.weight")
    try #require(path.count == 3)
    expectClose(path[1], [0.697_11, 0.795_75, 0.894_32], tolerance: 1e-7)
    expectClose(path[2], [0.692_359, 0.788_745, 0.884_958], tolerance: 1e-7)
  }

  // 0.1^2 + 0.2^2 + ... + 0.6^2 = 0.91 and 0.7^2 + 0.8^2 + 0.9^2 = 1.94.
  @Test func thePenaltyIsTheSumOfSquaresTimesLambda() throws {
    let program = try Session(ZooModels.model("l2-penalty").graph).program([Spec([3, 2]), Spec([1, 3]), Spec([])])
    for (i, values) in [[0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0.7, 0.8, 0.9], [0.616]].enumerated() {
      values.map { Float($0) }.withUnsafeBytes { program.inputs[i].bytes.copyMemory(from: $0) }
    }
    try program.forward()
    expectClose(program.copyOutput(0).floats, [0.0285], tolerance: 2e-7)
    expectClose(program.copyOutput(1).floats, [0.6445], tolerance: 2e-7)
  }

  // The penalty's gradient is 2 * 0.01 w: at rate 0.1, 0.7 - 0.1 (0.0289 + 0.014) and so on; at rate 0.5 five times as far.
  @Test("a penalty pulls weights towards zero", arguments: [(0.1, [0.695_71, 0.794_15, 0.892_52]), (0.5, [0.678_55, 0.770_75, 0.8626])])
  func penalty(_ rate: Double, _ wanted: [Float]) throws {
    let job = try trainingJob(
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 3]}},
       "graph": [{"layer": "core.dense", "name": "w", "units": 1, "bias": false, "initialize": {"weight": {"values": [[0.7, 0.8, 0.9]]}}}],
       "train": {"graph": [{"layer": "core.mean", "name": "loss"}], "data": {"inputs": {"x": {"values": [[0.0289, 0.0425, 0.0568]]}}},
         "steps": [{"minimize": "loss"}], "optimizer": {"layer": "core.sgd", "rate": \(rate), "weight_decay": 0.02}}}
      """)
    _ = try job.trainer.train()
    expectClose(try job.floats("w.weight"), wanted, tolerance: 2e-7)
  }

  // The mean is 0.165 and the variance 0.0235 / 4 = 0.005875: the first number becomes -0.065 / sqrt(0.005885) = -0.8473057. A tenth of the
  // running averages is the batch's own, whose variance is there 0.0235 / 3: 0.1 * 0.165 and 0.9 + 0.1 * 0.0078333.
  @Test func batchNormalisationOfFourNumbers() throws {
    let job = try ZooModels.job("batch-norm")
    let summary = try job.trainer.train()
    #expect(abs(summary.training[0].value - -0.847_305_690_3) < 1e-6)
    expectClose(try job.floats("norm.running_mean") + job.floats("norm.running_var"), [0.0165, 0.900_783_333_3], tolerance: 1e-7)
  }

  // With the mask [1, 0, 1] and what is kept doubled, z = 0.1 + 2 (0.7 * 0.1 + 0.9 * 0.4) = 0.96. The eight masks are as likely, so the
  // mean of z is what it is without dropout, 0.1 + 0.07 + 0.2 + 0.36 = 0.73, and its deviation sqrt(0.07^2 + 0.2^2 + 0.36^2) = 0.4177.
  @Test func dropoutKeepsTheExpectedSum() throws {
    let job = try ZooModels.job("dropout")
    var (sum, seen): (Double, Set<Int>) = (0, [])
    _ = try job.trainer.train { event in
      guard case .step(_, let step, _, let numbers, _, _) = event else { return }
      seen.insert(Int(((numbers[0].value * Double(step) - sum) * 1000).rounded()))
      sum = numbers[0].value * Double(step)
    }
    let masks = (0..<8).map { mask in 100 + 140 * (mask & 1) + 400 * (mask >> 1 & 1) + 720 * (mask >> 2) }
    #expect(seen == Set(masks))
    #expect(seen.contains(960))
    #expect(abs(sum / 1000 - 0.73) < 5 * 0.4177 / 1000.0.squareRoot())
    expectClose(try run(job, [0.1, 0.25, 0.4], shape: [1, 3]), [0.73], tolerance: 1e-6)
  }

  // MARK: depth and width

  // Biases start with 0 and the rate is 1, so they end as the negative gradients. Through ReLU with identities the gradient of the first
  // layer is that of the output: 2 (x - target) = [0.5, -1]. Sigmoid's derivative is at most 1/4, and ten of them at most 4^-10.
  @Test func sigmoidLosesTheGradientThatReLUHandsOn() throws {
    let job = try ZooModels.job("vanishing-gradient")
    _ = try job.trainer.train()
    #expect(try job.floats("relu.0.dense.bias") == [-0.5, 1])
    let first = try job.floats("sigmoid.0.dense.bias")
    expectClose(first, [-2.849_509_117e-7, 4.683_721_233_2e-7].map { Float($0) }, tolerance: 1e-5)
    // The output is a fixed point, 0.6590461, within 4^-10: 2 (0.6590 - 0.25) and 2 (0.6590 - 1.5) are the loss's gradients.
    #expect(abs(first[0]) <= 2 * 0.4091 / 1_048_576 && abs(first[1]) <= 2 * 0.841 / 1_048_576)
    let sizes = try (0..<10).map { abs(try job.floats("sigmoid.\($0).dense.bias")[0]) }
    for (before, after) in zip(sizes, sizes.dropFirst()) { #expect(before < after / 4) }
  }

  // The tangent of x^2 at t is 2 t x - t^2, which is (x - t)^2 below it: at most (1/4)^2 with tangents at -3/4, -1/4, 1/4 and 3/4.
  @Test func maxoutsTangentsAreWithinTheirBound() throws {
    let job = try ZooModels.job("maxout")
    let x = (0...200).map { Float($0) / 100 - 1 }
    let errors = zip(x, try run(job, x, shape: [201, 1])).map { $0 * $0 - $1 }
    #expect(errors.allSatisfy { $0 > -1e-6 && $0 < 0.0625 + 1e-6 })
    #expect(errors.max().map { abs($0 - 0.0625) < 1e-6 } == true)
    // Of the 17 points 4 are tangent points, 8 are 1/8 away and 5 are 1/4: the loss is (8 / 64^2 + 5 / 16^2) / 17. Lines between the
    // tangents and the chords have less than half of it.
    #expect(try job.trainer.train().training[0].value < (8.0 / 4096 + 5.0 / 256) / 17 / 2)
  }

  @Test("a hidden layer learns what no line can", arguments: [0, 1, 2, 3] as [UInt64])
  func exclusiveOr(_ seed: UInt64) throws {
    let job = try ZooModels.job("xor") { $0.seed = seed }
    let summary = try job.trainer.train()
    #expect(summary.training.map(\.name) == ["loss", "line_loss"])
    #expect(summary.training[0].value < 0.05)
    // By convexity and symmetry the best line says 1/2 to all four, whose loss is log 2.
    #expect(abs(summary.training[1].value - log(2)) < 1e-3)
    #expect(summary.training[1].value > log(2) - 1e-6)
    let probabilities = try run(job, [0, 0, 0, 1, 1, 0, 1, 1], shape: [4, 2])
    #expect(probabilities.map { $0 > 0.5 } == [false, true, true, false])
  }

  @Test func moreHiddenUnitsFollowTheSineMoreClosely() throws {
    let errors = try [1, 2, 4, 16].map { width in
      let job = try ZooModels.job("sine", settings: ["width": JSON(.integer(width))])
      _ = try job.trainer.train()
      let x = (0...128).map { Float($0) / 20 - 3.2 }
      return zip(x, try run(job, x, shape: [129, 1])).map { abs(sin($0) - $1) }.max() ?? .infinity
    }
    for (fewer, more) in zip(errors, errors.dropFirst()) { #expect(more < fewer / 1.5, "\(errors)") }
    #expect(errors[3] < 0.02, "\(errors)")
  }

  // MARK: quadratics

  // The curvatures are 2, 8 and 32, and the rate is 1/32: each step leaves 15/16, 3/4 and 0 of the three weights.
  @Test func gradientDescentOnAQuadraticConvergesAtItsRate() throws {
    let path = try path(ZooModels.job("quadratic-descent"), "w.weight")
    try #require(path.count == 101)
    let value = { (w: [Float]) in Double(w[0] * w[0] + 4 * w[1] * w[1] + 16 * w[2] * w[2]) }
    for (k, w) in path.enumerated() {
      expectClose(
        w, [3 * pow(15.0 / 16, Double(k)), -2 * pow(0.75, Double(k)), k == 0 ? 1 : 0].map { Float($0) }, tolerance: 1e-5, "step \(k)")
      #expect(value(w) <= pow(1 - 2.0 / 32, Double(k)) * value(path[0]))
    }
  }

  // (H + decay I) w = H w*: w = 2 / 4 * 3, 8 / 10 * -2, 32 / 34 * 1.
  @Test func weightDecayShrinksByCurvatureOverCurvatureAndDecay() throws {
    let job = try ZooModels.job("weight-decay")
    _ = try job.trainer.train()
    expectClose(try job.floats("w.weight"), [1.5, -1.6, 32.0 / 34], tolerance: 1e-6)
  }

  // The minimum of curvature / 2 (w - w*)^2 + 5 |w| is w* moved by 5 / curvature towards 0: 3 - 2.5, and 0.5 < 5 / 8 to 0, and 1 - 5 / 32.
  @Test func anL1PenaltyMovesWeightsByAConstantAndSomeToZero() throws {
    let job = try ZooModels.job("lasso")
    _ = try job.trainer.train()
    let weights = try job.floats("w.weight")
    expectClose(weights, [0.5, 0, 0.84375], tolerance: 1e-6)
    #expect(weights[1] == 0)
  }
}
