import ZooFormats
import ZooRuntime
import ZooTypes

/// How far the results of less precise numbers are from those of f32, on the same inputs.
struct Accuracy {
  /// One output.
  struct Output {
    let name: String
    /// The largest difference of two elements, relative to the largest magnitude.
    let difference: Double
    /// The share of rows whose largest element is in the same place; nil: a row is one number.
    let agreement: Double?
    let rows: Int
  }

  /// Those that are floating-point numbers.
  let outputs: [Output]

  /// Runs `reference` on the inputs of `program`, which has run, and compares.
  init(of program: Program, against reference: Program) throws {
    for (from, to) in zip(program.inputs, reference.inputs) { to.bytes.copyMemory(from: UnsafeRawBufferPointer(from.bytes)) }
    try program.forward()
    try reference.forward()
    outputs = program.listing.outputs.indices.compactMap { i in
      let (got, wanted) = (program.copyOutput(i), reference.copyOutput(i))
      guard wanted.spec.dtype == .f32, got.spec == wanted.spec, wanted.spec.count > 0 else { return nil }
      return Output(reference.listing.outputs[i].name, got, wanted)
    }
  }

  /// Everything as JSON: of the output that is worst, and of each.
  var json: JSON {
    .array(
      outputs.map { output in
        var members: [(name: String, value: JSON)] = [
          ("output", .text(output.name)), ("largest_relative_difference", .number(output.difference)),
        ]
        if let agreement = output.agreement { members += [("rows", .integer(output.rows)), ("same_top1", .number(agreement))] }
        return .object(members)
      })
  }

  /// A line for each output.
  var lines: [String] {
    outputs.map { output in
      let top =
        output.agreement.map { share in
          share == 1
            ? output.rows == 1 ? ", the same top-1" : ", the same top-1 in all \(output.rows) rows"
            : ", another top-1 in \(Int(((1 - share) * Double(output.rows)).rounded())) of \(output.rows) rows"
        } ?? ""
      return "\(output.name): differs from f32 by at most \(scientific(output.difference)) of its largest\(top)"
    }
  }

  /// Two digits and a power of ten.
  private func scientific(_ value: Double) -> String {
    guard value > 0, value.isFinite else { return value == 0 ? "0" : "\(value)" }
    var (digits, power) = (value, 0)
    while digits < 0.995e1 / 10 { (digits, power) = (digits * 10, power - 1) }
    while digits >= 9.95 { (digits, power) = (digits / 10, power + 1) }
    let tenths = Int((digits * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)e\(power)"
  }
}

extension Accuracy.Output {
  fileprivate init(_ name: String, _ got: TensorBuffer, _ wanted: TensorBuffer) {
    let (a, b) = (got.floats, wanted.floats)
    let scale = b.reduce(Float(0)) { $1.isFinite ? max($0, abs($1)) : $0 }
    var worst = Float(0)
    for (x, y) in zip(a, b) where x != y && !(x.isNaN && y.isNaN) {
      let difference = abs(x - y)
      worst = difference.isNaN ? .infinity : max(worst, difference)
    }
    let width = wanted.spec.width
    let rows = b.count / max(width, 1)
    func top(_ values: [Float], _ row: Int) -> Int? {
      (row * width..<(row + 1) * width).max { values[$0] < values[$1] || values[$0] == values[$1] && $0 > $1 }
    }
    let same = width > 1 ? (0..<rows).filter { top(a, $0) == top(b, $0) }.count : 0
    self.init(
      name: name, difference: worst == 0 ? 0 : Double(worst) / Double(max(scale, .leastNormalMagnitude)),
      agreement: width > 1 ? Double(same) / Double(max(rows, 1)) : nil, rows: rows)
  }
}
