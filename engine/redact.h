/*
 * Histories without what they hold of their users' data: every value becomes a placeholder of the same shape.
 */
#ifndef WF_ENGINE_REDACT_H
#define WF_ENGINE_REDACT_H

#include <stdbool.h>

#include "engine/base/arena.h"
#include "engine/base/map.h"
#include "engine/history.h"

/*
 * The placeholders given so far. Equal values get equal ones for as long as it lives, and values of one shape other ones as
 * long as the shape has room. A placeholder tells how manieth of its shape a value was, and nothing else: a hash would be
 * found again by whoever can guess the value.
 */
struct wf_redaction {
    struct wf_arena *arena;
    struct wf_map placeholders; /* struct wf_string, by kind and value */
    struct wf_map shapes;       /* uint32_t: how many values of this shape came before */
    bool is_full;
};

/* The arena holds every different value once. */
void wf_redaction_init(struct wf_redaction *redaction, struct wf_arena *arena);

/*
 * Replaces, in place: the data of payloads (JSON keeps its structure, the names of members and null; other data its length),
 * their metadata but encoding and type; messages of failures, but for the service's own words, and stack traces; identities,
 * reasons, headers and addresses of Nexus calls, keys of fairness, names of workers' own (sticky) queues, which hold their host.
 * Ids, names and types of workflows, activities, signals and other queues stay, as do times, cron schedules, keys of memo and search
 * attributes (they are names, as those of members are), the names in TemporalChangeVersion, and what SDKs write into markers for
 * themselves. What a codec encrypted stays whole. Fields of a newer schema are dropped: nobody knows what is in them.
 *
 * arena   the history's.
 * Returns false when memory is short.
 */
bool wf_redact_history(struct wf_redaction *redaction, struct wf_arena *arena, struct wf_history *history);

#endif
