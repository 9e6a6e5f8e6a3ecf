/*
 * One activity; and, when history is being replayed and the input asks for it, a timer that was not there when it was
 * recorded: `swift-replayer-*`. That SDK numbers activities from 0.
 */
#include "wfsim.h"

static const struct wf_options first = {.start_to_close = WF_MINUTE, .activity_id = "0"};

static wf_error say_hello(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_value input = wf_arg(args, 0);
    wf_error error = wf_activity(wf, "ReplayActivity", WF_ARGS(wf_member(input, "name")), &first, result);

    (void)state;
    if (!error && wf_unsafe_is_replaying(wf) && wf_as_bool(wf_member(input, "shouldCauseNonDeterminism"), false)) {
        error = wf_sleep(wf, WF_SECOND);
    }
    return error;
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "SayHelloWorkflow", .run = say_hello},
    {.name = NULL},
}};
