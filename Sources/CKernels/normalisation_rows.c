#include "kernels/normalisation.h"

#include <math.h>
#include <stdbool.h>

#include "reduce.h"

ZOO_SUM(sum_of, x[i], const float *x)
ZOO_SUM(sum_of_distances, x[i] - mean, const float *x, float mean)
ZOO_SUM(sum_of_squares, (x[i] - mean) * (x[i] - mean), const float *x, float mean)

// `centred` and whether there are weights are known where these are called, so that each case becomes a loop of its own.

/// The mean is estimated, then corrected by the mean distance from the estimate.
ZOO_INLINE zoo_norm measure(const float *x, int64_t n, double epsilon, bool centred) {
  const float mean = centred ? (float)(sum_of(x, n) / (double)n) : 0.f;
  const double rest = centred ? sum_of_distances(x, mean, n) / (double)n : 0;
  const double variance = sum_of_squares(x, mean, n) / (double)n - rest * rest;
  return (zoo_norm){mean, (float)rest, (float)(1 / sqrt((variance > 0 ? variance : variance < 0 ? 0 : variance) + epsilon))};
}

ZOO_INLINE void forward(
  const float *x, const float *weight, const float *bias, double epsilon, float *y, zoo_norm *norms, int64_t rows, int64_t n,
  bool centred) {
  for (int64_t r = 0; r < rows; r++, x += n, y += n) {
    const zoo_norm norm = measure(x, n, epsilon, centred);
    const float mean = norm.mean, scale = norm.scale, shift = -norm.mean_rest * norm.scale;
    if (norms) norms[r] = norm;
    if (weight && bias) {
      ZOO_SIMD for (int64_t i = 0; i < n; i++) y[i] = ((x[i] - mean) * scale + shift) * weight[i] + bias[i];
    } else if (weight) {
      ZOO_SIMD for (int64_t i = 0; i < n; i++) y[i] = ((x[i] - mean) * scale + shift) * weight[i];
    } else {
      ZOO_SIMD for (int64_t i = 0; i < n; i++) y[i] = (x[i] - mean) * scale + shift;
    }
  }
}

ZOO_CLONES void zoo_layer_norm(
  const float *x, const float *weight, const float *bias, double epsilon, float *y, zoo_norm *norms, int64_t rows, int64_t n) {
  forward(x, weight, bias, epsilon, y, norms, rows, n, true);
}

ZOO_CLONES void zoo_rms_norm(
  const float *x, const float *weight, double epsilon, float *y, zoo_norm *norms, int64_t rows, int64_t n) {
  forward(x, weight, 0, epsilon, y, norms, rows, n, false);
}

/// dy by the normalised z: dy weight, or dy.
#define GRADIENT(i) (weight ? dy[i] * weight[i] : dy[i])
#define NORMALISED(i) ((x[i] - mean) * scale + shift)

ZOO_SUM(sum_of_gradients, GRADIENT(i), const float *dy, const float *weight)
ZOO_SUM(
  sum_of_products, GRADIENT(i) * NORMALISED(i), const float *x, const float *dy, const float *weight, float mean, float scale,
  float shift)

ZOO_INLINE void backward_row(
  const float *x, const float *dy, const float *weight, zoo_norm norm, float *dx, int64_t n, bool adds, bool centred) {
  const float mean = norm.mean, scale = norm.scale, shift = -norm.mean_rest * norm.scale;
  const float slope = (float)(sum_of_products(x, dy, weight, mean, scale, shift, n) / (double)n);
  const float offset = centred ? (float)(sum_of_gradients(dy, weight, n) / (double)n) : 0.f;
  ZOO_SIMD for (int64_t i = 0; i < n; i++) {
    const float gradient = scale * (GRADIENT(i) - offset - NORMALISED(i) * slope);
    dx[i] = adds ? dx[i] + gradient : gradient;
  }
}

ZOO_INLINE void add_products(const float *x, const float *dy, zoo_norm norm, float *sums, int64_t n, bool centred) {
  const float mean = norm.mean, scale = norm.scale, shift = -norm.mean_rest * norm.scale;
  float *by_weight = sums, *by_bias = sums + n;
  ZOO_SIMD for (int64_t i = 0; i < n; i++) by_weight[i] += dy[i] * NORMALISED(i);
  if (centred)
    ZOO_SIMD for (int64_t i = 0; i < n; i++) by_bias[i] += dy[i];
}

ZOO_INLINE void backward(
  const float *x, const float *dy, const float *weight, const zoo_norm *norms, float *dx, float *sums, int64_t rows, int64_t n,
  int32_t adds, bool centred) {
  if (sums)
    for (int64_t i = 0; i < 2 * n; i++) sums[i] = 0.f;
  for (int64_t r = 0; r < rows; r++) {
    if (dx && weight) backward_row(x + r * n, dy + r * n, weight, norms[r], dx + r * n, n, adds, centred);
    if (dx && !weight) backward_row(x + r * n, dy + r * n, 0, norms[r], dx + r * n, n, adds, centred);
    if (sums) add_products(x + r * n, dy + r * n, norms[r], sums, n, centred);
  }
}

ZOO_CLONES void zoo_layer_norm_backward(
  const float *x, const float *dy, const float *weight, const zoo_norm *norms, float *dx, float *sums, int64_t rows, int64_t n,
  int32_t adds) {
  backward(x, dy, weight, norms, dx, sums, rows, n, adds, true);
}

ZOO_CLONES void zoo_rms_norm_backward(
  const float *x, const float *dy, const float *weight, const zoo_norm *norms, float *dx, float *sums, int64_t rows, int64_t n,
  int32_t adds) {
  backward(x, dy, weight, norms, dx, sums, rows, n, adds, false);
}

ZOO_CLONES void zoo_add_blocks(
  const float *sums, int64_t blocks, int64_t stride, int64_t from, int64_t to, float *out, int32_t adds) {
  enum { CHUNK = 64 };
  for (int64_t at = from; at < to; at += CHUNK) {
    const int64_t n = zoo_smaller(to - at, CHUNK);
    double total[CHUNK] = {0};
    for (int64_t b = 0; b < blocks; b++)
      for (int64_t i = 0; i < n; i++) total[i] += sums[b * stride + at + i];
    for (int64_t i = 0; i < n; i++) out[at + i] = adds ? out[at + i] + (float)total[i] : (float)total[i];
  }
}
