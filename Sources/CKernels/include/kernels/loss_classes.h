/// Losses and metrics over rows of logits, one per class.
#pragma once
#include <stdint.h>

/// Labels of either width.
typedef struct zoo_labels {
  const void *data;
  int32_t is_wide; ///< i64; otherwise i32
  int64_t ignored; ///< the label of rows that do not count
} zoo_labels;

/// The first row whose label is neither one of `classes` nor ignored, or -1; *label is then that label. *counted: the rows that
/// are not ignored.
int64_t zoo_labels_check(zoo_labels labels, int64_t rows, int64_t classes, int64_t *label, int64_t *counted);

/// Writes the cross-entropy of each of the rows [from, to); 0 for those ignored. With `statistics` not NULL, also the
/// row's maximum and the logarithm of the sum of exp(x - maximum), for backward.
void zoo_cross_entropy_labels(
  const float *x, zoo_labels labels, float smoothing, float *loss, float *statistics, int64_t from, int64_t to, int64_t classes);
void zoo_cross_entropy_probabilities(
  const float *x, const float *t, float smoothing, float *loss, float *statistics, int64_t from, int64_t to, int64_t classes);

/// Writes dx, or adds to it, for rows [from, to). The gradient of row r is dy[r]; dy NULL: it is `factor` for all.
void zoo_cross_entropy_labels_backward(
  const float *x, zoo_labels labels, float smoothing, const float *statistics, const float *dy, float factor, float *dx, int64_t from,
  int64_t to, int64_t classes, int32_t adds);
void zoo_cross_entropy_probabilities_backward(
  const float *x, const float *t, float smoothing, const float *statistics, const float *dy, float factor, float *dx, int64_t from,
  int64_t to, int64_t classes, int32_t adds);
/// The same for the probabilities' gradient.
void zoo_cross_entropy_target_backward(
  const float *x, float smoothing, const float *statistics, const float *dy, float factor, float *dt, int64_t from, int64_t to,
  int64_t classes, int32_t adds);

/// How many of the rows [from, to) have their largest logit (the first of them) at their label. A row with NaN has not.
int64_t zoo_right_labels(const float *x, zoo_labels labels, int64_t from, int64_t to, int64_t classes);

/// Adds to `counts`, for each class, the rows of [from, to) that have their largest logit (the first of them) and their label there,
/// those that have the one, and those that have the other: three numbers a class. A row with NaN has its label alone.
void zoo_count_classes(const float *x, zoo_labels labels, int64_t *counts, int64_t from, int64_t to, int64_t classes);
