#include "gather.h"
#include <stddef.h>

#define FLOATS(T)                                                                                                     \
  for (int64_t k = 0; k < count; k++) {                                                                               \
    const T *row = (const T *)from->first + rows[k] * from->stride;                                                   \
    float *out = into + k * width;                                                                                    \
    if (subtract == NULL) {                                                                                           \
      for (int64_t i = 0; i < width; i++) out[i] = (float)((double)row[i] * scale + offset);                          \
      continue;                                                                                                       \
    }                                                                                                                 \
    for (int64_t i = 0; i < width; i += channels)                                                                     \
      for (int64_t c = 0; c < channels; c++)                                                                          \
        out[i + c] = (float)(((double)row[i + c] * scale + offset - subtract[c]) / divide[c]);                        \
  }                                                                                                                   \
  return

__attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
void zoo_gather_floats(float *into, const zoo_gather_rows *from, const int64_t *rows, int64_t count, const zoo_gather_map *map) {
  const int64_t width = from->width, channels = map->channels;
  const double scale = map->scale, offset = map->offset, *subtract = map->subtract, *divide = map->divide;
  switch (from->type) {
  case ZOO_GATHER_U8: FLOATS(uint8_t);
  case ZOO_GATHER_I8: FLOATS(int8_t);
  case ZOO_GATHER_I32: FLOATS(int32_t);
  case ZOO_GATHER_I64: FLOATS(int64_t);
  case ZOO_GATHER_F32: FLOATS(float);
  case ZOO_GATHER_F64: FLOATS(double);
  }
}

#define INTEGERS(T)                                                                                                   \
  for (int64_t k = 0; k < count; k++) {                                                                               \
    const T *row = (const T *)from->first + rows[k] * from->stride;                                                   \
    for (int64_t i = 0; i < width; i++) {                                                                             \
      if (wide) ((int64_t *)into)[k * width + i] = (int64_t)row[i];                                                   \
      else ((int32_t *)into)[k * width + i] = (int32_t)row[i];                                                        \
    }                                                                                                                 \
  }                                                                                                                   \
  return

void zoo_gather_integers(void *into, int32_t wide, const zoo_gather_rows *from, const int64_t *rows, int64_t count) {
  const int64_t width = from->width;
  switch (from->type) {
  case ZOO_GATHER_U8: INTEGERS(uint8_t);
  case ZOO_GATHER_I8: INTEGERS(int8_t);
  case ZOO_GATHER_I32: INTEGERS(int32_t);
  case ZOO_GATHER_I64: INTEGERS(int64_t);
  }
}
