/// What a layer folds into its last store.
#pragma once
#include <zoo/plan.h>

/// y = epilogue(y), in place. NULL or ZOO_EPILOGUE_NONE: nothing. What an element becomes does not depend on where it is.
void zoo_epilogue_apply(const zoo_epilogue *epilogue, float *y, int64_t count);

/// What y is at least and at most, written to `range`, where that is all that the epilogue does; else NULL.
const float *zoo_epilogue_range(const zoo_epilogue *epilogue, float range[2]);
