/// The process that looks at an unknown family on behalf of another one.
#pragma once
#include <stdint.h>

/// A pipe that no other child inherits. Returns 0, or -1 with errno set.
int32_t zoo_child_pipe(int32_t ends[2]);

/// From now on this process is asked to end (SIGTERM) when the one that started it does, however that ends.
void zoo_child_end_with_parent(void);

/// Makes this process one that may crash or hang without a trace: it dumps no core, ends with its parent and after `seconds`
/// at the latest, and writes no large file. From now on standard output is a file that zoo_child_printed reads. Returns a
/// descriptor of what standard output was, or -1.
int32_t zoo_child_begin(uint32_t seconds);

/// The first bytes of what has been written to standard output since zoo_child_begin. Returns how many.
uint64_t zoo_child_printed(char *into, uint64_t capacity);

/// Calls `body` with the path of every shared library in this process.
void zoo_each_library(void (*body)(const char *path, void *data), void *data);
