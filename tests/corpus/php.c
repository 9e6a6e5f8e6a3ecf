/* Workflows behind histories of Temporal's PHP SDK (`php-*`), which runs on the Go SDK. */
#include "wfsim.h"

static const struct wf_options short_call = {.start_to_close = 5 * WF_SECOND};

static struct wf_value test_value(struct wf *wf, void *context)
{
    (void)context;
    return wf_text(wf, "test");
}

static wf_error versioning(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args;
    switch (wf_get_version(wf, "test", WF_DEFAULT_VERSION, 2)) {
    case WF_DEFAULT_VERSION:
        *result = wf_text(wf, "default");
        return NULL;
    case 1:
        (void)wf_side_effect(wf, test_value, NULL);
        *result = wf_text(wf, "v1");
        return NULL;
    default:
        return wf_activity(wf, "Extra_Versioning_Classic.handler", WF_ARGS(wf_text(wf, "v2")), &short_call, result);
    }
}

static wf_error echo(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    return wf_activity(wf, "SimpleActivity.echo", args, &short_call, result);
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "Extra_Versioning_Classic", .run = versioning},
    {.name = "SimpleWorkflow", .run = echo},
    {.name = NULL},
}};
