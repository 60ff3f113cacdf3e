// Pooling for one generation of processors: see generations.h. Channels are taken a vector at a time, the last ones in part.

/// The bits of `yes` where it is so, and of `no` elsewhere.
#define SELECT(where, yes, no) ((NAME(vector))(((where) & (NAME(mask))(yes)) | (~(where) & (NAME(mask))(no))))

/// Where x takes the place of the largest or the smallest so far: it is more so, or NaN, which stays.
#define IS_MORE(mode, x, best) (((mode) == LARGEST ? (x) > (best) : (x) < (best)) | ((x) != (x)))

INLINE NAME(vector) NAME(all)(float x) { return (NAME(vector)){0} + x; }
INLINE NAME(vector) NAME(places)(int32_t i) { return (NAME(vector))((NAME(mask)){0} + i); }

/// One window's channels [c, c + n): taps [rows) x [columns) of a window `width` taps wide, the first of which is at x.
INLINE NAME(vector) NAME(extreme)(
  const int mode, const float *x, int64_t pitch, int64_t step, zoo_range rows, zoo_range columns, int64_t width, int64_t n,
  NAME(vector) * tap) {
  NAME(vector) best = NAME(load)(x, n), at = NAME(places)((int32_t)(rows.first * width + columns.first));
  for (int64_t p = rows.first; p < rows.end; p++, x += pitch)
    for (int64_t q = columns.first; q < columns.end; q++) {
      const NAME(vector) here = NAME(load)(x + (q - columns.first) * step, n);
      const NAME(mask) more = IS_MORE(mode, here, best);
      best = SELECT(more, here, best);
      if (tap) at = SELECT(more, NAME(places)((int32_t)(p * width + q)), at);
    }
  if (tap) *tap = at;
  return best;
}

INLINE NAME(vector) NAME(total)(const float *x, int64_t pitch, int64_t step, int64_t rows, int64_t columns, int64_t n) {
  NAME(vector) sum = {0};
  for (int64_t p = 0; p < rows; p++, x += pitch)
    for (int64_t q = 0; q < columns; q++) sum += NAME(load)(x + q * step, n);
  return sum;
}

/// Channels [c, c + n) of one pixel of y. `rows` and `columns` are the taps inside the image; constants where the caller knows them.
INLINE void NAME(window)(
  int64_t c, const int64_t n, const zoo_pool *pool, const float *x, zoo_range rows, zoo_range columns, int64_t width, const int mode,
  float scale, float *y, int32_t *taps) {
  const int64_t pitch = pool->in_w * pool->channels;
  if (mode != AVERAGE) {
    NAME(vector) tap;
    NAME(store)(y + c, NAME(extreme)(mode, x + c, pitch, pool->channels, rows, columns, width, n, taps ? &tap : 0), n);
    if (taps) NAME(store)((float *)(taps + c), tap, n);
  } else {
    NAME(store)(y + c, NAME(total)(x + c, pitch, pool->channels, rows.end - rows.first, columns.end - columns.first, n) * scale, n);
  }
}

/// `count` adjacent pixels of y whose windows have the same taps inside the image. The first window's first pixel inside is at x.
INLINE void NAME(span)(
  const zoo_pool *pool, const float *x, zoo_range rows, zoo_range columns, int64_t count, const int mode, float scale, float *y,
  int32_t *taps) {
  const int64_t channels = pool->channels, step = pool->stride_w * channels, area = pool->size_h * pool->size_w;
  const int64_t inside = (rows.end - rows.first) * (columns.end - columns.first);
  if (inside == 4 && area == 4 && pool->size_w == 2) {
    const zoo_range two = {0, 2};
    for (int64_t j = 0; j < count; j++)
      FOR_CHANNELS(channels, window, pool, x + j * step, two, two, 2, mode, 0.25f, y + j * channels, taps ? taps + j * channels : 0);
  } else {
    for (int64_t j = 0; j < count; j++)
      FOR_CHANNELS(
        channels, window, pool, x + j * step, rows, columns, pool->size_w, mode, scale, y + j * channels, taps ? taps + j * channels : 0);
  }
}

INLINE void NAME(rows)(const zoo_pool *pool, const float *x, float *y, int32_t *taps, int64_t from, int64_t to, const int mode) {
  const int64_t channels = pool->channels, pitch = pool->in_w * channels;
  // The pixels whose windows neither begin before the image nor end behind it.
  const zoo_range inner = zoo_inside(-pool->left, pool->stride_w, zoo_most(0, pool->in_w - pool->size_w + 1), pool->out_w);
  for (int64_t row = from; row < to; row++) {
    const int64_t top = row % pool->out_h * pool->stride_h - pool->top;
    const zoo_range rows = zoo_inside(top, 1, pool->in_h, pool->size_h);
    const float *in = x + (row / pool->out_h * pool->in_h + top + rows.first) * pitch;
    for (int64_t j = 0; j < pool->out_w;) {
      const int64_t left = j * pool->stride_w - pool->left, pixel = (row * pool->out_w + j) * channels;
      const zoo_range columns = zoo_inside(left, 1, pool->in_w, pool->size_w);
      const int64_t count = j == inner.first && inner.end > j ? inner.end - j : 1;
      const float share = pool_share(pool, top, left, (rows.end - rows.first) * (columns.end - columns.first));
      NAME(span)(pool, in + (left + columns.first) * channels, rows, columns, count, mode, share, y + pixel, taps ? taps + pixel : 0);
      j += count;
    }
  }
}

TARGET static void NAME(max_pool)(const zoo_pool *pool, const float *x, float *y, int32_t *taps, int64_t from, int64_t to) {
  if (taps) NAME(rows)(pool, x, y, taps, from, to, LARGEST);
  else NAME(rows)(pool, x, y, 0, from, to, LARGEST);
}

TARGET static void NAME(min_pool)(const zoo_pool *pool, const float *x, float *y, int32_t *taps, int64_t from, int64_t to) {
  if (taps) NAME(rows)(pool, x, y, taps, from, to, SMALLEST);
  else NAME(rows)(pool, x, y, 0, from, to, SMALLEST);
}

TARGET static void NAME(average_pool)(const zoo_pool *pool, const float *x, float *y, int64_t from, int64_t to) {
  NAME(rows)(pool, x, y, 0, from, to, AVERAGE);
}

/// Whether a pixel may be in several windows.
#define OVERLAPS(pool) ((pool)->size_h > (pool)->stride_h || (pool)->size_w > (pool)->stride_w)

/// What `count` taps of a window, from `tap` on, get of its gradient.
INLINE void NAME(share)(
  int64_t c, const int64_t n, float *dx, const float *dy, const int32_t *taps, int64_t tap, int64_t count, int64_t channels, float scale,
  const int overlaps) {
  const NAME(vector) gradient = NAME(load)(dy + c, n) * scale;
  const NAME(mask) taken = taps ? (NAME(mask))NAME(load)((const float *)(taps + c), n) : (NAME(mask)){0};
  for (int64_t q = 0; q < count; q++) {
    float *at = dx + q * channels + c;
    const NAME(mask) here = taken == (NAME(mask)){0} + (int32_t)(tap + q);
    const NAME(vector) share = taps ? (NAME(vector))(here & (NAME(mask))gradient) : gradient;
    NAME(store)(at, overlaps ? NAME(load)(at, n) + share : share, n);
  }
}

/// What `count` adjacent windows, which have the same taps inside the image, give to row p of them.
INLINE void NAME(spread)(
  const zoo_pool *pool, float *dx, const float *dy, const int32_t *taps, int64_t p, zoo_range columns, float scale,
  int64_t count, const int overlaps) {
  const int64_t channels = pool->channels, width = columns.end - columns.first, tap = p * pool->size_w + columns.first;
  for (int64_t j = 0; j < count; j++) {
    float *at = dx + j * pool->stride_w * channels;
    const float *from = dy + j * channels;
    const int32_t *taken = taps ? taps + j * channels : 0;
    if (width == 2) FOR_CHANNELS(channels, share, at, from, taken, tap, 2, channels, scale, overlaps);
    else FOR_CHANNELS(channels, share, at, from, taken, tap, width, channels, scale, overlaps);
  }
}

/// The windows that a row of dx is in, and what it gets from each.
INLINE void NAME(rows_back)(
  const zoo_pool *pool, const int32_t *taps, const float *dy, float *dx, int64_t from, int64_t to, const int overlaps) {
  const int64_t channels = pool->channels;
  const zoo_range inner = zoo_inside(-pool->left, pool->stride_w, zoo_most(0, pool->in_w - pool->size_w + 1), pool->out_w);
  for (int64_t row = from; row < to; row++) {
    float *out = dx + row * pool->in_w * channels;
    memset(out, 0, (size_t)(pool->in_w * channels) * sizeof(float));
    const int64_t image = row / pool->in_h, below = row % pool->in_h + pool->top;
    const int64_t first = zoo_ceil_div(zoo_most(0, below - pool->size_h + 1), pool->stride_h);
    for (int64_t i = first; i < zoo_least(pool->out_h, below / pool->stride_h + 1); i++) {
      const zoo_range rows = zoo_inside(i * pool->stride_h - pool->top, 1, pool->in_h, pool->size_h);
      for (int64_t j = 0; j < pool->out_w;) {
        const int64_t left = j * pool->stride_w - pool->left, pixel = ((image * pool->out_h + i) * pool->out_w + j) * channels;
        const zoo_range columns = zoo_inside(left, 1, pool->in_w, pool->size_w);
        const int64_t count = j == inner.first && inner.end > j ? inner.end - j : 1;
        const int64_t inside = (rows.end - rows.first) * (columns.end - columns.first);
        NAME(spread)(
          pool, out + (left + columns.first) * channels, dy + pixel, taps ? taps + pixel : 0, below - i * pool->stride_h, columns,
          taps ? 1.f : pool_share(pool, i * pool->stride_h - pool->top, left, inside), count, overlaps);
        j += count;
      }
    }
  }
}

TARGET static void NAME(extreme_back)(const zoo_pool *pool, const int32_t *taps, const float *dy, float *dx, int64_t from, int64_t to) {
  if (OVERLAPS(pool)) NAME(rows_back)(pool, taps, dy, dx, from, to, 1);
  else NAME(rows_back)(pool, taps, dy, dx, from, to, 0);
}

TARGET static void NAME(average_back)(const zoo_pool *pool, const float *dy, float *dx, int64_t from, int64_t to) {
  if (OVERLAPS(pool)) NAME(rows_back)(pool, 0, dy, dx, from, to, 1);
  else NAME(rows_back)(pool, 0, dy, dx, from, to, 0);
}

/// Sums of so many pixels are taken first, and then added up: that keeps large images precise.
enum { NAME(BLOCK) = 64 };

/// The mean of `pixels` pixels.
INLINE void NAME(mean)(int64_t c, const int64_t n, const float *x, int64_t pixels, int64_t channels, float *y) {
  NAME(vector) sum = {0};
  for (int64_t first = 0; first < pixels; first += NAME(BLOCK))
    sum += NAME(total)(x + first * channels + c, 0, channels, 1, zoo_least(NAME(BLOCK), pixels - first), n);
  NAME(store)(y + c, sum / NAME(all)((float)pixels), n);
}

TARGET static void NAME(global_average)(const float *x, int64_t pixels, int64_t channels, float *y, int64_t from, int64_t to) {
  for (int64_t i = from; i < to; i++) FOR_CHANNELS(channels, mean, x + i * pixels * channels, pixels, channels, y + i * channels);
}

INLINE void NAME(peak)(int64_t c, const int64_t n, const float *x, int64_t pixels, int64_t channels, float *y, int32_t *places) {
  NAME(vector) place;
  const zoo_range row = {0, 1}, all = {0, pixels};
  NAME(store)(y + c, NAME(extreme)(LARGEST, x + c, 0, channels, row, all, pixels, n, &place), n);
  if (places) NAME(store)((float *)(places + c), place, n);
}

TARGET static void NAME(global_max)(
  const float *x, int64_t pixels, int64_t channels, float *y, int32_t *places, int64_t from, int64_t to) {
  for (int64_t i = from; i < to; i++)
    FOR_CHANNELS(channels, peak, x + i * pixels * channels, pixels, channels, y + i * channels, places ? places + i * channels : 0);
}

INLINE void NAME(deal)(int64_t c, const int64_t n, const float *dy, int64_t pixels, int64_t channels, float *dx) {
  const NAME(vector) share = NAME(load)(dy + c, n) / NAME(all)((float)pixels);
  for (int64_t i = 0; i < pixels; i++) NAME(store)(dx + i * channels + c, share, n);
}

TARGET static void NAME(global_average_back)(
  const float *dy, int64_t pixels, int64_t channels, float *dx, int64_t from, int64_t to) {
  for (int64_t i = from; i < to; i++) FOR_CHANNELS(channels, deal, dy + i * channels, pixels, channels, dx + i * pixels * channels);
}

#undef SELECT
#undef IS_MORE
#undef OVERLAPS
