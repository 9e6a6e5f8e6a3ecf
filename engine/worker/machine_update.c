/* Updates. */
#include "engine/worker/worker_run.h"

WF_ACTION(send_accept)
{
    struct wf_queued *queued = wf_queue_push(run, machine, WF_COMMAND_TYPE_PROTOCOL_MESSAGE,
                                             in->command);

    if (queued != NULL) {
        queued->type = WF_STR("accept");
    }
}

WF_ACTION(send_complete)
{
    struct wf_queued *queued = wf_queue_push(run, machine, WF_COMMAND_TYPE_PROTOCOL_MESSAGE,
                                             in->command);

    if (queued != NULL) {
        queued->type = WF_STR("complete");
    }
}

WF_MACHINE_STEP(update)
{
    switch (WF_MACHINE_KEY(machine->state, in->input)) {
#include "engine/worker/machine_cases.h"

#include "engine/worker/machine_update.def"
    default:
        return false;
    }
}
