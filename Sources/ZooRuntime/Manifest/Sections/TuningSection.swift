public import ZooFormats

/// What a manifest wants `zoo tune` to vary, and to look for.
public struct TuningSection: Sendable {
  /// The methods that there are.
  public static let methods = ["grid", "random", "bayes"]

  static let keys = ["over", "method", "trials", "minimize", "maximize", "about"]

  /// What is varied, with its values: lists, or text that describes a range.
  public var over: [(name: String, values: JSON)]
  /// One of the methods; nil: not said.
  public var method: String?
  /// How many combinations are tried; nil: not said.
  public var trials: Int?
  /// The number to make small; nil: not said.
  public var minimized: String?
  /// The number to make large; nil: not said.
  public var maximized: String?
}

extension Manifest {
  /// The section `tune`; nil: there is none.
  ///
  /// Its values are taken as they stand, without expressions.
  public func tuning() throws(ManifestError) -> TuningSection? {
    guard let json = document.root["tune"] else { return nil }
    let evaluate = Evaluator(document: document, scope: nil, budget: Budget())
    let fields = try Fields(json, of: .section("tune"), keys: TuningSection.keys, evaluate)
    _ = try fields.text("about")
    let over = try fields.require(
      "over", fields.raw("over"), about: "what is varied, such as {\"train.optimizer.rate\": \"log:1e-4..1e-1\"}")
    guard let object = over.object else {
      throw fields.error(.wrongType(.key("over", of: fields.owner), wanted: .object, got: over.shown), at: over)
    }
    return TuningSection(
      over: object.members.map { ($0.name, $0.value) }, method: try fields.choice("method", of: TuningSection.methods),
      trials: try fields.integer("trials", in: 1...Int(Int32.max)), minimized: try fields.text("minimize"),
      maximized: try fields.text("maximize"))
  }
}
