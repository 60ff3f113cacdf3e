#include "kernels/activation.h"
#include "kernels/clones.h"

/// The larger of two, or the first that is NaN.
ZOO_INLINE float larger(float best, float x) { return (!(x <= best) & (best == best)) ? x : best; }

ZOO_INLINE void forward(const float *x, float *y, int64_t n, int64_t pieces) {
  for (int64_t i = 0; i < n; i++) {
    float best = x[i * pieces];
    for (int64_t j = 1; j < pieces; j++) best = larger(best, x[i * pieces + j]);
    y[i] = best;
  }
}

// With a constant number of pieces, the loop over them unrolls and the one over units becomes SIMD.
ZOO_CLONES void zoo_maxout_forward(const float *x, float *y, int64_t n, int64_t pieces) {
  switch (pieces) {
  case 2: return forward(x, y, n, 2);
  case 3: return forward(x, y, n, 3);
  case 4: return forward(x, y, n, 4);
  case 5: return forward(x, y, n, 5);
  default: return forward(x, y, n, pieces);
  }
}

ZOO_INLINE void backward(const float *x, const float *dy, float *dx, int64_t n, int64_t pieces, int32_t adds) {
  for (int64_t i = 0; i < n; i++) {
    float best = x[i * pieces];
    for (int64_t j = 1; j < pieces; j++) best = larger(best, x[i * pieces + j]);
    float left = dy[i]; // until the winner takes it
    for (int64_t j = 0; j < pieces; j++) {
      const float z = x[i * pieces + j], gradient = ((z == best) | (z != z)) ? left : 0.f;
      left = ((z == best) | (z != z)) ? 0.f : left;
      dx[i * pieces + j] = adds ? dx[i * pieces + j] + gradient : gradient;
    }
  }
}

ZOO_CLONES void zoo_maxout_backward(const float *x, const float *dy, float *dx, int64_t n, int64_t pieces, int32_t adds) {
  switch (adds ? -pieces : pieces) {
  case 2: return backward(x, dy, dx, n, 2, 0);
  case 3: return backward(x, dy, dx, n, 3, 0);
  case 4: return backward(x, dy, dx, n, 4, 0);
  case 5: return backward(x, dy, dx, n, 5, 0);
  case -2: return backward(x, dy, dx, n, 2, 1);
  case -3: return backward(x, dy, dx, n, 3, 1);
  case -4: return backward(x, dy, dx, n, 4, 1);
  case -5: return backward(x, dy, dx, n, 5, 1);
  default: return backward(x, dy, dx, n, pieces, adds);
  }
}
