import ZooTypes

/// Why a family cannot be begun.
enum NewFamilyError: ExplainedError, Hashable {
  /// No name that kinds, files and identifiers can have.
  case badName(String)
  /// A family of the zoo has that name.
  case nameTaken(String, path: String)
  /// There is no example in that language.
  case unknownLanguage(String)
  /// There is something of that name.
  case exists(String)
  /// The folder that was named has no examples.
  case notAKit(String)
  /// There are no examples anywhere.
  case noKit(program: String)

  /// Whether it was asked wrongly, rather than that it failed.
  var isUsage: Bool {
    switch self {
    case .badName, .nameTaken, .unknownLanguage, .notAKit: true
    case .exists, .noKit: false
    }
  }

  var message: String {
    switch self {
    case .badName(let name): "'\(name)' cannot be the name of a family"
    case .nameTaken(let name, let path): "the zoo already has a family '\(name)': '\(path)'"
    case .unknownLanguage(let name): "there is no family to begin with in '\(name)'"
    case .exists(let path): "there already is something at '\(path)'"
    case .notAKit(let path): "'\(path)' is neither a checkout of Zoo nor its kit"
    case .noKit(let program): "what new families are made of is not beside '\(program)'"
    }
  }

  var help: String {
    switch self {
    case .badName(let name):
      "it is a lower-case letter, then up to 39 lower-case letters, digits and '_'"
        + (FamilyName.near(name).map { ", such as '\($0)'" } ?? "")
    case .nameTaken: "choose another name; 'zoo list families' shows those that are taken"
    case .unknownLanguage(let name): known.nearest(to: name).map { "did you mean '\($0)'?" } ?? "there are \(known.joined(separator: ", "))"
    case .exists: "choose another name, work in another folder, or move it away; nothing was written"
    case .notAKit: "a kit has the folders 'Examples' and 'Sources'; an installation has one in 'share/zoo/kit'"
    case .noKit: "'make install' in a checkout of Zoo puts it into share/zoo/kit; --kit FOLDER names such a checkout"
    }
  }

  private var known: [String] { FamilyLanguage.allCases.map(\.rawValue) }
}
