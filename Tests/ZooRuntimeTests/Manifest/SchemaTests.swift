import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport

/// The published schema says what the host reads, and every manifest of the repository keeps to it.
struct ManifestSchemaTests {
  static let path = "manifests/manifest.schema.json"
  let schema: JSONSchema

  init() throws { schema = try JSONSchema(Repository.json(Self.path)) }

  @Test func theSchemaHasTheKeysThatTheHostReads() throws {
    for (definition, keys) in ManifestKeys.all {
      let object = definition.isEmpty ? schema.root : try #require(schema.root["$defs"]?[definition])
      #expect(Set(object["properties"]?.object?.names ?? []) == Set(keys), "\(definition)")
    }
    let dtypes = schema.root["$defs"]?["input"]?["properties"]?["dtype"]?["enum"]?.array?.compactMap(\.string)
    #expect(dtypes == ManifestKeys.dtypes)
  }

  @Test func everythingIsDescribed() throws {
    for (definition, _) in ManifestKeys.all {
      let object = definition.isEmpty ? schema.root : try #require(schema.root["$defs"]?[definition])
      for member in object["properties"]?.object?.members ?? [] {
        let length = member.value["description"]?.string?.count ?? 0
        #expect(length > 0, "\(definition).\(member.name)")
      }
    }
  }

  @Test func everyManifestKeepsToTheSchema() throws {
    let files = Repository.manifests + ["Tests/Fixtures/manifests/blocks.json"]
    #expect(files.contains("manifests/cnn/lenet5.json"))
    for file in files {
      let json = try Repository.json(file)
      #expect(schema.problem(with: json) == nil, "\(file)")
      // Editors find the schema by this.
      let up = String(repeating: "../", count: file.split(separator: "/").count - 1)
      #expect(["\(up)manifests/manifest.schema.json", "../manifest.schema.json"].contains(json["$schema"]?.string), "\(file)")
    }
  }

  @Test func whatTheHostReadsKeepsToTheSchema() throws {
    let manifests = [
      HostileManifestTests.valid,
      ManifestTrainingTests.trained(
        "{\(ManifestTrainingTests.data), \(ManifestTrainingTests.label), \(ManifestTrainingTests.loss), \(ManifestTrainingTests.steps), \(ManifestTrainingTests.adam)}"
      ),
      manifest(
        #"{"repeat": 2, "inputs": ["a"], "outputs": "t", "graph": [{"layer": "core.tanh", "in": ["a"], "name": "t", "frozen": true}]}"#),
      manifest(
        #"{"use": "d", "in": "x"}"#, #""define": {"d": {"outputs": {"y": "tanh", "also": "tanh.y"}, "graph": [{"layer": "core.tanh"}]}},"#),
    ]
    for text in manifests {
      let text = text.replacing("é", with: "e")
      _ = try expand(text)
      #expect(try schema.problem(with: JSONDocument(Array(text.utf8), file: "m.json").root) == nil)
    }
  }

  @Test(arguments: [
    (#"{"zoo": 2, "graph": []}"#, "/zoo"), (#"{"zoo": 1}"#, ""), (#"{"zoo": 1, "graph": [], "extra": 1}"#, ""),
    (#"{"zoo": 1, "graph": [{"name": "x"}]}"#, "/graph/0"), (#"{"zoo": 1, "graph": [{"repeat": 1, "graph": [], "size": 2}]}"#, "/graph/0"),
    (#"{"zoo": 1, "graph": [], "inputs": {"x": {"shape": "N"}}}"#, "/inputs/x/shape"),
    (#"{"zoo": 1, "graph": [], "train": {"steps": [{"minimise": "loss"}]}}"#, "/train/steps/0"),
    (#"{"zoo": 1, "graph": [], "train": {"steps": []}}"#, "/train/steps"),
    (#"{"zoo": 1, "graph": [], "inputs": {"a.b": {"shape": []}}}"#, "/inputs"),
  ])
  func theSchemaRefusesOtherManifests(_ text: String, _ pointer: String) throws {
    #expect(try schema.problem(with: JSONDocument(Array(text.utf8), file: "m.json").root) == pointer)
  }
}

/// As much of JSON Schema (draft 2020-12) as the manifest's schema uses.
struct JSONSchema {
  let root: JSON

  private static let annotations: Set<String> = ["$schema", "$defs", "title", "description", "markdownDescription"]

  init(_ root: JSON) { self.root = root }

  /// The pointer to what does not keep to the schema; nil: everything does.
  func problem(with json: JSON) -> String? { problem(json, root, "") }

  private func problem(_ json: JSON, _ schema: JSON, _ pointer: String) -> String? {
    for rule in schema.object?.members ?? [] where !Self.annotations.contains(rule.name) {
      if let problem = problem(json, rule, schema, pointer) { return problem }
    }
    return nil
  }

  private func problem(_ json: JSON, _ rule: JSONObject.Member, _ schema: JSON, _ pointer: String) -> String? {
    func unless(_ holds: Bool) -> String? { holds ? nil : pointer }
    let limit = rule.value.number ?? 0
    switch rule.name {
    case "$ref":
      let name = rule.value.string?.split(separator: "/").last.map(String.init) ?? ""
      guard let target = root["$defs"]?[name] else { return "no definition \(name)" }
      return problem(json, target, pointer)
    case "type": return unless((rule.value.array ?? [rule.value]).compactMap(\.string).contains { isType($0, json) })
    case "const": return unless(json == rule.value)
    case "enum": return unless(rule.value.array?.contains(json) ?? false)
    case "anyOf": return unless(rule.value.array?.contains { problem(json, $0, pointer) == nil } ?? false)
    case "required": return unless(json.object == nil || rule.value.array?.compactMap(\.string).allSatisfy { json[$0] != nil } ?? false)
    case "minProperties": return unless(Double(json.object?.count ?? .max) >= limit)
    case "maxProperties": return unless(Double(json.object?.count ?? 0) <= limit)
    case "minItems": return unless(Double(json.array?.count ?? .max) >= limit)
    case "maxItems": return unless(Double(json.array?.count ?? 0) <= limit)
    case "minimum": return unless(json.number ?? .infinity >= limit)
    case "exclusiveMinimum": return unless(json.number ?? .infinity > limit)
    case "exclusiveMaximum": return unless(json.number ?? -.infinity < limit)
    case "pattern":
      guard let text = json.string, let pattern = rule.value.string, let regex = try? Regex(pattern) else { return nil }
      return unless(text.contains(regex))
    case "items":
      for (i, element) in (json.array ?? []).enumerated() {
        if let problem = problem(element, rule.value, "\(pointer)/\(i)") { return problem }
      }
      return nil
    case "properties":
      for member in json.object?.members ?? [] {
        if let schema = rule.value[member.name], let problem = problem(member.value, schema, "\(pointer)/\(member.name)") { return problem }
      }
      return nil
    case "propertyNames": return unless(json.object?.names.allSatisfy { problem(JSON(.string($0)), rule.value, "") == nil } ?? true)
    case "additionalProperties":
      for member in json.object?.members ?? [] where schema["properties"]?[member.name] == nil {
        if rule.value.boolean == false { return pointer }
        if let problem = problem(member.value, rule.value, "\(pointer)/\(member.name)") { return problem }
      }
      return nil
    default: return "the test does not know the rule \(rule.name)"
    }
  }

  private func isType(_ name: String, _ json: JSON) -> Bool {
    switch name {
    case "integer": json.integer != nil
    case "number": json.number != nil
    case "string": json.string != nil
    case "boolean": json.boolean != nil
    case "null": json.isNull
    case "array": json.array != nil
    case "object": json.object != nil
    default: false
    }
  }
}

extension Repository {
  /// A JSON file of the repository, by its path in it.
  static func json(_ path: String) throws -> JSON { try JSONDocument(Array(text(path).utf8), file: path).root }

  /// A text file of the repository.
  static func text(_ path: String) throws -> String { String(decoding: try MappedFile(root + "/" + path).contents, as: UTF8.self) }

  /// The paths of the manifests of the repository.
  static var manifests: [String] {
    files(in: root + "/manifests").flatMap { folder in
      files(in: root + "/manifests/" + folder).filter { $0.hasSuffix(".json") }.map { "manifests/\(folder)/\($0)" }
    }
  }
}
