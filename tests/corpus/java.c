/*
 * Workflows behind histories of Temporal's Java SDK: of its courses (`edu*java-*`, `learn-java-*`) and of its own tests
 * (`java-*`).
 */
#include "wfsim.h"

static const struct wf_options short_call = {.start_to_close = 5 * WF_SECOND};
static const struct wf_options watched_call = {.schedule_to_close = 5 * WF_SECOND, .heartbeat = 5 * WF_SECOND};
static const struct wf_options three_times = {.schedule_to_close = 5 * WF_SECOND,
                                              .heartbeat = 5 * WF_SECOND,
                                              .retry = {.maximum_interval = WF_SECOND, .maximum_attempts = 3}};

static wf_error loan(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    wf_error error = wf_activity(wf, "SendThankYouToCustomer", args, &short_call, NULL);

    (void)state;
    for (int i = 0; !error && i < 10; i++) {
        error = wf_activity(wf, "ChargeCustomer", args, &short_call, NULL);
        error = error ? error : wf_sleep(wf, 3 * WF_SECOND);
    }
    *result = wf_text(wf, "the loan has been fully paid");
    return error;
}

static wf_error background_check(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const wf_error error = wf_sleep(wf, WF_MINUTE);

    (void)state;
    return error ? error : wf_activity(wf, "SsnTraceActivity", args, &short_call, result);
}

/* ---- Waiting ---- */

struct awaited {
    bool is_signaled;
};

static bool is_signaled(const void *state)
{
    return ((const struct awaited *)state)->is_signaled;
}

static wf_error signaled(struct wf *wf, void *state, struct wf_args args)
{
    (void)wf, (void)args;
    ((struct awaited *)state)->is_signaled = true;
    return NULL;
}

/* The timer of the wait is not cancelled, as it was before the SDK's flag for that. */
static wf_error await_with_timeout(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)args, (void)result;
    (void)wf_timer_start(wf, WF_HOUR);
    return wf_wait(wf, is_signaled, state, WF_FOREVER, NULL);
}

/* An activity and a timer beside it, until the run is cancelled. */
static wf_error activity_beside_timer(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_options minute = {
        .schedule_to_close = WF_MINUTE, .schedule_to_start = WF_MINUTE, .start_to_close = WF_MINUTE};
    struct wf_future *parts[2];

    (void)state, (void)args, (void)result;
    parts[0] = wf_activity_start(wf, "DoActivity", WF_NO_ARGS, &minute);
    parts[1] = wf_timer_start(wf, 5 * WF_MINUTE);
    return wf_gather(wf, parts, 2, WF_GATHER_ALL, NULL);
}

/* ---- Local activities ---- */

/* As a child, which another test has, it waits to be cancelled. */
static wf_error one_local(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    if (wf_info(wf)->parent_workflow_id[0] != '\0') {
        return wf_sleep(wf, WF_HOUR);
    }
    return wf_local_activity(wf, "Activity2", args, &short_call, result);
}

static wf_error local_that_fails(struct wf *wf, struct wf_value *result)
{
    const struct wf_options thrice = {.start_to_close = 5 * WF_SECOND, .retry.maximum_attempts = 3};

    return wf_local_activity(wf, "ThrowIO", WF_NO_ARGS, &thrice, result);
}

/* ---- Tests of the SDK that share a workflow type: the input says which one it is ---- */

static wf_error activity_that_fails(struct wf *wf, struct wf_value *result)
{
    return wf_activity(wf, "HeartbeatAndThrowIO", WF_NO_ARGS, &three_times, result);
}

static wf_error versions_around_steps(struct wf *wf, struct wf_value *result)
{
    wf_error error;

    (void)wf_get_version(wf, "changeId", WF_DEFAULT_VERSION, 1);
    (void)wf_get_version(wf, "changeId", WF_DEFAULT_VERSION, 1);
    error = wf_sleep(wf, WF_SECOND);
    (void)wf_get_version(wf, "changeId", WF_DEFAULT_VERSION, 1);
    error = error ? error : wf_activity(wf, "customActivity1", WF_ARGS(wf_integer(wf, 1)), &watched_call, result);
    (void)wf_get_version(wf, "changeId", WF_DEFAULT_VERSION, 1);
    return error;
}

static wf_error sleep_aside(struct wf *wf, void *context, struct wf_value *result)
{
    (void)context, (void)result;
    return wf_sleep(wf, WF_SECOND);
}

/* The call of getVersion is gone, its marker stays. */
static wf_error version_removed(struct wf *wf, struct wf_value *result)
{
    (void)wf_spawn(wf, sleep_aside, NULL);
    return wf_activity(wf, "customActivity1", WF_ARGS(wf_integer(wf, 1)), &short_call, result);
}

/* Starts an operation, and cancels it when it runs. */
static wf_error operation_canceled(struct wf *wf, struct wf_value *result)
{
    static const char endpoint[] =
        "test-endpoint-WorkflowTest-testCancelAsyncOperation-fbf25f7a-3b46-4f75-a8f6-5ddb667a39c9";
    struct wf_future *operation =
        wf_nexus_start(wf, endpoint, "TestNexusService", "operation", wf_integer(wf, 0), NULL);
    wf_error error = wf_nexus_started(wf, operation, NULL);

    if (error) {
        return error;
    }
    wf_cancel(wf, operation);
    error = wf_await(wf, operation, NULL);
    *result = wf_uuid(wf);
    return wf_is_canceled(error) ? NULL : error;
}

/* Steps of a run that was cancelled go on behind a shield. */
static wf_error local_after_cancel(struct wf *wf, struct wf_value *result)
{
    const struct wf_value id = wf_text(wf, "%s-child1", wf_info(wf)->workflow_id);
    const struct wf_child_options options = {.workflow_id = wf_as_text(wf, id),
                                             .parent_close = WF_CHILD_IS_CANCELED,
                                             .cancellation = WF_CHILD_WAIT_REQUESTED};
    const wf_error error = wf_child(wf, "TestWorkflowReturnString", WF_NO_ARGS, &options, NULL);

    wf_shield_begin(wf);
    (void)wf_local_activity(wf, "customActivity1", WF_ARGS(wf_integer(wf, 10)), &short_call, result);
    wf_shield_end(wf);
    return error;
}

/* One after the other: an operation, one that was seen to start, one that a signal lets go on, and one that fails. */
static wf_error operations_in_turn(struct wf *wf, struct wf_value *result)
{
    static const char endpoint[] = "test-endpoint-WorkflowTest-testWorkflowOperation-39bac6c2-fc64-4b55-8fec-f9e04491578c";
    static const char service[] = "TestNexusService1";
    const struct wf_nexus_options options = {.schedule_to_close = 200 * WF_SECOND};
    const struct wf_value text = wf_text(wf, "WorkflowTest-testWorkflowOperation-39bac6c2-fc64-4b55-8fec-f9e04491578c");
    struct wf_future *operation = NULL;
    const char *token = NULL;
    wf_error error = wf_nexus(wf, endpoint, service, "operation", text, &options, result);

    operation = wf_nexus_start(wf, endpoint, service, "operation", text, &options);
    error = error ? error : wf_nexus_started(wf, operation, NULL);
    error = error ? error : wf_await(wf, operation, NULL);
    operation = wf_nexus_start(wf, endpoint, service, "operation", wf_text(wf, "block"), &options);
    error = error ? error : wf_nexus_started(wf, operation, &token);
    error = error ? error : wf_signal(wf, "test-prefix", NULL, "unblock", WF_NO_ARGS);
    error = error ? error : wf_await(wf, operation, NULL);
    operation = wf_nexus_start(wf, endpoint, service, "failing", wf_text(wf, "fail"), &options);
    error = error ? error : wf_nexus_started(wf, operation, NULL);
    return error || wf_await(wf, operation, NULL) ? error : wf_fail(wf, "DidNotFail", NULL, "it was to fail");
}

static const struct {
    const char *input; /* how it begins */
    wf_error (*run)(struct wf *wf, struct wf_value *result);
} tests[] = {
    {"WorkflowTest-testLocalActivityRetriesAndFails", local_that_fails},
    {"WorkflowTest-testAsyncActivityRetry", activity_that_fails},
    {"WorkflowTest-testGetVersionMultipleCalls", versions_around_steps},
    {"WorkflowTest-testGetVersionMultithreadingRemoval", version_removed},
    {"cancel-replay-test", operation_canceled},
    {"sada", local_after_cancel},
    {"WorkflowTest-testWorkflowOperation", operations_in_turn},
};

static bool begins_with(const char *text, const char *begin)
{
    while (*begin != '\0' && *text == *begin) {
        text++;
        begin++;
    }
    return *begin == '\0';
}

static wf_error test_workflow(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const char *input = wf_as_text(wf, wf_arg(args, 0));

    (void)state;
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        if (begins_with(input, tests[i].input)) {
            return tests[i].run(wf, result);
        }
    }
    return wf_fail(wf, "UnknownTest", NULL, "%s", input);
}

static const struct wf_signal await_signals[] = {{"unblock", signaled}, {.name = NULL}};

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "LoanProcessingWorkflow", .run = loan},
    {.name = "BackgroundCheckReplayWorkflow", .run = background_check},
    {.name = "TestAwaitWorkflow", .run = await_with_timeout, .state_size_bytes = sizeof(struct awaited),
     .signals = await_signals},
    {.name = "TestWorkflowReturnString", .run = one_local},
    {.name = "TestWorkflow1", .run = test_workflow},
    {.name = "TestWorkflow", .run = activity_beside_timer},
    {.name = NULL},
}};
