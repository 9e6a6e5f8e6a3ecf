/* In some seeds a chain of children, each of which hands a megabyte to the next and waits for it. */
#include "wfsim.h"

static wf_error hoard(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    (void)args;
    (void)result;
    if (wf_random_below(wf, 2) == 0) {
        return NULL;
    }
    return wf_child(wf, "Chain", WF_ARGS(wf_text(wf, "%01000000d", 0)), NULL, NULL);
}

static wf_error chain(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    (void)result;
    return wf_child(wf, "Chain", args, NULL, NULL);
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "Hoard", .run = hoard},
    {.name = "Chain", .run = chain},
    {.name = NULL},
}};
