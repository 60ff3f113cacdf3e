public import ZooTypes

/// Turns elements of one type into another, saying so where a value does not survive it.
///
/// Numbers are rounded to the nearest when they become floating-point numbers; integers and booleans must be exact.
public enum ElementConversion {
  /// Writes `count` elements, each `source * scale + offset`.
  ///
  /// The arithmetic is in f64 and rounds once. Without it (scale 1, offset 0), integers stay integers all the way.
  public static func convert(
    _ source: UnsafeRawBufferPointer, _ sourceType: DType, to destination: UnsafeMutableRawBufferPointer, _ destinationType: DType,
    scale: Double = 1, offset: Double = 0
  ) throws(ElementConversionError) {
    let count = source.count / sourceType.byteCount
    precondition(destination.count >= count * destinationType.byteCount, "the destination is too small")
    let isPlain = scale == 1 && offset == 0
    if isPlain && sourceType == destinationType {
      destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<(count * sourceType.byteCount)]))
      return
    }
    // Through f64, which holds every f16, bf16, f32 and i32; or through i64, so that large integers keep all their digits.
    let isThroughIntegers = isPlain && !sourceType.isFloat
    let block = 1024
    for first in stride(from: 0, to: count, by: block) {
      let n = min(block, count - first)
      let from = UnsafeRawBufferPointer(rebasing: source[(first * sourceType.byteCount)...].prefix(n * sourceType.byteCount))
      let to = UnsafeMutableRawBufferPointer(rebasing: destination[(first * destinationType.byteCount)...])
      if isThroughIntegers {
        try pass(from, sourceType, through: Int64.self, to, destinationType, first) { $0 }
      } else if isPlain {
        try pass(from, sourceType, through: Double.self, to, destinationType, first) { $0 }
      } else {
        try pass(from, sourceType, through: Double.self, to, destinationType, first) { $0 * scale + offset }
      }
    }
  }

  private static func pass<Value: Carrier>(
    _ source: UnsafeRawBufferPointer, _ sourceType: DType, through carrier: Value.Type, _ destination: UnsafeMutableRawBufferPointer,
    _ destinationType: DType, _ first: Int, _ change: (Value) -> Value
  ) throws(ElementConversionError) {
    let n = source.count / sourceType.byteCount
    try withUnsafeTemporaryAllocation(of: Value.self, capacity: n) { (values) throws(ElementConversionError) in
      try load(source, sourceType, into: values, first)
      for i in 0..<n { values[i] = change(values[i]) }
      try store(values, into: destination, destinationType, first)
    }
  }
}

/// Why a value cannot become one of another type.
public enum ElementConversionError: ExplainedError, Hashable {
  /// Element `index` is no value of the type.
  case doesNotFit(value: String, index: Int, type: DType)
  /// There is no arithmetic on that type.
  case unknown(DType)

  /// What is wrong.
  public var message: String {
    switch self {
    case .doesNotFit(let value, let index, let type): "element \(index) is \(value), which \(type) cannot hold"
    case .unknown(let type): "elements of type \(type) cannot be converted"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .doesNotFit(_, _, let type): type.isFloat ? "use a wider type" : "use f32, or round and clamp the values first"
    case .unknown: "use f32"
    }
  }
}

/// What elements are on their way from one type to another.
private protocol Carrier: BitwiseCopyable, CustomStringConvertible {
  init?(carrying integer: some FixedWidthInteger)
  init?(carrying real: Double)
  func exactly<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Integer?
  var real: Double { get }
  var single: Float { get }
  var half: Float16 { get }
}

extension Double: Carrier {
  fileprivate init?(carrying integer: some FixedWidthInteger) { self.init(integer) }
  fileprivate init?(carrying real: Double) { self = real }
  fileprivate func exactly<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Integer? { Integer(exactly: self) }
  fileprivate var real: Double { self }
  fileprivate var single: Float { Float(self) }
  fileprivate var half: Float16 { Float16(self) }
}

extension Int64: Carrier {
  fileprivate init?(carrying integer: some FixedWidthInteger) { self.init(exactly: integer) }
  fileprivate init?(carrying real: Double) { self.init(exactly: real) }
  fileprivate func exactly<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Integer? { Integer(exactly: self) }
  fileprivate var real: Double { Double(self) }
  fileprivate var single: Float { Float(self) }
  fileprivate var half: Float16 { Float16(self) }
}

/// Reads `values.count` elements; `first` is the index of the first in the tensor.
private func load<Value: Carrier>(
  _ source: UnsafeRawBufferPointer, _ type: DType, into values: UnsafeMutableBufferPointer<Value>, _ first: Int
) throws(ElementConversionError) {
  func each<Stored: BitwiseCopyable>(
    _ stored: Stored.Type, as carried: DType = .f64, _ value: (Stored) -> Value?
  ) throws(ElementConversionError) {
    for i in 0..<values.count {
      let element = source.loadUnaligned(fromByteOffset: i * MemoryLayout<Stored>.size, as: Stored.self)
      guard let value = value(element) else { throw .doesNotFit(value: "\(element)", index: first + i, type: carried) }
      values[i] = value
    }
  }
  switch type {
  case .f64: try each(Double.self) { Value(carrying: $0) }
  case .f32: try each(Float.self) { Value(carrying: Double($0)) }
  case .f16: try each(Float16.self) { Value(carrying: Double($0)) }
  case .bf16: try each(UInt16.self) { Value(carrying: Double(Float(bitPattern: UInt32($0) << 16))) }
  case .i64: try each(Int64.self) { Value(carrying: $0) }
  case .i32: try each(Int32.self) { Value(carrying: $0) }
  case .i16: try each(Int16.self) { Value(carrying: $0) }
  case .i8: try each(Int8.self) { Value(carrying: $0) }
  case .u64: try each(UInt64.self, as: .i64) { Value(carrying: $0) }
  case .u32: try each(UInt32.self) { Value(carrying: $0) }
  case .u16: try each(UInt16.self) { Value(carrying: $0) }
  case .u8: try each(UInt8.self) { Value(carrying: $0) }
  case .bool: try each(UInt8.self) { Value(carrying: min($0, 1)) }
  default: throw .unknown(type)
  }
}

/// Writes all `values`; `first` is the index of the first in the tensor.
private func store<Value: Carrier>(
  _ values: UnsafeMutableBufferPointer<Value>, into destination: UnsafeMutableRawBufferPointer, _ type: DType, _ first: Int
) throws(ElementConversionError) {
  func float<Stored: BitwiseCopyable>(_ stored: Stored.Type, _ convert: (Value) -> Stored) {
    for i in 0..<values.count {
      destination.storeBytes(of: convert(values[i]), toByteOffset: i * MemoryLayout<Stored>.size, as: Stored.self)
    }
  }
  func integer<Stored: FixedWidthInteger & BitwiseCopyable>(
    _ stored: Stored.Type, atMost limit: Stored = .max
  ) throws(ElementConversionError) {
    for i in 0..<values.count {
      guard let value = values[i].exactly(Stored.self), value <= limit else {
        throw .doesNotFit(value: "\(values[i])", index: first + i, type: type)
      }
      destination.storeBytes(of: value, toByteOffset: i * MemoryLayout<Stored>.size, as: Stored.self)
    }
  }
  switch type {
  case .f64: float(Double.self) { $0.real }
  case .f32: float(Float.self) { $0.single }
  case .f16: float(Float16.self) { $0.half }
  case .bf16: float(UInt16.self) { bfloat16($0.real) }
  case .i64: try integer(Int64.self)
  case .i32: try integer(Int32.self)
  case .i16: try integer(Int16.self)
  case .i8: try integer(Int8.self)
  case .u64: try integer(UInt64.self)
  case .u32: try integer(UInt32.self)
  case .u16: try integer(UInt16.self)
  case .u8: try integer(UInt8.self)
  case .bool: try integer(UInt8.self, atMost: 1)
  default: throw .unknown(type)
  }
}

/// The nearest bfloat16, ties to even: the upper half of an f32.
private func bfloat16(_ value: Double) -> UInt16 {
  let single = Float(value)
  if single.isNaN { return UInt16(single.bitPattern >> 16) | 0x40 }
  var bits = single.bitPattern
  // Where rounding to f32 landed right between two bfloat16, what it rounded away decides.
  if bits & 0xFFFF == 0x8000, Double(single) != value { bits = Double(single).magnitude < value.magnitude ? bits + 1 : bits - 1 }
  return UInt16((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
}
