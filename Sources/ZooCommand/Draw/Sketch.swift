import ZooRuntime

/// Where a value in a sketch comes from.
enum DrawnValue: Hashable {
  /// Input `index` of the graph that is inside another.
  case outside(Int)
  /// Output `output` of a leaf.
  case leaf(Int, output: Int)
}

/// A value that something takes.
struct Link: Hashable {
  var value: DrawnValue
  /// Whether it comes from each of the repetitions that its leaf stands for, not only from the last one.
  var isEach = false
}

/// What becomes one box: a layer, an input or an output of a graph.
struct Leaf {
  /// What it is.
  enum Role: String {
    case input, output, layer
  }

  let role: Role
  let path: String
  /// The path of the last one that it stands for.
  var lastPath: String
  /// Of a layer, its kind; of others, their type.
  let kind: String
  let shapes: [String]
  let parameters: Int
  let isShared: Bool
  /// What its outputs are called.
  let outputs: [String]
  /// What it takes, in the order of its kind's inputs; nil: an optional one left out.
  var inputs: [Link?]
  /// The graphs inside a loop or condition.
  let control: ControlSketch?
  /// The same for two leaves that differ only in their names and in what they take.
  let signature: String

  /// How many numbers it has that no layer before it has.
  var ownParameters: Int { isShared ? 0 : parameters }
}

/// The graphs inside a loop or condition.
struct ControlSketch {
  /// In words: `loop × 100`.
  let note: String
  let isLoop: Bool
  let bodies: [(title: String, sketch: Sketch)]
  /// The names of what the bodies take, and of what comes out.
  let inputs: [String]
  let outputs: [String]
}

/// A part of a sketch: a leaf, or leaves that stand in a frame.
indirect enum Part {
  case leaf(Int)
  case group(Group)
}

/// Parts in a frame: a block of the manifest, or one that is repeated.
struct Group {
  /// What the paths inside begin with, of the first and of the last that it stands for.
  var path: String
  var lastPath: String
  var parts: [Part]
  /// How many there are of it.
  var times = 1
  /// Of all of them.
  var parameters: Int
  /// Whether it exists only because it is repeated, and has no name of its own.
  var isBare = false
}

/// A graph as it is drawn, before anything has a place: its leaves, who takes what from whom, and how they are grouped.
struct Sketch {
  var leaves: [Leaf]
  var parts: [Part]
  /// What comes out of a graph inside another.
  var results: [Link]
  /// What one repetition of something hands to the next.
  var handed: Set<DrawnValue> = []

  /// One of a model's graphs, with repeats folded.
  init(_ report: ModelReport) {
    let graph = report.entry.graph
    var rows = report.shapes.rows[...]
    self.init(layersOf: graph, &rows, offset: graph.inputs.count)
    let inputs = graph.inputs.map { input in
      Leaf(.input, input.name, kind: "\(input.dtype)", shapes: [input.shapeText], inputs: [])
    }
    let outputs = zip(graph.outputs, results).enumerated().map { o, output in
      Leaf(
        .output, output.0.name, kind: "\(report.summary.outputs[o].dtype)", shapes: [report.shapes.text(ofOutput: o)], inputs: [output.1])
    }
    leaves = inputs + leaves + outputs
    results = []
    for i in leaves.indices {
      leaves[i].inputs = leaves[i].inputs.map { link in
        guard case .outside(let input)? = link?.value else { return link }
        return Link(value: .leaf(input, output: 0))
      }
    }
    parts = Grouping.parts(of: leaves, inside: "")
    Folding.fold(&self)
  }

  /// A graph inside another; `rows` begins with its layers, which are taken from it.
  init(bodyOf graph: Graph, inside path: String, index: Int?, _ rows: inout ArraySlice<BatchShapes.Row>) {
    self.init(layersOf: graph, &rows, offset: 0)
    if let index {
      let leaf = Leaf(.input, graph.inputs[index].name, kind: "i64", shapes: ["[]"], inputs: [])
      let value = DrawnValue.leaf(leaves.count, output: 0)
      for i in leaves.indices {
        leaves[i].inputs = leaves[i].inputs.map { $0?.value == .outside(index) ? Link(value: value) : $0 }
      }
      results = results.map { $0.value == .outside(index) ? Link(value: value) : $0 }
      leaves.append(leaf)
    }
    parts = Grouping.parts(of: leaves, inside: path)
    Folding.fold(&self)
  }

  /// The layers that `rows` has; those that nothing needs are not among them.
  private init(layersOf graph: Graph, _ rows: inout ArraySlice<BatchShapes.Row>, offset: Int) {
    leaves = []
    var places: [Int: Int] = [:]
    func link(_ source: Source) -> Link? {
      switch source {
      case .input(let i): Link(value: .outside(i))
      case .node(let n, let output): places[n].map { Link(value: .leaf($0, output: output)) }
      }
    }
    func name(_ source: Source?) -> String {
      switch source {
      case nil: return ""
      case .input(let i): return graph.inputs[i].name
      case .node(let n, let output):
        let (path, names) = (graph.nodes[n].path, graph.nodes[n].kind.outputs.map(\.name))
        return names.count < 2 ? path : "\(path).\(output < names.count ? names[output] : "\(output)")"
      }
    }
    for (n, node) in graph.nodes.enumerated() {
      guard let row = rows.first, row.layer.path == node.path else { continue }
      rows.removeFirst()
      places[n] = offset + leaves.count
      leaves.append(Leaf(node, row, inputs: node.inputs.map { $0.flatMap(link) }, names: node.inputs.map(name)))
    }
    parts = []
    results = graph.outputs.compactMap { link($0.source) }
  }
}

extension Leaf {
  fileprivate init(_ role: Role, _ name: String, kind: String, shapes: [String], inputs: [Link?]) {
    (self.role, path, lastPath, self.kind, self.shapes, self.inputs) = (role, name, name, kind, shapes, inputs)
    (parameters, isShared, outputs, control) = (0, false, [], nil)
    signature = "\(role) \(kind) \(shapes)"
  }

  fileprivate init(_ node: Node, _ row: BatchShapes.Row, inputs: [Link?], names: [String]) {
    (role, path, lastPath, kind, shapes, self.inputs) = (.layer, node.path, node.path, node.kind.name, row.outputs, inputs)
    (parameters, isShared) = (row.layer.parameterCount, row.layer.isShared)
    outputs = node.kind.outputs.map(\.name)
    control = node.control.map { ControlSketch($0, node, row, names: names) }
    let inside = control.map { control in "\(control.note) \(control.bodies.map(\.sketch.signature))" }
    signature = "\(kind) \(node.attributes) \(shapes) \(parameters) \(inside ?? "")"
  }
}

extension Sketch {
  /// The same for two graphs that differ only in their names.
  fileprivate var signature: String { "\(leaves.map { "\($0.signature) \($0.inputs)" }) \(results)" }
}

extension ControlSketch {
  fileprivate init(_ control: Control, _ node: Node, _ row: BatchShapes.Row, names: [String]) {
    var rows = row.inside[...]
    outputs = node.kind.outputs.map(\.name)
    switch control {
    case .loop(let loop):
      let index = loop.hasIndex ? loop.body.inputs.count - 1 : nil
      let times = loop.times.map { " × \(Quantity.count($0))" } ?? " over \(loop.body.inputs[loop.carried].name)"
      note = "loop\(times)\(loop.isReversed ? ", counting down" : "")"
      isLoop = true
      bodies = [("", Sketch(bodyOf: loop.body, inside: node.path, index: index, &rows))]
      let own = loop.carried + loop.sequences.count
      inputs = loop.body.inputs[..<own].map(\.name) + names.dropFirst(own)
    case .conditional(let conditional):
      note = "cond"
      isLoop = false
      let then = Sketch(bodyOf: conditional.then, inside: node.path + ".then", index: nil, &rows)
      bodies = [("then", then), ("else", Sketch(bodyOf: conditional.otherwise, inside: node.path + ".else", index: nil, &rows))]
      inputs = ["condition"] + names.dropFirst()
    }
  }
}
