/// The host's own kind: a value in the other of the two types that layers compute with, f32 and bf16.
#pragma once
#include "CHost.h"

/// "host.convert": one input, f32 or bf16, and one output of the same shape, bf16 or f32. It lives as long as the process.
const zoo_kind *zoo_conversion_kind(void);
