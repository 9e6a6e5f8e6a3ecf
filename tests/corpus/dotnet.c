/* Workflows behind histories of Temporal's .NET SDK: commands that come after the end of the run: `net-*`. */
#include "wfsim.h"

static const struct wf_options local = {.start_to_close = WF_MINUTE};

struct coroutines {
    bool has_result;
    bool is_complete;
    struct wf_value local_value;
};

static bool has_result(const void *state)
{
    return ((const struct coroutines *)state)->has_result;
}

static bool has_local_value(const void *state)
{
    return ((const struct coroutines *)state)->local_value.json != NULL;
}

static bool is_complete(const void *state)
{
    return ((const struct coroutines *)state)->is_complete;
}

static wf_error do_update(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct coroutines *coroutines = state;
    wf_error error;

    (void)args;
    coroutines->has_result = true;
    error = wf_wait(wf, has_local_value, state, WF_FOREVER, NULL);
    *result = coroutines->local_value;
    return error;
}

static wf_error do_erroring_signal(struct wf *wf, void *state, struct wf_args args)
{
    wf_error error = NULL;

    ((struct coroutines *)state)->has_result = true;
    if (wf_as_bool(wf_arg(args, 0), false)) {
        error = wf_wait(wf, is_complete, state, WF_FOREVER, NULL);
    }
    return error ? error : wf_fail(wf, "", NULL, "Intentional failure");
}

static wf_error coroutines_after_complete(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct coroutines *coroutines = state;
    wf_error error = wf_wait(wf, has_result, state, WF_FOREVER, NULL);

    (void)args;
    if (!error) {
        error = wf_local_activity(wf, "SomeActivity", WF_NO_ARGS, &local, &coroutines->local_value);
    }
    coroutines->is_complete = true;
    *result = wf_text(wf, "complete-workflow");
    return error;
}

/* ---- Three functions that wait for each other ---- */

struct order {
    struct wf_value notes[4];
    size_t count;
    bool may_go[2];
};

static bool first_may_go(const void *state)
{
    return ((const struct order *)state)->may_go[0];
}

static bool second_may_go(const void *state)
{
    return ((const struct order *)state)->may_go[1];
}

static wf_error after_first(struct wf *wf, void *context, struct wf_value *result)
{
    struct order *order = context;
    const wf_error error = wf_wait(wf, first_may_go, order, WF_FOREVER, NULL);

    (void)result;
    order->notes[order->count++] = wf_text(wf, "two");
    order->may_go[1] = true;
    return error;
}

static wf_error after_second(struct wf *wf, void *context, struct wf_value *result)
{
    struct order *order = context;
    const wf_error error = wf_wait(wf, second_may_go, order, WF_FOREVER, NULL);

    (void)result;
    order->notes[order->count++] = wf_text(wf, "three");
    return error;
}

static wf_error multi_wait(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct order *order = state;
    struct wf_future *parts[2];
    wf_error error;

    (void)args;
    parts[0] = wf_spawn(wf, after_first, order);
    parts[1] = wf_spawn(wf, after_second, order);
    order->notes[order->count++] = wf_text(wf, "one");
    order->may_go[0] = true;
    error = wf_gather(wf, parts, 2, WF_GATHER_ALL, NULL);
    *result = wf_list(wf, order->notes, order->count);
    return error;
}

static const struct wf_signal signals[] = {{"DoErroringSignal", do_erroring_signal}, {.name = NULL}};
static const struct wf_update updates[] = {{"DoUpdate", NULL, do_update}, {.name = NULL}};

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "CoroutinesAfterCompleteWorkflow", .run = coroutines_after_complete,
     .state_size_bytes = sizeof(struct coroutines), .signals = signals, .updates = updates},
    {.name = "MultiWaitConditionWorkflow", .run = multi_wait, .state_size_bytes = sizeof(struct order)},
    {.name = NULL},
}};
