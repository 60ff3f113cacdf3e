/// Counts heap allocations and new threads. Linking this replaces malloc and its relatives for the whole process.
#pragma once
#include <stdint.h>

/// Starts counting from 0 on this thread.
void zoo_count_allocations(void);

/// Stops, and returns how many allocations this thread has made since.
int64_t zoo_allocations(void);

/// What all threads together have done between two calls.
typedef struct zoo_census {
  int64_t allocations, threads;
} zoo_census;

/// Starts counting from 0 on all threads.
void zoo_begin_census(void);

/// Stops, and returns what was counted.
zoo_census zoo_end_census(void);

/// The bytes of the heap that are in use.
uint64_t zoo_heap_bytes(void);

/// Allocates once and frees again, out of the optimiser's sight.
void zoo_allocate_once(void);
