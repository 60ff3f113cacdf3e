/// One row added to many.
#pragma once
#include <stdint.h>

/// Adds `row`, of `width` floats, to rows [from, to).
void zoo_rows_add(const float *row, int64_t width, float *rows, int64_t from, int64_t to);
