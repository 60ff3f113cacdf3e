package import CHost
package import CZoo
import Glibc
public import ZooFormats
public import ZooTypes

/// A parameter as a layer asks for it.
public struct ParameterRequest: Sendable {
  /// Without the layer's path: `weight`.
  public let name: String
  /// Type and shape.
  public let spec: Spec
  /// How it starts unless the manifest says otherwise.
  let initializer: zoo_initializer
  /// Not trained.
  public let isBuffer: Bool
  /// Weight decay passes it by.
  public let isNoDecay: Bool
}

extension ParameterRequest {
  /// A parameter that another layer has asked for already: one inside a loop, as the loop's own.
  init(_ entry: ParameterStore.Entry) {
    self.init(
      name: entry.path, spec: entry.spec, initializer: zoo_initializer(), isBuffer: entry.isBuffer, isNoDecay: entry.isNoDecay)
  }
}

/// A layer: made from its attributes and planned for one set of shapes.
public final class LayerInstance {
  package let kind: KindInfo
  package let table: UnsafePointer<zoo_kind>
  package let layer: OpaquePointer
  package let context: UnsafeMutablePointer<zoo_context>
  package let path: String
  package let place: Place?
  private let run: Run

  /// What it writes.
  public let outputs: [Spec]
  /// What it wants to own.
  public let parameters: [ParameterRequest]
  /// The names of what files of other tools hold beside that, and it does not use.
  let ignored: [String]
  /// What it keeps from forward to backward.
  public private(set) var saved: [Spec]
  /// The rest of its plan.
  ///
  /// Pointers in it live as long as this.
  package private(set) var plan: zoo_plan
  /// Pairs of an output and an input that may share memory.
  let aliases: [(output: Int, input: Int)]
  /// Layers that it computes along; they live as long as it.
  private let siblings: [LayerInstance]
  /// What the host does here by itself; nil: a family computes.
  let control: ControlLayer?

  /// Makes and plans a layer.
  ///
  /// `inputNames` say where each input comes from, for messages.
  public convenience init(
    kind: KindInfo, attributes: [AttributeLiteral], path: String, inputs: [Spec?], inputNames: [String] = [], training: Bool, run: Run,
    place: Place? = nil
  ) throws(LayerFailure) {
    try self.init(
      kind: kind, attributes: attributes, path: path, inputs: inputs, inputNames: inputNames, training: training,
      folding: FoldingRequest(), run: run, place: place)
  }

  /// Makes and plans a layer that folds something in.
  package init(
    kind: KindInfo, attributes: [AttributeLiteral], path: String, inputs: [Spec?], inputNames: [String] = [], training: Bool,
    folding: FoldingRequest, run: Run, place: Place? = nil
  ) throws(LayerFailure) {
    guard let table = kind.table else { preconditionFailure("a kind without a table cannot be planned") }
    let described = inputs.enumerated().map { index, spec in
      let port = kind.inputs.isEmpty ? "input" : kind.inputs[min(index, kind.inputs.count - 1)].name
      let source = index < inputNames.count ? " from '\(inputNames[index])'" : ""
      return "\(port) \(spec.map { "\($0)" } ?? "absent")\(source)"
    }
    func failure(_ phase: LayerFailure.Phase, _ status: zoo_status, _ words: String? = nil) -> LayerFailure {
      LayerFailure(
        layer: path, kind: kind.name, phase: phase, status: status, words: words ?? run.takeWords(), inputs: described, place: place)
    }

    let host = zoo_host_table()
    let context = makeContext(run, file: kind.file, kind: kind.name, layer: path)

    var created: OpaquePointer?
    let createStatus = attributes.withRawAttributes { raw in
      var request = zoo_create_request(
        size: UInt32(MemoryLayout<zoo_create_request>.size), attribute_count: UInt32(attributes.count), host: host, context: context,
        attributes: raw)
      return attributed(to: context, ZOO_IN_CREATE) { table.pointee.create(table, &request, &created) }
    }
    guard createStatus == zoo_status(ZOO_OK), let layer = created else {
      free(context)
      throw failure(.create, createStatus == zoo_status(ZOO_OK) ? zoo_status(ZOO_INTERNAL) : createStatus)
    }

    var absent = zoo_spec()
    absent.rank = -1
    let specs = inputs.map { $0?.raw ?? absent }
    var plan = zoo_plan()
    plan.size = UInt32(MemoryLayout<zoo_plan>.size)
    let planStatus = specs.withUnsafeBufferPointer { specs in
      withOptionalPointer(to: folding.epilogue) { epilogue in
        let siblings = folding.siblings.map { Optional($0.layer) }
        return siblings.withUnsafeBufferPointer { siblings in
          folding.padding.withUnsafeBufferPointer { padding in
            var request = zoo_plan_request(
              size: UInt32(MemoryLayout<zoo_plan_request>.size), flags: training ? UInt32(ZOO_PLAN_TRAINING) : 0, host: host,
              context: context, input_count: UInt32(specs.count), thread_count: UInt32(zoo_host_threads()), inputs: specs.baseAddress,
              epilogue: epilogue, folds: folding.folds, padding: padding.isEmpty ? nil : padding.baseAddress,
              row_stride: Int64(folding.rowStride), siblings: siblings.isEmpty ? nil : siblings.baseAddress,
              sibling_count: UInt32(siblings.count),
              weight_dtype: training ? zoo_dtype() : run.precision.weights?.raw ?? zoo_dtype())
            return attributed(to: context, ZOO_IN_PLAN) { table.pointee.plan(layer, &request, &plan) }
          }
        }
      }
    }
    func give(up error: LayerFailure) -> LayerFailure {
      attributed(to: context, ZOO_IN_DESTROY) { table.pointee.destroy(layer) }
      free(context)
      return error
    }
    guard planStatus == zoo_status(ZOO_OK) else { throw give(up: failure(.plan, planStatus)) }
    let answer: PlanAnswer
    do throws(PlanAnswer.Refusal) {
      answer = try PlanAnswer(plan, inputCount: inputs.count)
    } catch {
      throw give(up: failure(.plan, error.status, error.words))
    }

    self.kind = kind
    self.table = table
    self.layer = layer
    self.context = context
    self.path = path
    self.place = place
    self.run = run
    self.plan = plan
    outputs = answer.outputs
    parameters = answer.parameters
    ignored = answer.ignored
    saved = answer.saved
    aliases = answer.aliases
    control = nil
    siblings = folding.siblings
  }

  /// A loop or condition as a layer like any other.
  init(_ control: ControlLayer, kind: KindInfo, parameters: [ParameterRequest], run: Run, place: Place?) {
    self.kind = kind
    self.control = control
    siblings = []
    self.parameters = parameters
    ignored = []
    self.run = run
    self.place = place
    path = control.path
    table = ControlLayer.table
    layer = OpaquePointer(Unmanaged.passUnretained(control).toOpaque())
    context = makeContext(run, file: kind.file, kind: kind.name, layer: path)
    outputs = control.outputs
    aliases = control.aliases
    saved = control.saved
    plan = control.plan
  }

  /// (of a loop or condition) Says which gradients backward will be asked for, before memory is planned.
  func differentiate(parameters: Set<Int>, inputs: [Bool]) throws(GraphError) {
    guard let control else { return }
    try control.differentiate(parameters: parameters, inputs: inputs)
    saved = control.saved
    plan = control.plan
  }

  deinit {
    attributed(to: context, ZOO_IN_DESTROY) { table.pointee.destroy(layer) }
    free(context)
  }

  /// Whether backward can add to gradients by itself.
  package var accumulates: Bool { plan.flags & UInt32(ZOO_LAYER_ACCUMULATES) != 0 }
  func backwardNeedsInput(_ i: Int) -> Bool {
    if let control { return control.needsInput[i] }
    return i < 64 && plan.needs_inputs >> UInt64(i) & 1 != 0
  }
  func backwardNeedsOutput(_ i: Int) -> Bool { i < 64 && plan.needs_outputs >> UInt64(i) & 1 != 0 }

  /// What a status of this layer's functions means.
  package func failure(_ phase: LayerFailure.Phase, _ status: zoo_status) -> LayerFailure {
    control?.takeFailure()
      ?? LayerFailure(layer: path, kind: kind.name, phase: phase, status: status, words: run.takeWords(), inputs: [], place: place)
  }
}

/// What a plan says, checked: a family may be wrong, and the host must not believe it blindly.
private struct PlanAnswer {
  let outputs: [Spec]
  let parameters: [ParameterRequest]
  let ignored: [String]
  let saved: [Spec]
  let aliases: [(output: Int, input: Int)]

  /// No tensor may be larger: sizes in bytes then fit into every later sum.
  static let byteLimit = 1 << 46

  /// Why a plan is not believed.
  struct Refusal: Error {
    let status: zoo_status
    let words: String

    static let nonsense = Refusal(
      status: zoo_status(ZOO_INTERNAL),
      words: "its plan makes no sense: an output or parameter of rank over 8, a negative size, or an alias to nowhere")
    static let tooLarge = Refusal(
      status: zoo_status(ZOO_OUT_OF_MEMORY), words: "it would want more memory than any machine has: its inputs are too large")
  }

  init(_ plan: zoo_plan, inputCount: Int) throws(Refusal) {
    func check(_ raw: zoo_spec) throws(Refusal) -> Spec {
      guard let spec = Spec(raw), spec.shape.allSatisfy({ $0 >= 0 }), spec.hasElementSize else { throw .nonsense }
      guard spec.isSane(limit: Self.byteLimit) else { throw .tooLarge }
      return spec
    }
    func specs(_ first: UnsafePointer<zoo_spec>?, _ count: UInt32) throws(Refusal) -> [Spec] {
      guard count <= 4096 else { throw .nonsense }
      var specs: [Spec] = []
      for i in 0..<Int(count) {
        guard let first else { throw .nonsense }
        specs.append(try check(first[i]))
      }
      return specs
    }
    let outputs = try specs(plan.outputs, plan.output_count)
    let saved = try specs(plan.saved, plan.saved_count)
    guard plan.parameter_count <= 4096, plan.alias_count <= 4096 else { throw .nonsense }
    var parameters: [ParameterRequest] = []
    var ignored: [String] = []
    for pointer in strided(plan.parameters, plan.parameter_count, size: \.size) {
      let raw = pointer.pointee
      if raw.flags & UInt32(ZOO_PARAMETER_IGNORED) != 0 {
        ignored.append(String(raw.name))
        continue
      }
      parameters.append(
        ParameterRequest(
          name: String(raw.name), spec: try check(raw.spec), initializer: raw.initializer,
          isBuffer: raw.flags & UInt32(ZOO_PARAMETER_BUFFER) != 0, isNoDecay: raw.flags & UInt32(ZOO_PARAMETER_NO_DECAY) != 0))
    }
    guard parameters.count + ignored.count == Int(plan.parameter_count) else { throw .nonsense }
    let limit = UInt64(Self.byteLimit)
    guard plan.scratch_forward < limit, plan.scratch_backward < limit, plan.packed_bytes < limit else { throw .tooLarge }
    var aliases: [(output: Int, input: Int)] = []
    for i in 0..<Int(plan.alias_count) {
      guard let pairs = plan.aliases else { throw .nonsense }
      let (output, input) = (Int(pairs[2 * i]), Int(pairs[2 * i + 1]))
      guard outputs.indices.contains(output), (0..<inputCount).contains(input) else { throw .nonsense }
      aliases.append((output, input))
    }
    self.outputs = outputs
    self.parameters = parameters
    self.ignored = ignored
    self.saved = saved
    self.aliases = aliases
  }
}

extension Spec {
  /// Whether elements are whole bytes, at most 8.
  fileprivate var hasElementSize: Bool { dtype.bits >= 8 && dtype.bits % 8 == 0 && dtype.bits <= 64 }

  /// Whether the host lets a family see it.
  package var isPlannable: Bool { isSane(limit: PlanAnswer.byteLimit) }

  /// No negative axis, a known element size, and a byte count that neither overflows nor passes `limit`.
  func isSane(limit: Int) -> Bool {
    guard rank <= 8, hasElementSize else { return false }
    var bytes = dtype.byteCount
    for axis in shape {
      guard axis >= 0 else { return false }
      let (product, overflows) = bytes.multipliedReportingOverflow(by: max(axis, 1))
      guard !overflows, product <= limit else { return false }
      bytes = product
    }
    return true
  }
}

func withOptionalPointer<Value, Result>(to value: Value?, _ body: (UnsafePointer<Value>?) -> Result) -> Result {
  guard let value else { return body(nil) }
  return withUnsafePointer(to: value) { body($0) }
}
