/// Dropout of n elements.
#pragma once
#include <stdint.h>

/// Takes y's bits for random numbers: where they are at least `threshold`, kept[i] is 1 and y[i] is scale x[i], elsewhere both are 0.
void zoo_dropout_forward(const float *x, float *y, uint8_t *kept, int64_t n, uint32_t threshold, float scale);

/// dx[i] is scale dy[i] where kept[i] is 1 and 0 elsewhere, or is added.
void zoo_dropout_backward(const uint8_t *kept, const float *dy, float *dx, int64_t n, float scale, int32_t adds);
