import CHost
import CZoo
public import ZooFormats
public import ZooTypes

/// An optimiser made ready: its update kind planned over the parameters that it changes, with the state that it carries.
///
/// An elementwise update covers parameters that lie one after the other in a single call. An attribute named `weight_decay` is 0
/// for parameters that decay passes by.
public final class Updater {
  /// One state tensor of one range of parameters, for checkpoints.
  public struct State {
    /// Such as `momentum.0`: the port's name, and the number of the range.
    public let name: String
    /// Its elements.
    public let tensor: TensorBuffer
  }

  /// What is carried from step to step.
  public private(set) var states: [State] = []

  private let store: ParameterStore
  private var instances: [LayerInstance] = []
  private var tables: [TensorTable] = []
  private let calls: UnsafeMutablePointer<zoo_call>
  private let steps: UnsafeMutablePointer<zoo_step>
  private let rate = TensorBuffer(Spec([]))
  private let step = TensorBuffer(Spec([], .i64))
  private let scratch: TensorBuffer

  /// Plans `kind` over the parameters of `store` whose indices are `parameters`.
  ///
  /// They are the `trained` ones of a program: decay and momentum would change others too.
  public init(_ kind: KindInfo, attributes: [AttributeLiteral], parameters: [Int], store: ParameterStore, run: Run, place: Place?) throws {
    guard kind.isUpdate else { throw UpdateError.notAnUpdate(kind: kind.name, place: place) }
    self.store = store
    typealias Range = (first: Int, spec: Spec, isNoDecay: Bool)
    let ranges: [Range] =
      kind.isElementwise
      ? store.ranges(parameters).map { ($0.first, Spec([$0.floats]), $0.isNoDecay) }
      : parameters.map { ($0, store.entries[$0].spec, store.entries[$0].isNoDecay) }
    calls = .allocate(capacity: max(ranges.count, 1))
    calls.initialize(repeating: zoo_call(), count: ranges.count)
    steps = .allocate(capacity: max(ranges.count, 1))

    let decay = kind.attributes.firstIndex { $0.name == "weight_decay" }
    var scratchBytes = 0
    for (i, range) in ranges.enumerated() {
      var values = attributes
      if let decay, range.isNoDecay { values[decay] = .real(0) }
      let stateCount = kind.inputs.count - 4
      let specs = [range.spec, range.spec, rate.spec, step.spec] + Array(repeating: range.spec, count: stateCount)
      let instance = try LayerInstance(
        kind: kind, attributes: values, path: "optimizer.\(i)", inputs: specs, training: true, run: run, place: place)
      let inPlace = (0...stateCount).allSatisfy { output in
        instance.aliases.contains { $0.output == output && $0.input == (output == 0 ? 0 : output + 3) }
      }
      guard stateCount >= 0, instance.outputs.count == stateCount + 1, inPlace else {
        throw UpdateError.notInPlace(kind: kind.name, place: place)
      }
      scratchBytes = max(scratchBytes, Int(instance.plan.scratch_forward))
      instances.append(instance)
      for s in 0..<stateCount {
        states.append(State(name: "\(kind.inputs[s + 4].name).\(i)", tensor: TensorBuffer(range.spec)))
      }
    }
    scratch = TensorBuffer(Spec([scratchBytes], .u8))

    for (i, range) in ranges.enumerated() {
      let instance = instances[i]
      let mine = states.filter { $0.name.hasSuffix(".\(i)") }.map { Optional($0.tensor.pointer) }
      let parameter = store.entries[range.first].pointer
      let inputs = TensorTable(
        [range.spec, range.spec, rate.spec, step.spec] + mine.map { _ in range.spec },
        data: [parameter, store.gradient(of: range.first), rate.pointer, step.pointer] + mine)
      let outputs = TensorTable(instance.outputs, data: [parameter] + mine)
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

  /// Changes the parameters by their gradients.
  ///
  /// `number` counts updates from 1.
  public func update(rate value: Double, step number: Int) throws(LayerFailure) {
    rate.pointer.storeBytes(of: Float(value), as: Float.self)
    step.pointer.storeBytes(of: Int64(number), as: Int64.self)
    var status = zoo_status(ZOO_OK)
    let failed = zoo_execute(steps, Int64(instances.count), Int32(ZOO_IN_FORWARD), &status)
    if failed >= 0 { throw instances[Int(failed)].failure(.forward, status) }
    store.touch()
  }
}

/// A kind that cannot be used as an optimiser.
public enum UpdateError: ExplainedError, Hashable {
  /// It computes something else.
  case notAnUpdate(kind: String, place: Place?)
  /// It does not allow that its outputs overwrite its inputs.
  case notInPlace(kind: String, place: Place?)

  /// What is wrong.
  public var message: String {
    switch self {
    case .notAnUpdate(let kind, let place): "\(place.map { "\($0): " } ?? "")'\(kind)' is no optimiser's update"
    case .notInPlace(let kind, let place):
      "\(place.map { "\($0): " } ?? "")the update '\(kind)' does not let its outputs overwrite the parameter and the states"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .notAnUpdate: "'zoo list kinds' marks those that are"
    case .notInPlace: "its author must declare the aliases (docs/protocol.md, ZOO_KIND_UPDATE)"
    }
  }
}
