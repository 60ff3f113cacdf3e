#include "kernels/optimiser.h"

#include <math.h>

#include "kernels/clones.h"

ZOO_CLONES void zoo_sgd(const float *p, const float *g, float *p_out, int64_t n, float rate, float decay) {
  ZOO_SIMD for (int64_t i = 0; i < n; i++) p_out[i] = p[i] - rate * (g[i] + decay * p[i]);
}

ZOO_CLONES void zoo_momentum(
  const float *p, const float *g, const float *v, float *p_out, float *v_out, int64_t n, float rate, float momentum, float decay,
  int32_t nesterov) {
  const float by_gradient = nesterov ? 1.f : 0.f, by_velocity = nesterov ? momentum : 1.f;
  ZOO_SIMD for (int64_t i = 0; i < n; i++) {
    const float gradient = g[i] + decay * p[i], velocity = momentum * v[i] + gradient;
    v_out[i] = velocity;
    p_out[i] = p[i] - rate * (by_gradient * gradient + by_velocity * velocity);
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
    p_out[i] = c.shrink * p[i] - c.rate * first / (c.root * sqrtf(second) + c.epsilon);
  }
}
