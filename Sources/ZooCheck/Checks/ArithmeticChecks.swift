import CZoo
import Glibc
import ZooRuntime
import ZooTypes

let arithmeticChecks: [Check] = [
  .kind("threads-agree", "results are the same bits on one, two and three threads") { context in
    try context.each(training: true) { kind, example in
      let large = try grown(example, by: context.planner())
      var reference: [[UInt8]]?
      let threads = Threads.count
      defer { Threads.count = threads }
      for count in 1...3 {
        Threads.count = count
        let trial = try context.trial(large, Trial.Manner(isTraining: true))
        guard trial.layer.isDeterministic else { throw CheckSkip("it says that it is not deterministic") }
        try trial.forward()
        var results = trial.results
        if kind.isDifferentiable { results += try trial.backward(from: trial.outputGradients()).all.map(\.copy) }
        if let reference, reference != results { throw CheckFailure("on \(count) threads the bits are others than on one") }
        reference = results
      }
    }
  },
  .kind("repeats-agree", "the same numbers give the same bits again") { context in
    try context.each { kind, example in
      for isTraining in example.modes {
        let trial = try context.trial(example, Trial.Manner(isTraining: isTraining))
        guard trial.layer.isDeterministic else { throw CheckSkip("it says that it is not deterministic") }
        try trial.forward()
        let first = trial.results
        if isTraining, kind.isDifferentiable {
          let start = try trial.outputGradients()
          let (one, two) = (try trial.backward(from: start), try trial.backward(from: start))
          guard one.all.map(\.copy) == two.all.map(\.copy) else { throw CheckFailure("a second backward gives other bits") }
        }
        if isTraining, trial.layer.parameters.contains(where: \.isBuffer) { continue }  // they have moved on
        try trial.forward()
        guard trial.results == first else { throw CheckFailure("a second forward gives other bits\(isTraining ? ", in training" : "")") }
      }
    }
  },
  .kind("rows-independent", "where it says so, one row of the results depends on one row of the inputs") { context in
    try context.each { kind, example in
      let trial = try context.trial(example)
      guard trial.layer.plan.flags & UInt32(ZOO_LAYER_ROW_INDEPENDENT) != 0 else { throw CheckSkip("it does not say so") }
      guard let rows = example.inputs.first??.spec.shape.first, rows > 1 else { throw CheckSkip("its inputs have one row") }
      try trial.forward()
      let before = trial.results
      for tensor in trial.inputs.compactMap({ $0 }) where tensor.isFloat && tensor.spec.shape.first == rows {
        for i in 0..<tensor.spec.count / rows { tensor.elements[i] = tensor.elements[i] * 0.5 + 0.125 }
      }
      try trial.forward()
      for (i, output) in trial.outputs.enumerated() where output.spec.shape.first == rows {
        let row = output.spec.byteCount / rows
        guard before[i][row...] == trial.results[i][row...] else {
          throw CheckFailure("other rows of \(output.name) change with the first row")
        }
      }
    }
  },
  .kind("packed-agrees", "forward gives the same from packed parameters and from plain ones") { context in
    try context.each(training: true) { kind, example in
      let packed = try context.trial(example)
      guard packed.layer.plan.packed_bytes > 0 else { throw CheckSkip("it packs nothing") }
      guard !packed.layer.parameters.contains(where: \.isBuffer) else { throw CheckSkip("it computes something else in training") }
      let plain = try [7, 8].map { seed in
        let trial = try context.trial(example, Trial.Manner(isTraining: true, runSeed: UInt64(seed)))
        try trial.forward()
        return trial
      }
      guard plain[0].results == plain[1].results else { throw CheckSkip("it is random in training") }
      try packed.forward()
      try expectEqual(packed.outputs, plain[0].outputs, example.tolerance, "from packed parameters")
      for tensor in packed.parameters where tensor.isFloat { for i in tensor.elements.indices { tensor.elements[i] *= 0.5 } }
      for tensor in plain[0].parameters where tensor.isFloat { for i in tensor.elements.indices { tensor.elements[i] *= 0.5 } }
      try packed.forward()
      try plain[0].forward()
      try expectEqual(packed.outputs, plain[0].outputs, example.tolerance, "from parameters that were packed again")
    }
  },
  .kind("epilogues-agree", "an epilogue that is folded in gives the same as one that follows") { context in
    try context.each { kind, example in
      let plain = try context.trial(example)
      let offered = plain.layer.plan.epilogues
      guard offered >> 1 != 0 else { throw CheckSkip("it offers none") }
      for folding in foldings() where folding.isOffered(by: offered) {
        // Several draws: a few numbers may happen to lie where the epilogue does nothing.
        for seed in 1...8 {
          let plain = try context.trial(example, Trial.Manner(seed: seed))
          try plain.forward()
          // An addend may lie in the output's own memory.
          for isInPlace in folding.has(ZOO_EPILOGUE_ADD) ? [false, true] : [false] {
            let fused = try context.trial(example, Trial.Manner(isInPlace: isInPlace, folding: folding, seed: seed))
            let addend = fused.addend?.floats
            try fused.forward()
            guard let (got, start) = zip(fused.outputs, plain.outputs).first(where: { $0.0.isFloat }) else { continue }
            let scale = fused.affine?.scale.floats, shift = fused.affine?.shift.floats
            let wanted = start.floats.enumerated().map { i, y in
              var y = Double(y)
              if let scale, let shift { y = y * Double(scale[i % scale.count]) + Double(shift[i % shift.count]) }
              if let addend { y += Double(addend[i]) }
              return Float(folding.epilogue.map { apply($0, y) } ?? y)
            }
            try expectEqual(got.floats, wanted, example.tolerance, "with \(folding.words) folded in", got.name)
          }
        }
      }
    }
  },
  .kind("aliases-agree", "outputs that are written over inputs are the same") { context in
    try context.each { kind, example in
      let apart = try context.trial(example)
      guard apart.layer.plan.alias_count > 0 else { throw CheckSkip("it allows none") }
      try apart.forward()
      let inPlace = try context.trial(example, Trial.Manner(isInPlace: true))
      try inPlace.forward()
      guard inPlace.results == apart.results else { throw CheckFailure("written over its inputs, its outputs are others") }
    }
  },
]

extension LayerInstance {
  /// Whether it claims to be.
  var isDeterministic: Bool { plan.flags & UInt32(ZOO_LAYER_NONDETERMINISTIC) == 0 }
}

/// The case over so many rows that there is work for several threads, if its plan accepts that.
func grown(_ example: CheckedCase, by planner: Planner) -> CheckedCase {
  guard let rows = example.inputs.first??.spec.shape.first, rows > 0 else { return example }
  for factor in [1031, 97, 11] {
    var large = example
    for i in large.inputs.indices where large.inputs[i]?.spec.shape.first == rows { large.inputs[i]?.spec.shape[0] *= factor }
    if let layer = try? planner.plan(large, isTraining: true).0, (layer.outputs + layer.saved).allSatisfy({ $0.byteCount < 1 << 22 }) {
      return large
    }
  }
  return example
}

/// What a layer may be asked to fold in: each epilogue by itself, an affine map, an addend, and all three.
private func foldings() -> [FoldingRequest] {
  func epilogue(_ kind: Int) -> zoo_epilogue {
    var epilogue = zoo_epilogue()
    epilogue.size = UInt32(MemoryLayout<zoo_epilogue>.size)
    (epilogue.kind, epilogue.alpha, epilogue.beta) = (UInt32(kind), 0.25, kind == ZOO_EPILOGUE_LINEAR ? -0.5 : 0)
    if kind == ZOO_EPILOGUE_CLIP { (epilogue.alpha, epilogue.beta) = (-0.25, 0.5) }
    return epilogue
  }
  let kinds = Array(ZOO_EPILOGUE_RELU...ZOO_EPILOGUE_LINEAR) + [ZOO_EPILOGUE_CLIP]
  let (affine, add) = (UInt64(1) << UInt64(ZOO_EPILOGUE_AFFINE), UInt64(1) << UInt64(ZOO_EPILOGUE_ADD))
  return kinds.map { FoldingRequest(epilogue: epilogue($0)) } + [
    FoldingRequest(folds: affine), FoldingRequest(folds: add), FoldingRequest(epilogue: epilogue(ZOO_EPILOGUE_RELU), folds: affine | add),
  ]
}

extension FoldingRequest {
  /// Whether AFFINE or ADD is asked for.
  func has(_ epilogue: Int) -> Bool { folds >> UInt64(epilogue) & 1 != 0 }

  /// Whether a plan offers all of it.
  fileprivate func isOffered(by epilogues: UInt64) -> Bool {
    let wanted = folds | (epilogue.map { 1 << UInt64($0.kind) } ?? 0)
    return epilogues & wanted == wanted
  }

  fileprivate var words: String {
    let parts = [has(ZOO_EPILOGUE_AFFINE) ? "a scale and shift" : nil, has(ZOO_EPILOGUE_ADD) ? "an addend" : nil]
    return (parts + [epilogue.map { "epilogue \($0.kind)" }]).compactMap { $0 }.joined(separator: ", ")
  }
}

/// The epilogues of the protocol, in double precision.
private func apply(_ epilogue: zoo_epilogue, _ y: Double) -> Double {
  let (alpha, beta) = (Double(epilogue.alpha), Double(epilogue.beta))
  switch Int(epilogue.kind) {
  case ZOO_EPILOGUE_RELU: return max(y, alpha * y)
  case ZOO_EPILOGUE_TANH: return tanh(y)
  case ZOO_EPILOGUE_SIGMOID: return 1 / (1 + exp(-y))
  case ZOO_EPILOGUE_ELU: return y > 0 ? y : alpha * expm1(y)
  case ZOO_EPILOGUE_GELU: return 0.5 * y * (1 + erf(y / 2.0.squareRoot()))
  case ZOO_EPILOGUE_GELU_TANH: return 0.5 * y * (1 + tanh((2 / Double.pi).squareRoot() * (y + 0.044715 * y * y * y)))
  case ZOO_EPILOGUE_SILU: return y / (1 + exp(-y))
  case ZOO_EPILOGUE_LINEAR: return alpha * y + beta
  case ZOO_EPILOGUE_CLIP: return min(max(y, alpha), beta)
  default: return y
  }
}

func expectEqual(_ got: [GuardedTensor], _ wanted: [GuardedTensor], _ tolerance: Double, _ what: String) throws {
  for (got, wanted) in zip(got, wanted) {
    if got.isFloat {
      try expectEqual(got.floats, wanted.floats, tolerance, what, got.name)
    } else if got.copy != wanted.copy {
      throw CheckFailure("\(what), \(got.name) is another")
    }
  }
}

/// Within `tolerance` of the largest magnitude; NaN equals NaN, and infinities themselves.
func expectEqual(_ got: [Float], _ wanted: [Float], _ tolerance: Double, _ what: String, _ name: String) throws {
  let scale = wanted.reduce(Float(0)) { $1.isFinite ? max($0, $1.magnitude) : $0 }
  for (i, (a, b)) in zip(got, wanted).enumerated() where a != b && !(a.isNaN && b.isNaN) {
    if Double((a - b).magnitude) <= tolerance * Double(max(scale, 1e-6)) { continue }
    throw CheckFailure("\(what), element \(i) of \(name) is \(a) and not \(b)")
  }
}
