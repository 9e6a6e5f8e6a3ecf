/* Workflows behind histories of Temporal's TypeScript SDK: `ts-*`, `sts-*` and `vsc-*`. */
#include "wfsim.h"

struct progress {
    bool has_started;
};

static wf_error activity_started(struct wf *wf, void *state, struct wf_args args)
{
    (void)wf, (void)args;
    ((struct progress *)state)->has_started = true;
    return NULL;
}

static bool has_started(const void *state)
{
    return ((const struct progress *)state)->has_started;
}

static wf_error cancel_fake_progress(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_options options = {
        .start_to_close = 200 * WF_SECOND, .heartbeat = 3 * WF_SECOND, .cancellation = WF_WAIT_CANCELED};
    struct wf_future *activity = wf_activity_start(wf, "fakeProgress", WF_NO_ARGS, &options);
    wf_error error = wf_wait(wf, has_started, state, WF_FOREVER, NULL);

    (void)args;
    if (!error) {
        wf_cancel(wf, activity);
        error = wf_await(wf, activity, NULL);
        error = wf_is_canceled(error) ? NULL : error;
    }
    *result = wf_null();
    return error;
}

/* Two chains of two local activities, begun together: whose first link ends first takes the next number. */
static const struct wf_options a_minute = {.start_to_close = WF_MINUTE};

static wf_error chain_a_c(struct wf *wf, void *context, struct wf_value *result)
{
    const wf_error error = wf_local_activity(wf, "a", WF_NO_ARGS, &a_minute, NULL);

    (void)context;
    return error ? error : wf_local_activity(wf, "c", WF_NO_ARGS, &a_minute, result);
}

static wf_error chain_b_d(struct wf *wf, void *context, struct wf_value *result)
{
    const wf_error error = wf_local_activity(wf, "b", WF_NO_ARGS, &a_minute, NULL);

    (void)context;
    return error ? error : wf_local_activity(wf, "d", WF_NO_ARGS, &a_minute, result);
}

static wf_error nested_promises(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct wf_future *chains[2];

    (void)state, (void)args;
    chains[0] = wf_spawn(wf, chain_a_c, NULL);
    chains[1] = wf_spawn(wf, chain_b_d, NULL);
    *result = wf_null();
    return wf_gather(wf, chains, 2, WF_GATHER_ALL, NULL);
}

static wf_error greet_before_and_after(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    wf_error error = wf_activity(wf, "greet", WF_ARGS(wf_text(wf, "starting")), &a_minute, NULL);

    (void)state;
    error = error ? error : wf_sleep(wf, 30 * WF_SECOND);
    return error ? error : wf_activity(wf, "greet", args, &a_minute, result);
}

/* A child for each name; their ids come from the code, which here knows those of the two recorded runs. */
static wf_error parent(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    static const char *const ids[2][3] = {
        {"29e033a0-c4e2-4988-a671-a9e1a6cb6c5d", "4945f6b8-5675-4d48-98e4-2c34e366aaed",
         "c79cff0c-fcce-4b8b-bfbc-25d32dabe048"},
        {"4f2b7ad1-878d-4427-ae88-9c396ae42619", "63b932e7-eb44-4ec0-97fd-5203cda422e7",
         "4f4dba02-e232-422e-9947-4cdf6f7eee25"},
    };
    const bool is_later_run = wf_info(wf)->start_time > INT64_C(1758897000) * WF_SECOND; /* 2025-09-26 14:30 */
    struct wf_future *children[3];
    struct wf_value parts[3];
    wf_error error;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        children[i] = wf_child_start(wf, "childWorkflow", WF_ARGS(wf_arg(args, i)),
                                     &(struct wf_child_options){.workflow_id = ids[is_later_run][i]});
    }
    error = wf_gather(wf, children, 3, WF_GATHER_ALL, parts);
    *result = wf_list(wf, parts, 3);
    return error;
}

/* Whose own histories are not there. */
static wf_error child(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)wf, (void)state;
    *result = wf_arg(args, 0);
    return NULL;
}

/* ---- An update that is answered after the main function has returned ---- */

struct done {
    bool has_update;
    bool has_returned;
};

static bool has_returned(const void *state)
{
    return ((const struct done *)state)->has_returned;
}

static bool has_update(const void *state)
{
    return ((const struct done *)state)->has_update;
}

static wf_error done_update(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)args, (void)result;
    ((struct done *)state)->has_update = true;
    return wf_wait(wf, has_returned, state, WF_FOREVER, NULL);
}

static wf_error return_after_update(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const wf_error error = wf_wait(wf, has_update, state, WF_FOREVER, NULL);

    (void)args;
    ((struct done *)state)->has_returned = true;
    *result = wf_null();
    return error;
}

static const struct wf_signal progress_signals[] = {{"activityStarted", activity_started}, {.name = NULL}};
static const struct wf_update done_updates[] = {{"doneUpdate", NULL, done_update}, {.name = NULL}};

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "cancelFakeProgress", .run = cancel_fake_progress, .state_size_bytes = sizeof(struct progress),
     .signals = progress_signals},
    {.name = "example", .run = greet_before_and_after},
    {.name = "nestedPromises", .run = nested_promises},
    {.name = "parentWorkflow", .run = parent},
    {.name = "childWorkflow", .run = child},
    {.name = "canCompleteUpdateAfterWorkflowReturns", .run = return_after_update,
     .state_size_bytes = sizeof(struct done), .updates = done_updates},
    {.name = NULL},
}};
