/// Normal distributions of independent numbers, each given by its mean and the logarithm of its variance.
#pragma once
#include <stdint.h>

/// z = mean + exp(log_variance / 2) noise. z may be any of the three.
void zoo_gaussian_draw(const float *mean, const float *log_variance, const float *noise, float *z, int64_t n);

/// The gradient by log_variance, dz exp(log_variance / 2) noise / 2, and by noise, dz exp(log_variance / 2), or adds them.
void zoo_gaussian_draw_by_log_variance(
  const float *log_variance, const float *noise, const float *dz, float *gradient, int64_t n, int32_t adds);
void zoo_gaussian_draw_by_noise(const float *log_variance, const float *dz, float *gradient, int64_t n, int32_t adds);

/// The sum over n numbers of (exp(log_variance) + mean^2 - 1 - log_variance) / 2.
double zoo_gaussian_kl(const float *mean, const float *log_variance, int64_t n);

/// Its gradients, times `factor`: by mean, factor mean, and by log_variance, factor (exp(log_variance) - 1) / 2; or adds them.
void zoo_gaussian_kl_by_mean(const float *mean, float factor, float *gradient, int64_t n, int32_t adds);
void zoo_gaussian_kl_by_log_variance(const float *log_variance, float factor, float *gradient, int64_t n, int32_t adds);
