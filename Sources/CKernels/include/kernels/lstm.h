/// The part of a long short-term memory that goes from step to step. What the input adds to the gates is a product over all steps at
/// once (gemm.h) and not done here.
///
/// Units are cut into panels of a few vectors. A panel computes its units' four gates and at once their new states, so that nothing
/// but the states goes from one panel to another, and every sum is taken in an order that depends on shapes and processor alone.
#pragma once
#include <stdint.h>

/// How many panels so many units have.
int64_t zoo_lstm_panels(int64_t units);

/// How many parts a step of so many rows has: panels times blocks of rows.
int64_t zoo_lstm_tasks(int64_t rows, int64_t units);

/// How many floats the recurrent weight [4 units, units] takes in panels, either way.
int64_t zoo_lstm_packed_count(int64_t units);

/// Writes panels [from, to) of the recurrent weight as `zoo_lstm_forward` reads them.
void zoo_lstm_pack_forward(const float *weight, int64_t units, int64_t from, int64_t to, float *packed);

/// Writes panels [from, to) of the recurrent weight as `zoo_lstm_backward` reads them.
void zoo_lstm_pack_backward(const float *weight, int64_t units, int64_t from, int64_t to, float *packed);

/// One step for `rows` sequences side by side. Gates are in the order i, f, g, o, each of `units` numbers; a `_row` is the distance
/// from one sequence's numbers to the next's, in floats, and where there is none they are adjacent.
///
///     z = gates + h weightᵀ;  i, f, o = sigmoid(z), g = tanh(z)
///     c = f c_before + i g;   h_next = o tanh(c)
typedef struct zoo_lstm_step {
  int64_t rows, units;
  const float *packed;   ///< by zoo_lstm_pack_forward
  const float *h;        ///< [rows, units]
  float *gates;          ///< [rows, 4 units]: what the input adds; afterwards i, f, g, o if `keeps_gates`, else anything
  int64_t gates_row;
  const float *c_before; ///< [rows, units]
  int64_t c_before_row;
  float *c;              ///< [rows, units]; may be c_before
  int64_t c_row;
  float *h_next;         ///< [rows, units]; not h
  float *y;              ///< [rows, units], a copy of h_next, or NULL
  int64_t y_row;
  int32_t keeps_gates;
  int32_t goes_down;     ///< panels from the last to the first: every other step, so that the cache still has what it read last
} zoo_lstm_step;

/// Computes parts [from, to) of a step.
void zoo_lstm_forward(const zoo_lstm_step *step, int64_t from, int64_t to);

/// One step of back-propagation through time: the gradients that the step after this one hands down, then those of this step's gates.
///
///     dh = dz_after weight                                    (as given where dz_after is NULL)
///     dc = dc + (dh + dy) o (1 - tanh(c)^2)
///     dz = dc g i (1 - i), dc c_before f (1 - f), dc i (1 - g^2), (dh + dy) tanh(c) o (1 - o);  dc = dc f
typedef struct zoo_lstm_back_step {
  int64_t rows, units;
  const float *packed;   ///< by zoo_lstm_pack_backward
  const float *dz_after; ///< [rows, 4 units], or NULL
  float *dh, *dc;        ///< [rows, units]
  const float *gates;    ///< [rows, 4 units], as forward kept them; NULL: nothing but dh is wanted
  int64_t gates_row;
  const float *c_before, *c;
  int64_t c_before_row, c_row;
  const float *dy;       ///< [rows, units], or NULL
  int64_t dy_row;
  float *dz;             ///< [rows, 4 units]; not dz_after
  float *dz_kept;        ///< a copy of dz, `gates_row` from row to row
  int32_t goes_down;
} zoo_lstm_back_step;

/// Computes parts [from, to) of a step.
void zoo_lstm_backward(const zoo_lstm_back_step *step, int64_t from, int64_t to);
