#include "kernels/clones.h"
#include "kernels/vmath.h"
#include "lstm.h"

ZOO_CLONES void zoo_lstm_states(const zoo_lstm_step *s, const zoo_lstm_part *part) {
  const int64_t units = s->units, count = part->columns;
  for (int64_t r = part->first; r < part->first + part->rows; r++) {
    float *i = s->gates + r * s->gates_row + part->column, *f = i + units, *g = f + units, *o = g + units;
    const float *before = s->c_before + r * s->c_before_row + part->column;
    float *c = s->c + r * s->c_row + part->column, *h = s->h_next + r * units + part->column;
    if (s->keeps_gates) {
      ZOO_SIMD for (int64_t j = 0; j < count; j++) {
        i[j] = zoo_sigmoid(i[j]);
        f[j] = zoo_sigmoid(f[j]);
        g[j] = zoo_tanh(g[j]);
        o[j] = zoo_sigmoid(o[j]);
        c[j] = f[j] * before[j] + i[j] * g[j];
        h[j] = o[j] * zoo_tanh(c[j]);
      }
    } else {
      ZOO_SIMD for (int64_t j = 0; j < count; j++) {
        c[j] = zoo_sigmoid(f[j]) * before[j] + zoo_sigmoid(i[j]) * zoo_tanh(g[j]);
        h[j] = zoo_sigmoid(o[j]) * zoo_tanh(c[j]);
      }
    }
    if (s->y) memcpy(s->y + r * s->y_row + part->column, h, (size_t)count * sizeof(float));
  }
}

ZOO_CLONES void zoo_lstm_slopes(const zoo_lstm_back_step *s, const zoo_lstm_part *part) {
  const int64_t units = s->units, count = part->columns;
  for (int64_t r = part->first; r < part->first + part->rows; r++) {
    const float *gates = s->gates + r * s->gates_row + part->column;
    const float *before = s->c_before + r * s->c_before_row + part->column, *cell = s->c + r * s->c_row + part->column;
    const float *dy = s->dy ? s->dy + r * s->dy_row + part->column : NULL;
    float *dh = s->dh + r * units + part->column, *dc = s->dc + r * units + part->column;
    float *dz = s->dz + r * 4 * units + part->column;
    if (dy) {
      ZOO_SIMD for (int64_t j = 0; j < count; j++) dh[j] += dy[j];
    }
    ZOO_SIMD for (int64_t j = 0; j < count; j++) {
      const float i = gates[j], f = gates[units + j], g = gates[2 * units + j], o = gates[3 * units + j];
      const float t = zoo_tanh(cell[j]), d = dc[j] + dh[j] * o * ((1.f - t) * (1.f + t));
      dz[j] = d * g * (i * (1.f - i));
      dz[units + j] = d * before[j] * (f * (1.f - f));
      dz[2 * units + j] = d * i * ((1.f - g) * (1.f + g));
      dz[3 * units + j] = dh[j] * t * (o * (1.f - o));
      dc[j] = d * f;
    }
    float *kept = s->dz_kept + r * s->gates_row + part->column;
    for (int64_t gate = 0; gate < 4; gate++) memcpy(kept + gate * units, dz + gate * units, (size_t)count * sizeof(float));
  }
}
