import Testing
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// What the fixtures do not show of foreign.map: a library by its path, several derivatives, threads, and the words of what cannot be.
@Suite struct ForeignMapTests {
  private func x(_ values: Float...) -> TensorBuffer { TensorBuffer(values, shape: [values.count]) }

  private func refusal(_ attributes: String, _ inputs: [TensorBuffer?]? = nil, allowed: [String]? = nil) throws -> String {
    try foreignRefusal("foreign.map", attributes, inputs ?? [x(1, 2)], allowed: allowed)
  }

  // 1 / 2, -3 / 4; the slopes are 1 / 4 and 1 / 16, times 8 and -32.
  @Test func aFunctionOfAUsersLibraryTrainsByTheDerivativeThatIsNamed() throws {
    let layer = try foreignRunner("foreign.map", #""symbol": "softsign", "derivative": "softsign_slope""#, [x(1, -3)], training: true)
    try layer.forward()
    #expect(layer.outputs[0].floats == [0.5, -0.75])
    #expect(try layer.backward([x(8, -32)]).inputs[0]?.floats == [2, -2])
    #expect(try layer.backward([x(8, -32)], accumulateOnto: 10).inputs[0]?.floats == [12, 8])
  }

  // 2 * 5 + 2 and 3 * 7 + 3; by a: 5 + 1 and 7 + 1; by b: 2 and 3; times 10 and 100.
  @Test func everyInputHasADerivativeOfItsOwn() throws {
    let layer = try foreignRunner(
      "foreign.map",
      #""symbol": "blend", "signature": "f32(f32, f32)", "inputs": "a, b", "derivative": "blend_by_a, blend_by_b""#,
      [x(2, 3), x(5, 7)], training: true)
    try layer.forward()
    #expect(layer.outputs[0].floats == [12, 24])
    let gradients = try layer.backward([x(10, 100)])
    #expect(gradients.inputs[0]?.floats == [60, 800])
    #expect(gradients.inputs[1]?.floats == [20, 300])
    let second = try layer.backward([x(10, 100)], wantInput: { $0 == 1 })
    #expect(second.inputs[0] == nil)
    #expect(second.inputs[1]?.floats == [20, 300])
  }

  @Test("a function is called by one thread, unless the manifest says that it is fit for several", arguments: [false, true])
  func threads(_ parallel: Bool) throws {
    Threads.count = 4
    defer { Threads.count = 0 }
    let layer = try foreignRunner(
      "foreign.map", #""symbol": "thread_number", "parallel": \#(parallel)"#,
      [TensorBuffer([Float](repeating: 0, count: 100_003), shape: [100_003])])
    try layer.forward()
    #expect(Set(layer.outputs[0].floats).count == (parallel ? 4 : 1))
  }

  @Test func anElementCostsWhatACallInALoopInCCosts() throws {
    let values = TensorBuffer((0..<100_000).map { Float($0) / 50_000 - 1 }, shape: [100_000])
    let map = try foreignRunner("foreign.map", #""symbol": "softsign""#, [values])
    let loop = try foreignRunner(
      "foreign.call", #""symbol": "softsign_each", "signature": "void(f32*, const f32*, i64)", "arguments": "y, x, x.count""#, [values])
    var (ours, theirs) = (Double.infinity, Double.infinity)
    for _ in 1...200 {
      ours = min(ours, try seconds { try map.forward() })
      theirs = min(theirs, try seconds { try loop.forward() })
    }
    #expect(map.outputs[0].floats == loop.outputs[0].floats)
    #expect(ours < 3 * theirs, "\(ours / 1e5 * 1e9) ns an element, \(theirs / 1e5 * 1e9) in C")
  }

  private func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = monotonicSeconds()
    try body()
    return monotonicSeconds() - start
  }

  @Test func withoutADerivativeItRunsButDoesNotTrain() throws {
    let layer = try foreignRunner("foreign.map", #""symbol": "softsign""#, [x(1, -3)], training: true)
    try layer.forward()
    #expect(layer.outputs[0].floats == [0.5, -0.75])
    do {
      _ = try layer.backward([x(1, 1)])
      Issue.record("it has no derivative")
    } catch let failure as LayerFailure {
      #expect(
        failure.words == "there is no derivative of 'softsign' to train through: name a function that computes it as its derivative")
    }
  }

  @Test func onlyWhatTheUserAllowsIsOpened() throws {
    #expect(
      try refusal(#""symbol": "softsign""#, allowed: [])
        == "it calls the library 'libfunctions.so', which you have not allowed; to allow it, give --allow-foreign libfunctions.so")
    #expect(
      try refusal(#""symbol": "softsign""#, allowed: ["libm.so.6"])
        == "it calls the library 'libfunctions.so', which you have not allowed; to allow it, give --allow-foreign libfunctions.so")
  }

  /// libm needs libc, and the loader finds `system` through it.
  @Test func whatALibraryNeedsIsNotAllowedWithIt() throws {
    #expect(
      try refusal(#""symbol": "system", "signature": "i32(f32)""#)
        == "symbol 'system' is not in the library 'libfunctions.so' but in libc.so.6, which that one needs and which is not allowed with it"
    )
    #expect(
      try refusal(#""symbol": "erff""#)
        == "symbol 'erff' is not in the library 'libfunctions.so' but in libm.so.6, which that one needs and which is not allowed with it")
  }

  @Test func aLibraryThatIsNotThereIsNamed() throws {
    #expect(
      try foreignRefusal("foreign.map", #""symbol": "f""#, [x(1)], allowed: ["/nowhere/libfunctions.so"])
        == "the library 'libfunctions.so' in /nowhere/libfunctions.so cannot be opened: cannot open shared object file: No such file or "
        + "directory; install what is missing, or allow the library by the path of its file")
    #expect(
      try foreignRefusal("foreign.map", #""symbol": "f""#, [x(1)], allowed: ["libfunctions.so"])
        == "the library 'libfunctions.so' cannot be opened: cannot open shared object file: No such file or directory; install what is "
        + "missing, or allow the library by the path of its file")
  }

  @Test(
    "a signature that makes no sense is refused with its place and what is allowed",
    arguments: [
      (
        "f32(f33)",
        "column 5: there is no type 'f33'; a parameter is i8, u8, i16, u16, i32, u32, i64, u64, f32 or f64, or the address of such, as const f32*"
      ),
      ("float(float)", "column 1: what C calls float is f32 here"), ("f32(double)", "column 5: what C calls double is f64 here"),
      ("f16(f32)", "column 1: there is no type 'f16'; a result is void, i8, u8, i16, u16, i32, u32, i64, u64, f32 or f64"),
      ("", "column 1: a type is missing before the end; a result is void, i8, u8, i16, u16, i32, u32, i64, u64, f32 or f64"),
      ("f32", "column 4: '(' is missing before the parameters, as in f32(f32)"),
      ("f32(f32", "column 8: ',' or ')' is missing before the end"),
      ("f32(f32) const", "column 10: nothing may follow the parameters, but there is 'const'"),
      ("f32(f32, ...)", "column 10: a function of any number of arguments cannot be called"),
      ("f32*(f32)", "column 1: a function that returns an address cannot be called"),
      ("f32(f32**)", "column 5: addresses of addresses cannot be passed"),
      ("f32(const f32)", "column 14: '*' is missing: const is said of what an address leads to"),
    ] as [(String, String)])
  func signatures(_ signature: String, _ words: String) throws {
    #expect(try refusal(#""symbol": "softsign", "signature": "\#(signature)""#) == "signature '\(signature)', \(words)")
  }

  @Test(
    "what does not fit is named",
    arguments: [
      (
        #""symbol": "absent""#,
        "the library 'libfunctions.so' has no function 'absent'; 'nm -D --defined-only' of its file lists those it has"
      ),
      (#""symbol": "shared_variable""#, "symbol 'shared_variable' in the library 'libfunctions.so' is a variable, not a function"),
      (#""symbol": "a-b""#, "symbol 'a-b' is no name of a C function"),
      (
        #""symbol": "softsign", "signature": "void(f32)""#, "signature void(f32): a function for every element returns f32, f64, i32 or i64"
      ),
      (
        #""symbol": "softsign", "signature": "f32(const f32*)""#,
        "signature f32(const f32*): a function for every element takes numbers, not const f32*, which foreign.call passes"
      ),
      (#""symbol": "blend", "signature": "f32(f32, f32)""#, "arguments 'x' has 1 where signature f32(f32, f32) takes 2"),
      (
        #""symbol": "blend", "signature": "f32(f32, f32)", "arguments": "x, y""#,
        "arguments 'x, y', column 4: there is no tensor 'y'; there are x"
      ),
      (#""symbol": "blend", "signature": "f32(f32, f32)", "arguments": "x, 1e99""#, "arguments 'x, 1e99', column 4: 1e99 is no f32"),
      (
        #""symbol": "blend", "signature": "f32(f32, f32)", "arguments": "x x""#, "arguments 'x x', column 3: ',' is missing before 'x'"
      ),
      (
        #""symbol": "blend", "signature": "f32(f32, f32)", "arguments": "x, ?""#,
        "arguments 'x, ?', column 4: a tensor's name or a number is missing before '?'"
      ),
      (
        #""symbol": "blend", "signature": "f32(f32, f32)", "arguments": "x, x.count""#,
        "arguments 'x, x.count', column 4: a function for every element takes elements and numbers"
      ),
      (#""symbol": "softsign", "arguments": "1""#, "arguments '1' leaves the input 'x' out"),
      (#""symbol": "softsign", "signature": "f32(i32)""#, "the elements of x are f32, which is not passed as i32"),
      (#""symbol": "softsign", "inputs": "x, y""#, "inputs 'x, y' names 2, but the layer has 1"),
      (#""symbol": "softsign", "inputs": "x, x""#, "inputs 'x, x', column 4: 'x' is here twice"),
      (#""symbol": "softsign", "inputs": "1""#, "inputs '1', column 1: a name is missing; names have letters, digits and '_'"),
      (
        #""symbol": "softsign", "derivative": "softsign_slope, softsign""#,
        "derivative 'softsign_slope, softsign' names 2 where there is one by each f32 input: x"
      ),
      (#""symbol": "softsign", "derivative_signature": "f32(f32)""#, "derivative_signature is given, but no derivative"),
      (
        #""symbol": "softsign", "derivative": "softsign_slope", "derivative_signature": "i32(f32)""#,
        "a derivative returns f32 or f64, but by its derivative_signature it is i32(f32)"
      ),
      (
        #""symbol": "softsign", "derivative": "slope""#,
        "the library 'libfunctions.so' has no function 'slope'; 'nm -D --defined-only' of its file lists those it has"
      ),
    ] as [(String, String)])
  func words(_ attributes: String, _ words: String) throws { #expect(try refusal(attributes) == words) }

  @Test func inputsAreAlike() throws {
    #expect(
      try refusal(#""symbol": "blend", "signature": "f32(f32, f32)", "inputs": "a, b""#, [x(1, 2), x(1)])
        == "b must have the shape of a, [2], but its shape is [1]")
  }
}
