import Glibc
import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// Layers that take bf16, against themselves in f32 on the same rounded numbers.
@Suite(.serialized) struct BF16Tests {
  /// Cases of every kind that says it takes bf16.
  static let fixtures = KindFixture.all.filter { fixture in
    guard let kind = Repository.catalog.kind(fixture.kind) else { return false }
    return (kind.isFasterInBF16 || kind.followsBF16) && fixture.tensors("input").contains { $0?.spec.dtype == .f32 }
  }

  /// The two runs of one case, whose inputs and parameters are numbers of bf16.
  private func runners(_ fixture: KindFixture, training: Bool, inPlace: Bool = false) throws -> (bf16: KindRunner, f32: KindRunner) {
    let kind = try Repository.kind(fixture.kind)
    func make(_ inputs: [TensorBuffer?]) throws -> KindRunner {
      let runner = try KindRunner(kind, kind.literals(fixture.attributes), inputs: inputs, training: training, inPlace: inPlace)
      for (name, value) in fixture.parameters { try runner.set(name, value.narrowed.widened) }
      if !training { try runner.pack() }
      return runner
    }
    let inputs = fixture.tensors("input").map { $0?.narrowed }
    return (try make(inputs), try make(inputs.map { $0?.widened }))
  }

  /// Sums of products of bf16 differ by their last rounding, and f32's order: half a unit in the last of 8 bits, and a little.
  static let tolerance: Float = 0x1.1p-8

  @Test func someKindsTakeBF16() {
    let kinds = Set(Self.fixtures.map(\.kind))
    #expect(kinds.isSuperset(of: ["cnn.conv2d", "core.dense", "cnn.max_pool2d", "core.relu", "core.add", "core.concat", "core.flatten"]))
  }

  @Test("forward rounds what f32 gives", arguments: fixtures.filter { $0.training != true })
  func forward(_ fixture: KindFixture) throws {
    for inPlace in [false, true] {
      let (bf16, f32) = try runners(fixture, training: false, inPlace: inPlace)
      try bf16.forward()
      try f32.forward()
      for (o, (got, wanted)) in zip(bf16.outputs, f32.outputs).enumerated() {
        try #require(got.spec == Spec(wanted.spec.shape, wanted.spec.dtype == .f32 ? .bf16 : wanted.spec.dtype))
        if bf16.instance.kind.isFasterInBF16 {
          expectClose(got.widened.floats, wanted.floats, tolerance: Self.tolerance, "output \(o)")
        } else {
          #expect(got.copiedBytes == wanted.narrowed.copiedBytes, "output \(o)")
        }
      }
    }
  }

  @Test("backward is that of f32, with gradients of parameters in f32", arguments: fixtures.filter(\.hasGradients))
  func backward(_ fixture: KindFixture) throws {
    let (bf16, f32) = try runners(fixture, training: true)
    try bf16.forward()
    try f32.forward()
    let outputGradients = fixture.tensors("grad_output").map { $0?.narrowed }
    for start in [Float?.none, 3] where start == nil || bf16.instance.accumulates {
      let got = try bf16.backward(outputGradients, accumulateOnto: start)
      let wanted = try f32.backward(outputGradients.map { $0?.widened }, accumulateOnto: start)
      for (i, pair) in zip(got.inputs, wanted.inputs).enumerated() {
        guard let got = pair.0, let wanted = pair.1 else { continue }
        try #require(got.spec.dtype == .bf16)
        // What is computed from rounded outputs is less precise: near 1, where sigmoid and tanh are flat, y is all that tells how flat.
        let tolerance: Float = bf16.instance.plan.needs_outputs == 0 ? 0x1p-7 : 0x1p-5
        expectClose(got.widened.floats, wanted.floats, tolerance: tolerance, "gradient of input \(i)")
      }
      for (i, pair) in zip(got.parameters, wanted.parameters).enumerated() {
        guard let got = pair.0, let wanted = pair.1 else { continue }
        try #require(got.spec.dtype == .f32)
        expectClose(got.floats, wanted.floats, tolerance: 1e-5, "gradient of parameter \(i)")
      }
    }
  }

  @Test("results are the same bits on one, two and three threads", arguments: fixtures)
  func threads(_ fixture: KindFixture) throws {
    var reference: [[UInt8]]?
    for threads in [1, 2, 3] {
      Threads.count = threads
      defer { Threads.count = 0 }
      let (runner, _) = try runners(fixture, training: true)
      try runner.forward()
      var bytes = runner.outputs.map(\.copiedBytes)
      if fixture.hasGradients {
        let gradients = try runner.backward(fixture.tensors("grad_output").map { $0?.narrowed })
        bytes += (gradients.inputs + gradients.parameters).compactMap { $0?.copiedBytes }
      }
      if let reference { #expect(reference == bytes, "\(threads) threads give other bits than one") } else { reference = bytes }
    }
  }

  // MARK: Large layers

  /// A layer with inputs so large that products of bf16 are worth it.
  struct Large: Sendable {
    let kind: String
    let attributes: String
    let input: [Int]
    var tolerance = BF16Tests.tolerance
  }

  /// Of windows of 3x3, sums of four numbers are rounded, and of nine weights: twice, and of what may be larger than y.
  private static let transformed: Float = 0x1p-6

  static let large = [
    Large(kind: "cnn.conv2d", attributes: #"{"channels": 37, "kernel": 3, "padding": "same"}"#, input: [2, 17, 15, 19]),
    Large(kind: "cnn.conv2d", attributes: #"{"channels": 70, "kernel": 3, "padding": 1}"#, input: [3, 17, 15, 34], tolerance: transformed),
    Large(kind: "cnn.conv2d", attributes: #"{"channels": 256, "kernel": 3}"#, input: [1, 18, 18, 64], tolerance: transformed),
    Large(kind: "cnn.conv2d", attributes: #"{"channels": 50, "kernel": 1, "stride": 2, "padding": 1}"#, input: [2, 17, 15, 34]),
    Large(kind: "cnn.conv2d", attributes: #"{"channels": 130, "kernel": 1}"#, input: [9, 1, 1, 1030]),
    Large(kind: "cnn.conv2d", attributes: #"{"channels": 40, "kernel": 3, "padding": 1}"#, input: [2, 16, 16, 33]),
    Large(kind: "cnn.conv2d", attributes: #"{"channels": 64, "kernel": [5, 3], "stride": 2, "bias": false}"#, input: [1, 33, 29, 3]),
    Large(kind: "cnn.conv2d", attributes: #"{"channels": 64, "kernel": 1, "groups": 2}"#, input: [1, 28, 28, 64]),
    Large(kind: "cnn.conv2d", attributes: #"{"channels": 32, "kernel": 3, "dilation": 2, "padding": 2}"#, input: [1, 19, 23, 32]),
    Large(kind: "core.dense", attributes: #"{"units": 301}"#, input: [65, 131]),
    Large(kind: "core.dense", attributes: #"{"units": 1025, "bias": false}"#, input: [3, 11, 129]),
    Large(kind: "core.dense", attributes: #"{"units": 515}"#, input: [7, 4099]),
    Large(kind: "core.dense", attributes: #"{"units": 1000}"#, input: [1, 513]),
  ]

  private static func number(_ i: Int) -> Float { Float((i * 389) % 997 - 498) / 500 }

  private static func run(
    _ layer: Large, _ dtype: DType, training: Bool = false, precision: Precision = Precision(), gradient: Bool = false
  ) throws -> [TensorBuffer] {
    let kind = try Repository.kind(layer.kind)
    let json = try JSONDocument(Array(layer.attributes.utf8), file: "attributes").root.object ?? JSONObject()
    let input = TensorBuffer((0..<layer.input.reduce(1, *)).map { number($0 * 7 + 3) }, shape: layer.input).narrowed
    let runner = try KindRunner(
      kind, kind.literals(json), inputs: [dtype == .bf16 ? input : input.widened], training: training, precision: precision)
    for (index, parameter) in runner.instance.parameters.enumerated() {
      let values = TensorBuffer((0..<parameter.spec.count).map { number($0 + index * 31) }, shape: parameter.spec.shape)
      try runner.set(parameter.name, values.narrowed.widened)
    }
    if !training { try runner.pack() }
    try runner.forward()
    guard gradient else { return runner.outputs }
    let spec = runner.outputs[0].spec
    let dy = TensorBuffer((0..<spec.count).map { number($0 * 3 + 1) }, shape: spec.shape).narrowed
    let gradients = try runner.backward([dtype == .bf16 ? dy : dy.widened])
    return (gradients.inputs + gradients.parameters).compactMap { $0 }
  }

  private static func check(_ layer: Large) throws {
    for training in [false, true] {
      let (got, wanted) = (try run(layer, .bf16, training: training), try run(layer, .f32, training: training))
      expectClose(
        got[0].widened.floats, wanted[0].floats, tolerance: layer.tolerance, "\(layer.kind) \(layer.input), training: \(training)")
    }
    let (got, wanted) = (try run(layer, .bf16, training: true, gradient: true), try run(layer, .f32, training: true, gradient: true))
    for (got, wanted) in zip(got, wanted) { expectClose(got.widened.floats, wanted.floats, tolerance: tolerance, "a gradient") }
  }

  @Test("large layers round what f32 gives", arguments: large)
  func largeLayers(_ layer: Large) throws { try Self.check(layer) }

  @Test("large layers are the same bits on one, two and three threads", arguments: large)
  func largeThreads(_ layer: Large) throws {
    var reference: [UInt8]?
    for threads in [1, 2, 3] {
      Threads.count = threads
      defer { Threads.count = 0 }
      let bytes = try Self.run(layer, .bf16)[0].copiedBytes
      if let reference { #expect(reference == bytes, "\(threads) threads") } else { reference = bytes }
    }
  }

  // Whether a processor multiplies bf16 by itself is found out when a layer is planned.
  @Test func machinesWithoutInstructionsForItGiveTheSame() async {
    await #expect(processExitsWith: .success) {
      setenv("ZOO_BF16", "widen", 1)
      for layer in BF16Tests.large {
        let (got, wanted) = (try BF16Tests.run(layer, .bf16), try BF16Tests.run(layer, .f32))
        let (a, b) = (got[0].widened.floats, wanted[0].floats)
        let scale = b.reduce(0) { max($0, abs($1)) }
        guard zip(a, b).allSatisfy({ abs($0 - $1) <= layer.tolerance * scale }) else { exit(1) }
        // Nothing is lost but the last rounding: f32 computes.
        if layer.kind == "cnn.conv2d", got[0].copiedBytes != wanted[0].narrowed.copiedBytes { exit(2) }
      }
    }
  }

  // MARK: int8

  // A weight is off by half of its row's scale at most, s = max |w| / 127: sum |x| s / 2 bounds the error of a sum.
  @Test("weights of int8 are as close as their scale", arguments: large.filter { $0.kind == "core.dense" })
  func int8(_ layer: Large) throws {
    let (got, wanted) = (try Self.run(layer, .f32, precision: Precision(weights: .i8)), try Self.run(layer, .f32))
    let width = layer.input.last ?? 1
    let largest = Float(0.996)  // of all weights, as numbers of bf16
    for row in 0..<wanted[0].spec.rows {
      let magnitude = (0..<width).reduce(Float(0)) { $0 + abs(Self.number((row * width + $1) * 7 + 3)) }
      let bound = magnitude * largest / 127 / 2 * 1.001
      let units = wanted[0].spec.width
      for j in row * units..<(row + 1) * units { #expect(abs(got[0].floats[j] - wanted[0].floats[j]) <= bound) }
    }
    let both = try Self.run(layer, .bf16, precision: Precision(weights: .i8))
    #expect(both[0].copiedBytes == got[0].narrowed.copiedBytes)
  }

  // Rows of whole numbers up to 127, and one of zeros, are kept exactly; 127/2 = 63.5 is off by its half, to the even 64 / 127 * scale.
  @Test func int8KeepsWholeNumbersAndZeros() throws {
    let kind = try Repository.kind("core.dense")
    let runner = try KindRunner(
      kind, kind.literals(JSONDocument(Array(#"{"units": 4, "bias": false}"#.utf8), file: "a").root.object ?? JSONObject()),
      inputs: [TensorBuffer([1, 10, 100], shape: [1, 3])], precision: Precision(weights: .i8))
    try runner.set("weight", TensorBuffer([127, -3, 5, 0, 0, 0, 0.5, 0.25, -1, .infinity, 1, 2], shape: [4, 3]))
    try runner.pack()
    try runner.forward()
    // 127 - 30 + 500 = 597; 0; in 127ths, half is 63.5, so 64, and a quarter 31.75, so 32: (64 + 320 - 12700) / 127.
    expectClose(Array(runner.outputs[0].floats[..<3]), [597, 0, -12316 / 127], tolerance: 1e-6)
    #expect(runner.outputs[0].floats[3].isNaN)
  }

  @Test func int8TakesAQuarterOfTheMemory() throws {
    let kind = try Repository.kind("core.dense")
    let attributes = try kind.literals(JSONDocument(Array(#"{"units": 512}"#.utf8), file: "a").root.object ?? JSONObject())
    let bytes = try [nil, DType.i8].map { weights in
      try KindRunner(
        kind, attributes, inputs: [TensorBuffer(Spec([1, 1024]))], precision: Precision(weights: weights)
      ).instance.plan.packed_bytes
    }
    #expect(bytes[0] == 1024 * 512 * 4 + 512 * 4)
    #expect(bytes[1] == 1024 * 512 + 2 * 512 * 4)
  }
}
