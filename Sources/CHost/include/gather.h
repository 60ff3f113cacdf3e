/// Rows of a data set into a batch.
#pragma once
#include <stdint.h>

enum { ZOO_GATHER_U8 = 0, ZOO_GATHER_I8, ZOO_GATHER_I32, ZOO_GATHER_I64, ZOO_GATHER_F32, ZOO_GATHER_F64 };

/// into[k] = from[rows[k]] for rows of `width` elements, as f32: value * scale + offset, rounded once.
void zoo_gather_floats(float *into, const void *from, int32_t type, const int64_t *rows, int64_t count, int64_t width, double scale,
                       double offset);

/// The same for whole numbers, as i64 or (wide = 0) i32. `type` is one of the integers.
void zoo_gather_integers(void *into, int32_t wide, const void *from, int32_t type, const int64_t *rows, int64_t count, int64_t width);
