#include "kernels/nest.h"

#include <stdbool.h>

zoo_nest zoo_nest_make(int64_t rank, const int64_t *length, int64_t operands, const int64_t *strides) {
  zoo_nest nest = {.count = 1};
  for (int64_t axis = 0; axis < rank; axis++) {
    nest.count *= length[axis];
    if (length[axis] == 1) continue;
    const int64_t outer = nest.rank - 1;
    bool merges = nest.rank > 0;
    for (int64_t o = 0; o < operands && merges; o++)
      merges = nest.stride[o][outer] == strides[o * rank + axis] * length[axis];
    const int64_t at = merges ? outer : nest.rank++;
    nest.length[at] = merges ? nest.length[outer] * length[axis] : length[axis];
    for (int64_t o = 0; o < operands; o++) nest.stride[o][at] = strides[o * rank + axis];
  }
  if (nest.rank == 0) {
    nest.rank = 1;
    nest.length[0] = 1;
    for (int64_t o = 0; o < operands; o++) nest.stride[o][0] = 1;
  }
  return nest;
}
