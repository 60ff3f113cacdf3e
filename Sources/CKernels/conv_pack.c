#include "conv_winograd.h"
#include "transpose.h"

// w is [out_c, group_in, kernel_h, kernel_w]. In the panels of a group's matrix there is a step for each (tap, input channel) and a column
// for each output channel.

static int64_t steps(const zoo_conv *c) { return zoo_conv_taps(c) * c->group_in; }
static int64_t group_count(const zoo_conv *c) { return zoo_gemm_packed_count(steps(c), c->group_out); }

int64_t zoo_conv_tiled_count(const zoo_conv *c) { return c->is_depthwise ? zoo_conv_taps(c) * c->in_c : c->groups * group_count(c); }

int64_t zoo_conv_weight_panels(const zoo_conv *c) { return c->is_depthwise ? 1 : c->groups * zoo_gemm_panels(c->group_out); }
int64_t zoo_conv_panels(const zoo_conv *c) { return c->is_winograd ? zoo_winograd_panels(c) : zoo_conv_weight_panels(c); }

int64_t zoo_conv_packed_count(const zoo_conv *c) {
  if (c->is_winograd) return zoo_winograd_packed_count(c);
  if (c->is_bf16) {
    const zoo_conv words = zoo_conv_words(c);
    return zoo_conv_tiled_count(&words);
  }
  return c->is_planar ? zoo_conv_taps(c) * c->out_c : zoo_conv_tiled_count(c);
}

zoo_panel zoo_conv_panel(const zoo_conv *c, int64_t index, int64_t *column, int64_t *start) {
  const int64_t panels = zoo_gemm_panels(c->group_out), group = index / panels;
  const zoo_panel panel = zoo_panel_at(zoo_machine_tiles(), c->group_out, index % panels);
  *column = group * c->group_out + panel.column;
  *start = group * group_count(c) + panel.column * steps(c);
  return panel;
}

/// The step that weight k of an output takes: k counts (channel, tap), steps count (tap, channel).
ZOO_INLINE int64_t step_of(const zoo_conv *c, int64_t k, int64_t taps) { return k % taps * c->group_in + k / taps; }

ZOO_CLONES static void pack_panel(const zoo_conv *c, const float *weight, const zoo_panel *panel, float *out) {
  const int64_t taps = zoo_conv_taps(c), count = steps(c), width = panel->width, columns = panel->columns / 8 * 8;
  for (int64_t k = 0; k < count; k += 8) {
    const int64_t here = zoo_least(8, count - k);
    float *to[8];
    for (int64_t i = 0; i < here; i++) to[i] = out + step_of(c, k + i, taps) * width;
    int64_t j = 0;
    for (; here == 8 && j < columns; j += 8) {
      zoo_row8 block[8];
      for (int i = 0; i < 8; i++) block[i] = ZOO_ROW8(weight + (j + i) * count + k);
      zoo_transpose8(block);
      for (int i = 0; i < 8; i++) ZOO_ROW8(to[i] + j) = block[i];
    }
    for (; j < panel->columns; j++)
      for (int64_t i = 0; i < here; i++) to[i][j] = weight[j * count + k + i];
    for (; j < width; j++)
      for (int64_t i = 0; i < here; i++) to[i][j] = 0;
  }
}

/// The same in pairs, a step for each tap and two input channels.
static void pair_panel(const zoo_conv *c, const float *weight, const zoo_panel *panel, float *out) {
  const int64_t taps = zoo_conv_taps(c), pairs = c->group_in / 2;
  float two[2 * ZOO_WIDEST_PANEL];
  for (int64_t i = 0; i < taps * pairs; i++) {
    zoo_pack_steps(weight + i / pairs + i % pairs * 2 * taps, taps, steps(c), 2, panel, two);
    zoo_pair_steps(two, two + panel->width, panel, out + i * panel->width);
  }
}

void zoo_conv_pack(const zoo_conv *c, const float *weight, int64_t from, int64_t to, float *packed) {
  if (c->is_depthwise) {
    zoo_depthwise_pack(c, weight, packed);
    return;
  }
  if (c->is_winograd) {
    zoo_winograd_pack(c, weight, 0, from, to, packed);
    return;
  }
  if (c->is_planar) {
    memcpy(packed, weight, (size_t)zoo_conv_packed_count(c) * sizeof(float));
    return;
  }
  const zoo_conv words = zoo_conv_words(c);
  for (int64_t p = from; p < to; p++) {
    int64_t column, start;
    const zoo_panel panel = zoo_conv_panel(c->is_bf16 ? &words : c, p, &column, &start);
    (c->is_bf16 ? pair_panel : pack_panel)(c, weight + column * steps(c), &panel, packed + start);
  }
}

ZOO_CLONES static void unpack_panel(const zoo_conv *c, const float *partial, int64_t size, const zoo_panel *panel, float *dw) {
  const int64_t taps = zoo_conv_taps(c), count = steps(c), width = panel->width, columns = panel->columns / 8 * 8;
  for (int64_t k = 0; k < count; k += 8) {
    const int64_t here = zoo_least(8, count - k);
    const float *from[8];
    for (int64_t i = 0; i < here; i++) from[i] = partial + step_of(c, k + i, taps) * width;
    int64_t j = 0;
    for (; here == 8 && j < columns; j += 8) {
      zoo_row8 block[8];
      for (int i = 0; i < 8; i++) block[i] = ZOO_ROW8(from[i] + j);
      for (int64_t chunk = 1; chunk < c->chunks; chunk++)
        for (int i = 0; i < 8; i++) block[i] += ZOO_ROW8(from[i] + chunk * size + j);
      zoo_transpose8(block);
      for (int i = 0; i < 8; i++) ZOO_ROW8(dw + (j + i) * count + k) = block[i];
    }
    for (; j < panel->columns; j++)
      for (int64_t i = 0; i < here; i++) {
        float sum = from[i][j];
        for (int64_t chunk = 1; chunk < c->chunks; chunk++) sum += from[i][chunk * size + j];
        dw[j * count + k + i] = sum;
      }
  }
}

void zoo_conv_weight_sum(const zoo_conv *c, const float *partial, float *dw, int64_t from, int64_t to) {
  if (c->is_depthwise) {
    zoo_depthwise_weight_sum(c, partial, dw);
    return;
  }
  for (int64_t p = from; p < to; p++) {
    int64_t column, start;
    const zoo_panel panel = zoo_conv_panel(c, p, &column, &start);
    unpack_panel(c, partial + start, zoo_conv_tiled_count(c), &panel, dw + column * steps(c));
  }
}

// Backward: for each tap a matrix with a step for each output channel and a column for each input channel; or for each row of the kernel
// one with a column for each (tap, input channel) in it.

int64_t zoo_conv_back_columns(const zoo_conv *c) { return c->scatters ? c->kernel_w * c->in_c : c->group_in; }
int64_t zoo_conv_back_matrices(const zoo_conv *c) { return c->scatters ? c->kernel_h : zoo_conv_taps(c); }

static int64_t back_group_count(const zoo_conv *c) {
  return zoo_gemm_packed_count(zoo_conv_back_matrices(c) * c->group_out, zoo_conv_back_columns(c));
}

int64_t zoo_conv_back_packed_count(const zoo_conv *c) {
  if (c->is_winograd_back) {
    const zoo_conv turned = zoo_winograd_turned(c);
    return zoo_winograd_packed_count(&turned);
  }
  return c->is_depthwise ? zoo_conv_tiled_count(c) : c->groups * back_group_count(c);
}

int64_t zoo_conv_back_panels(const zoo_conv *c) {
  if (c->is_winograd_back) {
    const zoo_conv turned = zoo_winograd_turned(c);
    return zoo_winograd_panels(&turned);
  }
  return c->is_depthwise ? 1 : c->groups * zoo_gemm_panels(zoo_conv_back_columns(c));
}

const float *zoo_conv_back_panel(const zoo_conv *c, const float *packed, int64_t index, zoo_panel *panel) {
  const int64_t columns = zoo_conv_back_columns(c), panels = zoo_gemm_panels(columns);
  *panel = zoo_panel_at(zoo_machine_tiles(), columns, index % panels);
  return packed + index / panels * back_group_count(c) + panel->column * zoo_conv_back_matrices(c) * c->group_out;
}

void zoo_conv_back_pack(const zoo_conv *c, const float *weight, int64_t from, int64_t to, float *packed) {
  if (c->is_depthwise) {
    zoo_depthwise_pack(c, weight, packed);
    return;
  }
  if (c->is_winograd_back) {
    const zoo_conv turned = zoo_winograd_turned(c);
    zoo_winograd_pack(&turned, weight, 1, from, to, packed);
    return;
  }
  const int64_t taps = zoo_conv_taps(c), panels = zoo_gemm_panels(zoo_conv_back_columns(c));
  for (int64_t p = from; p < to; p++) {
    zoo_panel panel;
    float *out = packed + (zoo_conv_back_panel(c, packed, p, &panel) - packed);
    const float *w = weight + p / panels * c->group_out * steps(c);
    for (int64_t m = 0; m < zoo_conv_back_matrices(c); m++, out += c->group_out * panel.width) {
      if (!c->scatters) {
        zoo_pack_steps(w + panel.column * taps + m, steps(c), taps, c->group_out, &panel, out);
        continue;
      }
      memset(out, 0, (size_t)(c->group_out * panel.width) * sizeof(float));
      for (int64_t j = 0; j < panel.columns; j++) {
        const int64_t tap = m * c->kernel_w + (panel.column + j) / c->in_c, channel = (panel.column + j) % c->in_c;
        for (int64_t o = 0; o < c->out_c; o++) out[o * panel.width + j] = w[o * steps(c) + channel * taps + tap];
      }
    }
  }
}
