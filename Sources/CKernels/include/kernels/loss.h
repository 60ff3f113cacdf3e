/// Losses that are a mean or a sum over elements.
#pragma once
#include <stdint.h>

/// Writes out[i] = f(p[i], t[i]): a loss, or its derivative by the prediction p or the target t. `a` is the loss's constant.
typedef void zoo_loss_map(const float *p, const float *t, float *out, int64_t n, float a);

/// A loss is three maps: itself, its derivative by p, and by t if it has one.
zoo_loss_map zoo_mse, zoo_mse_by_prediction, zoo_mse_by_target;
zoo_loss_map zoo_l1, zoo_l1_by_prediction, zoo_l1_by_target;
zoo_loss_map zoo_huber, zoo_huber_by_prediction, zoo_huber_by_target; // a: delta
zoo_loss_map zoo_hinge, zoo_hinge_by_prediction; // t: -1 or 1
zoo_loss_map zoo_perceptron, zoo_perceptron_by_prediction; // t: -1 or 1
zoo_loss_map zoo_binary_cross_entropy, zoo_binary_cross_entropy_by_prediction, zoo_binary_cross_entropy_by_target; // p: logits
zoo_loss_map zoo_kl, zoo_kl_by_prediction, zoo_kl_by_target;             // p: log-probabilities, t: probabilities
zoo_loss_map zoo_kl_log, zoo_kl_log_by_prediction, zoo_kl_log_by_target; // both: log-probabilities

enum { ZOO_LOSS_BLOCK = 1024 };

/// The sum of w[i] f(p[i], t[i]) over n <= ZOO_LOSS_BLOCK elements; w NULL: of ones.
double zoo_loss_sum(zoo_loss_map *f, const float *p, const float *t, const float *w, int64_t n, float a);

/// Writes out[i] = scale[i] w[i] f(p[i], t[i]), or adds it. `scale` NULL: all are `factor`; w NULL: all are 1.
void zoo_loss_scaled(
  zoo_loss_map *f, const float *p, const float *t, const float *w, const float *scale, float factor, float *out, int64_t n, float a,
  int32_t adds);

/// The sum of n numbers: of rows' losses, of blocks' sums.
double zoo_total(const float *x, int64_t n);
double zoo_total_of_blocks(const double *x, int64_t n);
