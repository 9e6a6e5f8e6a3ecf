#include "tests/support/event_shape.h"

#include <stdio.h>

#include "engine/base/real.h"
#include "engine/print.h"
#include "tests/support/test.h"

#define PATH_BYTES_MAX 512
#define CLASS_VALUES_MAX 256

/* ---- Which values are free ---- */

/*
 * Attributes whose values nothing determines, by the end of their path. With a class, what is equal is shown; the values of a
 * class are compared with each other, not with what the other side calls them.
 */
static const struct {
    const char *path;
    const char *of_class; /* NULL: free */
} free_values[] = {
    /* who did it, with what, and when */
    {"identity", NULL},
    {"binaryChecksum", NULL},
    {"workerVersion", NULL},
    {"sdkMetadata", NULL},
    {"workflowExecutionExpirationTime", NULL},
    {"historySizeBytes", NULL},
    {"prevAutoResetPoints", NULL},
    /* words for people, and what interceptors send along */
    {"reason", NULL},
    {"message", NULL},
    {"stackTrace", NULL},
    {"encodedAttributes", NULL},
    {"header", NULL},
    /* ids that services and handlers give */
    {"requestId", "request"},
    {"endpointId", NULL},
    {"operationId", NULL},
    {"operationToken", NULL},
    {"originalExecutionRunId", "run"},
    {"firstExecutionRunId", "run"},
    {"continuedExecutionRunId", "run"},
    {"newExecutionRunId", "run"},
    {"baseRunId", "run"},
    {"newRunId", "run"},
    {"runId", "run"},
    /* ids that callers and SDKs give: some count, some take the id of the event, some draw them */
    {"workflowId", "workflow"},
    {"activityId", "activity"},
    {"timerId", "timer"},
    {"updateId", "update"},
    {"protocolInstanceId", "update"},
    {"acceptedRequestMessageId", "message"},
    /* names of where it ran */
    {"taskQueue.name", "queue"},
    {"taskQueue.normalName", "queue"},
    {"namespace", "namespace"},
    {"parentWorkflowNamespace", "namespace"},
    {"namespaceId", "namespaceId"},
    {"parentWorkflowNamespaceId", "namespaceId"},
    {"endpoint", "endpoint"},
};

static bool path_ends(struct wf_string path, const char *end)
{
    const struct wf_string wanted = wf_string_of(end);
    const size_t rest_bytes = path.size_bytes - wanted.size_bytes;

    return path.size_bytes >= wanted.size_bytes && memcmp(path.data + rest_bytes, end, wanted.size_bytes) == 0 &&
           (rest_bytes == 0 || path.data[rest_bytes - 1] == '.');
}

static bool is_event_id(const struct wf_field *field)
{
    const size_t before_bytes = field->json_name_size_bytes - (sizeof "EventId" - 1);

    return field->kind == WF_KIND_INT64 && field->json_name_size_bytes > sizeof "EventId" - 1 &&
           strcmp(field->json_name + before_bytes, "EventId") == 0;
}

/* ---- Values as text ---- */

struct class_value {
    const char *of_class;
    struct wf_string value;
    uint32_t number;
};

struct shape_writer {
    struct wf_buffer *out;
    char path[PATH_BYTES_MAX];
    size_t path_bytes;
    struct class_value values[CLASS_VALUES_MAX];
    uint32_t value_count;
};

/* Values of a class are numbered in the order met. */
static uint32_t class_number(struct shape_writer *writer, const char *of_class, struct wf_string value)
{
    uint32_t number = 1;

    for (uint32_t i = 0; i < writer->value_count; i++) {
        if (strcmp(writer->values[i].of_class, of_class) == 0) {
            if (wf_string_equal(writer->values[i].value, value)) {
                return writer->values[i].number;
            }
            number++;
        }
    }
    assert_true(writer->value_count < CLASS_VALUES_MAX);
    writer->values[writer->value_count++] = (struct class_value){of_class, value, number};
    return number;
}

/* Without its prefix: a blank would end the attribute. */
static void append_enum(struct wf_buffer *out, const struct wf_enum_type *type, int32_t number)
{
    const char *name = wf_enum_name(type, number);

    if (name == NULL) {
        wf_buffer_printf(out, "%d", (int)number);
    } else {
        wf_buffer_append_text(out, name + strlen(type->prefix));
    }
}

static void append_time(struct wf_buffer *out, const struct wf_timestamp *time)
{
    wf_buffer_printf(out, "%lld", (long long)time->seconds);
    if (time->nanos != 0) {
        wf_buffer_printf(out, ".%09d", (int)time->nanos);
    }
    wf_buffer_append_char(out, 's');
}

static void append_text_value(struct wf_buffer *out, struct wf_string text)
{
    for (size_t i = 0; i < text.size_bytes; i++) {
        wf_buffer_append_char(out, text.data[i] > ' ' ? text.data[i] : '_');
    }
}

/* The encoding, and what type a search attribute says that it has: the data are of the code. */
static void append_payload(struct wf_buffer *out, const struct wf_payload *payload)
{
    append_text_value(out, wf_payload_encoding(payload));
    for (uint32_t i = 0; i < payload->metadata.count; i++) {
        if (wf_string_is(payload->metadata.items[i].key, "type")) {
            wf_buffer_append_char(out, ':');
            append_text_value(out, payload->metadata.items[i].value);
        }
    }
}

static void append_payloads(struct wf_buffer *out, const struct wf_payloads *payloads)
{
    for (uint32_t i = 0; i < payloads->payloads.count; i++) {
        wf_buffer_append_text(out, i > 0 ? "," : "");
        append_payload(out, &payloads->payloads.items[i]);
    }
}

static void append_scalar(struct wf_buffer *out, const struct wf_field *field, const void *value)
{
    char real[WF_REAL_TEXT_BYTES];

    switch (field->kind) {
    case WF_KIND_STRING:
        append_text_value(out, *(const struct wf_string *)value);
        return;
    case WF_KIND_BOOL:
        wf_buffer_append_text(out, *(const bool *)value ? "true" : "false");
        return;
    case WF_KIND_INT32:
        wf_buffer_printf(out, "%d", (int)*(const int32_t *)value);
        return;
    case WF_KIND_INT64:
        wf_buffer_printf(out, "%lld", (long long)*(const int64_t *)value);
        return;
    case WF_KIND_DOUBLE:
        wf_buffer_append(out, real, wf_double_write(*(const wf_double_bits *)value, real));
        return;
    case WF_KIND_ENUM:
        append_enum(out, field->enumeration, *(const int32_t *)value);
        return;
    case WF_KIND_TIMESTAMP:
    case WF_KIND_DURATION:
        append_time(out, value);
        return;
    case WF_KIND_BYTES:
    case WF_KIND_UINT32:
    case WF_KIND_UINT64:
    case WF_KIND_FLOAT:
    case WF_KIND_MESSAGE:
        fail_msg("%s has values of a kind that shapes do not show", field->json_name);
    }
}

/* ---- Attributes ---- */

static void write_message(struct shape_writer *writer, const struct wf_message_type *type, const void *message);

static void begin_attribute(struct shape_writer *writer)
{
    wf_buffer_append_char(writer->out, ' ');
    wf_buffer_append(writer->out, writer->path, writer->path_bytes);
}

/* A message in which nothing is set is an attribute that SDKs and servers write or leave out as they like. */
static bool is_present(const struct wf_field *field, const void *message)
{
    const void *inner = NULL;
    const struct wf_field *part = NULL;
    uint32_t index = 0;

    if (!wf_field_is_set(field, message)) {
        return false;
    }
    if (field->kind != WF_KIND_MESSAGE || field->label != WF_LABEL_ONE || field->case_offset != 0) {
        return true;
    }
    inner = *(const void *const *)wf_field_in(field, message);
    while ((part = wf_message_next_field(field->message, inner, &index)) != NULL) {
        if (wf_field_is_set(part, inner)) {
            return true;
        }
    }
    return false;
}

/* True when the attribute is one of those that are free. */
static bool write_free(struct shape_writer *writer, const struct wf_field *field, const void *value)
{
    const struct wf_string path = {writer->path, writer->path_bytes};

    for (size_t i = 0; i < TEST_COUNT(free_values); i++) {
        /* A marker's detail may have the name of an id. */
        if (path_ends(path, free_values[i].path) && (free_values[i].of_class == NULL || field->kind == WF_KIND_STRING)) {
            begin_attribute(writer);
            if (free_values[i].of_class != NULL) {
                wf_buffer_printf(writer->out, "=%s#%u", free_values[i].of_class,
                                 class_number(writer, free_values[i].of_class, *(const struct wf_string *)value));
            }
            return true;
        }
    }
    return false;
}

/* One value, whose path is written. */
static void write_value(struct shape_writer *writer, const struct wf_field *field, const void *value)
{
    if (write_free(writer, field, value)) {
        return;
    }
    if (field->kind == WF_KIND_MESSAGE && field->message != &wf_type_payload && field->message != &wf_type_payloads) {
        if (field->case_offset != 0) {
            begin_attribute(writer); /* which one was chosen says something by itself */
        }
        write_message(writer, field->message, value);
        return;
    }
    begin_attribute(writer);
    wf_buffer_append_text(writer->out, is_event_id(field) ? "=@" : "=");
    if (field->message == &wf_type_payload) {
        append_payload(writer->out, value);
    } else if (field->message == &wf_type_payloads) {
        append_payloads(writer->out, value);
    } else {
        append_scalar(writer->out, field, value);
    }
}

/* The path goes on with a name while what is below it is written. */
static size_t path_push(struct shape_writer *writer, struct wf_string name)
{
    const size_t before_bytes = writer->path_bytes;

    assert_true(before_bytes + 1 + name.size_bytes <= PATH_BYTES_MAX);
    if (before_bytes > 0) {
        writer->path[writer->path_bytes++] = '.';
    }
    memcpy(writer->path + writer->path_bytes, name.data, name.size_bytes);
    writer->path_bytes += name.size_bytes;
    return before_bytes;
}

static void write_list(struct shape_writer *writer, const struct wf_field *field, const struct wf_list *list)
{
    const size_t item_bytes = field->item_size_bytes;

    for (uint32_t i = 0; i < list->count; i++) {
        size_t before_bytes = 0;
        char number[16];

        (void)snprintf(number, sizeof number, "%u", i);
        before_bytes = path_push(writer, wf_string_of(number));
        write_value(writer, field, (const char *)list->items + i * item_bytes);
        writer->path_bytes = before_bytes;
    }
}

/* Every entry begins with its key. Maps have no order; files have one, so keys are shown sorted. */
static void write_map(struct shape_writer *writer, const struct wf_field *field, const struct wf_list *map)
{
    const size_t item_bytes = field->item_size_bytes;
    const struct wf_string *last = NULL;

    for (uint32_t i = 0; i < map->count; i++) {
        const struct wf_string *next = NULL;
        size_t before_bytes = 0;

        for (uint32_t j = 0; j < map->count; j++) {
            const struct wf_string *key = (const void *)((const char *)map->items + j * item_bytes);

            if ((last == NULL || wf_string_compare(*key, *last) > 0) &&
                (next == NULL || wf_string_compare(*key, *next) < 0)) {
                next = key;
            }
        }
        before_bytes = path_push(writer, *next);
        write_value(writer, field, wf_map_field_value(field, map, *next));
        writer->path_bytes = before_bytes;
        last = next;
    }
}

static void write_field(struct shape_writer *writer, const struct wf_field *field, const void *member)
{
    const size_t before_bytes = path_push(writer, wf_string_of(field->json_name));

    if (field->label == WF_LABEL_LIST) {
        write_list(writer, field, member);
    } else if (field->label == WF_LABEL_MAP) {
        write_map(writer, field, member);
    } else {
        write_value(writer, field, field->kind == WF_KIND_MESSAGE ? *(const void *const *)member : member);
    }
    writer->path_bytes = before_bytes;
}

static void write_message(struct shape_writer *writer, const struct wf_message_type *type, const void *message)
{
    const struct wf_field *field = NULL;
    uint32_t index = 0;

    while ((field = wf_message_next_field(type, message, &index)) != NULL) {
        if (is_present(field, message)) {
            write_field(writer, field, wf_field_in(field, message));
        }
    }
}

void shape_append(struct wf_buffer *out, struct wf_arena *arena, const struct wf_event *events, uint32_t event_count)
{
    struct shape_writer *writer = WF_ARENA_NEW(arena, struct shape_writer);

    assert_non_null(writer);
    writer->out = out;
    for (uint32_t i = 0; i < event_count; i++) {
        wf_buffer_append_text(out, wf_event_type_name(events[i].event_type));
        write_message(writer, wf_event_descriptors[events[i].event_type].attributes, events[i].attributes.any);
        wf_buffer_append_char(out, '\n');
    }
}
