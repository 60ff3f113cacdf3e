#include <stdlib.h>
#include <string.h>
#include "types.h"

static ffi_type *type_of(int32_t type) {
  switch (type) {
  case ZOO_F_VOID: return &ffi_type_void;
  case ZOO_F_I8: return &ffi_type_sint8;
  case ZOO_F_U8: return &ffi_type_uint8;
  case ZOO_F_I16: return &ffi_type_sint16;
  case ZOO_F_U16: return &ffi_type_uint16;
  case ZOO_F_I32: return &ffi_type_sint32;
  case ZOO_F_U32: return &ffi_type_uint32;
  case ZOO_F_I64: return &ffi_type_sint64;
  case ZOO_F_U64: return &ffi_type_uint64;
  case ZOO_F_F32: return &ffi_type_float;
  case ZOO_F_F64: return &ffi_type_double;
  case ZOO_F_POINTER: return &ffi_type_pointer;
  default: return NULL;
  }
}

int32_t zoo_foreign_prepare(zoo_foreign_function *f, void *address, int32_t result, int32_t count, const int32_t *parameters) {
  if (count < 0 || count > ZOO_F_MAX_PARAMETERS || !type_of(result)) return -1;
  memcpy(&f->address, &address, sizeof address);
  f->result = result;
  for (int32_t i = 0; i < count; i++) {
    if (!(f->types[i] = type_of(parameters[i]))) return -1;
  }
  return ffi_prep_cif(&f->cif, FFI_DEFAULT_ABI, (unsigned)count, type_of(result), f->types) == FFI_OK ? 0 : -1;
}

zoo_foreign_function *zoo_foreign_make(void *address, int32_t result, int32_t count, const int32_t *parameters) {
  zoo_foreign_function *f = calloc(1, sizeof *f);
  if (f && zoo_foreign_prepare(f, address, result, count, parameters) != 0) {
    free(f);
    return NULL;
  }
  return f;
}

void zoo_foreign_destroy(zoo_foreign_function *f) { free(f); }

void zoo_foreign_invoke(const zoo_foreign_function *f, const uint64_t *values, uint64_t *result) {
  void *places[ZOO_F_MAX_PARAMETERS];
  for (unsigned i = 0; i < f->cif.nargs; i++) places[i] = (void *)(uintptr_t)(values + i);
  /* libffi widens results that are narrower than a register, and wants room for that. */
  *result = 0;
  ffi_call((ffi_cif *)(uintptr_t)&f->cif, f->address, result, places);
}
