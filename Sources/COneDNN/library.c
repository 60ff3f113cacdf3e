#include "library.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "COneDNN.h"

struct zoo_dnn_library dnn;

static int is_available;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The library is 50 MB, which takes 2 ms to map even when the system knows it already: a program pays only if it has a large layer. */
static void load(void) {
  void *library = dlopen("libdnnl.so.2", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!library) return;
#define X(name)                                                                                                                               \
  if (!(dnn.name = (__typeof__(dnn.name))dlsym(library, "dnnl_" #name))) return;
  ZOO_DNN_FUNCTIONS(X)
#undef X
  is_available = dnn.engine_create(&dnn.engine, dnnl_cpu, 0) == dnnl_success;
}

int zoo_dnn_load(void) {
  pthread_once(&once, load);
  return is_available;
}

/* Where the processor has no such instructions, oneDNN does without, but slower than with f32. */
int32_t zoo_dnn_has_bf16(void) {
  const char *wish = getenv("ZOO_BF16");
  if (wish && !strcmp(wish, "widen")) return 0;
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return 0;
#endif
}
