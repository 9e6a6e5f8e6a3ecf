/* haskell.c with one timer fewer. */
#include "wfsim.h"

static wf_error sleep_in_a_row(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    wf_error error = NULL;

    (void)state;
    for (int64_t left = wf_as_integer(wf_arg(args, 0), 0); !error && left > 1; left--) {
        error = wf_sleep(wf, WF_MILLISECOND);
    }
    *result = wf_list(wf, NULL, 0);
    return error;
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "bench-sleeps-seq", .run = sleep_in_a_row},
    {.name = NULL},
}};
