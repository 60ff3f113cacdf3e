/// Pooling of images [N, H, W, C] into windows that are as many as wanted: of `out` windows of an axis of `in` pixels, window i is
/// floor(i in / out) ..< ceil((i + 1) in / out). Tasks are rows of what is written.
#pragma once
#include <stdint.h>

typedef struct zoo_adaptive_pool {
  int64_t images, in_h, in_w, channels, out_h, out_w;
} zoo_adaptive_pool;

/// y = the mean of each window, or the largest, or NaN if one is; `places`, if not NULL, gets which pixel of the image it is, the first one
/// of equals. Rows [from, to) of the images * out_h of y.
void zoo_adaptive_average(const zoo_adaptive_pool *pool, const float *x, float *y, int64_t from, int64_t to);
void zoo_adaptive_max(const zoo_adaptive_pool *pool, const float *x, float *y, int32_t *places, int64_t from, int64_t to);

/// dx from dy. Rows [from, to) of the images * in_h of dx.
void zoo_adaptive_average_back(const zoo_adaptive_pool *pool, const float *dy, float *dx, int64_t from, int64_t to);
void zoo_adaptive_max_back(
  const zoo_adaptive_pool *pool, const int32_t *places, const float *dy, float *dx, int64_t from, int64_t to);
