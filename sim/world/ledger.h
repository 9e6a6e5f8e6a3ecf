/*
 * The ledger: every effect that activities had on the outside world, by business key. With once_per the outside world
 * recognises a repeated effect; an undo then voids the key, and a later effect with it is refused (DESIGN section 4
 * "Activities").
 */
#ifndef WF_SIM_WORLD_LEDGER_H
#define WF_SIM_WORLD_LEDGER_H

#include "engine/base/arena.h"
#include "engine/base/bytes.h"
#include "engine/base/map.h"
#include "engine/time.h"
#include "sim/config.h"

enum sim_ledger_result {
    SIM_LEDGER_DONE,     /* the effect happened */
    SIM_LEDGER_REPEATED, /* recognised: it had happened */
    SIM_LEDGER_REFUSED,  /* its key was voided by an undo */
    SIM_LEDGER_UNDONE,
    SIM_LEDGER_NOTHING,  /* an undo of what never happened succeeds */
};

struct sim_ledger_entry {
    struct wf_string effect;
    struct wf_string key;
    struct wf_string workflow_id;
    struct wf_string run_id;
    struct wf_string activity_id;
    struct wf_string activity_type;
    struct wf_string node;
    int32_t attempt;
    bool is_undo;
    enum sim_ledger_result result;
    wf_time_ns time_ns;
    uint64_t step;
};

struct sim_ledger {
    struct wf_arena *arena;
    struct sim_ledger_entry *entries;
    uint32_t count;
    uint32_t capacity;
    struct wf_map keys; /* once_per key -> state */
};

void sim_ledger_init(struct sim_ledger *ledger, struct wf_arena *arena);

/* Applies an effect and records it; strings are copied. once_per empty: no deduplication. False when memory is gone. */
bool sim_ledger_apply(struct sim_ledger *ledger, const struct sim_ledger_entry *entry, struct wf_string once_per,
                      enum sim_ledger_result *result);

/* Net count of an effect for a key: done minus undone, never below 0. */
int32_t sim_ledger_balance(const struct sim_ledger *ledger, struct wf_string effect, struct wf_string key);

#endif
