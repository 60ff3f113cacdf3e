/// softmax and log_softmax along one axis of a tensor that is [outer, n, inner].
#pragma once
#include <stdint.h>

enum { ZOO_SOFTMAX_COLUMNS = 64 };

/// Along contiguous rows (inner is 1): y = softmax(x), or its logarithm, of `rows` rows of n. y may be x.
void zoo_softmax_rows(const float *x, float *y, int64_t rows, int64_t n);
void zoo_log_softmax_rows(const float *x, float *y, int64_t rows, int64_t n);

/// The gradients of the two: dx, or added to it, from y and dy.
void zoo_softmax_rows_backward(const float *y, const float *dy, float *dx, int64_t rows, int64_t n, int32_t adds);
void zoo_log_softmax_rows_backward(const float *y, const float *dy, float *dx, int64_t rows, int64_t n, int32_t adds);

/// Along columns: the same for `width` <= ZOO_SOFTMAX_COLUMNS neighbouring columns of n elements each, `inner` apart.
void zoo_softmax_columns(const float *x, float *y, int64_t n, int64_t inner, int64_t width);
void zoo_log_softmax_columns(const float *x, float *y, int64_t n, int64_t inner, int64_t width);
void zoo_softmax_columns_backward(
  const float *y, const float *dy, float *dx, int64_t n, int64_t inner, int64_t width, int32_t adds);
void zoo_log_softmax_columns_backward(
  const float *y, const float *dy, float *dx, int64_t n, int64_t inner, int64_t width, int32_t adds);
