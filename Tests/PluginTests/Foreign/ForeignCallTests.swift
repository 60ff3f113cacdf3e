import Testing
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// Functions of whole tensors: what they are passed, what becomes of what they return, gradients, and the words of what cannot be.
@Suite struct ForeignCallTests {
  private let square =
    #""symbol": "square", "signature": "void(f32*, const f32*, i64, f32)", "arguments": "y, x, x.count, 0.5""#
  private let trained =
    #""derivative": "square_back", "derivative_signature": "void(f32*, const f32*, const f32*, i64, f32)", "#
    + #""derivative_arguments": "x.gradient, y.gradient, x, x.count, 0.5""#

  private func x(_ values: Float...) -> TensorBuffer { TensorBuffer(values, shape: [values.count]) }

  private func run(_ attributes: String, _ inputs: [TensorBuffer?], training: Bool = false) throws -> KindRunner {
    let layer = try foreignRunner("foreign.call", attributes, inputs, training: training)
    try layer.forward()
    return layer
  }

  // Half the squares of 1, 2 and -3; the slopes are 1, 2 and -3, times 10, 100 and 1000.
  @Test func aFunctionOfATensorTrainsByTheDerivativeThatIsNamed() throws {
    let layer = try run("\(square), \(trained)", [x(1, 2, -3)], training: true)
    #expect(layer.outputs[0].floats == [0.5, 2, 4.5])
    for _ in 1...2 { #expect(try layer.backward([x(10, 100, 1000)]).inputs[0]?.floats == [10, 200, -3000]) }
    #expect(try layer.backward([x(1, 1, 1)], wantInput: { _ in false }).inputs[0] == nil)
    #expect(try layer.backward([nil]).inputs[0]?.floats == [0, 0, 0])
  }

  // [1 2 3; 4 5 6] [1; 10; 100] = [321; 654]
  @Test func shapesArePassedAsAddressesOfTheirLengths() throws {
    let layer = try run(
      #""symbol": "product", "signature": "void(f32*, const f32*, const i64*, const f32*, const i32*)", "inputs": "a, b", "#
        + #""outputs": "c: f32[a[0], b[-1]]", "arguments": "c, a, a.shape, b, b.shape""#,
      [TensorBuffer([1, 2, 3, 4, 5, 6], shape: [2, 3]), TensorBuffer([1, 10, 100], shape: [3, 1])])
    #expect(layer.outputs[0].spec == Spec([2, 1]))
    #expect(layer.outputs[0].floats == [321, 654])
  }

  @Test func aResultMayBeAnOutput() throws {
    let layer = try run(
      #""symbol": "total", "signature": "f32(const f32*, u32, i64*)", "outputs": "sum: f32[], n: i64[1]", "arguments": "x, x.count, n", "#
        + #""result": "sum""#, [x(1, 2, 4)])
    #expect(layer.outputs[0].floats == [7])
    withExtendedLifetime(layer) { #expect(layer.outputs[1].pointer.load(as: Int64.self) == 3) }
  }

  // 1 + 0.5 * 10 and 2 + 0.5 * 20, in a copy; gradients 0.5 and 1 times 8 and 4.
  @Test func anOutputMayStartAsACopyOfAnInput() throws {
    let y = x(1, 2)
    let layer = try run(
      #""symbol": "add_scaled", "signature": "void(i32, f32, const f32*, f32*)", "inputs": "x, y", "outputs": "z: f32[y.shape] = y", "#
        + #""arguments": "x[0], 0.5, x, z", "derivative": "add_scaled_back", "#
        + #""derivative_signature": "void(i32, f32, const f32*, f32*, f32*)", "#
        + #""derivative_arguments": "z.count, 0.5, z.gradient, x.gradient, y.gradient""#,
      [x(10, 20), y], training: true)
    #expect(layer.outputs[0].floats == [6, 12])
    #expect(y.floats == [1, 2])
    let gradients = try layer.backward([x(8, 4)])
    #expect(gradients.inputs[0]?.floats == [4, 2])
    #expect(gradients.inputs[1]?.floats == [8, 4])
    #expect(try layer.backward([x(8, 4)], wantInput: { $0 == 1 }).inputs[1]?.floats == [8, 4])
  }

  @Test func aStatusThatIsNot0IsAFailure() throws {
    let root =
      #""symbol": "root", "signature": "i32(f64*, const f32*, u64)", "outputs": "y: f64[x.shape]", "arguments": "y, x, x.count", "#
      + #""result": "status""#
    let layer = try run(root, [x(4, 9)])
    withExtendedLifetime(layer) { #expect(layer.outputs[0].pointer.load(fromByteOffset: 8, as: Double.self) == 3) }
    do {
      _ = try run(root, [x(4, -9)])
      Issue.record("it failed")
    } catch let failure as LayerFailure {
      #expect(failure.words == "'root' returned -2, which says that it failed")
      #expect(failure.phase == .forward)
    }
  }

  @Test func numbersOfEveryTypeArrive() throws {
    let layer = try run(
      #""symbol": "mixed", "signature": "void(f64*, i8, u8, i16, u16, i32, u32, i64, u64, f32, f64)", "outputs": "y: f64[10]", "#
        + #""arguments": "y, -128, 255, -32768, 65535, -2147483648, 4294967295, -3, 9007199254740992, x, x""#,
      [TensorBuffer([0.25], shape: [])])
    let got = (0..<10).map { layer.outputs[0].pointer.load(fromByteOffset: 8 * $0, as: Double.self) }
    #expect(got == [-128, 255, -32768, 65535, -2_147_483_648, 4_294_967_295, -3, 9_007_199_254_740_992, 0.25, 0.25])
  }

  private static let types = #""symbol": "square", "signature": "void(f32*, const f32*, i64, f32)", "#

  @Test(
    "what does not fit is named",
    arguments: [
      (types + #""arguments": "y, x, x.count""#, "arguments 'y, x, x.count' has 3 where void(f32*, const f32*, i64, f32) takes 4"),
      (types + #""arguments": "y, z, x.count, 1""#, "arguments 'y, z, x.count, 1', column 4: there is no tensor 'z'; there are x, y"),
      (
        types + #""arguments": "x, y, x.count, 1""#,
        "arguments 'x, y, x.count, 1', column 1: parameter 1 is f32*, but this is for the function to read: it takes const f32*"
      ),
      (
        types + #""arguments": "y, y, x.count, 1""#,
        "arguments 'y, y, x.count, 1', column 4: parameter 2 is const f32*, but this is for the function to write: it takes f32*"
      ),
      (
        types + #""arguments": "y, x, x.count, 1", "outputs": "y: i64[2]""#,
        "arguments 'y, x, x.count, 1', column 1: parameter 1 is f32*, but the elements of y are i64"
      ),
      (types + #""arguments": "y, x, 1.5, 1""#, "arguments 'y, x, 1.5, 1', column 7: parameter 3 is i64, which 1.5 is not"),
      (types + #""arguments": "y, 1, 1, 1""#, "arguments 'y, 1, 1, 1', column 4: parameter 2 is const f32*, which 1 is not"),
      (
        types + #""arguments": "y, x, x.count, x.count""#,
        "arguments 'y, x, x.count, x.count', column 16: parameter 4 is f32, but this is a whole number"
      ),
      (types + #""arguments": "y, x, x[1], 1""#, "arguments 'y, x, x[1], 1', column 7: x has no axis 1; its shape is [2]"),
      (
        types + #""arguments": "y, x, x.size, 1""#,
        "arguments 'y, x, x.size, 1', column 9: after 'x.' comes count, rank, shape or gradient; x[0] is the length of an axis"
      ),
      (
        types + #""arguments": "y, x, x.shape, 1""#,
        "arguments 'y, x, x.shape, 1', column 7: parameter 3 is i64, but a shape is const i64* or const i32*"
      ),
      (
        types + #""arguments": "y, x, x.count, x""#,
        "arguments 'y, x, x.count, x', column 16: only an input of one element is passed as f32; x has shape [2]"
      ),
      (
        types + #""arguments": "y, x, x.count, x.gradient""#,
        "arguments 'y, x, x.count, x.gradient', column 16: gradients are for derivative_arguments"
      ),
      (
        types + #""arguments": "y, x, x.count, 1", "outputs": "y: f32[x.shape], z: f32[]""#,
        "arguments 'y, x, x.count, 1' leaves the output 'z' out, so nothing would write it"
      ),
      (
        types + #""arguments": "y, x, x.count, 1", "result": "y""#,
        "result is 'y', but by its signature void(f32*, const f32*, i64, f32) the function returns nothing"
      ),
      (
        #""symbol": "total", "signature": "f32(const f32*, u32)", "arguments": "x, 1""#,
        "the function returns f32: say what becomes of it as result: the name of an output, status or unused"
      ),
      (
        #""symbol": "total", "signature": "f32(const f32*, u32)", "arguments": "x, 1", "result": "z""#,
        "result 'z' is none of y, status, unused"
      ),
      (
        #""symbol": "total", "signature": "f32(const f32*, u32)", "arguments": "x, 1", "result": "status""#,
        "result is 'status', which is a whole number, but the function returns f32"
      ),
      (
        #""symbol": "total", "signature": "f32(const f32*, u32)", "arguments": "x, 1", "result": "y""#,
        "the function returns one f32, which the output 'y', f32 [2], is not"
      ),
      (
        types + #""arguments": "y, x, x.count, 1", "derivative": "square_back""#,
        "a derivative needs derivative_signature and derivative_arguments"
      ),
      (
        types + #""arguments": "y, x, x.count, 1", "derivative_arguments": "x""#,
        "derivative_signature and derivative_arguments are about a derivative, which is not given"
      ),
      (
        types + #""arguments": "y, x, x.count, 1", "derivative": "square_back", "derivative_signature": "f32(const f32*)", "#
          + #""derivative_arguments": "x""#,
        "a derivative returns void, or a whole number that is 0 unless it failed, but by its signature it is f32(const f32*)"
      ),
      (
        types + #""arguments": "y, x, x.count, 1", "derivative": "square_back", "derivative_signature": "void(const f32*)", "#
          + #""derivative_arguments": "y""#,
        "derivative_arguments 'y' leaves x.gradient out, so nothing would write it"
      ),
    ] as [(String, String)])
  func words(_ attributes: String, _ words: String) throws {
    #expect(try foreignRefusal("foreign.call", attributes, [x(1, 2)]) == words)
  }

  @Test(
    "an output's declaration that makes no sense is refused with its place",
    arguments: [
      ("", "column 1: an output's name is missing, as in y: f32[x.shape]"),
      ("y", "column 2: ':' and its type are missing after 'y', as in y: f32[x.shape]"),
      ("y: f16[2]", "column 4: an output is f32, f64, i8, u8, i32, u32 or i64"),
      ("y: f32", "column 7: '[' and its shape are missing, as in y: f32[x.shape]"),
      ("y: f32[-1]", "column 8: -1 is no length"), ("y: f32[2.5]", "column 8: a whole number is missing here"),
      ("y: f32[z[0]]", "column 8: there is no tensor 'z'; there are x"), ("y: f32[x[5]]", "column 8: x has no axis 5; its shape is [2]"),
      ("y: f32[x]", "column 8: a length is a number, x[0], x.count or x.rank, and x.shape stands for all"),
      ("y: f32[2", "column 9: ',' or ']' is missing before the end"), ("x: f32[2]", "column 1: the name 'x' is taken"),
      ("y: f32[2] z", "column 11: ',' is missing before 'z'"), ("y: f32[2] = q", "column 13: there is no tensor 'q'; there are x"),
    ] as [(String, String)])
  func declarations(_ outputs: String, _ words: String) throws {
    let got = try foreignRefusal(
      "foreign.call", Self.types + #""arguments": "y, x, x.count, 1", "outputs": "\#(outputs)""#, [x(1, 2)])
    #expect(got == "outputs '\(outputs)', \(words)")
  }

  @Test(
    "sizes that cannot be are refused",
    arguments: [
      ("y: f32[9223372036854775807, 3]", "y would be too large: [9223372036854775807, 3]"),
      ("y: f32[1, 1, 1, 1, 1, 1, 1, 1, 1]", "y would have 9 axes, [1, 1, 1, 1, 1, 1, 1, 1, 1]; 8 is the most"),
      ("y: f32[3] = x", "y is [3], so it cannot start as x, which is [2]"),
    ] as [(String, String)])
  func sizes(_ outputs: String, _ words: String) throws {
    let got = try foreignRefusal(
      "foreign.call", Self.types + #""arguments": "y, x, x.count, 1", "outputs": "\#(outputs)""#, [x(1, 2)])
    #expect(got == words)
  }
}
