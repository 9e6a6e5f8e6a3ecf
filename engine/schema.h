/*
 * The schema as C: every message a struct, every enum an enum, and one constant descriptor table that the codecs, the
 * printer, the differ and the validator loop over. All of it expands from the tables in engine/model.
 *
 * Strings, bytes and payloads are slices of the decoded buffer; the rest lives in the arena that the decoder was given.
 * A message is plain data: copying the struct shares what it points to. wf_message_copy makes a deep copy.
 * A sub-message is a pointer, NULL when absent; a timestamp or duration carries is_set. Proto3 scalars have no presence.
 * Enums are stored as int32_t, because they are open: a newer server may send a number that we do not know.
 */
#ifndef WF_ENGINE_SCHEMA_H
#define WF_ENGINE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bytes.h"

/* google.protobuf.Timestamp and Duration: whole seconds and nanoseconds, the nanos of a Duration signed as its seconds. */
struct wf_timestamp {
    int64_t seconds;
    int32_t nanos;
    bool is_set;
};

/* ---- Enums ---- */

#define WF_ENUM(name, prefix) enum wf_##name {
#define WF_ENUM_VALUE(name, number, NAME) WF_##NAME = (number),
#define WF_ENUM_END(name) };
#include "engine/model/enums.def"

enum wf_event_type {
    WF_EVENT_TYPE_UNSPECIFIED = 0,
#define WF_EVENT(number, NAME, name, oneof_number, buffering, pascal) WF_EVENT_TYPE_##NAME = (number),
#include "engine/model/events.def"
};

enum wf_command_type {
    WF_COMMAND_TYPE_UNSPECIFIED = 0,
#define WF_COMMAND(number, NAME, name, oneof_number, EVENT, pascal) WF_COMMAND_TYPE_##NAME = (number),
#include "engine/model/commands.def"
};

#define WF_EVENT_TYPE_COUNT 61   /* highest event type + 1 */
#define WF_COMMAND_TYPE_COUNT 19 /* highest command type + 1 */

/* ---- Structs ---- */

#define WF_MESSAGE(name, full_name) struct wf_##name;
#include "engine/model/schema.def"

struct wf_entry_string;
struct wf_entry_payload;
struct wf_entry_payloads;

/* The C type of one value of each kind. */
#define WF_CTYPE_STRING(type) struct wf_string
#define WF_CTYPE_BYTES(type) struct wf_string
#define WF_CTYPE_BOOL(type) bool
#define WF_CTYPE_INT32(type) int32_t
#define WF_CTYPE_INT64(type) int64_t
#define WF_CTYPE_UINT32(type) uint32_t
#define WF_CTYPE_UINT64(type) uint64_t
#define WF_CTYPE_FLOAT(type) uint32_t  /* the bits of an IEEE 754 float */
#define WF_CTYPE_DOUBLE(type) uint64_t /* the bits of an IEEE 754 double; arithmetic in engine/base/real.h */
#define WF_CTYPE_ENUM(type) int32_t
#define WF_CTYPE_MESSAGE(type) struct wf_##type *
#define WF_CTYPE_TIMESTAMP(type) struct wf_timestamp
#define WF_CTYPE_DURATION(type) struct wf_timestamp

/* The C type of one item of a list: messages lie inline, one after the other. */
#define WF_CITEM_STRING(type) struct wf_string
#define WF_CITEM_BYTES(type) struct wf_string
#define WF_CITEM_INT32(type) int32_t
#define WF_CITEM_INT64(type) int64_t
#define WF_CITEM_UINT32(type) uint32_t
#define WF_CITEM_ENUM(type) int32_t
#define WF_CITEM_MESSAGE(type) struct wf_##type

#define WF_CENTRY_STRING struct wf_entry_string
#define WF_CENTRY_BYTES struct wf_entry_string
#define WF_CENTRY_PAYLOAD struct wf_entry_payload
#define WF_CENTRY_PAYLOADS struct wf_entry_payloads

/*
 * Every struct starts with its unknown protobuf fields (NULL: none): their raw tags and values, in the order met.
 * A list or map is {items, count, capacity}; capacity is the decoder's and may be 0 in a list made by hand.
 * A oneof is a union and `<oneof>_case`, which holds the field number that is set, 0 for none.
 */
#define WF_MESSAGE(name, full_name)                                                                                    \
    struct wf_##name {                                                                                                 \
        const struct wf_string *unknown;
#define WF_FIELD(message, number, KIND, type, name, json) WF_CTYPE_##KIND(type) name;
#define WF_LIST(message, number, KIND, type, name, json)                                                               \
    struct {                                                                                                           \
        WF_CITEM_##KIND(type) *items;                                                                                  \
        uint32_t count;                                                                                                \
        uint32_t capacity;                                                                                             \
    } name;
#define WF_MAP(message, number, VALUE, name, json)                                                                     \
    struct {                                                                                                           \
        WF_CENTRY_##VALUE *items;                                                                                      \
        uint32_t count;                                                                                                \
        uint32_t capacity;                                                                                             \
    } name;
#define WF_ONEOF(message, oneof)                                                                                       \
    uint32_t oneof##_case;                                                                                             \
    union {                                                                                                            \
        void *any;
#define WF_CHOICE(message, oneof, number, KIND, type, name, json) WF_CTYPE_##KIND(type) name;
#define WF_ONEOF_END(message, oneof)                                                                                   \
    }                                                                                                                  \
    oneof;
#define WF_MESSAGE_END(name)                                                                                           \
    }                                                                                                                  \
    ;
#include "engine/model/schema.def"

/* The field number of each member of a oneof, as `<oneof>_case` holds it: WF_CASE_sdk_job_fire_timer. */
enum wf_oneof_case {
#define WF_CHOICE(message, oneof, number, KIND, type, name, json) WF_CASE_##message##_##name = (number),
#include "engine/model/schema.def"
};

struct wf_entry_string {
    struct wf_string key;
    struct wf_string value;
};
struct wf_entry_payload {
    struct wf_string key;
    struct wf_payload value;
};
struct wf_entry_payloads {
    struct wf_string key;
    struct wf_payloads value;
};

/* The memory shape of every list and map member, for code that loops over descriptors. */
struct wf_list {
    void *items;
    uint32_t count;
    uint32_t capacity;
};

/* ---- Descriptors ---- */

enum wf_field_kind {
    WF_KIND_STRING,
    WF_KIND_BYTES,
    WF_KIND_BOOL,
    WF_KIND_INT32,
    WF_KIND_INT64,
    WF_KIND_UINT32,
    WF_KIND_UINT64,
    WF_KIND_FLOAT,
    WF_KIND_DOUBLE,
    WF_KIND_ENUM,
    WF_KIND_MESSAGE,
    WF_KIND_TIMESTAMP,
    WF_KIND_DURATION,
};

enum wf_field_label {
    WF_LABEL_ONE,
    WF_LABEL_LIST,
    WF_LABEL_MAP, /* kind and message describe the value; the key is a string */
};

/* How a field lies in bytes and in memory: what label and kind say together, in one number to switch on. */
enum wf_field_shape {
    WF_SHAPE_TEXT, /* strings and bytes */
    WF_SHAPE_INT64,
    WF_SHAPE_INT32, /* enums and unsigned numbers too */
    WF_SHAPE_BOOL,
    WF_SHAPE_MESSAGE,
    WF_SHAPE_TIME,
    WF_SHAPE_FIXED64,
    WF_SHAPE_FIXED32,
    WF_SHAPE_NUMBERS, /* a list of numbers */
    WF_SHAPE_ITEMS,   /* a list of texts or messages, a map */
};

struct wf_message_type;
struct wf_enum_type;

struct wf_field {
    uint32_t number;
    enum wf_field_kind kind;
    enum wf_field_label label;
    uint32_t offset;                       /* of the member, in bytes */
    uint32_t case_offset;                  /* of the oneof's case member; 0: not in a oneof */
    uint32_t tag;                          /* of its protobuf encoding; of the packed one for a list of numbers */
    enum wf_field_shape shape;
    uint32_t item_size_bytes;              /* of one item of a list or map, of the member itself otherwise */
    const char *json_name;                 /* lowerCamelCase */
    uint32_t json_name_size_bytes;
    uint32_t oneof_end;                    /* index of the field after the oneof that it is in; 0: not in a oneof */
    const struct wf_message_type *message; /* of a message kind, else NULL */
    const struct wf_enum_type *enumeration; /* of an enum kind, else NULL */
};

/* A member that may point to something: a string, message, list or map, or the union of a oneof. */
struct wf_reference {
    uint16_t offset; /* of the member, whose first bytes are the pointer */
    uint16_t field;  /* its index; of a oneof some choice */
};

struct wf_message_type {
    const char *name;             /* "temporal.api.history.v1.HistoryEvent" */
    const struct wf_field *fields; /* ascending numbers */
    uint32_t field_count;
    uint32_t size_bytes;          /* of the C struct */
    const uint8_t *places;        /* by tag: index in fields + 1, 0 for a tag without a field */
    uint32_t place_count;         /* highest tag + 1, at least 128: every tag of one byte has a place */
    uint32_t reference_count;
    const struct wf_reference *references; /* few bytes for copying to look at, where fields are many */
};

struct wf_enum_value {
    int32_t number;
    uint32_t name_size_bytes;
    const char *name; /* "RETRY_STATE_IN_PROGRESS" */
};

struct wf_enum_type {
    const char *name;   /* "retry_state" */
    const char *prefix; /* "RETRY_STATE_" */
    const struct wf_enum_value *values;
    uint32_t value_count;
};

#define WF_MESSAGE(name, full_name) extern const struct wf_message_type wf_type_##name;
#include "engine/model/schema.def"

#define WF_ENUM(name, prefix) extern const struct wf_enum_type wf_enum_type_##name;
#include "engine/model/enums.def"
extern const struct wf_enum_type wf_enum_type_event_type;
extern const struct wf_enum_type wf_enum_type_command_type;

/* All message types of the schema, in table order, for tests and generators. */
extern const struct wf_message_type *const wf_message_types[];
extern const size_t wf_message_type_count;

/* Whether an event gets its id at once or is buffered while a workflow task runs (engine-semantics 1.3, column buf). */
enum wf_buffering { WF_BUFFERING_NONE, WF_BUFFERING_I, WF_BUFFERING_B, WF_BUFFERING_L };

struct wf_event_descriptor {
    const char *name;        /* "ActivityTaskScheduled" */
    uint32_t oneof_number;   /* field number of the attributes in HistoryEvent */
    enum wf_buffering buffering;
    const struct wf_message_type *attributes;
};

/* Indexed by event type; entry 0 has a NULL name. */
extern const struct wf_event_descriptor wf_event_descriptors[WF_EVENT_TYPE_COUNT];

struct wf_command_descriptor {
    const char *name; /* "ScheduleActivityTask" */
    uint32_t oneof_number;
    enum wf_event_type event; /* what it becomes in history; UNSPECIFIED for a protocol message */
    const struct wf_message_type *attributes;
};

/* Indexed by command type; entries 0 and 15 have a NULL name. */
extern const struct wf_command_descriptor wf_command_descriptors[WF_COMMAND_TYPE_COUNT];

/* ---- Queries ---- */

struct wf_arena;

/* The field that is encoded with this tag, or NULL. */
static inline const struct wf_field *wf_message_field_of_tag(const struct wf_message_type *type, uint64_t tag)
{
    return tag < type->place_count && type->places[tag] != 0 ? &type->fields[type->places[tag] - 1] : NULL;
}

/* The field with this number or NULL. Constant time. */
const struct wf_field *wf_message_field(const struct wf_message_type *type, uint32_t number);

/*
 * The field with this JSON name or NULL; snake_case is accepted too. `hint` is the index to try first: the one after the
 * last field found, when names come in table order.
 */
const struct wf_field *wf_message_field_by_name(const struct wf_message_type *type, struct wf_string name,
                                                uint32_t hint);

/* The canonical name, or NULL for a number that the table does not have. */
const char *wf_enum_name(const struct wf_enum_type *type, int32_t number);

/*
 * Reads a canonical name ("RETRY_STATE_TIMEOUT") or the legacy CamelCase one ("Timeout"); false when unknown.
 * Source: engine-semantics 1.7 "Legacy-enum conversion".
 */
bool wf_enum_number(const struct wf_enum_type *type, struct wf_string name, int32_t *number);

/* "ActivityTaskScheduled", or "Unknown" for a number outside 1..60. Never NULL. */
const char *wf_event_type_name(int32_t event_type);
const char *wf_command_type_name(int32_t command_type);

/* A command event mirrors a command (replay-rules 1.2). */
bool wf_event_is_command(int32_t event_type);

/* Completed, Failed, TimedOut, Canceled, Terminated or ContinuedAsNew of the execution. */
bool wf_event_is_close(int32_t event_type);

struct wf_event;

/*
 * Whether the event is of a known type and carries the attributes of that type. A file may pair any type with any attributes or
 * none; who reads attributes by the type of an event that nobody verified asks this first.
 */
bool wf_event_has_attributes(const struct wf_event *event);

/* The workflow need not hear of it: no workflow task is scheduled for it (3.4). */
bool wf_event_is_silent(const struct wf_event *event);

/* What an event can be about. */
enum wf_owner_kind {
    WF_OWNER_NONE,
    WF_OWNER_ACTIVITY,
    WF_OWNER_TIMER,
    WF_OWNER_CHILD,
    WF_OWNER_SIGNAL, /* to another workflow */
    WF_OWNER_CANCEL, /* of another workflow */
    WF_OWNER_NEXUS,
};
#define WF_OWNER_KIND_COUNT 7

struct wf_event_owner {
    enum wf_owner_kind kind;
    int64_t event_id; /* of the event that began it: scheduled, started or initiated; of BEGINS the event's own */
    bool begins;
    bool ends;
};

/* The thing that the event is about, as engine/model/owners.def says; NONE for an event without attributes of its kind. */
struct wf_event_owner wf_event_owner_of(const struct wf_event *event);

/* The id of what the event ends; 0: it ends nothing of this kind. */
int64_t wf_event_ended_id(const struct wf_event *event, enum wf_owner_kind kind);

/* ---- Members ---- */

/* The place of a field's member in a message; of a oneof's union when the field is a choice. */
static inline const void *wf_field_in(const struct wf_field *field, const void *message)
{
    return (const char *)message + field->offset;
}

/* The name in a type that may be absent; empty then. */
static inline struct wf_string wf_activity_type_name(const struct wf_activity_type *type)
{
    return type == NULL ? (struct wf_string){NULL, 0} : type->name;
}

static inline struct wf_string wf_workflow_type_name(const struct wf_workflow_type *type)
{
    return type == NULL ? (struct wf_string){NULL, 0} : type->name;
}

/* The chosen field of the oneof that `choice` is in, or NULL. */
static inline const struct wf_field *wf_message_chosen(const struct wf_message_type *type,
                                                       const struct wf_field *choice, const void *message)
{
    const uint32_t *number = (const void *)((const char *)message + choice->case_offset);
    const struct wf_field *chosen = wf_message_field(type, *number);

    return chosen != NULL && chosen->case_offset == choice->case_offset ? chosen : NULL;
}

/*
 * One after the other the fields that a message has room for: all that are in no oneof, and of each oneof the chosen one, in
 * table order. *index begins at 0; NULL: no more.
 */
static inline const struct wf_field *wf_message_next_field(const struct wf_message_type *type, const void *message,
                                                           uint32_t *index)
{
    while (*index < type->field_count) {
        const struct wf_field *field = &type->fields[*index];

        if (field->case_offset == 0) {
            ++*index;
            return field;
        }
        *index = field->oneof_end;
        field = wf_message_chosen(type, field, message);
        if (field != NULL) {
            return field;
        }
    }
    return NULL;
}

/*
 * True when the message has the field: the chosen one of a oneof, a list or map with items, a sub-message or time that is
 * there, a scalar that is not zero or empty (proto3 does not tell zero from absent).
 */
bool wf_field_is_set(const struct wf_field *field, const void *message);

/*
 * True when two values of a field are equal. left and right point to the member for a field of label ONE that is no
 * message, to the item for one of a list, to the value for one of a map, to the message for a message.
 */
bool wf_value_equal(const struct wf_field *field, const void *left, const void *right);

/* The value under a key of a map member, the last when a key occurs twice; NULL when there is none. */
const void *wf_map_field_value(const struct wf_field *field, const void *map, struct wf_string key);

/* ---- Whole messages ---- */

/* Returns a zeroed message in the arena, or NULL when the arena is full. */
void *wf_message_new(struct wf_arena *arena, const struct wf_message_type *type);

/*
 * Makes a deep copy: nothing in the copy points into the source's memory.
 * Returns NULL when the arena is full.
 */
void *wf_message_copy(struct wf_arena *arena, const struct wf_message_type *type, const void *message);

/* As wf_message_copy, into a struct that the caller provides. */
bool wf_message_copy_into(struct wf_arena *arena, const struct wf_message_type *type, void *target,
                          const void *message);

/* True when both messages have the same fields with the same values, map entries in any order. */
bool wf_message_equal(const struct wf_message_type *type, const void *left, const void *right);

/* Makes a list or map member what another of its shape is: the two share their items. */
static inline void wf_list_share(void *to, const void *from)
{
    memcpy(to, from, sizeof(struct wf_list));
}

/* Appends an item of item_size_bytes to a list member, growing it in the arena; NULL when the arena is full. */
void *wf_list_append(struct wf_arena *arena, void *list, size_t item_size_bytes);

#define WF_LIST_APPEND(arena, list) wf_list_append((arena), &(list), sizeof *(list).items)

/* Takes an item out of a list member; those behind it move up. */
void wf_list_remove(void *list, void *item, size_t item_size_bytes);

#define WF_LIST_REMOVE(list, item) wf_list_remove(&(list), (item), sizeof *(list).items)

#endif
