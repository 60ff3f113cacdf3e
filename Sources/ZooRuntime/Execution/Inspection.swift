import CHost
import CZoo

/// A number that is NaN or infinite, and where it appeared.
public struct NonFinite: Sendable {
  /// The layer that wrote it.
  public let layer: String
  /// The layer's kind.
  public let kind: String
  /// The output's name.
  public let output: String
  /// Its place in the output.
  public let index: [Int]
  /// NaN, or an infinity.
  public let value: Float
}

/// What one layer's forward took.
public struct LayerTime: Sendable {
  /// The layer's path.
  public let layer: String
  /// Its kind.
  public let kind: String
  /// The paths of the layers that were folded into it.
  public let fused: [String]
  /// The arithmetic of one forward of the whole graph, in operations; 0 if the layer does not say.
  public let flops: Double
  /// For one forward of the whole graph.
  ///
  /// Of a loop or condition, what is spent on none of the layers inside.
  public var seconds: Double
}

/// Watches every layer while a program runs, those inside loops and conditions too: it measures, or looks for numbers that are none.
final class Inspection {
  /// The first such number; nil: there is none yet.
  private(set) var found: NonFinite?

  private let checks: Bool
  private var times: [ObjectIdentifier: (seconds: Double, runs: Int)] = [:]
  // Of all layers so far, and of this bookkeeping.
  private var total = 0.0

  init(checks: Bool) { self.checks = checks }

  /// Runs a layer by `body` and notes how long it took, without what the layers inside it took.
  func measure(_ layer: LayerInstance, _ body: () -> Int64) -> Int64 {
    let (before, start) = (total, monotonicSeconds())
    let result = body()
    let seconds = monotonicSeconds() - start - (total - before)
    let known = times[ObjectIdentifier(layer), default: (0, 0)]
    times[ObjectIdentifier(layer)] = (known.seconds + seconds, known.runs + 1)
    total = before + monotonicSeconds() - start
    return result
  }

  /// Looks at what a layer has written.
  func check(_ layer: LayerInstance, _ output: (Int) -> UnsafeMutableRawPointer?) {
    guard checks, found == nil else { return }
    for (o, spec) in layer.outputs.enumerated() where spec.dtype == .f32 || spec.dtype == .bf16 {
      guard let values = output(o) else { continue }
      let (floats, halves) = (values.assumingMemoryBound(to: Float.self), values.assumingMemoryBound(to: UInt16.self))
      let isBF16 = spec.dtype == .bf16
      let place = Int(isBF16 ? zoo_first_nonfinite_bf16(halves, Int64(spec.count)) : zoo_first_nonfinite(floats, Int64(spec.count)))
      guard place >= 0 else { continue }
      var index: [Int] = []
      var rest = place
      for axis in spec.shape.reversed() {
        index.insert(rest % axis, at: 0)
        rest /= axis
      }
      found = NonFinite(
        layer: layer.path, kind: layer.kind.name, output: layer.outputPort(o)?.name ?? "\(o)", index: index,
        value: isBF16 ? Float(bitPattern: UInt32(halves[place]) << 16) : floats[place])
      return
    }
  }

  /// What each layer took that has run, those inside a loop or condition behind it.
  func times(of planned: PlannedGraph) -> [LayerTime] {
    planned.layers.flatMap { layer -> [LayerTime] in
      guard let time = times[ObjectIdentifier(layer.instance)] else { return [] }
      let inside = layer.instance.control?.bodies ?? []
      let own = LayerTime(
        layer: layer.instance.path, kind: layer.instance.kind.name, fused: layer.fused,
        flops: inside.isEmpty ? layer.instance.plan.flops * Double(time.runs) : 0, seconds: max(time.seconds, 1e-9))
      return [own] + inside.flatMap { times(of: $0.planned) }
    }
  }
}

extension PlannedGraph {
  /// Has the loops and conditions show their layers to `inspection`; nil: to nobody.
  func inspect(by inspection: Inspection?) {
    for layer in layers {
      for body in layer.instance.control?.bodies ?? [] {
        body.inspection = inspection
        body.planned.inspect(by: inspection)
      }
    }
  }
}
