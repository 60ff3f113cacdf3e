public import CZoo
public import ZooPlugin

/// A causal convolution of the next samples of a stream, whose last ones before them are its state.
///
/// What is copied is the least that brings each window together: the windows by themselves for a few samples, and for many the state and
/// all of them once.
public final class CausalStream: Sendable {
  /// The samples that the first window reaches back: what a state holds.
  private let reach: Int
  private let items: Int
  private let samples: Int
  private let channels: Int
  private let kernel: Int
  private let dilation: Int
  private let joins: Bool
  private let convolution: Convolution

  /// For x [items, samples, inputs] and states [items, (kernel - 1) * dilation, inputs].
  public init(
    items: Int, samples: Int, inputs: Int, outputs: Int, kernel: Int, dilation: Int, groups: Int, threads: Int, epilogue: zoo_epilogue?,
    adds: Bool
  ) throws(LayerError) {
    (self.items, self.samples, channels, self.kernel, self.dilation) = (items, samples, inputs, kernel, dilation)
    reach = (kernel - 1) * dilation
    joins = reach + samples < kernel * samples
    let windows = try WindowAxis(
      "length", input: joins ? reach + samples : kernel, size: kernel, stride: 1, dilation: joins ? dilation : 1,
      padding: .explicit(before: 0, after: 0))
    convolution = Convolution(
      images: joins ? items : items * samples, height: .one, width: windows, inputs: inputs, outputs: outputs, groups: groups,
      threads: threads, isTraining: false, epilogue: epilogue, adds: adds)
  }

  /// The arithmetic of one forward, in operations.
  public var flops: Double { convolution.flops }
  /// What can be folded into forward.
  public var epilogues: Epilogues { convolution.epilogues }
  /// The size of a packed weight and bias, in bytes.
  public var packedBytes: Int { convolution.packedBytes }
  /// The scratch that `forward` wants, in bytes.
  public var forwardScratch: Int { Scratch.bytes(floats: gathered) + convolution.forwardScratch(packed: true) }

  private var gathered: Int { items * (joins ? reach + samples : kernel * samples) * channels }

  /// Writes weight and bias in the layout of `forward`.
  public func pack(
    weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?, into memory: UnsafeMutableRawPointer
  ) throws(LayerError) {
    try convolution.pack(weight: weight, bias: bias, into: memory)
  }

  /// y = epilogue(conv(state and x, weight) + bias + addend), and the state that follows, which may lie where `state` does.
  public func forward(
    _ call: Call, _ x: UnsafePointer<Float>, state: UnsafePointer<Float>, packed: UnsafeRawPointer, weight: UnsafePointer<Float>,
    addend: UnsafePointer<Float>?, into y: UnsafeMutablePointer<Float>, next: UnsafeMutablePointer<Float>
  ) throws(LayerError) {
    var pieces = Scratch(call.scratch)
    let gathered = pieces.take(floats: gathered)
    if joins { join(state, x, into: gathered) } else { gather(state, x, into: gathered) }
    try convolution.forward(call, gathered, packed: packed, weight: weight, bias: nil, addend: addend, into: y, scratch: pieces.rest)
    advance(state, x, into: next)
  }

  private func join(_ state: UnsafePointer<Float>, _ x: UnsafePointer<Float>, into joined: UnsafeMutablePointer<Float>) {
    let (before, here) = (reach * channels, samples * channels)
    for item in 0..<items {
      let start = joined + item * (before + here)
      start.update(from: state + item * before, count: before)
      (start + before).update(from: x + item * here, count: here)
    }
  }

  private func gather(_ state: UnsafePointer<Float>, _ x: UnsafePointer<Float>, into windows: UnsafeMutablePointer<Float>) {
    var to = windows
    for item in 0..<items {
      for sample in 0..<samples {
        for tap in 0..<kernel {
          let place = sample + tap * dilation - reach
          let from = place < 0 ? state + (item * reach + reach + place) * channels : x + (item * samples + place) * channels
          to.update(from: from, count: channels)
          to += channels
        }
      }
    }
  }

  /// The last samples of the state followed by x.
  private func advance(_ state: UnsafePointer<Float>, _ x: UnsafePointer<Float>, into next: UnsafeMutablePointer<Float>) {
    let kept = max(0, reach - samples)
    for item in 0..<items {
      let to = next + item * reach * channels
      to.update(from: state + (item * reach + reach - kept) * channels, count: kept * channels)
      (to + kept * channels).update(
        from: x + (item * samples + samples - (reach - kept)) * channels, count: (reach - kept) * channels)
    }
  }
}
