import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// The family in C that docs/protocol.md shows, exactly as it stands there.
@Suite struct CFamilyTests {
  @Test func theFamilyOfTheGuideCompilesLoadsAndPassesGradients() throws {
    let guide = try MappedFile(Repository.root + "/docs/protocol.md")
    let text = String(decoding: guide.contents, as: UTF8.self)
    let start = try #require(text.firstRange(of: "```c\n"))
    let end = try #require(text[start.upperBound...].firstRange(of: "```"))
    let folder = try TemporaryFolder()
    let source = try folder.file("tiny.c", String(text[start.upperBound..<end.lowerBound]))
    let result = try Command.run([
      "cc", "-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-I",
      Repository.root + "/Sources/CZoo/include", source, "-o", folder.path + "/tiny.so",
    ])
    try #require(result.status == 0, "\(result.errors)")

    let catalog = Catalog(folder: folder.path)
    #expect(catalog.problems.map(\.message) == [])
    #expect(catalog.kindNames == ["tiny.times"])
    let manifest = """
      {"zoo": 1, "name": "tiny", "inputs": {"x": {"shape": ["N"]}},
       "graph": [{"layer": "tiny.times", "name": "a", "factor": 3}, {"layer": "tiny.times", "name": "b"}], "outputs": {"y": "b"}}
      """
    let model = try Manifest(contentsOf: Array(manifest.utf8), file: "tiny.json", folder: folder.path)
      .expand(settings: [:], catalog: catalog)
    let program = try Session(model.graph).program([Spec([4])])
    let values: [Float] = [1, -2, 0.5, 7]
    values.withUnsafeBytes { program.inputs[0].bytes.copyMemory(from: $0) }
    try program.forward()
    #expect(program.copyOutput(0).floats == [3, -6, 1.5, 21])

    let trained = try Session(model.graph).trainingProgram(
      model.graph, inputs: [Spec([1])], minimise: model.graph.outputs[0].source, inputGradients: [0])
    trained.inputs[0].pointer.storeBytes(of: 5, as: Float.self)
    try trained.forward()
    try trained.backward()
    #expect(trained.copyInputGradient(0)?.floats == [3])
  }
}
