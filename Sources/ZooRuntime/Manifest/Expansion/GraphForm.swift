import ZooFormats

/// One of a manifest's graphs as it is written: before any node of it is expanded, so that any graph can call any other.
struct GraphForm {
  /// The keys of a graph under `graphs`; the manifest has the same ones for its default graph.
  static let keys = ["about", "inputs", "graph", "outputs", "carry", "runs"]
  /// What the default graph is called.
  static let main = "main"

  let name: String
  let about: String
  /// The section that it stands in: the manifest itself for the default graph.
  let fields: Fields
  let inputs: [GraphInput]
  let items: [JSON]
  /// What the manifest says comes out; empty: the last node.
  let outputs: [OutputForm]

  /// The graphs of a manifest, the default one first.
  static func list(_ manifest: Fields, _ ports: PortReader) throws(ManifestError) -> [GraphForm] {
    var forms: [GraphForm] = []
    let others = try manifest.members("graphs")
    // Without a graph of its own, the manifest has no other keys of one.
    if others.isEmpty || ["inputs", "graph", "outputs", "carry", "runs"].contains(where: { manifest.raw($0) != nil }) {
      forms.append(try GraphForm(main, about: "", manifest, ports))
    }
    for member in others {
      if !forms.isEmpty, member.name == main {
        let first = manifest.raw("graph").map(manifest.evaluate.document.place)
        throw ManifestError(.duplicateName(main, first: first), at: manifest.evaluate.document.place(of: member))
      }
      let fields = try Fields(member.value, of: .graph(member.name), keys: keys, manifest.evaluate)
      forms.append(try GraphForm(member.name, about: try fields.text("about") ?? "", fields, ports))
    }
    return forms
  }

  private init(_ name: String, about: String, _ fields: Fields, _ ports: PortReader) throws(ManifestError) {
    (self.name, self.about, self.fields) = (name, about, fields)
    inputs = try ports.inputs(fields)
    items = try fields.require("graph", try fields.list("graph"), about: "the nodes, in a list")
    outputs = try ports.outputs(fields)
  }

  /// What is carried from one run to the next, and how many runs belong together.
  func carried(_ outputs: [GraphOutput]) throws(ManifestError) -> (values: [CarriedValue], runs: Int) {
    let owner = ManifestError.Owner.key("carry", of: fields.owner)
    var values: [CarriedValue] = []
    for member in try fields.members("carry") {
      guard let input = inputs.firstIndex(where: { $0.name == member.name }) else {
        throw ManifestError(
          .unknownPort(member.name, isInput: true, of: owner, known: inputs.map(\.name)),
          at: fields.evaluate.document.place(of: member))
      }
      let value = try fields.evaluate(member.value)
      guard let name = value.string else {
        throw fields.error(.wrongType(.key(member.name, of: owner), wanted: .text, got: value.shown), at: value)
      }
      guard let output = outputs.firstIndex(where: { $0.name == name }) else {
        throw fields.error(.unknownPort(name, isInput: false, of: owner, known: outputs.map(\.name)), at: value)
      }
      // What nodes put out is known only when they are planned.
      if case .input(let source) = outputs[output].source, !inputs[source].canBecome(inputs[input]) {
        throw fields.error(
          .carryMisfit(input: inputs[input].name, wants: inputs[input].form, output: name, is: inputs[source].form), at: value)
      }
      values.append(CarriedValue(input: input, output: output))
    }
    let runs = try fields.integer("runs", in: 1...Int(Int32.max)) ?? 1
    guard runs == 1 || !values.isEmpty else { throw fields.error(.runsWithoutCarry(fields.owner), at: fields.raw("runs")) }
    return (values, runs)
  }
}

/// An output as a manifest writes it: what it is has not been looked up.
struct OutputForm {
  let name: String
  let from: JSON
  let codec: CodecChoice?
  let about: String

  /// What it takes, seen from the graph's own block.
  func reference(from block: Block) -> Reference {
    Reference(name: from.string ?? "", block: block, owner: .output(name), json: from)
  }
}

extension GraphInput {
  /// Its type and shape, as messages show them.
  fileprivate var form: String { "\(dtype) [\(shape.map(\.description).joined(separator: ", "))]" }

  /// Whether a tensor that fits this one may fit `other`.
  fileprivate func canBecome(_ other: GraphInput) -> Bool {
    guard dtype == other.dtype, shape.count == other.shape.count else { return false }
    return zip(shape, other.shape).allSatisfy { mine, wanted in
      if case (.fixed(let a), .fixed(let b)) = (mine, wanted) { a == b } else { true }
    }
  }
}
