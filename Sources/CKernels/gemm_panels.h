/// How the columns of a matrix are cut into panels.
#pragma once
#include <string.h>

#include "gemm_tile.h"
#include "ranges.h"

typedef struct zoo_panel {
  int64_t column, columns; ///< the first one, and how many of the matrix there are
  int64_t vectors, width;  ///< with padding; width: in floats
} zoo_panel;

static inline int64_t zoo_panel_count(const zoo_tiles *tiles, int64_t n) {
  return zoo_ceil_div(zoo_ceil_div(n, tiles->width), tiles->vectors);
}

enum { ZOO_WIDEST_PANEL = 48 }; ///< floats, of any generation

/// Vectors are dealt out evenly, the wider panels first: four are 2 + 2, not 3 + 1.
static inline zoo_panel zoo_panel_at(const zoo_tiles *tiles, int64_t n, int64_t index) {
  const int64_t vectors = zoo_ceil_div(n, tiles->width), count = zoo_panel_count(tiles, n);
  const int64_t each = vectors / count, wider = vectors % count;
  const int64_t first = index * each + (index < wider ? index : wider);
  zoo_panel panel = {.column = first * tiles->width, .vectors = each + (index < wider)};
  panel.width = panel.vectors * tiles->width;
  panel.columns = n - panel.column < panel.width ? n - panel.column : panel.width;
  return panel;
}

/// Copies `rows` rows of `columns` elements, `stride` apart on both sides.
static inline void zoo_copy_rows(const float *from, float *to, int64_t stride, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++) memcpy(to + r * stride, from + r * stride, (size_t)columns * sizeof(float));
}

/// Writes `steps` rows of a panel; `b` is the element of its first row and column.
void zoo_pack_steps(const float *b, int64_t k_stride, int64_t n_stride, int64_t steps, const zoo_panel *panel, float *out);

/// Writes a row of pairs: two steps of a panel, rounded to bf16.
void zoo_pair_steps(const float *even, const float *odd, const zoo_panel *panel, float *out);
