/// Rows of an array as the numbers of a batch.
#pragma once
#include <stdint.h>

enum { ZOO_GATHER_U8 = 0, ZOO_GATHER_I8, ZOO_GATHER_I32, ZOO_GATHER_I64, ZOO_GATHER_F32, ZOO_GATHER_F64 };

/// Rows of an array: row r has `width` elements, the first of them `r * stride` elements behind `first`.
typedef struct {
  const void *first;
  int32_t type; ///< of the elements
  int64_t width, stride;
} zoo_gather_rows;

/// What becomes of an element v: (v * scale + offset - subtract[c]) / divide[c], where c counts along the row's last axis of `channels`.
typedef struct {
  double scale, offset;
  const double *subtract, *divide; ///< NULL: neither is done
  int64_t channels;
} zoo_gather_map;

/// into[k] = row rows[k], as f32: computed in double precision and rounded once.
void zoo_gather_floats(float *into, const zoo_gather_rows *from, const int64_t *rows, int64_t count, const zoo_gather_map *map);

/// The same for whole numbers as they are, as i64 or (wide = 0) i32. The elements' type is one of the integers.
void zoo_gather_integers(void *into, int32_t wide, const zoo_gather_rows *from, const int64_t *rows, int64_t count);
