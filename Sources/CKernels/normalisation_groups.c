#include "kernels/normalisation.h"

#include <math.h>

// A few numbers for each channel, in f64: what is computed here is then applied to every element.

void zoo_groups_norms(
  const zoo_columns *s, int64_t groups, const double *mean, const double *squares, double epsilon, zoo_norm *norms) {
  const int64_t size = s->channels / groups;
  for (int64_t g = 0; g < groups; g++) {
    double total = 0, spread = 0;
    for (int64_t c = g * size; c < (g + 1) * size; c++) total += mean[c];
    const double centre = total / (double)size;
    for (int64_t c = g * size; c < (g + 1) * size; c++)
      spread += squares[c] + (double)s->rows * (mean[c] - centre) * (mean[c] - centre);
    const float rounded = (float)centre;
    norms[g] = (zoo_norm){rounded, (float)(centre - rounded), (float)(1 / sqrt(spread / (double)(size * s->rows) + epsilon))};
  }
}

/// Repeats the first `channels` numbers of every row of the table over its whole width.
static void repeat(const zoo_columns *s, float *table, int64_t rows) {
  for (int64_t row = 0; row < rows; row++)
    for (int64_t i = s->channels; i < s->width; i++) table[row * s->width + i] = table[row * s->width + i - s->channels];
}

void zoo_groups_table(
  const zoo_columns *s, int64_t groups, const zoo_norm *norms, const float *weight, const float *bias, float *table) {
  const int64_t size = s->channels / groups, width = s->width;
  for (int64_t c = 0; c < s->channels; c++) {
    const zoo_norm norm = norms[c / size];
    const double scale = (double)norm.scale * (weight ? weight[c] : 1);
    table[c] = norm.mean;
    table[width + c] = (float)scale;
    table[2 * width + c] = (float)((bias ? bias[c] : 0) - norm.mean_rest * scale);
  }
  repeat(s, table, 3);
}

void zoo_groups_centre(const zoo_columns *s, int64_t groups, const zoo_norm *norms, float *table) {
  const int64_t size = s->channels / groups;
  for (int64_t c = 0; c < s->channels; c++) table[c] = norms[c / size].mean;
  repeat(s, table, 1);
}

// With n elements in a group, z the normalised x, and the sums over the group:
//   dx = scale (weight dy - sum(weight dy) / n - z sum(weight dy z) / n)
void zoo_groups_table_backward(
  const zoo_columns *s, int64_t groups, const zoo_norm *norms, const float *weight, const double *sum, double *product, float *table) {
  const int64_t size = s->channels / groups, width = s->width;
  const double n = (double)(size * s->rows);
  for (int64_t g = 0; g < groups; g++) {
    const zoo_norm norm = norms[g];
    double total = 0, slope = 0;
    for (int64_t c = g * size; c < (g + 1) * size; c++) {
      const double w = weight ? weight[c] : 1;
      product[c] = norm.scale * (product[c] - norm.mean_rest * sum[c]);
      total += w * sum[c];
      slope += w * product[c];
    }
    const double by_x = -(double)norm.scale * norm.scale * slope / n, shift = -norm.scale * total / n - norm.mean_rest * by_x;
    for (int64_t c = g * size; c < (g + 1) * size; c++) {
      table[width + c] = norm.scale * (weight ? weight[c] : 1);
      table[2 * width + c] = (float)by_x;
      table[3 * width + c] = (float)shift;
    }
  }
  repeat(s, table + width, 3);
}

void zoo_running_update(
  int64_t rows, int64_t channels, const double *mean, const double *squares, double momentum, float *running_mean,
  float *running_variance) {
  for (int64_t c = 0; c < channels; c++) {
    const double variance = squares[c] / (double)(rows - 1);
    running_mean[c] = (float)((1 - momentum) * running_mean[c] + momentum * mean[c]);
    running_variance[c] = (float)((1 - momentum) * running_variance[c] + momentum * variance);
  }
}
