/*
 * Decodes and encodes messages for another program: requests come on standard input, answers go to
 * standard output, until the input ends. random_messages.py drives it with messages made by
 * Google's runtime.
 *
 *   request   u8 operation, u32 size and name of the message type, u32 size and bytes
 *   answer    u8 status (0 fine, else an error and its text), u32 size and bytes
 *
 *   operation 'w' protobuf to protobuf, 'j' protobuf to JSON, 'J' JSON to protobuf, 't' the table:
 * a line for each field
 */
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/arena.h"
#include "engine/codec.h"

static bool read_exactly(void *to, size_t size_bytes)
{
    return size_bytes == 0 || fread(to, size_bytes, 1, stdin) == 1;
}

static bool read_string(struct wf_arena *arena, struct wf_string *string)
{
    char size[4];
    char *data = NULL;

    if (!read_exactly(size, sizeof size)) {
        return false;
    }
    string->size_bytes = wf_load_u32(size);
    data = wf_arena_take_text(arena, string->size_bytes);
    string->data = data;
    return data != NULL && read_exactly(data, string->size_bytes);
}

static void answer(uint8_t status, struct wf_string bytes)
{
    char size[4];

    wf_store_u32(size, (uint32_t)bytes.size_bytes);
    putchar(status);
    fwrite(size, sizeof size, 1, stdout);
    fwrite(bytes.data, 1, bytes.size_bytes, stdout);
    fflush(stdout);
}

static const struct wf_message_type *find_type(struct wf_string name)
{
    for (size_t i = 0; i < wf_message_type_count; i++) {
        if (wf_string_is(name, wf_message_types[i]->name)) {
            return wf_message_types[i];
        }
    }
    return NULL;
}

static void describe_field(const struct wf_message_type *type, const struct wf_field *field,
                           struct wf_buffer *out)
{
    static const char *const kinds[] = {"string",  "bytes",     "bool",    "int32",  "int64",
                                        "uint32",  "uint64",    "float",   "double", "enum",
                                        "message", "timestamp", "duration"};
    static const char *const labels[] = {"one", "list", "map"};

    wf_buffer_printf(out, "%s\t%u\t%s\t%s\t%s\t%s\t%s\t", type->name, field->number,
                     field->json_name, kinds[field->kind], labels[field->label],
                     field->message == NULL ? "-" : field->message->name,
                     field->case_offset == 0 ? "-" : "oneof");
    for (uint32_t i = 0; field->enumeration != NULL && i < field->enumeration->value_count; i++) {
        wf_buffer_printf(out, "%s=%d ", field->enumeration->values[i].name,
                         (int)field->enumeration->values[i].number);
    }
    wf_buffer_append_char(out, '\n');
}

static void describe_table(struct wf_buffer *out)
{
    for (size_t i = 0; i < wf_message_type_count; i++) {
        const struct wf_message_type *type = wf_message_types[i];

        wf_buffer_printf(out, "%s\t0\t-\t-\t-\t-\t-\t\n", type->name);
        for (uint32_t f = 0; f < type->field_count; f++) {
            describe_field(type, &type->fields[f], out);
        }
    }
}

static enum wf_status convert(struct wf_arena *arena, int operation,
                              const struct wf_message_type *type, struct wf_string in,
                              struct wf_buffer *out, struct wf_error *err)
{
    void *message = wf_message_new(arena, type);

    if (operation == 'J') {
        WF_TRY(wf_json_decode(arena, type, in, message, NULL, err));
    } else {
        WF_TRY(wf_wire_decode(arena, type, in, message, err));
    }
    if (operation == 'j') {
        wf_json_encode(type, message, out);
    } else {
        wf_wire_encode(type, message, out);
    }
    return WF_OK;
}

static bool serve_one(struct wf_arena *arena)
{
    const int operation = getchar();
    const struct wf_message_type *type = NULL;
    struct wf_string name;
    struct wf_string in;
    struct wf_buffer out;
    struct wf_error err = {0};

    if (operation == EOF || !read_string(arena, &name) || !read_string(arena, &in)) {
        return false;
    }
    wf_buffer_init(&out, arena);
    if (operation == 't') {
        describe_table(&out);
        answer(0, wf_buffer_string(&out));
        return true;
    }
    type = find_type(name);
    if (type == NULL) {
        answer(1, WF_STR("no such message type"));
    } else if (convert(arena, operation, type, in, &out, &err) != WF_OK) {
        answer((uint8_t)err.status, wf_string_of(err.message));
    } else {
        answer(0, wf_buffer_string(&out));
    }
    return true;
}

int main(void)
{
    struct wf_arena arena;

    wf_arena_init(&arena, wf_system_blocks(), 0);
    while (serve_one(&arena)) {
        wf_arena_reset(&arena);
    }
    wf_arena_deinit(&arena);
    return EXIT_SUCCESS;
}
