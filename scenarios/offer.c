/*
 * An offer from short calls that run inside the worker: nothing is recorded of one before it ends, so a worker that dies runs
 * it again. The price is tried again in the worker and, after a long wait, behind a timer. Rendering takes longer than a
 * workflow task, which says again and again that it goes on. The risk check may give up; then a person has to look.
 */
#include "wfsim.h"

static const struct wf_options price = {
    .start_to_close = 10 * WF_SECOND,
    .retry = {.initial_interval = 500 * WF_MILLISECOND, .backoff_coefficient = 4, .maximum_attempts = 8},
    .local_retry_threshold = 5 * WF_SECOND,
    .cancellation = WF_WAIT_CANCELED,
};
static const struct wf_options render = {.start_to_close = 5 * WF_MINUTE, .cancellation = WF_WAIT_CANCELED};
static const struct wf_options risk = {.schedule_to_close = 3 * WF_SECOND, .retry.maximum_attempts = 2};
static const struct wf_options mail = {.start_to_close = 1 * WF_MINUTE};

static wf_error offer(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct wf_value cents;
    struct wf_value document;
    struct wf_future *check = wf_local_activity_start(wf, "check_risk", args, &risk);
    wf_error error = wf_local_activity(wf, "look_up_price", args, &price, &cents);

    (void)state;
    if (!error) {
        error = wf_local_activity(wf, "render_offer", WF_ARGS(args.items[0], cents), &render, &document);
    }
    if (!error) {
        error = wf_local_activity(wf, "send_offer", WF_ARGS(args.items[0], document), &mail, NULL);
    }
    if (!error) {
        *result = wf_await(wf, check, NULL) ? wf_text(wf, "to be looked at") : wf_text(wf, "cleared");
    }
    return error;
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "Offer", .run = offer},
    {.name = NULL},
}};
