#include <string.h>

#include "gemm_panels.h"
#include "kernels/clones.h"
#include "kernels/gemm.h"

int64_t zoo_gemm_panels(int64_t n) { return zoo_panel_count(zoo_machine_tiles(), n); }

int64_t zoo_gemm_packed_count(int64_t k, int64_t n) {
  const int64_t width = zoo_machine_tiles()->width;
  return zoo_ceil_div(n, width) * width * k;
}

typedef float row8 __attribute__((vector_size(32), aligned(4), may_alias));
#define SHUFFLE __builtin_shufflevector

/// to[i * to_stride + j] = from[j * from_stride + i] for an 8 by 8 block.
ZOO_INLINE void transpose(const float *from, int64_t from_stride, float *to, int64_t to_stride) {
  row8 r[8], s[8];
  for (int i = 0; i < 8; i++) r[i] = *(const row8 *)(from + i * from_stride);
  for (int i = 0; i < 8; i += 2) {
    s[i] = SHUFFLE(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    s[i + 1] = SHUFFLE(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (int i = 0; i < 8; i += 4)
    for (int j = i; j < i + 2; j++) {
      r[j] = SHUFFLE(s[j], s[j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      r[j + 2] = SHUFFLE(s[j], s[j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (int j = 0; j < 4; j++) {
    *(row8 *)(to + j * to_stride) = SHUFFLE(r[j], r[j + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    *(row8 *)(to + (j + 4) * to_stride) = SHUFFLE(r[j], r[j + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

ZOO_INLINE void pack_strided(
  const float *b, int64_t k_stride, int64_t n_stride, int64_t from, int64_t to, const zoo_panel *panel, float *out) {
  for (int64_t i = from; i < to; i++)
    for (int64_t j = 0; j < panel->columns; j++) out[i * panel->width + j] = b[i * k_stride + j * n_stride];
}

/// B's steps are adjacent: blocks of it are transposed.
ZOO_CLONES void zoo_gemm_pack_transposed(const float *b, int64_t n_stride, int64_t k, const zoo_panel *panel, float *out) {
  const int64_t whole = k / 8 * 8, columns = panel->columns / 8 * 8;
  for (int64_t i = 0; i < whole; i += 8)
    for (int64_t j = 0; j < columns; j += 8) transpose(b + i + j * n_stride, n_stride, out + i * panel->width + j, panel->width);
  pack_strided(b, 1, n_stride, whole, k, panel, out);
  for (int64_t i = 0; i < whole; i++)
    for (int64_t j = columns; j < panel->columns; j++) out[i * panel->width + j] = b[i + j * n_stride];
}

void zoo_gemm_pack(
  const float *b, int64_t k_stride, int64_t n_stride, int64_t k, int64_t n, int64_t from, int64_t to, float *packed) {
  const zoo_tiles *tiles = zoo_machine_tiles();
  for (int64_t p = from; p < to; p++) {
    const zoo_panel panel = zoo_panel_at(tiles, n, p);
    float *out = packed + panel.column * k;
    const float *in = b + panel.column * n_stride;
    const int64_t padding = panel.width - panel.columns;
    if (padding)
      for (int64_t i = 0; i < k; i++) memset(out + i * panel.width + panel.columns, 0, (size_t)padding * sizeof(float));
    if (n_stride == 1)
      for (int64_t i = 0; i < k; i++) memcpy(out + i * panel.width, in + i * k_stride, (size_t)panel.columns * sizeof(float));
    else if (k_stride == 1)
      zoo_gemm_pack_transposed(in, n_stride, k, &panel, out);
    else
      pack_strided(in, k_stride, n_stride, 0, k, &panel, out);
  }
}
