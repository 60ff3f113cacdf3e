#include "internal.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
// After jpeglib.h, which says which messages there are.
#include <jerror.h>

/// libjpeg's error manager, with what the jump back needs.
typedef struct errors {
  struct jpeg_error_mgr base; // first: libjpeg hands out a pointer to it
  jmp_buf escape;
  const char *action; // "the JPEG is damaged" or "cannot write a JPEG"
  size_t count;       // of the file, for words
  char *words;
} errors;

static void on_error(j_common_ptr info) {
  errors *e = (errors *)info->err;
  if (e->words[0] == 0) {
    char message[JMSG_LENGTH_MAX];
    e->base.format_message(info, message);
    image_fail(e->words, "%s: %s", e->action, message);
  }
  longjmp(e->escape, 1);
}

/// libjpeg carries on after damage and fills in grey. What it fills in is not the image, so it is an error here; what is
/// merely odd is not.
static void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
  case JWRN_JPEG_EOF: {
    errors *e = (errors *)info->err;
    image_fail(e->words, "the JPEG is cut short: it ends after %zu bytes", e->count);
    on_error(info);
    break;
  }
  case JWRN_HIT_MARKER:
  case JWRN_HUFF_BAD_CODE:
  case JWRN_ARITH_BAD_CODE:
  case JWRN_MUST_RESYNC: on_error(info); break;
  default: break;
  }
}

static void on_output(j_common_ptr info) { (void)info; }

/// A small progressive file can ask for thousands of passes over a large image; real ones have about ten.
static void on_progress(j_common_ptr info) {
  enum { MAX_SCANS = 100 };
  if (!info->is_decompressor || ((j_decompress_ptr)info)->input_scan_number <= MAX_SCANS) return;
  image_fail(((errors *)info->err)->words, "the JPEG has more than %d scans", MAX_SCANS);
  on_error(info);
}

static void set_up(errors *e, const char *action, char *words) {
  words[0] = 0;
  jpeg_std_error(&e->base);
  e->base.error_exit = on_error;
  e->base.emit_message = on_message;
  e->base.output_message = on_output;
  e->action = action;
  e->words = words;
}

/// Adobe's CMYK is stored inverted. The same arithmetic as Pillow's.
static void cmyk_to_rgb(const uint8_t *in, uint8_t *out, size_t count) {
  for (size_t i = 0; i < count; i++, in += 4, out += 3) {
    int k = in[3];
    for (int c = 0; c < 3; c++) {
      int product = (255 - in[c]) * k + 128;
      int value = k - ((product + (product >> 8)) >> 8);
      out[c] = (uint8_t)(value < 0 ? 0 : value);
    }
  }
}

static int32_t orientation(j_decompress_ptr info) {
  for (jpeg_saved_marker_ptr marker = info->marker_list; marker; marker = marker->next) {
    if (marker->marker == JPEG_APP0 + 1 && marker->data_length > 6 && memcmp(marker->data, "Exif\0", 6) == 0) {
      return exif_orientation(marker->data + 6, marker->data_length - 6);
    }
  }
  return 1;
}

static void read_image(j_decompress_ptr info, bool head_only, image *image, uint8_t **row) {
  errors *e = (errors *)info->err;
  info->mem->max_memory_to_use = 1L << 30;
  jpeg_save_markers(info, JPEG_APP0 + 1, 0xFFFF);
  jpeg_read_header(info, TRUE);
  if (image_check_size(info->image_width, info->image_height, e->words) != 0) on_error((j_common_ptr)info);
  image->width = (int32_t)info->image_width;
  image->height = (int32_t)info->image_height;
  image->orientation = orientation(info);
  switch (info->num_components) {
  case 1: info->out_color_space = JCS_GRAYSCALE; break;
  case 3: info->out_color_space = JCS_RGB; break;
  case 4: info->out_color_space = JCS_CMYK; break;
  default:
    image_fail(e->words, "the JPEG has %d components; 1, 3 or 4 can be read", info->num_components);
    on_error((j_common_ptr)info);
  }
  image->channels = info->num_components == 1 ? 1 : 3;
  if (head_only) return;

  jpeg_start_decompress(info);
  size_t width = info->output_width, stride = width * (size_t)image->channels;
  image->pixels = malloc(stride * info->output_height);
  *row = malloc(width * 4);
  if (!image->pixels || !*row) {
    image_fail(e->words, "there is no memory for an image of %dx%d pixels", image->width, image->height);
    on_error((j_common_ptr)info);
  }
  while (info->output_scanline < info->output_height) {
    uint8_t *out = image->pixels + info->output_scanline * stride;
    JSAMPROW target = info->out_color_space == JCS_CMYK ? *row : out;
    jpeg_read_scanlines(info, &target, 1);
    if (target != out) cmyk_to_rgb(target, out, width);
  }
  jpeg_finish_decompress(info);
}

/// Its own function, so that what changes between setjmp and a jump belongs to the caller and is well-defined after it.
static int guarded_read(
    j_decompress_ptr info, errors *errors, const uint8_t *bytes, size_t count, bool head_only, image *image, uint8_t **row) {
  if (setjmp(errors->escape) != 0) return -1;
  jpeg_mem_src(info, bytes, count);
  read_image(info, head_only, image, row);
  return 0;
}

int jpeg_decode(const uint8_t *bytes, size_t count, bool head_only, image *image, char *words) {
  struct jpeg_decompress_struct info;
  struct jpeg_progress_mgr progress = {.progress_monitor = on_progress};
  errors errors;
  uint8_t *row = NULL;
  set_up(&errors, "the JPEG is damaged", words);
  errors.count = count;
  info.err = &errors.base;
  jpeg_create_decompress(&info);
  info.progress = &progress;
  int status = guarded_read(&info, &errors, bytes, count, head_only, image, &row);
  jpeg_destroy_decompress(&info);
  free(row);
  if (status != 0) {
    free(image->pixels);
    image->pixels = NULL;
  }
  return status;
}

/// libjpeg's destination: a buffer that grows.
typedef struct destination {
  struct jpeg_destination_mgr base;
  zoo_image_buffer *file;
} destination;

enum { BLOCK = 1 << 16 };

static void make_room(j_compress_ptr info) {
  destination *d = (destination *)info->dest;
  if (!image_reserve(d->file, BLOCK)) ERREXIT1(info, JERR_OUT_OF_MEMORY, 0);
  d->base.next_output_byte = d->file->bytes + d->file->count;
  d->base.free_in_buffer = BLOCK;
}

static boolean on_full(j_compress_ptr info) {
  ((destination *)info->dest)->file->count += BLOCK;
  make_room(info);
  return TRUE;
}

static void on_end(j_compress_ptr info) {
  destination *d = (destination *)info->dest;
  d->file->count += BLOCK - d->base.free_in_buffer;
}

static int guarded_write(
    j_compress_ptr info, errors *errors, const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, int32_t quality) {
  if (setjmp(errors->escape) != 0) return -1;
  info->image_width = (JDIMENSION)width;
  info->image_height = (JDIMENSION)height;
  info->input_components = channels;
  info->in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(info);
  jpeg_set_quality(info, quality, TRUE);
  jpeg_start_compress(info, TRUE);
  size_t row = (size_t)width * (size_t)channels;
  while (info->next_scanline < info->image_height) {
    JSAMPROW source = (JSAMPROW)(pixels + info->next_scanline * row);
    jpeg_write_scanlines(info, &source, 1);
  }
  jpeg_finish_compress(info);
  return 0;
}

int zoo_image_encode_jpeg(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, int32_t quality, zoo_image_buffer *file, char *words) {
  if (image_check_size((uint64_t)width, (uint64_t)height, words) != 0) return -1;
  if (channels != 1 && channels != 3) return image_fail(words, "a JPEG has 1 or 3 channels, not %d", channels);
  if (quality < 1 || quality > 100) return image_fail(words, "a JPEG's quality is from 1 to 100, not %d", quality);
  struct jpeg_compress_struct info;
  destination destination = {
    .base = {.init_destination = make_room, .empty_output_buffer = on_full, .term_destination = on_end}, .file = file};
  errors errors;
  set_up(&errors, "cannot write a JPEG", words);
  info.err = &errors.base;
  jpeg_create_compress(&info);
  info.dest = &destination.base;
  int status = guarded_write(&info, &errors, pixels, width, height, channels, quality);
  jpeg_destroy_compress(&info);
  return status;
}
