#include <zoo.h>

// A closure that does not escape is two words, which only C that knows Swift's calling convention can pass on without a copy.

#define SWIFT __attribute__((swiftcall))
#define CLOSURE __attribute__((swift_context))

typedef SWIFT void swift_body(int64_t from, int64_t to, int32_t slot, CLOSURE void *closure);

typedef struct {
  swift_body *body;
  void *closure;
} swift_closure;

static zoo_status call(void *data, int64_t from, int64_t to, int32_t slot) {
  const swift_closure *c = data;
  c->body(from, to, slot, c->closure);
  return ZOO_OK;
}

SWIFT zoo_status zoo_swift_parallel_for(
  const zoo_host *host, zoo_context *context, int64_t count, int64_t grain, swift_body *body, void *closure) {
  swift_closure c = {body, closure};
  return host->parallel_for(context, count, grain, call, &c);
}
