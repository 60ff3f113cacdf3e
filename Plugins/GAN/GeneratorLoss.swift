import CKernels
import ZooPlugin

/// What a generator minimises: the discriminator's logits ought to be large for what it has generated.
///
///     non_saturating: loss = mean softplus(-fake), which has a slope where the discriminator is sure
///     least_squares: loss = mean (fake - 1)^2 / 2
///     hinge, wasserstein: loss = -mean fake
///
/// - Shapes: `fake` is any; the loss is a scalar.
/// - Reference: Goodfellow et al. 2014, <https://arxiv.org/abs/1406.2661>; Mao et al. 2017, <https://arxiv.org/abs/1611.04076> (least_squares);
///   Lim & Ye 2017, <https://arxiv.org/abs/1705.02894> (hinge); Arjovsky, Chintala & Bottou 2017, <https://arxiv.org/abs/1701.07875>.
struct GeneratorLoss: AdversarialLoss {
  static var declaration: Declaration<Self> {
    Declaration(
      "gan.generator_loss", "What a generator minimises.",
      formula: "non_saturating: loss = mean softplus(-fake); least_squares: mean (fake - 1)^2 / 2; hinge, wasserstein: -mean fake",
      reference: "Goodfellow et al. 2014, arXiv:1406.2661; Mao et al. 2017, arXiv:1611.04076; Lim & Ye 2017, arXiv:1705.02894; "
        + "Arjovsky, Chintala & Bottou 2017, arXiv:1701.07875",
      attributes: [objectiveAttribute], inputs: [Port("fake", "[...]", "The discriminator's logits of generated items.")],
      outputs: [Port("loss", "[]")])
  }

  var objective = Objective.nonSaturating
  static var sides: [(name: String, side: Int32)] { [("fake", Int32(ZOO_GENERATOR_OF_FAKE))] }
}
