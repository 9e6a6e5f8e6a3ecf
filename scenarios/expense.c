/*
 * An expense waits up to 7 days for a manager. The first decision stands: an answer that comes after another one, or after the
 * time ran out, changes nothing.
 */
#include "wfsim.h"

enum decision { PENDING, APPROVED, REJECTED, EXPIRED };

struct expense {
    enum decision decision;
};

static const struct wf_options mail = {.start_to_close = 10 * WF_SECOND};
static const struct wf_options bank = {.start_to_close = 5 * WF_MINUTE};

static void decide(struct expense *expense, enum decision decision)
{
    if (expense->decision == PENDING) {
        expense->decision = decision;
    }
}

static wf_error approve(struct wf *wf, void *state, struct wf_args args)
{
    (void)wf, (void)args;
    decide(state, APPROVED);
    return NULL;
}

static wf_error reject(struct wf *wf, void *state, struct wf_args args)
{
    (void)wf, (void)args;
    decide(state, REJECTED);
    return NULL;
}

static wf_error get_status(struct wf *wf, const void *state, struct wf_args args, struct wf_value *result)
{
    const enum decision decision = ((const struct expense *)state)->decision;

    (void)args;
    *result = wf_object(wf, WF_PAIRS({"approved", wf_bool(decision == APPROVED)},
                                     {"rejected", wf_bool(decision == REJECTED)},
                                     {"pending", wf_bool(decision == PENDING)}));
    return NULL;
}

static bool is_decided(const void *state)
{
    return ((const struct expense *)state)->decision != PENDING;
}

static wf_error expense_approval(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct expense *expense = state;
    const struct wf_value id = wf_arg(args, 0);
    wf_error error = wf_activity(wf, "notify_manager", args, &mail, NULL);

    if (!error) {
        wf_log(wf, WF_INFO, "waiting for approval of %s", wf_as_text(wf, id));
        error = wf_wait(wf, is_decided, expense, 7 * WF_DAY, &(bool){false});
    }
    if (error) {
        return error;
    }
    decide(expense, EXPIRED);
    switch (expense->decision) {
    case APPROVED:
        *result = wf_text(wf, "approved");
        return wf_activity(wf, "process_payment", WF_ARGS(id), &bank, NULL);
    case REJECTED:
        *result = wf_text(wf, "rejected");
        return wf_activity(wf, "notify_rejection", WF_ARGS(id), &mail, NULL);
    case PENDING:
    case EXPIRED:
        break;
    }
    *result = wf_text(wf, "timeout");
    return wf_activity(wf, "notify_timeout", WF_ARGS(id), &mail, NULL);
}

static const struct wf_signal signals[] = {{"approve", approve}, {"reject", reject}, {.name = NULL}};
static const struct wf_query queries[] = {{"get_status", get_status}, {.name = NULL}};

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "ExpenseApproval", .run = expense_approval, .state_size_bytes = sizeof(struct expense),
     .signals = signals, .queries = queries},
    {.name = NULL},
}};
