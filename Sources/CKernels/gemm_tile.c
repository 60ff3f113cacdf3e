#include "gemm_tile.h"

#define PAIRS
#define TEMPLATE "gemm_tile_template.h"
#include "generations.h"

const zoo_tiles *zoo_machine_tiles(void) { return ZOO_BEST(tiles); }
const zoo_tiles *zoo_machine_pairs(void) { return ZOO_PAIRS(tiles); }
