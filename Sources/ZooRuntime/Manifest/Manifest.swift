import ZooFormats

/// A manifest that has been read: what a model is, before its settings have values.
///
/// Reading checks the file's form and its own keys. `expand` does the rest, and needs to know what kinds there are.
public struct Manifest: Sendable {
  /// The version of the format that this host reads.
  public static let version = 1
  /// Longer files are refused unread.
  public static let longest = 16 << 20

  static let keys = [
    "$schema", "zoo", "name", "title", "about", "reference", "licence", "tags", "settings", "variants", "inputs", "graph", "outputs",
    "carry", "runs", "graphs", "define", "weights", "train",
    "tune",
  ]

  /// The file's name, as messages show it.
  public let file: String
  /// The folder that its paths may lead into.
  public let folder: String
  /// The name that commands use: its own, that of a variant, or else the file's without its ending.
  public private(set) var name: String
  /// The name that people use.
  public private(set) var title: String
  /// One sentence.
  public private(set) var about: String
  /// A paper.
  public let reference: String
  /// The licence of the weights.
  public let licence: String
  /// Words to find it by.
  public let tags: [String]

  private(set) var document: JSONDocument
  private let variants: [ManifestVariant]
  /// What the variant gives the settings; nil: it is none.
  private(set) var variantSettings: JSON?

  /// Reads `bytes`.
  ///
  /// `file` is for messages, `folder` is where the file lies.
  public init(contentsOf bytes: [UInt8], file: String, folder: String) throws(ManifestError) {
    guard bytes.count <= Self.longest else {
      throw ManifestError(.tooLong(bytes: bytes.count, limit: Self.longest), at: Place(file: file))
    }
    do throws(JSONError) {
      document = try JSONDocument(bytes, file: file)
    } catch {
      throw ManifestError(.syntax(error), at: error.place)
    }
    // No setting has a value yet, so these keys are taken as they stand.
    let fields = try Fields(document.root, of: .manifest, keys: Self.keys, Evaluator(document: document, scope: nil, budget: Budget()))
    let version = try fields.require("zoo", fields.raw("zoo"), about: "the version of the format, \(Self.version)")
    guard version.integer == Self.version else {
      throw fields.error(.version(version.shown, supported: Self.version), at: version)
    }
    self.file = file
    self.folder = folder
    name = try fields.text("name") ?? Self.baseName(file)
    guard Names.isName(name) else { throw fields.error(.badName(name, of: .key("name", of: .manifest)), at: fields.raw("name")) }
    title = try fields.text("title") ?? name
    about = try fields.text("about") ?? ""
    reference = try fields.text("reference") ?? ""
    licence = try fields.text("licence") ?? ""
    tags = try fields.texts("tags") ?? []
    _ = try fields.text("$schema")
    var variants: [ManifestVariant] = []
    for member in try fields.members("variants") { variants.append(try ManifestVariant(member, fields.evaluate)) }
    self.variants = variants
  }

  /// The same manifest with another content of its file.
  func replacing(root: JSON) -> Manifest {
    var copy = self
    copy.document = document.replacing(root: root)
    return copy
  }

  /// The names of its variants, in the manifest's order.
  public var variantNames: [String] { variants.map(\.name) }

  /// The variant of that name: the same manifest with other values for settings; nil: there is none.
  public func variant(_ name: String) -> Manifest? {
    guard let variant = variants.first(where: { $0.name == name }) else { return nil }
    var copy = self
    copy.name = name
    copy.title = variant.title ?? name
    copy.about = variant.about ?? about
    copy.variantSettings = variant.settings
    return copy
  }

  private static func baseName(_ file: String) -> String {
    let last = file.split(separator: "/").last.map(String.init) ?? file
    return last.hasSuffix(".json") ? String(last.dropLast(5)) : last
  }
}
