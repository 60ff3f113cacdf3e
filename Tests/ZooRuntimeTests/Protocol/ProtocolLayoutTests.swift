import Glibc
import Testing
import ZooFormats
import ZooTestSupport

/// The layout is frozen: what was compiled with any released header must work for ever.
@Suite struct ProtocolLayoutTests {
  private static let released = Repository.files(in: fixtures).filter { $0.first?.isNumber == true }

  private static let allowed =
    "Fields may be added at the end of a struct that begins with its size, and constants, types and functions may be added; nothing may "
    + "move, change, or go: see 'What may change, and what may not' in docs/protocol.md"

  /// Against each version that was released, by its own headers, and against what is described since.
  @Test func nothingMovesChangesOrGoes() throws {
    let now = try ProtocolLayout(headers: headers)
    #expect(Self.released.first == "1.0")
    let olds = try Self.released.map { try ProtocolLayout(headers: "\(fixtures)/\($0)/include") } + [ProtocolLayout(file: layout)]
    for (old, version) in zip(olds, Self.released + ["layout.txt"]) {
      for breach in now.breaches(of: old) { Issue.record("since \(version): \(breach). \(Self.allowed)") }
      let growth = now.growth(since: old)
      if !growth.isEmpty, version != "layout.txt", now.minor <= old.minor {
        Issue.record("since \(version): \(growth.joined(separator: ", ")) is new: make ZOO_ABI_MINOR \(old.minor + 1)")
      }
    }
  }

  @Test func everythingIsDescribed() throws {
    #expect(
      try ProtocolLayout(headers: headers).text == ProtocolLayout(file: layout).text,
      "the headers have grown: 'make layout' describes them")
  }

  // MARK: That it can fail

  /// A change of one header, and what it breaks or adds.
  struct Change: CustomTestStringConvertible, Sendable {
    let file: String
    let words: String
    let others: String
    let result: [String]

    var testDescription: String { "\(file).h: \(words) -> \(others)" }

    init(_ file: String, _ words: String, to others: String, _ result: String...) {
      (self.file, self.words, self.others, self.result) = (file, words, others, result)
    }

    /// The layout of the headers after it.
    func apply() throws -> ProtocolLayout {
      let folder = try copyOfHeaders(headers)
      let path = "include/zoo/\(file).h"
      let text = String(decoding: try MappedFile("\(folder.path)/\(path)").contents, as: UTF8.self)
      try #require(text.contains(words))
      _ = try folder.file(path, text.replacing(words, with: others))
      return try ProtocolLayout(headers: folder.path + "/include")
    }
  }

  @Test(arguments: [
    Change(
      "kind", "  zoo_string summary,", to: "  void *extra;\n  zoo_string summary,",
      "zoo_kind.summary has moved from 32 to 40: 'extra' is in its place"),
    Change(
      "call", "parameter_count, saved_count;\n", to: "saved_count, parameter_count;\n",
      "zoo_call.parameter_count has moved from 32 to 36: 'saved_count' is in its place"),
    Change("call", "void *scratch;", to: "void *memory;", "zoo_call.scratch has another name: 'memory'"),
    Change(
      "kind", "const void *(*extension)(const zoo_kind *, zoo_string id);", to: "", "zoo_kind.extension is gone; it was at 168"),
    Change("plan", "double flops, bytes;", to: "double flops; float bytes;", "zoo_plan.bytes has 4 bytes and had 8"),
    Change("codec", "int32_t format;", to: "uint32_t format;", "zoo_codec_call.format was 'int32_t' and is 'uint32_t'"),
    Change(
      "codec", "int32_t format;", to: "int32_t format, level;",
      "zoo_codec_call.level is new at 60, within the 64 bytes of before: put 'reserved' there first"),
    Change("plan", "float alpha, beta;", to: "float alpha, beta, c, d;", "zoo_epilogue.c is new, and the struct is frozen"),
    Change("tensor", "uint64_t byte_offset;", to: "uint64_t byte_offset, end;", "zoo_tensor.end is new, and the struct is frozen"),
    Change(
      "kind", "(*backward)(zoo_layer *, const zoo_call *)", to: "(*backward)(const zoo_call *)",
      "zoo_kind.backward was 'zoo_status (*)(zoo_layer *, const zoo_call *)' and is 'zoo_status (*)(const zoo_call *)'"),
    Change("kind", "zoo_port_info", to: "zoo_port_news", "struct zoo_port_info is gone"),
    Change("status", "ZOO_BAD_DATA = 8", to: "ZOO_BAD_DATA = 9", "constant ZOO_BAD_DATA was 8 and is 9"),
    Change("plan", "ZOO_EPILOGUE_SILU = 7,", to: "", "constant ZOO_EPILOGUE_SILU is gone"),
    Change("version", "ZOO_ABI_MAJOR 1u", to: "ZOO_ABI_MAJOR 2u", "constant ZOO_ABI_MAJOR was 1 and is 2"),
    Change("version", "ZOO_HAS(p, T, field)", to: "ZOO_HAS(T, p, field)", "macro ZOO_HAS was (p, T, field) and is (T, p, field)"),
    Change(
      "host", "int64_t from, int64_t to, int32_t slot", to: "int64_t from",
      "type zoo_body was zoo_status (*)(void *, int64_t, int64_t, int32_t) and is zoo_status (*)(void *, int64_t)"),
    Change("family", "*zoo_family_v1(", to: "*zoo_family_v2(", "function zoo_family_v1 is gone"),
  ])
  func aBreachIsTold(change: Change) throws {
    #expect(try change.apply().breaches(of: try ProtocolLayout(file: layout)).contains(change.result[0]))
  }

  @Test(arguments: [
    Change("kind", "zoo_string id);\n", to: "zoo_string id);\n  void (*more)(void);\n", "zoo_kind.more"),
    Change(
      "codec", "int32_t format;", to: "int32_t format, reserved;\n  uint64_t level;", "zoo_codec_call.reserved", "zoo_codec_call.level"),
    Change("status", "ZOO_BAD_DATA = 8", to: "ZOO_BAD_DATA = 8, ZOO_WORSE = 9"),
    Change("family", "#ifdef __cplusplus", to: "typedef struct zoo_news {\n  uint32_t size;\n} zoo_news;\n#ifdef __cplusplus"),
    Change("version", "ZOO_ABI_MINOR 1u", to: "ZOO_ABI_MINOR 3u"),
    Change("call", "/// What forward, backward and pack receive.", to: "/// Other words."),
  ])
  func whatIsAllowedIsNoBreach(change: Change) throws {
    let (old, new) = (try ProtocolLayout(file: layout), try change.apply())
    #expect(new.breaches(of: old) == [])
    #expect(new.growth(since: old) == change.result)
  }
}

private let headers = Repository.root + "/Sources/CZoo/include"
private let fixtures = Repository.fixtures + "/protocol"
private let layout = fixtures + "/layout.txt"

/// A folder with a copy of `headers` in `include`.
func copyOfHeaders(_ headers: String) throws -> TemporaryFolder {
  let folder = try TemporaryFolder()
  let result = try Command.run(["cp", "-r", headers, folder.path + "/include"])
  guard result.status == 0 else { throw TestProblem(result.errors) }
  return folder
}
