#include "internal.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

/// What the callbacks and the code after a longjmp need.
typedef struct reader {
  const uint8_t *bytes;
  size_t count, offset;
  bool cut_short;
  uint8_t *pixels;
  png_bytep *rows;
  char *words;
} reader;

static void read_bytes(png_structp png, png_bytep into, size_t count) {
  reader *r = png_get_io_ptr(png);
  if (count > r->count - r->offset) {
    r->cut_short = true;
    png_error(png, "");
  }
  memcpy(into, r->bytes + r->offset, count);
  r->offset += count;
}

static void on_error(png_structp png, png_const_charp message) {
  reader *r = png_get_error_ptr(png);
  // If there are words already, they are better.
  if (r->cut_short) {
    image_fail(r->words, "the PNG is cut short: it ends after %zu bytes", r->count);
  } else if (r->words[0] == 0) {
    image_fail(r->words, "the PNG is damaged: %s", message);
  }
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) { (void)png, (void)message; }

/// Chunks that say nothing about pixels as they are read here, and could only do harm.
static const png_byte ignored[] = "acTL\0bKGD\0cHRM\0eXIf\0fcTL\0fdAT\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0sPLT\0sRGB\0sTER\0tEXt\0tIME\0zTXt";

static void read_image(png_structp png, png_infop info, reader *r, bool head_only, image *image) {
  png_set_user_limits(png, 0x7FFFFFFF, 0x7FFFFFFF); // image_check_size has better words
  png_set_chunk_cache_max(png, 64);
  png_set_chunk_malloc_max(png, 1 << 20);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, ignored, sizeof ignored / 5);
  png_read_info(png, info);
  png_uint_32 width = png_get_image_width(png, info), height = png_get_image_height(png, info);
  if (image_check_size(width, height, r->words) != 0) png_error(png, "");

  png_set_expand(png); // palettes, 1 to 4 bits and transparent colours become channels of 8 bits
  png_set_scale_16(png);
  (void)png_set_interlace_handling(png);
  png_read_update_info(png, info);
  image->width = (int32_t)width;
  image->height = (int32_t)height;
  image->channels = png_get_channels(png, info);
  if (head_only) return;

  size_t row = png_get_rowbytes(png, info);
  r->pixels = malloc(row * height);
  r->rows = malloc(height * sizeof *r->rows);
  if (!r->pixels || !r->rows) {
    image_fail(r->words, "there is no memory for an image of %ux%u pixels", width, height);
    png_error(png, "");
  }
  for (png_uint_32 y = 0; y < height; y++) r->rows[y] = r->pixels + y * row;
  png_read_image(png, r->rows);
  png_read_end(png, NULL);
}

/// Its own function, so that what changes between setjmp and a jump belongs to the caller and is well-defined after it.
static int guarded_read(png_structp png, png_infop info, reader *reader, bool head_only, image *image) {
  if (setjmp(png_jmpbuf(png)) != 0) return -1;
  read_image(png, info, reader, head_only, image);
  return 0;
}

int png_decode(const uint8_t *bytes, size_t count, bool head_only, image *image, char *words) {
  reader reader = {.bytes = bytes, .count = count, .words = words};
  words[0] = 0;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, on_error, on_warning);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (!info) {
    png_destroy_read_struct(&png, NULL, NULL);
    return image_fail(words, "libpng cannot start");
  }
  png_set_read_fn(png, &reader, read_bytes);
  int status = guarded_read(png, info, &reader, head_only, image);
  png_destroy_read_struct(&png, &info, NULL);
  free(reader.rows);
  if (status == 0) {
    image->pixels = reader.pixels;
  } else {
    free(reader.pixels);
  }
  return status;
}

static void write_bytes(png_structp png, png_bytep bytes, size_t count) {
  if (!image_append(png_get_io_ptr(png), bytes, count)) png_error(png, "there is no memory left");
}

static void on_write_error(png_structp png, png_const_charp message) {
  image_fail(png_get_error_ptr(png), "cannot write a PNG: %s", message);
  png_longjmp(png, 1);
}

static void flush(png_structp png) { (void)png; }

static int guarded_write(
    png_structp png, png_infop info, const uint8_t *pixels, int32_t width, int32_t height, int32_t channels) {
  if (setjmp(png_jmpbuf(png)) != 0) return -1;
  int color = channels == 1 ? PNG_COLOR_TYPE_GRAY : channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_RGBA;
  png_set_IHDR(
      png, info, (png_uint_32)width, (png_uint_32)height, 8, color, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
      PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  size_t row = (size_t)width * (size_t)channels;
  for (int32_t y = 0; y < height; y++) png_write_row(png, pixels + (size_t)y * row);
  png_write_end(png, NULL);
  return 0;
}

int zoo_image_encode_png(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, zoo_image_buffer *file, char *words) {
  if (image_check_size((uint64_t)width, (uint64_t)height, words) != 0) return -1;
  if (channels != 1 && channels != 3 && channels != 4) return image_fail(words, "a PNG has 1, 3 or 4 channels, not %d", channels);
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, words, on_write_error, on_warning);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (!info) {
    png_destroy_write_struct(&png, NULL);
    return image_fail(words, "libpng cannot start");
  }
  png_set_write_fn(png, file, write_bytes, flush);
  int status = guarded_write(png, info, pixels, width, height, channels);
  png_destroy_write_struct(&png, &info);
  return status;
}
