import CZoo

/// A layer and its inputs that `zoo check` is to try.
///
///     CheckCase(#"{"equation": "ij,jk->ik"}"#, "f32[2, 3]; f32[3, 4]")
public struct CheckCase: Sendable {
  let attributes: String
  let inputs: String
  let tolerance: Double
  let gradientTolerance: Double

  /// Declares a case.
  ///
  /// - Parameters:
  ///   - attributes: a JSON object, as in a manifest; empty: no attributes.
  ///   - inputs: element types and shapes, separated by `;`, each with the range of its numbers where that matters:
  ///     `f32[2, 3]; i64[2] 0...4; -`, where `-` is an optional input that is absent.
  ///   - tolerance: relative, of what should be equal but for rounding; 0 means 1e-5.
  ///   - gradientTolerance: relative, of gradients against finite differences; 0 means 0.02.
  public init(_ attributes: String, _ inputs: String, tolerance: Double = 0, gradientTolerance: Double = 0) {
    self.attributes = attributes
    self.inputs = inputs
    self.tolerance = tolerance
    self.gradientTolerance = gradientTolerance
  }
}

extension [CheckCase] {
  /// The struct behind "zoo.check/1", for ever; nil: there is nothing to add.
  var table: UnsafePointer<zoo_check>? {
    let cases = map {
      zoo_check_case(
        size: UInt32(MemoryLayout<zoo_check_case>.size), reserved: 0, attributes: permanent($0.attributes), inputs: permanent($0.inputs),
        tolerance: $0.tolerance, gradient_tolerance: $0.gradientTolerance)
    }
    guard let first = permanent(cases) else { return nil }
    return UnsafePointer(
      permanent([zoo_check(size: UInt32(MemoryLayout<zoo_check>.size), case_count: UInt32(count), cases: UnsafePointer(first))]))
  }
}
