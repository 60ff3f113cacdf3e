#include "gradient.h"
#include "CHost.h"

#define CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))

enum { BLOCK = 4096, LANES = 8, GRAIN = 1 << 15 };

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* What the parts of one of these functions share. */
typedef struct work {
  float *into, *other;
  const float *from;
  double *sums;
  int64_t count;
  float factor, limit;
  uint64_t seed, key, step;
} work;

static void each(int64_t count, int64_t grain, zoo_body body, work *work) {
  zoo_host_table()->parallel_for(NULL, count, grain, body, work);
}

int64_t zoo_square_block_count(int64_t count) { return (count + BLOCK - 1) / BLOCK; }

/* The squares of f32 numbers are exact in f64, so that only the order of the sum matters: by lanes, which are added at the end. */
CLONES static zoo_status squares(void *data, int64_t from, int64_t to, int32_t thread) {
  (void)thread;
  const work *w = data;
  for (int64_t block = from; block < to; block++) {
    const float *values = w->from + block * BLOCK;
    int64_t count = smaller(BLOCK, w->count - block * BLOCK), whole = count / LANES * LANES;
    double lanes[LANES] = {0};
    for (int64_t i = 0; i < whole; i += LANES)
      for (int lane = 0; lane < LANES; lane++) lanes[lane] += (double)values[i + lane] * values[i + lane];
    for (int64_t i = whole; i < count; i++) lanes[i - whole] += (double)values[i] * values[i];
    double sum = 0;
    for (int lane = 0; lane < LANES; lane++) sum += lanes[lane];
    w->sums[block] = sum;
  }
  return ZOO_OK;
}

void zoo_square_blocks(const float *values, int64_t count, double *sums) {
  work w = {.from = values, .count = count, .sums = sums};
  each(zoo_square_block_count(count), GRAIN / BLOCK, squares, &w);
}

CLONES static zoo_status scale(void *data, int64_t from, int64_t to, int32_t thread) {
  (void)thread;
  const work *w = data;
  float *values = w->into, factor = w->factor;
  for (int64_t i = from; i < to; i++) values[i] *= factor;
  return ZOO_OK;
}

void zoo_scale_floats(float *values, int64_t count, float factor) {
  work w = {.into = values, .factor = factor};
  each(count, GRAIN, scale, &w);
}

CLONES static zoo_status limit(void *data, int64_t from, int64_t to, int32_t thread) {
  (void)thread;
  const work *w = data;
  float *values = w->into, factor = w->factor, most = w->limit;
  for (int64_t i = from; i < to; i++) {
    float value = values[i] * factor;
    value = value > most ? most : value;
    values[i] = value < -most ? -most : value;
  }
  return ZOO_OK;
}

void zoo_limit_floats(float *values, int64_t count, float factor, float most) {
  work w = {.into = values, .factor = factor, .limit = most};
  each(count, GRAIN, limit, &w);
}

CLONES static zoo_status average(void *data, int64_t from, int64_t to, int32_t thread) {
  (void)thread;
  const work *w = data;
  float *into = w->into, weight = w->factor;
  const float *values = w->from;
  for (int64_t i = from; i < to; i++) into[i] += weight * (values[i] - into[i]);
  return ZOO_OK;
}

void zoo_average_floats(float *into, const float *values, int64_t count, float weight) {
  work w = {.into = into, .from = values, .factor = weight};
  each(count, GRAIN, average, &w);
}

/* Parts begin at whole blocks, because the generator's counters are multiples of 4. */
static zoo_status noise(void *data, int64_t from, int64_t to, int32_t thread) {
  (void)thread;
  const work *w = data;
  float normal[BLOCK];
  for (int64_t block = from; block < to; block++) {
    float *values = w->into + block * BLOCK;
    int64_t count = smaller(BLOCK, w->count - block * BLOCK);
    zoo_random_normal(w->seed, w->key, w->step, 0, (uint64_t)(block * BLOCK), normal, count);
    for (int64_t i = 0; i < count; i++) values[i] += w->factor * normal[i];
  }
  return ZOO_OK;
}

void zoo_add_noise(float *into, int64_t count, float factor, uint64_t seed, uint64_t key, uint64_t step) {
  work w = {.into = into, .count = count, .factor = factor, .seed = seed, .key = key, .step = step};
  each((count + BLOCK - 1) / BLOCK, 1, noise, &w);
}

CLONES static zoo_status swap(void *data, int64_t from, int64_t to, int32_t thread) {
  (void)thread;
  const work *w = data;
  float *a = w->into, *b = w->other;
  for (int64_t i = from; i < to; i++) {
    float value = a[i];
    a[i] = b[i];
    b[i] = value;
  }
  return ZOO_OK;
}

void zoo_swap_floats(float *a, float *b, int64_t count) {
  work w = {.into = a, .other = b};
  each(count, GRAIN, swap, &w);
}
