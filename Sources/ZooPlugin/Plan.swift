public import CZoo

/// What the host asks of `plan`.
public struct PlanRequest {
  let raw: UnsafePointer<zoo_plan_request>
  /// The inputs in declared order, up to the last one given; nil: an optional one that is absent.
  ///
  /// What is bf16 stands here as f32.
  public let inputs: [Spec?]
  /// Whether any of the inputs is bf16; every output that is planned as f32 is then bf16 too.
  public let isBF16: Bool

  init(_ raw: UnsafePointer<zoo_plan_request>, takesBF16: Bool) throws(LayerError) {
    self.raw = raw
    let given = (0..<Int(raw.pointee.input_count)).map { Spec(raw.pointee.inputs[$0]) }
    isBF16 = takesBF16 && given.contains { $0?.dtype == .bf16 }
    if isBF16, given.contains(where: { $0?.dtype == .f32 }) { throw .dtype("inputs must be all f32 or all bf16, but some are either") }
    inputs = isBF16 ? given.map { $0.map { Spec($0.shape, $0.dtype == .bf16 ? .f32 : $0.dtype) } } : given
  }

  /// Whether backward will be called: save what it needs, and normalise with the batch's own statistics.
  public var isTraining: Bool { raw.pointee.flags & UInt32(ZOO_PLAN_TRAINING) != 0 }
  /// How many parts of a `parallel` can run at once, at most.
  public var threadCount: Int { Int(raw.pointee.thread_count) }
  /// What to fold into forward's last store.
  ///
  /// Only what an earlier plan of the same layer offered in `epilogues`.
  public var epilogue: Epilogue? { raw.pointee.epilogue.flatMap { Epilogue($0.pointee) } }

  /// Whether `pack` gets a scale and a shift for each channel of output 0.
  ///
  /// Only if an earlier plan of the same layer offered `.affine`.
  public var foldsAffine: Bool { folds(ZOO_EPILOGUE_AFFINE) }
  /// Whether a call has an `addend`, to be added to output 0 before the epilogue.
  ///
  /// Only if an earlier plan of the same layer offered `.add`.
  public var foldsAddend: Bool { folds(ZOO_EPILOGUE_ADD) }

  /// Zeros around input 0, before and after each axis, that are to be read as if they were there; nil: none.
  ///
  /// Only if an earlier plan of the same layer said `canPad`. A layer that refuses is planned without.
  public var padding: [Int]? {
    guard has(\.padding), let padding = raw.pointee.padding, let x = optional(0) else { return nil }
    return (0..<2 * x.rank).map { Int(padding[$0]) }
  }
  /// How many elements the rows (the last axis) of output 0 are apart; nil: they are dense.
  ///
  /// Only if an earlier plan of the same layer said `canStrideRows`.
  public var rowStride: Int? { has(\.row_stride) && raw.pointee.row_stride > 0 ? Int(raw.pointee.row_stride) : nil }
  /// Layers of the same kind over the same inputs, planned before, which this one is to compute too: outputs and parameters are its own, then
  /// theirs in order.
  ///
  /// Only if an earlier plan of the same layer said `canJoin`.
  public func siblings<L: Layer>(_ kind: L.Type) -> [L] {
    guard has(\.sibling_count), let siblings = raw.pointee.siblings else { return [] }
    return (0..<Int(raw.pointee.sibling_count)).compactMap { i in
      siblings[i].flatMap { (Unmanaged<AnyLayerBox>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() as? LayerBox<L>)?.layer }
    }
  }
  /// The type that packed weights are wished to have, so that less is read of them; nil: as they are.
  public var weightDType: DType? {
    guard has(\.weight_dtype), raw.pointee.weight_dtype.bits > 0 else { return nil }
    return DType(raw.pointee.weight_dtype)
  }

  private func folds(_ epilogue: Int) -> Bool { has(\.folds) && raw.pointee.folds >> UInt64(epilogue) & 1 != 0 }

  /// Whether the host knows that some parameters are only in files.
  var knowsIgnored: Bool { raw.pointee.host.pointee.abi_minor >= 1 }

  /// Whether the host is new enough to know a field.
  private func has(_ field: PartialKeyPath<zoo_plan_request>) -> Bool {
    MemoryLayout<zoo_plan_request>.offset(of: field).map { Int(raw.pointee.size) > $0 } ?? false
  }

  /// The protocol's own struct, for what a host offers beyond planning.
  public var pointer: UnsafePointer<zoo_plan_request> { raw }

  /// Input `i`, which is required.
  public subscript(i: Int) -> Spec { inputs[i] ?? Spec([]) }

  /// Input `i`; nil: it is absent.
  public func optional(_ i: Int) -> Spec? { i < inputs.count ? inputs[i] : nil }

  /// Input `i` if it is `f32`, with a rank in `ranks`; an error that names it otherwise.
  public func float(_ i: Int, _ name: String = "x", rank ranks: ClosedRange<Int> = 0...8) throws(LayerError) -> Spec {
    let spec = self[i]
    guard spec.dtype == .f32 else { throw .dtype("\(name) must be f32, but it is \(spec)") }
    guard ranks.contains(spec.rank) else {
      let expected = ranks.lowerBound == ranks.upperBound ? "\(ranks.lowerBound)" : "\(ranks.lowerBound) to \(ranks.upperBound)"
      throw .rank(of: name, expected: expected, got: spec)
    }
    return spec
  }

  /// Input `i` if it holds 32- or 64-bit integers.
  public func indices(_ i: Int, _ name: String) throws(LayerError) -> Spec {
    let spec = self[i]
    guard spec.dtype == .i32 || spec.dtype == .i64 else { throw .dtype("\(name) must be i32 or i64, but it is \(spec)") }
    return spec
  }
}

/// How a parameter starts.
///
/// `fanIn` and `fanOut` of the parameter scale the ones named after people.
public struct Initializer: Sendable {
  var raw: zoo_initializer

  private init(_ method: UInt32, _ a: Double = 0, _ b: Double = 0) {
    raw = zoo_initializer(method: Int32(method), reserved: 0, a: a, b: b, fan_in: 0, fan_out: 0)
  }

  /// All 0.
  public static let zeros = Initializer(0)
  /// All 1.
  public static let ones = Initializer(1)
  /// All `value`.
  public static func constant(_ value: Double) -> Initializer { Initializer(2, value) }
  /// Uniform on `[low, high)`.
  public static func uniform(_ low: Double, _ high: Double) -> Initializer { Initializer(3, low, high) }
  /// Normal.
  public static func normal(mean: Double = 0, deviation: Double) -> Initializer { Initializer(4, mean, deviation) }
  /// Uniform of variance 2 / (in + out).
  ///
  /// Glorot & Bengio 2010.
  public static func xavierUniform(gain: Double = 1) -> Initializer { Initializer(5, gain) }
  /// Normal of variance 2 / (in + out).
  ///
  /// Glorot & Bengio 2010.
  public static func xavierNormal(gain: Double = 1) -> Initializer { Initializer(6, gain) }
  /// Uniform of variance 2 / in.
  ///
  /// He et al. 2015.
  public static func heUniform(gain: Double = 1) -> Initializer { Initializer(7, gain) }
  /// Normal of variance 2 / in.
  ///
  /// He et al. 2015.
  public static func heNormal(gain: Double = 1) -> Initializer { Initializer(8, gain) }
  /// Orthonormal rows or columns.
  ///
  /// Saxe et al. 2014.
  public static func orthogonal(gain: Double = 1) -> Initializer { Initializer(9, gain) }
  /// Uniform on ±1/sqrt(in): what PyTorch gives dense layers and convolutions.
  public static func lecunUniform(fanIn: Int) -> Initializer {
    let bound = 1 / Double(max(fanIn, 1)).squareRoot()
    return .uniform(-bound, bound)
  }

  /// The same, with the fans stated instead of taken from the shape.
  public func fans(in fanIn: Int, out fanOut: Int) -> Initializer {
    var copy = self
    copy.raw.fan_in = Int64(fanIn)
    copy.raw.fan_out = Int64(fanOut)
    return copy
  }
}

/// A parameter that a layer wants.
///
/// The host owns it, under the layer's path. Name and shape follow PyTorch.
public struct Parameter: Sendable {
  /// What holds of a parameter beyond its shape.
  public struct Traits: OptionSet, Sendable {
    /// The protocol's bits.
    public let rawValue: UInt32
    /// Traits from the protocol's bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// Not trained: running statistics.
    ///
    /// In training, `forward` may write to it.
    public static let buffer = Traits(rawValue: 1)
    /// Weight decay passes it by: biases, gains.
    public static let noDecay = Traits(rawValue: 2)
    /// Files of other tools hold it and the layer does not use it: the host reads past it.
    ///
    /// It has no memory, and calls do not have it.
    public static let ignored = Traits(rawValue: 4)
  }

  let name: String
  let spec: Spec
  let initializer: Initializer
  let traits: Traits

  /// Declares a parameter; `f32`.
  public init(_ name: String, _ shape: [Int], _ initializer: Initializer, _ traits: Traits = []) {
    self.name = name
    self.spec = Spec(shape)
    self.initializer = initializer
    self.traits = traits
  }

  /// Declares what files of other tools hold under `name` and the layer does not use, whatever its type and shape are.
  public static func ignored(_ name: String) -> Parameter { Parameter(name, [], .zeros, .ignored) }
}

/// What may be folded into a layer's last store: y = epilogue(y).
public enum Epilogue: Hashable, Sendable {
  case relu(slope: Float)
  case tanh
  case sigmoid
  case elu(alpha: Float)
  case gelu
  case geluTanh
  case silu
  case linear(scale: Float, shift: Float)
  case clip(low: Float, high: Float)
  /// The sum of two inputs of one shape, either of which may be the y.
  case add
  /// A scale and a shift for each index of the last axis, which `pack` writes as f32: all scales, then all shifts.
  case affine

  init?(_ raw: zoo_epilogue) {
    switch raw.kind {
    case 1: self = .relu(slope: raw.alpha)
    case 2: self = .tanh
    case 3: self = .sigmoid
    case 4: self = .elu(alpha: raw.alpha)
    case 5: self = .gelu
    case 6: self = .geluTanh
    case 7: self = .silu
    case 8: self = .linear(scale: raw.alpha, shift: raw.beta)
    case 9: self = .add
    case 10: self = .affine
    case 11: self = .clip(low: raw.alpha, high: raw.beta)
    default: return nil
    }
  }

  /// The protocol's form, for kernels in C.
  public var raw: zoo_epilogue {
    var raw = zoo_epilogue()
    raw.size = UInt32(MemoryLayout<zoo_epilogue>.size)
    switch self {
    case .relu(let slope): (raw.kind, raw.alpha) = (1, slope)
    case .tanh: raw.kind = 2
    case .sigmoid: raw.kind = 3
    case .elu(let alpha): (raw.kind, raw.alpha) = (4, alpha)
    case .gelu: raw.kind = 5
    case .geluTanh: raw.kind = 6
    case .silu: raw.kind = 7
    case .linear(let scale, let shift): (raw.kind, raw.alpha, raw.beta) = (8, scale, shift)
    case .add: raw.kind = 9
    case .affine: raw.kind = 10
    case .clip(let low, let high): (raw.kind, raw.alpha, raw.beta) = (11, low, high)
    }
    return raw
  }
}

/// Which epilogues a layer can fold into its last store.
public struct Epilogues: OptionSet, Sendable {
  /// Every one that is a function of an element alone.
  public static let all: Epilogues = [.relu, .tanh, .sigmoid, .elu, .gelu, .geluTanh, .silu, .linear, .clip]
  /// The protocol's bits.
  public let rawValue: UInt64
  /// Traits from the protocol's bits.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  /// max(x, slope x).
  public static let relu = Epilogues(rawValue: 1 << 1)
  /// The hyperbolic tangent.
  public static let tanh = Epilogues(rawValue: 1 << 2)
  /// The logistic function.
  public static let sigmoid = Epilogues(rawValue: 1 << 3)
  /// The exponential linear unit.
  public static let elu = Epilogues(rawValue: 1 << 4)
  /// GELU by erf.
  public static let gelu = Epilogues(rawValue: 1 << 5)
  /// GELU by its tanh approximation.
  public static let geluTanh = Epilogues(rawValue: 1 << 6)
  /// x sigmoid(x).
  public static let silu = Epilogues(rawValue: 1 << 7)
  /// scale x + shift.
  public static let linear = Epilogues(rawValue: 1 << 8)
  /// A call's `addend`, before any of the others but `affine`.
  public static let add = Epilogues(rawValue: 1 << 9)
  /// A scale and a shift for each channel, before any of the others: `pack` gets them.
  public static let affine = Epilogues(rawValue: 1 << 10)
  /// min(max(x, low), high).
  public static let clip = Epilogues(rawValue: 1 << 11)
}

/// Which functions of a layer take tensors of bf16 as they are.
public struct NativeBF16: OptionSet, Sendable {
  /// A bit for each function.
  public let rawValue: Int
  /// A set from its bits.
  public init(rawValue: Int) { self.rawValue = rawValue }
  /// Inputs and outputs of forward.
  public static let forward = NativeBF16(rawValue: 1)
  /// Inputs, outputs and their gradients in backward; parameters' gradients are always f32.
  public static let backward = NativeBF16(rawValue: 2)
}

/// What a layer answers once the shapes of its inputs are known.
///
/// It depends on attributes and specs alone.
public struct Plan {
  /// What forward writes.
  public var outputs: [Spec]
  /// What the layer wants to own.
  ///
  /// The host keeps it.
  public var parameters: [Parameter] = []
  /// In training, what the host keeps from forward to backward for the layer.
  public var saved: [Spec] = []
  /// Pairs of an output and an input that may share memory: the kernel reads each element before it writes it.
  public var aliases: [(output: Int, input: Int)] = []
  /// Scratch for a call of forward, in bytes.
  public var forwardScratch = 0
  /// Scratch for a call of backward, in bytes.
  public var backwardScratch = 0
  /// The size of the parameters in the layer's own layout, which `pack` writes; 0: none.
  public var packedBytes = 0
  /// Which inputs backward reads.
  public var neededInputs: Set<Int> = []
  /// Which outputs backward reads.
  public var neededOutputs: Set<Int> = []
  /// What forward can fold into its last store.
  public var epilogues: Epilogues = []
  /// The epilogue that this whole layer is to its first input, if it is one.
  public var isEpilogue: Epilogue?
  /// The zeros before and after each axis that this whole layer puts around its input, if that is what it does.
  public var isPadding: [Int]?
  /// The parts that output 0 consists of, each of them the parts of all inputs one behind the other; 0: it is nothing of the kind.
  ///
  /// forward leaves an input alone whose data is where it belongs in the output already.
  public var joinedParts = 0
  /// Whether zeros around input 0 can be taken in.
  public var canPad = false
  /// Whether rows of output 0 may lie further apart than they are long.
  public var canStrideRows = false
  /// Whether siblings can be computed along.
  public var canJoin = false
  /// Whether outputs at index n of the first axis depend on inputs at index n alone.
  public var isRowIndependent = false
  /// Whether backward honours `accumulates(...)`; without it the host adds by itself.
  public var accumulates = false
  /// The arithmetic of one forward, in operations.
  public var flops = 0.0
  /// What forward reads of parameters, in bytes; counted from `parameters` unless said otherwise.
  public var bytes: Double?

  /// Adds the outputs, parameters and arithmetic of siblings that are computed along.
  public mutating func join(_ siblings: [Plan]) {
    for sibling in siblings {
      outputs += sibling.outputs
      parameters += sibling.parameters
      flops += sibling.flops
    }
  }

  /// (of a plan for bf16) What reads and writes bf16 by itself.
  ///
  /// Around anything else, inputs are widened to f32 and what is written is rounded.
  public var nativeBF16: NativeBF16 = []

  /// A plan with these outputs; everything else is none until it is set.
  public init(outputs: [Spec], parameters: [Parameter] = [], saved: [Spec] = []) {
    self.outputs = outputs
    self.parameters = parameters
    self.saved = saved
  }
}
