#include "conv_planar.h"
#include "conv_winograd.h"

enum {
  EVEN = 4,            ///< bands are as many or a multiple, so that this many threads have the same to do
  TASKS = 16,          ///< as many as this, so that threads have something to share
  PIXELS = 128,        ///< of y (or dx) that a task computes, so that it reads the kernel for more than a few of them
  SLAB = 64 * 1024,    ///< floats of widened rows, which stay in the second-level cache
  LONG_RUN = 1024,     ///< floats
  FEW_CHANNELS = 16,   ///< a vector's worth
  PARTIALS = 1 << 20   ///< floats of weight gradients, at most
};

static int64_t even(int64_t bands, int64_t rows) { return bands < EVEN ? bands : zoo_least(rows, zoo_ceil_div(bands, EVEN) * EVEN); }

void zoo_conv_prepare(zoo_conv *c) {
  const int64_t taps = zoo_conv_taps(c);
  if (c->out_step == 0) c->out_step = c->out_c;
  c->group_in = c->in_c / c->groups;
  c->group_out = c->out_c / c->groups;
  c->is_planar = zoo_conv_is_planar(c);
  c->is_bf16 = c->is_bf16 && c->groups == 1 && c->in_c % 2 == 0 && c->out_c % 2 == 0 && c->out_step % 2 == 0 && zoo_machine_pairs();
  zoo_winograd_prepare(c);
  c->is_bf16 = c->is_bf16 && (c->is_winograd || taps == 1);
  c->is_depthwise = c->group_in == 1 && c->group_out == 1 && c->groups > 1;
  c->wide = (c->out_w - 1) * c->stride_w + (c->kernel_w - 1) * c->dilation_w + 1;
  c->is_padded = c->left > 0 || c->wide > c->in_w;
  const int is_dense = c->dilation_w == 1 && c->groups == 1;
  c->pieces = is_dense && c->kernel_w * c->in_c <= LONG_RUN ? 1 : c->kernel_w;
  c->depth = c->kernel_w * c->group_in / c->pieces;

  const int64_t rows_below = (c->kernel_h - 1) * c->dilation_h + 1, slab_rows = SLAB / (c->wide * c->in_c);
  const int64_t fitting = (slab_rows - rows_below) / c->stride_h + 1;
  const int64_t rows = zoo_most(1, zoo_least(zoo_ceil_div(PIXELS, c->out_w), c->is_padded ? fitting : c->out_h));
  c->bands = even(zoo_ceil_div(c->out_h, zoo_least(rows, c->out_h)), c->out_h);
  c->splits_panels = zoo_conv_panels(c) > 1 && c->images * c->bands < TASKS;

  c->scatters = is_dense && c->in_c < FEW_CHANNELS;
  const int64_t back_rows = zoo_most(1, zoo_least(zoo_ceil_div(PIXELS, c->in_w), slab_rows));
  c->back_bands = even(zoo_ceil_div(c->in_h, zoo_least(back_rows, c->in_h)), c->in_h);
  c->back_splits_panels = !c->scatters && zoo_conv_back_panels(c) > 1 && c->images * c->back_bands < TASKS;

  c->taps_apart = !is_dense || c->in_c >= FEW_CHANNELS;
  const int64_t units = c->is_depthwise || !c->taps_apart ? 1 : taps * c->groups * zoo_gemm_panels(c->group_out);
  const int64_t weights = taps * c->group_in * c->out_c, all = zoo_conv_images(c) * c->out_h;
  c->chunks = zoo_most(1, zoo_least(zoo_least(zoo_ceil_div(TASKS, units), all), PARTIALS / weights));
}
