/// Convolutions by windows of 3x3, side by side, with fewer products: Winograd's minimal filtering F(2x2, 3x3).
///
///     y = A^T [sum over channels of (G w G^T) (B^T x B), element by element] A
///
/// for each tile of 2x2 pixels of y and the 4x4 pixels of x that it depends on. A tile takes 16 products where its windows take 36, and each of
/// the 16 is a product of matrices: of tiles by input channels, and of these by outputs. B^T and A^T only add, so that rounding is little more
/// than that of the windows' own sums. (Lavin & Gray 2016, Fast Algorithms for Convolutional Neural Networks, arXiv:1509.09308)
#pragma once
#include "conv_shape.h"

/// Cuts the work up, where it is worth it.
void zoo_winograd_prepare(zoo_conv *conv);

/// The convolution of dy that is dx.
zoo_conv zoo_winograd_turned(const zoo_conv *conv);

/// G w G^T, cut up by columns: its size in floats, the number of panels, and panels [from, to) of it. With `turns`, `conv` is what
/// zoo_winograd_turned made, and `weight` that of the convolution that it was made of.
int64_t zoo_winograd_packed_count(const zoo_conv *conv);
int64_t zoo_winograd_panels(const zoo_conv *conv);
void zoo_winograd_pack(const zoo_conv *conv, const float *weight, int turns, int64_t from, int64_t to, float *packed);

int64_t zoo_winograd_tasks(const zoo_conv *conv);
int64_t zoo_winograd_slab(const zoo_conv *conv);
/// x, y and addend are f32, or with `is_bf16` bf16; then the epilogue is NULL, or one that zoo_epilogue_range knows.
void zoo_winograd_forward(
  const zoo_conv *conv, const void *x, const float *packed, const float *bias, const void *addend, const zoo_epilogue *epilogue,
  void *y, float *slab, int64_t from, int64_t to);
