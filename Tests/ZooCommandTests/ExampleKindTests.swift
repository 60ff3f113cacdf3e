import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// The kinds of the families in Examples: numbers from PyTorch, finite differences over shapes, and the words of what does not fit.
@Suite struct ExampleKindTests {
  /// What a kind should give, by `python Tests/Reference/examples.py`.
  struct Case: CustomTestStringConvertible, Sendable {
    let kind: String
    let attributes: String
    let shape: [Int]
    let x: [Float]
    let outputGradient: [Float]
    let parameter: [Float]
    let y: [Float]
    let gradient: [Float]
    let parameterGradient: [Float]

    init(
      _ kind: String, _ attributes: String = "{}", x: [Float] = [0.5, -1.25, 2, -0.75, 0, 3], dy: [Float] = [1, -2, 0.5, 0.25, 3, -1.5],
      parameter: [Float] = [], y: [Float], dx: [Float], dparameter: [Float] = []
    ) {
      (self.kind, self.attributes, self.x, self.shape) = (kind, attributes, x, [2, x.count / 2])
      (outputGradient, self.parameter, self.y, gradient, parameterGradient) = (dy, parameter, y, dx, dparameter)
    }

    var testDescription: String { "\(kind) \(attributes)" }
  }

  private static func glu(_ gate: String, y: [Float], dx: [Float]) -> Case {
    Case("gates.glu", #"{"gate": "\#(gate)"}"#, x: [0.5, -1.25, 2, -0.5, -0.75, 0.25, 3, 1.5], dy: [1, -2, 0.25, 3], y: y, dx: dx)
  }

  static let all = [
    Case(
      "curves.snake", parameter: [0.5, 1.5, 2], y: [0.62241744, -0.64314688, 2.286375, -0.48168887, 0, 3.0390365],
      dx: [1.4794255, -3.1431226, 0.99467912, 0.07959031, 3, -0.69514062], dparameter: [0.35604963, 1.7617397, 1.6596518]),
    Case(
      "curves.squash", y: [0.17694772, -0.4423693, 0.70779088, -0.21957367, 0, 0.87829469],
      dx: [0.2678741, -0.49273752, -0.16713766, -0.014062498, 0.87829469, -0.090132458]),
    Case(
      "gates.swish", parameter: [0.5, 1.5, -2], y: [0.28108825, -0.1662053, 0.03597242, -0.30550005, 0, 0.0074178695],
      dx: [0.62371002, 0.16638934, -0.026332307, 0.079200891, 1.5, 0.018489649], dparameter: [0.09548221, -0.36026485, 0.002027537]),
    Case(
      "angles.unit", y: [0.20739034, -0.51847585, 0.82956136, -0.24253563, 0, 0.9701425],
      dx: [0.27206044, -0.47276077, -0.36349059, -0.038044804, 0.9701425, -0.009511201]),
    Case(
      "angles.cosine", #"{"units": 2, "scale": 3}"#, dy: [1, -2, 0.25, 3], parameter: [0.5, 1, -0.25, -1.5, 0.75, 2],
      y: [-1.6292262, 1.1024737, -0.95266102, 2.6482998], dx: [2.303133, -0.4535208, -0.85923375, -0.96230942, 1.0480076, -0.24057736],
      dparameter: [1.0956858, 0.065085945, 2.4517153, -0.049207993, 0.55994221, -0.24688432]),
    glu(
      "sigmoid", y: [0.44039854, -0.47192584, -0.7144306, 0.20439362],
      dx: [0.88079708, -0.75508134, 0.052496793, 0.58750928, 0.23814353, 2.4527234, -0.0084706237, 0.11185984]),
    glu(
      "silu", y: [0.88079708, 0.23596292, -2.1432918, 0.30659043],
      dx: [1.7615942, 0.37754067, 0.54539212, 0.65009703, 0.7144306, 3.6790851, -0.20401952, 0.78097062]),
    glu("relu", y: [1, 0, -2.25, 0.375], dx: [2, 0, 0.5, 0, 0.75, 4.5, -0.1875, 0.75]),
    glu("identity", y: [1, 0.625, -2.25, 0.375], dx: [2, 1, 0.5, 2.5, 0.75, 4.5, -0.1875, 0.75]),
  ]

  private static let hereWithoutCargo = all.filter { Example.hasCargo || !$0.kind.hasPrefix("gates.") }

  private func literals(_ kind: KindInfo, _ attributes: String) throws -> [AttributeLiteral] {
    try kind.literals(JSONDocument(Array(attributes.utf8), file: "attributes").root.object ?? JSONObject())
  }

  private func runner(
    _ name: String, _ attributes: String, _ x: TensorBuffer, parameter: [Float]? = nil, training: Bool = true, inPlace: Bool = false
  ) throws -> KindRunner {
    let kind = try Example.kind(name)
    let runner = try KindRunner(kind, literals(kind, attributes), inputs: [x], training: training, inPlace: inPlace)
    for (requested, tensor) in zip(runner.instance.parameters, runner.parameters) {
      let values = parameter ?? (0..<tensor.spec.count).map { i in Float(i * 37 % 23) / 8 - 1.2 }
      try runner.set(requested.name, TensorBuffer(values, shape: tensor.spec.shape))
    }
    try runner.forward()
    return runner
  }

  @Test("they compute what PyTorch computes", arguments: hereWithoutCargo)
  func numbers(_ expected: Case) throws {
    let x = TensorBuffer(expected.x, shape: expected.shape)
    for training in [false, true] {
      let layer = try runner(expected.kind, expected.attributes, x, parameter: expected.parameter, training: training)
      expectClose(layer.outputs[0].floats, expected.y, "y")
      guard training else { continue }
      let gradients = try layer.backward([TensorBuffer(expected.outputGradient, shape: layer.outputs[0].spec.shape)])
      expectClose(gradients.inputs[0]?.floats ?? [], expected.gradient, "dx")
      expectClose(gradients.parameters.first??.floats ?? [], expected.parameterGradient, "dparameter")
      let unwanted = try layer.backward([], wantInput: { _ in false }, wantParameter: { _ in false })
      #expect(unwanted.inputs.count == 1 && unwanted.inputs[0] == nil)
      let nothing = try layer.backward([])
      for zeros in (nothing.inputs + nothing.parameters).compactMap({ $0 }) { #expect(zeros.floats.allSatisfy { $0 == 0 }) }
    }
    let copy = TensorBuffer(expected.x, shape: expected.shape)
    let inPlace = try runner(expected.kind, expected.attributes, copy, parameter: expected.parameter, training: false, inPlace: true)
    expectClose(inPlace.outputs[0].floats, expected.y, "y in place of x")
  }

  /// Kinds with attributes, and shapes of x that they take.
  static let shapes: [(String, String, [Int])] = [
    ("curves.snake", "{}", []), ("curves.snake", #"{"frequency": 3}"#, [1]), ("curves.snake", "{}", [5, 2, 3]),
    ("curves.squash", "{}", []), ("curves.squash", "{}", [7]), ("curves.squash", "{}", [2, 3, 1, 4]), ("curves.squash", "{}", [11, 1]),
    ("gates.swish", "{}", []), ("gates.swish", "{}", [3]), ("gates.swish", "{}", [7, 1, 2]),
    ("gates.glu", "{}", [2]), ("gates.glu", "{}", [3, 2, 10]), ("gates.glu", #"{"gate": "silu"}"#, [5, 6]),
    ("angles.unit", "{}", [7]), ("angles.unit", "{}", [2, 3, 5]),
    ("angles.cosine", #"{"units": 1}"#, [3]), ("angles.cosine", #"{"units": 5, "scale": 2}"#, [2, 3, 7]),
  ]

  private static let shapesHere = shapes.filter { Example.hasCargo || !$0.0.hasPrefix("gates.") }

  @Test("backward agrees with finite differences, whatever the shape", arguments: shapesHere)
  func finiteDifferences(_ name: String, _ attributes: String, _ shape: [Int]) throws {
    let count = shape.reduce(1, *)
    let x = TensorBuffer((0..<count).map { Float($0 * 37 % 23) / 8 - 1.3 }, shape: shape)
    let layer = try runner(name, attributes, x)
    let weights = (0..<layer.outputs[0].spec.count).map { Float($0 * 29 % 17) / 7 - 1.1 }
    let gradients = try layer.backward([TensorBuffer(weights, shape: layer.outputs[0].spec.shape)])
    func objective() throws -> Double {
      try layer.forward()
      return zip(layer.outputs[0].floats, weights).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    for (tensor, gradient) in [(x, gradients.inputs[0])] + zip(layer.parameters, gradients.parameters) {
      let slopes = try #require(gradient).floats
      let floats = tensor.pointer.assumingMemoryBound(to: Float.self)
      let scale = max(Double(slopes.reduce(0) { max($0, abs($1)) }), 0.1)
      for i in slopes.indices {
        let value = floats[i]
        floats[i] = value + 0.004
        let above = try objective()
        floats[i] = value - 0.004
        let below = try objective()
        floats[i] = value
        let estimate = (above - below) / 0.008
        #expect(abs(estimate - Double(slopes[i])) < 0.002 * scale, "[\(i)]: backward says \(slopes[i]), finite differences \(estimate)")
      }
    }
  }

  // 0.5 x / 0.5 would be 0 / 0 where a kind takes its formula literally.
  @Test(
    "where a formula would divide by zero there is its limit", arguments: ["curves.snake", "curves.squash", "angles.unit", "angles.cosine"])
  func zeros(_ name: String) throws {
    let attributes = ["curves.snake": #"{"frequency": 0}"#, "angles.unit": #"{"epsilon": 0}"#, "angles.cosine": #"{"units": 3}"#]
    let x = TensorBuffer([0, 0, 0, 0], shape: [2, 2])
    let layer = try runner(name, attributes[name] ?? "{}", x, parameter: name == "angles.cosine" ? [0, 0, 1, 2, -3, 4] : [0, 0])
    #expect(layer.outputs[0].floats.allSatisfy { $0 == 0 })
    let ones = TensorBuffer([Float](repeating: 1, count: layer.outputs[0].spec.count), shape: layer.outputs[0].spec.shape)
    let gradients = try layer.backward([ones])
    #expect(gradients.inputs[0]?.floats == [Float](repeating: name == "curves.snake" ? 1 : 0, count: 4))
    for gradient in gradients.parameters { #expect(try #require(gradient).floats.allSatisfy { $0 == 0 }) }
  }

  @Test("many rows give the same bits on one, two and three threads", arguments: hereWithoutCargo.map(\.kind))
  func threads(_ name: String) throws {
    let x = TensorBuffer((0..<40_002).map { Float($0 % 89) / 37 - 1 }, shape: [6667, 6])
    var reference: [[Float]]?
    for threads in [1, 2, 3] {
      Threads.count = threads
      defer { Threads.count = 0 }
      let layer = try runner(name, name == "angles.cosine" ? #"{"units": 4}"# : "{}", x)
      let dy = TensorBuffer((0..<layer.outputs[0].spec.count).map { Float($0 % 31) / 17 - 0.9 }, shape: layer.outputs[0].spec.shape)
      let gradients = try layer.backward([dy])
      let all = [layer.outputs[0].floats] + (gradients.inputs + gradients.parameters).compactMap { $0?.floats }
      if let reference { #expect(reference == all, "\(threads) threads give other bits than one") } else { reference = all }
    }
  }

  static let refused: [(String, Spec, String)] = [
    ("curves.snake", Spec([2, 3], .i64), "x must be f32"),
    ("curves.squash", Spec([2, 0]), "x must have at least one channel"),
    ("curves.squash", Spec([1 << 40, 1 << 40]), "x has more elements than memory can hold"),
    ("gates.glu", Spec([2, 3]), "x must have an even number of channels, but its shape is [2, 3]"),
    ("gates.glu", Spec([]), "x must have an even number of channels, but its shape is []"),
    ("gates.glu", Spec([2], .i32), "x must be f32"),
    ("gates.swish", Spec([2, 0]), "x must have at least one channel, but its shape is [2, 0]"),
    ("gates.swish", Spec([1 << 40, 1 << 40]), "x is too large: its shape is [1099511627776, 1099511627776]"),
    ("angles.unit", Spec([0]), "x must have at least one channel, but its shape is [0]"),
    ("angles.unit", Spec([1 << 40, 1 << 40]), "x is too large: its shape is [1099511627776, 1099511627776]"),
    ("angles.cosine", Spec([]), "x must have rank 1 to 8, but its shape is []"),
    ("angles.cosine", Spec([2], .i32), "x must be f32, but it is i32 [2]"),
    ("angles.cosine", Spec([1 << 60]), "x is too large for 4 units: its shape is [1152921504606846976]"),
  ]

  private static let refusedHere = refused.filter { Example.hasCargo || !$0.0.hasPrefix("gates.") }

  @Test("a layer that cannot be says why", arguments: refusedHere)
  func refusals(_ name: String, _ input: Spec, _ words: String) throws {
    let kind = try Example.kind(name)
    let attributes = try literals(kind, name == "angles.cosine" ? #"{"units": 4}"# : "{}")
    let failure = #expect(throws: LayerFailure.self) {
      try LayerInstance(kind: kind, attributes: attributes, path: "layer", inputs: [input], training: true, run: Run())
    }
    #expect(failure?.words == words)
  }

  /// Sizes that a plan may take or refuse, but not be ended by.
  @Test("no size brings a plan down", arguments: hereWithoutCargo.map(\.kind))
  func hostileSizes(_ name: String) throws {
    let kind = try Example.kind(name)
    let attributes = try literals(kind, name == "angles.cosine" ? #"{"units": 1048576}"# : "{}")
    let large = Int.max
    let shapes = [
      [large], [large, 2], [2, large], [0, large, large, 2], [large, 0], [1 << 61], [1 << 62, 4], [1 << 31, 1 << 31, 1, 2],
    ]
    for shape in shapes + [[Int](repeating: 256, count: 8)] {
      _ = try? LayerInstance(kind: kind, attributes: attributes, path: "layer", inputs: [Spec(shape)], training: true, run: Run())
    }
  }
}
