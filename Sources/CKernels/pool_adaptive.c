#include "kernels/pool_adaptive.h"

#include <string.h>

#include "kernels/clones.h"
#include "ranges.h"

/// The pixels of window i.
ZOO_INLINE zoo_range window(int64_t in, int64_t out, int64_t i) {
  return (zoo_range){i * in / out, zoo_ceil_div((i + 1) * in, out)};
}

/// The windows that pixel r is in.
ZOO_INLINE zoo_range covering(int64_t in, int64_t out, int64_t r) { return (zoo_range){r * out / in, zoo_ceil_div((r + 1) * out, in)}; }

ZOO_INLINE float share(zoo_range rows, zoo_range columns) {
  return 1.f / (float)((rows.end - rows.first) * (columns.end - columns.first));
}

ZOO_CLONES void zoo_adaptive_average(const zoo_adaptive_pool *pool, const float *x, float *y, int64_t from, int64_t to) {
  const int64_t channels = pool->channels, pitch = pool->in_w * channels;
  for (int64_t row = from; row < to; row++) {
    const zoo_range rows = window(pool->in_h, pool->out_h, row % pool->out_h);
    const float *image = x + row / pool->out_h * pool->in_h * pitch;
    for (int64_t j = 0; j < pool->out_w; j++) {
      const zoo_range columns = window(pool->in_w, pool->out_w, j);
      const float part = share(rows, columns);
      float *out = y + (row * pool->out_w + j) * channels;
      memset(out, 0, (size_t)channels * sizeof(float));
      for (int64_t p = rows.first; p < rows.end; p++)
        for (int64_t q = columns.first; q < columns.end; q++)
          ZOO_SIMD for (int64_t c = 0; c < channels; c++) out[c] += image[p * pitch + q * channels + c];
      ZOO_SIMD for (int64_t c = 0; c < channels; c++) out[c] *= part;
    }
  }
}

ZOO_INLINE void take_larger(const float *in, int32_t place, int64_t channels, float *best, int32_t *places) {
  if (!places) {
    ZOO_SIMD for (int64_t c = 0; c < channels; c++) best[c] = in[c] > best[c] || in[c] != in[c] ? in[c] : best[c];
    return;
  }
  ZOO_SIMD for (int64_t c = 0; c < channels; c++) {
    const int larger = in[c] > best[c] || in[c] != in[c];
    best[c] = larger ? in[c] : best[c];
    places[c] = larger ? place : places[c];
  }
}

ZOO_CLONES void zoo_adaptive_max(
  const zoo_adaptive_pool *pool, const float *x, float *y, int32_t *places, int64_t from, int64_t to) {
  const int64_t channels = pool->channels, pitch = pool->in_w * channels;
  for (int64_t row = from; row < to; row++) {
    const zoo_range rows = window(pool->in_h, pool->out_h, row % pool->out_h);
    const float *image = x + row / pool->out_h * pool->in_h * pitch;
    for (int64_t j = 0; j < pool->out_w; j++) {
      const zoo_range columns = window(pool->in_w, pool->out_w, j);
      const int64_t pixel = (row * pool->out_w + j) * channels;
      int32_t *at = places ? places + pixel : 0;
      memcpy(y + pixel, image + rows.first * pitch + columns.first * channels, (size_t)channels * sizeof(float));
      for (int64_t c = 0; at && c < channels; c++) at[c] = (int32_t)(rows.first * pool->in_w + columns.first);
      for (int64_t p = rows.first; p < rows.end; p++)
        for (int64_t q = columns.first; q < columns.end; q++)
          take_larger(image + p * pitch + q * channels, (int32_t)(p * pool->in_w + q), channels, y + pixel, at);
    }
  }
}

ZOO_CLONES void zoo_adaptive_average_back(const zoo_adaptive_pool *pool, const float *dy, float *dx, int64_t from, int64_t to) {
  const int64_t channels = pool->channels;
  for (int64_t row = from; row < to; row++) {
    const zoo_range above = covering(pool->in_h, pool->out_h, row % pool->in_h);
    float *out = dx + row * pool->in_w * channels;
    memset(out, 0, (size_t)(pool->in_w * channels) * sizeof(float));
    for (int64_t i = above.first; i < above.end; i++) {
      const float *in = dy + (row / pool->in_h * pool->out_h + i) * pool->out_w * channels;
      for (int64_t j = 0; j < pool->out_w; j++) {
        const zoo_range columns = window(pool->in_w, pool->out_w, j);
        const float part = share(window(pool->in_h, pool->out_h, i), columns);
        for (int64_t q = columns.first; q < columns.end; q++)
          ZOO_SIMD for (int64_t c = 0; c < channels; c++) out[q * channels + c] += part * in[j * channels + c];
      }
    }
  }
}

void zoo_adaptive_max_back(
  const zoo_adaptive_pool *pool, const int32_t *places, const float *dy, float *dx, int64_t from, int64_t to) {
  const int64_t channels = pool->channels;
  for (int64_t row = from; row < to; row++) {
    const zoo_range above = covering(pool->in_h, pool->out_h, row % pool->in_h);
    const int64_t first = row % pool->in_h * pool->in_w;
    float *out = dx + row * pool->in_w * channels;
    memset(out, 0, (size_t)(pool->in_w * channels) * sizeof(float));
    for (int64_t i = above.first; i < above.end; i++) {
      const int64_t windows = (row / pool->in_h * pool->out_h + i) * pool->out_w * channels;
      for (int64_t k = windows; k < windows + pool->out_w * channels; k++) {
        const int64_t column = places[k] - first;
        if (column >= 0 && column < pool->in_w) out[column * channels + k % channels] += dy[k];
      }
    }
  }
}
