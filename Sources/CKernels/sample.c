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

/// Moves choice i down to where both below it are smaller.
static void sink(zoo_choice *heap, int64_t i, int64_t n) {
  const zoo_choice moved = heap[i];
  for (int64_t child; (child = 2 * i + 1) < n; i = child) {
    if (child + 1 < n && is_larger(heap[child + 1], heap[child])) child++;
    if (!is_larger(heap[child], moved)) break;
    heap[i] = heap[child];
  }
  heap[i] = moved;
}

/// Draws among the largest. They are taken from a heap, one by one, and pile up behind it, the largest last.
static int64_t draw_largest(const zoo_sampling *s, double share, zoo_choice *heap, int64_t n, double total) {
  for (int64_t i = n / 2 - 1; i >= 0; i--) sink(heap, i, n);
  const int64_t limit = s->top_k > 0 && s->top_k < n ? s->top_k : n;
  const int is_whole = limit == n; // then the sum is known before anything is taken
  double sum = 0;
  int64_t taken = 0;
  while (taken < limit && !(is_whole && taken > 0 && sum >= s->top_p * total)) {
    const zoo_choice largest = heap[0];
    heap[0] = heap[n - ++taken];
    sink(heap, 0, n - taken);
    heap[n - taken] = largest;
    sum += (double)largest.weight;
  }
  if (!is_whole && s->top_p < 1) {
    const double goal = s->top_p * sum;
    int64_t kept = 0;
    for (sum = 0; kept == 0 || (kept < taken && sum < goal); kept++) sum += (double)heap[n - 1 - kept].weight;
    taken = kept;
  }
  const double target = share * sum;
  double before = 0;
  for (int64_t i = 1; i < taken; i++) {
    before += (double)heap[n - i].weight;
    if (before > target) return heap[n - i].index;
  }
  return heap[n - taken].index;
}

ZOO_CLONES int64_t zoo_sample(const zoo_sampling *sampling, const float *logits, int64_t n, uint64_t random, zoo_choice *choices) {
  const float max = zoo_row_max(logits, n), rate = (float)fmin(1 / sampling->temperature, 3e38); // infinity times 0 would be NaN
  if (isinf(max) || has_nan(logits, n)) return -1;
  const double share = (double)(random >> 11) * 0x1p-53;
  const double total = sum_of_weights(logits, max, rate, n);
  if (sampling->top_k == 0 && sampling->top_p >= 1) return walk(logits, max, rate, n, share * total);
  for (int64_t i = 0; i < n; i++) choices[i] = (zoo_choice){zoo_exp((logits[i] - max) * rate), (int32_t)i};
  return draw_largest(sampling, share, choices, n, total);
}
