#include "conv_winograd.h"

enum { PANEL = 48 }; ///< floats: the widest panel of any generation

static int64_t band_rows(const zoo_conv *c) { return zoo_ceil_div(c->in_h, c->back_bands); }
static int64_t splits(const zoo_conv *c) { return c->back_splits_panels ? zoo_conv_back_panels(c) : 1; }

/// The columns that windows cover, and those of the image that none does.
static int64_t slab_columns(const zoo_conv *c) { return zoo_most(c->wide, c->left + c->in_w); }
static int64_t slab_channels(const zoo_conv *c) { return c->back_splits_panels ? PANEL : c->in_c; }

/// A row of dy that reaches a row of dx through row `p` of the kernel, or -1.
static int64_t source_row(const zoo_conv *c, int64_t row, int64_t p) {
  const int64_t distance = row + c->top - p * c->dilation_h;
  if (distance < 0 || distance % c->stride_h != 0 || distance / c->stride_h >= c->out_h) return -1;
  return distance / c->stride_h;
}

int64_t zoo_conv_back_slab(const zoo_conv *c) {
  if (c->is_depthwise) return 0;
  if (c->is_winograd_back) {
    const zoo_conv turned = zoo_winograd_turned(c);
    return zoo_winograd_slab(&turned);
  }
  const int64_t products = c->scatters ? band_rows(c) * c->out_w * PANEL : 0;
  return band_rows(c) * slab_columns(c) * slab_channels(c) + products;
}

/// Adds a panel of row p of the kernel to the rows of dx in `slab`. A product has a row for each pixel of dy and a column for each
/// (tap, channel), which is as dx has them; neighbours overlap. Additions that follow each other go to places that do not, not even
/// with the rest of their last vector, so that none waits for the one before.
static void scatter(
  const zoo_conv *c, const zoo_tiles *tiles, const float *dy, const float *b, const zoo_panel *panel, zoo_range rows, int64_t p,
  float *slab, float *products) {
  const int64_t pitch = slab_columns(c) * c->in_c, step = c->stride_w * c->in_c, apart = zoo_ceil_div(panel->width, step);
  int64_t first = rows.first; // the rows that dy reaches, one in stride_h
  while (first < rows.end && source_row(c, first, p) < 0) first++;
  int64_t count = 0;
  for (int64_t row = first; row < rows.end && source_row(c, row, p) >= 0; row += c->stride_h) count++;
  const zoo_tile tile = {
    .a = count > 0 ? dy + source_row(c, first, p) * c->out_w * c->out_c : dy, .a_stride = c->out_c, .b = b, .b_stride = panel->width,
    .c = products, .c_stride = panel->width, .columns = panel->width, .depth = c->out_c, .pieces = 1, .runs = 1,
  };
  zoo_tile_sweep(tiles, tile, ZOO_BY_ROW, panel->vectors, count * c->out_w, c->out_c);
  for (int64_t phase = 0; phase < zoo_least(apart, c->out_w); phase++) {
    for (int64_t i = 0; i < count; i++) {
      float *row = slab + (first + i * c->stride_h - rows.first) * pitch + panel->column;
      tiles->add(
        products + (i * c->out_w + phase) * panel->width, apart * panel->width, row + phase * step, apart * step,
        zoo_ceil_div(c->out_w - phase, apart), panel->columns);
    }
  }
}

/// Adds one tap's product to the rows of dx in `slab`, of which a pixel has so many channels.
static void accumulate(
  const zoo_conv *c, const zoo_tiles *tiles, const float *dy, const float *b, const zoo_panel *panel, zoo_range rows, int64_t tap,
  float *slab, int64_t channels) {
  const int64_t pitch = slab_columns(c) * channels, p = tap / c->kernel_w, q = tap % c->kernel_w;
  for (int64_t row = rows.first; row < rows.end; row++) {
    const int64_t from = source_row(c, row, p);
    if (from < 0) continue;
    const zoo_tile tile = {
      .a = dy + from * c->out_w * c->out_c, .a_stride = c->out_c, .b = b, .b_stride = panel->width,
      .c = slab + (row - rows.first) * pitch + q * c->dilation_w * channels, .c_stride = c->stride_w * channels, .columns = panel->columns,
      .depth = c->group_out, .pieces = 1, .runs = 1, .accumulates = 1,
    };
    zoo_tile_sweep(tiles, tile, ZOO_BY_ROW, panel->vectors, c->out_w, c->out_c);
  }
}

/// A window that is the whole image: each matrix writes a part of every image of its own.
static int is_whole(const zoo_conv *c) { return zoo_conv_is_dense(c) && c->kernel_h == c->in_h && c->kernel_w == c->in_w; }

static void multiply(const zoo_conv *c, const zoo_tiles *tiles, const float *dy, const float *packed, int64_t task, float *dx) {
  const int64_t matrices = zoo_conv_back_matrices(c), m = task % matrices, index = task / matrices;
  zoo_panel panel;
  const float *b = zoo_conv_back_panel(c, packed, index, &panel) + m * c->group_out * panel.width;
  const int64_t group = index / zoo_gemm_panels(zoo_conv_back_columns(c)), image = zoo_conv_step(c);
  const zoo_tile tile = {
    .a = dy + group * c->group_out, .a_stride = c->out_c, .b = b, .b_stride = panel.width,
    .c = dx + m * (image / matrices) + group * c->group_in + panel.column, .c_stride = image, .columns = panel.columns,
    .depth = c->group_out, .pieces = 1, .runs = 1,
  };
  zoo_tile_sweep(tiles, tile, ZOO_BY_ROW, panel.vectors, c->images, c->out_c);
}

int64_t zoo_conv_back_tasks(const zoo_conv *c) {
  if (c->is_depthwise) return c->images * c->in_h;
  if (c->is_winograd_back) {
    const zoo_conv turned = zoo_winograd_turned(c);
    return zoo_winograd_tasks(&turned);
  }
  return is_whole(c) ? zoo_conv_back_panels(c) * zoo_conv_back_matrices(c) : c->images * c->back_bands * splits(c);
}

void zoo_conv_back(const zoo_conv *c, const float *dy, const float *packed, float *dx, float *slab, int64_t from, int64_t to) {
  if (c->is_depthwise) {
    zoo_depthwise_back(c, dy, packed, dx, from, to);
    return;
  }
  if (c->is_winograd_back) {
    const zoo_conv turned = zoo_winograd_turned(c);
    zoo_winograd_forward(&turned, dy, packed, NULL, NULL, NULL, dx, slab, from, to);
    return;
  }
  const zoo_tiles *tiles = zoo_machine_tiles();
  const int64_t panels = zoo_gemm_panels(zoo_conv_back_columns(c)), matrices = zoo_conv_back_matrices(c);
  for (int64_t task = from; task < to; task++) {
    if (is_whole(c)) {
      multiply(c, tiles, dy, packed, task, dx);
      continue;
    }
    const int64_t place = task / splits(c), n = place / c->back_bands;
    const zoo_range rows = zoo_share(c->in_h, c->back_bands, place % c->back_bands);
    const int64_t wanted = c->back_splits_panels ? task % splits(c) : -1;
    int64_t channels = c->in_c, column = 0;
    if (wanted >= 0) {
      zoo_panel panel;
      zoo_conv_back_panel(c, packed, wanted, &panel);
      channels = panel.columns;
      column = wanted / panels * c->group_in + panel.column;
    }
    const int64_t pitch = slab_columns(c) * channels;
    float *products = slab + band_rows(c) * pitch;
    memset(slab, 0, (size_t)((rows.end - rows.first) * pitch) * sizeof(float));

    for (int64_t i = wanted < 0 ? 0 : wanted; i < (wanted < 0 ? zoo_conv_back_panels(c) : wanted + 1); i++) {
      zoo_panel panel;
      const float *b = zoo_conv_back_panel(c, packed, i, &panel);
      const int64_t group = i / panels;
      const float *dy_group = dy + n * c->out_h * c->out_w * c->out_c + group * c->group_out;
      float *at = wanted < 0 && !c->scatters ? slab + group * c->group_in + panel.column : slab;
      for (int64_t m = 0; m < matrices; m++, b += c->group_out * panel.width) {
        if (c->scatters) scatter(c, tiles, dy_group, b, &panel, rows, m, at, products);
        else accumulate(c, tiles, dy_group, b, &panel, rows, m, at, channels);
      }
    }

    for (int64_t row = rows.first; row < rows.end; row++) {
      const float *in = slab + (row - rows.first) * pitch + c->left * channels;
      float *out = dx + ((n * c->in_h + row) * c->in_w) * c->in_c + column;
      if (channels == c->in_c) memcpy(out, in, (size_t)(c->in_w * channels) * sizeof(float));
      else
        for (int64_t i = 0; i < c->in_w; i++) memcpy(out + i * c->in_c, in + i * channels, (size_t)channels * sizeof(float));
    }
  }
}
