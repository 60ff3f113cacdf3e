/// Attributes: what a manifest may set on a layer. A family declares them; the host reads the JSON, checks it,
/// fills in defaults and refuses unknown names. A family never sees JSON.
#pragma once
#include "version.h"

enum {
  ZOO_BOOLEAN = 1,  ///< `integer` is 0 or 1
  ZOO_INTEGER = 2,  ///< `integer`
  ZOO_REAL = 3,     ///< `real`
  ZOO_TEXT_TYPE = 4, ///< `text`; with choices, one of them
  ZOO_INTEGERS = 5, ///< `integers`, `count` of them; one bare number is a list of one. With choices, `text` may stand instead
  ZOO_REALS = 6     ///< `reals`, `count` of them; likewise
};

enum {
  ZOO_ATTRIBUTE_REQUIRED = 1, ///< no default: the manifest must give it
  ZOO_ATTRIBUTE_OPTIONAL = 2  ///< no default, and may be absent: `is_set` is 0 then
};

/// A value, as `create` receives it. Frozen. Only the members that the type names are meaningful; an INTEGERS attribute
/// given as one of its choices has `text` set and `count` 0. Pointers are valid during the call that receives them.
typedef struct zoo_attribute {
  int32_t type;
  int32_t is_set; ///< 1 if the manifest gave it or a default filled it in
  int64_t integer;
  double real;
  zoo_string text;
  const int64_t *integers;
  const double *reals;
  uint64_t count;
} zoo_attribute;

/// What one attribute is. The memory is the family's, for ever.
typedef struct zoo_attribute_info {
  uint32_t size;
  int32_t type;
  uint32_t flags;         ///< ZOO_ATTRIBUTE_...
  uint32_t choice_count;  ///< 0: no choices
  zoo_string name, about; ///< about: one sentence, with the unit
  const zoo_string *choices;
  zoo_attribute fallback;  ///< the default, unless flags say that there is none
  double minimum, maximum; ///< of every number in it, inclusive; both 0: unbounded
} zoo_attribute_info;
