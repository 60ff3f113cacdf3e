import Glibc
import Testing
import ZooFormats
import ZooTestSupport

/// A family that crashes in a command: the last words, and how the process ends.
@Suite struct CrashTests {
  private static let quiet = ["SWIFT_BACKTRACE": "enable=no"]

  /// Three layers, of which the second, `deep.y`, crashes where and how the settings say; `rows` of its inputs are in x.csv.
  private func zooThatCrashes(families: Bool = false) throws -> ZooFixture {
    let zoo = try ZooFixture(families: families)
    try zoo.compile("crashes")
    let layer = #""layer": "crashes.times""#
    try zoo.manifest(
      "model",
      """
      {"zoo": 1, "settings": {"where": "nowhere", "how": "pointer", "after": 0, "reading": "nowhere", "writing": "nowhere"},
       "define": {"block": {"inputs": ["x"], "graph": [{\(layer), "name": "y", "where": "${where}", "how": "${how}", "after": "${after}"}]}},
       "inputs": {"x": {"shape": ["N", 4], "codec": {"kind": "raw", "where": "${reading}"}}},
       "graph": [{\(layer), "name": "first"}, {"use": "block", "name": "deep"}, {\(layer), "name": "last"}],
       "outputs": {"z": {"from": "last", "codec": {"kind": "raw", "where": "${writing}"}}}}
      """)
    // 1, 2, 3 and 4.
    try AtomicFile.write([0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40], to: zoo.path + "/x.raw")
    return zoo
  }

  private func run(_ zoo: ZooFixture, _ settings: String...) throws -> Command.Result {
    let arguments = ["run", "model", "--input", "x.raw", "--output", "z.raw", "--threads", "2"] + settings.flatMap { ["--set", $0] }
    return try ZooCommandTests.zoo(arguments, folder: zoo.path, environment: Self.quiet)
  }

  private static func words(_ phase: String, _ what: String = "crashed with SIGSEGV", layer: String = "deep.y") -> String {
    """
    zoo: layer '\(layer)' (crashes.times) \(what) in \(phase)
      help: this is a defect of its family: run 'zoo check zoo/plugins/crashes.so' and tell its author what it finds

    """
  }

  @Test func whatDoesNotCrashWorks() throws {
    let zoo = try zooThatCrashes()
    let result = try run(zoo)
    #expect(result.errors == "")
    #expect(result.status == 0)
    // 1, 2, 3, 4, each times 2 three times.
    let floats = try MappedFile(zoo.path + "/z.raw").contents.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    #expect(floats == [8, 16, 24, 32])
  }

  @Test(arguments: ["create", "plan", "pack", "forward", "destroy"])
  func aCrashNamesTheLayerAndThePhase(phase: String) throws {
    let zoo = try zooThatCrashes()
    let result = try run(zoo, "where=\(phase)")
    #expect(result.errors == Self.words(phase))
    #expect(result.output == "")
    #expect(result.status == 128 + SIGSEGV)
    // Only then was it done.
    #expect((access(zoo.path + "/z.raw", F_OK) == 0) == (phase == "destroy"))
  }

  @Test(arguments: [
    ("pointer", "SIGSEGV", SIGSEGV), ("trap", "SIGILL", SIGILL), ("division", "SIGFPE", SIGFPE), ("abort", "SIGABRT", SIGABRT),
    ("breakpoint", "SIGTRAP", SIGTRAP),
  ])
  func everyWayToCrashIsToldOnEveryThread(how: String, name: String, signal: Int32) throws {
    #if !arch(x86_64)
      // A trap is a breakpoint there.
      let (name, signal) = how == "trap" ? ("SIGTRAP", SIGTRAP) : (name, signal)
    #endif
    let zoo = try zooThatCrashes()
    for place in ["forward", "part"] {
      let result = try run(zoo, "where=\(place)", "how=\(how)")
      #expect(result.errors == Self.words("forward", "crashed with \(name)"), "\(place)")
      #expect(result.status == 128 + signal)
    }
  }

  @Test(arguments: ["forward", "part"]) func anEndlessRecursionIsToldAsThat(place: String) throws {
    let result = try run(try zooThatCrashes(), "where=\(place)", "how=recursion")
    #expect(result.errors == Self.words("forward", "overflowed its stack (SIGSEGV)"))
    #expect(result.status == 128 + SIGSEGV)
  }

  @Test func aFileThatIsCutShortWhileItIsMappedMayNotBeTheFamilysFault() throws {
    let result = try run(try zooThatCrashes(), "where=forward", "how=short file")
    #expect(
      result.errors == """
        zoo: layer 'deep.y' (crashes.times) crashed with SIGBUS in forward
          help: a file that is in use, such as the weights, was cut short; if none was, run 'zoo check zoo/plugins/crashes.so' and tell its author what it finds

        """)
    #expect(result.status == 128 + SIGBUS)
  }

  @Test func aThreadOfTheFamilysOwnIsToldFromTheLayerThatRuns() throws {
    let result = try run(try zooThatCrashes(), "where=own thread")
    #expect(
      result.errors == """
        zoo: a thread that the host did not start crashed with SIGSEGV while layer 'deep.y' (crashes.times) was in forward
          help: if the family started it, this is a defect of the family: run 'zoo check zoo/plugins/crashes.so' and tell its author what it finds

        """)
    #expect(result.status == 128 + SIGSEGV)
  }

  @Test(arguments: [("reading", "describe", "x.raw"), ("reading", "decode", "x.raw"), ("writing", "encode", "z.raw")])
  func aCrashOfACodecNamesTheFile(setting: String, phase: String, file: String) throws {
    let result = try run(try zooThatCrashes(), "\(setting)=\(phase)")
    #expect(
      result.errors == """
        zoo: \(file): the codec 'raw' crashed with SIGSEGV in \(phase)
          help: this is a defect of its family: run 'zoo check zoo/plugins/crashes.so' and tell its author what it finds

        """)
    #expect(result.status == 128 + SIGSEGV)
  }

  /// Another process has found nothing wrong with it, and then something changes that no one sees.
  @Test func aCrashOfAFamilyThatWasFineBeforeIsTold() throws {
    let zoo = try ZooFixture(families: false)
    let cause = zoo.path + "/cause"
    try zoo.compile("misbehaves", ["-shared", "-DCRASH_WHILE=\"\(cause)\""])
    try zoo.manifest(
      "scaled",
      """
      {"zoo": 1, "inputs": {"x": {"shape": [1]}}, "graph": [{"layer": "misbehaves.scale", "name": "y"}], "outputs": {"y": "y"}}
      """)
    let environment = Self.quiet.merging(["XDG_CACHE_HOME": zoo.path + "/cache"]) { $1 }
    #expect(try zoo.run("list", "kinds", environment: environment).errors == "")
    _ = try zoo.folder.file("cause", "")
    let result = try zoo.run("run", "scaled", environment: environment)
    #expect(
      result.errors == """
        zoo: zoo/plugins/misbehaves.so crashed with SIGSEGV as it was loaded
          help: this is a defect of its family: run 'zoo check zoo/plugins/misbehaves.so' and tell its author what it finds

        """)
    #expect(result.status == 128 + SIGSEGV)
  }

  @Test func benchTellsItToo() throws {
    let zoo = try zooThatCrashes()
    let result = try zoo.run("bench", "model", "--seconds", "1", "--set", "where=forward", "--set", "after=9", environment: Self.quiet)
    #expect(result.output == "")
    #expect(result.errors == Self.words("forward"))
    #expect(result.status == 128 + SIGSEGV)
  }

  @Test func aTerminalGetsItOnALineOfItsOwnAndInColour() throws {
    let result = try zooThatCrashes().terminal("run model --input x.raw --set where=forward", environment: Self.quiet)
    #expect(
      result.output.contains("\r\n\u{1B}[1;31mzoo:\u{1B}[0m layer 'deep.y' (crashes.times) crashed with SIGSEGV in forward\r\n")
        && result.output.contains("\r\n  \u{1B}[36mhelp:\u{1B}[0m this is a defect"), "\(result.output)")
  }

  /// What Swift itself writes of a crash, where its tool for that is installed, is pages long.
  @Test func theLastWordsAreTheLast() throws {
    let zoo = try zooThatCrashes()
    let result = try zoo.run(
      "run", "model", "--input", "x.raw", "--set", "where=forward", environment: ["SWIFT_BACKTRACE": "enable=yes,color=no,interactive=no"])
    #expect(result.errors.hasSuffix(Self.words("forward")))
    #expect(result.status == 128 + SIGSEGV)
  }

  /// Whether cores are files in the current folder.
  private static var coresAreFiles: Bool {
    guard let file = fopen("/proc/sys/kernel/core_pattern", "r") else { return false }
    defer { fclose(file) }
    return fgetc(file) == Int32(UInt8(ascii: "c")) && fgetc(file) == Int32(UInt8(ascii: "o"))
  }

  @Test(.enabled(if: coresAreFiles)) func coresAreDumpedAsEver() throws {
    let zoo = try zooThatCrashes()
    func cores() -> [String] { Repository.files(in: zoo.path).filter { $0.hasPrefix("core") } }
    func crash(_ limit: String) throws {
      let line = "ulimit -c \(limit) && exec \"$0\" run model --input x.raw --set where=forward"
      let result = try Command.run(
        ["sh", "-c", line, Repository.command], environment: neutral.merging(Self.quiet) { $1 }, folder: zoo.path)
      #expect(result.errors == Self.words("forward"))
      #expect(result.status == 128 + SIGSEGV)
    }
    try crash("0")
    #expect(cores() == [])
    try crash("unlimited")
    #expect(cores().count == 1)
  }

  // MARK: Training

  /// One weight, fitted to eight examples in two steps an epoch.
  private func zooThatTrains() throws -> ZooFixture {
    let zoo = try zooThatCrashes(families: true)
    let examples = (0..<8).map { "[\($0)]" }.joined(separator: ", ")
    try zoo.manifest(
      "fit",
      """
      {"zoo": 1, "settings": {"where": "nowhere", "after": 0},
       "inputs": {"x": {"shape": ["N", 1]}},
       "graph": [{"layer": "crashes.times", "name": "y", "where": "${where}", "after": "${after}"}], "outputs": {"y": "y"},
       "train": {
         "inputs": {"t": {"shape": ["N", 1]}}, "graph": [{"layer": "core.mse", "name": "loss", "in": ["y", "t"]}],
         "steps": [{"minimize": "loss"}], "batch": 4, "epochs": 5, "optimizer": {"layer": "core.sgd", "rate": 0.01},
         "data": {"inputs": {"x": {"values": [\(examples)]}, "t": {"values": [\(examples)]}}}}}
      """)
    return zoo
  }

  private func weights(_ zoo: ZooFixture, _ folder: String) throws -> [UInt8] {
    let path = "\(zoo.path)/\(folder)/weights.safetensors"
    // Whole and readable, and nothing half-written beside it.
    let file = try SafeTensors(try MappedFile(path))
    #expect(file.entries.map { $0.name } == ["y.weight"])
    #expect(try Command.run(["find", "\(zoo.path)/\(folder)", "-name", ".*.part"]).output == "")
    return Array(file.bytes(of: try #require(file["y.weight"])))
  }

  @Test(arguments: ["forward", "backward"]) func theLastCheckpointSurvivesACrashInTraining(phase: String) throws {
    let zoo = try zooThatTrains()
    for epochs in ["1", "2"] {
      let whole = try zoo.run("train", "fit", "--epochs", epochs, "--out", "epochs\(epochs)", environment: Self.quiet)
      #expect(whole.errors == "")
      #expect(whole.status == 0)
    }
    // Five steps go well, of two an epoch: the crash is in the third epoch.
    let result = try zoo.run(
      "train", "fit", "--out", "crashed", "--set", "where=\(phase)", "--set", "after=5", environment: Self.quiet)
    #expect(result.errors.hasSuffix(Self.words(phase, layer: "y")))
    #expect(result.status == 128 + SIGSEGV)
    let survived = try weights(zoo, "crashed")
    let (one, two) = (try weights(zoo, "epochs1"), try weights(zoo, "epochs2"))
    #expect(one != two)
    #expect(survived == two)
  }
}
