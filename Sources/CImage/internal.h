#pragma once
#include "CImage.h"

#include <stdbool.h>

/// An image as it is in its file.
typedef struct image {
  int32_t width, height;
  int32_t channels;
  int32_t orientation; ///< as Exif numbers them, 1 ... 8; 1: as it is
  uint8_t *pixels;     ///< to be freed; NULL where only the head was read
} image;

/// Writes words and returns -1.
__attribute__((format(printf, 2, 3))) int image_fail(char *words, const char *format, ...);

/// 0 if an image of that size may be read; otherwise words and -1.
int image_check_size(uint64_t width, uint64_t height, char *words);

/// Makes room for `count` more bytes. False: there is no memory.
bool image_reserve(zoo_image_buffer *buffer, size_t count);

/// Appends bytes. False: there is no memory.
bool image_append(zoo_image_buffer *buffer, const uint8_t *bytes, size_t count);

int png_decode(const uint8_t *bytes, size_t count, bool head_only, image *image, char *words);
int jpeg_decode(const uint8_t *bytes, size_t count, bool head_only, image *image, char *words);

/// The orientation in an Exif block (a TIFF file), 1 if it says none.
int32_t exif_orientation(const uint8_t *bytes, size_t count);
