/// Convolutions of one channel into a few.
#pragma once
#include "conv_shape.h"

int zoo_conv_is_planar(const zoo_conv *conv);

/// Bands [from, to) of all images of y. `weight` is as it is in files; `slab` has so many floats.
int64_t zoo_planar_slab(const zoo_conv *conv);
void zoo_planar_forward(
  const zoo_conv *conv, const float *x, const float *weight, const float *bias, const zoo_epilogue *epilogue, float *y, float *slab,
  int64_t from, int64_t to);
