import ZooRuntime
import ZooTypes

/// What several runs make of each output: running text joined along its last axis, of everything else the last.
struct RunResults {
  /// What the last run made.
  private(set) var last: [TensorBuffer] = []

  private let isJoined: [Bool]
  // By output; of those that are not joined, none are kept.
  private var pieces: [[TensorBuffer]]

  /// No results yet, of outputs that are running text or not.
  init(_ isRunningText: [Bool]) {
    isJoined = isRunningText
    pieces = isRunningText.map { _ in [] }
  }

  /// Adds what a run made.
  mutating func add(_ outputs: [TensorBuffer]) {
    last = outputs
    for (o, tensor) in outputs.enumerated() where isJoined[o] { pieces[o].append(tensor) }
  }

  /// What they have made so far.
  var outputs: [TensorBuffer] { last.indices.map { isJoined[$0] ? Self.join(pieces[$0]) ?? last[$0] : last[$0] } }

  /// One tensor of several, along the last axis; nil: their other axes differ.
  private static func join(_ pieces: [TensorBuffer]) -> TensorBuffer? {
    guard pieces.count > 1, let first = pieces.first?.spec else { return pieces.first }
    let rows = first.shape.dropLast()
    guard pieces.allSatisfy({ $0.spec.shape.dropLast() == rows && $0.spec.dtype == first.dtype }) else { return nil }
    let widths = pieces.map { ($0.spec.shape.last ?? 1) * first.dtype.byteCount }
    let width = widths.reduce(0, +)
    let joined = TensorBuffer(Spec(rows + [width / first.dtype.byteCount], first.dtype))
    var offset = 0
    for (piece, part) in zip(pieces, widths) {
      for row in 0..<rows.reduce(1, *) {
        (joined.pointer + row * width + offset).copyMemory(from: piece.pointer + row * part, byteCount: part)
      }
      offset += part
    }
    return joined
  }
}
