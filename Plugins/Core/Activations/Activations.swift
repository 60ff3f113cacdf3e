import CKernels
import ZooPlugin

let activations: [Kind] = [
  Kind(Identity.self), Kind(Sigmoid.self), Kind(Tanh.self), Kind(ReLU.self), Kind(ReLU6.self), Kind(LeakyReLU.self), Kind(Abs.self),
  Kind(ELU.self),
  Kind(Softplus.self), Kind(GELU.self), Kind(SiLU.self), Kind(Maxout.self), Kind(Softmax.self), Kind(LogSoftmax.self),
]

/// Hands its input on.
///
///     y = x
///
/// - Shapes: any; `y` has that of `x`, as for every activation here.
struct Identity: ElementwiseActivation {
  static var declaration: Declaration<Self> {
    Declaration("core.identity", "Hands its input on.", formula: "y = x", bf16: .followed)
  }

  var kernels: ActivationKernels { .init(forward: zoo_identity_forward, backward: zoo_identity_backward, keeps: .nothing, isLight: true) }
  var epilogue: Epilogue? { .linear(scale: 1, shift: 0) }
}

/// The logistic function, which maps onto (0, 1).
///
///     y = 1 / (1 + exp(-x))
struct Sigmoid: ElementwiseActivation {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.sigmoid", "The logistic function, which maps onto (0, 1).", formula: "y = 1 / (1 + exp(-x))",
      bf16: .followed)
  }

  var kernels: ActivationKernels { .init(forward: zoo_sigmoid_forward, backward: zoo_sigmoid_backward, keeps: .output) }
  var epilogue: Epilogue? { .sigmoid }
}

/// The hyperbolic tangent, which maps onto (-1, 1).
///
///     y = tanh(x)
struct Tanh: ElementwiseActivation {
  static var declaration: Declaration<Self> {
    Declaration("core.tanh", "The hyperbolic tangent, which maps onto (-1, 1).", formula: "y = tanh(x)", bf16: .followed)
  }

  var kernels: ActivationKernels { .init(forward: zoo_tanh_forward, backward: zoo_tanh_backward, keeps: .output) }
  var epilogue: Epilogue? { .tanh }
}

/// The rectifier: what is negative becomes 0.
///
///     y = max(x, 0)
///
/// Its derivative at 0 is taken as 0.
///
/// - Reference: Nair & Hinton 2010, "Rectified linear units improve restricted Boltzmann machines".
struct ReLU: ElementwiseActivation {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.relu", "The rectifier: what is negative becomes 0.", formula: "y = max(x, 0)",
      reference: "Nair & Hinton 2010, Rectified linear units improve restricted Boltzmann machines", bf16: .followed)
  }

  var kernels: ActivationKernels { .init(forward: zoo_relu_forward, backward: zoo_relu_backward, keeps: .output, isLight: true) }
  var epilogue: Epilogue? { .relu(slope: 0) }
}

/// A rectifier that saturates, so that few bits hold what it puts out.
///
///     y = min(max(x, 0), 6)
///
/// Its derivative at 0 and at 6 is taken as 0.
///
/// - Reference: Krizhevsky 2010, "Convolutional deep belief networks on CIFAR-10".
struct ReLU6: ElementwiseActivation {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.relu6", "A rectifier that saturates, so that few bits hold what it puts out.", formula: "y = min(max(x, 0), 6)",
      reference: "Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10", bf16: .followed)
  }

  var kernels: ActivationKernels { .init(forward: zoo_relu6_forward, backward: zoo_relu6_backward, keeps: .output, isLight: true) }
  var epilogue: Epilogue? { .clip(low: 0, high: 6) }
}

/// A rectifier that lets a little of what is negative through, so that no unit dies.
///
///     y = x > 0 ? x : slope x
///
/// Its derivative at 0 is taken as the slope.
///
/// - Reference: Maas, Hannun & Ng 2013, "Rectifier nonlinearities improve neural network acoustic models".
struct LeakyReLU: ElementwiseActivation {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.leaky_relu", "A rectifier that lets a little of what is negative through.", formula: "y = x > 0 ? x : slope x",
      reference: "Maas, Hannun & Ng 2013, Rectifier nonlinearities improve neural network acoustic models",
      attributes: [Attribute("slope", \.slope, in: -1e6...1e6, "The derivative below 0.")], bf16: .followed)
  }

  var slope: Float = 0.01

  var kernels: ActivationKernels {
    // The output tells on which side of 0 the input was, unless the slope turns it around.
    .init(
      forward: zoo_leaky_relu_forward, backward: zoo_leaky_relu_backward, keeps: slope >= 0 ? .output : .input, isLight: true,
      a: slope)
  }
  // The epilogue is max(x, slope x), which is the same only for these.
  var epilogue: Epilogue? { (0...1).contains(slope) ? .relu(slope: slope) : nil }
}

/// The absolute value.
///
///     y = |x|
///
/// Its derivative at 0 is taken as 0.
struct Abs: ElementwiseActivation {
  static var declaration: Declaration<Self> {
    Declaration("core.abs", "The absolute value.", formula: "y = |x|", bf16: .followed)
  }

  var kernels: ActivationKernels { .init(forward: zoo_abs_forward, backward: zoo_abs_backward, keeps: .input, isLight: true) }
}

/// The exponential linear unit, which falls smoothly to -alpha.
///
///     y = x > 0 ? x : alpha (exp(x) - 1)
///
/// - Reference: Clevert, Unterthiner & Hochreiter 2016, <https://arxiv.org/abs/1511.07289>.
struct ELU: ElementwiseActivation {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.elu", "The exponential linear unit, which falls smoothly to -alpha.", formula: "y = x > 0 ? x : alpha (exp(x) - 1)",
      reference: "Clevert, Unterthiner & Hochreiter 2016, arXiv:1511.07289",
      attributes: [Attribute("alpha", \.alpha, in: 0...1e6, "What y approaches far below 0, without its sign.")], bf16: .followed)
  }

  var alpha: Float = 1

  var kernels: ActivationKernels { .init(forward: zoo_elu_forward, backward: zoo_elu_backward, keeps: .output, a: alpha) }
  var epilogue: Epilogue? { .elu(alpha: alpha) }
}

/// A smooth rectifier.
///
///     y = log(1 + exp(beta x)) / beta, and x itself where beta x > threshold
///
/// - Reference: Dugas et al. 2001, "Incorporating second-order functional knowledge for better option pricing".
struct Softplus: ElementwiseActivation {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.softplus", "A smooth rectifier.", formula: "y = log(1 + exp(beta x)) / beta, and x itself where beta x > threshold",
      reference: "Dugas et al. 2001, Incorporating second-order functional knowledge for better option pricing",
      attributes: [
        Attribute("beta", \.beta, in: 1e-6...1e6, "How sharp the bend at 0 is."),
        Attribute("threshold", \.threshold, in: -1e6...1e6, "Where beta x is so large that y is taken as x."),
      ], bf16: .followed)
  }

  var beta: Float = 1
  var threshold: Float = 20

  var kernels: ActivationKernels {
    .init(forward: zoo_softplus_forward, backward: zoo_softplus_backward, keeps: .input, a: beta, b: threshold)
  }
}

/// The Gaussian error linear unit: x times the probability that a standard normal number is smaller.
///
///     y = x Phi(x) = x (1 + erf(x / sqrt(2))) / 2
///     with tanh: y = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
///
/// - Reference: Hendrycks & Gimpel 2016, <https://arxiv.org/abs/1606.08415>.
struct GELU: ElementwiseActivation {
  /// Which formula; the names are PyTorch's.
  enum Approximation: String, CaseIterable, AttributeValue {
    case exact = "none"
    case tanh
  }

  static var declaration: Declaration<Self> {
    Declaration(
      "core.gelu", "The Gaussian error linear unit: x times the probability that a standard normal number is smaller.",
      formula: "y = x (1 + erf(x / sqrt(2))) / 2; with tanh: y = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2",
      reference: "Hendrycks & Gimpel 2016, arXiv:1606.08415",
      attributes: [Attribute("approximation", \.approximation, "The formula: exact, or GPT-2's approximation by tanh.")],
      bf16: .followed)
  }

  var approximation = Approximation.exact

  var kernels: ActivationKernels {
    switch approximation {
    case .exact: .init(forward: zoo_gelu_forward, backward: zoo_gelu_backward, keeps: .input)
    case .tanh: .init(forward: zoo_gelu_tanh_forward, backward: zoo_gelu_tanh_backward, keeps: .input)
    }
  }
  var epilogue: Epilogue? { approximation == .exact ? .gelu : .geluTanh }
}

/// The sigmoid linear unit, also called swish.
///
///     y = x sigmoid(x)
///
/// - Reference: Elfwing, Uchibe & Doya 2018, <https://arxiv.org/abs/1702.03118>.
struct SiLU: ElementwiseActivation {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.silu", "The sigmoid linear unit, also called swish.", formula: "y = x sigmoid(x)",
      reference: "Elfwing, Uchibe & Doya 2018, arXiv:1702.03118", bf16: .followed)
  }

  var kernels: ActivationKernels { .init(forward: zoo_silu_forward, backward: zoo_silu_backward, keeps: .input) }
  var epilogue: Epilogue? { .silu }
}
