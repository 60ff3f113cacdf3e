import CHost
import CZoo
import Glibc
import ZooFormats
import ZooTypes

/// A condition: one of two graphs runs, and the other is as if it were not there.
final class ConditionalLayer: ControlLayer {
  private let branches: [Body]  // the one for not 0, then the other
  private let condition: DType
  private var tapeBytes = 0

  init(
    _ conditional: Conditional, node: Node, inputs: [Spec], training: Bool, fuse: Bool, store: ParameterStore, run: Run
  ) throws {
    guard inputs[0].count == 1 else { throw ControlError.notScalar(control: node.path, got: inputs[0], place: node.place) }
    condition = inputs[0].dtype
    branches = try [conditional.then, conditional.otherwise].map {
      try Body($0, inputs: Array(inputs[1...]), training: training, fuse: fuse, store: store, run: run)
    }
    let outputs = branches.map { branch in branch.planned.outputs.map(branch.planned.spec) }
    for (o, (then, otherwise)) in zip(outputs[0], outputs[1]).enumerated() where then != otherwise {
      throw ControlError.branches(
        control: node.path, output: conditional.then.outputs[o].name, then: then, otherwise: otherwise, place: node.place)
    }
    super.init(
      path: node.path, inputCount: inputs.count, outputs: outputs[0], parameters: branches.flatMap(\.parameterIndices).uniqued())
    settle()
  }

  override var bodies: [Body] { branches }

  override func differentiate(parameters: Set<Int>, inputs: [Bool]) throws(GraphError) {
    let wanted = Set(inputs.indices.dropFirst().filter { inputs[$0] }.map { $0 - 1 })
    for branch in branches { try branch.differentiate(seeds: branch.planned.outputs, parameters: parameters, inputs: wanted) }
    tapeBytes = branches.map(\.memory.tapeBytes).max() ?? 0
    settle(
      saved: [Spec([tapeBytes], .u8), Spec([1], .u8)],
      needsInput: inputs.indices.map { k in k > 0 && branches.contains { $0.backwardNeedsInput(k - 1) } })
  }

  private func settle(saved: [Spec] = [], needsInput: [Bool]? = nil) {
    let scratch = branches.map(\.memory.arena.bytes).max() ?? 0
    settle(scratch: (scratch, scratch), flops: branches.map(\.flops).max() ?? 0, saved: saved, needsInput: needsInput)
  }

  override func forward(_ call: zoo_call) -> zoo_status {
    let chosen = isTrue(call.inputs[0].data, condition) ? 0 : 1
    let branch = branches[chosen]
    enter(branch, call)
    branch.refresh(.forward)
    if let failed = branch.run(.forward) { return fail(failed.layer, .forward, failed.status) }
    for o in outputs.indices {
      if let from = branch.output(o), let to = call.outputs[o].data { memcpy(to, from, outputs[o].byteCount) }
    }
    if call.saved_count > 1 { call.saved[1].data.storeBytes(of: UInt8(chosen), as: UInt8.self) }
    return zoo_status(ZOO_OK)
  }

  override func backward(_ call: zoo_call) -> zoo_status {
    let branch = branches[Int(call.saved[1].data.load(as: UInt8.self))]
    enter(branch, call)
    branch.takeGradients(call, of: parameters)
    for p in 0..<Int(call.parameter_count) where call.accumulate_parameters >> UInt64(p) & 1 == 0 { call.parameter_gradients[p].clear() }
    for k in 0..<Int(call.input_count) where call.accumulate_inputs >> UInt64(k) & 1 == 0 { call.input_gradients[k].clear() }
    branch.refresh(.backward)
    for o in outputs.indices { if let seed = branch.seed(o) { memset(seed, 0, outputs[o].byteCount) } }
    for o in outputs.indices {
      if let seed = branch.seed(o), let gradient = call.output_gradients[o].data { accumulate(gradient, to: seed, outputs[o]) }
    }
    if let failed = branch.run(.backward) { return fail(failed.layer, .backward, failed.status) }
    for k in 1..<Int(call.input_count) {
      guard let target = call.input_gradients[k].data, let gradient = branch.inputGradient(k - 1) else { continue }
      accumulate(gradient, to: target, branch.planned.inputs[k - 1])
    }
    return zoo_status(ZOO_OK)
  }

  private func enter(_ branch: Body, _ call: zoo_call) {
    branch.regions[Body.arena] = call.scratch
    branch.regions[Body.tape] = call.saved_count > 0 ? call.saved[0].data : nil
    for k in 1..<Int(call.input_count) { branch.regions[Body.input(k - 1)] = call.inputs[k].data }
    // Inside a loop, the layers' random numbers change with its iterations.
    branch.salt((call.context?.pointee.path_key ?? pathKey) ^ pathKey)
  }
}

extension zoo_tensor {
  /// Fills it with zeros; nothing if it has no data.
  func clear() {
    guard let data else { return }
    var count = 1
    for axis in 0..<Int(rank) { count *= Int(shape[axis]) }
    memset(data, 0, count * Int(dtype.bits) / 8)
  }
}

/// into += from, both `f32` of that shape.
func accumulate(_ from: UnsafeMutableRawPointer, to into: UnsafeMutableRawPointer, _ spec: Spec) {
  zoo_accumulate(into.assumingMemoryBound(to: Float.self), from.assumingMemoryBound(to: Float.self), Int64(spec.count))
}

/// Whether a number of any type is not 0.
func isTrue(_ number: UnsafeMutableRawPointer?, _ dtype: DType) -> Bool {
  guard let number else { return false }
  // Minus zero has a bit set.
  if dtype == .f32 { return number.load(as: Float.self) != 0 }
  for i in 0..<dtype.byteCount where number.load(fromByteOffset: i, as: UInt8.self) != 0 { return true }
  return false
}
