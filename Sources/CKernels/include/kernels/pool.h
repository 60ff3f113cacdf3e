/// Pooling of images [N, H, W, C]: each channel by itself. Tasks are rows of what is written, so that any cut gives the same results.
#pragma once
#include <stdint.h>

/// Windows of size_h by size_w pixels, the first one starting at (-top, -left). Each has at least one pixel inside the image.
typedef struct zoo_pool {
  int64_t images, in_h, in_w, channels, out_h, out_w;
  int64_t size_h, size_w, stride_h, stride_w, top, left;
  int64_t counts_padding; ///< an average is over a window's pixels even where they are padding, but not behind it:
  int64_t end_h, end_w;   ///< where the padding behind ends, counted from the image's first pixel
} zoo_pool;

/// y = the largest of each window, or the smallest; NaN if one is. `taps`, if not NULL, gets the place in the window of the first one
/// that is, counted row by row. Rows [from, to) of the images * out_h of y.
void zoo_max_pool(const zoo_pool *pool, const float *x, float *y, int32_t *taps, int64_t from, int64_t to);
void zoo_min_pool(const zoo_pool *pool, const float *x, float *y, int32_t *taps, int64_t from, int64_t to);

/// y = the mean of each window.
void zoo_average_pool(const zoo_pool *pool, const float *x, float *y, int64_t from, int64_t to);

/// dx from dy: the extreme takes it all, or each pixel its share. Rows [from, to) of the images * in_h of dx.
void zoo_extreme_pool_back(const zoo_pool *pool, const int32_t *taps, const float *dy, float *dx, int64_t from, int64_t to);
void zoo_average_pool_back(const zoo_pool *pool, const float *dy, float *dx, int64_t from, int64_t to);

/// y = the mean of each window, weighted by e^(beta x). `peaks` and `sums`, if not NULL, get its element that weighs most and the sum of
/// the weights where that one's is 1.
void zoo_softmax_pool(
  const zoo_pool *pool, float beta, const float *x, float *y, float *peaks, float *sums, int64_t from, int64_t to);
void zoo_softmax_pool_back(
  const zoo_pool *pool, float beta, const float *x, const float *y, const float *peaks, const float *sums, const float *dy, float *dx,
  int64_t from, int64_t to);

/// The mean and the largest of all `pixels` pixels of images [from, to). `places`, if not NULL, gets the first largest pixel.
void zoo_global_average(const float *x, int64_t pixels, int64_t channels, float *y, int64_t from, int64_t to);
void zoo_global_max(const float *x, int64_t pixels, int64_t channels, float *y, int32_t *places, int64_t from, int64_t to);
void zoo_global_average_back(const float *dy, int64_t pixels, int64_t channels, float *dx, int64_t from, int64_t to);
void zoo_global_max_back(const int32_t *places, const float *dy, int64_t pixels, int64_t channels, float *dx, int64_t from, int64_t to);
