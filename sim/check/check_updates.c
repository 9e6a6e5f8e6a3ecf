/*
 * What clients are told of updates, and what queries reflect (I73, I74, I75, I76). Histories are compared with answers by the
 * outcomes' digests. What a query must reflect is counted: the signals and updates of the run that were acknowledged before it
 * was sent. Runs of a chain do not share them, so workflows with several runs are left out.
 */
#include "engine/base/assert.h"
#include "sim/check/track.h"

#define OUTCOMES_MAX 4 /* of one id: each run of a chain may have one */

/* One update id of one workflow. */
struct update {
    bool is_accepted;
    bool is_told; /* to some client */
    uint64_t outcomes[OUTCOMES_MAX]; /* in history */
    uint32_t outcome_count;
};

/* What a query must reflect. */
struct query {
    uint32_t signal_count;
    uint32_t update_count;
};

static void find(struct sim_checks *checks, unsigned number, struct sim_workflow_track *workflow,
                 const struct sim_record *at, const char *cause)
{
    struct wf_buffer sentence;

    wf_buffer_init(&sentence, checks->arena);
    wf_buffer_printf(&sentence, "%S: %s (%S)", &workflow->id, cause, &at->a);
    checks->is_full = checks->is_full || sentence.is_full;
    sim_checks_break_invariant(checks, number, cause, workflow, at, wf_buffer_string(&sentence));
}

/* The entry with this key; NULL when there is none, unless size_bytes says how large a new one is. */
static void *entry(struct sim_checks *checks, struct wf_map *map, const struct sim_record *record,
                   struct wf_string second, int64_t number, size_t size_bytes)
{
    struct wf_arena_mark mark;
    const struct wf_string key = sim_checks_key(checks, &mark, record->subject, second, number);
    void *value = key.data == NULL ? NULL : wf_map_get(map, key);

    if (value != NULL || key.data == NULL || size_bytes == 0) {
        wf_arena_rewind(checks->arena, mark);
        return value;
    }
    value = wf_arena_take(checks->arena, size_bytes);
    if (value == NULL || !wf_map_set(map, key, value)) {
        checks->is_full = true;
        return NULL;
    }
    return value;
}

/* ---- Updates ---- */

static void see_event(struct sim_checks *checks, const struct sim_record *record)
{
    struct update *update = entry(checks, &checks->updates, record, record->a, 0, sizeof *update);

    if (update == NULL) {
        return;
    }
    update->is_accepted = true;
    if (wf_string_is(record->b, "completed") && update->outcome_count < OUTCOMES_MAX) {
        update->outcomes[update->outcome_count++] = (uint64_t)record->x;
    }
}

static bool has_outcome(const struct update *update, uint64_t digest)
{
    for (uint32_t i = 0; i < update->outcome_count; i++) {
        if (update->outcomes[i] == digest) {
            return true;
        }
    }
    return update->outcome_count == OUTCOMES_MAX;
}

static void hear_update(struct sim_checks *checks, const struct sim_record *record, struct sim_workflow_track *workflow)
{
    struct update *update = entry(checks, &checks->updates, record, record->a, 0, 0);
    const bool is_completed = wf_string_is(record->b, "completed") || wf_string_is(record->b, "failed");

    if (wf_string_is(record->b, "admitted") || wf_string_is(record->b, "rejected")) {
        return; /* leave no trace */
    }
    if (update == NULL || !update->is_accepted) {
        find(checks, 74, workflow, record, "a client was told that an update is accepted, and history does not have it");
    } else if (is_completed && !has_outcome(update, (uint64_t)record->x)) {
        find(checks, 73, workflow, record, "a client was told an outcome of an update that is not in history");
    }
    if (update != NULL && !update->is_told) {
        update->is_told = true;
        workflow->told_update_count++;
    }
}

/* ---- Queries ---- */

static bool is_action(const struct sim_checks *checks, enum sim_client_action action, struct wf_string name)
{
    for (uint32_t i = 0; i < checks->config->client_count; i++) {
        if (checks->config->clients[i].action == action &&
            wf_string_equal(checks->config->clients[i].name_of, name)) {
            return true;
        }
    }
    return false;
}

static void see_sent(struct sim_checks *checks, const struct sim_record *record, struct sim_workflow_track *workflow)
{
    struct query *query = !is_action(checks, SIM_CLIENT_QUERY, record->a)
                              ? NULL
                              : entry(checks, &checks->queries, record, record->node, record->x, sizeof *query);

    if (query != NULL) {
        query->signal_count = workflow->told_signal_count;
        query->update_count = workflow->told_update_count;
    }
}

static void hear_query(struct sim_checks *checks, const struct sim_record *record, struct sim_workflow_track *workflow)
{
    const struct query *query = entry(checks, &checks->queries, record, record->node, record->x, 0);
    const uint32_t signal_count = (uint32_t)((uint64_t)record->y >> 32);
    const uint32_t update_count = (uint32_t)record->y;

    if (query == NULL || workflow->run_count != 1) {
        return;
    }
    if (signal_count < query->signal_count) {
        find(checks, 76, workflow, record, "a query does not reflect a signal that was acknowledged before");
    } else if (update_count < query->update_count) {
        find(checks, 76, workflow, record, "a query does not reflect an update that was acknowledged before");
    }
}

void sim_check_updates_record(struct sim_checks *checks, const struct sim_record *record,
                              struct sim_workflow_track *workflow)
{
    if (workflow == NULL) {
        return;
    }
    if (record->kind == SIM_RECORD_UPDATED) {
        see_event(checks, record);
    } else if (record->kind == SIM_RECORD_UPDATE) {
        hear_update(checks, record, workflow);
    } else if (record->kind == SIM_RECORD_SENT) {
        see_sent(checks, record, workflow);
    } else if (record->kind == SIM_RECORD_ANSWERED && wf_string_is(record->b, "accepted") &&
               is_action(checks, SIM_CLIENT_SIGNAL, record->a)) {
        workflow->told_signal_count++;
    } else if (record->kind == SIM_RECORD_QUERIED) {
        hear_query(checks, record, workflow);
    } else if (record->kind == SIM_RECORD_QUERY_WROTE) {
        find(checks, 75, workflow, record, "a query writes");
    }
}
