/// Ctrl-C: what runs is asked to stop, and a second time ends the process.
#pragma once
#include "CHost.h"

/// From now on SIGINT and SIGTERM cancel `run`, each once: the second of its kind ends the process. NULL: as if never called.
/// The run must live until then.
void zoo_interrupts_cancel(zoo_run *run);
