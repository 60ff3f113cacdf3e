#include <bf16.h>
#include <string.h>

#include "gemm_panels.h"
#include "kernels/clones.h"
#include "kernels/gemm.h"
#include "transpose.h"

int64_t zoo_gemm_panels(int64_t n) { return zoo_panel_count(zoo_machine_tiles(), n); }

int64_t zoo_gemm_whole_panels(int64_t n) { return zoo_gemm_panels(n) - (n % zoo_machine_tiles()->width != 0); }

int64_t zoo_gemm_packed_count(int64_t k, int64_t n) {
  const int64_t width = zoo_machine_tiles()->width;
  return zoo_ceil_div(n, width) * width * k;
}

ZOO_INLINE void pack_strided(
  const float *b, int64_t k_stride, int64_t n_stride, int64_t from, int64_t to, const zoo_panel *panel, float *out) {
  for (int64_t i = from; i < to; i++)
    for (int64_t j = 0; j < panel->columns; j++) out[i * panel->width + j] = b[i * k_stride + j * n_stride];
}

/// B's steps are adjacent: blocks of it are transposed.
ZOO_CLONES static void pack_transposed(const float *b, int64_t n_stride, int64_t steps, const zoo_panel *panel, float *out) {
  const int64_t whole = steps / 8 * 8, columns = panel->columns / 8 * 8;
  for (int64_t i = 0; i < whole; i += 8)
    for (int64_t j = 0; j < columns; j += 8) {
      zoo_row8 block[8];
      for (int r = 0; r < 8; r++) block[r] = ZOO_ROW8(b + i + (j + r) * n_stride);
      zoo_transpose8(block);
      for (int r = 0; r < 8; r++) ZOO_ROW8(out + (i + r) * panel->width + j) = block[r];
    }
  pack_strided(b, 1, n_stride, whole, steps, panel, out);
  for (int64_t i = 0; i < whole; i++)
    for (int64_t j = columns; j < panel->columns; j++) out[i * panel->width + j] = b[i + j * n_stride];
}

void zoo_pack_steps(const float *b, int64_t k_stride, int64_t n_stride, int64_t steps, const zoo_panel *panel, float *out) {
  const int64_t padding = panel->width - panel->columns;
  if (padding)
    for (int64_t i = 0; i < steps; i++) memset(out + i * panel->width + panel->columns, 0, (size_t)padding * sizeof(float));
  if (n_stride == 1)
    for (int64_t i = 0; i < steps; i++) memcpy(out + i * panel->width, b + i * k_stride, (size_t)panel->columns * sizeof(float));
  else if (k_stride == 1)
    pack_transposed(b, n_stride, steps, panel, out);
  else
    pack_strided(b, k_stride, n_stride, 0, steps, panel, out);
}

void zoo_pair_steps(const float *even, const float *odd, const zoo_panel *panel, float *out) {
  uint16_t rounded[2][ZOO_WIDEST_PANEL];
  zoo_bf16_narrow(even, rounded[0], panel->width);
  zoo_bf16_narrow(odd, rounded[1], panel->width);
  for (int64_t j = 0; j < panel->width; j++) {
    const uint16_t pair[2] = {rounded[0][j], rounded[1][j]};
    memcpy(out + j, pair, sizeof pair);
  }
}

void zoo_gemm_pack(
  const float *b, int64_t k_stride, int64_t n_stride, int64_t k, int64_t n, int64_t from, int64_t to, float *packed) {
  const zoo_tiles *tiles = zoo_machine_tiles();
  for (int64_t p = from; p < to; p++) {
    const zoo_panel panel = zoo_panel_at(tiles, n, p);
    zoo_pack_steps(b + panel.column * n_stride, k_stride, n_stride, k, &panel, packed + panel.column * k);
  }
}
