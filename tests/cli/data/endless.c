/* Runs that continue as new without end, as often as the service lets them. */
#include "wfsim.h"

static wf_error spin(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    (void)result;
    return wf_continue_as_new(wf, args, NULL);
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "Spin", .run = spin},
    {.name = NULL},
}};
