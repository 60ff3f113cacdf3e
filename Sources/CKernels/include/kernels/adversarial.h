/// What generators and discriminators minimise, as a sum over logits: large ones say that an item is real.
#pragma once
#include <stdint.h>

/// Whose loss, over which logits.
enum { ZOO_DISCRIMINATOR_OF_REAL, ZOO_DISCRIMINATOR_OF_FAKE, ZOO_GENERATOR_OF_FAKE };
/// By which objective.
enum { ZOO_NON_SATURATING, ZOO_LEAST_SQUARES, ZOO_HINGE, ZOO_WASSERSTEIN };

/// The sum of the losses of n logits.
double zoo_adversarial_sum(int32_t objective, int32_t side, const float *logits, int64_t n);

/// Writes the derivative of each one's loss times `factor`, or adds it.
void zoo_adversarial_slope(
  int32_t objective, int32_t side, const float *logits, float factor, float *gradient, int64_t n, int32_t adds);
