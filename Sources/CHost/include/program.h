/// A flat program: calls with prebound arguments, one after the other.
#pragma once
#include "crash.h"

typedef zoo_status (*zoo_function)(zoo_layer *, const zoo_call *);

/// One call. The host's own steps have no layer.
typedef struct zoo_step {
  zoo_function function;
  zoo_layer *layer;
  const zoo_call *call;
} zoo_step;

/// Calls every step, in a phase that is ZOO_IN_FORWARD or ZOO_IN_BACKWARD. Returns the index of the one that failed, with its status in
/// *status, or -1.
int64_t zoo_execute(const zoo_step *steps, int64_t count, int32_t phase, zoo_status *status);

/// The host's own step: outputs[0] += inputs[0], both f32 or both bf16. Nothing if outputs[0] is not wanted (data NULL).
zoo_status zoo_step_accumulate(zoo_layer *, const zoo_call *);

/// The host's own steps: outputs[0] becomes inputs[0], and both change places. Of one type and shape, in memory that does not overlap.
zoo_status zoo_step_copy(zoo_layer *, const zoo_call *);
zoo_status zoo_step_exchange(zoo_layer *, const zoo_call *);

/// The host's own step: outputs[0] becomes all 1: the derivative of what is minimised by itself.
zoo_status zoo_step_one(zoo_layer *, const zoo_call *);
