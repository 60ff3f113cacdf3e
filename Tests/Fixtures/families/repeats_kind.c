/* Has one kind twice. */
#include "scale.h"

static const zoo_kind scale = SCALE("twice.scale"), again = SCALE("twice.scale");
static const zoo_kind *const kinds[] = {&scale, &again};
static const zoo_family family = FAMILY("twice", ZOO_ABI_MAJOR, kinds);

const zoo_family *zoo_family_v1(const zoo_host *host) {
  (void)host;
  return &family;
}
