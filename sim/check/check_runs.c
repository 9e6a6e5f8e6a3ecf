/*
 * Of every history what others may know of it is kept, and judged once all are there: ids, chains of runs, and resets. What
 * one run says of another is a link (check_runs_links.c).
 */
#include "sim/check/check_runs.h"

#include "engine/base/hash.h"
#include "engine/codec.h"
#include "engine/time.h"
#include "sim/check/history_facts.h"
#include "sim/check/runs_facts.h"

#define DIGESTS_MAX ((size_t)8 << 20) /* events; beyond that resets are not compared with their base */
#define TOLERANCE_NS WF_NS_PER_MS /* the clocks' last digit */

void sim_runs_find(struct sim_runs *runs, const struct sim_run_facts *run, const char *invariant, int64_t event_id,
                   const char *format, ...)
{
    struct sim_run_findings *findings = runs->findings;
    struct wf_buffer sentence;
    va_list arguments;

    if (findings->count == SIM_HISTORY_FINDINGS_MAX) {
        findings->dropped_count++;
        return;
    }
    wf_buffer_init(&sentence, runs->arena);
    va_start(arguments, format);
    wf_buffer_vprintf(&sentence, format, arguments);
    va_end(arguments);
    runs->is_full = runs->is_full || sentence.is_full;
    findings->items[findings->count++] = (struct sim_run_finding){
        .tag = run->tag, .workflow_id = run->workflow_id, .finding = {invariant, event_id, wf_buffer_string(&sentence)}};
}

/* ---- Gathering ---- */

static struct wf_string key_of(struct wf_buffer *key, uint64_t group, struct wf_string run_id)
{
    wf_buffer_printf(key, "%llu ", (unsigned long long)group);
    wf_buffer_append_string(key, run_id);
    return wf_buffer_string(key);
}

void *sim_runs_find_in(const struct sim_runs *runs, const struct wf_map *map, uint64_t group, struct wf_string text)
{
    const struct wf_arena_mark mark = wf_arena_mark(runs->arena);
    void *value = NULL;
    struct wf_buffer key;

    wf_buffer_init(&key, runs->arena);
    value = wf_map_get(map, key_of(&key, group, text));
    wf_arena_rewind(runs->arena, mark);
    return value;
}

void sim_runs_put_in(struct sim_runs *runs, struct wf_map *map, uint64_t group, struct wf_string text, void *value)
{
    struct wf_buffer key;

    wf_buffer_init(&key, runs->arena);
    (void)key_of(&key, group, text);
    if (key.is_full || !wf_map_set(map, wf_buffer_string(&key), value)) {
        runs->is_full = true;
    }
}

struct sim_run_facts *sim_runs_get(const struct sim_runs *runs, uint64_t group, struct wf_string run_id)
{
    return run_id.size_bytes == 0 ? NULL : sim_runs_find_in(runs, &runs->by_id, group, run_id);
}

static struct wf_string keep(struct sim_runs *runs, struct wf_string text)
{
    const struct wf_string copy = wf_string_copy(runs->arena, text);

    runs->is_full = runs->is_full || (text.size_bytes > 0 && copy.data == NULL);
    return copy;
}

static uint64_t digest_of(struct sim_runs *runs, const struct wf_message_type *type, const void *message)
{
    const struct wf_arena_mark mark = wf_arena_mark(runs->arena);
    struct wf_buffer bytes;
    uint64_t digest = 0;

    if (message == NULL) {
        return 0;
    }
    wf_buffer_init(&bytes, runs->arena);
    wf_wire_encode(type, message, &bytes);
    runs->is_full = runs->is_full || bytes.is_full;
    digest = wf_hash_bytes(bytes.data, bytes.size_bytes);
    wf_arena_rewind(runs->arena, mark);
    return digest;
}

static void add_link(struct sim_runs *runs, struct sim_run_facts *run, const struct wf_event *event,
                     const struct wf_workflow_execution *execution, struct sim_run_link link)
{
    struct sim_run_link *place = WF_LIST_APPEND(runs->arena, run->links);

    if (place == NULL) {
        runs->is_full = true;
        return;
    }
    link.event_type = event->event_type;
    link.event_id = event->event_id;
    if (execution != NULL) {
        link.workflow_id = keep(runs, execution->workflow_id);
        link.run_id = keep(runs, execution->run_id);
    }
    *place = link;
}

#define INITIATED(name) ((struct sim_run_link){.initiated_event_id = event->attributes.name->initiated_event_id})
#define ENDED(name, type, member)                                                                                      \
    ((struct sim_run_link){.initiated_event_id = event->attributes.name->initiated_event_id,                           \
                           .digest = digest_of(runs, &wf_type_##type, event->attributes.name->member)})

static void gather_child(struct sim_runs *runs, struct sim_run_facts *run, const struct wf_event *event)
{
    switch (event->event_type) {
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED:
        add_link(runs, run, event, event->attributes.child_workflow_execution_started->workflow_execution,
                 INITIATED(child_workflow_execution_started));
        break;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED:
        add_link(runs, run, event, event->attributes.child_workflow_execution_completed->workflow_execution,
                 ENDED(child_workflow_execution_completed, payloads, result));
        break;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED:
        add_link(runs, run, event, event->attributes.child_workflow_execution_failed->workflow_execution,
                 ENDED(child_workflow_execution_failed, failure, failure));
        break;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED:
        add_link(runs, run, event, event->attributes.child_workflow_execution_canceled->workflow_execution,
                 ENDED(child_workflow_execution_canceled, payloads, details));
        break;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT:
        add_link(runs, run, event, event->attributes.child_workflow_execution_timed_out->workflow_execution,
                 INITIATED(child_workflow_execution_timed_out));
        break;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED:
        add_link(runs, run, event, event->attributes.child_workflow_execution_terminated->workflow_execution,
                 INITIATED(child_workflow_execution_terminated));
        break;
    default:
        break;
    }
}

static void gather_external(struct sim_runs *runs, struct sim_run_facts *run, const struct wf_event *event)
{
    switch (event->event_type) {
    case WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
        add_link(runs, run, event, event->attributes.signal_external_workflow_execution_initiated->workflow_execution,
                 (struct sim_run_link){.initiated_event_id = event->event_id});
        break;
    case WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED:
        add_link(runs, run, event, event->attributes.external_workflow_execution_signaled->workflow_execution,
                 INITIATED(external_workflow_execution_signaled));
        break;
    case WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED:
        add_link(runs, run, event, event->attributes.signal_external_workflow_execution_failed->workflow_execution,
                 (struct sim_run_link){.cause = event->attributes.signal_external_workflow_execution_failed->cause});
        break;
    case WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
        add_link(runs, run, event, event->attributes.external_workflow_execution_cancel_requested->workflow_execution,
                 INITIATED(external_workflow_execution_cancel_requested));
        break;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
        if (event->attributes.workflow_execution_signaled->external_workflow_execution != NULL) {
            add_link(runs, run, event, event->attributes.workflow_execution_signaled->external_workflow_execution,
                     (struct sim_run_link){0});
        }
        break;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
        run->has_cancel_request = true;
        break;
    default:
        break;
    }
}

static void gather_start(struct sim_runs *runs, struct sim_run_facts *run, const struct wf_event *event)
{
    const struct wf_event_workflow_execution_started *started = event->attributes.workflow_execution_started;

    run->start_time = event->event_time;
    run->backoff = started->first_workflow_task_backoff;
    run->expiration = started->workflow_execution_expiration_time;
    run->continued_run_id = keep(runs, started->continued_execution_run_id);
    run->first_run_id = keep(runs, started->first_execution_run_id);
    run->original_run_id = keep(runs, started->original_execution_run_id);
    run->parent_initiated_event_id = started->parent_initiated_event_id;
    run->attempt = started->attempt;
    run->initiator = started->initiator;
    if (started->parent_workflow_execution != NULL) {
        run->parent_workflow_id = keep(runs, started->parent_workflow_execution->workflow_id);
        run->parent_run_id = keep(runs, started->parent_workflow_execution->run_id);
    }
}

static void gather_close(struct sim_runs *runs, struct sim_run_facts *run, const struct wf_event *event)
{
    run->close_type = event->event_type;
    if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED) {
        run->new_run_id = keep(runs, event->attributes.workflow_execution_completed->new_execution_run_id);
        run->close_digest = digest_of(runs, &wf_type_payloads, event->attributes.workflow_execution_completed->result);
    } else if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED) {
        run->new_run_id = keep(runs, event->attributes.workflow_execution_failed->new_execution_run_id);
        run->close_digest = digest_of(runs, &wf_type_failure, event->attributes.workflow_execution_failed->failure);
    } else if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT) {
        run->new_run_id = keep(runs, event->attributes.workflow_execution_timed_out->new_execution_run_id);
    } else if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW) {
        run->new_run_id = keep(runs, event->attributes.workflow_execution_continued_as_new->new_execution_run_id);
    } else if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED) {
        run->close_digest = digest_of(runs, &wf_type_payloads, event->attributes.workflow_execution_canceled->details);
    } else {
        run->is_reset_away =
            wf_string_is(event->attributes.workflow_execution_terminated->identity, "history-resetter");
    }
}

static void gather_event(struct sim_runs *runs, struct sim_run_facts *run, const struct wf_event *event)
{
    if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED) {
        gather_start(runs, run, event);
    } else if (wf_event_is_close(event->event_type)) {
        gather_close(runs, run, event);
    } else if (event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_FAILED &&
               event->attributes.workflow_task_failed->cause == WF_WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW) {
        /* Of a run that was reset more than once the last one says which it is. */
        run->base_run_id = keep(runs, event->attributes.workflow_task_failed->base_run_id);
        run->run_id = event->attributes.workflow_task_failed->new_run_id.size_bytes == 0
                          ? run->run_id
                          : keep(runs, event->attributes.workflow_task_failed->new_run_id);
        run->reset_event_id = event->event_id;
    } else {
        gather_child(runs, run, event);
        gather_external(runs, run, event);
    }
}

static void gather(struct sim_runs *runs, struct sim_run_facts *run, const struct sim_run_history *history)
{
    const bool keeps_digests = history->keeps_digests && runs->digest_count + history->event_count <= DIGESTS_MAX;

    if (keeps_digests) {
        run->digests = wf_arena_take_array(runs->arena, history->event_count, sizeof *run->digests);
        runs->is_full = runs->is_full || run->digests == NULL;
        runs->digest_count += history->event_count;
    }
    for (uint32_t i = 0; i < history->event_count && !runs->is_full; i++) {
        gather_event(runs, run, &history->events[i]);
        if (run->digests != NULL) {
            run->digests[i] = digest_of(runs, &wf_type_event, &history->events[i]);
        }
    }
}

/* What leans on ids and attributes is not asked of histories without them (I1, I4). */
static bool is_sound(const struct sim_run_history *history)
{
    for (uint32_t i = 0; i < history->event_count; i++) {
        const struct wf_event *event = &history->events[i];

        if (event->event_id != (int64_t)i + 1 || !wf_event_has_attributes(event) ||
            (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED) != (i == 0)) {
            return false;
        }
    }
    return history->event_count > 0;
}

struct sim_runs *sim_runs_new(struct wf_arena *arena)
{
    struct sim_runs *runs = WF_ARENA_NEW(arena, struct sim_runs);

    if (runs != NULL) {
        runs->arena = arena;
        wf_map_init(&runs->by_id, arena);
        wf_map_init(&runs->by_workflow, arena);
        wf_map_init(&runs->by_parent, arena);
    }
    return runs;
}

enum wf_status sim_runs_add(struct sim_runs *runs, const struct sim_run_history *history, struct wf_error *err)
{
    struct sim_run_facts *run = NULL;

    if (!is_sound(history)) {
        return WF_OK;
    }
    run = WF_ARENA_NEW(runs->arena, struct sim_run_facts);
    if (run == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory to remember a run");
    }
    run->group = history->group;
    run->tag = history->tag;
    run->is_foreign = history->is_foreign;
    run->clock_spread_ns = history->clock_spread_ns;
    run->event_count = history->event_count;
    run->workflow_id = keep(runs, history->workflow_id);
    run->run_id = keep(runs, history->run_id);
    gather(runs, run, history);
    if (run->run_id.size_bytes == 0) {
        run->run_id = run->original_run_id;
    }
    /* Of a later run of a chain an old export names the first one only, which is another. */
    if (run->is_foreign && run->original_run_id.size_bytes == 0 && run->continued_run_id.size_bytes > 0 &&
        wf_string_equal(run->run_id, run->first_run_id)) {
        run->run_id = (struct wf_string){NULL, 0};
    }
    if (runs->last == NULL) {
        runs->first = run;
    } else {
        runs->last->next = run;
    }
    runs->last = run;
    return runs->is_full ? wf_fail_status(err, WF_ERR_MEMORY, "no memory to remember a run") : WF_OK;
}

/* ---- I78 ---- */

/* Servers before 1.20 do not say the workflow's id in its history. */
static bool is_same_workflow(const struct sim_run_facts *left, const struct sim_run_facts *right)
{
    return left->workflow_id.size_bytes == 0 || right->workflow_id.size_bytes == 0 ||
           wf_string_equal(left->workflow_id, right->workflow_id);
}

/*
 * Enters each run by its id. Who keeps exports keeps some run twice: earlier and later, as it was and as edited. The longer one
 * stands for it.
 */
static void enter(struct sim_runs *runs, struct sim_run_facts *run)
{
    struct sim_run_facts *other = sim_runs_get(runs, run->group, run->run_id);

    if (run->run_id.size_bytes == 0) {
        return;
    }
    if (other != NULL && (!is_same_workflow(other, run) || runs->is_complete)) {
        sim_runs_find(runs, run, "I78", 1, "run %S is of workflow \"%S\" here and of \"%S\" elsewhere", &run->run_id,
                      &run->workflow_id, &other->workflow_id);
        return;
    }
    if (other != NULL && other->event_count >= run->event_count) {
        return;
    }
    sim_runs_put_in(runs, &runs->by_id, run->group, run->run_id, run);
    run->next_of_workflow = sim_runs_find_in(runs, &runs->by_workflow, run->group, run->workflow_id);
    sim_runs_put_in(runs, &runs->by_workflow, run->group, run->workflow_id, run);
}

/* ---- I79, I81, I82: chains ---- */

static bool is_set(struct wf_timestamp time)
{
    return time.seconds > 0 || time.nanos > 0;
}

static void check_successor(struct sim_runs *runs, const struct sim_run_facts *run, const struct sim_run_facts *next)
{
    const int64_t apart_ns = sim_time_difference(next->start_time, run->start_time);
    const int32_t attempt =
        next->initiator == WF_CONTINUE_AS_NEW_INITIATOR_RETRY ? run->attempt + 1 : 1;

    if (!wf_string_equal(next->first_run_id, run->first_run_id) ||
        (next->attempt != attempt && next->attempt != 0 && run->attempt != 0) ||
        (is_set(run->expiration) && is_set(next->expiration) && next->base_run_id.size_bytes == 0 &&
         run->base_run_id.size_bytes == 0 && sim_time_difference(next->expiration, run->expiration) != 0)) {
        sim_runs_find(runs, next, "I81", 1,
                      "run %S follows run %S, and its first run, attempt or expiration does not follow from that",
                      &next->run_id, &run->run_id);
    }
    /* Servers before 1.17 let a chain run faster. */
    if (!run->is_foreign && apart_ns + wf_time_of(next->backoff) < WF_NS_PER_S - TOLERANCE_NS - next->clock_spread_ns) {
        sim_runs_find(runs, next, "I82", 1, "run %S begins less than a second after run %S, which it follows",
                      &next->run_id, &run->run_id);
    }
}

static void check_chain(struct sim_runs *runs, const struct sim_run_facts *run)
{
    const struct sim_run_facts *next = sim_runs_get(runs, run->group, run->new_run_id);
    const struct sim_run_facts *before = sim_runs_get(runs, run->group, run->continued_run_id);

    if (run->new_run_id.size_bytes > 0 && next == NULL && runs->is_complete) {
        sim_runs_find(runs, run, "I79", run->event_count, "run %S names run %S as its successor, which does not exist",
                      &run->run_id, &run->new_run_id);
    } else if (next != NULL && (!wf_string_equal(next->continued_run_id, run->run_id) ||
                                !is_same_workflow(next, run))) {
        sim_runs_find(runs, next, "I79", 1, "run %S does not say that it follows run %S, which names it", &next->run_id,
                      &run->run_id);
    } else if (next != NULL) {
        check_successor(runs, run, next);
    }
    /* The copies that resets make of a run repeat whom it follows. */
    if (before != NULL && run->base_run_id.size_bytes == 0 && !wf_string_equal(before->new_run_id, run->run_id) &&
        (before->close_type != 0 || runs->is_complete)) {
        sim_runs_find(runs, run, "I79", 1, "run %S says that it follows run %S, which does not name it", &run->run_id,
                      &before->run_id);
    }
}

/* ---- I86: resets ---- */

/* What precedes the failed task, but for a Scheduled and a Started that the reset may have written, is the base's. */
static void check_reset(struct sim_runs *runs, const struct sim_run_facts *run)
{
    const struct sim_run_facts *base = sim_runs_get(runs, run->group, run->base_run_id);
    uint32_t same = 0;

    if (run->base_run_id.size_bytes == 0 || base == NULL || base->digests == NULL || run->digests == NULL) {
        return;
    }
    if (!wf_string_equal(run->original_run_id, base->original_run_id)) {
        sim_runs_find(runs, run, "I86", 1, "run %S was made by a reset of run %S and has another original run",
                      &run->run_id, &base->run_id);
    }
    while (same < base->event_count && same < run->event_count && run->digests[same] == base->digests[same]) {
        same++;
    }
    if ((int64_t)same + 1 + 2 < run->reset_event_id) {
        sim_runs_find(runs, run, "I86", (int64_t)same + 1, "event %u of run %S is not the one of run %S, which was reset",
                      same + 1, &run->run_id, &base->run_id);
    }
}

enum wf_status sim_runs_check(struct sim_runs *runs, bool is_complete, struct sim_run_findings *findings,
                              struct wf_error *err)
{
    findings->count = 0;
    findings->dropped_count = 0;
    runs->findings = findings;
    runs->is_complete = is_complete;
    for (struct sim_run_facts *run = runs->first; run != NULL; run = run->next) {
        enter(runs, run);
    }
    for (struct sim_run_facts *run = runs->first; run != NULL; run = run->next) {
        struct sim_run_facts *base = sim_runs_get(runs, run->group, run->base_run_id);

        if (base != NULL) {
            base->was_reset = true;
        }
    }
    for (struct sim_run_facts *run = runs->first; run != NULL && !runs->is_full; run = run->next) {
        if (sim_runs_get(runs, run->group, run->run_id) == run) {
            check_chain(runs, run);
            check_reset(runs, run);
            sim_runs_check_links(runs, run);
        }
    }
    return runs->is_full ? wf_fail_status(err, WF_ERR_MEMORY, "no memory to compare runs") : WF_OK;
}
