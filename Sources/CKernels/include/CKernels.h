/// The loops that Swift cannot get out of the machine: one concept per header.
#pragma once
#include "kernels/clones.h"
#include "kernels/elementwise.h"
#include "kernels/nest.h"
#include "kernels/vmath.h"
