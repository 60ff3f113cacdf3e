/// Images [N, H, W, C] made larger or smaller: each pixel is a mix of four, two in each of two rows.
#pragma once
#include <stdint.h>

/// One axis: pixel o of y is (1 - weight[o]) of x's pixel near[o] and weight[o] of pixel far[o]. Of all o whose near or far is i, the first is
/// first[i] and the one after the last end[i]: neither near nor far falls as o grows.
typedef struct zoo_resized_axis {
  int64_t from, to; ///< pixels of x and of y
  const int32_t *near, *far, *first, *end;
  const float *weight; ///< NULL: all are 0
} zoo_resized_axis;

typedef struct zoo_resize {
  zoo_resized_axis rows, columns;
  int64_t channels;
} zoo_resize;

/// Rows [first, end) of the N * rows.to of y. `mix` is this thread's own, of columns.from * channels floats.
void zoo_resize_forward(const zoo_resize *r, const float *x, float *y, float *mix, int64_t first, int64_t end);

/// Rows [first, end) of the N * rows.from of dx are written, or added to. `mix` holds columns.to * channels floats.
void zoo_resize_backward(const zoo_resize *r, const float *dy, float *dx, float *mix, int64_t first, int64_t end, int32_t adds);
