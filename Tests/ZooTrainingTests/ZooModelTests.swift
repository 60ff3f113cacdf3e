import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// What the repository's models have learned, and that a fresh start learns it too.
@Suite(.serialized) struct ZooModelTests {
  private func number(_ name: String, _ numbers: TrainingEvent.Numbers) throws -> Double {
    try #require(numbers.first { $0.name == name }).value
  }

  // MARK: The committed weights

  // Tests/Reference/trigram.py: a trigram model with Witten-Bell smoothing takes 2.802 bits a character on the same split.
  @Test("a text's characters take fewer bits than a trigram model needs", arguments: ["char-lstm", "char-gpt"])
  func characters(_ name: String) throws {
    let job = try ZooModels.job(name) { $0.weights = try ZooModels.weights(name) }
    #expect(job.session.store.trainableCount <= 1_000_000)
    #expect(job.validation.count == 838)
    #expect(try number("bits", job.trainer.evaluate(job.validation)) < 2.1)
  }

  @Test func theUNetsMasksAreAlmostThoseDrawn() throws {
    // All in one batch, so that the ratio is that of all their pixels.
    let job = try ZooModels.job("unet") { ($0.weights, $0.batch) = (try ZooModels.weights("unet"), 200) }
    #expect(job.validation.count == 200)
    #expect(try number("iou", job.trainer.evaluate(job.validation)) > 0.98)
  }

  // Tests/Reference/make_speech.py: histograms take 7.675 bits a sample, and 5.796 given the sample before.
  @Test func samplesOfSpeechTakeFewerBitsThanTheOneBeforeTells() throws {
    let job = try ZooModels.job("wavenet") { $0.weights = try ZooModels.weights("wavenet") }
    #expect(job.validation.count == 57)
    #expect(try number("bits", job.trainer.evaluate(job.validation)) < 5.2)
  }

  // Tests/Reference/text_cnn.py: of 3,082 verses naive Bayes tells 69 % right.
  @Test func versesAreToldBetterThanByBagsOfWords() throws {
    let job = try ZooModels.job("text-cnn") { $0.weights = try ZooModels.weights("text-cnn") }
    #expect(job.validation.count == 3082)
    #expect(try number("accuracy", job.trainer.evaluate(job.validation)) > 0.7)
  }

  @Test func allButTwoOfTheKarateClubAreToldRight() throws {
    let job = try ZooModels.job("karate-gcn") { $0.weights = try ZooModels.weights("karate-gcn") }
    #expect(try number("accuracy", job.trainer.evaluate([])) >= 32.0 / 34 - 1e-6)
  }

  @Test func theAutoencodersBoundIsAboveMinus112Nats() throws {
    let job = try ZooModels.job("vae-mnist") { $0.weights = try ZooModels.weights("vae-mnist") }
    #expect(job.validation.count == 1000)
    #expect(try number("elbo", job.trainer.evaluate(job.validation)) > -111)
  }

  // Tests/Reference/moons.py: the same model trained in PyTorch has 1.0475 nats (seed 0) and 1.0766 (seed 1).
  @Test func theFlowIsAsLikelyAsPyTorchs() throws {
    let job = try ZooModels.job("moons-flow") { $0.weights = try ZooModels.weights("moons-flow") }
    #expect(job.validation.count == 1000)
    #expect(try number("nats", job.trainer.evaluate(job.validation)) < 1.0475 + 0.05)
  }

  @Test func theFlowsInverseUndoesIt() throws {
    let session = try ZooModels.session("moons-flow")
    func graph(_ name: String) throws -> Int { try #require(session.graphs.firstIndex { $0.name == name }) }
    let shape = [Spec([500, 2])]
    let (forth, back) = (try session.program(shape, graph: graph("density")), try session.program(shape, graph: graph("invert")))
    let points = (0..<1000).map { Float(($0 * 389) % 1000) / 250 - 2 }
    points.withUnsafeBytes { forth.inputs[0].bytes.copyMemory(from: $0) }
    try forth.forward()
    let z = forth.copyOutput(1).floats
    z.withUnsafeBytes { back.inputs[0].bytes.copyMemory(from: $0) }
    try back.forward()
    expectClose(back.copyOutput(0).floats, points, tolerance: 1e-5)
    #expect(zip(z, points).contains { abs($0 - $1) > 0.5 })
  }

  @Test func theGeneratorDrawsAtLeastEightOfTheTenDigits() throws {
    let session = try ZooModels.session("gan-mnist", settings: ["count": JSON(.integer(1000))])
    let program = try session.program([])
    try program.forward()
    var counts = [Int](repeating: 0, count: 10)
    for image in try ZooModels.read(program.copyOutput(0)) { counts[image.digit] += 1 }
    #expect(counts.count { $0 >= 20 } >= 8, "\(counts)")
  }

  @Test func theDiffusionsDigitsAreReadable() throws {
    let program = try ZooModels.session("ddpm-mnist").program([])
    try program.forward()
    let images = try ZooModels.read(program.copyOutput(0))
    #expect(images.count == 16)
    #expect(images.count { $0.sureness > 0.9 } >= 12, "\(images)")
  }

  // MARK: A fresh start

  /// A number of a model's, in which direction it should go, and how much of it a few steps should be worth.
  struct Lesson: CustomTestStringConvertible {
    let model: String
    let number: String
    let steps: Int
    let gain: Double
    let batch: Int?
    let rows: Int

    init(_ model: String, _ number: String, gain: Double, steps: Int, batch: Int? = nil, rows: Int = 256) {
      (self.model, self.number, self.gain, self.steps, self.batch, self.rows) = (model, number, gain, steps, batch, rows)
    }

    var testDescription: String { model }
  }

  @Test(
    "a short training of fresh weights improves the model's number",
    arguments: [
      Lesson("lenet5", "accuracy", gain: 0.5, steps: 60),
      Lesson("unet", "iou", gain: 0.2, steps: 150, rows: 40),
      Lesson("text-cnn", "accuracy", gain: 0.2, steps: 60, rows: 3082),
      Lesson("wavenet", "bits", gain: -0.5, steps: 60, batch: 1, rows: 4),
      Lesson("char-lstm", "bits", gain: -1.5, steps: 30, batch: 16, rows: 32),
      Lesson("char-gpt", "bits", gain: -1.5, steps: 30, batch: 16, rows: 32),
      Lesson("karate-gcn", "accuracy", gain: 0.2, steps: 50),
      Lesson("vae-mnist", "elbo", gain: 300, steps: 60),
      Lesson("moons-flow", "nats", gain: -0.5, steps: 60),
      Lesson("ddpm-mnist", "error", gain: -0.5, steps: 20, batch: 32, rows: 64),
    ])
  func learning(_ lesson: Lesson) throws {
    let job = try ZooModels.job(lesson.model) { ($0.seed, $0.batch) = (3, lesson.batch) }
    let rows = Array(job.validation.prefix(lesson.rows))
    let before = try number(lesson.number, job.trainer.evaluate(rows))
    var steps = 0
    _ = try job.trainer.train { event in
      guard case .step = event else { return }
      steps += 1
      if steps == lesson.steps { job.session.run.cancel() }
    }
    let after = try number(lesson.number, job.trainer.evaluate(rows))
    #expect(lesson.gain > 0 ? after > before + lesson.gain : after < before + lesson.gain, "\(before) became \(after)")
  }

  // A generator's own loss says nothing of what it draws.
  @Test func aShortAdversarialTrainingDrawsMoreDigits() throws {
    let job = try ZooModels.job("gan-mnist", settings: ["count": JSON(.integer(500))]) { ($0.seed, $0.epochs) = (3, 30) }
    func digits() throws -> Int {
      let program = try job.session.program([])
      try program.forward()
      return Set(try ZooModels.read(program.copyOutput(0)).map(\.digit)).count
    }
    let before = try digits()
    _ = try job.trainer.train()
    let after = try digits()
    #expect(after >= before + 2, "\(before) became \(after)")
  }
}
