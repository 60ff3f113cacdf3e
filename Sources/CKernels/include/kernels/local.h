/// Locally connected layers: convolutions of images [N, H, W, C] with a kernel of its own, [out, in, kh, kw], for each pixel of y.
///
///     y[n, i, j, o] = bias[i, j, o] + sum over (p, q, c) of x[n, i stride_h - top + p dilation_h, j stride_w - left + q dilation_w, c]
///                                      w[i, j, o, c, p, q]
///
/// x is zero outside the image. Results do not depend on how tasks are dealt out to threads.
#pragma once
#include <stdint.h>

typedef struct zoo_local {
  int64_t images, in_h, in_w, in_c, out_h, out_w, out_c;
  int64_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, top, left;
} zoo_local;

/// The floats that each thread wants of its own.
int64_t zoo_local_slab(const zoo_local *local);

/// y of pixels [from, to) of the out_h * out_w, in all images. `bias` may be NULL.
void zoo_local_forward(
  const zoo_local *local, const float *x, const float *weight, const float *bias, float *y, float *slab, int64_t from, int64_t to);

/// Adds to dx what rows [from, to) of those of y that are first, first + step, ... give it. Rows that many windows' heights apart share no
/// pixel of x: that is what `zoo_local_step` counts.
int64_t zoo_local_step(const zoo_local *local);
void zoo_local_back(
  const zoo_local *local, const float *weight, const float *dy, float *dx, float *slab, int64_t first, int64_t from, int64_t to);

/// The gradients by the kernels of pixels [from, to), and by their biases; either may be NULL.
void zoo_local_weight(
  const zoo_local *local, const float *x, const float *dy, float *dweight, float *dbias, float *slab, int64_t from, int64_t to);
