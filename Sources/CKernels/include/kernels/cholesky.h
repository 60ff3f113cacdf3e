/// Cholesky's factorization A = L L^T of a symmetric, positive definite matrix [n, n], column by column, in place.
///
/// Only the lower triangle is read and written.
#pragma once
#include <stdint.h>

/// The pivot of column j: the square of the diagonal element, which it writes if it is positive. The columns before are done.
double zoo_cholesky_pivot(double *a, int64_t n, int64_t j);

/// The rows [from, to) of column j, all of them below the diagonal, once the pivot is written.
void zoo_cholesky_column(double *a, int64_t n, int64_t j, int64_t from, int64_t to);

/// x = A^-1 x from the factor.
void zoo_cholesky_solve(const double *a, int64_t n, double *x);
