import CHost
import CZoo
public import ZooFormats
public import ZooTypes

/// An optimiser made ready: its update kind planned over the parameters that it changes, with the state that it carries.
///
/// An elementwise update covers parameters that lie one after the other in a single call. Attributes named `weight_decay` and `l1` are 0
/// for parameters that decay passes by. An update with an input named `hessian` covers all parameters at once, laid out one after the
/// other.
public final class Updater {
  /// Parameters that are updated with the same attributes and rate.
  public struct Group {
    /// Indices in the store.
    public var parameters: [Int]
    /// One for each attribute that the kind declares.
    public var attributes: [AttributeLiteral]
    /// Whether decay passes nothing by.
    public var decaysAll: Bool

    /// A group.
    public init(_ parameters: [Int], attributes: [AttributeLiteral], decaysAll: Bool = false) {
      (self.parameters, self.attributes, self.decaysAll) = (parameters, attributes, decaysAll)
    }
  }

  /// One state tensor of one range of parameters, for checkpoints.
  public struct State {
    /// Such as `momentum.0`: the port's name, and the number of the range.
    public let name: String
    /// Its elements.
    public let tensor: TensorBuffer
  }

  /// What is carried from step to step.
  public private(set) var states: [State] = []
  /// The second derivatives that it wants before each update, `[n, n]` over all parameters; nil: it wants none.
  public private(set) var hessian: TensorBuffer?

  /// An update that wants second derivatives takes so many parameters at most.
  public static let hessianLimit = 4096

  static let decayAttribute = "weight_decay"
  private static let decayAttributes = [decayAttribute, "l1"]
  private static let hessianPort = "hessian"

  private let store: ParameterStore
  private var instances: [LayerInstance] = []
  private var tables: [TensorTable] = []
  private let calls: UnsafeMutablePointer<zoo_call>
  private let steps: UnsafeMutablePointer<zoo_step>
  private let rates: [TensorBuffer]  // by group
  private let step = TensorBuffer(Spec([], .i64))
  private let scratch: TensorBuffer
  private var joined: JoinedParameters?

  /// What one call covers.
  private struct Range {
    let parameter: UnsafeMutableRawPointer?
    let gradient: UnsafeMutableRawPointer
    let spec: Spec
    let passesDecay: Bool
    let group: Int
  }

  /// Plans `kind` over the parameters of `store` whose indices are `parameters`.
  ///
  /// They are the `trained` ones of a program: decay and momentum would change others too.
  public convenience init(
    _ kind: KindInfo, attributes: [AttributeLiteral], parameters: [Int], store: ParameterStore, run: Run, place: Place?
  ) throws {
    try self.init(kind, groups: [Group(parameters, attributes: attributes)], store: store, run: run, place: place)
  }

  /// Plans `kind` over the parameters of some groups, which have none in common.
  public init(_ kind: KindInfo, groups: [Group], store: ParameterStore, run: Run, place: Place?) throws {
    guard kind.isUpdate, kind.inputs.count >= 4 else { throw UpdateError.notAnUpdate(kind: kind.name, place: place) }
    self.store = store
    rates = groups.map { _ in TensorBuffer(Spec([])) }
    let hessianPort = kind.inputs.dropFirst(4).firstIndex { $0.name == Self.hessianPort }
    var whole: JoinedParameters?
    if hessianPort != nil {
      guard groups.count == 1 else { throw UpdateError.groupsOfHessian(kind: kind.name, place: place) }
      let joined = JoinedParameters(groups[0].parameters, of: store)
      guard joined.count <= Self.hessianLimit else {
        throw UpdateError.tooManyForHessian(kind: kind.name, count: joined.count, limit: Self.hessianLimit, place: place)
      }
      whole = joined
      hessian = TensorBuffer(Spec([joined.count, joined.count]))
    }
    joined = whole

    var ranges: [Range] = []
    for (i, group) in groups.enumerated() { ranges += Self.ranges(kind, group, group: i, store: store, joined: whole) }
    calls = .allocate(capacity: max(ranges.count, 1))
    calls.initialize(repeating: zoo_call(), count: ranges.count)
    steps = .allocate(capacity: max(ranges.count, 1))

    let statePorts = kind.inputs.indices.dropFirst(4).filter { $0 != hessianPort }
    let decay = kind.attributes.indices.filter { Self.decayAttributes.contains(kind.attributes[$0].name) }
    var scratchBytes = 0
    for (i, range) in ranges.enumerated() {
      var values = groups[range.group].attributes
      if range.passesDecay { for attribute in decay { values[attribute] = .real(0) } }
      var specs = [range.spec, range.spec, Spec([]), step.spec] + kind.inputs.dropFirst(4).map { _ in range.spec }
      if let hessianPort, let hessian { specs[hessianPort] = hessian.spec }
      let instance = try LayerInstance(
        kind: kind, attributes: values, path: "optimizer.\(i)", inputs: specs, training: true, run: run, place: place)
      let inPlace = ([0] + statePorts).enumerated().allSatisfy { output, input in
        instance.aliases.contains { $0.output == output && $0.input == input }
      }
      guard instance.outputs.count == statePorts.count + 1, inPlace else {
        throw UpdateError.notInPlace(kind: kind.name, place: place)
      }
      scratchBytes = max(scratchBytes, Int(instance.plan.scratch_forward))
      instances.append(instance)
    }
    scratch = TensorBuffer(Spec([scratchBytes], .u8))

    for (i, range) in ranges.enumerated() {
      let instance = instances[i]
      let own = statePorts.map { State(name: "\(kind.inputs[$0].name).\(i)", tensor: TensorBuffer(range.spec)) }
      states += own
      let memory = own.map { Optional($0.tensor.pointer) }
      var further = zip(own.map(\.tensor.spec), memory).map { (spec: $0, data: $1) }
      if let hessianPort, let hessian { further.insert((spec: hessian.spec, data: Optional(hessian.pointer)), at: hessianPort - 4) }
      let inputs = TensorTable(
        [range.spec, range.spec, Spec([]), step.spec] + further.map(\.spec),
        data: [range.parameter, range.gradient, rates[range.group].pointer, step.pointer] + further.map(\.data))
      let outputs = TensorTable(instance.outputs, data: [range.parameter] + memory)
      tables += [inputs, outputs]
      calls[i].size = UInt32(MemoryLayout<zoo_call>.size)
      calls[i].flags = UInt32(ZOO_CALL_TRAINING)
      calls[i].host = zoo_host_table()
      calls[i].context = instance.context
      (calls[i].input_count, calls[i].output_count) = (UInt32(inputs.count), UInt32(outputs.count))
      calls[i].inputs = UnsafePointer(inputs.first)
      calls[i].outputs = UnsafePointer(outputs.first)
      calls[i].scratch = scratch.pointer
      steps[i] = zoo_step(function: instance.table.pointee.forward, layer: instance.layer, call: calls + i)
    }
  }

  deinit {
    calls.deallocate()
    steps.deallocate()
  }

  private static func ranges(
    _ kind: KindInfo, _ group: Group, group index: Int, store: ParameterStore, joined: JoinedParameters?
  ) -> [Range] {
    if let joined {
      // Of several, decay passes by none, or all would need the same.
      return [
        Range(
          parameter: joined.values.pointer, gradient: joined.gradients.pointer, spec: joined.values.spec, passesDecay: false, group: index)
      ]
    }
    let ranges =
      kind.isElementwise
      ? store.ranges(group.parameters).map { ($0.first, Spec([$0.floats]), $0.isNoDecay) }
      : group.parameters.map { ($0, store.entries[$0].spec, store.entries[$0].isNoDecay) }
    return ranges.map { first, spec, isNoDecay in
      Range(
        parameter: store.entries[first].pointer, gradient: store.gradient(of: first), spec: spec,
        passesDecay: isNoDecay && !group.decaysAll,
        group: index)
    }
  }

  /// Changes the parameters by their gradients.
  ///
  /// `number` counts updates from 1.
  public func update(rate value: Double, step number: Int) throws(LayerFailure) {
    for group in rates.indices { setRate(value, group: group) }
    try update(step: number)
  }

  /// Sets the rate of a group of parameters for the updates to come.
  public func setRate(_ value: Double, group: Int) { rates[group].pointer.storeBytes(of: Float(value), as: Float.self) }

  /// (if it wants second derivatives) Keeps the gradients that there are for the next update, before others are computed.
  public func keepGradients() { joined?.gather(store) }

  /// Changes the parameters by their gradients, at the rates that are set.
  public func update(step number: Int) throws(LayerFailure) {
    step.pointer.storeBytes(of: Int64(number), as: Int64.self)
    var status = zoo_status(ZOO_OK)
    let failed = zoo_execute(steps, Int64(instances.count), Int32(ZOO_IN_FORWARD), &status)
    if failed >= 0 { throw instances[Int(failed)].failure(.forward, status) }
    joined?.scatter(store)
    store.touch()
  }
}

/// Parameters and their gradients, copied one after the other.
private struct JoinedParameters {
  let parameters: [Int]
  let count: Int
  let values: TensorBuffer
  let gradients: TensorBuffer

  init(_ parameters: [Int], of store: ParameterStore) {
    self.parameters = parameters
    count = parameters.reduce(0) { $0 + store.entries[$1].spec.count }
    values = TensorBuffer(Spec([count]))
    gradients = TensorBuffer(Spec([count]))
  }

  func gather(_ store: ParameterStore) {
    var offset = 0
    for i in parameters {
      let bytes = store.entries[i].spec.byteCount
      if let pointer = store.entries[i].pointer { (values.pointer + offset).copyMemory(from: pointer, byteCount: bytes) }
      (gradients.pointer + offset).copyMemory(from: store.gradient(of: i), byteCount: bytes)
      offset += bytes
    }
  }

  func scatter(_ store: ParameterStore) {
    var offset = 0
    for i in parameters {
      let bytes = store.entries[i].spec.byteCount
      store.entries[i].pointer?.copyMemory(from: values.pointer + offset, byteCount: bytes)
      offset += bytes
    }
  }
}
