import Glibc
public import ZooRuntime

/// How well a classifier's predictions agree with the labels.
public struct ClassReport: Sendable {
  /// One class.
  public struct Class: Sendable {
    /// Its name, or its number.
    public let name: String
    /// How many labels are this class.
    public let count: Int
    /// Of what was taken for it, the share that is it; 0 if nothing was.
    public let precision: Double
    /// Of what is it, the share that was taken for it; 0 if nothing is.
    public let recall: Double
    /// The harmonic mean of precision and recall.
    public let f1: Double
    /// What is it and was taken for it, over what is it or was taken for it: intersection over union.
    public let iou: Double
    /// The area under the curve of true over false positives, this class against all others; nil: there are no others, or too many
    /// predictions to keep.
    public let auc: Double?
  }

  /// What the predictions are of.
  public let subject: TrainingEvaluation.Subject
  /// How many labels counted.
  public let count: Int
  /// The share of labels that the likeliest class is.
  public let accuracy: Double
  /// The share of labels that are among the likeliest classes, and how many of those; nil: there are no more classes than that.
  public let top: (count: Int, accuracy: Double)?
  /// The mean of -log of the right classes' probabilities.
  public let crossEntropy: Double
  /// Its exponential: among how many equally likely classes one would be as unsure.
  public let perplexity: Double
  /// The mean distance between how sure predictions are and how often they are right, over 15 bins: the expected calibration error.
  ///
  /// - Reference: Guo, Pleiss, Sun & Weinberger 2017, <https://arxiv.org/abs/1706.04599>.
  public let calibrationError: Double
  /// Every class.
  public let classes: [Class]
  /// How often class `predicted` was taken for class `label`, at `label * classes.count + predicted`.
  public let confusion: [Int]
  /// The area under the curve: of the second of two classes, or the mean over all; nil: it is not known.
  public let auc: Double?

  /// The mean over the classes that are labels or predictions.
  public func macro(_ value: (Class) -> Double) -> Double {
    let seen = classes.indices.filter { c in classes[c].count > 0 || classes.indices.contains { confusion[$0 * classes.count + c] > 0 } }
    return seen.isEmpty ? 0 : seen.reduce(0) { $0 + value(classes[$1]) } / Double(seen.count)
  }

  /// The measures of some scores; without names, classes are called by their numbers.
  package init(_ scores: ClassScores, subject: TrainingEvaluation.Subject, names: [String]?) {
    let n = scores.classes
    let total = Double(max(scores.count, 1))
    func share(_ a: Int, _ b: Int) -> Double { b > 0 ? Double(a) / Double(b) : 0 }
    let areas = scores.curves.map { curves in (0..<n).map { areaUnderCurve(curves, of: $0, classes: n) } }
    classes = (0..<n).map { c in
      let right = scores.confusion[c * n + c]
      let labels = scores.confusion[(c * n)..<((c + 1) * n)].reduce(0, +)
      let predicted = (0..<n).reduce(0) { $0 + scores.confusion[$1 * n + c] }
      return Class(
        name: names.flatMap { $0.count == n ? $0[c] : nil } ?? "\(c)", count: labels, precision: share(right, predicted),
        recall: share(right, labels), f1: share(2 * right, labels + predicted), iou: share(right, labels + predicted - right),
        auc: areas?[c])
    }
    self.subject = subject
    count = scores.count
    confusion = scores.confusion
    accuracy = Double((0..<n).reduce(0) { $0 + scores.confusion[$1 * n + $1] }) / total
    top = n > scores.top && scores.top > 1 ? (scores.top, Double(scores.amongTop) / total) : nil
    crossEntropy = scores.nats / total
    perplexity = exp(scores.nats / total)
    calibrationError = scores.bins.reduce(0) { $0 + ($1.sureness - Double($1.right)).magnitude } / total
    let known = classes.compactMap(\.auc)
    auc = known.isEmpty ? nil : n == 2 ? classes[1].auc : known.reduce(0, +) / Double(known.count)
  }
}

/// The probability that something of the class is taken for it more surely than something else: ranks of Mann and Whitney, where equals
/// count half.
///
/// nil: one of the two sides is empty.
private func areaUnderCurve(_ curves: ClassScores.Curves, of wanted: Int, classes: Int) -> Double? {
  let order = curves.labels.indices.sorted { curves.probabilities[$0 * classes + wanted] < curves.probabilities[$1 * classes + wanted] }
  var (ranks, positives, first) = (0.0, 0, 0)
  while first < order.count {
    let value = curves.probabilities[order[first] * classes + wanted]
    var last = first
    while last + 1 < order.count, curves.probabilities[order[last + 1] * classes + wanted] == value { last += 1 }
    // Ranks are counted from 1; equals share the mean of theirs.
    let rank = Double(first + last) / 2 + 1
    for k in first...last where Int(curves.labels[order[k]]) == wanted {
      ranks += rank
      positives += 1
    }
    first = last + 1
  }
  let negatives = order.count - positives
  guard positives > 0, negatives > 0 else { return nil }
  let (p, n) = (Double(positives), Double(negatives))
  return (ranks - p * (p + 1) / 2) / (p * n)
}
