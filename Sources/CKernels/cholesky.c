#include "kernels/cholesky.h"

#include <math.h>

#include "kernels/clones.h"
#include "reduce.h"

ZOO_INLINE double dot(const double *x, const double *y, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) {
    const double product = x[i] * y[i];
    {
      ZOO_ANY_ORDER
      sum += product;
    }
  }
  return sum;
}

ZOO_CLONES double zoo_cholesky_pivot(double *a, int64_t n, int64_t j) {
  double *row = a + j * n;
  const double pivot = row[j] - dot(row, row, j);
  if (pivot > 0) row[j] = sqrt(pivot);
  return pivot;
}

ZOO_CLONES void zoo_cholesky_column(double *a, int64_t n, int64_t j, int64_t from, int64_t to) {
  const double *pivot_row = a + j * n;
  for (int64_t i = from; i < to; i++) {
    double *row = a + i * n;
    row[j] = (row[j] - dot(row, pivot_row, j)) / pivot_row[j];
  }
}

ZOO_CLONES void zoo_cholesky_solve(const double *a, int64_t n, double *x) {
  for (int64_t i = 0; i < n; i++) x[i] = (x[i] - dot(a + i * n, x, i)) / a[i * n + i];
  for (int64_t i = n - 1; i >= 0; i--) { // the columns of L are the rows of its transpose
    const double value = x[i] / a[i * n + i];
    x[i] = value;
    ZOO_SIMD for (int64_t k = 0; k < i; k++) x[k] -= a[i * n + k] * value;
  }
}
