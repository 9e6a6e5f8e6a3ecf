/*
 * Workflows behind histories of Temporal's Java SDK: of its courses (`edu*java-*`, `learn-java-*`) and of its own tests
 * (`java-*`).
 */
#include "wfsim.h"

static const struct wf_options short_call = {.start_to_close = 5 * WF_SECOND};
static const struct wf_options three_times = {.start_to_close = 5 * WF_SECOND, .retry.maximum_attempts = 3};

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

/* ---- Local activities ---- */

static wf_error one_local(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    return wf_local_activity(wf, "Activity2", args, &short_call, result);
}

static wf_error local_that_fails(struct wf *wf, struct wf_value *result)
{
    return wf_local_activity(wf, "ThrowIO", WF_NO_ARGS, &three_times, result);
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
    error = error ? error : wf_activity(wf, "customActivity1", WF_ARGS(wf_integer(wf, 1)), &short_call, result);
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

static const struct {
    const char *input; /* how it begins */
    wf_error (*run)(struct wf *wf, struct wf_value *result);
} tests[] = {
    {"WorkflowTest-testLocalActivityRetriesAndFails", local_that_fails},
    {"WorkflowTest-testAsyncActivityRetry", activity_that_fails},
    {"WorkflowTest-testGetVersionMultipleCalls", versions_around_steps},
    {"WorkflowTest-testGetVersionMultithreadingRemoval", version_removed},
    {"cancel-replay-test", operation_canceled},
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
    {.name = NULL},
}};
