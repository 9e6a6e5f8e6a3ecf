/*
 * Workflows behind histories of SDKs that are nobody's family of their own: Clojure (`clj-*`) and Scala (`zio-*`) on the Java
 * SDK, Coinbase's Ruby (`rb-*`), and a third party's for Bun (`bun-*`).
 */
#include "wfsim.h"

static const struct wf_options short_call = {.start_to_close = 5 * WF_SECOND};
static const struct wf_options half_a_minute = {.start_to_close = 30 * WF_SECOND};

static wf_error order(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_options once = {.start_to_close = 15 * WF_SECOND, .retry.maximum_attempts = 1};
    const wf_error error = wf_activity(wf, "validate-order", args, &once, result);

    (void)state;
    return error ? error : wf_activity(wf, "charge-payment", args, &once, result);
}

static wf_error saga(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_options thrice = {.start_to_close = 5 * WF_SECOND, .retry.maximum_attempts = 3};
    const struct wf_value transfer = wf_arg(args, 0);
    const struct wf_value amount = wf_member(transfer, "amount");
    const wf_error error = wf_activity(wf, "Withdraw", WF_ARGS(wf_member(transfer, "from"), amount), &thrice, result);

    (void)state;
    return error ? error : wf_activity(wf, "Deposit", WF_ARGS(wf_member(transfer, "to"), amount), &thrice, result);
}

/* ---- One signal ---- */

struct heard {
    struct wf_value value;
    bool is_there;
};

static bool is_heard(const void *state)
{
    return ((const struct heard *)state)->is_there;
}

static wf_error hear(struct wf *wf, void *state, struct wf_args args)
{
    struct heard *heard = state;

    (void)wf;
    heard->value = wf_arg(args, 0);
    heard->is_there = true;
    return NULL;
}

static wf_error greet_when_signaled(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const wf_error error = wf_wait(wf, is_heard, state, WF_FOREVER, NULL);

    return error ? error : wf_activity(wf, "HelloWorldActivity", args, &half_a_minute, result);
}

static wf_error return_signal(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const wf_error error = wf_wait(wf, is_heard, state, WF_FOREVER, NULL);

    (void)args;
    *result = ((const struct heard *)state)->value;
    return error;
}

/* ---- Bun ---- */

static wf_error echo(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    return wf_activity(wf, "integrationEchoActivity", args, &short_call, result);
}

static wf_error parent(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    *result = wf_text(wf, "child-started");
    return wf_child_started(wf, wf_child_start(wf, "integrationChildWorkflow", args, NULL), NULL); /* its end is not awaited */
}

/* Whose own history is not there. */
static wf_error child(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    *result = wf_arg(args, 0);
    return wf_sleep(wf, WF_MINUTE);
}

static wf_error count_down(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const int64_t left = wf_as_integer(wf_member(wf_arg(args, 0), "iterations"), 0);

    (void)state, (void)result;
    return left > 1 ? wf_continue_as_new(wf, WF_ARGS(wf_object(wf, WF_PAIRS({"iterations", wf_integer(wf, left - 1)}))), NULL)
                    : NULL;
}

static wf_error hold(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    wf_error error = NULL;

    (void)state, (void)result;
    for (int64_t i = wf_as_integer(wf_member(wf_arg(args, 0), "cycles"), 0); !error && i > 0; i--) {
        error = wf_sleep(wf, wf_as_integer(wf_member(wf_arg(args, 0), "holdMs"), 0) * WF_MILLISECOND);
    }
    return error;
}

static wf_error validate_message(struct wf *wf, const void *state, struct wf_args args)
{
    (void)state;
    return wf_kind_of(wf_arg(args, 0)) == WF_VALUE_ABSENT ? wf_fail(wf, "Rejected", NULL, "no message") : NULL;
}

static wf_error set_message(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)wf, (void)state;
    *result = wf_arg(args, 0);
    return NULL;
}

static const struct wf_signal ruby_signals[] = {{"hit", hear}, {.name = NULL}};
static const struct wf_signal bun_signals[] = {{"finish", hear}, {.name = NULL}};
static const struct wf_update bun_updates[] = {{"integrationUpdate.setMessage", validate_message, set_message}, {.name = NULL}};

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "order-workflow", .run = order},
    {.name = "SagaWorkflow", .run = saga},
    {.name = "SignalWithStartWorkflow", .run = greet_when_signaled, .state_size_bytes = sizeof(struct heard),
     .signals = ruby_signals},
    {.name = "integrationActivityWorkflow", .run = echo},
    {.name = "integrationParentWorkflow", .run = parent},
    {.name = "integrationChildWorkflow", .run = child},
    {.name = "integrationContinueAsNewWorkflow", .run = count_down},
    {.name = "integrationSignalQueryWorkflow", .run = return_signal, .state_size_bytes = sizeof(struct heard),
     .signals = bun_signals},
    {.name = "integrationUpdateWorkflow", .run = hold, .updates = bun_updates},
    {.name = NULL},
}};
