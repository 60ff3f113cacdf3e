import ZooFormats
import ZooRuntime

/// What a measurement found.
struct BenchReport {
  /// One layer: how long it took, beside what it had to do.
  struct Layer {
    let time: LayerTime
    let weightBytes: Int
    let writtenBytes: Int
    /// The least time that it could take.
    let floor: Double
  }

  let model: String
  /// The graph that was asked for by its name.
  let graph: String?
  let isFused: Bool
  let batch: Int
  let isTraining: Bool
  let threads: Int
  let timings: Timings
  let flops: Double
  let weightBytes: Int
  let writtenBytes: Int
  let arenaBytes: Int
  let packedBytes: Int
  let peakBytes: Int
  let ceiling: Ceiling
  let layers: [Layer]
  let losses: [Float]
  let precision: Precision
  /// How far less precise numbers are from f32; nil: there are none.
  let accuracy: Accuracy?

  init(
    model: String, graph: String?, isFused: Bool, workload: Workload, timings: Timings, threads: Int, peakBytes: Int, ceiling: Ceiling,
    times: [LayerTime], precision: Precision = Precision(), accuracy: Accuracy? = nil
  ) {
    (self.precision, self.accuracy) = (precision, accuracy)
    let listing = workload.program.listing
    (self.model, self.graph, self.isFused, self.threads) = (model, graph, isFused, threads)
    (self.timings, self.peakBytes, self.ceiling) = (timings, peakBytes, ceiling)
    (batch, isTraining, losses) = (workload.batch, workload.isTraining, workload.losses)
    (flops, weightBytes, writtenBytes) = (workload.flops, workload.weightBytes, listing.writtenBytes)
    (arenaBytes, packedBytes) = (listing.arenaBytes, workload.program.packedBytes)
    var calls: [String: ProgramListing.Call] = [:]
    func note(_ inside: [ProgramListing.Call]) {
      for call in inside {
        calls[call.path] = call
        note(call.calls)
      }
    }
    note(listing.calls)
    layers = times.map { time in
      // Of a loop or condition, the layers inside have it.
      let call = calls[time.layer].flatMap { $0.calls.isEmpty ? $0 : nil }
      let weights = call?.parameterBytes ?? 0
      return Layer(
        time: time, weightBytes: weights, writtenBytes: call?.writtenBytes ?? 0, floor: ceiling.floor(flops: time.flops, bytes: weights))
    }
  }

  private var rate: Double { flops / timings.median }
  private var floor: Double { ceiling.floor(flops: flops, bytes: weightBytes) }

  /// The report as JSON; scripts rely on these names.
  var json: JSON {
    func milliseconds(_ seconds: Double) -> JSON { .number(seconds * 1e3) }
    let interval = timings.medianInterval
    var members: [(name: String, value: JSON)] = [
      ("model", .text(model)), ("batch", .integer(batch)), ("mode", .text(isTraining ? "training" : "inference")),
      ("fused", .boolean(isFused && !isTraining)), ("threads", .integer(threads)), ("median_ms", milliseconds(timings.median)),
      ("median_low_ms", milliseconds(interval.lowerBound)), ("median_high_ms", milliseconds(interval.upperBound)),
      ("minimum_ms", milliseconds(timings.minimum)), ("p10_ms", milliseconds(timings.quantile(0.1))),
      ("p90_ms", milliseconds(timings.quantile(0.9))), ("spread", .number(timings.spread)), ("runs", .integer(timings.count)),
      ("ended", .text(timings.ending.rawValue)), ("flops", .number(flops)), ("gflops", .number(rate / 1e9)),
      ("weight_bytes_read", .integer(weightBytes)), ("activation_bytes_written", .integer(writtenBytes)),
      ("arena_bytes", .integer(arenaBytes)), ("packed_bytes", .integer(packedBytes)), ("peak_rss_bytes", .integer(peakBytes)),
      (
        "ceiling",
        .object([
          ("gflops", .number(ceiling.arithmetic / 1e9)), ("read_gb_per_s", .number(ceiling.reading / 1e9)),
          ("vector_bits", .integer(ceiling.vectorBits)), ("dtype", .text("\(ceiling.dtype)")),
        ])
      ),
      ("ceiling_share", .number(rate / ceiling.arithmetic)), ("floor_ms", milliseconds(floor)),
      ("floors", floor > 0 ? .number(timings.median / floor) : nil),
    ]
    if isTraining { members.append(("losses", .array(losses.map { .number(Double($0)) }))) }
    if precision != Precision() { members.append(("dtype", .text("\(precision.activations)"))) }
    if let weights = precision.weights { members.append(("weights_dtype", .text("\(weights)"))) }
    if let accuracy { members.append(("accuracy", accuracy.json)) }
    if let graph { members.append(("graph", .text(graph))) }
    if !layers.isEmpty { members.append(("layers", .array(layers.map(describe)))) }
    return .object(members)
  }

  private func describe(_ layer: Layer) -> JSON {
    let rate = layer.time.flops / layer.time.seconds
    return .object([
      ("layer", .text(layer.time.layer)), ("kind", .text(layer.time.kind)), ("fused", .array(layer.time.fused.map { .text($0) })),
      ("minimum_ms", .number(layer.time.seconds * 1e3)), ("share", .number(layer.time.seconds / total)), ("gflops", .number(rate / 1e9)),
      ("ceiling_share", .number(rate / ceiling.arithmetic)), ("floor_ms", .number(layer.floor * 1e3)),
      ("weight_bytes_read", .integer(layer.weightBytes)), ("activation_bytes_written", .integer(layer.writtenBytes)),
    ])
  }

  private var total: Double { layers.reduce(0) { $0 + $1.time.seconds } }

  /// The report for people.
  func text(for terminal: Terminal) -> String {
    var facts = Table([.words(""), .words("")])
    let known = timings.uncertainty.isFinite ? "it is known to \(percent(timings.uncertainty))" : "too few to know it well"
    facts.add([
      "median", "\(Quantity.time(timings.median)) of \(plural(timings.count, "run")); \(known)\(isSettled ? "" : ", and the time is up")",
    ])
    facts.add(["spread", "the middle half within \(percent(timings.spread)), the fastest \(Quantity.time(timings.minimum))"])
    let samples = "\(Quantity.digits(Double(batch) / timings.median)) samples/s"
    let share = "\(percent(rate / ceiling.arithmetic)) of the ceiling"
    facts.add(["rate", flops > 0 ? "\(samples), \(Quantity.digits(rate / 1e9)) GFLOP/s, which is \(share)" : samples])
    if floor > 0 { facts.add(["floor", "\(Quantity.time(floor)); the median is \(Quantity.digits(timings.median / floor)) times that"]) }
    let reading = ceiling.reading > 0 ? ", \(Quantity.digits(ceiling.reading / 1e9)) GB/s from memory" : ""
    let elements = ceiling.dtype == .f32 ? "" : " of \(ceiling.dtype)"
    let arithmetic = "\(Quantity.digits(ceiling.arithmetic / 1e9)) GFLOP/s\(elements)"
    facts.add(["ceiling", "\(arithmetic) in vectors of \(ceiling.vectorBits) bits\(reading)"])
    let forward =
      isTraining
      ? "forward writes \(Quantity.bytes(writtenBytes)) of activations" : "\(Quantity.bytes(writtenBytes)) of activations written"
    facts.add(["traffic", "\(Quantity.bytes(weightBytes)) of weights read, \(forward)"])
    facts.add([
      "memory",
      "\(Quantity.bytes(arenaBytes)) for activations, \(Quantity.bytes(packedBytes)) for packed weights, "
        + "\(Quantity.bytes(peakBytes)) for the whole process",
    ])
    for line in accuracy?.lines ?? [] { facts.add(["accuracy", line]) }
    let numbers = (precision.activations == .f32 ? "" : ", \(precision.activations)") + (precision.weights == nil ? "" : ", int8 weights")
    let what = (isTraining ? "one training step" : "inference") + (isFused ? "" : ", nothing folded") + numbers
    let heading = "\(model)\(graph.map { ", \($0)" } ?? ""): \(what), batch \(batch), \(plural(threads, "thread"))"
    var text = terminal.styled(heading, .bold) + "\n" + facts.text(for: terminal)
    if !layers.isEmpty { text += "\n\n" + table.text(for: terminal) }
    return text
  }

  private var isSettled: Bool { timings.ending == .settled }

  private func percent(_ part: Double) -> String { "\(Quantity.digits(part * 100)) %" }

  private var table: Table {
    var table = Table([
      .words("LAYER"), .words("KIND"), .numbers("TIME"), .numbers("SHARE"), .numbers("GFLOP/S"), .numbers("CEILING"), .numbers("FLOOR"),
    ])
    let width = max(layers.map(\.time.layer.count).max() ?? 0, 16)
    // More than all of it is a sign that the ceiling was measured while the machine was busy.
    func whole(_ part: Double) -> String { part < 9.995 ? "\(Int((part * 100).rounded())) %" : ">999 %" }
    for layer in layers {
      let (time, rate) = (layer.time, layer.time.flops / layer.time.seconds)
      table.add([
        time.layer, time.kind, Quantity.time(time.seconds), whole(time.seconds / total),
        time.flops > 0 ? Quantity.digits(rate / 1e9) : "", time.flops > 0 ? whole(rate / ceiling.arithmetic) : "",
        layer.floor > 0 ? whole(layer.floor / time.seconds) : "",
      ])
      if time.fused.isEmpty { continue }
      let fused = time.fused.map { relative($0, to: time.layer) }.joined(separator: ", ")
      for line in wrapped("+ \(fused)", width: width) { table.add([line, "", "", "", "", "", ""]) }
    }
    return table
  }
}
