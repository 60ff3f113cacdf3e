import Testing
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// Gradients as whole arrays: their norm, and what scaling makes of them.
@Suite(.serialized) struct GradientMemoryTests {
  /// A session with `count` parameters whose gradients are (i mod 1009) - 500, in a weight; its bias has none.
  private func gradients(_ count: Int) throws -> (session: Session, memory: GradientMemory) {
    let text = #"{"zoo": 1, "inputs": {"x": {"shape": ["N", 1]}}, "graph": [{"layer": "core.dense", "units": \#(count), "bias": false}]}"#
    let model = try Manifest(contentsOf: Array(text.utf8), file: "m.json", folder: "/").expand(catalog: Repository.catalog)
    let session = Session(model.graph, inPlace: false)
    _ = try session.program([Spec([1, 1])])
    let gradient = session.store.gradient(of: 0).assumingMemoryBound(to: Float.self)
    for i in 0..<count { gradient[i] = Float(i % 1009) - 500 }
    return (session, GradientMemory([0], of: session.store, accumulates: false))
  }

  // Whole numbers, whose squares add up exactly in f64.
  @Test("the norm is exact, whatever the number of threads", arguments: [1, 7, 8, 4095, 4096, 4097, 300_001])
  func norm(_ count: Int) throws {
    defer { Threads.count = 0 }
    let (session, memory) = try gradients(count)
    let sum = (0..<count).reduce(0) { $0 + ($1 % 1009 - 500) * ($1 % 1009 - 500) }
    for threads in 1...3 {
      Threads.count = threads
      withExtendedLifetime(session) { #expect(memory.norm() == Double(sum).squareRoot(), "\(threads) threads") }
    }
  }

  @Test func scalingAndLimitsReachEveryElement() throws {
    let (session, memory) = try gradients(100_003)
    memory.scale(0.5)
    #expect(session.store.gradientValues(of: 0) == (0..<100_003).map { Float($0 % 1009 - 500) / 2 })
    memory.scale(2, limit: 100)
    #expect(session.store.gradientValues(of: 0) == (0..<100_003).map { Float(max(-100, min(100, $0 % 1009 - 500))) })
  }

  @Test func whatIsNotFiniteShowsInTheNorm() throws {
    for bad in [Float.nan, .infinity] {
      let (session, memory) = try gradients(5000)
      session.store.gradient(of: 0).assumingMemoryBound(to: Float.self)[4321] = bad
      #expect(!memory.norm().isFinite)
    }
    // Squares of the largest numbers are within f64.
    let (session, memory) = try gradients(2)
    session.store.gradient(of: 0).assumingMemoryBound(to: Float.self)[0] = .greatestFiniteMagnitude
    #expect(memory.norm().isFinite)
  }
}
