import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// What the fixtures of kinds over sequences, images and volumes leave out: sizes, unusual numbers, and work in blocks.
@Suite struct GridKindTests {
  /// Numbers between -1 and 1 that differ, the same on every call.
  private func numbers(_ shape: [Int], _ seed: Int) -> TensorBuffer {
    TensorBuffer((0..<shape.reduce(1, *)).map { Float((($0 &* 7919 &+ seed &* 104729) % 2003) - 1001) / 1001 }, shape: shape)
  }

  private func runner(_ name: String, _ attributes: String, _ x: TensorBuffer, training: Bool = true) throws -> KindRunner {
    let kind = try Repository.kind(name)
    let json = try #require(try JSONDocument(Array(attributes.utf8), file: name).root.object)
    let runner = try KindRunner(kind, kind.literals(json), inputs: [x], training: training)
    for (i, parameter) in runner.instance.parameters.enumerated() {
      try runner.set(parameter.name, numbers(parameter.spec.shape, 10 + i))
    }
    return runner
  }

  /// How many weights and biases a layer has over images of this shape.
  private func counts(_ name: String, _ attributes: String, _ shape: [Int]) throws -> [Int] {
    let kind = try Repository.kind(name)
    let json = try #require(try JSONDocument(Array(attributes.utf8), file: name).root.object)
    let layer = try LayerInstance(
      kind: kind, attributes: kind.literals(json), path: "layer", inputs: [Spec(shape)], training: false, run: Run())
    return layer.parameters.map { $0.spec.count }
  }

  // Over an image of m by n pixels with c channels, K kernels of p by q make P = (m - p + 1) (n - q + 1) places: a convolution has p q c K
  // weights and K biases; a layer with the same connections that shares no weight has p q c K and K at each place; and one that is
  // connected to everything m n c for each of its P K outputs.
  @Test(
    "weights that are shared are fewest, and a connection to everything is the most",
    arguments: [(28, 28, 1, 6, 5, 5), (14, 14, 6, 16, 5, 5), (7, 6, 3, 2, 3, 2)])
  func parameterCounts(_ m: Int, _ n: Int, _ c: Int, _ kernels: Int, _ p: Int, _ q: Int) throws {
    let places = (m - p + 1) * (n - q + 1)
    let attributes = #"{"channels": \#(kernels), "kernel": [\#(p), \#(q)]}"#
    #expect(try counts("cnn.conv2d", attributes, [1, m, n, c]) == [p * q * c * kernels, kernels])
    #expect(try counts("cnn.local2d", attributes, [1, m, n, c]) == [places * p * q * c * kernels, places * kernels])
    let outputs = places * kernels
    #expect(try counts("core.dense", #"{"units": \#(outputs)}"#, [1, m * n * c]) == [m * n * c * outputs, outputs])
  }

  @Test("a locally connected layer whose kernels are all the same is a convolution")
  func sameKernels() throws {
    let attributes = #"{"channels": 5, "kernel": [3, 2], "stride": [1, 2], "padding": 1}"#
    let x = numbers([3, 6, 7, 4], 1)
    let shared = try runner("cnn.conv2d", attributes, x)
    try shared.forward()
    let local = try runner("cnn.local2d", attributes, x)
    let places = local.outputs[0].spec.shape[1] * local.outputs[0].spec.shape[2]
    for (own, one) in zip(local.instance.parameters, shared.parameters) {
      let all = Array(repeatElement(one.floats, count: places).joined())
      try local.set(own.name, TensorBuffer(all, shape: own.spec.shape))
    }
    try local.forward()
    expectClose(local.outputs[0].floats, shared.outputs[0].floats, tolerance: 2e-6, "y")
    let dy = numbers(local.outputs[0].spec.shape, 5)
    let (ofLocal, ofShared) = (try local.backward([dy]), try shared.backward([dy]))
    expectClose(try #require(ofLocal.inputs[0]).floats, try #require(ofShared.inputs[0]).floats, tolerance: 2e-6, "dx")
    for (own, one) in zip(ofLocal.parameters, ofShared.parameters) {
      let (parts, whole) = (try #require(own).floats, try #require(one).floats)
      let sums = whole.indices.map { i in stride(from: i, to: parts.count, by: whole.count).reduce(Float(0)) { $0 + parts[$1] } }
      expectClose(sums, whole, tolerance: 5e-6, "the parameters' gradients, summed over places")
    }
  }

  // The slices of 16 windows are more than are brought together at once, and those of 8 are not.
  @Test("volumes that are convolved in blocks are each convolved by itself")
  func volumesInBlocks() throws {
    let attributes = #"{"channels": 3, "kernel": 3, "padding": 1}"#
    let both = numbers([2, 8, 24, 24, 40], 1)
    let whole = try runner("cnn.conv3d", attributes, both)
    try whole.forward()
    let dy = numbers(whole.outputs[0].spec.shape, 5)
    let gradients = try whole.backward([dy])
    var sum = [Float](repeating: 0, count: whole.parameters[0].spec.count)
    for volume in 0..<2 {
      func half(_ tensor: TensorBuffer) -> [Float] {
        let count = tensor.spec.count / 2
        return Array(tensor.floats[volume * count..<(volume + 1) * count])
      }
      let one = try runner("cnn.conv3d", attributes, TensorBuffer(half(both), shape: [1, 8, 24, 24, 40]))
      try one.forward()
      expectClose(one.outputs[0].floats, half(whole.outputs[0]), tolerance: 2e-6, "y")
      let its = try one.backward([TensorBuffer(half(dy), shape: one.outputs[0].spec.shape)])
      expectClose(try #require(its.inputs[0]).floats, half(try #require(gradients.inputs[0])), tolerance: 2e-6, "dx")
      for (i, part) in try #require(its.parameters[0]).floats.enumerated() { sum[i] += part }
    }
    expectClose(sum, try #require(gradients.parameters[0]).floats, tolerance: 5e-6, "dweight")
  }

  @Test("NaN and infinity go through every pooling")
  func unusual() throws {
    let x = TensorBuffer([1, .nan, 2, .infinity, 3, 4, -.infinity, 5, 6], shape: [3, 3, 1])
    func pooled(_ name: String, _ attributes: String) throws -> [Float] {
      let runner = try runner(name, attributes, x)
      try runner.forward()
      return runner.outputs[0].floats
    }
    let least = try pooled("cnn.min_pool1d", #"{"size": 3}"#)
    #expect(least[0].isNaN && least[1] == 3 && least[2] == -.infinity)
    let most = try pooled("cnn.adaptive_max_pool1d", #"{"size": 2}"#)
    #expect(most[0].isNaN && most[1].isNaN && most[2] == .infinity && most[3] == 4 && most[4] == 5 && most[5] == 6)
    let mean = try pooled("cnn.adaptive_average_pool1d", #"{"size": 2}"#)
    #expect(mean[0].isNaN && mean[1].isNaN && mean[2] == .infinity && mean[3] == 3.5 && mean[4] == -.infinity && mean[5] == 5.5)
    #expect(try pooled("cnn.softmax_pool1d", #"{"size": 3}"#)[0].isNaN)
  }

  @Test("softmax pooling lies between average pooling, with a beta of 0, and max and min pooling, with large ones")
  func softmaxPooling() throws {
    let x = numbers([2, 9, 7, 5], 3)
    func pooled(_ name: String, _ attributes: String) throws -> [Float] {
      let runner = try runner(name, #"{"size": 3, "stride": 2, "padding": 1\#(attributes)}"#, x)
      try runner.forward()
      return runner.outputs[0].floats
    }
    expectClose(try pooled("cnn.softmax_pool2d", #", "beta": 0"#), try pooled("cnn.average_pool2d", ""), tolerance: 1e-6, "beta 0")
    expectClose(try pooled("cnn.softmax_pool2d", #", "beta": 1e6"#), try pooled("cnn.max_pool2d", ""), tolerance: 1e-6, "a large beta")
    expectClose(try pooled("cnn.softmax_pool2d", #", "beta": -1e6"#), try pooled("cnn.min_pool2d", ""), tolerance: 1e-6, "a negative beta")
  }
}
