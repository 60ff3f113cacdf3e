import Glibc
import ZooPlugin

/// A classifier's output as the likeliest labels.
struct LabelsCodec: Codec {
  var names = ""
  var top = 3
  var logits = false

  static var declaration: CodecDeclaration<Self> {
    CodecDeclaration(
      "labels", "The likeliest classes with their probabilities, or the names of class indices.", extensions: [],
      attributes: [
        Attribute("names", \.names, "The classes' names in order, one a line, or on one line with commas between; numbers if not given."),
        Attribute("top", \.top, in: 1...1_000_000, "How many classes to show."),
        Attribute("logits", \.logits, "The values are logits: apply softmax first."),
      ], reads: false)
  }

  func encode(_ tensor: Tensor, as format: EncodingFormat) throws(LayerError) -> [UInt8] {
    let ranking = LabelRanking(items: tensor.dtype.isFloat ? try rank(tensor) : try named(tensor))
    let text =
      switch format {
      case .text: ranking.lines
      case .json: ranking.json.text()
      case .file: ranking.table
      }
    return Array(text.utf8)
  }

  /// The classes' names; nil: none are given.
  private var classNames: [String]? {
    if names.isEmpty { return nil }
    let hasLines = names.contains(where: \.isNewline)
    let parts = hasLines ? names.split(whereSeparator: \.isNewline) : names.split(separator: ",", omittingEmptySubsequences: false)
    return parts.map { part in
      let start = part.drop(while: \.isWhitespace)
      let end = start.lastIndex { !$0.isWhitespace }
      return end.map { String(start[...$0]) } ?? ""
    }
  }

  /// The likeliest classes of each item of [N, classes] or [classes].
  private func rank(_ tensor: Tensor) throws(LayerError) -> [[LabelRanking.Label]] {
    let classes = tensor.width
    guard tensor.dtype == .f32, 1...2 ~= tensor.rank, classes > 0 else {
      throw .data("labels are made of [N, classes], but the tensor is \(tensor.spec)")
    }
    let names = classNames
    if let names, names.count != classes { throw .attribute("'names' has \(names.count) names, but there are \(classes) classes") }
    return stride(from: 0, to: tensor.count, by: classes).map { start in
      let values = (0..<classes).map { Double(tensor.floats[start + $0]) }
      let probabilities = logits ? softmax(values) : values
      // What is no number comes last; of equals the first.
      let keys = probabilities.map { $0.isNaN ? -.infinity : $0 }
      let order = keys.indices.sorted { (-keys[$0], $0) < (-keys[$1], $1) }
      return order.prefix(top).map { .init(name: names?[$0] ?? "\($0)", index: $0, probability: probabilities[$0]) }
    }
  }

  /// The class that each element of a tensor of indices is.
  private func named(_ tensor: Tensor) throws(LayerError) -> [[LabelRanking.Label]] {
    guard tensor.dtype == .i32 || tensor.dtype == .i64 else { throw .data("labels are made of f32, i32 or i64, not of \(tensor.spec)") }
    let names = classNames
    var items: [[LabelRanking.Label]] = []
    for i in 0..<tensor.count {
      let index = tensor.dtype == .i32 ? Int(tensor.pointer(to: Int32.self)[i]) : Int(tensor.pointer(to: Int64.self)[i])
      if let names, !names.indices.contains(index) { throw .data("class \(index) has no name: 'names' has \(names.count)") }
      items.append([.init(name: names?[index] ?? "\(index)", index: index, probability: nil)])
    }
    return items
  }

  /// exp(x - max) / sum, which no logit is too large for.
  private func softmax(_ logits: [Double]) -> [Double] {
    let largest = logits.max() ?? 0
    let powers = logits.map { exp($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }
}
