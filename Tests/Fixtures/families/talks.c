/* Works, and has something to say when it is loaded. */
#include <stddef.h>
#include "scale.h"

static const zoo_kind scale = SCALE("talks.scale");
static const zoo_kind *const kinds[] = {&scale};
static const zoo_family family = FAMILY("talks", ZOO_ABI_MAJOR, kinds);

const zoo_family *zoo_family_v1(const zoo_host *host) {
  zoo_string chatter = ZOO_TEXT("hello"), warning = ZOO_TEXT("it would be faster with AMX");
  host->log(NULL, ZOO_LOG_INFO, chatter);
  host->log(NULL, ZOO_LOG_WARNING, warning);
  return &family;
}
