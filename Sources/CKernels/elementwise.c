#include "kernels/elementwise.h"

#include "cursor.h"

/// Rows narrower than this are repeated, so that the vector loop has something to chew on.
enum { NARROW = 64, PATTERN = 512 };

#define OPERATE(T, U, divided)                                                  \
  ZOO_INLINE T operate_##T(int32_t operation, T a, T b) {                       \
    switch (operation) {                                                        \
    case ZOO_ADD: return (T)((U)a + (U)b);                                      \
    case ZOO_SUBTRACT: return (T)((U)a - (U)b);                                 \
    case ZOO_MULTIPLY: return (T)((U)a * (U)b);                                 \
    default: return divided;                                                    \
    }                                                                           \
  }

// In unsigned integers, because overflow is undefined in signed ones.
OPERATE(float, float, a / b)
OPERATE(int32_t, uint32_t, a)
OPERATE(int64_t, uint64_t, a)

/// One run for each way in which the operands can move. `T` and the operation are constants where this is inlined.
#define RUN(T)                                                                                                              \
  ZOO_INLINE void run_##T(int32_t operation, const T *a, int64_t da, const T *b, int64_t db, T *y, int64_t n) {             \
    if (da == 1 && db == 1) {                                                                                               \
      ZOO_SIMD for (int64_t i = 0; i < n; i++) y[i] = operate_##T(operation, a[i], b[i]);                                   \
    } else if (da == 1 && db == 0) {                                                                                        \
      const T scalar = *b;                                                                                                  \
      ZOO_SIMD for (int64_t i = 0; i < n; i++) y[i] = operate_##T(operation, a[i], scalar);                                 \
    } else if (da == 0 && db == 1) {                                                                                        \
      const T scalar = *a;                                                                                                  \
      ZOO_SIMD for (int64_t i = 0; i < n; i++) y[i] = operate_##T(operation, scalar, b[i]);                                 \
    } else {                                                                                                                \
      for (int64_t i = 0; i < n; i++) y[i] = operate_##T(operation, a[i * da], b[i * db]);                                  \
    }                                                                                                                       \
  }                                                                                                                         \
                                                                                                                            \
  /* A narrow row against every row of the other operand. */                                                                \
  ZOO_INLINE void rows_##T(int32_t operation, int row_is_a, const T *row, int64_t width, const T *full, T *y, int64_t from, int64_t to) { \
    T pattern[PATTERN];                                                                                                     \
    const int64_t period = PATTERN / width * width;                                                                         \
    for (int64_t i = 0; i < period; i++) pattern[i] = row[i % width];                                                       \
    for (int64_t i = from, n; i < to; i += n) {                                                                             \
      const int64_t start = i % width;                                                                                      \
      n = period - start < to - i ? period - start : to - i;                                                                \
      if (row_is_a) run_##T(operation, pattern + start, 1, full + i, 1, y + i, n);                                          \
      else run_##T(operation, full + i, 1, pattern + start, 1, y + i, n);                                                   \
    }                                                                                                                       \
  }                                                                                                                         \
                                                                                                                            \
  /* 1 if operand `o` is one narrow row while the other is dense. */                                                        \
  ZOO_INLINE int is_row_##T(const zoo_nest *nest, int o) {                                                                  \
    return nest->rank == 2 && nest->length[1] < NARROW && nest->length[0] > 8 && nest->stride[o][0] == 0 && nest->stride[o][1] == 1 \
           && nest->stride[1 - o][0] == nest->length[1] && nest->stride[1 - o][1] == 1;                                     \
  }                                                                                                                         \
                                                                                                                            \
  ZOO_INLINE void nest_##T(int32_t operation, const zoo_nest *nest, const T *a, const T *b, T *y, int64_t from, int64_t to) { \
    if (is_row_##T(nest, 0)) return rows_##T(operation, 1, a, nest->length[1], b, y, from, to);                             \
    if (is_row_##T(nest, 1)) return rows_##T(operation, 0, b, nest->length[1], a, y, from, to);                             \
    const int64_t da = nest->stride[0][nest->rank - 1], db = nest->stride[1][nest->rank - 1];                               \
    T *end = y + to;                                                                                                        \
    for (zoo_cursor c = zoo_start(nest, from, to); c.left > 0; zoo_next(nest, &c))                                          \
      run_##T(operation, a + c.offset[0], da, b + c.offset[1], db, end - c.left, c.run);                                    \
  }
