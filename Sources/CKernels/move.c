#include "kernels/move.h"

#include "cursor.h"

/// Transposes go by square blocks of square tiles.
enum { TILE = 16, BLOCK = 64 };

/// The loops over the blocks of a tiled nest: its own, the last two in steps of a block.
ZOO_INLINE zoo_nest blocks_of(const zoo_nest *nest) {
  zoo_nest blocks = *nest;
  for (int64_t axis = nest->rank - 2; axis < nest->rank; axis++) {
    blocks.length[axis] = (nest->length[axis] + BLOCK - 1) / BLOCK;
    for (int o = 0; o < ZOO_NEST_OPERANDS; o++) blocks.stride[o][axis] *= BLOCK;
  }
  blocks.count = 1;
  for (int64_t axis = 0; axis < blocks.rank; axis++) blocks.count *= blocks.length[axis];
  return blocks;
}

#define COPIED(to, value) to = value
#define ADDED(to, value) to += value

#define T uint8_t
#define NAMED(name) name##_1
#define STORE COPIED
#include "move_template.h"

#define T uint16_t
#define NAMED(name) name##_2
#define STORE COPIED
#include "move_template.h"

#define T uint32_t
#define NAMED(name) name##_4
#define STORE COPIED
#include "move_template.h"

#define T uint64_t
#define NAMED(name) name##_8
#define STORE COPIED
#include "move_template.h"

#define T float
#define NAMED(name) name##_add
#define STORE ADDED
#include "move_template.h"

ZOO_CLONES void zoo_copy(int64_t size, const zoo_nest *nest, void *destination, const void *source, int64_t from, int64_t to) {
  switch (size) {
  case 1: return walk_1(nest, destination, source, from, to);
  case 2: return walk_2(nest, destination, source, from, to);
  case 4: return walk_4(nest, destination, source, from, to);
  default: return walk_8(nest, destination, source, from, to);
  }
}

ZOO_CLONES void zoo_add(const zoo_nest *nest, float *destination, const float *source, int64_t from, int64_t to) {
  walk_add(nest, destination, source, from, to);
}

ZOO_CLONES void zoo_copy_tiled(int64_t size, const zoo_nest *nest, void *destination, const void *source, int64_t from, int64_t to) {
  switch (size) {
  case 1: return blocks_1(nest, destination, source, from, to);
  case 2: return blocks_2(nest, destination, source, from, to);
  case 4: return blocks_4(nest, destination, source, from, to);
  default: return blocks_8(nest, destination, source, from, to);
  }
}

ZOO_CLONES void zoo_add_tiled(const zoo_nest *nest, float *destination, const float *source, int64_t from, int64_t to) {
  blocks_add(nest, destination, source, from, to);
}

int64_t zoo_block_count(const zoo_nest *nest) { return blocks_of(nest).count; }

int32_t zoo_nest_tile(zoo_nest *nest) {
  const int64_t last = nest->rank - 1;
  if (nest->rank < 2 || nest->stride[0][last] != 1 || nest->stride[1][last] == 1 || nest->length[last] < 4) return 0;
  int64_t dense = -1;
  for (int64_t axis = 0; axis < last; axis++)
    if (nest->stride[1][axis] == 1 && nest->length[axis] >= 4) dense = axis;
  if (dense < 0) return 0;
  const zoo_nest old = *nest;
  for (int64_t axis = dense; axis < last; axis++) {
    const int64_t from = axis == last - 1 ? dense : axis + 1;
    nest->length[axis] = old.length[from];
    for (int o = 0; o < ZOO_NEST_OPERANDS; o++) nest->stride[o][axis] = old.stride[o][from];
  }
  return 1;
}
