/*
 * An order as a saga: reserve, charge, ship; when a step fails for good, undo what was done, the newest first.
 *
 * Two habits make it right. Every undo is registered before the call that it undoes, because a call may succeed and its answer
 * be lost. Every call carries the order's id, by which the outside world recognises a repetition.
 */
#include "wfsim.h"

static const struct wf_options stock = {.start_to_close = 10 * WF_SECOND, .retry.maximum_attempts = 3};
static const struct wf_options bank = {.start_to_close = 30 * WF_SECOND, .retry.maximum_attempts = 3};
static const struct wf_options carrier = {.start_to_close = 5 * WF_MINUTE, .retry.maximum_attempts = 3};
static const struct wf_options until_done = {.start_to_close = 30 * WF_SECOND};

static wf_error order_saga(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_value order = wf_arg(args, 0);
    const struct wf_value payment = wf_arg(args, 1);
    const char *id = wf_as_text(wf, order);
    struct wf_undo *undo = wf_undo_new(wf);
    struct wf_value tracking;
    wf_error error;

    (void)state;
    wf_log(wf, WF_INFO, "reserving inventory for %s", id);
    wf_undo_add(undo, "release_inventory", WF_ARGS(order), &until_done);
    error = wf_activity(wf, "reserve_inventory", WF_ARGS(order, order), &stock, NULL);
    if (!error) {
        wf_log(wf, WF_INFO, "charging payment for %s", id);
        wf_undo_add(undo, "refund_payment", WF_ARGS(order), &until_done);
        error = wf_activity(wf, "charge_payment", WF_ARGS(order, payment, order), &bank, NULL);
    }
    if (!error) {
        wf_log(wf, WF_INFO, "shipping %s", id);
        error = wf_activity(wf, "ship_order", WF_ARGS(order), &carrier, &tracking);
    }
    if (error) {
        wf_log(wf, WF_ERROR, "%s failed: %s", id, wf_error_message(wf, error));
        return wf_undo_run(undo, error);
    }
    *result = wf_text(wf, "Order %s completed. Tracking: %s", id, wf_as_text(wf, tracking));
    return NULL;
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "OrderSaga", .run = order_saga},
    {.name = NULL},
}};
