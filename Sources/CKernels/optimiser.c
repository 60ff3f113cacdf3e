#include "kernels/optimiser.h"

#include <math.h>

#include "kernels/clones.h"
#include "kernels/vmath.h"

/// The proximal step of an L1 penalty; with a threshold of 0 p itself, whatever it is.
ZOO_INLINE float soft(float p, float threshold) { return zoo_copysign(zoo_at_least(zoo_abs(p) - threshold, 0.f), p); }

ZOO_CLONES void zoo_sgd(const float *p, const float *g, float *p_out, int64_t n, float rate, float decay, float threshold) {
  ZOO_SIMD for (int64_t i = 0; i < n; i++) p_out[i] = soft(p[i] - rate * (g[i] + decay * p[i]), threshold);
}

ZOO_CLONES void zoo_momentum(
  const float *p, const float *g, const float *v, float *p_out, float *v_out, int64_t n, float rate, float momentum, float decay,
  float threshold, int32_t nesterov) {
  const float by_gradient = nesterov ? 1.f : 0.f, by_velocity = nesterov ? momentum : 1.f;
  ZOO_SIMD for (int64_t i = 0; i < n; i++) {
    const float gradient = g[i] + decay * p[i], velocity = momentum * v[i] + gradient;
    v_out[i] = velocity;
    p_out[i] = soft(p[i] - rate * (by_gradient * gradient + by_velocity * velocity), threshold);
  }
}

ZOO_CLONES void zoo_adam_step(
  const float *p, const float *g, const float *m, const float *v, float *p_out, float *m_out, float *v_out, int64_t n,
  const zoo_adam *constants) {
  const zoo_adam c = *constants;
  ZOO_SIMD for (int64_t i = 0; i < n; i++) {
    const float gradient = g[i] + c.decay * p[i];
    const float first = c.keep_first * m[i] + c.new_first * gradient;
    const float second = c.keep_second * v[i] + c.new_second * (gradient * gradient);
    m_out[i] = first;
    v_out[i] = second;
    p_out[i] = soft(c.shrink * p[i] - c.rate * first / (c.root * sqrtf(second) + c.epsilon), c.threshold);
  }
}

ZOO_CLONES void zoo_adagrad_step(
  const float *p, const float *g, const float *s, float *p_out, float *s_out, int64_t n, const zoo_adagrad *constants) {
  const zoo_adagrad c = *constants;
  ZOO_SIMD for (int64_t i = 0; i < n; i++) {
    const float gradient = g[i] + c.decay * p[i], sum = s[i] + gradient * gradient;
    s_out[i] = sum;
    p_out[i] = soft(p[i] - c.rate * gradient / (sqrtf(c.initial + sum) + c.epsilon), c.threshold);
  }
}

ZOO_INLINE void rmsprop(
  const float *p, const float *g, const float *s, const float *v, const float *a, float *p_out, float *s_out, float *v_out,
  float *a_out, int64_t n, const zoo_rmsprop c, const int has_velocity, const int is_centered) {
  ZOO_SIMD for (int64_t i = 0; i < n; i++) {
    const float gradient = g[i] + c.decay * p[i], square = c.keep * s[i] + c.new_share * (gradient * gradient);
    s_out[i] = square;
    float variance = square;
    if (is_centered) {
      const float mean = c.keep * a[i] + c.new_share * gradient;
      a_out[i] = mean;
      variance = zoo_at_least(square - mean * mean, 0.f); // which only rounding makes negative
    }
    float step = gradient / (sqrtf(variance) + c.epsilon);
    if (has_velocity) v_out[i] = step = c.momentum * v[i] + step;
    p_out[i] = soft(p[i] - c.rate * step, c.threshold);
  }
}

ZOO_CLONES void zoo_rmsprop_step(
  const float *p, const float *g, const float *s, const float *v, const float *a, float *p_out, float *s_out, float *v_out,
  float *a_out, int64_t n, const zoo_rmsprop *constants) {
  if (v && a) rmsprop(p, g, s, v, a, p_out, s_out, v_out, a_out, n, *constants, 1, 1);
  else if (v) rmsprop(p, g, s, v, a, p_out, s_out, v_out, a_out, n, *constants, 1, 0);
  else if (a) rmsprop(p, g, s, v, a, p_out, s_out, v_out, a_out, n, *constants, 0, 1);
  else rmsprop(p, g, s, v, a, p_out, s_out, v_out, a_out, n, *constants, 0, 0);
}

ZOO_CLONES void zoo_average(const float *average, const float *p, float *out, int64_t n, float weight) {
  ZOO_SIMD for (int64_t i = 0; i < n; i++) out[i] = average[i] + weight * (p[i] - average[i]);
}
