#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "CHost.h"

/* A name with folders in it means the one file that it leads to; any other, the library that the user calls so. */
static const char *allowed(const zoo_run *run, const char *name) {
  char *path = strchr(name, '/') ? realpath(name, NULL) : NULL;
  const char *file = NULL;
  for (uint64_t i = 0; i < run->allowed_count && !file; i++) {
    const zoo_allowed_library *library = &run->allowed[i];
    if (strcmp(path ? path : name, path ? library->file : library->name) == 0) file = library->file;
  }
  free(path);
  return file;
}

/* What a shell takes as it is. */
static int is_plain(const char *name) {
  return name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+./-")] == 0;
}

static zoo_status refuse(zoo_context *context, zoo_status status, const char *words) {
  zoo_string text = {words, strlen(words)};
  return zoo_host_table()->fail(context, status, text);
}

static zoo_status foreign_library(zoo_context *context, zoo_string name, const char **file) {
  char text[512], words[2000];
  if (name.length == 0 || name.length >= sizeof text) {
    return refuse(context, ZOO_BAD_ATTRIBUTE, "the name of a library has 1 to 511 bytes");
  }
  memcpy(text, name.data, name.length);
  text[name.length] = 0;
  /* Words from a manifest reach a terminal and, copied by hand, a shell. */
  for (uint64_t i = 0; i < name.length; i++) {
    if ((unsigned char)text[i] < ' ' || text[i] == '\'' || text[i] == 0x7F) {
      return refuse(context, ZOO_BAD_ATTRIBUTE, "the name of a library has no quotes and no control characters");
    }
  }
  *file = allowed(context->run, text);
  if (*file) return ZOO_OK;
  const char *quote = is_plain(text) && text[0] != '-' ? "" : "'", *list = context->run->allowed_file;
  snprintf(
    words, sizeof words, "it calls the library '%s', which you have not allowed; to allow it, give --allow-foreign %s%s%s%s%s", text,
    quote, text, quote, list ? ", or add that name as a line to " : "", list ? list : "");
  return refuse(context, ZOO_NOT_ALLOWED, words);
}

const zoo_foreign *zoo_host_foreign(void) {
  static const zoo_foreign extension = {sizeof(zoo_foreign), 0, foreign_library};
  return &extension;
}
