import ZooFormats
import ZooRuntime
import ZooTypes

/// A few kinds and codecs that no family has, so that manifests can be read without one.
struct FakeCatalog: KindCatalog {
  static let kinds: [KindInfo] = [
    KindInfo(
      name: "core.dense",
      attributes: [
        AttributeInfo("units", .integer, required: true, in: 1...1_000_000, about: "the width of the output"),
        AttributeInfo("bias", .boolean, default: .boolean(true), about: "whether a bias is added"),
      ], inputs: [PortInfo("x")], outputs: [PortInfo("y")]),
    KindInfo(name: "core.tanh", inputs: [PortInfo("x")], outputs: [PortInfo("y")]),
    KindInfo(name: "core.flatten", inputs: [PortInfo("x")], outputs: [PortInfo("y")]),
    KindInfo(name: "core.add", inputs: [PortInfo("a"), PortInfo("b", about: "the second summand")], outputs: [PortInfo("sum")]),
    KindInfo(
      name: "core.concat", attributes: [AttributeInfo("axis", .integer, default: .integer(-1))],
      inputs: [PortInfo("parts", variadic: true)], outputs: [PortInfo("whole")]),
    KindInfo(name: "core.split", inputs: [PortInfo("x")], outputs: [PortInfo("parts", variadic: true)]),
    KindInfo(
      name: "core.attention", inputs: [PortInfo("query"), PortInfo("key"), PortInfo("mask", optional: true)],
      outputs: [PortInfo("y"), PortInfo("weights")]),
    KindInfo(name: "core.mix", inputs: [PortInfo("x"), PortInfo("others", variadic: true)], outputs: [PortInfo("y")]),
    KindInfo(name: "core.noise", inputs: [], outputs: [PortInfo("y")]),
    KindInfo(name: "core.watch", inputs: [PortInfo("x")], outputs: []),
    KindInfo(
      name: "core.cross_entropy", inputs: [PortInfo("logits"), PortInfo("target", differentiable: false)], outputs: [PortInfo("loss")]),
    KindInfo(
      name: "core.accuracy", inputs: [PortInfo("logits"), PortInfo("target", differentiable: false)], outputs: [PortInfo("accuracy")]),
    KindInfo(
      name: "core.adam",
      attributes: [
        AttributeInfo("beta1", .real, default: .real(0.9), in: 0...1), AttributeInfo("beta2", .real, default: .real(0.999), in: 0...1),
      ], inputs: [PortInfo("parameter"), PortInfo("gradient")], outputs: [PortInfo("parameter")], isUpdate: true),
    KindInfo(
      name: "core.cosine", attributes: [AttributeInfo("floor", .real, default: .real(0), in: 0...1)],
      inputs: [PortInfo("step"), PortInfo("steps")], outputs: [PortInfo("factor")]),
    KindInfo(
      name: "core.every",
      attributes: [
        AttributeInfo("flag", .boolean, default: .boolean(false)), AttributeInfo("count", .integer, default: .integer(1), in: 0...9),
        AttributeInfo("ratio", .real, default: .real(0.5), in: 0...(.greatestFiniteMagnitude)),
        AttributeInfo("mode", .text, default: .text("mean"), choices: ["mean", "sum", "none"]), AttributeInfo("title", .text),
        AttributeInfo("sizes", .integers, default: .integers([1]), in: 1...64),
        AttributeInfo("padding", .integers, default: .text("valid"), choices: ["same", "valid"], in: 0...64),
        AttributeInfo("scales", .reals), AttributeInfo("below", .real, in: (-.greatestFiniteMagnitude)...1),
      ], inputs: [PortInfo("x")], outputs: [PortInfo("y")]),
    KindInfo(
      name: "cnn.conv2d",
      attributes: [
        AttributeInfo("channels", .integer, required: true, in: 1...65_536),
        AttributeInfo("kernel", .integers, required: true, in: 1...1_024),
        AttributeInfo("padding", .integers, default: .text("valid"), choices: ["same", "valid"], in: 0...1_024),
      ], inputs: [PortInfo("x")], outputs: [PortInfo("y")]),
    KindInfo(
      name: "cnn.average_pool2d", attributes: [AttributeInfo("size", .integers, required: true)], inputs: [PortInfo("x")],
      outputs: [PortInfo("y")]),
    KindInfo(
      name: "norm.rms", attributes: [AttributeInfo("epsilon", .real, default: .real(1e-6), in: 0...1)], inputs: [PortInfo("x")],
      outputs: [PortInfo("y")]),
  ]

  static let codecs: [CodecInfo] = [
    CodecInfo(name: "image", extensions: ["png"], attributes: [AttributeInfo("channels", .integer, default: .integer(3), in: 1...4)]),
    CodecInfo(
      name: "labels",
      attributes: [
        AttributeInfo("top", .integer, default: .integer(1)), AttributeInfo("logits", .boolean, default: .boolean(false)),
        AttributeInfo("names", .text),
      ], reads: false),
    CodecInfo(name: "edges", writes: false),
  ]

  func kind(_ name: String) -> KindInfo? { Self.kinds.first { $0.name == name } }
  func codec(_ name: String) -> CodecInfo? { Self.codecs.first { $0.name == name } }
  var kindNames: [String] { Self.kinds.map(\.name).sorted() }
  var codecNames: [String] { Self.codecs.map(\.name).sorted() }
}

/// Reads and expands a manifest, named `m.json` in messages.
func expand(_ text: String, settings: [String: JSON] = [:], includesTraining: Bool = true) throws(ManifestError) -> Model {
  try Manifest(contentsOf: Array(text.utf8), file: "m.json", folder: ".")
    .expand(settings: settings, catalog: FakeCatalog(), includesTraining: includesTraining)
}

/// A manifest with one input `x` and the given list of nodes, which begins at line 3.
func manifest(_ graph: String, _ others: String = "") -> String {
  """
  { "zoo": 1,\(others)
    "inputs": { "x": { "shape": ["N", 4] } }, "graph": [
  \(graph)
  ] }
  """
}

extension Graph {
  /// Every node on a line: `path: kind(what it takes) @ where its parameters are`.
  var listing: [String] {
    func name(_ source: Source?) -> String {
      switch source {
      case .input(let index): inputs[index].name
      case .node(let index, let output): nodes[index].path + (output == 0 ? "" : "#\(output)")
      case nil: "-"
      }
    }
    return nodes.map { node in
      let shared = node.parameterPath == node.path ? "" : " @ \(node.parameterPath)"
      return "\(node.path): \(node.kind.name)(\(node.inputs.map(name).joined(separator: ", ")))\(shared)"
    }
  }
}
