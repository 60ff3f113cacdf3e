/// Products with a weight that is kept in fewer bits: in bf16, or in int8 with a scale for each output. The time of a product with few
/// rows is that of reading the weight. Sums are f32.
#pragma once
#include <zoo/plan.h>

enum { ZOO_NARROW_BF16 = 0, ZOO_NARROW_INT8 = 1 };

/// How many bytes a weight [n, k] takes, in panels as gemm.h has them.
int64_t zoo_narrow_bytes(int32_t type, int64_t k, int64_t n);

/// Writes panels [from, to) of a weight [n, k] of f32, and, for int8, their scales: a row is its scale times whole numbers up to 127,
/// the nearest ones. One that is not finite has a scale that is NaN.
void zoo_narrow_pack(int32_t type, const float *weight, int64_t k, int64_t n, int64_t from, int64_t to, void *packed, float *scales);

/// C[m, n] = epilogue(A[m, k] weightᵀ + bias[n] + addend[m, n]). Rows are dense.
typedef struct zoo_narrow {
  int64_t m, n, k;
  int32_t type;
  const float *a;
  const void *packed;
  const float *scales; ///< of int8
  const float *bias, *addend; ///< or NULL; the addend may be C's memory
  float *c;
  const zoo_epilogue *epilogue; ///< or NULL
} zoo_narrow;

/// How many independent parts a product has, and computes parts [from, to).
int64_t zoo_narrow_tasks(int64_t m, int64_t n);
void zoo_narrow_run(const zoo_narrow *narrow, int64_t from, int64_t to);
