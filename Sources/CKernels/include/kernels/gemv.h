/// Products of a few rows with a matrix that is too large for the caches: the time is that of reading it once, so it is not packed.
#pragma once
#include <zoo/plan.h>

enum { ZOO_GEMV_ROWS = 4 }; ///< at most

/// y[r, j] = epilogue(sum_i x[r, i] w[j, i] + bias[j] + addend[r, j]) for the columns j in [from, to).
typedef struct zoo_gemv {
  int64_t rows, inputs;
  const float *x, *w;
  const float *bias;   ///< or NULL
  const float *addend; ///< or NULL; rows are as far apart as y's, whose memory it may be
  float *y;
  int64_t y_row;
  const zoo_epilogue *epilogue; ///< or NULL
} zoo_gemv;

/// Each sum is taken in an order that depends on `inputs` alone.
void zoo_gemv_run(const zoo_gemv *gemv, int64_t from, int64_t to);
