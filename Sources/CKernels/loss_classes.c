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

/// log_softmax(x)[i] is (x[i] - max) - log_sum: the two apart lose nothing where the logits are large.
typedef struct {
  float max, log_sum;
} statistics_of_row;

ZOO_INLINE statistics_of_row measure(const float *x, int64_t classes) {
  const float max = zoo_row_max(x, classes);
  return (statistics_of_row){max, zoo_log((float)sum_of_exponentials(x, max, classes))};
}

ZOO_INLINE void keep_statistics(float *statistics, int64_t row, statistics_of_row s) {
  if (!statistics) return;
  statistics[2 * row] = s.max;
  statistics[2 * row + 1] = s.log_sum;
}

ZOO_CLONES void zoo_cross_entropy_labels(
  const float *x, zoo_labels labels, float smoothing, float *loss, float *statistics, int64_t from, int64_t to, int64_t classes) {
  for (int64_t r = from; r < to; r++) {
    const float *row = x + r * classes;
    const int64_t label = label_of(labels, r);
    if (label == labels.ignored) {
      loss[r] = 0.f;
      keep_statistics(statistics, r, (statistics_of_row){0.f, 0.f});
      continue;
    }
    const statistics_of_row s = measure(row, classes);
    keep_statistics(statistics, r, s);
    const float cost = s.log_sum - (row[label] - s.max);
    loss[r] = cost;
    if (smoothing != 0.f) {
      const float mean_cost = s.log_sum - (float)(sum_above(row, s.max, classes) / (double)classes);
      loss[r] = (1.f - smoothing) * cost + smoothing * mean_cost;
    }
  }
}

ZOO_CLONES void zoo_cross_entropy_probabilities(
  const float *x, const float *t, float smoothing, float *loss, float *statistics, int64_t from, int64_t to, int64_t classes) {
  for (int64_t r = from; r < to; r++) {
    const float *row = x + r * classes;
    const statistics_of_row s = measure(row, classes);
    keep_statistics(statistics, r, s);
    const float share = smoothing / (float)classes;
    loss[r] = (float)sum_of_costs(row, t + r * classes, 1.f - smoothing, share, s.max, s.log_sum, classes);
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
