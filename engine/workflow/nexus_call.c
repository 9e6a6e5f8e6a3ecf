/*
 * Steps that call Nexus operations: like a child, an operation has a start and an end.
 */
#include "engine/workflow/workflow_run.h"

#include "engine/base/assert.h"

static const struct wf_nexus_options default_options;

static int32_t cancellation_of(enum wf_nexus_cancellation cancellation)
{
    switch (cancellation) {
    case WF_NEXUS_WAIT_CANCELED:
        return WF_SDK_NEXUS_OPERATION_CANCELLATION_TYPE_WAIT_CANCELLATION_COMPLETED;
    case WF_NEXUS_TRY_CANCEL:
        return WF_SDK_NEXUS_OPERATION_CANCELLATION_TYPE_TRY_CANCEL;
    case WF_NEXUS_ABANDON:
        return WF_SDK_NEXUS_OPERATION_CANCELLATION_TYPE_ABANDON;
    case WF_NEXUS_WAIT_REQUESTED:
        return WF_SDK_NEXUS_OPERATION_CANCELLATION_TYPE_WAIT_CANCELLATION_REQUESTED;
    }
    return -1;
}

static struct wf_string name_of(struct wf *wf, const char *what, const char *text)
{
    if (text == NULL || text[0] == '\0') {
        wf_run_break(wf, "a Nexus operation without %s", what);
    }
    return wf_copy_string(wf, wf_string_of(text));
}

static struct wf_future *open_operation(struct wf *wf, const char *endpoint, const char *service, const char *name,
                                        struct wf_value input, const struct wf_nexus_options *options)
{
    struct wf_future *operation = wf_future_new(wf, FUTURE_NEXUS);
    struct wf_sdk_schedule_nexus_operation *command = NULL;

    options = options == NULL ? &default_options : options;
    operation->label = name_of(wf, "a name", name);
    operation->start = wf_future_new(wf, FUTURE_NEXUS_START);
    operation->nexus_token = "";
    wf_future_open(operation);
    command = WF_COMMAND_ADD(wf, COMMAND_SCHEDULE_NEXUS, struct wf_sdk_schedule_nexus_operation);
    command->seq = operation->seq;
    command->endpoint = name_of(wf, "an endpoint", endpoint);
    command->service = name_of(wf, "a service", service);
    command->operation = operation->label;
    command->input = wf_take_step(wf, 1, sizeof *command->input);
    wf_payload_of_value(wf, input, command->input);
    command->schedule_to_close_timeout = wf_optional_duration(wf, "schedule_to_close", options->schedule_to_close);
    command->schedule_to_start_timeout = wf_optional_duration(wf, "schedule_to_start", options->schedule_to_start);
    command->start_to_close_timeout = wf_optional_duration(wf, "start_to_close", options->start_to_close);
    command->cancellation_type = cancellation_of(options->cancellation);
    if (command->cancellation_type < 0) {
        wf_run_break(wf, "a Nexus operation has an unknown cancellation option");
    }
    return operation;
}

wf_error wf_nexus(struct wf *wf, const char *endpoint, const char *service, const char *operation, struct wf_value input,
                  const struct wf_nexus_options *options, struct wf_value *result)
{
    struct wf_strand *strand = wf_call_step(wf, "wf_nexus");

    return wf_strand_is_canceled(strand)
               ? wf->canceled
               : wf_future_wait(strand, open_operation(wf, endpoint, service, operation, input, options), result);
}

static struct wf_future *never_begun(struct wf *wf)
{
    struct wf_future *operation = wf_future_new(wf, FUTURE_NEXUS);

    operation->start = wf_future_new(wf, FUTURE_NEXUS_START);
    operation->nexus_token = "";
    wf_future_end(operation->start, (struct wf_value){0}, wf->canceled);
    wf_future_end(operation, (struct wf_value){0}, wf->canceled);
    return operation;
}

struct wf_future *wf_nexus_start(struct wf *wf, const char *endpoint, const char *service, const char *operation,
                                 struct wf_value input, const struct wf_nexus_options *options)
{
    const struct wf_strand *strand = wf_call_step(wf, "wf_nexus_start");

    return wf_strand_is_canceled(strand) ? never_begun(wf)
                                         : open_operation(wf, endpoint, service, operation, input, options);
}

wf_error wf_nexus_started(struct wf *wf, struct wf_future *operation, const char **token)
{
    struct wf_strand *strand = wf_call_step(wf, "wf_nexus_started");
    struct wf_waiter waiter;

    if (operation->kind != FUTURE_NEXUS) {
        wf_run_break(wf, "wf_nexus_started was given a future that is not a Nexus operation");
    }
    wf_future_join(operation->start, &waiter, strand);
    while (!operation->start->is_done) {
        if (wf_strand_is_canceled(strand)) {
            wf_future_cancel(operation);
        }
        if (!operation->start->is_done) {
            strand->wait = WAIT_CHILD_START;
            strand->waits_for = operation;
            wf_strand_block(strand);
        }
    }
    if (token != NULL) {
        *token = operation->nexus_token;
    }
    return operation->start->failure;
}
