import CFFI
import ZooPlugin

/// A function of numbers, from any library, applied to every element.
///
///     y[i] = f(x[i])
///
/// Functions of several numbers take elements of several inputs, or numbers that `arguments` gives. Floating-point tensors are f32 whether the
/// function computes with f32 or f64; whole numbers are passed as they are. With a derivative by each f32 input it trains.
///
/// - Shapes: any; all inputs and `y` are alike.
struct ForeignMap: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "foreign.map", "A function of numbers, from any library that you allow, applied to every element.", formula: "y[i] = f(x[i])",
      attributes: [
        Attribute("library", \.library, .required, "The shared library, by the name that the system finds it by, such as libm.so.6."),
        Attribute("symbol", \.symbol, .required, "The function."),
        Attribute("signature", \.signature, "What it takes and returns, such as f32(f32), f64(f64, f64) or f32(f32, i32)."),
        Attribute("inputs", \.inputs, "Names for the inputs, in their order."),
        Attribute("arguments", \.arguments, "What is passed: inputs by name, and numbers. All inputs, if it is not given."),
        Attribute("derivative", \.derivative, "Functions of the same arguments: the derivative by each f32 input, in their order."),
        Attribute("derivative_signature", \.derivativeSignature, "What those take and return, if not what the function does."),
        Attribute("parallel", \.parallel, "Whether several threads may call it at once, as most functions of libm allow."),
      ],
      inputs: [Port("x", "[...]", "What the function is applied to.", .variadic)],
      checks: [
        CheckCase(#"{"library": "libm.so.6", "symbol": "sinf", "derivative": "cosf"}"#, "f32[3, 4]"),
        CheckCase(
          #"{"library": "libm.so.6", "symbol": "sin", "signature": "f64(f64)", "derivative": "cos", "parallel": true}"#, "f32[2, 3]"),
      ])
  }

  var library = ""
  var symbol = ""
  var signature = "f32(f32)"
  var inputs = "x"
  var arguments: String?
  var derivative: String?
  var derivativeSignature: String?
  var parallel = false
  private var function: MappedFunction?
  /// By input; nil: it has none.
  private var derivatives: [MappedFunction?] = []
  private var addresses = AddressTable(0)

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let names = try AttributeReader.names("inputs", inputs)
    let specs = try request.named(names)
    for (name, spec) in zip(names, specs) where spec.shape != specs[0].shape {
      throw .shape("\(name) must have the shape of \(names[0]), \(specs[0].shape), but its shape is \(spec.shape)")
    }
    let library = try Library(library, for: request)
    let types = try Signature("signature", signature)
    let binding = MapBinding(names: names, specs: specs, arguments: arguments ?? inputs)
    let function = try MappedFunction(library.function(symbol, of: "symbol"), types, binding, "signature")
    self.function = function
    derivatives = try derivatives(in: library, names, specs, binding)
    addresses = AddressTable(specs.count)

    let y = Spec(specs[0].shape, function.output)
    var plan = Plan(outputs: [y])
    plan.aliases = specs.indices.filter { specs[$0].dtype.bits == y.dtype.bits }.map { (output: 0, input: $0) }
    if derivatives.contains(where: { $0 != nil }) { plan.neededInputs = Set(specs.indices) }
    plan.isRowIndependent = y.rank > 0
    plan.accumulates = true
    plan.flops = Double(y.count)
    return plan
  }

  private func derivatives(
    in library: Library, _ names: [String], _ specs: [Spec], _ binding: MapBinding
  ) throws(LayerError) -> [MappedFunction?] {
    guard let derivative else {
      if derivativeSignature != nil { throw .attribute("derivative_signature is given, but no derivative") }
      return specs.map { _ in nil }
    }
    let symbols = try AttributeReader.symbols("derivative", derivative)
    let floats = specs.indices.filter { specs[$0].dtype == .f32 }
    guard symbols.count == floats.count else {
      let wanted = floats.map { names[$0] }.joined(separator: ", ")
      throw .attribute(
        "derivative '\(derivative)' names \(symbols.count) where there is one by each f32 input: \(wanted.isEmpty ? "none" : wanted)")
    }
    let attribute = derivativeSignature == nil ? "signature" : "derivative_signature"
    let types = try Signature(attribute, derivativeSignature ?? signature)
    var found: [MappedFunction?] = specs.map { _ in nil }
    for (input, symbol) in zip(floats, symbols) {
      let function = try MappedFunction(library.function(symbol, of: "derivative"), types, binding, attribute)
      guard function.output == .f32 else { throw .attribute("a derivative returns f32 or f64, but by its \(attribute) it is \(types)") }
      found[input] = function
    }
    return found
  }

  func forward(_ call: Call) throws(LayerError) {
    guard let function else { throw .internal("a layer that was not planned") }
    let (inputs, y, count) = (addresses.fill(call.inputs), call.outputs[0].address, call.outputs[0].count)
    try share(call, count) { part in zoo_foreign_map_run(function.raw, inputs, y, Int64(part.lowerBound), Int64(part.upperBound)) }
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    for i in derivatives.indices {
      guard let gradient = call.inputGradients.optional(i) else { continue }
      guard let function = derivatives[i] else {
        throw .unsupported("there is no derivative of '\(symbol)' to train through: name a function that computes it as its derivative")
      }
      let (inputs, dx, adds) = (addresses.fill(call.inputs), gradient.floats, Int32(call.accumulatesInput(i) ? 1 : 0))
      try share(call, gradient.count) { part in
        zoo_foreign_map_derive(function.raw, inputs, dy, dx, Int64(part.lowerBound), Int64(part.upperBound), adds)
      }
    }
  }

  /// Elements that are worth a thread, if a call takes 10 ns.
  private static let grain = 2048

  /// Calls `body` over all elements, on this thread unless the function is fit for several.
  private func share(_ call: Call, _ count: Int, _ body: (_ part: Range<Int>) -> Void) throws(LayerError) {
    guard parallel else { return body(0..<count) }
    // Parts end where cache lines do.
    try call.parallel((count + 63) / 64, grain: Self.grain / 64) { part, _ in
      body(part.lowerBound * 64..<min(part.upperBound * 64, count))
    }
  }
}
