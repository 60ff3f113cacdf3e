#include "kernels/local.h"

#include <string.h>

#include "kernels/clones.h"
#include "ranges.h"

enum { IMAGES = 16 }; ///< whose windows are read at once, so that a kernel is read once for all of them

static int64_t depth(const zoo_local *l) { return l->in_c * l->kernel_h * l->kernel_w; }

int64_t zoo_local_slab(const zoo_local *l) { return zoo_least(IMAGES, l->images) * depth(l); }

int64_t zoo_local_step(const zoo_local *l) { return (l->kernel_h - 1) * l->dilation_h / l->stride_h + 1; }

typedef struct window {
  int64_t top, left;
  zoo_range rows, columns; ///< the taps inside the image
} window;

ZOO_INLINE window window_of(const zoo_local *l, int64_t i, int64_t j) {
  window w = {.top = i * l->stride_h - l->top, .left = j * l->stride_w - l->left};
  w.rows = zoo_inside(w.top, l->dilation_h, l->in_h, l->kernel_h);
  w.columns = zoo_inside(w.left, l->dilation_w, l->in_w, l->kernel_w);
  return w;
}

/// One image's window in the order of a kernel, (channel, row, column); or adds one in that order to the image.
ZOO_INLINE void move_window(const zoo_local *l, const window *w, float *image, float *values, const int adds) {
  const int64_t taps = l->kernel_h * l->kernel_w, channels = l->in_c;
  for (int64_t p = w->rows.first; p < w->rows.end; p++)
    for (int64_t q = w->columns.first; q < w->columns.end; q++) {
      float *pixel = image + ((w->top + p * l->dilation_h) * l->in_w + w->left + q * l->dilation_w) * channels;
      float *tap = values + p * l->kernel_w + q;
      if (adds) ZOO_SIMD for (int64_t c = 0; c < channels; c++) pixel[c] += tap[c * taps];
      else ZOO_SIMD for (int64_t c = 0; c < channels; c++) tap[c * taps] = pixel[c];
    }
}

/// The windows of `count` images.
ZOO_INLINE void gather(const zoo_local *l, const window *w, const float *x, int64_t count, float *windows) {
  const int64_t image = l->in_h * l->in_w * l->in_c, size = depth(l);
  const int is_inside = w->rows.end - w->rows.first == l->kernel_h && w->columns.end - w->columns.first == l->kernel_w;
  if (!is_inside) memset(windows, 0, (size_t)(count * size) * sizeof(float));
  for (int64_t n = 0; n < count; n++) move_window(l, w, (float *)x + n * image, windows + n * size, 0);
}

#define TEMPLATE "local_template.h"
#include "generations.h"

void zoo_local_forward(
  const zoo_local *l, const float *x, const float *weight, const float *bias, float *y, float *slab, int64_t from, int64_t to) {
  ZOO_BEST(local_forward)(l, x, weight, bias, y, slab, from, to);
}

/// sums[k] += the sum over the rows of `matrix` [count, size], each times its factor, or = it. Factors are `step` apart.
ZOO_INLINE void combine(
  const float *matrix, const float *factors, int64_t step, int64_t count, int64_t size, float *sums, int adds) {
  if (!adds) memset(sums, 0, (size_t)size * sizeof(float));
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const float *m = matrix + i * size, a = factors[i * step], b = factors[(i + 1) * step], c = factors[(i + 2) * step],
                d = factors[(i + 3) * step];
    ZOO_SIMD for (int64_t k = 0; k < size; k++)
      sums[k] += a * m[k] + b * m[size + k] + (c * m[2 * size + k] + d * m[3 * size + k]);
  }
  for (; i < count; i++) {
    const float *m = matrix + i * size, a = factors[i * step];
    ZOO_SIMD for (int64_t k = 0; k < size; k++) sums[k] += a * m[k];
  }
}

ZOO_CLONES void zoo_local_back(
  const zoo_local *l, const float *weight, const float *dy, float *dx, float *slab, int64_t first, int64_t from, int64_t to) {
  const int64_t size = depth(l), image = l->in_h * l->in_w * l->in_c, pixels = l->out_h * l->out_w;
  for (int64_t row = from; row < to; row++) {
    const int64_t i = first + row * zoo_local_step(l);
    for (int64_t j = 0; j < l->out_w; j++) {
      const window w = window_of(l, i, j);
      const int64_t pixel = i * l->out_w + j;
      for (int64_t n = 0; n < l->images; n++) {
        combine(weight + pixel * l->out_c * size, dy + (n * pixels + pixel) * l->out_c, 1, l->out_c, size, slab, 0);
        move_window(l, &w, dx + n * image, slab, 1);
      }
    }
  }
}

ZOO_CLONES void zoo_local_weight(
  const zoo_local *l, const float *x, const float *dy, float *dweight, float *dbias, float *slab, int64_t from, int64_t to) {
  const int64_t size = depth(l), image = l->in_h * l->in_w * l->in_c, step = l->out_h * l->out_w * l->out_c;
  for (int64_t pixel = from; pixel < to; pixel++) {
    const float *gradients = dy + pixel * l->out_c;
    const window w = window_of(l, pixel / l->out_w, pixel % l->out_w);
    for (int64_t n = 0; dweight && n < l->images; n += IMAGES) {
      const int64_t count = zoo_least(IMAGES, l->images - n);
      gather(l, &w, x + n * image, count, slab);
      for (int64_t o = 0; o < l->out_c; o++)
        combine(slab, gradients + n * step + o, step, count, size, dweight + (pixel * l->out_c + o) * size, n > 0);
    }
    for (int64_t o = 0; dbias && o < l->out_c; o++) {
      float sum = 0;
      for (int64_t n = 0; n < l->images; n++) sum += gradients[n * step + o];
      dbias[pixel * l->out_c + o] = sum;
    }
  }
}
