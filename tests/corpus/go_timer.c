/* The background check of a course's later chapter, recorded by Go code: it sleeps first. */
#include "wfsim.h"

static const struct wf_options short_call = {.start_to_close = 5 * WF_SECOND};

static wf_error background_check(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const wf_error error = wf_sleep(wf, WF_MINUTE);

    (void)state;
    return error ? error : wf_activity(wf, "SSNTraceActivity", args, &short_call, result);
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "BackgroundCheck", .run = background_check},
    {.name = NULL},
}};
