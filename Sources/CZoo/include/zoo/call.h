/// What forward, backward and pack receive. The host binds it once per program and passes the same struct every time.
#pragma once
#include "plan.h"

enum {
  ZOO_CALL_TRAINING = 1 ///< as the plan was made
};

/// Inputs, outputs and parameters are in declared order; an optional input that is absent has data NULL.
///
/// forward   reads inputs and parameters (or `packed`), writes every element of every output and, in training, of every
///           saved tensor. Parameters that are buffers may be written in training, and in no other way.
/// backward  reads output_gradients, saved, and those inputs and outputs that the plan `needs` (others have data NULL), and
///           writes every element of input_gradients and parameter_gradients whose data is not NULL. An output gradient with
///           data NULL is zero. With ZOO_LAYER_ACCUMULATES, a set bit k of a mask means: add to gradient k, do not overwrite it.
///
/// Neither allocates memory or creates threads. `scratch` has the planned size, is aligned to 64 bytes and holds anything.
/// Neither keeps a pointer after it returns.
typedef struct zoo_call {
  uint32_t size, flags; ///< flags: ZOO_CALL_TRAINING
  const zoo_host *host;
  zoo_context *context;
  uint32_t input_count, output_count, parameter_count, saved_count;
  const zoo_tensor *inputs, *outputs, *parameters, *saved;
  const void *packed; ///< what `pack` wrote; NULL in training, where parameters change too often, and if the plan packs nothing
  const zoo_tensor *output_gradients, *input_gradients, *parameter_gradients; ///< backward only; NULL in forward
  uint64_t accumulate_inputs, accumulate_parameters;
  void *scratch;
  const zoo_tensor *addend; ///< (1.1) with ZOO_EPILOGUE_ADD folded in: what is added to output 0. It may lie in that output's own memory
} zoo_call;

/// pack: writes the parameters into `packed` (the planned size, aligned to 64 bytes) in whatever layout forward likes best.
/// Called again whenever a parameter has changed.
typedef struct zoo_pack_call {
  uint32_t size, parameter_count;
  const zoo_host *host;
  zoo_context *context;
  const zoo_tensor *parameters;
  void *packed;
  const float *scale, *shift; ///< (1.1) with ZOO_EPILOGUE_AFFINE folded in: s and t, for each index of output 0's last axis
} zoo_pack_call;
