/// Counts heap allocations of the calling thread. Linking this replaces malloc and its relatives for the whole process.
#pragma once
#include <stdint.h>

/// Starts counting from 0 on this thread.
void zoo_count_allocations(void);

/// Stops, and returns how many allocations this thread has made since.
int64_t zoo_allocations(void);

/// Allocates once and frees again, out of the optimiser's sight.
void zoo_allocate_once(void);
