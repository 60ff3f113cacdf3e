/// Whose fault a crash is: every thread notes the layer that it is in, and a signal handler says so before the process ends.
#pragma once
#include "CHost.h"

/// What a family is asked to do.
enum {
  ZOO_IN_NOTHING = 0,
  ZOO_IN_LOAD,
  ZOO_IN_CREATE,
  ZOO_IN_PLAN,
  ZOO_IN_PACK,
  ZOO_IN_FORWARD,
  ZOO_IN_BACKWARD,
  ZOO_IN_DESTROY,
  ZOO_IN_DESCRIBE, ///< this and what follows: codecs
  ZOO_IN_DECODE,
  ZOO_IN_ENCODE
};

/// What a thread does: for which layer (or codec, or family), and what. No context: nothing that a family does.
typedef struct zoo_activity {
  const zoo_context *context;
  int32_t phase; ///< ZOO_IN_...
} zoo_activity;

/// Notes that this thread begins to do something for a context, which must live until zoo_leave. Returns what it did before.
zoo_activity zoo_enter(const zoo_context *context, int32_t phase);

/// Notes that it is done, and does `before` again.
void zoo_leave(zoo_activity before);

/// From now on, a crash (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP) while a family works writes a line to standard error that
/// names the layer, the phase and the family's file, and one that says what to do. They begin with `label` and `help`, such as "zoo:" and
/// "help:", which are copied. What would have happened without it happens afterwards: handlers that were there before are called, by
/// default the process ends by that signal. Threads that run layers get a stack for handlers unless they have one. Calling it again only
/// changes the labels. Returns 0, or -1 with errno set.
int32_t zoo_crashes_attribute(const char *label, const char *help);
