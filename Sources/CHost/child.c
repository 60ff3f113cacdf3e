#define _GNU_SOURCE
#include "child.h"
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

int32_t zoo_child_pipe(int32_t ends[2]) { return pipe2(ends, O_CLOEXEC); }

void zoo_child_end_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGTERM); }

static int printed = -1;

int32_t zoo_child_begin(uint32_t seconds) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  /* Not 0: a handler that cores are piped to would be started all the same. With 1 it is not, and no file has room either. */
  struct rlimit no_core = {1, 1}, small_files = {1 << 24, 1 << 24};
  setrlimit(RLIMIT_CORE, &no_core);
  setrlimit(RLIMIT_FSIZE, &small_files);
  alarm(seconds);

  int output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  printed = memfd_create("zoo-printed", MFD_CLOEXEC);
  if (output < 0 || printed < 0 || dup2(printed, STDOUT_FILENO) < 0) return -1;
  return output;
}

uint64_t zoo_child_printed(char *into, uint64_t capacity) {
  fflush(NULL);
  ssize_t count = pread(printed, into, capacity, 0);
  return count > 0 ? (uint64_t)count : 0;
}

typedef struct {
  void (*body)(const char *, void *);
  void *data;
} visit;

static int visit_library(struct dl_phdr_info *info, size_t size, void *data) {
  (void)size;
  const visit *v = data;
  /* The program itself has no name, the kernel's own library no slash. */
  if (info->dlpi_name && info->dlpi_name[0] == '/') v->body(info->dlpi_name, v->data);
  return 0;
}

void zoo_each_library(void (*body)(const char *, void *), void *data) {
  visit v = {body, data};
  dl_iterate_phdr(visit_library, &v);
}
