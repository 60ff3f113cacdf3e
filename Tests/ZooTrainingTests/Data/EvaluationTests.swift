import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// What is said of a classifier's predictions.
struct EvaluationTests {
  // Tests/Reference/evaluation.py: scikit-learn's numbers for the same logits and labels.
  @Test("the measures are scikit-learn's", arguments: [("many", 2), ("two", 2), ("one", 2)])
  func measures(_ name: String, _ top: Int) throws {
    let fixture = try SafeTensors(MappedFile(Repository.fixtures + "/evaluation.safetensors"))
    let text = try #require(fixture.metadata.first { $0.name == "expected" }).value
    let expected = try #require(JSONDocument(Array(text.utf8), file: "").root[name])
    let (logits, labels) = (try #require(fixture["\(name).logits"]), try #require(fixture["\(name).labels"]))
    let values = fixture.bytes(of: logits).withMemoryRebound(to: Float.self) { Array($0) }
    let numbers =
      labels.spec.dtype == .f32
      ? fixture.bytes(of: labels).withMemoryRebound(to: Float.self) { $0.map { Int($0) } }
      : fixture.bytes(of: labels).withMemoryRebound(to: Int64.self) { $0.map { Int($0) } }
    let isBinary = logits.spec.rank == 1
    var scores = ClassScores(classes: isBinary ? 2 : logits.spec.width, isBinary: isBinary, top: top, ignored: nil)
    // In two batches.
    let half = numbers.count / 2
    try scores.add(values, labels: numbers[..<half])
    try scores.add(Array(values[(half * (isBinary ? 1 : logits.spec.width))...]), labels: numbers[half...])
    let report = ClassReport(scores, subject: .classes, names: nil)

    func expect(_ got: Double?, _ key: String, _ wanted: JSON?) {
      switch (got, wanted?.number) {
      case (nil, nil): break
      case (let got?, let wanted?): #expect((got - wanted).magnitude <= 1e-12 * max(wanted.magnitude, 1), "\(key): \(got), not \(wanted)")
      default: Issue.record("\(key): \(String(describing: got)), not \(String(describing: wanted))")
      }
    }
    expect(report.accuracy, "accuracy", expected["accuracy"])
    expect(report.top?.accuracy, "top", expected["top"])
    expect(report.crossEntropy, "cross_entropy", expected["cross_entropy"])
    expect(report.perplexity, "perplexity", expected["perplexity"])
    expect(report.calibrationError, "calibration", expected["calibration"])
    expect(report.auc, "mean_auc", expected["mean_auc"])
    expect(report.macro(\.precision), "macro precision", expected["macro"]?.array?[0])
    expect(report.macro(\.recall), "macro recall", expected["macro"]?.array?[1])
    expect(report.macro(\.f1), "macro f1", expected["macro"]?.array?[2])
    expect(report.macro(\.iou), "macro iou", expected["macro_iou"])
    for (c, of) in report.classes.enumerated() {
      #expect(of.count == expected["count"]?.array?[c].integer)
      expect(of.precision, "precision \(c)", expected["precision"]?.array?[c])
      expect(of.recall, "recall \(c)", expected["recall"]?.array?[c])
      expect(of.f1, "f1 \(c)", expected["f1"]?.array?[c])
      expect(of.iou, "iou \(c)", expected["iou"]?.array?[c])
      expect(of.auc, "auc \(c)", expected["auc"]?.array?[c])
    }
    let confusion = try #require(expected["confusion"]?.array).flatMap { $0.array ?? [] }.compactMap(\.integer)
    #expect(report.confusion == confusion)
  }

  @Test func labelsThatDoNotCountAreIgnoredAndOthersMustBeClasses() throws {
    var scores = ClassScores(classes: 2, isBinary: false, top: 5, ignored: -1)
    try scores.add([1, 0, 0, 1], labels: [-1, 1])
    #expect(scores.count == 1)
    let error = try #require(throws: EvaluationError.self) { try scores.add([1, 0], labels: [2]) }
    #expect(error.message == "a label is 2, but there are 2 classes, counted from 0")
    #expect(error.help == "name the label that does not count as \"ignore\" in the manifest's train.evaluate")
  }

  private func evaluator(_ name: String) throws -> Evaluator {
    let folder = try ZooModels.folder(of: name)
    var choices = TrainingJob.Choices()
    choices.weights = try ZooModels.weights(name)
    return try Evaluator(
      ZooModels.model(name), catalog: Repository.catalog, manifestFolder: folder, zooRoot: Repository.root + "/zoo", choices: choices,
      notes: WeightsNotes())
  }

  @Test func lossesTellWhatIsCompared() throws {
    let lenet = try evaluator("lenet5")
    let digits = try lenet.evaluate(lenet.parts.validation)
    let report = try #require(digits.classes)
    #expect(report.subject == .classes && report.count == 1000 && report.classes.map(\.name) == (0..<10).map { "\($0)" })
    let accuracy = try #require(digits.numbers.first { $0.name == "accuracy" }).value
    let loss = try #require(digits.numbers.first { $0.name == "loss" }).value
    #expect((report.accuracy - accuracy).magnitude < 1e-6)
    #expect((report.crossEntropy - loss).magnitude < 1e-6)
    #expect(report.confusion.reduce(0, +) == 1000)

    // The whole graph at once: two labels are for training, and 32 more are held out.
    let karate = try evaluator("karate-gcn").evaluate([])
    #expect(karate.rows == 0)
    #expect(try #require(karate.classes).subject == .classes)
  }

  // The first streams' rows of the text: enough to compare the loss with that of the predictions, while state is carried.
  @Test func tokensAndMasksAreToldApart() throws {
    let characters = try evaluator("char-lstm")
    let text = try characters.evaluate(Array(characters.parts.validation.prefix(64)))
    let report = try #require(text.classes)
    #expect(report.subject == .tokens && report.count == 64 * 128)
    let nats = try #require(text.numbers.first { $0.name == "nats" }).value
    #expect((report.crossEntropy - nats).magnitude < 1e-5)

    let masks = try evaluator("unet")
    let shapes = try #require(try masks.evaluate(Array(masks.parts.validation.prefix(20))).classes)
    #expect(shapes.subject == .masks)
    #expect(shapes.macro(\.iou) > 0.95)
  }

  @Test func whatIsComparedCanBeSaid() throws {
    let manifest = """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 1]}}, "graph": [{"layer": "core.dense", "name": "w", "units": 1, "bias": false, "initialize": {"weight": {"values": [[2]]}}}],
       "train": {"inputs": {"t": {"shape": ["N", 1]}}, "graph": [{"layer": "core.mse", "name": "loss", "in": ["w", "t"]}], "steps": [{"minimize": "loss"}],
         "data": {"inputs": {"x": {"values": [[1], [-1], [3]]}, "t": {"values": [[1], [1], [1]]}}}, "optimizer": {"layer": "core.sgd", "rate": 0},
         "evaluate": {"predictions": "w", "labels": "t", "as": "classes"}}}
      """
    func evaluate(_ manifest: String) throws -> EvaluationResult {
      let model = try Manifest(contentsOf: Array(manifest.utf8), file: "m.json", folder: "/").expand(catalog: Repository.catalog)
      let evaluator = try Evaluator(
        model, catalog: Repository.catalog, manifestFolder: "/", zooRoot: "/", choices: TrainingJob.Choices(), notes: WeightsNotes())
      return try evaluator.evaluate([0, 1, 2])
    }
    // Logits 2, -2 and 6 for label 1: two of three are right. softplus(-2) = 0.126928, softplus(2) = 2.126928, softplus(-6) = 0.0024757.
    let report = try #require(try evaluate(manifest).classes)
    #expect((report.accuracy - 2.0 / 3).magnitude < 1e-12)
    #expect((report.crossEntropy - 0.752_110_6).magnitude < 1e-6)
    let half = try #require(throws: EvaluationError.self) {
      _ = try evaluate(manifest.replacing("[[1], [1], [1]]", with: "[[1], [0.5], [1]]"))
    }
    #expect(half.message == "a label is 0.5, which is the number of no class")
    #expect(half.help == "labels are 0, 1, 2 and so on")
    let wide = manifest.replacing(#""units": 1, "bias": false, "initialize": {"weight": {"values": [[2]]}}"#, with: #""units": 3"#)
      .replacing(#""core.mse", "name": "loss", "in": ["w", "t"]"#, with: #""core.mean", "name": "loss", "in": "w""#)
    let shapes = try #require(throws: EvaluationError.self) { _ = try evaluate(wide) }
    #expect(shapes.message == "predictions are [3, 3], which do not belong to labels [3, 1]")
    #expect(shapes.help == "predictions have an axis of classes behind those of the labels, or as many elements")
  }
}
