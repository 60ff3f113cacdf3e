import CHost
import CZoo
import ZooTypes

/// A loop or condition: a layer whose forward runs graphs of its own.
///
/// To the graph around it, it is a layer like any other: it has outputs, parameters, scratch, and something to save for backward.
class ControlLayer {
  /// Its place in the model.
  let path: String
  /// Which random numbers are its own.
  let pathKey: UInt64
  /// What it writes.
  let outputs: [Spec]
  /// The parameters of the layers inside, by their indices in the store.
  let parameters: [Int]
  /// Pairs of an output and an input that may share memory.
  var aliases: [(output: Int, input: Int)] { [] }
  /// What it keeps from forward to backward.
  private(set) var saved: [Spec] = []
  /// For each input, whether backward reads it.
  private(set) var needsInput: [Bool]
  /// Scratch, arithmetic and flags.
  private(set) var plan = zoo_plan()

  private var failure: LayerFailure?

  init(path: String, inputCount: Int, outputs: [Spec], parameters: [Int]) {
    self.path = path
    self.outputs = outputs
    self.parameters = parameters
    pathKey = zoo_path_key(path, UInt64(path.utf8.count))
    needsInput = Array(repeating: false, count: inputCount)
    plan.size = UInt32(MemoryLayout<zoo_plan>.size)
    plan.flags = UInt32(ZOO_LAYER_ACCUMULATES)
  }

  /// Says how much memory it wants.
  func settle(scratch: (forward: Int, backward: Int), flops: Double, saved: [Spec] = [], needsInput: [Bool]? = nil) {
    plan.scratch_forward = UInt64(scratch.forward)
    plan.scratch_backward = UInt64(scratch.backward)
    plan.flops = flops
    self.saved = saved
    if let needsInput { self.needsInput = needsInput }
  }

  /// Whether none of the layers inside may be trained.
  var isFrozen: Bool { bodies.allSatisfy { $0.planned.layers.allSatisfy { $0.isFrozen || $0.parameters.isEmpty } } }

  /// The parameters whose gradients backward computes, once `differentiate` has said which are wanted.
  var trained: Set<Int> { bodies.reduce(into: []) { $0.formUnion($1.memory.parameterTargets) } }

  /// The graphs inside.
  var bodies: [Body] { [] }

  /// Which gradients backward will be asked for: of these parameters, and of these inputs.
  func differentiate(parameters: Set<Int>, inputs: [Bool]) throws(GraphError) {}

  /// Binds the calls inside, once the store has memory for every parameter.
  func bind(_ store: ParameterStore) { for body in bodies { body.bind(store) } }

  /// Packs the parameters inside.
  func pack() throws(LayerFailure) { for body in bodies { try body.pack() } }

  /// The size of what `pack` writes.
  var packedBytes: Int { bodies.reduce(0) { $0 + $1.packedBytes } }

  /// Runs once.
  func forward(_ call: zoo_call) -> zoo_status { zoo_status(ZOO_INTERNAL) }

  /// Runs backwards once.
  func backward(_ call: zoo_call) -> zoo_status { zoo_status(ZOO_INTERNAL) }

  /// Notes which layer inside has failed, for the words that the user sees.
  func fail(_ layer: LayerInstance, _ phase: LayerFailure.Phase, _ status: zoo_status) -> zoo_status {
    failure = layer.failure(phase, status)
    return status
  }

  func takeFailure() -> LayerFailure? {
    defer { failure = nil }
    return failure
  }

  /// The protocol's functions for all such layers.
  nonisolated(unsafe) static let table: UnsafePointer<zoo_kind> = {
    let table = UnsafeMutablePointer<zoo_kind>.allocate(capacity: 1)
    table.initialize(to: zoo_kind())
    table.pointee.size = UInt32(MemoryLayout<zoo_kind>.size)
    table.pointee.forward = { layer, call in ControlLayer.of(layer, call) { $0.forward($1) } }
    table.pointee.backward = { layer, call in ControlLayer.of(layer, call) { $0.backward($1) } }
    table.pointee.destroy = { _ in }
    return UnsafePointer(table)
  }()

  private static func of(
    _ layer: OpaquePointer?, _ call: UnsafePointer<zoo_call>?, _ body: (ControlLayer, zoo_call) -> zoo_status
  ) -> zoo_status {
    guard let layer, let call else { return zoo_status(ZOO_INTERNAL) }
    return body(Unmanaged<ControlLayer>.fromOpaque(UnsafeRawPointer(layer)).takeUnretainedValue(), call.pointee)
  }
}

/// Offsets of pieces of memory that lie one after the other, each aligned to 64 bytes.
struct Layout {
  private(set) var bytes = 0

  mutating func add(_ count: Int) -> Int {
    defer { bytes += (count + 63) / 64 * 64 }
    return bytes
  }
}
