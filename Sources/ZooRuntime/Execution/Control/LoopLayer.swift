import CHost
import CZoo
import Glibc
import ZooFormats
import ZooTypes

/// A loop: its body runs again and again over the same memory.
///
/// What is carried lies in the outputs of the loop, and is updated in place where the body's layers can. When backward will follow, every
/// iteration has a part of a tape: what the body's layers keep for it, and what was carried into it. With `cut`, the tape holds only so many
/// iterations: forward notes what was carried into each stretch, and backward runs the stretch again.
final class LoopLayer: ControlLayer {
  let loop: Loop
  let body: Body
  let times: Int
  let sequences: [SequenceAxis]
  let stacks: [SequenceAxis]
  /// The size of each carried value, and of each output of the body.
  let bytes: [Int]
  let outputBytes: [Int]
  /// The type of what ends the loop.
  let condition: DType
  private(set) var memory: LoopMemory
  /// Whether a backward follows every forward.
  private(set) var isTaped = false
  /// What the body's forward changes besides, such as running statistics.
  private(set) var buffers: [UnsafeMutableRawBufferPointer] = []
  /// (backward) For each carried value, whether its adjoint flows.
  private(set) var flows: [Bool]
  private(set) var wantsInput: [Bool]
  private let bufferEntries: [Int]  // in the store
  private let bufferSpecs: [Spec]
  private let run: Run
  private let place: Place?

  init(
    _ loop: Loop, node: Node, inputs: [Spec], inputNames: [String], training: Bool, fuse: Bool, store: ParameterStore, run: Run
  ) throws {
    self.loop = loop
    self.run = run
    place = node.place
    let carried = loop.carried
    let sequences = try loop.sequences.enumerated().map { j, axis in
      try SequenceAxis(of: inputs[carried + j], axis: axis, loop: node, name: inputNames[carried + j])
    }
    let times = try Self.times(loop, sequences, names: Array(inputNames[carried...]), node)

    var bodyInputs = Array(inputs[..<carried]) + sequences.map(\.element) + inputs[(carried + sequences.count)...]
    if loop.hasIndex { bodyInputs.append(Spec([], .i64)) }
    let isMoving = sequences.enumerated().filter { $1.isContiguous }.map { carried + $0.offset } + (0..<carried)
    let body = try Body(
      loop.body, inputs: bodyInputs, carriedCount: carried, moving: Set(isMoving), training: training, fuse: fuse, store: store, run: run)
    let outputs = body.planned.outputs.map(body.planned.spec)
    for i in 0..<carried where outputs[i] != inputs[i] {
      throw ControlError.carried(
        loop: node.path, value: loop.body.inputs[i].name, first: inputs[i], next: outputs[i], place: node.place)
    }
    if loop.stops, let condition = outputs.last, condition.count != 1 {
      throw ControlError.notScalar(control: node.path, got: condition, place: node.place)
    }
    bytes = inputs[..<carried].map(\.byteCount)
    outputBytes = outputs.map(\.byteCount)
    condition = outputs.last?.dtype ?? .f32
    stacks = try loop.stacked.enumerated().map { j, axis in
      try SequenceAxis(stacking: outputs[carried + j], times: times, axis: axis, loop: node, name: loop.body.outputs[carried + j].name)
    }
    (self.body, self.sequences, self.times) = (body, sequences, times)
    flows = Array(repeating: false, count: carried)
    wantsInput = inputs.map { _ in false }
    bufferEntries = body.parameterIndices.filter { store.entries[$0].isBuffer }
    bufferSpecs = bufferEntries.map { store.entries[$0].spec }
    memory = LoopMemory(carried: Array(inputs[..<carried]), body: body, sequences: sequences, buffers: bufferSpecs, tape: .none)
    super.init(
      path: node.path, inputCount: inputs.count, outputs: inputs[..<carried] + stacks.map(\.whole) + [Spec([], .i64)],
      parameters: body.parameterIndices)
    settle(scratch: (memory.forwardBytes, memory.backwardBytes), flops: Double(times) * body.flops)
  }

  override var bodies: [Body] { [body] }
  override var aliases: [(output: Int, input: Int)] { (0..<loop.carried).map { ($0, $0) } }

  /// Finds which carried values an adjoint flows through, by going round until nothing new is found.
  override func differentiate(parameters: Set<Int>, inputs: [Bool]) throws(GraphError) {
    wantsInput = inputs
    let carried = loop.carried
    var wanted = Set(inputs.indices.filter { inputs[$0] })
    while true {
      let dependence = Dependence(body.planned, parameters: parameters, inputs: wanted)
      let more = (0..<carried).filter {
        !wanted.contains($0) && body.planned.inputs[$0].dtype.isFloat && dependence.values.contains(body.planned.outputs[$0])
      }
      if more.isEmpty { break }
      wanted.formUnion(more)
    }
    flows = (0..<carried).map(wanted.contains)
    let seeds = (0..<carried + stacks.count).filter { $0 >= carried || flows[$0] }.map { body.planned.outputs[$0] }
    try body.differentiate(seeds: seeds, parameters: parameters, inputs: wanted)
    isTaped = true
    memory = LoopMemory(
      carried: Array(body.planned.inputs[..<carried]), body: body, sequences: sequences, buffers: bufferSpecs,
      tape: loop.cut.map { .stretches(of: min($0, max(times, 1)), times: times) } ?? .whole(times: times))
    guard let tapeBytes = memory.savedBytes, tapeBytes < 1 << 46, memory.backwardBytes < 1 << 46 else {
      throw .tooLarge(bytes: Int.max, available: sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)))
    }
    settle(
      scratch: (memory.forwardBytes, memory.backwardBytes), flops: Double(times) * body.flops,
      saved: [Spec([tapeBytes], .u8), Spec([1], .i64)],
      needsInput: inputs.indices.map { $0 >= carried && (loop.cut != nil || body.backwardNeedsInput($0)) })
  }

  override func bind(_ store: ParameterStore) {
    super.bind(store)
    buffers = zip(bufferEntries, bufferSpecs).map { UnsafeMutableRawBufferPointer(start: store.entries[$0].pointer, count: $1.byteCount) }
  }

  override func forward(_ call: zoo_call) -> zoo_status { LoopRun(self, call).forward() }
  override func backward(_ call: zoo_call) -> zoo_status { LoopRun(self, call).backward() }

  var isCancelled: Bool { run.isCancelled }

  private static func times(_ loop: Loop, _ sequences: [SequenceAxis], names: [String], _ node: Node) throws -> Int {
    var known = loop.times.map { ($0, "the loop says") }
    for (sequence, name) in zip(sequences, names) {
      if let (length, other) = known, length != sequence.length {
        throw ControlError.lengths(
          loop: node.path, sequence: name, length: sequence.length, other: other, otherLength: length, place: node.place)
      }
      if known == nil { known = (sequence.length, "'\(name)' has") }
    }
    guard let (length, _) = known else { throw ControlError.endless(loop: node.path, place: node.place) }
    return length
  }
}

/// How one element of a sequence lies in the whole: `rows` pieces of `bytes` each, `pitch` apart.
struct SequenceAxis {
  let whole: Spec
  let element: Spec
  let length: Int
  let rows: Int
  let bytes: Int
  var pitch: Int { length * bytes }
  /// Whether an element is one piece that a layer may read where it lies.
  var isContiguous: Bool { rows == 1 && bytes % 64 == 0 }

  /// A sequence that is consumed along an axis.
  init(of whole: Spec, axis: Int?, loop: Node, name: String) throws {
    let axis = axis ?? (whole.rank > 1 ? 1 : 0)
    guard whole.shape.indices.contains(axis) else {
      throw ControlError.axis(loop: loop.path, sequence: name, axis: axis, got: whole, place: loop.place)
    }
    var shape = whole.shape
    self.whole = whole
    length = shape.remove(at: axis)
    element = Spec(shape, whole.dtype)
    rows = shape[..<axis].reduce(1, *)
    bytes = shape[axis...].reduce(whole.dtype.byteCount, *)
  }

  /// A sequence that is put together along an axis.
  init(stacking element: Spec, times: Int, axis: Int?, loop: Node, name: String) throws {
    let axis = axis ?? (element.rank > 0 ? 1 : 0)
    guard axis >= 0, axis <= element.rank, element.rank < 8 else {
      throw ControlError.axis(loop: loop.path, sequence: name, axis: axis, got: element, place: loop.place)
    }
    let whole = Spec(element.shape[..<axis] + [times] + element.shape[axis...], element.dtype)
    guard whole.isSane(limit: 1 << 46) else { throw GraphError.tooLarge(bytes: Int.max, available: 1 << 46) }
    try self.init(of: whole, axis: axis, loop: loop, name: name)
  }
}

/// Where a loop keeps what, in its scratch and on its tape.
struct LoopMemory {
  /// How long what an iteration keeps for backward is kept.
  enum Tape {
    /// Nothing is kept: no backward follows.
    case none
    /// All iterations.
    case whole(times: Int)
    /// So many iterations at a time; forward saves what each stretch of them starts from: what is carried into it, and the buffers.
    case stretches(of: Int, times: Int)
  }

  let tape: Tape
  /// In scratch: the body's arena, the iteration's number, an element of each sequence, what is carried while it is exchanged, the adjoints
  /// of what is carried, the buffers while a stretch runs again, and the iterations' parts of the tape unless the host saves it.
  let arena: Int
  let index: Int
  let elements: [Int]
  let exchange: [Int]
  let adjoints: [Int]
  let keptBuffers: [Int]
  let parts: Int
  let forwardBytes: Int
  let backwardBytes: Int
  /// In a part of the tape, behind what the body's layers keep: what was carried into the iteration.
  let carried: [Int]
  let partBytes: Int
  /// What the host saves from forward to backward; nil: more than can be counted.
  let savedBytes: Int?
  /// In what one stretch starts from: what was carried into it, and the buffers.
  let startCarried: [Int]
  let startBuffers: [Int]
  let startBytes: Int

  init(carried specs: [Spec], body: Body, sequences: [SequenceAxis], buffers: [Spec], tape: Tape) {
    var part = Layout()
    _ = part.add(body.memory.tapeBytes)
    carried = specs.map { part.add($0.byteCount) }
    partBytes = part.bytes
    var start = Layout()
    startCarried = specs.map { start.add($0.byteCount) }
    startBuffers = buffers.map { start.add($0.byteCount) }
    startBytes = start.bytes
    self.tape = tape

    var scratch = Layout()
    arena = scratch.add(body.memory.arena.bytes)
    index = scratch.add(8)
    elements = sequences.map { scratch.add($0.element.byteCount) }
    exchange = specs.map { scratch.add($0.byteCount) }
    let forward = scratch
    adjoints = specs.map { scratch.add($0.byteCount) }
    switch tape {
    case .none:
      keptBuffers = []
      (parts, forwardBytes, backwardBytes, savedBytes) = (0, forward.bytes, 0, 0)
    case .whole(let times):
      keptBuffers = []
      let product = max(times, 1).multipliedReportingOverflow(by: partBytes)
      (parts, forwardBytes, backwardBytes) = (0, forward.bytes, scratch.bytes)
      savedBytes = product.overflow ? nil : product.partialValue
    case .stretches(let length, let times):
      keptBuffers = buffers.map { scratch.add($0.byteCount) }
      parts = scratch.bytes
      forwardBytes = scratch.bytes + partBytes
      backwardBytes = scratch.bytes + length * partBytes
      savedBytes = max((times + length - 1) / length, 1) * startBytes
    }
  }
}
