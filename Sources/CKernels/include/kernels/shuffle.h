/// Pixels into channels and back: x [H r, W r, C] and y [H, W, C r r], where channel c r r + i r + j of y at (h, w) is channel c of x at
/// (h r + i, w r + j), as PyTorch has it.
#pragma once
#include <stdint.h>

/// Rows [from, to) of all the rows of y, `width` pixels each, of `channels` channels in x: y from x, or x from y.
void zoo_space_to_depth(const float *x, int64_t width, int64_t channels, int64_t r, float *y, int64_t from, int64_t to);
void zoo_depth_to_space(const float *y, int64_t width, int64_t channels, int64_t r, float *x, int64_t from, int64_t to);
