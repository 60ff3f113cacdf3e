// The loops of a move, for one element type: move.c includes this once for each.
// T: the type; NAMED(name): a name of its own; STORE(to, value): what is done.

ZOO_INLINE void NAMED(walk)(const zoo_nest *nest, T *to, const T *from, int64_t first, int64_t end) {
  const int64_t dt = nest->stride[0][nest->rank - 1], df = nest->stride[1][nest->rank - 1];
  for (zoo_cursor c = zoo_start(nest, first, end); c.left > 0; zoo_next(nest, &c)) {
    T *t = to + c.offset[0];
    const T *f = from + c.offset[1];
    if (dt == 1 && df == 1) {
      for (int64_t i = 0; i < c.run; i++) STORE(t[i], f[i]);
    } else if (dt == 1 && df == 0) {
      const T value = *f;
      for (int64_t i = 0; i < c.run; i++) STORE(t[i], value);
    } else {
      for (int64_t i = 0; i < c.run; i++) STORE(t[i * dt], f[i * df]);
    }
  }
}

/// One tile of at most TILE by TILE: rows of the source, `df` apart, become columns of the destination.
ZOO_INLINE void NAMED(tile)(T *to, int64_t dt, const T *from, int64_t df, int64_t rows, int64_t columns) {
  if (rows == TILE && columns == TILE) { // the same loop; its constants are worth a lot
    for (int64_t i = 0; i < TILE; i++)
      for (int64_t j = 0; j < TILE; j++) STORE(to[i * dt + j], from[j * df + i]);
  } else {
    for (int64_t i = 0; i < rows; i++)
      for (int64_t j = 0; j < columns; j++) STORE(to[i * dt + j], from[j * df + i]);
  }
}

/// One block, by tiles.
ZOO_INLINE void NAMED(block)(T *to, int64_t dt, const T *from, int64_t df, int64_t rows, int64_t columns) {
  for (int64_t row = 0; row < rows; row += TILE) {
    const int64_t height = rows - row < TILE ? rows - row : TILE;
    for (int64_t column = 0; column < columns; column += TILE) {
      const int64_t width = columns - column < TILE ? columns - column : TILE;
      NAMED(tile)(to + row * dt + column, dt, from + column * df + row, df, height, width);
    }
  }
}

ZOO_INLINE void NAMED(blocks)(const zoo_nest *nest, T *to, const T *from, int64_t first, int64_t end) {
  const zoo_nest blocks = blocks_of(nest);
  const int64_t last = nest->rank - 1, rows = nest->length[last - 1], columns = nest->length[last];
  const int64_t dt = nest->stride[0][last - 1], df = nest->stride[1][last];
  for (zoo_cursor c = zoo_start(&blocks, first, end); c.left > 0; zoo_next(&blocks, &c)) {
    const int64_t below = rows - (blocks.length[last - 1] - c.rows) * BLOCK, height = below < BLOCK ? below : BLOCK;
    for (int64_t i = 0; i < c.run; i++) {
      const int64_t beside = columns - (c.column + i) * BLOCK, width = beside < BLOCK ? beside : BLOCK;
      NAMED(block)(to + c.offset[0] + i * BLOCK, dt, from + c.offset[1] + i * BLOCK * df, df, height, width);
    }
  }
}

#undef T
#undef NAMED
#undef STORE
