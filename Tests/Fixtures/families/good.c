/* Nothing is wrong with this one: it shows that the others do not hide it. */
#include "scale.h"

static const zoo_kind scale = SCALE("good.scale");
static const zoo_kind *const kinds[] = {&scale};
static const zoo_family family = FAMILY("good", ZOO_ABI_MAJOR, kinds);

const zoo_family *zoo_family_v1(const zoo_host *host) {
  (void)host;
  return &family;
}
