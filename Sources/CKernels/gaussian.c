#include "kernels/gaussian.h"

#include "kernels/vmath.h"
#include "reduce.h"

ZOO_CLONES void zoo_gaussian_draw(const float *mean, const float *log_variance, const float *noise, float *z, int64_t n) {
  ZOO_SIMD for (int64_t i = 0; i < n; i++) z[i] = mean[i] + zoo_exp(0.5f * log_variance[i]) * noise[i];
}

/// Every element of `gradient` becomes `term`, an expression in i, or grows by it.
#define GRADIENT(term)                                                                                                        \
  ZOO_SIMD for (int64_t i = 0; i < n; i++) {                                                                                  \
    const float each = term;                                                                                                  \
    gradient[i] = adds ? gradient[i] + each : each;                                                                           \
  }

ZOO_CLONES void zoo_gaussian_draw_by_log_variance(
  const float *log_variance, const float *noise, const float *dz, float *gradient, int64_t n, int32_t adds) {
  GRADIENT(0.5f * dz[i] * noise[i] * zoo_exp(0.5f * log_variance[i]))
}

ZOO_CLONES void zoo_gaussian_draw_by_noise(const float *log_variance, const float *dz, float *gradient, int64_t n, int32_t adds) {
  GRADIENT(dz[i] * zoo_exp(0.5f * log_variance[i]))
}

/// e^x - 1 - x: near 0, where that would cancel, its Taylor series.
ZOO_INLINE float excess(float x) {
  float near = 1.f / 40320;
  near = near * x + 1.f / 5040;
  near = near * x + 1.f / 720;
  near = near * x + 1.f / 120;
  near = near * x + 1.f / 24;
  near = near * x + 1.f / 6;
  near = near * x + 0.5f;
  return zoo_abs(x) < 0.5f ? near * x * x : zoo_expm1(x) - x;
}

ZOO_SUM(sum_of_divergences, 0.5f * (excess(log_variance[i]) + mean[i] * mean[i]), const float *mean, const float *log_variance)

ZOO_CLONES double zoo_gaussian_kl(const float *mean, const float *log_variance, int64_t n) {
  return sum_of_divergences(mean, log_variance, n);
}

ZOO_CLONES void zoo_gaussian_kl_by_mean(const float *mean, float factor, float *gradient, int64_t n, int32_t adds) {
  GRADIENT(factor * mean[i])
}

ZOO_CLONES void zoo_gaussian_kl_by_log_variance(const float *log_variance, float factor, float *gradient, int64_t n, int32_t adds) {
  GRADIENT(factor * 0.5f * zoo_expm1(log_variance[i]))
}
