/* Timers: code knows them by number, the service by the same number as text. */
#include "engine/worker/worker_run.h"

/* It has an id where that is not its number. */
static bool is_own_id(const struct wf_machine *machine, struct wf_string timer_id)
{
    return machine->id.size_bytes > 0 ? wf_string_equal(timer_id, machine->id)
                                      : wf_decimal_is(timer_id, machine->seq);
}

/* Going on with a history in which nobody checks names, the service knows it by the name that its host gave it then. */
WF_ACTION(start)
{
    wf_action_remember_origin(run, machine, in);
    if (!run->config->is_replay && run->rules->identity == WF_IDENTITY_BY_FLAG && !wf_run_checks_identity(run)) {
        machine->id = in->event->attributes.timer_started->timer_id;
    }
}

WF_ACTION(withdraw)
{
    (void)in;
    wf_queue_withdraw(run, machine);
}

WF_ACTION(fire)
{
    const struct wf_event_timer_fired *fired = in->event->attributes.timer_fired;
    struct wf_sdk_fire_timer *job = NULL;

    /* The id is not compared when the timer starts but when it fires (replay-rules 2.2). */
    if (!is_own_id(machine, fired->timer_id)) {
        wf_diverge_timer_id(run, in->event,
                            machine->id.size_bytes > 0 ? machine->id : wf_run_decimal(run, machine->seq),
                            fired->timer_id);
        return;
    }
    job = WF_STEP_NEW(run, struct wf_sdk_fire_timer);
    if (job != NULL) {
        job->seq = machine->seq;
    }
    wf_jobs_push(run, WF_JOB_OTHER, WF_CASE_sdk_job_fire_timer, job);
}

void wf_timer_fire_now(struct wf_run *run, struct wf_machine *machine)
{
    struct wf_sdk_fire_timer *job = machine == NULL ? NULL : WF_STEP_NEW(run, struct wf_sdk_fire_timer);

    if (job == NULL) {
        return;
    }
    machine->state = WF_TIMER_FIRED;
    job->seq = machine->seq;
    wf_jobs_push(run, WF_JOB_OTHER, WF_CASE_sdk_job_fire_timer, job);
}

WF_ACTION(send_cancel)
{
    wf_queue_push(run, machine, WF_COMMAND_TYPE_CANCEL_TIMER, in->command);
}

WF_MACHINE_STEP(timer)
{
    switch (WF_MACHINE_KEY(machine->state, in->input)) {
#include "engine/worker/machine_cases.h"

#include "engine/worker/machine_timer.def"
    default:
        return false;
    }
}
