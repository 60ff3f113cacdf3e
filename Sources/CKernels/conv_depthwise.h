/// Convolutions of each channel by itself: the products are too small for tiles, and channels lie side by side.
#pragma once
#include "kernels/conv.h"

/// w[C, 1, kh, kw] as [kh, kw, C], and the other way around with the sum of the chunks.
void zoo_depthwise_pack(const zoo_conv *conv, const float *weight, float *packed);
void zoo_depthwise_weight_sum(const zoo_conv *conv, const float *partial, float *dw);

/// Rows [from, to) of all images of y, and of dx.
void zoo_depthwise_forward(
  const zoo_conv *conv, const float *x, const float *packed, const float *bias, float *y, int64_t from, int64_t to);
void zoo_depthwise_back(const zoo_conv *conv, const float *dy, const float *packed, float *dx, int64_t from, int64_t to);

/// Chunks [from, to) of the weights' gradients.
void zoo_depthwise_weight(const zoo_conv *conv, const float *x, const float *dy, float *partial, int64_t from, int64_t to);
