import CZoo
import Glibc
import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// What the fixtures of convolutions, pooling and dense layers leave out: work that is cut into bands, panels, stretches and chunks,
/// and epilogues.
@Suite struct ImageKindTests {
  /// Numbers between -1 and 1 that differ, the same on every call.
  private func numbers(_ shape: [Int], _ seed: Int) -> TensorBuffer {
    TensorBuffer((0..<shape.reduce(1, *)).map { Float((($0 &* 7919 &+ seed &* 104729) % 2003) - 1001) / 1001 }, shape: shape)
  }

  private func runner(
    _ name: String, _ attributes: String, _ shape: [Int], training: Bool = true, epilogue: zoo_epilogue? = nil
  ) throws -> KindRunner {
    let kind = try Repository.kind(name)
    let json = try #require(try JSONDocument(Array(attributes.utf8), file: name).root.object)
    let runner = try KindRunner(kind, kind.literals(json), inputs: [numbers(shape, 1)], training: training, epilogue: epilogue)
    for (i, parameter) in runner.instance.parameters.enumerated() {
      try runner.set(parameter.name, numbers(parameter.spec.shape, 10 + i))
    }
    return runner
  }

  @Test(
    "large layers give the same bits on one, two, three and five threads",
    arguments: [
      ("cnn.conv2d", #"{"channels": 6, "kernel": 5, "padding": "same"}"#, [64, 28, 28, 1]),
      ("cnn.conv2d", #"{"channels": 16, "kernel": 5}"#, [64, 14, 14, 6]),
      ("cnn.conv2d", #"{"channels": 130, "kernel": 3, "padding": 1}"#, [1, 28, 28, 64]),
      ("cnn.conv2d", #"{"channels": 37, "kernel": 3, "padding": "same", "stride": 2}"#, [7, 33, 29, 19]),
      ("cnn.conv2d", #"{"channels": 256, "kernel": 3, "padding": 1}"#, [1, 7, 7, 256]),
      ("cnn.conv2d", #"{"channels": 96, "kernel": 3, "padding": 1, "groups": 96}"#, [4, 28, 28, 96]),
      ("cnn.conv2d", #"{"channels": 96, "kernel": 3, "padding": 1, "groups": 4}"#, [4, 28, 28, 64]),
      ("cnn.conv2d", #"{"channels": 120, "kernel": 5}"#, [64, 5, 5, 16]),
      ("cnn.conv2d", #"{"channels": 256, "kernel": 1}"#, [1, 56, 56, 64]),
      ("cnn.conv2d", #"{"channels": 64, "kernel": 1}"#, [2, 56, 56, 256]),
      ("cnn.conv2d", #"{"channels": 128, "kernel": 1, "stride": 2, "bias": false}"#, [3, 57, 55, 64]),
      ("cnn.conv2d", #"{"channels": 50, "kernel": [3, 5], "padding": [1, 2], "dilation": 2}"#, [2, 41, 37, 40]),
      ("cnn.conv1d", #"{"channels": 100, "kernel": 5, "padding": "same"}"#, [3, 60, 100]),
      ("cnn.conv1d", #"{"channels": 34, "kernel": 2, "dilation": 64, "padding": "causal"}"#, [2, 3000, 17]),
      ("cnn.conv1d", #"{"channels": 70, "kernel": 3, "stride": 2}"#, [1, 5000, 40]),
      ("cnn.conv3d", #"{"channels": 20, "kernel": 3, "padding": 1}"#, [2, 8, 24, 25, 40]),
      ("cnn.conv3d", #"{"channels": 7, "kernel": [5, 3, 1], "stride": 2}"#, [3, 11, 30, 31, 3]),
      ("cnn.local1d", #"{"channels": 11, "kernel": 7, "stride": 2, "padding": "same"}"#, [19, 301, 5]),
      ("cnn.local2d", #"{"channels": 6, "kernel": 5, "padding": 1}"#, [33, 28, 27, 3]),
      ("cnn.conv_transpose1d", #"{"channels": 40, "kernel": 4, "stride": 2, "padding": 1}"#, [2, 1000, 30]),
      ("cnn.conv_transpose2d", #"{"channels": 64, "kernel": 4, "stride": 2, "padding": 1}"#, [16, 14, 14, 128]),
      ("cnn.conv_transpose2d", #"{"channels": 3, "kernel": 5, "stride": 2, "padding": "same"}"#, [16, 28, 28, 32]),
      ("cnn.upsample2d", #"{"scale": 2}"#, [4, 56, 56, 64]),
      ("cnn.upsample2d", #"{"size": [99, 301], "mode": "bilinear"}"#, [8, 57, 155, 3]),
      ("cnn.max_pool2d", #"{"size": 3, "stride": 2, "padding": 1}"#, [4, 56, 56, 64]),
      ("cnn.average_pool2d", #"{"size": 3, "stride": 2, "padding": 1}"#, [4, 56, 56, 64]),
      ("cnn.min_pool1d", #"{"size": 3, "stride": 2, "ceil_mode": true}"#, [6, 3000, 33]),
      ("cnn.softmax_pool2d", #"{"size": 3, "stride": 2, "padding": 1, "beta": 2}"#, [4, 30, 31, 64]),
      ("cnn.adaptive_max_pool2d", #"{"size": [7, 5]}"#, [6, 56, 56, 40]),
      ("cnn.adaptive_average_pool2d", #"{"size": [7, 5]}"#, [6, 56, 56, 40]),
      ("cnn.pixel_shuffle", #"{"factor": 2}"#, [4, 56, 57, 64]), ("cnn.pixel_unshuffle", #"{"factor": 3}"#, [4, 57, 60, 17]),
      ("cnn.global_average_pool2d", "{}", [64, 28, 28, 96]), ("cnn.global_max_pool2d", "{}", [64, 28, 28, 96]),
      ("core.dense", #"{"units": 1000}"#, [32, 768]), ("core.dense", #"{"units": 7}"#, [100_000, 5]),
    ])
  func threads(_ kind: String, _ attributes: String, _ shape: [Int]) throws {
    var reference: [[UInt32]]?
    for threads in [1, 2, 3, 5] {
      Threads.count = threads
      defer { Threads.count = 0 }
      let runner = try runner(kind, attributes, shape)
      try runner.forward()
      let gradients = try runner.backward(runner.outputs.map { numbers($0.spec.shape, 5) })
      let bits = (runner.outputs + (gradients.inputs + gradients.parameters).compactMap { $0 }).map { $0.floats.map(\.bitPattern) }
      if let reference { #expect(reference == bits, "\(threads) threads give other bits than one") } else { reference = bits }
    }
  }

  // By definition: <conv(a), b> = <a, transpose(b)>, so that the transpose of b is the gradient by a where b is the gradient of conv(a).
  @Test(
    "a transposed convolution is the gradient of the convolution by its input",
    arguments: [(#""kernel": 4, "stride": 2, "padding": 1"#, 2, 32, 64), (#""kernel": 3, "padding": 1"#, 1, 64, 128)], [1, 3])
  func transposed(_ layer: (attributes: String, stride: Int, channels: Int, inputs: Int), _ images: Int) throws {
    let size = 14 * layer.stride
    let narrowing = #"{"channels": \#(layer.inputs), \#(layer.attributes), "bias": false}"#
    let convolution = try runner("cnn.conv2d", narrowing, [images, size, size, layer.channels])
    try convolution.forward()
    let widening = #"{"channels": \#(layer.channels), \#(layer.attributes)}"#
    let transposed = try runner("cnn.conv_transpose2d", widening, [images, 14, 14, layer.inputs])
    try transposed.forward()
    let dx = try #require(try convolution.backward([transposed.inputs[0]]).inputs[0])
    let bias = transposed.parameters[1].floats
    #expect(transposed.outputs[0].floats == dx.floats.enumerated().map { $0.element + bias[$0.offset % layer.channels] })

    // And back: the gradient by its input is the convolution.
    let gradients = try transposed.backward([convolution.inputs[0]])
    #expect(gradients.inputs[0]?.floats == convolution.outputs[0].floats)

    let packed = try runner("cnn.conv_transpose2d", widening, [images, 14, 14, layer.inputs], training: false)
    try packed.pack()
    try packed.forward()
    #expect(packed.outputs[0].floats == transposed.outputs[0].floats)
  }

  @Test func largeConvolutionsAreOneDNNs() throws {
    let runner = try runner("cnn.conv2d", #"{"channels": 64, "kernel": 5}"#, [1, 56, 56, 64], training: false)
    try runner.pack()
    try runner.forward()
    #expect(try Command.run(["cat", "/proc/\(getpid())/maps"]).output.contains("libdnnl.so"))
  }

  /// y, dx and dweight of a convolution of one group with a bias, by its definition.
  private func convolution(
    _ x: TensorBuffer, _ w: TensorBuffer, _ bias: TensorBuffer, _ dy: TensorBuffer, stride: Int, padding: Int
  ) -> (y: [Double], dx: [Double], dw: [Double]) {
    let (xs, ws, ys) = (x.spec.shape, w.spec.shape, dy.spec.shape)
    let (xf, wf, bf, dyf) = (x.floats.map(Double.init), w.floats.map(Double.init), bias.floats.map(Double.init), dy.floats.map(Double.init))
    var y = [Double](repeating: 0, count: dyf.count)
    var (dx, dw) = ([Double](repeating: 0, count: xf.count), [Double](repeating: 0, count: wf.count))
    for n in 0..<ys[0] {
      for i in 0..<ys[1] {
        for j in 0..<ys[2] {
          for o in 0..<ys[3] {
            let at = ((n * ys[1] + i) * ys[2] + j) * ys[3] + o
            y[at] = bf[o]
            for p in 0..<ws[2] {
              for q in 0..<ws[3] {
                let (row, column) = (i * stride - padding + p, j * stride - padding + q)
                guard row >= 0, row < xs[1], column >= 0, column < xs[2] else { continue }
                for c in 0..<ws[1] {
                  let source = ((n * xs[1] + row) * xs[2] + column) * xs[3] + c
                  let weight = ((o * ws[1] + c) * ws[2] + p) * ws[3] + q
                  y[at] += xf[source] * wf[weight]
                  dx[source] += dyf[at] * wf[weight]
                  dw[weight] += dyf[at] * xf[source]
                }
              }
            }
          }
        }
      }
    }
    return (y, dx, dw)
  }

  @Test(
    "a convolution that is cut up is the sum that it is defined as",
    arguments: [
      // More than one stretch of the sum, and runs too long to be read at once.
      ([1, 3, 4, 700], 5, 3, 1, 1), ([1, 5, 5, 1100], 3, 1, 2, 0),
      // Several bands, panels and images; more rows than a stretch of the weights' gradients.
      ([2, 21, 19, 5], 101, 3, 1, 1), ([2, 21, 19, 40], 130, 3, 1, 1), ([1, 40, 33, 20], 17, 3, 2, 1), ([3, 30, 30, 2], 7, 5, 1, 2),
    ])
  func definition(_ shape: [Int], _ channels: Int, _ kernel: Int, _ stride: Int, _ padding: Int) throws {
    let attributes = #"{"channels": \#(channels), "kernel": \#(kernel), "stride": \#(stride), "padding": \#(padding)}"#
    let runner = try runner("cnn.conv2d", attributes, shape)
    try runner.forward()
    let x = try #require(runner.inputs[0])
    let dy = numbers(runner.outputs[0].spec.shape, 5)
    let gradients = try runner.backward([dy])
    let expected = convolution(x, runner.parameters[0], runner.parameters[1], dy, stride: stride, padding: padding)
    expectClose(runner.outputs[0].floats, expected.y.map(Float.init), tolerance: 3e-6, "y")
    expectClose(try #require(gradients.inputs[0]).floats, expected.dx.map(Float.init), tolerance: 3e-6, "dx")
    expectClose(try #require(gradients.parameters[0]).floats, expected.dw.map(Float.init), tolerance: 3e-6, "dweight")

    let packed = try self.runner("cnn.conv2d", attributes, shape, training: false)
    try packed.pack()
    try packed.forward()
    #expect(packed.outputs[0].floats.map(\.bitPattern) == runner.outputs[0].floats.map(\.bitPattern))
  }

  // Channels that fill no vectors, images of odd sizes, windows that stick out on every side or on none; parts of the outputs, and spans of
  // several images.
  @Test(
    "windows of three by three are the sums that they are defined as, by fewer products, on any number of threads",
    arguments: [
      ([2, 15, 13, 33], 40, 1), ([3, 7, 9, 40], 100, 0), ([1, 16, 17, 64], 256, 1), ([1, 12, 11, 300], 48, 2), ([5, 14, 14, 32], 130, 1),
    ])
  func winograd(_ shape: [Int], _ channels: Int, _ padding: Int) throws {
    let attributes = #"{"channels": \#(channels), "kernel": 3, "padding": \#(padding)}"#
    let definition = try runner("cnn.conv2d", attributes, shape)
    try definition.forward()
    let x = try #require(definition.inputs[0])
    let expected = convolution(
      x, definition.parameters[0], definition.parameters[1], definition.outputs[0], stride: 1, padding: padding
    ).y.map(Float.init)
    expectClose(definition.outputs[0].floats, expected, tolerance: 3e-6, "y in training")
    var reference: [UInt32]?
    for threads in [1, 2, 3, 5] {
      Threads.count = threads
      defer { Threads.count = 0 }
      let runner = try runner("cnn.conv2d", attributes, shape, training: false)
      try runner.pack()
      try runner.forward()
      expectClose(runner.outputs[0].floats, expected, tolerance: 3e-6, "y")
      #expect(runner.instance.plan.packed_bytes >= 16 * shape[3] * channels * 4, "16 products of each weight")
      let bits = runner.outputs[0].floats.map(\.bitPattern)
      if let reference { #expect(reference == bits, "\(threads) threads give other bits than one") } else { reference = bits }
    }
  }

  @Test(
    "a dense layer that is cut up is the sum that it is defined as",
    arguments: [([3, 1100], 5), ([150, 520], 101), ([2, 70, 33], 49), ([1030, 3], 7), ([5, 20], 700)])
  func dense(_ shape: [Int], _ units: Int) throws {
    let runner = try runner("core.dense", #"{"units": \#(units)}"#, shape)
    try runner.forward()
    let dyTensor = numbers(runner.outputs[0].spec.shape, 5)
    let gradients = try runner.backward([dyTensor])
    let (x, w, bias) = (try #require(runner.inputs[0]).floats, runner.parameters[0].floats, runner.parameters[1].floats)
    let (dy, width) = (dyTensor.floats, shape[shape.count - 1])
    let rows = x.count / width
    func sum(_ count: Int, _ term: (Int) -> (Float, Float)) -> Double {
      (0..<count).reduce(0) { $0 + Double(term($1).0) * Double(term($1).1) }
    }
    var (y, dx, dw, db) = ([Float](), [Float](), [Float](), [Float]())
    for r in 0..<rows {
      for o in 0..<units { y.append(Float(Double(bias[o]) + sum(width) { (x[r * width + $0], w[o * width + $0]) })) }
      for i in 0..<width { dx.append(Float(sum(units) { (dy[r * units + $0], w[$0 * width + i]) })) }
    }
    for o in 0..<units {
      for i in 0..<width { dw.append(Float(sum(rows) { (dy[$0 * units + o], x[$0 * width + i]) })) }
      db.append(Float(sum(rows) { (dy[$0 * units + o], 1) }))
    }
    expectClose(runner.outputs[0].floats, y, tolerance: 3e-6, "y")
    expectClose(try #require(gradients.inputs[0]).floats, dx, tolerance: 3e-6, "dx")
    expectClose(try #require(gradients.parameters[0]).floats, dw, tolerance: 3e-6, "dweight")
    expectClose(try #require(gradients.parameters[1]).floats, db, tolerance: 3e-6, "dbias")
  }

  /// An epilogue and its definition.
  struct Ending: CustomStringConvertible, Sendable {
    let description: String
    let kind: UInt32
    var alpha: Float = 0
    var beta: Float = 0
    let function: @Sendable (Double) -> Double
  }

  static let endings = [
    Ending(description: "relu", kind: 1) { max($0, 0) },
    Ending(description: "leaky relu", kind: 1, alpha: 0.25) { $0 > 0 ? $0 : 0.25 * $0 },
    Ending(description: "tanh", kind: 2) { tanh($0) },
    Ending(description: "sigmoid", kind: 3) { 1 / (1 + exp(-$0)) },
    Ending(description: "elu", kind: 4, alpha: 0.5) { $0 > 0 ? $0 : 0.5 * expm1($0) },
    Ending(description: "gelu", kind: 5) { $0 * erfc(-$0 / 2.0.squareRoot()) / 2 },
    Ending(description: "gelu by tanh", kind: 6) { $0 / (1 + exp(-2 * (2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) },
    Ending(description: "silu", kind: 7) { $0 / (1 + exp(-$0)) },
    Ending(description: "linear", kind: 8, alpha: 0.5, beta: -0.75) { 0.5 * $0 - 0.75 },
    Ending(description: "clip", kind: 11, alpha: -0.25, beta: 0.5) { min(max($0, -0.25), 0.5) },
  ]

  @Test(
    "an epilogue is what its function makes of the layer's output", arguments: endings,
    [
      ("cnn.conv2d", #"{"channels": 6, "kernel": 5, "padding": "same"}"#, [2, 28, 28, 1]),
      ("cnn.conv2d", #"{"channels": 101, "kernel": 3}"#, [1, 9, 8, 3]),
      ("cnn.conv2d", #"{"channels": 40, "kernel": 3, "padding": 1}"#, [1, 13, 14, 37]),
      ("cnn.conv2d", #"{"channels": 19, "kernel": 3, "groups": 19}"#, [1, 9, 8, 19]),
      ("cnn.conv_transpose2d", #"{"channels": 3, "kernel": 4, "stride": 2, "padding": 1}"#, [2, 9, 8, 5]),
      ("cnn.conv_transpose2d", #"{"channels": 70, "kernel": 3, "bias": false}"#, [1, 9, 8, 5]),
      ("core.dense", #"{"units": 101}"#, [3, 17]), ("core.dense", #"{"units": 7}"#, [70, 600]),
    ])
  func epilogues(_ ending: Ending, _ layer: (kind: String, attributes: String, shape: [Int])) throws {
    let plain = try runner(layer.kind, layer.attributes, layer.shape, training: false)
    #expect(plain.instance.plan.epilogues >> UInt64(ending.kind) & 1 == 1)
    try plain.pack()
    try plain.forward()
    let epilogue = zoo_epilogue(
      size: UInt32(MemoryLayout<zoo_epilogue>.size), kind: ending.kind, alpha: ending.alpha, beta: ending.beta)
    let folded = try runner(layer.kind, layer.attributes, layer.shape, training: false, epilogue: epilogue)
    try folded.pack()
    try folded.forward()
    for (x, y) in zip(plain.outputs[0].floats, folded.outputs[0].floats) {
      let expected = ending.function(Double(x))
      // Where terms of a shift cancel, or the approximate gelu vanishes, relative to what goes in.
      let scale = ending.kind == 8 ? max(abs(expected), 0.75) : ending.kind == 6 ? max(abs(expected), 1e-2) : abs(expected)
      #expect(abs(Double(y) - expected) <= 1e-6 * scale + 1e-37, "\(ending) of \(x)")
    }
  }

  @Test("NaN and infinity go through pooling")
  func unusual() throws {
    let x = TensorBuffer([1, .nan, 2, 3, -.infinity, -.infinity, -.infinity, -.infinity, .infinity, 0, 1, 2], shape: [3, 2, 2, 1])
    let kind = try Repository.kind("cnn.max_pool2d")
    let attributes = try #require(try JSONDocument(Array(#"{"size": 2}"#.utf8), file: "").root.object)
    let runner = try KindRunner(kind, kind.literals(attributes), inputs: [x], training: true)
    try runner.forward()
    let y = runner.outputs[0].floats
    #expect(y[0].isNaN && y[1] == -.infinity && y[2] == .infinity)
    let gradients = try runner.backward([TensorBuffer([5, 6, 7], shape: [3, 1, 1, 1])])
    #expect(gradients.inputs[0]?.floats == [0, 5, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0])
  }
}
