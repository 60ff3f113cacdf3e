import Glibc

/// A coordinate with two decimals at most.
func text(_ value: Double) -> String {
  let hundredths = (value * 100).rounded() / 100
  return hundredths == hundredths.rounded() && hundredths.magnitude < 1e9 ? String(Int(hundredths)) : "\(hundredths)"
}

/// The decimal logarithm.
func logarithm(_ value: Double) -> Double { log10(value) }

/// The exponent of the largest power of ten that is no larger.
func floorLog10(_ value: Double) -> Int { value > 0 && value.isFinite ? Int(log10(value).rounded(.down)) : 0 }

/// A power of ten, as exact as it can be.
func tenTo(_ exponent: Int) -> Double { Double("1e\(exponent)") ?? pow(10, Double(exponent)) }

/// A number with so many decimals: `0.25`.
func decimal(_ value: Double, digits: Int) -> String {
  let scale = tenTo(digits)
  let whole = (value.magnitude * scale).rounded()
  guard whole < 1e15 else { return "\(value)" }
  var text = String(Int(whole))
  if digits > 0 {
    text = String(repeating: "0", count: max(digits + 1 - text.count, 0)) + text
    text.insert(".", at: text.index(text.endIndex, offsetBy: -digits))
  }
  return (value < 0 && whole > 0 ? "-" : "") + text
}

/// A number as a factor and a power of ten: `2e-5`.
func scientific(_ value: Double) -> String {
  var exponent = floorLog10(value.magnitude)
  var factor = (value / tenTo(exponent) * 10).rounded() / 10
  if factor.magnitude >= 10 { (factor, exponent) = (factor / 10, exponent + 1) }
  return (factor == factor.rounded() ? String(Int(factor)) : "\(factor)") + "e\(exponent)"
}

/// Text that is safe between tags and in attributes of XML.
///
/// Characters that XML does not have are replaced.
package func escaped(_ text: String) -> String {
  var safe = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": safe += "&amp;"
    case "<": safe += "&lt;"
    case ">": safe += "&gt;"
    case "\"": safe += "&quot;"
    case "\n", "\t": safe += " "
    default: safe.unicodeScalars.append(scalar.value < 0x20 || scalar.value | 1 == 0xFFFF ? "\u{FFFD}" : scalar)
    }
  }
  return safe
}
