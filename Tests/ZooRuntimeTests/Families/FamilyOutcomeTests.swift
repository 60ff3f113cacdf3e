import Glibc
import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport

/// One file for each way in which a file can fail to be a family: what is said of it, and whether it is looked at again.
@Suite struct FamilyOutcomeTests {
  /// How often a process looks at a file in two scans.
  enum Looks: Int {
    /// Its headers say enough.
    case never
    /// It stays true until the file changes.
    case once
    /// It may be otherwise the next time.
    case always
  }

  struct Outcome: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let words: String
    let looks: Looks
    let make: @Sendable (ProbeFolder) throws -> Void

    init(_ words: String, _ looks: Looks, make: @escaping @Sendable (ProbeFolder) throws -> Void) {
      testDescription = words
      self.words = words
      self.looks = looks
      self.make = make
    }

    /// A family that misbehaves as the macro says.
    static func misbehaving(_ macro: String, _ words: String) -> Outcome {
      Outcome(words, .once) { try $0.compile("misbehaves", as: "bad", "-D\(macro)") }
    }

    /// A good family with other bytes from the offset on.
    static func patched(_ offset: Int, _ bytes: [UInt8], _ words: String) -> Outcome {
      Outcome(words, .never) {
        try $0.compile("good", as: "bad")
        var contents = try $0.bytes("bad")
        contents.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        try $0.write(contents, to: "bad")
      }
    }
  }

  #if arch(x86_64)
    static let machine = "x86-64"
  #else
    static let machine = "64-bit Arm"
  #endif

  static let outcomes: [Outcome] = [
    Outcome("is not a shared library", .never) { try $0.write(Array("#!/bin/sh\n".utf8), to: "bad") },
    Outcome("is not a shared library", .never) { try $0.write([], to: "bad") },
    Outcome("is not a shared library", .never) { mkdir($0.file("bad"), 0o700) },
    Outcome("is not a shared library", .never) { mkfifo($0.file("bad"), 0o600) },
    Outcome("cannot be read: No such file or directory", .never) { symlink("nowhere", $0.file("bad")) },
    Outcome("is an ELF file, but not a shared library", .never) {
      try FixtureFamily.compile("good", to: $0.file("bad"), ["-c"])
    },
    Outcome("is cut short: it has 40 bytes, its headers speak of 64", .never) {
      try $0.compile("good", as: "bad")
      try $0.write(try $0.bytes("bad").prefix(40), to: "bad")
    },
    // Of 56 bytes each, the program headers begin after the first header, which has 64.
    Outcome("is cut short: it has 100 bytes, its headers speak of 120", .never) {
      try $0.compile("good", as: "bad")
      try $0.write(try $0.bytes("bad").prefix(100), to: "bad")
    },
    .patched(18, [243, 0], "is a shared library for RISC-V; this machine is \(machine)"),
    .patched(4, [1], "is a shared library for \(machine) (32 bits); this machine is \(machine)"),
    Outcome("needs the library 'libhelper.so', which is not there", .always) {
      try $0.compileWithHelper()
      unlink($0.helper)
    },
    Outcome("needs the symbol 'a_function_that_nobody_has', which none of its libraries has", .always) {
      try $0.compile("unresolved", as: "bad")
    },
    Outcome("is a shared library, but no family: it does not export zoo_family_v1", .once) { try $0.compile("no_entry", as: "bad") },
    Outcome("speaks version 2 of the protocol; this host speaks version 1", .once) { try $0.compile("other_major", as: "bad") },
    Outcome("speaks version 2 of the protocol; this host speaks version 1", .once) { try $0.compile("wrong_table", as: "bad") },
    Outcome("refuses to load: it needs a processor with AMX", .always) { try $0.compile("refuses", as: "bad") },
    Outcome("refuses to load and does not say why", .always) { try $0.compile("refuses", as: "bad", "-DSILENT") },
    Outcome("is a family with broken tables: its kind 'core.scale' does not start with 'stranger.'", .once) {
      try $0.compile("stranger", as: "bad")
    },
    .misbehaving("CRASH_IN_CONSTRUCTOR", "crashes with SIGSEGV as it is loaded: the last words"),
    .misbehaving("CRASH_IN_ENTRY", "crashes with SIGABRT in its entry function"),
    .misbehaving("WRONG_POINTER", "crashes with SIGSEGV as its tables are read"),
    .misbehaving("CRASH_AT_EXIT", "crashes with SIGABRT as the process ends"),
    .misbehaving("EXIT_IN_CONSTRUCTOR", "ends the process with status 0 as it is loaded"),
    .misbehaving("EXIT_IN_ENTRY", "ends the process with status 3 in its entry function"),
    .misbehaving("PRINT_IN_ENTRY", "writes to standard output as it is loaded: [1mhello"),
  ]

  @Test(arguments: outcomes) func aFileThatIsNoFamilyIsExplainedAndHidesNothing(outcome: Outcome) throws {
    let folder = try ProbeFolder()
    try folder.compile("good", as: "a")
    try outcome.make(folder)
    var looks = 0
    for _ in 0..<2 {
      let catalog = folder.scan()
      #expect(folder.problems(catalog) == ["bad.so: \(outcome.words)"])
      #expect(catalog.kindNames == ["good.scale"])
      #expect(catalog.kind("good.scale") != nil)
      #expect(catalog.problems.allSatisfy { !$0.help.isEmpty })
      looks += try folder.lookedAt().count { $0 == "bad.so" }
    }
    #expect(looks == outcome.looks.rawValue)
  }

  @Test(arguments: [("HANG_IN_CONSTRUCTOR", "as it is loaded"), ("LOOP_IN_ENTRY", "in its entry function")])
  func aFamilyThatHangsIsEndedAndNotWaitedForAgain(macro: String, phase: String) throws {
    let folder = try ProbeFolder()
    try folder.compile("misbehaves", "-D\(macro)")
    for _ in 0..<2 {
      #expect(folder.problems(folder.scan(limit: .seconds(1))) == ["misbehaves.so: hangs \(phase): it is not done after 1.0 s"])
    }
    #expect(try folder.lookedAt() == ["misbehaves.so"])
  }

  /// The child that it leaves holds the ends of the pipes, which would otherwise say when it is done.
  @Test func aFamilyThatLeavesAProcessBehindIsNotWaitedFor() throws {
    let folder = try ProbeFolder()
    try folder.compile("misbehaves", "-DLEAVE_A_CHILD")
    let start = ContinuousClock.now
    #expect(folder.scan(limit: .seconds(30)).kindNames == ["misbehaves.scale"])
    #expect(ContinuousClock.now - start < .seconds(15))
  }

  @Test func theSecondOfTwoFamiliesWithOneKindIsLeftOutAndBothFilesAreNamed() throws {
    let folder = try ProbeFolder()
    try folder.compile("good", as: "a")
    try folder.compile("good", as: "b")
    for _ in 0..<2 {
      #expect(folder.problems(folder.scan()) == ["b.so: has the kind 'good.scale', which a.so has too"])
    }
  }

  @Test func aProgramThatCannotLookIsNotTheFamiliesFault() throws {
    let folder = try ProbeFolder()
    try folder.compile("good")
    for (program, words) in [
      ("/nowhere/zoo", "'/nowhere/zoo' cannot be started: No such file or directory"), ("/bin/true", "the process for that said nothing"),
    ] {
      let catalog = Catalog(folder: folder.plugins, probe: FamilyProbe(command: [program], memory: folder.memory))
      #expect(folder.problems(catalog) == ["good.so: cannot be looked at: \(words)"])
    }
    #expect(folder.problems(folder.scan()) == [])
  }

  /// Without a program that could look, the headers at least are checked before the loader sees a file.
  @Test func inOneProcessFilesWithoutSenseAreLeftOutToo() throws {
    let folder = try ProbeFolder()
    try folder.compile("good")
    try folder.compile("refuses")
    try folder.compile("good", as: "cut")
    try folder.write(try folder.bytes("cut").prefix(9000), to: "cut")
    try folder.write([1, 2, 3], to: "text")
    let catalog = Catalog(folder: folder.plugins)
    #expect(catalog.kindNames == ["good.scale"])
    let problems = folder.problems(catalog)
    #expect(problems.count == 3)
    #expect(problems[0].hasPrefix("cut.so: is cut short: it has 9000 bytes, its headers speak of "))
    #expect(problems[1...] == ["refuses.so: refuses to load: it needs a processor with AMX", "text.so: is not a shared library"])
  }
}

extension ProbeFolder {
  /// A library that the family `bad` is linked with.
  var helper: String { plugins + "/lib/libhelper.so" }

  /// Compiles both.
  func compileWithHelper() throws {
    mkdir(plugins + "/lib", 0o700)
    try FixtureFamily.compile("no_entry", to: helper, ["-shared", "-Wl,-soname,libhelper.so"])
    try compile("good", as: "bad", "-Wl,--no-as-needed", helper, "-Wl,-rpath,$ORIGIN/lib")
  }
}
