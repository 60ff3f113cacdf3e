import CHost
import CZoo
import Glibc
import ZooTypes

/// One forward or backward of a loop.
///
/// Nothing is allocated.
struct LoopRun {
  private let layer: LoopLayer
  private let body: Body
  private let loop: Loop
  private let memory: LoopMemory
  private let call: zoo_call
  private let carried: Int
  private let times: Int
  private let scratch: UnsafeMutableRawPointer

  init(_ layer: LoopLayer, _ call: zoo_call) {
    (self.layer, body, loop, memory, self.call) = (layer, layer.body, layer.loop, layer.memory, call)
    (carried, times) = (layer.loop.carried, layer.times)
    guard let scratch = call.scratch else { preconditionFailure("every loop has scratch") }
    self.scratch = scratch
  }

  // MARK: Forward

  func forward() -> zoo_status {
    enter()
    body.refresh(.forward)
    for i in 0..<carried { copy(call.inputs[i].data, to: start(of: i), bytes: layer.bytes[i]) }
    if loop.stops {
      for j in layer.stacks.indices { memset(call.outputs[carried + j].data, 0, layer.stacks[j].whole.byteCount) }
    }
    var made = 0
    while made < times {
      if layer.isCancelled { return zoo_status(ZOO_CANCELLED) }
      if case .stretches(let length, _) = memory.tape, made % length == 0 { saveStart(of: made / length) }
      setPart(made)
      prepare(made)
      body.move(.forward)
      if let failed = body.run(.forward) { return layer.fail(failed.layer, .forward, failed.status) }
      stack(made)
      let stops = loop.stops && isTrue(body.output(carried + layer.stacks.count), layer.condition)
      made += 1
      carry(intoPart: made < times && !stops ? made : nil)
      if stops { break }
    }
    if times == 0, layer.isTaped {
      for i in 0..<carried { copy(call.inputs[i].data, to: call.outputs[i].data, bytes: layer.bytes[i]) }
    }
    call.outputs[carried + layer.stacks.count].data.storeBytes(of: Int64(made), as: Int64.self)
    if layer.isTaped { call.saved[1].data.storeBytes(of: Int64(made), as: Int64.self) }
    return zoo_status(ZOO_OK)
  }

  /// Says where everything begins that is the same in every iteration.
  private func enter() {
    body.regions[Body.arena] = scratch + memory.arena
    for (j, sequence) in layer.sequences.enumerated() where !sequence.isContiguous {
      body.regions[Body.input(carried + j)] = scratch + memory.elements[j]
    }
    let captured = carried + layer.sequences.count
    for k in captured..<Int(call.input_count) { body.regions[Body.input(k)] = call.inputs[k].data }
    if loop.hasIndex { body.regions[Body.input(Int(call.input_count))] = scratch + memory.index }
    if !layer.isTaped { for i in 0..<carried { body.regions[Body.input(i)] = call.outputs[i].data } }
    setPart(0)
  }

  /// Where iteration `t` keeps what backward reads.
  private func part(_ t: Int) -> UnsafeMutableRawPointer? {
    switch memory.tape {
    case .none: nil
    case .whole: call.saved[0].data + t * memory.partBytes
    // Forward runs over one part again and again; backward has as many as a stretch.
    case .stretches(let length, _): scratch + memory.parts + (isBackward ? t % length : 0) * memory.partBytes
    }
  }

  private var isBackward: Bool { call.output_gradients != nil }

  private func setPart(_ t: Int) {
    guard let part = part(t) else { return }
    body.regions[Body.tape] = part
    for i in 0..<carried { body.regions[Body.input(i)] = part + memory.carried[i] }
  }

  /// Where a carried value lies before the first iteration.
  private func start(of i: Int) -> UnsafeMutableRawPointer? { part(0).map { $0 + memory.carried[i] } ?? call.outputs[i].data }

  /// Everything that differs from iteration to iteration: the number, the elements of the sequences, random numbers.
  private func prepare(_ t: Int) {
    let element = loop.isReversed ? times - 1 - t : t
    if loop.hasIndex { (scratch + memory.index).storeBytes(of: Int64(element), as: Int64.self) }
    for (j, sequence) in layer.sequences.enumerated() {
      // What backward does not need is not there.
      guard let whole = call.inputs[carried + j].data else { continue }
      let from = whole + element * sequence.bytes
      if sequence.isContiguous {
        body.regions[Body.input(carried + j)] = from
      } else {
        copyRows(from, sequence.pitch, to: scratch + memory.elements[j], sequence.bytes, sequence)
      }
    }
    // Iterations count from 1, so that the loop's own key is none of them; inside another loop, it changes with that one's.
    body.salt(mix((call.context?.pointee.path_key ?? 0) &+ UInt64(t + 1) &* 0x9E37_79B9_7F4A_7C15))
  }

  private func stack(_ t: Int) {
    let element = loop.isReversed ? times - 1 - t : t
    for (j, sequence) in layer.stacks.enumerated() {
      guard let from = body.output(carried + j), let whole = call.outputs[carried + j].data else { continue }
      copyRows(from, sequence.bytes, to: whole + element * sequence.bytes, sequence.pitch, sequence)
    }
  }

  /// Makes the body's outputs what the next iteration starts from; nil: there is none, and they are the loop's.
  private func carry(intoPart next: Int?) {
    // A carried value that becomes another one must not be overwritten before it is read.
    for i in 0..<carried where isExchanged(i) {
      copy(body.output(i), to: scratch + memory.exchange[i], bytes: layer.bytes[i])
    }
    for i in 0..<carried {
      let from = isExchanged(i) ? scratch + memory.exchange[i] : body.output(i)
      let to = next.flatMap(part).map { $0 + memory.carried[i] } ?? call.outputs[i].data
      copy(from, to: to, bytes: layer.bytes[i])
    }
  }

  private func isExchanged(_ i: Int) -> Bool {
    if case .input(let other) = body.planned.outputs[i] { other < carried && other != i } else { false }
  }

  // MARK: Stretches

  private func saveStart(of stretch: Int) {
    for i in 0..<carried { copy(start(of: i), to: saved(stretch, memory.startCarried[i]), bytes: layer.bytes[i]) }
    for (b, buffer) in layer.buffers.enumerated() {
      copy(buffer.baseAddress, to: saved(stretch, memory.startBuffers[b]), bytes: buffer.count)
    }
  }

  private func saved(_ stretch: Int, _ offset: Int) -> UnsafeMutableRawPointer? {
    call.saved[0].data + stretch * memory.startBytes + offset
  }

  /// Runs iterations `range` again, from what was carried into the first of them.
  ///
  /// They find the buffers as they then were, and leave them as they are: running statistics move once.
  private func repeatForward(_ range: ClosedRange<Int>, stretch: Int) -> zoo_status {
    setPart(range.lowerBound)
    for i in 0..<carried {
      copy(saved(stretch, memory.startCarried[i]), to: body.regions[Body.input(i)], bytes: layer.bytes[i])
    }
    for (b, buffer) in layer.buffers.enumerated() {
      copy(buffer.baseAddress, to: scratch + memory.keptBuffers[b], bytes: buffer.count)
      copy(saved(stretch, memory.startBuffers[b]), to: buffer.baseAddress, bytes: buffer.count)
    }
    defer {
      for (b, buffer) in layer.buffers.enumerated() {
        copy(scratch + memory.keptBuffers[b], to: buffer.baseAddress, bytes: buffer.count)
      }
    }
    for t in range {
      setPart(t)
      prepare(t)
      body.move(.forward)
      if let failed = body.run(.forward) { return layer.fail(failed.layer, .forward, failed.status) }
      if t < range.upperBound { carry(intoPart: t + 1) }
    }
    return zoo_status(ZOO_OK)
  }

  // MARK: Backward

  func backward() -> zoo_status {
    enter()
    body.takeGradients(call, of: layer.parameters)
    body.refresh(.forward)
    body.refresh(.backward)
    let made = Int(call.saved[1].data.load(as: Int64.self))
    clearTargets()
    for i in 0..<carried where layer.flows[i] {
      let bytes = layer.bytes[i]
      if let gradient = call.output_gradients[i].data {
        copy(gradient, to: scratch + memory.adjoints[i], bytes: bytes)
      } else {
        memset(scratch + memory.adjoints[i], 0, bytes)
      }
    }
    for t in (0..<made).reversed() {
      if layer.isCancelled { return zoo_status(ZOO_CANCELLED) }
      if case .stretches(let length, _) = memory.tape, t == made - 1 || t % length == length - 1 {
        let status = repeatForward(t / length * length...t, stretch: t / length)
        if status != zoo_status(ZOO_OK) { return status }
      }
      setPart(t)
      prepare(t)
      body.move(.backward)
      seed(t)
      if let failed = body.run(.backward) { return layer.fail(failed.layer, .backward, failed.status) }
      collect(t)
      if case .stretches(let length, _) = memory.tape, t > 0, t % length == 0 {
        for i in 0..<carried { memset(scratch + memory.adjoints[i], 0, layer.bytes[i]) }
      }
    }
    for i in 0..<carried {
      guard let target = call.input_gradients[i].data else { continue }
      accumulate(scratch + memory.adjoints[i], to: target, body.planned.inputs[i])
    }
    return zoo_status(ZOO_OK)
  }

  /// Gradients that are not to be added to start from zero.
  private func clearTargets() {
    for p in 0..<Int(call.parameter_count) where call.accumulate_parameters >> UInt64(p) & 1 == 0 {
      call.parameter_gradients[p].clear()
    }
    for k in 0..<Int(call.input_count) where call.accumulate_inputs >> UInt64(k) & 1 == 0 { call.input_gradients[k].clear() }
  }

  /// Writes the adjoints of the body's outputs: what the next iteration says of what is carried, and what the loop's own says of the rest.
  private func seed(_ t: Int) {
    let element = loop.isReversed ? times - 1 - t : t
    for o in 0..<carried + layer.stacks.count { clearSeed(o) }
    for i in 0..<carried where layer.flows[i] {
      guard let seed = body.seed(i) else { continue }
      accumulate(scratch + memory.adjoints[i], to: seed, body.planned.inputs[i])
    }
    for (j, sequence) in layer.stacks.enumerated() {
      guard let seed = body.seed(carried + j), let whole = call.output_gradients[carried + j].data else { continue }
      addRows(whole + element * sequence.bytes, sequence.pitch, to: seed, sequence.bytes, sequence)
    }
  }

  private func clearSeed(_ o: Int) {
    if let seed = body.seed(o) { memset(seed, 0, layer.outputBytes[o]) }
  }

  /// Takes the gradients of the body's inputs: of what was carried, of the elements of sequences, of what is captured.
  private func collect(_ t: Int) {
    let element = loop.isReversed ? times - 1 - t : t
    for i in 0..<carried where layer.flows[i] {
      let bytes = layer.bytes[i]
      if let gradient = body.inputGradient(i) {
        copy(gradient, to: scratch + memory.adjoints[i], bytes: bytes)
      } else {
        memset(scratch + memory.adjoints[i], 0, bytes)
      }
    }
    for k in carried..<Int(call.input_count) {
      guard let target = call.input_gradients[k].data, let gradient = body.inputGradient(k) else { continue }
      let j = k - carried
      if j < layer.sequences.count {
        let sequence = layer.sequences[j]
        addRows(gradient, sequence.bytes, to: target + element * sequence.bytes, sequence.pitch, sequence)
      } else {
        accumulate(gradient, to: target, body.planned.inputs[k])
      }
    }
  }

  // MARK: Memory

  private func copy(_ from: UnsafeMutableRawPointer?, to: UnsafeMutableRawPointer?, bytes: Int) {
    if let from, let to, from != to { memcpy(to, from, bytes) }
  }

  private func copyRows(
    _ from: UnsafeMutableRawPointer, _ fromPitch: Int, to: UnsafeMutableRawPointer, _ toPitch: Int, _ sequence: SequenceAxis
  ) {
    for row in 0..<sequence.rows { memcpy(to + row * toPitch, from + row * fromPitch, sequence.bytes) }
  }

  private func addRows(
    _ from: UnsafeMutableRawPointer, _ fromPitch: Int, to: UnsafeMutableRawPointer, _ toPitch: Int, _ sequence: SequenceAxis
  ) {
    for row in 0..<sequence.rows {
      zoo_accumulate(
        (to + row * toPitch).assumingMemoryBound(to: Float.self), (from + row * fromPitch).assumingMemoryBound(to: Float.self),
        Int64(sequence.bytes / 4))
    }
  }
}

/// Spreads the bits of a number.
///
/// The finaliser of SplitMix64 (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195).
private func mix(_ value: UInt64) -> UInt64 {
  var z = value
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}
