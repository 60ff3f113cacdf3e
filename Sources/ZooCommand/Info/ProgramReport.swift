import ZooFormats
import ZooRuntime
import ZooTypes

/// The flat program that runs for inputs of certain shapes: one call after another, what was folded into each, and where its values lie.
struct ProgramReport {
  let title: String
  let model: Model
  let entry: EntryPoint
  let lengths: [String: Int]
  let isFused: Bool
  let program: ProgramListing

  /// Plans one of the model's graphs for axes of these lengths.
  init(_ open: OpenModel, graph index: Int, lengths: [String: Int], fuse: Bool) throws {
    model = open.model
    title = model.title
    entry = model.graphs[index]
    self.lengths = lengths
    isFused = fuse
    program = try ModelSummary(entry.graph, inputs: entry.graph.inputSpecs(lengths: lengths), fuse: fuse, foreign: open.foreign).program
  }

  /// The report for people.
  func text(for terminal: Terminal) -> String {
    let axes = lengths.sorted { $0.key < $1.key }.map { ", \($0.key) = \($0.value)" }.joined()
    let name = title == model.name ? "" : " (\(model.name))"
    let graph = entry.name == model.graphs[0].name ? "" : ", graph '\(entry.name)'"
    let calls = "\(plural(program.calls.count, "call"))\(isFused ? "" : ", none folded into another")"
    // Folded to the width as it reads, before it gets any style.
    var heading = wrapped("\(title)\(name)\(graph)\(axes): \(calls)", width: terminal.width)
    if let first = heading.first, first.hasPrefix(title) { heading[0] = terminal.styled(title, .bold) + first.dropFirst(title.count) }
    let parts = [
      heading.joined(separator: "\n"), table.text(for: terminal), wrapped(totals, width: terminal.width).joined(separator: "\n"),
    ]
    return parts.joined(separator: "\n\n")
  }

  /// What all of it takes, in sentences.
  private var totals: String {
    let arena = Quantity.bytes(program.arenaBytes)
    let gaps = program.arenaBytes - program.peakBytes
    var text =
      gaps == 0
      ? "The arena takes \(arena), the most that is in use at once."
      : "The arena takes \(arena), \(Quantity.bytes(gaps)) more than is ever in use at once."
    if program.packedBytes > 0 { text += " Packed weights take \(Quantity.bytes(program.packedBytes))." }
    var work = program.flops > 0 ? ["computes \(Quantity.operations(program.flops))"] : []
    if program.parameterBytes > 0 { work.append("reads \(Quantity.bytes(program.parameterBytes)) of weights") }
    work.append("writes \(Quantity.bytes(program.writtenBytes)) of activations")
    return text + " A run \(work.dropLast().joined(separator: ", "))\(work.count > 1 ? " and " : "")\(work[work.count - 1])."
  }

  private var table: Table {
    var table = Table([.words("#"), .words("CALL"), .words("TENSORS"), .numbers("AT"), .numbers("SIZE")])
    add(program.calls, prefix: "", to: &table)
    return table
  }

  private func add(_ calls: [ProgramListing.Call], prefix: String, to table: inout Table) {
    var labels: [String: String] = [:]  // from a value's name to the number of the call that writes it
    func label(_ name: String) -> String { labels[name] ?? name }
    for (i, call) in calls.enumerated() {
      let number = "\(prefix)\(i)"
      let words =
        [call.path, call.kind] + call.fused.map { "+ \(relative($0, to: call.path))" }
        + (call.flops > 0 ? [Quantity.operations(call.flops)] : []) + (call.times > 1 ? ["\(call.times) times:"] : [])
      var tensors = call.inputs.map { input -> [String] in
        input.map { ["in  \(label($0.name)): \(shape($0.spec))", "", ""] } ?? ["in  none", "", ""]
      }
      if let addend = call.addend { tensors.append(["add \(label(addend.name)): \(shape(addend.spec))", "", ""]) }
      for output in call.outputs {
        let place = output.replaces.map { "over \(label($0)): " } ?? output.partOf.map { "in \(relative($0, to: call.path)): " } ?? ""
        let cells = output.memory.map(cells) ?? ["input", Quantity.bytes(output.spec.byteCount)]
        tensors.append(["out \(place)\(shape(output.spec))"] + cells)
      }
      if let scratch = call.scratch { tensors.append(["scratch"] + cells(scratch)) }
      for line in 0..<max(words.count, tensors.count) {
        table.add(
          [line == 0 ? number : "", line < words.count ? words[line] : ""] + (line < tensors.count ? tensors[line] : ["", "", ""]))
      }
      add(call.calls, prefix: number + ".", to: &table)
      for (o, output) in call.outputs.enumerated() { labels[output.name] = o == 0 ? number : "\(number)/\(o)" }
    }
  }

  private func cells(_ memory: ProgramListing.Memory) -> [String] {
    [Quantity.count(memory.offset), Quantity.bytes(memory.bytes)]
  }

  private func shape(_ spec: Spec) -> String {
    "\(spec.dtype == .f32 ? "" : "\(spec.dtype) ")[\(spec.shape.map { "\($0)" }.joined(separator: ", "))]"
  }

  /// The report as JSON.
  var json: JSON {
    .object([
      ("name", .text(model.name)), ("type", .text("program")), ("graph", .text(entry.name)),
      ("axes", .object(lengths.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })), ("fused", .boolean(isFused)),
      ("calls", .array(program.calls.map(describe))),
      ("outputs", .array(zip(entry.graph.outputs, program.outputs).map { .object([("name", .text($0.name)), ("from", .text($1.name))]) })),
      (
        "totals",
        .object([
          ("arena_bytes", .integer(program.arenaBytes)), ("peak_bytes", .integer(program.peakBytes)),
          ("packed_bytes", .integer(program.packedBytes)), ("weight_bytes_read", .integer(program.parameterBytes)),
          ("activation_bytes_written", .integer(program.writtenBytes)), ("flops", .number(program.flops)),
        ])
      ),
    ])
  }

  private func describe(_ call: ProgramListing.Call) -> JSON {
    var members: [(name: String, value: JSON)] = [
      ("layer", .text(call.path)), ("kind", .text(call.kind)), ("fused", .array(call.fused.map { .text($0) })),
      ("inputs", .array(call.inputs.map { $0.map(describe) ?? nil })), ("addend", call.addend.map(describe) ?? nil),
      ("outputs", .array(call.outputs.map(describe))),
      ("scratch", call.scratch.map { .object(self.members($0)) } ?? nil), ("flops", .number(call.flops)),
      ("weight_bytes_read", .integer(call.parameterBytes)), ("activation_bytes_written", .integer(call.writtenBytes)),
      ("packed_bytes", .integer(call.packedBytes)),
    ]
    if !call.calls.isEmpty { members += [("times", .integer(call.times)), ("calls", .array(call.calls.map(describe)))] }
    return .object(members)
  }

  private func describe(_ value: ProgramListing.Value) -> JSON {
    let shape = JSON.array(value.spec.shape.map { .integer($0) })
    return .object(
      [("name", .text(value.name)), ("dtype", .text("\(value.spec.dtype)")), ("shape", shape)] + (value.memory.map(members) ?? [])
        + (value.replaces.map { [("replaces", .text($0))] } ?? []) + (value.partOf.map { [("part_of", .text($0))] } ?? []))
  }

  private func members(_ memory: ProgramListing.Memory) -> [(name: String, value: JSON)] {
    [("offset", .integer(memory.offset)), ("bytes", .integer(memory.bytes))]
  }
}

/// A layer's path as one says it beside `other`: without the folder-like beginning that both have.
func relative(_ path: String, to other: String) -> String {
  var rest = path.split(separator: ".")[...]
  for (mine, theirs) in zip(path.split(separator: ".").dropLast(), other.split(separator: ".").dropLast()) {
    guard mine == theirs else { break }
    rest = rest.dropFirst()
  }
  return rest.joined(separator: ".")
}
