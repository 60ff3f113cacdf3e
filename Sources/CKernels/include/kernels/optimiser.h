/// Optimisers' updates of n elements: p is the parameter, g its gradient. What is written may be what is read.
#pragma once
#include <stdint.h>

/// p -= rate (g + decay p).
void zoo_sgd(const float *p, const float *g, float *p_out, int64_t n, float rate, float decay);

/// v = momentum v + (g + decay p); p -= rate v. With `nesterov`: p -= rate ((g + decay p) + momentum v).
void zoo_momentum(
  const float *p, const float *g, const float *v, float *p_out, float *v_out, int64_t n, float rate, float momentum, float decay,
  int32_t nesterov);

/// What one step of Adam computes with.
typedef struct zoo_adam {
  float keep_first, keep_second; ///< beta1 and beta2
  float new_first, new_second;   ///< 1 - beta1 and 1 - beta2, rounded only now
  float rate;                    ///< over 1 - beta1^step
  float root;                    ///< 1 / sqrt(1 - beta2^step)
  float epsilon;
  float decay;                   ///< added to the gradient, times p
  float shrink;                  ///< multiplies p beforehand
} zoo_adam;

/// g += decay p; p *= shrink; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; p -= rate m / (root sqrt(v) + epsilon).
void zoo_adam_step(
  const float *p, const float *g, const float *m, const float *v, float *p_out, float *m_out, float *v_out, int64_t n,
  const zoo_adam *constants);
