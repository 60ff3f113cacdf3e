/// PNG and JPEG files to pixels of 8 bits and back. What libpng and libjpeg do with setjmp stays on this side.
///
/// Every function returns 0, or -1 after writing one sentence into `words` (at most ZOO_IMAGE_WORDS bytes, ends with NUL).
/// Files come from anywhere: one that is damaged, cut short or too large is refused as a whole.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum {
  ZOO_IMAGE_MAX_SIDE = 65535,
  ZOO_IMAGE_MAX_PIXELS = 1 << 26,
  ZOO_IMAGE_WORDS = 256
};

/// What a file says about its image.
typedef struct zoo_image_info {
  int32_t width, height; ///< as it is meant to be seen: with the Exif orientation applied
  int32_t channels;      ///< 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha
} zoo_image_info;

/// Reads the head of a file.
int zoo_image_read_info(const void *bytes, size_t count, zoo_image_info *info, char *words);

/// Reads an image into `pixels`: height * width * channels bytes, row by row. `channels`: 1, 3 or 4, whatever the file has.
///
/// Grey is (19595 R + 38470 G + 7471 B + 32768) / 65536, ITU-R 601. Without a channel for it, alpha is applied on black.
/// 16 bits become 8 by rounding.
int zoo_image_decode(const void *bytes, size_t count, int32_t channels, uint8_t *pixels, char *words);

/// Bytes that a function allocated; give them to zoo_image_release. Start with zeros.
typedef struct zoo_image_buffer {
  uint8_t *bytes;
  size_t count, capacity;
} zoo_image_buffer;

/// The PNG file of `pixels`: 1 (grey), 3 (RGB) or 4 (RGB and alpha) channels. The same pixels make the same bytes.
int zoo_image_encode_png(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, zoo_image_buffer *file, char *words);

/// The JPEG file of `pixels`: 1 (grey) or 3 (RGB) channels; `quality` from 1 to 100.
int zoo_image_encode_jpeg(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, int32_t quality, zoo_image_buffer *file, char *words);

void zoo_image_release(zoo_image_buffer *buffer);
