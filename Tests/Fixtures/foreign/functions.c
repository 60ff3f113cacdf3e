/* Functions that know nothing of zoo. */
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

int shared_variable = 3;

/* x / (1 + |x|), and its derivative */
__attribute__((noinline)) float softsign(float x) { return x / (1 + fabsf(x)); }
float softsign_slope(float x) { return 1 / ((1 + fabsf(x)) * (1 + fabsf(x))); }

/* What foreign.map does with softsign, as anyone would write it in C. */
void softsign_each(float *y, const float *x, int64_t count) {
  for (int64_t i = 0; i < count; i++) y[i] = softsign(x[i]);
}

/* a b + a, and its derivatives */
float blend(float a, float b) { return a * b + a; }
float blend_by_a(float a, float b) { (void)a; return b + 1; }
float blend_by_b(float a, float b) { (void)b; return a; }

/* The thread that calls it, in few bits. */
float thread_number(float x) { (void)x; return (float)((uintptr_t)pthread_self() >> 12 & 0xFFFFF); }

/* y[i] = alpha x[i]^2 */
void square(float *y, const float *x, int64_t count, float alpha) {
  for (int64_t i = 0; i < count; i++) y[i] = alpha * x[i] * x[i];
}

void square_back(float *dx, const float *dy, const float *x, int64_t count, float alpha) {
  for (int64_t i = 0; i < count; i++) dx[i] = 2 * alpha * x[i] * dy[i];
}

/* Rows times columns, from the lengths of the axes. */
void product(float *c, const float *a, const int64_t *a_shape, const float *b, const int32_t *b_shape) {
  for (int64_t i = 0; i < a_shape[0]; i++)
    for (int64_t j = 0; j < b_shape[1]; j++)
      for (int64_t k = 0; k < a_shape[1]; k++) c[i * b_shape[1] + j] += a[i * a_shape[1] + k] * b[k * b_shape[1] + j];
}

/* The sum, and in the last place how many there were. */
float total(const float *x, uint32_t count, int64_t *counted) {
  float sum = 0;
  for (uint32_t i = 0; i < count; i++) sum += x[i];
  counted[0] = count;
  return sum;
}

/* y += alpha x, where it is */
void add_scaled(int32_t count, float alpha, const float *x, float *y) {
  for (int32_t i = 0; i < count; i++) y[i] += alpha * x[i];
}

void add_scaled_back(int32_t count, float alpha, const float *dz, float *dx, float *dy) {
  for (int32_t i = 0; i < count; i++) {
    dx[i] += alpha * dz[i];
    dy[i] += dz[i];
  }
}

/* 0, or the number of the first element below 0, negative */
int32_t root(double *y, const float *x, uint64_t count) {
  for (uint64_t i = 0; i < count; i++) {
    if (x[i] < 0) return -(int32_t)i - 1;
    y[i] = sqrt(x[i]);
  }
  return 0;
}

/* Every type of number at once, in an order that shows a wrong width. */
void mixed(double *into, int8_t a, uint8_t b, int16_t c, uint16_t d, int32_t e, uint32_t f, int64_t g, uint64_t h, float i, double j) {
  double values[] = {a, b, c, d, e, f, (double)g, (double)h, i, j};
  for (int k = 0; k < 10; k++) into[k] = values[k];
}

float crash(float x) { (void)x; abort(); }
