import CKernels
import ZooPlugin

/// What a discriminator minimises: its logits ought to be large for what is real and small for what is generated.
///
///     non_saturating: loss = mean softplus(-real) + mean softplus(fake), the cross-entropies of sigmoids
///     least_squares: loss = mean (real - 1)^2 / 2 + mean fake^2 / 2
///     hinge: loss = mean max(1 - real, 0) + mean max(1 + fake, 0)
///     wasserstein: loss = mean fake - mean real
///
/// - Shapes: `real` and `fake` are any, and may differ; the loss is a scalar.
/// - Reference: Goodfellow et al. 2014, <https://arxiv.org/abs/1406.2661>; Mao et al. 2017, <https://arxiv.org/abs/1611.04076> (least_squares);
///   Lim & Ye 2017, <https://arxiv.org/abs/1705.02894> (hinge); Arjovsky, Chintala & Bottou 2017, <https://arxiv.org/abs/1701.07875>
///   (wasserstein, which wants the discriminator's slope bounded besides).
struct DiscriminatorLoss: AdversarialLoss {
  static var declaration: Declaration<Self> {
    Declaration(
      "gan.discriminator_loss", "What a discriminator minimises.",
      formula: "non_saturating: loss = mean softplus(-real) + mean softplus(fake); "
        + "least_squares: mean (real - 1)^2 / 2 + mean fake^2 / 2; "
        + "hinge: mean max(1 - real, 0) + mean max(1 + fake, 0); wasserstein: mean fake - mean real",
      reference: "Goodfellow et al. 2014, arXiv:1406.2661; Mao et al. 2017, arXiv:1611.04076; Lim & Ye 2017, arXiv:1705.02894; "
        + "Arjovsky, Chintala & Bottou 2017, arXiv:1701.07875",
      attributes: [objectiveAttribute],
      inputs: [
        Port("real", "[...]", "The discriminator's logits of real items."),
        Port("fake", "[...]", "Its logits of generated ones."),
      ], outputs: [Port("loss", "[]")])
  }

  var objective = Objective.nonSaturating
  static var sides: [(name: String, side: Int32)] {
    [("real", Int32(ZOO_DISCRIMINATOR_OF_REAL)), ("fake", Int32(ZOO_DISCRIMINATOR_OF_FAKE))]
  }
}
