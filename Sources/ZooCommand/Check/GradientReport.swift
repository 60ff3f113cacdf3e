import ZooCheck
import ZooFormats
import ZooRuntime
import ZooTypes

/// What `zoo check --gradients` has found about a model.
struct GradientReport {
  private let model: Model
  private let seed: UInt64
  private var parts: [(name: String, lengths: [String: Int], check: ModelGradientCheck)] = []

  init(_ model: Model, seed: UInt64) { (self.model, self.seed) = (model, seed) }

  mutating func add(_ name: String, _ lengths: [String: Int], _ check: ModelGradientCheck) { parts.append((name, lengths, check)) }

  /// Whether some gradient is wrong, or some layer is wrong by itself.
  var hasFailed: Bool { count(.disagrees) > 0 || parts.contains { !$0.check.culprits.isEmpty } }
  private func count(_ verdict: GradientComparison.Verdict) -> Int {
    parts.reduce(0) { $0 + $1.check.rows.count { $0.verdict == verdict } }
  }

  /// A table for each step, who is to blame, and the tally.
  func text(for terminal: Terminal) -> String {
    var sections = parts.map { name, lengths, check -> String in
      let axes = lengths.sorted { $0.key < $1.key }.map { ", \($0.key) = \($0.value)" }.joined()
      var table = Table([
        .words("PARAMETER"), .numbers("SIZE"), .numbers("DIFFERENCES"), .numbers("FORWARD"), .words("GRADIENT"),
      ])
      for row in check.rows {
        table.add([
          row.name, Quantity.count(row.size), distance(row.comparison.distance), row.forward.map(distance) ?? "-",
          words(row, terminal),
        ])
      }
      var lines = [terminal.styled(model.title, .bold) + ": gradients of '\(name)'\(axes)", table.text(for: terminal)]
      if let obstacle = check.withoutForward { lines += wrapped("Without forward mode: \(obstacle.message).", width: terminal.width) }
      for culprit in check.culprits {
        let slopes = "backward says \(Float(culprit.comparison.reverse)), and finite differences \(Float(culprit.comparison.differences))"
        lines.append("\(terminal.styled("layer '\(culprit.layer)' (\(culprit.kind))", .failure)): by \(culprit.argument), \(slopes)")
      }
      return lines.joined(separator: "\n")
    }
    sections.append("\(count(.agrees)) agree, \(count(.unresolved)) too small to tell, \(count(.disagrees)) disagree")
    return sections.joined(separator: "\n\n")
  }

  private func words(_ row: ModelGradientCheck.Row, _ terminal: Terminal) -> String {
    switch row.verdict {
    case .agrees: row.isByLayers ? "ok by layers" : "ok"
    case .unresolved: "too small to tell"
    case .disagrees: terminal.styled("WRONG", .failure)
    }
  }

  private func distance(_ value: Double) -> String { value.isFinite ? formatted("%.0e", value) : "-" }

  var json: JSON {
    let steps = parts.map { name, lengths, check -> JSON in
      .object([
        ("step", .text(name)), ("axes", .object(lengths.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })),
        ("parameters", .array(check.rows.map(describe))), ("without_forward", check.withoutForward.map { .text($0.message) } ?? nil),
        ("culprits", .array(check.culprits.map(describe))),
      ])
    }
    return .object([
      ("model", .text(model.name)), ("seed", .integer(Int(clamping: seed))), ("steps", .array(steps)), ("agree", .integer(count(.agrees))),
      ("unresolved", .integer(count(.unresolved))), ("disagree", .integer(count(.disagrees))),
    ])
  }

  private func describe(_ row: ModelGradientCheck.Row) -> JSON {
    .object([
      ("parameter", .text(row.name)), ("size", .integer(row.size)), ("verdict", .text(row.verdict.rawValue)),
      ("by_layers", .boolean(row.isByLayers)),
      ("reverse", number(row.comparison.reverse)), ("differences", number(row.comparison.differences)),
      ("resolution", number(row.comparison.resolution)), ("distance", number(row.comparison.distance)),
      ("forward_distance", row.forward.map(number) ?? nil),
    ])
  }

  private func describe(_ culprit: ModelGradientCheck.Culprit) -> JSON {
    .object([
      ("layer", .text(culprit.layer)), ("kind", .text(culprit.kind)), ("by", .text(culprit.argument)),
      ("reverse", number(culprit.comparison.reverse)), ("differences", number(culprit.comparison.differences)),
    ])
  }

  // JSON has no NaN and no infinities.
  private func number(_ value: Double) -> JSON { value.isFinite ? .number(value) : JSON(.null) }
}
