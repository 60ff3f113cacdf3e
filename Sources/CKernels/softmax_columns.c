#include "kernels/clones.h"
#include "kernels/softmax.h"
#include "kernels/vmath.h"

/// Each column has its own maximum and its own sum, so that the loops over columns are SIMD without any reduction.
typedef struct {
  float max[ZOO_SOFTMAX_COLUMNS];
  double sum[ZOO_SOFTMAX_COLUMNS];
} columns;

ZOO_INLINE void find_max(columns *c, const float *x, int64_t n, int64_t inner, int64_t width) {
  for (int64_t j = 0; j < width; j++) c->max[j] = x[j];
  for (int64_t i = 1; i < n; i++)
    ZOO_SIMD for (int64_t j = 0; j < width; j++) c->max[j] = x[i * inner + j] > c->max[j] ? x[i * inner + j] : c->max[j];
}

ZOO_CLONES void zoo_softmax_columns(const float *x, float *y, int64_t n, int64_t inner, int64_t width) {
  columns c = {0};
  find_max(&c, x, n, inner, width);
  for (int64_t i = 0; i < n; i++) {
    ZOO_SIMD for (int64_t j = 0; j < width; j++) {
      const float e = zoo_exp(x[i * inner + j] - c.max[j]);
      y[i * inner + j] = e;
      c.sum[j] += e;
    }
  }
  float scale[ZOO_SOFTMAX_COLUMNS];
  for (int64_t j = 0; j < width; j++) scale[j] = (float)(1 / c.sum[j]);
  for (int64_t i = 0; i < n; i++)
    ZOO_SIMD for (int64_t j = 0; j < width; j++) y[i * inner + j] *= scale[j];
}

ZOO_CLONES void zoo_log_softmax_columns(const float *x, float *y, int64_t n, int64_t inner, int64_t width) {
  columns c = {0};
  find_max(&c, x, n, inner, width);
  for (int64_t i = 0; i < n; i++)
    ZOO_SIMD for (int64_t j = 0; j < width; j++) c.sum[j] += zoo_exp(x[i * inner + j] - c.max[j]);
  float log_sum[ZOO_SOFTMAX_COLUMNS];
  for (int64_t j = 0; j < width; j++) log_sum[j] = zoo_log((float)c.sum[j]);
  for (int64_t i = 0; i < n; i++)
    ZOO_SIMD for (int64_t j = 0; j < width; j++) y[i * inner + j] = (x[i * inner + j] - c.max[j]) - log_sum[j];
}

ZOO_CLONES void zoo_softmax_columns_backward(
  const float *y, const float *dy, float *dx, int64_t n, int64_t inner, int64_t width, int32_t adds) {
  double mean[ZOO_SOFTMAX_COLUMNS] = {0};
  for (int64_t i = 0; i < n; i++)
    ZOO_SIMD for (int64_t j = 0; j < width; j++) mean[j] += y[i * inner + j] * dy[i * inner + j];
  for (int64_t i = 0; i < n; i++) {
    ZOO_SIMD for (int64_t j = 0; j < width; j++) {
      const int64_t at = i * inner + j;
      const float gradient = y[at] * (dy[at] - (float)mean[j]);
      dx[at] = adds ? dx[at] + gradient : gradient;
    }
  }
}

ZOO_CLONES void zoo_log_softmax_columns_backward(
  const float *y, const float *dy, float *dx, int64_t n, int64_t inner, int64_t width, int32_t adds) {
  double sum[ZOO_SOFTMAX_COLUMNS] = {0};
  for (int64_t i = 0; i < n; i++)
    ZOO_SIMD for (int64_t j = 0; j < width; j++) sum[j] += dy[i * inner + j];
  for (int64_t i = 0; i < n; i++) {
    ZOO_SIMD for (int64_t j = 0; j < width; j++) {
      const int64_t at = i * inner + j;
      const float gradient = dy[at] - zoo_exp(y[at]) * (float)sum[j];
      dx[at] = adds ? dx[at] + gradient : gradient;
    }
  }
}
