#include "CAllocations.h"
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

/* glibc's own functions under the names that it keeps for wrappers like these. */
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t), *__libc_memalign(size_t, size_t);

static __thread int counting;
static __thread int64_t count;

void zoo_count_allocations(void) {
  count = 0;
  counting = 1;
}

int64_t zoo_allocations(void) {
  counting = 0;
  return count;
}

void *malloc(size_t size) {
  count += counting;
  return __libc_malloc(size);
}

void *calloc(size_t n, size_t size) {
  count += counting;
  return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size) {
  count += counting;
  return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count += counting;
  return __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size) {
  count += counting;
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **into, size_t alignment, size_t size) {
  count += counting;
  *into = __libc_memalign(alignment, size);
  return *into ? 0 : ENOMEM;
}

void zoo_allocate_once(void) {
  void *volatile memory = malloc(10);
  free(memory);
}
