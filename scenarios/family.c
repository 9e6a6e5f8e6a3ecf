/*
 * A family of workflows. An order sends one shipment for each of its parts as a child, and cancels the others when one cannot
 * be sent. Around it live a tracker that ends with the order, a hold on the customer's card that is cancelled with it, and a
 * receipt that outlives it. Orders of one customer share an account: the first one starts it, the others find it. The
 * warehouse and the reminder are workflows of other teams: an order signals the one and cancels the other, and either may not
 * be there.
 */
#include "wfsim.h"

static const struct wf_options steady = {.start_to_close = 30 * WF_SECOND};
static const struct wf_options carrier = {.start_to_close = 30 * WF_SECOND, .retry.maximum_attempts = 4};

/* A child needs an end of its own: its parent may close after the child is started and before it knows of it, and then nobody
 * ever gives the child its first task (seed 331, with this line left out). The close policy does not always help: a start that
 * the parent has given up on may come behind it (seed 5020955). */
static const wf_duration_ns life = 30 * WF_MINUTE;

/* ---- Children ---- */

/* One part: handed to the carrier, and called back when the order changes its mind. */
static wf_error shipment(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct wf_undo *undo = wf_undo_new(wf);
    wf_error error = NULL;

    (void)state;
    wf_undo_add(undo, "call_back", args, &steady);
    error = wf_activity(wf, "hand_over", args, &carrier, result);
    if (!error) {
        error = wf_sleep(wf, 10 * WF_SECOND); /* until the carrier's lorry leaves */
    }
    return error ? wf_undo_run(undo, error) : NULL;
}

static bool never(const void *state)
{
    (void)state;
    return false;
}

/* Tells the customer where the parts are, for as long as there is an order. */
static wf_error tracker(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)args;
    (void)result;
    return wf_wait(wf, never, state, WF_FOREVER, NULL);
}

/* Keeps money aside until it is cancelled; then gives it back. */
static wf_error hold(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct wf_undo *undo = wf_undo_new(wf);
    wf_error error = NULL;

    (void)result;
    wf_undo_add(undo, "release_money", args, &steady);
    error = wf_activity(wf, "hold_money", args, &steady, NULL);
    if (!error) {
        error = wf_wait(wf, never, state, WF_FOREVER, NULL);
    }
    return wf_undo_run(undo, error);
}

static wf_error receipt(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    wf_error error = wf_sleep(wf, WF_MINUTE);

    (void)state;
    return error ? error : wf_activity(wf, "send_receipt", args, &steady, result);
}

/* What orders add to: the points of a customer, the parts that a warehouse is asked for. */
struct counter {
    int64_t count;
};

static wf_error add(struct wf *wf, void *state, struct wf_args args)
{
    (void)wf;
    (void)args;
    ((struct counter *)state)->count++;
    return NULL;
}

/* Counts for some seconds: args[1]. */
static wf_error count_for(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    bool timed_out = false;

    *result = wf_text(wf, "counted");
    return wf_wait(wf, never, state, wf_as_integer(wf_arg(args, 1), 1) * WF_SECOND, &timed_out);
}

/* A customer's account goes on in a second run before it ends, so that its parent hears from another run than it started. */
static wf_error account(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    wf_error error = count_for(wf, state, args, result);

    if (error || wf_info(wf)->continued_run_id[0] != '\0') {
        return error;
    }
    return wf_continue_as_new(wf, args, NULL);
}

/* ---- The order ---- */

static const char *name_of(struct wf *wf, const char *what, struct wf_value order)
{
    return wf_as_text(wf, wf_text(wf, "%s-of-%s", what, wf_as_text(wf, order)));
}

static wf_error send_parts(struct wf *wf, struct wf_value order, int64_t count)
{
    struct wf_future **parts = wf_alloc(wf, (size_t)count, sizeof *parts);

    for (int64_t i = 0; i < count; i++) {
        const struct wf_value part = wf_text(wf, "part-%d-of-%s", (int)i + 1, wf_as_text(wf, order));

        parts[i] = wf_child_start(wf, "Shipment", WF_ARGS(part),
                                  &(struct wf_child_options){.workflow_id = wf_as_text(wf, part), .execution_timeout = life});
    }
    return wf_gather(wf, parts, (size_t)count, WF_GATHER_CANCEL_REST, NULL);
}

/* The first order of a customer starts the account, and every order adds a point to it. */
static wf_error add_point(struct wf *wf, struct wf_value customer, bool *is_known)
{
    const char *id = name_of(wf, "account", customer);
    struct wf_future *child = wf_child_start(
        wf, "Account", WF_ARGS(customer, wf_integer(wf, 10)),
        &(struct wf_child_options){
            .workflow_id = id, .execution_timeout = life, .parent_close = WF_CHILD_GOES_ON});
    wf_error error = wf_child_started(wf, child, NULL);

    *is_known = wf_caused_by(error, WF_CHILD, "Account");
    if (error && !*is_known) {
        return error;
    }
    error = *is_known ? wf_signal(wf, id, NULL, "add", WF_ARGS(wf_integer(wf, 1)))
                      : wf_child_signal(wf, child, "add", WF_ARGS(wf_integer(wf, 1)));
    return wf_is_canceled(error) ? error : NULL; /* an account that has ended gets no point */
}

/* What lives around the order. It does not wait for their ends. */
static wf_error surround(struct wf *wf, struct wf_value order)
{
    struct wf_future *const children[] = {
        wf_child_start(wf, "Tracker", WF_ARGS(order),
                       &(struct wf_child_options){.workflow_id = name_of(wf, "tracker", order),
                                                  .execution_timeout = life,
                                                  .cancellation = WF_CHILD_ABANDON}),
        wf_child_start(wf, "Hold", WF_ARGS(order),
                       &(struct wf_child_options){.workflow_id = name_of(wf, "hold", order),
                                                  .execution_timeout = life,
                                                  .parent_close = WF_CHILD_IS_CANCELED,
                                                  .cancellation = WF_CHILD_ABANDON}),
        wf_child_start(wf, "Receipt", WF_ARGS(order),
                       &(struct wf_child_options){.workflow_id = name_of(wf, "receipt", order),
                                                  .execution_timeout = life,
                                                  .parent_close = WF_CHILD_GOES_ON,
                                                  .cancellation = WF_CHILD_ABANDON}),
    };
    wf_error error = NULL;

    for (size_t i = 0; i < sizeof children / sizeof children[0]; i++) {
        wf_error failure = wf_child_started(wf, children[i], NULL);

        error = error ? error : failure;
    }
    return error;
}

/* args: the order, how many parts, the customer, the warehouse. */
static wf_error order(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_value id = wf_arg(args, 0);
    bool is_known = false;
    bool has_reminder = false;
    wf_error error = wf_signal(wf, wf_as_text(wf, wf_arg(args, 3)), NULL, "add", WF_ARGS(id));

    (void)state;
    if (error && !wf_is_canceled(error)) {
        *result = wf_text(wf, "no warehouse");
        return NULL;
    }
    error = error ? error : surround(wf, id);
    error = error ? error : add_point(wf, wf_arg(args, 2), &is_known);
    error = error ? error : send_parts(wf, id, wf_as_integer(wf_arg(args, 1), 1));
    if (wf_caused_by(error, WF_CHILD, "Shipment") && wf_caused_by(error, WF_APPLICATION, "OutOfStock")) {
        *result = wf_text(wf, "out of stock");
        return NULL;
    }
    if (error) {
        return error;
    }
    error = wf_request_cancel(wf, name_of(wf, "reminder", id), NULL, "the order is sent");
    has_reminder = error == NULL;
    *result = wf_text(wf, "sent, %s customer, %s", is_known ? "known" : "new", has_reminder ? "reminder off" : "no reminder");
    return wf_is_canceled(error) ? error : NULL;
}

/* Another team's: asks the customer for an opinion, unless it is cancelled. */
static wf_error reminder(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    (void)args;
    (void)result;
    return wf_sleep(wf, 20 * WF_MINUTE);
}

static const struct wf_signal counts[] = {{"add", add}, {.name = NULL}};

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "Order", .run = order},
    {.name = "Shipment", .run = shipment},
    {.name = "Tracker", .run = tracker},
    {.name = "Hold", .run = hold},
    {.name = "Receipt", .run = receipt},
    {.name = "Account", .run = account, .state_size_bytes = sizeof(struct counter), .signals = counts},
    {.name = "Warehouse", .run = count_for, .state_size_bytes = sizeof(struct counter), .signals = counts},
    {.name = "Reminder", .run = reminder},
    {.name = NULL},
}};
