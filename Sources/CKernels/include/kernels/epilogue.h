/// What a layer folds into its last store.
#pragma once
#include <zoo/plan.h>

/// y = epilogue(y), in place. NULL or ZOO_EPILOGUE_NONE: nothing. What an element becomes does not depend on where it is.
void zoo_epilogue_apply(const zoo_epilogue *epilogue, float *y, int64_t count);
