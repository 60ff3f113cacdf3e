public import ZooFormats
public import ZooTypes

/// A layer that cannot be made, planned or run, in its family's words.
public struct LayerFailure: ExplainedError {
  /// What the host was doing.
  public enum Phase: String, Sendable {
    /// Making it from its attributes.
    case create = "be made"
    /// Planning it for the shapes of its inputs.
    case plan = "be planned"
    /// Packing its parameters.
    case pack = "pack its parameters"
    /// Running it.
    case forward = "run"
    /// Running it backwards.
    case backward = "run backwards"
  }

  /// The layer's path in the model.
  public let layer: String
  /// Its kind.
  public let kind: String
  /// What the host was doing.
  public let phase: Phase
  /// The protocol's status.
  public let status: Int32
  /// The family's words; may be empty.
  public let words: String
  /// What its inputs are and where they come from, such as `x [64, 28, 28, 1] from 'image'`.
  public let inputs: [String]
  /// Where the manifest says so.
  public let place: Place?

  /// What is wrong.
  public var message: String {
    let subject = "\(place.map { "\($0): " } ?? "")layer '\(layer)' (\(kind))"
    let what = words.isEmpty ? "cannot \(phase.rawValue): \(statusName)" : words
    let shapes = (phase == .plan || phase == .create) && !inputs.isEmpty ? "; its inputs: \(inputs.joined(separator: ", "))" : ""
    return "\(subject): \(what)\(shapes)"
  }

  private var statusName: String {
    switch status {
    case 1: "an attribute does not fit"
    case 2: "a shape does not fit"
    case 3: "an element type does not fit"
    case 4: "there is not enough memory"
    case 5: "that is not supported"
    case 6: "it was cancelled"
    case 7: "an error inside the family"
    case 8: "a value in its inputs is out of range"
    case 9: "that needs your permission"
    default: "status \(status)"
    }
  }

  /// What to do next.
  public var help: String {
    switch status {
    case 1: "'zoo info \(kind)' shows its attributes"
    case 2: "change the layer, or the one that feeds it; 'zoo info' of the model shows every shape"
    case 3: "'zoo info \(kind)' shows what it takes"
    case 4: "use a smaller batch"
    case 6: "run it again to finish"
    case 7: "this is a defect of the family: tell its author"
    case 9: "what a library does it does with your rights: allow only one that you would run yourself"
    default: "'zoo info \(kind)' shows what it does"
    }
  }
}
