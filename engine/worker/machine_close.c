/* The four ways in which code closes its run. */
#include "engine/worker/worker_run.h"

WF_MACHINE_STEP(complete)
{
    switch (WF_MACHINE_KEY(machine->state, in->input)) {
#include "engine/worker/machine_cases.h"

#include "engine/worker/machine_complete.def"
    default:
        return false;
    }
}

WF_MACHINE_STEP(fail)
{
    switch (WF_MACHINE_KEY(machine->state, in->input)) {
#include "engine/worker/machine_cases.h"

#include "engine/worker/machine_fail.def"
    default:
        return false;
    }
}

WF_MACHINE_STEP(cancel)
{
    switch (WF_MACHINE_KEY(machine->state, in->input)) {
#include "engine/worker/machine_cases.h"

#include "engine/worker/machine_cancel.def"
    default:
        return false;
    }
}

WF_MACHINE_STEP(continue)
{
    switch (WF_MACHINE_KEY(machine->state, in->input)) {
#include "engine/worker/machine_cases.h"

#include "engine/worker/machine_continue.def"
    default:
        return false;
    }
}
