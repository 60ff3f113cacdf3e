import Testing
import ZooFormats
import ZooTestSupport

/// The host runs and trains graphs of any kinds; which there are, it learns from the families alone.
struct HostKnowsNoKindTests {
  /// Everything in a text that could be a kind's name.
  private func words(_ text: String) -> Set<String> {
    func isPart(_ character: Character) -> Bool {
      character.isASCII && (character.isLetter || character.isNumber) || character == "_" || character == "."
    }
    return Set(text.split(whereSeparator: { !isPart($0) }).map { String($0) })
  }

  /// The Swift files below a folder.
  private func sources(_ folder: String) -> [String] {
    Repository.files(in: folder).flatMap { name in
      name.hasSuffix(".swift") ? ["\(folder)/\(name)"] : sources("\(folder)/\(name)")
    }
  }

  @Test func noKindIsNamedInTheHost() throws {
    #expect(words(#"catalog.kind("core.dense")"#).contains("core.dense"))
    let kinds = Set(Repository.catalog.kindNames)
    #expect(!kinds.isEmpty)
    for target in ["ZooRuntime", "ZooTraining"] {
      let files = sources("\(Repository.root)/Sources/\(target)")
      #expect(files.count > 10)
      for file in files {
        let named = words(String(decoding: try MappedFile(file).contents, as: UTF8.self)).intersection(kinds)
        #expect(named.isEmpty, "\(file)")
      }
    }
  }
}
