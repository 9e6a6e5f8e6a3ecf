/* Workflows that cause the events which no history of the corpus has. */
#include "wfsim.h"

/* What becomes of a step is in the history; the run goes on to its end. */
static wf_error end(wf_error error, struct wf_value *result)
{
    (void)error;
    *result = wf_null();
    return NULL;
}

static wf_error wait_an_hour(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args, (void)result;
    return wf_sleep(wf, WF_HOUR);
}

static wf_error child_that_is_terminated(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_child_options options = {.workflow_id = "child to terminate"};

    (void)state, (void)args;
    return end(wf_child(wf, "Waiting", WF_NO_ARGS, &options, NULL), result);
}

static wf_error child_that_times_out(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_child_options options = {.workflow_id = "child to time out", .run_timeout = WF_SECOND};

    (void)state, (void)args;
    return end(wf_child(wf, "Waiting", WF_NO_ARGS, &options, NULL), result);
}

static wf_error child_whose_id_is_taken(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_child_options options = {.workflow_id = wf_info(wf)->workflow_id};

    (void)state, (void)args;
    return end(wf_child(wf, "Waiting", WF_NO_ARGS, &options, NULL), result);
}

static wf_error cancel_nobody(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args;
    return end(wf_request_cancel(wf, "nobody", NULL, "because"), result);
}

static wf_error signal_nobody(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args;
    return end(wf_signal(wf, "nobody", NULL, "go", WF_NO_ARGS), result);
}

static wf_error operation_that_times_out(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_nexus_options options = {.schedule_to_close = WF_SECOND};

    (void)state, (void)args;
    return end(wf_nexus(wf, "bank", "money", "send", wf_null(), &options, NULL), result);
}

static wf_error operation_that_is_canceled(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct wf_future *operation = wf_nexus_start(wf, "bank", "money", "send", wf_null(), NULL);

    (void)state, (void)args;
    (void)wf_nexus_started(wf, operation, NULL);
    wf_cancel(wf, operation);
    return end(wf_await(wf, operation, NULL), result);
}

static wf_error answer(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)wf, (void)state;
    *result = wf_arg(args, 0);
    return NULL;
}

static const struct wf_update answers[] = {{"answer", NULL, answer}, {.name = NULL}};

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "Waiting", .run = wait_an_hour, .updates = answers},
    {.name = "ChildThatIsTerminated", .run = child_that_is_terminated},
    {.name = "ChildThatTimesOut", .run = child_that_times_out},
    {.name = "ChildWhoseIdIsTaken", .run = child_whose_id_is_taken},
    {.name = "CancelNobody", .run = cancel_nobody},
    {.name = "SignalNobody", .run = signal_nobody},
    {.name = "OperationThatTimesOut", .run = operation_that_times_out},
    {.name = "OperationThatIsCanceled", .run = operation_that_is_canceled},
    {.name = NULL},
}};
