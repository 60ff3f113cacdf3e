#include "kernels/activation.h"

#include "kernels/clones.h"
#include "kernels/vmath.h"

/// Defines the two kernels of an activation. `value` is an expression in x; `gradient` one in dy and in k, which is the x or y
/// that backward keeps. Both may use the constants a and b.
#define ACTIVATION(name, value, gradient)                                                                                     \
  ZOO_CLONES void zoo_##name##_forward(const float *xs, float *ys, int64_t n, float a, float b) {                             \
    (void)a, (void)b;                                                                                                         \
    ZOO_SIMD for (int64_t i = 0; i < n; i++) {                                                                                \
      const float x = xs[i];                                                                                                  \
      ys[i] = value;                                                                                                          \
    }                                                                                                                         \
  }                                                                                                                           \
  ZOO_CLONES void zoo_##name##_backward(                                                                                      \
    const float *ks, const float *dys, float *dxs, int64_t n, float a, float b, int32_t adds) {                               \
    (void)a, (void)b, (void)ks;                                                                                               \
    if (adds) {                                                                                                               \
      ZOO_SIMD for (int64_t i = 0; i < n; i++) GRADIENT(+=, gradient)                                                         \
    } else {                                                                                                                  \
      ZOO_SIMD for (int64_t i = 0; i < n; i++) GRADIENT(=, gradient)                                                          \
    }                                                                                                                         \
  }
#define GRADIENT(assign, gradient)                                                                                            \
  {                                                                                                                           \
    const float k = ks[i], dy = dys[i];                                                                                       \
    (void)k;                                                                                                                  \
    dxs[i] assign gradient;                                                                                                   \
  }

ZOO_INLINE float clamped(float x, float bound) { return zoo_at_most(zoo_at_least(x, -bound), bound); }

/// The derivative of sigmoid, without the cancellation of s (1 - s).
ZOO_INLINE float sigmoid_slope(float x) {
  const float e = zoo_exp(-zoo_abs(x)), s = 1.f / (1.f + e);
  return e * s * s;
}

// In the last three, the second term has vanished long before the bound, where infinity would make NaN of it.
ZOO_INLINE float gelu_slope(float x) { return zoo_normal_cdf(x) + clamped(x, 15.f) * zoo_normal_density(x); }
ZOO_INLINE float silu_slope(float x) { return zoo_sigmoid(x) + clamped(x, 104.f) * sigmoid_slope(x); }
ZOO_INLINE float gelu_tanh_slope(float x) {
  const float c = clamped(x, 15.f), u = 1.59576912f * (c + 0.044715f * (c * c) * c); // 2 sqrt(2 / pi)
  return zoo_sigmoid(u) + c * sigmoid_slope(u) * (1.59576912f + 0.2140644488f * (c * c));
}

// What is written as "0 > x ? 0 : x" and not the other way around lets NaN through.
ACTIVATION(identity, x, dy)
ACTIVATION(sigmoid, zoo_sigmoid(x), dy * (k * (1.f - k)))
ACTIVATION(tanh, zoo_tanh(x), dy * ((1.f - k) * (1.f + k)))
ACTIVATION(relu, 0.f > x ? 0.f : x, k <= 0.f ? 0.f : dy)
ACTIVATION(relu6, 0.f > x ? 0.f : x > 6.f ? 6.f : x, k <= 0.f || k >= 6.f ? 0.f : dy)
ACTIVATION(leaky_relu, x > 0.f ? x : a * x, k > 0.f ? dy : a * dy)
ACTIVATION(abs, zoo_abs(x), k > 0.f ? dy : k < 0.f ? -dy : k * dy)
ACTIVATION(elu, zoo_elu(x, a), k > 0.f ? dy : dy * (k + a))
ACTIVATION(softplus, a * x > b ? x : zoo_softplus(a * x) / a, a * k > b ? dy : dy * zoo_sigmoid(a * k))
ACTIVATION(gelu, zoo_gelu(x), dy * gelu_slope(k))
ACTIVATION(gelu_tanh, zoo_gelu_tanh(x), dy * gelu_tanh_slope(k))
ACTIVATION(silu, zoo_silu(x), dy * silu_slope(k))
