#include "kernels/rows.h"

#include "kernels/clones.h"
#include "ranges.h"

/// Narrow rows are taken together, up to PATTERN floats at a time.
enum { PATTERN = 256, NARROW = 64 };

ZOO_INLINE void add(const float *restrict row, float *restrict to, int64_t n) {
  for (int64_t i = 0; i < n; i++) to[i] += row[i];
}

ZOO_CLONES void zoo_rows_add(const float *row, int64_t width, float *rows, int64_t from, int64_t to) {
  if (width > NARROW) {
    for (int64_t i = from; i < to; i++) add(row, rows + i * width, width);
    return;
  }
  float pattern[PATTERN];
  const int64_t together = zoo_least(PATTERN / width, to - from);
  for (int64_t i = 0; i < together; i++)
    for (int64_t j = 0; j < width; j++) pattern[i * width + j] = row[j];
  for (int64_t i = from; i < to; i += together) add(pattern, rows + i * width, zoo_least(together, to - i) * width);
}
