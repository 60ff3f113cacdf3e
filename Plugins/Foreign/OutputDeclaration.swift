import ZooPlugin

/// An output as the text `outputs` declares it: `y: f32[x.shape]`, `z: i64[x[0], 3] = x`.
struct OutputDeclaration {
  let name: String
  let spec: Spec
  /// The input whose elements it holds before the function is called; nil: zeros.
  let start: Int?

  /// The types that a tensor between layers may have.
  private static let types: [ScalarType] = [.f32, .f64, .i8, .u8, .i32, .u32, .i64]

  /// Reads the declarations in an attribute, whose shapes are said in terms of the inputs.
  static func list(_ attribute: String, _ text: String, inputs: [String], specs: [Spec]) throws(LayerError) -> [OutputDeclaration] {
    var reader = AttributeReader(attribute, text)
    var outputs: [OutputDeclaration] = []
    repeat {
      let column = reader.column
      let output = try OutputDeclaration(&reader, inputs, specs)
      guard !(inputs + outputs.map(\.name)).contains(output.name) else {
        throw reader.problem("the name '\(output.name)' is taken", at: column)
      }
      outputs.append(output)
    } while reader.take(",")
    guard reader.isAtEnd else { throw reader.problem("',' is missing before \(reader.rest)") }
    guard outputs.count <= 32 else { throw reader.problem("32 outputs are the most, and these are \(outputs.count)") }
    return outputs
  }

  private init(_ reader: inout AttributeReader, _ inputs: [String], _ specs: [Spec]) throws(LayerError) {
    let start = reader.column
    name = reader.word()
    guard !name.isEmpty else { throw reader.problem("an output's name is missing, as in y: f32[x.shape]", at: start) }
    guard reader.take(":") else { throw reader.problem("':' and its type are missing after '\(name)', as in \(name): f32[x.shape]") }
    let column = reader.column
    guard let type = ScalarType(rawValue: reader.word()), Self.types.contains(type) else {
      throw reader.problem("an output is \(Self.types.dropLast().map(\.rawValue).joined(separator: ", ")) or i64", at: column)
    }
    guard reader.take("[") else { throw reader.problem("'[' and its shape are missing, as in \(name): \(type)[x.shape]") }
    var shape: [Int] = []
    if !reader.take("]") {
      repeat { shape += try Self.lengths(&reader, inputs, specs) } while reader.take(",")
      guard reader.take("]") else { throw reader.problem("',' or ']' is missing before \(reader.rest)") }
    }
    var bytes = type.dtype.byteCount
    for length in shape where length != 0 {
      let (product, overflows) = bytes.multipliedReportingOverflow(by: length)
      guard !overflows else { throw .shape("\(name) would be too large: \(shape)") }
      bytes = product
    }
    guard shape.count <= 8 else { throw .shape("\(name) would have \(shape.count) axes, \(shape); 8 is the most") }
    spec = Spec(shape, type.dtype)

    guard reader.take("=") else {
      self.start = nil
      return
    }
    let source = reader.column
    let word = reader.word()
    guard let input = inputs.firstIndex(of: word) else { throw reader.problem(unknown(word, among: inputs), at: source) }
    guard specs[input] == spec else {
      throw .shape("\(name) is \(spec), so it cannot start as \(word), which is \(specs[input])")
    }
    self.start = input
  }

  /// One axis, or all those of an input.
  private static func lengths(_ reader: inout AttributeReader, _ inputs: [String], _ specs: [Spec]) throws(LayerError) -> [Int] {
    let column = reader.column
    let name = reader.word()
    if name.isEmpty {
      let length = try reader.whole()
      guard length >= 0 else { throw reader.problem("\(length) is no length", at: column) }
      return [length]
    }
    let reference = try Reference(name, at: column, &reader)
    guard let input = inputs.firstIndex(of: name) else { throw reader.problem(unknown(name, among: inputs), at: column) }
    switch reference.what {
    case .shape: return specs[input].shape
    case .length, .count, .rank: return [try reference.number(of: specs[input], &reader)]
    case .elements, .gradient:
      throw reader.problem("a length is a number, \(name)[0], \(name).count or \(name).rank, and \(name).shape stands for all", at: column)
    }
  }
}

extension Reference {
  /// The number that it is of a tensor with this spec.
  func number(of spec: Spec, _ reader: inout AttributeReader) throws(LayerError) -> Int {
    switch what {
    case .count: return spec.count
    case .rank: return spec.rank
    case .length(let axis):
      guard let axis = Self.axis(axis, of: spec.shape) else {
        throw reader.problem("\(name) has no axis \(axis); its shape is \(spec.shape)", at: column)
      }
      return spec.shape[axis]
    case .elements, .gradient, .shape: throw reader.problem("\(name) is no number here", at: column)
    }
  }
}
