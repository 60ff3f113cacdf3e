import ZooFormats
import ZooRuntime
import ZooTypes

extension Trainer {
  private static let version = 1

  /// Writes every parameter atomically.
  public func save(_ path: String) throws {
    try SafeTensorsWriter.write(session.store.tensors, metadata: [("format", "pt")] + options.notes.metadata, to: path)
  }

  /// Writes what a user wants at the end of an epoch, or of training: the weights, their average, what is best, and a checkpoint.
  ///
  /// The checkpoint comes last: a process that is killed before it makes the weights again, and none that goes on has old ones beside it.
  func save(isBest: Bool, _ watch: (TrainingEvent) -> Void) throws {
    try explaining {
      if let path = options.weights { try saveWeights(path, isBest: isBest, watch) }
      if folder != nil { try writeCheckpoint(watch) }
    }
    guard isBest, let watched = section.keeping.best, let value = best.value else { return }
    try explaining { try folder?.keepBest(position.iterations) }
    watch(.best(name: watched.name, value: value, epoch: best.epoch))
  }

  private func saveWeights(_ path: String, isBest: Bool, _ watch: (TrainingEvent) -> Void) throws {
    try save(path)
    watch(.saved(path: path))
    if isBest { try saveBest(path.besides("best")) }
    guard let average, average.count > 0 else { return }
    let averaged = path.besides("average")
    try average.whileInPlace { try save(averaged) }
    watch(.saved(path: averaged))
  }

  /// Writes what the watched number is of: the parameters, or their average.
  private func saveBest(_ path: String) throws {
    if section.keeping.best?.isAveraged ?? false, let average { try average.whileInPlace { try save(path) } } else { try save(path) }
  }

  /// Writes a checkpoint within an epoch.
  func saveWithin(_ watch: (TrainingEvent) -> Void) throws { try explaining { try writeCheckpoint(watch) } }

  /// Where writing fails, the last checkpoint that was written is what a user has to know of.
  private func explaining(_ write: () throws -> Void) throws {
    do {
      try write()
    } catch let error as any ExplainedError {
      guard let last = folder?.last else { throw error }
      throw CheckpointError.notWritten(reason: error.message, help: error.help, last: last)
    }
  }

  /// Writes where training is, and all that it goes on from.
  private func writeCheckpoint(_ watch: (TrainingEvent) -> Void) throws {
    let numbers = TensorBuffer(Spec([means.values.count, 2], .f64))
    for (i, value) in means.values.enumerated() {
      numbers.pointer.storeBytes(of: value.sum, toByteOffset: 16 * i, as: Double.self)
      numbers.pointer.storeBytes(of: value.weight, toByteOffset: 16 * i + 8, as: Double.self)
    }
    var tensors = session.store.tensors
    for (name, tensor) in carriedTensors + [(Self.meansName, numbers)] {
      tensors.append(NamedTensor(name, tensor.spec, UnsafeRawBufferPointer(tensor.bytes)))
    }
    let path = try withExtendedLifetime(numbers) {
      try folder?.write(tensors, state: state, iterations: position.iterations)
    }
    if let path { watch(.checkpointed(path: path, iterations: position.iterations)) }
  }

  /// Goes on from the newest checkpoint in the folder, as if training had never stopped.
  ///
  /// - Throws: `CheckpointError` if there is none, or it is damaged, or of another training.
  public func resume() throws {
    guard var folder else { preconditionFailure("training has no folder for checkpoints") }
    let (file, path) = try folder.resume()
    self.folder = folder
    let state = file.state
    let version = state["version"]?.integer ?? 0
    guard version == Self.version else { throw CheckpointError.version(path: path, has: version, supported: Self.version) }
    let then = (state["training"]?.array ?? []).map { ($0["name"]?.string ?? "", $0["text"]?.string ?? "") }
    if let part = fingerprint.difference(from: then) {
      throw CheckpointError.differs(path: path, what: part.name, then: part.then, now: part.now)
    }
    for entry in session.store.entries { try file.read(entry.path, entry.spec, into: entry.pointer) }
    session.store.touch()

    position = Position(
      epoch: state["epoch"]?.integer ?? 1, step: state["step"]?.integer ?? 0, iterations: state["iterations"]?.integer ?? 0,
      executions: state["executions"]?.integer ?? 0, isStopped: state["stopped"]?.boolean ?? false)
    for (step, json) in zip(steps, state["steps"]?.array ?? []) {
      step.counts = StepProgram.Counts(begun: json["begun"]?.integer ?? 0, made: json["made"]?.integer ?? 0)
      step.scaler?.scale = json["scale"]?.number ?? LossScaler.firstScale
      step.scaler?.good = json["good"]?.integer ?? 0
      step.scaler?.bad = json["bad"]?.integer ?? 0
    }
    average?.count = state["averaged"]?.integer ?? 0
    (stopping, best) = (BestSoFar(state["stopping"]), BestSoFar(state["best"]))
    if position.step > 0, !section.carried.isEmpty {
      let batch = min(options.batch, options.rows.count)
      try carried.restart(section.graphs.indices.map { data.specs(section.graphs[$0].graph, $0, batch: batch) })
    }
    for (name, tensor) in carriedTensors { try file.read(name, tensor.spec, into: tensor.pointer) }
    try readMeans(file, examples: state["examples"]?.integer ?? 0)
    // Whoever wrote it may have been killed before it was made the best one.
    if section.keeping.best != nil, position.step == 0, best.value != nil, best.epoch == position.epoch - 1 {
      try folder.keepBest(position.iterations)
    }
    origin = path
  }

  private static let meansName = "train/means"

  private func readMeans(_ file: CheckpointFile, examples: Int) throws {
    let numbers = TensorBuffer(Spec([evaluation.names.count, 2], .f64))
    try file.read(Self.meansName, numbers.spec, into: numbers.pointer)
    let values = evaluation.names.indices.map { i in
      (
        sum: numbers.pointer.load(fromByteOffset: 16 * i, as: Double.self),
        weight: numbers.pointer.load(fromByteOffset: 16 * i + 8, as: Double.self)
      )
    }
    means = Means(evaluation.names, values: values, count: examples)
  }

  /// What is kept beside the parameters, by names that no parameter has.
  private var carriedTensors: [(name: String, tensor: TensorBuffer)] {
    var tensors: [(name: String, tensor: TensorBuffer)] = []
    for (i, step) in steps.enumerated() { tensors += step.updater.states.map { ("train/steps/\(i)/\($0.name)", $0.tensor) } }
    if let average, average.count > 0 { tensors += average.tensors.map { ("train/average/\($0.path)", $0.tensor) } }
    if position.step > 0 { tensors += carried.tensors.map { ("train/carry/\($0.input)", $0.tensor) } }
    return tensors
  }

  private var fingerprint: TrainingFingerprint { TrainingFingerprint(session, section, data: data, options: options) }

  private var state: JSON {
    func object(_ members: [(String, JSON.Content)]) -> JSON {
      var object = JSONObject()
      for (name, content) in members { object[name] = JSON(content) }
      return JSON(.object(object))
    }
    func found(_ best: BestSoFar) -> JSON.Content {
      object([("value", best.value.map { .number($0) } ?? .null), ("epoch", .integer(best.epoch)), ("last", .integer(best.lastEpoch))])
        .content
    }
    let steps = steps.map { step in
      object([
        ("begun", .integer(step.counts.begun)), ("made", .integer(step.counts.made)),
        ("scale", step.scaler.map { .number($0.scale) } ?? .null),
        ("good", .integer(step.scaler?.good ?? 0)), ("bad", .integer(step.scaler?.bad ?? 0)),
      ])
    }
    return object([
      ("version", .integer(Self.version)), ("epoch", .integer(position.epoch)), ("step", .integer(position.step)),
      ("iterations", .integer(position.iterations)), ("executions", .integer(position.executions)),
      ("stopped", .boolean(position.isStopped)),
      ("examples", .integer(means.count)), ("averaged", .integer(average?.count ?? 0)), ("stopping", found(stopping)),
      ("best", found(best)),
      ("steps", .array(steps)),
      ("training", .array(fingerprint.parts.map { object([("name", .string($0.name)), ("text", .string($0.text))]) })),
    ])
  }
}

extension BestSoFar {
  /// As a checkpoint has it.
  fileprivate init(_ json: JSON?) {
    self.init(value: json?["value"]?.number, epoch: json?["epoch"]?.integer ?? 0, lastEpoch: json?["last"]?.integer ?? 0)
  }
}

extension String {
  /// This path with `-word` before its suffix.
  fileprivate func besides(_ word: String) -> String {
    guard let dot = lastIndex(of: "."), !self[dot...].contains("/") else { return "\(self)-\(word)" }
    return "\(self[..<dot])-\(word)\(self[dot...])"
  }
}
