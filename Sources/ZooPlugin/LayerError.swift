public import CZoo

/// Why a layer cannot be made, planned or run.
///
/// The words reach the user, after the layer's path: say what does not fit and what would, with both shapes where it is about shapes.
public struct LayerError: Error, Hashable, Sendable {
  /// The class of the failure, as `zoo_status`.
  public let status: zoo_status
  /// One sentence without the layer's name, which the host adds.
  public let message: String

  /// An error from its class and words.
  public init(status: zoo_status, _ message: String) {
    self.status = status
    self.message = message
  }

  /// An attribute's value, or a combination of them, makes no sense.
  public static func attribute(_ message: String) -> LayerError { .init(status: zoo_status(ZOO_BAD_ATTRIBUTE), message) }
  /// The inputs' shapes do not fit each other or the attributes.
  public static func shape(_ message: String) -> LayerError { .init(status: zoo_status(ZOO_BAD_SHAPE), message) }
  /// An input has an element type that the layer does not compute with.
  public static func dtype(_ message: String) -> LayerError { .init(status: zoo_status(ZOO_BAD_DTYPE), message) }
  /// Valid, but not built.
  public static func unsupported(_ message: String) -> LayerError { .init(status: zoo_status(ZOO_UNSUPPORTED), message) }
  /// A value among the inputs, or the bytes of a file, cannot be used.
  public static func data(_ message: String) -> LayerError { .init(status: zoo_status(ZOO_BAD_DATA), message) }
  /// The family's own mistake.
  public static func `internal`(_ message: String) -> LayerError { .init(status: zoo_status(ZOO_INTERNAL), message) }

  /// `name` has too few or too many axes.
  public static func rank(of name: String, expected: String, got: Spec) -> LayerError {
    .shape("\(name) must have rank \(expected), but its shape is \(got.shape)")
  }
}

/// A status of the protocol as an error without words, for calls into the host that already recorded them.
extension LayerError {
  init?(hostStatus: zoo_status) {
    if hostStatus == zoo_status(ZOO_OK) { return nil }
    self.init(status: hostStatus, "")
  }
}
