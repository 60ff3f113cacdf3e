/// Walks the innermost loops of a nest, one run after another.
#pragma once
#include "kernels/clones.h"
#include "kernels/nest.h"

/// Where a walk stands: `run` steps of the innermost axis lie ahead, each operand `offset` elements from its start.
typedef struct {
  int64_t run, left;
  int64_t offset[ZOO_NEST_OPERANDS];
  int64_t index[ZOO_NEST_AXES];
} zoo_cursor;

/// The walk over steps [from, to):  for (zoo_cursor c = zoo_start(nest, from, to); c.left > 0; zoo_next(nest, &c)) ...
ZOO_INLINE zoo_cursor zoo_start(const zoo_nest *nest, int64_t from, int64_t to) {
  zoo_cursor c = {.left = to - from};
  if (c.left <= 0) return c;
  for (int64_t axis = nest->rank - 1; axis >= 0; axis--) {
    c.index[axis] = from % nest->length[axis];
    from /= nest->length[axis];
    for (int o = 0; o < ZOO_NEST_OPERANDS; o++) c.offset[o] += c.index[axis] * nest->stride[o][axis];
  }
  const int64_t last = nest->rank - 1, rest = nest->length[last] - c.index[last];
  c.run = rest < c.left ? rest : c.left;
  return c;
}

ZOO_INLINE void zoo_next(const zoo_nest *nest, zoo_cursor *c) {
  c->left -= c->run;
  if (c->left <= 0) return;
  const int64_t last = nest->rank - 1;
  for (int o = 0; o < ZOO_NEST_OPERANDS; o++) c->offset[o] -= c->index[last] * nest->stride[o][last];
  c->index[last] = 0;
  for (int64_t axis = last - 1; axis >= 0; axis--) {
    if (++c->index[axis] < nest->length[axis]) {
      for (int o = 0; o < ZOO_NEST_OPERANDS; o++) c->offset[o] += nest->stride[o][axis];
      break;
    }
    for (int o = 0; o < ZOO_NEST_OPERANDS; o++) c->offset[o] -= (nest->length[axis] - 1) * nest->stride[o][axis];
    c->index[axis] = 0;
  }
  c->run = nest->length[last] < c->left ? nest->length[last] : c->left;
}
