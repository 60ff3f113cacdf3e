#include "program.h"
#include <bf16.h>
#include <string.h>
#include "activity.h"

int64_t zoo_execute(const zoo_step *steps, int64_t count, int32_t phase, zoo_status *status) {
  zoo_activity before = zoo_activity_enter((zoo_activity){NULL, phase});
  int64_t failed = -1;
  for (int64_t i = 0; i < count; i++) {
    zoo_activity_move(steps[i].call->context);
    zoo_status s = steps[i].function(steps[i].layer, steps[i].call);
    if (s != ZOO_OK) {
      *status = s;
      failed = i;
      break;
    }
  }
  zoo_current = before;
  return failed;
}

static int64_t element_count(const zoo_tensor *tensor) {
  int64_t count = 1;
  for (int32_t i = 0; i < tensor->rank; i++) count *= tensor->shape[i];
  return count;
}

zoo_status zoo_step_accumulate(zoo_layer *layer, const zoo_call *call) {
  (void)layer;
  const zoo_tensor *into = call->outputs, *from = call->inputs;
  if (!into->data) return ZOO_OK;
  if (into->dtype.code == ZOO_BFLOAT) zoo_bf16_add(from->data, into->data, element_count(into));
  else zoo_accumulate(into->data, from->data, element_count(into));
  return ZOO_OK;
}

static int64_t byte_count(const zoo_tensor *tensor) { return element_count(tensor) * tensor->dtype.bits / 8; }

zoo_status zoo_step_copy(zoo_layer *layer, const zoo_call *call) {
  (void)layer;
  memcpy(call->outputs->data, call->inputs->data, (size_t)byte_count(call->outputs));
  return ZOO_OK;
}

zoo_status zoo_step_exchange(zoo_layer *layer, const zoo_call *call) {
  (void)layer;
  unsigned char *a = call->inputs->data, *b = call->outputs->data;
  for (int64_t i = 0, count = byte_count(call->outputs); i < count; i++) {
    unsigned char byte = a[i];
    a[i] = b[i], b[i] = byte;
  }
  return ZOO_OK;
}

zoo_status zoo_step_one(zoo_layer *layer, const zoo_call *call) {
  (void)layer;
  float *values = call->outputs->data;
  int64_t count = element_count(call->outputs);
  for (int64_t i = 0; i < count; i++) values[i] = 1;
  return ZOO_OK;
}
