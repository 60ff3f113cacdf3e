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
  /// The layer behind each forward step, and behind each backward step.
  private(set) var forwardLayers: [Int] = []
  private(set) var backwardLayers: [Int] = []
  private(set) var packedBytes = 0

  let store: ParameterStore
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
  /// Where each layer's parameters are packed, and the version of the store that they then had.
  private(set) var packs: [(layer: Int, memory: UnsafeMutableRawPointer)] = []
  var packedVersion = -1

  /// Binds a planned graph.
  ///
  /// - Parameters:
  ///   - place: where what the memory plan places lies.
  ///   - inputs: where the graph's inputs lie.
  ///   - parameterGradient: where the gradient of a parameter, by its index in the store, goes.
  ///   - moving: the regions that `move` writes again.
  init(
    _ planned: PlannedGraph, memory: MemoryPlan, store: ParameterStore, inputs: [Location],
    place: @escaping (ArenaBuffer) -> Location, parameterGradient: @escaping (Int) -> Location,
    moving: Set<Int> = []
  ) {
    self.planned = planned
    self.memory = memory
    self.store = store
    self.inputs = inputs
    self.place = place
    self.parameterGradient = parameterGradient
    let snapshots = memory.snapshots.reduce(0) { $0 + $1.count }
    forwardSteps = .allocate(capacity: planned.layers.count + snapshots + 1)
    backwardSteps = .allocate(capacity: planned.layers.reduce(1 + 2 * snapshots) { $0 + 2 + $1.inputs.count + $1.parameters.count })
    for i in planned.layers.indices { bindForward(i) }
    forwardSlots = slots
    slots = []
    for action in memory.recomputation.actions {
      switch action {
      case .again(let i): bindAgain(i)
      case .backward(let i): bindBackward(i)
      }
    }
    backwardSlots = slots
    slots = []
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
      : zoo_execute(forwardSteps, Int64(forwardLayers.count), Int32(ZOO_IN_FORWARD), &status)
    if failed < 0 { return nil }
    return (planned.layers[phase == .backward ? backwardLayers[Int(failed)] : forwardLayers[Int(failed)]].instance, status)
  }

  /// Calls the layers one by one before the eyes of `inspection`, until it has found what it looks for.
  func run(_ inspection: Inspection, _ regions: Regions) -> (layer: LayerInstance, status: zoo_status)? {
    for (step, i) in forwardLayers.enumerated() {
      var status = zoo_status(ZOO_OK)
      let layer = planned.layers[i]
      let execute = { [forwardSteps] in zoo_execute(forwardSteps + step, 1, Int32(ZOO_IN_FORWARD), &status) }
      if forwardSteps[step].layer == nil {
        _ = execute()  // the host's own, which does not fail
        continue
      }
      let failed = inspection.measure(layer.instance, execute)
      if failed >= 0 { return (layer.instance, status) }
      inspection.check(layer.instance) { output in
        location(.node(layer.node, output: output)).flatMap { location in regions[location.region].map { $0 + location.offset } }
      }
      if inspection.found != nil { return nil }
    }
    return nil
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

  /// Which of a layer's calls is meant: forward, the same a second time, or backward.
  private enum Pass { case forward, again, backward }

  /// Where layer `i` reads or writes a value.
  private func location(_ source: Source, for i: Int, _ pass: Pass) -> Location? {
    if pass != .forward, memory.recomputation.isRepeated(source, for: i) { return memory.repeated[source].map(place) }
    return location(source)
  }

  /// A call with everything that forward and backward have in common.
  private func makeCall(_ i: Int, _ pass: Pass) -> UnsafeMutablePointer<zoo_call> {
    let layer = planned.layers[i]
    let instance = layer.instance
    let call = makeCall()
    call.pointee.flags = planned.isTraining ? UInt32(ZOO_CALL_TRAINING) : 0
    call.pointee.host = zoo_host_table()
    call.pointee.context = instance.context
    call.pointee.input_count = UInt32(layer.inputs.count)
    call.pointee.inputs = table(
      inputSpecs(layer),
      layer.inputs.enumerated().map { k, source in
        pass == .backward && !instance.backwardNeedsInput(k) ? nil : source.flatMap { location($0, for: i, pass) }
      })
    call.pointee.output_count = UInt32(instance.outputs.count)
    call.pointee.outputs = table(
      instance.outputs,
      instance.outputs.indices.map {
        pass == .backward && !instance.backwardNeedsOutput($0) ? nil : location(.node(layer.node, output: $0), for: i, pass)
      })
    call.pointee.parameter_count = UInt32(layer.parameters.count)
    call.pointee.parameters = fixedTable(instance.parameters.map(\.spec), data: layer.parameters.map { store.entries[$0].pointer })
    let saved = pass == .forward ? memory.saved[i] : memory.saved(for: i)
    call.pointee.saved_count = UInt32(saved.count)
    call.pointee.saved = table(Array(instance.saved.prefix(saved.count)), saved.map(place))
    if let addend = layer.folding.addend { call.pointee.addend = table([planned.spec(addend)], [location(addend)]) }
    let scratch =
      switch pass {
      case .forward: memory.forwardScratch[i]
      case .again: memory.repeatedScratch[i]
      case .backward: memory.backwardScratch[i]
      }
    if let scratch {
      slots.append(Slot(address: pointerField(UnsafeMutableRawPointer(call), \zoo_call.scratch), location: place(scratch)))
    }
    return call
  }

  private func bindForward(_ i: Int) {
    let instance = planned.layers[i].instance
    instance.control?.bind(store)
    for snapshot in memory.snapshots[i] { addForward(i, zoo_step_copy, nil, snapshotCall(i, snapshot)) }
    let call = makeCall(i, .forward)
    if !planned.isTraining, instance.plan.packed_bytes > 0, instance.table.pointee.pack != nil {
      let memory = alignedMemory(bytes: Int(instance.plan.packed_bytes))
      packedBytes += Int(instance.plan.packed_bytes)
      packs.append((i, memory))
      call.pointee.packed = UnsafeRawPointer(memory)
    }
    packedBytes += instance.control?.packedBytes ?? 0
    addForward(i, instance.table.pointee.forward, instance.layer, call)
  }

  private func addForward(_ i: Int, _ function: zoo_function?, _ handle: OpaquePointer?, _ call: UnsafeMutablePointer<zoo_call>) {
    forwardSteps[forwardLayers.count] = zoo_step(function: function, layer: handle, call: call)
    forwardLayers.append(i)
  }

  private func addBackward(_ i: Int, _ function: zoo_function?, _ handle: OpaquePointer?, _ call: UnsafeMutablePointer<zoo_call>) {
    backwardSteps[backwardLayers.count] = zoo_step(function: function, layer: handle, call: call)
    backwardLayers.append(i)
  }

  /// From one of a layer's parameters to where it is kept as it was.
  private func snapshotCall(
    _ i: Int, _ snapshot: (parameter: Int, memory: ArenaBuffer), back: Bool = false
  ) -> UnsafeMutablePointer<zoo_call> {
    let layer = planned.layers[i]
    let call = makeCall()
    let spec = layer.instance.parameters[snapshot.parameter].spec
    let parameter = fixedTable([spec], data: [store.entries[layer.parameters[snapshot.parameter]].pointer])
    let kept = table([spec], [place(snapshot.memory)])
    (call.pointee.inputs, call.pointee.outputs) = back ? (kept, parameter) : (parameter, kept)
    return call
  }

  /// A layer's forward once more, which finds the parameters that it writes to as they were, and leaves them as they are.
  private func bindAgain(_ i: Int) {
    let instance = planned.layers[i].instance
    for snapshot in memory.snapshots[i] { addBackward(i, zoo_step_exchange, nil, snapshotCall(i, snapshot)) }
    addBackward(i, instance.table.pointee.forward, instance.layer, makeCall(i, .again))
    for snapshot in memory.snapshots[i] { addBackward(i, zoo_step_copy, nil, snapshotCall(i, snapshot, back: true)) }
  }

  private func bindBackward(_ i: Int) {
    let layer = planned.layers[i]
    let instance = layer.instance
    let call = makeCall(i, .backward)
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

    addBackward(i, instance.table.pointee.backward, instance.layer, call)
    for sum in sums { addBackward(i, zoo_step_accumulate, nil, sum) }
  }
}

/// The address of a pointer among the fields of a struct of C's.
private func pointerField<Root>(_ base: UnsafeMutableRawPointer, _ field: KeyPath<Root, UnsafeMutableRawPointer?>)
  -> UnsafeMutablePointer<UnsafeMutableRawPointer?>
{
  guard let offset = MemoryLayout<Root>.offset(of: field) else { preconditionFailure("a stored field has an offset") }
  return (base + offset).assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
}
