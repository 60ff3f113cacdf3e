import Glibc
import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// What the fixtures do not show of the ddpm family: schedules down to their smallest numbers, what is drawn, and the words of errors.
@Suite struct DiffusionTests {
  private func runner(
    _ name: String, _ attributes: String, _ inputs: [TensorBuffer?], training: Bool = false, seed: UInt64 = 1, step: UInt64 = 0
  ) throws -> KindRunner {
    let kind = try Repository.kind("ddpm." + name)
    let json = try #require(try JSONDocument(Array(attributes.utf8), file: "attributes").root.object)
    let runner = try KindRunner(kind, kind.literals(json), inputs: inputs, training: training, seed: seed)
    runner.run.step = step
    try runner.forward()
    return runner
  }

  private func times(_ times: [Int32], shape: [Int]? = nil) -> TensorBuffer {
    times.withUnsafeBytes { TensorBuffer(Spec(shape ?? [times.count], .i32), bytes: $0) }
  }

  private func numbers(_ shape: [Int]) -> TensorBuffer {
    TensorBuffer((0..<shape.reduce(1, *)).map { sinf(Float($0 * $0 % 1009)) }, shape: shape)
  }

  // schedule(1000) of Tests/Reference/ddpm.py, in double precision. Relative to each itself, where the fixtures' tolerance is relative to 1.
  @Test("little remains of the image in the end, to the last digit")
  func ends() throws {
    let linear = try runner("schedule", #"{"steps": 1000}"#, []).outputs[1].floats
    for (t, expected) in [(0, 0.9999), (1, 0.9997800920720721), (499, 0.07858724288177824), (999, 4.0358297653756754e-05)] {
      #expect(abs(Double(linear[t]) - expected) <= 1e-7 * expected)
    }
    let cosine = try runner("schedule", #"{"steps": 1000, "form": "cosine"}"#, []).outputs[1].floats
    for (t, expected) in [(499, 0.4938435904406382), (998, 2.4287669070348544e-06), (999, 2.4287669070348567e-09)] {
      #expect(abs(Double(cosine[t]) - expected) <= 1e-7 * expected)
    }
  }

  @Test("noise that is not given is drawn, and said")
  func drawnNoise() throws {
    let (x, count) = (numbers([100, 300]), 30_000)
    let alphaBar = TensorBuffer([0.9, 0.5, 0.2], shape: [3])
    let rows = (0..<100).map { Int32($0 % 3) }
    let run = try runner("add_noise", "{}", [x, times(rows), alphaBar])
    let (noised, noise) = (run.outputs[0].floats, run.outputs[1].floats)
    expectNormal(noise.map(Double.init))
    expectClose(
      noised,
      (0..<count).map {
        let share = alphaBar.floats[Int(rows[$0 / 300])]
        return share.squareRoot() * x.floats[$0] + (1 - share).squareRoot() * noise[$0]
      })
    #expect(try runner("add_noise", "{}", [x, times(rows), alphaBar]).outputs[1].floats == noise)
    #expect(try runner("add_noise", "{}", [x, times(rows), alphaBar], step: 1).outputs[1].floats != noise)
    #expect(try runner("add_noise", "{}", [x, times(rows), alphaBar], seed: 2).outputs[1].floats != noise)
  }

  /// Expects normal numbers, of which the mean, the variance and the Kolmogorov-Smirnov distance D are within five deviations or, for D,
  /// a probability of 1e-6: D < 2.7 / sqrt(n).
  private func expectNormal(_ z: [Double]) {
    let n = Double(z.count)
    let mean = z.reduce(0, +) / n
    let variance = z.reduce(0) { $0 + $1 * $1 } / n
    #expect(abs(mean) < 5 / n.squareRoot())
    #expect(abs(variance - 1) < 5 * (2 / n).squareRoot())
    let distance = z.sorted().enumerated().reduce(0.0) { worst, each in
      let phi = erfc(-each.element / 2.0.squareRoot()) / 2
      return max(worst, abs(phi - Double(each.offset) / n), abs(phi - Double(each.offset + 1) / n))
    }
    #expect(distance < 2.7 / n.squareRoot())
  }

  /// A schedule of 20 steps in double precision.
  private static let schedule: (beta: [Double], alphaBar: [Double]) = {
    let beta = (0..<20).map { 0.001 + 0.2 * Double($0) / 19 }
    var (product, alphaBar) = (1.0, [Double]())
    for b in beta {
      product *= 1 - b
      alphaBar.append(product)
    }
    return (beta, alphaBar)
  }()

  private var scheduleInputs: [TensorBuffer?] {
    [Self.schedule.beta, Self.schedule.alphaBar].map { TensorBuffer($0.map(Float.init), shape: [20]) }
  }

  // Ho et al. 2020, equations 6 and 7 with x_0 by equation 4, in double precision.
  private func mean(_ x: Float, _ noise: Float, _ t: Int, clip: Double) -> Double {
    let (beta, share) = (Self.schedule.beta[t], Self.schedule.alphaBar[t])
    let before = t > 0 ? Self.schedule.alphaBar[t - 1] : 1
    var start = (Double(x) - (1 - share).squareRoot() * Double(noise)) / share.squareRoot()
    if clip > 0 { start = max(-clip, min(clip, start)) }
    return before.squareRoot() * beta / (1 - share) * start + (1 - beta).squareRoot() * (1 - before) / (1 - share) * Double(x)
  }

  @Test("a step gives its mean and, but at the last, normal noise of its variance", arguments: ["beta", "posterior"], [0, 0.8])
  func steps(_ variance: String, _ clip: Double) throws {
    let (x, noise) = (numbers([40, 1000]), numbers([40, 1000]))
    let rows = (0..<40).map { Int32($0 % 20) }
    let run = try runner(
      "step", #"{"variance": "\#(variance)", "clip": \#(clip)}"#, [x, noise, times(rows)] + scheduleInputs)
    var z: [Double] = []
    for (i, y) in run.outputs[0].floats.enumerated() {
      let t = Int(rows[i / 1000])
      let rest = Double(y) - mean(x.floats[i], noise.floats[i], t, clip: clip)
      guard t > 0 else {
        #expect(abs(rest) < 1e-6)
        continue
      }
      let (beta, share, before) = (Self.schedule.beta[t], Self.schedule.alphaBar[t], Self.schedule.alphaBar[t - 1])
      z.append(rest / (variance == "beta" ? beta : beta * (1 - before) / (1 - share)).squareRoot())
    }
    expectNormal(z)
  }

  @Test("the gradients of a step are the slopes of its mean", arguments: [0, 0.8])
  func gradients(_ clip: Double) throws {
    let (x, noise) = (numbers([20, 9]), TensorBuffer(numbers([20, 9]).floats.map { 0.9 - $0 }, shape: [20, 9]))
    let layer = try runner("step", #"{"clip": \#(clip)}"#, [x, noise, times((0..<20).map { Int32($0) })] + scheduleInputs, training: true)
    let gradients = try layer.backward([TensorBuffer([Float](repeating: 1, count: 180), shape: [20, 9])])
    let (dx, dnoise) = (try #require(gradients.inputs[0]).floats, try #require(gradients.inputs[1]).floats)
    for i in 0..<180 {
      let h: Float = 1 / 1024
      let (a, b) = (x.floats[i], noise.floats[i])
      let byX = (mean(a + h, b, i / 9, clip: clip) - mean(a - h, b, i / 9, clip: clip)) / Double((a + h) - (a - h))
      let byNoise = (mean(a, b + h, i / 9, clip: clip) - mean(a, b - h, i / 9, clip: clip)) / Double((b + h) - (b - h))
      #expect(abs(Double(dx[i]) - byX) < 1e-4, "x \(i)")
      #expect(abs(Double(dnoise[i]) - byNoise) < 1e-4, "noise \(i)")
    }
  }

  @Test("one number for all rows is a time for each; the same bits come on one, two and three threads")
  func oneTime() throws {
    let (x, noise) = (numbers([70, 3001]), numbers([70, 3001]))
    var reference: [Float]?
    for threads in [1, 2, 3] {
      Threads.count = threads
      defer { Threads.count = 0 }
      for time in [times([7], shape: []), times([Int32](repeating: 7, count: 70))] {
        let y = try runner("step", #"{"clip": 1}"#, [x, noise, time] + scheduleInputs).outputs[0].floats
        if let reference { #expect(y == reference) } else { reference = y }
      }
    }
  }

  @Test("a schedule that adds nothing changes nothing")
  func nothing() throws {
    let x = numbers([2, 5])
    let none = [TensorBuffer([0, 0], shape: [2]), TensorBuffer([1, 1], shape: [2])]
    for attributes in ["{}", #"{"clip": 2}"#, #"{"variance": "beta"}"#] {
      #expect(try runner("step", attributes, [x, numbers([2, 5]), times([0, 1])] + none).outputs[0].floats == x.floats)
    }
  }

  @Test("a time outside the schedule is named", arguments: [-1, 20])
  func outside(_ time: Int32) throws {
    let x = numbers([3, 2])
    for (name, inputs) in [
      ("step", [x, x, times([0, time, 1])] + scheduleInputs), ("add_noise", [x, times([0, time, 1]), scheduleInputs[1]]),
    ] {
      let failure = #expect(throws: LayerFailure.self) { try runner(name, "{}", inputs) }
      #expect(failure?.words == "time of row 1 is \(time), but the schedule has 20 steps, from 0")
    }
  }

  static let cases: [(String, String, [Spec?], String)] = [
    (
      "schedule", #"{"steps": 3, "beta_last": 1}"#, [],
      "beta_first and beta_last must be less than 1, but they are 0.0001 and 1.0: nothing would be left"
    ),
    ("add_noise", "{}", [Spec([]), Spec([], .i64), Spec([3])], "x must have rank 1 to 8, but its shape is []"),
    (
      "add_noise", "{}", [Spec([4, 2]), Spec([3], .i64), Spec([3])],
      "time must have one number for each of the 4 rows, but its shape is [3]"
    ),
    ("add_noise", "{}", [Spec([4, 2]), Spec([4]), Spec([3])], "time must be i32 or i64, but it is [4]"),
    (
      "add_noise", "{}", [Spec([4, 2]), Spec([4], .i64), Spec([3]), Spec([4])],
      "noise must have the shape of x, [4, 2], but its shape is [4]"
    ),
    (
      "step", "{}", [Spec([4, 2]), Spec([4, 3]), Spec([], .i64), Spec([3]), Spec([3])],
      "noise must have the shape of x, [4, 2], but its shape is [4, 3]"
    ),
    (
      "step", "{}", [Spec([4, 2]), Spec([4, 2]), Spec([2], .i64), Spec([3]), Spec([3])],
      "time must have one number for each of the 4 rows, or be one, but its shape is [2]"
    ),
    (
      "step", "{}", [Spec([4, 2]), Spec([4, 2]), Spec([], .i64), Spec([3]), Spec([2])],
      "beta and alpha_bar must be of one schedule, but their shapes are [3] and [2]"
    ),
    ("time_embedding", #"{"width": 4}"#, [Spec([4, 2], .i64)], "time must have rank 0 or 1, but its shape is [4, 2]"),
    ("time_embedding", #"{"width": 4}"#, [Spec([4])], "time must be i32 or i64, but it is [4]"),
  ]

  @Test("a layer that cannot be says why", arguments: cases)
  func planning(_ name: String, _ attributes: String, _ inputs: [Spec?], _ words: String) throws {
    let kind = try Repository.kind("ddpm." + name)
    let json = try #require(try JSONDocument(Array(attributes.utf8), file: "attributes").root.object)
    let literals = try kind.literals(json)
    let failure = #expect(throws: LayerFailure.self) {
      try LayerInstance(kind: kind, attributes: literals, path: "layer", inputs: inputs, training: true, run: Run())
    }
    #expect(failure?.words == words)
  }
}
