import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// A language model that continues a text: caches and position are carried from run to run.
@Suite struct StreamTests {
  private static let manifest = """
    { "zoo": 1,
      "inputs": { "text": { "shape": ["N", "T"], "dtype": "i64" } },
      "graph": [
        { "layer": "core.embedding", "name": "embed", "count": 11, "width": 12 },
        { "layer": "transformer.sinusoidal_positions", "name": "positions" },
        { "layer": "transformer.block", "name": "b0", "heads": 3 },
        { "layer": "transformer.block", "name": "b1", "heads": 3, "norm_first": false },
        { "layer": "core.dense", "name": "logits", "units": 11 } ],
      "graphs": {
        "continue": {
          "inputs": {
            "text": { "shape": [1, "T"], "dtype": "i64" }, "position": { "shape": [], "dtype": "i64" },
            "k0": { "shape": [1, 40, 12] }, "v0": { "shape": [1, 40, 12] }, "k1": { "shape": [1, 40, 12] }, "v1": { "shape": [1, 40, 12] } },
          "graph": [
            { "layer": "core.embedding", "name": "embed", "count": 11, "width": 12 },
            { "layer": "transformer.sinusoidal_positions", "name": "positions", "in": ["embed", "position"] },
            { "layer": "transformer.block", "name": "b0", "heads": 3, "in": ["positions", "k0", "v0", "position"] },
            { "layer": "transformer.block", "name": "b1", "heads": 3, "norm_first": false, "in": ["b0", "k1", "v1", "position"] },
            { "layer": "core.dense", "name": "logits", "units": 11 },
            { "layer": "core.sample", "name": "choice", "temperature": 0 } ],
          "outputs": {
            "logits": "logits", "choice": "choice", "next": "positions.next",
            "k0": "b0.key_cache", "v0": "b0.value_cache", "k1": "b1.key_cache", "v1": "b1.value_cache" },
          "carry": { "position": "next", "k0": "k0", "v0": "v0", "k1": "k1", "v1": "v1" } } } }
    """

  private func text(_ tokens: [Int]) -> TensorBuffer {
    let text = TensorBuffer(Spec([1, tokens.count], .i64))
    for (i, token) in tokens.enumerated() { text.bytes.storeBytes(of: Int64(token), toByteOffset: 8 * i, as: Int64.self) }
    return text
  }

  @Test("a prompt and then one token at a time give the logits of the whole text")
  func continuing() throws {
    let model = try Manifest(contentsOf: Array(Self.manifest.utf8), file: "m.json", folder: "/").expand(catalog: Repository.catalog)
    let session = Session(model.graphs, seed: 5)
    let stream = Stream(session, graph: 1)
    var (tokens, logits) = ([3, 1, 4, 1, 5, 9, 2, 6, 5], [Float]())
    var new = tokens
    for run in 0..<20 {
      let outputs = try stream.run([text(new), nil, nil, nil, nil, nil])
      logits += outputs[0].floats
      let (choice, next) = withExtendedLifetime(outputs) {
        (Int(outputs[1].bytes.bindMemory(to: Int64.self).last ?? -1), outputs[2].bytes.load(as: Int64.self))
      }
      #expect(next == Int64(9 + run))
      tokens.append(choice)
      new = [choice]
    }
    let whole = try session.program([Spec([1, 28], .i64)])
    let known = text(Array(tokens.dropLast()))
    withExtendedLifetime(known) { whole.inputs[0].bytes.copyMemory(from: UnsafeRawBufferPointer(known.bytes)) }
    try whole.forward()
    expectClose(logits, whole.copyOutput(0).floats, tolerance: 1e-5, "logits")
  }

  @Test("a text that does not fit into the caches is refused")
  func full() throws {
    let model = try Manifest(contentsOf: Array(Self.manifest.utf8), file: "m.json", folder: "/").expand(catalog: Repository.catalog)
    let stream = Stream(Session(model.graphs, seed: 5), graph: 1)
    _ = try stream.run([text([Int](repeating: 1, count: 38)), nil, nil, nil, nil, nil])
    let failure = #expect(throws: LayerFailure.self) { try stream.run([text([1, 2, 3]), nil, nil, nil, nil, nil]) }
    #expect(failure?.layer == "b0")
    #expect(failure?.words == "position 38 and 3 tokens more do not fit into caches of 40 places")
  }
}
