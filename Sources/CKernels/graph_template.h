// Sums over neighbours for one generation of processors: see generations.h.

/// Channels [c, c + COUNT n) of row i, in COUNT vectors of n.
#define SUM_NEIGHBOURS(COUNT)                                                                                  \
  do {                                                                                                         \
    NAME(vector) sum[COUNT];                                                                                   \
    UNROLL for (int v = 0; v < COUNT; v++) sum[v] = (NAME(vector)){0};                                         \
    for (int32_t k = a->start[i]; k < a->start[i + 1]; k++) {                                                  \
      const float *row = a->x + a->neighbours[k].node * a->channels + c;                                       \
      UNROLL for (int v = 0; v < COUNT; v++) sum[v] += a->neighbours[k].coefficient * NAME(load)(row + v * n, n); \
    }                                                                                                          \
    UNROLL for (int v = 0; v < COUNT; v++) {                                                                   \
      if (a->loop) sum[v] += a->loop[i] * NAME(load)(a->x + i * a->channels + c + v * n, n);                   \
      if (a->bias) sum[v] += NAME(load)(a->bias + c + v * n, n);                                               \
      NAME(store)(a->y + i * a->channels + c + v * n, sum[v], n);                                              \
    }                                                                                                          \
  } while (0)

/// Each neighbour's channels are added up in registers, as many at once as are there.
INLINE void NAME(four)(int64_t c, const int64_t n, const zoo_aggregation *a, int64_t i) { SUM_NEIGHBOURS(4); }
INLINE void NAME(one)(int64_t c, const int64_t n, const zoo_aggregation *a, int64_t i) { SUM_NEIGHBOURS(1); }

#undef SUM_NEIGHBOURS

/// The first node whose work begins at `at` or after.
INLINE int64_t NAME(first_node)(const zoo_aggregation *a, int64_t at) {
  int64_t low = 0, high = a->nodes;
  while (low < high) {
    const int64_t middle = (low + high) / 2;
    if (a->start[middle] + middle < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

TARGET static void NAME(aggregate)(const zoo_aggregation *a, int64_t from, int64_t to) {
  const int64_t end = NAME(first_node)(a, to);
  for (int64_t i = NAME(first_node)(a, from); i < end; i++) {
    int64_t c = 0;
    for (; c + 4 * WIDTH <= a->channels; c += 4 * WIDTH) NAME(four)(c, WIDTH, a, i);
    for (; c + WIDTH <= a->channels; c += WIDTH) NAME(one)(c, WIDTH, a, i);
    if (c < a->channels) NAME(one)(c, a->channels - c, a, i);
    zoo_epilogue_apply(a->epilogue, a->y + i * a->channels, a->channels);
  }
}
