import Glibc
import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport

/// What is remembered of the files in a folder, for how long, and what happens when the memory itself is broken.
@Suite struct FamilyMemoryTests {
  @Test func aKnownFamilyIsNotLookedAtAgainButUsed() throws {
    let folder = try ProbeFolder()
    try folder.compile("good")
    #expect(folder.scan().kindNames == ["good.scale"])
    #expect(try folder.lookedAt() == ["good.so"])
    let catalog = folder.scan()
    #expect(catalog.kindNames == ["good.scale"])
    #expect(catalog.kind("good.scale")?.summary == "Multiplies by a number.")
    #expect(try folder.lookedAt() == [])
  }

  /// Other times, another name: the content counts.
  @Test func theSameContentIsNotLookedAtAgain() throws {
    let folder = try ProbeFolder()
    try folder.compile("good")
    try folder.compile("misbehaves", "-DCRASH_IN_ENTRY")
    let problem = "crashes with SIGABRT in its entry function"
    #expect(folder.problems(folder.scan()) == ["misbehaves.so: \(problem)"])
    #expect(try folder.lookedAt() == ["good.so", "misbehaves.so"])
    for name in ["good", "misbehaves"] {
      try folder.write(try folder.bytes(name), to: name)
      rename(folder.file(name), folder.file("other_" + name))
    }
    let catalog = folder.scan()
    #expect(catalog.kindNames == ["good.scale"])
    #expect(folder.problems(catalog) == ["other_misbehaves.so: \(problem)"])
    #expect(try folder.lookedAt() == [])
  }

  /// Of the same size, and perhaps written within the same tick of the clock that file times are made of.
  @Test(arguments: [true, false]) func anotherContentUnderTheSameNameIsLookedAt(inPlace: Bool) throws {
    let folder = try ProbeFolder()
    try folder.compile("good")
    let bytes = try folder.bytes("good")
    let name = try #require(bytes.firstRange(of: Array("good.scale".utf8)))
    for letter in UInt8(ascii: "f")...UInt8(ascii: "k") {
      var other = bytes
      other[name.upperBound - 1] = letter
      if inPlace {
        let file = try #require(fopen(folder.file("good"), "r+"))
        fwrite(other, 1, other.count, file)
        fclose(file)
      } else {
        try folder.write(other, to: "good")
      }
      #expect(folder.scan().kindNames == ["good.scal\(Character(UnicodeScalar(letter)))"])
      #expect(try folder.lookedAt() == ["good.so"])
    }
  }

  @Test func aFamilyThatCrashedIsLeftOutUntilItChangesOrItIsForgotten() throws {
    let folder = try ProbeFolder()
    let cause = try folder.folder.file("cause", "")
    try folder.compile("misbehaves", "-DCRASH_WHILE=\"\(cause)\"")
    let problem = ["misbehaves.so: crashes with SIGSEGV as it is loaded"]
    #expect(folder.problems(folder.scan()) == problem)
    unlink(cause)
    #expect(folder.problems(folder.scan()) == problem)
    #expect(try folder.lookedAt() == ["misbehaves.so"])

    #expect(folder.problems(folder.scan(retries: true)) == [])
    #expect(try folder.lookedAt() == ["misbehaves.so"])
    #expect(folder.problems(folder.scan()) == [])
    #expect(try folder.lookedAt() == [])

    _ = try folder.folder.file("cause", "")
    try folder.write(try folder.bytes("misbehaves") + [0], to: "misbehaves")
    #expect(folder.problems(folder.scan()) == problem)
    #expect(try folder.lookedAt() == ["misbehaves.so"])
  }

  @Test func aMissingLibraryThatAppearsIsFoundAndOneThatChangesIsLookedAt() throws {
    let folder = try ProbeFolder()
    try folder.compileWithHelper()
    let away = folder.path + "/libhelper.so"
    rename(folder.helper, away)
    #expect(folder.problems(folder.scan()) == ["bad.so: needs the library 'libhelper.so', which is not there"])
    rename(away, folder.helper)
    #expect(folder.scan().kindNames == ["good.scale"])
    #expect(try folder.lookedAt() == ["bad.so", "bad.so"])
    #expect(folder.scan().kindNames == ["good.scale"])
    #expect(try folder.lookedAt() == [])

    try FixtureFamily.compile("no_entry", to: folder.helper, ["-shared", "-Wl,-soname,libhelper.so"])
    #expect(folder.scan().kindNames == ["good.scale"])
    #expect(try folder.lookedAt() == ["bad.so"])
    unlink(folder.helper)
    #expect(folder.problems(folder.scan()) == ["bad.so: needs the library 'libhelper.so', which is not there"])
  }

  @Test func whatAnotherProgramHasFoundDoesNotCount() throws {
    let folder = try ProbeFolder()
    try folder.compile("good")
    _ = folder.scan()
    #expect(folder.scan(arguments: ["-u"]).kindNames == ["good.scale"])
    #expect(try folder.lookedAt() == ["good.so", "good.so"])
  }

  /// A host that runs for long loads a family when it first needs it, which may be another one by then.
  @Test func aFamilyThatIsReplacedBeforeItsFirstUseIsLookedAtFirst() throws {
    let folder = try ProbeFolder()
    try folder.compile("good")
    let catalog = folder.scan()
    try folder.compile("misbehaves", as: "good", "-DCRASH_IN_CONSTRUCTOR")
    #expect(catalog.kind("good.scale") == nil)
    #expect(folder.problems(catalog) == ["good.so: crashes with SIGSEGV as it is loaded: the last words"])
  }

  // MARK: - A broken memory

  static let damages: [(name: String, damage: @Sendable ([UInt8]) -> [UInt8])] = [
    ("empty", { _ in [] }),
    ("cut short", { Array($0.prefix($0.count / 2)) }),
    ("without its last byte but one", { Array($0.dropLast(2)) }),
    ("no text", { $0.map { ~$0 } }),
    ("an array", { _ in Array("[1]".utf8) }),
    ("deeply nested", { _ in Array(String(repeating: "[", count: 1 << 20).utf8) }),
    ("of another version", { replacing("\"version\":1", by: "\"version\":2", in: $0) }),
    ("of another shape", { _ in Array(#"{"version":1,"files":[1,2]}"#.utf8) }),
    ("with records of other types", { replacing("\"content\":\"", by: "\"content\":[\"", in: $0) }),
    ("with records that say nothing", { replacing("\"family\"", by: "\"other\"", in: $0) }),
    ("with stamps that are too long", { replacing("\"stamp\":[", by: "\"stamp\":[[],", in: $0) }),
  ]

  private static func replacing(_ old: String, by new: String, in bytes: [UInt8]) -> [UInt8] {
    Array(String(decoding: bytes, as: UTF8.self).replacing(old, with: new).utf8)
  }

  @Test(arguments: damages.indices) func aBrokenMemoryIsAnEmptyOneAndMadeAnew(index: Int) throws {
    let folder = try ProbeFolder()
    try folder.compile("good")
    _ = folder.scan()
    let bytes = Array(try MappedFile(folder.remembered).contents)
    try AtomicFile.write(Self.damages[index].damage(bytes), to: folder.remembered)
    chmod(folder.remembered, 0o600)
    _ = try folder.lookedAt()
    for looked in [["good.so"], []] {
      #expect(folder.scan().kindNames == ["good.scale"])
      #expect(try folder.lookedAt() == looked)
    }
  }

  @Test func aMemoryThatOthersMayWriteIsNotBelieved() throws {
    let folder = try ProbeFolder()
    try folder.compile("good")
    _ = folder.scan()
    #expect(try permissions(of: folder.remembered) == 0o600)
    chmod(folder.remembered, 0o666)
    #expect(folder.scan().kindNames == ["good.scale"])
    #expect(try folder.lookedAt() == ["good.so", "good.so"])
    #expect(try permissions(of: folder.remembered) == 0o600)
  }

  private func permissions(of path: String) throws -> mode_t {
    var status = stat()
    try #require(stat(path, &status) == 0)
    return status.st_mode & 0o777
  }

  @Test(arguments: ["/proc/nowhere/zoo", "/dev/null/zoo"]) func withoutAPlaceToRememberFamiliesStillWork(memory: String) throws {
    let folder = try ProbeFolder()
    try folder.compile("good")
    var probe = folder.probe()
    probe.memory = memory
    for _ in 0..<2 { #expect(Catalog(folder: folder.plugins, probe: probe).kindNames == ["good.scale"]) }
    #expect(try folder.lookedAt() == ["good.so", "good.so"])
  }

  @Test func processesThatRememberAtTheSameTimeDoNotHarmEachOther() throws {
    let folder = try ProbeFolder()
    for name in ["a", "b", "c"] { try folder.compile("good", as: name) }
    let script = """
      for i in 1 2 3 4 5 6 7 8; do "$0" list kinds --zoo . > out.$i 2> err.$i & done; wait
      """
    for _ in 0..<2 {
      let result = try Command.run(
        ["sh", "-c", script, Repository.command], environment: ["XDG_CACHE_HOME": folder.path + "/cache"], folder: folder.path)
      #expect(result.status == 0)
      for i in 1...8 {
        func text(_ name: String) throws -> String {
          String(decoding: try MappedFile("\(folder.path)/\(name).\(i)").contents, as: UTF8.self)
        }
        #expect(try text("out") == "KIND        SUMMARY\ngood.scale  Multiplies by a number.\n")
        #expect(try text("err").split(separator: "\n").count == 4)
      }
    }
    let json = try JSONDocument(Array(try MappedFile(folder.remembered).contents), file: "families.json").root
    #expect(json["files"]?.object?.members.count == 3)
    #expect(Repository.files(in: folder.memory) == ["families.json"])
  }
}
