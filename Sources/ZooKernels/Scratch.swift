/// Pieces of a call's scratch, each in cache lines of its own.
public struct Scratch {
  /// What has not been taken.
  public private(set) var rest: UnsafeMutableRawPointer

  /// All of it.
  public init(_ start: UnsafeMutableRawPointer) { rest = start }

  /// The size of a piece, in bytes.
  public static func bytes(floats: Int) -> Int { (floats * MemoryLayout<Float>.stride + 63) / 64 * 64 }

  /// The next piece.
  public mutating func take(floats: Int) -> UnsafeMutablePointer<Float> {
    defer { rest += Scratch.bytes(floats: floats) }
    return rest.assumingMemoryBound(to: Float.self)
  }
}
