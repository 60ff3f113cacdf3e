/* Its kind is named as if another family had it. */
#include "scale.h"

static const zoo_kind scale = SCALE("core.scale");
static const zoo_kind *const kinds[] = {&scale};
static const zoo_family family = FAMILY("stranger", ZOO_ABI_MAJOR, kinds);

const zoo_family *zoo_family_v1(const zoo_host *host) {
  (void)host;
  return &family;
}
