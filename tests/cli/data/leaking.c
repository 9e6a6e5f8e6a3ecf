/*
 * Code that takes memory in each of its activations and never gives it back: as many MiB as the workflow type says.
 */
#include "wfsim.h"

#include <stdlib.h>

static const struct wf_options stock = {.start_to_close = 30 * WF_SECOND};

static void take(size_t mib)
{
    const size_t size_bytes = mib << 20;
    volatile char *piece = malloc(size_bytes);

    for (size_t i = 0; piece != NULL && i < size_bytes; i += 4096) {
        piece[i] = 1;
    }
}

#define WORKFLOW(name, mib)                                                                                            \
    static wf_error name(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)                     \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        (void)result;                                                                                                  \
        take(mib);                                                                                                     \
        (void)wf_activity(wf, "reserve_inventory", WF_ARGS(wf_arg(args, 0)), &stock, NULL);                            \
        take(mib);                                                                                                     \
        return NULL;                                                                                                   \
    }

WORKFLOW(take_little, 20)
WORKFLOW(take_much, 50)

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "Little", .run = take_little},
    {.name = "Much", .run = take_much},
    {.name = NULL},
}};
