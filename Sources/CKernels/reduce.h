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

/// Defines `double name(arguments)`: the sum over i of `term`, an expression in i and the arguments; n of them.
#define ZOO_SUM(name, term, ...)                                                                                              \
  ZOO_INLINE double name(__VA_ARGS__, int64_t n) {                                                                            \
    double total = 0;                                                                                                         \
    for (int64_t from = 0; from < n; from += ZOO_SUM_BLOCK) {                                                                 \
      const int64_t to = zoo_smaller(from + ZOO_SUM_BLOCK, n);                                                                \
      float sum = 0;                                                                                                          \
      for (int64_t i = from; i < to; i++) {                                                                                   \
        const float value = term;                                                                                             \
        {                                                                                                                     \
          ZOO_ANY_ORDER                                                                                                       \
          sum += value;                                                                                                       \
        }                                                                                                                     \
      }                                                                                                                       \
      total += sum;                                                                                                           \
    }                                                                                                                         \
    return total;                                                                                                             \
  }

/// The largest of n numbers; -infinity of none. What is NaN is passed by.
ZOO_INLINE float zoo_row_max(const float *x, int64_t n) {
  enum { LANES = 32 };
  float best = -__builtin_inff();
  int64_t i = 0;
  if (n >= LANES) {
    float lane[LANES];
    for (int l = 0; l < LANES; l++) lane[l] = x[l];
    for (i = LANES; i + LANES <= n; i += LANES)
      for (int l = 0; l < LANES; l++) lane[l] = lane[l] > x[i + l] ? lane[l] : x[i + l];
    for (int l = 0; l < LANES; l++) best = lane[l] > best ? lane[l] : best;
  }
  for (; i < n; i++) best = x[i] > best ? x[i] : best;
  return best;
}
