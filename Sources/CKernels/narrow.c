#include "kernels/narrow.h"

#include <bf16.h>
#include <math.h>

#include "gemm_panels.h"
#include "kernels/clones.h"
#include "kernels/epilogue.h"
#include "kernels/gemm.h"

/// A part is at most ROWS rows by one panel of columns. From FEW rows on, stretches of STEPS are widened for all of them; what that
/// takes stays in the first-level cache.
enum { ROWS = 64, FEW = 3, STEPS = 64, WIDEST = 48 };

#define TEMPLATE "narrow_template.h"
#include "generations.h"

static int64_t element_size(int32_t type) { return type == ZOO_NARROW_INT8 ? 1 : 2; }

int64_t zoo_narrow_bytes(int32_t type, int64_t k, int64_t n) { return zoo_gemm_packed_count(k, n) * element_size(type); }

/// What the largest magnitude of a row is 127 times of; NaN if one is not finite.
ZOO_CLONES static float scale_of(const float *row, int64_t k) {
  float largest = 0, difference = 0;
  for (int64_t i = 0; i < k; i++) {
    const float x = fabsf(row[i]);
    largest = x > largest ? x : largest;
    difference += x - x; // 0, or NaN for what is not finite
  }
  return largest / 127.f + difference;
}

/// Whole numbers in place of floats: the columns of one step after another.
ZOO_INLINE void quantise(const float *from, int64_t steps, const zoo_panel *panel, const float *scales, int8_t *into) {
  for (int64_t j = 0; j < panel->width; j++) {
    const float scale = j < panel->columns ? scales[panel->column + j] : 0;
    const float inverse = scale > 0 ? 1.f / scale : 0;
    for (int64_t i = 0; i < steps; i++) {
      // A tiny scale has an infinite inverse.
      const float x = inverse <= 3e38f ? from[i * panel->width + j] * inverse : from[i * panel->width + j] / scale;
      const float whole = scale > 0 ? rintf(x) : 0;
      into[i * panel->width + j] = (int8_t)(whole > 127.f ? 127.f : whole < -127.f ? -127.f : whole);
    }
  }
}

ZOO_CLONES static void pack_panel(
  int32_t type, const float *weight, int64_t k, const zoo_panel *panel, char *packed, float *scales) {
  if (type == ZOO_NARROW_INT8)
    for (int64_t j = panel->column; j < panel->column + panel->columns; j++) scales[j] = scale_of(weight + j * k, k);
  float floats[STEPS * WIDEST];
  char *into = packed + panel->column * k * element_size(type);
  for (int64_t i = 0; i < k; i += STEPS) {
    const int64_t steps = zoo_least(STEPS, k - i), count = steps * panel->width;
    zoo_pack_steps(weight + panel->column * k + i, 1, k, steps, panel, floats);
    if (type == ZOO_NARROW_INT8) quantise(floats, steps, panel, scales, (int8_t *)into);
    else zoo_bf16_narrow(floats, (uint16_t *)(void *)into, count);
    into += count * element_size(type);
  }
}

void zoo_narrow_pack(int32_t type, const float *weight, int64_t k, int64_t n, int64_t from, int64_t to, void *packed, float *scales) {
  const zoo_tiles *tiles = zoo_machine_tiles();
  for (int64_t p = from; p < to; p++) {
    const zoo_panel panel = zoo_panel_at(tiles, n, p);
    pack_panel(type, weight, k, &panel, packed, scales);
  }
}

int64_t zoo_narrow_tasks(int64_t m, int64_t n) { return zoo_ceil_div(m, ROWS) * zoo_gemm_panels(n); }

/// Rows of sums, `width` apart, into C.
ZOO_CLONES static void finish(const zoo_narrow *g, const float *sums, int64_t width, int64_t first, int64_t rows, int64_t column, int64_t columns) {
  for (int64_t r = 0; r < rows; r++) {
    const float *sum = sums + r * width;
    const int64_t start = (first + r) * g->n + column;
    float *c = g->c + start;
    ZOO_SIMD for (int64_t j = 0; j < columns; j++) {
      float y = sum[j];
      if (g->scales) y *= g->scales[column + j];
      if (g->bias) y += g->bias[column + j];
      if (g->addend) y += g->addend[start + j];
      c[j] = y;
    }
    if (g->epilogue) zoo_epilogue_apply(g->epilogue, c, columns);
  }
}

void zoo_narrow_run(const zoo_narrow *g, int64_t from, int64_t to) {
  const zoo_tiles *tiles = zoo_machine_tiles();
  const int64_t panels = zoo_panel_count(tiles, g->n), blocks = zoo_ceil_div(g->m, ROWS);
  float sums[ROWS * WIDEST], wide[STEPS * WIDEST];
  for (int64_t task = from; task < to; task++) {
    const int64_t block = task / panels;
    const zoo_panel panel = zoo_panel_at(tiles, g->n, task % panels);
    const int64_t first = block * g->m / blocks, rows = (block + 1) * g->m / blocks - first;
    const char *packed = (const char *)g->packed + panel.column * g->k * element_size(g->type);
    const float *a = g->a + first * g->k;
    if (rows < FEW)
      for (int64_t r = 0; r < rows; r++) ZOO_BEST(narrow_row)(a + r * g->k, packed, g->k, panel.vectors, g->type, sums + r * panel.width);
    else
      for (int64_t k = 0; k < g->k; k += STEPS) {
        const int64_t steps = zoo_least(STEPS, g->k - k);
        ZOO_BEST(narrow_widen)(packed, k * panel.width, steps * panel.width, g->type, wide);
        const zoo_tile tile = {
          .a = a + k, .a_stride = g->k, .b = wide, .b_stride = panel.width, .c = sums, .c_stride = panel.width, .columns = panel.width,
          .depth = steps, .pieces = 1, .runs = 1, .accumulates = k > 0,
        };
        zoo_tile_sweep(tiles, tile, ZOO_BY_ROW, panel.vectors, rows, g->k);
      }
    finish(g, sums, panel.width, first, rows, panel.column, panel.columns);
  }
}
