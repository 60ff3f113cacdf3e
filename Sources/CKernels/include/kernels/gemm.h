/// Products of matrices: C = A B. Every sum is taken in an order that depends on the shapes and the processor alone, never on how the
/// work is cut into parts.
#pragma once
#include <zoo/plan.h>

/// B is read from panels: a few vectors' worth of adjacent columns, step after step, the last panel padded with zeros.
int64_t zoo_gemm_panels(int64_t n);

/// How many of them are whole vectors' worth: all, or all but the last.
int64_t zoo_gemm_whole_panels(int64_t n);

/// How many floats B[k, n] takes in panels.
int64_t zoo_gemm_packed_count(int64_t k, int64_t n);

/// Writes panels [from, to) of B[k, n], whose element (i, j) is b[i * k_stride + j * n_stride], into `packed`, which is for all of them.
void zoo_gemm_pack(
  const float *b, int64_t k_stride, int64_t n_stride, int64_t k, int64_t n, int64_t from, int64_t to, float *packed);

/// C[m, n] = epilogue(A[m, k] B[k, n] + bias[n] + addend[m, n]). A's element (i, j) is a[i * a_row + j * a_step]; one of the two is 1.
typedef struct zoo_gemm {
  int64_t m, n, k;
  int64_t a_row, a_step, c_row;
  const float *a, *packed;
  const float *b; ///< or NULL; with it, panels of whole vectors are read from B itself, and only a last one that is not from `packed`
  int64_t b_row;  ///< from one row of it to the next; columns are adjacent
  const float *bias; ///< or NULL
  const float *addend; ///< or NULL; rows are as far apart as C's, of which it may be the memory
  float *c;
  const zoo_epilogue *epilogue; ///< or NULL
  int32_t accumulates;          ///< C += A B instead
} zoo_gemm;

/// How many independent parts a product has.
int64_t zoo_gemm_tasks(int64_t m, int64_t n);

/// Computes parts [from, to).
void zoo_gemm_run(const zoo_gemm *gemm, int64_t from, int64_t to);
