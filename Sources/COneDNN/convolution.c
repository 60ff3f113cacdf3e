#include "COneDNN.h"
#include "library.h"
#include <stdlib.h>
#include <string.h>

struct zoo_dnn {
  dnnl_primitive_desc_t description, reorder_description;
  dnnl_primitive_t primitive, reorder;
  dnnl_stream_t stream;
  dnnl_memory_t from, packed, bias, into, scratch, plain;
  size_t packed_bytes, scratch_bytes;
  int is_backward;
  const char *implementation;
};

static int plain_layout(const zoo_dnn_shape *s, dnnl_memory_desc_t *weight, dnnl_data_type_t type, dnnl_format_tag_t tag) {
  if (s->groups == 1) {
    dnnl_dims_t dims = {s->out_c, s->in_c, s->kernel_h, s->kernel_w};
    return dnn.memory_desc_init_by_tag(weight, 4, dims, type, tag == dnnl_format_tag_any ? tag : dnnl_oihw);
  }
  dnnl_dims_t dims = {s->groups, s->out_c / s->groups, s->in_c / s->groups, s->kernel_h, s->kernel_w};
  return dnn.memory_desc_init_by_tag(weight, 5, dims, type, tag == dnnl_format_tag_any ? tag : dnnl_goihw);
}

typedef struct layouts {
  dnnl_memory_desc_t x, y, bias, weight, plain;
  dnnl_dims_t strides, dilations, before, after;
} layouts;

static int describe(const zoo_dnn_shape *s, layouts *l) {
  dnnl_dims_t x = {s->images, s->in_c, s->in_h, s->in_w}, y = {s->images, s->out_c, s->out_h, s->out_w}, bias = {s->out_c};
  int64_t tall = (s->out_h - 1) * s->stride_h + (s->kernel_h - 1) * s->dilation_h + 1;
  int64_t wide = (s->out_w - 1) * s->stride_w + (s->kernel_w - 1) * s->dilation_w + 1;
  l->strides[0] = s->stride_h, l->strides[1] = s->stride_w;
  l->dilations[0] = s->dilation_h - 1, l->dilations[1] = s->dilation_w - 1;
  l->before[0] = s->top, l->before[1] = s->left;
  l->after[0] = tall - s->top - s->in_h, l->after[1] = wide - s->left - s->in_w;
  int64_t step = s->out_step ? s->out_step : s->out_c;
  dnnl_dims_t steps = {s->out_h * s->out_w * step, 1, s->out_w * step, step};
  dnnl_data_type_t type = s->is_bf16 ? dnnl_bf16 : dnnl_f32;
  return dnn.memory_desc_init_by_tag(&l->x, 4, x, type, dnnl_nhwc) || dnn.memory_desc_init_by_strides(&l->y, 4, y, type, steps) ||
         dnn.memory_desc_init_by_tag(&l->bias, 1, bias, dnnl_f32, dnnl_a) || plain_layout(s, &l->weight, type, dnnl_format_tag_any) ||
         plain_layout(s, &l->plain, dnnl_f32, dnnl_oihw);
}

static int attributes(dnnl_primitive_attr_t *attributes, zoo_dnn_epilogue epilogue) {
  if (dnn.primitive_attr_create(attributes)) return 1;
  if (dnn.primitive_attr_set_scratchpad_mode(*attributes, dnnl_scratchpad_mode_user)) return 1;
  if (epilogue.kind == ZOO_DNN_PLAIN && !epilogue.adds) return 0;
  static const dnnl_alg_kind_t algorithms[] = {0, dnnl_eltwise_relu, dnnl_eltwise_linear, dnnl_eltwise_clip};
  dnnl_post_ops_t operations;
  if (dnn.post_ops_create(&operations)) return 1;
  int failed = epilogue.adds && dnn.post_ops_append_sum(operations, 1);
  if (!failed && epilogue.kind != ZOO_DNN_PLAIN)
    failed = dnn.post_ops_append_eltwise(operations, 1, algorithms[epilogue.kind], epilogue.alpha, epilogue.beta);
  failed = failed || dnn.primitive_attr_set_post_ops(*attributes, operations);
  dnn.post_ops_destroy(operations);
  return failed;
}

/* What follows a description: the primitive, its memories without data, and the reorder that packs. */
static int finish(zoo_dnn *d, const layouts *l) {
  const dnnl_memory_desc_t *weight = dnn.primitive_desc_query_md(d->description, dnnl_query_weights_md, 0);
  const dnnl_memory_desc_t *scratch = dnn.primitive_desc_query_md(d->description, dnnl_query_scratchpad_md, 0);
  if (!weight || dnn.primitive_desc_query(d->description, dnnl_query_impl_info_str, 0, &d->implementation)) return 1;
  /* Without compiled code for the shape, oneDNN would go through loops in C++ or a matrix of all windows: the zoo's kernels are faster. */
  if (strncmp(d->implementation, "jit", 3) && strncmp(d->implementation, "brg", 3)) return 1;
  d->packed_bytes = dnn.memory_desc_get_size(weight);
  d->scratch_bytes = scratch ? dnn.memory_desc_get_size(scratch) : 0;
  dnnl_memory_desc_t none;
  dnnl_dims_t no_dims = {0};
  if (!scratch) {
    if (dnn.memory_desc_init_by_tag(&none, 1, no_dims, dnnl_u8, dnnl_a)) return 1;
    scratch = &none;
  }
  if (dnn.primitive_create(&d->primitive, d->description) || dnn.stream_create(&d->stream, dnn.engine, dnnl_stream_default_flags)) return 1;
  const dnnl_memory_desc_t *from = d->is_backward ? &l->y : &l->x, *into = d->is_backward ? &l->x : &l->y;
  if (dnn.memory_create(&d->from, from, dnn.engine, DNNL_MEMORY_NONE) || dnn.memory_create(&d->into, into, dnn.engine, DNNL_MEMORY_NONE) ||
      dnn.memory_create(&d->packed, weight, dnn.engine, DNNL_MEMORY_NONE) || dnn.memory_create(&d->bias, &l->bias, dnn.engine, DNNL_MEMORY_NONE) ||
      dnn.memory_create(&d->plain, &l->plain, dnn.engine, DNNL_MEMORY_NONE) ||
      dnn.memory_create(&d->scratch, scratch, dnn.engine, DNNL_MEMORY_NONE))
    return 1;
  return dnn.reorder_primitive_desc_create(&d->reorder_description, &l->plain, dnn.engine, weight, dnn.engine, NULL) ||
         dnn.primitive_create(&d->reorder, d->reorder_description);
}

static zoo_dnn *make(const zoo_dnn_shape *shape, zoo_dnn_epilogue epilogue, int is_backward) {
  if (!zoo_dnn_load()) return NULL;
  zoo_dnn *d = calloc(1, sizeof *d);
  layouts *l = calloc(1, sizeof *l);
  if (!d || !l) {
    free(d), free(l);
    return NULL;
  }
  d->is_backward = is_backward;
  dnnl_primitive_attr_t plain = NULL, fused = NULL;
  dnnl_primitive_desc_t hint = NULL;
  zoo_dnn_epilogue none = {0};
  dnnl_convolution_desc_t forward, backward;
  int failed = describe(shape, l) || attributes(&plain, none) || attributes(&fused, epilogue) ||
               dnn.dilated_convolution_forward_desc_init(&forward, is_backward ? dnnl_forward_training : dnnl_forward_inference,
                                                         dnnl_convolution_direct, &l->x, &l->weight, is_backward ? NULL : &l->bias, &l->y,
                                                         l->strides, l->dilations, l->before, l->after);
  if (!failed && is_backward) {
    failed = dnn.primitive_desc_create(&hint, &forward, plain, dnn.engine, NULL) ||
             dnn.dilated_convolution_backward_data_desc_init(&backward, dnnl_convolution_direct, &l->x, &l->weight, &l->y, l->strides,
                                                             l->dilations, l->before, l->after) ||
             dnn.primitive_desc_create(&d->description, &backward, plain, dnn.engine, hint);
  } else if (!failed) {
    failed = dnn.primitive_desc_create(&d->description, &forward, fused, dnn.engine, NULL);
  }
  failed = failed || finish(d, l);
  if (hint) dnn.primitive_desc_destroy(hint);
  if (plain) dnn.primitive_attr_destroy(plain);
  if (fused) dnn.primitive_attr_destroy(fused);
  free(l);
  if (!failed) return d;
  zoo_dnn_destroy(d);
  return NULL;
}

zoo_dnn *zoo_dnn_forward(const zoo_dnn_shape *shape, zoo_dnn_epilogue epilogue) { return make(shape, epilogue, 0); }

zoo_dnn *zoo_dnn_backward(const zoo_dnn_shape *shape) {
  zoo_dnn_epilogue none = {0};
  return make(shape, none, 1);
}

void zoo_dnn_destroy(zoo_dnn *d) {
  if (!d) return;
  dnnl_memory_t memories[] = {d->from, d->packed, d->bias, d->into, d->scratch, d->plain};
  for (size_t i = 0; i < sizeof memories / sizeof *memories; i++)
    if (memories[i]) dnn.memory_destroy(memories[i]);
  if (d->primitive) dnn.primitive_destroy(d->primitive);
  if (d->reorder) dnn.primitive_destroy(d->reorder);
  if (d->description) dnn.primitive_desc_destroy(d->description);
  if (d->reorder_description) dnn.primitive_desc_destroy(d->reorder_description);
  if (d->stream) dnn.stream_destroy(d->stream);
  free(d);
}

size_t zoo_dnn_packed_bytes(const zoo_dnn *d) { return d->packed_bytes; }
size_t zoo_dnn_scratch_bytes(const zoo_dnn *d) { return d->scratch_bytes; }
const char *zoo_dnn_implementation(const zoo_dnn *d) { return d->implementation; }

int32_t zoo_dnn_pack(zoo_dnn *d, const float *weight, void *packed) {
  dnnl_status_t status = dnn.memory_set_data_handle(d->plain, (void *)weight);
  if (!status) status = dnn.memory_set_data_handle(d->packed, packed);
  if (status) return status;
  dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, d->plain}, {DNNL_ARG_TO, d->packed}};
  return dnn.primitive_execute(d->reorder, d->stream, 2, arguments);
}

int32_t zoo_dnn_execute(zoo_dnn *d, const void *from, const void *packed, const float *bias, void *into, void *scratch) {
  dnnl_status_t status = dnn.memory_set_data_handle(d->from, (void *)from);
  if (!status) status = dnn.memory_set_data_handle(d->packed, (void *)packed);
  if (!status) status = dnn.memory_set_data_handle(d->into, into);
  if (!status && bias) status = dnn.memory_set_data_handle(d->bias, (void *)bias);
  if (!status && d->scratch_bytes) status = dnn.memory_set_data_handle(d->scratch, scratch);
  if (status) return status;
  dnnl_exec_arg_t arguments[] = {
      {d->is_backward ? DNNL_ARG_DIFF_DST : DNNL_ARG_SRC, d->from},
      {DNNL_ARG_WEIGHTS, d->packed},
      {d->is_backward ? DNNL_ARG_DIFF_SRC : DNNL_ARG_DST, d->into},
      {DNNL_ARG_SCRATCHPAD, d->scratch},
      {DNNL_ARG_BIAS, d->bias},
  };
  return dnn.primitive_execute(d->primitive, d->stream, bias ? 5 : 4, arguments);
}
