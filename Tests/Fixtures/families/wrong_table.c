/* Exports this major version's symbol, but its table says another. */
#include "scale.h"

static const zoo_kind scale = SCALE("wrong.scale");
static const zoo_kind *const kinds[] = {&scale};
static const zoo_family family = FAMILY("wrong", ZOO_ABI_MAJOR + 1, kinds);

const zoo_family *zoo_family_v1(const zoo_host *host) {
  (void)host;
  return &family;
}
