import ZooRuntime
import ZooTypes

/// Shapes in which the axis that counts examples has its name instead of a number: `[N, 28, 28, 6]`.
///
/// Planned for a second length; what doubles with it is that axis, or a multiple of it. If anything changes otherwise, or the graph
/// cannot be planned so, shapes stay as they are.
struct BatchShapes {
  /// One layer: its name within the innermost loop or condition that it is inside, its outputs, and the layers inside it.
  struct Row {
    let name: String
    let layer: ModelSummary.Layer
    let outputs: [String]
    let inside: [Row]
  }

  private let summary: ModelSummary
  private let axis: String
  private let length: Int
  private let doubled: ModelSummary?

  init(_ graph: Graph, axis: String?, lengths: [String: Int], summary: ModelSummary, foreign: ForeignLibraries) {
    self.summary = summary
    self.axis = axis ?? ""
    length = axis.flatMap { lengths[$0] } ?? 1
    var twice = lengths
    if let axis { twice[axis] = 2 * length }
    doubled = axis == nil ? nil : try? ModelSummary(graph, inputs: graph.inputSpecs(lengths: twice), foreign: foreign)
  }

  /// Every layer.
  var rows: [Row] { rows(summary.layers, doubled?.layers, prefix: "") }

  // A second length changes shapes, but no layers: `others` has the same ones.
  private func rows(_ layers: [ModelSummary.Layer], _ others: [ModelSummary.Layer]?, prefix: String) -> [Row] {
    layers.enumerated().map { i, layer in
      let outputs = layer.outputs.enumerated().map { text($1, others?[i].outputs[$0], withType: true) }
      let name = layer.path.hasPrefix(prefix) ? String(layer.path.dropFirst(prefix.count)) : layer.path
      let inside = rows(layer.layers, others?[i].layers, prefix: layer.path + ".")
      return Row(name: name, layer: layer, outputs: outputs, inside: inside)
    }
  }

  /// Output `i` of the graph, without its type.
  func text(ofOutput i: Int) -> String { text(summary.outputs[i], doubled?.outputs[i], withType: false) }

  private func text(_ spec: Spec, _ other: Spec?, withType: Bool) -> String {
    let shape = symbols(spec.shape, other?.shape) ?? spec.shape.map { "\($0)" }
    let text = "[\(shape.joined(separator: ", "))]"
    return withType && spec.dtype != .f32 ? "\(spec.dtype) \(text)" : text
  }

  private func symbols(_ shape: [Int], _ other: [Int]?) -> [String]? {
    guard let other, other.count == shape.count else { return nil }
    var symbols: [String] = []
    for (once, twice) in zip(shape, other) {
      if once == twice {
        symbols.append("\(once)")
      } else if twice == 2 * once, once % length == 0 {
        symbols.append(once == length ? axis : "\(once / length)\(axis)")
      } else {
        return nil
      }
    }
    return symbols
  }
}
