/* Upserts of search attributes and changes of the memo. */
#include "engine/worker/worker_run.h"

WF_MACHINE_STEP(upsert)
{
    switch (WF_MACHINE_KEY(machine->state, in->input)) {
#include "engine/worker/machine_cases.h"

#include "engine/worker/machine_upsert.def"
    default:
        return false;
    }
}

WF_MACHINE_STEP(memo)
{
    switch (WF_MACHINE_KEY(machine->state, in->input)) {
#include "engine/worker/machine_cases.h"

#include "engine/worker/machine_memo.def"
    default:
        return false;
    }
}
