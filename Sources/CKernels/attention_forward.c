#include "attention_blocks.h"

/// So many queries meet so many keys at once: their scores stay in the first-level cache.
enum { QUERIES = 32, KEYS = 192 };

/// The keys of a pair as panels of kᵀ, block after block, and the values as panels of v.
static int64_t packed_keys(const zoo_tiles *tiles, int64_t keys, int64_t width) {
  return zoo_ceil_div(keys, tiles->width) * tiles->width * width;
}

static int64_t packed_values(const zoo_tiles *tiles, int64_t keys, int64_t width) {
  return zoo_ceil_div(width, tiles->width) * tiles->width * keys;
}

static int64_t packed_pair(const zoo_tiles *tiles, int64_t keys, int64_t width) {
  return packed_keys(tiles, keys, width) + packed_values(tiles, keys, width);
}

int64_t zoo_attention_packed_count(int64_t pairs, int64_t keys, int64_t width) {
  return pairs * packed_pair(zoo_machine_tiles(), keys, width);
}

int64_t zoo_attention_pack_tasks(const zoo_attention *a) { return a->batch * a->heads * zoo_ceil_div(a->keys, KEYS); }

void zoo_attention_pack(const zoo_attention *a, float *packed, int64_t from, int64_t to) {
  const zoo_tiles *tiles = zoo_machine_tiles();
  const int64_t blocks = zoo_ceil_div(a->keys, KEYS), size = packed_pair(tiles, a->keys, a->width);
  for (int64_t task = from; task < to; task++) {
    const int64_t pair = task / blocks, key = task % blocks * KEYS, count = zoo_least(KEYS, a->keys - key);
    const int64_t start = zoo_pair_at(a, pair).k + key * a->k_row;
    float *keys = packed + pair * size, *values = keys + packed_keys(tiles, a->keys, a->width);
    zoo_pack_block(tiles, a->k + start, 1, a->k_row, a->width, count, keys + packed_keys(tiles, key, a->width));
    zoo_pack_block(tiles, a->v + start, a->k_row, 1, count, a->width, values + packed_values(tiles, key, a->width));
  }
}

int64_t zoo_attention_tasks(const zoo_attention *a) { return a->batch * a->heads * zoo_ceil_div(a->queries, QUERIES); }

/// Early and late blocks of queries in turn: with `causal` late ones take longer, and halves of the tasks must not.
static int64_t folded(int64_t index, int64_t count) { return index % 2 ? count - 1 - index / 2 : index / 2; }

/// Softens the scores of `rows` queries from t on for keys from `key` on, and corrects what their y holds of earlier keys.
ZOO_CLONES void zoo_attention_soften(
  const zoo_attention *a, int64_t t, int64_t rows, int64_t key, int64_t columns, float *scores, zoo_softmax_state *states, float *y) {
  for (int64_t r = 0; r < rows; r++, scores += KEYS, y += a->y_row) {
    const int64_t visible = zoo_visible_keys(a, t + r, key, columns);
    if (visible > 0) {
      const float correction = zoo_soften(scores, visible, a->scale, states + r);
      if (key > 0 && correction != 1.f)
        ZOO_SIMD for (int64_t i = 0; i < a->width; i++) y[i] *= correction;
    }
    for (int64_t i = zoo_whole_lanes(visible); i < columns; i++) scores[i] = 0.f;
  }
}

/// Divides by the sums.
ZOO_CLONES void zoo_attention_finish(
  const zoo_attention *a, int64_t rows, const zoo_softmax_state *states, float *y, float *log_sums) {
  for (int64_t r = 0; r < rows; r++, y += a->y_row) {
    const float scale = 1.f / states[r].sum;
    ZOO_SIMD for (int64_t i = 0; i < a->width; i++) y[i] *= scale;
    if (log_sums) log_sums[r] = states[r].max + zoo_log(states[r].sum);
  }
}

void zoo_attention_run(const zoo_attention *a, const float *packed, int64_t from, int64_t to) {
  const zoo_tiles *tiles = zoo_machine_tiles();
  const int64_t blocks = zoo_ceil_div(a->queries, QUERIES), size = packed_pair(tiles, a->keys, a->width);
  _Alignas(64) float scores[QUERIES * KEYS];
  for (int64_t task = from; task < to; task++) {
    const int64_t pair = task / blocks, t = folded(task % blocks, blocks) * QUERIES, rows = zoo_least(QUERIES, a->queries - t);
    const zoo_pair at = zoo_pair_at(a, pair);
    const float *q = a->q + at.q + t * a->q_row;
    const float *keys = packed + pair * size, *values = keys + packed_keys(tiles, a->keys, a->width);
    float *y = a->y + at.y + t * a->y_row;
    zoo_softmax_state states[QUERIES];
    for (int64_t r = 0; r < rows; r++) states[r] = (zoo_softmax_state){-__builtin_inff(), 0.f};
    for (int64_t key = 0; key < a->keys; key += KEYS) {
      const int64_t count = zoo_least(KEYS, a->keys - key), columns = zoo_visible_keys(a, t + rows - 1, key, count);
      if (columns == 0) break;
      zoo_multiply_block(
        tiles, q, a->q_row, 1, rows, keys + packed_keys(tiles, key, a->width), a->width, a->width, count, columns, scores, KEYS, 0);
      zoo_attention_soften(a, t, rows, key, columns, scores, states, y);
      zoo_multiply_block(
        tiles, scores, KEYS, 1, rows, values + packed_values(tiles, key, a->width), count, columns, a->width, a->width, y, a->y_row,
        key > 0);
    }
    zoo_attention_finish(a, rows, states, y, a->log_sums ? a->log_sums + pair * a->queries + t : NULL);
  }
}
