import ZooFormats
import ZooTypes

/// What a model's training data was normalised by, and whatever is given to the model afterwards has to be.
///
///     y[..., c] = (x[..., c] - subtract[c]) / divide[c]
public struct InputNormalization: Hashable, Sendable {
  /// Of each channel: a mean, or the least number.
  public let subtract: [Double]
  /// Of each channel: a standard deviation, or a range; never 0.
  public let divide: [Double]

  /// One of these numbers for each channel.
  public init(subtract: [Double], divide: [Double]) {
    precondition(subtract.count == divide.count && !divide.contains(0), "a channel is divided by 0 or lacks a number")
    (self.subtract, self.divide) = (subtract, divide)
  }

  /// Normalises what an input is given, in place: computed in double precision, and rounded once.
  public func apply(to tensor: TensorBuffer, input: String) throws(WeightsNotesError) {
    let channels = tensor.spec.rank > 1 ? tensor.spec.width : 1
    guard tensor.spec.dtype == .f32, channels == subtract.count else {
      throw .normalization(input: input, channels: subtract.count, got: tensor.spec)
    }
    let floats = tensor.pointer.assumingMemoryBound(to: Float.self)
    for i in stride(from: 0, to: tensor.spec.count, by: channels) {
      for c in 0..<channels { floats[i + c] = Float((Double(floats[i + c]) - subtract[c]) / divide[c]) }
    }
  }

  var json: JSON {
    ["subtract": JSON(.array(subtract.map { JSON(.number($0)) })), "divide": JSON(.array(divide.map { JSON(.number($0)) }))]
  }

  init?(_ json: JSON) {
    guard let subtract = Self.numbers(json["subtract"]), let divide = Self.numbers(json["divide"]), subtract.count == divide.count,
      !subtract.isEmpty, !divide.contains(0)
    else { return nil }
    (self.subtract, self.divide) = (subtract, divide)
  }

  private static func numbers(_ json: JSON?) -> [Double]? {
    guard let elements = json?.array else { return nil }
    let numbers = elements.compactMap(\.number)
    return numbers.count == elements.count ? numbers : nil
  }
}
