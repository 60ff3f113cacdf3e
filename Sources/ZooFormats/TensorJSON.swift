public import ZooTypes

/// Tensors as JSON: nested lists, numbers in as few digits as read back the same.
public enum TensorJSON {
  /// The nested lists of a tensor; a scalar is a bare number.
  ///
  /// What JSON cannot express, NaN and the infinities, is null.
  public static func encode(_ spec: Spec, _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    let elements = Elements(bytes, spec.dtype)
    var text: [UInt8] = []
    var next = 0
    func write(_ axis: Int) {
      guard axis < spec.rank else {
        if spec.dtype == .bool {
          text += (elements.real(next) == 0 ? "false" : "true").utf8
        } else if spec.dtype.isFloat && !elements.real(next).isFinite {
          text += "null".utf8
        } else {
          text += elements.text(next).utf8
        }
        next += 1
        return
      }
      text.append(UInt8(ascii: "["))
      for i in 0..<spec.shape[axis] {
        if i > 0 { text.append(UInt8(ascii: ",")) }
        write(axis + 1)
      }
      text.append(UInt8(ascii: "]"))
    }
    write(0)
    return text
  }
}
