#include "kernels/elementwise.h"

#include "cursor.h"

/// Narrow rows are taken together, up to PATTERN elements at a time.
enum { PATTERN = 512 };

/// Whether operand `o` is a row for all or a number for each of many narrow rows of the other operand, which is dense.
ZOO_INLINE int is_narrow(const zoo_nest *nest, int o) {
  if (nest->rank != 2 || nest->count <= PATTERN) return 0;
  const int64_t width = nest->length[1], *across = nest->stride[o], *other = nest->stride[1 - o];
  const int suits = (across[0] == 0 && width < 64) || (across[1] == 0 && width < 16);
  return suits && other[0] == width && other[1] == 1;
}

#define T float
#define SUFFIX f32
#define WRAPPING float
#define DIVIDED a / b
#include "arithmetic_template.h"

#define T int32_t
#define SUFFIX i32
#define WRAPPING uint32_t
#define DIVIDED a
#include "arithmetic_template.h"

#define T int64_t
#define SUFFIX i64
#define WRAPPING uint64_t
#define DIVIDED a
#include "arithmetic_template.h"

ZOO_CLONES void zoo_linear(float scale, float shift, const float *x, float *y, int64_t count) {
  ZOO_SIMD
  for (int64_t i = 0; i < count; i++) y[i] = scale * x[i] + shift;
}

ZOO_CLONES void zoo_accumulate(float scale, const float *x, float *y, int64_t count) {
  ZOO_SIMD
  for (int64_t i = 0; i < count; i++) y[i] += scale * x[i];
}
