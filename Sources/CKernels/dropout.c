#include "kernels/clones.h"
#include "kernels/dropout.h"
#include "kernels/vmath.h"

ZOO_CLONES void zoo_dropout_forward(const float *x, float *y, uint8_t *kept, int64_t n, uint32_t threshold, float scale) {
  ZOO_SIMD for (int64_t i = 0; i < n; i++) {
    const uint8_t keep = zoo_bits(y[i]) >= threshold;
    kept[i] = keep;
    y[i] = keep ? x[i] * scale : 0.f;
  }
}

ZOO_CLONES void zoo_dropout_backward(const uint8_t *kept, const float *dy, float *dx, int64_t n, float scale, int32_t adds) {
  ZOO_SIMD for (int64_t i = 0; i < n; i++) {
    const float gradient = kept[i] ? dy[i] * scale : 0.f;
    dx[i] = adds ? dx[i] + gradient : gradient;
  }
}
