#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "activity.h"

/* libgomp's own entry points, because Swift's clang comes without OpenMP. A family that uses oneDNN or OpenBLAS shares the pool. */
extern void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);
extern int omp_get_thread_num(void), omp_get_num_threads(void), omp_get_max_threads(void), omp_in_parallel(void);
extern void omp_set_num_threads(int);

static void (*log_handler)(int32_t, const char *, uint64_t);

void zoo_host_set_log(void (*handler)(int32_t, const char *, uint64_t)) { log_handler = handler; }

void zoo_host_set_threads(int32_t count) {
  if (count <= 0) count = (int32_t)sysconf(_SC_NPROCESSORS_ONLN);
  if (count > ZOO_MAX_SLOTS) count = ZOO_MAX_SLOTS;
  omp_set_num_threads(count);
}

int32_t zoo_host_threads(void) {
  int count = omp_get_max_threads();
  return count < ZOO_MAX_SLOTS ? count : ZOO_MAX_SLOTS;
}

zoo_context *zoo_context_make(zoo_run *run, const char *file, const char *kind, const char *layer) {
  size_t file_count = strlen(file), kind_count = strlen(kind), layer_count = strlen(layer);
  zoo_context *context = malloc(sizeof *context + file_count + kind_count + layer_count);
  if (!context) return NULL;
  char *words = (char *)(context + 1);
  memcpy(words, file, file_count);
  memcpy(words + file_count, kind, kind_count);
  memcpy(words + file_count + kind_count, layer, layer_count);
  *context = (zoo_context){
      run, zoo_path_key(layer, layer_count), {words, file_count}, {words + file_count, kind_count},
      {words + file_count + kind_count, layer_count}};
  return context;
}

static char refusal[1024];
static uint64_t refusal_count;

uint64_t zoo_host_take_refusal(char *into, uint64_t capacity) {
  uint64_t count = refusal_count < capacity ? refusal_count : capacity;
  memcpy(into, refusal, count);
  refusal_count = 0;
  return count;
}

static zoo_status host_fail(zoo_context *context, zoo_status status, zoo_string words) {
  if (status == ZOO_OK) status = ZOO_INTERNAL;
  if (!context) {
    refusal_count = words.length < sizeof refusal ? words.length : sizeof refusal;
    if (words.data) memcpy(refusal, words.data, refusal_count);
    return status;
  }
  zoo_run *run = context->run;
  int32_t none = 0;
  if (__atomic_compare_exchange_n(&run->failed, &none, 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
    run->status = status;
    uint64_t count = words.length < sizeof run->words ? words.length : sizeof run->words;
    if (words.data) memcpy(run->words, words.data, count);
    run->word_count = (uint32_t)count;
    __atomic_store_n(&run->failed, 2, __ATOMIC_SEQ_CST);
  }
  return status;
}

static void host_log(zoo_context *context, int32_t level, zoo_string words) {
  (void)context;
  if (log_handler) log_handler(level, words.data, words.length);
}

typedef struct {
  zoo_body body;
  void *data;
  int64_t count;
  zoo_activity activity; /* of the thread that called: the others work for it */
  zoo_status status;     /* accessed atomically */
} team;

static void team_member(void *pointer) {
  team *t = pointer;
  int64_t thread = omp_get_thread_num(), threads = omp_get_num_threads();
  int64_t from = t->count * thread / threads, to = t->count * (thread + 1) / threads;
  if (from == to) return;
  zoo_activity before = zoo_activity_enter(t->activity);
  zoo_status status = t->body(t->data, from, to, (int32_t)thread);
  zoo_current = before;
  if (status != ZOO_OK) __atomic_store_n(&t->status, status, __ATOMIC_RELAXED);
}

static zoo_status host_parallel_for(zoo_context *context, int64_t count, int64_t grain, zoo_body body, void *data) {
  (void)context;
  if (count <= 0) return ZOO_OK;
  if (grain < 1) grain = 1;
  int64_t parts = (count - 1) / grain + 1;
  int64_t threads = zoo_host_threads();
  if (threads > parts) threads = parts;
  if (threads <= 1 || omp_in_parallel()) return body(data, 0, count, omp_get_thread_num());
  team t = {body, data, count, zoo_current, ZOO_OK};
  GOMP_parallel(team_member, &t, (unsigned)threads, 0);
  return __atomic_load_n(&t.status, __ATOMIC_RELAXED);
}

static zoo_status host_random(zoo_context *context, uint32_t stream, int32_t distribution, const zoo_tensor *into) {
  zoo_run *run = context->run;
  int64_t count = 1;
  for (int32_t i = 0; i < into->rank; i++) count *= into->shape[i];
  switch (distribution) {
  case ZOO_UNIFORM: zoo_random_uniform(run->seed, context->path_key, run->step, stream, 0, into->data, count); return ZOO_OK;
  case ZOO_NORMAL: zoo_random_normal(run->seed, context->path_key, run->step, stream, 0, into->data, count); return ZOO_OK;
  case ZOO_BITS: zoo_random_bits(run->seed, context->path_key, run->step, stream, 0, into->data, count); return ZOO_OK;
  default: {
    zoo_string words = ZOO_TEXT("asked the host for random numbers of a distribution that it does not have");
    return host_fail(context, ZOO_UNSUPPORTED, words);
  }
  }
}

static int32_t host_is_cancelled(zoo_context *context) { return zoo_run_is_cancelled(context->run); }

static zoo_status host_write(zoo_context *context, const void *bytes, uint64_t count) {
  zoo_run *run = context->run;
  if (count > run->written_limit - run->written_count) {
    zoo_string words = ZOO_TEXT("wrote more than the host accepts from one codec");
    return host_fail(context, ZOO_OUT_OF_MEMORY, words);
  }
  if (run->written_count + count > run->written_capacity) {
    uint64_t capacity = (run->written_count + count) * 2;
    unsigned char *grown = realloc(run->written, capacity);
    if (!grown) {
      zoo_string words = ZOO_TEXT("ran out of memory for what a codec wrote");
      return host_fail(context, ZOO_OUT_OF_MEMORY, words);
    }
    run->written = grown;
    run->written_capacity = capacity;
  }
  if (count) memcpy(run->written + run->written_count, bytes, count);
  run->written_count += count;
  return ZOO_OK;
}

static const void *host_extension(zoo_string id) {
  static const char foreign[] = ZOO_FOREIGN;
  if (id.length == sizeof foreign - 1 && memcmp(id.data, foreign, id.length) == 0) return zoo_host_foreign();
  return NULL;
}

static const zoo_host table = {
    sizeof(zoo_host), ZOO_ABI_MINOR, host_fail, host_log, host_parallel_for, host_random, host_is_cancelled, host_write, host_extension,
};

/* What a host offers that has nothing beside what every host must have. */
static const zoo_host bare_table = {
    sizeof(zoo_host), ZOO_ABI_MINOR, host_fail, NULL, host_parallel_for, host_random, NULL, NULL, NULL,
};

static int is_bare;

void zoo_host_offer_least(int32_t least) { is_bare = least; }

const zoo_host *zoo_host_table(void) { return is_bare ? &bare_table : &table; }

void zoo_run_reset(zoo_run *run) {
  __atomic_store_n(&run->failed, 0, __ATOMIC_SEQ_CST);
  run->status = ZOO_OK;
  run->word_count = 0;
  run->written_count = 0;
}

void zoo_run_cancel(zoo_run *run, int32_t cancelled) { __atomic_store_n(&run->cancelled, cancelled, __ATOMIC_RELAXED); }
int32_t zoo_run_is_cancelled(const zoo_run *run) { return __atomic_load_n(&run->cancelled, __ATOMIC_RELAXED); }
