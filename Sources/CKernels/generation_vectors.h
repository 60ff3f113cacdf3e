// The vectors of one generation: see generations.h.

typedef float NAME(vector) __attribute__((vector_size(WIDTH * 4), aligned(4), may_alias));
typedef int32_t NAME(mask) __attribute__((vector_size(WIDTH * 4), aligned(4), may_alias));

/// n floats, which are WIDTH or fewer.
INLINE NAME(vector) NAME(load)(const float *p, int64_t n) { return n == WIDTH ? *(const NAME(vector) *)p : LOAD_PART(p, n); }

INLINE void NAME(store)(float *p, NAME(vector) x, int64_t n) {
  if (n == WIDTH) *(NAME(vector) *)p = x;
  else STORE_PART(p, x, n);
}

#ifdef HALVES
typedef uint16_t NAME(element);

INLINE NAME(vector) NAME(read)(const NAME(element) *p, int64_t n) {
  const __m256i halves = n == WIDTH ? _mm256_loadu_si256((const __m256i *)(const void *)p) : _mm256_maskz_loadu_epi16(MASK(n), p);
  return (NAME(vector))_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16);
}

INLINE void NAME(write)(NAME(element) *p, NAME(vector) x, int64_t n) {
  const __m256i halves = (__m256i)_mm512_cvtneps_pbh((__m512)x);
  if (n == WIDTH) _mm256_storeu_si256((__m256i *)(void *)p, halves);
  else _mm256_mask_storeu_epi16(p, MASK(n), halves);
}

INLINE NAME(vector) NAME(multiply_add)(NAME(vector) sum, float x, NAME(vector) b) {
  return (NAME(vector))_mm512_dpbf16_ps((__m512)sum, (__m512bh)_mm512_set1_ps(x), (__m512bh)b);
}
#else
typedef float NAME(element);
INLINE NAME(vector) NAME(read)(const NAME(element) *p, int64_t n) { return NAME(load)(p, n); }
INLINE void NAME(write)(NAME(element) *p, NAME(vector) x, int64_t n) { NAME(store)(p, x, n); }
INLINE NAME(vector) NAME(multiply_add)(NAME(vector) sum, float x, NAME(vector) b) { return sum + x * b; }
#endif
