/// What the host offers. Threads, randomness, scratch and words to the user come from here and from nowhere else.
#pragma once
#include "status.h"
#include "tensor.h"

/// One call's context, the host's own: where its words go, its cancellation, its random numbers. Comes with every call,
/// is valid until that call returns, and may be passed to the host's functions from any thread of it.
typedef struct zoo_context zoo_context;

/// A part of a parallel_for: work on indices [from, to). `slot` (0 ..< 64) is unique among the parts that run at once and
/// picks a piece of per-thread scratch.
typedef zoo_status (*zoo_body)(void *data, int64_t from, int64_t to, int32_t slot);

enum {
  ZOO_UNIFORM = 1,  ///< in [0, 1)
  ZOO_NORMAL = 2,   ///< mean 0, deviation 1
  ZOO_BITS = 3      ///< uniformly distributed 32-bit integers, into a u32 or i32 tensor
};

enum { ZOO_LOG_DEBUG = 0, ZOO_LOG_INFO = 1, ZOO_LOG_WARNING = 2, ZOO_LOG_ERROR = 3 };

enum { ZOO_MAX_SLOTS = 64 };

/// Append-only. Every function may be called on any thread while its context lives. Every host has fail, parallel_for and
/// random, and write within encode; the others, and functions that came after version 1.0, must be asked for with ZOO_HAS.
typedef struct zoo_host {
  uint32_t size, abi_minor;

  /// Records why the call fails, and returns `status`. The words are copied: one sentence that names the subject, with
  /// both shapes where it is about shapes. The host adds the layer's path. The first words of a call win.
  zoo_status (*fail)(zoo_context *, zoo_status status, zoo_string words);

  /// A line for whoever runs the host. The words are copied.
  void (*log)(zoo_context *, int32_t level, zoo_string words);

  /// Calls `body` over [0, count) in parts of at least `grain` indices, on the host's threads, and returns when all are
  /// done: ZOO_OK, or one failing part's status. Nested calls run inline. How the range is cut depends on the number of
  /// threads, so a result must not depend on the cuts: reduce over fixed blocks, never over parts.
  zoo_status (*parallel_for)(zoo_context *, int64_t count, int64_t grain, zoo_body body, void *data);

  /// Fills `into` (f32, or u32 for ZOO_BITS) with numbers that depend only on the run's seed, the layer's path, the step and
  /// `stream` (0 ... 255; a layer that draws twice uses two streams). The same in forward and backward of one step.
  zoo_status (*random)(zoo_context *, uint32_t stream, int32_t distribution, const zoo_tensor *into);

  /// Whether the user has asked to stop. Long calls ask now and then and return ZOO_CANCELLED.
  int32_t (*is_cancelled)(zoo_context *);

  /// Appends bytes to what a codec's `encode` produces. The bytes are copied. Only within encode.
  zoo_status (*write)(zoo_context *, const void *bytes, uint64_t count);

  /// An optional ability by its string id, such as "zoo.graph/1": a struct that the id documents, or NULL.
  const void *(*extension)(zoo_string id);
} zoo_host;
