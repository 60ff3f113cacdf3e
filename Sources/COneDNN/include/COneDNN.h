/// Convolutions and recurrent sequences by oneDNN, which is loaded when the first one is large enough to want it.
///
/// Everything is dense, and f32 unless a shape says otherwise; parameters are in whatever layout oneDNN likes best for a shape, written by a function that packs them. Each
/// is executed by one thread at a time, which runs it on OpenMP's pool. Functions that return a number return 0, or oneDNN's status.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// One convolution in one direction, compiled for its shape. Activations are [N, H, W, C].
typedef struct zoo_dnn zoo_dnn;

/// The shape, in the names of the equation y[n, i, j, o] = sum x[n, i * stride_h - top + p * dilation_h, ..., c] w[o, c, p, q].
typedef struct zoo_dnn_shape {
  int64_t images, in_h, in_w, in_c, out_h, out_w, out_c;
  int64_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, top, left, groups;
  int64_t out_step; ///< elements from one pixel of y to the next; 0: they are dense
  int32_t is_bf16; ///< x, y and the packed kernel are bf16; the bias, the sums, and the kernel that is packed are f32
} zoo_dnn_shape;

/// Whether this machine multiplies bf16 faster than f32. Not with ZOO_BF16=widen in the environment.
int32_t zoo_dnn_has_bf16(void);

/// What forward's last store does: y = max(y, alpha y), y = alpha y + beta, y = min(max(y, alpha), beta), or nothing.
enum { ZOO_DNN_PLAIN = 0, ZOO_DNN_RELU = 1, ZOO_DNN_LINEAR = 2, ZOO_DNN_CLIP = 3 };

typedef struct zoo_dnn_epilogue {
  int32_t kind;
  float alpha, beta;
  int32_t adds; ///< before that, what y's memory holds is added
} zoo_dnn_epilogue;

/// Forward: y = epilogue(conv(x, w) + bias + y). NULL: oneDNN is not installed, or has nothing compiled for such a shape.
zoo_dnn *zoo_dnn_forward(const zoo_dnn_shape *, zoo_dnn_epilogue);

/// Backward by the input: dx from dy. NULL as above.
zoo_dnn *zoo_dnn_backward(const zoo_dnn_shape *);

void zoo_dnn_destroy(zoo_dnn *);

/// Bytes of the packed kernel, and of scratch. Both are to be aligned to 64 bytes.
size_t zoo_dnn_packed_bytes(const zoo_dnn *);
size_t zoo_dnn_scratch_bytes(const zoo_dnn *);

/// Writes a kernel [out, in / groups, kh, kw] in oneDNN's layout.
int32_t zoo_dnn_pack(zoo_dnn *, const float *weight, void *packed);

/// Forward: from x to y, with a bias of out_c numbers. Backward: from dy to dx, without one.
int32_t zoo_dnn_execute(zoo_dnn *, const void *from, const void *packed, const float *bias, void *into, void *scratch);

/// How oneDNN computes it, such as "jit:avx512_core"; for reports.
const char *zoo_dnn_implementation(const zoo_dnn *);

/// A long short-term memory over sequences [rows, steps, inputs], compiled for its shape, forward. Gates are in the order i, f, g, o.
typedef struct zoo_dnn_lstm zoo_dnn_lstm;

typedef struct zoo_dnn_lstm_shape {
  int64_t rows, steps, inputs, units;
  int32_t goes_back; ///< whether from the last step to the first
} zoo_dnn_lstm_shape;

/// NULL: oneDNN is not installed, or refuses the shape.
zoo_dnn_lstm *zoo_dnn_lstm_create(const zoo_dnn_lstm_shape *);
void zoo_dnn_lstm_destroy(zoo_dnn_lstm *);

/// Bytes of the packed weights, and of scratch. Both are to be aligned to 64 bytes.
size_t zoo_dnn_lstm_packed_bytes(const zoo_dnn_lstm *);
size_t zoo_dnn_lstm_scratch_bytes(const zoo_dnn_lstm *);

/// Writes the weights [4 units, inputs] and [4 units, units] in oneDNN's layout.
int32_t zoo_dnn_lstm_pack(zoo_dnn_lstm *, const float *weight_x, const float *weight_h, void *packed);

/// What it reads and writes. None may be missing, and none may overlap another.
typedef struct zoo_dnn_lstm_data {
  const float *x, *h, *c;     ///< [rows, steps, inputs], [rows, units], [rows, units]
  const float *bias;          ///< [4 units]
  float *y, *last_h, *last_c; ///< [rows, steps, units], [rows, units], [rows, units]
} zoo_dnn_lstm_data;

int32_t zoo_dnn_lstm_execute(zoo_dnn_lstm *, const zoo_dnn_lstm_data *, const void *packed, void *scratch);
