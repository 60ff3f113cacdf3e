#include "kernels/clones.h"
#include "kernels/normalisation.h"

enum { LINES = ZOO_NORM_LINES, COLUMNS = ZOO_NORM_COLUMNS };

static int64_t greatest_common_divisor(int64_t a, int64_t b) { return b == 0 ? a : greatest_common_divisor(b, a % b); }

zoo_columns zoo_columns_make(int64_t rows, int64_t channels) {
  zoo_columns s = {.rows = rows, .channels = channels, .fold = 1};
  if (channels < COLUMNS) s.fold = COLUMNS / greatest_common_divisor(channels, COLUMNS);
  s.width = channels * s.fold;
  s.lines = rows / s.fold;
  s.blocks = s.lines <= LINES ? 1 : (s.lines + LINES - 1) / LINES;
  return s;
}

ZOO_INLINE int64_t first_line(int64_t block) { return block * LINES; }
ZOO_INLINE int64_t last_line(const zoo_columns *s, int64_t block) {
  return block == s->blocks - 1 ? s->lines : (block + 1) * LINES;
}

/// The columns that are done next: COLUMNS of them, the last ones a second time if the width is no multiple.
ZOO_INLINE int64_t next_columns(int64_t column, int64_t width) {
  const int64_t next = column + COLUMNS, last = width - COLUMNS;
  return column < last && next > last ? last : next;
}

ZOO_CLONES void zoo_columns_moments(const zoo_columns *s, const float *x, int64_t block, float *partials) {
  const int64_t width = s->width, first = first_line(block), last = last_line(s, block);
  float *means = partials + block * 3 * width, *distances = means + width, *squares = distances + width;
  if (first == last) return;
  const float count = (float)(last - first);
  for (int64_t c = 0; c < width; c = next_columns(c, width)) {
    float mean[COLUMNS] = {0}, distance[COLUMNS] = {0}, square[COLUMNS] = {0};
    for (int64_t line = first; line < last; line++)
      for (int j = 0; j < COLUMNS; j++) mean[j] += x[line * width + c + j];
    for (int j = 0; j < COLUMNS; j++) mean[j] /= count;
    for (int64_t line = first; line < last; line++) {
      for (int j = 0; j < COLUMNS; j++) {
        const float d = x[line * width + c + j] - mean[j];
        distance[j] += d;
        square[j] += d * d;
      }
    }
    for (int j = 0; j < COLUMNS; j++) means[c + j] = mean[j];
    for (int j = 0; j < COLUMNS; j++) distances[c + j] = distance[j];
    for (int j = 0; j < COLUMNS; j++) squares[c + j] = square[j];
  }
}

ZOO_CLONES void zoo_columns_statistics(
  const zoo_columns *s, const float *x, const float *partials, double *mean, double *squares) {
  const int64_t width = s->width, channels = s->channels, folded = s->lines * s->fold;
  for (int64_t c = 0; c < channels; c++) mean[c] = squares[c] = 0;
  // The mean first: its estimates are corrected by the distances from them.
  for (int64_t block = 0; block < s->blocks; block++) {
    const double count = (double)(last_line(s, block) - first_line(block));
    const float *p = partials + block * 3 * width;
    if (count == 0) continue;
    for (int64_t at = 0; at < width; at += channels)
      for (int64_t c = 0; c < channels; c++) mean[c] += count * p[at + c] + p[width + at + c];
  }
  for (int64_t row = folded; row < s->rows; row++)
    for (int64_t c = 0; c < channels; c++) mean[c] += x[row * channels + c];
  for (int64_t c = 0; c < channels; c++) mean[c] /= (double)s->rows;

  for (int64_t block = 0; block < s->blocks; block++) {
    const double count = (double)(last_line(s, block) - first_line(block));
    const float *p = partials + block * 3 * width;
    if (count == 0) continue;
    for (int64_t at = 0; at < width; at += channels) {
      for (int64_t c = 0; c < channels; c++) {
        const double rest = p[width + at + c] / count, away = p[at + c] + rest - mean[c];
        squares[c] += p[2 * width + at + c] + count * (away * away - rest * rest);
      }
    }
  }
  for (int64_t row = folded; row < s->rows; row++)
    for (int64_t c = 0; c < channels; c++) squares[c] += (x[row * channels + c] - mean[c]) * (x[row * channels + c] - mean[c]);
}

ZOO_CLONES void zoo_columns_products(
  const zoo_columns *s, const float *x, const float *dy, const float *centre, int64_t block, float *partials) {
  const int64_t width = s->width, first = first_line(block), last = last_line(s, block);
  float *sums = partials + block * 2 * width, *products = sums + width;
  for (int64_t c = 0; c < width; c = next_columns(c, width)) {
    float sum[COLUMNS] = {0}, product[COLUMNS] = {0};
    for (int64_t line = first; line < last; line++) {
      for (int j = 0; j < COLUMNS; j++) {
        const int64_t at = line * width + c + j;
        sum[j] += dy[at];
        product[j] += dy[at] * (x[at] - centre[c + j]);
      }
    }
    for (int j = 0; j < COLUMNS; j++) sums[c + j] = sum[j];
    for (int j = 0; j < COLUMNS; j++) products[c + j] = product[j];
  }
}

ZOO_CLONES void zoo_columns_totals(
  const zoo_columns *s, const float *x, const float *dy, const float *centre, const float *partials, double *sum, double *product) {
  const int64_t width = s->width, channels = s->channels;
  for (int64_t c = 0; c < channels; c++) sum[c] = product[c] = 0;
  for (int64_t block = 0; block < s->blocks; block++) {
    const float *p = partials + block * 2 * width;
    for (int64_t at = 0; at < width; at += channels) {
      for (int64_t c = 0; c < channels; c++) {
        sum[c] += p[at + c];
        product[c] += p[width + at + c];
      }
    }
  }
  for (int64_t row = s->lines * s->fold; row < s->rows; row++) {
    for (int64_t c = 0; c < channels; c++) {
      const int64_t at = row * channels + c;
      sum[c] += dy[at];
      product[c] += dy[at] * (double)(x[at] - centre[c]);
    }
  }
}

ZOO_INLINE void apply_line(const float *x, const float *table, int64_t width, int64_t n, float *y) {
  const float *centre = table, *scale = centre + width, *shift = scale + width;
  ZOO_SIMD for (int64_t i = 0; i < n; i++) y[i] = (x[i] - centre[i]) * scale[i] + shift[i];
}

ZOO_CLONES void zoo_columns_apply(const zoo_columns *s, const float *x, const float *table, int64_t block, float *y) {
  const int64_t width = s->width, end = s->lines * width;
  for (int64_t line = first_line(block); line < last_line(s, block); line++)
    apply_line(x + line * width, table, width, width, y + line * width);
  if (block == s->blocks - 1) apply_line(x + end, table, width, s->rows * s->channels - end, y + end);
}

ZOO_INLINE void apply_line_backward(
  const float *x, const float *dy, const float *table, int64_t width, int64_t n, float *dx, int32_t adds) {
  const float *centre = table, *by_dy = centre + width, *by_x = by_dy + width, *shift = by_x + width;
  ZOO_SIMD for (int64_t i = 0; i < n; i++) {
    const float gradient = dy[i] * by_dy[i] + ((x[i] - centre[i]) * by_x[i] + shift[i]);
    dx[i] = adds ? dx[i] + gradient : gradient;
  }
}

ZOO_CLONES void zoo_columns_apply_backward(
  const zoo_columns *s, const float *x, const float *dy, const float *table, int64_t block, float *dx, int32_t adds) {
  const int64_t width = s->width, end = s->lines * width;
  for (int64_t line = first_line(block); line < last_line(s, block); line++)
    apply_line_backward(x + line * width, dy + line * width, table, width, width, dx + line * width, adds);
  if (block == s->blocks - 1)
    apply_line_backward(x + end, dy + end, table, width, s->rows * s->channels - end, dx + end, adds);
}
