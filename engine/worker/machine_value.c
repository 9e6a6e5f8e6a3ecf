/* Markers of versions and side effects. */
#include "engine/worker/worker_run.h"

WF_ACTION(check_name)
{
    machine->origin = in->event;
    if (!wf_string_equal(in->event->attributes.marker_recorded->marker_name, machine->type)) {
        wf_diverge_kind(run, machine, in->event, in->queued);
    }
}

WF_MACHINE_STEP(value)
{
    switch (WF_MACHINE_KEY(machine->state, in->input)) {
#include "engine/worker/machine_cases.h"

#include "engine/worker/machine_value.def"
    default:
        return false;
    }
}
