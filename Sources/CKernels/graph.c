#include "kernels/graph.h"

#include <math.h>
#include <string.h>

#include "kernels/clones.h"
#include "reduce.h"

typedef struct {
  int64_t source, target;
} edge;

ZOO_INLINE edge edge_at(const zoo_graph *g, int64_t e) {
  if (g->size == 4) {
    const int32_t *ends = g->ends;
    return (edge){ends[e], ends[g->edges + e]};
  }
  const int64_t *ends = g->ends;
  return (edge){ends[e], ends[g->edges + e]};
}

ZOO_INLINE float weight_at(const zoo_graph *g, int64_t e) { return g->weight ? g->weight[e] : 1.f; }

/// Whether the node's own loop stands for this edge.
ZOO_INLINE int is_replaced(const zoo_graph *g, edge e) { return g->has_loops && e.source == e.target; }

void zoo_graph_scales(const zoo_graph *g, double *degree, float *root, float *loop) {
  for (int64_t i = 0; i < g->nodes; i++) {
    degree[i] = 0;
    loop[i] = g->has_loops ? 1.f : 0.f;
  }
  for (int64_t e = 0; e < g->edges; e++) {
    const edge ends = edge_at(g, e);
    if (is_replaced(g, ends)) loop[ends.target] = weight_at(g, e);
    else degree[ends.target] += (double)weight_at(g, e);
  }
  for (int64_t i = 0; i < g->nodes; i++) {
    const double total = degree[i] + (double)loop[i];
    root[i] = !g->is_normalized ? 1.f : total == 0 ? 0.f : (float)(1 / sqrt(total)); // NaN where weights below 0 prevail
    loop[i] *= root[i] * root[i];
  }
}

void zoo_graph_sort(const zoo_graph *g, const float *root, int32_t by_source, const zoo_neighbours *into) {
  // While the edges are filled in, next[i] is where the next one of node i goes, and at last where node i + 1 starts.
  int32_t *start = into->start, *next = start + 1, *count = start + 2;
  memset(start, 0, (size_t)(g->nodes + 2) * sizeof(int32_t));
  for (int64_t e = 0; e < g->edges; e++) {
    const edge ends = edge_at(g, e);
    if (!is_replaced(g, ends)) count[by_source ? ends.source : ends.target]++;
  }
  for (int64_t i = 1; i < g->nodes; i++) next[i] += next[i - 1];
  for (int64_t e = 0; e < g->edges; e++) {
    const edge ends = edge_at(g, e);
    if (is_replaced(g, ends)) continue;
    const float coefficient = root[ends.source] * weight_at(g, e) * root[ends.target];
    const int64_t row = by_source ? ends.source : ends.target, other = by_source ? ends.target : ends.source;
    into->neighbours[next[row]++] = (zoo_neighbour){(int32_t)other, coefficient};
  }
}

ZOO_SUM(sum_of_products, a[i] * b[i], const float *a, const float *b)

ZOO_CLONES void zoo_graph_edge_products(
  const zoo_graph *g, const float *a, const float *b, int64_t channels, float *product, int64_t from, int64_t to) {
  for (int64_t e = from; e < to; e++) {
    const edge ends = edge_at(g, e);
    product[e] = (float)sum_of_products(a + ends.target * channels, b + ends.source * channels, channels);
  }
}

ZOO_CLONES void zoo_graph_loop_products(const float *a, const float *b, int64_t channels, float *product, int64_t from, int64_t to) {
  for (int64_t i = from; i < to; i++) product[i] = (float)sum_of_products(a + i * channels, b + i * channels, channels);
}

void zoo_graph_weight_gradient(
  const zoo_graph *g, const float *root, const float *loop, const float *by_loop, double *sum, int32_t *last, float *gradient) {
  // A degree is in the coefficients of all edges at its node: d coefficient / d degree = -1/2 root^2 coefficient, for each end.
  for (int64_t i = 0; i < g->nodes; i++) {
    sum[i] = by_loop ? 2 * (double)by_loop[i] * (double)loop[i] : 0;
    last[i] = -1;
  }
  for (int64_t e = 0; e < g->edges; e++) {
    const edge ends = edge_at(g, e);
    if (is_replaced(g, ends)) {
      last[ends.target] = (int32_t)e;
      continue;
    }
    const double part = (double)gradient[e] * (double)(root[ends.source] * weight_at(g, e) * root[ends.target]);
    sum[ends.source] += part;
    sum[ends.target] += part;
  }
  for (int64_t i = 0; i < g->nodes; i++) {
    const double square = (double)root[i] * (double)root[i];
    sum[i] = g->is_normalized && square != 0 ? -0.5 * square * sum[i] : 0;
  }
  for (int64_t e = 0; e < g->edges; e++) {
    const edge ends = edge_at(g, e);
    const double by_degree = sum[ends.target], roots = (double)root[ends.source] * (double)root[ends.target];
    if (!is_replaced(g, ends)) gradient[e] = (float)((double)gradient[e] * roots + by_degree);
    else gradient[e] = last[ends.target] == e ? (float)((double)by_loop[ends.target] * roots + by_degree) : 0.f;
  }
}
