import Testing
import ZooFormats
import ZooTestSupport

/// What a folder of the protocol's headers says: structs, constants, types, macros and functions, as Tests/Reference/protocol_layout.sh
/// describes them.
struct ProtocolLayout {
  struct Field: Equatable {
    let name: String
    let offset: Int
    let size: Int
    let type: String
  }

  struct Struct {
    let name: String
    let size: Int
    /// Whether fields may be added at its end.
    let grows: Bool
    var fields: [Field] = []
  }

  let text: String
  private(set) var minor = 0
  private(set) var structs: [Struct] = []
  /// `constant ZOO_OK` is `0`.
  private(set) var others: [(name: String, value: String)] = []

  /// The layout in a file.
  init(file: String) throws { try self.init(String(decoding: MappedFile(file).contents, as: UTF8.self)) }

  /// The layout that the headers in a folder have.
  init(headers: String) throws {
    let result = try Command.run(["sh", Repository.root + "/Tests/Reference/protocol_layout.sh", headers])
    guard result.status == 0 else { throw TestProblem(result.errors) }
    try self.init(result.output)
  }

  private init(_ text: String) throws {
    self.text = text
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: line.hasPrefix("  ") ? 3 : 2).map(String.init)
      if line.hasPrefix("  "), !structs.isEmpty {
        structs[structs.count - 1].fields.append(
          Field(name: words[0], offset: try #require(Int(words[1])), size: try #require(Int(words[2])), type: words[3]))
      } else if words[0] == "protocol" {
        minor = try #require(words[1].split(separator: ".").last.flatMap { Int($0) })
      } else if words[0] == "struct" {
        let rest = words[2].split(separator: " ")
        structs.append(Struct(name: words[1], size: try #require(Int(rest[0])), grows: rest[1] == "grows"))
      } else {
        others.append((words[0] + " " + words[1], words.count > 2 ? words[2] : ""))
      }
    }
  }

  /// In what it breaks those who were compiled with `old`: a line for each struct, constant, type, macro and function.
  func breaches(of old: ProtocolLayout) -> [String] {
    old.structs.compactMap(breach)
      + old.others.compactMap { name, value in
        guard let now = others.first(where: { $0.name == name }) else { return "\(name) is gone" }
        return now.value == value ? nil : "\(name) was \(value) and is \(now.value)"
      }
  }

  private func breach(_ old: Struct) -> String? {
    guard let new = structs.first(where: { $0.name == old.name }) else { return "struct \(old.name) is gone" }
    for (i, field) in old.fields.enumerated() {
      let name = "\(old.name).\(field.name)"
      guard let now = new.fields.first(where: { $0.name == field.name }) else {
        let other = i < new.fields.count && new.fields[i].offset == field.offset ? new.fields[i].name : nil
        return other.map { "\(name) has another name: '\($0)'" } ?? "\(name) is gone; it was at \(field.offset)"
      }
      let before = i < new.fields.count && new.fields[i].name != field.name ? ": '\(new.fields[i].name)' is in its place" : ""
      if now.offset != field.offset { return "\(name) has moved from \(field.offset) to \(now.offset)\(before)" }
      if now.size != field.size { return "\(name) has \(now.size) bytes and had \(field.size)" }
      if now.type != field.type { return "\(name) was '\(field.type)' and is '\(now.type)'" }
    }
    if old.grows != new.grows {
      return old.grows ? "struct \(old.name) could grow and no longer can: it lies in another one" : "struct \(old.name) was frozen"
    }
    let added = new.fields.filter { field in !old.fields.contains { $0.name == field.name } }
    if !old.grows, let first = added.first { return "\(old.name).\(first.name) is new, and the struct is frozen" }
    // Whoever was compiled before says with its size that it has what lies in what was padding.
    if let early = added.first(where: { $0.offset < old.size && !$0.name.hasPrefix("reserved") }) {
      return "\(old.name).\(early.name) is new at \(early.offset), within the \(old.size) bytes of before: put 'reserved' there first"
    }
    return nil
  }

  /// The fields that structs of `old` have gained.
  func growth(since old: ProtocolLayout) -> [String] {
    old.structs.flatMap { before in
      let fields = structs.first { $0.name == before.name }?.fields ?? []
      return fields.dropFirst(before.fields.count).map { "\(before.name).\($0.name)" }
    }
  }
}
