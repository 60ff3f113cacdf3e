/// The host's side of zoo_host, in C: what families call while a layer runs allocates nothing and takes no lock.
#pragma once
#include "zoo.h"

/// A library that is no family and that layers may call, as the user said.
typedef struct zoo_allowed_library {
  const char *name; ///< what a manifest may call it: a file's name, without folders
  const char *file; ///< what to open: the same name, or a path without links
} zoo_allowed_library;

/// One execution: what its layers' contexts share.
typedef struct zoo_run {
  uint64_t seed, step;
  int32_t cancelled;       ///< accessed atomically
  int32_t failed;          ///< accessed atomically: 1 while words are being written, 2 once they are there
  zoo_status status;       ///< of the first failure
  uint32_t word_count;
  char words[2044];        ///< of the first failure, UTF-8
  unsigned char *written;  ///< what codecs wrote
  uint64_t written_count, written_capacity, written_limit;
  const zoo_allowed_library *allowed; ///< the libraries that layers may call, which outlive the run
  uint64_t allowed_count;
  const char *allowed_file; ///< where the user lists them; NULL: nowhere
} zoo_run;

/// One layer's context, or one codec's call's.
struct zoo_context {
  zoo_run *run;
  uint64_t path_key; ///< zoo_path_key of the layer's path
  /// Whose it is, for whoever looks at a crash: the family's file (empty: the host's own), the kind or codec, the layer's path (of a codec:
  /// the file that it reads or writes).
  zoo_string file, kind, layer;
};

/// A context, with copies of the words; NULL: there is no memory. `free` ends it.
zoo_context *zoo_context_make(zoo_run *run, const char *file, const char *kind, const char *layer);

/// The extension "zoo.foreign/1".
const zoo_foreign *zoo_host_foreign(void);

/// The table that families receive. It lives as long as the process.
const zoo_host *zoo_host_table(void);

/// Whether the table that families receive from now on lacks every function that a host may lack: how a check tries families.
void zoo_host_offer_least(int32_t least);

/// Receives log lines; NULL: they are dropped.
void zoo_host_set_log(void (*log)(int32_t level, const char *words, uint64_t count));

/// The words of the last `fail` without a context (a family that refuses to load), which are then forgotten.
/// Returns how many bytes were written.
uint64_t zoo_host_take_refusal(char *into, uint64_t capacity);

/// How many threads parallel_for uses, and every library that uses OpenMP's pool as well. Zero or less: as many as there are cores.
void zoo_host_set_threads(int32_t count);
int32_t zoo_host_threads(void);

/// Forgets a failure and what was written.
void zoo_run_reset(zoo_run *);

/// Asks what runs to stop (or no longer to). Safe in a signal handler.
void zoo_run_cancel(zoo_run *, int32_t cancelled);
int32_t zoo_run_is_cancelled(const zoo_run *);

/// FNV-1a of the path: which random numbers are whose.
uint64_t zoo_path_key(const char *path, uint64_t count);

/// One block of Philox 4x32-10, as the paper defines it.
void zoo_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/// `count` numbers of Philox 4x32-10 (Salmon et al. 2011, doi:10.1145/2063384.2063405), keyed by seed and path, counted by
/// step, stream and index. `first` is the index of the first one, a multiple of 4.
void zoo_random_bits(uint64_t seed, uint64_t path_key, uint64_t step, uint32_t stream, uint64_t first, uint32_t *into, int64_t count);
/// The same as numbers in [0, 1).
void zoo_random_uniform(uint64_t seed, uint64_t path_key, uint64_t step, uint32_t stream, uint64_t first, float *into, int64_t count);
/// The same as normal numbers, by Box and Muller's transform.
void zoo_random_normal(uint64_t seed, uint64_t path_key, uint64_t step, uint32_t stream, uint64_t first, float *into, int64_t count);

/// into[i] += from[i]: adjoints of a value with several consumers.
void zoo_accumulate(float *into, const float *from, int64_t count);

/// The index of the first element that is NaN or infinite; -1: all are finite.
int64_t zoo_first_nonfinite(const float *values, int64_t count);
int64_t zoo_first_nonfinite_bf16(const uint16_t *values, int64_t count);
