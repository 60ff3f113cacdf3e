/// Sums, maxima and what is made of them.
#pragma once
#include "nest.h"

/// Which elements of one or two operands, a and b, each of the outputs is made of.
typedef struct zoo_reduction {
  zoo_nest kept;    ///< one step for each output
  zoo_nest reduced; ///< one step for each element that goes into it
} zoo_reduction;

/// What is summed: a, a * b, a / b, (a == b), exp(a - b).
enum { ZOO_OF_FIRST = 0, ZOO_OF_PRODUCTS = 1, ZOO_OF_QUOTIENTS = 2, ZOO_OF_MATCHES = 3, ZOO_OF_EXPONENTIALS = 4 };

/// What becomes of a sum: y = scale * sum / divisor, or y += ...
typedef struct zoo_finish {
  double scale;
  const float *divisor; ///< one for each output; NULL: 1
  int32_t accumulates;
} zoo_finish;

/// y[first ..< last]: sums, finished. At most 1,024 numbers are added up in f32, in 16 or more parts; those sums are, in f64. The order
/// depends on the reduction alone.
void zoo_sum(const zoo_reduction *, int32_t of, const float *a, const float *b, zoo_finish, float *y, int64_t first, int64_t last);

/// sums[0 ..< last - first]: those of outputs [first, last) over elements [from, to), unfinished.
void zoo_sums(
    const zoo_reduction *, int32_t of, const float *a, const float *b, double *sums, int64_t first, int64_t last, int64_t from, int64_t to);

/// All of y from the sums over `blocks` blocks of elements, one block's outputs after another's.
void zoo_sum_blocks(const double *sums, int64_t blocks, int64_t outputs, zoo_finish, float *y);

/// y[first ..< last]: maxima of a over elements [from, to); NaN if one is among them.
void zoo_max(const zoo_reduction *, const float *a, float *y, int64_t first, int64_t last, int64_t from, int64_t to);

/// All of y from the maxima over `blocks` blocks of elements.
void zoo_max_blocks(const float *maxima, int64_t blocks, int64_t outputs, float *y);

/// y[first ..< last]: log(sum(exp(a))), without overflow. The reduction's second operand is y.
void zoo_logsumexp(const zoo_reduction *, const float *a, float *y, int64_t first, int64_t last);

/// The parts of zoo_logsumexp that come after the maxima and after the sums of exp(a - y): infinite maxima become 0, and
/// y += log(sum).
void zoo_shifts(float *maxima, int64_t count);
void zoo_log_sums(const double *sums, int64_t blocks, int64_t outputs, float *y);

/// Gradients by x of what was reduced to y, over steps [from, to) of a nest whose operands are x, which is dense, and y and g, which
/// move alike. ZOO_OF_MATCHES: dx = (x == y) g; ZOO_OF_EXPONENTIALS: dx = exp(x - y) g, and 0 where y is minus infinity.
void zoo_reduced_gradient(
    const zoo_nest *, int32_t of, const float *x, const float *y, const float *g, float *dx, int32_t accumulates, int64_t from, int64_t to);

/// Outputs [from, to) of where the largest of `length` elements, `inner` apart, first is. x is [outer, length, inner], y
/// [outer, inner]. NaN is larger than anything.
void zoo_argmax(const float *x, int64_t length, int64_t inner, int64_t *y, int64_t from, int64_t to);
