/*
 * The table says which field of a command belongs to which of its event; what is here knows how values of each shape are
 * compared and what the service makes of them before it writes them down.
 */
#include "engine/replay/compare_fields.h"

#include "engine/base/assert.h"
#include "engine/base/json_text.h"
#include "engine/defaults.h"
#include "engine/diff.h"
#include "engine/time.h"

#define PATH_DEPTH_MAX 3
#define VALUE_BYTES_MAX 120 /* of one side of a note */

enum when { ALWAYS, GIVEN, BOTH };

struct path {
    const struct wf_field *fields[PATH_DEPTH_MAX];
    uint32_t depth;
};

/* How two members are told to be alike; OTHER: by all that is known of their field. */
enum shape { SHAPE_TEXT, SHAPE_DURATION, SHAPE_PAYLOADS, SHAPE_MAP, SHAPE_MESSAGE, SHAPE_OTHER };

struct wf_compare_row {
    const char *rule;
    enum when when;
    enum shape shape;
    uint32_t command_offset; /* of the member in the message that holds it */
    uint32_t event_offset;
    const struct wf_message_type *message; /* of MESSAGE */
    const char *name; /* of the event's field */
    struct path command;
    struct path event;
};

/* ---- The table, looked up ---- */

static bool find_path(const struct wf_message_type *type, const char *name, struct path *path)
{
    struct wf_string rest = wf_string_of(name);

    while (rest.size_bytes > 0 && path->depth < PATH_DEPTH_MAX) {
        size_t size_bytes = 0;

        while (size_bytes < rest.size_bytes && rest.data[size_bytes] != '.') {
            size_bytes++;
        }
        const struct wf_field *field =
            type == NULL ? NULL : wf_message_field_by_name(type, (struct wf_string){rest.data, size_bytes}, 0);
        if (field == NULL) {
            return false;
        }
        path->fields[path->depth++] = field;
        type = field->message;
        size_bytes += size_bytes < rest.size_bytes;
        rest = (struct wf_string){rest.data + size_bytes, rest.size_bytes - size_bytes};
    }
    return rest.size_bytes == 0;
}

static const struct row_text {
    const char *rule;
    enum wf_command_type command_type;
    const char *command_field;
    const char *event_field;
    enum when when;
} row_texts[] = {
#define WF_COMPARE(rule, COMMAND, command_field, event_field, WHEN) \
    {rule, WF_COMMAND_TYPE_##COMMAND, command_field, event_field, WHEN},
#include "engine/replay/compare.def"
};
#define ROW_COUNT (sizeof row_texts / sizeof *row_texts)

/* A message that is nothing but a map: a header, a memo, search attributes. */
static bool is_map(const struct wf_message_type *type)
{
    return type->field_count == 1 && type->fields[0].label == WF_LABEL_MAP;
}

static enum shape shape_of(const struct wf_field *field)
{
    if (field->label != WF_LABEL_ONE || field->case_offset != 0) {
        return SHAPE_OTHER;
    }
    if (field->shape == WF_SHAPE_TEXT) {
        return SHAPE_TEXT;
    }
    if (field->kind == WF_KIND_DURATION) {
        return SHAPE_DURATION;
    }
    if (field->kind != WF_KIND_MESSAGE) {
        return SHAPE_OTHER;
    }
    return field->message == &wf_type_payloads ? SHAPE_PAYLOADS : is_map(field->message) ? SHAPE_MAP : SHAPE_MESSAGE;
}

static struct wf_compare_row row_of(const struct row_text *text)
{
    const struct wf_command_descriptor *descriptor = &wf_command_descriptors[text->command_type];
    struct wf_compare_row row = {.rule = text->rule, .when = text->when, .name = text->event_field};
    const bool is_found =
        find_path(descriptor->attributes, text->command_field, &row.command) &&
        find_path(wf_event_descriptors[descriptor->event].attributes, text->event_field, &row.event);

    WF_ASSERT(is_found); /* the table is ours */
    const struct wf_field *command_field = row.command.fields[row.command.depth - 1];
    const struct wf_field *event_field = row.event.fields[row.event.depth - 1];

    WF_ASSERT(shape_of(command_field) == shape_of(event_field));
    row.shape = shape_of(event_field);
    row.command_offset = command_field->offset;
    row.event_offset = event_field->offset;
    row.message = event_field->message;
    return row;
}

bool wf_compare_table_init(struct wf_compare_table *table, struct wf_arena *arena)
{
    struct wf_compare_row *rows = wf_arena_take_array(arena, ROW_COUNT, sizeof *rows);
    uint32_t count = 0;

    if (rows == NULL) {
        return false;
    }
    for (uint32_t type = 0; type < WF_COMMAND_TYPE_COUNT; type++) {
        table->begin[type] = count;
        for (size_t i = 0; i < ROW_COUNT; i++) {
            if (row_texts[i].command_type == type) {
                rows[count++] = row_of(&row_texts[i]);
            }
        }
    }
    table->begin[WF_COMMAND_TYPE_COUNT] = count;
    table->items = rows;
    table->default_policy = (struct wf_retry_policy){0};
    wf_retry_policy_complete(&table->default_policy);
    return true;
}

bool wf_rule_gives_notes(const struct wf_rule *rule)
{
    static const char *const ids[] = {
#define WF_COMPARE(rule, COMMAND, command_field, event_field, WHEN) rule,
#include "engine/replay/compare.def"
        "boundary",       "close-kind", "la-order",    "sa-keys",     "sa-values",
        "update-outcome", "patch-deprecated-bit", "mis-binding", "clock-merge", "signal-order", "signal-unhandled"};

    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        if (wf_string_is(wf_string_of(ids[i]), rule->id)) {
            return true;
        }
    }
    return false;
}

/* ---- Notes ---- */

static enum wf_note_policy policy_of(const struct wf_comparison *comparison, const struct wf_rule *rule)
{
    return comparison->policies == NULL ? WF_NOTE_REPORTED
                                        : (enum wf_note_policy)comparison->policies[rule - wf_rules];
}

struct wf_replay_note *wf_compare_add_note(struct wf_comparison *comparison, const char *rule_id,
                                           const struct wf_meeting *meeting)
{
    const struct wf_rule *rule = wf_rule_find(wf_string_of(rule_id));
    struct wf_replay_note *note = NULL;

    WF_ASSERT(rule != NULL);
    if (policy_of(comparison, rule) == WF_NOTE_IGNORED) {
        return NULL;
    }
    if (comparison->notes.count == WF_REPLAY_NOTES_MAX) {
        comparison->notes.dropped_count++;
        return NULL;
    }
    note = WF_LIST_APPEND(comparison->arena, comparison->notes);
    if (note != NULL) {
        *note = (struct wf_replay_note){.rule = rule->id,
                                 .level = rule->level,
                                 .event_id = meeting->event->event_id,
                                 .event = meeting->event,
                                 .code_offset = meeting->code_offset};
        if (meeting->command != NULL) {
            note->command = wf_message_copy(comparison->arena, &wf_type_command, meeting->command);
        }
    }
    return note;
}

/* "startToCloseTimeout of ActivityTaskScheduled of charge with id 5" */
static void say_differs(struct wf_comparison *comparison, struct wf_replay_note *note)
{
    struct wf_buffer text;

    wf_buffer_init(&text, comparison->arena);
    wf_buffer_printf(&text, "At event %lld the %S of ", (long long)note->event_id, &note->field);
    wf_name_event(&text, note->event);
    wf_buffer_append_text(&text, " is not what the code gives.");
    note->message = wf_buffer_string(&text);
}

static struct wf_string value_text(struct wf_comparison *comparison, const struct wf_field *field, const void *member,
                                   bool hides_payloads)
{
    const struct wf_print_options options = {.value_limit_bytes = VALUE_BYTES_MAX, .hides_payloads = hides_payloads};
    struct wf_buffer text;

    if (member == NULL) {
        return (struct wf_string){NULL, 0};
    }
    wf_buffer_init(&text, comparison->arena);
    wf_print_value(&text, field, member, &options);
    return wf_buffer_string(&text);
}

static struct wf_string payload_text(struct wf_comparison *comparison, const struct wf_payload *payload,
                                     bool hides_payloads)
{
    const struct wf_print_options options = {.value_limit_bytes = VALUE_BYTES_MAX, .hides_payloads = hides_payloads};
    struct wf_buffer text;

    if (payload == NULL) {
        return (struct wf_string){NULL, 0};
    }
    wf_buffer_init(&text, comparison->arena);
    wf_print_payload(&text, payload, &options);
    return wf_buffer_string(&text);
}

/* ---- Payloads ---- */

static bool is_null(const struct wf_payload *payload)
{
    return payload == NULL || wf_string_is(wf_payload_encoding(payload), "binary/null") ||
           (wf_payload_is_json(payload) && wf_string_is(payload->data, "null"));
}

/* What a codec encrypted, and what only a converter of the code can read, is equal to anything (replay-rules 2.7). */
static bool is_opaque(const struct wf_payload *payload)
{
    return payload != NULL && !is_null(payload) &&
           (wf_payload_is_encrypted(payload) ||
            (!wf_payload_is_json(payload) && !wf_string_is(wf_payload_encoding(payload), "binary/plain")));
}

/* Nearly all are, and then it does not matter what they hold. */
static bool are_same(const struct wf_payload *history, const struct wf_payload *code)
{
    return history != NULL && code != NULL && wf_string_equal(history->data, code->data) &&
           wf_string_equal(wf_payload_encoding(history), wf_payload_encoding(code));
}

bool wf_compare_payloads_agree(const struct wf_payload *history, const struct wf_payload *code)
{
    uint64_t history_digest = 0;
    uint64_t code_digest = 0;

    if (are_same(history, code) || is_opaque(history) || is_opaque(code)) {
        return true;
    }
    if (is_null(history) || is_null(code)) {
        return is_null(history) && is_null(code);
    }
    if (wf_payload_is_json(history) != wf_payload_is_json(code)) {
        return true; /* two converters: their texts say nothing of each other */
    }
    return wf_string_equal(history->data, code->data) ||
           (wf_payload_is_json(history) && wf_json_digest(history->data, &history_digest) &&
            wf_json_digest(code->data, &code_digest) && history_digest == code_digest);
}

static void note_payload(struct wf_comparison *comparison, const char *rule, const struct wf_meeting *meeting,
                         struct wf_string field, const struct wf_payload *history, const struct wf_payload *code)
{
    struct wf_replay_note *note = wf_compare_add_note(comparison, rule, meeting);

    if (note != NULL) {
        note->field = wf_string_copy(comparison->arena, field);
        note->history = (struct wf_note_value){payload_text(comparison, history, false),
                                               payload_text(comparison, history, true)};
        note->code = (struct wf_note_value){payload_text(comparison, code, false), payload_text(comparison, code, true)};
        say_differs(comparison, note);
    }
}

void wf_compare_payload(struct wf_comparison *comparison, const char *rule, const struct wf_meeting *meeting,
                        struct wf_string field, const struct wf_payload *history, const struct wf_payload *code)
{
    if (!wf_compare_payloads_agree(history, code)) {
        note_payload(comparison, rule, meeting, field, history, code);
    }
}

static bool has_encrypted(const struct wf_payloads *payloads)
{
    for (uint32_t i = 0; i < wf_payload_count(payloads); i++) {
        if (wf_payload_is_encrypted(wf_payload_at(payloads, i))) {
            return true;
        }
    }
    return false;
}

static void compare_payloads(struct wf_comparison *comparison, const char *rule, const char *name,
                             const struct wf_meeting *meeting, const struct wf_payloads *history,
                             const struct wf_payloads *code)
{
    const uint32_t history_count = wf_payload_count(history);
    const uint32_t count = history_count > wf_payload_count(code) ? history_count : wf_payload_count(code);

    if (history_count != wf_payload_count(code) && has_encrypted(history)) {
        return; /* a codec may make one payload of several */
    }
    for (uint32_t i = 0; i < count; i++) {
        char memory[64];
        struct wf_buffer field;

        if (wf_compare_payloads_agree(wf_payload_at(history, i), wf_payload_at(code, i))) {
            continue;
        }
        wf_buffer_init_fixed(&field, memory, sizeof memory);
        wf_buffer_append_text(&field, name);
        if (count > 1) {
            wf_buffer_printf(&field, "[%u]", i);
        }
        note_payload(comparison, rule, meeting, wf_buffer_string(&field), wf_payload_at(history, i), wf_payload_at(code, i));
    }
}

static const struct wf_payload *entry_of(const struct wf_list *map, struct wf_string key)
{
    const struct wf_entry_payload *items = map == NULL ? NULL : map->items;

    for (uint32_t i = map == NULL ? 0 : map->count; i-- > 0;) { /* of equal keys the last counts */
        if (wf_string_equal(items[i].key, key)) {
            return &items[i].value;
        }
    }
    return NULL;
}

static void compare_entry(struct wf_comparison *comparison, const struct wf_compare_map *map, struct wf_string key,
                          const struct wf_payload *history, const struct wf_payload *code)
{
    struct wf_buffer field;

    if (wf_string_is(key, WF_CHANGE_VERSION)) {
        return; /* patches are compared by their markers, and families order them otherwise (replay-rules 2.7) */
    }
    if (wf_compare_payloads_agree(history, code)) {
        return;
    }
    wf_buffer_init(&field, comparison->scratch);
    wf_buffer_printf(&field, "%s[", map->name);
    wf_json_write_string(&field, key);
    wf_buffer_append_char(&field, ']');
    note_payload(comparison, history == NULL || code == NULL ? map->missing_rule : map->value_rule, map->meeting,
                 wf_buffer_string(&field), history, code);
}

void wf_compare_maps(struct wf_comparison *comparison, const struct wf_compare_map *map, const struct wf_list *history,
                     const struct wf_list *code)
{
    const struct wf_entry_payload *history_items = history == NULL ? NULL : history->items;
    const struct wf_entry_payload *code_items = code == NULL ? NULL : code->items;

    for (uint32_t i = 0; history != NULL && i < history->count; i++) {
        compare_entry(comparison, map, history_items[i].key, &history_items[i].value,
                      entry_of(code, history_items[i].key));
    }
    for (uint32_t i = 0; code != NULL && i < code->count; i++) {
        if (entry_of(history, code_items[i].key) == NULL) {
            compare_entry(comparison, map, code_items[i].key, NULL, &code_items[i].value);
        }
    }
}

/* ---- Other fields ---- */

/* A Duration of nothing says what an absent one says: no timeout. */
static bool is_no_duration(const struct wf_field *field, const void *member)
{
    const struct wf_timestamp *duration = member;

    return field->kind == WF_KIND_DURATION && duration->seconds == 0 && duration->nanos == 0;
}

/* The message that a path ends in, or NULL when there is none. */
static inline const void *holder_at(const struct path *path, const void *message)
{
    for (uint32_t i = 0; i + 1 < path->depth; i++) {
        if (!wf_field_is_set(path->fields[i], message)) {
            return NULL;
        }
        message = *(const void *const *)wf_field_in(path->fields[i], message);
    }
    return message;
}

/* The member at the end of a path, or NULL when the message does not have it. */
static const void *member_at(const struct path *path, const void *message)
{
    const struct wf_field *field = path->fields[path->depth - 1];
    const void *holder = holder_at(path, message);
    const void *member = NULL;

    if (holder == NULL || !wf_field_is_set(field, holder)) {
        return NULL;
    }
    member = wf_field_in(field, holder);
    return is_no_duration(field, member) ? NULL : member;
}

static void note_member(struct wf_comparison *comparison, const struct wf_compare_row *row,
                        const struct wf_meeting *meeting, const void *history, const void *code)
{
    const struct wf_field *field = row->event.fields[row->event.depth - 1];
    struct wf_replay_note *note = wf_compare_add_note(comparison, row->rule, meeting);

    if (note == NULL) {
        return;
    }
    note->field = wf_string_of(row->name);
    note->history = (struct wf_note_value){value_text(comparison, field, history, false),
                                           value_text(comparison, field, history, true)};
    note->code = (struct wf_note_value){value_text(comparison, field, code, false),
                                        value_text(comparison, field, code, true)};
    if (wf_string_is(wf_string_of(row->rule), "timer-duration") && (history == NULL || code == NULL)) {
        note->level = WF_RULE_ERROR; /* a timer of no duration is none in some SDKs (replay-rules 2.9 H9) */
    }
    say_differs(comparison, note);
}

/* A message field by field, so that the note names the one that differs. */
static void compare_messages(struct wf_comparison *comparison, const struct wf_compare_row *row,
                             const struct wf_meeting *meeting, const void *history, const void *code)
{
    const struct wf_message_type *type = row->event.fields[row->event.depth - 1]->message;
    const struct wf_diff_options shown = {.print = {.value_limit_bytes = VALUE_BYTES_MAX}};
    const struct wf_diff_options hidden = {.print = {.value_limit_bytes = VALUE_BYTES_MAX, .hides_payloads = true}};
    struct wf_differences differences = {0};
    struct wf_differences hidden_differences = {0};

    if (!wf_diff_messages(comparison->arena, type, history, code, &shown, &differences) || differences.count == 0 ||
        !wf_diff_messages(comparison->arena, type, history, code, &hidden, &hidden_differences)) {
        return;
    }
    for (uint32_t i = 0; i < differences.count; i++) {
        struct wf_replay_note *note = wf_compare_add_note(comparison, row->rule, meeting);
        struct wf_buffer field;

        if (note == NULL) {
            continue;
        }
        wf_buffer_init(&field, comparison->arena);
        wf_buffer_printf(&field, "%s.%S", row->name, &differences.items[i].path);
        note->field = wf_buffer_string(&field);
        note->history = (struct wf_note_value){differences.items[i].left, hidden_differences.items[i].left};
        note->code = (struct wf_note_value){differences.items[i].right, hidden_differences.items[i].right};
        say_differs(comparison, note);
    }
}

static const struct wf_list *map_in(const void *message, const struct wf_field *field)
{
    return message == NULL ? NULL : wf_field_in(field, message);
}

/* A member that points to a message; either may be NULL. */
static void compare_pointed(struct wf_comparison *comparison, const struct wf_compare_row *row,
                            const struct wf_meeting *meeting, const void *history_member, const void *code_member)
{
    const struct wf_message_type *type = row->event.fields[row->event.depth - 1]->message;
    const void *history = history_member == NULL ? NULL : *(const void *const *)history_member;
    const void *code = code_member == NULL ? NULL : *(const void *const *)code_member;

    if (type == &wf_type_payloads) {
        compare_payloads(comparison, row->rule, row->name, meeting, history, code);
    } else if (type == &wf_type_payload) {
        wf_compare_payload(comparison, row->rule, meeting, wf_string_of(row->name), history, code);
    } else if (is_map(type)) {
        const struct wf_compare_map map = {row->rule, row->rule, row->name, meeting};

        wf_compare_maps(comparison, &map, map_in(history, type->fields), map_in(code, type->fields));
    } else if (history == NULL || code == NULL) {
        note_member(comparison, row, meeting, history_member, code_member);
    } else {
        compare_messages(comparison, row, meeting, history, code);
    }
}

/* A failure whose message and stack trace went to a codec tells a fixed text in their place. */
static bool is_encoded(const struct wf_compare_row *row, const struct wf_event *event)
{
    const struct wf_failure *failure = event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED
                                           ? event->attributes.workflow_execution_failed->failure
                                           : NULL;

    return failure != NULL && failure->encoded_attributes != NULL && wf_string_is(wf_string_of(row->rule), "failure-message");
}

/* Payloads that agree one by one. */
static bool payloads_agree(const struct wf_payloads *history, const struct wf_payloads *code)
{
    bool agree = history->payloads.count == code->payloads.count;

    for (uint32_t i = 0; agree && i < code->payloads.count; i++) {
        agree = wf_compare_payloads_agree(&history->payloads.items[i], &code->payloads.items[i]);
    }
    return agree;
}

/* The two members are equal in all that a note could tell. */
static inline bool are_alike(const struct wf_compare_row *row, const void *history, const void *code)
{
    const struct wf_timestamp *left = history;
    const struct wf_timestamp *right = code;
    const void *left_message = NULL;
    const void *right_message = NULL;

    switch (row->shape) {
    case SHAPE_TEXT:
        return wf_string_equal(*(const struct wf_string *)history, *(const struct wf_string *)code);
    case SHAPE_DURATION:
        return left->seconds == right->seconds && left->nanos == right->nanos &&
               (left->is_set == right->is_set || (left->seconds == 0 && left->nanos == 0));
    case SHAPE_PAYLOADS:
    case SHAPE_MAP:
    case SHAPE_MESSAGE:
        left_message = *(const void *const *)history;
        right_message = *(const void *const *)code;
        if (left_message == NULL || right_message == NULL) {
            return left_message == right_message;
        }
        return (row->shape == SHAPE_PAYLOADS && payloads_agree(left_message, right_message)) ||
               (row->shape == SHAPE_MESSAGE && wf_message_equal(row->message, left_message, right_message));
    case SHAPE_OTHER:
        return false;
    }
    WF_UNREACHABLE();
}

/* Whether the row gives no note at all, told without looking for what differs. */
static inline bool is_alike(const struct wf_compare_row *row, const void *recorded, const void *given)
{
    const void *history = holder_at(&row->event, recorded);
    const void *code = holder_at(&row->command, given);

    return history != NULL && code != NULL &&
           are_alike(row, (const char *)history + row->event_offset, (const char *)code + row->command_offset);
}

static void compare_row(struct wf_comparison *comparison, const struct wf_compare_row *row,
                        const struct wf_meeting *meeting, const void *attributes)
{
    const struct wf_field *field = row->event.fields[row->event.depth - 1];
    const void *history = member_at(&row->event, meeting->event->attributes.any);
    const void *code = member_at(&row->command, attributes);

    if ((history == NULL && (code == NULL || row->when == BOTH)) || (code == NULL && row->when != ALWAYS) ||
        is_encoded(row, meeting->event)) {
        return;
    }
    if (field->kind == WF_KIND_MESSAGE && field->label == WF_LABEL_ONE) {
        compare_pointed(comparison, row, meeting, history, code);
    } else if (history == NULL || code == NULL || !wf_value_equal(field, history, code)) {
        note_member(comparison, row, meeting, history, code);
    }
}

/* ---- What the service makes of a command before it writes it down (replay-rules 2.8) ---- */

/* What the rows of a command look at, when it is not the command as the code gave it. */
struct normalised {
    struct wf_command_schedule_activity_task activity;
    struct wf_command_start_child_workflow_execution child;
    struct wf_retry_policy policy;
};

static struct wf_retry_policy *completed_policy(const struct wf_comparison *comparison, struct normalised *normalised,
                                                const struct wf_retry_policy *given)
{
    normalised->policy = given == NULL ? comparison->table->default_policy : *given;
    if (given != NULL) {
        wf_retry_policy_complete(&normalised->policy); /* an invalid one differs from what history has anyway */
    }
    return &normalised->policy;
}

static struct wf_timestamp duration_of(int64_t duration_ns)
{
    return duration_ns == 0 ? (struct wf_timestamp){0} : wf_duration_of(duration_ns);
}

static const void *normalised_activity(const struct wf_comparison *comparison, struct normalised *normalised,
                                       const struct wf_command_schedule_activity_task *given,
                                       const struct wf_event_activity_task_scheduled *recorded)
{
    struct wf_command_schedule_activity_task *command = &normalised->activity;
    struct wf_activity_timeouts timeouts = {0};

    *command = *given;
    if (wf_timeout_read(given->schedule_to_close_timeout, &timeouts.schedule_to_close_ns) &&
        wf_timeout_read(given->schedule_to_start_timeout, &timeouts.schedule_to_start_ns) &&
        wf_timeout_read(given->start_to_close_timeout, &timeouts.start_to_close_ns) &&
        wf_timeout_read(given->heartbeat_timeout, &timeouts.heartbeat_ns)) {
        wf_activity_timeouts_normalise(&timeouts, comparison->run_timeout_ns);
        command->schedule_to_close_timeout = duration_of(timeouts.schedule_to_close_ns);
        command->schedule_to_start_timeout = duration_of(timeouts.schedule_to_start_ns);
        command->start_to_close_timeout = duration_of(timeouts.start_to_close_ns);
        command->heartbeat_timeout = duration_of(timeouts.heartbeat_ns);
    }
    if (recorded->retry_policy != NULL) {
        command->retry_policy = completed_policy(comparison, normalised, given->retry_policy);
    }
    return command;
}

static const void *normalised_child(const struct wf_comparison *comparison, struct normalised *normalised,
                                    const struct wf_command_start_child_workflow_execution *given)
{
    if (given->retry_policy == NULL) {
        return given;
    }
    normalised->child = *given;
    normalised->child.retry_policy = completed_policy(comparison, normalised, given->retry_policy);
    return &normalised->child;
}

/* The attributes of the command as the service records them; in *normalised when that is not what the code gave. */
static const void *normalise(const struct wf_comparison *comparison, const struct wf_meeting *meeting,
                             struct normalised *normalised)
{
    switch (meeting->command->command_type) {
    case WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK:
        return normalised_activity(comparison, normalised, meeting->command->attributes.schedule_activity_task,
                                   meeting->event->attributes.activity_task_scheduled);
    case WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION:
        return normalised_child(comparison, normalised, meeting->command->attributes.start_child_workflow_execution);
    default:
        return meeting->command->attributes.any;
    }
}

/* Whether the row tells what the step is. Another step has other details, and they say nothing. */
static bool names_step(const struct wf_compare_row *row)
{
    static const char *const rules[] = {"act-type", "child-type", "sig-name", "nexus-operation", "can-type"};

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (wf_string_is(wf_string_of(row->rule), rules[i])) {
            return true;
        }
    }
    return false;
}

void wf_compare_fields(struct wf_comparison *comparison, const struct wf_meeting *meeting)
{
    const struct wf_compare_table *table = comparison->table;
    const struct wf_compare_row *const end = &table->items[table->begin[meeting->command->command_type + 1]];
    const struct wf_compare_row *row = &table->items[table->begin[meeting->command->command_type]];
    const void *const recorded = meeting->event->attributes.any;
    struct normalised normalised;
    const void *const attributes = normalise(comparison, meeting, &normalised);

    for (; row < end; row++) {
        uint32_t before = 0;

        if (is_alike(row, recorded, attributes)) {
            continue; /* nearly always */
        }
        before = comparison->notes.count;
        compare_row(comparison, row, meeting, attributes);
        if (comparison->notes.count > before && names_step(row)) {
            return;
        }
    }
}
