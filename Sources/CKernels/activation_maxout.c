#include "kernels/activation.h"
#include "kernels/clones.h"

/// The larger of two, or the first that is NaN.
ZOO_INLINE float larger(float best, float x) { return !(x <= best) && best == best ? x : best; }

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

ZOO_CLONES void zoo_maxout_backward(const float *x, const float *dy, float *dx, int64_t n, int64_t pieces, int32_t adds) {
  for (int64_t i = 0; i < n; i++) {
    const float *z = x + i * pieces;
    float *dz = dx + i * pieces;
    int64_t winner = 0;
    for (int64_t j = 1; j < pieces; j++)
      if (!(z[j] <= z[winner]) && z[winner] == z[winner]) winner = j;
    if (adds) {
      dz[winner] += dy[i];
    } else {
      for (int64_t j = 0; j < pieces; j++) dz[j] = j == winner ? dy[i] : 0.f;
    }
  }
}
