#include "kernels/depth.h"

#include <string.h>

#include "kernels/clones.h"
#include "ranges.h"

/// The slice that tap k of image m reads, or NULL.
ZOO_INLINE float *slice(const zoo_depth *d, float *volumes, int64_t m, int64_t k) {
  const int64_t z = m % d->out_d * d->stride_d - d->front + k * d->dilation_d;
  return z >= 0 && z < d->in_d ? volumes + (m / d->out_d * d->in_d + z) * d->pixels * d->channels : 0;
}

/// `count` elements of every slice side by side, `taps` of them.
ZOO_INLINE void interleave(const zoo_depth *d, float *volumes, int64_t m, int64_t start, int64_t count, const int64_t taps, float *out) {
  for (int64_t k = 0; k < taps; k++) {
    const float *in = slice(d, volumes, m, k);
    if (in) ZOO_SIMD for (int64_t i = 0; i < count; i++) out[i * taps + k] = in[start + i];
    else ZOO_SIMD for (int64_t i = 0; i < count; i++) out[i * taps + k] = 0;
  }
}

/// The same where all three slices are there.
ZOO_INLINE void interleave3(const float *a, const float *b, const float *c, int64_t count, float *out) {
  ZOO_SIMD for (int64_t i = 0; i < count; i++) {
    out[3 * i] = a[i];
    out[3 * i + 1] = b[i];
    out[3 * i + 2] = c[i];
  }
}

ZOO_CLONES void zoo_depth_gather(const zoo_depth *d, const float *volumes, int64_t first, float *images, int64_t from, int64_t to) {
  const int64_t taps = d->kernel_d;
  for (int64_t at = from; at < to;) {
    const int64_t m = first + at / d->pixels, pixel = at % d->pixels, count = zoo_least(to - at, d->pixels - pixel);
    const int64_t start = pixel * d->channels, length = count * d->channels;
    float *all = (float *)volumes, *out = images + at * d->channels * taps;
    const float *a = slice(d, all, m, 0), *b = taps > 1 ? slice(d, all, m, 1) : 0, *c = taps > 2 ? slice(d, all, m, 2) : 0;
    if (taps == 1 && a) memcpy(out, a + start, (size_t)length * sizeof(float));
    else if (taps == 3 && a && b && c) interleave3(a + start, b + start, c + start, length, out);
    else interleave(d, all, m, start, length, taps, out);
    at += count;
  }
}

ZOO_CLONES void zoo_depth_add(
  const zoo_depth *d, const float *images, int64_t first, int64_t count, float *volumes, int64_t from, int64_t to) {
  const int64_t taps = d->kernel_d, start = from * d->channels, length = (to - from) * d->channels;
  for (int64_t i = 0; i < count; i++) {
    const float *in = images + (i * d->pixels * d->channels + start) * taps;
    for (int64_t k = 0; k < taps; k++) {
      float *out = slice(d, volumes, first + i, k);
      if (!out) continue;
      ZOO_SIMD for (int64_t e = 0; e < length; e++) out[start + e] += in[e * taps + k];
    }
  }
}
