// The vectors of one generation: see generations.h.

typedef float NAME(vector) __attribute__((vector_size(WIDTH * 4), aligned(4), may_alias));
typedef int32_t NAME(mask) __attribute__((vector_size(WIDTH * 4), aligned(4), may_alias));

/// n floats, which are WIDTH or fewer.
INLINE NAME(vector) NAME(load)(const float *p, int64_t n) { return n == WIDTH ? *(const NAME(vector) *)p : LOAD_PART(p, n); }

INLINE void NAME(store)(float *p, NAME(vector) x, int64_t n) {
  if (n == WIDTH) *(NAME(vector) *)p = x;
  else STORE_PART(p, x, n);
}
