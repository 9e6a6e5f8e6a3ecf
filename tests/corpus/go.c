/*
 * Workflows behind histories of Temporal's Go SDK: samples of its documentation and courses (`docgo-*`, `edu*go-*`,
 * `learn-go-*`, `sgo-*`, `ui-cy-*`), of the SDKs' feature tests (`feat-*`) and of its own tests (`go-*`). What Go's channels and selectors say is
 * said with conditions and handlers here.
 */
#include "wfsim.h"

static const struct wf_options short_call = {.start_to_close = 5 * WF_SECOND};
static const struct wf_options hello = {.schedule_to_start = WF_MINUTE, .start_to_close = WF_MINUTE, .heartbeat = 20 * WF_SECOND};

/* ---- Samples ---- */

static wf_error background_check(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    return wf_activity(wf, "SSNTraceActivity", args, &short_call, result);
}

static wf_error pay_in_parts(struct wf *wf, struct wf_args args)
{
    wf_error error = NULL;

    for (int i = 0; !error && i < 10; i++) {
        error = wf_activity(wf, "ChargeCustomer", args, &short_call, NULL);
        error = error ? error : wf_sleep(wf, 3 * WF_SECOND);
    }
    return error;
}

/* The thank-you was moved behind the payments; runs that began before keep their order. */
static wf_error loan(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const bool is_moved = wf_get_version(wf, "MovedThankYouAfterLoop", WF_DEFAULT_VERSION, 1) == 1;
    wf_error error = is_moved ? NULL : wf_activity(wf, "SendThankYouToCustomer", args, &short_call, NULL);

    (void)state;
    error = error ? error : pay_in_parts(wf, args);
    if (!error && is_moved) {
        error = wf_activity(wf, "SendThankYouToCustomer", args, &short_call, NULL);
    }
    *result = wf_text(wf, "loan for customer %s has been fully paid",
                      wf_as_text(wf, wf_member(wf_arg(args, 0), "CustomerID")));
    return error;
}

static wf_error two_sleeps(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct wf_future *parts[2];

    (void)state, (void)args, (void)result;
    parts[0] = wf_activity_start(wf, "SleepActivity", WF_NO_ARGS, &short_call);
    parts[1] = wf_activity_start(wf, "SleepActivity", WF_NO_ARGS, &short_call);
    return wf_gather(wf, parts, 2, WF_GATHER_ALL, NULL);
}

/* A sample of all the ways in which a workflow ends; the attempt that is too long fails it. */
static wf_error rainbow(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_options once = {.start_to_close = WF_HOUR, .retry.maximum_attempts = 1};

    (void)state, (void)args, (void)result;
    return wf_activity(wf, "LongActivity", WF_NO_ARGS, &once, NULL);
}

static wf_error ignore_signal(struct wf *wf, void *state, struct wf_args args)
{
    (void)wf, (void)state, (void)args;
    return NULL;
}

/* ---- Waiting ---- */

/* The timer of the wait is not cancelled, as it was before the SDK's flag for that. */
static wf_error await_with_timeout(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct wf_future *parts[2];
    size_t index = 0;
    wf_error error;

    (void)state, (void)args;
    parts[0] = wf_timer_start(wf, 100 * WF_MILLISECOND);
    parts[1] = wf_timer_start(wf, 10 * WF_SECOND);
    error = wf_select(wf, parts, 2, WF_FOREVER, &index);
    *result = wf_bool(true);
    return error;
}

/* ---- Going on and ending ---- */

static wf_error continue_once(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)result;
    return wf_as_bool(wf_arg(args, 0), false) ? wf_continue_as_new(wf, WF_ARGS(wf_bool(false)), NULL) : NULL;
}

static wf_error nothing(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)wf, (void)state, (void)args, (void)result;
    return NULL;
}

/* ---- Versions, side effects, local activities ---- */

static wf_error two_or_three_hellos(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    int count = wf_get_version(wf, "test-change", WF_DEFAULT_VERSION, 1) == 1 ? 3 : 2;
    wf_error error = NULL;

    (void)state, (void)result;
    for (; !error && count > 0; count--) {
        error = wf_activity(wf, "helloworldActivity", args, &hello, NULL);
    }
    return error;
}

static void ask_version(struct wf *wf, struct wf_args args, int64_t i)
{
    const struct wf_value id = wf_text(wf, "%s:%lld", wf_as_text(wf, wf_arg(args, 0)), (long long)i);

    (void)wf_get_version(wf, wf_as_text(wf, id), WF_DEFAULT_VERSION, 1);
}

static wf_error version_loop(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)result;
    for (int64_t i = 0; i < wf_as_integer(wf_arg(args, 1), 0); i++) {
        ask_version(wf, args, i);
    }
    return wf_sleep(wf, WF_SECOND);
}

static wf_error version_loop_with_sleeps(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    wf_error error = NULL;

    (void)state, (void)result;
    for (int64_t i = 0; !error && i < wf_as_integer(wf_arg(args, 1), 0); i++) {
        ask_version(wf, args, i);
        error = wf_sleep(wf, WF_MILLISECOND);
    }
    return error;
}

static struct wf_value zero(struct wf *wf, void *context)
{
    (void)context;
    return wf_integer(wf, 0);
}

static wf_error one_side_effect(struct wf *wf, void *context, struct wf_value *result)
{
    (void)context;
    *result = wf_side_effect(wf, zero, NULL);
    return NULL;
}

static wf_error parallel_side_effects(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct wf_future *parts[10];

    (void)state, (void)args, (void)result;
    for (int i = 0; i < 10; i++) {
        parts[i] = wf_spawn(wf, one_side_effect, NULL);
    }
    return wf_gather(wf, parts, 10, WF_GATHER_ALL, NULL);
}

static wf_error local_hello(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)result;
    return wf_local_activity(wf, "helloworldActivity", args, &short_call, NULL);
}

/* ---- Children and memos ---- */

static wf_error child_and_memo(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const wf_error error = wf_child(wf, "MemoChildWorkflowJSON", args, NULL, result);

    (void)state;
    if (!error) {
        wf_memo_set(wf, WF_PAIRS({"parent-memo-key", wf_arg(args, 0)}));
    }
    return error;
}

static wf_error memo_of_schedule(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args;
    *result = wf_memo(wf, "schedule-memo-key");
    return NULL;
}

static wf_error one_child(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args;
    return wf_child(wf, "TestChildWorkflow", WF_ARGS(wf_text(wf, "CHILD INPUT")), NULL, result);
}

/* The children, whose own histories are not there. */
static wf_error memo_child(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)wf, (void)state;
    *result = wf_arg(args, 0);
    return NULL;
}

static bool contains(const char *text, const char *word)
{
    for (; *text != '\0'; text++) {
        size_t i = 0;

        while (word[i] != '\0' && text[i] == word[i]) {
            i++;
        }
        if (word[i] == '\0') {
            return true;
        }
    }
    return false;
}

static wf_error test_child(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    *result = wf_arg(args, 0);
    return contains(wf_info(wf)->parent_workflow_id, "failed") ? wf_fail(wf, "", NULL, "as its parent expects") : NULL;
}

/* ---- Cancellation ---- */

static wf_error hello_world(struct wf *wf)
{
    wf_error error;

    wf_shield_begin(wf);
    error = wf_activity(wf, "helloworldActivity", WF_ARGS(wf_text(wf, "world")), &hello, NULL);
    wf_shield_end(wf);
    return error;
}

/* The timer's end and the cancellation race; here the timer ended with it, and the greeting goes out all the same. */
static wf_error cancel_order(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args, (void)result;
    if (wf_sleep(wf, 5 * WF_MINUTE) == NULL && !wf_is_cancel_requested(wf)) {
        wf_search_attribute_set(wf, "CustomKeywordField", "Keyword", wf_text(wf, "testkey"));
        return NULL;
    }
    return hello_world(wf);
}

/* ---- Updates ---- */

struct updates {
    int64_t open;
    int64_t done;
    bool is_closed;
};

static bool has_none_open(const void *state)
{
    return ((const struct updates *)state)->open == 0;
}

static bool is_closed(const void *state)
{
    return ((const struct updates *)state)->is_closed;
}

static void count_in(void *state)
{
    ((struct updates *)state)->open++;
}

static void count_out(void *state)
{
    ((struct updates *)state)->open--;
    ((struct updates *)state)->done++;
}

/* In Go an update's steps are cancelled with the run and have ended at once; here handlers go on, so they cancel themselves. */
static wf_error finish_or_cancel(struct wf *wf, struct wf_future *future)
{
    if (wf_is_cancel_requested(wf)) {
        wf_cancel(wf, future);
        return NULL;
    }
    return wf_await(wf, future, NULL);
}

static wf_error echo(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    wf_error error;

    (void)args, (void)result;
    count_in(state);
    error = finish_or_cancel(wf, wf_activity_start(wf, "Echo", WF_ARGS(wf_integer(wf, 1), wf_integer(wf, 1)), &short_call));
    count_out(state);
    return error;
}

static wf_error sleep_a_second(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    wf_error error;

    (void)args, (void)result;
    count_in(state);
    error = finish_or_cancel(wf, wf_timer_start(wf, WF_SECOND));
    count_out(state);
    return error;
}

static wf_error empty(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)wf, (void)args, (void)result;
    count_in(state);
    count_out(state);
    return NULL;
}

static wf_error multiple_updates(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    wf_error error;

    (void)args;
    wf_shield_begin(wf);
    error = wf_wait(wf, has_none_open, state, WF_FOREVER, NULL);
    wf_shield_end(wf);
    *result = wf_integer(wf, ((const struct updates *)state)->done);
    return error;
}

static wf_error close_now(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)wf, (void)args, (void)result;
    ((struct updates *)state)->is_closed = true;
    return NULL;
}

/* A duration as Go has it: whole nanoseconds. None makes no timer. */
static wf_error sleep_and_close(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const int64_t duration = wf_as_integer(wf_arg(args, 0), 0);
    const wf_error error = duration > 0 ? wf_sleep(wf, duration) : NULL;

    ((struct updates *)state)->is_closed = true;
    (void)result;
    return error;
}

static wf_error sleep_for(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)result;
    return wf_sleep(wf, wf_as_integer(wf_arg(args, 0), 0));
}

static wf_error wait_until_closed(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)args, (void)result;
    return wf_wait(wf, is_closed, state, WF_FOREVER, NULL);
}

static wf_error shutdown(struct wf *wf, void *state, struct wf_args args)
{
    (void)wf, (void)args;
    ((struct updates *)state)->is_closed = true;
    return NULL;
}

static const struct wf_update many_updates[] = {
    {"echo", NULL, echo}, {"sleep", NULL, sleep_a_second}, {"empty", NULL, empty}, {.name = NULL}};
static const struct wf_update closing_update[] = {{"update", NULL, close_now}, {.name = NULL}};
static const struct wf_update sleeping_update[] = {{"update", NULL, sleep_for}, {.name = NULL}};
static const struct wf_update exit_update[] = {{"update", NULL, sleep_and_close}, {.name = NULL}};
static const struct wf_signal shutdown_signal[] = {{"shutdown", shutdown}, {.name = NULL}};

static const struct wf_signal custom_signal[] = {{"customSignal", ignore_signal}, {.name = NULL}};

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "BackgroundCheck", .run = background_check},
    {.name = "LoanProcessingWorkflow", .run = loan},
    {.name = "Workflow", .run = two_sleeps},
    {.name = "AwaitWithTimeoutNoTimerCancelWorkflow", .run = await_with_timeout},
    {.name = "ContinueAsNewWorkflow", .run = continue_once},
    {.name = "EmptyWorkflow", .run = nothing},
    {.name = "DeadlockedWorkflow", .run = nothing},
    {.name = "Workflow1", .run = two_or_three_hellos},
    {.name = "VersionLoopWorkflow", .run = version_loop},
    {.name = "VersionLoopWorkflowMultipleTasks", .run = version_loop_with_sleeps},
    {.name = "WorkflowWithParallelSideEffects", .run = parallel_side_effects},
    {.name = "LocalActivityWorkflow", .run = local_hello},
    {.name = "MemoEncodingWorkflowJSON", .run = child_and_memo},
    {.name = "ScheduleMemoWorkflowJSON", .run = memo_of_schedule},
    {.name = "ResetWorkflowWithChild", .run = one_child},
    {.name = "MemoChildWorkflowJSON", .run = memo_child},
    {.name = "TestChildWorkflow", .run = test_child},
    {.name = "CancelOrderSelectWorkflow", .run = cancel_order},
    {.name = "RainbowStatusesWorkflow", .run = rainbow, .signals = custom_signal},
    {.name = "MultipleUpdateWorkflow", .run = multiple_updates, .state_size_bytes = sizeof(struct updates),
     .updates = many_updates},
    {.name = "NonDeterministicUpdate", .run = wait_until_closed, .state_size_bytes = sizeof(struct updates),
     .updates = closing_update},
    {.name = "UpdateWorkflow", .run = wait_until_closed, .state_size_bytes = sizeof(struct updates),
     .signals = shutdown_signal, .updates = sleeping_update},
    {.name = "UpdateAndExit", .run = wait_until_closed, .state_size_bytes = sizeof(struct updates),
     .updates = exit_update},
    {.name = NULL},
}};
