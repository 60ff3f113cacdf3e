/// The contract between the host and a family of layers: include this header and nothing else.
///
/// A *family* is a shared library. A *kind* is one type of layer in it, such as "cnn.conv2d".
/// A *layer* is a kind with attributes, at one place of one model, for one set of shapes.
///
/// Life of a layer:  create(attributes) -> plan(shapes) -> pack(parameters) -> forward, backward ... -> destroy
///
/// The headers are C11 that C++, Swift, Rust and Zig import whole: no varargs, bit-fields or unions.
/// docs/protocol.md tells the same as a guide, and what may change between releases.
#pragma once
#include "zoo/version.h"
#include "zoo/status.h"
#include "zoo/tensor.h"
#include "zoo/attribute.h"
#include "zoo/host.h"
#include "zoo/plan.h"
#include "zoo/call.h"
#include "zoo/kind.h"
#include "zoo/codec.h"
#include "zoo/family.h"
#include "zoo/check.h"
#include "zoo/foreign.h"
