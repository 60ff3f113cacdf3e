import CZoo
import ZooFormats
import ZooRuntime
import ZooTypes

/// A layer and its inputs that a kind's plan accepts.
struct CheckedCase {
  let attributes: [AttributeLiteral]
  var inputs: [InputForm?]
  var tolerance = 1e-5
  var gradientTolerance = 0.02
  /// Whether its plan accepts it in training too.
  var trains = true
  /// What sets it apart, for people: the attributes that are not their defaults, and the inputs.
  let words: String
}

extension CheckedCase {
  /// In which it is run: false is inference.
  var modes: [Bool] { trains ? [false, true] : [false] }
}

/// What one input of a case is.
struct InputForm: Hashable {
  var spec: Spec
  /// What its numbers are drawn from; nil: what suits the type.
  var range: ClosedRange<Double>?
}

/// A case of "zoo.check/1" that cannot be read.
struct UnreadableCase: Error {
  let words: String
}

extension KindInfo {
  /// The cases that the family itself gives.
  func declaredCases() throws -> [CheckedCase] {
    guard let table, let ask = table.pointee.extension else { return [] }
    var id = "zoo.check/1"
    let answer = id.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { ask(table, zoo_string(data: $0.baseAddress, length: UInt64($0.count))) }
    }
    guard let check = answer?.assumingMemoryBound(to: zoo_check.self).pointee, let first = check.cases else { return [] }
    return try (0..<Int(check.case_count)).map { index in
      let raw = (UnsafeRawPointer(first) + index * Int(first.pointee.size)).load(as: zoo_check_case.self)
      return try declaredCase(raw)
    }
  }

  private func declaredCase(_ raw: zoo_check_case) throws -> CheckedCase {
    let (attributes, inputs) = (String(raw.attributes), String(raw.inputs))
    let literals: [AttributeLiteral]
    do {
      let document = try JSONDocument(Array((attributes.isEmpty ? "{}" : attributes).utf8), file: "zoo.check/1")
      literals = try AttributeReader(.node(path: name, kind: name), in: document).read(self.attributes, from: document.root)
    } catch let error as any ExplainedError {
      throw UnreadableCase(words: "its case '\(attributes)' of zoo.check/1 cannot be read: \(error.message)")
    }
    let forms = try inputs.split(separator: ";", omittingEmptySubsequences: false).map { text in
      let text = text.trimmed
      if text == "-" { return InputForm?.none }
      guard let form = InputForm(String(text)) else {
        throw UnreadableCase(words: "its inputs '\(inputs)' of zoo.check/1 cannot be read at '\(text)': write such as 'f32[2, 3] 0...1'")
      }
      return form
    }
    return CheckedCase(
      attributes: literals, inputs: inputs.trimmed.isEmpty ? [] : forms, tolerance: raw.tolerance > 0 ? raw.tolerance : 1e-5,
      gradientTolerance: raw.gradient_tolerance > 0 ? raw.gradient_tolerance : 0.02,
      words: "\(attributes.isEmpty ? "{}" : attributes) of \(inputs)")
  }
}

extension InputForm {
  private static let types: [String: DType] = [
    "f32": .f32, "f64": .f64, "f16": .f16, "bf16": .bf16, "i8": .i8, "i16": .i16, "i32": .i32, "i64": .i64, "u8": .u8, "u32": .u32,
    "bool": .bool,
  ]

  /// From such as `i64[2, 3] 0...4`.
  init?(_ text: String) {
    guard let open = text.firstIndex(of: "["), let close = text.firstIndex(of: "]"), open < close,
      let type = Self.types[String(text[..<open].trimmed)]
    else { return nil }
    let inner = text[text.index(after: open)..<close].trimmed
    let written = inner.isEmpty ? [] : inner.split(separator: ",", omittingEmptySubsequences: false)
    let axes = written.compactMap { Int($0.trimmed) }.filter { $0 >= 0 }
    guard axes.count == written.count, axes.count <= Int(ZOO_MAX_RANK) else { return nil }
    spec = Spec(axes, type)
    let rest = text[text.index(after: close)...].trimmed
    if rest.isEmpty { return }
    guard let dots = rest.firstRange(of: "..."), let low = Double(rest[..<dots.lowerBound].trimmed),
      let high = Double(rest[dots.upperBound...].trimmed), low <= high
    else { return nil }
    range = low...high
  }
}

extension StringProtocol {
  /// Without spaces at its ends.
  var trimmed: String {
    var part = self[...]
    while part.first == " " { part = part.dropFirst() }
    while part.last == " " { part = part.dropLast() }
    return String(part)
  }
}
