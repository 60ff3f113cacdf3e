import CHost
import CZoo
import Glibc
import ZooTypes

/// Where a tensor lies: so far into one of the blocks of memory that calls are bound to.
struct Location {
  var region: Int
  var offset = 0
}

/// The calls of a planned graph, with every argument bound to a place in a few regions of memory.
///
/// Where the regions are is said afterwards, and may change: `refresh` writes the pointers. Nothing is allocated after `init`.
final class Binding {
  /// A pointer in some call's argument.
  struct Slot {
    fileprivate let address: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    fileprivate let location: Location
  }

  /// The regions' beginnings, by number; nil where there is nothing: a gradient that is not wanted.
  typealias Regions = UnsafeMutablePointer<UnsafeMutableRawPointer?>

  let planned: PlannedGraph
  let memory: MemoryPlan
  let forwardSteps: UnsafeMutablePointer<zoo_step>
  let backwardSteps: UnsafeMutablePointer<zoo_step>
  /// The layer behind each backward step.
  private(set) var backwardLayers: [Int] = []
  private(set) var packedBytes = 0

  private let store: ParameterStore
  private let place: (ArenaBuffer) -> Location
  private let inputs: [Location]
  private let parameterGradient: (Int) -> Location
  private var forwardSlots: [Slot] = []
  private var backwardSlots: [Slot] = []
  private var movingForward: [Slot] = []
  private var movingBackward: [Slot] = []
  private var slots: [Slot] = []
  private var tables: [TensorTable] = []
  private var calls: [UnsafeMutablePointer<zoo_call>] = []
  private var packs: [(layer: Int, memory: UnsafeMutableRawPointer)] = []
  private var packedVersion = -1

  /// Binds a planned graph.
  ///
  /// - Parameters:
  ///   - place: where what the memory plan places lies.
  ///   - inputs: where the graph's inputs lie.
  ///   - parameterGradient: where the gradient of a parameter, by its index in the store, goes.
  ///   - moving: the regions that `move` writes again.
  init(
    _ planned: PlannedGraph, memory: MemoryPlan, differentiation: Differentiation?, store: ParameterStore, inputs: [Location],
    place: @escaping (ArenaBuffer) -> Location, parameterGradient: @escaping (Int) -> Location,
    moving: Set<Int> = []
  ) {
    self.planned = planned
    self.memory = memory
    self.store = store
    self.inputs = inputs
    self.place = place
    self.parameterGradient = parameterGradient
    forwardSteps = .allocate(capacity: max(planned.layers.count, 1))
    backwardSteps = .allocate(capacity: planned.layers.reduce(1) { $0 + 1 + $1.inputs.count + $1.parameters.count })
    for i in planned.layers.indices { bindForward(i) }
    forwardSlots = slots
    slots = []
    if let differentiation {
      for i in planned.layers.indices.reversed() where differentiation.isActive[i] { bindBackward(i) }
      backwardSlots = slots
      slots = []
    }
    movingForward = forwardSlots.filter { moving.contains($0.location.region) }
    movingBackward = backwardSlots.filter { moving.contains($0.location.region) }
  }

  deinit {
    for call in calls { call.deallocate() }
    for pack in packs { free(pack.memory) }
    forwardSteps.deallocate()
    backwardSteps.deallocate()
  }

  /// Where a value lies.
  func location(_ source: Source) -> Location? {
    if case .input(let i) = source { return inputs[i] }
    if let i = memory.inPlace[source] { return inputs[i] }
    return memory.values[source].map(place)
  }

  // MARK: Running

  /// Writes the pointers of everything that forward touches, or backward.
  func refresh(_ phase: LayerFailure.Phase, _ regions: Regions) {
    write(phase == .backward ? backwardSlots : forwardSlots, regions)
  }

  /// Writes the pointers into those regions that move from iteration to iteration.
  func move(_ phase: LayerFailure.Phase, _ regions: Regions) {
    write(phase == .backward ? movingBackward : movingForward, regions)
  }

  private func write(_ slots: [Slot], _ regions: Regions) {
    for slot in slots { slot.address.pointee = regions[slot.location.region].map { $0 + slot.location.offset } }
  }

  /// Calls every layer; the one that fails, and its status.
  @inline(__always)
  func run(_ phase: LayerFailure.Phase) -> (layer: LayerInstance, status: zoo_status)? {
    var status = zoo_status(ZOO_OK)
    let failed =
      phase == .backward
      ? zoo_execute(backwardSteps, Int64(backwardLayers.count), Int32(ZOO_IN_BACKWARD), &status)
      : zoo_execute(forwardSteps, Int64(planned.layers.count), Int32(ZOO_IN_FORWARD), &status)
    if failed < 0 { return nil }
    return (planned.layers[phase == .backward ? backwardLayers[Int(failed)] : Int(failed)].instance, status)
  }

  /// Calls the layers one by one before the eyes of `inspection`, until it has found what it looks for.
  func run(_ inspection: Inspection, _ regions: Regions) -> (layer: LayerInstance, status: zoo_status)? {
    for (i, layer) in planned.layers.enumerated() {
      var status = zoo_status(ZOO_OK)
      let failed = inspection.measure(layer.instance) { zoo_execute(forwardSteps + i, 1, Int32(ZOO_IN_FORWARD), &status) }
      if failed >= 0 { return (layer.instance, status) }
      inspection.check(layer.instance) { output in
        location(.node(layer.node, output: output)).flatMap { location in regions[location.region].map { $0 + location.offset } }
      }
      if inspection.found != nil { return nil }
    }
    return nil
  }

  /// Packs the parameters of every layer, if any has changed since.
  func pack() throws(LayerFailure) {
    if packedVersion == store.version { return }
    for layer in planned.layers { try layer.instance.control?.pack() }
    for (i, memory) in packs {
      let layer = planned.layers[i]
      // Scales and shifts go into the parameters of the layer that folds them in.
      let affine = layer.folding.affine
      if affine.isEmpty {
        try pack(layer.instance, layer.parameters, into: memory)
        continue
      }
      let channels = affine.reduce(0) { $0 + $1.channels }
      let scales = UnsafeMutablePointer<Float>.allocate(capacity: 2 * channels)
      defer { scales.deallocate() }
      var first = 0
      for part in affine {
        let table = alignedMemory(bytes: Int(part.layer.plan.packed_bytes))
        defer { free(table) }
        try pack(part.layer, part.parameters, into: table)
        let values = table.assumingMemoryBound(to: Float.self)
        (scales + first).update(from: values, count: part.channels)
        (scales + channels + first).update(from: values + part.channels, count: part.channels)
        first += part.channels
      }
      try pack(layer.instance, layer.parameters, into: memory, scale: scales, shift: scales + channels)
    }
    packedVersion = store.version
  }

  private func pack(
    _ layer: LayerInstance, _ parameters: [Int], into memory: UnsafeMutableRawPointer, scale: UnsafePointer<Float>? = nil,
    shift: UnsafePointer<Float>? = nil
  ) throws(LayerFailure) {
    guard let pack = layer.table.pointee.pack else { return }
    let specs = TensorTable(layer.parameters.map(\.spec), data: parameters.map { store.entries[$0].pointer })
    var call = zoo_pack_call(
      size: UInt32(MemoryLayout<zoo_pack_call>.size), parameter_count: UInt32(parameters.count), host: zoo_host_table(),
      context: layer.context, parameters: UnsafePointer(specs.first), packed: memory, scale: scale, shift: shift)
    let status = withExtendedLifetime(specs) { attributed(to: layer.context, ZOO_IN_PACK) { pack(layer.layer, &call) } }
    if status != zoo_status(ZOO_OK) { throw layer.failure(.pack, status) }
    for i in parameters { store.release(i) }
  }

  // MARK: Binding

  private func table(_ specs: [Spec], _ locations: [Location?]) -> UnsafePointer<zoo_tensor> {
    let table = TensorTable(specs, data: specs.map { _ in nil })
    tables.append(table)
    for (i, location) in locations.enumerated() {
      guard let location else { continue }
      slots.append(Slot(address: pointerField(UnsafeMutableRawPointer(table.first + i), \zoo_tensor.data), location: location))
    }
    return UnsafePointer(table.first)
  }

  private func fixedTable(_ specs: [Spec], data: [UnsafeMutableRawPointer?]) -> UnsafePointer<zoo_tensor> {
    let table = TensorTable(specs, data: data)
    tables.append(table)
    return UnsafePointer(table.first)
  }

  private func inputSpecs(_ layer: PlannedGraph.Layer) -> [Spec] { layer.inputs.map { $0.map(planned.spec) ?? Spec([]) } }

  private func makeCall() -> UnsafeMutablePointer<zoo_call> {
    let call = UnsafeMutablePointer<zoo_call>.allocate(capacity: 1)
    call.initialize(to: zoo_call())
    call.pointee.size = UInt32(MemoryLayout<zoo_call>.size)
    calls.append(call)
    return call
  }

  /// A call with everything that forward and backward have in common.
  private func makeCall(_ i: Int, needing: Bool) -> UnsafeMutablePointer<zoo_call> {
    let layer = planned.layers[i]
    let instance = layer.instance
    let call = makeCall()
    call.pointee.flags = planned.isTraining ? UInt32(ZOO_CALL_TRAINING) : 0
    call.pointee.host = zoo_host_table()
    call.pointee.context = instance.context
    call.pointee.input_count = UInt32(layer.inputs.count)
    call.pointee.inputs = table(
      inputSpecs(layer),
      layer.inputs.enumerated().map { k, source in needing && !instance.backwardNeedsInput(k) ? nil : source.flatMap(location) })
    call.pointee.output_count = UInt32(instance.outputs.count)
    call.pointee.outputs = table(
      instance.outputs,
      instance.outputs.indices.map { needing && !instance.backwardNeedsOutput($0) ? nil : location(.node(layer.node, output: $0)) })
    call.pointee.parameter_count = UInt32(layer.parameters.count)
    call.pointee.parameters = fixedTable(instance.parameters.map(\.spec), data: layer.parameters.map { store.entries[$0].pointer })
    call.pointee.saved_count = UInt32(memory.saved[i].count)
    call.pointee.saved = table(Array(instance.saved.prefix(memory.saved[i].count)), memory.saved[i].map(place))
    if let addend = layer.folding.addend { call.pointee.addend = table([planned.spec(addend)], [location(addend)]) }
    let scratch = needing ? memory.backwardScratch[i] : memory.forwardScratch[i]
    if let scratch {
      slots.append(Slot(address: pointerField(UnsafeMutableRawPointer(call), \zoo_call.scratch), location: place(scratch)))
    }
    return call
  }

  private func bindForward(_ i: Int) {
    let instance = planned.layers[i].instance
    instance.control?.bind(store)
    let call = makeCall(i, needing: false)
    if !planned.isTraining, instance.plan.packed_bytes > 0, instance.table.pointee.pack != nil {
      let memory = alignedMemory(bytes: Int(instance.plan.packed_bytes))
      packedBytes += Int(instance.plan.packed_bytes)
      packs.append((i, memory))
      call.pointee.packed = UnsafeRawPointer(memory)
    }
    packedBytes += instance.control?.packedBytes ?? 0
    forwardSteps[i] = zoo_step(function: instance.table.pointee.forward, layer: instance.layer, call: call)
  }

  private func bindBackward(_ i: Int) {
    let layer = planned.layers[i]
    let instance = layer.instance
    let call = makeCall(i, needing: true)
    call.pointee.output_gradients = table(instance.outputs, memory.outputGradients[i].map { $0.map(place) })

    var sums: [UnsafeMutablePointer<zoo_call>] = []
    func sum(_ spec: Spec, from: Location, into: Location) {
      let call = makeCall()
      call.pointee.inputs = table([spec], [from])
      call.pointee.outputs = table([spec], [into])
      sums.append(call)
    }
    let specs = inputSpecs(layer)
    var targets: [Location?] = []
    for (k, target) in memory.inputGradients[i].enumerated() {
      switch target {
      case .none: targets.append(nil)
      case .direct(let buffer): targets.append(place(buffer))
      case .accumulate(let buffer):
        targets.append(place(buffer))
        call.pointee.accumulate_inputs |= 1 << UInt64(k)
      case .temporary(let temporary, let into):
        targets.append(place(temporary))
        sum(specs[k], from: place(temporary), into: place(into))
      }
    }
    call.pointee.input_gradients = table(specs, targets)

    targets = []
    for (p, target) in memory.parameterGradients[i].enumerated() {
      switch target {
      case .none: targets.append(nil)
      case .direct(let index): targets.append(parameterGradient(index))
      case .accumulate(let index):
        targets.append(parameterGradient(index))
        call.pointee.accumulate_parameters |= 1 << UInt64(p)
      case .temporary(let temporary, let index):
        targets.append(place(temporary))
        sum(instance.parameters[p].spec, from: place(temporary), into: parameterGradient(index))
      }
    }
    call.pointee.parameter_gradients = table(instance.parameters.map(\.spec), targets)

    func add(_ function: zoo_function?, _ handle: OpaquePointer?, _ call: UnsafeMutablePointer<zoo_call>) {
      backwardSteps[backwardLayers.count] = zoo_step(function: function, layer: handle, call: call)
      backwardLayers.append(i)
    }
    add(instance.table.pointee.backward, instance.layer, call)
    for sum in sums { add(zoo_step_accumulate, nil, sum) }
  }
}

/// The address of a pointer among the fields of a struct of C's.
private func pointerField<Root>(_ base: UnsafeMutableRawPointer, _ field: KeyPath<Root, UnsafeMutableRawPointer?>)
  -> UnsafeMutablePointer<UnsafeMutableRawPointer?>
{
  guard let offset = MemoryLayout<Root>.offset(of: field) else { preconditionFailure("a stored field has an offset") }
  return (base + offset).assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
}
