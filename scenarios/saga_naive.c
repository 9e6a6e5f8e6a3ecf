/*
 * The saga as people first write it, with two faults that no ordinary test shows. An undo is registered only after its call
 * has returned: when the charge goes through and its answer is lost, nothing knows that there is money to give back. And
 * no call carries a key: when an attempt is repeated, the outside world charges again.
 */
#include "wfsim.h"

static const struct wf_options bank = {.start_to_close = 30 * WF_SECOND, .retry.maximum_attempts = 3};
static const struct wf_options until_done = {.start_to_close = 30 * WF_SECOND};

static wf_error order_saga(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_value order = wf_arg(args, 0);
    const struct wf_value payment = wf_arg(args, 1);
    struct wf_undo *undo = wf_undo_new(wf);
    struct wf_value tracking;
    wf_error error;

    (void)state;
    error = wf_activity(wf, "reserve_inventory", WF_ARGS(order), &bank, NULL);
    if (!error) {
        wf_undo_add(undo, "release_inventory", WF_ARGS(order), &until_done);
        error = wf_activity(wf, "charge_payment", WF_ARGS(order, payment), &bank, NULL);
    }
    if (!error) {
        wf_undo_add(undo, "refund_payment", WF_ARGS(order), &until_done);
        error = wf_activity(wf, "ship_order", WF_ARGS(order), &bank, &tracking);
    }
    if (error) {
        return wf_undo_run(undo, error);
    }
    *result = wf_text(wf, "Order %s completed. Tracking: %s", wf_as_text(wf, order), wf_as_text(wf, tracking));
    return NULL;
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "OrderSaga", .run = order_saga},
    {.name = NULL},
}};
