#include "kernels/epilogue.h"

#include "kernels/clones.h"
#include "kernels/vmath.h"

enum { BLOCK = 16 };

/// y = F(y, a, b), 16 at a time, the last ones in a block of their own: the whole is SIMD code, and every element meets the same
/// instructions.
#define MAP(EXPRESSION)                                                            \
  do {                                                                             \
    int64_t i = 0;                                                                 \
    for (; i + BLOCK <= count; i += BLOCK)                                         \
      for (int j = 0; j < BLOCK; j++) { const float x = y[i + j]; y[i + j] = EXPRESSION; } \
    if (i < count) {                                                               \
      float rest[BLOCK] = {0};                                                     \
      memcpy(rest, y + i, (size_t)(count - i) * sizeof(float));                    \
      for (int j = 0; j < BLOCK; j++) { const float x = rest[j]; rest[j] = EXPRESSION; } \
      memcpy(y + i, rest, (size_t)(count - i) * sizeof(float));                    \
    }                                                                              \
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
  default: break;
  }
}
