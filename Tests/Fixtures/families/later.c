/* y = x, by a family of a later version of the protocol, in which every struct that may grow has `later` and `latest` at its end. It asks
   of everything that the host makes whether it has them, as docs/protocol.md says, and fails where the answer is yes. */
#include <stdlib.h>
#include <string.h>
#include "zoo.h"

struct zoo_layer {
  zoo_spec output;
  zoo_parameter parameters[2];
  uint64_t bytes;
};

/* Whether there is room for the field: to write into it, or before reading a value that may be 0. */
#define HAS_ROOM(p, T, field) ((p)->size >= offsetof(T, field) + sizeof((p)->field))

static zoo_status refuse(const zoo_host *host, zoo_context *context) {
  zoo_string words = ZOO_TEXT("the host says that it has fields that it does not know");
  return host->fail(context, ZOO_INTERNAL, words);
}

static zoo_status create(const zoo_kind *kind, const zoo_create_request *request, zoo_layer **layer) {
  if (!ZOO_HAS(kind, zoo_kind, latest)) return ZOO_INTERNAL; /* its own */
  if (ZOO_HAS(request, zoo_create_request, latest) || ZOO_HAS(request->host, zoo_host, latest)) return refuse(request->host, request->context);
  return (*layer = calloc(1, sizeof **layer)) ? ZOO_OK : ZOO_OUT_OF_MEMORY;
}

static zoo_status plan(zoo_layer *layer, const zoo_plan_request *request, zoo_plan *plan) {
  if (ZOO_HAS(request, zoo_plan_request, latest) || HAS_ROOM(plan, zoo_plan, later)) return refuse(request->host, request->context);
  layer->output = request->inputs[0];
  layer->bytes = sizeof(float);
  for (int32_t i = 0; i < layer->output.rank; i++) layer->bytes *= (uint64_t)layer->output.shape[i];
  /* Two, so that the second is found only by the size of the first. */
  for (int i = 0; i < 2; i++) {
    zoo_parameter parameter = {
        .size = sizeof parameter, .name = {i ? "b" : "a", 1}, .spec = {.rank = 1, .dtype = layer->output.dtype, .shape = {4}},
        .later = {~0ull, ~0ull, ~0ull}, .latest = layer};
    layer->parameters[i] = parameter;
  }
  plan->output_count = 1;
  plan->outputs = &layer->output;
  plan->parameter_count = 2;
  plan->parameters = layer->parameters;
  plan->packed_bytes = 64;
  return ZOO_OK;
}

static zoo_status pack(zoo_layer *layer, const zoo_pack_call *call) {
  (void)layer;
  return ZOO_HAS(call, zoo_pack_call, latest) ? refuse(call->host, call->context) : ZOO_OK;
}

static zoo_status forward(zoo_layer *layer, const zoo_call *call) {
  if (ZOO_HAS(call, zoo_call, latest) || call->parameter_count != 2) return refuse(call->host, call->context);
  memcpy(call->outputs[0].data, call->inputs[0].data, layer->bytes);
  return ZOO_OK;
}

static void destroy(zoo_layer *layer) { free(layer); }

static zoo_status encode(const zoo_codec *codec, const zoo_codec_call *call, const zoo_tensor *from) {
  (void)codec, (void)from;
  return ZOO_HAS(call, zoo_codec_call, latest) ? refuse(call->host, call->context) : ZOO_OK;
}

#define LATER .later = {~0ull, ~0ull, ~0ull}, .latest = &family_data
static const char family_data;
static const zoo_attribute_info attributes[] = {
    {.size = sizeof(zoo_attribute_info), .type = ZOO_REAL, .name = ZOO_TEXT("one"), .fallback = {.type = ZOO_REAL, .is_set = 1, .real = 1}, LATER},
    {.size = sizeof(zoo_attribute_info), .type = ZOO_REAL, .name = ZOO_TEXT("two"), .fallback = {.type = ZOO_REAL, .is_set = 1, .real = 2}, LATER}};
static const zoo_port_info inputs[] = {
    {.size = sizeof(zoo_port_info), .name = ZOO_TEXT("x"), LATER},
    {.size = sizeof(zoo_port_info), .flags = ZOO_PORT_OPTIONAL, .name = ZOO_TEXT("z"), LATER}};
static const zoo_port_info outputs[] = {{.size = sizeof(zoo_port_info), .name = ZOO_TEXT("y"), LATER}};
static const zoo_kind same = {
    .size = sizeof(zoo_kind), .name = ZOO_TEXT("later.same"), .attribute_count = 2, .input_count = 2, .output_count = 1,
    .attributes = attributes, .inputs = inputs, .outputs = outputs, .create = create, .plan = plan, .pack = pack, .forward = forward,
    .destroy = destroy, LATER};
static const zoo_kind *const kinds[] = {&same};
static const zoo_codec nothing = {.size = sizeof(zoo_codec), .name = ZOO_TEXT("later"), .extensions = ZOO_TEXT("later"), .encode = encode, LATER};
static const zoo_codec *const codecs[] = {&nothing};
static const zoo_family family = {
    .size = sizeof(zoo_family), .abi_major = ZOO_ABI_MAJOR, .abi_minor = ZOO_ABI_MINOR, .kind_count = 1, .codec_count = 1,
    .name = ZOO_TEXT("later"), .version = ZOO_TEXT("9.0.0"), .kinds = kinds, .codecs = codecs, LATER};

const zoo_family *zoo_family_v1(const zoo_host *host) {
  if (HAS_ROOM(host, zoo_host, later)) return NULL;
  return &family;
}
