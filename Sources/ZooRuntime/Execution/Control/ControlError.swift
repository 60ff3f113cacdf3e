public import ZooFormats
public import ZooTypes

/// A loop or condition whose graphs do not fit what is around them.
public enum ControlError: ExplainedError {
  /// What a carried value becomes is not what it was.
  case carried(loop: String, value: String, first: Spec, next: Spec, place: Place?)
  /// Sequences of different lengths, or of another length than the loop says.
  case lengths(loop: String, sequence: String, length: Int, other: String, otherLength: Int, place: Place?)
  /// A sequence that has no such axis.
  case axis(loop: String, sequence: String, axis: Int, got: Spec, place: Place?)
  /// Nothing says how often the loop runs.
  case endless(loop: String, place: Place?)
  /// What ends a loop, or what a condition asks, is not one number.
  case notScalar(control: String, got: Spec, place: Place?)
  /// The two graphs of a condition put out different things.
  case branches(control: String, output: String, then: Spec, otherwise: Spec, place: Place?)
  /// What backward has to keep does not fit into any machine.
  case tape(loop: String, bytes: Int, iterations: Int, place: Place?)

  /// What is wrong.
  public var message: String {
    func at(_ place: Place?) -> String { place.map { "\($0): " } ?? "" }
    switch self {
    case .carried(let loop, let value, let first, let next, let place):
      return "\(at(place))loop '\(loop)' carries '\(value)', which starts as \(first) but becomes \(next)"
    case .lengths(let loop, let sequence, let length, let other, let otherLength, let place):
      return "\(at(place))loop '\(loop)': sequence '\(sequence)' has \(length) elements, but \(other) \(otherLength)"
    case .axis(let loop, let sequence, let axis, let got, let place):
      return "\(at(place))loop '\(loop)': sequence '\(sequence)' is \(got), which has no axis \(axis)"
    case .endless(let loop, let place): return "\(at(place))loop '\(loop)' has no length"
    case .notScalar(let control, let got, let place): return "\(at(place))'\(control)' asks for one number, but it is given \(got)"
    case .branches(let control, let output, let then, let otherwise, let place):
      return "\(at(place))condition '\(control)': '\(output)' is \(then) in one graph, but \(otherwise) in the other"
    case .tape(let loop, let bytes, let iterations, let place):
      return "\(at(place))loop '\(loop)' would keep \(bytes) bytes for backward in each of \(iterations) iterations"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .carried: "what is carried must keep its type and shape; reshape it inside the loop"
    case .lengths: "sequences are consumed together, one element an iteration"
    case .axis: "axes are counted from 0; batches are axis 0, time is axis 1"
    case .endless: "give it 'times', or a sequence in 'each'"
    case .notScalar: "reduce it to one number"
    case .branches: "both must put out the same types and shapes"
    case .tape: "cut the gradient ('cut'), or run fewer iterations"
    }
  }
}
