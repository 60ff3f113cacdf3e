import ZooPlugin

/// Sums of products of elements, as an equation says (Einstein's convention).
///
///     "ij,jk->ik":  y[i, k] = sum_j a[i, j] b[j, k]
///
/// Each input has a term with a letter for each axis, or `...` for any number of axes that broadcast. What the output lacks is summed
/// over; a letter that an input has twice means its diagonal. Several inputs are multiplied from left to right.
///
/// - Shapes: axes of one letter have one length.
struct Einsum: ContractionLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.einsum", "Sums of products of elements, as an equation says.", formula: "ij,jk->ik means y[i, k] = sum_j a[i, j] b[j, k]",
      attributes: [
        Attribute("equation", \.equation, .required, "A term for each input, then -> and the output's, such as bij,bjk->bik.")
      ],
      inputs: [Port("x", "[...]", "The tensors, as many as the equation has inputs.", .variadic)],
      checks: [
        CheckCase(#"{"equation": "ij,jk->ik"}"#, "f32[2, 3]; f32[3, 4]"), CheckCase(#"{"equation": "bij->bj"}"#, "f32[2, 3, 4]"),
        CheckCase(#"{"equation": "i,j,ij->"}"#, "f32[2]; f32[3]; f32[2, 3]"),
      ])
  }

  var equation = ""
  var contractions = Contractions()

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    var shapes: [[Int]] = []
    for i in request.inputs.indices { shapes.append(try request.float(i, "input \(i)").shape) }
    guard (1...8).contains(shapes.count) else { throw .shape("1 to 8 inputs can be multiplied, but \(shapes.count) are connected") }
    let (inputs, output, shape) = try Equation(equation).labels(shapes)
    let y = try Spec.checked(shape, .f32)
    contractions = try Contractions(
      zip(inputs, shapes).map { (labels: $0, shape: $1) }, output: (output, shape), training: request.isTraining)
    var plan = contractions.plan(y)
    plan.isRowIndependent = zip(inputs, shapes).allSatisfy { labels, shape in
      !labels.isEmpty && labels.first == output.first && !labels.dropFirst().contains(labels[0]) && shape.first == y.shape.first
    }
    return plan
  }
}
