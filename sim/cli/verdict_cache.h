/*
 * Verdicts of earlier runs: one file for each (code, options, program) under the folder of compiled code, in it an entry for each
 * history file that was replayed, found by the digest of its bytes. A cache never fails a run: what is damaged is not there, and
 * what cannot be written is not kept.
 */
#ifndef SIM_CLI_VERDICT_CACHE_H
#define SIM_CLI_VERDICT_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/bytes.h"
#include "engine/base/map.h"

/* The bytes of a history file. */
struct cli_cache_key {
    uint64_t digest;
    uint64_t size_bytes;
};

struct cli_verdict_cache {
    const char *path; /* NULL: no cache */
    const char *folder;
    struct wf_arena arena;
    struct wf_map entries;   /* of the file, by key */
    struct wf_buffer added;  /* entries of this run */
    struct wf_string stored; /* the file as it was read */
    bool is_damaged;
    bool was_hit; /* in this run, of any child */
};

/* Reads the file for this digest of everything but the histories that a verdict depends on. */
void cli_verdict_cache_open(struct cli_verdict_cache *cache, uint64_t digest);

/* Borrowed until close. Only what open read: safe in a forked child. */
bool cli_verdict_cache_find(const struct cli_verdict_cache *cache, struct cli_cache_key key, struct wf_string *frames);

/* What was found was used: the file is not the one that goes when there are many. */
void cli_verdict_cache_note_hit(struct cli_verdict_cache *cache);

void cli_verdict_cache_add(struct cli_verdict_cache *cache, struct cli_cache_key key, struct wf_string frames);

/* Keeps what was added. */
void cli_verdict_cache_close(struct cli_verdict_cache *cache);

#endif
