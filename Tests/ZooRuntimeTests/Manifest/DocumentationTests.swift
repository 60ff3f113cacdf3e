import Glibc
import Testing
import ZooFormats
import ZooTestSupport

/// docs/manifest.md is made of the schema, so that it cannot say anything else.
///
/// `ZOO_UPDATE_DOCS=1 swift test --filter ManifestDocumentation` writes it again.
struct ManifestDocumentationTests {
  @Test func theReferenceIsWhatTheSchemaSays() throws {
    let path = "docs/manifest.md"
    let page = try ManifestReference(Repository.json(ManifestSchemaTests.path)).page()
    if getenv("ZOO_UPDATE_DOCS") != nil {
      let file = try #require(fopen(Repository.root + "/" + path, "w"))
      fputs(page, file)
      fclose(file)
    }
    #expect(
      try Repository.text(path) == page, "docs/manifest.md is not up to date: ZOO_UPDATE_DOCS=1 swift test --filter ManifestDocumentation")
  }
}

/// The schema as a page for people.
struct ManifestReference {
  let schema: JSON

  init(_ schema: JSON) { self.schema = schema }

  func page() throws -> String {
    var page = """
      # The manifest

      <!-- Made of manifests/manifest.schema.json by the test ManifestDocumentation. -->

      \(text(schema))

      Editors complete and check it by `manifests/manifest.schema.json`, where the first line says `"$schema": "../manifest.schema.json"`.
      Unknown keys are errors, and so is everything else that cannot be meant: messages say where, and what was probably meant.

      ## A model

      `manifests/cnn/lenet5.json`, whole:

      ```json
      \(try Repository.text("manifests/cnn/lenet5.json").trimmed)
      ```

      ## Blocks

      Settings, a `define`, a `repeat` and shared parameters, as in `Tests/Fixtures/manifests/blocks.json`:

      ```json
      \(try Repository.text("Tests/Fixtures/manifests/blocks.json").trimmed)
      ```

      That is ten nodes, of which the last has the parameters of the first:

      ```
      \(try expand(Repository.text("Tests/Fixtures/manifests/blocks.json")).graph.listing.joined(separator: "\n"))
      ```

      ## The manifest itself

      \(table(schema))

      """
    for definition in schema["$defs"]?.object?.members ?? [] {
      guard let title = definition.value["title"]?.string else { continue }
      page += "\n<a id=\"\(definition.name)\"></a>\n\n## \(title)\n\n\(text(definition.value))\n"
      if definition.value["properties"] != nil { page += "\n\(table(definition.value))\n" }
    }
    return page
  }

  private func text(_ schema: JSON) -> String { schema["markdownDescription"]?.string ?? schema["description"]?.string ?? "" }

  private func table(_ schema: JSON) -> String {
    let required = schema["required"]?.array?.compactMap(\.string) ?? []
    var lines = ["| key | is | |", "|---|---|---|"]
    for member in schema["properties"]?.object?.members ?? [] {
      let isRequired = required.contains(member.name) ? " Required." : ""
      lines.append("| `\(member.name)` | \(type(member.value)) | \(text(member.value))\(isRequired) |")
    }
    return lines.joined(separator: "\n")
  }

  /// What may stand for a key, in words, with a link where there is more to say.
  private func type(_ schema: JSON) -> String {
    if let name = schema["$ref"]?.string?.split(separator: "/").last.map(String.init), let target = self.schema["$defs"]?[name] {
      if target["title"] != nil { return "[\(name)](#\(name))" }
      return type(target, name)
    }
    return type(schema, "")
  }

  private func type(_ schema: JSON, _ name: String) -> String {
    switch name {
    case "integer": return "whole number"
    case "number": return "number"
    case "boolean": return "boolean"
    case "texts": return "text or list of text"
    case "nestedNumbers": return "numbers in lists"
    default: break
    }
    if let value = schema["const"] { return "`\(value.text())`" }
    if let values = schema["enum"]?.array { return values.map { "`\($0.text())`" }.joined(separator: " ") }
    if let choices = schema["anyOf"]?.array { return choices.map(type).joined(separator: " or ") }
    switch schema["type"]?.string {
    case "string": return "text"
    case "integer": return "whole number"
    case "array": return schema["items"].map { "list of \(type($0))" } ?? "empty list"
    case "object": return schema["additionalProperties"].map { "object of \(type($0))" } ?? "object"
    case let other: return other ?? ""
    }
  }
}

extension String {
  /// Without the line break at the end.
  var trimmed: String { hasSuffix("\n") ? String(dropLast()) : self }
}
