#define _GNU_SOURCE
#include "ceiling.h"
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include "CHost.h"

/* Enough independent sums to keep two units with a latency of up to six cycles busy, and few enough for sixteen registers. */
enum { CHAINS = 12, STEPS = 64 };

/* A vector of that many bytes, and for each generation of processors the same two loops over it. */
#define LOOPS(SUFFIX, BYTES, TARGET)                                                                    \
  typedef float vector_##SUFFIX __attribute__((vector_size(BYTES), aligned(BYTES)));                    \
  TARGET static float multiply_##SUFFIX(int64_t rounds) {                                               \
    vector_##SUFFIX sums[CHAINS];                                                                       \
    vector_##SUFFIX scale = {0}, step = {0};                                                            \
    scale += 0.875f;                                                                                    \
    step += 0.125f;                                                                                     \
    for (int c = 0; c < CHAINS; c++) sums[c] = step * (float)c;                                         \
    for (int64_t i = 0; i < rounds * STEPS; i++) {                                                      \
      _Pragma("clang loop unroll(full)") for (int c = 0; c < CHAINS; c++) sums[c] = sums[c] * scale + step; \
    }                                                                                                   \
    for (int c = 1; c < CHAINS; c++) sums[0] += sums[c];                                                \
    return sums[0][0];                                                                                  \
  }                                                                                                     \
  TARGET static float read_##SUFFIX(const char *from, int64_t bytes) {                                  \
    vector_##SUFFIX sums[8] = {0};                                                                      \
    for (int64_t i = 0; i + 8 * BYTES <= bytes; i += 8 * BYTES) {                                       \
      const vector_##SUFFIX *at = (const vector_##SUFFIX *)(from + i);                                  \
      _Pragma("clang loop unroll(full)") for (int c = 0; c < 8; c++) sums[c] += at[c];                  \
    }                                                                                                   \
    for (int c = 1; c < 8; c++) sums[0] += sums[c];                                                     \
    return sums[0][0];                                                                                  \
  }

LOOPS(plain, 16, )
#if defined(__x86_64__)
LOOPS(v3, 32, __attribute__((target("avx2,fma"))))
LOOPS(v4, 64, __attribute__((target("avx512f"))))

/* Each multiply-add is of two pairs; they take longer, and have twice as many registers. */
enum { PAIR_CHAINS = 24 };
__attribute__((target("avx512f,avx512bf16"))) static float multiply_pairs(int64_t rounds) {
  __m512 sums[PAIR_CHAINS];
  __m512bh scale = (__m512bh)_mm512_set1_epi16(0x3F60), step = (__m512bh)_mm512_set1_epi16(0x3E00); /* 0.875 and 0.125 */
  for (int c = 0; c < PAIR_CHAINS; c++) sums[c] = _mm512_set1_ps((float)c);
  for (int64_t i = 0; i < rounds * STEPS; i++) {
    _Pragma("clang loop unroll(full)") for (int c = 0; c < PAIR_CHAINS; c++) sums[c] = _mm512_dpbf16_ps(sums[c], scale, step);
  }
  for (int c = 1; c < PAIR_CHAINS; c++) sums[0] += sums[c];
  return sums[0][0];
}
#endif

int32_t zoo_ceiling_has_bf16(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bf16");
#else
  return 0;
#endif
}

int32_t zoo_ceiling_vector_bits(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return 512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 256;
#endif
  return 128;
}

static float multiply(int32_t bits, int32_t is_bf16, int64_t rounds) {
#if defined(__x86_64__)
  if (is_bf16) return multiply_pairs(rounds);
  if (bits == 512) return multiply_v4(rounds);
  if (bits == 256) return multiply_v3(rounds);
#endif
  return multiply_plain(rounds);
}

static float sum(int32_t bits, const char *from, int64_t bytes) {
#if defined(__x86_64__)
  if (bits == 512) return read_v4(from, bytes);
  if (bits == 256) return read_v3(from, bytes);
#endif
  return read_plain(from, bytes);
}

/* What the threads compute is nobody's, but must be computed, and anew each time. */
static volatile float sink;
#define ANEW __asm__ volatile("" : : : "memory")

typedef struct {
  int64_t rounds;
  int32_t is_bf16;
} multiplying;

static zoo_status multiply_part(void *data, int64_t from, int64_t to, int32_t slot) {
  (void)slot;
  const multiplying *m = data;
  for (int64_t i = from; i < to; i++) {
    ANEW;
    sink = multiply(zoo_ceiling_vector_bits(), m->is_bf16, m->rounds);
  }
  return ZOO_OK;
}

double zoo_ceiling_arithmetic(int64_t rounds, int32_t is_bf16) {
  int32_t threads = zoo_host_threads();
  multiplying m = {rounds, is_bf16};
  zoo_host_table()->parallel_for(NULL, threads, 1, multiply_part, &m);
  double round = is_bf16 ? 4.0 * STEPS * PAIR_CHAINS * 16 : 2.0 * STEPS * CHAINS * (zoo_ceiling_vector_bits() / 32);
  return round * (double)rounds * threads;
}

typedef struct {
  char *memory;
  int64_t part, rounds;
} reading;

static zoo_status read_part(void *data, int64_t from, int64_t to, int32_t slot) {
  (void)slot;
  const reading *r = data;
  for (int64_t i = from; i < to; i++) {
    for (int64_t round = 0; round < r->rounds; round++) {
      ANEW;
      sink = sum(zoo_ceiling_vector_bits(), r->memory + i * r->part, r->part);
    }
  }
  return ZOO_OK;
}

static zoo_status write_part(void *data, int64_t from, int64_t to, int32_t slot) {
  (void)slot;
  const reading *r = data;
  memset(r->memory + from * r->part, 0x3C, (size_t)((to - from) * r->part));
  return ZOO_OK;
}

/* Parts of whole pages, so that vectors are aligned. */
static int64_t part_of(int64_t bytes) { return bytes / zoo_host_threads() / 4096 * 4096; }

double zoo_ceiling_read(const void *memory, int64_t bytes, int64_t rounds) {
  int32_t threads = zoo_host_threads();
  reading r = {(char *)memory, part_of(bytes), rounds};
  zoo_host_table()->parallel_for(NULL, threads, 1, read_part, &r);
  return (double)r.part * threads * (double)rounds;
}

int64_t zoo_ceiling_read_bytes(void) {
  int64_t cache = 0;
#if defined(_SC_LEVEL3_CACHE_SIZE)
  cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
#endif
  int64_t least = INT64_C(128) << 20, most = INT64_C(512) << 20;
  int64_t wanted = 6 * cache; /* so that what the last round left behind is a small part */
  return wanted < least ? least : wanted > most ? most : wanted;
}

void *zoo_ceiling_memory(int64_t bytes) {
  void *memory = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return NULL;
#if defined(MADV_HUGEPAGE)
  madvise(memory, (size_t)bytes, MADV_HUGEPAGE);
#endif
  int32_t threads = zoo_host_threads();
  reading r = {memory, part_of(bytes), 1};
  zoo_host_table()->parallel_for(NULL, threads, 1, write_part, &r);
  return memory;
}

void zoo_ceiling_release(void *memory, int64_t bytes) { munmap(memory, (size_t)bytes); }
