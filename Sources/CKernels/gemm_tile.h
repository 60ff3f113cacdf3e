/// The innermost loop of everything that multiplies matrices: a small tile of C in registers.
#pragma once
#include <stdint.h>

enum { ZOO_TILE_ROWS = 8, ZOO_TILE_VECTORS = 3 }; ///< the largest tile that any generation has

/// C (+)= A B for a tile of C. The sum is over `depth` steps in each of `pieces` pieces of each of `runs` runs. B's pieces lie one behind
/// the other, `b_skip` floats apart; where A's start is regular too. The order of a sum depends on these numbers alone.
typedef struct zoo_tile {
  const float *a, *b;
  const float *bias; ///< one for each column, or NULL
  float *c;
  int64_t a_stride; ///< between rows where steps are adjacent, or between steps where rows are
  int64_t b_stride, c_stride;
  int64_t depth, pieces, runs;
  int64_t a_piece, a_run, b_skip;
  int64_t columns; ///< how many of the last vector's are stored follows from it; B has whole vectors
  int64_t accumulates;
  const float *range; ///< what C is at least and at most in the end, or NULL
  const float *next;  ///< where A's rows begin that are wanted after these, and are asked for meanwhile, or NULL. Steps are adjacent
} zoo_tile;

/// One generation of processors. `width` floats to a vector, at most `rows` rows and `vectors` vectors to a tile.
typedef struct zoo_tiles {
  int64_t width, rows, vectors;
  void (*by_row[ZOO_TILE_ROWS][ZOO_TILE_VECTORS])(const zoo_tile *);    ///< [rows - 1][vectors - 1]; A's steps are adjacent
  void (*by_column[ZOO_TILE_ROWS][ZOO_TILE_VECTORS])(const zoo_tile *); ///< A's rows are
  void (*rounded[ZOO_TILE_ROWS][ZOO_TILE_VECTORS])(const zoo_tile *);   ///< (pairs) as by_row, but C is bf16, and `c_stride` still in floats
  /// to[r, j] = from[r, j] for `columns` columns and 0 for the rest of the last vector.
  void (*copy)(const float *from, int64_t from_stride, float *to, int64_t to_stride, int64_t rows, int64_t columns);
  /// to[r, j] += from[r, j] for `columns` columns; rows of `from` have whole vectors.
  void (*add)(const float *from, int64_t from_stride, float *to, int64_t to_stride, int64_t rows, int64_t columns);
} zoo_tiles;

/// The best that this machine can run.
const zoo_tiles *zoo_machine_tiles(void);

/// The same for pairs: A and B are bf16, two steps in the place of each float, and C is f32. There is no `by_column`. NULL: this machine has
/// no instructions for them.
const zoo_tiles *zoo_machine_pairs(void);

/// Which of a generation's tables.
typedef enum zoo_tile_order { ZOO_BY_COLUMN, ZOO_BY_ROW, ZOO_ROUNDED } zoo_tile_order;

/// C (+)= A B for any number of rows, in tiles of as equal a height as can be. `tile` is for the first row; A's next is `a_row` further.
/// Its `next` is wanted after all of them.
static inline void zoo_tile_sweep(
  const zoo_tiles *tiles, zoo_tile tile, zoo_tile_order order, int64_t vectors, int64_t rows, int64_t a_row) {
  if (rows <= 0) return;
  const int64_t count = (rows + tiles->rows - 1) / tiles->rows, height = rows / count, taller = rows % count;
  const float *next = tile.next;
  for (int64_t i = 0; i < count; i++) {
    const int64_t here = height + (i < taller);
    if (next) tile.next = i + 1 < count ? tile.a + here * a_row : next;
    (order == ZOO_BY_ROW ? tiles->by_row : order == ZOO_ROUNDED ? tiles->rounded : tiles->by_column)[here - 1][vectors - 1](&tile);
    tile.a += here * a_row;
    tile.c += here * tile.c_stride;
  }
}
