#include <stdlib.h>
#include <string.h>
#include "types.h"

/* The common signatures are called by pointers of their type, in loops that a compiler would write for C: what libffi takes for a
   call is several times what a small function does. */
enum { GENERAL, FLOAT_1, FLOAT_2, DOUBLE_1, DOUBLE_2 };

struct zoo_foreign_map {
  zoo_foreign_function function;
  int32_t form, count;
  zoo_map_argument arguments[ZOO_F_MAX_PARAMETERS];
};

static int32_t form_of(int32_t result, int32_t count, const zoo_map_argument *arguments) {
  if ((result != ZOO_F_F32 && result != ZOO_F_F64) || count < 1 || count > 2) return GENERAL;
  for (int32_t i = 0; i < count; i++) {
    if (arguments[i].parameter != result) return GENERAL;
  }
  return result == ZOO_F_F32 ? (count == 1 ? FLOAT_1 : FLOAT_2) : (count == 1 ? DOUBLE_1 : DOUBLE_2);
}

zoo_foreign_map *zoo_foreign_map_make(void *address, int32_t result, int32_t count, const zoo_map_argument *arguments) {
  zoo_foreign_map *m = calloc(1, sizeof *m);
  int32_t types[ZOO_F_MAX_PARAMETERS] = {0};
  if (!m || count < 0 || count > ZOO_F_MAX_PARAMETERS) {
    free(m);
    return NULL;
  }
  for (int32_t i = 0; i < count; i++) types[i] = arguments[i].parameter;
  if (zoo_foreign_prepare(&m->function, address, result, count, types) != 0) {
    free(m);
    return NULL;
  }
  m->form = form_of(result, count, arguments);
  m->count = count;
  memcpy(m->arguments, arguments, (size_t)count * sizeof *arguments);
  return m;
}

void zoo_foreign_map_destroy(zoo_foreign_map *m) { free(m); }

/* A constant is an array of one element that is never left. */
static const float *floats(const zoo_map_argument *a, const void *const *inputs, int64_t *stride) {
  *stride = a->is_constant ? 0 : 1;
  return a->is_constant ? (const void *)&a->constant : inputs[a->input];
}

static size_t width(int32_t type) { return type == ZOO_F_I64 ? 8 : 4; }

static void general(const zoo_foreign_map *m, const void *const *inputs, void *into, int64_t from, int64_t to) {
  uint64_t values[ZOO_F_MAX_PARAMETERS], result;
  for (int32_t k = 0; k < m->count; k++) values[k] = m->arguments[k].constant;
  int32_t type = m->function.result;
  for (int64_t i = from; i < to; i++) {
    for (int32_t k = 0; k < m->count; k++) {
      const zoo_map_argument *a = &m->arguments[k];
      if (a->is_constant) continue;
      if (a->parameter == ZOO_F_F64) {
        double wide = ((const float *)inputs[a->input])[i];
        memcpy(&values[k], &wide, sizeof wide);
      } else {
        size_t bytes = width(a->parameter);
        memcpy(&values[k], (const char *)inputs[a->input] + (size_t)i * bytes, bytes);
      }
    }
    zoo_foreign_invoke(&m->function, values, &result);
    if (type == ZOO_F_F64) {
      double wide;
      memcpy(&wide, &result, sizeof wide);
      ((float *)into)[i] = (float)wide;
    } else {
      size_t bytes = width(type);
      memcpy((char *)into + (size_t)i * bytes, &result, bytes);
    }
  }
}

void zoo_foreign_map_run(const zoo_foreign_map *m, const void *const *inputs, void *into, int64_t from, int64_t to) {
  float *y = into;
  int64_t sa, sb;
  const zoo_map_argument *a = m->arguments, *b = m->arguments + 1;
  switch (m->form) {
  case FLOAT_1: {
    float (*f)(float) = (float (*)(float))m->function.address;
    const float *x = floats(a, inputs, &sa);
    for (int64_t i = from; i < to; i++) y[i] = f(x[i * sa]);
    return;
  }
  case FLOAT_2: {
    float (*f)(float, float) = (float (*)(float, float))m->function.address;
    const float *x = floats(a, inputs, &sa), *z = floats(b, inputs, &sb);
    for (int64_t i = from; i < to; i++) y[i] = f(x[i * sa], z[i * sb]);
    return;
  }
  case DOUBLE_1: {
    double (*f)(double) = (double (*)(double))m->function.address;
    double u;
    memcpy(&u, &a->constant, sizeof u);
    const float *x = floats(a, inputs, &sa);
    for (int64_t i = from; i < to; i++) y[i] = (float)f(sa ? (double)x[i] : u);
    return;
  }
  case DOUBLE_2: {
    double (*f)(double, double) = (double (*)(double, double))m->function.address;
    double u, v;
    memcpy(&u, &a->constant, sizeof u);
    memcpy(&v, &b->constant, sizeof v);
    const float *x = floats(a, inputs, &sa), *z = floats(b, inputs, &sb);
    for (int64_t i = from; i < to; i++) y[i] = (float)f(sa ? (double)x[i] : u, sb ? (double)z[i] : v);
    return;
  }
  default: general(m, inputs, into, from, to);
  }
}

enum { BLOCK = 512, MAX_TENSORS = ZOO_F_MAX_PARAMETERS };

void zoo_foreign_map_derive(const zoo_foreign_map *m, const void *const *inputs, const float *dy, float *dx, int64_t from, int64_t to,
                            int32_t adds) {
  float slopes[BLOCK];
  const void *shifted[MAX_TENSORS] = {0};
  for (int64_t start = from; start < to; start += BLOCK) {
    int64_t count = to - start < BLOCK ? to - start : BLOCK;
    for (int32_t k = 0; k < m->count; k++) {
      const zoo_map_argument *a = &m->arguments[k];
      if (!a->is_constant) {
        size_t bytes = a->parameter == ZOO_F_F64 ? sizeof(float) : width(a->parameter);
        shifted[a->input] = (const char *)inputs[a->input] + (size_t)start * bytes;
      }
    }
    zoo_foreign_map_run(m, shifted, slopes, 0, count);
    if (adds) {
      for (int64_t i = 0; i < count; i++) dx[start + i] += dy[start + i] * slopes[i];
    } else {
      for (int64_t i = 0; i < count; i++) dx[start + i] = dy[start + i] * slopes[i];
    }
  }
}
