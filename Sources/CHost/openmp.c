#define _GNU_SOURCE
#include "include/openmp.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

static void one_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags) {
  (void)threads, (void)flags;
  body(data);
}
static int one_thread(void) { return 0; }
static int one_team(void) { return 1; }
static int one_in_parallel(void) { return 0; }
static void one_set_limit(int count) { (void)count; }

static zoo_openmp pool = {one_parallel, one_thread, one_team, one_team, one_in_parallel, one_set_limit};
static pthread_once_t once = PTHREAD_ONCE_INIT;

/// How often a thread looks whether its work has come before it sleeps: some 2 µs. By libgomp's own choice, 300,000 times, it spins
/// through most of its share of a processor that others want too, and is then made to wait when its team needs it: with another
/// busy process on two cores, some models took 300 times as long. With nobody else there, it makes no difference that could be measured.
static const char spins[] = "1000";

static void load(void) {
  // Read when the library is loaded, and at no other time. Whoever has set either has thought about it.
  const int is_ours = !getenv("GOMP_SPINCOUNT") && !getenv("OMP_WAIT_POLICY");
  if (is_ours) setenv("GOMP_SPINCOUNT", spins, 1);
  void *library = dlopen("libgomp.so.1", RTLD_NOW | RTLD_GLOBAL);
  if (is_ours) unsetenv("GOMP_SPINCOUNT");
  if (!library) return;
  zoo_openmp found;
  *(void **)&found.parallel = dlsym(library, "GOMP_parallel");
  *(void **)&found.thread = dlsym(library, "omp_get_thread_num");
  *(void **)&found.team = dlsym(library, "omp_get_num_threads");
  *(void **)&found.limit = dlsym(library, "omp_get_max_threads");
  *(void **)&found.in_parallel = dlsym(library, "omp_in_parallel");
  *(void **)&found.set_limit = dlsym(library, "omp_set_num_threads");
  if (found.parallel && found.thread && found.team && found.limit && found.in_parallel && found.set_limit) pool = found;
}

const zoo_openmp *zoo_openmp_pool(void) {
  pthread_once(&once, load);
  return &pool;
}
