/// Arithmetic on tensors, element by element.
#pragma once
#include "nest.h"

/// y = a (operation) b.
enum { ZOO_ADD = 0, ZOO_SUBTRACT = 1, ZOO_MULTIPLY = 2, ZOO_DIVIDE = 3 };

/// y[i] = a (operation) b over steps [from, to) of a nest whose operands are a and b. y is dense: step i writes y[i]. It may be
/// a or b where that is dense too. Integers wrap around on overflow and cannot be divided.
void zoo_arithmetic_f32(int32_t operation, const zoo_nest *nest, const float *a, const float *b, float *y, int64_t from, int64_t to);
void zoo_arithmetic_i32(int32_t operation, const zoo_nest *nest, const int32_t *a, const int32_t *b, int32_t *y, int64_t from, int64_t to);
void zoo_arithmetic_i64(int32_t operation, const zoo_nest *nest, const int64_t *a, const int64_t *b, int64_t *y, int64_t from, int64_t to);

/// y = scale * x + shift. y may be x.
void zoo_linear(float scale, float shift, const float *x, float *y, int64_t count);

/// y += scale * x.
void zoo_accumulate(float scale, const float *x, float *y, int64_t count);
