#include "kernels/columns.h"
#include "kernels/clones.h"

enum { LANES = 64, BLOCK = 128 };

ZOO_CLONES void zoo_sum_columns(const float *x, int64_t rows, int64_t width, int64_t from, int64_t to, float *sums) {
  for (int64_t j = from; j < to; j += LANES) {
    int64_t lanes = to - j < LANES ? to - j : LANES;
    double totals[LANES] = {0};
    for (int64_t i = 0; i < rows; i += BLOCK) {
      int64_t end = rows - i < BLOCK ? rows : i + BLOCK;
      float part[LANES] = {0};
      for (int64_t row = i; row < end; row++) {
        const float *line = x + row * width + j;
        for (int64_t lane = 0; lane < lanes; lane++) part[lane] += line[lane];
      }
      for (int64_t lane = 0; lane < lanes; lane++) totals[lane] += part[lane];
    }
    for (int64_t lane = 0; lane < lanes; lane++) sums[j + lane] = (float)totals[lane];
  }
}
