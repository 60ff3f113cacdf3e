/// How fast this machine can go at most: work that does nothing else, on every thread of the pool.
#pragma once
#include <stdint.h>

/// The bits of the vectors that these functions compute with: the widest that the processor has.
int32_t zoo_ceiling_vector_bits(void);

/// Whether the processor multiplies bf16.
int32_t zoo_ceiling_has_bf16(void);

/// So many rounds of independent multiply-adds in registers, on each thread: of f32, or of bf16 where the processor has it. Returns the
/// operations of all of them, a multiply-add counted as two.
double zoo_ceiling_arithmetic(int64_t rounds, int32_t is_bf16);

/// Reads memory as many times as `rounds` says, each thread a part of its own. Returns the bytes that all of them have read.
double zoo_ceiling_read(const void *memory, int64_t bytes, int64_t rounds);

/// The bytes that a read must be of to come from memory and not from a cache.
int64_t zoo_ceiling_read_bytes(void);

/// Memory of that size, every page of it really there; NULL: there is not enough. `zoo_ceiling_release` ends it.
void *zoo_ceiling_memory(int64_t bytes);
void zoo_ceiling_release(void *memory, int64_t bytes);
