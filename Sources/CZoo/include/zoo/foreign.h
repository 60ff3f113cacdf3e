/// The extension "zoo.foreign/1": which libraries that are no families the user lets layers call. A manifest is data from
/// anywhere; a family that calls functions by names from a manifest asks here first, and calls none if the host lacks this.
#pragma once
#include "host.h"

#define ZOO_FOREIGN "zoo.foreign/1"

/// What host->extension(ZOO_FOREIGN) points to. It lives as long as the process.
typedef struct zoo_foreign {
  uint32_t size, reserved;

  /// The file, for dlopen, of the library that a manifest calls `name`, if the user allows that library: NUL-terminated, valid
  /// until the layer is destroyed. What it needs beside itself is not allowed with it. Otherwise ZOO_NOT_ALLOWED, with words
  /// recorded that say how the user may allow it. The context is that of create or plan.
  zoo_status (*library)(zoo_context *, zoo_string name, const char **file);
} zoo_foreign;
