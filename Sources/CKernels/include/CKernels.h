/// The loops that Swift cannot get out of the machine: one concept per header.
#pragma once
#include "kernels/activation.h"
#include "kernels/clones.h"
#include "kernels/elementwise.h"
#include "kernels/gather.h"
#include "kernels/move.h"
#include "kernels/nest.h"
#include "kernels/reduce.h"
#include "kernels/softmax.h"
#include "kernels/vmath.h"
