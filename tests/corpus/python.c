/*
 * Workflows behind histories of Temporal's Python SDK: samples of its documentation (`docpy-*`), of its courses (`eduvpy-*`), of
 * its tests (`py-test_*`) and of agents (`py-*`). What the agents' models were asked is not repeated here: inputs are not
 * compared.
 */
#include "wfsim.h"

static const struct wf_options short_call = {.start_to_close = 5 * WF_SECOND};
static const struct wf_options call_in_all = {.schedule_to_close = 5 * WF_SECOND};
static const struct wf_options model_call = {.start_to_close = WF_MINUTE};

static wf_error background_check(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    return wf_activity(wf, "ssn_trace_activity", args, &call_in_all, result);
}

static wf_error loan(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_value info = wf_arg(args, 0);
    const int64_t period_count = wf_as_integer(wf_member(info, "number_of_periods"), 0);
    wf_error error = wf_activity(wf, "send_thank_you_to_customer", args, &short_call, NULL);

    (void)state;
    for (int64_t i = 0; !error && i < period_count; i++) {
        error = wf_activity(wf, "charge_customer", args, &short_call, NULL);
        error = error ? error : wf_sleep(wf, 3 * WF_SECOND);
    }
    *result = wf_text(wf, "loan for customer %s has been fully paid",
                      wf_as_text(wf, wf_member(info, "customer_id")));
    return error;
}

static wf_error one_model_call(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    return wf_activity(wf, "invoke_model_activity", args, &model_call, result);
}

/* Asks the model, uses the tool that it names, and asks again with what the tool said. */
static wf_error model_with_tool(struct wf *wf, struct wf_args args, const char *model, const char *tool,
                                struct wf_value *result)
{
    struct wf_value said[2];
    wf_error error = wf_activity(wf, model, args, &model_call, &said[0]);

    if (!error) {
        error = wf_activity(wf, tool, WF_ARGS(wf_text(wf, "Tokyo")), &short_call, &said[1]);
    }
    return error ? error : wf_activity(wf, model, WF_ARGS(wf_list(wf, said, 2)), &model_call, result);
}

static wf_error tools(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    return model_with_tool(wf, args, "invoke_model_activity", "get_weather", result);
}

static wf_error single_agent(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    return model_with_tool(wf, args, "invoke_model", "get_weather", result);
}

/* ---- The order in which handlers run: py-test_replayer_event_tracing* ---- */

#define NOTES_MAX 32

struct tracing {
    struct wf_value notes[NOTES_MAX];
    size_t count;
    int64_t counter;
    const char *queue; /* of the activity */
};

static void note(struct wf *wf, struct tracing *tracing, const char *what, const char *step)
{
    if (tracing->count < NOTES_MAX) {
        tracing->notes[tracing->count++] = wf_text(wf, "%s-%s", what, step);
    }
}

static bool is_true(const void *state)
{
    (void)state;
    return true;
}

static wf_error trace_signal(struct wf *wf, void *state, struct wf_args args)
{
    const char *what = wf_as_text(wf, wf_text(wf, "sig-%s", wf_as_text(wf, wf_arg(args, 0))));

    note(wf, state, what, "sync");
    note(wf, state, what, "1");
    (void)wf_wait(wf, is_true, NULL, WF_FOREVER, NULL);
    note(wf, state, what, "2");
    return NULL;
}

static wf_error trace_update(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const char *what = wf_as_text(wf, wf_text(wf, "up-%s", wf_as_text(wf, wf_arg(args, 0))));

    (void)result;
    note(wf, state, what, "sync");
    note(wf, state, what, "1");
    return NULL;
}

static wf_error trace_timer(struct wf *wf, void *context, struct wf_value *result)
{
    wf_error error;

    (void)result;
    note(wf, context, "timer", "sync");
    error = wf_sleep(wf, 100 * WF_MILLISECOND);
    note(wf, context, "timer", "1");
    return error;
}

static wf_error trace_activity(struct wf *wf, void *context, struct wf_value *result)
{
    wf_error error;

    note(wf, context, "act", "sync");
    error = wf_activity(wf, "say_hello", WF_ARGS(wf_text(wf, "Enchi")), &call_in_all, result);
    note(wf, context, "act", "1");
    return error;
}

static wf_error trace_all(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct tracing *tracing = state;
    struct wf_future *parts[2];
    wf_error error;

    (void)args;
    parts[0] = wf_spawn(wf, trace_timer, tracing);
    parts[1] = wf_spawn(wf, trace_activity, tracing);
    error = wf_gather(wf, parts, 2, WF_GATHER_ALL, NULL);
    *result = wf_list(wf, tracing->notes, tracing->count);
    return error;
}

static wf_error count_signal(struct wf *wf, void *state, struct wf_args args)
{
    struct tracing *tracing = state;

    note(wf, tracing, "sig", wf_as_text(wf, wf_arg(args, 0)));
    tracing->counter++;
    return NULL;
}

static bool has_two(const void *state)
{
    return ((const struct tracing *)state)->counter == 2;
}

static wf_error wait_for_two(struct wf *wf, void *context, struct wf_value *result)
{
    const wf_error error = wf_wait(wf, has_two, context, WF_FOREVER, NULL);

    (void)result;
    note(wf, context, "counter", "2");
    return error;
}

static wf_error call_while_down(struct wf *wf, void *context, struct wf_value *result)
{
    struct tracing *tracing = context;
    const struct wf_options elsewhere = {.schedule_to_close = 30 * WF_SECOND, .task_queue = tracing->queue};
    wf_error error;

    note(wf, context, "act", "start");
    error = wf_activity(wf, "say_hello", WF_ARGS(wf_text(wf, "Enchi")), &elsewhere, result);
    note(wf, context, "act", "done");
    return error;
}

static wf_error trace_down(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct tracing *tracing = state;
    struct wf_future *parts[2];
    wf_error error;

    tracing->queue = wf_as_text(wf, wf_arg(args, 0));
    parts[0] = wf_spawn(wf, call_while_down, tracing);
    parts[1] = wf_spawn(wf, wait_for_two, tracing);
    error = wf_gather(wf, parts, 2, WF_GATHER_ALL, NULL);
    *result = wf_list(wf, tracing->notes, tracing->count);
    return error;
}

/* ---- An update that is answered after the main function has returned ---- */

struct returned {
    bool has_returned;
};

static bool has_returned(const void *state)
{
    return ((const struct returned *)state)->has_returned;
}

static wf_error late_update(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)args;
    *result = wf_text(wf, "update-result");
    return wf_wait(wf, has_returned, state, WF_FOREVER, NULL);
}

static wf_error return_at_once(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)args;
    ((struct returned *)state)->has_returned = true;
    *result = wf_text(wf, "workflow-result");
    return NULL;
}

static const struct wf_signal tracing_signals[] = {{"dosig", trace_signal}, {.name = NULL}};
static const struct wf_update tracing_updates[] = {{"doupdate", NULL, trace_update}, {.name = NULL}};
static const struct wf_signal counting_signals[] = {{"dosig", count_signal}, {.name = NULL}};
static const struct wf_update late_updates[] = {{"my_update", NULL, late_update}, {.name = NULL}};

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "BackgroundCheck", .run = background_check},
    {.name = "LoanProcessingWorkflow", .run = loan},
    {.name = "HelloWorldAgent", .run = one_model_call},
    {.name = "ToolsWorkflow", .run = tools},
    {.name = "WeatherAgent", .run = single_agent},
    {.name = "SignalsActivitiesTimersUpdatesTracingWorkflow", .run = trace_all,
     .state_size_bytes = sizeof(struct tracing), .signals = tracing_signals, .updates = tracing_updates},
    {.name = "ActivityAndSignalsWhileWorkflowDown", .run = trace_down, .state_size_bytes = sizeof(struct tracing),
     .signals = counting_signals},
    {.name = "UpdateCompletionAfterWorkflowReturn", .run = return_at_once,
     .state_size_bytes = sizeof(struct returned), .updates = late_updates},
    {.name = NULL},
}};
