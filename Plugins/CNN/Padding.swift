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

  /// The padding of height and width.
  func axes() throws(LayerError) -> (height: WindowAxis.Padding, width: WindowAxis.Padding) {
    switch self {
    case .same: return (.same, .same)
    case .valid: return (.explicit(before: 0, after: 0), .explicit(before: 0, after: 0))
    case .explicit(let p):
      switch p.count {
      case 1: return (.explicit(before: p[0], after: p[0]), .explicit(before: p[0], after: p[0]))
      case 2: return (.explicit(before: p[0], after: p[0]), .explicit(before: p[1], after: p[1]))
      case 4: return (.explicit(before: p[0], after: p[1]), .explicit(before: p[2], after: p[3]))
      default:
        throw .attribute("padding must be 'same', 'valid', or 1, 2 or 4 numbers (top, bottom, left, right), but it has \(p.count)")
      }
    }
  }
}

/// The bounds of sizes, strides and paddings, in pixels.
let pixels: ClosedRange<Double> = 1...1_000_000

extension [Int] {
  /// Height and width from one number or two.
  func pair(_ name: String) throws(LayerError) -> (height: Int, width: Int) {
    switch count {
    case 1: return (self[0], self[0])
    case 2: return (self[0], self[1])
    default: throw .attribute("\(name) must be one number or two (height, width), but it has \(count)")
    }
  }
}

extension PlanRequest {
  /// Input 0 if it is a batch of images [N, H, W, C] without an empty axis.
  func images() throws(LayerError) -> Spec {
    let x = try float(0, rank: 4...4)
    guard x.count > 0 else { throw .shape("x must not be empty, but its shape is \(x.shape)") }
    return x
  }
}
