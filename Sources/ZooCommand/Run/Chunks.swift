import ZooRuntime
import ZooTypes

/// A long input in pieces along one of its named axes, each for a run of its own.
struct Chunks {
  /// What each run is given.
  let inputs: [[TensorBuffer?]]
  /// The axis of each output along which the pieces' outputs are one; nil: the last piece's is all there is.
  let outputAxes: [Int?]

  /// Cuts what a graph is given as `--chunk AXIS=LENGTH` says.
  ///
  /// Every input that has the axis is cut. Of the others, those that are carried are given to the first piece, and the rest to all.
  init(_ text: String, of given: [TensorBuffer?], _ entry: EntryPoint, stream: Stream) throws {
    let parts = text.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, let length = Int(parts[1]), length > 0 else { throw UsageError.notAChunk(text) }
    let name = String(parts[0])
    let axes = entry.graph.inputs.map { input in input.shape.firstIndex { $0.name == name } }
    guard axes.contains(where: { $0 != nil }) else {
      throw UsageError.unknownAxis(name, known: unique(entry.graph.inputs.flatMap(\.axes)))
    }
    if entry.carried.isEmpty { throw UsageError.nothingCarried(graph: entry.name, option: "chunk") }

    let lengths = zip(given, axes).compactMap { tensor, axis in axis.flatMap { tensor?.spec.shape[$0] } }
    let total = lengths.first ?? 1
    // Inputs that do not agree are refused with the words for that.
    if lengths.contains(where: { $0 != total }) { _ = try stream.program(given) }
    inputs = stride(from: 0, to: total, by: length).map { start in
      given.indices.map { i in
        if let axis = axes[i] { return given[i]?.slice(axis, start..<min(start + length, total)) }
        return start > 0 && entry.isCarried(input: i) ? nil : given[i]
      }
    }
    // An output has the axis if its length depends on the piece's.
    func shapes(_ length: Int) throws -> [[Int]] {
      try stream.program(given.indices.map { i in axes[i].flatMap { given[i]?.slice($0, 0..<length) } ?? given[i] }).outputSpecs.map(
        \.shape)
    }
    let piece = min(length, total)
    let (one, another) = total > 1 ? try (shapes(piece), shapes(piece > 1 ? piece - 1 : 2)) : ([], [])
    outputAxes = entry.graph.outputs.indices.map { o in
      total > 1 ? zip(one[o], another[o]).enumerated().first { $1.0 != $1.1 }?.offset : nil
    }
  }
}

extension Dimension {
  /// The name of an axis of any length.
  fileprivate var name: String? { if case .named(let name) = self { name } else { nil } }
}

extension TensorBuffer {
  /// The part of it between two places of an axis.
  fileprivate func slice(_ axis: Int, _ range: Range<Int>) -> TensorBuffer {
    var shape = spec.shape
    let outer = shape[..<axis].reduce(1, *)
    let inner = shape[(axis + 1)...].reduce(spec.dtype.byteCount, *)
    let row = shape[axis] * inner
    shape[axis] = range.count
    let part = TensorBuffer(Spec(shape, spec.dtype))
    for i in 0..<outer {
      (part.pointer + i * range.count * inner).copyMemory(
        from: pointer + i * row + range.lowerBound * inner, byteCount: range.count * inner)
    }
    return part
  }

  /// One tensor of several, along an axis; nil: the others differ.
  static func join(_ pieces: [TensorBuffer], axis: Int) -> TensorBuffer? {
    guard pieces.count > 1, let first = pieces.first?.spec else { return pieces.first }
    func others(_ spec: Spec) -> [Int] { Array(spec.shape[..<axis] + spec.shape[(axis + 1)...]) }
    guard pieces.allSatisfy({ $0.spec.rank == first.rank && others($0.spec) == others(first) && $0.spec.dtype == first.dtype })
    else { return nil }
    var shape = first.shape
    shape[axis] = pieces.reduce(0) { $0 + $1.spec.shape[axis] }
    let joined = TensorBuffer(Spec(shape, first.dtype))
    let outer = shape[..<axis].reduce(1, *)
    let inner = shape[(axis + 1)...].reduce(first.dtype.byteCount, *)
    var offset = 0
    for piece in pieces {
      let part = piece.spec.shape[axis] * inner
      for i in 0..<outer { (joined.pointer + i * shape[axis] * inner + offset).copyMemory(from: piece.pointer + i * part, byteCount: part) }
      offset += part
    }
    return joined
  }
}
