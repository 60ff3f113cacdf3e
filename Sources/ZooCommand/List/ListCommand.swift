import ArgumentParser
import ZooFormats
import ZooRuntime
import ZooTypes

/// `zoo list`: what is in the zoo, and what is wrong with what would not load.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Show what is in the zoo, and what is wrong with it.",
    usage: "zoo list [families|kinds|models] [<options>]")

  /// What can be listed.
  enum Subject: String, CaseIterable, ExpressibleByArgument {
    case families, kinds, models
  }

  @Argument(help: "families, kinds or models. Without it: families and models.")
  var subject: Subject?

  @Flag(help: "Print one JSON document.")
  var json = false

  @Flag(help: "Look again at families that crashed or hung before.")
  var retry = false

  @OptionGroup
  var options: ZooOptions

  func run() throws {
    let zoo = try options.find(retries: retry)
    var problems: [any ExplainedError] = []
    var sections: [(name: String, table: Table, json: JSON)] = []
    if subject == .families || subject == nil {
      sections.append(("families", families(zoo.catalog), .array(zoo.catalog.families.map(describe))))
    }
    if subject == .kinds { sections.append(("kinds", kinds(zoo.catalog), .array(zoo.catalog.families.flatMap { $0.kinds.map(describe) }))) }
    // After the families: only now all are loaded.
    if subject != .models { problems += zoo.catalog.problems }
    if subject == .models || subject == nil {
      let (models, modelProblems) = zoo.models()
      problems += modelProblems
      sections.append(("models", self.models(models), .array(models.map(describe))))
    }

    if json {
      var document = JSONObject()
      for section in sections { document[section.name] = section.json }
      document["problems"] = .array(problems.map { .object([("message", .text($0.message)), ("help", .text($0.help))]) })
      printResult(JSON(.object(document)).text(.pretty))
    } else {
      let shown = sections.filter { !$0.table.isEmpty }.map { $0.table.text(for: .output) }
      if !shown.isEmpty { printResult(shown.joined(separator: "\n\n")) }
      for section in sections where section.table.isEmpty {
        printDiagnostic(explanation(EmptySection(name: section.name, place: place(section.name, zoo)), terminal: .diagnostics))
      }
    }
    // A problem is news, not a failure: everything else is listed and works.
    for problem in problems { printDiagnostic(explanation(problem, terminal: .diagnostics)) }
  }

  private func place(_ section: String, _ zoo: Zoo) -> String { section == "models" ? zoo.folder.manifests : zoo.folder.plugins }

  private func families(_ catalog: Catalog) -> Table {
    var table = Table([.words("FAMILY"), .words("VERSION"), .numbers("KINDS"), .words("SUMMARY")])
    for family in catalog.families { table.add([family.name, family.version, "\(family.kinds.count)", family.summary]) }
    return table
  }

  private func kinds(_ catalog: Catalog) -> Table {
    var table = Table([.words("KIND"), .words("SUMMARY")])
    for family in catalog.families {
      for kind in family.kinds.sorted(by: { $0.name < $1.name }) { table.add([kind.name, kind.summary]) }
    }
    return table
  }

  private func models(_ models: [ModelListing]) -> Table {
    var table = Table([.words("MODEL"), .words("TITLE"), .words("WHAT")])
    for model in models { table.add([model.name, model.manifest.title, model.manifest.about]) }
    return table
  }

  private func describe(_ family: Family) -> JSON {
    .object([
      ("name", .text(family.name)), ("version", .text(family.version)), ("summary", .text(family.summary)), ("path", .text(family.path)),
      ("protocol", .text("\(family.protocolVersion.major).\(family.protocolVersion.minor)")),
      ("kinds", .array(family.kinds.map { .text($0.name) })), ("codecs", .array(family.codecs.map { .text($0.name) })),
    ])
  }

  private func describe(_ kind: KindInfo) -> JSON {
    .object([
      ("name", .text(kind.name)), ("summary", .text(kind.summary)), ("differentiable", .boolean(kind.isDifferentiable)),
      ("update", .boolean(kind.isUpdate)),
    ])
  }

  private func describe(_ model: ModelListing) -> JSON {
    let manifest = model.manifest
    return .object([
      ("name", .text(model.name)), ("title", .text(manifest.title)), ("about", .text(manifest.about)), ("path", .text(model.path)),
    ])
  }
}

/// Nothing to list, which is no failure.
private struct EmptySection: ExplainedError {
  let name: String
  let place: String

  var message: String { "there are no \(name) in '\(place)'" }
  var help: String {
    name == "models" ? "manifests are JSON files in there" : "families are shared libraries in there: 'make build' makes those of zoo"
  }
}
