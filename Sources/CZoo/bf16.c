#include <bf16.h>
#include <string.h>

#if defined(__x86_64__)
#define CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define CLONES
#endif
#define INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define SIMD _Pragma("clang loop vectorize(assume_safety)")
#else
#define SIMD
#endif

INLINE float widened(uint16_t x) {
  const uint32_t bits = (uint32_t)x << 16;
  float y;
  memcpy(&y, &bits, sizeof y);
  return y;
}

INLINE uint16_t narrowed(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  const uint32_t rounded = bits + 0x7FFFu + (bits >> 16 & 1u), quiet = bits | 0x400000u; // half of NaN's bits could all be 0
  return (uint16_t)(((bits & 0x7FFFFFFFu) > 0x7F800000u ? quiet : rounded) >> 16);
}

CLONES void zoo_bf16_widen(const uint16_t *from, float *into, int64_t count) {
  SIMD for (int64_t i = 0; i < count; i++) into[i] = widened(from[i]);
}

CLONES void zoo_bf16_narrow(const float *from, uint16_t *into, int64_t count) {
  SIMD for (int64_t i = 0; i < count; i++) into[i] = narrowed(from[i]);
}

CLONES void zoo_bf16_widen_add(const uint16_t *from, float *into, int64_t count) {
  SIMD for (int64_t i = 0; i < count; i++) into[i] += widened(from[i]);
}

CLONES void zoo_bf16_narrow_add(const float *from, uint16_t *into, int64_t count) {
  SIMD for (int64_t i = 0; i < count; i++) into[i] = narrowed(widened(into[i]) + from[i]);
}

CLONES void zoo_bf16_add(const uint16_t *from, uint16_t *into, int64_t count) {
  SIMD for (int64_t i = 0; i < count; i++) into[i] = narrowed(widened(into[i]) + widened(from[i]));
}
