#include <string.h>

#include "attention_blocks.h"

/// So many queries meet so many keys at once.
enum { QUERIES = 64, KEYS = 96 };

/// A pair's matrices in panels: each the right-hand side of a product.
typedef struct panels {
  float *keys, *values, *keys_across, *queries, *gradients; ///< kᵀ and vᵀ; k; q and dy
  float *shares;                                            ///< of each query: dy . y
} panels;

static int64_t across(const zoo_tiles *tiles, int64_t rows, int64_t width) {
  return zoo_ceil_div(width, tiles->width) * tiles->width * rows;
}

static void cut(const zoo_tiles *tiles, int64_t queries, int64_t keys, int64_t width, float *scratch, panels *p) {
  const int64_t along = zoo_ceil_div(keys, tiles->width) * tiles->width * width;
  p->keys = scratch;
  p->values = p->keys + along;
  p->keys_across = p->values + along;
  p->queries = p->keys_across + across(tiles, keys, width);
  p->gradients = p->queries + across(tiles, queries, width);
  p->shares = p->gradients + across(tiles, queries, width);
}

int64_t zoo_attention_backward_scratch(int64_t queries, int64_t keys, int64_t width) {
  const zoo_tiles *tiles = zoo_machine_tiles();
  const int64_t along = zoo_ceil_div(keys, tiles->width) * tiles->width * width;
  return 2 * along + across(tiles, keys, width) + 2 * across(tiles, queries, width) + queries;
}

static void pack(const zoo_tiles *tiles, const zoo_attention *a, const float *dy, zoo_pair at, const panels *p) {
  for (int64_t key = 0; key < a->keys; key += KEYS) {
    const int64_t count = zoo_least(KEYS, a->keys - key), start = at.k + key * a->k_row;
    zoo_pack_block(tiles, a->k + start, 1, a->k_row, a->width, count, p->keys + key * a->width);
    zoo_pack_block(tiles, a->v + start, 1, a->k_row, a->width, count, p->values + key * a->width);
    zoo_pack_block(tiles, a->k + start, a->k_row, 1, count, a->width, p->keys_across + across(tiles, key, a->width));
  }
  for (int64_t t = 0; t < a->queries; t += QUERIES) {
    const int64_t count = zoo_least(QUERIES, a->queries - t), start = across(tiles, t, a->width);
    zoo_pack_block(tiles, a->q + at.q + t * a->q_row, a->q_row, 1, count, a->width, p->queries + start);
    zoo_pack_block(tiles, dy + at.y + t * a->y_row, a->y_row, 1, count, a->width, p->gradients + start);
  }
}

ZOO_CLONES void zoo_attention_shares(const zoo_attention *a, const float *dy, const float *y, float *shares) {
  for (int64_t t = 0; t < a->queries; t++) shares[t] = (float)zoo_dot(dy + t * a->y_row, y + t * a->y_row, a->width);
}

/// Scores become probabilities p, and the gradients by p those by the unscaled scores: scale p (dp - share).
ZOO_CLONES void zoo_attention_score_gradients(
  const zoo_attention *a, int64_t t, int64_t rows, int64_t key, int64_t columns, const float *log_sums, const float *shares,
  float *scores, float *gradients) {
  const float scale = a->scale;
  for (int64_t r = 0; r < rows; r++, scores += KEYS, gradients += KEYS) {
    const int64_t visible = zoo_visible_keys(a, t + r, key, columns), whole = zoo_whole_lanes(visible);
    const float log_sum = log_sums[r], share = shares[r];
    ZOO_LANES for (int64_t i = 0; i < whole; i++) {
      scores[i] = zoo_exp(scores[i] * scale - log_sum);
      gradients[i] = scores[i] * ((gradients[i] - share) * scale);
    }
    for (int64_t i = visible; i < columns; i++) scores[i] = gradients[i] = 0.f;
  }
}

static void clear(float *rows, int64_t stride, int64_t count, int64_t width) {
  for (int64_t r = 0; r < count; r++) memset(rows + r * stride, 0, (size_t)width * sizeof(float));
}

void zoo_attention_backward(const zoo_attention *a, const zoo_attention_gradients *g, int64_t from, int64_t to, float *scratch) {
  const zoo_tiles *tiles = zoo_machine_tiles();
  const int64_t width = a->width;
  panels p;
  cut(tiles, a->queries, a->keys, width, scratch, &p);
  _Alignas(64) float scores[QUERIES * KEYS], gradients[QUERIES * KEYS];
  memset(scores, 0, sizeof scores); // lanes beyond what a product writes are computed with too
  memset(gradients, 0, sizeof gradients);
  for (int64_t pair = from; pair < to; pair++) {
    const zoo_pair at = zoo_pair_at(a, pair);
    const float *log_sums = a->log_sums + pair * a->queries;
    pack(tiles, a, g->dy, at, &p);
    zoo_attention_shares(a, g->dy + at.y, a->y + at.y, p.shares);
    clear(g->dq + at.q, a->q_row, a->queries, width);
    clear(g->dk + at.k, a->k_row, a->keys, width);
    clear(g->dv + at.k, a->k_row, a->keys, width);
    for (int64_t key = 0; key < a->keys; key += KEYS) {
      const int64_t count = zoo_least(KEYS, a->keys - key);
      float *dk = g->dk + at.k + key * a->k_row, *dv = g->dv + at.k + key * a->k_row;
      for (int64_t t = 0; t < a->queries; t += QUERIES) {
        const int64_t rows = zoo_least(QUERIES, a->queries - t), columns = zoo_visible_keys(a, t + rows - 1, key, count);
        if (columns == 0) continue;
        const int64_t query = at.q + t * a->q_row, start = across(tiles, t, width);
        zoo_multiply_block(
          tiles, a->q + query, a->q_row, 1, rows, p.keys + key * width, width, width, count, columns, scores, KEYS, 0);
        zoo_multiply_block(
          tiles, g->dy + at.y + t * a->y_row, a->y_row, 1, rows, p.values + key * width, width, width, count, columns, gradients, KEYS,
          0);
        zoo_attention_score_gradients(a, t, rows, key, columns, log_sums + t, p.shares + t, scores, gradients);
        zoo_multiply_block(tiles, scores, 1, KEYS, columns, p.gradients + start, rows, rows, width, width, dv, a->k_row, 1);
        zoo_multiply_block(tiles, gradients, 1, KEYS, columns, p.queries + start, rows, rows, width, width, dk, a->k_row, 1);
        zoo_multiply_block(
          tiles, gradients, KEYS, 1, rows, p.keys_across + across(tiles, key, width), count, columns, width, width, g->dq + query,
          a->q_row, 1);
      }
    }
  }
}
