/* Workflows behind the histories of Temporal's Rust core: `core-*`. */
#include "wfsim.h"

static const struct wf_options short_call = {.start_to_close = 5 * WF_SECOND};

static wf_error one_timer(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args, (void)result;
    return wf_sleep(wf, WF_SECOND);
}

static wf_error short_timer(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args, (void)result;
    return wf_sleep(wf, 200 * WF_MILLISECOND);
}

static wf_error change_markers(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    wf_error error;

    (void)state, (void)args, (void)result;
    if (!wf_patched(wf, "integ_test_change_name")) {
        return wf_sleep(wf, 200 * WF_MILLISECOND);
    }
    error = wf_sleep(wf, 100 * WF_MILLISECOND);
    if (!error) {
        error = wf_sleep(wf, 200 * WF_MILLISECOND);
    }
    if (!error) {
        error = wf_sleep(wf, 100 * WF_MILLISECOND);
    }
    return error;
}

static bool never(const void *state)
{
    (void)state;
    return false;
}

/* The recorded run has its greeting and goes on waiting. */
static wf_error say_hello(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    wf_error error = wf_activity(wf, "say_hello", WF_ARGS(wf_member(wf_arg(args, 0), "name")), &short_call, result);

    return error ? error : wf_wait(wf, never, state, WF_FOREVER, NULL);
}

/* The histories are cut off: they show two of the rounds. */
static wf_error local_and_remote(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    static const struct wf_options delay = {.start_to_close = WF_MINUTE, .heartbeat = WF_SECOND};
    wf_error error = NULL;

    (void)state, (void)args, (void)result;
    for (int i = 0; !error && i < 3; i++) {
        error = wf_local_activity(wf, "delay", WF_NO_ARGS, &delay, NULL);
        error = error ? error : wf_activity(wf, "delay", WF_NO_ARGS, &delay, NULL);
    }
    return error;
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "timer_workflow_NqA7v+rB", .run = one_timer},
    {.name = "fail_wf_task_PITR/89Y", .run = short_timer},
    {.name = "writes_change_markers", .run = change_markers},
    {.name = "SayHelloWorkflow", .run = say_hello},
    {.name = "evict_while_la_running_no_interference", .run = local_and_remote},
    {.name = NULL},
}};
