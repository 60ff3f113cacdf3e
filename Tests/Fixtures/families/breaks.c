/* One kind, y = weight * x + offset, that keeps every rule, and breaks the one whose macro is defined. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#ifdef EXITS
#include <unistd.h>
#endif
#include "zoo.h"

struct zoo_layer {
  float offset;
  int is_fused;
  zoo_epilogue epilogue;
  int64_t rows, width;
  zoo_spec spec;
  zoo_parameter parameters[2];
  int calls;
};

static zoo_status refuse(const zoo_host *host, zoo_context *context, zoo_status status, const char *words) {
  return host->fail(context, status, (zoo_string){words, strlen(words)});
}

static zoo_status create(const zoo_kind *kind, const zoo_create_request *request, zoo_layer **layer) {
  (void)kind;
#ifdef CRASHES_ON_ATTRIBUTE
  if (request->attributes[0].real == 8) abort();
#endif
#ifdef ATTRIBUTE_WITHOUT_WORDS
  if (request->attributes[0].real == 8) return ZOO_BAD_ATTRIBUTE;
#endif
  if (!(*layer = calloc(1, sizeof **layer))) return ZOO_OUT_OF_MEMORY;
  (*layer)->offset = (float)request->attributes[0].real;
  return ZOO_OK;
}

static zoo_status plan(zoo_layer *l, const zoo_plan_request *request, zoo_plan *plan) {
  const zoo_spec *x = &request->inputs[0];
#ifdef UNREACHABLE
  return refuse(request->host, request->context, ZOO_BAD_SHAPE, "x is never right");
#endif
#ifdef CRASHES_ON_SHAPE
  if (x->rank == 5) abort();
#endif
#ifdef SHAPE_WITHOUT_WORDS
  if (x->rank == 5) return ZOO_BAD_SHAPE;
#endif
  if (x->dtype.code != ZOO_FLOAT || x->dtype.bits != 32) return refuse(request->host, request->context, ZOO_BAD_DTYPE, "x must be f32");
  if (x->rank < 1) return refuse(request->host, request->context, ZOO_BAD_SHAPE, "x must have an axis");
#ifdef USES_LOG
  request->host->log(request->context, ZOO_LOG_DEBUG, (zoo_string)ZOO_TEXT("planning"));
#endif
  l->spec = *x, l->rows = 1, l->width = x->shape[x->rank - 1];
  if (l->width == 0) return refuse(request->host, request->context, ZOO_BAD_SHAPE, "x must have channels");
  for (int32_t i = 0; i < x->rank - 1; i++) l->rows *= x->shape[i];
  if (request->epilogue) l->is_fused = 1, l->epilogue = *request->epilogue;
  for (int i = 0; i < 2; i++) {
    l->parameters[i] = (zoo_parameter){.size = sizeof(zoo_parameter), .name = ZOO_TEXT("weight"), .spec = {1, x->dtype, {l->width}},
                                       .initializer = {.method = ZOO_ONES}};
  }
  plan->flags = ZOO_LAYER_ROW_INDEPENDENT | ZOO_LAYER_ACCUMULATES;
  if (x->rank == 1) plan->flags &= ~(uint32_t)ZOO_LAYER_ROW_INDEPENDENT; /* its only axis is the channels' */
  plan->output_count = 1, plan->outputs = &l->spec;
  plan->parameter_count = 1, plan->parameters = l->parameters;
#ifdef TWO_OF_A_NAME
  plan->parameter_count = 2;
#endif
  static const int32_t alias[] = {0, 0};
  plan->alias_count = 1, plan->aliases = alias;
  plan->needs_inputs = 1;
  plan->packed_bytes = 2 * (uint64_t)l->width * sizeof(float);
  plan->epilogues = 1u << ZOO_EPILOGUE_RELU | 1u << ZOO_EPILOGUE_AFFINE | 1u << ZOO_EPILOGUE_ADD;
#ifdef COUNTS_PLANS
  static int plans;
  plan->scratch_forward = (uint64_t)++plans;
#endif
  return ZOO_OK;
}

static zoo_status pack(zoo_layer *l, const zoo_pack_call *call) {
#ifdef PACKS_ONCE
  if (l->calls++) return ZOO_OK;
#endif
  const float *weight = call->parameters[0].data;
  float *packed = call->packed;
  for (int64_t c = 0; c < l->width; c++) {
    packed[c] = weight[c], packed[l->width + c] = l->offset;
#ifndef FORGETS_SCALE
    if (call->scale) packed[c] *= call->scale[c], packed[l->width + c] = l->offset * call->scale[c] + call->shift[c];
#endif
  }
  return ZOO_OK;
}

typedef struct work {
  zoo_layer *layer;
  const float *x, *w, *offsets, *addend; /* offsets and addend may be NULL */
  float *y;
} work;

static zoo_status rows(void *data, int64_t from, int64_t to, int32_t slot) {
  const work *k = data;
  (void)slot;
  for (int64_t n = from; n < to; n++)
    for (int64_t c = 0; c < k->layer->width; c++) {
      int64_t i = n * k->layer->width + c;
      float y = k->w[c] * k->x[i] + (k->offsets ? k->offsets[c] : k->layer->offset);
#ifndef FORGETS_ADDEND
      if (k->addend) y += k->addend[i];
#endif
#ifdef SUMS_BY_PART
      y += (float)from;
#endif
#ifdef MIXES_ROWS
      y += k->x[0];
#endif
#ifdef HIDES_NAN
      if (y != y) y = 0;
#endif
#ifndef FORGETS_EPILOGUE
      if (k->layer->is_fused && y < 0) y *= k->layer->epilogue.alpha;
#endif
#ifdef LEAVES_OUT
      if (i == k->layer->rows * k->layer->width - 1) break;
#endif
      k->y[i] = y;
    }
  return ZOO_OK;
}

#ifdef CREATES_THREAD
static void *nothing(void *data) { return data; }
#endif

static zoo_status forward(zoo_layer *l, const zoo_call *call) {
  const float *x = call->inputs[0].data, *w = call->packed ? call->packed : call->parameters[0].data;
  float *y = call->outputs[0].data;
  int64_t count = l->rows * l->width;
  if (count == 0) return ZOO_OK;
#ifdef WRITES_INPUT
  ((float *)x)[0] += 1;
#endif
#ifdef ALLOCATES
  void *volatile memory = malloc(8);
  free(memory);
#endif
#ifdef CREATES_THREAD
  pthread_t thread;
  if (pthread_create(&thread, NULL, nothing, NULL) == 0) pthread_join(thread, NULL);
#endif
#ifdef HANGS
  for (volatile int forever = 1; forever;) continue;
#endif
#ifdef EXITS
  _exit(3);
#endif
#ifdef CLEARS_FIRST
  y[0] = 0;
#endif
  work k = {l, x, w, call->packed ? w + l->width : NULL, call->addend ? call->addend->data : NULL, y};
  zoo_status status = call->host->parallel_for(call->context, l->rows, 1, rows, &k);
#ifdef COUNTS_CALLS
  y[0] += (float)l->calls++;
#endif
#ifdef WRITES_BESIDE
  y[count] = 0;
#endif
#ifdef WRITES_FAR
  y[count + 4096] = 0;
#endif
  return status;
}

static zoo_status backward(zoo_layer *l, const zoo_call *call) {
  float *dx = call->input_gradients[0].data, *dw = call->parameter_gradients[0].data;
  const float *dy = call->output_gradients[0].data, *x = call->inputs[0].data, *w = call->parameters[0].data;
  int adds_x = call->accumulate_inputs & 1, adds_w = call->accumulate_parameters & 1;
#ifdef OVERWRITES
  adds_x = 0;
#endif
  int64_t count = l->rows * l->width;
  for (int64_t i = 0; dx && i < count; i++) {
    float slope = dy ? dy[i] * w[i % l->width] : 0;
#ifdef WRONG_GRADIENT
    slope *= 1.1f;
#endif
#ifdef INVENTS
    if (!dy) slope = 1;
#endif
#ifdef LEAVES_GRADIENT
    if (i == count - 1) break;
#endif
    dx[i] = slope + (adds_x ? dx[i] : 0);
  }
  for (int64_t c = 0; dw && c < l->width; c++) {
    float sum = 0;
    for (int64_t n = 0; dy && n < l->rows; n++) sum += dy[n * l->width + c] * x[n * l->width + c];
#ifdef NEEDS_COMPANY
    if (!dx) sum = 0;
#endif
    dw[c] = sum + (adds_w ? dw[c] : 0);
  }
  return ZOO_OK;
}

static void destroy(zoo_layer *l) {
#ifndef LEAKS
  free(l);
#else
  (void)l;
#endif
}

static const zoo_attribute_info attributes[] = {
    {.size = sizeof(zoo_attribute_info), .type = ZOO_REAL, .name = ZOO_TEXT("offset"), .about = ZOO_TEXT("What is added."),
#ifdef DEFAULT_OUT_OF_BOUNDS
     .fallback = {.type = ZOO_REAL, .is_set = 1, .real = 9},
#else
     .fallback = {.type = ZOO_REAL, .is_set = 1, .real = 0.5},
#endif
     .minimum = -8, .maximum = 8}};
static const zoo_port_info input[] = {{.size = sizeof(zoo_port_info), .name = ZOO_TEXT("x"), .shape = ZOO_TEXT("[..., C]")}};
static const zoo_port_info output[] = {{.size = sizeof(zoo_port_info), .name = ZOO_TEXT("y"), .shape = ZOO_TEXT("[..., C]")}};

static const zoo_kind kind = {
    .size = sizeof(zoo_kind), .name = ZOO_TEXT("breaks.affine"), .summary = ZOO_TEXT("Scales every channel."),
#ifdef CLAIMS_BF16
    .flags = ZOO_KIND_FOLLOWS_BF16,
#endif
    .attribute_count = 1, .attributes = attributes, .input_count = 1, .inputs = input, .output_count = 1, .outputs = output,
    .create = create, .plan = plan, .pack = pack, .forward = forward, .backward = backward, .destroy = destroy};
static const zoo_kind *const kinds[] = {&kind};
static const zoo_family family = {.size = sizeof(zoo_family), .abi_major = ZOO_ABI_MAJOR, .abi_minor = ZOO_ABI_MINOR, .kind_count = 1,
                                  .name = ZOO_TEXT("breaks"), .version = ZOO_TEXT("1.0.0"), .summary = ZOO_TEXT("One kind."),
                                  .kinds = kinds};

#ifdef EXPORTS
ZOO_EXPORT int breaks_helper(void);
int breaks_helper(void) { return 1; }
#endif

const zoo_family *zoo_family_v1(const zoo_host *host) {
  (void)host;
  return &family;
}
