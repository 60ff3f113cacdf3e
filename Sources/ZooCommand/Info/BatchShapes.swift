import ZooRuntime
import ZooTypes

/// Shapes in which the axis that counts examples has its name instead of a number: `[N, 28, 28, 6]`.
///
/// Planned for a second length; what doubles with it is that axis, or a multiple of it. If anything changes otherwise, or the graph
/// cannot be planned so, shapes stay as they are.
struct BatchShapes {
  private let summary: ModelSummary
  private let axis: String
  private let length: Int
  private let doubled: ModelSummary?

  init(_ graph: Graph, axis: String?, lengths: [String: Int], summary: ModelSummary) {
    self.summary = summary
    self.axis = axis ?? ""
    length = axis.flatMap { lengths[$0] } ?? 1
    var twice = lengths
    if let axis { twice[axis] = 2 * length }
    doubled = axis == nil ? nil : try? ModelSummary(graph, inputs: graph.inputSpecs(lengths: twice))
  }

  /// The outputs of layer `i`.
  func text(ofLayer i: Int) -> String {
    let outputs = summary.layers[i].outputs
    return outputs.indices.map { text(outputs[$0], doubled?.layers[i].outputs[$0], withType: true) }.joined(separator: ", ")
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
