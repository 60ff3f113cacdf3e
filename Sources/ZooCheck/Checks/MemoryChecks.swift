import CAllocations
import CZoo
import ZooRuntime
import ZooTypes

let memoryChecks: [Check] = [
  .kind("writes-all", "every element of every output and of what training keeps is written") { context in
    try context.each { kind, example in
      for isTraining in example.modes {
        let trials = try [UInt8(0xFF), 0x2A].map { poison in
          let trial = try context.trial(example, Trial.Manner(isTraining: isTraining, poison: poison))
          try trial.forward()
          return trial
        }
        for (first, second) in zip(trials[0].outputs + trials[0].saved, trials[1].outputs + trials[1].saved) {
          guard let byte = zip(first.bytes, second.bytes).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset else {
            continue
          }
          throw CheckFailure(
            "element \(byte / first.spec.dtype.byteCount) of \(first.name) \(first.spec) depends on what was there before\(isTraining ? ", in training" : "")"
          )
        }
      }
    }
  },
  .kind("stays-inside", "nothing around inputs, outputs, parameters, saved tensors and scratch is written or read") { context in
    try context.each { kind, example in
      for isTraining in example.modes {
        let trial = try context.trial(example, Trial.Manner(isTraining: isTraining))
        try trial.forward()
        if isTraining, kind.isDifferentiable { _ = try trial.backward(from: trial.outputGradients()) }
      }
    }
  },
  .kind("inputs-untouched", "inputs and parameters are only read, and so is what backward starts from") { context in
    try context.each { kind, example in
      for isTraining in example.modes {
        let trial = try context.trial(example, Trial.Manner(isTraining: isTraining))
        for tensor in trial.inputs.compactMap({ $0 }) { tensor.allowWriting(false) }
        for (i, tensor) in trial.parameters.enumerated() where !(isTraining && trial.layer.parameters[i].isBuffer) {
          tensor.allowWriting(false)
        }
        try trial.forward()
        if isTraining, kind.isDifferentiable {
          let gradients = try trial.outputGradients()
          for tensor in trial.outputs + trial.saved + trial.parameters + gradients.compactMap({ $0 }) { tensor.allowWriting(false) }
          _ = try trial.backward(from: gradients)
        }
      }
    }
  },
  .kind("no-allocation", "forward and backward allocate no memory and create no thread") { context in
    try context.each { kind, example in
      for isTraining in example.modes {
        let trial = try context.trial(example, Trial.Manner(isTraining: isTraining))
        try trial.forward()
        try expectNothing(of: "forward") { try trial.forward(measuring: $0) }
        guard isTraining, kind.isDifferentiable else { continue }
        let gradients = try trial.outputGradients()
        _ = try trial.backward(from: gradients)
        try expectNothing(of: "backward") { _ = try trial.backward(from: gradients, measuring: $0) }
      }
    }
  },
  .kind("leaks-nothing", "a thousand layers that are made, planned and destroyed leave nothing behind") { context in
    guard let example = try context.cases().first else { return }
    let planner = try context.planner()
    func make(_ count: Int) throws {
      for _ in 0..<count { _ = try planner.plan(example, isTraining: example.trains) }
    }
    try make(100)
    let before = zoo_heap_bytes()
    try make(1000)
    let after = zoo_heap_bytes()
    guard after <= before + 4096 else { throw CheckFailure("a thousand layers leave \(after - before) bytes behind") }
  },
]

/// Throws if the family's function, which `body` runs between the two halves that it is given, allocates or creates threads.
private func expectNothing(of phase: String, _ body: (Trial.Measure) throws -> Void) throws {
  var census = zoo_census()
  try body(Trial.Measure(begin: { zoo_begin_census() }, end: { census = zoo_end_census() }))
  guard census.threads == 0 else { throw CheckFailure("\(phase) creates \(census.threads) threads; use the host's parallel_for") }
  guard census.allocations == 0 else {
    throw CheckFailure("\(phase) allocates \(census.allocations) times; declare scratch in the plan instead")
  }
}
