/*
 * Download, parse, store, one after the other. When the worker dies after parse_data has started, another one goes on: the
 * download is not repeated, the parsing is.
 */
#include "wfsim.h"

static const struct wf_options download = {.start_to_close = 5 * WF_MINUTE, .retry.maximum_attempts = 5};
static const struct wf_options parse = {.start_to_close = 1 * WF_MINUTE, .retry.maximum_attempts = 5};
static const struct wf_options store = {.start_to_close = 2 * WF_MINUTE};

static wf_error harvest(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct wf_value data;
    struct wf_value records;
    wf_error error = wf_activity(wf, "download_data", args, &download, &data);

    (void)state;
    if (!error) {
        error = wf_activity(wf, "parse_data", WF_ARGS(data), &parse, &records);
    }
    if (!error) {
        error = wf_activity(wf, "store_records", WF_ARGS(records), &store, result);
    }
    return error;
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "HarvestWorkflow", .run = harvest},
    {.name = NULL},
}};
