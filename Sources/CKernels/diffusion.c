#include "kernels/diffusion.h"

#include "kernels/clones.h"
#include <stddef.h>

ZOO_CLONES void zoo_mix(const float *x, const float *z, float *y, float a, float b, int64_t n) {
  ZOO_SIMD for (int64_t i = 0; i < n; i++) y[i] = a * x[i] + b * z[i];
}

ZOO_CLONES void zoo_denoise(const float *x, const float *e, const float *z, float *y, const zoo_denoising *step, int64_t n) {
  const float inverse = 1.f / step->signal, share = step->noise_share, bound = step->bound > 0 ? step->bound : __builtin_inff();
  const float by_start = step->by_start, by_x = step->by_x, deviation = step->deviation;
  if (z) {
    ZOO_SIMD for (int64_t i = 0; i < n; i++) {
      float start = (x[i] - share * e[i]) * inverse;
      start = start < -bound ? -bound : start > bound ? bound : start;
      y[i] = by_start * start + by_x * x[i] + deviation * z[i];
    }
  } else {
    ZOO_SIMD for (int64_t i = 0; i < n; i++) {
      float start = (x[i] - share * e[i]) * inverse;
      start = start < -bound ? -bound : start > bound ? bound : start;
      y[i] = by_start * start + by_x * x[i];
    }
  }
}
