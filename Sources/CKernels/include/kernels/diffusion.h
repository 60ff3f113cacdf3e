/// Noising and the steps that undo it: sums of tensors whose factors differ from row to row.
#pragma once
#include <stdint.h>

/// y[i] = a x[i] + b z[i].
void zoo_mix(const float *x, const float *z, float *y, float a, float b, int64_t n);

/// The step from x_t to x_{t-1}: x_0 is estimated as (x - noise_share e) / signal, clipped to [-bound, bound] if bound > 0, and
/// y = by_start x_0 + by_x x + deviation z. z may be NULL.
typedef struct zoo_denoising {
  float signal, noise_share, bound, by_start, by_x, deviation;
} zoo_denoising;
void zoo_denoise(const float *x, const float *e, const float *z, float *y, const zoo_denoising *step, int64_t n);
