/// The number that `text` is, correctly rounded; nil if it is none.
func parseNumber(_ text: Slice<UnsafeRawBufferPointer>) -> Double? {
  guard let first = text.first else { return nil }
  var offset = text.startIndex
  if first == UInt8(ascii: "-") || first == UInt8(ascii: "+") { offset += 1 }

  var (mantissa, digits, exponent): (UInt64, Int, Int) = (0, 0, 0)
  func digit() -> UInt64? {
    guard offset < text.endIndex, case let byte = text[offset], byte >= 0x30, byte <= 0x39 else { return nil }
    return UInt64(byte - 0x30)
  }
  while let next = digit() {
    mantissa = mantissa &* 10 &+ next
    (digits, offset) = (digits + 1, offset + 1)
  }
  if offset < text.endIndex, text[offset] == UInt8(ascii: ".") {
    offset += 1
    while let next = digit() {
      mantissa = mantissa &* 10 &+ next
      (digits, offset, exponent) = (digits + 1, offset + 1, exponent - 1)
    }
  }
  if digits > 0, offset < text.endIndex, text[offset] | 0x20 == UInt8(ascii: "e") {
    offset += 1
    var isNegative = false
    if offset < text.endIndex, text[offset] == UInt8(ascii: "-") || text[offset] == UInt8(ascii: "+") {
      isNegative = text[offset] == UInt8(ascii: "-")
      offset += 1
    }
    var power = 0
    if digit() == nil { return nil }
    while let next = digit(), power < 10_000 {
      power = power * 10 + Int(next)
      offset += 1
    }
    exponent += isNegative ? -power : power
  }
  // Both factors are exact, so one operation rounds once (Clinger 1990). Everything else is rare, and the library's to do.
  if offset == text.endIndex, 1...19 ~= digits, mantissa <= 1 << 53, -22...22 ~= exponent {
    let magnitude = exponent < 0 ? Double(mantissa) / powersOfTen[-exponent] : Double(mantissa) * powersOfTen[exponent]
    return first == UInt8(ascii: "-") ? -magnitude : magnitude
  }
  return Double(String(decoding: text, as: UTF8.self))
}

private let powersOfTen: [Double] = [
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
]

extension Float {
  /// The number that `text` is, rounded once; `number` is the same, rounded to f64 first.
  init(_ number: Double, _ text: Slice<UnsafeRawBufferPointer>) {
    // Where the f64 is right between two f32, only the text knows which is nearer.
    let isBetween = number.bitPattern & 0x1FFF_FFFF == 0x1000_0000 && number.isFinite
    self = isBetween ? Float(String(decoding: text, as: UTF8.self)) ?? Float(number) : Float(number)
  }
}
