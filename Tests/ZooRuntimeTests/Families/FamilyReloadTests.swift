import Glibc
import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// A family that changes while a host runs: what was made with the old one keeps it, what is made later has the new one.
@Suite struct FamilyReloadTests {
  /// A session over `good.scale`, which doubles, and adds what this build of it adds.
  private func session(_ catalog: Catalog) throws -> Session {
    let manifest = """
      {"zoo": 1, "name": "m", "inputs": {"x": {"shape": ["N"]}}, "graph": [{"layer": "good.scale", "name": "y"}], "outputs": {"y": "y"}}
      """
    let model = try Manifest(contentsOf: Array(manifest.utf8), file: "m.json", folder: "/").expand(settings: [:], catalog: catalog)
    return Session(model.graph)
  }

  /// What it makes of 10: another length is planned anew.
  private func run(_ session: Session, count: Int = 1) throws -> Float {
    let program = try session.program([Spec([count])])
    let values = [Float](repeating: 10, count: count)
    values.withUnsafeBytes { program.inputs[0].bytes.copyMemory(from: $0) }
    try program.forward()
    return program.copyOutput(0).floats[count - 1]
  }

  @Test func oldSessionsKeepTheOldCodeAndNewOnesRunTheNew() throws {
    let folder = try ProbeFolder()
    try folder.compile("good")
    let first = folder.scan()
    let old = try session(first)
    #expect(try run(old) == 20)

    try folder.compile("good", "-DOFFSET=1")
    let second = try first.reloading(folder.file("good"))
    let new = try session(second)
    #expect(try run(new) == 21)
    #expect(try run(old) == 20)
    #expect(try run(old, count: 3) == 20)
    #expect(try run(try session(first)) == 20)
    #expect(second.families.map(\.path) == [folder.file("good")])

    // And back: the same content as at first.
    try folder.compile("good")
    #expect(try run(try session(try second.reloading(folder.file("good")))) == 20)
    #expect(try run(new, count: 2) == 21)
    #expect(Repository.files(in: folder.plugins) == ["good.so"])
  }

  @Test func aFamilyIsAddedWhileTheHostRuns() throws {
    let folder = try ProbeFolder()
    let first = folder.scan()
    try folder.compile("good")
    let second = try first.reloading(folder.file("good"))
    #expect(first.kindNames == [])
    #expect(try run(try session(second)) == 20)
  }

  @Test func aNewVersionThatIsBrokenLeavesTheOldOneInUse() throws {
    let folder = try ProbeFolder()
    try folder.compile("good")
    mkdir(folder.path + "/zoo", 0o700)
    symlink(folder.plugins, folder.path + "/zoo/plugins")
    let zoo = Zoo(try ZooFolder.find(option: folder.path + "/zoo"), probe: folder.probe())
    let path = folder.path + "/zoo/plugins/good.so"
    let before = zoo.catalog
    func words() -> String? { #expect(throws: FamilyError.self) { try zoo.reload(path) }?.message }

    try folder.compile("misbehaves", as: "good", "-DCRASH_IN_CONSTRUCTOR")
    #expect(words() == "\(path): crashes with SIGSEGV as it is loaded: the last words")
    try folder.compile("good", "-DOFFSET=1")
    let whole = try folder.bytes("good")
    try folder.write(whole.prefix(9000), to: "good")
    #expect(words()?.hasPrefix("\(path): is cut short: it has 9000 bytes") == true)
    unlink(path)
    #expect(words() == "\(path): cannot be read: No such file or directory")
    #expect(zoo.catalog === before)

    try folder.write(whole, to: "good")
    try zoo.reload(path)
    #expect(try run(try session(zoo.catalog)) == 21)
  }

  @Test func aNewVersionThatRepeatsAnotherFamilysKindIsRefused() throws {
    let folder = try ProbeFolder()
    try folder.compile("good", as: "a")
    try folder.compile("misbehaves", as: "b")
    let catalog = folder.scan()
    try folder.compile("good", as: "b")
    let error = #expect(throws: FamilyError.self) { try catalog.reloading(folder.file("b")) }
    #expect(error?.message == "\(folder.file("b")): has the kind 'good.scale', which \(folder.file("a")) has too")
  }

  /// Whoever copies it takes longer than several attempts to load it.
  @Test func aFileThatIsBeingWrittenIsNotLoadedBeforeItIsComplete() throws {
    let folder = try ProbeFolder()
    try folder.compile("good")
    let first = folder.scan()
    #expect(try run(try session(first)) == 20)
    try folder.compile("good", as: "next", "-DOFFSET=1")
    let script = """
      for i in $(seq 0 $(($(stat -c %s next.so) / 1024))); do
        dd if=next.so of=good.so bs=1024 skip=$i seek=$i count=1 conv=notrunc status=none; sleep 0.02
      done
      """
    // Of the same size from the beginning, so that the headers say nothing.
    try folder.write([UInt8](repeating: 0, count: try folder.bytes("next").count), to: "good")
    let (start, path) = (ContinuousClock.now, folder.file("good"))
    _ = try Command.run(["sh", "-c", "(\(script)) > /dev/null 2>&1 &"], folder: folder.plugins)
    var (refusals, catalog): (Int, Catalog?) = (0, nil)
    while catalog == nil, ContinuousClock.now - start < .seconds(60) {
      do {
        catalog = try first.reloading(path)
      } catch {
        refusals += 1
      }
    }
    #expect(try run(try session(try #require(catalog))) == 21)
    #expect(refusals > 0)
  }
}
