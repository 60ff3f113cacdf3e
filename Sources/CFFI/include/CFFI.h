/// Functions that were written for something else, called by what a text says of their types: libffi, and the loader.
#pragma once
#include <stdint.h>

/// What a parameter or result is. Pointers are all alike.
enum {
  ZOO_F_VOID = 0, ZOO_F_I8 = 1, ZOO_F_U8 = 2, ZOO_F_I16 = 3, ZOO_F_U16 = 4, ZOO_F_I32 = 5, ZOO_F_U32 = 6, ZOO_F_I64 = 7,
  ZOO_F_U64 = 8, ZOO_F_F32 = 9, ZOO_F_F64 = 10, ZOO_F_POINTER = 11
};

enum { ZOO_F_MAX_PARAMETERS = 32 };

/// Opens a library for ever. NULL: `words` say why not.
void *zoo_foreign_open(const char *file, char *words, uint64_t capacity);

enum {
  ZOO_F_FOUND = 0,
  ZOO_F_MISSING = 1,
  ZOO_F_ELSEWHERE = 2, ///< not in this library but in one that it needs, whose name `owner` then is
  ZOO_F_NO_CODE = 3    ///< a variable
};

/// Finds a function in the library itself.
int32_t zoo_foreign_symbol(void *library, const char *name, void **function, char *owner, uint64_t capacity);

/// A function with its types, ready to be called.
typedef struct zoo_foreign_function zoo_foreign_function;

/// NULL: there is no memory, or libffi knows no such types.
zoo_foreign_function *zoo_foreign_make(void *address, int32_t result, int32_t count, const int32_t *parameters);
void zoo_foreign_destroy(zoo_foreign_function *);

/// Calls it. Each value is in the first bytes of its word; the result too, whole numbers widened to 64 bits.
void zoo_foreign_invoke(const zoo_foreign_function *, const uint64_t *values, uint64_t *result);

/// One argument of a function that is called for each element: the element of a tensor, or always the same.
typedef struct zoo_map_argument {
  int32_t parameter;   ///< the parameter's type
  int32_t is_constant; ///< 1: `constant` holds it in its first bytes
  int32_t input;       ///< which tensor: of f32 for f32 and f64, else of the parameter's type
  uint64_t constant;
} zoo_map_argument;

typedef struct zoo_foreign_map zoo_foreign_map;

/// A function for every element. The result is stored as f32 if it is f32 or f64, else as it is: i32 or i64. NULL as above.
zoo_foreign_map *zoo_foreign_map_make(void *address, int32_t result, int32_t count, const zoo_map_argument *arguments);
void zoo_foreign_map_destroy(zoo_foreign_map *);

/// into[i] = f(..., inputs[k][i], ...) for i in from ..< to. `into` may be an input whose elements are as wide.
void zoo_foreign_map_run(const zoo_foreign_map *, const void *const *inputs, void *into, int64_t from, int64_t to);

/// dx[i] = dy[i] f(..., inputs[k][i], ...), or with `adds` dx[i] += that, for a function whose result is stored as f32.
void zoo_foreign_map_derive(const zoo_foreign_map *, const void *const *inputs, const float *dy, float *dx, int64_t from, int64_t to,
                            int32_t adds);
