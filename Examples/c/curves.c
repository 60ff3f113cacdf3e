/* A family in C: two kinds of layers, and nothing of Zoo to link. docs/protocol.md of Zoo explains every part. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "zoo.h"

/* A layer of either kind: x and y are `rows` rows of `width` numbers. */
struct zoo_layer {
  double frequency; /* snake's attribute */
  int64_t rows, width;
  zoo_spec shape;          /* what the plan points to */
  zoo_parameter parameter; /* snake's, likewise */
};

static zoo_status create(const zoo_kind *kind, const zoo_create_request *request, zoo_layer **layer) {
  (void)kind;
  if (!(*layer = calloc(1, sizeof **layer))) return ZOO_OUT_OF_MEMORY;
  if (request->attribute_count > 0) (*layer)->frequency = request->attributes[0].real; /* checked by the host, in declared order */
  return ZOO_OK;
}
static void destroy(zoo_layer *layer) { free(layer); }

/* What the plans of both kinds have in common: y is like x, and backward reads x. */
static zoo_status plan_rows(zoo_layer *layer, const zoo_plan_request *request, zoo_plan *plan) {
  static const zoo_string wrong_type = ZOO_TEXT("x must be f32"), no_channel = ZOO_TEXT("x must have at least one channel"),
                          too_large = ZOO_TEXT("x has more elements than memory can hold");
  const zoo_spec *x = request->inputs;
  if (x->dtype.code != ZOO_FLOAT || x->dtype.bits != 32) return request->host->fail(request->context, ZOO_BAD_DTYPE, wrong_type);
  int64_t bytes = sizeof(float);
  layer->rows = layer->width = 1;
  for (int32_t i = 0; i < x->rank; i++) {
    if (x->shape[i] < 0 || __builtin_mul_overflow(bytes, x->shape[i] ? x->shape[i] : 1, &bytes))
      return request->host->fail(request->context, ZOO_BAD_SHAPE, too_large);
    layer->rows *= layer->width, layer->width = x->shape[i];
  }
  if (layer->width == 0) return request->host->fail(request->context, ZOO_BAD_SHAPE, no_channel);
  layer->shape = *x;
  plan->flags = x->rank > 1 ? ZOO_LAYER_ROW_INDEPENDENT : 0;
  plan->outputs = &layer->shape, plan->output_count = 1;
  plan->needs_inputs = 1 << 0, plan->flops = 10.0 * (double)layer->rows * (double)layer->width;
  return ZOO_OK;
}

/* A function of some rows, on the host's threads: 4,096 numbers are worth a thread. */
typedef struct { const zoo_layer *layer; const zoo_call *call; } work;
static zoo_status over_rows(const zoo_layer *layer, const zoo_call *call, zoo_body body) {
  work w = {layer, call};
  return call->host->parallel_for(call->context, layer->rows, 1 + 4096 / layer->width, body, &w);
}

/* squash: y = x |x| / (1 + |x|^2) makes the length of each row a number from 0 to 1, and keeps its direction. */
static zoo_status squash_some(void *data, int64_t from, int64_t to, int32_t slot) {
  const work *w = ((void)slot, data);
  int64_t width = w->layer->width;
  for (int64_t row = from; row < to; row++) {
    const float *x = (const float *)w->call->inputs[0].data + row * width;
    float *y = (float *)w->call->outputs[0].data + row * width;
    double square = 0;
    for (int64_t i = 0; i < width; i++) square += (double)x[i] * x[i];
    for (int64_t i = 0; i < width; i++) y[i] = (float)(sqrt(square) / (1 + square) * x[i]);
  }
  return ZOO_OK;
}
static zoo_status squash_forward(zoo_layer *layer, const zoo_call *call) { return over_rows(layer, call, squash_some); }

/* With n = |x| and s(n) = n / (1 + n^2): dx = s dy + (s' / n) <x, dy> x, which is 0 where x is. */
static zoo_status squash_backward_some(void *data, int64_t from, int64_t to, int32_t slot) {
  const work *w = ((void)slot, data);
  int64_t width = w->layer->width;
  for (int64_t row = from; row < to; row++) {
    const float *x = (const float *)w->call->inputs[0].data + row * width, *dy = w->call->output_gradients[0].data; /* NULL: zeros */
    float *dx = (float *)w->call->input_gradients[0].data + row * width;
    double square = 0, dot = 0;
    for (int64_t i = 0; i < width; i++) square += (double)x[i] * x[i], dot += dy ? (double)x[i] * dy[row * width + i] : 0;
    double n = sqrt(square), scale = n / (1 + square), along = n == 0 ? 0 : (1 - square) / ((1 + square) * (1 + square) * n) * dot;
    for (int64_t i = 0; i < width; i++) dx[i] = dy ? (float)(scale * dy[row * width + i] + along * x[i]) : 0;
  }
  return ZOO_OK;
}

static zoo_status squash_backward(zoo_layer *layer, const zoo_call *call) {
  return call->input_gradients[0].data ? over_rows(layer, call, squash_backward_some) : ZOO_OK; /* no data: not wanted */
}

/* snake: y = x + sin^2(a x) / a, with a learned frequency a for each channel; x where a is 0. */
static zoo_status snake_plan(zoo_layer *layer, const zoo_plan_request *request, zoo_plan *plan) {
  zoo_status status = plan_rows(layer, request, plan);
  if (status != ZOO_OK) return status;
  layer->parameter = (zoo_parameter){
      .size = sizeof(zoo_parameter), .flags = ZOO_PARAMETER_NO_DECAY, .name = ZOO_TEXT("frequency"),
      .spec = {.rank = 1, .dtype = layer->shape.dtype, .shape = {layer->width}},
      .initializer = {.method = ZOO_CONSTANT, .a = layer->frequency}};
  plan->parameters = &layer->parameter, plan->parameter_count = 1;
  plan->scratch_backward = (uint64_t)layer->width * sizeof(double);
  return ZOO_OK;
}

static double sinc(double t) { return t == 0 ? 1 : sin(t) / t; }
static zoo_status snake_some(void *data, int64_t from, int64_t to, int32_t slot) {
  const work *w = ((void)slot, data);
  const float *x = w->call->inputs[0].data, *a = w->call->parameters[0].data;
  float *y = w->call->outputs[0].data;
  for (int64_t row = from, k = from * w->layer->width; row < to; row++)
    for (int64_t i = 0; i < w->layer->width; i++, k++) {
      double t = (double)a[i] * x[k];
      y[k] = (float)(x[k] + x[k] * sin(t) * sinc(t));
    }
  return ZOO_OK;
}
static zoo_status snake_forward(zoo_layer *layer, const zoo_call *call) { return over_rows(layer, call, snake_some); }

/* dy/dx = 1 + sin(2 a x), and dy/da = x^2 (2 cos(t) sinc(t) - sinc(t)^2) at t = a x. On one thread: the sums over rows keep their order. */
static zoo_status snake_backward(zoo_layer *layer, const zoo_call *call) {
  const float *x = call->inputs[0].data, *a = call->parameters[0].data, *dy = call->output_gradients[0].data;
  float *dx = call->input_gradients[0].data, *da = call->parameter_gradients[0].data;
  double *sum = memset(call->scratch, 0, (size_t)layer->width * sizeof *sum);
  for (int64_t row = 0, k = 0; row < layer->rows; row++)
    for (int64_t i = 0; i < layer->width; i++, k++) {
      double t = (double)a[i] * x[k], s = sinc(t), d = dy ? dy[k] : 0;
      if (dx) dx[k] = (float)(d * (1 + sin(2 * t)));
      sum[i] += d * x[k] * x[k] * (2 * cos(t) - s) * s;
    }
  for (int64_t i = 0; da && i < layer->width; i++) da[i] = (float)sum[i];
  return ZOO_OK;
}

/* What the family has. */
static const zoo_attribute_info attributes[] = {{
    .size = sizeof(zoo_attribute_info), .type = ZOO_REAL, .name = ZOO_TEXT("frequency"), .minimum = -1000, .maximum = 1000,
    .about = ZOO_TEXT("What every channel's frequency starts as."), .fallback = {.type = ZOO_REAL, .is_set = 1, .real = 1}}};
static const zoo_port_info x = {.size = sizeof(zoo_port_info), .name = ZOO_TEXT("x"), .shape = ZOO_TEXT("[..., C]")};
static const zoo_port_info y = {.size = sizeof(zoo_port_info), .name = ZOO_TEXT("y"), .shape = ZOO_TEXT("[..., C]")};
static const zoo_kind squash = {
    .size = sizeof(zoo_kind), .name = ZOO_TEXT("curves.squash"), .summary = ZOO_TEXT("Vectors made shorter than 1."),
    .formula = ZOO_TEXT("y = x |x| / (1 + |x|^2), with |x| over the last axis"),
    .reference = ZOO_TEXT("Sabour, Frosst & Hinton 2017, Dynamic routing between capsules, arXiv:1710.09829"),
    .input_count = 1, .inputs = &x, .output_count = 1, .outputs = &y, .create = create, .plan = plan_rows,
    .forward = squash_forward, .backward = squash_backward, .destroy = destroy};
static const zoo_kind snake = {
    .size = sizeof(zoo_kind), .name = ZOO_TEXT("curves.snake"), .summary = ZOO_TEXT("A line that waves, as often as it learns to."),
    .formula = ZOO_TEXT("y = x + sin(a x)^2 / a, with a learned for each channel"),
    .reference = ZOO_TEXT("Ziyin, Hartwig & Ueda 2020, Neural networks fail to learn periodic functions, arXiv:2006.08195"),
    .attribute_count = 1, .attributes = attributes, .input_count = 1, .inputs = &x, .output_count = 1, .outputs = &y,
    .create = create, .plan = snake_plan, .forward = snake_forward, .backward = snake_backward, .destroy = destroy};
static const zoo_family family = {
    .size = sizeof(zoo_family), .abi_major = ZOO_ABI_MAJOR, .abi_minor = ZOO_ABI_MINOR, .kind_count = 2,
    .name = ZOO_TEXT("curves"), .version = ZOO_TEXT("0.1.0"), .summary = ZOO_TEXT("A bend for numbers and one for vectors."),
    .kinds = (const zoo_kind *const[]){&squash, &snake}};
const zoo_family *zoo_family_v1(const zoo_host *host) { return (void)host, &family; }
