/// Memory that notices who goes beyond its ends: pages that nobody may touch lie before and behind it, and what room there is between
/// is filled with a pattern.
#pragma once
#include <stdint.h>

/// From now on, a fault writes one line of JSON to `descriptor` before it ends the process as it would have:
/// {"fault": name, "offset": bytes from its start, "bytes": its size, "writes": true or false}; name "" is no guarded memory.
void zoo_guard_report(int32_t descriptor);

/// `bytes` bytes aligned to 64 that end less than 64 bytes before a page that nobody may touch; NULL: there is no memory.
/// `name` is what a report calls it, at most 63 bytes; 4,096 pieces can be told apart.
void *zoo_guard_map(uint64_t bytes, const char *name);
void zoo_guard_unmap(void *memory);

/// Whether it may be written.
void zoo_guard_protect(void *memory, int32_t is_writable);

/// Where the room around was written: how many bytes before the start (negative) or behind the end (positive); 0: nowhere.
int64_t zoo_guard_trespass(const void *memory);
