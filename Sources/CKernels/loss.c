#include "kernels/loss.h"

#include "kernels/vmath.h"
#include "reduce.h"

#define MAP(name, expression)                                                                                                 \
  ZOO_CLONES void zoo_##name(const float *ps, const float *ts, float *out, int64_t n, float a) {                              \
    (void)a;                                                                                                                  \
    ZOO_SIMD for (int64_t i = 0; i < n; i++) {                                                                                \
      const float p = ps[i], t = ts[i], d = p - t;                                                                            \
      (void)p, (void)t, (void)d;                                                                                              \
      out[i] = expression;                                                                                                    \
    }                                                                                                                         \
  }

/// -1, 0 or 1; NaN of NaN.
ZOO_INLINE float sign(float x) { return x > 0.f ? 1.f : x < 0.f ? -1.f : x; }

MAP(mse, d * d)
MAP(mse_by_prediction, 2.f * d)
MAP(mse_by_target, -2.f * d)

MAP(l1, zoo_abs(d))
MAP(l1_by_prediction, sign(d))
MAP(l1_by_target, -sign(d))

ZOO_INLINE float clamped(float x, float bound) { return zoo_at_most(zoo_at_least(x, -bound), bound); }
MAP(huber, zoo_abs(d) > a ? a * (zoo_abs(d) - 0.5f * a) : 0.5f * d * d)
MAP(huber_by_prediction, clamped(d, a))
MAP(huber_by_target, -clamped(d, a))

MAP(hinge, zoo_at_least(1.f - p * t, 0.f))
MAP(hinge_by_prediction, 1.f - p * t <= 0.f ? 0.f : -t)

MAP(perceptron, zoo_at_least(0.f - p * t, 0.f))
MAP(perceptron_by_prediction, p * t > 0.f ? 0.f : -t)

/// log(1 + e^p) - p t, in an order that loses nothing when t is 0 or 1 and p is right by far.
ZOO_INLINE float binary_cross_entropy(float p, float t) {
  return zoo_log1p(zoo_exp(-zoo_abs(p))) + (p > 0.f ? p * (1.f - t) : -p * t);
}
/// sigmoid(p) - t, likewise.
ZOO_INLINE float binary_cross_entropy_slope(float p, float t) {
  const float e = zoo_exp(-zoo_abs(p)), far = e / (1.f + e);
  return p > 0.f ? (1.f - t) - far : far - t;
}
MAP(binary_cross_entropy, binary_cross_entropy(p, t))
MAP(binary_cross_entropy_by_prediction, binary_cross_entropy_slope(p, t))
MAP(binary_cross_entropy_by_target, -p)

// What has no probability costs nothing, whatever was predicted for it.
MAP(kl, t == 0.f ? 0.f : t * (zoo_log(t) - p))
MAP(kl_by_prediction, -t)
MAP(kl_by_target, t == 0.f ? -p : zoo_log(t) + 1.f - p)

MAP(kl_log, t == -__builtin_inff() ? 0.f : zoo_exp(t) * (t - p))
MAP(kl_log_by_prediction, -zoo_exp(t))
MAP(kl_log_by_target, t == -__builtin_inff() ? 0.f : zoo_exp(t) * (t - p + 1.f))

ZOO_SUM(sum_of, x[i], const float *x)
ZOO_SUM(sum_of_products, x[i] * y[i], const float *x, const float *y)

ZOO_CLONES double zoo_total(const float *x, int64_t n) { return sum_of(x, n); }

ZOO_CLONES double zoo_total_of_blocks(const double *x, int64_t n) {
  ZOO_ANY_ORDER
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += x[i];
  return sum;
}

ZOO_CLONES double zoo_loss_sum(zoo_loss_map *f, const float *p, const float *t, const float *w, int64_t n, float a) {
  float each[ZOO_LOSS_BLOCK];
  f(p, t, each, n, a);
  return w ? sum_of_products(each, w, n) : sum_of(each, n);
}

ZOO_CLONES void zoo_loss_scaled(
  zoo_loss_map *f, const float *p, const float *t, const float *w, const float *scale, float factor, float *out, int64_t n, float a,
  int32_t adds) {
  float each[ZOO_LOSS_BLOCK];
  for (int64_t from = 0; from < n; from += ZOO_LOSS_BLOCK) {
    const int64_t count = zoo_smaller(n - from, ZOO_LOSS_BLOCK);
    f(p + from, t + from, each, count, a);
    if (w)
      for (int64_t i = 0; i < count; i++) each[i] *= w[from + i];
    if (scale) {
      for (int64_t i = 0; i < count; i++) each[i] *= scale[from + i];
    } else {
      for (int64_t i = 0; i < count; i++) each[i] *= factor;
    }
    if (adds) {
      for (int64_t i = 0; i < count; i++) out[from + i] += each[i];
    } else {
      for (int64_t i = 0; i < count; i++) out[from + i] = each[i];
    }
  }
}
