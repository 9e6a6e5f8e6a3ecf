/*
 * Engine invariants that are on in every run, replayed from the records as they come: they cost a comparison each.
 * Whole histories are verified by check_history.c when a run closes.
 */
#include "engine/base/assert.h"
#include "sim/check/track.h"

/* What the database holds of one shard. */
struct shard {
    int64_t range_id;
};

void sim_checks_break_invariant(struct sim_checks *checks, unsigned number, const char *cause,
                                struct sim_workflow_track *workflow, const struct sim_record *record,
                                struct wf_string sentence)
{
    struct wf_buffer name;

    WF_ASSERT(number >= 1 && number <= SIM_INVARIANTS_MAX);
    if (workflow != NULL) {
        if ((workflow->broken_invariants[number / 64] >> number % 64 & 1) != 0) {
            return;
        }
        workflow->broken_invariants[number / 64] |= UINT64_C(1) << number % 64;
    }
    wf_buffer_init(&name, checks->arena);
    wf_buffer_printf(&name, "I%u", number);
    checks->is_full = checks->is_full || name.is_full;
    sim_checks_break(checks, &(struct sim_break){
                                 .check = SIM_CHECKS_MAX,
                                 .invariant = wf_buffer_string(&name),
                                 .cause = cause,
                                 .workflow = workflow,
                                 .fault = sim_checks_fault_between(
                                     checks, workflow, record->node, workflow == NULL ? 0 : workflow->start_ns,
                                     record->time_ns),
                                 .time_ns = record->time_ns,
                                 .step = record->step,
                                 .sentence = sentence,
                             });
}

static void break_event(struct sim_checks *checks, unsigned number, const char *cause,
                        struct sim_workflow_track *workflow, const struct sim_record *record)
{
    struct wf_buffer sentence;

    wf_buffer_init(&sentence, checks->arena);
    wf_buffer_printf(&sentence, "event %lld %S of %S: %s; the event before it is %lld %s", (long long)record->x,
                     &record->a, &workflow->id, cause, (long long)workflow->last_event_id,
                     workflow->last_event_id == 0 ? "(none)" : wf_event_type_name(workflow->last_event_type));
    sim_checks_break_invariant(checks, number, cause, workflow, record, wf_buffer_string(&sentence));
}

/* I13: Scheduled (Started (Completed | Failed | TimedOut) | TimedOut | Failed)?, over and over. */
static void check_task_grammar(struct sim_checks *checks, struct sim_workflow_track *workflow,
                               const struct sim_record *record)
{
    enum sim_task_state next = workflow->task;
    bool is_allowed = true;

    switch (record->y) {
    case WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED:
        is_allowed = workflow->task == SIM_TASK_NONE || workflow->is_at_reset;
        next = SIM_TASK_SCHEDULED;
        break;
    case WF_EVENT_TYPE_WORKFLOW_TASK_STARTED:
        is_allowed = workflow->task == SIM_TASK_SCHEDULED;
        next = SIM_TASK_STARTED;
        break;
    case WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
        is_allowed = workflow->task == SIM_TASK_STARTED;
        next = SIM_TASK_NONE;
        break;
    case WF_EVENT_TYPE_WORKFLOW_TASK_FAILED:
    case WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
        is_allowed = workflow->task != SIM_TASK_NONE;
        next = SIM_TASK_NONE;
        break;
    default:
        break;
    }
    if (!is_allowed) {
        break_event(checks, 13, "a workflow task event out of turn", workflow, record);
    }
    workflow->task = next;
}

/* The run goes on where its copied events end, with the task that they leave. */
static void begin_at(struct sim_workflow_track *workflow, const struct sim_record *record)
{
    workflow->last_event_id = record->x - 1;
    workflow->last_event_type = (int32_t)record->y;
    workflow->has_closed_event = false;
    workflow->is_at_reset = true;
    workflow->task = record->y == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED ? SIM_TASK_SCHEDULED
                     : record->y == WF_EVENT_TYPE_WORKFLOW_TASK_STARTED ? SIM_TASK_STARTED
                                                                        : SIM_TASK_NONE;
}

static void check_event(struct sim_checks *checks, struct sim_workflow_track *workflow,
                        const struct sim_record *record)
{
    const bool is_start = record->y == WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED;

    if (record->x == 1 && is_start) {
        workflow->last_event_id = 0;
        workflow->has_closed_event = false;
        workflow->task = SIM_TASK_NONE;
    }
    if (record->x != workflow->last_event_id + 1) {
        break_event(checks, 1, "event ids have a gap or repeat", workflow, record);
    }
    if ((record->x == 1) != is_start) {
        break_event(checks, 2, "event 1 and only event 1 starts a run", workflow, record);
    }
    if (workflow->has_closed_event) {
        break_event(checks, 3, "an event follows the close", workflow, record);
    }
    check_task_grammar(checks, workflow, record);
    workflow->is_at_reset = false;
    workflow->has_closed_event = wf_event_is_close((int32_t)record->y);
    workflow->last_event_id = record->x;
    workflow->last_event_type = (int32_t)record->y;
}

/* I77: at every instant at most one run of a workflow id is open. The step is the instant: one transaction may close a run
 * and open its successor in any order. */
static void check_one_open_run(struct sim_checks *checks, struct sim_workflow_track *workflow,
                               const struct sim_record *record)
{
    struct wf_buffer sentence;

    if (workflow->open_count < 2 || record->step == workflow->two_open_step) {
        return;
    }
    wf_buffer_init(&sentence, checks->arena);
    wf_buffer_printf(&sentence, "%u runs of %S are open at once", workflow->open_count, &workflow->id);
    sim_checks_break_invariant(checks, 77, "two open runs of one id", workflow, record, wf_buffer_string(&sentence));
}

/* ---- I88: every committed write carries the range id that is stored; range ids only grow ---- */

static struct shard *find_shard(struct sim_checks *checks, int64_t number)
{
    struct wf_arena_mark mark;
    const struct wf_string key = sim_checks_key(checks, &mark, WF_STR("shard"), WF_STR(""), number);
    struct shard *shard = key.data == NULL ? NULL : wf_map_get(&checks->shards, key);

    if (shard != NULL || key.data == NULL) {
        wf_arena_rewind(checks->arena, mark);
        return shard;
    }
    shard = WF_ARENA_NEW(checks->arena, struct shard);
    if (shard == NULL || !wf_map_set(&checks->shards, key, shard)) {
        checks->is_full = true;
        return NULL;
    }
    return shard;
}

static void check_fencing(struct sim_checks *checks, const struct sim_record *record)
{
    struct shard *shard = find_shard(checks, record->x);
    const bool is_acquired = record->kind == SIM_RECORD_SHARD_ACQUIRED;
    struct wf_buffer sentence;

    if (shard == NULL) {
        return;
    }
    wf_buffer_init(&sentence, checks->arena);
    if (is_acquired && record->y <= shard->range_id) {
        wf_buffer_printf(&sentence, "%S acquired shard %lld with range id %lld, and %lld was stored already",
                         &record->node, (long long)record->x, (long long)record->y, (long long)shard->range_id);
        sim_checks_break_invariant(checks, 88, "a range id did not grow", NULL, record, wf_buffer_string(&sentence));
    } else if (!is_acquired && shard->range_id != 0 && record->y != shard->range_id) {
        wf_buffer_printf(&sentence,
                         "a write of %S to shard %lld was committed with range id %lld while %lld is stored: a process "
                         "that lost the shard still writes",
                         &record->node, (long long)record->x, (long long)record->y, (long long)shard->range_id);
        sim_checks_break_invariant(checks, 88, "a write of a fenced owner was committed", NULL, record,
                        wf_buffer_string(&sentence));
    }
    if (record->y > shard->range_id) {
        shard->range_id = record->y;
    }
}

/* Also what nobody was told of is committed: the writer believes that the outcome is unknown. */
static bool is_committed_write(const struct sim_record *record)
{
    return record->kind == SIM_RECORD_WRITE &&
           (wf_string_is(record->a, "ok") || wf_string_is(record->a, "unknown, written"));
}

void sim_check_engine_record(struct sim_checks *checks, const struct sim_record *record,
                             struct sim_workflow_track *workflow)
{
    if (record->kind == SIM_RECORD_SHARD_ACQUIRED || is_committed_write(record)) {
        check_fencing(checks, record);
        return;
    }
    if (workflow == NULL) {
        return;
    }
    if (record->kind == SIM_RECORD_EVENT) {
        check_event(checks, workflow, record);
    } else if (record->kind == SIM_RECORD_RUN_RESET || record->kind == SIM_RECORD_RUN_RESTORED) {
        begin_at(workflow, record);
    }
    check_one_open_run(checks, workflow, record);
}

void sim_checks_invariant(struct sim_checks *checks, struct wf_string workflow_id, const char *invariant,
                          struct wf_string sentence, wf_time_ns now_ns, uint64_t step)
{
    struct sim_workflow_track *workflow = sim_checks_workflow(checks, workflow_id);
    const struct sim_record at = {.time_ns = now_ns, .step = step};
    unsigned number = 0;

    for (const char *digit = invariant + 1; wf_is_digit(*digit); digit++) {
        number = number * 10 + (unsigned)(*digit - '0');
    }
    sim_checks_break_invariant(checks, number, "history breaks an invariant", workflow, &at,
                               wf_string_copy(checks->arena, sentence));
}
