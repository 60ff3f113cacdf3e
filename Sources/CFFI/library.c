#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include "CFFI.h"

void *zoo_foreign_open(const char *file, char *words, uint64_t capacity) {
  void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  const char *reason = library ? "" : dlerror();
  snprintf(words, capacity, "%s", reason ? reason : "unknown error");
  return library;
}

typedef struct {
  ElfW(Addr) address;
  int is_code;
} place;

/* Whether the address is in a segment that may be executed. */
static int look(struct dl_phdr_info *info, size_t size, void *data) {
  (void)size;
  place *p = data;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
    ElfW(Addr) start = info->dlpi_addr + segment->p_vaddr;
    if (segment->p_type != PT_LOAD || p->address < start || p->address - start >= segment->p_memsz) continue;
    p->is_code = (segment->p_flags & PF_X) != 0;
    return 1;
  }
  return 0;
}

/* dlsym looks in the libraries that this one needs as well, and nearly all need libc, which has `system`. */
int32_t zoo_foreign_symbol(void *library, const char *name, void **function, char *owner, uint64_t capacity) {
  void *address = dlsym(library, name);
  if (!address) return ZOO_F_MISSING;
  struct link_map *wanted = NULL, *found = NULL;
  Dl_info info;
  if (dlinfo(library, RTLD_DI_LINKMAP, &wanted) != 0 || !dladdr1(address, &info, (void **)&found, RTLD_DL_LINKMAP) || !found) {
    return ZOO_F_MISSING;
  }
  if (found != wanted) {
    const char *slash = strrchr(found->l_name, '/');
    snprintf(owner, capacity, "%s", slash ? slash + 1 : found->l_name);
    return ZOO_F_ELSEWHERE;
  }
  place p = {(ElfW(Addr))address, 0};
  dl_iterate_phdr(look, &p);
  if (!p.is_code) return ZOO_F_NO_CODE;
  *function = address;
  return ZOO_F_FOUND;
}
