/// Elementwise activations: y = f(x) and dx = f'(x) dy over n elements.
#pragma once
#include <stdint.h>

/// Writes y[i] = f(x[i]); `a` and `b` are the function's constants, if it has any. y may be x.
typedef void zoo_activation_forward(const float *x, float *y, int64_t n, float a, float b);

/// Writes dx[i] = f'(x[i]) dy[i], or adds it. `kept` is x or y, as the comment of the kernel says. dx may be dy.
typedef void zoo_activation_backward(const float *kept, const float *dy, float *dx, int64_t n, float a, float b, int32_t adds);

zoo_activation_forward zoo_identity_forward;
zoo_activation_backward zoo_identity_backward; // kept: anything
zoo_activation_forward zoo_sigmoid_forward;
zoo_activation_backward zoo_sigmoid_backward; // kept: y
zoo_activation_forward zoo_tanh_forward;
zoo_activation_backward zoo_tanh_backward; // kept: y
zoo_activation_forward zoo_relu_forward;
zoo_activation_backward zoo_relu_backward; // kept: y
zoo_activation_forward zoo_relu6_forward;
zoo_activation_backward zoo_relu6_backward; // kept: y
zoo_activation_forward zoo_leaky_relu_forward; // a: the slope below 0
zoo_activation_backward zoo_leaky_relu_backward; // kept: x, or y if a >= 0
zoo_activation_forward zoo_abs_forward;
zoo_activation_backward zoo_abs_backward; // kept: x
zoo_activation_forward zoo_elu_forward; // a: minus the limit at -infinity
zoo_activation_backward zoo_elu_backward; // kept: y
zoo_activation_forward zoo_softplus_forward; // a: beta; b: where a x is so large that y is x
zoo_activation_backward zoo_softplus_backward; // kept: x
zoo_activation_forward zoo_gelu_forward;
zoo_activation_backward zoo_gelu_backward; // kept: x
zoo_activation_forward zoo_gelu_tanh_forward;
zoo_activation_backward zoo_gelu_tanh_backward; // kept: x
zoo_activation_forward zoo_silu_forward;
zoo_activation_backward zoo_silu_backward; // kept: x

/// y[i] = max_j x[i * pieces + j] for n units; NaN if one of them is.
void zoo_maxout_forward(const float *x, float *y, int64_t n, int64_t pieces);

/// Gives dy[i] to the first piece that is the maximum (the first NaN, if there is one) and 0 to the others, or adds it.
void zoo_maxout_backward(const float *x, const float *dy, float *dx, int64_t n, int64_t pieces, int32_t adds);
