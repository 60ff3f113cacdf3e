/// Images that are moved, mirrored and turned: one at a time, [height, width, channels].
#pragma once
#include <stdint.h>

/// A window of one size in an image of another.
typedef struct zoo_window {
  int64_t in_height, in_width, out_height, out_width, channels;
} zoo_window;

/// y[i, j] = x[i + row, j + column], and `fill` where x has no such pixel.
void zoo_window_forward(zoo_window window, const float *x, int64_t row, int64_t column, float fill, float *y);

/// dx[i + row, j + column] = dy[i, j], and 0 elsewhere; or adds it.
void zoo_window_backward(zoo_window window, const float *dy, int64_t row, int64_t column, float *dx, int32_t adds);

/// y is x with its rows in reverse order if `rows`, and its columns if `columns`; or adds it.
void zoo_mirror(
  const float *x, int64_t height, int64_t width, int64_t channels, int32_t rows, int32_t columns, float *y, int32_t adds);

/// y is x turned about its middle, counter-clockwise by the angle of this cosine and sine, interpolated bilinearly; `fill` lies around x.
void zoo_turn(const float *x, int64_t height, int64_t width, int64_t channels, double cosine, double sine, float fill, float *y);
