import CFFI
import ZooPlugin

/// A number as C passes it.
enum ScalarType: String, CaseIterable {
  case i8, u8, i16, u16, i32, u32, i64, u64, f32, f64

  /// libffi's number for it.
  var code: Int32 {
    switch self {
    case .i8: Int32(ZOO_F_I8)
    case .u8: Int32(ZOO_F_U8)
    case .i16: Int32(ZOO_F_I16)
    case .u16: Int32(ZOO_F_U16)
    case .i32: Int32(ZOO_F_I32)
    case .u32: Int32(ZOO_F_U32)
    case .i64: Int32(ZOO_F_I64)
    case .u64: Int32(ZOO_F_U64)
    case .f32: Int32(ZOO_F_F32)
    case .f64: Int32(ZOO_F_F64)
    }
  }

  /// The type of a tensor that has such elements.
  var dtype: DType {
    switch self {
    case .i8: .i8
    case .u8: .u8
    case .i16: .i16
    case .u16: .u16
    case .i32: .i32
    case .u32: .u32
    case .i64: .i64
    case .u64: .u64
    case .f32: .f32
    case .f64: .f64
    }
  }

  /// Whether it is a floating-point number.
  var isFloat: Bool { self == .f32 || self == .f64 }

  static let list = "i8, u8, i16, u16, i32, u32, i64, u64, f32 or f64"

  /// What C calls them where it is certain on this machine, for people who write that.
  static let inC: [String: ScalarType] = [
    "float": .f32, "double": .f64, "int": .i32, "int8_t": .i8, "uint8_t": .u8, "int16_t": .i16, "uint16_t": .u16, "int32_t": .i32,
    "uint32_t": .u32, "int64_t": .i64, "uint64_t": .u64, "size_t": .u64, "long": .i64, "unsigned": .u32, "short": .i16,
  ]
}

/// What a function takes and returns: `void(f32*, const f32*, i64)`.
struct Signature: CustomStringConvertible {
  /// A parameter: a number, or the address of numbers.
  struct Parameter: CustomStringConvertible {
    let type: ScalarType
    let isPointer: Bool
    /// The numbers there are only read.
    let isConst: Bool

    var description: String { "\(isConst ? "const " : "")\(type)\(isPointer ? "*" : "")" }
    var code: Int32 { isPointer ? Int32(ZOO_F_POINTER) : type.code }
  }

  /// nil: it returns nothing.
  let result: ScalarType?
  let parameters: [Parameter]

  var description: String { "\(result?.rawValue ?? "void")(\(parameters.map(\.description).joined(separator: ", ")))" }
  var resultCode: Int32 { result?.code ?? Int32(ZOO_F_VOID) }

  /// Reads the text of an attribute.
  init(_ attribute: String, _ text: String) throws(LayerError) {
    var reader = AttributeReader(attribute, text)
    let start = reader.column
    let word = reader.word()
    result = word == "void" ? nil : try Self.type(word, at: start, &reader, else: "a result is void, \(ScalarType.list)")
    if reader.take("*") { throw reader.problem("a function that returns an address cannot be called", at: start) }
    guard reader.take("(") else { throw reader.problem("'(' is missing before the parameters, as in f32(f32)") }
    var parameters: [Parameter] = []
    if !reader.take(")") {
      repeat { parameters.append(try Self.parameter(&reader)) } while reader.take(",")
      guard reader.take(")") else { throw reader.problem("',' or ')' is missing before \(reader.rest)") }
    }
    guard reader.isAtEnd else { throw reader.problem("nothing may follow the parameters, but there is \(reader.rest)") }
    guard parameters.count <= Int(ZOO_F_MAX_PARAMETERS) else {
      throw reader.problem("\(ZOO_F_MAX_PARAMETERS) parameters are the most, and these are \(parameters.count)")
    }
    self.parameters = parameters
  }

  private static func parameter(_ reader: inout AttributeReader) throws(LayerError) -> Parameter {
    var column = reader.column
    if reader.take(".") { throw reader.problem("a function of any number of arguments cannot be called", at: column) }
    var word = reader.word()
    let isConst = word == "const"
    if isConst {
      column = reader.column
      word = reader.word()
    }
    let type = try type(word, at: column, &reader, else: "a parameter is \(ScalarType.list), or the address of such, as const f32*")
    let isPointer = reader.take("*")
    if isConst, !isPointer { throw reader.problem("'*' is missing: const is said of what an address leads to") }
    if reader.take("*") { throw reader.problem("addresses of addresses cannot be passed", at: column) }
    return Parameter(type: type, isPointer: isPointer, isConst: isConst)
  }

  private static func type(
    _ word: String, at column: Int, _ reader: inout AttributeReader, else allowed: String
  ) throws(LayerError) -> ScalarType {
    if let type = ScalarType(rawValue: word) { return type }
    if word.isEmpty { throw reader.problem("a type is missing before \(reader.rest); \(allowed)", at: column) }
    if let type = ScalarType.inC[word] { throw reader.problem("what C calls \(word) is \(type) here", at: column) }
    throw reader.problem("there is no type '\(word)'; \(allowed)", at: column)
  }
}
