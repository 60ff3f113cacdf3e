import ZooKernels
import ZooPlugin

/// The axes that windows move along: those of x between the batch and the channels.
///
/// Kinds that differ in nothing else are one generic type, and kernels see a sequence as an image one pixel high.
protocol Grid {
  /// How kinds over it end: 1d, 2d.
  static var suffix: String { get }
  /// What its axes are called, outermost first.
  static var axes: [String] { get }
  /// The ends of its axes, outermost first.
  static var sides: [String] { get }
  /// The letters of its axes in shapes.
  static var letters: [String] { get }
  /// What it is made of.
  static var unit: String { get }
  /// What its axes have, as a sentence begins with them.
  static var extent: String { get }
  /// An element of y and one of its window, in formulas.
  static var indices: (place: [String], tap: [String]) { get }
  /// What interpolation between neighbours is called.
  static var interpolation: String { get }
}

/// Sequences [N, T, C].
enum Line: Grid {
  static let suffix = "1d"
  static let axes = ["length"]
  static let sides = ["before", "after"]
  static let letters = ["T"]
  static let unit = "steps"
  static let extent = "The length"
  static let indices = (place: ["t"], tap: ["p"])
  static let interpolation = "linear"
}

/// Images [N, H, W, C].
enum Plane: Grid {
  static let suffix = "2d"
  static let axes = ["height", "width"]
  static let sides = ["top", "bottom", "left", "right"]
  static let letters = ["H", "W"]
  static let unit = "pixels"
  static let extent = "Height and width"
  static let indices = (place: ["i", "j"], tap: ["p", "q"])
  static let interpolation = "bilinear"
}

/// Volumes [N, D, H, W, C].
enum Volume: Grid {
  static let suffix = "3d"
  static let axes = ["depth", "height", "width"]
  static let sides = ["front", "back", "top", "bottom", "left", "right"]
  static let letters = ["D", "H", "W"]
  static let unit = "voxels"
  static let extent = "Depth, height and width"
  static let indices = (place: ["h", "i", "j"], tap: ["o", "p", "q"])
  static let interpolation = "trilinear"
}

extension Grid {
  static var rank: Int { axes.count }

  /// The indices of an element of y, in formulas.
  static var places: String { indices.place.joined(separator: ", ") }
  /// The indices of an element of a window.
  static var taps: String { indices.tap.joined(separator: ", ") }
  /// Where in x that is.
  static func window(dilated: Bool = false) -> String {
    zip(indices.place, zip(indices.tap, stride(from: 0, to: sides.count, by: 2))).map { place, tap in
      "\(place) * stride + \(tap.0)\(dilated ? " * dilation" : "") - \(sides[tap.1])"
    }.joined(separator: ", ")
  }

  /// What may be said of padding; `what` is its subject.
  static func paddingWords(_ what: String, same: String = "same", valid: String = "valid") -> String {
    let all = rank == 1 ? "both ends" : "all sides, (\(axes.joined(separator: ", ")))"
    return "\(what): \(same), \(valid), or \(unit) for \(all) or (\(sides.joined(separator: ", ")))."
  }

  /// The shape of x, for people.
  static var input: String { "[N, \(letters.joined(separator: ", ")), C]" }
  /// The shape of y with so many channels, for people.
  static func output(_ channels: String = "C") -> String { "[N, \(letters.map { $0 + "'" }.joined(separator: ", ")), \(channels)]" }

  /// One number for each axis, from one for all or as many as there are axes.
  static func each(_ numbers: [Int], _ name: String) throws(LayerError) -> [Int] {
    switch numbers.count {
    case 1: return Array(repeating: numbers[0], count: rank)
    case rank: return numbers
    default: throw .attribute("\(name) must be one number\(several), but it has \(numbers.count)")
    }
  }

  /// What may be given instead of one number for all axes.
  static var several: String {
    let counts = ["", "", " or two", " or three"]
    return rank == 1 ? "" : counts[rank] + " (\(axes.joined(separator: ", ")))"
  }

  /// Windows along each axis of `x`.
  static func windows(
    over x: Spec, size: [Int], stride: [Int], dilation: [Int] = [1], padding: [WindowAxis.Padding], roundsUp: Bool = false
  ) throws(LayerError) -> [WindowAxis] {
    var windows: [WindowAxis] = []
    for axis in 0..<rank {
      windows.append(
        try WindowAxis(
          axes[axis], input: x.shape[1 + axis], size: size[axis], stride: stride[axis], dilation: dilation[axis % dilation.count],
          padding: padding[axis], roundsUp: roundsUp, unit: unit))
    }
    return windows
  }
}

extension [WindowAxis] {
  /// Those of an image: a sequence is one pixel high.
  var plane: (height: WindowAxis, width: WindowAxis) { count == 1 ? (.one, self[0]) : (self[count - 2], self[count - 1]) }
  /// The shape of what has a place for each window of each of `items`.
  func shape(_ items: Int, _ channels: Int) -> [Int] { [items] + map(\.output) + [channels] }
}

extension PlanRequest {
  /// Input 0 if it is a batch over such a grid, without an empty axis.
  func batch<G: Grid>(over grid: G.Type) throws(LayerError) -> Spec {
    let x = try float(0, rank: grid.rank + 2...grid.rank + 2)
    guard x.count > 0 else { throw .shape("x must not be empty, but its shape is \(x.shape)") }
    return x
  }

  /// Input 0 if it is a batch of images [N, H, W, C] without an empty axis.
  func images() throws(LayerError) -> Spec { try batch(over: Plane.self) }
}
