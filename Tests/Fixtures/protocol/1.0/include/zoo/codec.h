/// Codecs: files to tensors and back. A codec sees bytes, never a path.
#pragma once
#include "attribute.h"
#include "host.h"

typedef struct zoo_codec zoo_codec;

enum {
  ZOO_CODEC_FILE = 0, ///< encode: the bytes of a file
  ZOO_CODEC_TEXT = 1, ///< encode: lines for a terminal, UTF-8
  ZOO_CODEC_JSON = 2  ///< encode: one JSON value
};

enum {
  /// (codec) Its files are running text: a user may write one by hand, and what ZOO_CODEC_TEXT gives for the parts of one along
  /// the last axis is joined without anything between them.
  ZOO_CODEC_RUNNING_TEXT = 1
};

/// What a codec receives, valid during the call.
typedef struct zoo_codec_call {
  uint32_t size, attribute_count;
  const zoo_host *host;
  zoo_context *context;
  const zoo_attribute *attributes; ///< one for each that the codec declares, in that order
  const void *bytes;               ///< describe, decode: the file's content
  uint64_t byte_count;
  const zoo_spec *wanted; ///< describe: the port that it is for, with -1 for axes of any length; rank -1: nothing is known
  int32_t format;         ///< encode: ZOO_CODEC_FILE, _TEXT or _JSON
} zoo_codec_call;

/// The memory is the family's, for ever; functions are pure and may be called on any thread. The bytes come from anywhere:
/// a codec trusts no length that it reads in them.
struct zoo_codec {
  uint32_t size, flags;            ///< flags: ZOO_CODEC_RUNNING_TEXT
  void *data;                      ///< the family's own
  zoo_string name, summary;        ///< name: "image"
  zoo_string extensions;           ///< of files that it reads and writes, separated by spaces: "png jpg jpeg"
  uint32_t attribute_count;
  const zoo_attribute_info *attributes;

  /// Says what decode will write, from as few bytes as it can: one item of the port ([H, W, C]), or all of it ([N, H, W, C]).
  /// The host refuses what is too large, and allocates the rest. NULL (with decode): cannot read.
  zoo_status (*describe)(const zoo_codec *, const zoo_codec_call *, zoo_spec *);
  zoo_status (*decode)(const zoo_codec *, const zoo_codec_call *, const zoo_tensor *into);

  /// Writes a whole tensor (first axis: the items) with host->write. NULL: cannot write.
  zoo_status (*encode)(const zoo_codec *, const zoo_codec_call *, const zoo_tensor *from);
};
