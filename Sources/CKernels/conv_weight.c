#include "conv_shape.h"

// A chunk of y's rows is a matrix product of its own: the transpose of the windows, times dy. Until they are added up, the sums lie as the
// packed kernel does.

enum {
  PIXELS = 256, ///< of y that are read at a stretch, so that they stay in the second-level cache
  PANEL = 48    ///< floats: the widest panel of any generation
};

/// Rows of y in one image, or some pixels of one, with their dy, and x as the products read it: from its row `first` on, one row every
/// `pitch` floats.
typedef struct stretch {
  zoo_range rows, columns;
  int64_t first, pitch;
  const float *x, *dy;
  int is_first; ///< of its chunk: its sums are written, not added
} stretch;

static int64_t stretch_rows(const zoo_conv *c) { return zoo_most(1, zoo_least(PIXELS / c->out_w, c->out_h)); }
static int64_t stretch_columns(const zoo_conv *c) {
  return stretch_rows(c) == 1 ? zoo_least(PIXELS, zoo_conv_pixels(c)) : zoo_conv_pixels(c);
}
static int64_t apart(const zoo_conv *c) { return c->taps_apart && !c->is_depthwise ? zoo_conv_taps(c) * zoo_conv_weight_panels(c) : 1; }

static int64_t widened_count(const zoo_conv *c) {
  if (c->taps_apart || !c->is_padded) return 0;
  return zoo_least((stretch_rows(c) - 1) * c->stride_h + (c->kernel_h - 1) * c->dilation_h + 1, c->in_h) * c->wide * c->in_c;
}

int64_t zoo_conv_weight_tasks(const zoo_conv *c) { return c->chunks * apart(c); }
int64_t zoo_conv_weight_partial(const zoo_conv *c) { return c->chunks * zoo_conv_tiled_count(c); }
int64_t zoo_conv_weight_slab(const zoo_conv *c) {
  return c->is_depthwise ? 0 : widened_count(c) + stretch_rows(c) * stretch_columns(c) * PANEL;
}

/// The pixels of one panel of dy, from the stretch's first one on, `step` floats apart and each with whole vectors.
typedef struct pixels {
  const float *data;
  int64_t step;
} pixels;

static pixels whole_vectors(
  const zoo_conv *c, const zoo_tiles *tiles, const stretch *s, const zoo_panel *panel, int64_t column, float *copy) {
  const float *first = s->dy + s->columns.first * c->out_c + column;
  if (panel->columns == panel->width) return (pixels){first, c->out_c};
  const int64_t count = (s->rows.end - s->rows.first - 1) * zoo_conv_pixels(c) + s->columns.end - s->columns.first;
  tiles->copy(first, c->out_c, copy, panel->width, count, panel->columns);
  return (pixels){copy, panel->width};
}

/// Adds a stretch's products to the sums of `count` weights that follow each other in the windows, from column q of row p of the
/// kernel on, for the outputs of one panel.
static void accumulate(
  const zoo_conv *c, const zoo_tiles *tiles, const stretch *s, pixels dy, const zoo_panel *panel, int64_t p, int64_t q, int64_t channel,
  int64_t count, float *out) {
  const int64_t top = s->rows.first * c->stride_h - c->top + p * c->dilation_h;
  const zoo_range rows = zoo_inside(top, c->stride_h, c->in_h, s->rows.end - s->rows.first);
  const int64_t left = c->taps_apart ? q * c->dilation_w - c->left : 0, all = zoo_conv_pixels(c);
  // Where taps are not apart, x has been widened: no window leaves it.
  zoo_range inside = c->is_padded && c->taps_apart ? zoo_inside(left, c->stride_w, c->in_w, all) : (zoo_range){0, all};
  inside.first = zoo_most(inside.first, s->columns.first);
  inside.end = zoo_most(inside.first, zoo_least(inside.end, s->columns.end));
  const int64_t runs = rows.end - rows.first, depth = inside.end - inside.first;
  if (runs * depth == 0 && !s->is_first) return;
  const int64_t row = top + rows.first * c->stride_h - s->first, place = left * c->in_c + inside.first * zoo_conv_step(c) + channel;
  const zoo_tile tile = {
    .a = runs * depth == 0 ? s->x : s->x + row * s->pitch + place, .a_stride = zoo_conv_step(c), .a_run = c->stride_h * s->pitch,
    .b = dy.data + (rows.first * all + inside.first - s->columns.first) * dy.step, .b_stride = dy.step, .b_skip = (all - depth) * dy.step,
    .c = out, .c_stride = panel->width, .columns = panel->width,
    .depth = depth, .pieces = 1, .runs = runs, .accumulates = !s->is_first,
  };
  zoo_tile_sweep(tiles, tile, ZOO_BY_COLUMN, panel->vectors, count, 1);
}

/// One tap, one panel.
static void add_tap(const zoo_conv *c, const zoo_tiles *tiles, const stretch *s, int64_t unit, float *partial, float *copy) {
  const int64_t tap = unit / zoo_conv_weight_panels(c);
  int64_t column, start;
  const zoo_panel panel = zoo_conv_panel(c, unit % zoo_conv_weight_panels(c), &column, &start);
  accumulate(
    c, tiles, s, whole_vectors(c, tiles, s, &panel, column, copy), &panel, tap / c->kernel_w, tap % c->kernel_w,
    column / c->group_out * c->group_in, c->group_in, partial + start + tap * c->group_in * panel.width);
}

/// All taps and panels, a row of the kernel at a time.
static void add_rows(const zoo_conv *c, const zoo_tiles *tiles, const stretch *s, float *partial, float *copy) {
  const int64_t count = c->kernel_w * c->in_c;
  for (int64_t i = 0; i < zoo_conv_weight_panels(c); i++) {
    int64_t column, start;
    const zoo_panel panel = zoo_conv_panel(c, i, &column, &start);
    const pixels dy = whole_vectors(c, tiles, s, &panel, column, copy);
    for (int64_t p = 0; p < c->kernel_h; p++)
      accumulate(c, tiles, s, dy, &panel, p, 0, 0, count, partial + start + p * count * panel.width);
  }
}

void zoo_conv_weight(const zoo_conv *c, const float *x, const float *dy, float *partial, float *slab, int64_t from, int64_t to) {
  if (c->is_depthwise) {
    zoo_depthwise_weight(c, x, dy, partial, from, to);
    return;
  }
  const zoo_tiles *tiles = zoo_machine_tiles();
  float *copy = slab + widened_count(c);
  for (int64_t task = from; task < to; task++) {
    const int64_t unit = task % apart(c);
    const zoo_range all = zoo_share(zoo_conv_images(c) * c->out_h, c->chunks, task / apart(c));
    float *out = partial + task / apart(c) * zoo_conv_tiled_count(c);
    for (int64_t row = all.first; row < all.end;) {
      const int64_t n = row / c->out_h, first = row % c->out_h;
      const int64_t end = zoo_least(zoo_least(first + stretch_rows(c), c->out_h), first + all.end - row);
      const float *image = x + n * c->in_h * c->in_w * c->in_c;
      stretch s = {{first, end}, {0, 0}, 0, c->in_w * c->in_c, image, dy + row * zoo_conv_pixels(c) * c->out_c, row == all.first};
      if (widened_count(c) > 0) {
        s.first = zoo_most(0, first * c->stride_h - c->top);
        const int64_t last = (end - 1) * c->stride_h - c->top + (c->kernel_h - 1) * c->dilation_h;
        zoo_conv_widen(c, image, s.first, zoo_least(c->in_h, last + 1), slab);
        s.x = slab;
        s.pitch = c->wide * c->in_c;
      }
      for (int64_t j = 0; j < zoo_conv_pixels(c); j += stretch_columns(c)) {
        s.columns = (zoo_range){j, zoo_least(j + stretch_columns(c), zoo_conv_pixels(c))};
        if (c->taps_apart) add_tap(c, tiles, &s, unit, out, copy);
        else add_rows(c, tiles, &s, out, copy);
        s.is_first = 0;
      }
      row += end - first;
    }
  }
}
