// Panels of few bits for one generation of processors: see generations.h.

typedef uint16_t NAME(halves) __attribute__((vector_size(WIDTH * 2), aligned(2), may_alias));
typedef int8_t NAME(bytes) __attribute__((vector_size(WIDTH), aligned(1), may_alias));
typedef uint32_t NAME(words) __attribute__((vector_size(WIDTH * 4)));

/// Element i of a panel and those behind it.
INLINE NAME(vector) NAME(wide)(const void *packed, int64_t i, const int type) {
  if (type == ZOO_NARROW_INT8)
    return __builtin_convertvector(*(const NAME(bytes) *)((const int8_t *)packed + i), NAME(vector));
  return (NAME(vector))(__builtin_convertvector(*(const NAME(halves) *)((const uint16_t *)packed + i), NAME(words)) << 16);
}

/// out[0, :] = a[:k] B for the panel B of so many vectors; `split` sums run side by side.
INLINE void NAME(row)(const float *a, const void *packed, int64_t k, const int vectors, const int type, float *out) {
  enum { SPLIT = 4 };
  const int64_t width = vectors * WIDTH;
  NAME(vector) sum[SPLIT][ZOO_TILE_VECTORS];
  UNROLL for (int u = 0; u < SPLIT; u++)
    UNROLL for (int v = 0; v < vectors; v++) sum[u][v] = (NAME(vector)){0};
  int64_t i = 0;
  NO_UNROLL for (; i + SPLIT <= k; i += SPLIT) {
    UNROLL for (int u = 0; u < SPLIT; u++)
      UNROLL for (int v = 0; v < vectors; v++) sum[u][v] += a[i + u] * NAME(wide)(packed, (i + u) * width + v * WIDTH, type);
  }
  NO_UNROLL for (; i < k; i++)
    UNROLL for (int v = 0; v < vectors; v++) sum[0][v] += a[i] * NAME(wide)(packed, i * width + v * WIDTH, type);
  UNROLL for (int v = 0; v < vectors; v++)
    *(NAME(vector) *)(out + v * WIDTH) = (sum[0][v] + sum[1][v]) + (sum[2][v] + sum[3][v]);
}

TARGET static void NAME(narrow_row)(const float *a, const void *packed, int64_t k, int64_t vectors, int32_t type, float *out) {
  switch (vectors * 2 + type) {
  case 2: NAME(row)(a, packed, k, 1, ZOO_NARROW_BF16, out); break;
  case 3: NAME(row)(a, packed, k, 1, ZOO_NARROW_INT8, out); break;
  case 4: NAME(row)(a, packed, k, 2, ZOO_NARROW_BF16, out); break;
  case 5: NAME(row)(a, packed, k, 2, ZOO_NARROW_INT8, out); break;
  case 6: NAME(row)(a, packed, k, 3, ZOO_NARROW_BF16, out); break;
  default: NAME(row)(a, packed, k, 3, ZOO_NARROW_INT8, out); break;
  }
}

/// Elements [i, i + count) of a panel as floats.
TARGET static void NAME(narrow_widen)(const void *packed, int64_t i, int64_t count, int32_t type, float *out) {
  if (type == ZOO_NARROW_INT8)
    for (int64_t j = 0; j < count; j += WIDTH) *(NAME(vector) *)(out + j) = NAME(wide)(packed, i + j, ZOO_NARROW_INT8);
  else
    for (int64_t j = 0; j < count; j += WIDTH) *(NAME(vector) *)(out + j) = NAME(wide)(packed, i + j, ZOO_NARROW_BF16);
}
