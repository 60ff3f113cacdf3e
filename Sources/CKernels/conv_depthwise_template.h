// Depthwise convolution for one generation of processors: see generations.h.

/// Channels [c, c + n) of one pixel of y. `x` is the window's first pixel, which may be outside the image.
INLINE void NAME(pixel)(
  int64_t c, const int64_t n, const zoo_conv *conv, const float *x, const float *packed, const float *bias, zoo_range rows,
  zoo_range columns, float *y) {
  const int64_t channels = conv->in_c, step = conv->dilation_w * channels;
  NAME(vector) sum = bias ? NAME(load)(bias + c, n) : (NAME(vector)){0};
  for (int64_t p = rows.first; p < rows.end; p++) {
    const float *in = x + p * conv->dilation_h * conv->in_w * channels + c, *w = packed + p * conv->kernel_w * channels + c;
    for (int64_t q = columns.first; q < columns.end; q++) sum += NAME(load)(in + q * step, n) * NAME(load)(w + q * channels, n);
  }
  NAME(store)(y + c, sum, n);
}

/// The same for `count` pixels whose windows are three by three and inside the image, with the weights in registers.
INLINE void NAME(pixels3)(
  int64_t c, const int64_t n, const zoo_conv *conv, const float *x, const float *packed, const float *bias, int64_t count, float *y) {
  const int64_t channels = conv->in_c, step = conv->dilation_w * channels, pitch = conv->dilation_h * conv->in_w * channels;
  const NAME(vector) start = bias ? NAME(load)(bias + c, n) : (NAME(vector)){0};
  NAME(vector) w[9];
  UNROLL for (int i = 0; i < 9; i++) w[i] = NAME(load)(packed + i * channels + c, n);
  x += c;
  y += c;
  for (int64_t j = 0; j < count; j++, x += conv->stride_w * channels, y += channels) {
    NAME(vector) sum[3];
    UNROLL for (int p = 0; p < 3; p++) {
      sum[p] = NAME(load)(x + p * pitch, n) * w[3 * p];
      UNROLL for (int q = 1; q < 3; q++) sum[p] += NAME(load)(x + p * pitch + q * step, n) * w[3 * p + q];
    }
    NAME(store)(y, start + (sum[0] + sum[1] + sum[2]), n);
  }
}

TARGET static void NAME(forward)(
  const zoo_conv *conv, const float *x, const float *packed, const float *bias, float *y, int64_t from, int64_t to) {
  const int64_t channels = conv->in_c, pitch = conv->in_w * channels;
  for (int64_t row = from; row < to; row++) {
    const int64_t top = row % conv->out_h * conv->stride_h - conv->top;
    const zoo_range rows = zoo_inside(top, conv->dilation_h, conv->in_h, conv->kernel_h);
    const float *in = x + (row / conv->out_h * conv->in_h + top) * pitch;
    // The pixels whose windows neither begin before the image nor end behind it.
    const int64_t width = zoo_most(0, conv->in_w - (conv->kernel_w - 1) * conv->dilation_w);
    const zoo_range inner = zoo_inside(-conv->left, conv->stride_w, width, conv->out_w);
    const int is_quick = conv->kernel_h == 3 && conv->kernel_w == 3 && rows.end - rows.first == 3 && inner.end > inner.first;
    for (int64_t j = 0; j < conv->out_w; j++) {
      const int64_t left = j * conv->stride_w - conv->left;
      if (is_quick && j == inner.first) {
        float *out = y + (row * conv->out_w + j) * channels;
        FOR_CHANNELS(channels, pixels3, conv, in + left * channels, packed, bias, inner.end - inner.first, out);
        j = inner.end - 1;
        continue;
      }
      const zoo_range columns = zoo_inside(left, conv->dilation_w, conv->in_w, conv->kernel_w);
      float *out = y + (row * conv->out_w + j) * channels;
      FOR_CHANNELS(channels, pixel, conv, in + left * channels, packed, bias, rows, columns, out);
    }
  }
}

/// Adds what the pixels of one row of dy give to those of dx through one tap.
INLINE void NAME(spread)(
  int64_t c, const int64_t n, const zoo_conv *conv, const float *dy, const float *w, zoo_range columns, int64_t left, float *dx) {
  const int64_t channels = conv->in_c;
  const NAME(vector) weight = NAME(load)(w + c, n);
  for (int64_t j = columns.first; j < columns.end; j++) {
    float *at = dx + (left + j * conv->stride_w) * channels + c;
    NAME(store)(at, NAME(load)(at, n) + NAME(load)(dy + j * channels + c, n) * weight, n);
  }
}

TARGET static void NAME(back)(
  const zoo_conv *conv, const float *dy, const float *packed, float *dx, int64_t from, int64_t to) {
  const int64_t channels = conv->in_c, pitch = conv->out_w * channels;
  for (int64_t row = from; row < to; row++) {
    float *out = dx + row * conv->in_w * channels;
    memset(out, 0, (size_t)(conv->in_w * channels) * sizeof(float));
    for (int64_t p = 0; p < conv->kernel_h; p++) {
      const int64_t below = row % conv->in_h + conv->top - p * conv->dilation_h;
      if (below < 0 || below % conv->stride_h != 0 || below / conv->stride_h >= conv->out_h) continue;
      const float *in = dy + (row / conv->in_h * conv->out_h + below / conv->stride_h) * pitch;
      for (int64_t q = 0; q < conv->kernel_w; q++) {
        const int64_t left = q * conv->dilation_w - conv->left;
        const zoo_range columns = zoo_inside(left, conv->stride_w, conv->in_w, conv->out_w);
        FOR_CHANNELS(channels, spread, conv, in, packed + (p * conv->kernel_w + q) * channels, columns, left, out);
      }
    }
  }
}

/// Adds what the pixels of one row of y give to the gradients of one tap.
INLINE void NAME(gather)(
  int64_t c, const int64_t n, const zoo_conv *conv, const float *x, const float *dy, zoo_range columns, int64_t left, float *sums) {
  const int64_t channels = conv->in_c, step = conv->stride_w * channels;
  const float *a = x + left * channels + c, *b = dy + c;
  NAME(vector) even = NAME(load)(sums + c, n), odd = {0};
  int64_t j = columns.first;
  for (; j + 2 <= columns.end; j += 2) {
    even += NAME(load)(a + j * step, n) * NAME(load)(b + j * channels, n);
    odd += NAME(load)(a + (j + 1) * step, n) * NAME(load)(b + (j + 1) * channels, n);
  }
  if (j < columns.end) even += NAME(load)(a + j * step, n) * NAME(load)(b + j * channels, n);
  NAME(store)(sums + c, even + odd, n);
}

TARGET static void NAME(weight)(const zoo_conv *conv, const float *x, const float *dy, float *partial, int64_t from, int64_t to) {
  const int64_t channels = conv->in_c, size = conv->kernel_h * conv->kernel_w * channels;
  for (int64_t chunk = from; chunk < to; chunk++) {
    const zoo_range rows = zoo_share(conv->images * conv->out_h, conv->chunks, chunk);
    float *sums = partial + chunk * size;
    memset(sums, 0, (size_t)size * sizeof(float));
    for (int64_t row = rows.first; row < rows.end; row++) {
      const int64_t top = row % conv->out_h * conv->stride_h - conv->top;
      const zoo_range taps = zoo_inside(top, conv->dilation_h, conv->in_h, conv->kernel_h);
      for (int64_t p = taps.first; p < taps.end; p++) {
        const float *in = x + (row / conv->out_h * conv->in_h + top + p * conv->dilation_h) * conv->in_w * channels;
        for (int64_t q = 0; q < conv->kernel_w; q++) {
          const int64_t left = q * conv->dilation_w - conv->left;
          const zoo_range columns = zoo_inside(left, conv->stride_w, conv->in_w, conv->out_w);
          float *tap = sums + (p * conv->kernel_w + q) * channels;
          FOR_CHANNELS(channels, gather, conv, in, dy + row * conv->out_w * channels, columns, left, tap);
        }
      }
    }
  }
}
