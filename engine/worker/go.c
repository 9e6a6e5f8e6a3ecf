/*
 * The Go family. Ids are predicted: the id of an activity or timer is the number of the event that its command becomes, so a
 * counter follows every command. Events find what they belong to by those ids; beside that, the whole list of commands is
 * compared with the whole list of command events, which is done here as far as both are known, and at the end.
 * Source: replay-rules 2.3, 2.6, 2.10.
 */
#include "engine/base/assert.h"
#include "engine/worker/pairs.h"
#include "engine/worker/update.h"
#include "engine/worker/value_marker.h"

#define LANG_FLAG_PROTOCOL_MESSAGES 3

/* ---- Predicted ids (2.10, "Ids") ---- */

/* Version markers of this turn stand between the commands, each with its upsert: no command of a replay predicts their ids. */
static int64_t next_id(struct wf_run *run)
{
    struct wf_go *go = &run->go;
    const int64_t first = run->events.first_event_id;

    while (go->next_id > go->last_marker_id && go->next_id - first < (int64_t)run->next_chunk.end) {
        const struct wf_event *event = run->events.items[go->next_id - first];
        struct wf_value_marker marker;

        if (!wf_value_marker_read(run->step_arena, event, &marker) || marker.kind != WF_SDK_VALUE_KIND_VERSION) {
            break;
        }
        go->last_marker_id = go->next_id;
        go->next_id += marker.has_upsert ? 2 : 1;
    }
    return go->next_id;
}

static void add_id(struct wf_run *run)
{
    run->go.next_id = next_id(run) + 1;
}

static void pushed(struct wf_run *run, struct wf_queued *queued)
{
    const bool is_close = wf_event_is_close((int32_t)wf_command_descriptors[queued->command_type].event);

    if (is_close) {
        run->go.close_command = queued->command_type; /* not in the list; compared by kind at the end */
    }
    if (is_close || (queued->command_type == WF_COMMAND_TYPE_PROTOCOL_MESSAGE &&
                     !wf_run_uses_lang_flag(run, LANG_FLAG_PROTOCOL_MESSAGES))) {
        queued->is_withdrawn = run->config->is_replay || run->is_replaying || !is_close; /* a live close is sent */
        return;
    }
    queued->predicted_id = next_id(run);
    if (queued->machine->predicted_id == 0) {
        queued->machine->predicted_id = queued->predicted_id;
    }
    if (queued->command_type == WF_COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION &&
        queued->machine->is_internal) {
        wf_run_set_name(run, 'd', queued->machine->target->id, queued->machine); /* of a child: found by its id */
    }
    add_id(run);
}

static void name_child(struct wf_run *run, struct wf_queued *queued, bool is_default)
{
    struct wf_machine *machine = queued->machine;
    struct wf_buffer text;

    wf_run_set_name(run, 'C', queued->id, machine); /* as the code knows it */
    if (is_default) {
        wf_buffer_init(&text, &run->arena);
        wf_buffer_printf(&text, "%S_%lld", &run->current_run_id, (long long)queued->predicted_id);
        run->is_full = run->is_full || text.is_full;
        queued->id = wf_buffer_string(&text);
    }
    machine->id = wf_run_copy_text(run, queued->id);
    wf_run_set_name(run, 'c', machine->id, machine);
}

static void named(struct wf_run *run, struct wf_queued *queued, bool is_default)
{
    struct wf_machine *machine = queued->machine;
    const struct wf_string number = wf_run_decimal(run, queued->predicted_id);

    switch (queued->command_type) {
    case WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK:
        queued->id = is_default ? number : queued->id;
        wf_run_set_name(run, 's', number, machine); /* the schedule id */
        wf_run_set_name(run, 'a', queued->id, machine);
        return;
    case WF_COMMAND_TYPE_START_TIMER:
        queued->id = number;
        machine->id = number;
        wf_run_set_name(run, 't', number, machine);
        return;
    case WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION:
        name_child(run, queued, is_default);
        return;
    default:
        wf_run_set_name(run, 'x', number, machine); /* the control of a request to another workflow */
    }
}

static void scheduled_local(struct wf_run *run, struct wf_machine *machine, bool is_default)
{
    run->go.local_count++;
    machine->id = is_default ? wf_run_decimal(run, run->go.local_count) : machine->id;
    wf_run_set_name(run, 'l', machine->id, machine);
}

/* ---- A turn (2.10, "One group") ---- */

static void see_value(struct wf_run *run, const struct wf_event *event)
{
    struct wf_value_marker marker;

    if (!wf_value_marker_read(&run->arena, event, &marker)) {
        wf_diverge_event(run, event, "is a marker that cannot be read");
        return;
    }
    if (marker.kind == WF_SDK_VALUE_KIND_MUTABLE_SIDE_EFFECT &&
        !wf_map_set(&run->go.markers, marker.go_id, run)) {
        run->is_full = true;
        return;
    }
    if (marker.kind == WF_SDK_VALUE_KIND_VERSION && !wf_run_remember_version(run, marker.id, marker.version)) {
        return;
    }
    wf_run_notify_value(run, &marker);
}

static void look_ahead(struct wf_run *run)
{
    struct wf_go *go = &run->go;

    wf_map_init(&go->markers, &run->arena);
    go->local_index = run->next_chunk.begin;
    go->turn_number = run->queue.first_number + run->queue.count;
    go->next_id = run->last_started_event_id + 2;
    if (run->is_close_asked) {
        run->jobs.count = 0; /* the code has ended and does not run again */
        return;
    }
    for (uint32_t i = run->next_chunk.begin; i < run->next_chunk.end && !run->is_divergent; i++) {
        enum wf_sdk_value_kind kind = WF_SDK_VALUE_KIND_VERSION;

        if (wf_event_is_value_marker(run->events.items[i], &kind)) {
            see_value(run, run->events.items[i]);
        }
    }
    wf_run_begin_updates(run);
}

static struct wf_local_result *read_local(struct wf_run *run, const struct wf_event *event)
{
    struct wf_local_result *result = WF_RUN_NEW(run, struct wf_local_result);

    if (result == NULL) {
        return NULL;
    }
    result->event = event;
    if (!wf_local_activity_marker_read_go(&run->arena, event, &result->marker)) {
        wf_diverge_event(run, event, "is a local activity marker that cannot be read");
        return NULL;
    }
    return result;
}

/* Hands out one result; false when the marker is of nothing that the code waits for, which is passed over here. */
static bool resolve_local(struct wf_run *run, const struct wf_event *event)
{
    struct wf_local_result *result = read_local(run, event);
    struct wf_machine *machine = result == NULL ? NULL : wf_run_named(run, 'l', result->marker.activity_id);
    const struct wf_machine_input in = {.input = WF_REQUEST_RESOLVE, .event = event};

    if (machine == NULL || machine->local != NULL) {
        return false;
    }
    if (result->marker.activity_type.size_bytes > 0 &&
        !wf_string_equal(result->marker.activity_type, machine->type)) {
        wf_diverge_names(run,
                         &(struct wf_names){WF_DIVERGENCE_LOCAL_TYPE, "activity type", result->marker.activity_type,
                                            machine->type},
                         event, NULL);
        return false;
    }
    machine->local = result;
    wf_queue_push(run, machine, WF_COMMAND_TYPE_RECORD_MARKER, NULL);
    if (!wf_machine_step(run, machine, &in)) {
        WF_UNREACHABLE();
    }
    return true;
}

static bool next_turn(struct wf_run *run)
{
    struct wf_go *go = &run->go;

    while (go->local_index < run->next_chunk.end && !run->is_close_asked && !run->is_divergent && !run->is_full) {
        const struct wf_event *event = run->events.items[go->local_index++];

        if (wf_event_is_named_marker(event, WF_MARKER_LOCAL_ACTIVITY_LANG) && resolve_local(run, event)) {
            return true;
        }
    }
    return false;
}

/* ---- Versions and side effects (3.2, 3.3) ---- */

static bool has_marker(struct wf_run *run, struct wf_string id)
{
    struct wf_buffer text;

    wf_buffer_init(&text, run->step_arena);
    wf_buffer_printf(&text, "%S_%lld", &id, (long long)next_id(run));
    return wf_map_get(&run->go.markers, wf_buffer_string(&text)) != NULL;
}

static void record_value(struct wf_run *run, const struct wf_sdk_command *command)
{
    const struct wf_sdk_recorded_value *value = command->variant.record_value;

    switch ((enum wf_sdk_value_kind)value->kind) {
    case WF_SDK_VALUE_KIND_VERSION:
        if (wf_run_check_version(run, value)) {
            if (!run->config->is_replay) {
                wf_run_record_version(run, command);
            }
        }
        return;
    case WF_SDK_VALUE_KIND_SIDE_EFFECT:
        if (wf_run_check_value(run, value)) {
            wf_run_push_value(run, command);
        }
        return;
    case WF_SDK_VALUE_KIND_MUTABLE_SIDE_EFFECT:
        if (!wf_run_check_value(run, value)) {
            return;
        }
        if (value->is_fresh && !run->config->is_replay) {
            wf_run_push_value(run, command);
        } else if (has_marker(run, value->id)) {
            add_id(run);
        }
        return;
    }
    WF_UNREACHABLE();
}

/* ---- Command events (2.3, 2.10 "Lookups") ---- */

static struct wf_machine *activity_of(struct wf_run *run, const struct wf_event *event)
{
    struct wf_machine *machine = wf_run_named(run, 's', wf_run_decimal(run, event->event_id));

    return machine != NULL
               ? machine
               : wf_run_named(run, 'a', event->attributes.activity_task_scheduled->activity_id);
}

static struct wf_machine *request_of(struct wf_run *run, struct wf_string control,
                                     const struct wf_workflow_execution *execution)
{
    if (control.size_bytes > 0 || execution == NULL) {
        return wf_run_named(run, 'x', control);
    }
    return wf_run_named(run, 'd', execution->workflow_id);
}

/* Scheduled operations are taken in the order of their calls. */
static struct wf_machine *next_operation(const struct wf_run *run)
{
    for (uint32_t seq = 0; seq < run->by_seq_capacity[WF_MACHINE_NEXUS]; seq++) {
        struct wf_machine *machine = run->by_seq[WF_MACHINE_NEXUS][seq];

        if (machine != NULL && machine->state == WF_NEXUS_CREATED) {
            return machine;
        }
    }
    return NULL;
}

/* What an event starts or cancels; *is_wanted: it must belong to something. */
static struct wf_machine *machine_of(struct wf_run *run, const struct wf_event *event, bool *is_wanted)
{
    *is_wanted = true;
    switch (event->event_type) {
    case WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
        return activity_of(run, event);
    case WF_EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED:
        return wf_run_owner(run, event->attributes.activity_task_cancel_requested->scheduled_event_id);
    case WF_EVENT_TYPE_TIMER_STARTED:
        return wf_run_named(run, 't', event->attributes.timer_started->timer_id);
    case WF_EVENT_TYPE_TIMER_CANCELED:
        return wf_run_named(run, 't', event->attributes.timer_canceled->timer_id);
    case WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
        return wf_run_named(run, 'c', event->attributes.start_child_workflow_execution_initiated->workflow_id);
    case WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
        return request_of(run, event->attributes.signal_external_workflow_execution_initiated->control, NULL);
    case WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
        return request_of(run, event->attributes.request_cancel_external_workflow_execution_initiated->control,
                          event->attributes.request_cancel_external_workflow_execution_initiated->workflow_execution);
    case WF_EVENT_TYPE_NEXUS_OPERATION_SCHEDULED:
        return next_operation(run);
    case WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED:
        return wf_run_owner(run, event->attributes.nexus_operation_cancel_requested->scheduled_event_id);
    default:
        *is_wanted = false;
        break;
    }
    return NULL;
}

/* An accepted update goes on; nothing is looked up for it. */
static void accept_update(struct wf_run *run, const struct wf_event *event)
{
    const struct wf_machine_input in = {.input = event->event_type, .event = event};
    struct wf_machine *machine = wf_run_update(
        run, event->attributes.workflow_execution_update_accepted->protocol_instance_id);

    if (machine != NULL) {
        (void)wf_machine_step(run, machine, &in);
    }
}

/* Compares as far as both lists go. */
static void compare(struct wf_run *run)
{
    struct wf_go *go = &run->go;

    while (go->paired < go->event_count && !run->is_divergent) {
        const struct wf_event *event = go->events[go->paired];
        struct wf_queued *front = wf_queue_front(run);
        struct wf_names names;

        if (front == NULL) {
            return;
        }
        if (!front->is_sent && !wf_pair_is_same(run, event, front, &names)) {
            if (names.kind == WF_DIVERGENCE_COMMAND_KIND) {
                wf_diverge_kind(run, front->machine, event, front);
            } else {
                wf_diverge_names(run, &names, event, front);
            }
            return;
        }
        wf_run_note_match(run, front, event);
        wf_queue_pop(run);
        go->paired++;
    }
    go->event_count = go->paired = 0;
}

static void list(struct wf_run *run, const struct wf_event *event)
{
    struct wf_go *go = &run->go;
    void *items = (void *)go->events;

    if (!wf_run_grow(run, &items, &go->event_capacity, go->event_count + 1, sizeof *go->events)) {
        return;
    }
    go->events = items;
    go->events[go->event_count++] = event;
    compare(run);
}

static bool is_update(const struct wf_event *event)
{
    return event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED ||
           event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_REJECTED ||
           event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED;
}

/* Left out of the comparison (2.3). A version takes its upsert with it. */
static bool is_left_out(struct wf_run *run, const struct wf_event *event, const struct wf_event *next)
{
    enum wf_sdk_value_kind kind = WF_SDK_VALUE_KIND_SIDE_EFFECT;
    const struct wf_queued *front = wf_queue_front(run);

    if (front != NULL && front->is_sent && front->machine->kind == WF_MACHINE_VALUE) {
        return false; /* this worker's own: it sent the command */
    }
    if (wf_event_is_value_marker(event, &kind) && kind == WF_SDK_VALUE_KIND_VERSION && next != NULL &&
        wf_event_is_change_version_upsert(next)) {
        run->skipped_event = next;
    }
    return (wf_event_is_value_marker(event, &kind) && kind != WF_SDK_VALUE_KIND_SIDE_EFFECT) ||
           wf_event_is_close(event->event_type) ||
           (is_update(event) && !wf_run_has_lang_flag(run, LANG_FLAG_PROTOCOL_MESSAGES));
}

static void match(struct wf_run *run, const struct wf_event *event, const struct wf_event *next)
{
    bool is_wanted = false;
    struct wf_machine *machine = machine_of(run, event, &is_wanted);

    if (is_wanted && machine == NULL) {
        wf_diverge_command_missing(run, event);
        return;
    }
    if (machine != NULL) {
        wf_run_set_owner(run, event->event_id, machine);
        wf_machine_event(run, machine, event, NULL);
    }
    if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED) {
        accept_update(run, event);
    }
    if (!run->is_divergent && !is_left_out(run, event, next)) {
        list(run, event);
    }
}

/* ---- The ends (2.3 c and d, 2.6) ---- */

static void drop_last_turn(struct wf_run *run)
{
    struct wf_queue *queue = &run->queue;

    for (uint32_t i = queue->head; i < queue->count; i++) {
        if (queue->first_number + i >= run->go.turn_number) {
            queue->items[i].is_withdrawn = true;
        }
    }
}

static void finish(struct wf_run *run)
{
    const struct wf_event *last = run->events.items[run->events.count - 1];
    struct wf_go *go = &run->go;
    struct wf_queued *front = NULL;
    int32_t closed_as = 0;

    if (run->chunk.is_in_flight) {
        drop_last_turn(run);
    }
    compare(run);
    front = wf_queue_front(run);
    if (go->paired < go->event_count) {
        wf_diverge_command_missing(run, go->events[go->paired]);
        return;
    }
    if (front != NULL) {
        wf_diverge_command_extra(run, front);
        return;
    }
    if (last->event_type != WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED &&
        last->event_type != WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW) {
        return; /* other ends are not compared */
    }
    closed_as = go->close_command == 0 ? 0 : (int32_t)wf_command_descriptors[go->close_command].event;
    if (closed_as != last->event_type) {
        wf_diverge_close_kind(run, last, go->close_command);
    }
}

const struct wf_family_rules wf_rules_go = {.name = "go",
                                            .skips_zero_timers = true,
                                            .markers = WF_MARKERS_GO,
                                            .replays_to_the_end = true,
                                            .runs_between_locals = true,
                                            .sends_both = true,
                                            .cancels_first = true,
                                            .lang_flag_last = 8,
                                            .identity = WF_IDENTITY_IN_PAIRS,
                                            .next_chunk = wf_chunk_next_go,
                                            .look_ahead = look_ahead,
                                            .next_turn = next_turn,
                                            .pushed = pushed,
                                            .named = named,
                                            .scheduled_local = scheduled_local,
                                            .record_value = record_value,
                                            .match = match,
                                            .finish = finish,
                                            .official = wf_official_go};
