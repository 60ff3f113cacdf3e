#define _XOPEN_SOURCE 700 /* sigaction */
#include "interrupt.h"
#include <signal.h>
#include <stddef.h>
#include <string.h>

static zoo_run *volatile interrupted_run;

/* Async-signal-safe: it writes one word. */
static void on_signal(int number) {
  (void)number;
  zoo_run *run = interrupted_run;
  if (run) zoo_run_cancel(run, 1);
}

static void handle(int number, void (*handler)(int), int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, NULL);
}

void zoo_interrupts_cancel(zoo_run *run) {
  interrupted_run = run;
  if (run) {
    handle(SIGINT, on_signal, SA_RESETHAND | SA_RESTART);
    handle(SIGTERM, on_signal, SA_RESETHAND | SA_RESTART);
  } else {
    handle(SIGINT, SIG_DFL, 0);
    handle(SIGTERM, SIG_DFL, 0);
  }
}
