/// Arithmetic on whole gradients and parameters, between a backward and an update. Every thread of the pool takes a part; results do not
/// depend on how many there are.
#pragma once
#include <stdint.h>

/// How many blocks `zoo_square_blocks` divides so many elements into.
int64_t zoo_square_block_count(int64_t count);

/// The sum of the squares of each block of elements, in f64 and always in the same order.
void zoo_square_blocks(const float *values, int64_t count, double *sums);

/// values[i] *= factor
void zoo_scale_floats(float *values, int64_t count, float factor);

/// values[i] = values[i] * factor, but between -limit and limit; what is not a number stays so.
void zoo_limit_floats(float *values, int64_t count, float factor, float limit);

/// average[i] += weight * (values[i] - average[i])
void zoo_average_floats(float *average, const float *values, int64_t count, float weight);

/// into[i] += factor * noise[i] for normal numbers, a part at a time; `key` and `step` say which (zoo_random_normal).
void zoo_add_noise(float *into, int64_t count, float factor, uint64_t seed, uint64_t key, uint64_t step);

/// Exchanges two arrays.
void zoo_swap_floats(float *a, float *b, int64_t count);
