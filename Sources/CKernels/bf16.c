#include "kernels/bf16.h"

#include <bf16.h>

#include "ranges.h"

/// Elements to a piece.
enum { PIECE = 1024 };

void zoo_activation_bf16(zoo_activation_forward *f, const uint16_t *x, uint16_t *y, int64_t n, float a, float b) {
  float piece[PIECE];
  for (int64_t i = 0; i < n; i += PIECE) {
    const int64_t count = zoo_least(PIECE, n - i);
    zoo_bf16_widen(x + i, piece, count);
    f(piece, piece, count, a, b);
    zoo_bf16_narrow(piece, y + i, count);
  }
}

void zoo_arithmetic_bf16(int32_t operation, const uint16_t *a, const uint16_t *b, uint16_t *y, int64_t n) {
  float left[PIECE], right[PIECE];
  const int64_t dense[] = {1, 1};
  for (int64_t i = 0; i < n; i += PIECE) {
    const int64_t count = zoo_least(PIECE, n - i);
    const zoo_nest nest = zoo_nest_make(1, &count, 2, dense);
    zoo_bf16_widen(a + i, left, count);
    zoo_bf16_widen(b + i, right, count);
    zoo_arithmetic_f32(operation, &nest, left, right, left, 0, count);
    zoo_bf16_narrow(left, y + i, count);
  }
}

int64_t zoo_pool_slab(const zoo_pool *pool) {
  return (zoo_least(pool->size_h, pool->in_h) * pool->in_w + pool->out_w) * pool->channels;
}

/// Each row of y is that of an image which has no more rows than its windows.
void zoo_pool_bf16(int32_t what, const zoo_pool *pool, const uint16_t *x, uint16_t *y, float *slab, int64_t from, int64_t to) {
  const int64_t pitch = pool->in_w * pool->channels, width = pool->out_w * pool->channels;
  float *out = slab + zoo_least(pool->size_h, pool->in_h) * pitch;
  zoo_pool one = *pool;
  one.images = one.out_h = 1;
  for (int64_t row = from; row < to; row++) {
    const int64_t top = row % pool->out_h * pool->stride_h - pool->top;
    const zoo_range rows = zoo_inside(top, 1, pool->in_h, pool->size_h);
    one.in_h = rows.end - rows.first;
    one.top = rows.first;
    one.end_h = pool->end_h - (top + rows.first);
    zoo_bf16_widen(x + (row / pool->out_h * pool->in_h + top + rows.first) * pitch, slab, one.in_h * pitch);
    if (what == ZOO_POOL_MAX) zoo_max_pool(&one, slab, out, 0, 0, 1);
    else if (what == ZOO_POOL_MIN) zoo_min_pool(&one, slab, out, 0, 0, 1);
    else zoo_average_pool(&one, slab, out, 0, 1);
    zoo_bf16_narrow(out, y + row * width, width);
  }
}
