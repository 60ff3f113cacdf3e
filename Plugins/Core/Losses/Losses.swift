import CKernels
import ZooPlugin

let losses: [Kind] = [
  Kind(MeanSquaredError.self), Kind(AbsoluteError.self), Kind(Huber.self), Kind(Hinge.self), Kind(PerceptronLoss.self),
  Kind(BinaryCrossEntropy.self), Kind(KLDivergence.self), Kind(CrossEntropy.self), Kind(Accuracy.self), Kind(IntersectionOverUnion.self),
]

private let lossPort = Port("loss", "[]", "One number; without a reduction, one for each element.")
private func predictionPort(_ about: String = "") -> Port { Port("prediction", "[...]", about) }
private func targetPort(_ about: String = "", _ traits: Port.Traits = []) -> Port { Port("target", "[...]", about, traits) }

/// The squared error.
///
///     loss = mean((prediction - target)^2)
///
/// - Shapes: prediction and target alike, as for every loss here; the loss is a scalar, or has their shape without a reduction.
struct MeanSquaredError: ElementwiseLoss {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.mse", "The squared error.", formula: "loss = mean((prediction - target)^2)", attributes: [reductionAttribute],
      inputs: [predictionPort(), targetPort()], outputs: [lossPort])
  }

  var reduction = Reduction.mean

  var maps: LossMaps { .init(value: zoo_mse, byPrediction: zoo_mse_by_prediction, byTarget: zoo_mse_by_target) }
}

/// The absolute error.
///
///     loss = mean(|prediction - target|)
///
/// Its derivative where the error is 0 is taken as 0.
struct AbsoluteError: ElementwiseLoss {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.l1", "The absolute error.", formula: "loss = mean(|prediction - target|)", attributes: [reductionAttribute],
      inputs: [predictionPort(), targetPort()], outputs: [lossPort])
  }

  var reduction = Reduction.mean

  var maps: LossMaps { .init(value: zoo_l1, byPrediction: zoo_l1_by_prediction, byTarget: zoo_l1_by_target) }
}

/// The squared error while it is small, the absolute error beyond, so that outliers pull no harder than others.
///
///     d = prediction - target
///     loss = mean(|d| > delta ? delta (|d| - delta / 2) : d^2 / 2)
///
/// - Reference: Huber 1964, "Robust estimation of a location parameter", <https://doi.org/10.1214/aoms/1177703732>.
struct Huber: ElementwiseLoss {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.huber", "The squared error while it is small, the absolute error beyond.",
      formula: "loss = mean(|d| > delta ? delta (|d| - delta / 2) : d^2 / 2), d = prediction - target",
      reference: "Huber 1964, doi:10.1214/aoms/1177703732",
      attributes: [
        Attribute("delta", \.delta, in: 1e-6...1e6, "The error beyond which the loss grows linearly, in units of the prediction."),
        reductionAttribute,
      ], inputs: [predictionPort(), targetPort()], outputs: [lossPort])
  }

  var delta: Float = 1
  var reduction = Reduction.mean

  var maps: LossMaps {
    .init(value: zoo_huber, byPrediction: zoo_huber_by_prediction, byTarget: zoo_huber_by_target, constant: delta)
  }
}

/// The hinge of support vector machines: no loss once the prediction is on the right side by 1.
///
///     loss = mean(max(0, 1 - target prediction))
///
/// - Reference: Cortes & Vapnik 1995, "Support-vector networks", <https://doi.org/10.1007/BF00994018>.
struct Hinge: ElementwiseLoss {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.hinge", "The hinge of support vector machines: no loss once the prediction is on the right side by 1.",
      formula: "loss = mean(max(0, 1 - target prediction))", reference: "Cortes & Vapnik 1995, doi:10.1007/BF00994018",
      attributes: [reductionAttribute],
      inputs: [predictionPort(), targetPort("The side: -1 or 1.", .notDifferentiable)], outputs: [lossPort])
  }

  var reduction = Reduction.mean

  var maps: LossMaps { .init(value: zoo_hinge, byPrediction: zoo_hinge_by_prediction) }
}

/// The perceptron's loss: how far the score of a mistake is on the wrong side.
///
///     loss = mean(max(0, -target score))
///
/// A score of 0 is a mistake too, and its derivative there is -target: gradient descent at rate 1 on one example after the other is
/// Rosenblatt's rule, which starts with zeros.
///
/// - Reference: Rosenblatt 1958, "The perceptron", <https://doi.org/10.1037/h0042519>.
struct PerceptronLoss: ElementwiseLoss {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.perceptron_loss", "The perceptron's loss: how far the score of a mistake is on the wrong side.",
      formula: "loss = mean(max(0, -target score)), with the derivative -target where the score is 0",
      reference: "Rosenblatt 1958, doi:10.1037/h0042519", attributes: [reductionAttribute],
      inputs: [
        Port("score", "[...]", "Positive on the one side, negative on the other."), targetPort("The side: -1 or 1.", .notDifferentiable),
      ],
      outputs: [lossPort])
  }

  static let predictionName = "score"
  var reduction = Reduction.mean

  var maps: LossMaps { .init(value: zoo_perceptron, byPrediction: zoo_perceptron_by_prediction) }
}

/// The cross-entropy of yes or no, from logits: it neither overflows nor loses the small losses of those that are right by far.
///
///     loss = mean(weight (log(1 + exp(logit)) - target logit))
///
/// The mean is over all elements, whatever their weights.
///
/// - Shapes: logits, target and, if there is one, weight are alike.
struct BinaryCrossEntropy: ElementwiseLoss {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.binary_cross_entropy", "The cross-entropy of yes or no, from logits.",
      formula: "loss = mean(weight (log(1 + exp(logit)) - target logit))", attributes: [reductionAttribute],
      inputs: [
        Port("logits", "[...]", "What sigmoid turns into probabilities."), targetPort("Probabilities: 0 to 1."),
        Port("weight", "[...]", "How much each element counts; 1 if absent.", [.optional, .notDifferentiable]),
      ], outputs: [lossPort])
  }

  static let predictionName = "logits"
  var reduction = Reduction.mean

  var maps: LossMaps {
    .init(
      value: zoo_binary_cross_entropy, byPrediction: zoo_binary_cross_entropy_by_prediction,
      byTarget: zoo_binary_cross_entropy_by_target, grain: Grain.heavy)
  }
}

/// The Kullback-Leibler divergence of the target from the prediction, KL(target || prediction).
///
///     loss = mean(target (log(target) - prediction)), and 0 where the target is 0
///     with log_target: loss = mean(exp(target) (target - prediction))
///
/// As in PyTorch the prediction is a log-probability, and `mean` is over elements: the divergence itself is `batch_mean`.
/// The derivative of t log t at 0, which is -infinity, is taken as 0.
///
/// - Reference: Kullback & Leibler 1951, "On information and sufficiency", <https://doi.org/10.1214/aoms/1177729694>.
struct KLDivergence: ElementwiseLoss {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.kl", "The Kullback-Leibler divergence of the target from the prediction, which is a log-probability.",
      formula: "loss = mean(target (log(target) - prediction)); with log_target: mean(exp(target) (target - prediction))",
      reference: "Kullback & Leibler 1951, doi:10.1214/aoms/1177729694",
      attributes: [
        Attribute("log_target", \.logTarget, "Whether the target is a log-probability too."),
        Attribute(
          "reduction", \.reduction, "What becomes of the elements' losses: their mean, their sum over the size of the first axis, or none."),
      ], inputs: [predictionPort("Log-probabilities."), targetPort("Probabilities, or their logarithms.")], outputs: [lossPort])
  }

  var logTarget = false
  var reduction = DivergenceReduction.mean

  var maps: LossMaps {
    logTarget
      ? .init(value: zoo_kl_log, byPrediction: zoo_kl_log_by_prediction, byTarget: zoo_kl_log_by_target, grain: Grain.heavy)
      : .init(value: zoo_kl, byPrediction: zoo_kl_by_prediction, byTarget: zoo_kl_by_target, grain: Grain.heavy)
  }
}
