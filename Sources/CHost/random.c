#include <math.h>
#include "CHost.h"

#define CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))

enum { BLOCKS = 16 }; /* counters in flight: one per vector lane */

/* Ten rounds on BLOCKS counters at once, each lane's four words in c[0 ... 3][lane]. */
static inline void philox(uint32_t c[4][BLOCKS], uint32_t k0, uint32_t k1) {
  for (int round = 0; round < 10; round++) {
    for (int i = 0; i < BLOCKS; i++) {
      uint64_t p0 = (uint64_t)c[0][i] * 0xD2511F53u, p1 = (uint64_t)c[2][i] * 0xCD9E8D57u;
      uint32_t n0 = (uint32_t)(p1 >> 32) ^ c[1][i] ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c[3][i] ^ k1;
      c[1][i] = (uint32_t)p1;
      c[3][i] = (uint32_t)p0;
      c[0][i] = n0;
      c[2][i] = n2;
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

void zoo_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  uint32_t c[4][BLOCKS];
  for (int word = 0; word < 4; word++)
    for (int i = 0; i < BLOCKS; i++) c[word][i] = counter[word];
  philox(c, key[0], key[1]);
  for (int word = 0; word < 4; word++) out[word] = c[word][0];
}

/* splitmix64's finaliser: every bit of seed and path reaches every bit of the key. */
static uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

CLONES void zoo_random_bits(uint64_t seed, uint64_t path_key, uint64_t step, uint32_t stream, uint64_t first, uint32_t *into,
                            int64_t count) {
  uint64_t mixed = mix(seed + 0x9E3779B97F4A7C15u * (mix(path_key) | 1));
  /* Word 1: 16 bits of the block's upper half, 8 of the stream, 8 of the step's upper half; word 2: the step's lower half. */
  uint32_t second = (stream & 0xFFu) << 16 | (uint32_t)(step >> 32) << 24;
  uint32_t block[4][BLOCKS];
  for (int64_t done = 0; done < count; done += 4 * BLOCKS) {
    for (int i = 0; i < BLOCKS; i++) {
      uint64_t index = (first + (uint64_t)done) / 4 + (uint64_t)i;
      block[0][i] = (uint32_t)index;
      block[1][i] = (uint32_t)(index >> 32) ^ second;
      block[2][i] = (uint32_t)step;
      block[3][i] = 0x5A4F4F31u; /* "ZOO1": a domain of our own */
    }
    philox(block, (uint32_t)mixed, (uint32_t)(mixed >> 32));
    int64_t left = count - done;
    if (left >= 4 * BLOCKS) {
      for (int i = 0; i < BLOCKS; i++)
        for (int j = 0; j < 4; j++) into[done + 4 * i + j] = block[j][i];
    } else {
      for (int64_t k = 0; k < left; k++) into[done + k] = block[k & 3][k >> 2];
    }
  }
}

CLONES void zoo_random_uniform(uint64_t seed, uint64_t path_key, uint64_t step, uint32_t stream, uint64_t first, float *into,
                               int64_t count) {
  uint32_t bits[256];
  for (int64_t done = 0; done < count; done += 256) {
    int64_t part = count - done < 256 ? count - done : 256;
    zoo_random_bits(seed, path_key, step, stream, first + (uint64_t)done, bits, part);
    for (int64_t i = 0; i < part; i++) into[done + i] = (float)(bits[i] >> 8) * 0x1p-24f;
  }
}

void zoo_random_normal(uint64_t seed, uint64_t path_key, uint64_t step, uint32_t stream, uint64_t first, float *into, int64_t count) {
  uint32_t bits[256];
  for (int64_t done = 0; done < count; done += 256) {
    int64_t part = count - done < 256 ? count - done : 256;
    zoo_random_bits(seed, path_key, step, stream, first + (uint64_t)done, bits, (part + 1) & ~1);
    for (int64_t i = 0; i < part; i += 2) {
      float u = ((float)(bits[i] >> 8) + 1) * 0x1p-24f; /* in (0, 1]: its logarithm is finite */
      float angle = (float)(bits[i + 1] >> 8) * (0x1p-24f * 6.2831853071795864769f);
      float radius = sqrtf(-2 * logf(u));
      into[done + i] = radius * cosf(angle);
      if (i + 1 < part) into[done + i + 1] = radius * sinf(angle);
    }
  }
}

uint64_t zoo_path_key(const char *path, uint64_t count) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (uint64_t i = 0; i < count; i++) hash = (hash ^ (unsigned char)path[i]) * 0x100000001B3u;
  return hash;
}

CLONES void zoo_accumulate(float *into, const float *from, int64_t count) {
  for (int64_t i = 0; i < count; i++) into[i] += from[i];
}

CLONES int64_t zoo_first_nonfinite(const float *values, int64_t count) {
  for (int64_t start = 0; start < count; start += 1024) {
    int64_t end = count - start < 1024 ? count : start + 1024;
    uint32_t bad = 0;
    const uint32_t *bits = (const uint32_t *)values;
    for (int64_t i = start; i < end; i++) bad |= (bits[i] & 0x7F800000u) == 0x7F800000u;
    if (bad)
      for (int64_t i = start; i < end; i++)
        if (!isfinite(values[i])) return i;
  }
  return -1;
}

CLONES int64_t zoo_first_nonfinite_bf16(const uint16_t *values, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    if ((values[i] & 0x7F80u) == 0x7F80u) return i;
  return -1;
}
