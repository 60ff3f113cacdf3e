/* Needs a function that nobody has. */
#include "zoo.h"

const zoo_family *a_function_that_nobody_has(void);

const zoo_family *zoo_family_v1(const zoo_host *host) {
  (void)host;
  return a_function_that_nobody_has();
}
