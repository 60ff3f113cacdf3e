/// One type of layer: what it declares, and its functions.
#pragma once
#include "attribute.h"
#include "call.h"

typedef struct zoo_kind zoo_kind;

enum {
  ZOO_PORT_OPTIONAL = 1,          ///< (input) may be left unconnected; only after all that may not
  ZOO_PORT_VARIADIC = 2,          ///< (the last input, or the last output) any number of tensors
  ZOO_PORT_NOT_DIFFERENTIABLE = 4 ///< no gradient flows through it: indices, labels, masks
};

/// An input or output. The memory is the family's, for ever.
typedef struct zoo_port_info {
  uint32_t size, flags;            ///< flags: ZOO_PORT_...
  zoo_string name, about, shape;   ///< shape: for people, such as "[N, H, W, C]"
} zoo_port_info;

enum {
  /// An optimiser's update. Inputs: parameter, gradient, rate (f32 scalar), step (i64 scalar, from 1), then any number of states;
  /// outputs: the parameter, then the states, each of which may alias its input. States start as zeros and the host
  /// carries them from step to step.
  ZOO_KIND_UPDATE = 1,
  /// (With ZOO_KIND_UPDATE) every element is treated alike and by itself: the host may update many parameters in one call.
  ZOO_KIND_ELEMENTWISE = 2,
  /// Computes in bf16 what it computes in f32, and faster: where a host wants bf16, it gives such a layer all its f32 inputs as bf16. With
  /// bf16 inputs, outputs are bf16 where they would be f32; parameters, saved tensors, and what is accumulated stay f32.
  ZOO_KIND_BF16 = 4,
  /// Takes bf16 as well, but is worth no conversion: it gets bf16 inputs where all its f32 inputs would be bf16 already.
  ZOO_KIND_FOLLOWS_BF16 = 8
};

/// What `create` receives. `attributes` has one entry for each that the kind declares, in that order. Valid during the call.
typedef struct zoo_create_request {
  uint32_t size, attribute_count;
  const zoo_host *host;
  zoo_context *context;
  const zoo_attribute *attributes;
} zoo_create_request;

/// The memory is the family's, for ever. Every function may be called on any thread, but never twice at once with the same
/// layer. Functions never unwind (no exceptions, no longjmp) into the host.
struct zoo_kind {
  uint32_t size, flags; ///< flags: ZOO_KIND_...
  void *data;           ///< the family's own, for create
  zoo_string name;      ///< "family.kind": lower case, digits and '_', one dot
  zoo_string summary, formula, reference; ///< one sentence; plain text; a paper with its DOI or arXiv id
  uint32_t attribute_count, input_count, output_count;
  const zoo_attribute_info *attributes;
  const zoo_port_info *inputs, *outputs;

  /// Makes a layer from checked attributes. On failure *layer stays NULL. The host calls destroy once for each that it got.
  zoo_status (*create)(const zoo_kind *, const zoo_create_request *, zoo_layer **layer);

  /// Called exactly once per layer, before anything else: for other shapes the host creates another layer. Pure: it depends on
  /// attributes and specs alone. May allocate and keep what forward and backward will want, such as compiled kernels.
  zoo_status (*plan)(zoo_layer *, const zoo_plan_request *, zoo_plan *);

  /// NULL: nothing to pack.
  zoo_status (*pack)(zoo_layer *, const zoo_pack_call *);

  zoo_status (*forward)(zoo_layer *, const zoo_call *);

  /// NULL: not differentiable. A layer whose outputs are independent of its inputs is simply that.
  zoo_status (*backward)(zoo_layer *, const zoo_call *);

  void (*destroy)(zoo_layer *);

  /// An optional ability by its string id, such as "zoo.check/1": a struct that the id documents, or NULL. May be NULL.
  const void *(*extension)(const zoo_kind *, zoo_string id);
};
