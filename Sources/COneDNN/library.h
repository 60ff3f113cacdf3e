/* oneDNN's functions, found when the first of its primitives is wanted. */
#pragma once
#include <oneapi/dnnl/dnnl.h>

#define ZOO_DNN_FUNCTIONS(X)                                                                                                                  \
  X(engine_create) X(stream_create) X(stream_destroy) X(memory_desc_init_by_tag) X(memory_desc_init_by_strides) X(memory_desc_get_size)                      \
  X(dilated_convolution_forward_desc_init) X(dilated_convolution_backward_data_desc_init)                                  \
  X(lstm_forward_desc_init) X(primitive_attr_create) X(primitive_attr_destroy)                                       \
  X(primitive_attr_set_scratchpad_mode) X(primitive_attr_set_post_ops) X(post_ops_create) X(post_ops_destroy) X(post_ops_append_eltwise) X(post_ops_append_sum)        \
  X(primitive_desc_create) X(primitive_desc_destroy) X(primitive_desc_query) X(primitive_desc_query_md) X(primitive_create)                     \
  X(primitive_destroy) X(primitive_execute) X(memory_create) X(memory_destroy) X(memory_set_data_handle) X(reorder_primitive_desc_create)

struct zoo_dnn_library {
#define X(name) __typeof__(dnnl_##name) *name;
  ZOO_DNN_FUNCTIONS(X)
#undef X
  dnnl_engine_t engine;
};

extern struct zoo_dnn_library dnn;

/* Whether oneDNN is there; `dnn` may be used once it has said so. */
int zoo_dnn_load(void);
