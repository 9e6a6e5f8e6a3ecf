/*
 * The Java family: core's queue, from which core descends, with ids that are UUIDs made of the run id and a counter, markers
 * whose values reach the code where they are matched, so that the code runs on in the middle of a task's command events, and
 * versions that are known before their task.
 * Source: replay-rules 2.4, 2.11.
 */
#include "engine/base/assert.h"
#include "engine/base/md5.h"
#include "engine/worker/pairs.h"
#include "engine/worker/value_marker.h"

#define LANG_FLAG_SKIP_YIELD_ON_DEFAULT 1
#define LANG_FLAG_SKIP_YIELD_ON_VERSION 2
#define LANG_FLAG_WAIT_FOR_MARKER 5

/* ---- Ids (2.11, "Ids") ---- */

static struct wf_string next_uuid(struct wf_run *run)
{
    uint8_t digest[16];
    struct wf_buffer text;

    wf_buffer_init(&text, run->step_arena);
    wf_buffer_printf(&text, "%S:%u", &run->current_run_id, run->java.id_count++);
    wf_md5(text.data, text.size_bytes, digest);
    digest[6] = (uint8_t)((digest[6] & 0x0f) | 0x30); /* version 3 */
    digest[8] = (uint8_t)((digest[8] & 0x3f) | 0x80); /* variant of RFC 4122 */
    wf_buffer_init(&text, &run->arena);
    for (uint32_t i = 0; i < 16; i++) {
        wf_buffer_printf(&text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", digest[i]);
    }
    run->is_full = run->is_full || text.is_full;
    return wf_buffer_string(&text);
}

static void named(struct wf_run *run, struct wf_queued *queued, bool is_default)
{
    switch (queued->command_type) {
    case WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK:
    case WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION:
        queued->id = is_default ? next_uuid(run) : queued->id;
        return;
    case WF_COMMAND_TYPE_START_TIMER:
        queued->id = next_uuid(run);
        queued->machine->id = queued->id;
        return;
    default:
        return; /* requests to other workflows have no ids */
    }
}

static void scheduled_local(struct wf_run *run, struct wf_machine *machine, bool is_default)
{
    machine->id = is_default ? next_uuid(run) : machine->id;
    wf_run_set_name(run, 'l', machine->id, machine);
}

/* ---- Ahead: versions are known before the code runs ---- */

/* One change id. */
struct change {
    int64_t version;
    bool is_waiting; /* its marker was not passed */
    bool has_upsert;
};

static struct change *change_of(const struct wf_run *run, struct wf_string id)
{
    return wf_map_get(&run->java.changes, id);
}

static void see_version(struct wf_run *run, const struct wf_event *event)
{
    struct wf_value_marker marker;
    struct change *change = NULL;

    if (!wf_value_marker_read(&run->arena, event, &marker)) {
        wf_diverge_event(run, event, "is a marker that cannot be read");
        return;
    }
    if (change_of(run, marker.id) != NULL) {
        wf_diverge_event(run, event, "is a second marker of change %S", &marker.id);
        return;
    }
    change = WF_RUN_NEW(run, struct change);
    if (change == NULL || !wf_map_set(&run->java.changes, marker.id, change)) {
        run->is_full = true;
        return;
    }
    *change = (struct change){marker.version, true, marker.has_upsert};
    run->java.upserts_versions = run->java.upserts_versions || marker.has_upsert;
    if (wf_run_remember_version(run, marker.id, marker.version)) {
        wf_run_notify_value(run, &marker);
    }
}

/* The code has ended, and history goes on with something that reaches it (2.11, "ends"). */
static void check_end(struct wf_run *run)
{
    for (uint32_t i = run->chunk.begin; run->is_close_asked && i < run->chunk.end; i++) {
        const struct wf_event *event = run->events.items[i];

        if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED) {
            wf_diverge_close_kind(run, event, run->queue.items[run->queue.count - 1].command_type);
        }
    }
}

static void look_ahead(struct wf_run *run)
{
    check_end(run);
    for (uint32_t i = run->next_chunk.begin; i < run->next_chunk.end && !run->is_divergent; i++) {
        enum wf_sdk_value_kind kind = WF_SDK_VALUE_KIND_SIDE_EFFECT;

        if (wf_event_is_value_marker(run->events.items[i], &kind) && kind == WF_SDK_VALUE_KIND_VERSION) {
            see_version(run, run->events.items[i]);
        }
    }
    wf_run_begin_updates(run);
}

/* Calls that wait for their marker, as bits 1 << kind. A version parks the thread in old SDKs. */
static uint32_t parked_calls(struct wf_run *run)
{
    const bool waits = wf_run_has_lang_flag(run, LANG_FLAG_WAIT_FOR_MARKER) ||
                       (!wf_run_has_lang_flag(run, LANG_FLAG_SKIP_YIELD_ON_DEFAULT) &&
                        !wf_run_has_lang_flag(run, LANG_FLAG_SKIP_YIELD_ON_VERSION));

    return 1u << WF_SDK_VALUE_KIND_SIDE_EFFECT | 1u << WF_SDK_VALUE_KIND_MUTABLE_SIDE_EFFECT |
           (waits ? 1u << WF_SDK_VALUE_KIND_VERSION : 0);
}

/* ---- Calls of the code ---- */

/* The code decides, not history. */
static bool is_live(const struct wf_run *run)
{
    return !run->config->is_replay && !run->is_replaying;
}

/* Hands out the value that a parked call waits for; the code goes on at once. A live task has answered its calls already. */
static void answer(struct wf_run *run, uint32_t seq, const struct wf_payload *value)
{
    struct wf_sdk_recorded_value *job = seq == 0 ? NULL : WF_RUN_NEW(run, struct wf_sdk_recorded_value);
    struct wf_payload *copy = seq == 0 ? NULL : WF_RUN_NEW(run, struct wf_payload);

    if (job == NULL || copy == NULL) {
        return;
    }
    *copy = *value;
    job->seq = seq;
    job->value = copy;
    wf_jobs_push(run, WF_JOB_OTHER, WF_CASE_sdk_job_resolve_value, job);
    run->wants_turn = true;
}

/* NULL when full. */
static struct wf_payload *payload_of_version(struct wf_run *run, int64_t version)
{
    struct wf_payload *value = WF_RUN_NEW(run, struct wf_payload);
    struct wf_buffer text;

    wf_buffer_init(&text, &run->arena);
    wf_buffer_printf(&text, "%lld", (long long)version);
    if (value == NULL || text.is_full || !wf_payload_of_json(&run->arena, value, wf_buffer_string(&text), NULL)) {
        run->is_full = true;
        return NULL;
    }
    return value;
}

static void answer_version(struct wf_run *run, uint32_t seq, int64_t version)
{
    const struct wf_payload *value = payload_of_version(run, version);

    if (value != NULL) {
        answer(run, seq, value);
    }
}

static void push_parked(struct wf_run *run, const struct wf_sdk_command *command)
{
    struct wf_queued *queued = wf_run_push_value(run, command);

    if (queued != NULL) {
        queued->machine->parked_seq = command->variant.record_value->seq;
    }
}

/* What the code decided now; a call that parks hears of it when its turn in the queue comes. */
static struct wf_queued *push_live(struct wf_run *run, const struct wf_sdk_command *command, const struct wf_payload *value)
{
    struct wf_queued *queued = value == NULL ? NULL : wf_run_push_value(run, command);

    if (queued != NULL) {
        queued->machine->parked_seq = command->variant.record_value->seq;
        queued->machine->parked_value = wf_message_copy(&run->arena, &wf_type_payload, value);
        run->is_full = run->is_full || queued->machine->parked_value == NULL;
    }
    return queued;
}

static void decide_version(struct wf_run *run, const struct wf_sdk_command *command)
{
    const struct wf_sdk_recorded_value *asked = command->variant.record_value;
    struct wf_queued *queued = NULL;
    struct change *change = WF_RUN_NEW(run, struct change);
    const struct wf_string id = wf_run_copy_text(run, asked->id);
    struct wf_string list = {NULL, 0};

    if (change == NULL || run->is_full || !wf_map_set(&run->java.changes, id, change) ||
        !wf_run_remember_version(run, id, asked->version)) {
        run->is_full = true;
        return;
    }
    *change = (struct change){.version = asked->version};
    queued = push_live(run, command, payload_of_version(run, asked->version));
    list = queued != NULL && run->java.upserts_versions ? wf_run_change_list(run) : list;
    if (list.size_bytes > 0) {
        change->has_upsert = true;
        queued->machine->has_upsert = true;
        wf_run_push_upsert(run, list);
    }
}

/* Without a marker in history the answer is the default, and its command is cancelled at once. */
static void record_version(struct wf_run *run, const struct wf_sdk_command *command)
{
    struct wf_sdk_recorded_value asked = *command->variant.record_value;
    const struct change *change = change_of(run, asked.id);

    if (change == NULL && asked.is_fresh && is_live(run)) {
        decide_version(run, command);
        return;
    }
    asked.version = change == NULL ? WF_DEFAULT_CHANGE_VERSION : change->version;
    if (!wf_run_check_version(run, &asked)) {
        return;
    }
    if (change == NULL || !change->is_waiting) {
        if (asked.seq != 0) {
            answer_version(run, asked.seq, asked.version);
        }
        return;
    }
    push_parked(run, command);
    if (change->has_upsert) {
        wf_run_push_upsert(run, (struct wf_string){NULL, 0});
    }
}

/* ---- Command events (2.11, on_command_event) ---- */

/* The code does not ask for this version any more: it stays known, and its upsert is passed over. */
static void pass_version(struct wf_run *run, const struct wf_value_marker *marker)
{
    struct change *change = change_of(run, marker->id);

    if (change != NULL) {
        change->is_waiting = false;
    }
    run->java.expects_upsert = marker->has_upsert;
}

static void take_version(struct wf_run *run, struct wf_queued *front, const struct wf_event *event,
                         const struct wf_value_marker *marker)
{
    struct change *change = change_of(run, marker->id);

    wf_queue_pop(run);
    wf_machine_event(run, front->machine, event, front);
    if (change != NULL) {
        change->is_waiting = false;
    }
    if (front->machine->parked_seq != 0) {
        answer_version(run, front->machine->parked_seq, marker->version);
    }
}

static bool is_value_command(const struct wf_queued *queued, enum wf_sdk_value_kind kind)
{
    return queued != NULL && queued->machine->kind == WF_MACHINE_VALUE && queued->machine->value_kind == kind;
}

/* Values of mutable side effects by id. */
struct mutable_value {
    uint32_t skip_count; /* calls since the last marker */
    const struct wf_payload *value;
};

static struct mutable_value *mutable_of(struct wf_run *run, struct wf_string id)
{
    struct mutable_value *value = wf_map_get(&run->java.mutables, id);

    if (value == NULL) {
        value = WF_RUN_NEW(run, struct mutable_value);
        if (value == NULL || !wf_map_set(&run->java.mutables, id, value)) {
            run->is_full = true;
            return NULL;
        }
    }
    return value;
}

static bool is_its_marker(const struct wf_queued *front, const struct wf_value_marker *marker, const struct mutable_value *value)
{
    return marker != NULL && marker->kind == WF_SDK_VALUE_KIND_MUTABLE_SIDE_EFFECT &&
           wf_string_equal(marker->id, front->machine->id) && marker->skip_count == value->skip_count;
}

/* One that is as it was makes no marker, and has its turn in the queue all the same. */
static void decide_mutable(struct wf_run *run, const struct wf_sdk_command *command)
{
    const struct wf_sdk_recorded_value *asked = command->variant.record_value;
    struct mutable_value *value = mutable_of(run, wf_run_copy_text(run, asked->id));
    struct wf_queued *queued = value == NULL ? NULL : push_live(run, command, asked->value);

    if (queued == NULL) {
        return;
    }
    queued->is_withdrawn = !asked->is_fresh;
    queued->machine->seq = value->skip_count;
    value->skip_count = asked->is_fresh ? 0 : value->skip_count + 1;
    value->value = queued->machine->parked_value;
}

static void record_value(struct wf_run *run, const struct wf_sdk_command *command)
{
    const struct wf_sdk_recorded_value *asked = command->variant.record_value;

    if (asked->kind == WF_SDK_VALUE_KIND_VERSION) {
        record_version(run, command);
    } else if (!is_live(run)) {
        push_parked(run, command);
    } else if (!wf_run_check_value(run, asked)) {
        return;
    } else if (asked->kind == WF_SDK_VALUE_KIND_MUTABLE_SIDE_EFFECT) {
        decide_mutable(run, command);
    } else {
        push_live(run, command, asked->value);
    }
}

/* A live task hands values out in the order of the queue, one a turn, as matching does in a replay. */
static bool next_turn(struct wf_run *run)
{
    struct wf_queue *queue = &run->queue;

    for (uint32_t i = queue->head; is_live(run) && i < queue->count; i++) {
        struct wf_machine *machine = queue->items[i].machine;

        if (machine->kind == WF_MACHINE_VALUE && machine->parked_seq != 0 && machine->parked_value != NULL) {
            answer(run, machine->parked_seq, machine->parked_value);
            machine->parked_seq = 0;
            run->wants_turn = false; /* no event is being applied */
            return true;
        }
    }
    return false;
}

/* True when the event is this call's; otherwise the call gets the cached value, and the event waits for what the code does
 * then. */
static bool take_mutable(struct wf_run *run, struct wf_queued *front, const struct wf_event *event,
                         const struct wf_value_marker *marker)
{
    struct mutable_value *value = mutable_of(run, front->machine->id);
    const bool is_its = value != NULL && is_its_marker(front, marker, value);

    wf_queue_pop(run);
    if (value == NULL) {
        return true;
    }
    if (is_its) {
        wf_machine_event(run, front->machine, event, front);
        value->value = marker->value;
        value->skip_count = 0;
    } else {
        value->skip_count++;
    }
    if (value->value == NULL) {
        wf_diverge_value_missing(run, &(struct wf_sdk_recorded_value){.kind = WF_SDK_VALUE_KIND_MUTABLE_SIDE_EFFECT,
                                                                      .id = front->machine->id});
        return true;
    }
    answer(run, front->machine->parked_seq, value->value);
    return is_its;
}

static void take(struct wf_run *run, struct wf_queued *front, const struct wf_event *event,
                 const struct wf_value_marker *marker)
{
    struct wf_names names;

    wf_queue_pop(run);
    wf_machine_event(run, front->machine, event, front);
    if (run->is_divergent) {
        return;
    }
    wf_run_set_owner(run, event->event_id, front->machine);
    if ((event->event_type == WF_EVENT_TYPE_TIMER_STARTED ||
         event->event_type == WF_EVENT_TYPE_NEXUS_OPERATION_SCHEDULED ||
         event->event_type == WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED) &&
        !front->is_sent && !wf_pair_is_same(run, event, front, &names)) {
        wf_diverge_names(run, &names, event, front);
        return;
    }
    wf_run_note_match(run, front, event);
    if (marker != NULL && is_value_command(front, WF_SDK_VALUE_KIND_SIDE_EFFECT)) {
        answer(run, front->machine->parked_seq, marker->value);
    }
}

static void match_local(struct wf_run *run, const struct wf_event *event)
{
    struct wf_local_result *result = WF_RUN_NEW(run, struct wf_local_result);
    const struct wf_machine_input in = {.input = WF_REQUEST_RESOLVE, .event = event};
    struct wf_machine *machine = NULL;

    if (result == NULL) {
        return;
    }
    result->event = event;
    if (!wf_local_activity_marker_read_java(&run->arena, event, &result->marker)) {
        wf_diverge_event(run, event, "is a local activity marker that cannot be read");
        return;
    }
    machine = wf_run_named(run, 'l', result->marker.activity_id);
    if (machine != NULL && machine->state == WF_LOCAL_ACTIVITY_MARKED) {
        take(run, wf_queue_front(run), event, NULL); /* it ran in this worker, which sent the marker */
        return;
    }
    if (machine == NULL || machine->local != NULL) {
        wf_diverge_local_unknown(run, event, &result->marker);
        return;
    }
    machine->local = result;
    if (!wf_machine_step(run, machine, &in)) {
        WF_UNREACHABLE();
    }
    run->wants_turn = true;
}

enum outcome {
    OUTCOME_DONE,
    OUTCOME_AGAIN, /* the command at the front gave way */
    OUTCOME_TURN,  /* the code goes on first */
};

/* A version call whose marker is behind it, or never came here. */
static enum outcome drop_version(struct wf_run *run, struct wf_queued *front, const struct wf_event *event)
{
    const struct change *change = change_of(run, front->machine->id);

    if (change != NULL && change->is_waiting) {
        wf_diverge_kind(run, front->machine, event, front); /* the call stands before its marker */
        return OUTCOME_DONE;
    }
    wf_queue_pop(run);
    return OUTCOME_AGAIN;
}

static enum outcome match_front(struct wf_run *run, const struct wf_event *event, const struct wf_value_marker *marker)
{
    const bool is_version = marker != NULL && marker->kind == WF_SDK_VALUE_KIND_VERSION;
    struct wf_queued *front = wf_queue_front(run);
    const bool asks_version = is_value_command(front, WF_SDK_VALUE_KIND_VERSION);

    if (is_version && (!asks_version || !wf_string_equal(front->machine->id, marker->id))) {
        pass_version(run, marker);
    } else if (front == NULL) {
        wf_diverge_command_missing(run, event);
    } else if (asks_version && !is_version) {
        return drop_version(run, front, event);
    } else if (asks_version) {
        take_version(run, front, event, marker);
    } else if (is_value_command(front, WF_SDK_VALUE_KIND_MUTABLE_SIDE_EFFECT)) {
        return take_mutable(run, front, event, marker) ? OUTCOME_DONE : OUTCOME_TURN;
    } else {
        take(run, front, event, marker);
    }
    return OUTCOME_DONE;
}

static void match(struct wf_run *run, const struct wf_event *event, const struct wf_event *next)
{
    enum wf_sdk_value_kind kind = WF_SDK_VALUE_KIND_VERSION;
    const bool is_value = wf_event_is_value_marker(event, &kind);
    struct wf_value_marker marker;
    enum outcome outcome = OUTCOME_DONE;

    (void)next;
    if (wf_event_is_named_marker(event, WF_MARKER_LOCAL_ACTIVITY_LANG)) {
        match_local(run, event);
        return;
    }
    if (is_value && !wf_value_marker_read(&run->arena, event, &marker)) {
        wf_diverge_event(run, event, "is a marker that cannot be read");
        return;
    }
    if (run->java.expects_upsert) {
        run->java.expects_upsert = false;
        if (!wf_event_is_change_version_upsert(event)) {
            wf_diverge_command_missing(run, event);
        }
        return;
    }
    do {
        outcome = match_front(run, event, is_value ? &marker : NULL);
    } while (outcome == OUTCOME_AGAIN);
    run->repeats_event = outcome == OUTCOME_TURN;
}

const struct wf_family_rules wf_rules_java = {.name = "java",
                                              .markers = WF_MARKERS_JAVA,
                                              .replays_to_the_end = true,
                                              .runs_between_locals = true,
                                              .skips_zero_timers = true,
                                              .lang_flag_last = LANG_FLAG_WAIT_FOR_MARKER,
                                              .identity = WF_IDENTITY_ALWAYS,
                                              .next_chunk = wf_chunk_next_java,
                                              .look_ahead = look_ahead,
                                              .next_turn = next_turn,
                                              .parked_calls = parked_calls,
                                              .named = named,
                                              .scheduled_local = scheduled_local,
                                              .record_value = record_value,
                                              .match = match,
                                              .official = wf_official_java};
