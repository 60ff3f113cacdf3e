import CZoo
import ZooRuntime
import ZooTypes

let planChecks: [Check] = [
  .kind("plan-is-pure", "the same attributes and shapes get the same plan, and training changes no output") { context in
    try context.each(training: true) { kind, example in
      let inference = try PlanWords(context.planner(), example, isTraining: false)
      let training = try PlanWords(context.planner(), example, isTraining: true)
      guard try inference == PlanWords(context.planner(), example, isTraining: false),
        try training == PlanWords(context.planner(), example, isTraining: true)
      else {
        throw CheckFailure("planned twice, it answers differently")
      }
      guard inference.outputs == training.outputs else {
        throw CheckFailure("its outputs are \(inference.outputs), but \(training.outputs) in training")
      }
      guard inference.parameters == training.parameters else { throw CheckFailure("its parameters are others in training") }
      let threads = Threads.count
      defer { Threads.count = threads }
      Threads.count = threads + 2
      let more = try PlanWords(context.planner(), example, isTraining: true)
      guard more.outputs == training.outputs, more.parameters == training.parameters, more.saved == training.saved else {
        throw CheckFailure("its outputs, parameters or saved tensors depend on the number of threads")
      }
    }
  },
  .kind("parameters-have-names", "parameters have different names, and shapes that are not empty") { context in
    try context.each { kind, example in
      let parameters = try context.trial(example).layer.parameters
      for (i, parameter) in parameters.enumerated() {
        guard !parameter.name.isEmpty, !parameters[..<i].contains(where: { $0.name == parameter.name }) else {
          throw CheckFailure("two parameters are called '\(parameter.name)'")
        }
        guard parameter.spec.count > 0 else { throw CheckFailure("parameter '\(parameter.name)' has no elements: \(parameter.spec)") }
      }
    }
  },
]

/// A plan's answer, to be compared.
private struct PlanWords: Equatable {
  let outputs: [Spec]
  let saved: [Spec]
  let parameters: [String]
  let aliases: [Int32]
  let numbers: [UInt64]

  init(_ planner: Planner, _ example: CheckedCase, isTraining: Bool) throws {
    let layer = try planner.plan(example, isTraining: isTraining).0
    let plan = layer.plan
    (outputs, saved) = (layer.outputs, layer.saved)
    parameters = layer.parameters.map { "\($0.name) \($0.spec) \($0.isBuffer) \($0.isNoDecay)" }
    aliases = (0..<2 * Int(plan.alias_count)).map { plan.aliases[$0] }
    numbers = [
      UInt64(plan.flags), plan.scratch_forward, plan.scratch_backward, plan.packed_bytes, plan.needs_inputs, plan.needs_outputs,
      plan.epilogues, UInt64(plan.epilogue.kind), plan.flops.bitPattern, plan.bytes.bitPattern,
    ]
  }
}
