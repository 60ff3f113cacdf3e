/// Versions, and how structs grow.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// The major version is part of the entry's symbol name (`zoo_family_v1`): a host finds only families it can speak to.
#define ZOO_ABI_MAJOR 1u
/// Grows when a struct gains a field at its end, or the host a function. A newer family runs on an older host:
/// it probes with ZOO_HAS for what came after the minor version that it needs.
#define ZOO_ABI_MINOR 1u

/// Structs that may grow start with `uint32_t size`, filled in with sizeof by whoever makes them.
/// Fields are only ever added at the end. A reader asks ZOO_HAS before it touches a field that is newer than
/// version 1.0, and never compares sizes with ==. In an array of such structs, one element is `size` bytes from the
/// next. Structs without `size` (zoo_string, zoo_dtype, zoo_tensor, zoo_spec, zoo_attribute, zoo_initializer) are frozen.
#define ZOO_HAS(p, T, field) ((p)->size >= offsetof(T, field) + sizeof((p)->field) && (p)->field)

/// UTF-8 text that is not NUL-terminated. Unless a comment says otherwise the memory is the maker's and lives as long as
/// the struct that points to it. No text: data NULL, length 0.
typedef struct zoo_string {
  const char *data;
  uint64_t length;
} zoo_string;

/// A zoo_string from a string literal: ZOO_TEXT("cnn.conv2d").
#define ZOO_TEXT(literal) {(literal), sizeof(literal) - 1}
