#include "lstm.h"

#include "ranges.h"

/// A part is at most ROWS rows by one panel; sums longer than STEPS are taken in stretches of it, so that what a part reads again stays
/// in the first- and second-level caches.
enum { ROWS = 64, STEPS = 512 };

/// Panels of two vectors are dealt out to threads evenly; three are a little faster where there are many of them.
static int64_t panel_vectors(int64_t units) {
  return zoo_ceil_div(units, zoo_machine_tiles()->width) >= 48 ? 3 : 2;
}

int64_t zoo_lstm_panels(int64_t units) { return zoo_ceil_div(zoo_ceil_div(units, zoo_machine_tiles()->width), panel_vectors(units)); }

int64_t zoo_lstm_tasks(int64_t rows, int64_t units) { return zoo_lstm_panels(units) * zoo_ceil_div(rows, ROWS); }

int64_t zoo_lstm_packed_count(int64_t units) {
  const int64_t width = zoo_machine_tiles()->width;
  return 4 * units * zoo_ceil_div(units, width) * width;
}

zoo_lstm_part zoo_lstm_part_at(int64_t rows, int64_t units, int64_t task) {
  const int64_t width = zoo_machine_tiles()->width, blocks = zoo_ceil_div(rows, ROWS);
  const int64_t each = panel_vectors(units), vectors = zoo_ceil_div(units, width), panel = task / blocks, block = task % blocks;
  const zoo_range range = zoo_share(rows, blocks, block);
  zoo_lstm_part part = {.first = range.first, .rows = range.end - range.first, .column = panel * each * width};
  part.vectors = zoo_least(each, vectors - panel * each);
  part.width = part.vectors * width;
  part.columns = zoo_least(part.width, units - part.column);
  return part;
}

void zoo_lstm_pack_forward(const float *weight, int64_t units, int64_t from, int64_t to, float *packed) {
  for (int64_t p = from; p < to; p++) {
    const zoo_lstm_part part = zoo_lstm_part_at(1, units, p);
    const zoo_panel panel = {.column = part.column, .columns = part.columns, .vectors = part.vectors, .width = part.width};
    for (int64_t gate = 0; gate < 4; gate++) {
      const float *b = weight + (gate * units + part.column) * units;
      zoo_pack_steps(b, 1, units, units, &panel, packed + (4 * part.column + gate * part.width) * units);
    }
  }
}

void zoo_lstm_pack_backward(const float *weight, int64_t units, int64_t from, int64_t to, float *packed) {
  for (int64_t p = from; p < to; p++) {
    const zoo_lstm_part part = zoo_lstm_part_at(1, units, p);
    const zoo_panel panel = {.column = part.column, .columns = part.columns, .vectors = part.vectors, .width = part.width};
    zoo_pack_steps(weight + part.column, units, 1, 4 * units, &panel, packed + 4 * part.column * units);
  }
}

void zoo_lstm_product(
  const zoo_lstm_part *part, const float *a, int64_t a_row, const float *b, int64_t depth, float *sums, int64_t sums_row,
  int accumulates) {
  const zoo_tiles *tiles = zoo_machine_tiles();
  for (int64_t k = 0; k < depth; k += STEPS) {
    const zoo_tile tile = {
      .a = a + part->first * a_row + k, .a_stride = a_row, .b = b + k * part->width, .b_stride = part->width,
      .c = sums + part->first * sums_row, .c_stride = sums_row, .columns = part->columns,
      .depth = zoo_least(STEPS, depth - k), .pieces = 1, .runs = 1, .accumulates = accumulates || k > 0,
    };
    zoo_tile_sweep(tiles, tile, ZOO_BY_ROW, part->vectors, part->rows, a_row);
  }
}

void zoo_lstm_forward(const zoo_lstm_step *s, int64_t from, int64_t to) {
  for (int64_t task = from; task < to; task++) {
    const zoo_lstm_part part = zoo_lstm_part_at(s->rows, s->units, s->goes_down ? from + to - 1 - task : task);
    for (int64_t gate = 0; gate < 4; gate++) {
      const float *b = s->packed + (4 * part.column + gate * part.width) * s->units;
      zoo_lstm_product(&part, s->h, s->units, b, s->units, s->gates + gate * s->units + part.column, s->gates_row, 1);
    }
    zoo_lstm_states(s, &part);
  }
}

void zoo_lstm_backward(const zoo_lstm_back_step *s, int64_t from, int64_t to) {
  for (int64_t task = from; task < to; task++) {
    const zoo_lstm_part part = zoo_lstm_part_at(s->rows, s->units, s->goes_down ? from + to - 1 - task : task);
    if (s->dz_after) {
      const float *b = s->packed + 4 * part.column * s->units;
      zoo_lstm_product(&part, s->dz_after, 4 * s->units, b, 4 * s->units, s->dh + part.column, s->units, 0);
    }
    if (s->gates) zoo_lstm_slopes(s, &part);
  }
}
