#include "COneDNN.h"
#include "library.h"
#include <stdlib.h>

/* The memories of the primitives; the last two are weights in PyTorch's layout, [4 units, inputs] and [4 units, units]. */
enum { X, H, C, WEIGHT_X, WEIGHT_H, BIAS, Y, LAST_H, LAST_C, SCRATCH, PLAIN_X, PLAIN_H, MEMORIES };

/* What oneDNN calls those that it computes with. */
static const int names[] = {DNNL_ARG_SRC_LAYER, DNNL_ARG_SRC_ITER, DNNL_ARG_SRC_ITER_C, DNNL_ARG_WEIGHTS_LAYER, DNNL_ARG_WEIGHTS_ITER,
                            DNNL_ARG_BIAS,      DNNL_ARG_DST_LAYER, DNNL_ARG_DST_ITER,  DNNL_ARG_DST_ITER_C,    DNNL_ARG_SCRATCHPAD};

typedef struct program {
  dnnl_primitive_desc_t description;
  dnnl_primitive_t primitive;
} program;

struct zoo_dnn_lstm {
  program forward, pack_x, pack_h;
  dnnl_memory_t memories[MEMORIES];
  size_t bytes[MEMORIES];
  dnnl_stream_t stream;
};

static int add_memory(zoo_dnn_lstm *l, int index, const dnnl_memory_desc_t *layout) {
  if (!layout) return 0; /* this shape wants none of it */
  l->bytes[index] = dnn.memory_desc_get_size(layout);
  return dnn.memory_create(&l->memories[index], layout, dnn.engine, DNNL_MEMORY_NONE);
}

static int make_reorder(program *p, const dnnl_memory_desc_t *from, const dnnl_memory_desc_t *to) {
  return dnn.reorder_primitive_desc_create(&p->description, from, dnn.engine, to, dnn.engine, NULL) ||
         dnn.primitive_create(&p->primitive, p->description);
}

typedef struct layouts {
  dnnl_memory_desc_t x, y, state, bias, any_x, any_h, plain_x, plain_h;
} layouts;

static int describe(const zoo_dnn_lstm_shape *s, layouts *l) {
  dnnl_dims_t x = {s->steps, s->rows, s->inputs}, y = {s->steps, s->rows, s->units}, state = {1, 1, s->rows, s->units};
  dnnl_dims_t bias = {1, 1, 4, s->units}, weight_x = {1, 1, s->inputs, 4, s->units}, weight_h = {1, 1, s->units, 4, s->units};
  return dnn.memory_desc_init_by_tag(&l->x, 3, x, dnnl_f32, dnnl_ntc) || dnn.memory_desc_init_by_tag(&l->y, 3, y, dnnl_f32, dnnl_ntc) ||
         dnn.memory_desc_init_by_tag(&l->state, 4, state, dnnl_f32, dnnl_ldnc) ||
         dnn.memory_desc_init_by_tag(&l->bias, 4, bias, dnnl_f32, dnnl_ldgo) ||
         dnn.memory_desc_init_by_tag(&l->any_x, 5, weight_x, dnnl_f32, dnnl_format_tag_any) ||
         dnn.memory_desc_init_by_tag(&l->any_h, 5, weight_h, dnnl_f32, dnnl_format_tag_any) ||
         dnn.memory_desc_init_by_tag(&l->plain_x, 5, weight_x, dnnl_f32, dnnl_ldgoi) ||
         dnn.memory_desc_init_by_tag(&l->plain_h, 5, weight_h, dnnl_f32, dnnl_ldgoi);
}

static int compile(zoo_dnn_lstm *l, const zoo_dnn_lstm_shape *s, const layouts *m, dnnl_primitive_attr_t attributes) {
  dnnl_rnn_desc_t forward;
  dnnl_rnn_direction_t direction = s->goes_back ? dnnl_unidirectional_right2left : dnnl_unidirectional_left2right;
  if (dnn.lstm_forward_desc_init(&forward, dnnl_forward_inference, direction, &m->x, &m->state, &m->state, &m->any_x, &m->any_h, &m->bias,
                                 &m->y, &m->state, &m->state, 0) ||
      dnn.primitive_desc_create(&l->forward.description, &forward, attributes, dnn.engine, NULL) ||
      dnn.primitive_create(&l->forward.primitive, l->forward.description))
    return 1;
  const dnnl_memory_desc_t *weight_x = dnn.primitive_desc_query_md(l->forward.description, dnnl_query_weights_md, 0);
  const dnnl_memory_desc_t *weight_h = dnn.primitive_desc_query_md(l->forward.description, dnnl_query_weights_md, 1);
  const dnnl_memory_desc_t *scratch = dnn.primitive_desc_query_md(l->forward.description, dnnl_query_scratchpad_md, 0);
  return add_memory(l, X, &m->x) || add_memory(l, H, &m->state) || add_memory(l, C, &m->state) || add_memory(l, WEIGHT_X, weight_x) ||
         add_memory(l, WEIGHT_H, weight_h) || add_memory(l, BIAS, &m->bias) || add_memory(l, Y, &m->y) || add_memory(l, LAST_H, &m->state) ||
         add_memory(l, LAST_C, &m->state) || add_memory(l, SCRATCH, scratch) || add_memory(l, PLAIN_X, &m->plain_x) ||
         add_memory(l, PLAIN_H, &m->plain_h) || make_reorder(&l->pack_x, &m->plain_x, weight_x) ||
         make_reorder(&l->pack_h, &m->plain_h, weight_h);
}

zoo_dnn_lstm *zoo_dnn_lstm_create(const zoo_dnn_lstm_shape *shape) {
  if (!zoo_dnn_load()) return NULL;
  zoo_dnn_lstm *l = calloc(1, sizeof *l);
  layouts *m = calloc(1, sizeof *m);
  dnnl_primitive_attr_t attributes = NULL;
  int failed = !l || !m || describe(shape, m) || dnn.primitive_attr_create(&attributes) ||
               dnn.primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user) || compile(l, shape, m, attributes) ||
               dnn.stream_create(&l->stream, dnn.engine, dnnl_stream_default_flags);
  if (attributes) dnn.primitive_attr_destroy(attributes);
  free(m);
  if (!failed) return l;
  zoo_dnn_lstm_destroy(l);
  return NULL;
}

static void destroy(program p) {
  if (p.primitive) dnn.primitive_destroy(p.primitive);
  if (p.description) dnn.primitive_desc_destroy(p.description);
}

void zoo_dnn_lstm_destroy(zoo_dnn_lstm *l) {
  if (!l) return;
  for (int i = 0; i < MEMORIES; i++)
    if (l->memories[i]) dnn.memory_destroy(l->memories[i]);
  destroy(l->forward), destroy(l->pack_x), destroy(l->pack_h);
  if (l->stream) dnn.stream_destroy(l->stream);
  free(l);
}

/* The recurrent weight follows the other at a cache line. */
static size_t start_of_h(const zoo_dnn_lstm *l) { return (l->bytes[WEIGHT_X] + 63) / 64 * 64; }

size_t zoo_dnn_lstm_packed_bytes(const zoo_dnn_lstm *l) { return start_of_h(l) + l->bytes[WEIGHT_H]; }
size_t zoo_dnn_lstm_scratch_bytes(const zoo_dnn_lstm *l) { return l->bytes[SCRATCH]; }

static dnnl_status_t reorder(zoo_dnn_lstm *l, program p, int from, const float *source, int to, void *target) {
  dnnl_status_t status = dnn.memory_set_data_handle(l->memories[from], (void *)source);
  if (!status) status = dnn.memory_set_data_handle(l->memories[to], target);
  if (status) return status;
  dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, l->memories[from]}, {DNNL_ARG_TO, l->memories[to]}};
  return dnn.primitive_execute(p.primitive, l->stream, 2, arguments);
}

int32_t zoo_dnn_lstm_pack(zoo_dnn_lstm *l, const float *weight_x, const float *weight_h, void *packed) {
  dnnl_status_t status = reorder(l, l->pack_x, PLAIN_X, weight_x, WEIGHT_X, packed);
  return status ? status : reorder(l, l->pack_h, PLAIN_H, weight_h, WEIGHT_H, (char *)packed + start_of_h(l));
}

int32_t zoo_dnn_lstm_execute(zoo_dnn_lstm *l, const zoo_dnn_lstm_data *d, const void *packed, void *scratch) {
  const void *data[] = {[X] = d->x,         [H] = d->h, [C] = d->c,           [WEIGHT_X] = packed,   [WEIGHT_H] = (const char *)packed + start_of_h(l),
                        [BIAS] = d->bias,   [Y] = d->y, [LAST_H] = d->last_h, [LAST_C] = d->last_c, [SCRATCH] = scratch};
  dnnl_exec_arg_t arguments[SCRATCH + 1];
  int count = 0;
  for (int i = 0; i <= SCRATCH; i++) {
    if (!l->memories[i]) continue;
    dnnl_status_t status = dnn.memory_set_data_handle(l->memories[i], (void *)data[i]);
    if (status) return status;
    arguments[count].arg = names[i], arguments[count].memory = l->memories[i], count++;
  }
  return dnn.primitive_execute(l->forward.primitive, l->stream, count, arguments);
}
