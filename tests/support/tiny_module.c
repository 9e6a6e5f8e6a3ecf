#include "tests/support/tiny_module.h"

#include "engine/wfsim.h"

int tiny_runs;

static const struct wf_options bank = {
    .start_to_close = 10 * WF_SECOND,
    .heartbeat = 0,
    .retry = {.initial_interval = WF_SECOND, .maximum_attempts = 5},
};

static wf_error pay(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    wf_error error = wf_activity(wf, "charge", args, &bank, NULL);

    (void)state;
    return error != NULL ? error : wf_activity(wf, "ship", args, &bank, result);
}

static wf_error saga(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct wf_undo *undo = wf_undo_new(wf);
    wf_error error = NULL;

    (void)state;
    wf_undo_add(undo, "refund", args, &bank);
    error = wf_activity(wf, "charge", args, &bank, NULL);
    if (error == NULL) {
        error = wf_activity(wf, "ship", args, &bank, result);
    }
    return error == NULL ? NULL : wf_undo_run(undo, error);
}

struct approve_state {
    bool is_approved;
};

static wf_error on_approve(struct wf *wf, void *state, struct wf_args args)
{
    (void)wf;
    (void)args;
    ((struct approve_state *)state)->is_approved = true;
    return NULL;
}

static wf_error on_state(struct wf *wf, const void *state, struct wf_args args, struct wf_value *result)
{
    (void)args;
    *result = wf_object(wf, WF_PAIRS({"approved", wf_bool(((const struct approve_state *)state)->is_approved)}));
    return NULL;
}

static bool is_approved(const void *state)
{
    return ((const struct approve_state *)state)->is_approved;
}

static wf_error approve(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    bool timed_out = false;
    wf_error error = wf_wait(wf, is_approved, state, WF_HOUR, &timed_out);

    (void)args;
    if (error == NULL) {
        *result = wf_text(wf, "%s", timed_out ? "timed out" : "approved");
    }
    return error;
}

static wf_error count(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const int runs = ++tiny_runs;
    wf_error error = wf_activity(wf, "charge", args, &bank, NULL);

    (void)state;
    *result = wf_integer(wf, runs);
    return error;
}

static const struct wf_options walking = {.start_to_close = 10 * WF_MINUTE,
                                          .heartbeat = 10 * WF_SECOND,
                                          .cancellation = WF_WAIT_CANCELED};

static wf_error slow(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    return wf_activity(wf, "walk", args, &walking, result);
}

/* Ten steps of a second, each with a heartbeat. */
static wf_error walk(struct wf_attempt *attempt, struct wf_args args, struct wf_value *result)
{
    struct wf *values = wf_attempt_values(attempt);

    (void)args;
    for (int step = 0; step < 10; step++) {
        wf_error error = NULL;

        wf_step_wait(attempt, WF_SECOND);
        error = wf_step_heartbeat(attempt, wf_integer(values, step));
        if (error != NULL) {
            return error;
        }
    }
    *result = wf_text(values, "walked");
    return NULL;
}

static const struct wf_signal approve_signals[] = {{"approve", on_approve}, {NULL, NULL}};
static const struct wf_query approve_queries[] = {{"state", on_state}, {NULL, NULL}};

static const struct wf_workflow workflows[] = {
    {.name = "Pay", .run = pay},
    {.name = "Saga", .run = saga},
    {.name = "Approve",
     .run = approve,
     .state_size_bytes = sizeof(struct approve_state),
     .signals = approve_signals,
     .queries = approve_queries},
    {.name = "Count", .run = count},
    {.name = "Slow", .run = slow},
    {.name = NULL},
};

static const struct wf_activity activities[] = {{"walk", walk}, {NULL, NULL}};

const struct wf_module tiny_module = {WF_API, .workflows = workflows, .activities = activities};
