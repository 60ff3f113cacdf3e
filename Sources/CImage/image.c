#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int image_fail(char *words, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(words, ZOO_IMAGE_WORDS, format, arguments);
  va_end(arguments);
  return -1;
}

int image_check_size(uint64_t width, uint64_t height, char *words) {
  if (width == 0 || height == 0) return image_fail(words, "the image has no pixels");
  if (width > ZOO_IMAGE_MAX_SIDE || height > ZOO_IMAGE_MAX_SIDE || width * height > ZOO_IMAGE_MAX_PIXELS) {
    return image_fail(
        words, "the image is %llux%llu pixels; %d in all and %d along a side are the most", (unsigned long long)width,
        (unsigned long long)height, ZOO_IMAGE_MAX_PIXELS, ZOO_IMAGE_MAX_SIDE);
  }
  return 0;
}

bool image_reserve(zoo_image_buffer *buffer, size_t count) {
  if (count <= buffer->capacity - buffer->count) return true;
  size_t capacity = buffer->count + count;
  capacity += capacity / 2;
  uint8_t *bytes = realloc(buffer->bytes, capacity);
  if (!bytes) return false;
  buffer->bytes = bytes;
  buffer->capacity = capacity;
  return true;
}

bool image_append(zoo_image_buffer *buffer, const uint8_t *bytes, size_t count) {
  if (!image_reserve(buffer, count)) return false;
  memcpy(buffer->bytes + buffer->count, bytes, count);
  buffer->count += count;
  return true;
}

void zoo_image_release(zoo_image_buffer *buffer) {
  free(buffer->bytes);
  *buffer = (zoo_image_buffer){0};
}

/// What else a file may be that someone calls an image.
static const char *other_format(const uint8_t *bytes, size_t count) {
  static const struct {
    const char *name, *start;
    size_t offset, length;
  } formats[] = {
    {"a GIF", "GIF8", 0, 4}, {"a WebP", "WEBP", 8, 4}, {"a BMP", "BM", 0, 2}, {"a TIFF", "II*\0", 0, 4}, {"a TIFF", "MM\0*", 0, 4},
    {"an AVIF", "ftypavif", 4, 8}, {"a HEIC", "ftypheic", 4, 8}, {"a JPEG 2000", "\0\0\0\x0CjP", 0, 6}, {"an SVG", "<svg", 0, 4},
    {"a PDF", "%PDF", 0, 4},
  };
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
    size_t end = formats[i].offset + formats[i].length;
    if (count >= end && memcmp(bytes + formats[i].offset, formats[i].start, formats[i].length) == 0) return formats[i].name;
  }
  return NULL;
}

static int decode(const uint8_t *bytes, size_t count, bool head_only, image *image, char *words) {
  static const uint8_t png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'}, jpeg[] = {0xFF, 0xD8, 0xFF};
  if (count == 0) return image_fail(words, "the file is empty");
  if (memcmp(bytes, png, count < sizeof png ? count : sizeof png) == 0) return png_decode(bytes, count, head_only, image, words);
  if (memcmp(bytes, jpeg, count < sizeof jpeg ? count : sizeof jpeg) == 0) return jpeg_decode(bytes, count, head_only, image, words);
  const char *other = other_format(bytes, count);
  if (other) return image_fail(words, "this is %s file; PNG and JPEG can be read", other);
  return image_fail(words, "this is neither a PNG nor a JPEG image");
}

int zoo_image_read_info(const void *bytes, size_t count, zoo_image_info *info, char *words) {
  image image = {.orientation = 1};
  if (decode(bytes, count, true, &image, words) != 0) return -1;
  bool turned = image.orientation >= 5;
  *info = (zoo_image_info){
    .width = turned ? image.height : image.width, .height = turned ? image.width : image.height, .channels = image.channels};
  return 0;
}

/// v * a / 255, rounded.
static inline uint8_t scaled(uint8_t v, uint8_t a) { return (uint8_t)((v * a + 127) / 255); }

static inline uint8_t luma(uint8_t r, uint8_t g, uint8_t b) { return (uint8_t)((r * 19595u + g * 38470u + b * 7471u + 0x8000u) >> 16); }

/// Writes one pixel of `to` channels from one of `from` channels.
static inline __attribute__((always_inline)) void convert(const uint8_t *in, int from, uint8_t *out, int to) {
  uint8_t r = in[0], g = from >= 3 ? in[1] : r, b = from >= 3 ? in[2] : r, a = from == 2 ? in[1] : from == 4 ? in[3] : 255;
  if (to == 4) {
    out[0] = r, out[1] = g, out[2] = b, out[3] = a;
    return;
  }
  if (from == 2 || from == 4) r = scaled(r, a), g = scaled(g, a), b = scaled(b, a);
  if (to == 1) {
    out[0] = from >= 3 ? luma(r, g, b) : r;
  } else {
    out[0] = r, out[1] = g, out[2] = b;
  }
}

/// `count` pixels that are `step` bytes apart. One loop for each pair, so that the compiler knows both.
static void convert_row(const uint8_t *in, ptrdiff_t step, int from, uint8_t *out, int to, int32_t count) {
#define PAIR(FROM, TO)                                                                             \
  case FROM * 8 + TO:                                                                              \
    for (int32_t x = 0; x < count; x++, in += step, out += TO) convert(in, FROM, out, TO);         \
    break;
  switch (from * 8 + to) {
    PAIR(1, 1) PAIR(1, 3) PAIR(1, 4) PAIR(2, 1) PAIR(2, 3) PAIR(2, 4)
    PAIR(3, 1) PAIR(3, 3) PAIR(3, 4) PAIR(4, 1) PAIR(4, 3) PAIR(4, 4)
  }
#undef PAIR
}

/// Copies `image` as it is meant to be seen, with `channels` channels.
static void present(const image *image, int32_t channels, uint8_t *out) {
  ptrdiff_t width = image->width, height = image->height, pixel = image->channels, row = width * pixel;
  // Where the pixel seen at the top left is, and how far it is from there to its right and lower neighbours.
  ptrdiff_t last_x = (width - 1) * pixel, last_y = (height - 1) * row, start = 0, right = pixel, down = row;
  switch (image->orientation) {
  case 2: start = last_x, right = -pixel; break;
  case 3: start = last_x + last_y, right = -pixel, down = -row; break;
  case 4: start = last_y, down = -row; break;
  case 5: right = row, down = pixel; break;
  case 6: start = last_y, right = -row, down = pixel; break;
  case 7: start = last_x + last_y, right = -row, down = -pixel; break;
  case 8: start = last_x, right = row, down = -pixel; break;
  default: break;
  }
  bool turned = image->orientation >= 5;
  int32_t seen_width = turned ? image->height : image->width, seen_height = turned ? image->width : image->height;
  for (int32_t y = 0; y < seen_height; y++, start += down, out += (size_t)seen_width * (size_t)channels) {
    convert_row(image->pixels + start, right, image->channels, out, channels, seen_width);
  }
}

int zoo_image_decode(const void *bytes, size_t count, int32_t channels, uint8_t *pixels, char *words) {
  if (channels != 1 && channels != 3 && channels != 4) return image_fail(words, "an image has 1, 3 or 4 channels, not %d", channels);
  image image = {.orientation = 1};
  if (decode(bytes, count, false, &image, words) != 0) return -1;
  present(&image, channels, pixels);
  free(image.pixels);
  return 0;
}
