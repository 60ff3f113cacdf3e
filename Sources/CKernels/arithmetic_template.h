// The body of zoo_arithmetic_<T>, for one element type: elementwise.c includes this once for each.
// T: the type; WRAPPING: the type in which overflow is defined; DIVIDED: a / b, or anything where there is no division.

#define PASTE(name, type) name##_##type
#define NAMED(name, type) PASTE(name, type)
#define operate NAMED(operate, T)
#define combine NAMED(combine, T)
#define spell NAMED(spell, T)
#define walk NAMED(walk, T)

ZOO_INLINE T operate(int32_t operation, T a, T b) {
  switch (operation) {
  case ZOO_ADD: return (T)((WRAPPING)a + (WRAPPING)b);
  case ZOO_SUBTRACT: return (T)((WRAPPING)a - (WRAPPING)b);
  case ZOO_MULTIPLY: return (T)((WRAPPING)a * (WRAPPING)b);
  default: return DIVIDED;
  }
}

/// One run of the innermost axis, with a loop for each way in which the operands can move.
ZOO_INLINE void combine(int32_t operation, const T *a, int64_t da, const T *b, int64_t db, T *y, int64_t n) {
  if (da == 1 && db == 1) {
    ZOO_SIMD
    for (int64_t i = 0; i < n; i++) y[i] = operate(operation, a[i], b[i]);
  } else if (da == 1 && db == 0) {
    const T scalar = *b;
    ZOO_SIMD
    for (int64_t i = 0; i < n; i++) y[i] = operate(operation, a[i], scalar);
  } else if (da == 0 && db == 1) {
    const T scalar = *a;
    ZOO_SIMD
    for (int64_t i = 0; i < n; i++) y[i] = operate(operation, scalar, b[i]);
  } else {
    for (int64_t i = 0; i < n; i++) y[i] = operate(operation, a[i * da], b[i * db]); // which dense operands never need
  }
}

/// Operand `o` is constant along narrow rows, or is one narrow row: it is spelled out first, so that the vector loop has
/// something to chew on.
ZOO_INLINE void spell(int32_t operation, const zoo_nest *nest, int o, const T *a, const T *b, T *y, int64_t from, int64_t to) {
  T pattern[PATTERN];
  const T *source = o == 0 ? a : b;
  const int64_t width = nest->length[1], down = nest->stride[o][0], along = nest->stride[o][1];
  const int64_t period = PATTERN / width * width;
  for (int64_t i = from, n; i < to; i += n) {
    const int64_t phase = i % width;
    n = period - phase < to - i ? period - phase : to - i;
    if (i == from || down != 0) {
      const T *row = source + i / width * down;
      for (int64_t j = 0; j < phase + n; j += width, row += down)
        for (int64_t k = 0; k < width; k++) pattern[j + k] = row[k * along];
    }
    if (o == 0) combine(operation, pattern + phase, 1, b + i, 1, y + i, n);
    else combine(operation, a + i, 1, pattern + phase, 1, y + i, n);
  }
}

ZOO_INLINE void walk(int32_t operation, const zoo_nest *nest, const T *a, const T *b, T *y, int64_t from, int64_t to) {
  if (is_narrow(nest, 0)) return spell(operation, nest, 0, a, b, y, from, to);
  if (is_narrow(nest, 1)) return spell(operation, nest, 1, a, b, y, from, to);
  const int64_t da = nest->stride[0][nest->rank - 1], db = nest->stride[1][nest->rank - 1];
  for (zoo_cursor c = zoo_start(nest, from, to); c.left > 0; zoo_next(nest, &c))
    combine(operation, a + c.offset[0], da, b + c.offset[1], db, y + to - c.left, c.run);
}

ZOO_CLONES void NAMED(zoo_arithmetic, SUFFIX)(
    int32_t operation, const zoo_nest *nest, const T *a, const T *b, T *y, int64_t from, int64_t to) {
  switch (operation) { // the operation becomes a constant of each loop
  case ZOO_ADD: return walk(ZOO_ADD, nest, a, b, y, from, to);
  case ZOO_SUBTRACT: return walk(ZOO_SUBTRACT, nest, a, b, y, from, to);
  case ZOO_MULTIPLY: return walk(ZOO_MULTIPLY, nest, a, b, y, from, to);
  default: return walk(ZOO_DIVIDE, nest, a, b, y, from, to);
  }
}

#undef operate
#undef combine
#undef spell
#undef walk
#undef NAMED
#undef PASTE
#undef T
#undef WRAPPING
#undef DIVIDED
#undef SUFFIX
