import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// The exact words of tensor kinds that do not fit together.
@Suite struct TensorKindErrorTests {
  /// A layer that cannot be planned, and why.
  struct Case: CustomStringConvertible, Sendable {
    let kind: String
    let attributes: String
    let inputs: [Spec]
    let words: String

    init(_ kind: String, _ attributes: String, _ inputs: [[Int]], _ words: String) {
      self.init(kind, attributes, specs: inputs.map { Spec($0) }, words)
    }

    init(_ kind: String, _ attributes: String, specs: [Spec], _ words: String) {
      self.kind = "core." + kind
      self.attributes = attributes
      self.inputs = specs
      self.words = words
    }

    var description: String { "\(kind) \(attributes) \(inputs)" }
  }

  static let cases = [
    Case("add", "{}", [[2, 3], [4, 3]], "a and b do not broadcast: their shapes are [2, 3] and [4, 3]"),
    Case("add", "{}", specs: [Spec([2]), Spec([2], .i32)], "a and b must have one type, but they are f32 and i32"),
    Case("add", "{}", specs: [Spec([2], .u8), Spec([2], .u8)], "a must be f32 or i32 or i64, but it is u8"),
    Case("divide", "{}", specs: [Spec([2], .i64), Spec([2], .i64)], "a must be f32, but it is i64"),
    Case("multiply", "{}", [[1 << 40, 1], [1 << 40]], "y would be too large: [1099511627776, 1099511627776]"),
    Case("scale", "{}", specs: [Spec([2], .i64)], "x must be f32, but it is i64 [2]"),
    Case("concat", "{}", [], "there is nothing to concatenate"),
    Case("concat", #"{"axis": 2}"#, [[2, 3]], "axis 2 is not one of the first input, whose shape is [2, 3]"),
    Case("concat", "{}", [[2, 3], [3, 3]], "inputs may differ in axis 1 alone, but input 1 is [3, 3] and the first is [2, 3]"),
    Case("concat", "{}", [[2, 3], [2]], "inputs may differ in axis 1 alone, but input 1 is [2] and the first is [2, 3]"),
    Case("concat", "{}", specs: [Spec([2]), Spec([2], .i32)], "input 1 is i32 where the first is f32"),
    Case("split", "{}", [[2, 3]], "give either sizes or parts"),
    Case("split", #"{"parts": 2, "sizes": [1, 2]}"#, [[2, 3]], "give either sizes or parts"),
    Case("split", #"{"parts": 2}"#, [[2, 3]], "axis 1 of x, whose shape is [2, 3], cannot be cut into 2 equal parts"),
    Case("split", #"{"sizes": [1, 3]}"#, [[2, 3]], "sizes [1, 3] add up to 4, but axis 1 of x has length 3: [2, 3]"),
    Case(
      "split", #"{"sizes": [9223372036854775807, 9]}"#, [[3]], "sizes [9223372036854775807, 9] are not lengths of pieces"),
    Case("slice", #"{"starts": [0, 0], "ends": [1]}"#, [[2, 3]], "starts and ends must be of one length, but they are [0, 0] and [1]"),
    Case("slice", #"{"starts": 2, "ends": 1}"#, [[5]], "slice 2:1:1 leaves nothing of axis 0 of x, whose shape is [5]"),
    Case("slice", #"{"starts": 5}"#, [[5]], "slice 5::1 leaves nothing of axis 0 of x, whose shape is [5]"),
    Case("slice", #"{"starts": 0, "steps": 0}"#, [[5]], "the step of axis 0 is 0"),
    Case("slice", #"{"starts": [0, 0], "axes": [0, -2]}"#, [[5, 2]], "axes [0, -2] name axis 0 of x twice"),
    Case("slice", #"{"starts": [0, 0]}"#, [[5]], "axis 1 is not one of x, whose shape is [5]"),
    Case("reshape", #"{"shape": [-1, -1]}"#, [[6]], "shape [-1, -1] has more than one -1"),
    Case("reshape", #"{"shape": [4, -1]}"#, [[2, 3]], "x of shape [2, 3] has 6 elements, which do not fit shape [4, -1]"),
    Case("reshape", #"{"shape": [7]}"#, [[2, 3]], "x of shape [2, 3] has 6 elements, which do not fit shape [7]"),
    Case("reshape", #"{"shape": [6, 0]}"#, [[6]], "shape [6, 0] keeps axis 1, which x of shape [6] does not have"),
    Case(
      "reshape", #"{"shape": [4294967296, 4294967296]}"#, [[6]], "shape [4294967296, 4294967296] would be too large"),
    Case("reshape", #"{"shape": [1, 1, 1, 1, 1, 1, 1, 1, 1]}"#, [[1]], "y would have 9 axes, [1, 1, 1, 1, 1, 1, 1, 1, 1]; 8 is the most"),
    Case("flatten", "{}", [[6]], "axis 1 is not one of x, whose shape is [6]"),
    Case(
      "flatten", #"{"start_axis": 2, "end_axis": 1}"#, [[2, 3, 4]],
      "start_axis 2 comes after end_axis 1 in x, whose shape is [2, 3, 4]"),
    Case("transpose", #"{"axes": [0]}"#, [[2, 3]], "axes [0] must name each axis of x once, whose shape is [2, 3]"),
    Case("transpose", #"{"axes": [0, 0]}"#, [[2, 3]], "axes [0, 0] name axis 0 of x twice"),
    Case("pad", #"{"amounts": [1, 2]}"#, [[2, 3]], "amounts must be two for each axis of x, whose shape is [2, 3], but they are [1, 2]"),
    Case(
      "pad", #"{"amounts": [1, 0], "mode": "reflect"}"#, [[1]],
      "mode reflect needs at least 2 elements along axis 0 of x, whose shape is [1]"),
    Case(
      "pad", #"{"amounts": [0, 9000], "mode": "wrap"}"#, [[2]],
      "amounts [0, 9000] are more than 1024 times axis 0 of x, whose shape is [2]"),
    Case("pad", #"{"amounts": [1, 1], "value": 0.5}"#, specs: [Spec([2], .i32)], "value 0.5 cannot be an element of x, which is i32"),
    Case("pad", #"{"amounts": [9223372036854775807, 1]}"#, [[2]], "amounts [9223372036854775807, 1] are not lengths"),
    Case("gather", "{}", [[2, 3], [2]], "indices must be i32 or i64, but it is [2]"),
    Case("gather", #"{"axis": 2}"#, specs: [Spec([2, 3]), Spec([1], .i64)], "axis 2 is not one of x, whose shape is [2, 3]"),
    Case(
      "gather", "{}", specs: [Spec([2, 1, 1, 1, 1, 1, 1, 1]), Spec([3, 4], .i64)],
      "y would have 9 axes, [3, 4, 1, 1, 1, 1, 1, 1, 1]; 8 is the most"),
    Case("embedding", #"{"count": 3, "width": 2, "padding_index": 3}"#, specs: [Spec([1], .i64)], "padding_index 3 is not one of 3 rows"),
    Case(
      "embedding", #"{"count": 1099511627776, "width": 1099511627776}"#, specs: [Spec([1], .i64)],
      "weight would be too large: [1099511627776, 1099511627776]"),
    Case("full", #"{"shape": [1000000000, 1000000000, 1000000000]}"#, [], "y would be too large: [1000000000, 1000000000, 1000000000]"),
    Case("full", #"{"shape": [1, 1, 1, 1, 1, 1, 1, 1, 1]}"#, [], "y would have 9 axes, [1, 1, 1, 1, 1, 1, 1, 1, 1]; 8 is the most"),
    Case("full", "{}", [[]], "like must have rank 1 to 8, but its shape is []"),
    Case("mu_law_encode", "{}", specs: [Spec([2], .i64)], "x must be f32, but it is i64 [2]"),
    Case("mu_law_decode", "{}", [[2]], "y must be i32 or i64, but it is [2]"),
    Case("one_hot", #"{"classes": 2}"#, [[3]], "indices must be i32 or i64, but it is [3]"),
    Case("sum", #"{"axes": [0, 0]}"#, [[2]], "axes [0, 0] name axis 0 of x twice"),
    Case("sum", #"{"axes": []}"#, [[2]], "axes is empty; leave it out to reduce all axes"),
    Case("mean", "{}", [[2, 0]], "axis 1 of x must not be empty, but the shape is [2, 0]"),
    Case("max", "{}", [[0]], "axis 0 of x must not be empty, but the shape is [0]"),
    Case("logsumexp", #"{"axes": 1}"#, [[2, 0]], "axis 1 of x must not be empty, but the shape is [2, 0]"),
    Case("argmax", "{}", [[2, 0]], "axis -1 of x must not be empty, but the shape is [2, 0]"),
    Case("argmax", "{}", [[]], "x must have rank 1 to 8, but its shape is []"),
    Case("matmul", "{}", [[2, 3], [4, 5]], "a of shape [2, 3] and b of shape [4, 5] do not fit"),
    Case(
      "matmul", #"{"transpose_b": true}"#, [[2, 3], [3, 5]], "a of shape [2, 3] and b of shape [3, 5] do not fit with b transposed"),
    Case(
      "matmul", "{}", [[2, 3, 4], [5, 4, 3]], "the axes in front of the matrices do not broadcast: a is [2, 3, 4], b is [5, 4, 3]"),
    Case("matmul", #"{"transpose_a": true}"#, [[3], [3, 5]], "transpose_a needs a matrix, but the shape of a is [3]"),
    Case("matmul", "{}", [[], [3]], "a must have rank 1 to 8, but its shape is []"),
    Case(
      "einsum", #"{"equation": "ij,jk"}"#, [[2, 3], [3, 4]],
      "equation 'ij,jk' must have inputs, '->' and an output, such as 'ij,jk->ik'"),
    Case("einsum", #"{"equation": "ij,jk->ik"}"#, [[2, 3]], "equation 'ij,jk->ik' has 2 inputs, but 1 are connected: [[2, 3]]"),
    Case("einsum", #"{"equation": "ij->ii"}"#, [[2, 3]], "the output of equation 'ij->ii' has 'i' twice"),
    Case("einsum", #"{"equation": "ij->k"}"#, [[2, 3]], "the output of equation 'ij->k' has 'k', which no input has"),
    Case("einsum", #"{"equation": "i%->i"}"#, [[2, 3]], "equation 'i%->i' has a '%' where a letter is expected"),
    Case("einsum", #"{"equation": "i...->i"}"#, [[2, 3]], "the output of equation 'i...->i' lacks the '...' that an input has"),
    Case("einsum", #"{"equation": "...i...->i"}"#, [[2, 3]], "equation '...i...->i' has '...' twice in one term"),
    Case("einsum", #"{"equation": "i->i"}"#, [[2, 3]], "equation 'i->i' does not fit input 0, whose shape is [2, 3]"),
    Case(
      "einsum", #"{"equation": "ij,jk->ik"}"#, [[2, 3], [4, 5]],
      "j of equation 'ij,jk->ik' has length 3 in input 0, whose shape is [2, 3], but 4 in input 1, whose shape is [4, 5]"),
    Case(
      "einsum", #"{"equation": "ii->i"}"#, [[2, 3]],
      "i of equation 'ii->i' has length 2 in input 0, whose shape is [2, 3], but 3 in input 0, whose shape is [2, 3]"),
    Case(
      "einsum", #"{"equation": "...i,...i->..."}"#, [[2, 3], [4, 3]],
      "'...' of equation '...i,...i->...' has length 2 in input 0, whose shape is [2, 3], but 4 in input 1, whose shape is [4, 3]"),
    Case(
      "einsum", #"{"equation": "abcde,fghij,abcdefghij->"}"#,
      [[2, 2, 2, 2, 2], [2, 2, 2, 2, 2], [2, 2, 2, 2, 2, 2, 2, 2]],
      "equation 'abcde,fghij,abcdefghij->' does not fit input 2, whose shape is [2, 2, 2, 2, 2, 2, 2, 2]"),
    Case(
      "einsum", #"{"equation": "abcde,fghij,abcdfghi->ej"}"#,
      [[2, 2, 2, 2, 2], [2, 2, 2, 2, 2], [2, 2, 2, 2, 2, 2, 2, 2]],
      "an intermediate result would have 10 axes, [2, 2, 2, 2, 2, 2, 2, 2, 2, 2]; 8 is the most"),
  ]

  @Test("a layer that cannot be says why", arguments: cases)
  func planning(_ test: Case) throws {
    let kind = try Repository.kind(test.kind)
    let json = try #require(try JSONDocument(Array(test.attributes.utf8), file: "attributes").root.object)
    let attributes = try kind.literals(json)
    let failure = #expect(throws: LayerFailure.self) {
      try LayerInstance(
        kind: kind, attributes: attributes, path: "layer", inputs: test.inputs, inputNames: [], training: true, run: Run(), place: nil)
    }
    #expect(failure?.words == test.words)
  }

  @Test(
    "an index outside its table is named with its place and the bounds",
    arguments: [
      ("core.gather", "{}", true, Int32(5), "indices[1, 2] is 5, which is not in -5 ... 4"),
      ("core.gather", "{}", true, -6, "indices[1, 2] is -6, which is not in -5 ... 4"),
      ("core.embedding", #"{"count": 3, "width": 2}"#, false, 3, "indices[1, 2] is 3, which is not in 0 ... 2"),
      ("core.embedding", #"{"count": 3, "width": 2}"#, false, -1, "indices[1, 2] is -1, which is not in 0 ... 2"),
      ("core.one_hot", #"{"classes": 2}"#, false, 2, "indices[1, 2] is 2, which is not in 0 ... 1"),
    ])
  func indices(_ name: String, _ attributes: String, _ hasTable: Bool, _ wrong: Int32, _ words: String) throws {
    let kind = try Repository.kind(name)
    let json = try #require(try JSONDocument(Array(attributes.utf8), file: "attributes").root.object)
    let indices = TensorBuffer(Spec([2, 3], .i32))
    indices.pointer.assumingMemoryBound(to: Int32.self)[5] = wrong
    let layer = try KindRunner(kind, kind.literals(json), inputs: (hasTable ? [TensorBuffer(Spec([5, 2]))] : []) + [indices])
    let failure = #expect(throws: LayerFailure.self) { try layer.forward() }
    #expect(failure?.words == words)
    #expect(failure?.status == 8)
  }
}
