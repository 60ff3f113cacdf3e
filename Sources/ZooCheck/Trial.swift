import CHost
import CZoo
import ZooRuntime
import ZooTypes

/// One layer of a case, run by hand through the protocol, with all its memory guarded.
final class Trial {
  /// What may be different from one trial of a case to another.
  struct Manner {
    var isTraining = false
    var isPacked = true
    var isInPlace = false
    var folding = FoldingRequest()
    /// What memory that has not been written yet is filled with.
    var poison: UInt8 = 0xFF
    var seed = 1
    /// What the layer's own random numbers depend on.
    var runSeed: UInt64 = 7
  }

  /// What is done right before the family's function is entered, and right after it has returned.
  struct Measure {
    var begin: () -> Void = {}
    var end: () -> Void = {}
  }

  let layer: LayerInstance
  let inputs: [GuardedTensor?]
  let parameters: [GuardedTensor]
  let outputs: [GuardedTensor]
  let saved: [GuardedTensor]
  let manner: Manner
  private let run: Run
  private let progress: Progress
  private let scratch: GuardedTensor
  private let packed: GuardedTensor?
  /// What is added to output 0, and what scales and shifts its channels, where those are folded in.
  private(set) var addend: GuardedTensor?
  private(set) var affine: (scale: GuardedTensor, shift: GuardedTensor)?

  init(_ planner: Planner, _ example: CheckedCase, _ manner: Manner = Manner(), _ progress: Progress) throws {
    self.manner = manner
    self.progress = progress
    progress.enter("plan", example.words)
    (layer, run) = try planner.plan(example, isTraining: manner.isTraining, folding: manner.folding, seed: manner.runSeed)
    let plan = layer.plan
    inputs = try example.inputs.enumerated().map { index, form in
      try form.map { form in
        let tensor = try GuardedTensor(form.spec, "input \(index)")
        tensor.fill(seed: 1000 * manner.seed + index, range: form.range)
        return tensor
      }
    }
    parameters = try layer.parameters.enumerated().map { index, parameter in
      let tensor = try GuardedTensor(parameter.spec, "parameter \(parameter.name)")
      tensor.fill(seed: 1000 * manner.seed + 500 + index, range: parameter.isBuffer ? 0.5...1.5 : nil)
      return tensor
    }
    var outputs = try layer.outputs.enumerated().map { try GuardedTensor($1, "output \($0)", fill: manner.poison) }
    if manner.isInPlace, !manner.folding.has(ZOO_EPILOGUE_ADD) {
      for pair in 0..<Int(plan.alias_count) {
        let (output, input) = (Int(plan.aliases[2 * pair]), Int(plan.aliases[2 * pair + 1]))
        if let tensor = inputs[input], tensor.spec == outputs[output].spec { outputs[output] = tensor }
      }
    }
    self.outputs = outputs
    saved = manner.isTraining ? try layer.saved.enumerated().map { try GuardedTensor($1, "saved \($0)", fill: manner.poison) } : []
    scratch = try GuardedTensor(Spec([Int(max(plan.scratch_forward, plan.scratch_backward))], .u8), "the scratch", fill: manner.poison)
    packed =
      !manner.isTraining && manner.isPacked && plan.packed_bytes > 0 && layer.table.pointee.pack != nil
      ? try GuardedTensor(Spec([Int(plan.packed_bytes)], .u8), "the packed parameters", fill: manner.poison) : nil
    if manner.folding.has(ZOO_EPILOGUE_ADD) {
      let tensor = try GuardedTensor(layer.outputs[0], "the addend")
      tensor.fill(seed: 1000 * manner.seed + 700, range: nil)
      addend = tensor
      if manner.isInPlace {
        _ = self.outputs[0].elements.update(fromContentsOf: tensor.elements)
        addend = self.outputs[0]
      }
    }
    if manner.folding.has(ZOO_EPILOGUE_AFFINE) {
      let channels = Spec([layer.outputs[0].shape.last ?? 1])
      let (scale, shift) = (try GuardedTensor(channels, "the scale"), try GuardedTensor(channels, "the shift"))
      scale.fill(seed: 1000 * manner.seed + 800, range: 0.5...1.5)
      shift.fill(seed: 1000 * manner.seed + 801, range: nil)
      affine = (scale, shift)
    }
  }

  private var everything: [GuardedTensor] {
    inputs.compactMap { $0 } + parameters + outputs + saved + [scratch] + [packed, addend, affine?.scale, affine?.shift].compactMap { $0 }
  }

  /// Packs what is to be packed, and runs forward.
  func forward(measuring measure: Measure = Measure()) throws {
    try pack()
    progress.enter("forward")
    let lists = [
      inputs.map { $0?.raw() }, outputs.map { $0.raw() }, parameters.map { $0.raw() }, saved.map { $0.raw() }, [addend?.raw()],
    ]
    try Tables.with(lists) { tables in
      var call = self.call(tables)
      if addend != nil { call.addend = tables[4] }
      measure.begin()
      let status = layer.table.pointee.forward(layer.layer, &call)
      measure.end()
      try check(status, .forward)
    }
    for tensor in everything { try tensor.checkSurroundings(after: "forward") }
  }

  private func pack() throws {
    guard let packed, let pack = layer.table.pointee.pack else { return }
    progress.enter("pack")
    try Tables.with([parameters.map { $0.raw() }]) { tables in
      var call = zoo_pack_call(
        size: UInt32(MemoryLayout<zoo_pack_call>.size), parameter_count: UInt32(parameters.count), host: zoo_host_table(),
        context: layer.context, parameters: tables[0], packed: packed.memory,
        scale: affine.map { UnsafePointer($0.scale.elements.baseAddress) } ?? nil,
        shift: affine.map { UnsafePointer($0.shift.elements.baseAddress) } ?? nil)
      try check(pack(layer.layer, &call), .pack)
    }
    try packed.checkSurroundings(after: "pack")
  }

  /// Gradients by the inputs and by the parameters; nil: not wanted, or none exists.
  struct Gradients {
    var inputs: [GuardedTensor?]
    var parameters: [GuardedTensor?]
    var all: [GuardedTensor] { (inputs + parameters).compactMap { $0 } }
  }

  /// The derivatives that backward starts from, drawn by the trial's seed; nil for an output through which none flows.
  func outputGradients() throws -> [GuardedTensor?] {
    try outputs.indices.map { i in
      let port = layer.kind.outputs.isEmpty ? nil : layer.kind.outputs[min(i, layer.kind.outputs.count - 1)]
      guard outputs[i].isFloat, port?.isDifferentiable ?? true else { return nil }
      let tensor = try GuardedTensor(layer.outputs[i], "the gradient by output \(i)")
      tensor.fill(seed: 1000 * manner.seed + 900 + i, range: nil)
      return tensor
    }
  }

  /// Whether a gradient by that input exists.
  func isDifferentiable(input i: Int) -> Bool {
    guard let tensor = inputs[i], tensor.isFloat else { return false }
    return layer.kind.inputs[min(i, layer.kind.inputs.count - 1)].isDifferentiable
  }

  func isDifferentiable(parameter i: Int) -> Bool { !layer.parameters[i].isBuffer && parameters[i].isFloat }

  /// Runs backward; with `start`, gradients hold that number before, and the layer is asked to add to them.
  func backward(
    from outputGradients: [GuardedTensor?], wantsInput: (Int) -> Bool = { _ in true }, wantsParameter: (Int) -> Bool = { _ in true },
    addingTo start: Float? = nil, measuring measure: Measure = Measure()
  ) throws -> Gradients {
    guard let function = layer.table.pointee.backward else { throw CheckFailure("it has no backward") }
    func gradient(_ spec: Spec, _ name: String) throws -> GuardedTensor {
      let tensor = try GuardedTensor(spec, name, fill: manner.poison)
      if let start { tensor.elements.update(repeating: start) }
      return tensor
    }
    let gradients = Gradients(
      inputs: try inputs.indices.map { i in
        guard isDifferentiable(input: i), wantsInput(i), let input = inputs[i] else { return nil }
        return try gradient(input.spec, "the gradient by input \(i)")
      },
      parameters: try parameters.indices.map { i in
        guard isDifferentiable(parameter: i), wantsParameter(i) else { return nil }
        return try gradient(parameters[i].spec, "the gradient by parameter \(layer.parameters[i].name)")
      })
    // What the plan does not ask for is withheld, as the host does.
    let plan = layer.plan
    let seenInputs = inputs.enumerated().map { i, tensor in tensor?.raw(withData: i < 64 && plan.needs_inputs >> UInt64(i) & 1 != 0) }
    let seenOutputs = outputs.enumerated().map { i, tensor in tensor.raw(withData: i < 64 && plan.needs_outputs >> UInt64(i) & 1 != 0) }
    progress.enter("backward")
    try Tables.with([
      seenInputs, seenOutputs, parameters.map { $0.raw() }, saved.map { $0.raw() },
      zip(outputs, outputGradients).map { $1?.raw() ?? $0.raw(withData: false) },
      zip(inputs, gradients.inputs).map { $1?.raw() ?? $0?.raw(withData: false) },
      zip(parameters, gradients.parameters).map { $1?.raw() ?? $0.raw(withData: false) },
    ]) { tables in
      var call = self.call(tables)
      (call.output_gradients, call.input_gradients, call.parameter_gradients) = (tables[4], tables[5], tables[6])
      if start != nil { (call.accumulate_inputs, call.accumulate_parameters) = (.max, .max) }
      measure.begin()
      let status = function(layer.layer, &call)
      measure.end()
      try check(status, .backward)
    }
    for tensor in everything + gradients.all + outputGradients.compactMap({ $0 }) { try tensor.checkSurroundings(after: "backward") }
    return gradients
  }

  private func call(_ tables: [UnsafePointer<zoo_tensor>]) -> zoo_call {
    var call = zoo_call()
    call.size = UInt32(MemoryLayout<zoo_call>.size)
    call.flags = manner.isTraining ? UInt32(ZOO_CALL_TRAINING) : 0
    call.host = zoo_host_table()
    call.context = UnsafeMutablePointer(layer.context)
    (call.input_count, call.output_count) = (UInt32(inputs.count), UInt32(outputs.count))
    (call.parameter_count, call.saved_count) = (UInt32(parameters.count), UInt32(saved.count))
    (call.inputs, call.outputs, call.parameters, call.saved) = (tables[0], tables[1], tables[2], tables[3])
    call.packed = packed.map { UnsafeRawPointer($0.memory) }
    call.scratch = scratch.memory
    return call
  }

  private func check(_ status: zoo_status, _ phase: LayerFailure.Phase) throws {
    if status != zoo_status(ZOO_OK) { throw layer.failure(phase, status) }
  }

  /// What it computed: every output's bytes, and what training keeps.
  var results: [[UInt8]] { outputs.map(\.copy) }
}

/// Arrays of the protocol's tensors, which live as long as a call.
private enum Tables {
  static func with(_ lists: [[zoo_tensor?]], _ body: ([UnsafePointer<zoo_tensor>]) throws -> Void) throws {
    let tables = lists.map { list in
      let table = UnsafeMutablePointer<zoo_tensor>.allocate(capacity: max(list.count, 1))
      for (i, tensor) in list.enumerated() { (table + i).initialize(to: tensor ?? zoo_tensor()) }
      return table
    }
    defer { for table in tables { table.deallocate() } }
    try body(tables.map { UnsafePointer($0) })
  }
}
