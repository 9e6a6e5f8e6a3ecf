/* Patch markers. Which marker goes with which command, and which are skipped, is decided in
 * match.c. */
#include "engine/worker/worker_run.h"

WF_ACTION(check_patch)
{
    struct wf_patch_marker marker;

    machine->origin = in->event;
    if (!wf_patch_marker_read(&run->arena, in->event, &marker)) {
        wf_diverge_event(run, in->event, "has a patch marker that cannot be read");
    } else if (!wf_string_equal(marker.patch_id, machine->id)) {
        wf_diverge_patch_id(run, in->event, in->queued,
                            (struct wf_patch_ids){marker.patch_id, machine->id});
    }
}

WF_MACHINE_STEP(patch)
{
    switch (WF_MACHINE_KEY(machine->state, in->input)) {
#include "engine/worker/machine_cases.h"

#include "engine/worker/machine_patch.def"
    default:
        return false;
    }
}
