#include <math.h>
#include "CHost.h"

#define CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))

enum { BLOCKS = 16 }; /* counters in flight: one per vector lane */

/* One Philox block per lane: 4 numbers of each of BLOCKS consecutive counters. */
static inline void philox(const uint32_t key[2], const uint32_t tail[2], uint64_t first_block, uint32_t out[4][BLOCKS]) {
  uint32_t c0[BLOCKS], c1[BLOCKS], c2[BLOCKS], c3[BLOCKS];
  for (int i = 0; i < BLOCKS; i++) {
    uint64_t block = first_block + (uint64_t)i;
    c0[i] = (uint32_t)block;
    c1[i] = (uint32_t)(block >> 32) ^ tail[0];
    c2[i] = tail[1];
    c3[i] = 0x5A4F4F31u; /* "ZOO1": a domain of our own */
  }
  uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; round++) {
    for (int i = 0; i < BLOCKS; i++) {
      uint64_t p0 = (uint64_t)c0[i] * 0xD2511F53u, p1 = (uint64_t)c2[i] * 0xCD9E8D57u;
      uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1[i] ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3[i] ^ k1;
      c1[i] = (uint32_t)p1;
      c3[i] = (uint32_t)p0;
      c0[i] = n0;
      c2[i] = n2;
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  for (int i = 0; i < BLOCKS; i++) {
    out[0][i] = c0[i];
    out[1][i] = c1[i];
    out[2][i] = c2[i];
    out[3][i] = c3[i];
  }
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
  uint32_t key[2] = {(uint32_t)mixed, (uint32_t)(mixed >> 32)};
  /* c1: 16 bits of the block's upper half, 8 of the stream, 8 of the step's upper half; c2: the step's lower half. */
  uint32_t tail[2] = {(stream & 0xFFu) << 16 | (uint32_t)(step >> 32) << 24, (uint32_t)step};
  uint32_t block[4][BLOCKS];
  for (int64_t done = 0; done < count; done += 4 * BLOCKS) {
    philox(key, tail, (first + (uint64_t)done) / 4, block);
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
