public import ZooPlugin

/// Windows along one axis of an image: `output` of them, `stride` apart, the first one starting `before` pixels outside.
public struct WindowAxis: Hashable, Sendable {
  /// Pixels of the image.
  public let input: Int
  /// Pixels of a window.
  public let size: Int
  /// Pixels from one window to the next.
  public let stride: Int
  /// Pixels from one of a window's to the next.
  public let dilation: Int
  /// Pixels of padding before the first.
  public let before: Int
  /// Windows.
  public let output: Int
  /// Where the padding behind ends, counted from the first pixel of the image.
  public let end: Int

  /// How much padding there is.
  public enum Padding: Hashable, Sendable {
    /// As much as makes ceil(input / stride) windows, the odd pixel behind.
    case same
    /// So many pixels before and behind.
    case explicit(before: Int, after: Int)
  }

  /// Pixels of zeros that are already around an axis: before and behind it.
  public typealias Around = (before: Int, after: Int)

  /// Places windows on an axis that is to be read as if zeros were around it.
  public init(
    _ name: String, input: Int, around: Around, size: Int, stride: Int, dilation: Int = 1, padding: Padding
  ) throws(LayerError) {
    let widened = try WindowAxis(
      name, input: around.before + input + around.after, size: size, stride: stride, dilation: dilation, padding: padding)
    (self.input, self.size, self.stride, self.dilation) = (input, size, stride, dilation)
    (before, output, end) = (around.before + widened.before, widened.output, widened.end - around.before)
  }

  /// The axis that a grid does not have: one window on one pixel.
  public static let one = WindowAxis()

  private init() { (input, size, stride, dilation, before, output, end) = (1, 1, 1, 1, 0, 1, 1) }

  /// Places windows on an axis, which `name` and `unit` name where there is no room for one.
  ///
  /// `roundsUp`: a last window may end behind all padding, if it starts before the padding behind.
  public init(
    _ name: String, input: Int, size: Int, stride: Int, dilation: Int = 1, padding: Padding, roundsUp: Bool = false,
    unit: String = "pixels"
  ) throws(LayerError) {
    self.input = input
    self.size = size
    self.stride = stride
    self.dilation = dilation
    let (reach, overflows) = (size - 1).multipliedReportingOverflow(by: dilation)
    guard !overflows, reach < 1 << 24 else { throw .attribute("a window of \(size) \(unit) that are \(dilation) apart is too large") }
    switch padding {
    case .same:
      output = (input - 1) / stride + 1
      let lacking = max(0, (output - 1) * stride + reach + 1 - input)
      before = lacking / 2
      end = input + lacking - before
    case .explicit(let before, let after):
      let padded = input + before + after
      let room = padded - reach - 1 + (roundsUp ? stride - 1 : 0)
      guard room >= 0 else {
        let padding = before + after > 0 ? ", \(padded) with padding" : ""
        throw .shape("a window covers \(reach + 1) \(unit), but the \(name) of x is \(input)\(padding)")
      }
      self.before = before
      end = input + after
      let last = room / stride
      output = roundsUp && last * stride >= input + before ? last : last + 1
    }
  }

  /// The windows of a convolution whose transpose widens `windows` pixels: `input` is what that leads to, `further` pixels of it behind
  /// all windows.
  public init(
    _ name: String, transposing windows: Int, size: Int, stride: Int, dilation: Int = 1, padding: Padding, further: Int = 0,
    unit: String = "pixels"
  ) throws(LayerError) {
    let (reach, overflows) = (size - 1).multipliedReportingOverflow(by: dilation)
    guard !overflows, reach < 1 << 24, stride < 1 << 24, windows < 1 << 32 else {
      throw .attribute("a window of \(size) \(unit) that are \(dilation) apart, \(stride) from the next, is too large")
    }
    self.size = size
    self.stride = stride
    self.dilation = dilation
    output = windows
    switch padding {
    case .same:
      input = windows * stride
      before = max(0, (windows - 1) * stride + reach + 1 - input) / 2
    case .explicit(let before, let after):
      let whole = (windows - 1) * stride + reach + 1 + further
      guard whole > before + after else {
        throw .shape("padding takes \(before + after) \(unit) off, but the \(name) of y without it is \(whole)")
      }
      input = whole - before - after
      self.before = before
    }
    end = input
  }
}
