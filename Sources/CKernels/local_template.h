// Locally connected layers for one generation of processors: see generations.h.

/// y of `outputs` outputs of `images` images: the products of kernels and windows, both of `size` floats.
INLINE void NAME(dots)(
  const float *kernels, const int outputs, const float *windows, const int images, int64_t size, const float *bias, float *y,
  int64_t step) {
  NAME(vector) sums[4][2];
  UNROLL for (int o = 0; o < outputs; o++) UNROLL for (int n = 0; n < images; n++) sums[o][n] = (NAME(vector)){0};
  for (int64_t k = 0; k < size; k += WIDTH) {
    const int64_t count = zoo_least(WIDTH, size - k);
    NAME(vector) window[2];
    UNROLL for (int n = 0; n < images; n++) window[n] = NAME(load)(windows + n * size + k, count);
    UNROLL for (int o = 0; o < outputs; o++) {
      const NAME(vector) kernel = NAME(load)(kernels + o * size + k, count);
      UNROLL for (int n = 0; n < images; n++) sums[o][n] += kernel * window[n];
    }
  }
  UNROLL for (int o = 0; o < outputs; o++) UNROLL for (int n = 0; n < images; n++) {
    float sum = 0;
    for (int i = 0; i < WIDTH; i++) sum += sums[o][n][i];
    y[n * step + o] = sum + (bias ? bias[o] : 0);
  }
}

INLINE void NAME(outputs)(
  const float *kernels, int64_t outputs, const float *windows, const int images, int64_t size, const float *bias, float *y, int64_t step) {
  int64_t o = 0;
  for (; o + 4 <= outputs; o += 4) NAME(dots)(kernels + o * size, 4, windows, images, size, bias ? bias + o : 0, y + o, step);
  for (; o < outputs; o++) NAME(dots)(kernels + o * size, 1, windows, images, size, bias ? bias + o : 0, y + o, step);
}

TARGET static void NAME(local_forward)(
  const zoo_local *l, const float *x, const float *weight, const float *bias, float *y, float *slab, int64_t from, int64_t to) {
  const int64_t size = depth(l), image = l->in_h * l->in_w * l->in_c, step = l->out_h * l->out_w * l->out_c;
  for (int64_t pixel = from; pixel < to; pixel++) {
    const window w = window_of(l, pixel / l->out_w, pixel % l->out_w);
    const float *kernels = weight + pixel * l->out_c * size, *shift = bias ? bias + pixel * l->out_c : 0;
    for (int64_t n = 0; n < l->images; n += IMAGES) {
      const int64_t count = zoo_least(IMAGES, l->images - n);
      gather(l, &w, x + n * image, count, slab);
      float *out = y + n * step + pixel * l->out_c;
      int64_t i = 0;
      for (; i + 2 <= count; i += 2) NAME(outputs)(kernels, l->out_c, slab + i * size, 2, size, shift, out + i * step, step);
      if (i < count) NAME(outputs)(kernels, l->out_c, slab + i * size, 1, size, shift, out + i * step, step);
    }
  }
}
