#define _GNU_SOURCE
#include "CGuard.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { PIECES = 4096, PAGE = 4096, PATTERN = 0xC5 };

typedef struct piece {
  char *mapping, *start; /* the mapping begins and ends with a page that nobody may touch */
  uint64_t mapped, bytes;
  char name[64];
} piece;

static piece pieces[PIECES];
static int32_t report = -1;

static piece *find(const void *memory) {
  for (int i = 0; i < PIECES; i++)
    if (pieces[i].start == memory && pieces[i].mapping) return &pieces[i];
  return NULL;
}

static void fault(int signal, siginfo_t *info, void *context) {
  const char *address = info->si_addr;
  int writes = 0;
#ifdef __x86_64__
  writes = ((ucontext_t *)context)->uc_mcontext.gregs[REG_ERR] >> 1 & 1;
#else
  (void)context;
#endif
  const piece *found = NULL;
  for (int i = 0; i < PIECES && !found; i++)
    if (pieces[i].mapping && address >= pieces[i].mapping && address < pieces[i].mapping + pieces[i].mapped) found = &pieces[i];
  char line[256];
  int count = snprintf(line, sizeof line, "{\"fault\":\"%s\",\"offset\":%lld,\"bytes\":%llu,\"writes\":%s}\n", found ? found->name : "",
                       found ? (long long)(address - found->start) : 0ll, found ? (unsigned long long)found->bytes : 0ull,
                       writes ? "true" : "false");
  if (count > 0 && write(report, line, (size_t)count) < 0) _exit(1);
  struct sigaction usual = {.sa_handler = SIG_DFL};
  sigaction(signal, &usual, NULL); /* what caused it is done again, and ends the process */
}

void zoo_guard_report(int32_t descriptor) {
  report = descriptor;
  struct sigaction action = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
}

void *zoo_guard_map(uint64_t bytes, const char *name) {
  piece *p = NULL;
  for (int i = 0; i < PIECES && !p; i++)
    if (!pieces[i].mapping) p = &pieces[i];
  if (!p) return NULL;
  uint64_t room = (bytes + 63) / 64 * 64, whole = (room + PAGE - 1) / PAGE * PAGE;
  char *mapping = mmap(NULL, whole + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) return NULL;
  if (whole && mprotect(mapping + PAGE, whole, PROT_READ | PROT_WRITE)) {
    munmap(mapping, whole + 2 * PAGE);
    return NULL;
  }
  p->mapping = mapping, p->mapped = whole + 2 * PAGE, p->bytes = bytes;
  p->start = mapping + PAGE + whole - room;
  snprintf(p->name, sizeof p->name, "%s", name);
  memset(mapping + PAGE, PATTERN, whole - room);
  memset(p->start + bytes, PATTERN, room - bytes);
  return p->start;
}

void zoo_guard_unmap(void *memory) {
  piece *p = find(memory);
  if (!p) return;
  munmap(p->mapping, p->mapped);
  p->mapping = NULL;
}

void zoo_guard_protect(void *memory, int32_t is_writable) {
  piece *p = find(memory);
  if (p && p->mapped > 2 * PAGE) mprotect(p->mapping + PAGE, p->mapped - 2 * PAGE, PROT_READ | (is_writable ? PROT_WRITE : 0));
}

int64_t zoo_guard_trespass(const void *memory) {
  const piece *p = find(memory);
  if (!p) return 0;
  const unsigned char *start = (const unsigned char *)p->start, *end = (const unsigned char *)p->mapping + p->mapped - PAGE;
  for (const unsigned char *byte = start - 1; byte >= (const unsigned char *)p->mapping + PAGE; byte--)
    if (*byte != PATTERN) return byte - start;
  for (const unsigned char *byte = start + p->bytes; byte < end; byte++)
    if (*byte != PATTERN) return byte - (start + p->bytes) + 1;
  return 0;
}
