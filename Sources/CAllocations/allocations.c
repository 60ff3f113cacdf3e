#define _GNU_SOURCE
#include "CAllocations.h"
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

/* glibc's own functions under the names that it keeps for wrappers like these. */
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t), *__libc_memalign(size_t, size_t);

static __thread int counting;
static __thread int64_t count;
static int is_census; /* these three are accessed atomically */
static int64_t all_allocations, all_threads;

static inline void allocates(void) {
  count += counting;
  if (__builtin_expect(__atomic_load_n(&is_census, __ATOMIC_RELAXED), 0)) __atomic_fetch_add(&all_allocations, 1, __ATOMIC_RELAXED);
}

void zoo_count_allocations(void) {
  count = 0;
  counting = 1;
}

int64_t zoo_allocations(void) {
  counting = 0;
  return count;
}

void *malloc(size_t size) {
  allocates();
  return __libc_malloc(size);
}

void *calloc(size_t n, size_t size) {
  allocates();
  return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size) {
  allocates();
  return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  allocates();
  return __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size) {
  allocates();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **into, size_t alignment, size_t size) {
  allocates();
  *into = __libc_memalign(alignment, size);
  return *into ? 0 : ENOMEM;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *data) {
  static int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  if (!__atomic_load_n(&create, __ATOMIC_ACQUIRE))
    __atomic_store_n(&create, (__typeof__(create))dlsym(RTLD_NEXT, "pthread_create"), __ATOMIC_RELEASE);
  if (__atomic_load_n(&is_census, __ATOMIC_RELAXED)) __atomic_fetch_add(&all_threads, 1, __ATOMIC_RELAXED);
  return create(thread, attributes, body, data);
}

void zoo_begin_census(void) {
  __atomic_store_n(&all_allocations, 0, __ATOMIC_RELAXED);
  __atomic_store_n(&all_threads, 0, __ATOMIC_RELAXED);
  __atomic_store_n(&is_census, 1, __ATOMIC_SEQ_CST);
}

zoo_census zoo_end_census(void) {
  __atomic_store_n(&is_census, 0, __ATOMIC_SEQ_CST);
  zoo_census census = {__atomic_load_n(&all_allocations, __ATOMIC_RELAXED), __atomic_load_n(&all_threads, __ATOMIC_RELAXED)};
  return census;
}

uint64_t zoo_heap_bytes(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void zoo_allocate_once(void) {
  void *volatile memory = malloc(10);
  free(memory);
}
