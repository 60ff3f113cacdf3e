/// The pool of threads: libgomp's, which oneDNN uses too.
#pragma once
#include <stdint.h>

/// libgomp's own entry points, because Swift's clang comes without OpenMP. A family that uses oneDNN or OpenBLAS shares the pool.
typedef struct zoo_openmp {
  void (*parallel)(void (*body)(void *), void *data, unsigned threads, unsigned flags);
  int (*thread)(void);      ///< the number of this thread in its team
  int (*team)(void);        ///< how many threads the team has
  int (*limit)(void);       ///< how many threads the next team may have
  int (*in_parallel)(void);
  void (*set_limit)(int);
} zoo_openmp;

/// The pool; where there is no libgomp, one of one thread. The first call loads it.
const zoo_openmp *zoo_openmp_pool(void);
