/// Drawing a class by its logit.
#pragma once
#include <stdint.h>

/// A class and its weight: what a row's scratch is made of.
typedef struct zoo_choice {
  float weight;
  int32_t index;
} zoo_choice;

/// What may be drawn, and how evenly.
typedef struct zoo_sampling {
  double temperature; ///< weights are exp(logit / temperature); above 0
  int64_t top_k;      ///< only so many of the largest; 0: all
  double top_p;       ///< of these only the fewest, largest first, that make up this share of the sum; 1: all
} zoo_sampling;

/// Draws one of n classes, with `random` uniform on 64 bits. Of equal logits the earlier counts as larger. `choices` has room for n,
/// unless top_k is 0 and top_p is 1. Returns -1 if the largest logit is infinite, or one is NaN.
int64_t zoo_sample(const zoo_sampling *sampling, const float *logits, int64_t n, uint64_t random, zoo_choice *choices);
