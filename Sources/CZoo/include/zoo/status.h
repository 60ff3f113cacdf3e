/// What every fallible call returns.
#pragma once
#include <stdint.h>

/// 0, or the class of what went wrong. The words travel beside it: call `host->fail(context, status, words)` and
/// return what it returns. The host honours every status that is not ZOO_OK, whether words came with it or not.
typedef int32_t zoo_status;

enum {
  ZOO_OK = 0,
  ZOO_BAD_ATTRIBUTE = 1, ///< an attribute's value, or a combination of them, makes no sense
  ZOO_BAD_SHAPE = 2,     ///< the inputs' shapes do not fit each other or the attributes
  ZOO_BAD_DTYPE = 3,     ///< an input has an element type that the kind does not compute with
  ZOO_OUT_OF_MEMORY = 4,
  ZOO_UNSUPPORTED = 5, ///< valid, but not built; the words say what is
  ZOO_CANCELLED = 6,   ///< stopped because host->is_cancelled said so
  ZOO_INTERNAL = 7,    ///< the family's own mistake
  ZOO_BAD_DATA = 8,    ///< a value among the inputs (an index out of range), or bytes that a codec cannot read
  ZOO_NOT_ALLOWED = 9  ///< it needs the user's permission; the words say how to give it
};
