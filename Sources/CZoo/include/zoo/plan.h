/// What a layer declares once the shapes of its inputs are known.
#pragma once
#include "host.h"

/// How a parameter starts. Frozen. Uniform is on [a, b); normal has mean a and deviation b. The others scale with the fans:
/// Xavier (Glorot & Bengio 2010) a*sqrt(2/(in+out)) as a deviation, He (He et al. 2015) a*sqrt(2/in); a is the gain.
/// Orthogonal (Saxe et al. 2014): rows or columns of the [shape[0], rest] matrix are orthonormal, times a.
typedef struct zoo_initializer {
  int32_t method;
  int32_t reserved;
  double a, b;
  int64_t fan_in, fan_out; ///< 0: shape[0] is the outputs', the product of the rest the inputs'
} zoo_initializer;

enum {
  ZOO_ZEROS = 0, ZOO_ONES = 1, ZOO_CONSTANT = 2, ZOO_INIT_UNIFORM = 3, ZOO_INIT_NORMAL = 4, ZOO_XAVIER_UNIFORM = 5,
  ZOO_XAVIER_NORMAL = 6, ZOO_HE_UNIFORM = 7, ZOO_HE_NORMAL = 8, ZOO_ORTHOGONAL = 9
};

enum {
  ZOO_PARAMETER_BUFFER = 1, ///< not trained: running statistics. In training, forward may write to it
  ZOO_PARAMETER_NO_DECAY = 2, ///< weight decay passes it by: biases, gains
  ZOO_PARAMETER_IGNORED = 4 ///< (1.1) files of other tools hold it and the layer does not use it: the host reads past it, gives
                            ///< it no memory, and calls do not have it. To an earlier host it would be a parameter like any other
};

/// A parameter that the layer wants. The host owns it, under the layer's path: "c1.weight". Name and shape follow PyTorch.
typedef struct zoo_parameter {
  uint32_t size, flags; ///< flags: ZOO_PARAMETER_...
  zoo_string name;
  zoo_spec spec;
  zoo_initializer initializer;
} zoo_parameter;

/// What may be folded into forward's last store: y = epilogue(y), with the two numbers that its comment names. AFFINE and ADD
/// come before any other, in this order, and have a bit in zoo_plan_request.folds instead of a place there.
enum {
  ZOO_EPILOGUE_NONE = 0,
  ZOO_EPILOGUE_RELU = 1,      ///< max(y, alpha * y)
  ZOO_EPILOGUE_TANH = 2,
  ZOO_EPILOGUE_SIGMOID = 3,
  ZOO_EPILOGUE_ELU = 4,       ///< y > 0 ? y : alpha * (exp(y) - 1)
  ZOO_EPILOGUE_GELU = 5,      ///< y * Phi(y), by erf
  ZOO_EPILOGUE_GELU_TANH = 6, ///< its tanh approximation
  ZOO_EPILOGUE_SILU = 7,      ///< y * sigmoid(y)
  ZOO_EPILOGUE_LINEAR = 8,    ///< alpha * y + beta
  ZOO_EPILOGUE_ADD = 9,       ///< y + r, of one type and shape. As a layer: its inputs' sum, either of which may be the y
  ZOO_EPILOGUE_AFFINE = 10,   ///< y * s + t, an s and a t for each index of the last axis. As a layer: it packs all s, then all t
  ZOO_EPILOGUE_CLIP = 11      ///< min(max(y, alpha), beta)
};

typedef struct zoo_epilogue {
  uint32_t size;
  uint32_t kind; ///< ZOO_EPILOGUE_...
  float alpha, beta;
} zoo_epilogue;

typedef struct zoo_layer zoo_layer; ///< the family's own

enum {
  ZOO_PLAN_TRAINING = 1 ///< backward will be called: save what it needs, normalise with the batch's own statistics
};

/// What the host asks. `inputs` has `input_count` entries, in the order that the kind declares; an optional input that is
/// absent has rank -1. Valid during the call.
typedef struct zoo_plan_request {
  uint32_t size, flags; ///< flags: ZOO_PLAN_TRAINING
  const zoo_host *host;
  zoo_context *context;
  uint32_t input_count, thread_count; ///< thread_count: how many parts of a parallel_for can run at once, at most
  const zoo_spec *inputs;
  const zoo_epilogue *epilogue; ///< fold this into forward's last store, or NULL. Only one that an earlier plan offered
  uint64_t folds; ///< (1.1) bits ZOO_EPILOGUE_AFFINE: pack gets s and t; ZOO_EPILOGUE_ADD: forward gets an addend. Only what was offered
  const int64_t *padding; ///< (1.1) with ZOO_LAYER_PADS: read input 0 as if zeros were around it, as zoo_plan.padding says; or NULL
  int64_t row_stride; ///< (1.1) with ZOO_LAYER_ROW_STRIDE: elements between the rows (the last axis) of output 0; 0: they are dense
  const zoo_layer *const *siblings; ///< (1.1) with ZOO_LAYER_JOINS: layers of the same kind over the same inputs, planned before, which
  uint32_t sibling_count;           ///< this one computes too: outputs, parameters, s and t are its own, then theirs in order
  zoo_dtype weight_dtype; ///< (1.1) a wish, for weights that pack writes: int8, with scales of its own, to read less. Bits 0: as they are
} zoo_plan_request;

enum {
  ZOO_LAYER_NONDETERMINISTIC = 1, ///< repeated on the same numbers, results may differ in their last bits
  ZOO_LAYER_ROW_INDEPENDENT = 2,  ///< outputs at index n of the first axis depend on inputs at index n alone
  ZOO_LAYER_ACCUMULATES = 4,      ///< backward honours zoo_call's accumulate masks; without it the host adds by itself
  // (1.1) What the host may ask for in inference. A layer that refuses a request is planned without.
  ZOO_LAYER_PADS = 8, ZOO_LAYER_ROW_STRIDE = 16, ZOO_LAYER_JOINS = 32
};

/// What the layer answers. The host zero-fills it and sets `size`; pointers lead into the layer's own memory and stay
/// valid until `destroy`. Sizes are bytes.
typedef struct zoo_plan {
  uint32_t size, flags; ///< flags: ZOO_LAYER_...
  uint32_t output_count, parameter_count, saved_count, alias_count;
  const zoo_spec *outputs;
  const zoo_parameter *parameters;
  const zoo_spec *saved;    ///< in training, the host keeps these from forward to backward; data is opaque to it
  const int32_t *aliases;   ///< alias_count pairs (output, input) that may share memory
  uint64_t scratch_forward, scratch_backward; ///< bytes, whole call
  uint64_t packed_bytes;    ///< the parameters in the layer's own layout; 0: none
  uint64_t needs_inputs, needs_outputs; ///< bit k: backward reads input (output) k. What nobody needs is not kept
  uint64_t epilogues;       ///< bit k: the epilogue of kind k can be folded in
  zoo_epilogue epilogue;    ///< the layer as a whole is this epilogue of its first input; kind ZOO_EPILOGUE_NONE: it is not
  double flops, bytes;      ///< of one forward: arithmetic, and parameters read; 0: unknown
  const int64_t *padding;   ///< (1.1) the layer as a whole puts so many zeros before and after each axis of its input; NULL: it does not
  int64_t parts; ///< (1.1) > 0: output 0 is so many equal parts, each of them the parts of all inputs one behind the other. forward
                 ///< leaves an input alone whose data is already where it belongs in the output
} zoo_plan;
