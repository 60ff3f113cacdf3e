/// The one kind of the families here: y = factor * x. What is broken is broken elsewhere.
#pragma once
#include <stdlib.h>
#include "zoo.h"

/* Tells one build from another. */
#ifndef OFFSET
#define OFFSET 0
#endif

struct zoo_layer {
  float factor;
  int64_t count;
  zoo_spec output;
};

static zoo_status scale_create(const zoo_kind *kind, const zoo_create_request *request, zoo_layer **layer) {
  (void)kind;
  if (!(*layer = calloc(1, sizeof **layer))) return ZOO_OUT_OF_MEMORY;
  (*layer)->factor = (float)request->attributes[0].real;
  return ZOO_OK;
}

static zoo_status scale_plan(zoo_layer *layer, const zoo_plan_request *request, zoo_plan *plan) {
  layer->output = request->inputs[0];
  layer->count = 1;
  for (int32_t i = 0; i < layer->output.rank; i++) layer->count *= layer->output.shape[i];
  plan->output_count = 1;
  plan->outputs = &layer->output;
#ifdef NOWHERE /* The pointers of empty arrays in languages that have no NULL. */
  plan->parameters = (const zoo_parameter *)8;
  plan->saved = (const zoo_spec *)8;
  plan->aliases = (const int32_t *)8;
#endif
  plan->flops = (double)layer->count;
  return ZOO_OK;
}

static zoo_status scale_forward(zoo_layer *layer, const zoo_call *call) {
  const float *x = call->inputs[0].data;
  float *y = call->outputs[0].data;
  for (int64_t i = 0; i < layer->count; i++) y[i] = layer->factor * x[i] + OFFSET;
  return ZOO_OK;
}

static void scale_destroy(zoo_layer *layer) { free(layer); }

static const zoo_attribute_info scale_attributes[] = {
    {.size = sizeof(zoo_attribute_info), .type = ZOO_REAL, .name = ZOO_TEXT("factor"), .about = ZOO_TEXT("What x is multiplied by."),
     .fallback = {.type = ZOO_REAL, .is_set = 1, .real = 2}, .minimum = -8, .maximum = 8}};
static const zoo_port_info scale_input[] = {
    {.size = sizeof(zoo_port_info), .name = ZOO_TEXT("x"), .shape = ZOO_TEXT("[...]"), .about = ZOO_TEXT("Any tensor.")}};
static const zoo_port_info scale_output[] = {{.size = sizeof(zoo_port_info), .name = ZOO_TEXT("y"), .shape = ZOO_TEXT("[...]")}};

/// A kind of that name.
#define SCALE(kind_name)                                                                                                          \
  {                                                                                                                               \
    .size = sizeof(zoo_kind), .name = ZOO_TEXT(kind_name), .summary = ZOO_TEXT("Multiplies by a number."),                       \
    .formula = ZOO_TEXT("y = factor * x"), .attribute_count = 1, .attributes = scale_attributes, .input_count = 1,               \
    .inputs = scale_input, .output_count = 1, .outputs = scale_output, .create = scale_create, .plan = scale_plan,              \
    .forward = scale_forward, .destroy = scale_destroy                                                                           \
  }

/// A family of that name with the kinds in the array `kinds`, for major version `major` of the protocol.
#define FAMILY(family_name, major, kinds)                                                                                         \
  {                                                                                                                               \
    .size = sizeof(zoo_family), .abi_major = (major), .abi_minor = ZOO_ABI_MINOR, .kind_count = sizeof(kinds) / sizeof *(kinds), \
    .name = ZOO_TEXT(family_name), .version = ZOO_TEXT("1.2.3"), .summary = ZOO_TEXT("One small layer."), .kinds = (kinds)      \
  }
