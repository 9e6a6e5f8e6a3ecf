/* What a command and its event, or a command and a task without it, say about the code. */
#include "engine/replay/compare.h"
#include "engine/replay/compare_fields.h"
#include "engine/replay/identity.h"

/* ---- Commands that the table cannot describe ---- */

static void compare_search_attributes(struct wf_comparison *comparison, const struct wf_meeting *meeting)
{
    const struct wf_search_attributes *history =
        meeting->event->attributes.upsert_workflow_search_attributes->search_attributes;
    const struct wf_search_attributes *code =
        meeting->command->attributes.upsert_workflow_search_attributes->search_attributes;
    const struct wf_compare_map map = {"sa-keys", "sa-values", "searchAttributes", meeting};

    wf_compare_maps(comparison, &map, history == NULL ? NULL : (const struct wf_list *)(const void *)&history->indexed_fields,
                 code == NULL ? NULL : (const struct wf_list *)(const void *)&code->indexed_fields);
}

static void compare_update_outcome(struct wf_comparison *comparison, const struct wf_meeting *meeting)
{
    const struct wf_update_outcome *outcome = meeting->event->attributes.workflow_execution_update_completed->outcome;
    const struct wf_sdk_update_response *response = meeting->source == NULL ? NULL
                                                                            : meeting->source->variant.update_response;
    const bool has_succeeded = outcome != NULL && outcome->value_case == WF_CASE_update_outcome_success;
    struct wf_replay_note *note = NULL;

    if (response == NULL) {
        return;
    }
    if (has_succeeded && response->response_case == WF_CASE_sdk_update_response_completed) {
        wf_compare_payload(comparison, "update-outcome", meeting, WF_STR("outcome.success"),
                     wf_payload_at(outcome->value.success, 0), response->response.completed);
    } else if (has_succeeded != (response->response_case == WF_CASE_sdk_update_response_completed)) {
        note = wf_compare_add_note(comparison, "update-outcome", meeting);
    }
    if (note != NULL) {
        note->message = has_succeeded ? WF_STR("History has an update that succeeded; in the code it fails.")
                                      : WF_STR("History has an update that failed; in the code it succeeds.");
    }
}

static void compare_patch(struct wf_comparison *comparison, const struct wf_meeting *meeting)
{
    struct wf_patch_marker history;
    struct wf_patch_marker code;
    struct wf_event_marker_recorded recorded = {.marker_name = meeting->command->attributes.record_marker->marker_name};
    const struct wf_event event = {.event_type = WF_EVENT_TYPE_MARKER_RECORDED,
                                   .attributes_case = WF_CASE_event_marker_recorded,
                                   .attributes = {.marker_recorded = &recorded}};
    struct wf_replay_note *note = NULL;

    wf_list_share(&recorded.details, &meeting->command->attributes.record_marker->details);
    if (!wf_event_is_patch_marker(meeting->event) || !wf_event_is_patch_marker(&event) ||
        !wf_patch_marker_read(comparison->scratch, meeting->event, &history) ||
        !wf_patch_marker_read(comparison->scratch, &event, &code) || history.is_deprecated == code.is_deprecated) {
        return;
    }
    note = wf_compare_add_note(comparison, "patch-deprecated-bit", meeting);
    if (note != NULL) {
        note->message = code.is_deprecated ? WF_STR("The code deprecates a patch that was live in history.")
                                           : WF_STR("The code asks for a patch that was deprecated in history.");
    }
}

/* ---- Meetings ---- */

static void compare_special(struct wf_comparison *comparison, const struct wf_meeting *meeting)
{
    switch (meeting->event->event_type) {
    case WF_EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
        compare_search_attributes(comparison, meeting);
        return;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED:
        compare_update_outcome(comparison, meeting);
        return;
    case WF_EVENT_TYPE_MARKER_RECORDED:
        compare_patch(comparison, meeting);
        return;
    default:
        return;
    }
}

/* Of another kind than the event only where the rules of the family let that pass: the end of a run (replay-rules 2.9 H15). */
static bool is_same_kind(const struct wf_meeting *meeting)
{
    const enum wf_event_type becomes = wf_command_descriptors[meeting->command->command_type].event;

    return becomes == WF_EVENT_TYPE_UNSPECIFIED || (int32_t)becomes == meeting->event->event_type;
}

static void compare_matched(struct wf_comparison *comparison, const struct wf_meeting *meeting)
{
    if (meeting->event->attributes.any == NULL || meeting->command->attributes.any == NULL) {
        return;
    }
    if (!is_same_kind(meeting)) {
        struct wf_replay_note *note = wf_compare_add_note(comparison, "close-kind", meeting);

        if (note != NULL) {
            note->message = WF_STR("The code ends the run otherwise than history does.");
        }
        return;
    }
    wf_compare_fields(comparison, meeting);
    compare_special(comparison, meeting);
}

/* The event from here on that records such a command; NULL: none does. */
static const struct wf_event *recorded_later(const struct wf_comparison *comparison, const struct wf_meeting *meeting)
{
    const struct wf_identity identity = wf_identity_of_command(comparison->scratch, meeting->command);

    for (uint32_t i = (uint32_t)meeting->event->event_id; i < comparison->event_count; i++) {
        const struct wf_event *event = &comparison->events[i];

        if (event->event_type == identity.event_type) {
            const struct wf_identity other = wf_identity_of_event(comparison->scratch, event);

            if (wf_identity_equal(&identity, &other)) {
                return event;
            }
        }
    }
    return NULL;
}

static void note_left_over(struct wf_comparison *comparison, const struct wf_meeting *meeting)
{
    struct wf_replay_note *note = wf_compare_add_note(comparison, "boundary", meeting);
    const struct wf_event *later = NULL;
    struct wf_buffer text;

    if (note == NULL) {
        return;
    }
    later = recorded_later(comparison, meeting);
    note->is_early = later != NULL;
    wf_buffer_init(&text, comparison->arena);
    wf_buffer_append_text(&text, "The code gives ");
    wf_name_command(&text, meeting->command);
    wf_buffer_printf(&text, " in the task that event %lld completed; history ", (long long)meeting->event->event_id);
    if (later != NULL) {
        wf_buffer_printf(&text, "records it at event %lld, in a later task.", (long long)later->event_id);
    } else {
        wf_buffer_append_text(&text, "never records it.");
    }
    note->message = wf_buffer_string(&text);
}

static void note_late(struct wf_comparison *comparison, const struct wf_meeting *meeting)
{
    struct wf_replay_note *note = wf_compare_add_note(comparison, "la-order", meeting);
    struct wf_buffer text;

    if (note == NULL) {
        return;
    }
    wf_buffer_init(&text, comparison->arena);
    wf_buffer_append_text(&text, "The code gives ");
    wf_name_command(&text, meeting->command);
    wf_buffer_printf(&text,
                     " before it starts the local activity whose result is event %lld; in history it comes after.",
                     (long long)meeting->event->event_id);
    note->message = wf_buffer_string(&text);
}

bool wf_compare_meetings(struct wf_comparison *comparison, const struct wf_worker *worker)
{
    for (uint32_t i = 0; i < worker->meetings.count; i++) {
        const struct wf_meeting *meeting = &worker->meetings.items[i];

        switch (meeting->kind) {
        case WF_MEETING_MATCHED:
            compare_matched(comparison, meeting);
            break;
        case WF_MEETING_LEFT_OVER:
            note_left_over(comparison, meeting);
            break;
        case WF_MEETING_LATE:
            note_late(comparison, meeting);
            break;
        }
        wf_arena_reset(comparison->scratch);
    }
    return !comparison->arena->is_full && !comparison->scratch->is_full;
}

/* ---- What shows only when all are known ---- */

static const struct wf_payloads *history_input(const struct wf_replay_note *note)
{
    return note->event->attributes.activity_task_scheduled->input;
}

static const struct wf_payloads *code_input(const struct wf_replay_note *note)
{
    return note->command->attributes.schedule_activity_task->input;
}

static bool inputs_agree(const struct wf_payloads *history, const struct wf_payloads *code)
{
    if (wf_payload_count(history) != wf_payload_count(code)) {
        return false;
    }
    for (uint32_t i = 0; i < wf_payload_count(code); i++) {
        if (!wf_compare_payloads_agree(wf_payload_at(history, i), wf_payload_at(code, i))) {
            return false;
        }
    }
    return true;
}

/* Two activities of one type with each other's input: their results go to the wrong calls (bug-patterns B19). */
static bool are_swapped(const struct wf_replay_note *one, const struct wf_replay_note *other)
{
    return one->command != NULL && other->command != NULL && one->event != other->event &&
           wf_string_equal(wf_activity_type_name(one->event->attributes.activity_task_scheduled->activity_type),
                           wf_activity_type_name(other->event->attributes.activity_task_scheduled->activity_type)) &&
           inputs_agree(history_input(one), code_input(other)) && inputs_agree(history_input(other), code_input(one));
}

static void note_swapped(struct wf_comparison *comparison, uint32_t one, uint32_t other)
{
    const struct wf_replay_note first = comparison->notes.items[one];
    const struct wf_meeting meeting = {.event = first.event, .command = first.command};
    const int64_t other_id = comparison->notes.items[other].event_id;
    struct wf_replay_note *note = wf_compare_add_note(comparison, "mis-binding", &meeting);
    struct wf_buffer text;

    if (note == NULL) {
        return;
    }
    wf_buffer_init(&text, comparison->arena);
    wf_buffer_printf(&text,
                     "Events %lld and %lld have each the input that the code gives to the other: each call gets the "
                     "other's result.",
                     (long long)first.event_id, (long long)other_id);
    note->message = wf_buffer_string(&text);
}

static void note_swaps(struct wf_comparison *comparison)
{
    const uint32_t count = comparison->notes.count;
    const struct wf_string rule = WF_STR("act-input");

    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = i + 1; j < count && wf_string_is(rule, comparison->notes.items[i].rule); j++) {
            if (wf_string_is(rule, comparison->notes.items[j].rule) &&
                are_swapped(&comparison->notes.items[i], &comparison->notes.items[j])) {
                note_swapped(comparison, i, j);
                break;
            }
        }
    }
}

/* A task that made no command is replayed together with the next one, whose time the code then sees (2.9 H13). */
static bool is_merged_task(const struct wf_comparison *comparison, uint32_t i)
{
    return i > 0 && i + 1 < comparison->event_count &&
           comparison->events[i + 1].event_type == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED;
}

/* The code has no handler for the signal of this event. Histories repeat one signal; its handler is looked for once. */
static bool is_unhandled(const struct wf_comparison *comparison, const struct wf_event *event, const struct wf_event **handled)
{
    const struct wf_string type = comparison->events[0].attributes.workflow_execution_started->workflow_type->name;
    struct wf_string name;

    if (event->attributes.any == NULL) {
        return false;
    }
    name = event->attributes.workflow_execution_signaled->signal_name;
    if (*handled != NULL && wf_string_equal(name, (*handled)->attributes.workflow_execution_signaled->signal_name)) {
        return false;
    }
    if (!wf_host_handles_signal(comparison->host, type, name)) {
        return true;
    }
    *handled = event;
    return false;
}

/* An event whose job comes behind those of signals in an activation, wherever it stands (replay-rules 1.8, class 4). */
static bool is_result(const struct wf_event *event)
{
    return event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED ||
           event->event_type == WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED ||
           event->event_type == WF_EVENT_TYPE_NEXUS_OPERATION_STARTED ||
           (wf_event_owner_of(event).ends && !wf_event_is_command(event->event_type));
}

static void note_merged(struct wf_comparison *comparison, const struct wf_event *event)
{
    struct wf_replay_note *note = wf_compare_add_note(comparison, "clock-merge", &(struct wf_meeting){.event = event});

    if (note != NULL) {
        note->message = WF_STR("The task made no command: code that read the clock in it reads that of the next "
                               "task when it is replayed.");
    }
}

static void note_unhandled(struct wf_comparison *comparison, const struct wf_event *event)
{
    struct wf_replay_note *note = wf_compare_add_note(comparison, "signal-unhandled", &(struct wf_meeting){.event = event});

    if (note != NULL) {
        note->message = WF_STR("The code has no handler for this signal: it is dropped.");
    }
}

static void note_overtaken(struct wf_comparison *comparison, const struct wf_event *event, const struct wf_event *result)
{
    struct wf_replay_note *note = wf_compare_add_note(comparison, "signal-order", &(struct wf_meeting){.event = event});
    struct wf_buffer text;

    if (note == NULL) {
        return;
    }
    wf_buffer_init(&text, comparison->arena);
    wf_buffer_printf(&text, "The signal came after event %lld, a result of the same task; its handler runs before the code has "
                            "that result.", (long long)result->event_id);
    note->message = wf_buffer_string(&text);
}

/* The results of a task, looked for only when a signal came in it, and at each event once. */
struct results {
    const struct wf_event *first; /* NULL: none so far */
    uint32_t next;                /* index of the event to look at next */
};

static const struct wf_event *first_result(const struct wf_comparison *comparison, struct results *results, uint32_t end)
{
    for (; results->first == NULL && results->next < end; results->next++) {
        if (is_result(&comparison->events[results->next])) {
            results->first = &comparison->events[results->next];
        }
    }
    return results->first;
}

static void note_events(struct wf_comparison *comparison)
{
    const struct wf_event *handled = NULL; /* the last signal that has a handler */
    struct results results = {NULL, 0};

    for (uint32_t i = 0; i < comparison->event_count; i++) {
        const struct wf_event *event = &comparison->events[i];

        if (event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED) {
            if (is_merged_task(comparison, i)) {
                note_merged(comparison, event);
            } else {
                results = (struct results){NULL, i + 1};
            }
        } else if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED) {
            if (is_unhandled(comparison, event, &handled)) {
                note_unhandled(comparison, event);
            } else if (comparison->sorts_jobs && first_result(comparison, &results, i) != NULL) {
                note_overtaken(comparison, event, results.first);
            }
        }
    }
}

bool wf_compare_end(struct wf_comparison *comparison)
{
    note_swaps(comparison);
    note_events(comparison);
    wf_arena_reset(comparison->scratch);
    return !comparison->arena->is_full;
}
