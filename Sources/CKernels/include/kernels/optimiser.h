/// Optimisers' updates of n elements: p is the parameter, g its gradient. What is written may be what is read.
///
/// Each ends with the proximal step of an L1 penalty: p = sign(p) max(|p| - threshold, 0).
#pragma once
#include <stdint.h>

/// p -= rate (g + decay p).
void zoo_sgd(const float *p, const float *g, float *p_out, int64_t n, float rate, float decay, float threshold);

/// v = momentum v + (g + decay p); p -= rate v. With `nesterov`: p -= rate ((g + decay p) + momentum v).
void zoo_momentum(
  const float *p, const float *g, const float *v, float *p_out, float *v_out, int64_t n, float rate, float momentum, float decay,
  float threshold, int32_t nesterov);

/// What one step of Adam computes with.
typedef struct zoo_adam {
  float keep_first, keep_second; ///< beta1 and beta2
  float new_first, new_second;   ///< 1 - beta1 and 1 - beta2, rounded only now
  float rate;                    ///< over 1 - beta1^step
  float root;                    ///< 1 / sqrt(1 - beta2^step)
  float epsilon;
  float decay;                   ///< added to the gradient, times p
  float shrink;                  ///< multiplies p beforehand
  float threshold;
} zoo_adam;

/// g += decay p; p *= shrink; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; p -= rate m / (root sqrt(v) + epsilon).
void zoo_adam_step(
  const float *p, const float *g, const float *m, const float *v, float *p_out, float *m_out, float *v_out, int64_t n,
  const zoo_adam *constants);

/// What one step of AdaGrad computes with.
typedef struct zoo_adagrad {
  float initial; ///< what the sums start with, beside the state
  float epsilon, rate, decay, threshold;
} zoo_adagrad;

/// g += decay p; s += g^2; p -= rate g / (sqrt(initial + s) + epsilon).
void zoo_adagrad_step(
  const float *p, const float *g, const float *s, float *p_out, float *s_out, int64_t n, const zoo_adagrad *constants);

/// What one step of RMSProp computes with.
typedef struct zoo_rmsprop {
  float keep, new_share; ///< alpha, and 1 - alpha, rounded only now
  float epsilon, momentum, rate, decay, threshold;
} zoo_rmsprop;

/// g += decay p; s = alpha s + (1 - alpha) g^2; a = alpha a + (1 - alpha) g; v = momentum v + g / (sqrt(s - a^2) + epsilon); p -= rate v.
///
/// v NULL: there is no momentum; a NULL: nothing is taken off the squares. What is not there is not written either.
void zoo_rmsprop_step(
  const float *p, const float *g, const float *s, const float *v, const float *a, float *p_out, float *s_out, float *v_out,
  float *a_out, int64_t n, const zoo_rmsprop *constants);

/// average += weight (p - average).
void zoo_average(const float *average, const float *p, float *out, int64_t n, float weight);
