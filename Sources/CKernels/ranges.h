/// Which windows and pixels are inside an image.
#pragma once
#include <stdint.h>

static inline int64_t zoo_least(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t zoo_most(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t zoo_ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

typedef struct zoo_range {
  int64_t first, end;
} zoo_range;

/// The steps i with 0 <= start + i * stride < length, among those below `count`.
static inline zoo_range zoo_inside(int64_t start, int64_t stride, int64_t length, int64_t count) {
  zoo_range r = {start >= 0 ? 0 : zoo_ceil_div(-start, stride), start >= length ? 0 : zoo_ceil_div(length - start, stride)};
  r.end = zoo_least(r.end, count);
  if (r.end < r.first) r.end = r.first;
  return r;
}

/// Part `index` of `parts` of 0 ..< length, as equal as can be.
static inline zoo_range zoo_share(int64_t length, int64_t parts, int64_t index) {
  return (zoo_range){index * length / parts, (index + 1) * length / parts};
}
