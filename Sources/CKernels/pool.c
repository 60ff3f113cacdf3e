#include "kernels/pool.h"

#include <string.h>

#include "ranges.h"

/// What becomes of a window.
enum { AVERAGE, LARGEST, SMALLEST };

/// How much a pixel counts in the mean of the window that starts at (top, left), `inside` pixels of which are in the image.
static inline float pool_share(const zoo_pool *pool, int64_t top, int64_t left, int64_t inside) {
  if (!pool->counts_padding) return 1.f / (float)inside;
  return 1.f / (float)(zoo_least(pool->size_h, pool->end_h - top) * zoo_least(pool->size_w, pool->end_w - left));
}

#define TEMPLATE "pool_template.h"
#include "generations.h"

void zoo_max_pool(const zoo_pool *pool, const float *x, float *y, int32_t *taps, int64_t from, int64_t to) {
  ZOO_BEST(max_pool)(pool, x, y, taps, from, to);
}

void zoo_min_pool(const zoo_pool *pool, const float *x, float *y, int32_t *taps, int64_t from, int64_t to) {
  ZOO_BEST(min_pool)(pool, x, y, taps, from, to);
}

void zoo_average_pool(const zoo_pool *pool, const float *x, float *y, int64_t from, int64_t to) {
  ZOO_BEST(average_pool)(pool, x, y, from, to);
}

void zoo_extreme_pool_back(const zoo_pool *pool, const int32_t *taps, const float *dy, float *dx, int64_t from, int64_t to) {
  ZOO_BEST(extreme_back)(pool, taps, dy, dx, from, to);
}

void zoo_average_pool_back(const zoo_pool *pool, const float *dy, float *dx, int64_t from, int64_t to) {
  ZOO_BEST(average_back)(pool, dy, dx, from, to);
}

void zoo_global_average(const float *x, int64_t pixels, int64_t channels, float *y, int64_t from, int64_t to) {
  ZOO_BEST(global_average)(x, pixels, channels, y, from, to);
}

void zoo_global_max(const float *x, int64_t pixels, int64_t channels, float *y, int32_t *places, int64_t from, int64_t to) {
  ZOO_BEST(global_max)(x, pixels, channels, y, places, from, to);
}

void zoo_global_average_back(const float *dy, int64_t pixels, int64_t channels, float *dx, int64_t from, int64_t to) {
  ZOO_BEST(global_average_back)(dy, pixels, channels, dx, from, to);
}

void zoo_global_max_back(const int32_t *places, const float *dy, int64_t pixels, int64_t channels, float *dx, int64_t from, int64_t to) {
  memset(dx + from * pixels * channels, 0, (size_t)((to - from) * pixels * channels) * sizeof(float));
  for (int64_t image = from; image < to; image++)
    for (int64_t c = 0; c < channels; c++) dx[(image * pixels + places[image * channels + c]) * channels + c] = dy[image * channels + c];
}
