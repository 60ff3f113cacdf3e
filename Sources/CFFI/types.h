#pragma once
#include <ffi.h>
#include "CFFI.h"

struct zoo_foreign_function {
  void (*address)(void);
  int32_t result;
  ffi_type *types[ZOO_F_MAX_PARAMETERS];
  ffi_cif cif;
};

/* Fills in a function that is somewhere in memory for good. Returns 0, or -1: libffi knows no such types. */
int32_t zoo_foreign_prepare(zoo_foreign_function *, void *address, int32_t result, int32_t count, const int32_t *parameters);
