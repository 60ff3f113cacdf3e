#include "kernels/flow.h"

#include "kernels/vmath.h"
#include "reduce.h"
#include <string.h>

/// So many features are made at a time.
enum { CHUNK = 512 };

/// `positions` whole positions from `position` on or, if one has more features than CHUNK, a part of one: n features in all.
typedef struct chunk {
  int64_t position, positions, feature, features, n;
} chunk;

ZOO_INLINE chunk first_chunk(const zoo_features *f, int64_t position, int64_t end) {
  chunk k = {.position = position, .features = zoo_smaller(f->count, CHUNK)};
  if (f->count > 0 && position < end) k.positions = f->count < CHUNK ? zoo_smaller(CHUNK / f->count, end - position) : 1;
  k.n = k.positions * k.features;
  return k;
}

ZOO_INLINE chunk next_chunk(const zoo_features *f, chunk k, int64_t end) {
  if (k.feature + k.features >= f->count) return first_chunk(f, k.position + k.positions, end);
  k.feature += k.features;
  k.n = k.features = zoo_smaller(f->count - k.feature, CHUNK);
  return k;
}

#define EACH_CHUNK(k, f, from, to) for (chunk k = first_chunk(f, from, to); k.n > 0; k = next_chunk(f, k, to))

/// The place of chunk k in dense arrays.
ZOO_INLINE int64_t place(const zoo_features *f, chunk k) { return k.position * f->count + k.feature; }

/// The statement for each feature of chunk k: the chunk's number `i` is x's number `at`. The longer loop is the inner one.
#define EACH_FEATURE(f, k, step, statement)                                                                                   \
  {                                                                                                                           \
    const int64_t start = k.position * f->width + f->first + k.feature * step;                                                \
    if (k.features < 8) {                                                                                                     \
      for (int64_t feature = 0; feature < k.features; feature++) {                                                            \
        ZOO_SIMD for (int64_t position = 0; position < k.positions; position++) {                                             \
          const int64_t i = position * k.features + feature, at = start + position * f->width + feature * step;               \
          statement;                                                                                                          \
        }                                                                                                                     \
      }                                                                                                                       \
    } else {                                                                                                                  \
      for (int64_t position = 0; position < k.positions; position++) {                                                        \
        ZOO_SIMD for (int64_t feature = 0; feature < k.features; feature++) {                                                 \
          const int64_t i = position * k.features + feature, at = start + position * f->width + feature * step;               \
          statement;                                                                                                          \
        }                                                                                                                     \
      }                                                                                                                       \
    }                                                                                                                         \
  }
#define EACH_FEATURE_OF_ANY(f, k, statement)                                                                                  \
  if (f->step == 1) EACH_FEATURE(f, k, 1, statement)                                                                          \
  else EACH_FEATURE(f, k, 2, statement)

ZOO_INLINE void take(const zoo_features *f, chunk k, const float *x, float *taken) { EACH_FEATURE_OF_ANY(f, k, taken[i] = x[at]) }

ZOO_INLINE void put(const zoo_features *f, chunk k, const float *taken, float *x, int adds) {
  if (adds) EACH_FEATURE_OF_ANY(f, k, x[at] += taken[i])
  else EACH_FEATURE_OF_ANY(f, k, x[at] = taken[i])
}

ZOO_CLONES void zoo_features_take(const zoo_features *f, const float *x, float *taken, int64_t from, int64_t to) {
  EACH_CHUNK(k, f, from, to) take(f, k, x, taken + place(f, k));
}

ZOO_CLONES void zoo_features_put(const zoo_features *f, const float *taken, float *x, int64_t from, int64_t to, int32_t adds) {
  static const float zeros[CHUNK];
  EACH_CHUNK(k, f, from, to) put(f, k, taken ? taken + place(f, k) : zeros, x, adds);
}

/// s of what the network says.
ZOO_INLINE float log_scale_of(float raw, float clamp, float by_clamp) { return clamp > 0 ? clamp * zoo_tanh(raw * by_clamp) : raw; }

ZOO_SUM(sum_of, x[i], const float *x)

/// Adds s of chunk k to its items' sums. `partial` is that of an item which goes on in the next chunk.
ZOO_INLINE void add_up(const zoo_coupling *c, chunk k, const float *s, double *partial, float sign, const float *before, float *sums) {
  for (int64_t p = 0; p < k.positions; p++) {
    *partial += sum_of(s + p * k.features, k.features);
    const int64_t item = (k.position + p) / c->positions;
    const int is_last = k.feature + k.features == c->moved.count && (k.position + p + 1) % c->positions == 0;
    if (!is_last) continue;
    sums[item] = (float)((before ? (double)before[item] : 0.0) + (double)sign * *partial);
    *partial = 0;
  }
}

ZOO_CLONES void zoo_coupling_forward(
  const zoo_coupling *c, const float *x, const float *shift, const float *log_scale, const float *before, float *y,
  float *log_determinant, int64_t from, int64_t to) {
  const zoo_features *f = &c->moved;
  const int64_t start = from * c->positions, end = to * c->positions;
  const float clamp = c->clamp, by_clamp = clamp > 0 ? 1 / clamp : 0, sign = c->inverse ? -1.f : 1.f;
  double partial = 0;
  if (y != x) memcpy(y + start * f->width, x + start * f->width, (size_t)((end - start) * f->width) * sizeof(float));
  if (!log_scale)
    for (int64_t i = from; i < to; i++) log_determinant[i] = before ? before[i] : 0;
  EACH_CHUNK(k, f, start, end) {
    float s[CHUNK], values[CHUNK];
    take(f, k, y, values);
    const float *t = shift + place(f, k);
    if (log_scale) {
      const float *raw = log_scale + place(f, k);
      ZOO_SIMD for (int64_t i = 0; i < k.n; i++) s[i] = log_scale_of(raw[i], clamp, by_clamp);
      if (c->inverse) {
        ZOO_SIMD for (int64_t i = 0; i < k.n; i++) values[i] = (values[i] - t[i]) * zoo_exp(-s[i]);
      } else {
        ZOO_SIMD for (int64_t i = 0; i < k.n; i++) values[i] = values[i] * zoo_exp(s[i]) + t[i];
      }
      add_up(c, k, s, &partial, sign, before, log_determinant);
    } else {
      ZOO_SIMD for (int64_t i = 0; i < k.n; i++) values[i] += sign * t[i];
    }
    put(f, k, values, y, 0);
  }
}

/// Writes or adds n numbers.
ZOO_INLINE void give(const float *values, float *to, int64_t n, int adds) {
  if (adds) {
    for (int64_t i = 0; i < n; i++) to[i] += values[i];
  } else {
    for (int64_t i = 0; i < n; i++) to[i] = values[i];
  }
}

/// The gradient of the log-determinant for each feature of chunk k, times `sign`.
ZOO_INLINE void spread(const zoo_coupling *c, chunk k, const float *gradient, float sign, float *each) {
  for (int64_t p = 0; p < k.positions; p++) {
    const float value = gradient ? sign * gradient[(k.position + p) / c->positions] : 0.f;
    for (int64_t i = 0; i < k.features; i++) each[p * k.features + i] = value;
  }
}

ZOO_CLONES void zoo_coupling_backward(
  const zoo_coupling *c, const float *known, const float *log_scale, const zoo_coupling_gradients *g, int64_t from, int64_t to) {
  static const float zeros[CHUNK];
  const int64_t start = from * c->positions, end = to * c->positions;
  const float clamp = c->clamp, by_clamp = clamp > 0 ? 1 / clamp : 0, sign = c->inverse ? -1.f : 1.f;
  if (g->x) {
    const zoo_features *f = &c->kept;
    EACH_CHUNK(k, f, start, end) {
      float dy[CHUNK];
      if (g->y) take(f, k, g->y, dy);
      put(f, k, g->y ? dy : zeros, g->x, g->adds_x);
    }
  }
  const zoo_features *f = &c->moved;
  EACH_CHUNK(k, f, start, end) {
    const int64_t n = k.n, dense = place(f, k);
    float dy[CHUNK], s[CHUNK], dx[CHUNK], values[CHUNK];
    if (g->y) take(f, k, g->y, dy);
    else memset(dy, 0, sizeof dy);
    if (log_scale) {
      const float *raw = log_scale + dense;
      ZOO_SIMD for (int64_t i = 0; i < n; i++) s[i] = log_scale_of(raw[i], clamp, by_clamp);
      ZOO_SIMD for (int64_t i = 0; i < n; i++) dx[i] = dy[i] * zoo_exp(sign * s[i]);
    } else {
      memcpy(dx, dy, sizeof dx);
    }
    if (g->x) put(f, k, dx, g->x, g->adds_x);
    if (g->shift) {
      if (c->inverse) {
        for (int64_t i = 0; i < n; i++) values[i] = -dx[i];
        give(values, g->shift + dense, n, g->adds_shift);
      } else {
        give(dy, g->shift + dense, n, g->adds_shift);
      }
    }
    if (!log_scale || !g->log_scale) continue;
    float each[CHUNK];
    take(f, k, known, values);
    spread(c, k, g->log_determinant, sign, each);
    if (c->inverse) {
      for (int64_t i = 0; i < n; i++) each[i] -= dy[i] * values[i];
    } else {
      for (int64_t i = 0; i < n; i++) each[i] += dx[i] * values[i];
    }
    if (clamp > 0)
      for (int64_t i = 0; i < n; i++) each[i] *= (1.f - s[i] * by_clamp) * (1.f + s[i] * by_clamp);
    give(each, g->log_scale + dense, n, g->adds_log_scale);
  }
}

ZOO_SUM(sum_of_squares, x[i] * x[i], const float *x)

ZOO_CLONES void zoo_standard_normal(const float *x, int64_t width, float *density, int64_t from, int64_t to) {
  const double constant = 0.91893853320467274 * (double)width; // log(2 pi) / 2
  for (int64_t row = from; row < to; row++) density[row] = (float)(-0.5 * sum_of_squares(x + row * width, width) - constant);
}
