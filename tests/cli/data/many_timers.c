/* As many timers at once as the input says: the service has no limit for them. */
#include "wfsim.h"

static wf_error many_timers(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const int64_t count = wf_as_integer(wf_arg(args, 0), 0);

    (void)state, (void)result;
    for (int64_t i = 0; i < count; i++) {
        wf_timer_start(wf, WF_HOUR);
    }
    return wf_sleep(wf, WF_MINUTE);
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "ManyTimers", .run = many_timers},
    {.name = NULL},
}};
