/*
 * An order that is charged, waits for a person and is shipped. An operator may take it back to an earlier step: what was
 * approved since is told to it again, and the charge carries the order's name, which a reset does not change.
 */
#include <stdbool.h>

#include "wfsim.h"

static const struct wf_options bank = {.start_to_close = 30 * WF_SECOND};

struct order {
    bool is_approved;
};

static wf_error approve(struct wf *wf, void *state, struct wf_args args)
{
    (void)wf, (void)args;
    ((struct order *)state)->is_approved = true;
    return NULL;
}

static bool is_approved(const void *state)
{
    return ((const struct order *)state)->is_approved;
}

static wf_error order(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    bool timed_out = false;
    wf_error error = wf_activity(wf, "charge_payment", args, &bank, NULL);

    if (!error) {
        error = wf_wait(wf, is_approved, state, 1 * WF_HOUR, &timed_out);
    }
    if (!error) {
        error = wf_activity(wf, timed_out ? "refund_payment" : "ship_order", args, &bank, NULL);
    }
    *result = wf_text(wf, timed_out ? "refunded" : "shipped");
    return error;
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "Order", .run = order, .state_size_bytes = sizeof(struct order),
     .signals = (const struct wf_signal[]){{"approve", approve}, {.name = NULL}}},
    {.name = NULL},
}};
