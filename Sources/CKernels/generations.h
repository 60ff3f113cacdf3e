// Includes TEMPLATE once for each generation of processors, with
//   TARGET                what its functions are compiled for
//   NAME(x)               x with the generation's suffix
//   WIDTH                 floats to a vector
//   NAME(vector), NAME(mask)     WIDTH floats, and WIDTH integers as comparisons give them
//   NAME(load), NAME(store)      n <= WIDTH of them
//   NAME(element), NAME(read), NAME(write)   what layers hand to each other, and n <= WIDTH of these, read as floats and rounded
//   NAME(multiply_add)(s, x, b)  s + x b for a float x
//   LOAD_PART(p, n)       a vector of the n < WIDTH floats at p and zeros
//   STORE_PART(p, x, n)   the first n of them to p
//   BETWEEN(x, low, high) x, but at least low and at most high; what is NaN stays so
// Nothing else touches memory beyond n, so parts may lie at the end of a buffer. There is no include guard.
//
// With PAIRS there is one generation more, whose suffix is `pairs`, for processors that have zoo_machine_pairs: elements are bf16, and what
// multiply_add takes for floats are pairs of them, whose two products are added.

#include "generation.h"
#include "ranges.h"

#define UNROLL _Pragma("clang loop unroll(full)")
#define NO_UNROLL _Pragma("clang loop unroll(disable)")
#define INLINE static inline __attribute__((always_inline)) TARGET

/// Calls f(c, n, ...) for all channels, n of them from c on: WIDTH, and at last what is left.
#define FOR_CHANNELS(channels, f, ...)                                                 \
  do {                                                                                 \
    int64_t c = 0;                                                                     \
    for (; c + WIDTH <= (channels); c += WIDTH) NAME(f)(c, WIDTH, __VA_ARGS__);        \
    if (c < (channels)) NAME(f)(c, (channels) - c, __VA_ARGS__);                       \
  } while (0)

#if defined(__x86_64__)
#include <immintrin.h>

#define WIDTH 16
#define MASK(n) ((__mmask16)((1u << (n)) - 1))
#define LOAD_PART(p, n) ((NAME(vector))_mm512_maskz_loadu_ps(MASK(n), p))
#define STORE_PART(p, x, n) _mm512_mask_storeu_ps(p, MASK(n), (__m512)(x))
#define BETWEEN(x, low, high) ((NAME(vector))_mm512_min_ps((__m512)(high), _mm512_max_ps((__m512)(low), (__m512)(x))))

#ifdef PAIRS
#define TARGET __attribute__((target("arch=x86-64-v4,avx512bf16")))
#define NAME(x) x##_pairs
#define HALVES
#include "generation_vectors.h"
#include TEMPLATE
#undef TARGET
#undef NAME
#undef HALVES
#endif

#define TARGET __attribute__((target("arch=x86-64-v4")))
#define NAME(x) x##_v4
#include "generation_vectors.h"
#include TEMPLATE
#undef TARGET
#undef NAME
#undef WIDTH
#undef MASK
#undef LOAD_PART
#undef STORE_PART
#undef BETWEEN

#define TARGET __attribute__((target("arch=x86-64-v3")))
#define NAME(x) x##_v3
#define WIDTH 8
#define MASK(n) _mm256_loadu_si256((const __m256i *)(zoo_ones_then_zeros + 8 - (n)))
#define LOAD_PART(p, n) ((NAME(vector))_mm256_maskload_ps(p, MASK(n)))
#define STORE_PART(p, x, n) _mm256_maskstore_ps(p, MASK(n), (__m256)(x))
#define BETWEEN(x, low, high) ((NAME(vector))_mm256_min_ps((__m256)(high), _mm256_max_ps((__m256)(low), (__m256)(x))))
#include "generation_vectors.h"
#include TEMPLATE
#undef TARGET
#undef NAME
#undef WIDTH
#undef MASK
#undef LOAD_PART
#undef STORE_PART
#undef BETWEEN
#endif

#define TARGET
#define NAME(x) x##_v1
#define WIDTH 4
#define LOAD_PART(p, n) zoo_load_part(p, n)
#define STORE_PART(p, x, n) zoo_store_part(p, x, n)
#define BETWEEN(x, low, high) zoo_part_between(x, low, high)
#include "generation_vectors.h"
#include TEMPLATE
#undef TARGET
#undef NAME
#undef WIDTH
#undef LOAD_PART
#undef STORE_PART
#undef BETWEEN

#undef FOR_CHANNELS
#undef PAIRS
#undef INLINE
#undef NO_UNROLL
#undef UNROLL
#undef TEMPLATE
