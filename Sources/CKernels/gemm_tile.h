/// The innermost loop of everything that multiplies matrices: a small tile of C in registers.
#pragma once
#include <stdint.h>

enum { ZOO_TILE_ROWS = 8, ZOO_TILE_VECTORS = 3 }; ///< the largest tile that any generation has

/// C (+)= A B for a tile of C. The sum runs over `segments` segments of `depth` steps; A starts `a_offset[s]` elements from `a` in segment s,
/// and B moves on by `b_skip` more between two segments. Every sum is taken in an order that depends on the tile's shape and on depth alone.
typedef struct zoo_tile {
  const float *a, *b, *bias; ///< bias: one for each column, or NULL
  float *c;
  int64_t a_stride; ///< between rows where steps are adjacent, or between steps where rows are
  int64_t b_stride, b_skip, c_stride;
  int64_t segments, depth, columns; ///< columns: how many are stored; B has whole vectors of them
  const int64_t *a_offset;
  int64_t accumulates;
} zoo_tile;

/// One generation of processors. `width` floats to a vector, at most `rows` rows and `vectors` vectors to a tile.
typedef struct zoo_tiles {
  int64_t width, rows, vectors;
  void (*by_row[ZOO_TILE_ROWS][ZOO_TILE_VECTORS])(const zoo_tile *);    ///< [rows - 1][vectors - 1]; A's steps are adjacent
  void (*by_column[ZOO_TILE_ROWS][ZOO_TILE_VECTORS])(const zoo_tile *); ///< A's rows are
} zoo_tiles;

/// The best that this machine can run.
const zoo_tiles *zoo_machine_tiles(void);
