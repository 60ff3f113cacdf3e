/// Tensors: dense, row-major, channels last. Images are [N, H, W, C], sequences [N, T, C], nodes [N, C], edges [2, E].
#pragma once
#include "version.h"

enum { ZOO_MAX_RANK = 8 };

/// An element type, laid out as DLPack's DLDataType. `lanes` is 1.
typedef struct zoo_dtype {
  uint8_t code; ///< ZOO_INT, ZOO_UINT, ZOO_FLOAT, ZOO_BFLOAT or ZOO_BOOL
  uint8_t bits;
  uint16_t lanes;
} zoo_dtype;

enum { ZOO_INT = 0, ZOO_UINT = 1, ZOO_FLOAT = 2, ZOO_BFLOAT = 4, ZOO_BOOL = 6 }; ///< DLPack's codes

/// A view of elements in memory. Its 48 bytes are DLPack's DLTensor, so that a tensor can be handed over without a copy.
///
/// `shape` and `strides` (in elements) have `rank` entries and are never NULL when rank > 0; strides are those of dense
/// row-major order, device_type is 1 (CPU) and byte_offset 0. `data` is aligned to 64 bytes wherever the host allocated it,
/// and NULL only where a comment says what that means. A scalar has rank 0 and one element.
typedef struct zoo_tensor {
  void *data;
  int32_t device_type, device_id;
  int32_t rank;
  zoo_dtype dtype;
  const int64_t *shape, *strides;
  uint64_t byte_offset;
} zoo_tensor;

/// A tensor without its data, which is all that planning sees. Entries of `shape` past `rank` are 0. The host refuses tensors of
/// more than 2^46 bytes before a family sees them, and when a plan asks for them.
typedef struct zoo_spec {
  int32_t rank;
  zoo_dtype dtype;
  int64_t shape[ZOO_MAX_RANK];
} zoo_spec;
