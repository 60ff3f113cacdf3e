import CHost
import CZoo
public import ZooFormats
public import ZooTypes

/// A schedule made ready: phases one after the other, each of a kind that says what the rate is multiplied by.
///
/// Asking for a factor allocates nothing.
public final class RateSchedule {
  /// One phase.
  public struct Phase {
    /// A kind that is a schedule.
    public var kind: KindInfo
    /// One for each attribute that it declares.
    public var attributes: [AttributeLiteral]
    /// How many updates it lasts.
    public var steps: Int
    /// Where the manifest says so.
    public var place: Place?

    /// A phase.
    public init(_ kind: KindInfo, attributes: [AttributeLiteral], steps: Int, place: Place? = nil) {
      (self.kind, self.attributes, self.steps, self.place) = (kind, attributes, steps, place)
    }
  }

  private let phases: [(instance: LayerInstance, first: Int, steps: Int)]
  private let step = TensorBuffer(Spec([], .i64))
  private let steps = TensorBuffer(Spec([], .i64))
  private let factor = TensorBuffer(Spec([]))
  private let scratch: TensorBuffer
  private let inputs: TensorTable
  private let outputs: TensorTable
  private let call: UnsafeMutablePointer<zoo_call>

  /// Plans the phases: one at least.
  public init(_ phases: [Phase], run: Run) throws {
    precondition(!phases.isEmpty, "a schedule has a phase")
    var planned: [(instance: LayerInstance, first: Int, steps: Int)] = []
    var (first, scratchBytes) = (0, 0)
    for (i, phase) in phases.enumerated() {
      let instance = try LayerInstance(
        kind: phase.kind, attributes: phase.attributes, path: "schedule.\(i)", inputs: [step.spec, steps.spec],
        inputNames: ["step", "steps"], training: true, run: run, place: phase.place)
      guard instance.outputs == [factor.spec] else {
        throw LayerFailure(
          layer: "schedule.\(i)", kind: phase.kind.name, phase: .plan, status: 7,
          words: "its factor must be one f32 number, but is \(instance.outputs.first.map { "\($0)" } ?? "nothing")", inputs: [],
          place: phase.place)
      }
      scratchBytes = max(scratchBytes, Int(instance.plan.scratch_forward))
      planned.append((instance, first, max(phase.steps, 1)))
      first += max(phase.steps, 1)
    }
    self.phases = planned
    scratch = TensorBuffer(Spec([scratchBytes], .u8))
    inputs = TensorTable([step.spec, steps.spec], data: [step.pointer, steps.pointer])
    outputs = TensorTable([factor.spec], data: [factor.pointer])
    call = .allocate(capacity: 1)
    call.initialize(to: zoo_call())
    call.pointee.size = UInt32(MemoryLayout<zoo_call>.size)
    call.pointee.host = zoo_host_table()
    (call.pointee.input_count, call.pointee.output_count) = (2, 1)
    call.pointee.inputs = UnsafePointer(inputs.first)
    call.pointee.outputs = UnsafePointer(outputs.first)
    call.pointee.scratch = scratch.pointer
  }

  deinit { call.deallocate() }

  /// What the rate of update `number`, counted from 0, is multiplied by; after the last phase, as at its end.
  public func factor(at number: Int) throws(LayerFailure) -> Double {
    var index = 0
    while index + 1 < phases.count, number >= phases[index + 1].first { index += 1 }
    let phase = phases[index]
    step.pointer.storeBytes(of: Int64(min(number - phase.first, phase.steps)), as: Int64.self)
    steps.pointer.storeBytes(of: Int64(phase.steps), as: Int64.self)
    call.pointee.context = phase.instance.context
    var next = zoo_step(function: phase.instance.table.pointee.forward, layer: phase.instance.layer, call: call)
    var status = zoo_status(ZOO_OK)
    if zoo_execute(&next, 1, Int32(ZOO_IN_FORWARD), &status) >= 0 { throw phase.instance.failure(.forward, status) }
    return Double(factor.pointer.load(as: Float.self))
  }
}
