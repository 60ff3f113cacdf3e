/// Rows of a table by their indices. Indices are i32 or i64: `size` is the bytes of one.
#pragma once
#include <stdint.h>

/// The position of the first index outside [low, high); -1 if there is none.
int64_t zoo_first_outside(int64_t size, const void *indices, int64_t count, int64_t low, int64_t high);

/// The value of index `position`.
int64_t zoo_index(int64_t size, const void *indices, int64_t position);

/// What rows are taken from: [outer, length, row]. Index i < 0 means length + i.
typedef struct zoo_table {
  int64_t outer, length, row; ///< row: elements
  int64_t size;               ///< bytes of an index
  const void *indices;
  int64_t index_count;
} zoo_table;

/// y[o, i] = x[o, indices[i]]. y is [outer, index_count, row]; its rows [from, to), counted over both axes, are written.
/// `element`: bytes of an element.
void zoo_gather(const zoo_table *, int64_t element, const void *x, void *y, int64_t from, int64_t to);

/// dx[o, indices[i]] += dy[o, i], in the order of the indices, for rows [from, to) of dx, counted over both axes. Rows of no index
/// become 0 unless it accumulates. Index `skipped` adds nothing; -1: none is skipped.
void zoo_scatter_add(const zoo_table *, const float *dy, float *dx, int64_t skipped, int32_t accumulates, int64_t from, int64_t to);

/// y[i] = the indices[i]-th unit vector of `classes` elements, for i in [from, to).
void zoo_one_hot(int64_t size, const void *indices, int64_t classes, float *y, int64_t from, int64_t to);
