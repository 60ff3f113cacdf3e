/// Walks the innermost loops of a nest, one run after another.
#pragma once
#include "kernels/clones.h"
#include "kernels/nest.h"

/// Where a walk stands: `run` steps of the innermost axis lie ahead, each operand `offset` elements from its start.
typedef struct {
  int64_t run, left;
  int64_t rows, column; ///< runs left on the innermost axis but one, this one included; where on its axis the run starts
  int64_t offset[ZOO_NEST_OPERANDS];
  int64_t index[ZOO_NEST_AXES]; ///< of the axes outside the innermost two
} zoo_cursor;

/// The walk over steps [from, to):  for (zoo_cursor c = zoo_start(nest, from, to); c.left > 0; zoo_next(nest, &c)) ...
ZOO_INLINE zoo_cursor zoo_start(const zoo_nest *nest, int64_t from, int64_t to) {
  zoo_cursor c = {.left = to - from, .rows = 1};
  if (c.left <= 0) return c;
  const int64_t last = nest->rank - 1;
  for (int64_t axis = last; axis >= 0; axis--) {
    c.index[axis] = from % nest->length[axis];
    from /= nest->length[axis];
    for (int o = 0; o < ZOO_NEST_OPERANDS; o++) c.offset[o] += c.index[axis] * nest->stride[o][axis];
  }
  c.column = c.index[last];
  if (last > 0) c.rows = nest->length[last - 1] - c.index[last - 1];
  c.run = nest->length[last] - c.column < c.left ? nest->length[last] - c.column : c.left;
  return c;
}

/// On to the first row of the next of the axes outside the innermost two.
ZOO_INLINE void zoo_next_block(const zoo_nest *nest, zoo_cursor *c) {
  const int64_t inner = nest->rank - 2;
  for (int o = 0; o < ZOO_NEST_OPERANDS; o++) c->offset[o] -= (nest->length[inner] - 1) * nest->stride[o][inner];
  for (int64_t axis = inner - 1; axis >= 0; axis--) {
    if (++c->index[axis] < nest->length[axis]) {
      for (int o = 0; o < ZOO_NEST_OPERANDS; o++) c->offset[o] += nest->stride[o][axis];
      break;
    }
    for (int o = 0; o < ZOO_NEST_OPERANDS; o++) c->offset[o] -= (nest->length[axis] - 1) * nest->stride[o][axis];
    c->index[axis] = 0;
  }
  c->rows = nest->length[inner];
}

ZOO_INLINE void zoo_next(const zoo_nest *nest, zoo_cursor *c) {
  c->left -= c->run;
  if (c->left <= 0) return;
  const int64_t last = nest->rank - 1; // which is not 0, since there is more than one run
  if (c->column > 0) {
    for (int o = 0; o < ZOO_NEST_OPERANDS; o++) c->offset[o] -= c->column * nest->stride[o][last];
    c->column = 0;
  }
  if (--c->rows > 0) {
    for (int o = 0; o < ZOO_NEST_OPERANDS; o++) c->offset[o] += nest->stride[o][last - 1];
  } else {
    zoo_next_block(nest, c);
  }
  c->run = nest->length[last] < c->left ? nest->length[last] : c->left;
}
