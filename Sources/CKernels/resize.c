#include "kernels/resize.h"

#include <string.h>

#include "kernels/clones.h"

/// Pixels of fewer channels are taken one channel at a time, for all pixels of a row.
enum { FEW_CHANNELS = 8 };

ZOO_INLINE void copy_pixels(const zoo_resized_axis *a, const float *row, float *y, int64_t channels) {
  if (channels == 1) {
    for (int64_t o = 0; o < a->to; o++) y[o] = row[a->near[o]];
  } else if (channels < FEW_CHANNELS) {
    for (int64_t o = 0; o < a->to; o++)
      for (int64_t c = 0; c < channels; c++) y[o * channels + c] = row[a->near[o] * channels + c];
  } else {
    for (int64_t o = 0; o < a->to; o++) memcpy(y + o * channels, row + a->near[o] * channels, (size_t)channels * sizeof(float));
  }
}

ZOO_INLINE void mix_pixels(const zoo_resized_axis *a, const float *row, float *restrict y, int64_t channels) {
  if (channels < FEW_CHANNELS) {
    for (int64_t c = 0; c < channels; c++) {
      ZOO_SIMD for (int64_t o = 0; o < a->to; o++) {
        const float near = row[a->near[o] * channels + c], far = row[a->far[o] * channels + c];
        y[o * channels + c] = near + a->weight[o] * (far - near);
      }
    }
    return;
  }
  for (int64_t o = 0; o < a->to; o++) {
    const float *near = row + a->near[o] * channels, *far = row + a->far[o] * channels, weight = a->weight[o];
    for (int64_t c = 0; c < channels; c++) y[o * channels + c] = near[c] + weight * (far[c] - near[c]);
  }
}

ZOO_CLONES void zoo_resize_forward(const zoo_resize *r, const float *x, float *y, float *mix, int64_t first, int64_t end) {
  const int64_t width = r->columns.from * r->channels, widened = r->columns.to * r->channels;
  for (int64_t row = first; row < end; row++) {
    const int64_t image = row / r->rows.to, o = row % r->rows.to;
    float *out = y + row * widened;
    const float *near = x + (image * r->rows.from + r->rows.near[o]) * width;
    if (!r->rows.weight) {
      // Rows that come of one row are the same.
      if (row > first && o > 0 && r->rows.near[o] == r->rows.near[o - 1]) memcpy(out, out - widened, (size_t)widened * sizeof(float));
      else copy_pixels(&r->columns, near, out, r->channels);
      continue;
    }
    const float *far = x + (image * r->rows.from + r->rows.far[o]) * width, weight = r->rows.weight[o];
    if (weight != 0.f) {
      for (int64_t i = 0; i < width; i++) mix[i] = near[i] + weight * (far[i] - near[i]);
      near = mix;
    }
    mix_pixels(&r->columns, near, out, r->channels);
  }
}

/// How much pixel i of x has of pixel o of y.
ZOO_INLINE float share(const zoo_resized_axis *a, int64_t o, int64_t i) {
  if (!a->weight) return 1.f;
  return (a->near[o] == i ? 1.f - a->weight[o] : 0.f) + (a->far[o] == i ? a->weight[o] : 0.f);
}

ZOO_CLONES void zoo_resize_backward(
  const zoo_resize *r, const float *dy, float *dx, float *mix, int64_t first, int64_t end, int32_t adds) {
  const int64_t channels = r->channels, width = r->columns.from * channels, widened = r->columns.to * channels;
  for (int64_t row = first; row < end; row++) {
    const int64_t image = row / r->rows.from, i = row % r->rows.from;
    float *out = dx + row * width;
    if (!adds) memset(out, 0, (size_t)width * sizeof(float));
    if (r->rows.first[i] == r->rows.end[i]) continue;
    memset(mix, 0, (size_t)widened * sizeof(float));
    for (int64_t o = r->rows.first[i]; o < r->rows.end[i]; o++) {
      const float *in = dy + (image * r->rows.to + o) * widened, weight = share(&r->rows, o, i);
      for (int64_t k = 0; k < widened; k++) mix[k] += weight * in[k];
    }
    for (int64_t j = 0; j < r->columns.from; j++) {
      for (int64_t o = r->columns.first[j]; o < r->columns.end[j]; o++) {
        const float weight = share(&r->columns, o, j);
        for (int64_t c = 0; c < channels; c++) out[j * channels + c] += weight * mix[o * channels + c];
      }
    }
  }
}
