import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// What inference folds into the last store of the layer before: how many calls are left, and that their results are those of all layers.
@Suite struct FoldingTests {
  /// A graph over images [2, 6, 6, 3], and the paths of the calls that are left of it, each with what was folded into it.
  struct Example: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let nodes: String
    let calls: [String]
    var shape = [2, 6, 6, 3]
    /// Of the largest magnitude.
    var tolerance: Float = 1e-6

    init(_ words: String, _ nodes: String, _ calls: [String], shape: [Int] = [2, 6, 6, 3], tolerance: Float = 1e-6) {
      (testDescription, self.nodes, self.calls, self.shape, self.tolerance) = (words, nodes, calls, shape, tolerance)
    }
  }

  private static func conv(_ name: String, _ channels: Int = 3, kernel: Int = 3, in input: String? = nil, _ rest: String = "") -> String {
    let source = input.map { ", \"in\": \"\($0)\"" } ?? ""
    return """
      {"layer": "cnn.conv2d", "name": "\(name)", "channels": \(channels), "kernel": \(kernel), "padding": "same"\(rest)\(source)}
      """
  }

  private static func layer(_ kind: String, _ name: String, in inputs: String? = nil) -> String {
    "{\"layer\": \"core.\(kind)\", \"name\": \"\(name)\"\(inputs.map { ", \"in\": \($0)" } ?? "")}"
  }

  private static func pad(_ name: String, _ amounts: String) -> String {
    "{\"layer\": \"core.pad\", \"name\": \"\(name)\", \"amounts\": \(amounts)}"
  }

  private static func dense(_ name: String, _ units: Int, in input: String, _ bias: String = "true") -> String {
    "{\"layer\": \"core.dense\", \"name\": \"\(name)\", \"units\": \(units), \"bias\": \(bias), \"in\": \"\(input)\"}"
  }

  static let examples: [Example] = [
    Example(
      "normalisation and activation", [conv("c"), layer("batch_norm", "n"), layer("relu", "y")].joined(separator: ","), ["c + n + y"]),
    Example(
      "a dense layer's",
      [layer("flatten", "f"), "{\"layer\": \"core.dense\", \"name\": \"d\", \"units\": 5}", layer("batch_norm", "n"), layer("tanh", "y")]
        .joined(separator: ","),
      ["f", "d + n + y"]),
    Example(
      "a residual block",
      [
        conv("a"), layer("batch_norm", "na"), layer("relu", "ra"), conv("b"), layer("batch_norm", "nb"),
        layer("add", "s", in: "[\"x\", \"nb\"]"), layer("relu", "y"),
      ].joined(separator: ","), ["a + na + ra", "b + nb + s + y"]),
    Example(
      "a residual block whose shortcut comes last",
      [
        conv("a", 4), layer("batch_norm", "na"), conv("p", 4, kernel: 1, in: "x"), layer("batch_norm", "np"),
        layer("add", "s", in: "[\"na\", \"np\"]"), layer("relu", "y"),
      ].joined(separator: ","), ["a + na", "p + np + s + y"]),
    Example(
      "an addend that is read again",
      [conv("a"), conv("b", in: "a"), layer("add", "s", in: "[\"b\", \"a\"]"), layer("multiply", "y", in: "[\"s\", \"a\"]")]
        .joined(separator: ","), ["a", "b + s", "y"]),
    Example(
      "an addend that is also the input", [conv("a"), layer("add", "y", in: "[\"x\", \"a\"]")].joined(separator: ","), ["a + y"]),
    Example("twice the same", [conv("a"), layer("add", "y", in: "[\"a\", \"a\"]")].joined(separator: ","), ["a", "y"]),
    Example(
      "normalisation after the activation", [conv("c"), layer("relu", "r"), layer("batch_norm", "y")].joined(separator: ","),
      ["c + r", "y"]),
    Example(
      "normalisation after the sum",
      [conv("a"), layer("add", "s", in: "[\"x\", \"a\"]"), layer("batch_norm", "y")].joined(separator: ","), ["a + s", "y"]),
    Example(
      "a value with two readers",
      [conv("c"), layer("batch_norm", "n"), layer("add", "y", in: "[\"n\", \"c\"]")].joined(separator: ","), ["c", "n", "y"]),
    Example(
      "a sum that broadcasts",
      [conv("a", 1), layer("add", "y", in: "[\"x\", \"a\"]")].joined(separator: ","), ["a", "y"]),
    Example(
      "a depthwise convolution, which adds nothing",
      [
        conv("a", 3, in: "x", ", \"groups\": 3"), layer("batch_norm", "n"), layer("add", "s", in: "[\"x\", \"n\"]"), layer("silu", "y"),
      ].joined(separator: ","), ["a + n", "s", "y"]),
    Example(
      "zeros around an image",
      [pad("p", "[0, 0, 1, 2, 0, 3, 0, 0]"), conv("c", 4, in: nil, ", \"stride\": 2"), layer("relu", "y")].joined(separator: ","),
      ["c + p + y"]),
    Example(
      "zeros around an image that others read",
      [pad("p", "[0, 0, 1, 1, 1, 1, 0, 0]"), conv("c"), layer("add", "y", in: "[\"p\", \"c\"]")].joined(separator: ","),
      ["p", "c + y"]),
    Example("channels of zeros", [pad("p", "[0, 0, 1, 1, 1, 1, 0, 2]"), conv("y")].joined(separator: ","), ["p", "y"]),
    Example(
      "parts of an image's channels",
      [
        conv("a", 5, in: "x"), layer("relu", "ra"), conv("b", 16, kernel: 1, in: "x"), layer("tanh", "tb"),
        conv("c", 2, kernel: 5, in: "x"),
        layer("concat", "y", in: "[\"ra\", \"tb\", \"c\", \"x\"]"),
      ].joined(separator: ","), ["a + ra + b + tb + c", "y"]),
    Example(
      "parts that are read elsewhere, or twice",
      [
        conv("a", 4, in: "x"), conv("b", 4, in: "a"), layer("concat", "s", in: "[\"a\", \"b\", \"b\"]"), layer("relu", "y"),
      ].joined(separator: ","), ["a", "b", "s", "y"]),
    Example(
      "parts of a batch, which lie one behind the other",
      [
        conv("a", 4, in: "x"), layer("abs", "b", in: "\"x\""), conv("c", 4, in: "b"),
        "{\"layer\": \"core.concat\", \"name\": \"y\", \"axis\": 0, \"in\": [\"a\", \"c\"]}",
      ].joined(separator: ","), ["a", "b", "c", "y"]),
    Example(
      "projections",
      [
        layer("flatten", "f"), dense("q", 7, in: "f"), dense("k", 48, in: "f", "false"), layer("tanh", "tk"), dense("v", 5, in: "f"),
        layer("concat", "y", in: "[\"q\", \"tk\", \"v\"]"),
      ].joined(separator: ","), ["f", "q + k + tk + v", "y"]),
    Example(
      "projections with normalisation",
      [
        layer("flatten", "f"), dense("q", 7, in: "f"), layer("batch_norm", "nq"), dense("k", 9, in: "f", "false"),
        layer("batch_norm", "nk"), dense("v", 5, in: "f"), layer("concat", "y", in: "[\"nk\", \"v\", \"nq\"]"),
      ].joined(separator: ","), ["f", "q + nq + k + nk", "v", "y"]),
    Example(
      "large convolutions",
      [
        conv("a", 32), layer("batch_norm", "na"), layer("relu", "ra"), conv("b", 32), layer("batch_norm", "nb"),
        layer("add", "s", in: "[\"x\", \"nb\"]"), layer("relu", "y"),
      ].joined(separator: ","), ["a + na + ra", "b + nb + s + y"], shape: [2, 28, 28, 32]),
    Example(
      "products with a residual sum",
      [
        conv("a", 64, kernel: 1), layer("relu", "ra"), conv("b", 32, kernel: 1), layer("batch_norm", "nb"),
        layer("add", "s", in: "[\"x\", \"nb\"]"), layer("relu", "y"),
      ].joined(separator: ","), ["a + ra", "b + nb + s + y"], shape: [2, 28, 28, 32]),
    Example(
      "large convolutions side by side",
      [
        conv("a", 64), layer("batch_norm", "na"), layer("relu", "ra"), conv("b", 64, in: "x"), layer("relu", "rb"),
        layer("concat", "y", in: "[\"rb\", \"ra\"]"),
      ].joined(separator: ","), ["a + na + ra", "b + rb", "y"], shape: [2, 28, 28, 32], tolerance: 2e-6),
    Example(
      "large windows side by side, some of which cannot write where they belong in bf16",
      [
        conv("a", 64, kernel: 5, in: "x"), layer("relu", "ra"), conv("b", 33, kernel: 5, in: "x"), conv("c", 31, kernel: 1, in: "x"),
        conv("d", 64, in: "x"), layer("concat", "s", in: "[\"ra\", \"b\", \"c\", \"d\"]"), conv("y", 8, kernel: 1),
      ].joined(separator: ","), ["a + ra + b + c + d", "s", "y"], shape: [2, 28, 28, 32], tolerance: 2e-6),
  ]

  private func session(_ example: Example, fuse: Bool, precision: Precision = Precision()) throws -> (Session, Program) {
    let shape = example.shape.map(String.init).joined(separator: ", ")
    let text = """
      {"zoo": 1, "name": "example", "inputs": {"x": {"shape": [\(shape)]}}, "graph": [\(example.nodes)],
       "outputs": {"y": "\(example.nodes.contains("\"y\"") ? "y" : "")"}}
      """
    let graph = try Manifest(contentsOf: Array(text.utf8), file: "example.json", folder: "/").expand(
      settings: [:], catalog: Repository.catalog
    ).graph
    let session = Session(graph, seed: 3, fuse: fuse, precision: precision)
    let program = try session.program([Spec(example.shape)])
    fill(session, start: 1)
    for i in 0..<program.inputs[0].floats.count { program.inputs[0].pointer.assumingMemoryBound(to: Float.self)[i] = number(i * 7 + 3) }
    return (session, program)
  }

  private func number(_ i: Int) -> Float { Float((i * 389) % 997 - 498) / 500 }

  private func fill(_ session: Session, start: Int) {
    for (index, entry) in session.store.entries.enumerated() {
      guard let pointer = entry.pointer?.assumingMemoryBound(to: Float.self) else { continue }
      for i in 0..<entry.spec.count {
        let value = number(start + index * 31 + i)
        pointer[i] = entry.path.hasSuffix("running_var") ? value * value + 0.25 : value
      }
    }
    session.store.touch()
  }

  @Test(arguments: examples) func callsAndResults(_ example: Example) throws {
    let ((separate, unfused), (folded, fused)) = (try session(example, fuse: false), try session(example, fuse: true))
    #expect(try fused.profile(repeats: 1).map { ([$0.layer] + $0.fused).joined(separator: " + ") } == example.calls)
    #expect(try unfused.profile(repeats: 1).allSatisfy { $0.fused.isEmpty })
    for start in [1, 100] {  // the second time, parameters have changed: they are folded in again
      fill(separate, start: start)
      fill(folded, start: start)
      try unfused.forward()
      try fused.forward()
      let (got, wanted) = (fused.copyOutput(0).floats, unfused.copyOutput(0).floats)
      let scale = wanted.reduce(0) { max($0, abs($1)) }
      let worst = zip(got, wanted).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(scale > 0.1)
      #expect(worst <= example.tolerance * scale, "\(worst / scale)")
    }
  }

  /// Rounded between the calls and no more: 8 bits, a few times.
  @Test("bf16 is folded too, and is near f32", arguments: examples.filter { $0.shape[3] == 32 }) func bf16(_ example: Example) throws {
    let (_, wanted) = try session(example, fuse: false)
    let (_, got) = try session(example, fuse: true, precision: Precision(activations: .bf16))
    #expect(try got.profile(repeats: 1).contains { !$0.fused.isEmpty })
    try wanted.forward()
    try got.forward()
    expectClose(got.copyOutput(0).floats, wanted.copyOutput(0).floats, tolerance: 0x1p-6, "y")
  }
}
