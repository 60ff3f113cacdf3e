import ZooTypes

// Element types that files hold and no layer computes with.
extension DType {
  static let i16 = DType(code: 0, bits: 16)
  static let u16 = DType(code: 1, bits: 16)
  static let u64 = DType(code: 1, bits: 64)
}
