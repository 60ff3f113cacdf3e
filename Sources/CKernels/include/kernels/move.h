/// Moving elements without looking at them.
#pragma once
#include "nest.h"

/// Copies steps [from, to) of a nest whose operands are destination and source. `size`: bytes of an element, 1, 2, 4 or 8.
/// With source strides of 0 it fills.
void zoo_copy(int64_t size, const zoo_nest *nest, void *destination, const void *source, int64_t from, int64_t to);

/// destination += source, over steps [from, to) of the same nest.
void zoo_add(const zoo_nest *nest, float *destination, const float *source, int64_t from, int64_t to);

/// If a copy over this nest transposes, which means that its destination is dense along the last axis and its source along
/// another one, moves that other axis to the last but one place and returns 1: the copy can then go by tiles. Otherwise 0.
int32_t zoo_nest_tile(zoo_nest *nest);

/// How many blocks of some thousand steps a tiled nest has.
int64_t zoo_block_count(const zoo_nest *nest);

/// zoo_copy and zoo_add over blocks [from, to) of a tiled nest.
void zoo_copy_tiled(int64_t size, const zoo_nest *nest, void *destination, const void *source, int64_t from, int64_t to);
void zoo_add_tiled(const zoo_nest *nest, float *destination, const float *source, int64_t from, int64_t to);
