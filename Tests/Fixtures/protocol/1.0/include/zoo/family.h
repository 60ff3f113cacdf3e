/// What a shared library exports: one function, and no other symbol.
#pragma once
#include "codec.h"
#include "kind.h"

/// Everything in a family. The memory is the family's, for ever: a family is never unmapped.
typedef struct zoo_family {
  uint32_t size, abi_major, abi_minor;
  uint32_t kind_count, codec_count;
  zoo_string name;    ///< "cnn": every kind's name starts with it and a dot
  zoo_string version; ///< semantic, such as "1.2.0"
  zoo_string summary, build; ///< build: compiler and date, or anything that tells two builds apart; may be empty
  const zoo_kind *const *kinds; ///< pointers, so that zoo_kind can grow
  const zoo_codec *const *codecs;
} zoo_family;

#ifdef __cplusplus
#define ZOO_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define ZOO_EXPORT __attribute__((visibility("default")))
#endif

/// The one symbol. Called once, on any thread, before anything else. `host` lives as long as the process.
/// Returns NULL if the family cannot work here; it says why with host->fail first, with a NULL context.
ZOO_EXPORT const zoo_family *zoo_family_v1(const zoo_host *host);
