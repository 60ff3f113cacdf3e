import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// Arrays of which there are none: an empty vector's pointer in Rust leads nowhere and is not NULL.
@Suite struct EmptyArrayTests {
  @Test func theirPointersAreNotFollowed() throws {
    let folder = try TemporaryFolder()
    try FixtureFamily.compile("good", to: folder.path + "/good.so", ["-shared", "-DNOWHERE"])
    let kind = try #require(Catalog(folder: folder.path).kind("good.scale"))
    let x = TensorBuffer([1, -2, 0.5], shape: [3])
    for training in [false, true] {
      let layer = try KindRunner(kind, kind.literals(JSONObject()), inputs: [x], training: training)
      try layer.forward()
      #expect(layer.outputs[0].floats == [2, -4, 1])
      #expect(layer.parameters.count == 0)
    }
  }
}
