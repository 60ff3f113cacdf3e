#include "conv_depthwise.h"

#include <string.h>

#include "ranges.h"

#define TEMPLATE "conv_depthwise_template.h"
#include "generations.h"

void zoo_depthwise_forward(
  const zoo_conv *conv, const float *x, const float *packed, const float *bias, float *y, int64_t from, int64_t to) {
  ZOO_BEST(forward)(conv, x, packed, bias, y, from, to);
}

void zoo_depthwise_back(const zoo_conv *conv, const float *dy, const float *packed, float *dx, int64_t from, int64_t to) {
  ZOO_BEST(back)(conv, dy, packed, dx, from, to);
}

void zoo_depthwise_weight(const zoo_conv *conv, const float *x, const float *dy, float *partial, int64_t from, int64_t to) {
  ZOO_BEST(weight)(conv, x, dy, partial, from, to);
}

void zoo_depthwise_pack(const zoo_conv *conv, const float *weight, float *packed) {
  const int64_t taps = conv->kernel_h * conv->kernel_w;
  for (int64_t tap = 0; tap < taps; tap++)
    for (int64_t c = 0; c < conv->in_c; c++) packed[tap * conv->in_c + c] = weight[c * taps + tap];
}

void zoo_depthwise_weight_sum(const zoo_conv *conv, const float *partial, float *dw) {
  const int64_t taps = conv->kernel_h * conv->kernel_w;
  for (int64_t tap = 0; tap < taps; tap++)
    for (int64_t c = 0; c < conv->in_c; c++) {
      float sum = 0;
      for (int64_t chunk = 0; chunk < conv->chunks; chunk++) sum += partial[(chunk * taps + tap) * conv->in_c + c];
      dw[c * taps + tap] = sum;
    }
}
