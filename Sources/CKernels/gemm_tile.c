#include "gemm_tile.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("arch=x86-64-v4")))
#define NAME(x) v4_##x
#define WIDTH 16
#define ROWS 8
#define MASK(n) ((__mmask16)((1u << (n)) - 1))
#define LOAD_PART(p, n) (v4_vector) _mm512_maskz_loadu_ps(MASK(n), p)
#define STORE_PART(p, x, n) _mm512_mask_storeu_ps(p, MASK(n), (__m512)(x))
#include "gemm_tile_template.h"
#undef MASK

static const int32_t ones_then_zeros[16] = {-1, -1, -1, -1, -1, -1, -1, -1};

#define TARGET __attribute__((target("arch=x86-64-v3")))
#define NAME(x) v3_##x
#define WIDTH 8
#define ROWS 4
#define MASK(n) _mm256_loadu_si256((const __m256i *)(ones_then_zeros + 8 - (n)))
#define LOAD_PART(p, n) (v3_vector) _mm256_maskload_ps(p, MASK(n))
#define STORE_PART(p, x, n) _mm256_maskstore_ps(p, MASK(n), (__m256)(x))
#include "gemm_tile_template.h"
#undef MASK
#endif

#define TARGET
#define NAME(x) v1_##x
#define WIDTH 4
#define ROWS 3
typedef float v1_part __attribute__((vector_size(16)));
__attribute__((noinline)) static v1_part v1_load_part(const float *p, int64_t n) {
  return (v1_part){n > 0 ? p[0] : 0, n > 1 ? p[1] : 0, n > 2 ? p[2] : 0, 0};
}
__attribute__((noinline)) static void v1_store_part(float *p, v1_part x, int64_t n) {
  for (int64_t i = 0; i < n; i++) p[i] = x[i];
}
#define LOAD_PART(p, n) v1_load_part(p, n)
#define STORE_PART(p, x, n) v1_store_part(p, x, n)
#include "gemm_tile_template.h"

const zoo_tiles *zoo_machine_tiles(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v4")) return &v4_table;
  if (__builtin_cpu_supports("x86-64-v3")) return &v3_table;
#endif
  return &v1_table;
}
