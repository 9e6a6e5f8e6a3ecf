/*
 * The descriptor tables, each an expansion of the rows in the .def files, and the queries over them. For every message the
 * rows are read five times: to number the fields, to describe them, to place them by tag, to list those that may point
 * to something, and to name the whole.
 */
#include "engine/schema.h"

#include "engine/event_sets.h"

/* ---- Enums ---- */

#define WF_ENUM(name, prefix) static const struct wf_enum_value enum_values_##name[] = {
#define WF_ENUM_VALUE(name, number, NAME) {(number), sizeof(#NAME) - 1, #NAME},
#define WF_ENUM_END(name) };
#include "engine/model/enums.def"

#define WF_ENUM(name, prefix)                                                                                          \
    const struct wf_enum_type wf_enum_type_##name = {                                                                  \
        #name, prefix, enum_values_##name, sizeof enum_values_##name / sizeof enum_values_##name[0]};
#include "engine/model/enums.def"

#define NAMED_VALUE(number, text) {(number), sizeof(text) - 1, text},

static const struct wf_enum_value event_type_values[] = {
    NAMED_VALUE(0, "EVENT_TYPE_UNSPECIFIED")
#define WF_EVENT(number, NAME, name, oneof_number, buffering, pascal) NAMED_VALUE(number, "EVENT_TYPE_" #NAME)
#include "engine/model/events.def"
};

static const struct wf_enum_value command_type_values[] = {
    NAMED_VALUE(0, "COMMAND_TYPE_UNSPECIFIED")
#define WF_COMMAND(number, NAME, name, oneof_number, EVENT, pascal) NAMED_VALUE(number, "COMMAND_TYPE_" #NAME)
#include "engine/model/commands.def"
};

const struct wf_enum_type wf_enum_type_event_type = {"event_type", "EVENT_TYPE_", event_type_values,
                                                     sizeof event_type_values / sizeof event_type_values[0]};
const struct wf_enum_type wf_enum_type_command_type = {"command_type", "COMMAND_TYPE_", command_type_values,
                                                       sizeof command_type_values / sizeof command_type_values[0]};

/*
 * ---- Messages: INDEX_<message>__<member> is the index of a field, END_<message>__<oneof> that of the field after a oneof,
 * LAST_<message>__<oneof> that of its last choice, COUNT_<message> the number of fields ----
 */

#define WF_MESSAGE(message, full_name) enum {
#define WF_FIELD(message, number, KIND, type, name, json) INDEX_##message##__##name,
#define WF_LIST(message, number, KIND, type, name, json) INDEX_##message##__##name,
#define WF_MAP(message, number, VALUE, name, json) INDEX_##message##__##name,
#define WF_CHOICE(message, oneof, number, KIND, type, name, json) INDEX_##message##__##name,
#define WF_ONEOF_END(message, oneof) END_##message##__##oneof, LAST_##message##__##oneof = END_##message##__##oneof - 1,
#define WF_MESSAGE_END(message) COUNT_##message };
#include "engine/model/schema.def"

/* What the value of each kind refers to: its message type and its enum type. */
#define TARGETS_STRING(type) NULL, NULL
#define TARGETS_BYTES(type) NULL, NULL
#define TARGETS_BOOL(type) NULL, NULL
#define TARGETS_INT32(type) NULL, NULL
#define TARGETS_INT64(type) NULL, NULL
#define TARGETS_UINT32(type) NULL, NULL
#define TARGETS_UINT64(type) NULL, NULL
#define TARGETS_FLOAT(type) NULL, NULL
#define TARGETS_DOUBLE(type) NULL, NULL
#define TARGETS_TIMESTAMP(type) NULL, NULL
#define TARGETS_DURATION(type) NULL, NULL
#define TARGETS_ENUM(type) NULL, &wf_enum_type_##type
#define TARGETS_MESSAGE(type) &wf_type_##type, NULL

#define ENTRY_STRING WF_KIND_STRING
#define ENTRY_BYTES WF_KIND_BYTES
#define ENTRY_PAYLOAD WF_KIND_MESSAGE
#define ENTRY_PAYLOADS WF_KIND_MESSAGE
#define ENTRY_TARGETS_STRING NULL, NULL
#define ENTRY_TARGETS_BYTES NULL, NULL
#define ENTRY_TARGETS_PAYLOAD &wf_type_payload, NULL
#define ENTRY_TARGETS_PAYLOADS &wf_type_payloads, NULL

/* The wire type of each kind, the low bits of a tag (engine-semantics 1.6). Lists and maps have sizes whatever they hold. */
#define WIRE_SIZED 2
#define WIRE_STRING WIRE_SIZED
#define WIRE_BYTES WIRE_SIZED
#define WIRE_BOOL 0
#define WIRE_INT32 0
#define WIRE_INT64 0
#define WIRE_UINT32 0
#define WIRE_UINT64 0
#define WIRE_FLOAT 5
#define WIRE_DOUBLE 1
#define WIRE_ENUM 0
#define WIRE_MESSAGE WIRE_SIZED
#define WIRE_TIMESTAMP WIRE_SIZED
#define WIRE_DURATION WIRE_SIZED
#define TAG(number, wire) ((number) << 3 | (wire))

/* How a value of each kind is read, alone and in a list. */
#define SHAPE_STRING WF_SHAPE_TEXT
#define SHAPE_BYTES WF_SHAPE_TEXT
#define SHAPE_BOOL WF_SHAPE_BOOL
#define SHAPE_INT32 WF_SHAPE_INT32
#define SHAPE_INT64 WF_SHAPE_INT64
#define SHAPE_UINT32 WF_SHAPE_INT32
#define SHAPE_UINT64 WF_SHAPE_INT64
#define SHAPE_FLOAT WF_SHAPE_FIXED32
#define SHAPE_DOUBLE WF_SHAPE_FIXED64
#define SHAPE_ENUM WF_SHAPE_INT32
#define SHAPE_MESSAGE WF_SHAPE_MESSAGE
#define SHAPE_TIMESTAMP WF_SHAPE_TIME
#define SHAPE_DURATION WF_SHAPE_TIME
#define LIST_SHAPE_STRING WF_SHAPE_ITEMS
#define LIST_SHAPE_BYTES WF_SHAPE_ITEMS
#define LIST_SHAPE_MESSAGE WF_SHAPE_ITEMS
#define LIST_SHAPE_INT32 WF_SHAPE_NUMBERS
#define LIST_SHAPE_INT64 WF_SHAPE_NUMBERS
#define LIST_SHAPE_UINT32 WF_SHAPE_NUMBERS
#define LIST_SHAPE_ENUM WF_SHAPE_NUMBERS

#define MEMBER_BYTES(message, name) sizeof(((struct wf_##message *)NULL)->name)
#define ITEM_BYTES(message, name) sizeof(*((struct wf_##message *)NULL)->name.items)

/* A row without a number ends each table, because C has no empty arrays. A row lies in one line of the processor's cache. */
_Static_assert(sizeof(struct wf_field) <= 64, "a row fits a line of the cache");
#define WF_MESSAGE(message, full_name) static const _Alignas(64) struct wf_field fields_##message[] = {
#define WF_FIELD(message, number, KIND, type, name, json)                                                              \
    {(number), WF_KIND_##KIND, WF_LABEL_ONE, (uint32_t)offsetof(struct wf_##message, name), 0,                         \
     TAG(number, WIRE_##KIND), SHAPE_##KIND, MEMBER_BYTES(message, name), json, sizeof(json) - 1, 0,                   \
     TARGETS_##KIND(type)},
#define WF_LIST(message, number, KIND, type, name, json)                                                               \
    {(number), WF_KIND_##KIND, WF_LABEL_LIST, (uint32_t)offsetof(struct wf_##message, name), 0,                        \
     TAG(number, WIRE_SIZED), LIST_SHAPE_##KIND, ITEM_BYTES(message, name), json, sizeof(json) - 1, 0,                 \
     TARGETS_##KIND(type)},
#define WF_MAP(message, number, VALUE, name, json)                                                                     \
    {(number), ENTRY_##VALUE, WF_LABEL_MAP, (uint32_t)offsetof(struct wf_##message, name), 0,                          \
     TAG(number, WIRE_SIZED), WF_SHAPE_ITEMS, ITEM_BYTES(message, name), json, sizeof(json) - 1, 0,                    \
     ENTRY_TARGETS_##VALUE},
#define WF_CHOICE(message, oneof, number, KIND, type, name, json)                                                      \
    {(number), WF_KIND_##KIND, WF_LABEL_ONE, (uint32_t)offsetof(struct wf_##message, oneof),                           \
     (uint32_t)offsetof(struct wf_##message, oneof##_case), TAG(number, WIRE_##KIND), SHAPE_##KIND,                    \
     MEMBER_BYTES(message, oneof.name), json, sizeof(json) - 1, END_##message##__##oneof, TARGETS_##KIND(type)},
#define WF_MESSAGE_END(message)                                                                                        \
    {0}                                                                                                                \
    }                                                                                                                  \
    ;
#include "engine/model/schema.def"

/* Every one-byte tag has a place; the last of them, 127, is of a wire type that does not exist. */
#define PLACE(message, tag, name) [tag] = INDEX_##message##__##name + 1,
#define WF_MESSAGE(message, full_name) static const uint8_t places_##message[] = { [0] = 0, [127] = 0,
#define WF_FIELD(message, number, KIND, type, name, json) PLACE(message, TAG(number, WIRE_##KIND), name)
#define WF_LIST(message, number, KIND, type, name, json) PLACE(message, TAG(number, WIRE_SIZED), name)
#define WF_MAP(message, number, VALUE, name, json) PLACE(message, TAG(number, WIRE_SIZED), name)
#define WF_CHOICE(message, oneof, number, KIND, type, name, json) PLACE(message, TAG(number, WIRE_##KIND), name)
#define WF_MESSAGE_END(message)                                                                                        \
    }                                                                                                                  \
    ;                                                                                                                  \
    _Static_assert(COUNT_##message < UINT8_MAX, "places are bytes");
#include "engine/model/schema.def"

/* A number refers to nothing. */
#define REFERENCE_STRING(...) __VA_ARGS__,
#define REFERENCE_BYTES(...) __VA_ARGS__,
#define REFERENCE_MESSAGE(...) __VA_ARGS__,
#define REFERENCE_BOOL(...)
#define REFERENCE_INT32(...)
#define REFERENCE_INT64(...)
#define REFERENCE_UINT32(...)
#define REFERENCE_UINT64(...)
#define REFERENCE_FLOAT(...)
#define REFERENCE_DOUBLE(...)
#define REFERENCE_TIMESTAMP(...)
#define REFERENCE_DURATION(...)
#define REFERENCE_ENUM(...)

#define WF_MESSAGE(message, full_name) static const struct wf_reference references_##message[] = {
#define WF_FIELD(message, number, KIND, type, name, json)                                                              \
    REFERENCE_##KIND({offsetof(struct wf_##message, name), INDEX_##message##__##name})
#define WF_LIST(message, number, KIND, type, name, json)                                                               \
    {offsetof(struct wf_##message, name), INDEX_##message##__##name},
#define WF_MAP(message, number, VALUE, name, json)                                                                     \
    {offsetof(struct wf_##message, name), INDEX_##message##__##name},
#define WF_ONEOF(message, oneof) {offsetof(struct wf_##message, oneof), LAST_##message##__##oneof},
#define WF_MESSAGE_END(message)                                                                                        \
    {0}                                                                                                                \
    }                                                                                                                  \
    ;                                                                                                                  \
    _Static_assert(sizeof(struct wf_##message) <= UINT16_MAX, "offsets have two bytes");
#include "engine/model/schema.def"

#define WF_MESSAGE(message, full_name)                                                                                 \
    const struct wf_message_type wf_type_##message = {                                                                 \
        full_name,                                                                                                     \
        fields_##message,                                                                                              \
        COUNT_##message,                                                                                               \
        sizeof(struct wf_##message),                                                                                   \
        places_##message,                                                                                              \
        sizeof places_##message,                                                                                       \
        sizeof references_##message / sizeof references_##message[0] - 1,                                              \
        references_##message};
#include "engine/model/schema.def"

const struct wf_message_type *const wf_message_types[] = {
#define WF_MESSAGE(message, full_name) &wf_type_##message,
#include "engine/model/schema.def"
};
const size_t wf_message_type_count = sizeof wf_message_types / sizeof wf_message_types[0];

/* ---- Events and commands ---- */

const struct wf_event_descriptor wf_event_descriptors[WF_EVENT_TYPE_COUNT] = {
#define WF_EVENT(number, NAME, name, oneof_number, buffering, pascal)                                                  \
    [(number)] = {pascal, (oneof_number), WF_BUFFERING_##buffering, &wf_type_event_##name},
#include "engine/model/events.def"
};

/* A protocol message becomes no event of its own. */
#define WF_EVENT_TYPE_NONE WF_EVENT_TYPE_UNSPECIFIED

const struct wf_command_descriptor wf_command_descriptors[WF_COMMAND_TYPE_COUNT] = {
#define WF_COMMAND(number, NAME, name, oneof_number, EVENT, pascal)                                                    \
    [(number)] = {pascal, (oneof_number), WF_EVENT_TYPE_##EVENT, &wf_type_command_##name},
#include "engine/model/commands.def"
};

/* ---- Fields by name ---- */

static bool is_json_name(const struct wf_field *field, struct wf_string name)
{
    return field->json_name_size_bytes == name.size_bytes && memcmp(field->json_name, name.data, name.size_bytes) == 0;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* Compares task_queue_id with taskQueueId: an underscore is dropped and raises the letter after it. */
static bool is_snake_name(const struct wf_field *field, struct wf_string name)
{
    uint32_t at = 0;

    for (size_t i = 0; i < name.size_bytes; i++) {
        char c = name.data[i];

        if (c == '_') {
            if (++i == name.size_bytes) {
                return false;
            }
            c = upper(name.data[i]);
        }
        if (at == field->json_name_size_bytes || field->json_name[at] != c) {
            return false;
        }
        at++;
    }
    return at == field->json_name_size_bytes;
}

const struct wf_field *wf_message_field(const struct wf_message_type *type, uint32_t number)
{
    static const uint8_t wires[] = {WIRE_SIZED, WIRE_INT64, WIRE_FLOAT, WIRE_DOUBLE}; /* one kind of each wire type */
    const struct wf_field *field = NULL;

    for (size_t i = 0; field == NULL && i < sizeof wires; i++) {
        field = wf_message_field_of_tag(type, TAG((uint64_t)number, wires[i]));
    }
    return field;
}

const struct wf_field *wf_message_field_by_name(const struct wf_message_type *type, struct wf_string name,
                                                uint32_t hint)
{
    if (name.size_bytes == 0) {
        return NULL;
    }
    if (hint < type->field_count && is_json_name(&type->fields[hint], name)) {
        return &type->fields[hint];
    }
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (is_json_name(&type->fields[i], name)) {
            return &type->fields[i];
        }
    }
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (is_snake_name(&type->fields[i], name)) {
            return &type->fields[i];
        }
    }
    return NULL;
}

/* ---- Enum names ---- */

const char *wf_enum_name(const struct wf_enum_type *type, int32_t number)
{
    /* Most enums have no gaps, so that the number is the index. */
    if (number >= 0 && (uint32_t)number < type->value_count && type->values[number].number == number) {
        return type->values[number].name;
    }
    for (uint32_t i = 0; i < type->value_count; i++) {
        if (type->values[i].number == number) {
            return type->values[i].name;
        }
    }
    return NULL;
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/*
 * engine-semantics 1.7 "Legacy-enum conversion": an underscore before each capital but the first, all in capitals, behind
 * the prefix. Compares InProgress with RETRY_STATE_IN_PROGRESS.
 */
static bool is_legacy_name(const struct wf_enum_type *type, const struct wf_enum_value *value, struct wf_string name)
{
    const size_t prefix_size_bytes = strlen(type->prefix);
    const char *at = value->name + prefix_size_bytes;

    if (prefix_size_bytes == 0 || value->name_size_bytes <= prefix_size_bytes || !is_upper(name.data[0])) {
        return false;
    }
    for (size_t i = 0; i < name.size_bytes; i++) {
        const char c = name.data[i];

        if (c == '_') {
            return false;
        }
        if (i > 0 && is_upper(c)) {
            if (*at != '_') {
                return false;
            }
            at++;
        }
        if (*at != upper(c)) {
            return false;
        }
        at++;
    }
    return *at == '\0';
}

bool wf_enum_number(const struct wf_enum_type *type, struct wf_string name, int32_t *number)
{
    if (name.size_bytes == 0) {
        return false;
    }
    for (uint32_t i = 0; i < type->value_count; i++) {
        const struct wf_enum_value *value = &type->values[i];

        if (value->name_size_bytes == name.size_bytes && memcmp(value->name, name.data, name.size_bytes) == 0) {
            *number = value->number;
            return true;
        }
    }
    for (uint32_t i = 0; i < type->value_count; i++) {
        if (is_legacy_name(type, &type->values[i], name)) {
            *number = type->values[i].number;
            return true;
        }
    }
    return false;
}

/* ---- Classes of events ---- */

const char *wf_event_type_name(int32_t event_type)
{
    return event_type > 0 && event_type < WF_EVENT_TYPE_COUNT ? wf_event_descriptors[event_type].name : "Unknown";
}

const char *wf_command_type_name(int32_t command_type)
{
    const char *name = NULL;

    if (command_type > 0 && command_type < WF_COMMAND_TYPE_COUNT) {
        name = wf_command_descriptors[command_type].name;
    }
    return name == NULL ? "Unknown" : name;
}

bool wf_event_is_command(int32_t event_type)
{
    return wf_event_in(event_type, WF_COMMAND_EVENTS);
}

bool wf_event_has_attributes(const struct wf_event *event)
{
    return event->event_type > 0 && event->event_type < WF_EVENT_TYPE_COUNT &&
           event->attributes_case == wf_event_descriptors[event->event_type].oneof_number && event->attributes.any != NULL;
}

bool wf_event_is_silent(const struct wf_event *event)
{
    return event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED ||
           event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED ||
           event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_PAUSED ||
           (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED && wf_event_has_attributes(event) &&
            event->attributes.workflow_execution_signaled->skip_generate_workflow_task);
}

bool wf_event_is_close(int32_t event_type)
{
    return wf_event_in(event_type, WF_CLOSE_EVENTS);
}

struct wf_event_owner wf_event_owner_of(const struct wf_event *event)
{
    if (event->attributes.any == NULL) {
        return (struct wf_event_owner){0};
    }
    switch (event->attributes_case) {
#define WF_OWNER_BEGINS(KIND, name)                                                                                    \
    case WF_CASE_event_##name:                                                                                         \
        return (struct wf_event_owner){.kind = WF_OWNER_##KIND, .event_id = event->event_id, .begins = true};
#define WF_OWNER_GOES_ON(KIND, name, member)                                                                           \
    case WF_CASE_event_##name:                                                                                         \
        return (struct wf_event_owner){.kind = WF_OWNER_##KIND, .event_id = event->attributes.name->member};
#define WF_OWNER_ENDS(KIND, name, member)                                                                              \
    case WF_CASE_event_##name:                                                                                         \
        return (struct wf_event_owner){.kind = WF_OWNER_##KIND, .event_id = event->attributes.name->member, .ends = true};
#include "engine/model/owners.def"
    default:
        return (struct wf_event_owner){0};
    }
}

int64_t wf_event_ended_id(const struct wf_event *event, enum wf_owner_kind kind)
{
    const struct wf_event_owner owner = wf_event_owner_of(event);

    return owner.ends && owner.kind == kind ? owner.event_id : 0;
}
