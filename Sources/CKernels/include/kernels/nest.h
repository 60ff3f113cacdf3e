/// Loop nests: how tensors are walked together, each with strides of its own.
#pragma once
#include <stdint.h>

enum { ZOO_NEST_AXES = 8, ZOO_NEST_OPERANDS = 3 };

/// Loops over at most 8 axes, outermost first, and how far each operand moves with each of them.
/// A kernel walks steps [from, to) of the `count` that the whole nest has, counted in row-major order, so that one nest can be
/// cut into parts anywhere.
typedef struct zoo_nest {
  int64_t count;
  int64_t rank; ///< at least 1
  int64_t length[ZOO_NEST_AXES];
  int64_t stride[ZOO_NEST_OPERANDS][ZOO_NEST_AXES]; ///< in elements; 0: the operand stays where it is
} zoo_nest;

/// The nest over `rank` axes of these lengths. Axes of one step are dropped, and neighbours that every operand walks as if they
/// were one axis are merged. `strides` has `rank` entries for each of `operands`.
zoo_nest zoo_nest_make(int64_t rank, const int64_t *length, int64_t operands, const int64_t *strides);
