import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// What the fixtures do not show of gnn.graph_convolution: edges that cannot be, weights that cancel, shapes that do not fit.
@Suite struct GraphConvolutionTests {
  private func literals(_ attributes: String, _ kind: KindInfo) throws -> [AttributeLiteral] {
    try kind.literals(try #require(try JSONDocument(Array(attributes.utf8), file: "attributes").root.object))
  }

  private func indices(_ values: [Int64], _ dtype: DType = .i64) -> TensorBuffer {
    let tensor = TensorBuffer(Spec([2, values.count / 2], dtype))
    for (i, value) in values.enumerated() {
      if dtype == .i64 {
        tensor.bytes.storeBytes(of: value, toByteOffset: 8 * i, as: Int64.self)
      } else {
        tensor.bytes.storeBytes(of: Int32(truncatingIfNeeded: value), toByteOffset: 4 * i, as: Int32.self)
      }
    }
    return tensor
  }

  /// A layer whose weight is the identity: y is the average alone.
  private func average(
    _ x: [Float], _ edges: [Int64], weights: [Float]? = nil, dtype: DType = .i64, attributes: String = #"{"units": 1, "bias": false}"#
  ) throws -> KindRunner {
    let kind = try Repository.kind("gnn.graph_convolution")
    let inputs = [
      TensorBuffer(x, shape: [x.count, 1]), indices(edges, dtype), weights.map { TensorBuffer($0, shape: [$0.count]) },
    ]
    let runner = try KindRunner(kind, literals(attributes, kind), inputs: inputs, training: true)
    try runner.set("lin.weight", TensorBuffer([1], shape: [1, 1]))
    return runner
  }

  // With the loops that are added the degrees are 1, 3 and 2: node 1 gets 1 / sqrt(1 * 3) of node 0, 1 / 3 of itself and
  // 1 / sqrt(2 * 3) of node 2; node 2 gets 1 / sqrt(3 * 2) of node 1 and 1 / 2 of itself.
  @Test("a node gets its neighbours' features over the roots of the degrees", arguments: [DType.i32, .i64])
  func byHand(_ dtype: DType) throws {
    let runner = try average([1, 10, 100], [0, 1, 2, 1, 2, 1], dtype: dtype)
    try runner.forward()
    expectClose(runner.outputs[0].floats, [1, 0.57735027 + 3.3333333 + 40.824829, 4.0824829 + 50], "y")
  }

  // Node 1's two edges weigh 1 and -1: its degree is 0, so is its root, and nothing comes to it or from it. Node 2's one weighs -3.
  @Test("a degree of 0 passes nothing on, and no gradient; one below 0 has no root")
  func degenerateDegrees() throws {
    let attributes = #"{"units": 1, "bias": false, "self_loops": false}"#
    let runner = try average([1, 10, 100, 5], [0, 3, 1, 0, 1, 1, 0, 2], weights: [1, -1, 2, -3], attributes: attributes)
    try runner.forward()
    let y = runner.outputs[0].floats
    #expect(y[0] == 0 && y[1] == 0 && y[2].isNaN && y[3] == 0)
    let gradients = try runner.backward([TensorBuffer([1, 1, 0, 1], shape: [4, 1])])
    #expect(try Array(#require(gradients.inputs[2]).floats[0..<2]) == [0, 0])
  }

  // As PyTorch Geometric: of the three loops at node 0 the last weighs, 4. The one edge besides weighs 5, so the degree is 9.
  // y = 4 x0 / 9 + 5 x1 / sqrt(9 * 1), whose derivative by the loop's weight a is, at a + 5 = 9,
  // x0 (1 / 9 - 4 / 81) - x1 5 / (2 * 27).
  @Test("of several edges from a node to itself the last counts, and gets the gradient")
  func severalLoops() throws {
    let runner = try average([2, 3], [0, 0, 1, 0, 0, 0, 0, 0], weights: [7, 1, 5, 4])
    try runner.forward()
    expectClose(runner.outputs[0].floats, [8.0 / 9 + 5, 3], "y")
    let gradients = try runner.backward([TensorBuffer([1, 0], shape: [2, 1])])
    let slope: Float = 2 * (1.0 / 9 - 4.0 / 81) - 3 * 5.0 / 54
    expectClose(try #require(gradients.inputs[2]).floats, [0, 0, 2 * -4.0 / 81 + 3 * (1.0 / 3 - 5.0 / 54), slope], "edge_weight")
  }

  @Test(
    "an edge whose end is no node is named",
    arguments: [
      ([0, 1, 2, 3, 1, 0], "edge 2 comes from node 2, but the 2 nodes are 0 to 1"),
      ([0, 1, 0, -1, 1, 5], "edge 0 leads to node -1, but the 2 nodes are 0 to 1"),
      ([0, 1, 1, 0, 1, 2], "edge 2 leads to node 2, but the 2 nodes are 0 to 1"),
    ] as [([Int64], String)])
  func noNode(_ edges: [Int64], _ words: String) throws {
    for dtype in [DType.i32, .i64] {
      let runner = try average([1, 2], edges, dtype: dtype)
      let failure = #expect(throws: LayerFailure.self) { try runner.forward() }
      #expect(failure?.words == words)
    }
  }

  @Test("an index that fits only 64 bits is no node of that number modulo 2^32")
  func wideIndex() throws {
    let runner = try average([1, 2], [0, 1 << 32, 1, 1])
    let failure = #expect(throws: LayerFailure.self) { try runner.forward() }
    #expect(failure?.words == "edge 1 comes from node 4294967296, but the 2 nodes are 0 to 1")
  }

  static let shapeCases: [(String, [Spec?], String)] = [
    (#"{"units": 2}"#, [Spec([3]), Spec([2, 5], .i64)], "x must have rank 2, but its shape is [3]"),
    (#"{"units": 2}"#, [Spec([3, 4], .i64), Spec([2, 5], .i64)], "x must be f32, but it is i64 [3, 4]"),
    (#"{"units": 2}"#, [Spec([0, 4]), Spec([2, 5], .i64)], "x must not be empty, but its shape is [0, 4]"),
    (#"{"units": 2}"#, [Spec([3, 4]), Spec([2, 5])], "edges must be i32 or i64, but it is [2, 5]"),
    (#"{"units": 2}"#, [Spec([3, 4]), Spec([5, 2], .i64)], "edges must have the shape [2, E], but theirs is [5, 2]"),
    (#"{"units": 2}"#, [Spec([3, 4]), Spec([2], .i32)], "edges must have the shape [2, E], but theirs is [2]"),
    (
      #"{"units": 2}"#, [Spec([3, 4]), Spec([2, 5], .i64), Spec([5, 1])],
      "edge_weight for edges of [2, 5] must have the shape [5], but its shape is [5, 1]"
    ),
    (#"{"units": 2}"#, [Spec([3, 4]), Spec([2, 5], .i64), Spec([5], .i64)], "edge_weight must be f32, but it is i64 [5]"),
    (
      #"{"units": 1000000000}"#, [Spec([3, 4096]), Spec([2, 5], .i64)],
      "a weight of 4096 x 1000000000 elements is too large"
    ),
    (#"{"units": 1000000000}"#, [Spec([4096, 3]), Spec([2, 5], .i64)], "a y of 4096 x 1000000000 elements is too large"),
    (
      #"{"units": 1}"#, [Spec([1 << 31, 1]), Spec([2, 5], .i64)],
      "a graph must have fewer than 2^31 nodes and edges, but it has 2147483648 and 5"
    ),
  ]

  @Test("a layer that cannot be says why", arguments: shapeCases)
  func planning(_ attributes: String, _ inputs: [Spec?], _ words: String) throws {
    let kind = try Repository.kind("gnn.graph_convolution")
    let attributes = try literals(attributes, kind)
    let padded = inputs + [Spec?](repeating: nil, count: 3 - inputs.count)
    let failure = #expect(throws: LayerFailure.self) {
      try LayerInstance(kind: kind, attributes: attributes, path: "layer", inputs: padded, training: true, run: Run())
    }
    #expect(failure?.words == words)
  }

  @Test("without a gradient of y every gradient is 0")
  func zeroGradient() throws {
    let runner = try average([1, 2], [0, 1, 1, 1], weights: [1, 2])
    try runner.forward()
    let gradients = try runner.backward([nil])
    for gradient in gradients.inputs + gradients.parameters {
      if let gradient { #expect(gradient.floats.allSatisfy { $0 == 0 }) }
    }
  }
}
