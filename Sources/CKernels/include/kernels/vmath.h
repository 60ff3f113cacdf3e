/// Elementary functions of f32 that compilers vectorise: no branches, no tables, no library calls.
///
/// Call them in a plain loop inside a function with target_clones and the loop becomes SIMD code of the machine's width:
///
///     for (int64_t i = 0; i < n; i++) y[i] = zoo_tanh(x[i]);
///
/// Errors are below 2.5 units in the last place (zoo_normal_cdf and zoo_gelu: 5) wherever the result is normal, tiny arguments
/// included; zoo_gelu_tanh's grow as its result vanishes, to 1e-6 of it at -5. NaN and infinities propagate. Polynomials are
/// minimax fits, computed with mpmath.
#pragma once
#include <stdint.h>
#include <string.h>

#include "clones.h"

ZOO_INLINE uint32_t zoo_bits(float x) {
  uint32_t u;
  memcpy(&u, &x, 4);
  return u;
}

ZOO_INLINE float zoo_float(uint32_t u) {
  float x;
  memcpy(&x, &u, 4);
  return x;
}

ZOO_INLINE float zoo_abs(float x) { return zoo_float(zoo_bits(x) & 0x7fffffffu); }
ZOO_INLINE float zoo_copysign(float x, float sign) {
  return zoo_float((zoo_bits(x) & 0x7fffffffu) | (zoo_bits(sign) & 0x80000000u));
}

/// The smaller and the larger of a bound and x; NaN if x is.
ZOO_INLINE float zoo_at_most(float x, float bound) { return bound < x ? bound : x; }
ZOO_INLINE float zoo_at_least(float x, float bound) { return bound > x ? bound : x; }

/// 1.5 * 2^23: adding it rounds to an integer, which is then in the low bits.
#define ZOO_ROUND 12582912.f

/// e^r - 1 for |r| <= ln(2) / 2.
ZOO_INLINE float zoo_expm1_reduced(float r) {
  float p = 1.991419849e-4f;
  p = p * r + 1.394102816e-3f;
  p = p * r + 8.333273232e-3f;
  p = p * r + 4.166635498e-2f;
  p = p * r + 1.666666716e-1f;
  p = p * r + 0.5f;
  return (p * r) * r + r;
}

/// e^(x + low), where |low| is small against 1: for arguments that are known more precisely than to f32.
ZOO_INLINE float zoo_exp_sum(float x, float low) {
  x = zoo_at_least(zoo_at_most(x, 89.f), -104.f);
  const float shifted = x * 1.44269504f + ZOO_ROUND, n = shifted - ZOO_ROUND;
  const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f + low;
  const int32_t k = (int32_t)(zoo_bits(shifted) - zoo_bits(ZOO_ROUND)), half = k >> 1; // 2^k in two factors: it may be subnormal
  const float p = zoo_expm1_reduced(r) + 1.f;
  return p * zoo_float((uint32_t)(half + 127) << 23) * zoo_float((uint32_t)(k - half + 127) << 23);
}

ZOO_INLINE float zoo_exp(float x) { return zoo_exp_sum(x, 0.f); }

/// e^x - 1, precise for tiny x.
ZOO_INLINE float zoo_expm1(float x) {
  x = zoo_at_least(zoo_at_most(x, 89.f), -20.f);
  const float shifted = x * 1.44269504f + ZOO_ROUND, n = shifted - ZOO_ROUND;
  const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  const uint32_t k = zoo_bits(shifted) - zoo_bits(ZOO_ROUND);
  const float half_scale = zoo_float((k + 126) << 23); // 2^(k-1): 2^128 would overflow
  const float y = zoo_expm1_reduced(r) * half_scale + (half_scale - 0.5f);
  return y + y;
}

ZOO_INLINE float zoo_tanh(float x) {
  const float t = zoo_expm1(2.f * zoo_at_most(zoo_abs(x), 10.f));
  return zoo_copysign(t / (t + 2.f), x);
}

/// 1 / (1 + e^-x).
ZOO_INLINE float zoo_sigmoid(float x) {
  const float e = zoo_exp(-zoo_abs(x));
  return (x < 0.f ? e : 1.f) / (1.f + e);
}

/// The natural logarithm; -infinity at 0, NaN below.
ZOO_INLINE float zoo_log(float x) {
  const int subnormal = x < 1.17549435e-38f;
  const uint32_t u = zoo_bits(subnormal ? x * 33554432.f : x) - 0x3f3504f3u; // sqrt(1/2)
  const float e = (float)((int32_t)u >> 23) - (subnormal ? 25.f : 0.f);
  const float f = zoo_float((u & 0x007fffffu) + 0x3f3504f3u) - 1.f, z = f * f;
  float p = 6.915427744e-2f;
  p = p * f - 1.178983524e-1f;
  p = p * f + 1.187296435e-1f;
  p = p * f - 1.238434315e-1f;
  p = p * f + 1.421865970e-1f;
  p = p * f - 1.666925102e-1f;
  p = p * f + 2.000222653e-1f;
  p = p * f - 2.499998659e-1f;
  p = p * f + 3.333331048e-1f;
  float y = e * -2.12194440e-4f + p * f * z;
  y = e * 0.693359375f + (f + (y - 0.5f * z));
  y = x < 3.40282347e38f || x <= 3.40282347e38f ? y : x; // infinity and NaN are their own logarithms
  const float below = x == 0.f ? -__builtin_inff() : __builtin_nanf("");
  return x <= 0.f ? below : y;
}

/// log(1 + x), precise for tiny x.
ZOO_INLINE float zoo_log1p(float x) {
  const float u = 1.f + x, d = u - 1.f;
  const float lost = zoo_abs(x) < 1.f ? x - d : 1.f - (u - x); // what 1 + x rounded away
  const float y = zoo_log(u) + lost / u;
  return u > 0.f && u <= 3.40282347e38f ? y : zoo_log(u);
}

/// log(1 + e^x), precise for very negative x and without overflow for large.
ZOO_INLINE float zoo_softplus(float x) {
  const float e = zoo_exp(-zoo_abs(x)), u = 1.f + e;
  return zoo_at_least(x, 0.f) + (zoo_log(u) + (e - (u - 1.f)) / u);
}

/// The error function.
ZOO_INLINE float zoo_erf(float x) {
  const float t = zoo_at_most(zoo_abs(x), 4.f), s = t * t;
  float near = -5.964254960e-4f;
  near = near * s + 4.988004453e-3f;
  near = near * s - 2.676312439e-2f;
  near = near * s + 1.128172129e-1f;
  near = near * s - 3.761248589e-1f;
  near = near * s + 1.283791512e-1f;
  near = near * t + t;
  float far = 2.137252595e-4f; // log(erfc(t)) / t
  far = far * t - 3.212809097e-3f;
  far = far * t + 2.288305946e-2f;
  far = far * t - 1.052510366e-1f;
  far = far * t - 6.357265711e-1f;
  far = far * t - 1.128511906e0f;
  far = 1.f - zoo_exp(far * t);
  return zoo_copysign(t < 0.9277f ? near : far, x);
}

/// The density of the normal distribution: exp(-x^2 / 2) / sqrt(2 pi).
ZOO_INLINE float zoo_normal_density(float x) {
  const float a = zoo_at_most(zoo_abs(x), 15.f), high = zoo_float(zoo_bits(a) & 0xfffff000u); // its square is exact
  return 0.39894228f * zoo_exp_sum(-0.5f * (high * high), -0.5f * (a - high) * (a + high));
}

/// The normal distribution's Phi(x) = (1 + erf(x / sqrt(2))) / 2, precise far below 0 too, where 1 + erf cancels.
ZOO_INLINE float zoo_normal_cdf(float x) {
  const float a = zoo_at_most(zoo_abs(x), 15.f), s = a * a;
  float near = -7.462894700e-6f; // (Phi(x) - 1/2) / x
  near = near * s + 1.129521770e-4f;
  near = near * s - 1.185784931e-3f;
  near = near * s + 9.973078035e-3f;
  near = near * s - 6.649031490e-2f;
  near = near * s + 3.989422917e-1f;
  near = near * x + 0.5f;
  const float scale = 1.f / (a + 3.5f), t = (a - 3.5f) * scale;
  float p = 1.106883647e-4f; // (a + 3.5) Phi(-a) exp(a^2 / 2)
  p = p * t + 4.218965478e-4f;
  p = p * t - 4.949429422e-4f;
  p = p * t - 3.175309626e-3f;
  p = p * t + 6.493115798e-3f;
  p = p * t + 1.740637794e-2f;
  p = p * t - 1.160530373e-1f;
  p = p * t + 3.154250383e-1f;
  p = p * t - 5.655617714e-1f;
  p = p * t + 7.444160581e-1f;
  const float high = zoo_float(zoo_bits(a) & 0xfffff000u);
  const float tail = p * scale * zoo_exp_sum(-0.5f * (high * high), -0.5f * (a - high) * (a + high));
  const float far = x > 0.f ? 1.f - tail : tail;
  return a < 1.f ? near : far;
}

ZOO_INLINE float zoo_silu(float x) { return x < -104.f ? zoo_copysign(0.f, x) : x * zoo_sigmoid(x); }
ZOO_INLINE float zoo_elu(float x, float alpha) { return x > 0.f ? x : alpha * zoo_expm1(x); }
ZOO_INLINE float zoo_gelu(float x) { return x < -15.f ? zoo_copysign(0.f, x) : x * zoo_normal_cdf(x); }

/// gelu's approximation by tanh: x * sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3)), which is the same without its cancellation.
ZOO_INLINE float zoo_gelu_tanh(float x) {
  const float y = x * zoo_sigmoid(1.59576912f * (x + 0.044715f * (x * x) * x));
  return x < -15.f ? zoo_copysign(0.f, x) : y;
}
