/// What the convolution's kernels share.
#pragma once
#include <string.h>

#include "conv_depthwise.h"
#include "gemm_panels.h"
#include "kernels/conv.h"
#include "kernels/gemm.h"

static inline int64_t zoo_conv_taps(const zoo_conv *c) { return c->kernel_h * c->kernel_w; }

/// Windows as large as the image make a plain matrix product of the batch: its images are the pixels of a single row, `step` floats apart.
static inline int zoo_conv_is_dense(const zoo_conv *c) { return c->out_h == 1 && c->out_w == 1 && !c->is_padded && c->top == 0; }
static inline int64_t zoo_conv_images(const zoo_conv *c) { return zoo_conv_is_dense(c) ? 1 : c->images; }
static inline int64_t zoo_conv_pixels(const zoo_conv *c) { return zoo_conv_is_dense(c) ? c->images : c->out_w; }
static inline int64_t zoo_conv_step(const zoo_conv *c) {
  return zoo_conv_is_dense(c) ? c->in_h * c->in_w * c->in_c : c->stride_w * c->in_c;
}

/// The same of bf16, in pairs of it: what is said of floats of x, y and the kernel is said of four bytes.
static inline zoo_conv zoo_conv_words(const zoo_conv *c) {
  zoo_conv words = *c;
  words.in_c /= 2, words.group_in /= 2, words.depth /= 2, words.out_step /= 2;
  return words;
}

/// The size of a kernel in panels, in floats: packed for forward in most cases, and of its gradients always.
int64_t zoo_conv_tiled_count(const zoo_conv *c);

/// Panel `index`, counted through all groups: its first output, and where it starts in the packed kernel.
zoo_panel zoo_conv_panel(const zoo_conv *c, int64_t index, int64_t *column, int64_t *start);

/// The kernel of zoo_conv_back is so many matrices of so many columns each, and a step for each output of a group. They lie one behind the
/// other in each panel; panel `index`, counted through all groups, starts at the pointer that is returned.
int64_t zoo_conv_back_columns(const zoo_conv *c);
int64_t zoo_conv_back_matrices(const zoo_conv *c);
const float *zoo_conv_back_panel(const zoo_conv *c, const float *packed, int64_t index, zoo_panel *panel);

/// Rows [from, to) of an image, widened to the `wide` columns from -left on.
static inline void zoo_conv_widen(const zoo_conv *c, const float *image, int64_t from, int64_t to, float *slab) {
  const int64_t before = zoo_least(c->left, c->wide), inside = zoo_most(0, zoo_least(c->in_w, c->wide - c->left)), channels = c->in_c;
  const int64_t after = c->wide - before - inside;
  for (int64_t row = from; row < to; row++, slab += c->wide * channels) {
    memset(slab, 0, (size_t)(before * channels) * sizeof(float));
    memcpy(slab + before * channels, image + row * c->in_w * channels, (size_t)(inside * channels) * sizeof(float));
    memset(slab + (before + inside) * channels, 0, (size_t)(after * channels) * sizeof(float));
  }
}
