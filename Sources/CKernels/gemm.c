#include "kernels/gemm.h"

#include "gemm_panels.h"
#include "kernels/epilogue.h"

/// A part is at most ROWS rows by one panel of columns; sums longer than STEPS are taken in stretches of it, so that what a part reads
/// stays in the second-level cache.
enum { ROWS = 64, STEPS = 512 };

int64_t zoo_gemm_tasks(int64_t m, int64_t n) { return zoo_ceil_div(m, ROWS) * zoo_gemm_panels(n); }

void zoo_gemm_run(const zoo_gemm *g, int64_t from, int64_t to) {
  const zoo_tiles *tiles = zoo_machine_tiles();
  const int64_t panels = zoo_panel_count(tiles, g->n), blocks = zoo_ceil_div(g->m, ROWS);
  const int by_row = g->a_step == 1;
  float bounds[2];
  const float *range = zoo_epilogue_range(g->epilogue, bounds);
  for (int64_t task = from; task < to; task++) {
    const int64_t block = task / panels;
    const zoo_panel panel = zoo_panel_at(tiles, g->n, task % panels);
    const int64_t first = block * g->m / blocks, rows = (block + 1) * g->m / blocks - first;
    const int direct = g->b && panel.columns == panel.width;
    float *c = g->c + first * g->c_row + panel.column;
    if (g->addend && g->addend != g->c) zoo_copy_rows(g->addend + (c - g->c), c, g->c_row, rows, panel.columns);
    for (int64_t k = 0; k == 0 || k < g->k; k += STEPS) {
      const zoo_tile tile = {
        .a = g->a + first * g->a_row + k * g->a_step, .a_stride = by_row ? g->a_row : g->a_step,
        .b = direct ? g->b + panel.column + k * g->b_row : g->packed + panel.column * g->k + k * panel.width,
        .b_stride = direct ? g->b_row : panel.width,
        .c = c, .c_stride = g->c_row, .columns = panel.columns,
        .depth = g->k - k < STEPS ? g->k - k : STEPS, .pieces = 1, .runs = 1,
        .bias = g->bias && k == 0 ? g->bias + panel.column : NULL, .accumulates = g->accumulates || g->addend || k > 0,
        .range = k + STEPS < g->k ? NULL : range,
        // The first panel brings A near, and the others find it there.
        .next = by_row && panel.column == 0 ? g->a + (first + rows) * g->a_row + k : NULL,
      };
      zoo_tile_sweep(tiles, tile, by_row, panel.vectors, rows, g->a_row);
    }
    if (range) continue;
    if (panels == 1 && g->c_row == g->n) {
      zoo_epilogue_apply(g->epilogue, c, rows * g->n);
    } else if (g->epilogue) {
      for (int64_t r = 0; r < rows; r++) zoo_epilogue_apply(g->epilogue, c + r * g->c_row, panel.columns);
    }
  }
}
