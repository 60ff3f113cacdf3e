/* y = weight * x, until a layer or codec of it crashes: where, how, and in which call its attributes say. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "zoo.h"

enum { NOWHERE, IN_CREATE, IN_PLAN, IN_PACK, IN_FORWARD, IN_BACKWARD, IN_DESTROY, IN_PART, IN_OWN_THREAD, IN_DESCRIBE, IN_DECODE, IN_ENCODE };
static const zoo_string places[] = {
    ZOO_TEXT("nowhere"), ZOO_TEXT("create"), ZOO_TEXT("plan"), ZOO_TEXT("pack"), ZOO_TEXT("forward"), ZOO_TEXT("backward"),
    ZOO_TEXT("destroy"), ZOO_TEXT("part"), ZOO_TEXT("own thread"), ZOO_TEXT("describe"), ZOO_TEXT("decode"), ZOO_TEXT("encode")};
enum { BY_POINTER, BY_SHORT_FILE, BY_TRAP, BY_DIVISION, BY_ABORT, BY_BREAKPOINT, BY_RECURSION };
static const zoo_string ways[] = {ZOO_TEXT("pointer"), ZOO_TEXT("short file"), ZOO_TEXT("trap"),     ZOO_TEXT("division"),
                                  ZOO_TEXT("abort"),   ZOO_TEXT("breakpoint"), ZOO_TEXT("recursion")};
enum { COUNT_OF_PLACES = sizeof places / sizeof *places, COUNT_OF_WAYS = sizeof ways / sizeof *ways };

/* What the compiler must not know. */
static int *volatile nowhere = (int *)8;
static volatile int zero;

static int recurse(int depth) {
  volatile char frame[512];
  frame[depth % 512] = (char)depth;
  return depth < 0 ? 0 : recurse(depth + 1) + frame[depth % 512];
}

static void crash(int way) {
  switch (way) {
  case BY_POINTER: *nowhere = 1; break;
  case BY_SHORT_FILE: {
    volatile char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, memfd_create("short", 0), 0);
    zero = page[0];
    break;
  }
  case BY_TRAP: __builtin_trap();
  case BY_DIVISION:
#ifdef __x86_64__
    zero = 1 / zero;
#endif
    raise(SIGFPE);
    break;
  case BY_ABORT: abort();
  case BY_BREAKPOINT: raise(SIGTRAP); break;
  case BY_RECURSION: zero = recurse(zero); break;
  }
}

struct zoo_layer {
  int where, how;
  int64_t calls_before, count;
  zoo_spec output;
  zoo_parameter parameter;
};

static int index_of(zoo_string word, const zoo_string *words, int count) {
  for (int i = 0; i < count; i++) {
    if (words[i].length == word.length && !memcmp(words[i].data, word.data, word.length)) return i;
  }
  return 0;
}

static void pass(zoo_layer *layer, int where) {
  if (layer->where == where && layer->calls_before-- == 0) crash(layer->how);
}

static zoo_status create(const zoo_kind *kind, const zoo_create_request *request, zoo_layer **layer) {
  (void)kind;
  if (!(*layer = calloc(1, sizeof **layer))) return ZOO_OUT_OF_MEMORY;
  (*layer)->where = index_of(request->attributes[0].text, places, COUNT_OF_PLACES);
  (*layer)->how = index_of(request->attributes[1].text, ways, COUNT_OF_WAYS);
  (*layer)->calls_before = request->attributes[2].integer;
  pass(*layer, IN_CREATE);
  return ZOO_OK;
}

static zoo_status plan(zoo_layer *layer, const zoo_plan_request *request, zoo_plan *plan) {
  pass(layer, IN_PLAN);
  layer->output = request->inputs[0];
  layer->count = 1;
  for (int32_t i = 0; i < layer->output.rank; i++) layer->count *= layer->output.shape[i];
  layer->parameter = (zoo_parameter){
      .size = sizeof(zoo_parameter), .name = ZOO_TEXT("weight"), .spec = {.rank = 1, .dtype = {ZOO_FLOAT, 32, 1}, .shape = {1}},
      .initializer = {.method = ZOO_CONSTANT, .a = 2}};
  plan->output_count = plan->parameter_count = 1;
  plan->outputs = &layer->output;
  plan->parameters = &layer->parameter;
  plan->packed_bytes = sizeof(float);
  plan->needs_inputs = 1;
  return ZOO_OK;
}

static zoo_status pack(zoo_layer *layer, const zoo_pack_call *call) {
  pass(layer, IN_PACK);
  *(float *)call->packed = *(const float *)call->parameters[0].data;
  return ZOO_OK;
}

typedef struct {
  zoo_layer *layer;
  const zoo_call *call;
} work;

static zoo_status multiply(void *data, int64_t from, int64_t to, int32_t slot) {
  const work *w = data;
  if (slot == 1) pass(w->layer, IN_PART);
  const float *x = w->call->inputs[0].data;
  float *y = w->call->outputs[0].data;
  float weight = *(const float *)(w->call->packed ? w->call->packed : w->call->parameters[0].data);
  for (int64_t i = from; i < to; i++) y[i] = weight * x[i];
  return ZOO_OK;
}

static void *own_thread(void *layer) {
  pass(layer, IN_OWN_THREAD);
  return NULL;
}

static zoo_status forward(zoo_layer *layer, const zoo_call *call) {
  pass(layer, IN_FORWARD);
  if (layer->where == IN_OWN_THREAD) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, own_thread, layer) == 0) pthread_join(thread, NULL);
  }
  work w = {layer, call};
  return call->host->parallel_for(call->context, layer->count, 1, multiply, &w);
}

static zoo_status backward(zoo_layer *layer, const zoo_call *call) {
  pass(layer, IN_BACKWARD);
  const float *x = call->inputs[0].data, *dy = call->output_gradients[0].data, *weight = call->parameters[0].data;
  float *dx = call->input_gradients[0].data, *dw = call->parameter_gradients[0].data;
  if (dw) *dw = 0;
  for (int64_t i = 0; i < layer->count; i++) {
    float d = dy ? dy[i] : 0;
    if (dx) dx[i] = *weight * d;
    if (dw) *dw += x[i] * d;
  }
  return ZOO_OK;
}

static void destroy(zoo_layer *layer) {
  pass(layer, IN_DESTROY);
  free(layer);
}

static const zoo_attribute_info attributes[] = {
    {.size = sizeof(zoo_attribute_info), .type = ZOO_TEXT_TYPE, .name = ZOO_TEXT("where"), .choice_count = COUNT_OF_PLACES, .choices = places,
     .fallback = {.type = ZOO_TEXT_TYPE, .is_set = 1, .text = ZOO_TEXT("nowhere")}},
    {.size = sizeof(zoo_attribute_info), .type = ZOO_TEXT_TYPE, .name = ZOO_TEXT("how"), .choice_count = COUNT_OF_WAYS, .choices = ways,
     .fallback = {.type = ZOO_TEXT_TYPE, .is_set = 1, .text = ZOO_TEXT("pointer")}},
    {.size = sizeof(zoo_attribute_info), .type = ZOO_INTEGER, .name = ZOO_TEXT("after"), .about = ZOO_TEXT("So many calls go well."),
     .fallback = {.type = ZOO_INTEGER, .is_set = 1}}};
static const zoo_port_info input[] = {{.size = sizeof(zoo_port_info), .name = ZOO_TEXT("x")}};
static const zoo_port_info output[] = {{.size = sizeof(zoo_port_info), .name = ZOO_TEXT("y")}};
static const zoo_kind times = {
    .size = sizeof(zoo_kind), .name = ZOO_TEXT("crashes.times"), .attribute_count = 3, .attributes = attributes, .input_count = 1,
    .inputs = input, .output_count = 1, .outputs = output, .create = create, .plan = plan, .pack = pack, .forward = forward,
    .backward = backward, .destroy = destroy};
static const zoo_kind *const kinds[] = {&times};

/* A codec of single numbers: a file is their four bytes. */
static void pass_codec(const zoo_codec_call *call, int where) {
  if (index_of(call->attributes[0].text, places, COUNT_OF_PLACES) == where) crash(BY_POINTER);
}

static zoo_status describe(const zoo_codec *codec, const zoo_codec_call *call, zoo_spec *spec) {
  (void)codec;
  pass_codec(call, IN_DESCRIBE);
  *spec = (zoo_spec){.rank = 1, .dtype = {ZOO_FLOAT, 32, 1}, .shape = {(int64_t)call->byte_count / 4}};
  return ZOO_OK;
}

static zoo_status decode(const zoo_codec *codec, const zoo_codec_call *call, const zoo_tensor *into) {
  (void)codec;
  pass_codec(call, IN_DECODE);
  memcpy(into->data, call->bytes, call->byte_count);
  return ZOO_OK;
}

static zoo_status encode(const zoo_codec *codec, const zoo_codec_call *call, const zoo_tensor *from) {
  (void)codec;
  pass_codec(call, IN_ENCODE);
  uint64_t bytes = 4;
  for (int32_t i = 0; i < from->rank; i++) bytes *= (uint64_t)from->shape[i];
  return call->host->write(call->context, from->data, bytes);
}

static const zoo_codec raw = {
    .size = sizeof(zoo_codec), .name = ZOO_TEXT("raw"), .extensions = ZOO_TEXT("raw"), .attribute_count = 1, .attributes = attributes,
    .describe = describe, .decode = decode, .encode = encode};
static const zoo_codec *const codecs[] = {&raw};

static const zoo_family family = {
    .size = sizeof(zoo_family), .abi_major = ZOO_ABI_MAJOR, .abi_minor = ZOO_ABI_MINOR, .kind_count = 1, .codec_count = 1,
    .name = ZOO_TEXT("crashes"), .version = ZOO_TEXT("1.2.3"), .kinds = kinds, .codecs = codecs};

const zoo_family *zoo_family_v1(const zoo_host *host) {
  (void)host;
  return &family;
}
