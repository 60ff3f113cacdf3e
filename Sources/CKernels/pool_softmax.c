#include "kernels/pool.h"

#include <string.h>

#include "kernels/clones.h"
#include "kernels/vmath.h"
#include "ranges.h"

enum { CHANNELS = 64 }; ///< that are taken at once

/// `n` channels of one pixel of y. `x` is the first channel of the window's first pixel inside the image.
ZOO_INLINE void mix_window(
  const zoo_pool *pool, float beta, const float *x, zoo_range rows, zoo_range columns, int64_t n, float *y, float *peaks, float *sums) {
  const int64_t pitch = pool->in_w * pool->channels, height = rows.end - rows.first, width = columns.end - columns.first;
  float peak[CHANNELS], sum[CHANNELS], mean[CHANNELS];
  memcpy(peak, x, (size_t)n * sizeof(float));
  for (int64_t p = 0; p < height; p++)
    for (int64_t q = 0; q < width; q++) {
      const float *in = x + p * pitch + q * pool->channels;
      for (int64_t c = 0; c < n; c++) peak[c] = beta * (in[c] - peak[c]) > 0 ? in[c] : peak[c];
    }
  memset(sum, 0, sizeof sum);
  memset(mean, 0, sizeof mean);
  for (int64_t p = 0; p < height; p++)
    for (int64_t q = 0; q < width; q++) {
      const float *in = x + p * pitch + q * pool->channels;
      for (int64_t c = 0; c < n; c++) {
        const float weight = zoo_exp(beta * (in[c] - peak[c]));
        sum[c] += weight;
        mean[c] += weight * in[c];
      }
    }
  for (int64_t c = 0; c < n; c++) y[c] = mean[c] / sum[c];
  if (!peaks) return;
  memcpy(peaks, peak, (size_t)n * sizeof(float));
  memcpy(sums, sum, (size_t)n * sizeof(float));
}

ZOO_CLONES void zoo_softmax_pool(
  const zoo_pool *pool, float beta, const float *x, float *y, float *peaks, float *sums, int64_t from, int64_t to) {
  const int64_t channels = pool->channels;
  for (int64_t row = from; row < to; row++) {
    const int64_t top = row % pool->out_h * pool->stride_h - pool->top;
    const zoo_range rows = zoo_inside(top, 1, pool->in_h, pool->size_h);
    const float *in = x + (row / pool->out_h * pool->in_h + top + rows.first) * pool->in_w * channels;
    for (int64_t j = 0; j < pool->out_w; j++) {
      const int64_t left = j * pool->stride_w - pool->left, pixel = (row * pool->out_w + j) * channels;
      const zoo_range columns = zoo_inside(left, 1, pool->in_w, pool->size_w);
      const float *first = in + (left + columns.first) * channels;
      for (int64_t c = 0; c < channels; c += CHANNELS)
        mix_window(
          pool, beta, first + c, rows, columns, zoo_least(CHANNELS, channels - c), y + pixel + c, peaks ? peaks + pixel + c : 0,
          sums ? sums + pixel + c : 0);
    }
  }
}

ZOO_CLONES void zoo_softmax_pool_back(
  const zoo_pool *pool, float beta, const float *x, const float *y, const float *peaks, const float *sums, const float *dy, float *dx,
  int64_t from, int64_t to) {
  const int64_t channels = pool->channels;
  for (int64_t row = from; row < to; row++) {
    float *out = dx + row * pool->in_w * channels;
    const float *in = x + row * pool->in_w * channels;
    memset(out, 0, (size_t)(pool->in_w * channels) * sizeof(float));
    const int64_t image = row / pool->in_h, below = row % pool->in_h + pool->top;
    const int64_t first = zoo_ceil_div(zoo_most(0, below - pool->size_h + 1), pool->stride_h);
    for (int64_t i = first; i < zoo_least(pool->out_h, below / pool->stride_h + 1); i++) {
      for (int64_t j = 0; j < pool->out_w; j++) {
        const int64_t left = j * pool->stride_w - pool->left, pixel = ((image * pool->out_h + i) * pool->out_w + j) * channels;
        const zoo_range columns = zoo_inside(left, 1, pool->in_w, pool->size_w);
        for (int64_t q = left + columns.first; q < left + columns.end; q++) {
          ZOO_SIMD for (int64_t c = 0; c < channels; c++) {
            const float here = in[q * channels + c], weight = zoo_exp(beta * (here - peaks[pixel + c])) / sums[pixel + c];
            out[q * channels + c] += dy[pixel + c] * weight * (1.f + beta * (here - y[pixel + c]));
          }
        }
      }
    }
  }
}
