/// The loops that Swift cannot get out of the machine: one concept per header.
#pragma once
#include "kernels/vmath.h"
