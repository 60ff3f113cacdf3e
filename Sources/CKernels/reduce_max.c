#include "cursor.h"
#include "kernels/reduce.h"
#include "kernels/vmath.h"
#include "reduce.h"

enum { CHUNK = 512, LANES = 32 };

/// The larger of two numbers; NaN if one of them is.
ZOO_INLINE float larger(float a, float b) { return b > a || b != b ? b : a; }

ZOO_INLINE float max_run(const float *a, int64_t stride, int64_t n) {
  float best = -__builtin_inff();
  int64_t i = 0;
  if (stride == 1 && n >= LANES) {
    // The plain maximum passes NaN by, but a sum does not. (Infinities of both signs make a sum NaN, too: then all is done again.)
    float most[LANES], sum[LANES];
    for (int l = 0; l < LANES; l++) most[l] = a[l], sum[l] = a[l];
    for (i = LANES; i + LANES <= n; i += LANES)
      for (int l = 0; l < LANES; l++) most[l] = zoo_larger(a[i + l], most[l]), sum[l] += a[i + l];
    float total = 0;
    for (int l = 0; l < LANES; l++) best = zoo_larger(most[l], best), total += sum[l];
    if (total != total) best = -__builtin_inff(), i = 0;
  }
  for (; i < n; i++) best = larger(best, a[i * stride]);
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

/// Whether neighbouring outputs are made of neighbouring elements: then many are made at once.
ZOO_INLINE int goes_by_columns(const zoo_reduction *r) {
  return r->kept.stride[0][r->kept.rank - 1] == 1 && r->reduced.stride[0][r->reduced.rank - 1] != 1;
}

ZOO_CLONES void zoo_max(const zoo_reduction *r, const float *a, float *y, int64_t first, int64_t last, int64_t from, int64_t to) {
  const int64_t beside = r->kept.stride[0][r->kept.rank - 1];
  for (zoo_cursor c = zoo_start(&r->kept, first, last); c.left > 0; zoo_next(&r->kept, &c)) {
    const float *at = a + c.offset[0];
    float *out = y + last - c.left;
    if (goes_by_columns(r)) {
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
  // So few outputs at a time that what they are made of stays in the cache from the first pass to the second, but whole cache
  // lines of columns.
  const int64_t few = 1 + 65536 / (r->reduced.count + 1), least = goes_by_columns(r) ? 64 : 1;
  const int64_t chunk = zoo_smaller(few > least ? few : least, CHUNK);
  for (int64_t start = first; start < last; start += chunk) {
    const int64_t end = zoo_smaller(start + chunk, last);
    zoo_max(r, a, y, start, end, 0, r->reduced.count);
    zoo_shifts(y + start, end - start);
    zoo_sums(r, ZOO_OF_EXPONENTIALS, a, y, sums, start, end, 0, r->reduced.count);
    zoo_log_sums(sums, 1, end - start, y + start);
  }
}
