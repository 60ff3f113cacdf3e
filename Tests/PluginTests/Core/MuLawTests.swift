import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// What the fixtures of the mu-law do not say.
@Suite struct MuLawTests {
  private func run(_ kind: String, _ input: TensorBuffer) throws -> TensorBuffer {
    let kind = try Repository.kind(kind)
    let runner = try KindRunner(kind, kind.literals(JSONObject()), inputs: [input])
    try runner.forward()
    return runner.outputs[0]
  }

  @Test func aClassIsThatOfItsOwnSample() throws {
    let classes = TensorBuffer(Spec([256], .i64))
    let values = (0..<256).map { Int64($0) }
    values.withUnsafeBytes { classes.bytes.copyMemory(from: $0) }
    let again = try run("core.mu_law_encode", run("core.mu_law_decode", classes))
    #expect(again.bytes.withMemoryRebound(to: Int64.self) { Array($0) } == values)
  }

  @Test func whatIsNoNumberIsNamed() throws {
    let failure = #expect(throws: LayerFailure.self) { _ = try run("core.mu_law_encode", TensorBuffer([0, 1, .nan])) }
    #expect(failure?.words == "element 2 of x is not a number")
  }

  @Test("a class outside the levels is named", arguments: [256, -1] as [Int32])
  func outside(_ wrong: Int32) throws {
    let classes = TensorBuffer(Spec([2], .i32))
    classes.bytes.storeBytes(of: wrong, toByteOffset: 4, as: Int32.self)
    let failure = #expect(throws: LayerFailure.self) { _ = try run("core.mu_law_decode", classes) }
    #expect(failure?.words == "class \(wrong) of element 1 is not one of 0 to 255")
  }
}
