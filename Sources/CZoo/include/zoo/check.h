/// The extension "zoo.check/1" of a kind: what `zoo check` is to try beside what it finds out from the declaration.
#pragma once
#include "version.h"

/// One layer and its inputs. The memory is the family's, for ever.
typedef struct zoo_check_case {
  uint32_t size, reserved;
  /// A JSON object, as in a manifest: "{\"units\": 3}". Empty: no attributes.
  zoo_string attributes;
  /// The inputs in declared order, separated by ";": an element type and a shape, with the range of the numbers where that matters:
  /// "f32[2, 3]; i64[2] 0...4; f32[3] 0.5...2". "-": an optional input that is absent. Whole numbers are 0 or 1 without a range.
  zoo_string inputs;
  double tolerance;          ///< relative, of what should be equal but for rounding: 0 means 1e-5
  double gradient_tolerance; ///< relative, of gradients against finite differences: 0 means 0.02
} zoo_check_case;

/// What the extension returns. One case is `cases[0].size` bytes from the next.
typedef struct zoo_check {
  uint32_t size, case_count;
  const zoo_check_case *cases;
} zoo_check;
