import Glibc
import Testing
import ZooFormats
import ZooTestSupport

/// Crashes in programs that use the host as a library: what is said, and that what would have happened without it still does.
@Suite struct CrashReportTests {
  private let folder: TemporaryFolder
  private var host: String { folder.path + "/host" }

  /// Compiles Tests/Fixtures/hosts/crashing_host.c with the host's C side.
  init() throws {
    folder = try TemporaryFolder()
    let sources = Repository.root + "/Sources"
    let result = try Command.run(
      ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-I", sources + "/CHost/include", "-I", sources + "/CZoo/include"]
        + ["convert", "crash", "foreign", "host", "program", "random"].map { "\(sources)/CHost/\($0).c" } + [sources + "/CZoo/bf16.c"]
        + [Repository.fixtures + "/hosts/crashing_host.c", "-o", host, "-lgomp", "-lpthread", "-lm"])
    guard result.status == 0 else { throw TestProblem(result.errors) }
  }

  private func run(_ mode: String) throws -> Command.Result {
    let result = try Command.run([host, mode])
    #expect(result.output == "")
    return result
  }

  private static func words(_ layer: String, _ phase: String, _ what: String = "crashed with SIGSEGV") -> String {
    """
    host: layer '\(layer)' (f.kind) \(what) in \(phase)
      hint: this is a defect of its family: run 'zoo check dir/f.so' and tell its author what it finds

    """
  }

  @Test func nothingIsSaidUnlessItWasAskedFor() throws {
    let result = try run("not-asked")
    #expect(result.errors == "")
    #expect(result.status == 128 + SIGSEGV)
  }

  /// With two programs on two threads, each thread knows its own layer; threads of a `parallel_for` know their caller's; of layers within
  /// layers it is the innermost, and the outer one again afterwards.
  @Test(arguments: [
    ("asked", "bad", "forward"), ("two", "bad", "forward"), ("parts", "bad", "forward"), ("inside", "inside", "backward"),
    ("around", "outer", "forward"),
  ])
  func theLayerThatCrashedIsNamedOnce(mode: String, layer: String, phase: String) throws {
    let result = try run(mode)
    #expect(result.errors == Self.words(layer, phase))
    #expect(result.status == 128 + SIGSEGV)
  }

  @Test func aStackThatOverflowsOnAnyThreadIsToldAsThat() throws {
    let result = try run("thread")
    #expect(result.errors == Self.words("deep", "backward", "overflowed its stack (SIGSEGV)"))
    #expect(result.status == 128 + SIGSEGV)
  }

  @Test func whatTheFamilyHasWrittenOverIsLeftOut() throws {
    let result = try run("scribbling")
    #expect(result.errors == Self.words("?", "forward"))
    #expect(result.status == 128 + SIGSEGV)
  }

  @Test func aSignalFromOutsideIsNobodysFault() throws {
    let result = try run("sent")
    #expect(result.errors == "")
    #expect(result.status == 128 + SIGSEGV)
  }

  // MARK: Handlers that were there before

  @Test func anEarlierHandlerGetsEverythingThatTheSystemSaid() throws {
    let result = try run("information")
    #expect(result.errors == Self.words("bad", "forward") + "mine, with address\n")
    #expect(result.status == 7)
  }

  @Test func anEarlierHandlerThatIsForOnceIsCalledOnce() throws {
    let result = try run("one-shot")
    #expect(result.errors == Self.words("bad", "forward") + "mine\n")
    #expect(result.status == 128 + SIGSEGV)
  }

  @Test func anEarlierHandlerMayRecoverAndTheNextCrashIsToldToo() throws {
    let result = try run("recovering")
    #expect(result.errors == ["first", "second", "second"].map { Self.words($0, "forward") + "mine\n" }.joined())
    #expect(result.status == 9)
  }

  @Test func aCrashElsewhereIsTheEarlierHandlersAlone() throws {
    let result = try run("outside")
    #expect(result.errors == "mine\n")
    #expect(result.status == 128 + SIGSEGV)
  }

  @Test func anIgnoredSignalStaysIgnoredAndAFaultDoesNot() throws {
    let result = try run("ignored")
    #expect(result.errors == "alive\n" + Self.words("bad", "forward"))
    #expect(result.status == 128 + SIGSEGV)
  }
}
