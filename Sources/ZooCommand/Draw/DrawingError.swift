import ZooTypes

/// Why there is no picture.
enum DrawingError: ExplainedError, Hashable {
  /// So many boxes that nobody could read them.
  case tooLarge(String)

  /// More boxes than this in one picture, repeats folded, are not drawn.
  static let limit = 3000

  var message: String {
    switch self {
    case .tooLarge(let model): "'\(model)' is too large for a picture, even with its repeats folded"
    }
  }

  var help: String {
    switch self {
    case .tooLarge(let model): "'zoo info \(model)' lists its layers; --graph draws another of its graphs"
    }
  }
}
