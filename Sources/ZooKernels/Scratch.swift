/// Pieces of a call's scratch, each in cache lines of its own.
struct Scratch {
  /// What has not been taken.
  private(set) var rest: UnsafeMutableRawPointer

  init(_ start: UnsafeMutableRawPointer) { rest = start }

  /// The size of a piece, in bytes.
  static func bytes(floats: Int) -> Int { (floats * MemoryLayout<Float>.stride + 63) / 64 * 64 }

  /// The next piece.
  mutating func take(floats: Int) -> UnsafeMutablePointer<Float> {
    defer { rest += Scratch.bytes(floats: floats) }
    return rest.assumingMemoryBound(to: Float.self)
  }
}
