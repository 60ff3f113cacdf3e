#include "kernels/augment.h"

#include <math.h>
#include <string.h>

#include "kernels/clones.h"

ZOO_INLINE int64_t within(int64_t x, int64_t low, int64_t high) { return x < low ? low : x > high ? high : x; }

ZOO_CLONES void zoo_window_forward(zoo_window window, const float *x, int64_t row, int64_t column, float fill, float *y) {
  const int64_t c = window.channels, width = window.out_width * c;
  // The columns of y that x has.
  const int64_t from = within(-column, 0, window.out_width), to = within(window.in_width - column, from, window.out_width);
  for (int64_t i = 0; i < window.out_height; i++, y += width) {
    const int64_t source = i + row;
    const int inside = source >= 0 && source < window.in_height && from < to;
    const int64_t first = inside ? from * c : width, last = inside ? to * c : width;
    for (int64_t k = 0; k < first; k++) y[k] = fill;
    if (inside) memcpy(y + first, x + (source * window.in_width + from + column) * c, (size_t)(last - first) * sizeof *y);
    for (int64_t k = last; k < width; k++) y[k] = fill;
  }
}

ZOO_CLONES void zoo_window_backward(zoo_window window, const float *dy, int64_t row, int64_t column, float *dx, int32_t adds) {
  const int64_t c = window.channels, width = window.in_width * c;
  if (!adds) memset(dx, 0, (size_t)(window.in_height * width) * sizeof *dx);
  const int64_t from = within(-column, 0, window.out_width), to = within(window.in_width - column, from, window.out_width);
  for (int64_t i = 0; i < window.out_height; i++) {
    const int64_t source = i + row;
    if (source < 0 || source >= window.in_height) continue;
    const float *d = dy + (i * window.out_width + from) * c;
    float *g = dx + source * width + (from + column) * c;
    ZOO_SIMD for (int64_t k = 0; k < (to - from) * c; k++) g[k] += d[k];
  }
}

/// One row of pixels, the last one first.
ZOO_INLINE void reverse(const float *x, int64_t width, const int64_t channels, float *y, const int adds) {
  for (int64_t j = 0; j < width; j++)
    for (int64_t k = 0; k < channels; k++) {
      const float value = x[(width - 1 - j) * channels + k];
      y[j * channels + k] = adds ? y[j * channels + k] + value : value;
    }
}

ZOO_CLONES void zoo_mirror(
  const float *x, int64_t height, int64_t width, int64_t channels, int32_t rows, int32_t columns, float *y, int32_t adds) {
  const int64_t size = width * channels;
  for (int64_t i = 0; i < height; i++, y += size) {
    const float *row = x + (rows ? height - 1 - i : i) * size;
    if (!columns) {
      ZOO_SIMD for (int64_t k = 0; k < size; k++) y[k] = adds ? y[k] + row[k] : row[k];
    } else if (channels == 1) { // the common ones are compiled with a constant
      reverse(row, width, 1, y, adds);
    } else if (channels == 3) {
      reverse(row, width, 3, y, adds);
    } else {
      reverse(row, width, channels, y, adds);
    }
  }
}

ZOO_CLONES void zoo_turn(
  const float *x, int64_t height, int64_t width, int64_t channels, double cosine, double sine, float fill, float *y) {
  const double middle_row = (double)(height - 1) / 2, middle_column = (double)(width - 1) / 2;
  for (int64_t i = 0; i < height; i++)
    for (int64_t j = 0; j < width; j++, y += channels) {
      // Where this pixel was before the turn. Coordinates in f64: in f32 those of large images would be off by more than rounding.
      const double across = (double)j - middle_column, down = (double)i - middle_row;
      const double column = middle_column + cosine * across - sine * down, row = middle_row + sine * across + cosine * down;
      if (!(row > -1 && row < (double)height && column > -1 && column < (double)width)) {
        for (int64_t k = 0; k < channels; k++) y[k] = fill;
        continue;
      }
      const double top = floor(row), left = floor(column);
      const float lower = (float)(row - top), right = (float)(column - left);
      const int64_t r = (int64_t)top, c = (int64_t)left;
      const float weight[4] = {(1 - lower) * (1 - right), (1 - lower) * right, lower * (1 - right), lower * right};
      const float *pixel[4];
      for (int n = 0; n < 4; n++) {
        const int64_t at_row = r + n / 2, at_column = c + n % 2;
        const int inside = at_row >= 0 && at_row < height && at_column >= 0 && at_column < width;
        pixel[n] = inside ? x + (at_row * width + at_column) * channels : 0;
      }
      for (int64_t k = 0; k < channels; k++) {
        float sum = 0;
        for (int n = 0; n < 4; n++) sum += weight[n] * (pixel[n] ? pixel[n][k] : fill);
        y[k] = sum;
      }
    }
}
