#include "kernels/epilogue.h"

#include <math.h>

#include "kernels/clones.h"
#include "kernels/vmath.h"

enum { BLOCK = 16 };

/// Whole blocks as SIMD code, without the unrolling that would leave some of them to scalar code.
#define BLOCKS _Pragma("clang loop vectorize(assume_safety) interleave(disable)")

/// Every x of y becomes EXPRESSION, the last few in a block of their own: every element meets the same instructions.
#define MAP(EXPRESSION)                                                   \
  do {                                                                    \
    const int64_t whole = count / BLOCK * BLOCK;                          \
    BLOCKS for (int64_t i = 0; i < whole; i++) {                          \
      const float x = y[i];                                               \
      y[i] = EXPRESSION;                                                  \
    }                                                                     \
    if (whole == count) break;                                            \
    float rest[BLOCK] = {0};                                              \
    memcpy(rest, y + whole, (size_t)(count - whole) * sizeof(float));     \
    BLOCKS for (int i = 0; i < BLOCK; i++) {                              \
      const float x = rest[i];                                            \
      rest[i] = EXPRESSION;                                               \
    }                                                                     \
    memcpy(y + whole, rest, (size_t)(count - whole) * sizeof(float));     \
  } while (0)

ZOO_CLONES void zoo_epilogue_apply(const zoo_epilogue *epilogue, float *y, int64_t count) {
  if (!epilogue) return;
  const float alpha = epilogue->alpha, beta = epilogue->beta;
  switch (epilogue->kind) {
  case ZOO_EPILOGUE_RELU:
    if (alpha == 0.f) MAP(0.f > x ? 0.f : x); // 0 * -infinity would be NaN
    else MAP(x > 0.f ? x : alpha * x);
    break;
  case ZOO_EPILOGUE_TANH: MAP(zoo_tanh(x)); break;
  case ZOO_EPILOGUE_SIGMOID: MAP(zoo_sigmoid(x)); break;
  case ZOO_EPILOGUE_ELU: MAP(zoo_elu(x, alpha)); break;
  case ZOO_EPILOGUE_GELU: MAP(zoo_gelu(x)); break;
  case ZOO_EPILOGUE_GELU_TANH: MAP(zoo_gelu_tanh(x)); break;
  case ZOO_EPILOGUE_SILU: MAP(zoo_silu(x)); break;
  case ZOO_EPILOGUE_LINEAR: MAP(alpha * x + beta); break;
  case ZOO_EPILOGUE_CLIP: MAP(x < alpha ? alpha : x > beta ? beta : x); break;
  default: break;
  }
}

const float *zoo_epilogue_range(const zoo_epilogue *epilogue, float range[2]) {
  if (!epilogue) return NULL;
  const int is_relu = epilogue->kind == ZOO_EPILOGUE_RELU && epilogue->alpha == 0.f;
  if (!is_relu && epilogue->kind != ZOO_EPILOGUE_CLIP) return NULL;
  range[0] = is_relu ? 0.f : epilogue->alpha;
  range[1] = is_relu ? INFINITY : epilogue->beta;
  return range;
}
