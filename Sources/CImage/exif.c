#include "internal.h"

/// A TIFF file inside an image: numbers are in the byte order that its first two letters say.
typedef struct tiff {
  const uint8_t *bytes;
  size_t count;
  bool big_endian;
} tiff;

static uint32_t u16(const tiff *t, size_t at) {
  if (at + 2 > t->count) return 0;
  const uint8_t *b = t->bytes + at;
  return t->big_endian ? (uint32_t)(b[0] << 8 | b[1]) : (uint32_t)(b[1] << 8 | b[0]);
}

static uint32_t u32(const tiff *t, size_t at) {
  uint32_t first = u16(t, at), second = u16(t, at + 2);
  return t->big_endian ? first << 16 | second : second << 16 | first;
}

int32_t exif_orientation(const uint8_t *bytes, size_t count) {
  enum { ORIENTATION = 0x0112, SHORT = 3, ENTRY = 12 };
  if (count < 8 || bytes[0] != bytes[1] || (bytes[0] != 'I' && bytes[0] != 'M')) return 1;
  tiff t = {bytes, count, bytes[0] == 'M'};
  if (u16(&t, 2) != 42) return 1;
  size_t directory = u32(&t, 4);
  uint32_t entries = u16(&t, directory);
  for (uint32_t i = 0; i < entries; i++) {
    size_t entry = directory + 2 + (size_t)i * ENTRY;
    if (entry + ENTRY > count) return 1;
    if (u16(&t, entry) != ORIENTATION) continue;
    uint32_t value = u16(&t, entry + 8);
    return u16(&t, entry + 2) == SHORT && value >= 1 && value <= 8 ? (int32_t)value : 1;
  }
  return 1;
}
