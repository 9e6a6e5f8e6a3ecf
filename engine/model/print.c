/*
 * Two layouts over the same descriptors: lines, for one message at a time, and one line, for tables and differences. What
 * a reader knows by a shorter name than its structure (a payload, a failure, a type with nothing but a name) has one line
 * in both.
 */
#include "engine/print.h"

#include "engine/base/assert.h"
#include "engine/base/date.h"
#include "engine/base/json_text.h"
#include "engine/base/real.h"

#define INLINE_DEPTH_MAX 8 /* messages in messages on one line */
#define SECONDS_A_DAY INT64_C(86400)

struct printer {
    struct wf_buffer *out;
    struct wf_print_options options;
    size_t end; /* size of out at which to stop */
};

static struct printer start(struct wf_buffer *out, const struct wf_print_options *options)
{
    struct printer printer = {.out = out, .end = SIZE_MAX};

    if (options != NULL) {
        printer.options = *options;
    }
    if (printer.options.value_limit_bytes == 0) {
        printer.options.value_limit_bytes = WF_PRINT_VALUE_BYTES;
    }
    if (printer.options.limit_bytes > 0 && out->size_bytes < SIZE_MAX - printer.options.limit_bytes) {
        printer.end = out->size_bytes + printer.options.limit_bytes;
    }
    return printer;
}

static bool is_at_end(const struct printer *printer)
{
    return printer->out->size_bytes >= printer->end || printer->out->is_full;
}

/* Cuts what went past the limit, between two characters. */
static void finish(struct printer *printer, const char *ellipsis)
{
    size_t size_bytes = printer->end;

    if (printer->out->size_bytes <= printer->end) {
        return;
    }
    while (size_bytes > printer->end - printer->options.limit_bytes &&
           ((unsigned char)printer->out->data[size_bytes] & 0xC0) == 0x80) {
        size_bytes--;
    }
    printer->out->size_bytes = size_bytes;
    wf_buffer_append_text(printer->out, ellipsis);
}

/* ---- Text ---- */

/* The length of the character at the start of text when it can be shown as it is, else 0. */
static size_t plain_length(const char *text, size_t size_bytes)
{
    const unsigned char *byte = (const unsigned char *)text;
    const size_t length = wf_utf8_sequence(text, size_bytes);

    if (length == 1 && (byte[0] < 0x20 || byte[0] == 0x7F)) {
        return 0;
    }
    /* U+0080 to U+009F are controls too, and some terminals obey them. */
    if (length == 2 && byte[0] == 0xC2 && byte[1] < 0xA0) {
        return 0;
    }
    return length;
}

/* Cuts a text to the limit of a value, between two characters. */
static struct wf_string cut(const struct printer *printer, struct wf_string text)
{
    size_t size_bytes = printer->options.value_limit_bytes;

    if (text.size_bytes <= size_bytes) {
        return text;
    }
    while (size_bytes > 0 && ((unsigned char)text.data[size_bytes] & 0xC0) == 0x80) {
        size_bytes--;
    }
    return (struct wf_string){text.data, size_bytes};
}

/* Appends text on one line; what cannot be shown becomes a blank, a run of blanks made so only one. */
static void print_as_is(struct printer *printer, struct wf_string text)
{
    const struct wf_string shown = cut(printer, text);
    bool was_replaced = false;

    for (size_t i = 0; i < shown.size_bytes;) {
        const size_t length = plain_length(shown.data + i, shown.size_bytes - i);

        if (length > 0 && !(was_replaced && shown.data[i] == ' ')) {
            wf_buffer_append(printer->out, shown.data + i, length);
            was_replaced = false;
        } else if (!was_replaced) {
            wf_buffer_append_char(printer->out, ' ');
            was_replaced = true;
        }
        i += length > 0 ? length : 1;
    }
    if (shown.size_bytes < text.size_bytes) {
        wf_buffer_append_text(printer->out, "...");
    }
}

/* True when a text needs no quotes to be told from what stands around it. */
static bool is_bare(struct wf_string text, bool allows_blanks)
{
    if (text.size_bytes == 0 || text.data[0] == ' ' || text.data[text.size_bytes - 1] == ' ') {
        return false;
    }
    for (size_t i = 0; i < text.size_bytes;) {
        const char c = text.data[i];
        const size_t length = plain_length(text.data + i, text.size_bytes - i);

        if (length == 0 || c == '"') {
            return false;
        }
        if (!allows_blanks && (c == ' ' || c == '=' || c == ',' || c == '{' || c == '}' || c == '[' || c == ']')) {
            return false;
        }
        i += length;
    }
    return true;
}

/* Appends a text as JSON does, with the controls escaped that JSON lets stand. */
static void print_quoted(struct printer *printer, struct wf_string text)
{
    const struct wf_string shown = cut(printer, text);
    size_t run = 0;

    wf_buffer_append_char(printer->out, '"');
    for (size_t i = 0; i < shown.size_bytes;) {
        const unsigned char c = (unsigned char)shown.data[i];
        const size_t length = plain_length(shown.data + i, shown.size_bytes - i);

        if (length > 0 && c != '"' && c != '\\') {
            i += length;
            continue;
        }
        wf_buffer_append(printer->out, shown.data + run, i - run);
        if (c == '"' || c == '\\') {
            wf_buffer_printf(printer->out, "\\%c", c);
        } else if (c == '\n') {
            wf_buffer_append_text(printer->out, "\\n");
        } else if (c == '\t') {
            wf_buffer_append_text(printer->out, "\\t");
        } else {
            wf_buffer_printf(printer->out, "\\x%02x", (unsigned)c);
        }
        run = ++i;
    }
    wf_buffer_append(printer->out, shown.data + run, shown.size_bytes - run);
    wf_buffer_append_text(printer->out, shown.size_bytes < text.size_bytes ? "\"..." : "\"");
}

static void print_text(struct printer *printer, struct wf_string text, bool allows_blanks)
{
    if (is_bare(text, allows_blanks)) {
        print_as_is(printer, text);
    } else {
        print_quoted(printer, text);
    }
}

/* ---- Times ---- */

#define YEAR_1_SECONDS INT64_C(-62135596800)
#define YEAR_10000_SECONDS INT64_C(253402300800)

void wf_print_timestamp(struct wf_buffer *out, struct wf_timestamp timestamp)
{
    int64_t days = timestamp.seconds / SECONDS_A_DAY;
    int second_of_day = (int)(timestamp.seconds % SECONDS_A_DAY);
    struct wf_date date;

    if (timestamp.seconds < YEAR_1_SECONDS || timestamp.seconds >= YEAR_10000_SECONDS || timestamp.nanos < 0 ||
        timestamp.nanos > 999999999) {
        wf_buffer_printf(out, "%llds+%dns after 1970", (long long)timestamp.seconds, timestamp.nanos);
        return;
    }
    if (second_of_day < 0) {
        second_of_day += (int)SECONDS_A_DAY;
        days--;
    }
    date = wf_date_of_days(days);
    wf_buffer_printf(out, "%04lld-%02u-%02uT%02d:%02d:%02d", (long long)date.year, date.month, date.day,
                     second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
    if (timestamp.nanos % 1000 != 0) {
        wf_buffer_printf(out, ".%09d", timestamp.nanos);
    } else if (timestamp.nanos % 1000000 != 0) {
        wf_buffer_printf(out, ".%06d", timestamp.nanos / 1000);
    } else if (timestamp.nanos != 0) {
        wf_buffer_printf(out, ".%03d", timestamp.nanos / 1000000);
    }
    wf_buffer_append_char(out, 'Z');
}

void wf_print_duration(struct wf_buffer *out, struct wf_timestamp duration)
{
    int64_t nanos = duration.nanos;
    int digits = 9;

    if (nanos <= -1000000000 || nanos >= 1000000000 || (duration.seconds > 0 && nanos < 0) ||
        (duration.seconds < 0 && nanos > 0)) {
        wf_buffer_printf(out, "%llds%c%lldns", (long long)duration.seconds, nanos < 0 ? '-' : '+',
                         (long long)(nanos < 0 ? -nanos : nanos));
        return;
    }
    if (duration.seconds == 0 && nanos < 0) {
        wf_buffer_append_char(out, '-');
    }
    wf_buffer_printf(out, "%lld", (long long)duration.seconds);
    if (nanos != 0) {
        nanos = nanos < 0 ? -nanos : nanos;
        wf_buffer_append_char(out, '.');
        for (int64_t unit = 100000000; nanos > 0; unit /= 10, digits--) {
            WF_ASSERT(digits > 0);
            wf_buffer_append_char(out, (char)('0' + nanos / unit));
            nanos %= unit;
        }
    }
    wf_buffer_append_char(out, 's');
}

/* ---- Payloads ---- */

struct wf_string wf_payload_encoding(const struct wf_payload *payload)
{
    for (uint32_t i = payload->metadata.count; i > 0; i--) {
        if (wf_string_is(payload->metadata.items[i - 1].key, "encoding")) {
            return payload->metadata.items[i - 1].value;
        }
    }
    return (struct wf_string){NULL, 0};
}

bool wf_payload_is_json(const struct wf_payload *payload)
{
    return wf_string_starts_with(wf_payload_encoding(payload), WF_STR("json/"));
}

bool wf_payload_is_encrypted(const struct wf_payload *payload)
{
    const struct wf_string word = WF_STR("encrypted");
    struct wf_string rest = wf_payload_encoding(payload);

    for (; rest.size_bytes >= word.size_bytes; rest.data++, rest.size_bytes--) {
        if (wf_string_starts_with(rest, word)) {
            return true;
        }
    }
    return false;
}

static void print_payload(struct printer *printer, const struct wf_payload *payload)
{
    const struct wf_string encoding = wf_payload_encoding(payload);

    if (wf_string_is(encoding, "binary/null")) {
        wf_buffer_append_text(printer->out, "null");
        return;
    }
    if (wf_payload_is_json(payload) && !printer->options.hides_payloads) {
        print_as_is(printer, payload->data);
        return;
    }
    wf_buffer_append_char(printer->out, '<');
    if (encoding.size_bytes == 0) {
        wf_buffer_append_text(printer->out, "no encoding");
    } else {
        print_as_is(printer, encoding);
    }
    wf_buffer_printf(printer->out, ", %zu bytes>", payload->data.size_bytes);
}

static void print_payloads(struct printer *printer, const struct wf_payloads *payloads)
{
    wf_buffer_append_char(printer->out, '[');
    for (uint32_t i = 0; i < payloads->payloads.count && !is_at_end(printer); i++) {
        wf_buffer_append_text(printer->out, i == 0 ? "" : ", ");
        print_payload(printer, &payloads->payloads.items[i]);
    }
    wf_buffer_append_char(printer->out, ']');
}

/* ---- Values on one line ---- */

static void print_inline(struct printer *printer, const struct wf_message_type *type, const void *message, int depth);

static void print_failure(struct printer *printer, const struct wf_failure *failure)
{
    const struct wf_field *info = wf_message_field(&wf_type_failure, failure->failure_info_case);

    /* Application failures carry the name of the error's type; the others are known by their kind. */
    if (failure->failure_info_case == 5 && failure->failure_info.application_failure_info != NULL &&
        failure->failure_info.application_failure_info->type.size_bytes > 0) {
        print_text(printer, failure->failure_info.application_failure_info->type, false);
    } else if (info != NULL && info->json_name_size_bytes > sizeof "FailureInfo") {
        wf_buffer_append(printer->out, info->json_name, info->json_name_size_bytes - (sizeof "FailureInfo" - 1));
    } else {
        wf_buffer_append_text(printer->out, "failure");
    }
    wf_buffer_append_text(printer->out, ": ");
    print_quoted(printer, failure->message);
    if (failure->cause != NULL) {
        wf_buffer_append_text(printer->out, " caused by ");
        print_quoted(printer, failure->cause->message);
    }
}

/* The text of a message that is known by one string in it: its only field, or the name of a queue or an execution. */
static const struct wf_string *known_name(const struct wf_message_type *type, const void *message)
{
    const bool is_named = type->field_count == 1 || type == &wf_type_task_queue || type == &wf_type_workflow_execution;
    const struct wf_field *field = &type->fields[0];

    if (!is_named || field->kind != WF_KIND_STRING || field->label != WF_LABEL_ONE || field->case_offset != 0) {
        return NULL;
    }
    return wf_field_in(field, message);
}

/* True for messages that have one line in every layout. */
static bool has_one_line(const struct wf_message_type *type, const void *message)
{
    return type == &wf_type_payload || type == &wf_type_payloads ||
           (type->field_count == 1 && known_name(type, message) != NULL);
}

static void print_one_line(struct printer *printer, const struct wf_message_type *type, const void *message)
{
    if (type == &wf_type_payload) {
        print_payload(printer, message);
    } else if (type == &wf_type_payloads) {
        print_payloads(printer, message);
    } else {
        print_text(printer, *known_name(type, message), false);
    }
}

static void print_enum(struct printer *printer, const struct wf_enum_type *type, int32_t number)
{
    const char *name = wf_enum_name(type, number);

    if (name == NULL) {
        wf_buffer_printf(printer->out, "%d", number);
    } else if (type == &wf_enum_type_event_type) {
        wf_buffer_append_text(printer->out, wf_event_type_name(number));
    } else if (type == &wf_enum_type_command_type) {
        wf_buffer_append_text(printer->out, wf_command_type_name(number));
    } else {
        wf_buffer_append_text(printer->out, name + strlen(type->prefix));
    }
}

static void print_real(struct printer *printer, const struct wf_field *field, const void *value)
{
    char text[WF_REAL_TEXT_BYTES];
    const size_t size_bytes = field->kind == WF_KIND_DOUBLE ? wf_double_write(*(const uint64_t *)value, text)
                                                            : wf_float_write(*(const uint32_t *)value, text);

    wf_buffer_append(printer->out, text, size_bytes);
}

/* Prints an inline value, of a list or map or of a member that is not a message. */
static void print_scalar(struct printer *printer, const struct wf_field *field, const void *value, bool allows_blanks)
{
    switch (field->kind) {
    case WF_KIND_STRING:
        print_text(printer, *(const struct wf_string *)value, allows_blanks);
        return;
    case WF_KIND_BYTES:
        wf_buffer_printf(printer->out, "<%zu bytes>", ((const struct wf_string *)value)->size_bytes);
        return;
    case WF_KIND_BOOL:
        wf_buffer_append_text(printer->out, *(const bool *)value ? "true" : "false");
        return;
    case WF_KIND_INT32:
        wf_json_write_i64(printer->out, *(const int32_t *)value);
        return;
    case WF_KIND_INT64:
        wf_json_write_i64(printer->out, *(const int64_t *)value);
        return;
    case WF_KIND_UINT32:
        wf_json_write_u64(printer->out, *(const uint32_t *)value);
        return;
    case WF_KIND_UINT64:
        wf_json_write_u64(printer->out, *(const uint64_t *)value);
        return;
    case WF_KIND_FLOAT:
    case WF_KIND_DOUBLE:
        print_real(printer, field, value);
        return;
    case WF_KIND_ENUM:
        print_enum(printer, field->enumeration, *(const int32_t *)value);
        return;
    case WF_KIND_TIMESTAMP:
        wf_print_timestamp(printer->out, *(const struct wf_timestamp *)value);
        return;
    case WF_KIND_DURATION:
        wf_print_duration(printer->out, *(const struct wf_timestamp *)value);
        return;
    case WF_KIND_MESSAGE:
        break;
    }
    WF_UNREACHABLE();
}

static void print_inline_item(struct printer *printer, const struct wf_field *field, const void *value, int depth)
{
    if (field->kind == WF_KIND_MESSAGE) {
        print_inline(printer, field->message, value, depth);
    } else {
        print_scalar(printer, field, value, false);
    }
}

static void print_inline_items(struct printer *printer, const struct wf_field *field, const struct wf_list *list,
                               int depth)
{
    const size_t size_bytes = field->item_size_bytes;

    wf_buffer_append_char(printer->out, field->label == WF_LABEL_MAP ? '{' : '[');
    for (uint32_t i = 0; i < list->count && !is_at_end(printer); i++) {
        const char *item = (const char *)list->items + i * size_bytes;

        wf_buffer_append_text(printer->out, i == 0 ? "" : ", ");
        if (field->label == WF_LABEL_MAP) {
            print_text(printer, *(const struct wf_string *)(const void *)item, false);
            wf_buffer_append_text(printer->out, ": ");
            item += sizeof(struct wf_string);
        }
        print_inline_item(printer, field, item, depth);
    }
    wf_buffer_append_char(printer->out, field->label == WF_LABEL_MAP ? '}' : ']');
}

static void print_inline_value(struct printer *printer, const struct wf_field *field, const void *value, int depth)
{
    if (field->label != WF_LABEL_ONE) {
        print_inline_items(printer, field, value, depth);
    } else if (field->kind == WF_KIND_MESSAGE) {
        print_inline(printer, field->message, *(const void *const *)value, depth);
    } else {
        print_scalar(printer, field, value, false);
    }
}

static void print_inline(struct printer *printer, const struct wf_message_type *type, const void *message, int depth)
{
    bool needs_comma = false;

    if (message == NULL) {
        wf_buffer_append_text(printer->out, "none");
        return;
    }
    if (has_one_line(type, message)) {
        print_one_line(printer, type, message);
        return;
    }
    if (type == &wf_type_failure) {
        print_failure(printer, message);
        return;
    }
    if (known_name(type, message) != NULL) {
        print_text(printer, *known_name(type, message), false);
        return;
    }
    if (depth == INLINE_DEPTH_MAX) {
        wf_buffer_append_text(printer->out, "{...}");
        return;
    }
    wf_buffer_append_char(printer->out, '{');
    for (uint32_t i = 0; i < type->field_count && !is_at_end(printer); i++) {
        const struct wf_field *field = &type->fields[i];

        if (wf_field_is_set(field, message)) {
            wf_buffer_printf(printer->out, "%s%s: ", needs_comma ? ", " : "", field->json_name);
            print_inline_value(printer, field, wf_field_in(field, message), depth + 1);
            needs_comma = true;
        }
    }
    wf_buffer_append_char(printer->out, '}');
}

void wf_print_value(struct wf_buffer *out, const struct wf_field *field, const void *value,
                    const struct wf_print_options *options)
{
    struct printer printer = start(out, options);

    print_inline_value(&printer, field, value, 0);
    finish(&printer, "...");
}

void wf_print_inline(struct wf_buffer *out, const struct wf_message_type *type, const void *message,
                     const struct wf_print_options *options)
{
    struct printer printer = start(out, options);

    print_inline(&printer, type, message, 0);
    finish(&printer, "...");
}

void wf_print_payload(struct wf_buffer *out, const struct wf_payload *payload, const struct wf_print_options *options)
{
    struct printer printer = start(out, options);

    print_payload(&printer, payload);
    finish(&printer, "...");
}

/* ---- Lines ---- */

static void print_lines(struct printer *printer, const struct wf_message_type *type, const void *message,
                        uint32_t level);

static void print_indent(struct printer *printer, uint32_t level)
{
    for (uint32_t i = 0; i < level; i++) {
        wf_buffer_append_text(printer->out, "  ");
    }
}

/* A text of several lines, such as a stack trace, keeps them, below its name. */
static void print_block(struct printer *printer, struct wf_string text, uint32_t level)
{
    size_t line = 0;

    while (line < text.size_bytes && !is_at_end(printer)) {
        size_t end = line;

        while (end < text.size_bytes && text.data[end] != '\n') {
            end++;
        }
        wf_buffer_append_char(printer->out, '\n');
        print_indent(printer, level + 1);
        print_as_is(printer, (struct wf_string){text.data + line, end - line});
        line = end + 1;
    }
}

static bool has_lines(struct wf_string text)
{
    for (size_t i = 0; i < text.size_bytes; i++) {
        if (text.data[i] == '\n') {
            return true;
        }
    }
    return false;
}

static bool is_empty(const struct wf_message_type *type, const void *message)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (wf_field_is_set(&type->fields[i], message)) {
            return false;
        }
    }
    return *(const struct wf_string *const *)message == NULL;
}

/* Appends what follows `name:`, and the line end. */
static void print_line_value(struct printer *printer, const struct wf_field *field, const void *value, uint32_t level)
{
    const bool is_message = field->kind == WF_KIND_MESSAGE;

    if (is_message && !has_one_line(field->message, value) && !is_empty(field->message, value)) {
        wf_buffer_append_char(printer->out, '\n');
        print_lines(printer, field->message, value, level + 1);
        return;
    }
    if (field->kind == WF_KIND_STRING && has_lines(*(const struct wf_string *)value)) {
        print_block(printer, *(const struct wf_string *)value, level);
        wf_buffer_append_char(printer->out, '\n');
        return;
    }
    wf_buffer_append_char(printer->out, ' ');
    if (!is_message) {
        print_scalar(printer, field, value, true);
    } else if (has_one_line(field->message, value)) {
        print_one_line(printer, field->message, value);
    } else {
        wf_buffer_append_text(printer->out, "{}");
    }
    wf_buffer_append_char(printer->out, '\n');
}

static void print_items(struct printer *printer, const struct wf_field *field, const struct wf_list *list,
                        uint32_t level)
{
    const size_t size_bytes = field->item_size_bytes;

    for (uint32_t i = 0; i < list->count && !is_at_end(printer); i++) {
        const char *item = (const char *)list->items + i * size_bytes;

        print_indent(printer, level);
        if (field->label == WF_LABEL_MAP) {
            print_text(printer, *(const struct wf_string *)(const void *)item, false);
            wf_buffer_append_char(printer->out, ':');
            item += sizeof(struct wf_string);
        } else {
            wf_buffer_printf(printer->out, "%s[%u]:", field->json_name, i);
        }
        print_line_value(printer, field, item, level);
    }
}

static void print_field(struct printer *printer, const struct wf_field *field, const void *message, uint32_t level)
{
    const void *member = wf_field_in(field, message);

    if (field->label == WF_LABEL_LIST && (field->kind == WF_KIND_MESSAGE || field->kind == WF_KIND_STRING)) {
        print_items(printer, field, member, level);
        return;
    }
    print_indent(printer, level);
    wf_buffer_printf(printer->out, "%s:", field->json_name);
    if (field->label == WF_LABEL_MAP) {
        wf_buffer_append_char(printer->out, '\n');
        print_items(printer, field, member, level + 1);
    } else if (field->label == WF_LABEL_LIST) {
        wf_buffer_append_char(printer->out, ' ');
        print_inline_items(printer, field, member, 0);
        wf_buffer_append_char(printer->out, '\n');
    } else {
        print_line_value(printer, field, field->kind == WF_KIND_MESSAGE ? *(const void *const *)member : member,
                         level);
    }
}

static void print_lines(struct printer *printer, const struct wf_message_type *type, const void *message,
                        uint32_t level)
{
    const struct wf_string *unknown = *(const struct wf_string *const *)message;

    for (uint32_t i = 0; i < type->field_count && !is_at_end(printer); i++) {
        if (wf_field_is_set(&type->fields[i], message)) {
            print_field(printer, &type->fields[i], message, level);
        }
    }
    if (unknown != NULL && !is_at_end(printer)) {
        print_indent(printer, level);
        wf_buffer_printf(printer->out, "(fields of a newer schema): <%zu bytes>\n", unknown->size_bytes);
    }
}

void wf_print_message(struct wf_buffer *out, const struct wf_message_type *type, const void *message,
                      const struct wf_print_options *options)
{
    struct printer printer = start(out, options);

    WF_ASSERT(message != NULL);
    print_lines(&printer, type, message, 0);
    finish(&printer, "...\n");
}
