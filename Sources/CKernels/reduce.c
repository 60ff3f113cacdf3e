#include "kernels/reduce.h"

#include "cursor.h"
#include "kernels/vmath.h"
#include "reduce.h"

/// Outputs are made CHUNK at a time; a column adds up about COLUMN elements in f32 before their sum goes on in f64.
enum { CHUNK = 512, COLUMN = 32 };

ZOO_INLINE float term(int32_t of, float a, float b) {
  switch (of) {
  case ZOO_OF_PRODUCTS: return a * b;
  case ZOO_OF_QUOTIENTS: return a / b;
  case ZOO_OF_MATCHES: return a == b ? 1.f : 0.f;
  case ZOO_OF_EXPONENTIALS: return zoo_exp(a - b);
  default: return a;
  }
}

/// Whether neighbouring outputs are made of neighbouring elements: then many are made at once.
ZOO_INLINE int goes_by_columns(const zoo_reduction *r) {
  return r->kept.stride[0][r->kept.rank - 1] == 1 && (r->reduced.count == 1 || r->reduced.stride[0][r->reduced.rank - 1] != 1);
}

/// The sum of n terms in one run.
ZOO_INLINE double sum_run(int32_t of, const float *a, int64_t da, const float *b, int64_t db, int64_t n) {
  double total = 0;
  for (int64_t from = 0; from < n; from += ZOO_SUM_BLOCK) {
    ZOO_ANY_ORDER
    const int64_t to = zoo_smaller(from + ZOO_SUM_BLOCK, n);
    float sum = 0;
    if (da == 1 && db == 1) {
      for (int64_t i = from; i < to; i++) sum += term(of, a[i], b[i]);
    } else if (da == 1 && db == 0) {
      for (int64_t i = from; i < to; i++) sum += term(of, a[i], *b);
    } else {
      for (int64_t i = from; i < to; i++) sum += term(of, a[i * da], b[i * db]);
    }
    total += (double)sum;
  }
  return total;
}

/// One output: the sum over elements [from, to).
ZOO_INLINE double sum_row(int32_t of, const zoo_nest *reduced, const float *a, const float *b, int64_t from, int64_t to) {
  const int64_t da = reduced->stride[0][reduced->rank - 1], db = reduced->stride[1][reduced->rank - 1];
  if (reduced->rank == 1) return sum_run(of, a + from * da, da, b + from * db, db, to - from);
  double total = 0;
  for (zoo_cursor c = zoo_start(reduced, from, to); c.left > 0; zoo_next(reduced, &c))
    total += sum_run(of, a + c.offset[0], da, b + c.offset[1], db, c.run);
  return total;
}

/// part[j] += term, for the n columns of one element.
ZOO_INLINE void add_terms(int32_t of, float *restrict part, const float *a, const float *b, int64_t db, int64_t n) {
  if (db == 1) {
    for (int64_t j = 0; j < n; j++) part[j] += term(of, a[j], b[j]);
  } else {
    const float same = *b;
    for (int64_t j = 0; j < n; j++) part[j] += term(of, a[j], same);
  }
}

/// The same for four elements, `down` apart, which touches the parts but once.
ZOO_INLINE void add_four_terms(
    int32_t of, float *restrict part, const float *a, int64_t down_a, const float *b, int64_t down_b, int64_t db, int64_t n) {
  const float *a1 = a + down_a, *a2 = a1 + down_a, *a3 = a2 + down_a, *b1 = b + down_b, *b2 = b1 + down_b, *b3 = b2 + down_b;
  if (db == 1) {
    for (int64_t j = 0; j < n; j++)
      part[j] += (term(of, a[j], b[j]) + term(of, a1[j], b1[j])) + (term(of, a2[j], b2[j]) + term(of, a3[j], b3[j]));
  } else {
    const float s = *b, s1 = *b1, s2 = *b2, s3 = *b3;
    for (int64_t j = 0; j < n; j++)
      part[j] += (term(of, a[j], s) + term(of, a1[j], s1)) + (term(of, a2[j], s2) + term(of, a3[j], s3));
  }
}

ZOO_INLINE void flush(float *restrict part, double *restrict sums, int64_t n) {
  for (int64_t j = 0; j < n; j++) {
    sums[j] += (double)part[j];
    part[j] = 0;
  }
}

/// n <= CHUNK neighbouring outputs: sums over elements [from, to).
ZOO_INLINE void sum_columns(
    int32_t of, const zoo_nest *reduced, const float *a, const float *b, int64_t db, int64_t n, double *sums, int64_t from, int64_t to) {
  float part[CHUNK];
  for (int64_t j = 0; j < n; j++) part[j] = 0, sums[j] = 0;
  const int64_t down_a = reduced->stride[0][reduced->rank - 1], down_b = reduced->stride[1][reduced->rank - 1];
  int64_t pending = 0;
  for (zoo_cursor c = zoo_start(reduced, from, to); c.left > 0; zoo_next(reduced, &c)) {
    const float *row_a = a + c.offset[0], *row_b = b + c.offset[1];
    for (int64_t i = 0, rows; i < c.run; i += rows, row_a += rows * down_a, row_b += rows * down_b) {
      rows = c.run - i >= 4 ? 4 : 1;
      if (rows == 4) add_four_terms(of, part, row_a, down_a, row_b, down_b, db, n);
      else add_terms(of, part, row_a, row_b, db, n);
      pending += rows;
      if (pending >= COLUMN) flush(part, sums, n), pending = 0;
    }
  }
  flush(part, sums, n);
}

/// Whether the outputs are the columns of one narrow dense matrix: then many of its rows are taken as one.
ZOO_INLINE int is_narrow(const zoo_reduction *r) {
  return r->kept.rank == 1 && r->reduced.rank == 1 && r->kept.length[0] <= 64 && r->reduced.stride[0][0] == r->kept.length[0];
}

/// Outputs [first, last) of a narrow matrix, of a alone. It makes all of them, so that the order does not depend on which are wanted.
ZOO_INLINE void sum_narrow(const zoo_reduction *r, const float *a, double *sums, int64_t first, int64_t last, int64_t from, int64_t to) {
  const int64_t width = r->kept.length[0];
  zoo_nest wide = {.rank = 1};
  int64_t rows = 1;
  while (2 * rows * width <= CHUNK && 2 * rows * COLUMN <= to - from) rows *= 2;
  wide.count = wide.length[0] = (to - from) / rows;
  wide.stride[0][0] = rows * width;
  double folded[CHUNK];
  sum_columns(ZOO_OF_FIRST, &wide, a + from * width, a, 0, rows * width, folded, 0, wide.count);
  for (int64_t i = from + wide.count * rows; i < to; i++)
    for (int64_t j = 0; j < width; j++) folded[j] += (double)a[i * width + j];
  for (; rows > 1; rows /= 2)
    for (int64_t j = 0; j < rows / 2 * width; j++) folded[j] += folded[j + rows / 2 * width];
  for (int64_t j = first; j < last; j++) sums[j - first] = folded[j];
}

/// Outputs [first, last), CHUNK at most: sums over elements [from, to).
ZOO_INLINE void sum_outputs(
    int32_t of, const zoo_reduction *r, const float *a, const float *b, double *sums, int64_t first, int64_t last, int64_t from,
    int64_t to) {
  const int64_t da = r->kept.stride[0][r->kept.rank - 1], db = r->kept.stride[1][r->kept.rank - 1];
  const int by_columns = goes_by_columns(r) && (db == 0 || db == 1);
  if (by_columns && of == ZOO_OF_FIRST && is_narrow(r)) return sum_narrow(r, a, sums, first, last, from, to);
  for (zoo_cursor c = zoo_start(&r->kept, first, last); c.left > 0; zoo_next(&r->kept, &c)) {
    const float *at_a = a + c.offset[0], *at_b = b + c.offset[1];
    if (by_columns) {
      sum_columns(of, &r->reduced, at_a, at_b, db, c.run, sums, from, to);
    } else {
      for (int64_t i = 0; i < c.run; i++) sums[i] = sum_row(of, &r->reduced, at_a + i * da, at_b + i * db, from, to);
    }
    sums += c.run;
  }
}

ZOO_CLONES void zoo_sums(
    const zoo_reduction *r, int32_t of, const float *a, const float *b, double *sums, int64_t first, int64_t last, int64_t from,
    int64_t to) {
  for (int64_t start = first, end; start < last; start = end, sums += CHUNK) {
    end = zoo_smaller(start + CHUNK, last);
    switch (of) { // `of` becomes a constant of the loops
    case ZOO_OF_PRODUCTS: sum_outputs(ZOO_OF_PRODUCTS, r, a, b, sums, start, end, from, to); break;
    case ZOO_OF_QUOTIENTS: sum_outputs(ZOO_OF_QUOTIENTS, r, a, b, sums, start, end, from, to); break;
    case ZOO_OF_MATCHES: sum_outputs(ZOO_OF_MATCHES, r, a, b, sums, start, end, from, to); break;
    case ZOO_OF_EXPONENTIALS: sum_outputs(ZOO_OF_EXPONENTIALS, r, a, b, sums, start, end, from, to); break;
    default: sum_outputs(ZOO_OF_FIRST, r, a, b, sums, start, end, from, to);
    }
  }
}

ZOO_INLINE void finish(double sum, const zoo_finish *f, float *y, int64_t i) {
  const double value = f->scale * sum;
  const float result = (float)(f->divisor ? value / (double)f->divisor[i] : value);
  y[i] = f->accumulates ? y[i] + result : result;
}

/// Outputs of one element each need no f64.
ZOO_INLINE void map_outputs(
    int32_t of, const zoo_nest *kept, const float *a, const float *b, zoo_finish f, float *y, int64_t first, int64_t last) {
  const int64_t db = kept->stride[1][kept->rank - 1];
  for (zoo_cursor c = zoo_start(kept, first, last); c.left > 0; zoo_next(kept, &c)) {
    for (int64_t start = 0; start < c.run; start += CHUNK) {
      const int64_t n = zoo_smaller(CHUNK, c.run - start), at = last - c.left + start;
      float part[CHUNK];
      for (int64_t i = 0; i < n; i++) part[i] = 0;
      add_terms(of, part, a + c.offset[0] + start, b + c.offset[1] + start * db, db, n);
      if (f.scale != 1)
        for (int64_t i = 0; i < n; i++) part[i] *= (float)f.scale;
      if (f.divisor)
        for (int64_t i = 0; i < n; i++) part[i] /= f.divisor[at + i];
      if (f.accumulates)
        for (int64_t i = 0; i < n; i++) y[at + i] += part[i];
      else
        for (int64_t i = 0; i < n; i++) y[at + i] = part[i];
    }
  }
}

ZOO_CLONES static void map(
    int32_t of, const zoo_nest *kept, const float *a, const float *b, zoo_finish f, float *y, int64_t first, int64_t last) {
  if (of == ZOO_OF_PRODUCTS) map_outputs(ZOO_OF_PRODUCTS, kept, a, b, f, y, first, last);
  else if (of == ZOO_OF_QUOTIENTS) map_outputs(ZOO_OF_QUOTIENTS, kept, a, b, f, y, first, last);
  else map_outputs(ZOO_OF_FIRST, kept, a, b, f, y, first, last);
}

void zoo_sum(const zoo_reduction *r, int32_t of, const float *a, const float *b, zoo_finish f, float *y, int64_t first, int64_t last) {
  const int64_t da = r->kept.stride[0][r->kept.rank - 1], db = r->kept.stride[1][r->kept.rank - 1];
  if (r->reduced.count == 1 && da == 1 && (db == 0 || db == 1) && of <= ZOO_OF_QUOTIENTS) return map(of, &r->kept, a, b, f, y, first, last);
  double sums[CHUNK];
  for (int64_t start = first; start < last; start += CHUNK) {
    const int64_t end = zoo_smaller(start + CHUNK, last);
    zoo_sums(r, of, a, b, sums, start, end, 0, r->reduced.count);
    for (int64_t i = start; i < end; i++) finish(sums[i - start], &f, y, i);
  }
}

void zoo_sum_blocks(const double *sums, int64_t blocks, int64_t outputs, zoo_finish f, float *y) {
  for (int64_t i = 0; i < outputs; i++) {
    double total = 0;
    for (int64_t block = 0; block < blocks; block++) total += sums[block * outputs + i];
    finish(total, &f, y, i);
  }
}
