/* Works as long as the process stays well, and does one thing that no family may do, by what it is compiled with. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include "scale.h"

unsigned sleep(unsigned seconds);
void _exit(int status);
int fork(void);

/* For ever, but not for the compiler to know. */
extern volatile int misbehaves_forever;
volatile int misbehaves_forever = 1;

#if defined CRASH_IN_CONSTRUCTOR
__attribute__((constructor)) static void misbehave(void) {
  fputs("first words\nthe last words\n", stderr);
  raise(SIGSEGV);
}
#elif defined CRASH_WHILE
/* As long as a file of that name exists. */
__attribute__((constructor)) static void misbehave(void) {
  FILE *file = fopen(CRASH_WHILE, "r");
  if (file) raise(SIGSEGV);
}
#elif defined HANG_IN_CONSTRUCTOR
__attribute__((constructor)) static void misbehave(void) {
  while (misbehaves_forever) sleep(100);
}
#elif defined EXIT_IN_CONSTRUCTOR
__attribute__((constructor)) static void misbehave(void) { exit(0); }
#elif defined CRASH_AT_EXIT
__attribute__((destructor)) static void misbehave(void) { abort(); }
#endif

static const zoo_kind scale = SCALE("misbehaves.scale");
static const zoo_kind *const kinds[] = {&scale};
static const zoo_family family = FAMILY("misbehaves", ZOO_ABI_MAJOR, kinds);

const zoo_family *zoo_family_v1(const zoo_host *host) {
  (void)host;
#if defined CRASH_IN_ENTRY
  abort();
#elif defined LOOP_IN_ENTRY
  while (misbehaves_forever) continue;
#elif defined EXIT_IN_ENTRY
  _exit(3);
#elif defined PRINT_IN_ENTRY
  puts("\033[1mhello\nagain");
#elif defined WRONG_POINTER
  return (const zoo_family *)8;
#elif defined LEAVE_A_CHILD
  /* It keeps the pipes open that its parent had. */
  if (fork() == 0) while (misbehaves_forever) sleep(100);
#endif
  return &family;
}
