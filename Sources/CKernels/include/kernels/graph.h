/// Sums over the neighbours of nodes: products of a graph's adjacency matrix, which is sparse, with features.
#pragma once
#include <stdint.h>
#include <zoo/plan.h>

/// A graph as a list of edges, each of which is directed.
///
/// Edge e leads from node ends[0, e] to node ends[1, e]. Its coefficient is root[source] weight[e] root[target]; where `has_loops`,
/// every node has one more edge, to itself, which stands for all edges from it to it: of their weights the last one counts, and it is
/// 1 if there are none.
typedef struct zoo_graph {
  int64_t nodes, edges;  ///< both below 2^31
  int64_t size;          ///< bytes of an index, 4 or 8
  const void *ends;      ///< [2, edges], each in 0 ..< nodes
  const float *weight;   ///< or NULL: 1
  int32_t has_loops;
  int32_t is_normalized; ///< root[i] is the degree of node i, which is the sum of the weights that lead to it, to the power -1/2; or 1
} zoo_graph;

/// Writes root and the loops' coefficients; where a node's degree is 0, its root is 0 too. `degree` is scratch for a number per node.
void zoo_graph_scales(const zoo_graph *graph, double *degree, float *root, float *loop);

/// The other end of an edge, and the edge's coefficient.
typedef struct zoo_neighbour {
  int32_t node;
  float coefficient;
} zoo_neighbour;

/// The edges by node: those of node i are neighbours[start[i]] to neighbours[start[i + 1] - 1], in the order of the list.
typedef struct zoo_neighbours {
  int32_t *start;            ///< nodes + 2 of them; the last is room to count in
  zoo_neighbour *neighbours; ///< one for each edge
} zoo_neighbours;

/// Sorts the edges by target, which are the rows of the adjacency matrix, or by source, the rows of its transpose.
void zoo_graph_sort(const zoo_graph *graph, const float *root, int32_t by_source, const zoo_neighbours *into);

/// y[i] = epilogue(sum over the neighbours j of node i of coefficient x[j], plus loop[i] x[i], plus bias), row by row.
typedef struct zoo_aggregation {
  int64_t nodes, channels;
  const int32_t *start;
  const zoo_neighbour *neighbours;
  const float *loop; ///< or NULL
  const float *x, *bias; ///< bias or NULL
  const zoo_epilogue *epilogue; ///< or NULL
  float *y;
} zoo_aggregation;

/// Computes the rows whose work begins in [from, to) of 0 ..< nodes + edges: a node is as much work as it has edges, and one more.
void zoo_graph_aggregate(const zoo_aggregation *aggregation, int64_t from, int64_t to);

/// product[e] = sum over channels of a[target of e] b[source of e], for edges [from, to).
void zoo_graph_edge_products(
  const zoo_graph *graph, const float *a, const float *b, int64_t channels, float *product, int64_t from, int64_t to);

/// product[i] = sum over channels of a[i] b[i], for nodes [from, to).
void zoo_graph_loop_products(const float *a, const float *b, int64_t channels, float *product, int64_t from, int64_t to);

/// Makes the derivatives by the weights of those by the coefficients, in place; `by_loop` are those by the loops' coefficients, NULL
/// where there are none. `sum` and `last` are scratch for a number per node.
void zoo_graph_weight_gradient(
  const zoo_graph *graph, const float *root, const float *loop, const float *by_loop, double *sum, int32_t *last, float *gradient);
