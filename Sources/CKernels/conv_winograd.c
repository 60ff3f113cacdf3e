#include "conv_winograd.h"

#include "kernels/clones.h"
#include "kernels/epilogue.h"

enum {
  PRODUCTS = 16,     ///< of a tile
  VALUES = 1 << 17,  ///< floats of transformed x that a task holds, about: they stay in the second-level cache
  MOST_TILES = 96,   ///< of a task
  FEWEST_TILES = 32, ///< for which a kernel is worth reading
  MANY_TILES = 128,  ///< for which it is worth transforming, too
  TASKS = 4,         ///< as many or a multiple, so that this many threads have the same to do
  CHANNELS = 32,     ///< fewer do not pay for the transforms
  VECTORS = 4        ///< of outputs that a task has at least
};

typedef struct zoo_transforms {
  void (*spread)(const void *const *patch, int64_t channels, void *v, int64_t plane);
  void (*gather)(
    const float *m, int64_t plane, int64_t columns, const float *bias, const float *range, void *const *y, int64_t addend, int adds);
} zoo_transforms;

#define PAIRS
#define TEMPLATE "conv_winograd_template.h"
#include "generations.h"

static int64_t tiles_down(const zoo_conv *c) { return zoo_ceil_div(c->out_h, 2); }
static int64_t tiles_across(const zoo_conv *c) { return zoo_ceil_div(c->out_w, 2); }
static int64_t tile_count(const zoo_conv *c) { return c->images * tiles_down(c) * tiles_across(c); }

/// What a tile is multiplied with, and the four bytes that its channels take: as floats, or as pairs of bf16.
static const zoo_tiles *tiles_of(const zoo_conv *c) { return c->is_bf16 ? zoo_machine_pairs() : zoo_machine_tiles(); }
static int64_t words(const zoo_conv *c) { return c->is_bf16 ? c->in_c / 2 : c->in_c; }
static int64_t element_size(const zoo_conv *c) { return c->is_bf16 ? 2 : 4; }

static int is_worth_it(const zoo_conv *c) {
  return c->in_c >= CHANNELS && c->out_c >= CHANNELS && tile_count(c) >= (c->is_trained ? MANY_TILES : FEWEST_TILES);
}

static void cut(zoo_conv *c) {
  const int64_t vectors = zoo_ceil_div(c->out_c, zoo_machine_tiles()->width);
  const int64_t most = zoo_least(MOST_TILES, zoo_most(FEWEST_TILES, VALUES / (PRODUCTS * words(c))));
  c->spans = zoo_ceil_div(tile_count(c), most);
  if (c->spans >= TASKS) c->spans = zoo_ceil_div(c->spans, TASKS) * TASKS;
  c->parts = 1;
  while (c->spans * c->parts < TASKS && vectors / (2 * c->parts) >= VECTORS) c->parts *= 2;
}

void zoo_winograd_prepare(zoo_conv *c) {
  const int is_possible = c->kernel_h == 3 && c->kernel_w == 3 && c->stride_h == 1 && c->stride_w == 1 && c->dilation_h == 1 &&
    c->dilation_w == 1 && c->groups == 1;
  c->is_winograd = is_possible && is_worth_it(c);
  if (c->is_winograd) cut(c);
  if (!is_possible || !c->is_trained || c->top > 2 || c->left > 2) return;
  const zoo_conv turned = zoo_winograd_turned(c);
  c->is_winograd_back = is_worth_it(&turned);
}

zoo_conv zoo_winograd_turned(const zoo_conv *c) {
  zoo_conv turned = {
    .images = c->images, .in_h = c->out_h, .in_w = c->out_w, .in_c = c->out_c, .out_h = c->in_h, .out_w = c->in_w, .out_c = c->in_c,
    .kernel_h = 3, .kernel_w = 3, .stride_h = 1, .stride_w = 1, .dilation_h = 1, .dilation_w = 1, .top = 2 - c->top, .left = 2 - c->left,
    .groups = 1, .is_trained = c->is_trained, .out_step = c->in_c,
  };
  cut(&turned);
  return turned;
}

/// Part `index` of the outputs, in whole vectors.
static zoo_panel part_at(const zoo_conv *c, int64_t index) {
  const int64_t width = zoo_machine_tiles()->width;
  const zoo_range vectors = zoo_share(zoo_ceil_div(c->out_c, width), c->parts, index);
  zoo_panel part = {.column = vectors.first * width, .vectors = vectors.end - vectors.first};
  part.width = part.vectors * width;
  part.columns = zoo_least(part.width, c->out_c - part.column);
  return part;
}

/// Panel `index` of a part of the outputs, its columns counted from the first of all.
static zoo_panel panel_at(zoo_panel part, int64_t index) {
  zoo_panel panel = zoo_panel_at(zoo_machine_tiles(), part.columns, index);
  panel.column += part.column;
  return panel;
}

static int64_t panel_count(zoo_panel part) { return zoo_panel_count(zoo_machine_tiles(), part.columns); }

int64_t zoo_winograd_packed_count(const zoo_conv *c) {
  const int64_t width = zoo_machine_tiles()->width;
  return PRODUCTS * words(c) * zoo_ceil_div(c->out_c, width) * width;
}

int64_t zoo_winograd_panels(const zoo_conv *c) {
  int64_t count = 0;
  for (int64_t p = 0; p < c->parts; p++) count += panel_count(part_at(c, p));
  return count;
}

/// One input channel of a panel: `output` weights from one output to the next, `tap` from one tap to the next, `plane` floats between the 16.
ZOO_CLONES static void pack_step(
  const float *weight, int64_t output, int64_t tap, const zoo_panel *panel, float *out, int64_t plane) {
  float w[9][ZOO_WIDEST_PANEL] = {{0}}, half[4][3][ZOO_WIDEST_PANEL];
  for (int64_t j = 0; j < panel->columns; j++)
    for (int t = 0; t < 9; t++) w[t][j] = weight[j * output + t * tap];
  const int64_t width = panel->width;
  for (int j = 0; j < 3; j++)
    for (int64_t o = 0; o < width; o++) {
      const float a = w[j][o], b = w[3 + j][o], c = w[6 + j][o];
      half[0][j][o] = a;
      half[1][j][o] = 0.5f * (a + c + b);
      half[2][j][o] = 0.5f * (a + c - b);
      half[3][j][o] = c;
    }
  for (int i = 0; i < 4; i++)
    for (int64_t o = 0; o < width; o++) {
      const float a = half[i][0][o], b = half[i][1][o], c = half[i][2][o];
      float *to = out + 4 * i * plane + o;
      to[0] = a;
      to[plane] = 0.5f * (a + c + b);
      to[2 * plane] = 0.5f * (a + c - b);
      to[3 * plane] = c;
    }
}

/// Two input channels of a panel, as bf16.
static void pack_pair(
  const float *weight, int64_t output, int64_t input, int64_t tap, const zoo_panel *panel, float *out, int64_t plane) {
  float steps[2][PRODUCTS * ZOO_WIDEST_PANEL];
  for (int i = 0; i < 2; i++) pack_step(weight + i * input, output, tap, panel, steps[i], panel->width);
  for (int64_t p = 0; p < PRODUCTS; p++) zoo_pair_steps(steps[0] + p * panel->width, steps[1] + p * panel->width, panel, out + p * plane);
}

void zoo_winograd_pack(const zoo_conv *c, const float *weight, int turns, int64_t from, int64_t to, float *packed) {
  // [out, in, 9], or turned around [in, out, 9], the taps from the last to the first.
  const int64_t output = turns ? 9 : 9 * c->in_c, input = turns ? 9 * c->out_c : 9, first = turns ? 8 : 0, tap = turns ? -1 : 1;
  int64_t index = 0;
  for (int64_t p = 0; p < c->parts; p++) {
    const zoo_panel part = part_at(c, p);
    for (int64_t i = 0; i < panel_count(part); i++, index++) {
      if (index < from || index >= to) continue;
      const zoo_panel panel = panel_at(part, i);
      const float *w = weight + panel.column * output + first;
      const int64_t plane = words(c) * panel.width;
      float *out = packed + PRODUCTS * words(c) * panel.column;
      for (int64_t k = 0; k < words(c); k++, out += panel.width)
        if (c->is_bf16) pack_pair(w + 2 * k * input, output, input, tap, &panel, out, plane);
        else pack_step(w + k * input, output, tap, &panel, out, plane);
    }
  }
}

int64_t zoo_winograd_tasks(const zoo_conv *c) { return c->spans * c->parts; }

// The slab: x transformed, [16, tiles, channels]; the products of a panel, [16, tiles, width]; zeros for what is outside. Planes have a line
// more than they need, so that the 16 of a tile do not all meet in the same set of a cache.
enum { LINE = 16 };
static int64_t most_tiles(const zoo_conv *c) { return zoo_ceil_div(tile_count(c), c->spans); }
static int64_t x_plane(const zoo_conv *c) { return zoo_ceil_div(most_tiles(c) * words(c), LINE) * LINE + LINE; }
static int64_t y_plane(const zoo_conv *c) {
  const zoo_tiles *tiles = zoo_machine_tiles();
  return most_tiles(c) * tiles->vectors * tiles->width + LINE;
}

int64_t zoo_winograd_slab(const zoo_conv *c) { return PRODUCTS * (x_plane(c) + y_plane(c)) + c->in_c; }

static void spread(const zoo_conv *c, const zoo_transforms *transforms, const void *x, zoo_range tiles, const float *zeros, float *v) {
  const int64_t down = tiles_down(c), across = tiles_across(c), pixel = c->in_c * element_size(c);
  for (int64_t tile = tiles.first; tile < tiles.end; tile++, v += words(c)) {
    const int64_t top = tile / across % down * 2 - c->top, left = tile % across * 2 - c->left;
    const char *image = (const char *)x + tile / (across * down) * c->in_h * c->in_w * pixel;
    const void *patch[16];
    for (int64_t i = 0; i < 16; i++) {
      const int64_t row = top + i / 4, column = left + i % 4;
      const int is_inside = row >= 0 && row < c->in_h && column >= 0 && column < c->in_w;
      patch[i] = is_inside ? image + (row * c->in_w + column) * pixel : (const void *)zeros;
    }
    transforms->spread(patch, c->in_c, v, x_plane(c) * 4 / element_size(c));
  }
}

void zoo_winograd_forward(
  const zoo_conv *c, const void *x, const float *packed, const float *bias, const void *addend, const zoo_epilogue *epilogue,
  void *y, float *slab, int64_t from, int64_t to) {
  const zoo_tiles *tiles = tiles_of(c);
  const zoo_transforms *transforms = c->is_bf16 ? ZOO_PAIRS(transforms) : ZOO_BEST(transforms);
  const int64_t down = tiles_down(c), across = tiles_across(c);
  float *v = slab, *m = v + PRODUCTS * x_plane(c), *zeros = m + PRODUCTS * y_plane(c);
  memset(zeros, 0, (size_t)c->in_c * sizeof(float));
  float bounds[2];
  const float *range = zoo_epilogue_range(epilogue, bounds);
  const int64_t size = element_size(c), distance = addend ? ((const char *)addend - (const char *)y) / size : 0;
  int64_t held = -1;

  for (int64_t task = from; task < to; task++) {
    const int64_t span = task / c->parts;
    const zoo_range mine = zoo_share(tile_count(c), c->spans, span);
    if (span != held) spread(c, transforms, x, mine, zeros, v);
    held = span;
    const zoo_panel part = part_at(c, task % c->parts);
    for (int64_t p = 0; p < panel_count(part); p++) {
      const zoo_panel panel = panel_at(part, p);
      const float *b = packed + PRODUCTS * words(c) * panel.column;
      for (int64_t k = 0; k < PRODUCTS; k++) {
        const zoo_tile tile = {
          .a = v + k * x_plane(c), .a_stride = words(c), .b = b + k * words(c) * panel.width, .b_stride = panel.width,
          .c = m + k * y_plane(c), .c_stride = panel.width, .columns = panel.width, .depth = words(c), .pieces = 1, .runs = 1,
        };
        zoo_tile_sweep(tiles, tile, ZOO_BY_ROW, panel.vectors, mine.end - mine.first, words(c));
      }
      for (int64_t tile = mine.first; tile < mine.end; tile++) {
        const int64_t row = tile / across % down * 2, column = tile % across * 2, first = tile / (across * down) * c->out_h + row;
        void *pixels[4];
        for (int64_t i = 0; i < 4; i++) {
          const int is_inside = row + i / 2 < c->out_h && column + i % 2 < c->out_w;
          pixels[i] = is_inside ? (char *)y + (((first + i / 2) * c->out_w + column + i % 2) * c->out_step + panel.column) * size : NULL;
        }
        transforms->gather(
          m + (tile - mine.first) * panel.width, y_plane(c), panel.columns, bias ? bias + panel.column : NULL, range, pixels,
          distance, addend != NULL);
        for (int64_t i = 0; !range && epilogue && i < 4; i++)
          if (pixels[i]) zoo_epilogue_apply(epilogue, pixels[i], panel.columns);
      }
    }
  }
}
