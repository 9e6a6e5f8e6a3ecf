/*
 * The chunk's command events and the code's commands are two short lists. A longest common subsequence, over the part after
 * their common beginning, puts them side by side; the first row where they part gives the cause.
 */
#include "engine/replay/explain.h"

#include "engine/diagnosis.h"
#include "engine/worker/marker.h"

/* Rows shown before and after the first difference, and how far the lists are compared. */
#define CONTEXT_ROWS 3u
#define ALIGNED_MAX 48u

/* ---- Identity ---- */

struct identity {
    int32_t event_type;
    struct wf_string name; /* activity or child type, patch or signal name; empty when only the kind counts */
    struct wf_string id;   /* timer id, child id */
};

static struct wf_string activity_name(const struct wf_activity_type *type)
{
    return type == NULL ? (struct wf_string){NULL, 0} : type->name;
}

static struct wf_string workflow_name(const struct wf_workflow_type *type)
{
    return type == NULL ? (struct wf_string){NULL, 0} : type->name;
}

static struct wf_string patch_name(struct wf_arena *arena, const struct wf_event *event)
{
    struct wf_patch_marker marker;

    return wf_event_is_patch_marker(event) && wf_patch_marker_read(arena, event, &marker)
               ? marker.patch_id
               : event->attributes.marker_recorded->marker_name;
}

static struct identity identity_of_event(struct wf_arena *arena, const struct wf_event *event)
{
    struct identity identity = {.event_type = event->event_type};

    if (event->attributes.any == NULL) {
        return identity;
    }
    switch (event->event_type) {
    case WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
        identity.name = activity_name(event->attributes.activity_task_scheduled->activity_type);
        break;
    case WF_EVENT_TYPE_TIMER_STARTED:
        identity.id = event->attributes.timer_started->timer_id;
        break;
    case WF_EVENT_TYPE_MARKER_RECORDED:
        identity.name = patch_name(arena, event);
        break;
    case WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
        identity.name = workflow_name(event->attributes.start_child_workflow_execution_initiated->workflow_type);
        identity.id = event->attributes.start_child_workflow_execution_initiated->workflow_id;
        break;
    case WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
        identity.name = event->attributes.signal_external_workflow_execution_initiated->signal_name;
        break;
    default:
        break;
    }
    return identity;
}

/* A protocol message becomes an accepted or a completed update, which its id tells. */
static int32_t event_type_of(const struct wf_command *command)
{
    const int32_t type = (int32_t)wf_command_descriptors[command->command_type].event;
    struct wf_string id = {NULL, 0};

    if (command->command_type != WF_COMMAND_TYPE_PROTOCOL_MESSAGE || command->attributes.any == NULL) {
        return type;
    }
    id = command->attributes.protocol_message->message_id;
    return id.size_bytes > 7 && memcmp(id.data + id.size_bytes - 7, "/accept", 7) == 0
               ? WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
               : WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED;
}

static struct wf_string marker_command_name(struct wf_arena *arena, const struct wf_command_record_marker *command)
{
    struct wf_event_marker_recorded recorded = {.marker_name = command->marker_name};
    const struct wf_event event = {.event_type = WF_EVENT_TYPE_MARKER_RECORDED,
                                   .attributes = {.marker_recorded = &recorded}};

    memcpy(&recorded.details, &command->details, sizeof(struct wf_list));
    return patch_name(arena, &event);
}

static struct identity identity_of_command(struct wf_arena *arena, const struct wf_command *command)
{
    struct identity identity = {.event_type = event_type_of(command)};

    if (command->attributes.any == NULL) {
        return identity;
    }
    switch (command->command_type) {
    case WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK:
        identity.name = activity_name(command->attributes.schedule_activity_task->activity_type);
        break;
    case WF_COMMAND_TYPE_START_TIMER:
        identity.id = command->attributes.start_timer->timer_id;
        break;
    case WF_COMMAND_TYPE_RECORD_MARKER:
        identity.name = marker_command_name(arena, command->attributes.record_marker);
        break;
    case WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION:
        identity.name = workflow_name(command->attributes.start_child_workflow_execution->workflow_type);
        identity.id = command->attributes.start_child_workflow_execution->workflow_id;
        break;
    case WF_COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION:
        identity.name = command->attributes.signal_external_workflow_execution->signal_name;
        break;
    default:
        break;
    }
    return identity;
}

static bool is_same(const struct identity *left, const struct identity *right)
{
    return left->event_type == right->event_type && wf_string_equal(left->name, right->name) &&
           wf_string_equal(left->id, right->id);
}

/* ---- The two lists ---- */

struct sides {
    struct wf_arena *arena;
    const struct wf_event **events; /* the chunk's command events that stand for commands in the queue */
    struct identity *event_ids;
    uint32_t event_count;
    const struct wf_command **commands;
    struct identity *command_ids;
    uint32_t command_count;
};

/* Local-activity markers are matched by number, and a skipped deprecated marker takes its upsert along. */
static bool is_queued_event(struct wf_arena *arena, const struct wf_divergence *divergence, uint32_t index)
{
    const struct wf_event *event = divergence->events[index];
    const struct wf_event *before = index > 0 ? divergence->events[index - 1] : NULL;
    struct wf_patch_marker marker;

    if (!wf_event_is_command(event->event_type) || wf_event_is_local_activity_marker(event)) {
        return false;
    }
    if (before != NULL && wf_event_is_change_version_upsert(event) && wf_event_is_patch_marker(before)) {
        event = before;
    }
    return !wf_event_is_patch_marker(event) || !wf_patch_marker_read(arena, event, &marker) || !marker.is_deprecated;
}

static bool collect(struct sides *sides, const struct wf_divergence *divergence)
{
    const uint32_t event_max = divergence->event_count;

    sides->events = wf_arena_take_array(sides->arena, event_max, sizeof *sides->events);
    sides->event_ids = wf_arena_take_array(sides->arena, event_max, sizeof *sides->event_ids);
    sides->command_ids = wf_arena_take_array(sides->arena, divergence->command_count, sizeof *sides->command_ids);
    if (sides->events == NULL || sides->event_ids == NULL || sides->command_ids == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < event_max; i++) {
        if (is_queued_event(sides->arena, divergence, i)) {
            sides->event_ids[sides->event_count] = identity_of_event(sides->arena, divergence->events[i]);
            sides->events[sides->event_count++] = divergence->events[i];
        }
    }
    sides->commands = divergence->commands;
    sides->command_count = divergence->commands == NULL ? 0 : divergence->command_count;
    for (uint32_t i = 0; i < sides->command_count; i++) {
        sides->command_ids[i] = identity_of_command(sides->arena, sides->commands[i]);
    }
    return true;
}

/* ---- Alignment ---- */

struct aligned_row {
    uint32_t event; /* index, or UINT32_MAX */
    uint32_t command;
    bool is_difference;
};

struct alignment {
    struct aligned_row *rows;
    uint32_t count;
    uint32_t first_difference; /* a row, or count */
};

static void add_row(struct alignment *alignment, uint32_t event, uint32_t command, bool is_difference)
{
    alignment->rows[alignment->count++] = (struct aligned_row){event, command, is_difference};
}

/* Puts a run of events without commands beside a run of commands without events. */
static void add_gap(struct alignment *alignment, const uint32_t from[2], const uint32_t to[2])
{
    uint32_t event = from[0];
    uint32_t command = from[1];

    while (event < to[0] || command < to[1]) {
        add_row(alignment, event < to[0] ? event : UINT32_MAX, command < to[1] ? command : UINT32_MAX, true);
        event += event < to[0];
        command += command < to[1];
    }
}

/* lengths[i * width + j]: longest common subsequence of events from i and commands from j. */
static uint8_t *common_lengths(const struct sides *sides, uint32_t from, uint32_t events, uint32_t commands)
{
    const uint32_t width = commands + 1;
    uint8_t *lengths = wf_arena_take_array(sides->arena, (size_t)(events + 1) * width, sizeof *lengths);

    for (uint32_t i = events; lengths != NULL && i-- > 0;) {
        for (uint32_t j = commands; j-- > 0;) {
            const uint8_t down = lengths[(i + 1) * width + j];
            const uint8_t right = lengths[i * width + j + 1];

            lengths[i * width + j] =
                is_same(&sides->event_ids[from + i], &sides->command_ids[from + j])
                    ? (uint8_t)(lengths[(i + 1) * width + j + 1] + 1)
                    : (down > right ? down : right);
        }
    }
    return lengths;
}

static uint32_t smaller(uint32_t left, uint32_t right)
{
    return left < right ? left : right;
}

static bool align(const struct sides *sides, struct alignment *alignment)
{
    uint32_t from = 0;
    uint32_t gap[2];
    uint32_t at[2];
    uint32_t events = 0;
    uint32_t commands = 0;
    const uint8_t *lengths = NULL;

    alignment->rows =
        wf_arena_take_array(sides->arena, sides->event_count + sides->command_count + 1, sizeof *alignment->rows);
    while (from < smaller(sides->event_count, sides->command_count) &&
           is_same(&sides->event_ids[from], &sides->command_ids[from])) {
        from++;
    }
    events = smaller(sides->event_count - from, ALIGNED_MAX);
    commands = smaller(sides->command_count - from, ALIGNED_MAX);
    lengths = common_lengths(sides, from, events, commands);
    if (alignment->rows == NULL || lengths == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < from; i++) {
        add_row(alignment, i, i, false);
    }
    at[0] = at[1] = gap[0] = gap[1] = from;
    while (at[0] < from + events && at[1] < from + commands) {
        const uint32_t i = at[0] - from;
        const uint32_t j = at[1] - from;
        const uint32_t width = commands + 1;

        if (is_same(&sides->event_ids[at[0]], &sides->command_ids[at[1]])) {
            add_gap(alignment, gap, at);
            add_row(alignment, at[0]++, at[1]++, false);
            gap[0] = at[0];
            gap[1] = at[1];
        } else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) {
            at[0]++;
        } else {
            at[1]++;
        }
    }
    at[0] = from + events;
    at[1] = from + commands;
    add_gap(alignment, gap, at);
    for (alignment->first_difference = 0; alignment->first_difference < alignment->count &&
                                          !alignment->rows[alignment->first_difference].is_difference;
         alignment->first_difference++) {
    }
    return true;
}

/* ---- The cause ---- */

static bool is_close_command(const struct wf_command *command)
{
    return command != NULL &&
           wf_event_is_close((int32_t)wf_command_descriptors[command->command_type].event);
}

/* Whether a list holds this identity from an index on. */
static bool has_from(const struct identity *ids, uint32_t count, uint32_t from, const struct identity *wanted)
{
    for (uint32_t i = from; i < count; i++) {
        if (is_same(&ids[i], wanted)) {
            return true;
        }
    }
    return false;
}

/* Whether history holds the command's event after the one with this id. */
static bool is_later_in_history(const struct sides *sides, const struct wf_explain_input *in, int64_t event_id,
                                const struct identity *wanted)
{
    for (uint32_t i = 0; i < in->event_count; i++) {
        const struct wf_event *event = &in->events[i];

        if (event->event_id > event_id && event->event_type == wanted->event_type) {
            const struct identity identity = identity_of_event(sides->arena, event);

            if (is_same(&identity, wanted)) {
                return true;
            }
        }
    }
    return false;
}

/* Whether a later row that differs has, on the side asked for, what stands in the first one on the other. */
static bool is_in_later_row(const struct sides *sides, const struct alignment *alignment,
                            const struct identity *wanted, bool among_commands)
{
    for (uint32_t i = alignment->first_difference + 1; i < alignment->count; i++) {
        const struct aligned_row *row = &alignment->rows[i];
        const uint32_t at = among_commands ? row->command : row->event;
        const struct identity *ids = among_commands ? sides->command_ids : sides->event_ids;

        if (row->is_difference && at != UINT32_MAX && is_same(&ids[at], wanted)) {
            return true;
        }
    }
    return false;
}

static enum wf_cause cause_of_pair(const struct sides *sides, const struct wf_explain_input *in,
                                   const struct aligned_row *row)
{
    const struct identity *event = &sides->event_ids[row->event];
    const struct identity *command = &sides->command_ids[row->command];

    if (is_close_command(sides->commands[row->command])) {
        return WF_CAUSE_CLOSED_EARLY;
    }
    if (has_from(sides->command_ids, sides->command_count, row->command + 1, event)) {
        return has_from(sides->event_ids, sides->event_count, row->event + 1, command) ? WF_CAUSE_MOVED
                                                                                        : WF_CAUSE_INSERTED;
    }
    if (has_from(sides->event_ids, sides->event_count, row->event + 1, command)) {
        return WF_CAUSE_REMOVED;
    }
    if (is_later_in_history(sides, in, sides->events[row->event]->event_id, command)) {
        return WF_CAUSE_MOVED;
    }
    return event->event_type == command->event_type ? WF_CAUSE_RENAMED : WF_CAUSE_KIND_CHANGED;
}

static enum wf_cause cause_of(const struct sides *sides, const struct wf_explain_input *in,
                              const struct alignment *alignment)
{
    const struct aligned_row *row = &alignment->rows[alignment->first_difference];

    if (in->divergence->kind == WF_DIVERGENCE_PATCH_MARKER || in->divergence->kind == WF_DIVERGENCE_PATCH_ID) {
        return WF_CAUSE_PATCH_MISSING;
    }
    if (in->divergence->kind == WF_DIVERGENCE_LOCAL_MISSING) {
        return WF_CAUSE_REMOVED;
    }
    if (alignment->first_difference == alignment->count) {
        return wf_divergence_verdict(in->divergence->kind) == WF_VERDICT_NONDETERMINISM ? WF_CAUSE_MOVED
                                                                                       : WF_CAUSE_NONE;
    }
    if (row->command == UINT32_MAX) {
        return is_in_later_row(sides, alignment, &sides->event_ids[row->event], true) ? WF_CAUSE_MOVED
                                                                                     : WF_CAUSE_REMOVED;
    }
    if (row->event == UINT32_MAX && is_close_command(sides->commands[row->command])) {
        return WF_CAUSE_CLOSED_EARLY;
    }
    if (row->event == UINT32_MAX) {
        return is_in_later_row(sides, alignment, &sides->command_ids[row->command], false) ||
                       is_later_in_history(sides, in, in->divergence->event == NULL ? 0 : in->divergence->event->event_id,
                                           &sides->command_ids[row->command])
                   ? WF_CAUSE_MOVED
                   : WF_CAUSE_INSERTED;
    }
    return cause_of_pair(sides, in, row);
}

/* Where the commands differ, the cause names the diagnosis. */
static const char *diagnosis_of(enum wf_divergence_kind kind, const struct wf_finding *finding)
{
    static const enum wf_diagnosis_number by_cause[] = {
        [WF_CAUSE_INSERTED] = WF_DIAGNOSIS_INSERTED,           [WF_CAUSE_REMOVED] = WF_DIAGNOSIS_REMOVED,
        [WF_CAUSE_MOVED] = WF_DIAGNOSIS_MOVED,                 [WF_CAUSE_RENAMED] = WF_DIAGNOSIS_RENAMED,
        [WF_CAUSE_KIND_CHANGED] = WF_DIAGNOSIS_KIND_CHANGED,   [WF_CAUSE_PATCH_MISSING] = WF_DIAGNOSIS_PATCH_MISSING,
        [WF_CAUSE_CLOSED_EARLY] = WF_DIAGNOSIS_CLOSED_EARLY};
    const bool is_about_commands = kind == WF_DIVERGENCE_COMMAND_KIND || kind == WF_DIVERGENCE_COMMAND_MISSING ||
                                   kind == WF_DIVERGENCE_ACTIVITY_TYPE || kind == WF_DIVERGENCE_CHILD_TYPE;

    return is_about_commands && finding->cause != WF_CAUSE_NONE ? wf_diagnosis_code(by_cause[finding->cause])
                                                                : finding->diagnosis;
}

/* ---- Window and hint ---- */

static void add_window(struct wf_arena *arena, const struct sides *sides, const struct alignment *alignment,
                       struct wf_finding *finding)
{
    const uint32_t first =
        alignment->first_difference > CONTEXT_ROWS ? alignment->first_difference - CONTEXT_ROWS : 0;
    const uint32_t end = smaller(alignment->first_difference + CONTEXT_ROWS + 1, alignment->count);
    struct wf_window_row *window = wf_arena_take_array(arena, end - first, sizeof *window);

    for (uint32_t i = first; window != NULL && i < end; i++) {
        const struct aligned_row *row = &alignment->rows[i];
        struct wf_window_row *shown = &window[i - first];

        shown->is_difference = row->is_difference;
        shown->event = row->event == UINT32_MAX ? NULL : sides->events[row->event];
        if (row->command != UINT32_MAX) {
            shown->command = wf_message_copy(arena, &wf_type_command, sides->commands[row->command]);
        }
    }
    finding->window = window;
    finding->window_count = window == NULL ? 0 : end - first;
}

/* What a patch for this change could be called: "move-charge_payment". */
static void print_patch_id(struct wf_buffer *out, enum wf_cause cause, const struct identity *identity)
{
    static const char *const verbs[] = {[WF_CAUSE_NONE] = "change",          [WF_CAUSE_INSERTED] = "add",
                                        [WF_CAUSE_REMOVED] = "remove",       [WF_CAUSE_MOVED] = "move",
                                        [WF_CAUSE_RENAMED] = "change",       [WF_CAUSE_KIND_CHANGED] = "change",
                                        [WF_CAUSE_PATCH_MISSING] = "change", [WF_CAUSE_CLOSED_EARLY] = "end-before"};

    wf_buffer_printf(out, "%s-", verbs[cause]);
    if (identity->name.size_bytes > 0) {
        wf_buffer_append_string(out, identity->name);
    } else if (identity->event_type == WF_EVENT_TYPE_TIMER_STARTED) {
        wf_buffer_printf(out, "timer-%S", &identity->id);
    } else {
        wf_buffer_append_text(out, wf_event_type_name(identity->event_type));
    }
}

static void hint_at_patch(struct wf_buffer *out, const struct sides *sides, const struct alignment *alignment,
                          enum wf_cause cause)
{
    const struct aligned_row *row = &alignment->rows[alignment->first_difference];
    const bool names_code = row->command != UINT32_MAX && cause != WF_CAUSE_REMOVED && cause != WF_CAUSE_CLOSED_EARLY;

    if (alignment->first_difference == alignment->count) {
        return;
    }
    if (!names_code && row->event == UINT32_MAX) {
        return;
    }
    wf_buffer_append_text(out, "If runs of the old code are still open, keep both ways: if (wf_patched(wf, \"");
    print_patch_id(out, cause, names_code ? &sides->command_ids[row->command] : &sides->event_ids[row->event]);
    wf_buffer_append_text(out, "\")) { the new way } else { the old way }, from before ");
    if (row->command != UINT32_MAX) {
        wf_name_command(out, sides->commands[row->command]);
    } else {
        wf_name_event(out, sides->events[row->event]);
    }
    wf_buffer_append_text(out, " on.");
}

static void hint_at_missing_patch(struct wf_arena *arena, struct wf_buffer *out, const struct wf_event *event)
{
    struct wf_patch_marker marker;

    if (event == NULL || !wf_patch_marker_read(arena, event, &marker)) {
        return;
    }
    wf_buffer_printf(out,
                     "Keep the call wf_patched(wf, \"%S\"), or wf_deprecate_patch(wf, \"%S\") in its place, until no "
                     "run whose history holds the marker is open.",
                     &marker.patch_id, &marker.patch_id);
}

void wf_explain(struct wf_arena *arena, const struct wf_explain_input *in, struct wf_finding *finding)
{
    struct sides sides = {.arena = arena};
    struct alignment alignment = {0};
    struct wf_buffer hint;

    if (finding->verdict != WF_VERDICT_NONDETERMINISM || !collect(&sides, in->divergence) ||
        !align(&sides, &alignment)) {
        return;
    }
    finding->cause = cause_of(&sides, in, &alignment);
    finding->diagnosis = diagnosis_of(in->divergence->kind, finding);
    add_window(arena, &sides, &alignment, finding);
    wf_buffer_init(&hint, arena);
    if (finding->cause == WF_CAUSE_PATCH_MISSING) {
        hint_at_missing_patch(arena, &hint, in->divergence->event);
    } else {
        hint_at_patch(&hint, &sides, &alignment, finding->cause);
    }
    if (!hint.is_full) {
        finding->hint = wf_buffer_string(&hint);
    }
}
