/// Invertible layers: affine coupling and its gradients.
#pragma once
#include <stdint.h>

/// Some of the `width` features of every position: first, first + step, ..., which are `count`. Step is 1 or 2.
typedef struct zoo_features {
  int64_t width, first, step, count;
} zoo_features;

/// These features of positions [from, to) of x, densely: [positions, count].
void zoo_features_take(const zoo_features *f, const float *x, float *taken, int64_t from, int64_t to);

/// These features of x become what was `taken`, or grow by it; taken NULL: zeros.
void zoo_features_put(const zoo_features *f, const float *taken, float *x, int64_t from, int64_t to, int32_t adds);

/// Items have `positions` positions, of whose features `moved` are transformed and `kept` are not. What belongs to the moved ones alone
/// (shift, log_scale) is dense.
typedef struct zoo_coupling {
  zoo_features moved, kept;
  int64_t positions;
  float clamp; ///< s = clamp tanh(log_scale / clamp); 0: s = log_scale
  int32_t inverse;
} zoo_coupling;

/// Items [from, to): y = x exp(s) + shift, inverted y = (x - shift) exp(-s). y may be x.
///
/// log_determinant[item] is the sum of s, inverted of -s, and of before[item]. log_scale NULL: s is 0; before NULL: so is that.
void zoo_coupling_forward(
  const zoo_coupling *c, const float *x, const float *shift, const float *log_scale, const float *before, float *y,
  float *log_determinant, int64_t from, int64_t to);

/// Gradients that are known, of which NULL means zero; and those that are wanted, unless NULL: written or added.
typedef struct zoo_coupling_gradients {
  const float *y, *log_determinant;
  float *x, *shift, *log_scale;
  int32_t adds_x, adds_shift, adds_log_scale;
} zoo_coupling_gradients;

/// The gradients of items [from, to). `known` is x or, inverted, y: it may be NULL if that by log_scale is not wanted.
void zoo_coupling_backward(
  const zoo_coupling *c, const float *known, const float *log_scale, const zoo_coupling_gradients *g, int64_t from, int64_t to);

/// density[row] = -sum_i x[row, i]^2 / 2 - width log(2 pi) / 2.
void zoo_standard_normal(const float *x, int64_t width, float *density, int64_t from, int64_t to);
