import ZooFormats
import ZooRuntime

/// Everything that a kind says about itself.
struct KindReport {
  private let kind: KindInfo

  init(_ kind: KindInfo) { self.kind = kind }

  /// The report for people.
  func text(for terminal: Terminal) -> String {
    var parts = [terminal.styled(kind.name, .bold) + (kind.isUpdate ? " (an optimizer's update)" : "")]
    parts[0] += "\n" + wrapped(kind.summary, width: terminal.width).joined(separator: "\n")
    if !kind.formula.isEmpty { parts.append(formula(width: terminal.width - 4).map { "    \($0)" }.joined(separator: "\n")) }
    if !kind.reference.isEmpty { parts.append(wrapped("Reference: \(kind.reference)", width: terminal.width).joined(separator: "\n")) }
    if !kind.attributes.isEmpty { parts.append(attributeTable(kind.attributes).text(for: terminal)) }
    if !kind.inputs.isEmpty { parts.append(portTable("INPUT", kind.inputs).text(for: terminal)) }
    if !kind.outputs.isEmpty { parts.append(portTable("OUTPUT", kind.outputs).text(for: terminal)) }
    if !kind.isDifferentiable && !kind.isUpdate { parts.append("It has no backward: nothing before it can be trained through it.") }
    return parts.joined(separator: "\n\n")
  }

  /// The report as JSON.
  var json: JSON {
    .object([
      ("name", .text(kind.name)), ("type", .text("kind")), ("summary", .text(kind.summary)), ("formula", .text(kind.formula)),
      ("reference", .text(kind.reference)), ("differentiable", .boolean(kind.isDifferentiable)), ("update", .boolean(kind.isUpdate)),
      ("attributes", .array(kind.attributes.map(\.json))), ("inputs", .array(kind.inputs.map(describe))),
      ("outputs", .array(kind.outputs.map(describe))),
    ])
  }

  /// The formula's lines; those that are too long are broken after their semicolons first.
  private func formula(width: Int) -> [String] {
    kind.formula.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [String] in
      if line.count <= width { return [String(line)] }
      let statements = line.split(separator: ";").map { $0.drop { $0 == " " } }
      return statements.enumerated().flatMap { wrapped($0.element + ($0.offset < statements.count - 1 ? ";" : ""), width: width) }
    }
  }

  private func portTable(_ title: String, _ ports: [PortInfo]) -> Table {
    var table = Table([.words(title), .words("SHAPE"), .words("WHAT")])
    for port in ports {
      let marks = [port.isVariadic ? "any number" : nil, port.isOptional ? "optional" : nil].compactMap { $0 }
      table.add([port.name, port.shape, sentence(port.about, marks.joined(separator: ", "))])
    }
    return table
  }

  private func describe(_ port: PortInfo) -> JSON {
    .object([
      ("name", .text(port.name)), ("shape", .text(port.shape)), ("about", .text(port.about)), ("optional", .boolean(port.isOptional)),
      ("variadic", .boolean(port.isVariadic)), ("differentiable", .boolean(port.isDifferentiable)),
    ])
  }
}

/// Everything that a codec says about itself.
struct CodecReport {
  private let codec: CodecInfo

  init(_ codec: CodecInfo) { self.codec = codec }

  /// The report for people.
  func text(for terminal: Terminal) -> String {
    let ability = codec.reads && codec.writes ? "reads and writes" : codec.reads ? "reads" : "writes"
    let files = codec.extensions.isEmpty ? "" : " \(codec.extensions.map { "." + $0 }.joined(separator: " "))"
    var parts = [
      terminal.styled(codec.name, .bold) + " (a codec that \(ability)\(files))\n"
        + wrapped(codec.summary, width: terminal.width).joined(separator: "\n")
    ]
    if !codec.attributes.isEmpty { parts.append(attributeTable(codec.attributes).text(for: terminal)) }
    return parts.joined(separator: "\n\n")
  }

  /// The report as JSON.
  var json: JSON {
    .object([
      ("name", .text(codec.name)), ("type", .text("codec")), ("summary", .text(codec.summary)),
      ("extensions", .array(codec.extensions.map { .text($0) })), ("reads", .boolean(codec.reads)), ("writes", .boolean(codec.writes)),
      ("attributes", .array(codec.attributes.map(\.json))),
    ])
  }
}
