import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport

/// The families in Examples: that they are built by one command, export one symbol, and train.
@Suite struct ExamplesTests {
  @Test("each builds without a warning into a family of two kinds", arguments: Example.buildable)
  func kinds(_ language: String) throws {
    let example = try Example.built(language)
    #expect(example.catalog.problems.map(\.message) == [])
    let kinds = [
      "c": ["curves.snake", "curves.squash"], "rust": ["gates.glu", "gates.swish"], "swift": ["angles.cosine", "angles.unit"],
    ]
    #expect(example.catalog.kindNames == kinds[language])
    for name in example.catalog.kindNames {
      let kind = try Example.kind(name)
      #expect(kind.isDifferentiable)
      #expect(kind.summary.hasSuffix("."))
      #expect(kind.formula.hasPrefix("y = "))
    }
  }

  @Test("each exports one symbol", arguments: Example.buildable)
  func exports(_ language: String) throws {
    #expect(try Example.exports(of: Example.built(language).file) == ["zoo_family_v1"])
  }

  @Test(.enabled(if: Example.hasCargo, "there is no cargo here: the family in Rust is not tested"))
  func theOneInRustHasNoCrates() throws {
    _ = try Example.built("rust")
    let lock = String(decoding: try MappedFile(Repository.root + "/Examples/rust/Cargo.lock").contents, as: UTF8.self)
    #expect(lock.split(separator: "\n").filter { $0 == "[[package]]" }.count == 1)
  }

  // In one file of C, with both kinds, and with nothing to link but the C library's own functions.
  @Test func theOneInCHasLessThan150Lines() throws {
    let text = String(decoding: try MappedFile(Repository.root + "/Examples/c/curves.c").contents, as: UTF8.self)
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count - 1 < 150)
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 140 })
    let needed = try Command.run(["readelf", "-d", Example.built("c").file]).output
    let libraries = needed.split(separator: "\n").filter { $0.contains("(NEEDED)") }
    #expect(libraries.allSatisfy { $0.contains("[libc.so.6]") || $0.contains("[libm.so.6]") }, "\(libraries)")
  }

  // The model's first loss is that of guessing among ten digits, ln 10 = 2.303, or near it.
  @Test("each trains in a manifest and reads a digit", arguments: Example.buildable)
  func trains(_ language: String) throws {
    let example = try Example.built(language)
    let zoo = try ZooFixture()
    try zoo.addDigits()
    try zoo.add(example.file, as: example.family)
    let manifest = "\(Repository.root)/Examples/\(language)/digits.json"
    let result = try zoo.run("train", manifest, "--out", "run", "--json", "--threads", "1")
    #expect(result.errors == "")
    var events: [JSON] = []
    for line in result.output.split(separator: "\n") { events.append(try JSONDocument(Array(line.utf8), file: "output").root) }
    let losses = events.filter { $0["event"]?.string == "epoch" }.compactMap { $0["training"]?["loss"]?.number }
    #expect(losses.count == 5)
    let (first, last) = (try #require(losses.first), try #require(losses.last))
    #expect(first < 1.5)
    #expect(last < 0.4 * first, "\(losses)")
    let digit = try zoo.run(
      "run", manifest, "--weights", "run/weights.safetensors", "--input", "\(Repository.root)/zoo/data/samples/7.png")
    #expect(digit.errors == "")
    #expect(digit.output.hasPrefix("7 "), "\(digit.output)")
  }

  @Test("each passes 'zoo check'", arguments: Example.buildable)
  func passesCheck(_ language: String) throws {
    let result = try ZooFixture(families: false).run("check", Example.built(language).file)
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }

  @Test("'make test' proves each, trains it and sees it read a digit", arguments: Example.buildable)
  func makeTest(_ language: String) throws {
    _ = try Example.built(language)
    let zoo = try ZooFixture()
    try zoo.addDigits()
    let result = try Example.make(language, "test", zoo: zoo.path + "/zoo")
    #expect(result.status == 0, "\(result.output)\(result.errors)")
    #expect(result.output.contains("\nHeld out: loss 0."))
  }
}
