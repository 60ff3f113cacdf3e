#include "kernels/columns.h"

#include <string.h>

#include "kernels/clones.h"
#include "ranges.h"

enum {
  CHUNKS = 16,
  LEAST = 64,  ///< rows of a chunk
  BLOCK = 128, ///< rows that are added up as floats
  LANES = 256, ///< columns that are summed side by side
  GROUP = 16   ///< rows narrower than this are taken so many at a time, as if they were one
};

int64_t zoo_column_chunks(int64_t rows) { return zoo_most(1, zoo_least(CHUNKS, rows / LEAST)); }

/// sums[j] += the sum of column j over at most BLOCK rows, which are `stride` floats apart.
ZOO_INLINE void add_block(const float *x, int64_t rows, int64_t stride, int64_t columns, float *sums) {
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    const float *a = x + r * stride, *b = a + stride, *c = b + stride, *d = c + stride;
    for (int64_t j = 0; j < columns; j++) sums[j] += (a[j] + b[j]) + (c[j] + d[j]);
  }
  for (; r < rows; r++)
    for (int64_t j = 0; j < columns; j++) sums[j] += x[r * stride + j];
}

/// totals[j % width] += the sum of column j of x[rows, columns].
ZOO_INLINE void add_rows(const float *x, int64_t rows, int64_t columns, int64_t width, double *totals) {
  for (int64_t first = 0; first < columns; first += LANES)
    for (int64_t r = 0; r < rows; r += BLOCK) {
      float sums[LANES] = {0};
      const int64_t lanes = zoo_least(LANES, columns - first);
      add_block(x + r * columns + first, zoo_least(BLOCK, rows - r), columns, lanes, sums);
      for (int64_t j = 0; j < lanes; j += width)
        for (int64_t i = 0; i < zoo_least(width, lanes); i++) totals[width == columns ? first + i : i] += sums[j + i];
    }
}

ZOO_CLONES void zoo_column_sums(const float *x, int64_t rows, int64_t columns, double *partial, int64_t from, int64_t to) {
  for (int64_t chunk = from; chunk < to; chunk++) {
    const zoo_range range = zoo_share(rows, zoo_column_chunks(rows), chunk);
    double *totals = partial + chunk * columns;
    memset(totals, 0, (size_t)columns * sizeof(double));
    const int64_t grouped = columns < GROUP ? (range.end - range.first) / GROUP * GROUP : 0;
    add_rows(x + range.first * columns, grouped / GROUP, columns * GROUP, columns, totals);
    add_rows(x + (range.first + grouped) * columns, range.end - range.first - grouped, columns, columns, totals);
  }
}

void zoo_column_total(const double *partial, int64_t rows, int64_t columns, float *sums) {
  for (int64_t j = 0; j < columns; j++) {
    double sum = 0;
    for (int64_t chunk = 0; chunk < zoo_column_chunks(rows); chunk++) sum += partial[chunk * columns + j];
    sums[j] = (float)sum;
  }
}
