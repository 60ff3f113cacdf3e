import Glibc
public import ZooTypes

/// Tensors as lines for a terminal, much as NumPy prints arrays.
public enum TensorText {
  /// Type and shape on a line, then the elements; of more than a thousand, only the first and last three along each axis.
  public static func encode(_ spec: Spec, _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var printer = Printer(spec, bytes)
    return printer.print()
  }

  private struct Printer {
    private let spec: Spec
    private let elements: Elements
    private let edge: Int?  // how many of an axis are shown at each end; nil: all
    private var format = Format.integer
    private var width = 0
    private var text: [UInt8] = []

    private static let threshold = 1000
    private static let lineLength = 78

    private enum Format {
      case integer
      case fixed(decimals: Int)
      case scientific
    }

    init(_ spec: Spec, _ bytes: UnsafeRawBufferPointer) {
      self.spec = spec
      elements = Elements(bytes, spec.dtype)
      edge = spec.count > Self.threshold ? 3 : nil
    }

    mutating func print() -> [UInt8] {
      text += "\(spec.dtype) \(spec.shape)\n".utf8
      var shown: [Int] = []
      collect(axis: 0, base: 0, into: &shown)
      format = format(for: shown)
      width = shown.map { element($0).utf8.count }.max() ?? 0
      write(axis: 0, base: 0)
      text.append(UInt8(ascii: "\n"))
      return text
    }

    /// The indices of an axis that are shown; nil stands for those left out.
    private func indices(_ axis: Int) -> [Int?] {
      let length = spec.shape[axis]
      guard let edge, length > 2 * edge else { return Array(0..<length) }
      return (0..<edge).map { $0 } + [nil] + (length - edge..<length).map { $0 }
    }

    private func collect(axis: Int, base: Int, into shown: inout [Int]) {
      guard axis < spec.rank else {
        shown.append(base)
        return
      }
      for case let i? in indices(axis) { collect(axis: axis + 1, base: base * spec.shape[axis] + i, into: &shown) }
    }

    /// Four decimals at most, no more than needed; powers of ten where those would hide or bury the digits.
    private func format(for shown: [Int]) -> Format {
      guard spec.dtype.isFloat else { return .integer }
      let values = shown.map { elements.real($0) }.filter(\.isFinite)
      let magnitudes = values.map(\.magnitude).filter { $0 > 0 }
      if let most = magnitudes.max(), most >= 1e6 || most < 1e-2 {
        return .scientific
      }
      var decimals = 0
      for value in values {
        while decimals < 4, ((value * pow(10, Double(decimals))).rounded() / pow(10, Double(decimals)) - value).magnitude > 5e-6 {
          decimals += 1
        }
      }
      return .fixed(decimals: decimals)
    }

    private func element(_ i: Int) -> String {
      let value = elements.real(i)
      switch format {
      case .integer: return elements.text(i)
      case .fixed(let decimals): return value.isFinite ? formatted("%.\(decimals)f", value) : elements.text(i)
      case .scientific: return value.isFinite ? formatted("%.4e", value) : elements.text(i)
      }
    }

    private mutating func write(axis: Int, base: Int) {
      guard axis < spec.rank else {
        text += element(base).utf8
        return
      }
      let indent = [UInt8](repeating: UInt8(ascii: " "), count: axis + 1)
      let isRow = axis == spec.rank - 1
      text.append(UInt8(ascii: "["))
      var lineLength = axis + 1
      for (position, i) in indices(axis).enumerated() {
        if isRow {
          let word = i.map { element(base * spec.shape[axis] + $0) } ?? "..."
          let padding = i == nil ? 0 : width - word.utf8.count
          if position > 0 && lineLength + 1 + padding + word.utf8.count > Self.lineLength {
            text += [UInt8(ascii: "\n")] + indent
            lineLength = axis + 1
          } else if position > 0 {
            text.append(UInt8(ascii: " "))
            lineLength += 1
          }
          text += [UInt8](repeating: UInt8(ascii: " "), count: padding) + Array(word.utf8)
          lineLength += padding + word.utf8.count
        } else {
          // Matrices are set apart by a blank line.
          if position > 0 { text += [UInt8](repeating: UInt8(ascii: "\n"), count: min(spec.rank - 1 - axis, 2)) + indent }
          if let i { write(axis: axis + 1, base: base * spec.shape[axis] + i) } else { text += "...".utf8 }
        }
      }
      text.append(UInt8(ascii: "]"))
    }
  }
}

/// `value` as printf writes it.
package func formatted(_ format: String, _ value: Double) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { buffer in
    let length = withVaList([value]) { vsnprintf(buffer.baseAddress, buffer.count, format, $0) }
    return String(decoding: buffer.prefix(max(0, min(Int(length), buffer.count - 1))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
