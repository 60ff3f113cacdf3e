import ZooKernels
import ZooPlugin

/// How an image is widened with zeros before windows are laid over it.
enum Padding: AttributeValue, Hashable {
  /// ceil(input / stride) windows to an axis; the odd pixel is at the bottom or right.
  case same
  /// Nothing is added.
  case valid
  /// One number for all sides, two for height and width, or four for top, bottom, left and right.
  case explicit([Int])

  static var attributeType: AttributeType { .integers }
  static var choices: [String] { ["same", "valid"] }

  init?(literal: AttributeLiteral) {
    switch literal {
    case .text("same"): self = .same
    case .text("valid"): self = .valid
    case .integers(let sides): self = .explicit(sides)
    default: return nil
    }
  }

  var literal: AttributeLiteral {
    switch self {
    case .same: .text("same")
    case .valid: .text("valid")
    case .explicit(let sides): .integers(sides)
    }
  }

  /// The padding of each axis of a grid.
  func axes<G: Grid>(of grid: G.Type) throws(LayerError) -> [WindowAxis.Padding] {
    switch self {
    case .same: return Array(repeating: .same, count: grid.rank)
    case .valid: return Array(repeating: .explicit(before: 0, after: 0), count: grid.rank)
    case .explicit(let p):
      switch p.count {
      case 1: return Array(repeating: .explicit(before: p[0], after: p[0]), count: grid.rank)
      case grid.rank: return p.map { .explicit(before: $0, after: $0) }
      case 2 * grid.rank: return (0..<grid.rank).map { .explicit(before: p[2 * $0], after: p[2 * $0 + 1]) }
      default:
        let counts = grid.rank == 1 ? "1 or 2" : "1, \(grid.rank) or \(2 * grid.rank)"
        throw .attribute(
          "padding must be 'same', 'valid', or \(counts) numbers (\(grid.sides.joined(separator: ", "))), but it has \(p.count)")
      }
    }
  }

  /// The padding of height and width.
  func axes() throws(LayerError) -> (height: WindowAxis.Padding, width: WindowAxis.Padding) {
    let both = try axes(of: Plane.self)
    return (both[0], both[1])
  }
}

/// The bounds of sizes, strides and paddings, in pixels.
let pixels: ClosedRange<Double> = 1...1_000_000

extension [Int] {
  /// Height and width from one number or two.
  func pair(_ name: String) throws(LayerError) -> (height: Int, width: Int) {
    let both = try Plane.each(self, name)
    return (both[0], both[1])
  }
}

extension PlanRequest {
  /// The zeros around images that are to be read as if they were there.
  func imagePadding() throws(LayerError) -> (height: WindowAxis.Around, width: WindowAxis.Around) {
    guard let p = padding else { return ((0, 0), (0, 0)) }
    guard p.count == 8, p[0] + p[1] + p[6] + p[7] == 0 else { throw .unsupported("only height and width can be padded") }
    return ((p[2], p[3]), (p[4], p[5]))
  }
}
