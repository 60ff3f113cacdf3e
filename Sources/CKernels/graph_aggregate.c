#include "kernels/epilogue.h"
#include "kernels/graph.h"

#define TEMPLATE "graph_template.h"
#include "generations.h"

void zoo_graph_aggregate(const zoo_aggregation *aggregation, int64_t from, int64_t to) {
  ZOO_BEST(aggregate)(aggregation, from, to);
}
