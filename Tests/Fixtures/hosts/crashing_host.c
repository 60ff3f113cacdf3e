/* A program that uses the host's C side as a library, with handlers of its own, and crashes as its argument says. */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "crash.h"
#include "program.h"

static int *volatile nowhere = (int *)8;
static volatile int zero;
static volatile sig_atomic_t handled;
static volatile int waits;
static sigjmp_buf safe;

static zoo_status fine(zoo_layer *layer, const zoo_call *call) {
  (void)layer, (void)call;
  return ZOO_OK;
}

static zoo_status crashing(zoo_layer *layer, const zoo_call *call) {
  (void)layer, (void)call;
  *nowhere = 1;
  return ZOO_OK;
}

static int recurse(int depth) {
  volatile char frame[512];
  frame[depth % 512] = (char)depth;
  return depth < 0 ? 0 : recurse(depth + 1) + frame[depth % 512];
}

static zoo_status overflowing(zoo_layer *layer, const zoo_call *call) {
  (void)layer, (void)call;
  zero = recurse(zero);
  return ZOO_OK;
}

/* Until the process ends. */
static zoo_status waiting(zoo_layer *layer, const zoo_call *call) {
  (void)layer, (void)call;
  waits = 1;
  while (waits) usleep(1000);
  return ZOO_OK;
}

/* Another process ends this one. */
static zoo_status ended(zoo_layer *layer, const zoo_call *call) {
  (void)layer, (void)call;
  pid_t parent = getpid();
  if (fork() == 0) {
    kill(parent, SIGSEGV);
    _exit(0);
  }
  while (1) pause();
}

/* What a family that writes where it should not may leave. */
static zoo_status scribbling(zoo_layer *layer, const zoo_call *call) {
  (void)layer;
  call->context->layer.data = (const char *)8;
  *nowhere = 1;
  return ZOO_OK;
}

static zoo_status part(void *data, int64_t from, int64_t to, int32_t slot) {
  (void)data, (void)from, (void)to, (void)slot;
  *nowhere = 1;
  return ZOO_OK;
}

/* All threads crash at once. */
static zoo_status in_parts(zoo_layer *layer, const zoo_call *call) {
  (void)layer;
  return zoo_host_table()->parallel_for(call->context, 64, 1, part, NULL);
}

static zoo_function inner;
static void run(const char *name, zoo_function function, int32_t phase) {
  zoo_call call = {.size = sizeof call, .context = zoo_context_make(NULL, "dir/f.so", "f.kind", name)};
  zoo_call other = {.size = sizeof other, .context = zoo_context_make(NULL, "dir/g.so", "g.kind", "other")};
  zoo_call own = {.size = sizeof own};
  zoo_step steps[] = {{fine, NULL, &other}, {function, NULL, &call}, {fine, NULL, &own}};
  zoo_status status;
  zoo_execute(steps, 3, phase, &status);
}

/* A layer with layers inside, which are done when it crashes itself. */
static zoo_status around(zoo_layer *layer, const zoo_call *call) {
  (void)layer, (void)call;
  run("inside", inner, ZOO_IN_BACKWARD);
  *nowhere = 1;
  return ZOO_OK;
}

static void *wait_in_layer(void *data) {
  (void)data;
  run("waiting", waiting, ZOO_IN_FORWARD);
  return NULL;
}

static void *overflow(void *data) {
  (void)data;
  run("deep", overflowing, ZOO_IN_BACKWARD);
  return NULL;
}

static void say(const char *words) { (void)!write(STDERR_FILENO, words, strlen(words)); }

static void on_signal(int number) {
  (void)number;
  say("mine\n");
}

static void on_information(int number, siginfo_t *information, void *machine) {
  if (number != SIGSEGV || information->si_addr != nowhere || !machine) _exit(1);
  say("mine, with address\n");
  _exit(7);
}

static void on_recoverable(int number) {
  (void)number;
  say("mine\n");
  if (++handled == 3) _exit(9);
  siglongjmp(safe, 1);
}

static void handle(void (*handler)(int), int flags) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
  sigaction(SIGSEGV, &action, NULL);
}

int main(int count, char **arguments) {
  (void)count;
  const char *mode = arguments[1];
#define IS(word) (strcmp(mode, word) == 0)
  if (IS("one-shot")) handle(on_signal, SA_RESETHAND);
  if (IS("recovering")) handle(on_recoverable, 0);
  if (IS("outside")) handle(on_signal, SA_RESETHAND);
  if (IS("ignored")) handle(SIG_IGN, 0);
  if (IS("information")) {
    struct sigaction action = {.sa_sigaction = on_information, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
  }
  zoo_host_set_threads(4);
  if (!IS("not-asked") && zoo_crashes_attribute("host:", "hint:") != 0) return 1;

  if (IS("two")) {
    pthread_t thread;
    pthread_create(&thread, NULL, wait_in_layer, NULL);
    while (!waits) usleep(1000);
    run("bad", crashing, ZOO_IN_FORWARD);
  } else if (IS("thread")) {
    pthread_t thread;
    pthread_create(&thread, NULL, overflow, NULL);
    pthread_join(thread, NULL);
  } else if (IS("outside")) {
    run("good", fine, ZOO_IN_FORWARD);
    *nowhere = 1;
  } else if (IS("ignored")) {
    run("bad", fine, ZOO_IN_FORWARD);
    raise(SIGSEGV);
    say("alive\n");
    run("bad", crashing, ZOO_IN_FORWARD);
  } else if (IS("around")) {
    inner = fine;
    run("outer", around, ZOO_IN_FORWARD);
  } else if (IS("inside")) {
    inner = crashing;
    run("outer", around, ZOO_IN_FORWARD);
  } else if (IS("recovering")) {
    sigsetjmp(safe, 1);
    run(handled ? "second" : "first", crashing, ZOO_IN_FORWARD);
  } else if (IS("sent")) {
    run("bad", ended, ZOO_IN_FORWARD);
  } else if (IS("scribbling")) {
    run("bad", scribbling, ZOO_IN_FORWARD);
  } else if (IS("parts")) {
    run("bad", in_parts, ZOO_IN_FORWARD);
  } else {
    run("bad", crashing, ZOO_IN_FORWARD);
  }
  return 0;
}
