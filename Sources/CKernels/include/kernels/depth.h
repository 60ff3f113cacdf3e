/// Volumes [N, D, H, W, C] as images whose channels are those of a window's slices: image m = n out_d + d is [H, W, C kernel_d], and its
/// channel c kernel_d + k is channel c of slice d stride - front + k dilation, or 0 outside the volume.
#pragma once
#include <stdint.h>

typedef struct zoo_depth {
  int64_t in_d, out_d, kernel_d, stride_d, dilation_d, front;
  int64_t pixels, channels; ///< H * W, and C
} zoo_depth;

/// Images [first, first + count), pixels [from, to) of all `count * pixels` of them.
void zoo_depth_gather(const zoo_depth *depth, const float *volumes, int64_t first, float *images, int64_t from, int64_t to);

/// Adds images [first, first + count) to the volumes they come of: pixels [from, to) of each slice.
void zoo_depth_add(
  const zoo_depth *depth, const float *images, int64_t first, int64_t count, float *volumes, int64_t from, int64_t to);
