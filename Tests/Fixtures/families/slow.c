/* A layer that waits for minutes: only the process's end ends it. It makes the file 'started' first. */
#include <stdio.h>
#include <stdlib.h>
#include "zoo.h"

unsigned sleep(unsigned seconds);

struct zoo_layer {
  zoo_spec output;
};

static zoo_status wait_create(const zoo_kind *kind, const zoo_create_request *request, zoo_layer **layer) {
  (void)kind, (void)request;
  return (*layer = calloc(1, sizeof **layer)) ? ZOO_OK : ZOO_OUT_OF_MEMORY;
}

static zoo_status wait_plan(zoo_layer *layer, const zoo_plan_request *request, zoo_plan *plan) {
  layer->output = request->inputs[0];
  plan->output_count = 1;
  plan->outputs = &layer->output;
  return ZOO_OK;
}

static zoo_status wait_forward(zoo_layer *layer, const zoo_call *call) {
  (void)layer, (void)call;
  FILE *file = fopen("started", "w");
  if (file) fclose(file);
  for (unsigned left = 300; left > 0; left = sleep(left)) continue; /* a signal wakes it */
  return ZOO_OK;
}

static zoo_status wait_backward(zoo_layer *layer, const zoo_call *call) {
  (void)layer, (void)call;
  return ZOO_OK;
}

static void wait_destroy(zoo_layer *layer) { free(layer); }

static const zoo_port_info input[] = {{.size = sizeof(zoo_port_info), .name = ZOO_TEXT("x"), .shape = ZOO_TEXT("[...]")}};
static const zoo_port_info output[] = {{.size = sizeof(zoo_port_info), .name = ZOO_TEXT("y"), .shape = ZOO_TEXT("[...]")}};
static const zoo_kind wait = {
    .size = sizeof(zoo_kind), .name = ZOO_TEXT("slow.wait"), .summary = ZOO_TEXT("Waits."), .input_count = 1, .inputs = input,
    .output_count = 1, .outputs = output, .create = wait_create, .plan = wait_plan, .forward = wait_forward, .backward = wait_backward,
    .destroy = wait_destroy};
static const zoo_kind *const kinds[] = {&wait};
static const zoo_family family = {
    .size = sizeof(zoo_family), .abi_major = ZOO_ABI_MAJOR, .abi_minor = ZOO_ABI_MINOR, .kind_count = 1, .name = ZOO_TEXT("slow"),
    .version = ZOO_TEXT("1.0.0"), .summary = ZOO_TEXT("Takes its time."), .kinds = kinds};

const zoo_family *zoo_family_v1(const zoo_host *host) {
  (void)host;
  return &family;
}
