#include "attention_blocks.h"

enum { KEYS = 128, AT_ONCE = 4 };

/// s[j] = q . k[j] for `count` keys, `stride` apart.
ZOO_INLINE void score(const float *q, const float *k, int64_t stride, int64_t count, int64_t width, float *s) {
  int64_t j = 0;
  for (; j + AT_ONCE <= count; j += AT_ONCE, k += AT_ONCE * stride) {
    float sum[AT_ONCE] = {0};
    for (int64_t i = 0; i < width; i++) {
      ZOO_ANY_ORDER
      for (int u = 0; u < AT_ONCE; u++) sum[u] += q[i] * k[u * stride + i];
    }
    for (int u = 0; u < AT_ONCE; u++) s[j + u] = sum[u];
  }
  for (; j < count; j++, k += stride) s[j] = (float)zoo_dot(q, k, width);
}

/// y += the sum over j of p[j] v[j].
ZOO_INLINE void blend(const float *p, const float *v, int64_t stride, int64_t count, int64_t width, float *y) {
  int64_t j = 0;
  for (; j + AT_ONCE <= count; j += AT_ONCE, v += AT_ONCE * stride) {
    const float p0 = p[j], p1 = p[j + 1], p2 = p[j + 2], p3 = p[j + 3];
    const float *v1 = v + stride, *v2 = v1 + stride, *v3 = v2 + stride;
    ZOO_SIMD for (int64_t i = 0; i < width; i++) y[i] += (p0 * v[i] + p1 * v1[i]) + (p2 * v2[i] + p3 * v3[i]);
  }
  for (; j < count; j++, v += stride)
    ZOO_SIMD for (int64_t i = 0; i < width; i++) y[i] += p[j] * v[i];
}

ZOO_CLONES void zoo_attention_rows(const zoo_attention *a, int64_t from, int64_t to) {
  for (int64_t row = from; row < to; row++) {
    const int64_t pair = row / a->queries, t = row % a->queries, keys = zoo_visible_keys(a, t, 0, a->keys), width = a->width;
    const zoo_pair at = zoo_pair_at(a, pair);
    const float *q = a->q + at.q + t * a->q_row, *k = a->k + at.k, *v = a->v + at.k;
    float *y = a->y + at.y + t * a->y_row;
    for (int64_t i = 0; i < width; i++) y[i] = 0.f;
    zoo_softmax_state state = {-__builtin_inff(), 0.f};
    _Alignas(64) float scores[KEYS];
    for (int64_t key = 0; key < keys; key += KEYS, k += KEYS * a->k_row, v += KEYS * a->k_row) {
      const int64_t count = zoo_least(KEYS, keys - key);
      score(q, k, a->k_row, count, width, scores);
      const float correction = zoo_soften(scores, count, a->scale, &state);
      if (correction != 1.f)
        ZOO_SIMD for (int64_t i = 0; i < width; i++) y[i] *= correction;
      blend(scores, v, a->k_row, count, width, y);
    }
    const float scale = 1.f / state.sum;
    ZOO_SIMD for (int64_t i = 0; i < width; i++) y[i] *= scale;
    if (a->log_sums) a->log_sums[row] = state.max + zoo_log(state.sum);
  }
}
