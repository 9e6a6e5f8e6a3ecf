/* python.c with two changes: the thanks of the loan come last, and the background check asks another activity. */
#include "wfsim.h"

static const struct wf_options short_call = {.start_to_close = 5 * WF_SECOND};

static wf_error background_check(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    return wf_activity(wf, "federal_background_check", args, &short_call, result);
}

static wf_error loan(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const int64_t period_count = wf_as_integer(wf_member(wf_arg(args, 0), "number_of_periods"), 0);
    wf_error error = NULL;

    (void)state;
    for (int64_t i = 0; !error && i < period_count; i++) {
        error = wf_activity(wf, "charge_customer", args, &short_call, NULL);
        error = error ? error : wf_sleep(wf, 3 * WF_SECOND);
    }
    return error ? error : wf_activity(wf, "send_thank_you_to_customer", args, &short_call, result);
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "BackgroundCheck", .run = background_check},
    {.name = "LoanProcessingWorkflow", .run = loan},
    {.name = NULL},
}};
