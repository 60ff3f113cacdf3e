/// Convolutions of images [N, H, W, C] with a kernel [out, in / groups, kh, kw], by tiles of the matrix product that they are.
///
///     y[n, i, j, o] = bias[o] + sum over (p, q, c) of x[n, row, column, c] w[o, c, p, q]
///     row = i * stride_h - top + p * dilation_h, column = j * stride_w - left + q * dilation_w
///
/// x is zero outside the image. Nothing is copied but the rows of an image that padding widens. Results do not depend on how the tasks are
/// dealt out to threads.
#pragma once
#include <zoo/plan.h>

typedef struct zoo_conv {
  int64_t images, in_h, in_w, in_c, out_h, out_w, out_c;
  int64_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, top, left, groups;
  int64_t is_trained; ///< backward will follow, and kernels are packed each time
  int64_t is_bf16;    ///< x, y and addend of forward are wanted in bf16; zoo_conv_prepare leaves it where they can be
  int64_t out_step; ///< elements from one pixel of y to the next; 0: they are dense. Only forward knows others, and only if zoo_conv_adds

  // Filled in by zoo_conv_prepare:
  int64_t group_in, group_out; ///< channels of a group
  int64_t is_depthwise;        ///< each channel is a group of its own
  int64_t is_planar;           ///< forward is of one channel into a few
  int64_t is_winograd;         ///< forward multiplies transformed tiles of 2x2 pixels
  int64_t spans, parts;        ///< (then) a task computes one of so many parts of the tiles, and of the outputs
  int64_t is_winograd_back;    ///< dx is computed that way
  int64_t wide;                ///< columns that a row of windows covers, from -left on
  int64_t is_padded;           ///< some of them are outside the image
  int64_t pieces, depth;       ///< a row of the kernel is read as so many runs of so many floats
  int64_t bands;               ///< parts of an image's rows of y, of which a task computes all channels or one panel
  int64_t splits_panels;
  int64_t back_bands;          ///< the same for dx
  int64_t back_splits_panels;
  int64_t scatters;   ///< dx is computed a row of the kernel at a time, in products that overlap
  int64_t taps_apart; ///< the weight gradients of each tap and panel are a task of their own
  int64_t chunks;     ///< parts of the batch whose weight gradients are summed apart
} zoo_conv;

/// Decides how the work is cut up. It depends on the shapes alone.
void zoo_conv_prepare(zoo_conv *conv);

/// The kernel in the layout of zoo_conv_forward: its size in floats, the number of panels, and panels [from, to) of it.
int64_t zoo_conv_packed_count(const zoo_conv *conv);
int64_t zoo_conv_panels(const zoo_conv *conv);
void zoo_conv_pack(const zoo_conv *conv, const float *weight, int64_t from, int64_t to, float *packed);

/// y = epilogue(conv(x) + bias + addend), tasks [from, to). `slab` is this thread's own, of so many floats. `addend` has y's shape and may
/// be its memory, or NULL, which it is unless zoo_conv_adds and y is dense. x, addend and y are f32, or with `is_bf16` bf16: then the epilogue
/// is NULL, or one that zoo_epilogue_range knows, and sums and bias are f32 all the same.
int64_t zoo_conv_adds(const zoo_conv *conv);
int64_t zoo_conv_tasks(const zoo_conv *conv);
int64_t zoo_conv_slab(const zoo_conv *conv);
void zoo_conv_forward(
  const zoo_conv *conv, const void *x, const float *packed, const float *bias, const void *addend, const zoo_epilogue *epilogue,
  void *y, float *slab, int64_t from, int64_t to);

/// The same for dx, the gradient by the input, from dy and the kernel in a layout of its own.
int64_t zoo_conv_back_packed_count(const zoo_conv *conv);
int64_t zoo_conv_back_panels(const zoo_conv *conv);
void zoo_conv_back_pack(const zoo_conv *conv, const float *weight, int64_t from, int64_t to, float *packed);
int64_t zoo_conv_back_tasks(const zoo_conv *conv);
int64_t zoo_conv_back_slab(const zoo_conv *conv);
void zoo_conv_back(const zoo_conv *conv, const float *dy, const float *packed, float *dx, float *slab, int64_t from, int64_t to);

/// The gradient by the kernel, in two steps: tasks that fill `partial` (so many floats), and one that adds these up for panels [from, to).
int64_t zoo_conv_weight_tasks(const zoo_conv *conv);
int64_t zoo_conv_weight_slab(const zoo_conv *conv);
int64_t zoo_conv_weight_partial(const zoo_conv *conv);
void zoo_conv_weight(const zoo_conv *conv, const float *x, const float *dy, float *partial, float *slab, int64_t from, int64_t to);
int64_t zoo_conv_weight_panels(const zoo_conv *conv);
void zoo_conv_weight_sum(const zoo_conv *conv, const float *partial, float *dw, int64_t from, int64_t to);
