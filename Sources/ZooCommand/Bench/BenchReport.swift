import ZooFormats
import ZooRuntime

/// What a measurement found.
struct BenchReport {
  let model: String
  /// The graph that was asked for by its name.
  let graph: String?
  let batch: Int
  let isTraining: Bool
  let threads: Int
  let timings: Timings
  let flops: Double
  let arenaBytes: Int
  let packedBytes: Int
  let peakBytes: Int
  let layers: [LayerTime]

  private var rate: Double { flops / timings.median }

  /// The report as JSON; scripts rely on these names.
  var json: JSON {
    func milliseconds(_ seconds: Double) -> JSON { .number(seconds * 1e3) }
    var members: [(name: String, value: JSON)] = [
      ("model", .text(model)), ("batch", .integer(batch)), ("mode", .text(isTraining ? "training" : "inference")),
      ("threads", .integer(threads)), ("median_ms", milliseconds(timings.median)), ("minimum_ms", milliseconds(timings.minimum)),
      ("p10_ms", milliseconds(timings.quantile(0.1))), ("p90_ms", milliseconds(timings.quantile(0.9))), ("runs", .integer(timings.count)),
      ("gflops", .number(rate / 1e9)), ("arena_bytes", .integer(arenaBytes)), ("packed_bytes", .integer(packedBytes)),
      ("peak_rss_bytes", .integer(peakBytes)),
    ]
    if let graph { members.append(("graph", .text(graph))) }
    if !layers.isEmpty {
      let described = layers.map { layer -> JSON in
        .object([
          ("layer", .text(layer.layer)), ("kind", .text(layer.kind)), ("fused", .array(layer.fused.map { .text($0) })),
          ("minimum_ms", milliseconds(layer.seconds)), ("gflops", .number(layer.flops / layer.seconds / 1e9)),
        ])
      }
      members.append(("layers", .array(described)))
    }
    return .object(members)
  }

  /// The report for people.
  func text(for terminal: Terminal) -> String {
    let times = [timings.minimum, timings.quantile(0.1), timings.quantile(0.9)].map(Quantity.time)
    var facts = Table([.words(""), .words("")])
    facts.add(["median", "\(Quantity.time(timings.median)), of \(plural(timings.count, "run"))"])
    facts.add(["spread", "80 % within \(times[1]) to \(times[2]), fastest \(times[0])"])
    let samples = "\(Quantity.digits(Double(batch) / timings.median)) samples/s"
    facts.add(["rate", flops > 0 ? "\(samples), \(Quantity.digits(rate / 1e9)) GFLOP/s" : samples])
    facts.add([
      "memory",
      "\(Quantity.bytes(arenaBytes)) for activations, \(Quantity.bytes(packedBytes)) for packed weights, "
        + "\(Quantity.bytes(peakBytes)) for the whole process",
    ])
    let what = isTraining ? "one training step" : "inference"
    let heading = "\(model)\(graph.map { ", \($0)" } ?? ""): \(what), batch \(batch), \(plural(threads, "thread"))"
    var text = terminal.styled(heading, .bold) + "\n" + facts.text(for: terminal)
    if !layers.isEmpty { text += "\n\n" + table.text(for: terminal) }
    return text
  }

  private var table: Table {
    let total = layers.reduce(0) { $0 + $1.seconds }
    var table = Table([.words("LAYER"), .words("KIND"), .numbers("TIME"), .numbers("SHARE"), .numbers("GFLOP/S"), .words("FOLDED IN")])
    for layer in layers {
      table.add([
        layer.layer, layer.kind, Quantity.time(layer.seconds), "\(Int((layer.seconds / total * 100).rounded())) %",
        layer.flops > 0 ? Quantity.digits(layer.flops / layer.seconds / 1e9) : "", layer.fused.joined(separator: ", "),
      ])
    }
    return table
  }
}
