import CHost
package import CZoo
package import ZooRuntime
package import ZooTypes

/// One layer run by hand, through the protocol: create, plan, (pack,) forward, backward, with poisoned memory around.
package final class KindRunner {
  package let instance: LayerInstance
  package let run: Run
  package let inputs: [TensorBuffer?]
  package let parameters: [TensorBuffer]
  package let outputs: [TensorBuffer]
  package let saved: [TensorBuffer]
  private let scratch: TensorBuffer
  private let training: Bool
  private var packed: TensorBuffer?

  /// Makes and plans a layer for these inputs.
  ///
  /// Parameters start as NaN until they are given. `inPlace` writes outputs over inputs of their shape wherever the plan allows
  /// it. `foreign` are the libraries that it may call.
  package init(
    _ kind: KindInfo, _ attributes: [AttributeLiteral], inputs: [TensorBuffer?], training: Bool = false, seed: UInt64 = 1,
    path: String = "layer", inPlace: Bool = false, epilogue: zoo_epilogue? = nil, foreign: ForeignLibraries = .none,
    precision: Precision = Precision()
  ) throws {
    run = Run(seed: seed, foreign: foreign, precision: precision)
    self.training = training
    self.inputs = inputs
    instance = try LayerInstance(
      kind: kind, attributes: attributes, path: path, inputs: inputs.map { $0?.spec }, training: training,
      folding: FoldingRequest(epilogue: epilogue), run: run)
    func poisoned(_ spec: Spec) -> TensorBuffer {
      let tensor = TensorBuffer(spec)
      for i in tensor.bytes.indices { tensor.bytes[i] = 0xFF }  // NaN in every float type
      return tensor
    }
    parameters = instance.parameters.map { poisoned($0.spec) }
    var outputs = instance.outputs.map(poisoned)
    for pair in 0..<(inPlace ? Int(instance.plan.alias_count) : 0) {
      let (output, input) = (Int(instance.plan.aliases[2 * pair]), Int(instance.plan.aliases[2 * pair + 1]))
      if let buffer = inputs[input], buffer.spec == outputs[output].spec { outputs[output] = buffer }
    }
    self.outputs = outputs
    saved = training ? instance.saved.map(poisoned) : []
    scratch = poisoned(Spec([Int(max(instance.plan.scratch_forward, instance.plan.scratch_backward))], .u8))
  }

  /// Copies values into parameter `name`.
  package func set(_ name: String, _ values: TensorBuffer) throws {
    guard let index = instance.parameters.firstIndex(where: { $0.name == name }), parameters[index].spec == values.spec else {
      throw TestProblem(
        "the kind has no parameter \(name) of \(values.spec); it has \(instance.parameters.map { "\($0.name) \($0.spec)" })")
    }
    parameters[index].bytes.copyMemory(from: UnsafeRawBufferPointer(values.bytes))
  }

  /// Packs the parameters, as the host does for inference.
  package func pack() throws {
    guard instance.plan.packed_bytes > 0, let pack = instance.table.pointee.pack else { return }
    let memory = TensorBuffer(Spec([Int(instance.plan.packed_bytes)], .u8))
    let table = tensors(parameters)
    var call = zoo_pack_call(
      size: UInt32(MemoryLayout<zoo_pack_call>.size), parameter_count: UInt32(parameters.count), host: zoo_host_table(),
      context: instance.context, parameters: table, packed: memory.pointer, scale: nil, shift: nil)
    defer { table.deallocate() }
    try check(pack(instance.layer, &call), .pack)
    packed = memory
  }

  /// Runs forward; the outputs are then in `outputs`.
  package func forward() throws {
    let (inputTable, outputTable, parameterTable, savedTable) = (tensors(inputs), tensors(outputs), tensors(parameters), tensors(saved))
    defer { for table in [inputTable, outputTable, parameterTable, savedTable] { table.deallocate() } }
    var call = call(inputTable, outputTable, parameterTable, savedTable)
    try check(instance.table.pointee.forward(instance.layer, &call), .forward)
  }

  /// Runs backward.
  ///
  /// `wanted` masks let gradients go unwanted (nil in the result); `into` gives starting values to accumulate onto.
  package func backward(
    _ outputGradients: [TensorBuffer?], wantInput: (Int) -> Bool = { _ in true }, wantParameter: (Int) -> Bool = { _ in true },
    accumulateOnto start: Float? = nil
  ) throws -> (inputs: [TensorBuffer?], parameters: [TensorBuffer?]) {
    guard let backward = instance.table.pointee.backward else { throw TestProblem("\(instance.kind.name) has no backward") }
    func gradient(_ spec: Spec) -> TensorBuffer {
      let tensor = TensorBuffer(Spec(spec.shape))
      let floats = tensor.pointer.assumingMemoryBound(to: Float.self)
      for i in 0..<spec.count { floats[i] = start ?? .nan }
      return spec.dtype == .bf16 ? tensor.narrowed : tensor
    }
    let inputGradients = inputs.indices.map { i -> TensorBuffer? in
      let port = instance.kind.inputs[min(i, instance.kind.inputs.count - 1)]
      guard port.isDifferentiable, wantInput(i), let spec = inputs[i]?.spec, [.f32, .bf16].contains(spec.dtype) else { return nil }
      return gradient(spec)
    }
    let parameterGradients = parameters.indices.map { i -> TensorBuffer? in
      instance.parameters[i].isBuffer || !wantParameter(i) ? nil : gradient(parameters[i].spec)
    }
    let outputGradients = outputGradients + Array(repeating: nil, count: max(0, outputs.count - outputGradients.count))
    // What the plan does not need is withheld, as the host does.
    let visibleInputs = inputs.enumerated().map { instance.plan.needs_inputs >> UInt64($0.offset) & 1 != 0 ? $0.element : nil }
    let visibleOutputs = outputs.enumerated().map { instance.plan.needs_outputs >> UInt64($0.offset) & 1 != 0 ? $0.element : nil }
    let tables = [
      tensors(visibleInputs), tensors(visibleOutputs), tensors(parameters), tensors(saved), tensors(outputGradients),
      tensors(inputGradients),
      tensors(parameterGradients),
    ]
    defer { for table in tables { table.deallocate() } }
    fillShapes(tables[0], inputs)
    fillShapes(tables[1], outputs)
    var call = call(tables[0], tables[1], tables[2], tables[3])
    call.output_gradients = UnsafePointer(tables[4])
    call.input_gradients = UnsafePointer(tables[5])
    call.parameter_gradients = UnsafePointer(tables[6])
    if start != nil {
      call.accumulate_inputs = .max
      call.accumulate_parameters = .max
    }
    try check(backward(instance.layer, &call), .backward)
    return (inputGradients, parameterGradients)
  }

  private func call(
    _ inputTable: UnsafePointer<zoo_tensor>, _ outputTable: UnsafePointer<zoo_tensor>, _ parameterTable: UnsafePointer<zoo_tensor>,
    _ savedTable: UnsafePointer<zoo_tensor>
  ) -> zoo_call {
    var call = zoo_call()
    call.size = UInt32(MemoryLayout<zoo_call>.size)
    call.flags = training ? UInt32(ZOO_CALL_TRAINING) : 0
    call.host = zoo_host_table()
    call.context = instance.context
    (call.input_count, call.output_count) = (UInt32(inputs.count), UInt32(outputs.count))
    (call.parameter_count, call.saved_count) = (UInt32(parameters.count), UInt32(saved.count))
    call.inputs = inputTable
    call.outputs = outputTable
    call.parameters = parameterTable
    call.saved = savedTable
    call.packed = packed.map { UnsafeRawPointer($0.pointer) }
    call.scratch = scratch.pointer
    return call
  }

  private func tensors(_ buffers: [TensorBuffer?]) -> UnsafeMutablePointer<zoo_tensor> {
    let table = UnsafeMutablePointer<zoo_tensor>.allocate(capacity: max(buffers.count, 1))
    for (i, buffer) in buffers.enumerated() { (table + i).initialize(to: buffer?.raw.pointee ?? zoo_tensor()) }
    return table
  }

  /// A withheld tensor keeps its shape; only its data is NULL.
  private func fillShapes(_ table: UnsafeMutablePointer<zoo_tensor>, _ buffers: [TensorBuffer?]) {
    for (i, buffer) in buffers.enumerated() where table[i].data == nil {
      if let raw = buffer?.raw.pointee {
        table[i] = raw
        table[i].data = nil
      }
    }
  }

  private func check(_ status: zoo_status, _ phase: LayerFailure.Phase) throws {
    if status != zoo_status(ZOO_OK) { throw instance.failure(phase, status) }
  }
}

/// What is wrong with a test's own material.
package struct TestProblem: Error, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}
