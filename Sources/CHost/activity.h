/// What each thread is doing for whom: a signal handler reads it, so it is written with single stores and owns nothing.
#pragma once
#include "crash.h"

/// This thread's own. Initial-exec: reached without a call, which a signal handler could not make.
extern _Thread_local zoo_activity zoo_current __attribute__((tls_model("initial-exec")));

/// Whether crashes are attributed at all; accessed atomically.
extern int32_t zoo_crashes_attributed;

/// Gives this thread a stack for handlers, unless it has one, and makes its activity visible to those of other threads.
void zoo_crash_prepare_thread(void);

/// Says what this thread does from now on, in place of what it did before.
static inline zoo_activity zoo_activity_enter(zoo_activity activity) {
  if (__atomic_load_n(&zoo_crashes_attributed, __ATOMIC_RELAXED)) zoo_crash_prepare_thread();
  zoo_activity before = zoo_current;
  zoo_current = activity;
  return before;
}

/// Says that this thread now calls the functions of another layer.
static inline void zoo_activity_move(const zoo_context *context) { __atomic_store_n(&zoo_current.context, context, __ATOMIC_RELAXED); }
