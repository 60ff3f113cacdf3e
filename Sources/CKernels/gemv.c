#include "kernels/gemv.h"

#include "kernels/clones.h"
#include "kernels/epilogue.h"

enum { LANES = 16, TOGETHER = 4 };

typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4)));

ZOO_INLINE float total(const lanes *sum) {
  float s[LANES];
  *(lanes *)s = *sum;
  for (int width = LANES / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) s[i] += s[i + width];
  return s[0];
}

/// `count` columns at once, so that many streams of w are under way and what is read of x serves them all.
ZOO_INLINE void columns(const zoo_gemv *g, const int rows, const int count, int64_t j) {
  const int64_t k = g->inputs, whole = k / LANES * LANES;
  lanes sum[ZOO_GEMV_ROWS][TOGETHER];
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < count; c++) sum[r][c] = (lanes){0};
  const float *w = g->w + j * k;
  for (int64_t i = 0; i < whole; i += LANES) {
    lanes b[TOGETHER];
    for (int c = 0; c < count; c++) b[c] = *(const lanes *)(w + c * k + i);
    for (int r = 0; r < rows; r++) {
      const lanes a = *(const lanes *)(g->x + r * k + i);
      for (int c = 0; c < count; c++) sum[r][c] += a * b[c];
    }
  }
  for (int r = 0; r < rows; r++) {
    for (int c = 0; c < count; c++) {
      float y = total(&sum[r][c]);
      for (int64_t i = whole; i < k; i++) y += g->x[r * k + i] * w[c * k + i];
      if (g->bias) y += g->bias[j + c];
      if (g->addend) y += g->addend[r * g->y_row + j + c];
      g->y[r * g->y_row + j + c] = y;
    }
  }
}

ZOO_INLINE void sweep(const zoo_gemv *g, const int rows, int64_t from, int64_t to) {
  int64_t j = from;
  for (; j + TOGETHER <= to; j += TOGETHER) columns(g, rows, TOGETHER, j);
  for (; j < to; j++) columns(g, rows, 1, j);
}

ZOO_CLONES void zoo_gemv_run(const zoo_gemv *g, int64_t from, int64_t to) {
  switch (g->rows) { // so that each is compiled with a constant
  case 1: sweep(g, 1, from, to); break;
  case 2: sweep(g, 2, from, to); break;
  case 3: sweep(g, 3, from, to); break;
  default: sweep(g, 4, from, to); break;
  }
  for (int64_t r = 0; r < g->rows; r++) zoo_epilogue_apply(g->epilogue, g->y + r * g->y_row + from, to - from);
}
