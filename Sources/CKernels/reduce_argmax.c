#include "kernels/reduce.h"
#include "kernels/clones.h"
#include "reduce.h"

enum { CHUNK = 256 };

/// Where the first NaN, or else the first maximum, of n neighbours is.
ZOO_INLINE int64_t argmax_row(const float *x, int64_t n) {
  const float best = zoo_row_max(x, n);
  int has_nan = 0;
  for (int64_t i = 0; i < n; i++) has_nan |= x[i] != x[i];
  for (int64_t i = 0; i < n; i++)
    if (has_nan ? x[i] != x[i] : x[i] == best) return i;
  return 0;
}

/// The same for n <= CHUNK neighbouring columns of `length` elements.
ZOO_INLINE void argmax_columns(const float *x, int64_t length, int64_t inner, int64_t *restrict y, int64_t n) {
  float best[CHUNK];
  int32_t where[CHUNK];
  for (int64_t j = 0; j < n; j++) best[j] = x[j], where[j] = 0;
  for (int64_t i = 1; i < length; i++) {
    const float *row = x + i * inner;
    for (int64_t j = 0; j < n; j++) {
      const int wins = (row[j] > best[j] || row[j] != row[j]) && best[j] == best[j];
      best[j] = wins ? row[j] : best[j];
      where[j] = wins ? (int32_t)i : where[j];
    }
  }
  for (int64_t j = 0; j < n; j++) y[j] = where[j];
}

ZOO_CLONES void zoo_argmax(const float *x, int64_t length, int64_t inner, int64_t *y, int64_t from, int64_t to) {
  for (int64_t i = from, n; i < to; i += n) {
    const int64_t outer = i / inner, column = i % inner;
    const float *at = x + outer * length * inner + column;
    n = inner == 1 ? 1 : zoo_smaller(zoo_smaller(inner - column, to - i), CHUNK);
    if (inner == 1) y[i] = argmax_row(at, length);
    else argmax_columns(at, length, inner, y + i, n);
  }
}
