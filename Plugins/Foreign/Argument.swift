import ZooPlugin

/// Something of a tensor that a text names.
struct Reference: Equatable {
  /// What of it.
  enum What: Equatable {
    /// `x`
    case elements
    /// `x.gradient`
    case gradient
    /// `x.count`
    case count
    /// `x.rank`
    case rank
    /// `x.shape`
    case shape
    /// `x[0]`, `x[-1]`
    case length(axis: Int)
  }

  let name: String
  let what: What
  let column: Int

  /// Reads one after its name.
  init(_ name: String, at column: Int, _ reader: inout AttributeReader) throws(LayerError) {
    self.name = name
    self.column = column
    if reader.take("[") {
      what = .length(axis: try reader.whole())
      guard reader.take("]") else { throw reader.problem("']' is missing before \(reader.rest)") }
    } else if reader.take(".") {
      let start = reader.column
      switch reader.word() {
      case "count": what = .count
      case "rank": what = .rank
      case "shape": what = .shape
      case "gradient": what = .gradient
      default: throw reader.problem("after '\(name).' comes count, rank, shape or gradient; \(name)[0] is the length of an axis", at: start)
      }
    } else {
      what = .elements
    }
  }

  /// `axis` counted from the first, of a tensor with this shape.
  static func axis(_ axis: Int, of shape: [Int]) -> Int? {
    let counted = axis < 0 ? axis + shape.count : axis
    return shape.indices.contains(counted) ? counted : nil
  }
}

/// One of the things that a function is called with: something of a tensor, or a number as it is written.
enum Argument {
  case number(String, column: Int)
  case reference(Reference)

  /// The arguments in an attribute's text, `count` of them, as `function` wants.
  static func list(_ attribute: String, _ text: String, count: Int, of function: String) throws(LayerError) -> [Argument] {
    var reader = AttributeReader(attribute, text)
    var arguments: [Argument] = []
    if !reader.isAtEnd {
      repeat {
        let column = reader.column
        let name = reader.word()
        if !name.isEmpty {
          arguments.append(.reference(try Reference(name, at: column, &reader)))
          continue
        }
        let number = reader.number()
        guard !number.isEmpty else { throw reader.problem("a tensor's name or a number is missing before \(reader.rest)", at: column) }
        arguments.append(.number(number, column: column))
      } while reader.take(",")
      guard reader.isAtEnd else { throw reader.problem("',' is missing before \(reader.rest)") }
    }
    guard arguments.count == count else {
      throw .attribute("\(attribute) '\(text)' has \(arguments.count) where \(function) takes \(count)")
    }
    return arguments
  }
}

/// Words for a name that no tensor has.
func unknown(_ name: String, among names: [String]) -> String {
  let help = names.nearest(to: name).map { "did you mean '\($0)'?" } ?? "there are \(names.joined(separator: ", "))"
  return "there is no tensor '\(name)'; \(help)"
}

extension ScalarType {
  /// A number as a word of memory that begins with it; nil: this type has no such number.
  func word(_ text: String) -> UInt64? {
    if isFloat {
      guard let value = Double(text), value.isFinite else { return nil }
      if self == .f64 { return value.bitPattern }
      let rounded = Float(value)
      return rounded.isFinite ? UInt64(rounded.bitPattern) : nil
    }
    if self == .u64 { return UInt64(text) }
    return Int(text).flatMap { word($0) }
  }

  /// A whole number likewise.
  func word(_ value: Int) -> UInt64? {
    func fits<Number: FixedWidthInteger>(_ type: Number.Type) -> UInt64? {
      Number(exactly: value) == nil ? nil : UInt64(bitPattern: Int64(value))
    }
    return switch self {
    case .i8: fits(Int8.self)
    case .u8: fits(UInt8.self)
    case .i16: fits(Int16.self)
    case .u16: fits(UInt16.self)
    case .i32: fits(Int32.self)
    case .u32: fits(UInt32.self)
    case .i64: fits(Int64.self)
    case .u64: fits(UInt64.self)
    case .f32: UInt64(Float(value).bitPattern)
    case .f64: Double(value).bitPattern
    }
  }
}

extension AttributeReader {
  /// The names of a list, which may repeat.
  static func symbols(_ attribute: String, _ text: String) throws(LayerError) -> [String] {
    var reader = AttributeReader(attribute, text)
    var symbols: [String] = []
    repeat {
      let symbol = reader.word()
      guard !symbol.isEmpty else { throw reader.problem("a function's name is missing before \(reader.rest)") }
      symbols.append(symbol)
    } while reader.take(",")
    guard reader.isAtEnd else { throw reader.problem("',' is missing before \(reader.rest)") }
    return symbols
  }
}

extension PlanRequest {
  /// The inputs, which are as many as there are names for them.
  func named(_ names: [String]) throws(LayerError) -> [Spec] {
    let specs = inputs.compactMap { $0 }
    guard specs.count == names.count, !specs.isEmpty else {
      throw .attribute("inputs '\(names.joined(separator: ", "))' names \(names.count), but the layer has \(specs.count)")
    }
    guard specs.count <= 32 else { throw .attribute("32 inputs are the most, and these are \(specs.count)") }
    return specs
  }
}

extension Tensor {
  /// Where its elements are, of whatever type.
  var address: UnsafeMutableRawPointer {
    switch dtype.byteCount {
    case 1: UnsafeMutableRawPointer(pointer(to: UInt8.self))
    case 2: UnsafeMutableRawPointer(pointer(to: UInt16.self))
    case 4: UnsafeMutableRawPointer(pointer(to: UInt32.self))
    default: UnsafeMutableRawPointer(pointer(to: UInt64.self))
    }
  }
  /// The size of its elements together.
  var byteCount: Int { count * dtype.byteCount }
}
