#include "kernels/adversarial.h"

#include "kernels/vmath.h"
#include "reduce.h"

/// The loss of one logit. Every `real` here says that the logit ought to be large, whoever's loss it is.
ZOO_INLINE float loss_of(int32_t objective, int32_t side, float x) {
  const int real = side != ZOO_DISCRIMINATOR_OF_FAKE;
  const float against = real ? -x : x;
  switch (objective) {
  case ZOO_NON_SATURATING: return zoo_softplus(against);
  case ZOO_LEAST_SQUARES: return 0.5f * (real ? x - 1.f : x) * (real ? x - 1.f : x);
  case ZOO_HINGE: return side == ZOO_GENERATOR_OF_FAKE ? -x : zoo_at_least(1.f + against, 0.f);
  default: return against;
  }
}

ZOO_INLINE float slope_of(int32_t objective, int32_t side, float x) {
  const int real = side != ZOO_DISCRIMINATOR_OF_FAKE;
  const float sign = real ? -1.f : 1.f;
  switch (objective) {
  case ZOO_NON_SATURATING: return sign * zoo_sigmoid(sign * x);
  case ZOO_LEAST_SQUARES: return real ? x - 1.f : x;
  case ZOO_HINGE: return side != ZOO_GENERATOR_OF_FAKE && 1.f + sign * x <= 0.f ? 0.f : sign;
  default: return sign;
  }
}

/// Runs the statement with constants for `objective` and `side`, so that its loops have no branches.
#define EACH_SIDE(o, statement)                                                                                               \
  {                                                                                                                           \
    enum { OBJECTIVE = o };                                                                                                   \
    if (side == ZOO_DISCRIMINATOR_OF_REAL) {                                                                                  \
      enum { SIDE = ZOO_DISCRIMINATOR_OF_REAL };                                                                              \
      statement;                                                                                                              \
    } else if (side == ZOO_DISCRIMINATOR_OF_FAKE) {                                                                           \
      enum { SIDE = ZOO_DISCRIMINATOR_OF_FAKE };                                                                              \
      statement;                                                                                                              \
    } else {                                                                                                                  \
      enum { SIDE = ZOO_GENERATOR_OF_FAKE };                                                                                  \
      statement;                                                                                                              \
    }                                                                                                                         \
  }
#define EACH_OBJECTIVE(statement)                                                                                             \
  switch (objective) {                                                                                                        \
  case ZOO_NON_SATURATING: EACH_SIDE(ZOO_NON_SATURATING, statement) break;                                                    \
  case ZOO_LEAST_SQUARES: EACH_SIDE(ZOO_LEAST_SQUARES, statement) break;                                                      \
  case ZOO_HINGE: EACH_SIDE(ZOO_HINGE, statement) break;                                                                      \
  default: EACH_SIDE(ZOO_WASSERSTEIN, statement)                                                                              \
  }

ZOO_SUM(sum_of_losses, loss_of(objective, side, x[i]), int32_t objective, int32_t side, const float *x)

ZOO_CLONES double zoo_adversarial_sum(int32_t objective, int32_t side, const float *logits, int64_t n) {
  EACH_OBJECTIVE(return sum_of_losses(OBJECTIVE, SIDE, logits, n))
}

ZOO_INLINE void slopes(
  int32_t objective, int32_t side, const float *logits, float factor, float *gradient, int64_t n, int32_t adds) {
  if (adds) {
    ZOO_SIMD for (int64_t i = 0; i < n; i++) gradient[i] += factor * slope_of(objective, side, logits[i]);
  } else {
    ZOO_SIMD for (int64_t i = 0; i < n; i++) gradient[i] = factor * slope_of(objective, side, logits[i]);
  }
}

ZOO_CLONES void zoo_adversarial_slope(
  int32_t objective, int32_t side, const float *logits, float factor, float *gradient, int64_t n, int32_t adds) {
  EACH_OBJECTIVE(slopes(OBJECTIVE, SIDE, logits, factor, gradient, n, adds))
}
