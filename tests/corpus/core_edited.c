/* core.c with an activity in place of the timer, and without the patch. */
#include "wfsim.h"

static wf_error one_activity(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args;
    return wf_activity(wf, "say_hello", WF_NO_ARGS, &(struct wf_options){.start_to_close = WF_SECOND}, result);
}

static wf_error without_patch(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    wf_error error = wf_sleep(wf, 100 * WF_MILLISECOND);

    (void)state, (void)args, (void)result;
    if (!error) {
        error = wf_sleep(wf, 200 * WF_MILLISECOND);
    }
    return error ? error : wf_sleep(wf, 100 * WF_MILLISECOND);
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "timer_workflow_NqA7v+rB", .run = one_activity},
    {.name = "writes_change_markers", .run = without_patch},
    {.name = NULL},
}};
