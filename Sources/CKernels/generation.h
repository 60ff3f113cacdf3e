/// Which generation of processors this is.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Picks what the functions of a template (see generations.h) are called for this machine, and for bf16 on it, or NULL.
#if defined(__x86_64__)
#define ZOO_BEST(name) (__builtin_cpu_supports("x86-64-v4") ? name##_v4 : __builtin_cpu_supports("x86-64-v3") ? name##_v3 : name##_v1)
#define ZOO_PAIRS(name) (__builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512bf16") ? name##_pairs : NULL)
#else
#define ZOO_BEST(name) name##_v1
#define ZOO_PAIRS(name) NULL
#endif

typedef float zoo_part __attribute__((vector_size(16)));

__attribute__((unused)) static const int32_t zoo_ones_then_zeros[16] = {-1, -1, -1, -1, -1, -1, -1, -1};

__attribute__((unused, noinline)) static zoo_part zoo_load_part(const float *p, int64_t n) {
  return (zoo_part){n > 0 ? p[0] : 0, n > 1 ? p[1] : 0, n > 2 ? p[2] : 0, 0};
}

__attribute__((unused, noinline)) static void zoo_store_part(float *p, zoo_part x, int64_t n) {
  for (int64_t i = 0; i < n; i++) p[i] = x[i];
}

__attribute__((unused)) static inline zoo_part zoo_part_between(zoo_part x, zoo_part low, zoo_part high) {
  for (int64_t i = 0; i < 4; i++) x[i] = x[i] < low[i] ? low[i] : x[i] > high[i] ? high[i] : x[i];
  return x;
}
