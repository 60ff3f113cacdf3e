/// Normalisation by statistics of columns (batch, group, instance) and of rows (layer, root mean square).
#pragma once
#include <stdint.h>

/// A mean as the sum of two f32, so that x - mean loses nothing when the mean is large against the deviation; and one over the
/// root of variance plus epsilon.
typedef struct zoo_norm {
  float mean, mean_rest, scale;
} zoo_norm;

// Columns ------------------------------------------------------------------------------------------------------------------

enum { ZOO_NORM_LINES = 64, ZOO_NORM_COLUMNS = 32 };

/// A sample [rows, channels] seen as lines of `width` columns, so that even a single channel fills a vector: `fold` rows
/// side by side make a line. The `rows` % `fold` last rows make none. Blocks are ZOO_NORM_LINES lines, the last one the rest.
typedef struct zoo_columns {
  int64_t rows, channels, fold, width, lines, blocks;
} zoo_columns;

zoo_columns zoo_columns_make(int64_t rows, int64_t channels);

/// Writes for each column of a block an estimate of its mean, and the sums of the distances from it and of their squares:
/// into `partials`, which is [blocks, 3, width].
void zoo_columns_moments(const zoo_columns *s, const float *x, int64_t block, float *partials);

/// From all of them, the mean of each channel and the sum of the squared distances from it.
void zoo_columns_statistics(const zoo_columns *s, const float *x, const float *partials, double *mean, double *squares);

/// Writes for each column of a block the sums of dy and of dy (x - centre): into `partials`, which is [blocks, 2, width].
void zoo_columns_products(
  const zoo_columns *s, const float *x, const float *dy, const float *centre, int64_t block, float *partials);

/// From all of them, the sums of each channel.
void zoo_columns_totals(
  const zoo_columns *s, const float *x, const float *dy, const float *centre, const float *partials, double *sum, double *product);

/// y = (x - t0) t1 + t2 for a block, where `table` is [3, width]. y may be x.
void zoo_columns_apply(const zoo_columns *s, const float *x, const float *table, int64_t block, float *y);

/// dx = dy t1 + (x - t0) t2 + t3, or adds it, where `table` is [4, width].
void zoo_columns_apply_backward(
  const zoo_columns *s, const float *x, const float *dy, const float *table, int64_t block, float *dx, int32_t adds);

/// The statistics of groups of neighbouring channels from those of channels.
void zoo_groups_norms(
  const zoo_columns *s, int64_t groups, const double *mean, const double *squares, double epsilon, zoo_norm *norms);

/// The table of zoo_columns_apply. `weight` and `bias` may be NULL: 1 and 0.
void zoo_groups_table(
  const zoo_columns *s, int64_t groups, const zoo_norm *norms, const float *weight, const float *bias, float *table);

/// The first row of the table of zoo_columns_apply_backward, which is the `centre` of the products; and the others, from their
/// totals. `product` becomes the sums of dy times the normalised x.
void zoo_groups_centre(const zoo_columns *s, int64_t groups, const zoo_norm *norms, float *table);
void zoo_groups_table_backward(
  const zoo_columns *s, int64_t groups, const zoo_norm *norms, const float *weight, const double *sum, double *product, float *table);

/// running = (1 - momentum) running + momentum new, with the unbiased variance.
void zoo_running_update(
  int64_t rows, int64_t channels, const double *mean, const double *squares, double momentum, float *running_mean,
  float *running_variance);

// Rows ---------------------------------------------------------------------------------------------------------------------

enum { ZOO_NORM_ROWS = 32 };

/// y = (x - mean) scale weight + bias for rows of n. `weight` and `bias` may be NULL; `norms` too, or receives one per row.
void zoo_layer_norm(
  const float *x, const float *weight, const float *bias, double epsilon, float *y, zoo_norm *norms, int64_t rows, int64_t n);

/// The same with a mean of 0 and no bias.
void zoo_rms_norm(const float *x, const float *weight, double epsilon, float *y, zoo_norm *norms, int64_t rows, int64_t n);

/// dx for rows of n, or adds it. `dx` may be NULL; `sums` too, or receives [2, n]: the sums over these rows of dy times the
/// normalised x, and of dy.
void zoo_layer_norm_backward(
  const float *x, const float *dy, const float *weight, const zoo_norm *norms, float *dx, float *sums, int64_t rows, int64_t n,
  int32_t adds);
void zoo_rms_norm_backward(
  const float *x, const float *dy, const float *weight, const zoo_norm *norms, float *dx, float *sums, int64_t rows, int64_t n,
  int32_t adds);

/// out[i] = the sum over b of sums[b, i], or adds it, for i in [from, to), where rows of `sums` are `stride` apart.
void zoo_add_blocks(const float *sums, int64_t blocks, int64_t stride, int64_t from, int64_t to, float *out, int32_t adds);
