#include "conv_planar.h"
#include "conv_winograd.h"
#include "kernels/epilogue.h"

enum { STEPS = 768 }; ///< of a sum that are taken at a stretch, so that this much of a panel stays in the second-level cache

static int64_t splits(const zoo_conv *c) { return c->splits_panels ? zoo_conv_panels(c) : 1; }

int64_t zoo_conv_tasks(const zoo_conv *c) {
  if (c->is_winograd) return zoo_winograd_tasks(c);
  return c->is_depthwise ? c->images * c->out_h : zoo_conv_images(c) * c->bands * splits(c);
}

int64_t zoo_conv_slab(const zoo_conv *c) {
  if (c->is_winograd) return zoo_winograd_slab(c);
  if (c->is_planar) return zoo_planar_slab(c);
  const int64_t rows = (zoo_ceil_div(c->out_h, c->bands) - 1) * c->stride_h + (c->kernel_h - 1) * c->dilation_h + 1;
  return c->is_padded && !c->is_depthwise ? zoo_least(rows, c->in_h) * c->wide * c->in_c : 0;
}

int64_t zoo_conv_adds(const zoo_conv *c) { return !c->is_depthwise && !c->is_planar; }

/// Of floats; or of bf16, where `c` is zoo_conv_words, and a float of x and y is two of it.
static void by_tiles(
  const zoo_conv *c, const zoo_tiles *tiles, const float *x, const float *packed, const float *bias, const float *addend,
  const zoo_epilogue *epilogue, float *y, float *slab, int64_t from, int64_t to) {
  const int64_t columns_of_float = c->is_bf16 ? 2 : 1;
  const int64_t run = c->pieces * c->depth, stretch = zoo_most(1, STEPS / run);
  const int64_t pixels = zoo_conv_pixels(c), step = zoo_conv_step(c), image = c->in_h * c->in_w * c->in_c;
  const int64_t pitch = (c->is_padded ? c->wide : c->in_w) * c->in_c;
  float bounds[2];
  const float *range = zoo_epilogue_range(epilogue, bounds);
  int64_t widened = -1;

  for (int64_t task = from; task < to; task++) {
    const int64_t place = task / splits(c), n = place / c->bands;
    const zoo_range rows = zoo_share(c->out_h, c->bands, place % c->bands);
    const int64_t first = zoo_most(0, rows.first * c->stride_h - c->top);
    const int64_t end = zoo_least(c->in_h, (rows.end - 1) * c->stride_h - c->top + (c->kernel_h - 1) * c->dilation_h + 1);
    if (c->is_padded && place != widened) zoo_conv_widen(c, x + n * image, first, end, slab);
    widened = place;
    const float *in = c->is_padded ? slab : x + n * image + first * pitch; // row `first`
    float *out = y + (n * c->out_h + rows.first) * pixels * c->out_step;

    const zoo_range wanted = c->splits_panels ? (zoo_range){task % splits(c), task % splits(c) + 1} : (zoo_range){0, zoo_conv_panels(c)};
    for (int64_t p = wanted.first; p < wanted.end; p++) {
      int64_t column, start;
      const zoo_panel panel = zoo_conv_panel(c, p, &column, &start);
      const int64_t channel = column / c->group_out * c->group_in, count = (rows.end - rows.first) * pixels;
      float *into = out + column / columns_of_float;
      if (addend && addend != y) zoo_copy_rows(addend + (into - y), into, c->out_step, count, panel.columns / columns_of_float);
      for (int64_t q = 0; q < c->kernel_h; q += stretch) {
        for (int64_t row = rows.first; row < rows.end; row++) {
          const int64_t top = row * c->stride_h - c->top;
          zoo_range taps = zoo_inside(top, c->dilation_h, c->in_h, zoo_least(q + stretch, c->kernel_h));
          taps.first = zoo_most(taps.first, q);
          const int64_t runs = zoo_most(0, taps.end - taps.first);
          if (runs == 0 && q > 0 && q + stretch < c->kernel_h) continue;
          const zoo_tile tile = {
            .a = runs == 0 ? in : in + (top + taps.first * c->dilation_h - first) * pitch + channel, .a_stride = step,
            .b = packed + start + taps.first * run * panel.width, .b_stride = panel.width,
            .c = into + (row - rows.first) * pixels * c->out_step, .c_stride = c->out_step, .columns = panel.columns,
            .depth = c->depth, .pieces = c->pieces, .runs = runs,
            .a_piece = c->dilation_w * c->in_c, .a_run = c->dilation_h * pitch,
            .bias = bias && q == 0 ? bias + column : NULL, .accumulates = addend || q > 0,
            .range = q + stretch >= c->kernel_h ? range : NULL,
            // The first panel brings x near, and the others find it there.
            .next = p == wanted.first && zoo_conv_taps(c) == 1 ? in + (top + c->stride_h - first) * pitch + channel : NULL,
          };
          zoo_tile_sweep(tiles, tile, c->is_bf16 ? ZOO_ROUNDED : ZOO_BY_ROW, panel.vectors, pixels, step);
        }
      }
      if (c->splits_panels && epilogue && !range)
        for (int64_t i = 0; i < count; i++) zoo_epilogue_apply(epilogue, into + i * c->out_step, panel.columns);
    }
    if (c->splits_panels || !epilogue || range) continue;
    const int64_t count = (rows.end - rows.first) * pixels, is_whole = c->out_step == c->out_c;
    for (int64_t i = 0; i < (is_whole ? 1 : count); i++)
      zoo_epilogue_apply(epilogue, out + i * c->out_step, (is_whole ? count : 1) * c->out_c);
  }
}

void zoo_conv_forward(
  const zoo_conv *c, const void *x, const float *packed, const float *bias, const void *addend, const zoo_epilogue *epilogue,
  void *y, float *slab, int64_t from, int64_t to) {
  if (c->is_winograd) {
    zoo_winograd_forward(c, x, packed, bias, addend, epilogue, y, slab, from, to);
    return;
  }
  if (c->is_depthwise) {
    const int64_t row = c->out_w * c->out_c;
    zoo_depthwise_forward(c, x, packed, bias, y, from, to);
    zoo_epilogue_apply(epilogue, (float *)y + from * row, (to - from) * row);
    return;
  }
  if (c->is_planar) {
    zoo_planar_forward(c, x, packed, bias, epilogue, y, slab, from, to);
    return;
  }
  const zoo_conv words = zoo_conv_words(c);
  by_tiles(
    c->is_bf16 ? &words : c, c->is_bf16 ? zoo_machine_pairs() : zoo_machine_tiles(), x, packed, bias, addend, epilogue, y, slab, from, to);
}
