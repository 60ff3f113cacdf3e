#include "kernels/shuffle.h"

#include "kernels/clones.h"

/// One row of y, and the r rows of x that it is.
ZOO_INLINE void shuffle_row(float *x, float *y, int64_t width, int64_t channels, const int64_t r, const int to_depth) {
  for (int64_t i = 0; i < r; i++)
    for (int64_t w = 0; w < width; w++)
      for (int64_t j = 0; j < r; j++) {
        float *pixel = x + ((i * width + w) * r + j) * channels, *places = y + w * channels * r * r + i * r + j;
        if (to_depth) ZOO_SIMD for (int64_t c = 0; c < channels; c++) places[c * r * r] = pixel[c];
        else ZOO_SIMD for (int64_t c = 0; c < channels; c++) pixel[c] = places[c * r * r];
      }
}

ZOO_INLINE void shuffle(float *x, float *y, int64_t width, int64_t channels, int64_t r, int64_t from, int64_t to, const int to_depth) {
  const int64_t size = width * channels * r * r;
  for (int64_t row = from; row < to; row++) {
    switch (r) { // so that the common ones are compiled with a constant
    case 2: shuffle_row(x + row * size, y + row * size, width, channels, 2, to_depth); break;
    case 3: shuffle_row(x + row * size, y + row * size, width, channels, 3, to_depth); break;
    case 4: shuffle_row(x + row * size, y + row * size, width, channels, 4, to_depth); break;
    default: shuffle_row(x + row * size, y + row * size, width, channels, r, to_depth); break;
    }
  }
}

ZOO_CLONES void zoo_space_to_depth(const float *x, int64_t width, int64_t channels, int64_t r, float *y, int64_t from, int64_t to) {
  shuffle((float *)x, y, width, channels, r, from, to, 1);
}

ZOO_CLONES void zoo_depth_to_space(const float *y, int64_t width, int64_t channels, int64_t r, float *x, int64_t from, int64_t to) {
  shuffle(x, (float *)y, width, channels, r, from, to, 0);
}
