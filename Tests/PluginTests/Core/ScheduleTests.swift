import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// The schedules of the learning rate against PyTorch's and their formulas: Tests/Reference/core_schedules.py.
@Suite struct ScheduleTests {
  /// One schedule over a phase of training.
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let kind: String
    let attributes: JSONObject
    let steps: Int64
    let factors: [Float]

    var testDescription: String { name }
  }

  static let table: [Case] = {
    do {
      let file = try SafeTensors(MappedFile(Repository.fixtures + "/schedules.safetensors"))
      return try file.metadata.map { entry in
        let json = try JSONDocument(Array(entry.value.utf8), file: entry.name).root
        guard let kind = json["kind"]?.string, let attributes = json["attributes"]?.object, let steps = json["steps"]?.integer,
          let factors = file[entry.name + "/factors"]
        else { throw TestProblem("\(entry.name) is no case") }
        return Case(
          name: entry.name, kind: kind, attributes: attributes, steps: Int64(steps),
          factors: file.bytes(of: factors).withMemoryRebound(to: Float.self) { Array($0) })
      }
    } catch {
      fatalError("\(error)")
    }
  }()

  private func count(_ value: Int64) -> TensorBuffer {
    let tensor = TensorBuffer(Spec([], .i64))
    tensor.pointer.storeBytes(of: value, as: Int64.self)
    return tensor
  }

  private func factors(_ kind: String, _ attributes: JSONObject, at steps: [Int64], of all: Int64) throws -> [Float] {
    let (kind, step) = (try Repository.kind(kind), count(0))
    let runner = try KindRunner(kind, kind.literals(attributes), inputs: [step, count(all)])
    return try steps.map {
      step.pointer.storeBytes(of: $0, as: Int64.self)
      try runner.forward()
      return runner.outputs[0].floats[0]
    }
  }

  private func factors(_ kind: String, _ attributes: String, at steps: [Int64], of all: Int64 = 100) throws -> [Float] {
    try factors(
      "core." + kind, try #require(try JSONDocument(Array(attributes.utf8), file: kind).root.object), at: steps, of: all)
  }

  @Test("a hundred steps are those of PyTorch and of the formulas", arguments: table)
  func hundredSteps(_ test: Case) throws {
    let found = try factors(test.kind, test.attributes, at: Array(0..<100), of: test.steps)
    // Each to its own size: a rate far below the largest is as exact.
    for (step, (factor, expected)) in zip(found, test.factors).enumerated() {
      #expect(abs(factor - expected) <= 1e-6 * max(abs(expected), 1e-6), "step \(step): \(factor), expected \(expected)")
    }
  }

  @Test func theTableHasEverySchedule() throws {
    let family = try #require(Repository.catalog.families.first { $0.name == "core" })
    let schedules = family.kinds.filter { $0.outputs.map(\.name) == ["factor"] }.map(\.name)
    #expect(schedules.count == 10)
    #expect(Set(Self.table.map(\.kind)) == Set(schedules))
  }

  // eta_0 gamma^floor(t / S) with gamma = 0.1, S = 30: 1 to step 29, 0.1 from 30, 0.01 from 60.
  // eta_0 (1 + t)^-alpha with alpha = 1/2 and t = 3: 1/2. eta_0 e^(-lambda t) with e^-lambda = 1/2, t = 2: 1/4.
  // eta_min + (eta_0 - eta_min) / 2 (1 + cos(pi t / T)) with eta_min = 0.2: 1 at 0, 0.6 halfway, 0.2 at the end; at t = T / 3 the cosine
  // is 1/2: 0.2 + 0.4 * 1.5 = 0.8.
  // eta_min + (eta_0 - eta_min) / T_warm t with eta_min = 0.2, T_warm = 4: 0.2, 0.4, 0.6, 0.8, 1.
  @Test("formulas by hand")
  func formulas() throws {
    expectClose(try factors("step_decay", #"{"every": 30}"#, at: [0, 29, 30, 59, 60]), [1, 1, 0.1, 0.1, 0.01], tolerance: 1e-7)
    expectClose(try factors("power_decay", #"{"exponent": 0.5}"#, at: [0, 3, 99]), [1, 0.5, 0.1], tolerance: 1e-7)
    expectClose(try factors("exponential_decay", #"{"gamma": 0.5}"#, at: [0, 1, 2]), [1, 0.5, 0.25], tolerance: 1e-7)
    expectClose(
      try factors("cosine_decay", #"{"floor": 0.2}"#, at: [0, 40, 60, 120], of: 120), [1, 0.8, 0.6, 0.2], tolerance: 1e-7)
    expectClose(
      try factors("linear_warmup", #"{"start": 0.2, "steps": 4}"#, at: [0, 1, 2, 3, 4, 5]), [0.2, 0.4, 0.6, 0.8, 1, 1], tolerance: 1e-7)
    // Runs of 4 and 8 steps: halfway of each, and the first step of the third run.
    expectClose(
      try factors("cosine_restarts", #"{"period": 4, "growth": 2, "decay": 0.5}"#, at: [0, 2, 4, 8, 12]), [1, 0.5, 0.5, 0.25, 0.25],
      tolerance: 1e-7)
  }

  @Test(
    "beyond its end, and in a phase without steps, a schedule stays where it ends",
    arguments: [
      ("linear_warmup", "{}", 1), ("polynomial_decay", #"{"floor": 0.25}"#, 0.25), ("cosine_decay", #"{"floor": 0.25}"#, 0.25),
      ("one_cycle", #"{"floor": 0.25}"#, 0.25), ("one_cycle", #"{"floor": 0.25, "three_phases": true}"#, 0.25),
      ("one_cycle", #"{"floor": 0.25, "rise": 1}"#, 0.25), ("one_cycle", #"{"floor": 0.25, "rise": 0, "anneal": "linear"}"#, 0.25),
    ] as [(String, String, Float)])
  func ends(_ kind: String, _ attributes: String, _ end: Float) throws {
    #expect(try factors(kind, attributes, at: [11, 1 << 62], of: 10) == [end, end])
    #expect(try factors(kind, attributes, at: [0, 5], of: 0) == [end, end])
  }

  @Test("the largest numbers of steps give a factor between 0 and 1", arguments: table)
  func largest(_ test: Case) throws {
    for all in [0, 1, 2, Int64.max] {
      for factor in try factors(test.kind, test.attributes, at: [0, 1, 1 << 53, Int64.max], of: all) {
        #expect(factor >= 0 && factor <= 1, "\(factor) of \(all)")
      }
    }
  }

  static let refused: [(String, String, String)] = [
    ("step_decay", "{}", "when the rate drops must be said: by 'every' or at 'milestones'"),
    ("step_decay", #"{"every": 3, "milestones": [4]}"#, "the rate drops by 'every' or at 'milestones', but both are given"),
    ("step_decay", #"{"milestones": [4, 9, 9]}"#, "milestones must be in order, but 9 follows 9"),
    (
      "one_cycle", #"{"three_phases": true, "rise": 0.6}"#,
      "rising and falling takes twice the share 'rise' of the steps, which is 0.6: with three phases 0.5 is the most"
    ),
  ]

  @Test("a schedule that cannot be says why", arguments: refused)
  func attributes(_ kind: String, _ attributes: String, _ words: String) {
    let failure = #expect(throws: LayerFailure.self) { try factors(kind, attributes, at: [0]) }
    #expect(failure?.words == words)
  }

  @Test func stepsBeforeTheFirstAreRefused() throws {
    let early = #expect(throws: LayerFailure.self) { try factors("constant_rate", "{}", at: [-1]) }
    #expect(early?.words == "step must be 0 or more, but it is -1")
    let short = #expect(throws: LayerFailure.self) { try factors("constant_rate", "{}", at: [0], of: -7) }
    #expect(short?.words == "steps must be 0 or more, but it is -7")
    let kind = try Repository.kind("core.cosine_decay")
    let float = #expect(throws: LayerFailure.self) {
      try KindRunner(kind, kind.literals(JSONObject()), inputs: [count(1), TensorBuffer([1], shape: [])])
    }
    #expect(float?.words == "steps must be an i64 scalar, but it is []")
  }
}
