/// How the units of a long short-term memory are cut, and what its steps do to each part.
#pragma once
#include "gemm_panels.h"
#include "kernels/lstm.h"

/// What one part of a step covers.
typedef struct zoo_lstm_part {
  int64_t first, rows;    ///< of the sequences
  int64_t column, columns; ///< of the units
  int64_t vectors, width; ///< the panel's, with padding; width: in floats
} zoo_lstm_part;

/// Part `task` of a step.
zoo_lstm_part zoo_lstm_part_at(int64_t rows, int64_t units, int64_t task);

/// sums[rows, columns] (+)= a[rows, depth] b[depth, columns] for one part.
void zoo_lstm_product(
  const zoo_lstm_part *part, const float *a, int64_t a_row, const float *b, int64_t depth, float *sums, int64_t sums_row, int accumulates);

/// What follows the product of a step, for one part.
void zoo_lstm_states(const zoo_lstm_step *step, const zoo_lstm_part *part);
void zoo_lstm_slopes(const zoo_lstm_back_step *step, const zoo_lstm_part *part);
