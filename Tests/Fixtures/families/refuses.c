/* Cannot work here. Says why, unless it is compiled with SILENT. */
#include <stddef.h>
#include "zoo.h"

const zoo_family *zoo_family_v1(const zoo_host *host) {
#ifdef SILENT
  (void)host;
#else
  zoo_string words = ZOO_TEXT("it needs a processor with AMX");
  host->fail(NULL, ZOO_UNSUPPORTED, words);
#endif
  return NULL;
}
