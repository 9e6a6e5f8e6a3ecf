/*
 * Failures as values: Temporal's failure messages, made, read and searched. An author's wf_error points at the message itself,
 * so that what came from outside goes on unchanged.
 */
#include "engine/workflow/workflow_run.h"

/* Field numbers of the kinds in temporal.api.failure.v1.Failure. */
enum info {
    INFO_APPLICATION = 5,
    INFO_TIMEOUT = 6,
    INFO_CANCELED = 7,
    INFO_TERMINATED = 8,
    INFO_SERVER = 9,
    INFO_ACTIVITY = 11,
    INFO_CHILD = 12,
    INFO_NEXUS = 13,
};

const struct wf_failure wf_continue_as_new_failure = {.message = {"continue as new", 15}};

struct wf_failure *wf_failure_new(struct wf *wf, struct wf_string message)
{
    struct wf_failure *failure = wf_take(wf, 1, sizeof *failure);

    failure->message = message;
    return failure;
}

struct wf_failure *wf_canceled_new(struct wf *wf, const char *message)
{
    struct wf_failure *failure = wf_failure_new(wf, wf_string_of(message));

    failure->failure_info_case = INFO_CANCELED;
    failure->failure_info.canceled_failure_info =
        wf_take(wf, 1, sizeof *failure->failure_info.canceled_failure_info);
    return failure;
}

struct wf_failure *wf_application_new(struct wf *wf, const char *type, struct wf_string message)
{
    struct wf_failure *failure = wf_failure_new(wf, message);

    failure->failure_info_case = INFO_APPLICATION;
    failure->failure_info.application_failure_info =
        wf_take(wf, 1, sizeof *failure->failure_info.application_failure_info);
    failure->failure_info.application_failure_info->type = wf_copy_string(wf, wf_string_of(type));
    return failure;
}

struct wf_failure *wf_failure_share(struct wf *wf, wf_error error)
{
    struct wf_failure *copy = NULL;

    if (error != NULL) {
        copy = wf_take(wf, 1, sizeof *copy);
        *copy = *error;
    }
    return copy;
}

struct wf_payloads *wf_details_new(struct wf *wf, struct wf_args details)
{
    struct wf_payloads *payloads = NULL;

    if (details.count > 0) {
        payloads = wf_take(wf, 1, sizeof *payloads);
        payloads->payloads.items = wf_take(wf, details.count, sizeof *payloads->payloads.items);
        payloads->payloads.count = (uint32_t)details.count;
        for (size_t i = 0; i < details.count; i++) {
            wf_payload_of_value(wf, details.items[i], &payloads->payloads.items[i]);
        }
    }
    return payloads;
}

/* ---- For authors: making ---- */

static wf_error make(struct wf *wf, const struct wf_failure_options *options, struct wf_string message)
{
    struct wf_failure *failure = NULL;
    struct wf_application_failure_info *info = NULL;

    if (options->cause == &wf_continue_as_new_failure) {
        wf_run_break(wf, "wf_continue_as_new is to be returned as it is, not as a cause");
    }
    failure = wf_application_new(wf, options->type == NULL ? "" : options->type, message);
    info = failure->failure_info.application_failure_info;
    info->non_retryable = options->is_non_retryable;
    info->details = wf_details_new(wf, options->details);
    info->next_retry_delay = wf_optional_duration(wf, "next_retry_delay", options->next_retry_delay);
    failure->cause = wf_failure_share(wf, options->cause);
    return failure;
}

wf_error wf_fail(struct wf *wf, const char *type, wf_error cause, const char *format, ...)
{
    const struct wf_failure_options options = {.type = type, .cause = cause};
    struct wf_string message;
    va_list arguments;

    (void)wf_call(wf, "wf_fail");
    va_start(arguments, format);
    message = wf_format(wf, format, arguments);
    va_end(arguments);
    return make(wf, &options, message);
}

wf_error wf_fail_with(struct wf *wf, const struct wf_failure_options *options, const char *format, ...)
{
    struct wf_string message;
    va_list arguments;

    (void)wf_call(wf, "wf_fail_with");
    va_start(arguments, format);
    message = wf_format(wf, format, arguments);
    va_end(arguments);
    return make(wf, options, message);
}

/* ---- For authors: reading ---- */

enum wf_kind wf_error_kind(wf_error error)
{
    if (error == &wf_continue_as_new_failure) {
        return WF_CONTINUE_AS_NEW;
    }
    switch (error->failure_info_case) {
    case INFO_APPLICATION:
        return WF_APPLICATION;
    case INFO_TIMEOUT:
        return WF_TIMEOUT;
    case INFO_CANCELED:
        return WF_CANCELED;
    case INFO_TERMINATED:
        return WF_TERMINATED;
    case INFO_SERVER:
        return WF_SERVER;
    case INFO_ACTIVITY:
        return WF_ACTIVITY;
    case INFO_CHILD:
        return WF_CHILD;
    case INFO_NEXUS:
        return WF_NEXUS;
    default:
        return WF_OTHER;
    }
}

/* As retry policies name them: "TemporalTimeout:StartToClose" without its head (engine-semantics 2.4). */
static struct wf_string timeout_name(int32_t type)
{
    switch ((enum wf_timeout_type)type) {
    case WF_TIMEOUT_TYPE_START_TO_CLOSE:
        return WF_STR("StartToClose");
    case WF_TIMEOUT_TYPE_SCHEDULE_TO_START:
        return WF_STR("ScheduleToStart");
    case WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE:
        return WF_STR("ScheduleToClose");
    case WF_TIMEOUT_TYPE_HEARTBEAT:
        return WF_STR("Heartbeat");
    case WF_TIMEOUT_TYPE_UNSPECIFIED:
        break;
    }
    return (struct wf_string){0};
}

static struct wf_string type_of(wf_error error)
{
    const struct wf_activity_type *activity = NULL;
    const struct wf_workflow_type *workflow = NULL;

    switch (error->failure_info_case) {
    case INFO_APPLICATION:
        return error->failure_info.application_failure_info->type;
    case INFO_TIMEOUT:
        return timeout_name(error->failure_info.timeout_failure_info->timeout_type);
    case INFO_ACTIVITY:
        activity = error->failure_info.activity_failure_info->activity_type;
        return activity == NULL ? (struct wf_string){0} : activity->name;
    case INFO_CHILD:
        workflow = error->failure_info.child_workflow_execution_failure_info->workflow_type;
        return workflow == NULL ? (struct wf_string){0} : workflow->name;
    case INFO_NEXUS:
        return error->failure_info.nexus_operation_execution_failure_info->operation;
    default:
        return (struct wf_string){0};
    }
}

bool wf_caused_by(wf_error error, enum wf_kind kind, const char *type)
{
    for (; error != NULL; error = error->cause) {
        if (wf_error_kind(error) == kind && (type == NULL || wf_string_is(type_of(error), type))) {
            return true;
        }
    }
    return false;
}

/* Deeper causes do not count: a failure about a cancellation is a failure. As is_cancelled_exception of the Python SDK. */
bool wf_failure_is_cancellation(wf_error error)
{
    const enum wf_kind kind = wf_error_kind(error);

    return kind == WF_CANCELED || ((kind == WF_ACTIVITY || kind == WF_CHILD || kind == WF_NEXUS) && error->cause != NULL &&
                                   wf_error_kind(error->cause) == WF_CANCELED);
}

bool wf_is_canceled(wf_error error)
{
    return error != NULL && wf_failure_is_cancellation(error);
}

wf_error wf_error_cause(wf_error error)
{
    return error->cause;
}

const char *wf_error_type(struct wf *wf, wf_error error)
{
    (void)wf_call(wf, "wf_error_type");
    return wf_copy_text(wf, type_of(error));
}

const char *wf_error_message(struct wf *wf, wf_error error)
{
    (void)wf_call(wf, "wf_error_message");
    return wf_copy_text(wf, error->message);
}

const struct wf_payloads *wf_failure_details(wf_error error)
{
    switch (error->failure_info_case) {
    case INFO_APPLICATION:
        return error->failure_info.application_failure_info->details;
    case INFO_CANCELED:
        return error->failure_info.canceled_failure_info->details;
    case INFO_TIMEOUT:
        return error->failure_info.timeout_failure_info->last_heartbeat_details;
    default:
        return NULL;
    }
}

struct wf_value wf_error_detail(wf_error error, size_t index)
{
    const struct wf_payloads *details = wf_failure_details(error);

    return details == NULL || index >= details->payloads.count ? (struct wf_value){0}
                                                               : wf_value_of_payload(&details->payloads.items[index]);
}
