#include "conv_planar.h"

#include "kernels/epilogue.h"
#include "transpose.h"

// With one input channel, the pixels of a row lie side by side, and so do the same pixels of neighbouring windows. The product is taken
// the other way around, a row for each output and a column for each pixel, and turned over as it is stored: vectors are full even if
// there are few outputs.

enum { OUTPUTS = 8 }; ///< that are turned over at once, and the most there may be

int zoo_conv_is_planar(const zoo_conv *c) {
  return c->in_c == 1 && c->stride_w == 1 && c->out_c <= OUTPUTS && c->out_c > 1 && c->out_w >= OUTPUTS;
}

static int64_t columns(const zoo_tiles *tiles, int64_t pixels) { return zoo_ceil_div(pixels, tiles->width) * tiles->width; }

/// A row of the slab: every window's columns, and what vectors read beyond the last.
static int64_t pitch(const zoo_conv *c, const zoo_tiles *tiles) {
  return columns(tiles, c->out_w) + (c->kernel_w - 1) * c->dilation_w;
}

static int64_t slab_rows(const zoo_conv *c) {
  const int64_t rows = (zoo_ceil_div(c->out_h, c->bands) - 1) * c->stride_h + (c->kernel_h - 1) * c->dilation_h + 1;
  return zoo_least(rows, c->in_h);
}

int64_t zoo_planar_slab(const zoo_conv *c) {
  const zoo_tiles *tiles = zoo_machine_tiles();
  return slab_rows(c) * pitch(c, tiles) + c->out_c * columns(tiles, c->out_w);
}

/// y[j, o] = planes[o, j] + bias[o] for `pixels` pixels.
ZOO_INLINE void turn(
  const float *planes, int64_t plane, const float *bias, const int64_t outputs, int64_t pixels, float *y) {
  for (int64_t j = 0; j < pixels; j += 8) {
    zoo_row8 block[OUTPUTS] = {{0}};
    for (int64_t o = 0; o < outputs; o++) block[o] = ZOO_ROW8(planes + o * plane + j) + (bias ? bias[o] : 0);
    zoo_transpose8(block);
    for (int64_t i = 0; i < zoo_least(8, pixels - j); i++) memcpy(y + (j + i) * outputs, &block[i], (size_t)outputs * sizeof(float));
  }
}

ZOO_CLONES static void turn_row(const float *planes, int64_t plane, const float *bias, int64_t outputs, int64_t pixels, float *y) {
  switch (outputs) { // so that each is compiled with a constant
  case 2: turn(planes, plane, bias, 2, pixels, y); break;
  case 3: turn(planes, plane, bias, 3, pixels, y); break;
  case 4: turn(planes, plane, bias, 4, pixels, y); break;
  case 5: turn(planes, plane, bias, 5, pixels, y); break;
  case 6: turn(planes, plane, bias, 6, pixels, y); break;
  case 7: turn(planes, plane, bias, 7, pixels, y); break;
  default: turn(planes, plane, bias, 8, pixels, y); break;
  }
}

/// Rows [first, end) of an image, from column -left on.
static void fill(const zoo_conv *c, const float *image, int64_t first, int64_t end, int64_t pitch, float *slab) {
  const int64_t before = zoo_least(c->left, pitch), inside = zoo_most(0, zoo_least(c->in_w, pitch - c->left));
  for (int64_t row = first; row < end; row++, slab += pitch) {
    memset(slab, 0, (size_t)pitch * sizeof(float));
    memcpy(slab + before, image + row * c->in_w, (size_t)inside * sizeof(float));
  }
}

void zoo_planar_forward(
  const zoo_conv *c, const float *x, const float *weight, const float *bias, const zoo_epilogue *epilogue, float *y, float *slab,
  int64_t from, int64_t to) {
  const zoo_tiles *tiles = zoo_machine_tiles();
  const int64_t step = pitch(c, tiles), plane = columns(tiles, c->out_w), taps = zoo_conv_taps(c), row_size = c->out_w * c->out_c;
  float *planes = slab + slab_rows(c) * step;
  for (int64_t task = from; task < to; task++) {
    const int64_t n = task / c->bands;
    const zoo_range rows = zoo_share(c->out_h, c->bands, task % c->bands);
    const int64_t first = zoo_most(0, rows.first * c->stride_h - c->top);
    const int64_t last = (rows.end - 1) * c->stride_h - c->top + (c->kernel_h - 1) * c->dilation_h;
    fill(c, x + n * c->in_h * c->in_w, first, zoo_least(c->in_h, last + 1), step, slab);
    float *out = y + (n * c->out_h + rows.first) * row_size;
    for (int64_t row = rows.first; row < rows.end; row++) {
      const int64_t top = row * c->stride_h - c->top;
      const zoo_range inside = zoo_inside(top, c->dilation_h, c->in_h, c->kernel_h);
      const float *in = inside.end > inside.first ? slab + (top + inside.first * c->dilation_h - first) * step : slab;
      for (int64_t i = 0; i < zoo_panel_count(tiles, c->out_w); i++) {
        const zoo_panel panel = zoo_panel_at(tiles, c->out_w, i);
        const zoo_tile tile = {
          .a = weight + inside.first * c->kernel_w, .a_stride = taps, .a_run = c->kernel_w,
          .b = in + panel.column, .b_stride = c->dilation_w, .b_skip = c->dilation_h * step - c->kernel_w * c->dilation_w,
          .c = planes + panel.column, .c_stride = plane, .columns = panel.width,
          .depth = c->kernel_w, .pieces = 1, .runs = inside.end - inside.first,
        };
        zoo_tile_sweep(tiles, tile, ZOO_BY_ROW, panel.vectors, c->out_c, taps);
      }
      turn_row(planes, plane, bias, c->out_c, c->out_w, out + (row - rows.first) * row_size);
    }
    zoo_epilogue_apply(epilogue, out, (rows.end - rows.first) * row_size);
  }
}
