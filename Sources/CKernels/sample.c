#include "kernels/sample.h"

#include <math.h>

#include "kernels/vmath.h"
#include "reduce.h"

enum { BLOCK = 256 };

/// The sum over a row, in blocks: what single classes add in the end of a long row is not lost.
ZOO_SUM(sum_of_weights, zoo_exp((x[i] - max) * rate), const float *x, float max, float rate)

ZOO_INLINE int has_nan(const float *x, int64_t n) {
  int32_t found = 0;
  ZOO_SIMD for (int64_t i = 0; i < n; i++) found |= x[i] != x[i];
  return found;
}

/// The first class at which the sum of weights passes `target`; the last one that has any weight if rounding let none pass.
ZOO_INLINE int64_t walk(const float *x, float max, float rate, int64_t n, double target) {
  int64_t last = 0;
  double before = 0;
  for (int64_t from = 0; from < n; from += BLOCK) {
    const int64_t count = zoo_smaller(BLOCK, n - from);
    float weights[BLOCK];
    for (int64_t i = 0; i < count; i++) weights[i] = zoo_exp((x[from + i] - max) * rate);
    for (int64_t i = 0; i < count; i++) {
      if (weights[i] == 0.f) continue;
      last = from + i;
      before += (double)weights[i];
      if (before > target) return last;
    }
  }
  return last;
}

static int is_larger(zoo_choice a, zoo_choice b) { return a.weight > b.weight || (a.weight == b.weight && a.index < b.index); }

/// Moves choice i down to where none below it belongs above: heaps have the largest on top, or the smallest.
static void sink(zoo_choice *heap, int64_t i, int64_t n, int has_largest_on_top) {
  const zoo_choice moved = heap[i];
  for (int64_t child; (child = 2 * i + 1) < n; i = child) {
    if (child + 1 < n && is_larger(heap[child + 1], heap[child]) == has_largest_on_top) child++;
    if (is_larger(heap[child], moved) != has_largest_on_top) break;
    heap[i] = heap[child];
  }
  heap[i] = moved;
}

static void make_heap(zoo_choice *choices, int64_t n, int has_largest_on_top) {
  for (int64_t i = n / 2 - 1; i >= 0; i--) sink(choices, i, n, has_largest_on_top);
}

/// Exchanges the top of a heap of n with its end, which leaves a heap of n - 1.
static void retire(zoo_choice *heap, int64_t n, int has_largest_on_top) {
  const zoo_choice top = heap[0];
  heap[0] = heap[n - 1];
  heap[n - 1] = top;
  sink(heap, 0, n - 1, has_largest_on_top);
}

/// The k largest of n logits with their weights, in descending order.
static void take_largest(const float *x, float max, float rate, int64_t n, int64_t k, zoo_choice *largest) {
  for (int64_t i = 0; i < k; i++) largest[i] = (zoo_choice){x[i], (int32_t)i};
  make_heap(largest, k, 0);
  for (int64_t i = k; i < n; i++) {
    if (!(x[i] > largest[0].weight)) continue; // of equals the earlier stays
    largest[0] = (zoo_choice){x[i], (int32_t)i};
    sink(largest, 0, k, 0);
  }
  for (int64_t left = k; left > 1; left--) retire(largest, left, 0);
  for (int64_t i = 0; i < k; i++) largest[i].weight = zoo_exp((largest[i].weight - max) * rate);
}

/// Those of n weights that make up the share `top_p` of their sum, the largest first, at the end of `choices` and backward from there.
/// Returns how many they are, and where they end.
static int64_t take_share(
  const float *x, float max, float rate, int64_t n, double top_p, double total, zoo_choice *choices, int64_t *end) {
  // All that are smaller than this make up less than what may be left out.
  const float least = (float)((1 - top_p) * total / (double)n * 0.999);
  int64_t count = 0;
  for (int64_t from = 0; from < n; from += BLOCK) {
    const int64_t block = zoo_smaller(BLOCK, n - from);
    float weights[BLOCK];
    for (int64_t i = 0; i < block; i++) weights[i] = zoo_exp((x[from + i] - max) * rate);
    for (int64_t i = 0; i < block; i++)
      if (weights[i] >= least) choices[count++] = (zoo_choice){weights[i], (int32_t)(from + i)};
  }
  make_heap(choices, count, 1);
  double sum = 0;
  int64_t taken = 0;
  while (taken < count && (taken == 0 || sum < top_p * total)) {
    sum += (double)choices[0].weight;
    retire(choices, count - taken++, 1);
  }
  *end = count;
  return taken;
}

/// Draws one of `count` choices, `step` apart.
static int64_t pick(const zoo_choice *first, int64_t step, int64_t count, double share) {
  double sum = 0, before = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)first[i * step].weight;
  for (int64_t i = 0; i + 1 < count; i++) {
    before += (double)first[i * step].weight;
    if (before > share * sum) return first[i * step].index;
  }
  return first[(count - 1) * step].index;
}

ZOO_CLONES int64_t zoo_sample(const zoo_sampling *sampling, const float *logits, int64_t n, uint64_t random, zoo_choice *choices) {
  const float max = zoo_row_max(logits, n), rate = (float)fmin(1 / sampling->temperature, 3e38); // infinity times 0 would be NaN
  if (isinf(max) || has_nan(logits, n)) return -1;
  const double share = (double)(random >> 11) * 0x1p-53, top_p = sampling->top_p;
  if (sampling->top_k > 0 && sampling->top_k < n) {
    int64_t count = sampling->top_k;
    take_largest(logits, max, rate, n, count, choices);
    double sum = 0, kept = 0;
    for (int64_t i = 0; i < count; i++) sum += (double)choices[i].weight;
    int64_t least = 0;
    while (least < count && (least == 0 || kept < top_p * sum)) kept += (double)choices[least++].weight;
    return pick(choices, 1, least, share);
  }
  const double total = sum_of_weights(logits, max, rate, n);
  if (top_p >= 1) return walk(logits, max, rate, n, share * total);
  int64_t end;
  const int64_t count = take_share(logits, max, rate, n, top_p, total, choices, &end);
  return pick(choices + end - 1, -1, count, share);
}
