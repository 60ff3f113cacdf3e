#include "cursor.h"
#include "kernels/reduce.h"
#include "kernels/vmath.h"
#include "reduce.h"

enum { CHUNK = 512 };

/// The larger of two numbers; NaN if one of them is.
ZOO_INLINE float larger(float a, float b) { return b > a || b != b ? b : a; }

ZOO_INLINE float max_run(const float *a, int64_t stride, int64_t n) {
  enum { BLOCK = 2048 }; // which stays in the innermost cache from the first pass to the second
  float best = -__builtin_inff();
  if (stride != 1) {
    for (int64_t i = 0; i < n; i++) best = larger(best, a[i * stride]);
    return best;
  }
  for (int64_t from = 0; from < n; from += BLOCK) {
    const int64_t count = zoo_smaller(BLOCK, n - from);
    const float *x = a + from;
    int has_nan = 0;
    for (int64_t i = 0; i < count; i++) has_nan |= x[i] != x[i];
    if (has_nan) return __builtin_nanf("");
    best = zoo_larger(zoo_row_max(x, count), best);
  }
  return best;
}

ZOO_INLINE float max_row(const zoo_nest *reduced, const float *a, int64_t from, int64_t to) {
  const int64_t stride = reduced->stride[0][reduced->rank - 1];
  float best = -__builtin_inff();
  for (zoo_cursor c = zoo_start(reduced, from, to); c.left > 0; zoo_next(reduced, &c))
    best = larger(best, max_run(a + c.offset[0], stride, c.run));
  return best;
}

ZOO_INLINE void max_columns(const zoo_nest *reduced, const float *a, float *restrict y, int64_t n, int64_t from, int64_t to) {
  for (int64_t j = 0; j < n; j++) y[j] = -__builtin_inff();
  const int64_t down = reduced->stride[0][reduced->rank - 1];
  for (zoo_cursor c = zoo_start(reduced, from, to); c.left > 0; zoo_next(reduced, &c)) {
    const float *row = a + c.offset[0];
    int64_t i = 0;
    for (; i + 4 <= c.run; i += 4, row += 4 * down) {
      const float *second = row + down, *third = second + down, *fourth = third + down;
      for (int64_t j = 0; j < n; j++) y[j] = larger(y[j], larger(larger(row[j], second[j]), larger(third[j], fourth[j])));
    }
    for (; i < c.run; i++, row += down)
      for (int64_t j = 0; j < n; j++) y[j] = larger(y[j], row[j]);
  }
}

ZOO_CLONES void zoo_max(const zoo_reduction *r, const float *a, float *y, int64_t first, int64_t last, int64_t from, int64_t to) {
  const int64_t beside = r->kept.stride[0][r->kept.rank - 1];
  for (zoo_cursor c = zoo_start(&r->kept, first, last); c.left > 0; zoo_next(&r->kept, &c)) {
    const float *at = a + c.offset[0];
    float *out = y + last - c.left;
    if (beside == 1 && r->reduced.stride[0][r->reduced.rank - 1] != 1) {
      for (int64_t j = 0; j < c.run; j += CHUNK) max_columns(&r->reduced, at + j, out + j, zoo_smaller(CHUNK, c.run - j), from, to);
    } else {
      for (int64_t i = 0; i < c.run; i++) out[i] = max_row(&r->reduced, at + i * beside, from, to);
    }
  }
}

ZOO_CLONES void zoo_max_blocks(const float *maxima, int64_t blocks, int64_t outputs, float *y) {
  for (int64_t i = 0; i < outputs; i++) {
    float best = maxima[i];
    for (int64_t block = 1; block < blocks; block++) best = larger(best, maxima[block * outputs + i]);
    y[i] = best;
  }
}

void zoo_shifts(float *maxima, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    if (__builtin_isinf(maxima[i])) maxima[i] = 0;
}

void zoo_log_sums(const double *sums, int64_t blocks, int64_t outputs, float *y) {
  for (int64_t i = 0; i < outputs; i++) {
    double total = 0;
    for (int64_t block = 0; block < blocks; block++) total += sums[block * outputs + i];
    y[i] += zoo_log((float)total);
  }
}

void zoo_logsumexp(const zoo_reduction *r, const float *a, float *y, int64_t first, int64_t last) {
  double sums[CHUNK];
  // So few outputs at a time that what they are made of stays in the cache from the first pass to the second.
  const int64_t chunk = zoo_smaller(1 + 65536 / (r->reduced.count + 1), CHUNK);
  for (int64_t start = first; start < last; start += chunk) {
    const int64_t end = zoo_smaller(start + chunk, last);
    zoo_max(r, a, y, start, end, 0, r->reduced.count);
    zoo_shifts(y + start, end - start);
    zoo_sums(r, ZOO_OF_EXPONENTIALS, a, y, sums, start, end, 0, r->reduced.count);
    zoo_log_sums(sums, 1, end - start, y + start);
  }
}
