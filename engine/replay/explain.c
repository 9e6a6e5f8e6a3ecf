/*
 * The chunk's command events and the code's commands are two short lists. A longest common
 * subsequence, over the part after their common beginning, puts them side by side; the first row
 * where they part gives the cause.
 */
#include "engine/replay/explain.h"

#include "engine/diagnosis.h"
#include "engine/worker/marker.h"

/* Rows shown before and after the first difference, and how far the lists are compared. */
#define CONTEXT_ROWS 3u
#define ALIGNED_MAX 48u

/* ---- The two lists ---- */

struct sides {
    struct wf_arena *arena;
    const struct wf_event **events; /* command events that stand for commands in the queue */
    struct wf_identity *event_ids;
    uint32_t event_count;
    const struct wf_command **commands; /* NULL where only the identity is known */
    struct wf_identity *command_ids;
    uint32_t command_count;
};

/* Local-activity markers are matched by number, and a skipped deprecated marker takes its upsert
 * along. */
static bool is_queued_event(struct wf_arena *arena, const struct wf_event *events, uint32_t index)
{
    const struct wf_event *event = &events[index];
    const struct wf_event *before = index > 0 ? &events[index - 1] : NULL;
    struct wf_patch_marker marker;

    if (!wf_event_is_command(event->event_type) || wf_event_is_local_activity_marker(event)) {
        return false;
    }
    if (before != NULL && wf_event_is_change_version_upsert(event) &&
        wf_event_is_patch_marker(before)) {
        event = before;
    }
    return !wf_event_is_patch_marker(event) || !wf_patch_marker_read(arena, event, &marker) ||
           !marker.is_deprecated;
}

/* The chunk's events, or as many of all from the chunk on as are compared. */
static bool collect_events(struct sides *sides, const struct wf_explain_input *in, bool is_long)
{
    const struct wf_divergence *divergence = in->divergence;
    const uint32_t first = divergence->event_count == 0
                               ? in->event_count
                               : (uint32_t)(divergence->events[0]->event_id - 1);
    const uint32_t end = is_long ? in->event_count : first + divergence->event_count;

    sides->events = wf_arena_take_array(sides->arena, end - first, sizeof *sides->events);
    sides->event_ids = wf_arena_take_array(sides->arena, end - first, sizeof *sides->event_ids);
    if (sides->events == NULL || sides->event_ids == NULL) {
        return false;
    }
    for (uint32_t i = first; i < end && sides->event_count < divergence->event_count + ALIGNED_MAX;
         i++) {
        if (is_queued_event(sides->arena, in->events, i)) {
            sides->event_ids[sides->event_count] = wf_identity_of_event(sides->arena,
                                                                        &in->events[i]);
            sides->events[sides->event_count++] = &in->events[i];
        }
    }
    return true;
}

static bool collect_commands(struct sides *sides, const struct wf_explain_input *in, bool is_long)
{
    const struct wf_divergence *divergence = in->divergence;
    const uint32_t own_count = divergence->commands == NULL ? 0 : divergence->command_count;
    const uint32_t count = own_count + (is_long ? in->look_on->count : 0);

    sides->commands = wf_arena_take_array(sides->arena, count, sizeof *sides->commands);
    sides->command_ids = wf_arena_take_array(sides->arena, count, sizeof *sides->command_ids);
    if (sides->commands == NULL || sides->command_ids == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (i < own_count) {
            sides->commands[i] = divergence->commands[i];
            sides->command_ids[i] = wf_identity_of_command(sides->arena, divergence->commands[i]);
        } else {
            sides->command_ids[i] = in->look_on->steps[i - own_count];
        }
    }
    sides->command_count = count;
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

static void add_row(struct alignment *alignment, uint32_t event, uint32_t command,
                    bool is_difference)
{
    alignment->rows[alignment->count++] = (struct aligned_row){event, command, is_difference};
}

/* Puts a run of events without commands beside a run of commands without events. */
static void add_gap(struct alignment *alignment, const uint32_t from[2], const uint32_t to[2])
{
    uint32_t event = from[0];
    uint32_t command = from[1];

    while (event < to[0] || command < to[1]) {
        add_row(alignment, event < to[0] ? event : UINT32_MAX,
                command < to[1] ? command : UINT32_MAX, true);
        event += event < to[0];
        command += command < to[1];
    }
}

#define SAME_KIND 2u
#define SAME_STEP 3u

/* What it is worth to put the two side by side; of two timers the one of the same duration is worth more. */
static uint8_t worth(const struct wf_identity *event, const struct wf_identity *command)
{
    return !wf_identity_equal(event, command)         ? 0
           : wf_identity_is_same_step(event, command) ? SAME_STEP
                                                      : SAME_KIND;
}

/* worths[i * width + j]: of the best common subsequence of events from i and commands from j. */
static uint8_t *common_worths(const struct sides *sides, uint32_t from, uint32_t events,
                               uint32_t commands)
{
    const uint32_t width = commands + 1;
    uint8_t *worths = wf_arena_take_array(sides->arena, (size_t)(events + 1) * width, sizeof *worths);

    for (uint32_t i = events; worths != NULL && i-- > 0;) {
        for (uint32_t j = commands; j-- > 0;) {
            const uint8_t own = worth(&sides->event_ids[from + i], &sides->command_ids[from + j]);
            const uint8_t both = own == 0 ? 0 : (uint8_t)(worths[(i + 1) * width + j + 1] + own);
            const uint8_t down = worths[(i + 1) * width + j];
            const uint8_t right = worths[i * width + j + 1];
            const uint8_t alone = down > right ? down : right;

            worths[i * width + j] = both >= alone ? both : alone;
        }
    }
    return worths;
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
    const uint8_t *worths = NULL;

    alignment->rows = wf_arena_take_array(
        sides->arena, sides->event_count + sides->command_count + 1, sizeof *alignment->rows);
    while (from < smaller(sides->event_count, sides->command_count) &&
           wf_identity_equal(&sides->event_ids[from], &sides->command_ids[from])) {
        from++;
    }
    events = smaller(sides->event_count - from, ALIGNED_MAX);
    commands = smaller(sides->command_count - from, ALIGNED_MAX);
    worths = common_worths(sides, from, events, commands);
    if (alignment->rows == NULL || worths == NULL) {
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

        const uint8_t own = worth(&sides->event_ids[at[0]], &sides->command_ids[at[1]]);

        if (own > 0 && worths[i * width + j] == worths[(i + 1) * width + j + 1] + own) {
            add_gap(alignment, gap, at);
            add_row(alignment, at[0]++, at[1]++, false);
            gap[0] = at[0];
            gap[1] = at[1];
        } else if (worths[(i + 1) * width + j] >= worths[i * width + j + 1]) {
            at[0]++;
        } else {
            at[1]++;
        }
    }
    at[0] = from + events;
    at[1] = from + commands;
    add_gap(alignment, gap, at);
    for (alignment->first_difference = 0;
         alignment->first_difference < alignment->count &&
         !alignment->rows[alignment->first_difference].is_difference;
         alignment->first_difference++) {
    }
    return true;
}

/* ---- The cause ---- */

/* Whether a later row that differs has, on the other side, what stands here: then it moved. */
static bool is_in_later_row(const struct sides *sides, const struct alignment *alignment,
                            const struct wf_identity *wanted, bool among_commands)
{
    for (uint32_t i = alignment->first_difference + 1; i < alignment->count; i++) {
        const struct aligned_row *row = &alignment->rows[i];
        const uint32_t at = among_commands ? row->command : row->event;
        const struct wf_identity *ids = among_commands ? sides->command_ids : sides->event_ids;

        if (row->is_difference && at != UINT32_MAX && wf_identity_is_same_step(&ids[at], wanted)) {
            return true;
        }
    }
    return false;
}

static enum wf_cause cause_of_row(const struct sides *sides, const struct alignment *alignment)
{
    const struct aligned_row *row = &alignment->rows[alignment->first_difference];
    const struct wf_identity *event = row->event == UINT32_MAX ? NULL
                                                               : &sides->event_ids[row->event];
    const struct wf_identity *command = row->command == UINT32_MAX
                                            ? NULL
                                            : &sides->command_ids[row->command];

    if (command != NULL && wf_event_is_close(command->event_type)) {
        return WF_CAUSE_CLOSED_EARLY;
    }
    if ((event != NULL && is_in_later_row(sides, alignment, event, true)) ||
        (command != NULL && is_in_later_row(sides, alignment, command, false))) {
        return WF_CAUSE_MOVED;
    }
    if (event == NULL) {
        return WF_CAUSE_INSERTED;
    }
    if (command == NULL) {
        return WF_CAUSE_REMOVED;
    }
    return event->event_type == command->event_type ? WF_CAUSE_RENAMED : WF_CAUSE_KIND_CHANGED;
}

/* Causes that the kind of divergence gives away. */
static enum wf_cause cause_of_kind(enum wf_divergence_kind kind)
{
    switch (kind) {
    case WF_DIVERGENCE_PATCH_MARKER:
    case WF_DIVERGENCE_PATCH_ID:
        return WF_CAUSE_PATCH_MISSING;
    case WF_DIVERGENCE_LOCAL_MISSING:
        return WF_CAUSE_REMOVED;
    case WF_DIVERGENCE_ACTIVITY_ID:
    case WF_DIVERGENCE_CHILD_ID:
    case WF_DIVERGENCE_LOCAL_ID:
    case WF_DIVERGENCE_LOCAL_TYPE:
    case WF_DIVERGENCE_TIMER_ID:
    case WF_DIVERGENCE_SIGNAL_NAME:
    case WF_DIVERGENCE_SIGNAL_TARGET:
    case WF_DIVERGENCE_CANCEL_TARGET:
    case WF_DIVERGENCE_ACTIVITY_CANCEL_TARGET:
    case WF_DIVERGENCE_NEXUS_SERVICE:
    case WF_DIVERGENCE_NEXUS_OPERATION:
    case WF_DIVERGENCE_NEXUS_CANCEL_TARGET:
    case WF_DIVERGENCE_UPDATE_ID:
        return WF_CAUSE_RENAMED;
    case WF_DIVERGENCE_CLOSE_KIND:
        return WF_CAUSE_CLOSED_EARLY;
    case WF_DIVERGENCE_SEQ_UNKNOWN:
    case WF_DIVERGENCE_VALUE_MISSING:
    case WF_DIVERGENCE_COMMAND_EXTRA:
        return WF_CAUSE_INSERTED;
    case WF_DIVERGENCE_OWNER_MISSING:
        return WF_CAUSE_REMOVED;
    case WF_DIVERGENCE_NONE:
    case WF_DIVERGENCE_COMMAND_KIND:
    case WF_DIVERGENCE_COMMAND_MISSING:
    case WF_DIVERGENCE_ACTIVITY_TYPE:
    case WF_DIVERGENCE_CHILD_TYPE:
    case WF_DIVERGENCE_STATE:
    case WF_DIVERGENCE_VERSION_RANGE:
    case WF_DIVERGENCE_EVENT:
    case WF_DIVERGENCE_TASK_FAILED:
    case WF_DIVERGENCE_COMPLETION:
        break;
    }
    return WF_CAUSE_NONE;
}

static bool is_close_command(const struct wf_command *command)
{
    return command != NULL &&
           wf_event_is_close((int32_t)wf_command_descriptors[command->command_type].event);
}

/* The code gives the step that history has here, only in a later task. */
static bool comes_later(const struct sides *sides, const struct alignment *alignment, const struct wf_divergence *divergence)
{
    for (uint32_t i = 0; divergence->kind == WF_DIVERGENCE_COMMAND_MISSING && i < alignment->count; i++) {
        const struct aligned_row *row = &alignment->rows[i];

        if (row->event != UINT32_MAX && sides->events[row->event] == divergence->event) {
            return !row->is_difference;
        }
    }
    return false;
}

/* The code waits for a local activity without a result in history: a new one, or one in place of this activity. */
static enum wf_cause cause_of_local(const struct wf_divergence *divergence)
{
    const struct wf_event *event = divergence->event;

    if (divergence->local_type.size_bytes == 0) {
        return WF_CAUSE_NONE;
    }
    return event->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED &&
                   wf_string_equal(wf_activity_type_name(event->attributes.activity_task_scheduled->activity_type),
                                   divergence->local_type)
               ? WF_CAUSE_KIND_CHANGED
               : WF_CAUSE_INSERTED;
}

/* Over all that is known of both sides, so that what comes later tells a new step from one that
 * moved. */
static enum wf_cause cause_of(struct wf_arena *arena, const struct wf_explain_input *in)
{
    struct sides sides = {.arena = arena};
    struct alignment alignment = {0};
    const enum wf_cause local = cause_of_local(in->divergence);
    const enum wf_cause cause = is_close_command(in->divergence->command) ? WF_CAUSE_CLOSED_EARLY
                                : local != WF_CAUSE_NONE                  ? local
                                                         : cause_of_kind(in->divergence->kind);

    if (cause != WF_CAUSE_NONE || !collect_events(&sides, in, in->look_on != NULL) ||
        !collect_commands(&sides, in, in->look_on != NULL) || !align(&sides, &alignment)) {
        return cause;
    }
    return alignment.first_difference == alignment.count || comes_later(&sides, &alignment, in->divergence)
               ? WF_CAUSE_MOVED
                                                         : cause_of_row(&sides, &alignment);
}

/* Where the commands differ, the cause names the diagnosis. */
static const char *diagnosis_of(enum wf_divergence_kind kind, const struct wf_finding *finding)
{
    const bool is_about_commands = kind == WF_DIVERGENCE_COMMAND_KIND ||
                                   kind == WF_DIVERGENCE_COMMAND_MISSING ||
                                   kind == WF_DIVERGENCE_ACTIVITY_TYPE ||
                                   kind == WF_DIVERGENCE_CHILD_TYPE;

    return is_about_commands && finding->cause != WF_CAUSE_NONE
               ? wf_diagnosis_code(wf_diagnosis_of_cause(finding->cause))
               : finding->diagnosis;
}

/* ---- Window and hint ---- */

/* Names agree where only an id differs: then the row of the event at which it shows is the
 * difference. */
static void mark_event(const struct sides *sides, struct alignment *alignment,
                       const struct wf_event *event)
{
    for (uint32_t i = 0; alignment->first_difference == alignment->count && i < alignment->count;
         i++) {
        if (alignment->rows[i].event != UINT32_MAX && event != NULL &&
            sides->events[alignment->rows[i].event]->event_id == event->event_id) {
            alignment->rows[i].is_difference = true;
            alignment->first_difference = i;
        }
    }
}

static void add_window(struct wf_arena *arena, const struct sides *sides,
                       const struct alignment *alignment, struct wf_finding *finding)
{
    const uint32_t first = alignment->first_difference > CONTEXT_ROWS
                               ? alignment->first_difference - CONTEXT_ROWS
                               : 0;
    const uint32_t end = smaller(alignment->first_difference + CONTEXT_ROWS + 1, alignment->count);
    struct wf_window_row *window = wf_arena_take_array(arena, end - first, sizeof *window);

    for (uint32_t i = first; window != NULL && i < end; i++) {
        const struct aligned_row *row = &alignment->rows[i];
        struct wf_window_row *shown = &window[i - first];

        shown->is_difference = row->is_difference;
        shown->event = row->event == UINT32_MAX ? NULL : sides->events[row->event];
        if (row->command != UINT32_MAX) {
            shown->command = wf_message_copy(arena, &wf_type_command,
                                             sides->commands[row->command]);
        }
    }
    finding->window = window;
    finding->window_count = window == NULL ? 0 : end - first;
}

/* What a patch for this change could be called: "move-charge_payment". */
static void print_patch_id(struct wf_buffer *out, enum wf_cause cause,
                           const struct wf_identity *identity)
{
    static const char *const verbs[] = {
        [WF_CAUSE_NONE] = "change",          [WF_CAUSE_INSERTED] = "add",
        [WF_CAUSE_REMOVED] = "remove",       [WF_CAUSE_MOVED] = "move",
        [WF_CAUSE_RENAMED] = "change",       [WF_CAUSE_KIND_CHANGED] = "change",
        [WF_CAUSE_PATCH_MISSING] = "change", [WF_CAUSE_CLOSED_EARLY] = "end-before"};

    wf_buffer_printf(out, "%s-", verbs[cause]);
    if (identity->name.size_bytes > 0) {
        wf_buffer_append_string(out, identity->name);
    } else if (identity->event_type == WF_EVENT_TYPE_TIMER_STARTED) {
        wf_buffer_append_text(out, "timer");
    } else {
        wf_buffer_append_text(out, wf_event_type_name(identity->event_type));
    }
}

static const char keep_both[] = "If runs of the old code are still open, keep both ways: if (wf_patched(wf, \"";

static void hint_at_patch(struct wf_buffer *out, const struct sides *sides,
                          const struct alignment *alignment, enum wf_cause cause)
{
    const struct aligned_row *row = &alignment->rows[alignment->first_difference];
    const bool names_code = row->command != UINT32_MAX && cause != WF_CAUSE_REMOVED &&
                            cause != WF_CAUSE_CLOSED_EARLY;

    if (alignment->first_difference == alignment->count) {
        return;
    }
    if (!names_code && row->event == UINT32_MAX) {
        return;
    }
    wf_buffer_append_text(out, keep_both);
    print_patch_id(out, cause,
                   names_code ? &sides->command_ids[row->command] : &sides->event_ids[row->event]);
    wf_buffer_append_text(out, "\")) { the new way } else { the old way }, from before ");
    if (row->command != UINT32_MAX) {
        wf_name_command(out, sides->commands[row->command]);
    } else {
        wf_name_event(out, sides->events[row->event]);
    }
    wf_buffer_append_text(out, " on.");
}

static void hint_at_local(struct wf_buffer *out, const struct wf_divergence *divergence, enum wf_cause cause)
{
    const struct wf_identity identity = {.name = divergence->local_type};

    wf_buffer_append_text(out, keep_both);
    print_patch_id(out, cause, &identity);
    wf_buffer_printf(out, "\")) { the new way } else { the old way }, from before local activity %S on.",
                     &divergence->local_type);
}

static void hint_at_missing_patch(struct wf_arena *arena, struct wf_buffer *out,
                                  const struct wf_event *event)
{
    struct wf_patch_marker marker;

    if (event == NULL || !wf_patch_marker_read(arena, event, &marker)) {
        return;
    }
    wf_buffer_printf(out,
                     "Keep the call wf_patched(wf, \"%S\"), or wf_deprecate_patch(wf, \"%S\") in "
                     "its place, until no "
                     "run whose history holds the marker is open.",
                     &marker.patch_id, &marker.patch_id);
}

void wf_explain(struct wf_arena *arena, const struct wf_explain_input *in,
                struct wf_finding *finding)
{
    struct sides sides = {.arena = arena};
    struct alignment alignment = {0};
    struct wf_buffer hint;

    if (finding->verdict != WF_VERDICT_NONDETERMINISM) {
        return;
    }
    finding->cause = cause_of(arena, in);
    finding->diagnosis = diagnosis_of(in->divergence->kind, finding);
    if (!collect_events(&sides, in, false) || !collect_commands(&sides, in, false) ||
        !align(&sides, &alignment)) {
        return;
    }
    mark_event(&sides, &alignment, in->divergence->event);
    add_window(arena, &sides, &alignment, finding);
    wf_buffer_init(&hint, arena);
    if (finding->cause == WF_CAUSE_PATCH_MISSING) {
        hint_at_missing_patch(arena, &hint, in->divergence->event);
    } else if (in->divergence->local_type.size_bytes > 0) {
        hint_at_local(&hint, in->divergence, finding->cause);
    } else {
        hint_at_patch(&hint, &sides, &alignment, finding->cause);
    }
    if (!hint.is_full) {
        finding->hint = wf_buffer_string(&hint);
    }
}
