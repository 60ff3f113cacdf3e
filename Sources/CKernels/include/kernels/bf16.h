/// What reads and writes bf16 (see bf16.h of CZoo) and computes with f32, a piece in the first-level cache at a time.
#pragma once
#include "activation.h"
#include "elementwise.h"
#include "pool.h"

/// y = f(x) for an activation, rounded once. y may be x.
void zoo_activation_bf16(zoo_activation_forward *f, const uint16_t *x, uint16_t *y, int64_t n, float a, float b);

/// y = a (operation) b, rounded once. y may be a or b.
void zoo_arithmetic_bf16(int32_t operation, const uint16_t *a, const uint16_t *b, uint16_t *y, int64_t n);

enum { ZOO_POOL_MAX = 0, ZOO_POOL_MIN = 1, ZOO_POOL_MEAN = 2 };

/// The largest of each window, the smallest, or the mean, rounded once: rows [from, to) of the images * out_h of y. `slab` is this
/// thread's own, of so many floats.
int64_t zoo_pool_slab(const zoo_pool *pool);
void zoo_pool_bf16(int32_t what, const zoo_pool *pool, const uint16_t *x, uint16_t *y, float *slab, int64_t from, int64_t to);
