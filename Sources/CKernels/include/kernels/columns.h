/// Sums over the rows of a matrix, as gradients of biases are.
#pragma once
#include <stdint.h>

/// sums[j] = sum over i of x[i * width + j], for columns [from, to). At most 128 numbers are added up in f32, those sums in f64.
void zoo_sum_columns(const float *x, int64_t rows, int64_t width, int64_t from, int64_t to, float *sums);
