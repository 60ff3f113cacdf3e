/* Speaks the next major version of the protocol, and no other. */
#include "scale.h"

static const zoo_kind scale = SCALE("next.scale");
static const zoo_kind *const kinds[] = {&scale};
static const zoo_family family = FAMILY("next", ZOO_ABI_MAJOR + 1, kinds);

const zoo_family *zoo_family_v2(const zoo_host *host);
const zoo_family *zoo_family_v2(const zoo_host *host) {
  (void)host;
  return &family;
}
