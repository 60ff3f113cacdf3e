import ZooFormats

/// A further name for a manifest, with values for its settings: a network of another depth.
struct ManifestVariant: Sendable {
  static let keys = ["title", "about", "settings"]

  let name: String
  let title: String?
  let about: String?
  /// An object.
  let settings: JSON?

  init(_ member: JSONObject.Member, _ evaluate: Evaluator) throws(ManifestError) {
    let fields = try Fields(member.value, of: .variant(member.name), keys: Self.keys, evaluate)
    name = member.name
    title = try fields.text("title")
    about = try fields.text("about")
    settings = fields.raw("settings")
    if let settings, settings.object == nil {
      throw fields.error(.wrongType(.key("settings", of: fields.owner), wanted: .object, got: settings.shown), at: settings)
    }
  }
}
