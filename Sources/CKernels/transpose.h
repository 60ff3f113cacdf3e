/// Blocks of 8 by 8 floats, turned over.
#pragma once
#include "kernels/clones.h"

typedef float zoo_row8 __attribute__((vector_size(32), aligned(4), may_alias));

/// Eight floats in memory, to read or to write.
#define ZOO_ROW8(at) (*(zoo_row8 *)(at))

/// Element j of row i becomes element i of row j.
ZOO_INLINE void zoo_transpose8(zoo_row8 r[8]) {
#define SHUFFLE __builtin_shufflevector
  zoo_row8 s[8];
  for (int i = 0; i < 8; i += 2) {
    s[i] = SHUFFLE(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    s[i + 1] = SHUFFLE(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  zoo_row8 t[8];
  for (int i = 0; i < 8; i += 4)
    for (int j = i; j < i + 2; j++) {
      t[j] = SHUFFLE(s[j], s[j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      t[j + 2] = SHUFFLE(s[j], s[j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (int j = 0; j < 4; j++) {
    r[j] = SHUFFLE(t[j], t[j + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    r[j + 4] = SHUFFLE(t[j], t[j + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
#undef SHUFFLE
}
