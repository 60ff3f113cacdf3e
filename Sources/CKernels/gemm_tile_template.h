// The tiles of one generation of processors: see generations.h. As many sums as its registers hold.

#if WIDTH == 16
#define ROWS 8
#elif WIDTH == 8
#define ROWS 4
#else
#define ROWS 3
#endif

/// One step of the sum: C += A[:, k] B[k, :].
#define STEP(part, A_ELEMENT)                                                                            \
  NAME(vector) b_row[ZOO_TILE_VECTORS];                                                                  \
  UNROLL for (int v = 0; v < vectors; v++) b_row[v] = *(const NAME(vector) *)(b + v * WIDTH);            \
  UNROLL for (int r = 0; r < rows; r++) {                                                                \
    const float x = A_ELEMENT;                                                                           \
    UNROLL for (int v = 0; v < vectors; v++) sum[part][r][v] = NAME(multiply_add)(sum[part][r][v], x, b_row[v]);                            \
  }                                                                                                      \
  b += t->b_stride;

#ifndef LINE
#define LINE 16 ///< floats that come from memory together
#endif

#ifndef FEW_STEPS
#define FEW_STEPS 48 ///< that take no longer than to ask for C
#endif

/// `split` sums run side by side, so that even a small tile has enough independent chains to hide the latency of an FMA.
INLINE void NAME(tile)(const zoo_tile *t, const int rows, const int vectors, const int split, const int by_row, const int rounds) {
  NAME(vector) sum[4][ROWS][ZOO_TILE_VECTORS];
  UNROLL for (int u = 0; u < split; u++)
    UNROLL for (int r = 0; r < rows; r++)
      UNROLL for (int v = 0; v < vectors; v++) sum[u][r][v] = (NAME(vector)){0};

  // C is wanted at the end: what has to come from memory comes while the sums are taken.
  if (t->depth * t->pieces * t->runs >= FEW_STEPS) {
    UNROLL for (int r = 0; r < rows; r++)
      UNROLL for (int v = 0; v < vectors; v++) __builtin_prefetch(t->c + r * t->c_stride + v * WIDTH / (rounds ? 2 : 1), 1);
  }

  const float *b = t->b;
  for (int64_t run = 0; run < t->runs; run++) {
    for (int64_t piece = 0; piece < t->pieces; piece++, b += t->b_skip) {
      const float *a = t->a + run * t->a_run + piece * t->a_piece, *row[ROWS];
      UNROLL for (int r = 0; r < rows; r++) row[r] = a + (by_row ? r * t->a_stride : r);
      int64_t k = 0;
      if (by_row && split == 1 && t->next) {
        const int64_t ahead = t->next - t->a;
        NO_UNROLL for (; k + LINE <= t->depth; k += LINE) {
          UNROLL for (int r = 0; r < rows; r++) __builtin_prefetch(row[r] + ahead + k);
          NO_UNROLL for (int64_t j = k; j < k + LINE; j++) { STEP(0, row[r][j]) }
        }
      }
      NO_UNROLL for (; k + split <= t->depth; k += split) {
        UNROLL for (int u = 0; u < split; u++) { STEP(u, row[r][by_row ? k + u : (k + u) * t->a_stride]) }
      }
      if (split > 1) {
        NO_UNROLL for (; k < t->depth; k++) { STEP(0, row[r][by_row ? k : k * t->a_stride]) }
      }
    }
  }

  const int64_t last = t->columns - (vectors - 1) * WIDTH; // the last vector may be stored in part
  if (t->bias) {
    UNROLL for (int v = 0; v < vectors; v++) {
      const NAME(vector) bias = NAME(load)(t->bias + v * WIDTH, v < vectors - 1 ? WIDTH : last);
      UNROLL for (int r = 0; r < rows; r++) sum[0][r][v] += bias;
    }
  }
  UNROLL for (int r = 0; r < rows; r++) {
    UNROLL for (int v = 0; v < vectors; v++) {
      NAME(vector) y = sum[0][r][v];
      UNROLL for (int u = 1; u < split; u++) y += sum[u][r][v];
      float *c = t->c + r * t->c_stride + (rounds ? 0 : v * WIDTH);
      NAME(element) *element = (NAME(element) *)(void *)c + v * WIDTH;
      const int64_t n = v < vectors - 1 ? WIDTH : last;
      if (t->accumulates) y += rounds ? NAME(read)(element, n) : NAME(load)(c, n);
      if (t->range) y = BETWEEN(y, (NAME(vector)){0} + t->range[0], (NAME(vector)){0} + t->range[1]);
      if (rounds) NAME(write)(element, y, n);
      else NAME(store)(c, y, n);
    }
  }
}

/// The fewer sums a tile has, the more of them run side by side.
#define SPLIT(r, v) ((r) * (v) >= 8 ? 1 : (r) * (v) >= 4 ? 2 : 4)

#define KIND(kind, r, v, ...) TARGET static void NAME(kind##_##r##x##v)(const zoo_tile *t) { NAME(tile)(t, r, v, SPLIT(r, v), __VA_ARGS__); }
#ifdef HALVES // pairs are steps of a row
#define TILE(r, v) KIND(by_row, r, v, 1, 0) KIND(rounded, r, v, 1, 1)
#else
#define TILE(r, v) KIND(by_row, r, v, 1, 0) KIND(by_column, r, v, 0, 0)
#endif
#define TILES(r) TILE(r, 1) TILE(r, 2) TILE(r, 3)
#define ENTRY(kind, r) {NAME(kind##_##r##x1), NAME(kind##_##r##x2), NAME(kind##_##r##x3)}

TILES(1) TILES(2) TILES(3)
#if ROWS > 3
TILES(4)
#endif
#if ROWS > 4
TILES(5) TILES(6) TILES(7) TILES(8)
#endif

#if ROWS > 4
#define ENTRIES(kind)                                                     \
  {ENTRY(kind, 1), ENTRY(kind, 2), ENTRY(kind, 3), ENTRY(kind, 4),        \
   ENTRY(kind, 5), ENTRY(kind, 6), ENTRY(kind, 7), ENTRY(kind, 8)}
#elif ROWS > 3
#define ENTRIES(kind) {ENTRY(kind, 1), ENTRY(kind, 2), ENTRY(kind, 3), ENTRY(kind, 4)}
#else
#define ENTRIES(kind) {ENTRY(kind, 1), ENTRY(kind, 2), ENTRY(kind, 3)}
#endif

TARGET static void NAME(copy)(const float *from, int64_t from_stride, float *to, int64_t to_stride, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++, from += from_stride, to += to_stride) {
    int64_t j = 0;
    for (; j + WIDTH <= columns; j += WIDTH) *(NAME(vector) *)(to + j) = *(const NAME(vector) *)(from + j);
    if (j < columns) *(NAME(vector) *)(to + j) = LOAD_PART(from + j, columns - j);
  }
}

TARGET static void NAME(add)(const float *from, int64_t from_stride, float *to, int64_t to_stride, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++, from += from_stride, to += to_stride) {
    int64_t j = 0;
    for (; j + WIDTH <= columns; j += WIDTH) *(NAME(vector) *)(to + j) += *(const NAME(vector) *)(from + j);
    if (j < columns) {
      const NAME(vector) y = LOAD_PART(to + j, columns - j) + *(const NAME(vector) *)(from + j);
      STORE_PART(to + j, y, columns - j);
    }
  }
}

static const zoo_tiles NAME(tiles)[1] = {{
  .width = WIDTH, .rows = ROWS, .vectors = ZOO_TILE_VECTORS, .by_row = ENTRIES(by_row), .copy = NAME(copy), .add = NAME(add),
#ifdef HALVES
  .rounded = ENTRIES(rounded),
#else
  .by_column = ENTRIES(by_column),
#endif
}};

#undef ROWS
#undef STEP
#undef SPLIT
#undef TILE
#undef KIND
#undef TILES
#undef ENTRY
#undef ENTRIES
