/*
 * A billing run, started by a schedule: collect what is owed, send the bills, hand the number of bills sent so far to the next
 * run. The workflow id ends with the nominal time, so it says which bills these are, whenever the run comes to it.
 */
#include "wfsim.h"

static const struct wf_options patient = {.start_to_close = 2 * WF_HOUR};
static const struct wf_options quick = {.start_to_close = 1 * WF_MINUTE};

static wf_error billing(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_info *info = wf_info(wf);
    const struct wf_value period = wf_text(wf, "%s", info->workflow_id);
    const int64_t sent = wf_as_integer(info->last_result, 0);
    wf_error error = wf_activity(wf, "collect", WF_ARGS(period), &patient, NULL);

    (void)state;
    (void)args;
    if (!error) {
        error = wf_activity(wf, "send_bills", WF_ARGS(period), &quick, NULL);
    }
    if (!error) {
        *result = wf_integer(wf, sent + 1);
    }
    return error;
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "Billing", .run = billing},
    {.name = NULL},
}};
