/* The protocol is headers only; SwiftPM wants one file to compile. */
#include "zoo.h"
