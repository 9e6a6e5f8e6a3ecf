/*
 * A deposit is asked for, and the bank reports through a webhook minutes or hours later; then a person releases the goods. Both
 * activities are left open by their attempts and completed from outside. When the bank does not answer in time, another
 * attempt asks again; what the first one's webhook says after that is refused.
 */
#include "wfsim.h"

static const struct wf_options bank = {
    .start_to_close = 30 * WF_MINUTE,
    .heartbeat = 5 * WF_MINUTE,
    .retry = {.initial_interval = 10 * WF_SECOND, .maximum_attempts = 3},
    .cancellation = WF_WAIT_CANCELED,
};
static const struct wf_options person = {.activity_id = "release", .start_to_close = 24 * WF_HOUR};
static const struct wf_options quick = {.start_to_close = 1 * WF_MINUTE};

static wf_error deposit(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct wf_value receipt;
    wf_error error = wf_activity(wf, "capture_deposit", args, &bank, &receipt);

    (void)state;
    if (error) {
        wf_shield_begin(wf);
        (void)wf_activity(wf, "void_deposit", args, &quick, NULL);
        wf_shield_end(wf);
        return error;
    }
    return wf_activity(wf, "release_goods", WF_ARGS(args.items[0], receipt), &person, result);
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "Deposit", .run = deposit},
    {.name = NULL},
}};
