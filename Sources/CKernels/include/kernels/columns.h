/// Sums down the columns of a matrix, as gradients of biases are.
#pragma once
#include <stdint.h>

/// How many chunks of rows are summed apart. It depends on the number of rows alone.
int64_t zoo_column_chunks(int64_t rows);

/// Sums of x[rows, columns] over the rows of chunks [from, to), into `partial`, which has `columns` numbers for each chunk. At most 128
/// floats are added up as such, their sums in double precision.
void zoo_column_sums(const float *x, int64_t rows, int64_t columns, double *partial, int64_t from, int64_t to);

/// Adds up the chunks.
void zoo_column_total(const double *partial, int64_t rows, int64_t columns, float *sums);
