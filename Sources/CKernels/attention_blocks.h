/// Pieces of attention: products of blocks, and softmax of a row of scores.
#pragma once
#include <math.h>

#include "gemm_panels.h"
#include "kernels/attention.h"
#include "kernels/vmath.h"
#include "reduce.h"

enum { ZOO_SCORE_LANES = 16 };

/// Whole vectors as SIMD code, without an unrolling that would leave some of them to scalar code.
#define ZOO_LANES _Pragma("clang loop vectorize(assume_safety) interleave(disable)")

static inline int64_t zoo_whole_lanes(int64_t n) { return zoo_ceil_div(n, ZOO_SCORE_LANES) * ZOO_SCORE_LANES; }

/// A query's and a key's head: where the vectors of one pair start.
typedef struct zoo_pair {
  int64_t q, k, y; ///< offsets, in floats
} zoo_pair;

static inline zoo_pair zoo_pair_at(const zoo_attention *a, int64_t pair) {
  const int64_t item = pair / a->heads, head = pair % a->heads * a->width;
  return (zoo_pair){item * a->q_item + head, item * a->k_item + head, item * a->y_item + head};
}

/// Writes B[depth, n], whose element (i, j) is b[i * k_stride + j * n_stride], in panels.
static inline void zoo_pack_block(
  const zoo_tiles *tiles, const float *b, int64_t k_stride, int64_t n_stride, int64_t depth, int64_t n, float *panels) {
  for (int64_t p = 0; p < zoo_panel_count(tiles, n); p++) {
    const zoo_panel panel = zoo_panel_at(tiles, n, p);
    zoo_pack_steps(b + panel.column * n_stride, k_stride, n_stride, depth, &panel, panels + panel.column * depth);
  }
}

/// C[rows, n] (+)= A[rows, steps] B[steps, n], where B is the first `steps` of `depth` rows in panels. Panels that start at `columns` or
/// beyond are left out. A's element (i, j) is a[i * a_row + j * a_step]; one of the two is 1.
static inline void zoo_multiply_block(
  const zoo_tiles *tiles, const float *a, int64_t a_row, int64_t a_step, int64_t rows, const float *panels, int64_t depth,
  int64_t steps, int64_t n, int64_t columns, float *c, int64_t c_row, int accumulates) {
  const int by_row = a_step == 1;
  for (int64_t p = 0; p < zoo_panel_count(tiles, n); p++) {
    const zoo_panel panel = zoo_panel_at(tiles, n, p);
    if (panel.column >= columns) break;
    const zoo_tile tile = {
      .a = a, .a_stride = by_row ? a_row : a_step, .b = panels + panel.column * depth, .b_stride = panel.width,
      .c = c + panel.column, .c_stride = c_row, .columns = panel.columns, .depth = steps, .pieces = 1, .runs = 1,
      .accumulates = accumulates,
    };
    zoo_tile_sweep(tiles, tile, by_row, panel.vectors, rows, a_row);
  }
}

/// How many keys of a block that starts at key `from` and has `count` of them query t sees.
static inline int64_t zoo_visible_keys(const zoo_attention *a, int64_t t, int64_t from, int64_t count) {
  return a->causal ? zoo_most(0, zoo_least(count, a->first + t + 1 - from)) : count;
}

ZOO_SUM(zoo_sum_of_scores, p[i], const float *p)
ZOO_SUM(zoo_dot, x[i] * y[i], const float *x, const float *y)

/// The running softmax of one query.
typedef struct zoo_softmax_state {
  float max, sum; ///< of the scaled scores, and of their exponentials relative to it
} zoo_softmax_state;

/// Turns scores s[0 ..< n], n > 0, into exponentials relative to the largest score so far, and returns what earlier ones must be
/// multiplied by. `s` has room for whole lanes; those beyond n become 0.
ZOO_INLINE float zoo_soften(float *s, int64_t n, float scale, zoo_softmax_state *state) {
  const int64_t whole = zoo_whole_lanes(n);
  for (int64_t i = n; i < whole; i++) s[i] = -__builtin_inff();
  const float before = state->max, max = zoo_larger(zoo_row_max(s, whole) * scale, before);
  ZOO_LANES for (int64_t i = 0; i < whole; i++) s[i] = zoo_exp(s[i] * scale - max);
  const float correction = before == max ? 1.f : zoo_exp(before - max);
  state->max = max;
  state->sum = state->sum * correction + (float)zoo_sum_of_scores(s, whole);
  return correction;
}
