/* What the benchmarks replay: activities one after the other, as many as the input says. */
#include "wfsim.h"

static wf_error steps(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    static const struct wf_options minute = {.start_to_close = WF_MINUTE};
    const int64_t count = wf_as_integer(wf_arg(args, 1), 0);
    wf_error error = NULL;

    (void)state;
    for (int64_t i = 0; !error && i < count; i++) {
        error = wf_activity(wf, "charge", WF_ARGS(wf_arg(args, 0), wf_integer(wf, i)), &minute, NULL);
    }
    *result = wf_integer(wf, count);
    return error;
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "Steps", .run = steps},
    {.name = NULL},
}};
