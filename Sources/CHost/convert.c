#include "convert.h"
#include <bf16.h>
#include <stdlib.h>
#include <string.h>

/* Elements to a part: some 10 microseconds of work. */
enum { GRAIN = 1 << 16 };

struct zoo_layer {
  zoo_spec output;
  int64_t count;
  int to_bf16;
};

static zoo_status create(const zoo_kind *kind, const zoo_create_request *request, zoo_layer **layer) {
  (void)kind, (void)request;
  *layer = calloc(1, sizeof **layer);
  return *layer ? ZOO_OK : ZOO_OUT_OF_MEMORY;
}

static zoo_status plan(zoo_layer *layer, const zoo_plan_request *request, zoo_plan *plan) {
  layer->output = request->inputs[0];
  zoo_dtype *type = &layer->output.dtype;
  layer->to_bf16 = type->code == ZOO_FLOAT && type->bits == 32;
  if (!layer->to_bf16 && (type->code != ZOO_BFLOAT || type->bits != 16)) {
    zoo_string words = ZOO_TEXT("only f32 and bf16 are converted into one another");
    return request->host->fail(request->context, ZOO_BAD_DTYPE, words);
  }
  *type = layer->to_bf16 ? (zoo_dtype){ZOO_BFLOAT, 16, 1} : (zoo_dtype){ZOO_FLOAT, 32, 1};
  layer->count = 1;
  for (int32_t i = 0; i < layer->output.rank; i++) layer->count *= layer->output.shape[i];
  plan->outputs = &layer->output;
  plan->output_count = 1;
  plan->flags = ZOO_LAYER_ACCUMULATES | (layer->output.rank > 0 ? ZOO_LAYER_ROW_INDEPENDENT : 0);
  return ZOO_OK;
}

typedef struct {
  const void *from;
  void *into;
  int to_bf16, adds;
} conversion;

static zoo_status part(void *data, int64_t from, int64_t to, int32_t slot) {
  (void)slot;
  const conversion *c = data;
  const int64_t count = to - from;
  if (c->to_bf16)
    (c->adds ? zoo_bf16_narrow_add : zoo_bf16_narrow)((const float *)c->from + from, (uint16_t *)c->into + from, count);
  else
    (c->adds ? zoo_bf16_widen_add : zoo_bf16_widen)((const uint16_t *)c->from + from, (float *)c->into + from, count);
  return ZOO_OK;
}

static zoo_status forward(zoo_layer *layer, const zoo_call *call) {
  conversion c = {call->inputs->data, call->outputs->data, layer->to_bf16, 0};
  return call->host->parallel_for(call->context, layer->count, GRAIN, part, &c);
}

static zoo_status backward(zoo_layer *layer, const zoo_call *call) {
  conversion c = {call->output_gradients->data, call->input_gradients->data, !layer->to_bf16, call->accumulate_inputs & 1};
  if (!c.into) return ZOO_OK;
  if (c.from) return call->host->parallel_for(call->context, layer->count, GRAIN, part, &c);
  if (!c.adds) memset(c.into, 0, (size_t)layer->count * (layer->to_bf16 ? 4 : 2));
  return ZOO_OK;
}

static void destroy(zoo_layer *layer) { free(layer); }

static const zoo_port_info input = {.size = sizeof(zoo_port_info), .name = ZOO_TEXT("x"), .shape = ZOO_TEXT("[...]")};
static const zoo_port_info output = {.size = sizeof(zoo_port_info), .name = ZOO_TEXT("y"), .shape = ZOO_TEXT("[...]")};

static const zoo_kind kind = {
    .size = sizeof(zoo_kind), .name = ZOO_TEXT("host.convert"), .summary = ZOO_TEXT("The same numbers in f32 or bf16."),
    .formula = ZOO_TEXT("y = x, rounded to the nearest"), .input_count = 1, .output_count = 1, .inputs = &input, .outputs = &output,
    .create = create, .plan = plan, .forward = forward, .backward = backward, .destroy = destroy};

const zoo_kind *zoo_conversion_kind(void) { return &kind; }
