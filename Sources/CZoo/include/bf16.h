/// Numbers in bf16, the upper half of an f32: no part of the protocol, but what both of its sides here compute with.
#pragma once
#include <stdint.h>

/// into[i] = from[i], exactly.
void zoo_bf16_widen(const uint16_t *from, float *into, int64_t count);

/// into[i] = from[i], rounded to the nearest, of two to the even one. Too large is infinite, and NaN stays NaN.
void zoo_bf16_narrow(const float *from, uint16_t *into, int64_t count);

/// The same, added to what is there: one rounding, of the sum.
void zoo_bf16_widen_add(const uint16_t *from, float *into, int64_t count);
void zoo_bf16_narrow_add(const float *from, uint16_t *into, int64_t count);
void zoo_bf16_add(const uint16_t *from, uint16_t *into, int64_t count);
