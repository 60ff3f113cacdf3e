/// Reductions over contiguous f32, for kernels with ZOO_CLONES.
///
/// Sums are taken in f32 over blocks and in f64 over the blocks, so that their error does not grow with their length. The order
/// within a block is free to the compiler (ZOO_ANY_ORDER), which makes SIMD of it, but the same on every call.
#pragma once
#include <stdint.h>

#include "kernels/clones.h"

enum { ZOO_SUM_BLOCK = 1024 };

/// At the start of a block of statements: sums in it may be taken in any order. Only what is summed up belongs in it, not the
/// terms: the sum of x - mean must not become the sum of x, less n times the mean.
#define ZOO_ANY_ORDER _Pragma("clang fp reassociate(on)")

ZOO_INLINE int64_t zoo_smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/// In front of the loop over what a loop in whole vectors left: one masked vector instead of up to 15 single steps.
#define ZOO_TAIL _Pragma("clang loop vectorize_predicate(enable) interleave(disable)")

/// Defines `double name(arguments)`: the sum over i of `term`, an expression in i and the arguments; n of them.
#define ZOO_SUM(name, term, ...)                                                                                              \
  ZOO_INLINE double name(__VA_ARGS__, int64_t n) {                                                                            \
    double total = 0;                                                                                                         \
    for (int64_t from = 0; from < n; from += ZOO_SUM_BLOCK) {                                                                 \
      const int64_t to = zoo_smaller(from + ZOO_SUM_BLOCK, n), whole = to - (to & 15);                                        \
      float sum = 0;                                                                                                          \
      for (int64_t i = from; i < whole; i++) ZOO_ADD(term)                                                                    \
      ZOO_TAIL for (int64_t i = whole; i < to; i++) ZOO_ADD(term)                                                             \
      total += sum;                                                                                                           \
    }                                                                                                                         \
    return total;                                                                                                             \
  }
#define ZOO_ADD(term)                                                                                                         \
  {                                                                                                                           \
    const float value = term;                                                                                                 \
    {                                                                                                                         \
      ZOO_ANY_ORDER                                                                                                           \
      sum += value;                                                                                                           \
    }                                                                                                                         \
  }

ZOO_INLINE float zoo_larger(float a, float b) { return a > b ? a : b; }

/// The largest of n numbers; -infinity of none. What is NaN is passed by.
ZOO_INLINE float zoo_row_max(const float *x, int64_t n) {
  enum { LANES = 16 };
  const float least = -__builtin_inff();
  if (n < LANES) {
    float best = least;
    for (int64_t i = 0; i < n; i++) best = zoo_larger(x[i], best);
    return best;
  }
  float lane[2 * LANES]; // twice a vector, so that one need not wait for the other
  for (int l = 0; l < 2 * LANES; l++) lane[l] = least;
  int64_t i = 0;
  for (; i + 2 * LANES <= n; i += 2 * LANES)
    for (int l = 0; l < 2 * LANES; l++) lane[l] = zoo_larger(x[i + l], lane[l]);
  if (i + LANES < n)
    for (int l = 0; l < LANES; l++) lane[l] = zoo_larger(x[i + l], lane[l]);
  for (int l = 0; l < LANES; l++) lane[l] = zoo_larger(x[n - LANES + l], lane[l]); // overlaps, which changes no maximum
  for (int half = LANES; half > 0; half /= 2)
    for (int l = 0; l < half; l++) lane[l] = zoo_larger(lane[l], lane[l + half]);
  return lane[0];
}
