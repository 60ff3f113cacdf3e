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

    init(_ words: String, _ nodes: String, _ calls: [String], shape: [Int] = [2, 6, 6, 3]) {
      (testDescription, self.nodes, self.calls, self.shape) = (words, nodes, calls, shape)
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
      "convolutions of oneDNN",
      [
        conv("a", 32), layer("batch_norm", "na"), layer("relu", "ra"), conv("b", 32), layer("batch_norm", "nb"),
        layer("add", "s", in: "[\"x\", \"nb\"]"), layer("relu", "y"),
      ].joined(separator: ","), ["a + na + ra", "b + nb + s + y"], shape: [2, 28, 28, 32]),
  ]

  private func session(_ example: Example, fuse: Bool) throws -> (Session, Program) {
    let shape = example.shape.map(String.init).joined(separator: ", ")
    let text = """
      {"zoo": 1, "name": "example", "inputs": {"x": {"shape": [\(shape)]}}, "graph": [\(example.nodes)],
       "outputs": {"y": "\(example.nodes.contains("\"y\"") ? "y" : "")"}}
      """
    let graph = try Manifest(contentsOf: Array(text.utf8), file: "example.json", folder: "/").expand(
      settings: [:], catalog: Repository.catalog
    ).graph
    let session = Session(graph, seed: 3, fuse: fuse)
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
      #expect(worst <= 1e-6 * scale, "\(worst / scale)")
    }
  }
}
