#include "kernels/gather.h"

#include <string.h>

#include "kernels/clones.h"

ZOO_INLINE int64_t index_at(int64_t size, const void *indices, int64_t i) {
  return size == 4 ? ((const int32_t *)indices)[i] : ((const int64_t *)indices)[i];
}

int64_t zoo_index(int64_t size, const void *indices, int64_t position) { return index_at(size, indices, position); }

ZOO_INLINE int64_t first_outside(int64_t size, const void *indices, int64_t count, int64_t low, int64_t high) {
  enum { BLOCK = 256 };
  for (int64_t block = 0; block < count; block += BLOCK) {
    const int64_t end = block + BLOCK < count ? block + BLOCK : count;
    int outside = 0;
    for (int64_t i = block; i < end; i++) outside |= index_at(size, indices, i) < low || index_at(size, indices, i) >= high;
    for (int64_t i = block; outside && i < end; i++)
      if (index_at(size, indices, i) < low || index_at(size, indices, i) >= high) return i;
  }
  return -1;
}

ZOO_CLONES int64_t zoo_first_outside(int64_t size, const void *indices, int64_t count, int64_t low, int64_t high) {
  return size == 4 ? first_outside(4, indices, count, low, high) : first_outside(8, indices, count, low, high);
}

/// The row of the table, counted over both axes, that index i of part `outer` means.
ZOO_INLINE int64_t row_of(const zoo_table *t, int64_t outer, int64_t i) {
  const int64_t index = index_at(t->size, t->indices, i);
  return outer * t->length + (index < 0 ? index + t->length : index);
}

void zoo_gather(const zoo_table *t, int64_t element, const void *x, void *y, int64_t from, int64_t to) {
  const int64_t bytes = t->row * element;
  int64_t outer = from / t->index_count, i = from % t->index_count;
  for (int64_t row = from; row < to; row++) {
    const char *source = (const char *)x + row_of(t, outer, i) * bytes;
    char *target = (char *)y + row * bytes;
    if (bytes == 4) memcpy(target, source, 4); // of constant size: a move, not a call
    else if (bytes == 8) memcpy(target, source, 8);
    else memcpy(target, source, (size_t)bytes);
    if (++i == t->index_count) i = 0, outer++;
  }
}

ZOO_INLINE void add_row(const float *restrict dy, float *restrict dx, int64_t n) {
  for (int64_t i = 0; i < n; i++) dx[i] += dy[i];
}

ZOO_CLONES void zoo_scatter_add(
    const zoo_table *t, const float *dy, float *dx, int64_t skipped, int32_t accumulates, int64_t from, int64_t to) {
  if (!accumulates) memset(dx + from * t->row, 0, (size_t)((to - from) * t->row) * sizeof(float));
  for (int64_t outer = from / t->length; outer * t->length < to; outer++) {
    const float *rows = dy + outer * t->index_count * t->row;
    for (int64_t i = 0; i < t->index_count; i++) {
      const int64_t row = row_of(t, outer, i);
      if (row < from || row >= to || row == skipped) continue;
      add_row(rows + i * t->row, dx + row * t->row, t->row);
    }
  }
}

void zoo_one_hot(int64_t size, const void *indices, int64_t classes, float *y, int64_t from, int64_t to) {
  memset(y + from * classes, 0, (size_t)((to - from) * classes) * sizeof(float));
  for (int64_t i = from; i < to; i++) y[i * classes + index_at(size, indices, i)] = 1;
}
