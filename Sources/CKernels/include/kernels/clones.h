/// How kernels are compiled.
#pragma once

/// In front of a function that is not static: it is built for three generations of x86-64, and the best that the machine can
/// run is picked when the library is loaded.
#if defined(__x86_64__)
#define ZOO_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define ZOO_CLONES
#endif

/// For helpers of such a function: they become part of each clone.
#define ZOO_INLINE static inline __attribute__((always_inline))

/// In front of a loop whose steps do not depend on each other, even if what it writes is what it reads: without this the
/// compiler checks for overlap and takes a scalar loop when a result overwrites its operand.
#define ZOO_SIMD _Pragma("clang loop vectorize(assume_safety)")
