import ZooTypes

/// Numbers of bf16 have 8 bits: two roundings may be as far apart as this.
private let step = 0x1p-7

let precisionChecks: [Check] = [
  .kind("bf16-agrees", "where it says that it takes bf16, it gives what f32 gives, rounded") { context in
    try context.each { kind, example in
      guard kind.isFasterInBF16 || kind.followsBF16 else { throw CheckSkip("it does not say that it takes bf16") }
      guard example.inputs.contains(where: { $0?.spec.dtype == .f32 }) else { throw CheckSkip("it has no input of f32") }
      var rounded = example
      rounded.inputs = example.inputs.map { form in
        guard var form, form.spec.dtype == .f32 else { return form }
        form.spec.dtype = .bf16
        return form
      }
      for isTraining in example.modes {
        let manner = Trial.Manner(isTraining: isTraining)
        let (half, full) = (try context.trial(rounded, manner), try context.trial(example, manner))
        guard full.layer.isDeterministic else { throw CheckSkip("it says that it is not deterministic") }
        for tensor in full.inputs.compactMap({ $0 }) + full.parameters + half.parameters { tensor.truncate() }
        try half.forward()
        try full.forward()
        for (got, wanted) in zip(half.outputs, full.outputs) {
          let expected = Spec(wanted.spec.shape, wanted.isFloat ? .bf16 : wanted.spec.dtype)
          guard got.spec == expected else { throw CheckFailure("of bf16 inputs, \(got.name) is \(got.spec) where \(expected) belongs") }
          if wanted.isFloat {
            try expectEqual(got.halves, wanted.floats, max(example.tolerance, step), "of bf16 inputs", got.name)
          } else if got.copy != wanted.copy {
            throw CheckFailure("of bf16 inputs, \(got.name) is another")
          }
        }
      }
    }
  }
]

extension GuardedTensor {
  /// Cuts numbers of f32 off after the bits that bf16 has.
  fileprivate func truncate() {
    guard isFloat else { return }
    for i in elements.indices { elements[i] = Float(bitPattern: elements[i].bitPattern & 0xFFFF_0000) }
  }

  /// The elements of a tensor of bf16.
  fileprivate var halves: [Float] {
    let bits = UnsafeBufferPointer(start: memory.assumingMemoryBound(to: UInt16.self), count: spec.count)
    return bits.map { Float(bitPattern: UInt32($0) << 16) }
  }
}
