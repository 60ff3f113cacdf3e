#include "cursor.h"
#include "kernels/reduce.h"
#include "kernels/vmath.h"

ZOO_INLINE float derivative(int32_t of, float x, float y) {
  if (of == ZOO_OF_MATCHES) return x == y ? 1.f : 0.f;
  return y == -__builtin_inff() ? 0.f : zoo_exp(x - y);
}

ZOO_INLINE void gradient(
    int32_t of, int32_t accumulates, const zoo_nest *nest, const float *x, const float *y, const float *g, float *dx, int64_t from,
    int64_t to) {
  const int64_t step = nest->stride[1][nest->rank - 1];
  for (zoo_cursor c = zoo_start(nest, from, to); c.left > 0; zoo_next(nest, &c)) {
    const float *at_x = x + c.offset[0], *at_y = y + c.offset[1], *at_g = g + c.offset[1];
    float *out = dx + c.offset[0];
    if (step == 0) {
      const float same_y = *at_y, same_g = *at_g;
      for (int64_t i = 0; i < c.run; i++) {
        const float d = derivative(of, at_x[i], same_y) * same_g;
        out[i] = accumulates ? out[i] + d : d;
      }
    } else {
      for (int64_t i = 0; i < c.run; i++) {
        const float d = derivative(of, at_x[i], at_y[i]) * at_g[i];
        out[i] = accumulates ? out[i] + d : d;
      }
    }
  }
}

ZOO_CLONES void zoo_reduced_gradient(
    const zoo_nest *nest, int32_t of, const float *x, const float *y, const float *g, float *dx, int32_t accumulates, int64_t from,
    int64_t to) {
  if (of == ZOO_OF_MATCHES && accumulates) gradient(ZOO_OF_MATCHES, 1, nest, x, y, g, dx, from, to);
  else if (of == ZOO_OF_MATCHES) gradient(ZOO_OF_MATCHES, 0, nest, x, y, g, dx, from, to);
  else if (accumulates) gradient(ZOO_OF_EXPONENTIALS, 1, nest, x, y, g, dx, from, to);
  else gradient(ZOO_OF_EXPONENTIALS, 0, nest, x, y, g, dx, from, to);
}
