// Winograd's transforms for one generation of processors: see generations.h.

/// B^T d for the four vectors d, `step` apart.
#define SPREAD(to, d, step)                  \
  (to)[0 * (step)] = (d)[0] - (d)[2 * (step)]; \
  (to)[1 * (step)] = (d)[step] + (d)[2 * (step)]; \
  (to)[2 * (step)] = (d)[2 * (step)] - (d)[step]; \
  (to)[3 * (step)] = (d)[step] - (d)[3 * (step)];

/// Channels [c, c + n) of one tile.
INLINE void NAME(spread_part)(int64_t c, const int64_t n, const void *const *patch, void *v, int64_t plane) {
  NAME(vector) d[16], rows[16], both[16];
  UNROLL for (int i = 0; i < 16; i++) d[i] = NAME(read)((const NAME(element) *)patch[i] + c, n);
  UNROLL for (int j = 0; j < 4; j++) { SPREAD(rows + j, d + j, 4) }
  UNROLL for (int i = 0; i < 4; i++) { SPREAD(both + 4 * i, rows + 4 * i, 1) }
  UNROLL for (int i = 0; i < 16; i++) NAME(write)((NAME(element) *)v + i * plane + c, both[i], n);
}

/// v[k, c] = (B^T d B)[k] for the 4x4 pixels d of `channels` channels that `patch` points to.
TARGET static void NAME(spread)(const void *const *patch, int64_t channels, void *v, int64_t plane) {
  FOR_CHANNELS(channels, spread_part, patch, v, plane);
}

/// Outputs [c, c + n) of one tile.
INLINE void NAME(gather_part)(
  int64_t c, const int64_t n, const float *m, int64_t plane, const float *bias, const float *range, void *const *y, int64_t addend,
  int adds) {
  NAME(vector) s[2][4], out[4];
  UNROLL for (int j = 0; j < 4; j++) {
    NAME(vector) k[4];
    UNROLL for (int i = 0; i < 4; i++) k[i] = *(const NAME(vector) *)(m + (4 * i + j) * plane + c);
    s[0][j] = k[0] + k[1] + k[2];
    s[1][j] = k[1] - k[2] - k[3];
  }
  const NAME(vector) start = bias ? NAME(load)(bias + c, n) : (NAME(vector)){0};
  UNROLL for (int i = 0; i < 2; i++) {
    out[2 * i] = s[i][0] + s[i][1] + s[i][2] + start;
    out[2 * i + 1] = s[i][1] - s[i][2] - s[i][3] + start;
  }
  UNROLL for (int i = 0; i < 4; i++) {
    if (!y[i]) continue;
    NAME(element) *to = (NAME(element) *)y[i] + c;
    if (adds) out[i] += NAME(read)(to + addend, n);
    if (range) out[i] = BETWEEN(out[i], (NAME(vector)){0} + range[0], (NAME(vector)){0} + range[1]);
    NAME(write)(to, out[i], n);
  }
}

/// The 2x2 pixels y = A^T m A + bias + addend of `columns` outputs; those that are NULL are outside. What is added lies `addend` from y.
TARGET static void NAME(gather)(
  const float *m, int64_t plane, int64_t columns, const float *bias, const float *range, void *const *y, int64_t addend, int adds) {
  FOR_CHANNELS(columns, gather_part, m, plane, bias, range, y, addend, adds);
}

static const zoo_transforms NAME(transforms)[1] = {{NAME(spread), NAME(gather)}};

#undef SPREAD
