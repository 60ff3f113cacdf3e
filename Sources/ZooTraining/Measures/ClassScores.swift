import Glibc

/// Predictions beside labels, summed up batch by batch: what every measure of a classifier is made of.
///
/// Probabilities are softmax of the logits in double precision; of single logits the sigmoid, as the second of two classes.
package struct ClassScores {
  /// One bin of the calibration error: predictions that are about as sure.
  struct Bin: Hashable {
    var count = 0
    /// The sum of the likeliest classes' probabilities.
    var sureness = 0.0
    /// How many were right.
    var right = 0
  }

  /// The label and the probability of every class of each prediction.
  struct Curves {
    var labels: [Int32] = []
    var probabilities: [Double] = []
  }

  /// How many classes there are.
  let classes: Int
  /// Among how many of the likeliest the right class is looked for.
  let top: Int

  /// How many labels counted.
  package private(set) var count = 0
  /// How often class `predicted` was taken for class `label`, at `label * classes + predicted`.
  private(set) var confusion: [Int]
  /// How often the right class was among the likeliest.
  private(set) var amongTop = 0
  /// The sum of -log of the right classes' probabilities.
  private(set) var nats = 0.0
  /// What curves are made of; nil: there is too much to keep.
  private(set) var curves: Curves? = Curves()
  /// By the likeliest class's probability, of equal width.
  private(set) var bins = [Bin](repeating: Bin(), count: binCount)

  private let ignored: Int?
  private let isBinary: Bool
  // Of the prediction that is being added.
  private var logits: [Double]
  private var probabilities: [Double]

  /// The bins of the expected calibration error.
  private static let binCount = 15
  /// How many probabilities are kept for curves: 64 MiB of them.
  private static let keptLimit = 8 << 20
  /// The table of more classes would fill the memory.
  static let classLimit = 4096

  /// Scores of so many classes; `isBinary`: of two, by single logits.
  package init(classes: Int, isBinary: Bool, top: Int, ignored: Int?) {
    (self.classes, self.isBinary, self.top, self.ignored) = (classes, isBinary, top, ignored)
    confusion = [Int](repeating: 0, count: classes * classes)
    logits = [Double](repeating: 0, count: classes)
    probabilities = logits
  }

  /// Adds what was made of some labels, one after the other: a logit of each class, or one for both.
  package mutating func add(_ values: UnsafePointer<Float>, labels: some Sequence<Int>) throws(EvaluationError) {
    for (i, label) in labels.enumerated() where label != ignored {
      guard (0..<classes).contains(label) else { throw .label(label, classes: classes) }
      if isBinary {
        logits[1] = Double(values[i])
      } else {
        for c in 0..<classes { logits[c] = Double(values[i * classes + c]) }
      }
      add(label)
    }
  }

  private mutating func add(_ label: Int) {
    var likeliest = 0
    for c in 1..<classes where logits[c] > logits[likeliest] { likeliest = c }
    // exp(x - max) / sum, which no logit is too large for.
    let largest = logits[likeliest]
    var sum = 0.0
    for c in 0..<classes {
      probabilities[c] = exp(logits[c] - largest)
      sum += probabilities[c]
    }
    for c in 0..<classes { probabilities[c] /= sum }

    count += 1
    confusion[label * classes + likeliest] += 1
    nats += log(sum) - (logits[label] - largest)
    // Of equals, the first counts as likelier.
    var before = 0
    for c in 0..<classes where logits[c] > logits[label] || logits[c] == logits[label] && c < label { before += 1 }
    if before < top { amongTop += 1 }

    let sureness = probabilities[likeliest]
    if sureness.isFinite {
      let bin = min(max(Int((sureness * Double(Self.binCount)).rounded(.up)) - 1, 0), Self.binCount - 1)
      bins[bin].count += 1
      bins[bin].sureness += sureness
      bins[bin].right += label == likeliest ? 1 : 0
    }
    if curves.map({ $0.probabilities.count + classes > Self.keptLimit }) ?? false { curves = nil }
    curves?.labels.append(Int32(label))
    curves?.probabilities.append(contentsOf: probabilities)
  }
}
