/* A family for version 1.0 of the protocol, compiled with the headers beside it and no others. It must load, run and train for ever:
   neither this file nor those headers ever change. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "zoo.h"

static zoo_status fail(const zoo_host *host, zoo_context *context, zoo_status status, const char *words) {
  zoo_string string = {words, strlen(words)};
  return host->fail(context, status, string);
}

struct zoo_layer {
  int64_t rows, width, units;
  int32_t has_bias;
  float slope;
  zoo_epilogue epilogue;
  zoo_spec output, saved;
  zoo_parameter parameters[2];
};

static void destroy(zoo_layer *layer) { free(layer); }

/* first.linear: y = x W^T + b, for x [N, width] and W [units, width]; also max(y, alpha * y) where the host asks for it. */

static zoo_status linear_create(const zoo_kind *kind, const zoo_create_request *request, zoo_layer **layer) {
  if (!ZOO_HAS(kind, zoo_kind, destroy) || !ZOO_HAS(request, zoo_create_request, attributes) || request->attribute_count != 2) {
    return fail(request->host, request->context, ZOO_INTERNAL, "the request is not one of version 1.0");
  }
  if (!(*layer = calloc(1, sizeof **layer))) return ZOO_OUT_OF_MEMORY;
  (*layer)->units = request->attributes[0].integer;
  (*layer)->has_bias = request->attributes[1].integer != 0;
  return ZOO_OK;
}

static zoo_status linear_plan(zoo_layer *layer, const zoo_plan_request *request, zoo_plan *plan) {
  const zoo_spec *x = &request->inputs[0];
  uint64_t last = offsetof(zoo_plan, bytes) + sizeof plan->bytes;
  if (!ZOO_HAS(request, zoo_plan_request, inputs) || plan->size < last || request->input_count != 1) {
    return fail(request->host, request->context, ZOO_INTERNAL, "the request is not one of version 1.0");
  }
  if (x->rank != 2) return fail(request->host, request->context, ZOO_BAD_SHAPE, "x must be [N, width]");
  if (x->dtype.code != ZOO_FLOAT || x->dtype.bits != 32) return fail(request->host, request->context, ZOO_BAD_DTYPE, "x must be f32");
  layer->rows = x->shape[0];
  layer->width = x->shape[1];
  layer->output = *x;
  layer->output.shape[1] = layer->units;
  if (request->epilogue) layer->epilogue = *request->epilogue;
  zoo_parameter weight = {
      .size = sizeof weight, .name = ZOO_TEXT("weight"), .spec = {.rank = 2, .dtype = x->dtype, .shape = {layer->units, layer->width}},
      .initializer = {.method = ZOO_XAVIER_UNIFORM, .a = 1}};
  zoo_parameter bias = {
      .size = sizeof bias, .flags = ZOO_PARAMETER_NO_DECAY, .name = ZOO_TEXT("bias"),
      .spec = {.rank = 1, .dtype = x->dtype, .shape = {layer->units}}, .initializer = {.method = ZOO_ZEROS}};
  layer->parameters[0] = weight;
  layer->parameters[1] = bias;
  plan->flags = ZOO_LAYER_ROW_INDEPENDENT | ZOO_LAYER_ACCUMULATES;
  plan->output_count = 1;
  plan->outputs = &layer->output;
  plan->parameter_count = 1 + (uint32_t)layer->has_bias;
  plan->parameters = layer->parameters;
  plan->packed_bytes = sizeof(float) * (uint64_t)(layer->width * layer->units);
  plan->needs_inputs = 1;
  plan->epilogues = 1 << ZOO_EPILOGUE_RELU;
  plan->flops = 2.0 * (double)layer->rows * (double)layer->width * (double)layer->units;
  plan->bytes = (double)plan->packed_bytes;
  return ZOO_OK;
}

/* [width, units]. */
static zoo_status linear_pack(zoo_layer *layer, const zoo_pack_call *call) {
  const float *weight = call->parameters[0].data;
  float *packed = call->packed;
  for (int64_t u = 0; u < layer->units; u++) {
    for (int64_t i = 0; i < layer->width; i++) packed[i * layer->units + u] = weight[u * layer->width + i];
  }
  return ZOO_OK;
}

typedef struct {
  const zoo_layer *layer;
  const zoo_call *call;
} work;

static zoo_status linear_rows(void *data, int64_t from, int64_t to, int32_t slot) {
  const work *w = data;
  const zoo_layer *layer = w->layer;
  const float *x = w->call->inputs[0].data, *weight = w->call->parameters[0].data, *packed = w->call->packed;
  const float *bias = layer->has_bias ? w->call->parameters[1].data : NULL;
  float *y = w->call->outputs[0].data;
  if (slot < 0 || slot >= ZOO_MAX_SLOTS) return ZOO_INTERNAL;
  for (int64_t n = from; n < to; n++) {
    for (int64_t u = 0; u < layer->units; u++) {
      float sum = bias ? bias[u] : 0;
      for (int64_t i = 0; i < layer->width; i++) {
        sum += x[n * layer->width + i] * (packed ? packed[i * layer->units + u] : weight[u * layer->width + i]);
      }
      if (layer->epilogue.kind == ZOO_EPILOGUE_RELU) sum = fmaxf(sum, layer->epilogue.alpha * sum);
      y[n * layer->units + u] = sum;
    }
  }
  return ZOO_OK;
}

static zoo_status linear_forward(zoo_layer *layer, const zoo_call *call) {
  if (call->host->is_cancelled(call->context)) return ZOO_CANCELLED;
  work w = {layer, call};
  return call->host->parallel_for(call->context, layer->rows, 1, linear_rows, &w);
}

static zoo_status linear_backward(zoo_layer *layer, const zoo_call *call) {
  const float *x = call->inputs[0].data, *weight = call->parameters[0].data, *dy = call->output_gradients[0].data;
  float *dx = call->input_gradients[0].data, *dw = call->parameter_gradients[0].data;
  float *db = layer->has_bias ? call->parameter_gradients[1].data : NULL;
  size_t row = sizeof(float) * (size_t)layer->width;
  if (dx && !(call->accumulate_inputs & 1)) memset(dx, 0, row * (size_t)layer->rows);
  if (dw && !(call->accumulate_parameters & 1)) memset(dw, 0, row * (size_t)layer->units);
  if (db && !(call->accumulate_parameters & 2)) memset(db, 0, sizeof(float) * (size_t)layer->units);
  if (!dy) return ZOO_OK;
  for (int64_t n = 0; n < layer->rows; n++) {
    for (int64_t u = 0; u < layer->units; u++) {
      float d = dy[n * layer->units + u];
      if (db) db[u] += d;
      for (int64_t i = 0; i < layer->width; i++) {
        if (dx) dx[n * layer->width + i] += d * weight[u * layer->width + i];
        if (dw) dw[u * layer->width + i] += d * x[n * layer->width + i];
      }
    }
  }
  return ZOO_OK;
}

/* first.leak: y = x > 0 ? x : slope * x, over its input if the host likes. Keeps for backward what the derivative was. */

static zoo_status leak_create(const zoo_kind *kind, const zoo_create_request *request, zoo_layer **layer) {
  (void)kind;
  if (!(*layer = calloc(1, sizeof **layer))) return ZOO_OUT_OF_MEMORY;
  (*layer)->slope = (float)request->attributes[0].real;
  return ZOO_OK;
}

static zoo_status leak_plan(zoo_layer *layer, const zoo_plan_request *request, zoo_plan *plan) {
  static const int32_t aliases[] = {0, 0};
  layer->output = layer->saved = request->inputs[0];
  layer->rows = 1;
  for (int32_t i = 0; i < layer->output.rank; i++) layer->rows *= layer->output.shape[i];
  plan->flags = ZOO_LAYER_ROW_INDEPENDENT;
  plan->output_count = plan->alias_count = 1;
  plan->outputs = &layer->output;
  plan->aliases = aliases;
  if (request->flags & ZOO_PLAN_TRAINING) {
    plan->saved_count = 1;
    plan->saved = &layer->saved;
  }
  plan->epilogue.kind = ZOO_EPILOGUE_RELU;
  plan->epilogue.alpha = layer->slope;
  plan->flops = (double)layer->rows;
  return ZOO_OK;
}

static zoo_status leak_forward(zoo_layer *layer, const zoo_call *call) {
  const float *x = call->inputs[0].data;
  float *y = call->outputs[0].data, *saved = call->saved_count ? call->saved[0].data : NULL;
  for (int64_t i = 0; i < layer->rows; i++) {
    float derivative = x[i] > 0 ? 1 : layer->slope;
    if (saved) saved[i] = derivative;
    y[i] = derivative * x[i];
  }
  return ZOO_OK;
}

static zoo_status leak_backward(zoo_layer *layer, const zoo_call *call) {
  const float *saved = call->saved[0].data, *dy = call->output_gradients[0].data;
  float *dx = call->input_gradients[0].data;
  for (int64_t i = 0; dx && i < layer->rows; i++) dx[i] = dy ? saved[i] * dy[i] : 0;
  return ZOO_OK;
}

static const zoo_string signs[] = {ZOO_TEXT("plus"), ZOO_TEXT("minus")};
static const zoo_attribute_info linear_attributes[] = {
    {.size = sizeof(zoo_attribute_info), .type = ZOO_INTEGER, .flags = ZOO_ATTRIBUTE_REQUIRED, .name = ZOO_TEXT("units"),
     .about = ZOO_TEXT("How many outputs there are."), .minimum = 1, .maximum = 1024},
    {.size = sizeof(zoo_attribute_info), .type = ZOO_BOOLEAN, .name = ZOO_TEXT("bias"), .about = ZOO_TEXT("Whether there is one."),
     .fallback = {.type = ZOO_BOOLEAN, .is_set = 1, .integer = 1}}};
static const zoo_attribute_info leak_attributes[] = {
    {.size = sizeof(zoo_attribute_info), .type = ZOO_REAL, .name = ZOO_TEXT("slope"), .about = ZOO_TEXT("Of what is below 0."),
     .fallback = {.type = ZOO_REAL, .is_set = 1, .real = 0.25}, .minimum = 0, .maximum = 1}};
static const zoo_port_info x[] = {
    {.size = sizeof(zoo_port_info), .name = ZOO_TEXT("x"), .about = ZOO_TEXT("Anything."), .shape = ZOO_TEXT("[N, ...]")}};
static const zoo_port_info y[] = {
    {.size = sizeof(zoo_port_info), .name = ZOO_TEXT("y"), .about = ZOO_TEXT("The result."), .shape = ZOO_TEXT("[N, ...]")}};

static const zoo_kind linear = {
    .size = sizeof(zoo_kind), .name = ZOO_TEXT("first.linear"), .summary = ZOO_TEXT("A linear map."), .formula = ZOO_TEXT("y = x W^T + b"),
    .reference = ZOO_TEXT("Euclid"), .attribute_count = 2, .input_count = 1, .output_count = 1, .attributes = linear_attributes,
    .inputs = x, .outputs = y, .create = linear_create, .plan = linear_plan, .pack = linear_pack, .forward = linear_forward,
    .backward = linear_backward, .destroy = destroy};
static const zoo_kind leak = {
    .size = sizeof(zoo_kind), .name = ZOO_TEXT("first.leak"), .summary = ZOO_TEXT("Bends at 0."), .attribute_count = 1, .input_count = 1,
    .output_count = 1, .attributes = leak_attributes, .inputs = x, .outputs = y, .create = leak_create, .plan = leak_plan,
    .forward = leak_forward, .backward = leak_backward, .destroy = destroy};
static const zoo_kind *const kinds[] = {&linear, &leak};

/* Signed bytes: a file of n bytes is f32 [n]. */

static int64_t sign(const zoo_codec_call *call) { return call->attributes[0].text.data[0] == 'm' ? -1 : 1; }

static zoo_status describe(const zoo_codec *codec, const zoo_codec_call *call, zoo_spec *spec) {
  if (codec->data != signs || !ZOO_HAS(call, zoo_codec_call, attributes)) return ZOO_INTERNAL;
  if (!call->byte_count) return fail(call->host, call->context, ZOO_BAD_DATA, "it is empty");
  zoo_spec found = {.rank = 1, .dtype = {ZOO_FLOAT, 32, 1}, .shape = {(int64_t)call->byte_count}};
  *spec = found;
  return ZOO_OK;
}

static zoo_status decode(const zoo_codec *codec, const zoo_codec_call *call, const zoo_tensor *into) {
  (void)codec;
  for (uint64_t i = 0; i < call->byte_count; i++) ((float *)into->data)[i] = (float)(sign(call) * ((const int8_t *)call->bytes)[i]);
  return ZOO_OK;
}

static zoo_status encode(const zoo_codec *codec, const zoo_codec_call *call, const zoo_tensor *from) {
  (void)codec;
  int64_t count = 1;
  for (int32_t i = 0; i < from->rank; i++) count *= from->shape[i];
  for (int64_t i = 0; i < count; i++) {
    int8_t byte = (int8_t)((float)sign(call) * ((const float *)from->data)[i]);
    zoo_status status = call->host->write(call->context, &byte, 1);
    if (status != ZOO_OK) return status;
  }
  return ZOO_OK;
}

static const zoo_attribute_info codec_attributes[] = {
    {.size = sizeof(zoo_attribute_info), .type = ZOO_TEXT_TYPE, .choice_count = 2, .name = ZOO_TEXT("sign"), .choices = signs,
     .fallback = {.type = ZOO_TEXT_TYPE, .is_set = 1, .text = ZOO_TEXT("plus")}}};
static const zoo_codec octets = {
    .size = sizeof(zoo_codec), .data = (void *)signs, .name = ZOO_TEXT("octets"), .summary = ZOO_TEXT("Signed bytes."),
    .extensions = ZOO_TEXT("i8 octets"), .attribute_count = 1, .attributes = codec_attributes, .describe = describe, .decode = decode,
    .encode = encode};
static const zoo_codec *const codecs[] = {&octets};

static const zoo_family family = {
    .size = sizeof(zoo_family), .abi_major = ZOO_ABI_MAJOR, .abi_minor = ZOO_ABI_MINOR, .kind_count = 2, .codec_count = 1,
    .name = ZOO_TEXT("first"), .version = ZOO_TEXT("1.0.0"), .summary = ZOO_TEXT("As at the beginning."), .build = ZOO_TEXT("1"),
    .kinds = kinds, .codecs = codecs};

const zoo_family *zoo_family_v1(const zoo_host *host) {
  if (!host || !ZOO_HAS(host, zoo_host, extension)) return NULL;
  return &family;
}
