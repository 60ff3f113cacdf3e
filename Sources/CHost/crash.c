#define _GNU_SOURCE /* process_vm_readv, ucontext's registers */
#include "crash.h"
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>
#include "activity.h"

_Thread_local zoo_activity zoo_current __attribute__((tls_model("initial-exec")));
int32_t zoo_crashes_attributed;

zoo_activity zoo_enter(const zoo_context *context, int32_t phase) { return zoo_activity_enter((zoo_activity){context, phase}); }
void zoo_leave(zoo_activity before) { zoo_current = before; }

/* MARK: Threads */

enum { STACK_BYTES = 256 << 10, GUARD_BYTES = 64 << 10, MAX_THREADS = 512, AS_SAID = -1 };

/* The activities of threads that run layers: of a thread that a family has started, these tell for whom that may have been. */
static const zoo_activity *activities[MAX_THREADS]; /* accessed atomically */
static pthread_key_t thread_key;

typedef struct {
  void *stack; /* NULL: its handlers run on one that somebody else has made */
  const zoo_activity **place;
  int32_t is_prepared;
} thread_state;
static _Thread_local thread_state this_thread;

static void end_thread(void *pointer) {
  thread_state *state = pointer;
  if (state->place) __atomic_store_n(state->place, NULL, __ATOMIC_RELEASE);
  stack_t now;
  if (state->stack && sigaltstack(NULL, &now) == 0) {
    stack_t none = {.ss_flags = SS_DISABLE};
    if (now.ss_sp == (char *)state->stack + GUARD_BYTES) sigaltstack(&none, NULL);
    munmap(state->stack, GUARD_BYTES + STACK_BYTES);
  }
  *state = (thread_state){0};
}

void zoo_crash_prepare_thread(void) {
  thread_state *state = &this_thread;
  if (state->is_prepared) return;
  state->is_prepared = 1;
  for (int i = 0; i < MAX_THREADS && !state->place; i++) {
    const zoo_activity *none = NULL;
    if (__atomic_compare_exchange_n(&activities[i], &none, &zoo_current, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
      state->place = &activities[i];
    }
  }
  pthread_setspecific(thread_key, state);

  stack_t stack;
  if (sigaltstack(NULL, &stack) == 0 && !(stack.ss_flags & SS_DISABLE)) return;
  char *memory = mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) return;
  mprotect(memory, GUARD_BYTES, PROT_NONE);
  stack = (stack_t){.ss_sp = memory + GUARD_BYTES, .ss_size = STACK_BYTES};
  if (sigaltstack(&stack, NULL) == 0) {
    state->stack = memory;
  } else {
    munmap(memory, GUARD_BYTES + STACK_BYTES);
  }
}

/* MARK: Words. From here on, everything is async-signal-safe. */

typedef struct {
  char bytes[8192];
  size_t count;
} text;

static text words; /* of the thread that holds `saying` */
static int32_t saying;
static zoo_activity last_said;
static pid_t last_thread;
static char label[64], help_label[64];

/* Copies memory that a family may have written over: what cannot be read is an answer, not another crash. */
static int peek(void *into, const void *from, size_t count) {
  struct iovec local = {into, count}, remote = {(void *)from, count};
  ssize_t read = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
  if (read < 0 && (errno == ENOSYS || errno == EPERM)) { /* not allowed here: then it has to be risked */
    memcpy(into, from, count);
    return 1;
  }
  return read == (ssize_t)count;
}

static void add(text *t, const char *string) {
  size_t count = strlen(string), room = sizeof t->bytes - t->count;
  if (count > room) count = room;
  memcpy(t->bytes + t->count, string, count);
  t->count += count;
}

/* Without control characters, which a terminal would obey. */
static void add_string(text *t, zoo_string string) {
  enum { MOST = 1024 };
  size_t count = string.length < MOST ? string.length : MOST;
  if (sizeof t->bytes - t->count < count || !peek(t->bytes + t->count, string.data, count)) {
    add(t, "?");
    return;
  }
  for (size_t i = t->count; i < t->count + count; i++) {
    if ((unsigned char)t->bytes[i] < ' ' || t->bytes[i] == 127) t->bytes[i] = '?';
  }
  t->count += count;
}

static const struct {
  int number;
  const char *name;
} signals[] = {
    {SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGILL, "SIGILL"}, {SIGFPE, "SIGFPE"}, {SIGABRT, "SIGABRT"}, {SIGTRAP, "SIGTRAP"},
};
enum { SIGNAL_COUNT = sizeof signals / sizeof *signals };

static int signal_index(int number) {
  int i = 0;
  while (i < SIGNAL_COUNT - 1 && signals[i].number != number) i++;
  return i;
}

static const char *phase_name(int32_t phase) {
  static const char *const names[] = {
      [ZOO_IN_CREATE] = "create",     [ZOO_IN_PLAN] = "plan",       [ZOO_IN_PACK] = "pack",         [ZOO_IN_FORWARD] = "forward",
      [ZOO_IN_BACKWARD] = "backward", [ZOO_IN_DESTROY] = "destroy", [ZOO_IN_DESCRIBE] = "describe", [ZOO_IN_DECODE] = "decode",
      [ZOO_IN_ENCODE] = "encode",
  };
  return phase >= 0 && phase <= ZOO_IN_ENCODE && names[phase] ? names[phase] : "?";
}

static int is_stack_overflow(int number, const siginfo_t *information, const ucontext_t *machine) {
#if defined __x86_64__
  uintptr_t stack = (uintptr_t)machine->uc_mcontext.gregs[REG_RSP];
#elif defined __aarch64__
  uintptr_t stack = (uintptr_t)machine->uc_mcontext.sp;
#else
  uintptr_t stack = 0;
  (void)machine;
#endif
  /* Nothing else that is not mapped lies so near: within the frame that there was no room for, or just below it. */
  uintptr_t address = (uintptr_t)information->si_addr;
  return number == SIGSEGV && information->si_code > 0 && stack && address + (64 << 10) > stack && address < stack + (8 << 20);
}

/* "layer 'c1' (cnn.conv2d)", or a codec or family. */
static void add_subject(text *t, const zoo_context *context, int32_t phase) {
  if (phase == ZOO_IN_LOAD) {
    add_string(t, context->file);
  } else if (phase >= ZOO_IN_DESCRIBE) {
    add_string(t, context->layer);
    add(t, ": the codec '");
    add_string(t, context->kind);
    add(t, "'");
  } else {
    add(t, "layer '");
    add_string(t, context->layer);
    add(t, "' (");
    add_string(t, context->kind);
    add(t, ")");
  }
}

static void add_words(text *t, zoo_activity activity, int is_own, int number, const siginfo_t *information, const void *machine) {
  zoo_context context;
  if (!peek(&context, activity.context, sizeof context)) return;
  add(t, label);
  add(t, " ");
  if (is_own) {
    add_subject(t, &context, activity.phase);
  } else {
    add(t, "a thread that the host did not start");
  }
  int overflows = is_stack_overflow(number, information, machine);
  add(t, overflows ? " overflowed its stack (" : " crashed with ");
  add(t, signals[signal_index(number)].name);
  add(t, overflows ? ") " : " ");
  if (!is_own) {
    add(t, "while ");
    add_subject(t, &context, activity.phase);
    add(t, " was ");
  }
  if (activity.phase == ZOO_IN_LOAD) {
    add(t, is_own ? "as it was loaded" : "loaded");
  } else {
    add(t, "in ");
    add(t, phase_name(activity.phase));
  }
  add(t, "\n  ");
  add(t, help_label);
  if (!context.file.length) {
    add(t, " this is a defect of the host: tell its authors\n");
    return;
  }
  if (number == SIGBUS && information->si_code == BUS_ADRERR) {
    add(t, " a file that is in use, such as the weights, was cut short; if none was, run 'zoo check ");
  } else {
    add(t, is_own ? " this is a defect of its family" : " if the family started it, this is a defect of the family");
    add(t, ": run 'zoo check ");
  }
  add_string(t, context.file);
  add(t, "' and tell its author what it finds\n");
}

static int is_same(zoo_activity a, zoo_activity b) { return a.context == b.context && a.phase == b.phase; }

/* What the other threads do, each once: this one is none of the host's. */
static void add_others(text *t, int number, const siginfo_t *information, const void *machine) {
  enum { MOST = 8 };
  zoo_activity said[MOST];
  int count = 0;
  for (int i = 0; i < MAX_THREADS && count < MOST; i++) {
    const zoo_activity *other = __atomic_load_n(&activities[i], __ATOMIC_ACQUIRE);
    if (!other || !peek(&said[count], other, sizeof *said) || !said[count].context) continue;
    int is_new = 1;
    for (int k = 0; k < count; k++) is_new &= !is_same(said[k], said[count]);
    if (is_new) add_words(t, said[count++], 0, number, information, machine);
  }
}

static void write_words(void) {
  for (size_t done = 0; done < words.count;) {
    ssize_t count = write(STDERR_FILENO, words.bytes + done, words.count - done);
    if (count <= 0 && errno != EINTR) break;
    if (count > 0) done += (size_t)count;
  }
}

/* Returns whether there was anything to say. */
static int say(int number, const siginfo_t *information, const void *machine) {
  zoo_activity mine = zoo_current;
  if (mine.phase == AS_SAID) return 0; /* somebody's handler has returned, and it happens again */
  int32_t nobody = 0;
  while (!__atomic_compare_exchange_n(&saying, &nobody, 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
    nobody = 0;
    poll(NULL, 0, 1);
  }
  words.count = 0;
  pid_t thread = (pid_t)syscall(SYS_gettid);
  if (!mine.context) {
    add_others(&words, number, information, machine);
  } else if (!is_same(mine, last_said) || thread == last_thread) { /* the threads of one parallel_for often crash together */
    add_words(&words, mine, 1, number, information, machine);
    last_said = mine;
    last_thread = thread;
  }
  write_words();
  int has_words = words.count > 0;
  zoo_current = (zoo_activity){NULL, AS_SAID};
  __atomic_store_n(&saying, 0, __ATOMIC_RELEASE);
  return has_words;
}

/* MARK: Handlers */

static struct sigaction earlier[SIGNAL_COUNT];
static int32_t is_tracer[SIGNAL_COUNT]; /* it writes pages and returns: Swift's own */

static int is_handled(const struct sigaction *action) {
  return (action->sa_flags & SA_SIGINFO) || (action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN);
}

/* The default action for a signal, with everything that the system has said of it, as soon as this handler returns. */
static void end_by(int number, siginfo_t *information) {
  struct sigaction standard = {.sa_handler = SIG_DFL};
  sigaction(number, &standard, NULL);
  if (syscall(SYS_rt_tgsigqueueinfo, getpid(), (pid_t)syscall(SYS_gettid), number, information) != 0) raise(number);
}

static void on_crash(int number, siginfo_t *information, void *machine) {
  int saved = errno;
  const struct sigaction *before = &earlier[signal_index(number)];
  int is_fault = information->si_code > 0;
  if (!is_fault && !is_handled(before) && before->sa_handler == SIG_IGN) return;
  /* One that another process has sent is nobody's fault here. */
  int has_words = (is_fault || information->si_pid == getpid()) && say(number, information, machine);
  if (!is_handled(before)) {
    end_by(number, information);
  } else {
    if (before->sa_flags & SA_RESETHAND) {
      struct sigaction standard = {.sa_handler = SIG_DFL};
      sigaction(number, &standard, NULL);
    }
    sigset_t mask;
    sigorset(&mask, &((ucontext_t *)machine)->uc_sigmask, &before->sa_mask);
    if (!(before->sa_flags & SA_NODEFER)) sigaddset(&mask, number);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    if (before->sa_flags & SA_SIGINFO) {
      before->sa_sigaction(number, information, machine);
    } else {
      before->sa_handler(number);
    }
    if (has_words && is_tracer[signal_index(number)]) write_words(); /* again: nobody sees what is above pages */
  }
  errno = saved;
}

static void copy_label(char into[64], const char *from) {
  strncpy(into, from, 63);
  into[63] = 0;
}

int32_t zoo_crashes_attribute(const char *words_label, const char *words_help) {
  copy_label(label, words_label);
  copy_label(help_label, words_help);
  if (__atomic_load_n(&zoo_crashes_attributed, __ATOMIC_RELAXED)) return 0;
  int error = pthread_key_create(&thread_key, end_thread);
  if (error) {
    errno = error;
    return -1;
  }
  struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < SIGNAL_COUNT; i++) sigaddset(&action.sa_mask, signals[i].number);
  __atomic_store_n(&zoo_crashes_attributed, 1, __ATOMIC_RELEASE);
  zoo_crash_prepare_thread();
  for (int i = 0; i < SIGNAL_COUNT; i++) {
    if (sigaction(signals[i].number, NULL, &earlier[i]) != 0) return -1;
    Dl_info owner;
    is_tracer[i] = is_handled(&earlier[i]) && dladdr((void *)(uintptr_t)earlier[i].sa_sigaction, &owner) && owner.dli_fname &&
                   strstr(owner.dli_fname, "libswiftCore");
    if (sigaction(signals[i].number, &action, NULL) != 0) return -1;
  }
  return 0;
}
