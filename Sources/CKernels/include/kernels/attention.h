/// Scaled dot-product attention of many heads: y = softmax(scale q kᵀ) v, block by block, so that no matrix of all scores ever exists.
///
/// Forward: Milakov & Gimelshein 2018, arXiv:1805.02867; Rabe & Staats 2021, arXiv:2112.05682. Backward: Dao et al. 2022, arXiv:2205.14135.
#pragma once
#include <stdint.h>

/// A pair is one head of one item of the batch. Head h's vector of row t of item n starts at q[n * q_item + t * q_row + h * width];
/// keys and values lie alike, at k_row and k_item; results at y_row and y_item.
typedef struct zoo_attention {
  int64_t batch, heads, width; ///< width: of a head's vectors
  int64_t queries, keys;
  int64_t first;  ///< with `causal`, query t sees keys 0 ... first + t, which are among `keys`
  int32_t causal; ///< 0: every query sees every key
  float scale;
  const float *q, *k, *v;
  int64_t q_row, q_item, k_row, k_item, y_row, y_item;
  float *y;
  float *log_sums; ///< [batch, heads, queries]: the logarithm of each softmax's denominator; forward writes it unless it is NULL
} zoo_attention;

/// Floats for the keys and values of all pairs in the layout of `zoo_attention_run`.
int64_t zoo_attention_packed_count(int64_t pairs, int64_t keys, int64_t width);

/// How many independent parts packing has, and parts [from, to) of it.
int64_t zoo_attention_pack_tasks(const zoo_attention *a);
void zoo_attention_pack(const zoo_attention *a, float *packed, int64_t from, int64_t to);

/// How many independent parts attention has, and parts [from, to) of it.
int64_t zoo_attention_tasks(const zoo_attention *a);
void zoo_attention_run(const zoo_attention *a, const float *packed, int64_t from, int64_t to);

/// The same for few queries, with keys and values read where they are, once for each query: rows [from, to) of batch x heads x queries.
void zoo_attention_rows(const zoo_attention *a, int64_t from, int64_t to);

/// Gradients, which lie as what they are the gradients of.
typedef struct zoo_attention_gradients {
  const float *dy;
  float *dq, *dk, *dv;
} zoo_attention_gradients;

/// Floats of scratch for backward of one pair.
int64_t zoo_attention_backward_scratch(int64_t queries, int64_t keys, int64_t width);

/// The gradients of pairs [from, to), from what forward read and wrote.
void zoo_attention_backward(const zoo_attention *a, const zoo_attention_gradients *g, int64_t from, int64_t to, float *scratch);
