/*
 * Templates over the schema's descriptors. A part is appended and taken back when one of its fields turns out not to be
 * set, so nothing is looked up twice.
 */
#include "sim/cli/summary.h"

#include <string.h>

#include "engine/base/assert.h"
#include "sim/cli/output.h"

static const char *const summaries[WF_EVENT_TYPE_COUNT] = {
#define CLI_SUMMARY(TYPE, template) [WF_EVENT_TYPE_##TYPE] = (template),
#include "sim/cli/summary.def"
};

/* What the events that others refer to are called. */
static const char *step_template(int32_t event_type)
{
    switch (event_type) {
    case WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
        return "{activityType.name}";
    case WF_EVENT_TYPE_TIMER_STARTED:
        return "timer {timerId}";
    case WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
        return "{workflowType.name}| {workflowId}";
    case WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
        return "{signalName}";
    case WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
        return "{workflowExecution.workflowId}";
    case WF_EVENT_TYPE_NEXUS_OPERATION_SCHEDULED:
        return "{operation}";
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
        return "{acceptedRequest.input.name}";
    default:
        return "";
    }
}

struct context {
    struct wf_buffer *text;
    const struct wf_history *history; /* NULL: references are not followed */
    size_t value_columns_max;
};

/* ---- Values ---- */

static bool is_json(const struct wf_payload *payload)
{
    for (uint32_t i = 0; i < payload->metadata.count; i++) {
        const struct wf_entry_string *entry = &payload->metadata.items[i];

        if (wf_string_is(entry->key, "encoding")) {
            return wf_string_is(entry->value, "json/plain") || wf_string_is(entry->value, "json/protobuf");
        }
    }
    return false;
}

static void append_payload(const struct context *context, const struct wf_payload *payload)
{
    if (is_json(payload)) {
        cli_append_visible(context->text, payload->data, context->value_columns_max);
    } else if (payload->data.size_bytes == 0) {
        wf_buffer_append_text(context->text, "null");
    } else {
        wf_buffer_printf(context->text, "<%zu bytes>", payload->data.size_bytes);
    }
}

static void append_payloads(const struct context *context, const struct wf_payloads *payloads)
{
    wf_buffer_append_text(context->text, "(");
    for (uint32_t i = 0; i < payloads->payloads.count; i++) {
        wf_buffer_append_text(context->text, i == 0 ? "" : ", ");
        append_payload(context, &payloads->payloads.items[i]);
    }
    wf_buffer_append_text(context->text, ")");
}

/* "CardDeclined: no funds", of the innermost cause when the outer failures only wrap it. */
static void append_failure(const struct context *context, const struct wf_failure *failure)
{
    const struct wf_string *type = NULL;

    while (failure->cause != NULL && (failure->failure_info_case == WF_CASE_failure_activity_failure_info ||
                                      failure->failure_info_case == WF_CASE_failure_child_workflow_execution_failure_info)) {
        failure = failure->cause;
    }
    if (failure->failure_info_case == WF_CASE_failure_application_failure_info &&
        failure->failure_info.application_failure_info->type.size_bytes > 0) {
        type = &failure->failure_info.application_failure_info->type;
        cli_append_visible(context->text, *type, context->value_columns_max);
    }
    if (failure->message.size_bytes > 0) {
        wf_buffer_append_text(context->text, type == NULL ? "" : ": ");
        cli_append_visible(context->text, failure->message, context->value_columns_max);
    } else if (type == NULL) {
        wf_buffer_append_text(context->text, "a failure without a message");
    }
}

/* "TIMEOUT_TYPE_START_TO_CLOSE" is "start to close". */
static void append_enum(const struct context *context, const struct wf_enum_type *type, int32_t number)
{
    const char *name = wf_enum_name(type, number);

    if (name == NULL) {
        wf_buffer_printf(context->text, "%d", (int)number);
        return;
    }
    for (name += strlen(type->prefix); *name != '\0'; name++) {
        wf_buffer_append_char(context->text, *name == '_' ? ' ' : (char)(*name >= 'A' && *name <= 'Z' ? *name + 32 : *name));
    }
}

static bool append_message(const struct context *context, const struct wf_message_type *type, const void *message)
{
    if (type == &wf_type_payloads) {
        const struct wf_payloads *payloads = message;

        if (payloads->payloads.count == 0) {
            return false;
        }
        append_payloads(context, payloads);
    } else if (type == &wf_type_payload) {
        append_payload(context, message);
    } else if (type == &wf_type_failure) {
        append_failure(context, message);
    } else {
        return false;
    }
    return true;
}

static int64_t integer_of(const struct wf_field *field, const void *member)
{
    return field->kind == WF_KIND_INT64 ? *(const int64_t *)member : *(const int32_t *)member;
}

static bool append_reference(const struct context *context, int64_t event_id)
{
    const struct wf_event *event = context->history == NULL ? NULL : cli_event_by_id(context->history, event_id);

    if (event == NULL || step_template(event->event_type)[0] == '\0') {
        return false;
    }
    cli_append_step_name(context->text, event);
    return true;
}

/* Appends one field; false when there is nothing to say. `mark` is what followed the name: '^', '>' or 0. */
static bool append_field(const struct context *context, const struct wf_field *field, const void *message, char mark)
{
    const void *member = wf_field_in(field, message);

    if (field->label != WF_LABEL_ONE || !wf_field_is_set(field, message)) {
        return false;
    }
    switch (field->kind) {
    case WF_KIND_STRING:
        cli_append_visible(context->text, *(const struct wf_string *)member, context->value_columns_max);
        return true;
    case WF_KIND_ENUM:
        append_enum(context, field->enumeration, *(const int32_t *)member);
        return true;
    case WF_KIND_INT32:
    case WF_KIND_INT64:
        if (mark == '^') {
            return append_reference(context, integer_of(field, member));
        }
        if (mark == '>' && integer_of(field, member) <= 1) {
            return false;
        }
        wf_buffer_printf(context->text, "%lld", (long long)integer_of(field, member));
        return true;
    case WF_KIND_DURATION:
        cli_append_duration(context->text, wf_time_of(*(const struct wf_timestamp *)member));
        return true;
    case WF_KIND_TIMESTAMP:
        cli_append_timestamp(context->text, *(const struct wf_timestamp *)member);
        return true;
    case WF_KIND_MESSAGE:
        return append_message(context, field->message, *(const void *const *)member);
    case WF_KIND_BYTES:
    case WF_KIND_BOOL:
    case WF_KIND_UINT32:
    case WF_KIND_UINT64:
    case WF_KIND_FLOAT:
    case WF_KIND_DOUBLE:
        return false;
    }
    WF_UNREACHABLE();
}

/* ---- Templates ---- */

/* Follows "taskQueue.name" from a message; the last field is appended. */
static bool append_path(const struct context *context, const struct wf_message_type *type, const void *message,
                        const char *path, const char *end)
{
    const char mark = end[-1] == '^' ? '^' : strncmp(end - 2, ">1", 2) == 0 ? '>' : '\0';

    end -= mark == '^' ? 1 : mark == '>' ? 2 : 0;
    for (;;) {
        const char *dot = memchr(path, '.', (size_t)(end - path));
        const char *name_end = dot == NULL ? end : dot;
        const struct wf_field *field =
            wf_message_field_by_name(type, (struct wf_string){path, (size_t)(name_end - path)}, 0);

        WF_ASSERT(field != NULL);
        if (dot == NULL) {
            return append_field(context, field, message, mark);
        }
        WF_ASSERT(field->kind == WF_KIND_MESSAGE && field->label == WF_LABEL_ONE);
        if (!wf_field_is_set(field, message)) {
            return false;
        }
        message = *(const void *const *)wf_field_in(field, message);
        type = field->message;
        path = dot + 1;
    }
}

/* Appends a part up to its `|`; false, with nothing appended, when a field is not set. */
static bool append_part(const struct context *context, const struct wf_message_type *type, const void *message,
                        const char *part, const char *end)
{
    const size_t size_before = context->text->size_bytes;

    while (part < end) {
        if (*part == '{') {
            const char *close = memchr(part, '}', (size_t)(end - part));

            WF_ASSERT(close != NULL);
            if (!append_path(context, type, message, part + 1, close)) {
                context->text->size_bytes = size_before;
                return false;
            }
            part = close + 1;
        } else {
            wf_buffer_append_char(context->text, *part);
            part++;
        }
    }
    return true;
}

static void append_template(const struct context *context, const struct wf_event *event, const char *template)
{
    const struct wf_event_descriptor *descriptor = NULL;
    const void *attributes = event->attributes.any;

    if (template == NULL || event->event_type <= 0 || event->event_type >= WF_EVENT_TYPE_COUNT || attributes == NULL) {
        return;
    }
    descriptor = &wf_event_descriptors[event->event_type];
    /* The attributes may be those of another event: nothing was validated. */
    if (event->attributes_case != descriptor->oneof_number) {
        return;
    }
    while (*template != '\0') {
        const char *bar = strchr(template, '|');
        const char *end = bar == NULL ? template + strlen(template) : bar;

        append_part(context, descriptor->attributes, attributes, template, end);
        template = bar == NULL ? end : bar + 1;
    }
}

void cli_append_summary(struct wf_buffer *text, const struct wf_history *history, const struct wf_event *event,
                        size_t value_columns_max)
{
    const struct context context = {text, history, value_columns_max};

    if (event->event_type > 0 && event->event_type < WF_EVENT_TYPE_COUNT) {
        append_template(&context, event, summaries[event->event_type]);
    }
}

void cli_append_step_name(struct wf_buffer *text, const struct wf_event *event)
{
    const struct context context = {text, NULL, 40};

    append_template(&context, event, step_template(event->event_type));
}

const struct wf_event *cli_event_by_id(const struct wf_history *history, int64_t event_id)
{
    if (event_id <= 0) {
        return NULL;
    }
    if ((uint64_t)event_id <= history->event_count && history->events[event_id - 1].event_id == event_id) {
        return &history->events[event_id - 1];
    }
    for (uint32_t i = 0; i < history->event_count; i++) {
        if (history->events[i].event_id == event_id) {
            return &history->events[i];
        }
    }
    return NULL;
}

/* ---- Times ---- */

int64_t cli_elapsed_ns(struct wf_timestamp from, struct wf_timestamp to)
{
    const int64_t from_ns = wf_time_of(from);
    const int64_t to_ns = wf_time_of(to);

    if (from_ns < 0 && to_ns > INT64_MAX + from_ns) {
        return INT64_MAX;
    }
    if (from_ns > 0 && to_ns < INT64_MIN + from_ns) {
        return INT64_MIN;
    }
    return to_ns - from_ns;
}

/* Two neighbouring units: "2m 05s", "7d 01h". */
static void append_units(struct wf_buffer *text, int64_t seconds)
{
    if (seconds >= 86400) {
        wf_buffer_printf(text, "%lldd %02lldh", (long long)(seconds / 86400), (long long)(seconds / 3600 % 24));
    } else if (seconds >= 3600) {
        wf_buffer_printf(text, "%lldh %02lldm", (long long)(seconds / 3600), (long long)(seconds / 60 % 60));
    } else {
        wf_buffer_printf(text, "%lldm %02llds", (long long)(seconds / 60), (long long)(seconds % 60));
    }
}

void cli_append_duration(struct wf_buffer *text, int64_t duration_ns)
{
    const int64_t ms = duration_ns / WF_NS_PER_MS;

    if (duration_ns < 0) {
        wf_buffer_append_char(text, '-');
        cli_append_duration(text, duration_ns == INT64_MIN ? INT64_MAX : -duration_ns);
    } else if (ms >= 60000) {
        append_units(text, ms / 1000);
    } else if (ms % 1000 == 0 && ms > 0) {
        wf_buffer_printf(text, "%llds", (long long)(ms / 1000));
    } else if (ms >= 1000) {
        wf_buffer_printf(text, "%lld.%03llds", (long long)(ms / 1000), (long long)(ms % 1000));
    } else if (ms > 0) {
        wf_buffer_printf(text, "%lldms", (long long)ms);
    } else if (duration_ns > 0) {
        wf_buffer_append_text(text, "<1ms");
    } else {
        wf_buffer_append_char(text, '0');
    }
}

/* Days since 1970 to a date of the Gregorian calendar, counted in eras of 400 years that begin in March. */
static void civil_date(int64_t days, long long *year, int *month, int *day)
{
    const int64_t shifted = days + 719468;
    const int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    const int64_t day_of_era = shifted - era * 146097;
    const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t month_from_march = (5 * day_of_year + 2) / 153;

    *day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    *month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *year = (long long)(year_of_era + era * 400 + (*month <= 2 ? 1 : 0));
}

void cli_append_timestamp(struct wf_buffer *text, struct wf_timestamp timestamp)
{
    const int64_t second_of_day = (timestamp.seconds % 86400 + 86400) % 86400;
    long long year = 0;
    int month = 0;
    int day = 0;

    if (!timestamp.is_set) {
        return;
    }
    civil_date((timestamp.seconds - second_of_day) / 86400, &year, &month, &day);
    wf_buffer_printf(text, "%04lld-%02d-%02dT%02d:%02d:%02d", year, month, day, (int)(second_of_day / 3600),
                     (int)(second_of_day / 60 % 60), (int)(second_of_day % 60));
    if (timestamp.nanos >= 1000000) {
        wf_buffer_printf(text, ".%03d", (int)(timestamp.nanos / 1000000));
    }
    wf_buffer_append_char(text, 'Z');
}
