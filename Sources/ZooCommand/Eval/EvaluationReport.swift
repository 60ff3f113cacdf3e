import ZooFormats
import ZooRuntime
import ZooTraining

/// What an evaluation found, for people and for programs.
struct EvaluationReport {
  private let evaluation: EvaluationResult
  private let part: String
  private let members: Int

  /// A report of what was found on a part of the data, with so many sets of weights.
  init(_ evaluation: EvaluationResult, part: String, members: Int) {
    (self.evaluation, self.part, self.members) = (evaluation, part, members)
  }

  /// More classes than this do not fit beside one another.
  private static let widestConfusion = 16

  /// Aligned lines, no wider than the terminal but for names that are.
  func lines(for terminal: Terminal) -> [String] {
    let rows = evaluation.rows > 0 ? "\(plural(evaluation.rows, "row")) (\(part))" : "the whole"
    let ensemble = members > 1 ? " by the mean of \(members) sets of weights" : ""
    var lines = [terminal.styled("Evaluated on \(rows)\(ensemble) in \(Quantity.duration(evaluation.seconds)).", .bold), ""]
    var numbers = Table([.words(""), .numbers("")])
    for (name, value) in evaluation.numbers { numbers.add([name, number(value)]) }
    for (name, value) in measures { numbers.add([name, number(value)]) }
    lines += numbers.lines(for: terminal)
    guard let report = evaluation.classes, report.subject != .tokens else { return lines }
    lines += [""] + table(report).lines(for: terminal)
    if report.classes.count <= Self.widestConfusion, report.subject == .classes {
      lines += ["", terminal.styled("Rows are labels, columns what they were taken for:", .faint), ""] + confusion(report)
    }
    return lines
  }

  /// What the predictions say that no loss or metric of the manifest already does.
  private var measures: [(name: String, value: Double)] {
    guard let report = evaluation.classes else { return [] }
    var measures: [(name: String, value: Double)] = []
    if !evaluation.numbers.contains(where: { $0.name == "accuracy" }) { measures.append(("accuracy", report.accuracy)) }
    if let top = report.top { measures.append(("top-\(top.count) accuracy", top.accuracy)) }
    measures.append(("cross-entropy", report.crossEntropy))
    if report.subject == .tokens { measures.append(("perplexity", report.perplexity)) }
    if report.subject == .masks { measures.append(("mean IoU", report.macro(\.iou))) }
    if let auc = report.auc, report.subject == .classes { measures.append(("AUC", auc)) }
    measures.append(("calibration error", report.calibrationError))
    return measures
  }

  private func table(_ report: ClassReport) -> Table {
    let isMask = report.subject == .masks
    let hasCurve = !isMask && report.auc != nil
    var columns: [Table.Column] = [
      .words("CLASS"), .numbers(isMask ? "PIXELS" : "ROWS"), .numbers("PRECISION"), .numbers("RECALL"), .numbers("F1"),
    ]
    if isMask { columns.append(.numbers("IOU")) }
    if hasCurve { columns.append(.numbers("AUC")) }
    var table = Table(columns)
    for c in report.classes {
      var cells = [c.name, Quantity.count(c.count), number(c.precision), number(c.recall), number(c.f1)]
      if isMask { cells.append(number(c.iou)) }
      if hasCurve { cells.append(c.auc.map(number) ?? "-") }
      table.add(cells)
    }
    var mean = [
      "mean", Quantity.count(report.count), number(report.macro(\.precision)), number(report.macro(\.recall)), number(report.macro(\.f1)),
    ]
    if isMask { mean.append(number(report.macro(\.iou))) }
    if hasCurve {
      let known = report.classes.compactMap(\.auc)
      mean.append(number(known.reduce(0, +) / Double(max(known.count, 1))))
    }
    table.add(mean)
    return table
  }

  /// Every class's labels in a line, as wide as the largest count; names over columns are cut to that.
  private func confusion(_ report: ClassReport) -> [String] {
    let n = report.classes.count
    let counts = report.confusion.map(Quantity.count)
    let width = max(counts.map(\.count).max() ?? 1, 3)
    let names = report.classes.map { String($0.name.prefix(24)) }
    let nameWidth = names.map(\.count).max() ?? 0
    func padded(_ text: String) -> String { String(repeating: " ", count: max(width - text.count, 0)) + text }
    let heading = String(repeating: " ", count: nameWidth) + names.map { "  " + padded(String($0.prefix(width))) }.joined()
    return [heading]
      + (0..<n).map { label in
        names[label] + String(repeating: " ", count: nameWidth - names[label].count)
          + (0..<n).map { "  " + padded(counts[label * n + $0]) }.joined()
      }
  }

  /// Everything, for programs.
  var json: JSON {
    var members: [(name: String, value: JSON)] = [
      ("part", .text(part)), ("rows", .integer(evaluation.rows)), ("sets_of_weights", .integer(members)),
      ("seconds", .number(evaluation.seconds)),
      ("numbers", .object(evaluation.numbers.map { ($0.name, .number($0.value)) })),
    ]
    if let report = evaluation.classes { members.append(("predictions", json(report))) }
    return .object(members)
  }

  private func json(_ report: ClassReport) -> JSON {
    let n = report.classes.count
    func optional(_ value: Double?) -> JSON { value.map { .number($0) } ?? JSON(.null) }
    var members: [(name: String, value: JSON)] = [
      ("as", .text(report.subject.rawValue)), ("count", .integer(report.count)), ("accuracy", .number(report.accuracy)),
    ]
    if let top = report.top {
      members.append(("top", .object([("count", .integer(top.count)), ("accuracy", .number(top.accuracy))])))
    }
    members += [
      ("cross_entropy", .number(report.crossEntropy)), ("perplexity", .number(report.perplexity)),
      ("calibration_error", .number(report.calibrationError)), ("auc", optional(report.auc)),
      (
        "macro",
        .object([
          ("precision", .number(report.macro(\.precision))), ("recall", .number(report.macro(\.recall))),
          ("f1", .number(report.macro(\.f1))), ("iou", .number(report.macro(\.iou))),
        ])
      ),
      (
        "classes",
        .array(
          report.classes.map { c in
            .object([
              ("name", .text(c.name)), ("count", .integer(c.count)), ("precision", .number(c.precision)), ("recall", .number(c.recall)),
              ("f1", .number(c.f1)), ("iou", .number(c.iou)), ("auc", optional(c.auc)),
            ])
          })
      ),
      ("confusion", .array((0..<n).map { l in .array((0..<n).map { .integer(report.confusion[l * n + $0]) }) })),
    ]
    return .object(members)
  }
}

private func number(_ value: Double) -> String { formatted(value.magnitude < 1000 ? "%.4f" : "%.4g", value) }
