#include "kernels/softmax.h"

#include "kernels/vmath.h"
#include "reduce.h"

ZOO_SUM(sum_of, x[i], const float *x)
ZOO_SUM(sum_of_products, x[i] * y[i], const float *x, const float *y)
ZOO_SUM(sum_of_exponentials, zoo_exp(x[i] - shift), const float *x, float shift)

// A NaN in a row gets past the maximum, but not past the sum; so it reaches the whole row.

ZOO_CLONES void zoo_softmax_rows(const float *x, float *y, int64_t rows, int64_t n) {
  for (int64_t r = 0; r < rows; r++, x += n, y += n) {
    const float max = zoo_row_max(x, n);
    ZOO_SIMD for (int64_t i = 0; i < n; i++) y[i] = zoo_exp(x[i] - max);
    const float scale = (float)(1 / sum_of(y, n));
    ZOO_SIMD for (int64_t i = 0; i < n; i++) y[i] *= scale;
  }
}

ZOO_CLONES void zoo_log_softmax_rows(const float *x, float *y, int64_t rows, int64_t n) {
  for (int64_t r = 0; r < rows; r++, x += n, y += n) {
    const float max = zoo_row_max(x, n), log_sum = zoo_log((float)sum_of_exponentials(x, max, n));
    ZOO_SIMD for (int64_t i = 0; i < n; i++) y[i] = (x[i] - max) - log_sum;
  }
}

ZOO_CLONES void zoo_softmax_rows_backward(
  const float *y, const float *dy, float *dx, int64_t rows, int64_t n, int32_t adds) {
  for (int64_t r = 0; r < rows; r++, y += n, dy += n, dx += n) {
    const float mean = (float)sum_of_products(y, dy, n);
    if (adds) {
      ZOO_SIMD for (int64_t i = 0; i < n; i++) dx[i] += y[i] * (dy[i] - mean);
    } else {
      ZOO_SIMD for (int64_t i = 0; i < n; i++) dx[i] = y[i] * (dy[i] - mean);
    }
  }
}

ZOO_CLONES void zoo_log_softmax_rows_backward(
  const float *y, const float *dy, float *dx, int64_t rows, int64_t n, int32_t adds) {
  for (int64_t r = 0; r < rows; r++, y += n, dy += n, dx += n) {
    const float sum = (float)sum_of(dy, n);
    if (adds) {
      ZOO_SIMD for (int64_t i = 0; i < n; i++) dx[i] += dy[i] - zoo_exp(y[i]) * sum;
    } else {
      ZOO_SIMD for (int64_t i = 0; i < n; i++) dx[i] = dy[i] - zoo_exp(y[i]) * sum;
    }
  }
}
