#include "kernels/loss_classes.h"

#include "kernels/vmath.h"
#include "reduce.h"

ZOO_INLINE int64_t label_of(zoo_labels labels, int64_t row) {
  return labels.is_wide ? ((const int64_t *)labels.data)[row] : ((const int32_t *)labels.data)[row];
}

int64_t zoo_labels_check(zoo_labels labels, int64_t rows, int64_t classes, int64_t *label, int64_t *counted) {
  int64_t count = 0;
  for (int64_t r = 0; r < rows; r++) {
    const int64_t found = label_of(labels, r);
    if (found == labels.ignored) continue;
    if (found < 0 || found >= classes) {
      *label = found;
      return r;
    }
    count++;
  }
  *counted = count;
  return -1;
}

ZOO_SUM(sum_of, x[i], const float *x)
ZOO_SUM(sum_above, x[i] - shift, const float *x, float shift)
ZOO_SUM(sum_of_exponentials, zoo_exp(x[i] - shift), const float *x, float shift)
// A class without probability costs nothing, even where its logit is -infinity.
ZOO_SUM(
  sum_of_costs, keep * t[i] + share == 0.f ? 0.f : (keep * t[i] + share) * (log_sum - (x[i] - max)), const float *x, const float *t,
  float keep, float share, float max, float log_sum)

/// Rows are measured so many at a time, so that their logarithms are taken together.
enum { CHUNK = 64 };

/// log_softmax(x)[i] is (x[i] - max) - log_sum: the two apart lose nothing where the logits are large.
typedef struct {
  float max[CHUNK], log_sum[CHUNK];
} measures;

/// Rows from `first` on; `labels` is NULL or says which to pass by.
ZOO_INLINE void measure(
  const float *x, const zoo_labels *labels, int64_t first, int64_t rows, int64_t classes, measures *m) {
  for (int64_t r = 0; r < rows; r++) {
    const float *row = x + (first + r) * classes;
    const int counts = !labels || label_of(*labels, first + r) != labels->ignored;
    m->max[r] = counts ? zoo_row_max(row, classes) : 0.f;
    m->log_sum[r] = counts ? (float)sum_of_exponentials(row, m->max[r], classes) : 1.f;
  }
  for (int64_t r = 0; r < rows; r++) m->log_sum[r] = zoo_log(m->log_sum[r]);
}

ZOO_INLINE void keep_measures(const measures *m, int64_t rows, float *statistics) {
  for (int64_t r = 0; r < rows; r++) {
    statistics[2 * r] = m->max[r];
    statistics[2 * r + 1] = m->log_sum[r];
  }
}

ZOO_CLONES void zoo_cross_entropy_labels(
  const float *x, zoo_labels labels, float smoothing, float *loss, float *statistics, int64_t from, int64_t to, int64_t classes) {
  for (int64_t first = from; first < to; first += CHUNK) {
    const int64_t rows = zoo_smaller(to - first, CHUNK);
    measures m;
    measure(x, &labels, first, rows, classes, &m);
    if (statistics) keep_measures(&m, rows, statistics + 2 * first);
    for (int64_t r = 0; r < rows; r++) {
      const float *row = x + (first + r) * classes;
      const int64_t label = label_of(labels, first + r);
      const float cost = label == labels.ignored ? 0.f : m.log_sum[r] - (row[label] - m.max[r]);
      loss[first + r] = cost;
      if (smoothing != 0.f && label != labels.ignored) {
        const float mean_cost = m.log_sum[r] - (float)(sum_above(row, m.max[r], classes) / (double)classes);
        loss[first + r] = (1.f - smoothing) * cost + smoothing * mean_cost;
      }
    }
  }
}

ZOO_CLONES void zoo_cross_entropy_probabilities(
  const float *x, const float *t, float smoothing, float *loss, float *statistics, int64_t from, int64_t to, int64_t classes) {
  const float keep = 1.f - smoothing, share = smoothing / (float)classes;
  for (int64_t first = from; first < to; first += CHUNK) {
    const int64_t rows = zoo_smaller(to - first, CHUNK);
    measures m;
    measure(x, 0, first, rows, classes, &m);
    if (statistics) keep_measures(&m, rows, statistics + 2 * first);
    for (int64_t r = 0; r < rows; r++) {
      const int64_t at = (first + r) * classes;
      loss[first + r] = (float)sum_of_costs(x + at, t + at, keep, share, m.max[r], m.log_sum[r], classes);
    }
  }
}

/// dx[i] = gradient (total softmax(x)[i] - share - keep t[i]); t NULL: no last term.
ZOO_INLINE void backward_row(
  const float *x, const float *t, float total, float keep, float share, const float *statistics, float gradient, float *dx,
  int64_t classes, int32_t adds) {
  const float max = statistics[0], log_sum = statistics[1];
  for (int64_t i = 0; i < classes; i++) {
    const float target = t ? keep * t[i] + share : share;
    const float slope = gradient * (total * zoo_exp((x[i] - max) - log_sum) - target);
    dx[i] = adds ? dx[i] + slope : slope;
  }
}

ZOO_CLONES void zoo_cross_entropy_labels_backward(
  const float *x, zoo_labels labels, float smoothing, const float *statistics, const float *dy, float factor, float *dx, int64_t from,
  int64_t to, int64_t classes, int32_t adds) {
  for (int64_t r = from; r < to; r++) {
    float *row = dx + r * classes;
    const int64_t label = label_of(labels, r);
    if (label == labels.ignored) {
      if (!adds)
        for (int64_t i = 0; i < classes; i++) row[i] = 0.f;
      continue;
    }
    const float gradient = dy ? dy[r] : factor, share = smoothing / (float)classes, before = adds ? row[label] : 0.f;
    backward_row(x + r * classes, 0, 1.f, 0.f, share, statistics + 2 * r, gradient, row, classes, adds);
    const float probability = zoo_exp((x[r * classes + label] - statistics[2 * r]) - statistics[2 * r + 1]);
    row[label] = before + gradient * (probability - (1.f - smoothing + share));
  }
}

ZOO_CLONES void zoo_cross_entropy_probabilities_backward(
  const float *x, const float *t, float smoothing, const float *statistics, const float *dy, float factor, float *dx, int64_t from,
  int64_t to, int64_t classes, int32_t adds) {
  for (int64_t r = from; r < to; r++) {
    const float *target = t + r * classes;
    const float keep = 1.f - smoothing, share = smoothing / (float)classes;
    const float total = keep * (float)sum_of(target, classes) + smoothing;
    backward_row(
      x + r * classes, target, total, keep, share, statistics + 2 * r, dy ? dy[r] : factor, dx + r * classes, classes, adds);
  }
}

ZOO_CLONES void zoo_cross_entropy_target_backward(
  const float *x, float smoothing, const float *statistics, const float *dy, float factor, float *dt, int64_t from, int64_t to,
  int64_t classes, int32_t adds) {
  for (int64_t r = from; r < to; r++) {
    const float gradient = (dy ? dy[r] : factor) * (1.f - smoothing), max = statistics[2 * r], log_sum = statistics[2 * r + 1];
    for (int64_t i = r * classes; i < (r + 1) * classes; i++) {
      const float slope = gradient * (log_sum - (x[i] - max));
      dt[i] = adds ? dt[i] + slope : slope;
    }
  }
}

ZOO_CLONES int64_t zoo_right_labels(const float *x, zoo_labels labels, int64_t from, int64_t to, int64_t classes) {
  int64_t right = 0;
  for (int64_t r = from; r < to; r++) {
    const int64_t label = label_of(labels, r);
    if (label == labels.ignored) continue;
    const float *row = x + r * classes, best = row[label];
    int32_t beaten = 0;
    for (int64_t i = 0; i < label; i++) beaten |= !(row[i] < best);
    for (int64_t i = label; i < classes; i++) beaten |= !(row[i] <= best);
    right += !beaten;
  }
  return right;
}

ZOO_CLONES void zoo_count_classes(const float *x, zoo_labels labels, int64_t *counts, int64_t from, int64_t to, int64_t classes) {
  for (int64_t r = from; r < to; r++) {
    const int64_t label = label_of(labels, r);
    if (label == labels.ignored) continue;
    const float *row = x + r * classes;
    int64_t best = 0;
    int32_t is_ordered = row[0] == row[0];
    for (int64_t i = 1; i < classes; i++) {
      is_ordered &= row[i] == row[i];
      best = row[i] > row[best] ? i : best;
    }
    counts[3 * label + 2]++;
    if (!is_ordered) continue;
    counts[3 * best + 1]++;
    counts[3 * label] += best == label;
  }
}
