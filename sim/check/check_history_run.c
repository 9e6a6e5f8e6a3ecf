/*
 * Invariants of a run as a whole: that its events keep their meaning in every encoding, its size, how it may end, and the
 * markers by which SDKs leave notes for themselves (engine-semantics 10.1, 10.6, 10.9, 10.11).
 */
#include "engine/codec.h"
#include "engine/time.h"
#include "sim/check/history_facts.h"

#define EVENTS_MAX 51200       /* at which a run is terminated */
#define EVENTS_LAST 102        /* by which that may exceed it: two events and a full buffer */
#define SIGNALS_MAX 10000

/* ---- I10: encodings ---- */

/* Encoded as protobuf, the event must read back as what encodes the same; and so through JSON. */
static bool is_same_in(struct sim_history_facts *facts, const struct wf_event *event, bool is_json)
{
    struct wf_event again = {0};
    struct wf_error err = {0};
    struct wf_buffer first;
    struct wf_buffer second;
    enum wf_status status = WF_OK;

    wf_buffer_init(&first, facts->arena);
    wf_buffer_init(&second, facts->arena);
    if (is_json) {
        wf_json_encode(&wf_type_event, event, &first);
        status = wf_json_decode(facts->arena, &wf_type_event, wf_buffer_string(&first), &again, NULL, &err);
    } else {
        wf_wire_encode(&wf_type_event, event, &first);
        status = wf_wire_decode(facts->arena, &wf_type_event, wf_buffer_string(&first), &again, &err);
    }
    if (status == WF_OK && is_json) {
        wf_json_encode(&wf_type_event, &again, &second);
    } else if (status == WF_OK) {
        wf_wire_encode(&wf_type_event, &again, &second);
    }
    facts->is_full = facts->is_full || status == WF_ERR_MEMORY || first.is_full || second.is_full;
    return facts->is_full || (status == WF_OK && wf_string_equal(wf_buffer_string(&first), wf_buffer_string(&second)));
}

static void check_encodings(struct sim_history_facts *facts)
{
    for (uint32_t i = 0; i < facts->count && facts->verifies_encoding; i++) {
        const struct wf_arena_mark mark = wf_arena_mark(facts->arena);
        const bool is_same_in_wire = is_same_in(facts, &facts->events[i], false);
        const bool is_same_in_json = is_same_in(facts, &facts->events[i], true);

        wf_arena_rewind(facts->arena, mark);
        if (!is_same_in_wire || !is_same_in_json) {
            sim_history_find(facts, "I10", i, "event %lld %s does not survive %s", SIM_EVENT_ARGS(facts, i),
                             is_same_in_wire ? "JSON" : "protobuf");
        }
    }
}

/* ---- I12, I58: size ---- */

/* Both bounds are settings of a server, and of others we do not know them. */
static void check_size(struct sim_history_facts *facts)
{
    uint32_t signal_count = 0;

    if (facts->is_foreign) {
        return;
    }
    if (facts->count > EVENTS_MAX + EVENTS_LAST) {
        sim_history_find(facts, "I12", EVENTS_MAX + EVENTS_LAST, "event %lld %s is past the size at which a run is terminated",
                         SIM_EVENT_ARGS(facts, EVENTS_MAX + EVENTS_LAST));
    }
    for (uint32_t i = 0; i < facts->count; i++) {
        if (facts->events[i].event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED &&
            ++signal_count == SIGNALS_MAX + 1) {
            sim_history_find(facts, "I58", i, "event %lld %s is one signal more than a run takes", SIM_EVENT_ARGS(facts, i));
        }
    }
}

/* ---- I80, I83: how a run ends ---- */

struct ending {
    uint32_t index;
    struct wf_string successor; /* run id; empty: none */
    int32_t retry_state;        /* of Failed and TimedOut */
    bool has_retry_state;
};

static struct ending read_ending(const struct sim_history_facts *facts, uint32_t index)
{
    const struct wf_event *event = &facts->events[index];
    struct ending ending = {.index = index};

    if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED) {
        ending.successor = event->attributes.workflow_execution_completed->new_execution_run_id;
    } else if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW) {
        ending.successor = event->attributes.workflow_execution_continued_as_new->new_execution_run_id;
    } else if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED) {
        ending.successor = event->attributes.workflow_execution_failed->new_execution_run_id;
        ending.retry_state = event->attributes.workflow_execution_failed->retry_state;
        ending.has_retry_state = true;
    } else if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT) {
        ending.successor = event->attributes.workflow_execution_timed_out->new_execution_run_id;
        ending.retry_state = event->attributes.workflow_execution_timed_out->retry_state;
        ending.has_retry_state = true;
    }
    return ending;
}

/* I80: who has a successor. Canceled and Terminated have no member to name one. */
static void check_successor(struct sim_history_facts *facts, const struct ending *ending, bool has_cron)
{
    const int32_t type = facts->events[ending->index].event_type;
    const bool is_retried = ending->has_retry_state && ending->retry_state == WF_RETRY_STATE_IN_PROGRESS;

    if (type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW && ending->successor.size_bytes == 0) {
        sim_history_find(facts, "I80", ending->index, "event %lld %s names no new run",
                         SIM_EVENT_ARGS(facts, ending->index));
    } else if (type != WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW && ending->successor.size_bytes > 0 &&
               !has_cron && !is_retried) {
        sim_history_find(facts, "I80", ending->index, "event %lld %s names run %S as its successor, and neither a retry nor "
                         "a cron schedule makes one", SIM_EVENT_ARGS(facts, ending->index), &ending->successor);
    }
}

/* I83: retries within the policy's bound, and none once the execution's time is over. */
static void check_retry(struct sim_history_facts *facts, const struct ending *ending,
                        const struct wf_event_workflow_execution_started *started)
{
    const bool has_bound = started->retry_policy != NULL && started->retry_policy->maximum_attempts > 0;
    const struct wf_timestamp over = started->workflow_execution_expiration_time;
    const bool is_over = (over.seconds > 0 || over.nanos > 0) &&
                         sim_time_difference(facts->events[ending->index].event_time, over) > facts->tolerance_ns;

    if (ending->has_retry_state && ending->retry_state == WF_RETRY_STATE_IN_PROGRESS &&
        (started->retry_policy == NULL ||
         (has_bound && started->attempt >= started->retry_policy->maximum_attempts))) {
        sim_history_find(facts, "I83", ending->index, "event %lld %s is to be retried, and attempt %d was the last",
                         SIM_EVENT_ARGS(facts, ending->index), started->attempt);
    } else if (facts->events[ending->index].event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT && is_over &&
               ending->successor.size_bytes > 0 && !facts->is_reset) {
        sim_history_find(facts, "I83", ending->index, "event %lld %s has a successor although the execution's time is over",
                         SIM_EVENT_ARGS(facts, ending->index));
    }
}

static void check_chain(struct sim_history_facts *facts)
{
    const struct wf_event_workflow_execution_started *started = NULL;
    struct ending ending = {0};

    if (facts->count == 0 || !facts->is_sound[0] ||
        facts->events[0].event_type != WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED) {
        return;
    }
    started = facts->events[0].attributes.workflow_execution_started;
    if (started->retry_policy != NULL && started->retry_policy->maximum_attempts > 0 &&
        started->attempt > started->retry_policy->maximum_attempts) {
        sim_history_find(facts, "I83", 0, "event %lld %s is attempt %d of at most %d", SIM_EVENT_ARGS(facts, 0),
                         started->attempt, started->retry_policy->maximum_attempts);
    }
    if (!wf_event_is_close(facts->events[facts->count - 1].event_type) || !facts->is_sound[facts->count - 1]) {
        return;
    }
    ending = read_ending(facts, facts->count - 1);
    check_successor(facts, &ending, started->cron_schedule.size_bytes > 0);
    check_retry(facts, &ending, started);
}

/* ---- I100: markers ---- */

static bool is_marker(const struct sim_history_facts *facts, uint32_t index, const char *core, const char *others)
{
    const struct wf_event *event = &facts->events[index];

    return event->event_type == WF_EVENT_TYPE_MARKER_RECORDED && facts->is_sound[index] &&
           (wf_string_is(event->attributes.marker_recorded->marker_name, core) ||
            wf_string_is(event->attributes.marker_recorded->marker_name, others));
}

static bool has_change_version(const struct wf_event *event)
{
    const struct wf_search_attributes *attributes = event->attributes.upsert_workflow_search_attributes->search_attributes;

    for (uint32_t i = 0; attributes != NULL && i < attributes->indexed_fields.count; i++) {
        if (wf_string_is(attributes->indexed_fields.items[i].key, "TemporalChangeVersion")) {
            return true;
        }
    }
    return false;
}

static bool has_detail(const struct wf_event_marker_recorded *marker, const char *name)
{
    for (uint32_t i = 0; i < marker->details.count; i++) {
        if (wf_string_is(marker->details.items[i].key, name)) {
            return true;
        }
    }
    return false;
}

/* The search attribute follows its version marker at once; a local activity has a result or a failure, not both. */
static void check_markers(struct sim_history_facts *facts)
{
    for (uint32_t i = 1; i < facts->count; i++) {
        const struct wf_event *event = &facts->events[i];

        if (event->event_type == WF_EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES && facts->is_sound[i] &&
            has_change_version(event) && !is_marker(facts, i - 1, "core_patch", "Version")) {
            sim_history_find(facts, "I100", i, "event %lld %s tells of a patch, and the event before it is not its marker",
                             SIM_EVENT_ARGS(facts, i));
        }
        if (is_marker(facts, i, "core_local_activity", "LocalActivity") &&
            event->attributes.marker_recorded->failure != NULL &&
            has_detail(event->attributes.marker_recorded, "result")) {
            sim_history_find(facts, "I100", i, "event %lld %s gives a local activity both a result and a failure",
                             SIM_EVENT_ARGS(facts, i));
        }
    }
}

void sim_history_check_run(struct sim_history_facts *facts)
{
    check_encodings(facts);
    check_size(facts);
    check_chain(facts);
    check_markers(facts);
}
