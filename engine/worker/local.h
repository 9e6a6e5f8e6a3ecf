/*
 * Local activities that this worker runs: attempts with retries and timeouts until there is an
 * outcome, which the code hears of and a marker records. Private to the engine.
 * Source: engine-semantics 4.11; replay-rules 3.4.
 */
#ifndef WF_ENGINE_WORKER_LOCAL_H
#define WF_ENGINE_WORKER_LOCAL_H

#include "engine/worker/worker_run.h"

struct wf_local_live {
    const struct wf_sdk_schedule_local_activity *schedule;
    struct wf_retry_policy retry_policy; /* complete */
    uint32_t attempt;
    bool is_cancel_requested;
    bool wants_start; /* the driver is asked at the end of the step */
    bool wants_stop;
    struct wf_timestamp original_schedule_time;
    struct wf_timestamp workflow_time; /* when the code scheduled it */
    wf_time_ns begun_ns;               /* on the steady clock, as the deadlines */
    wf_time_ns close_ns;               /* schedule to close; INT64_MAX: none, as below */
    wf_time_ns attempt_close_ns;       /* start to close of the attempt */
    wf_time_ns retry_ns;               /* BACKOFF: when the next attempt begins */

    /* The outcome. */
    enum wf_resolution resolution;
    struct wf_payload *result;
    struct wf_failure *failure;
    int64_t backoff_ns;               /* of BACKOFF */
    struct wf_timestamp complete_time; /* unset: the clock does not move */
};

/* The code scheduled one, and a live worker may have to run it. */
void wf_local_open(struct wf_run *run, struct wf_machine *machine,
                   const struct wf_sdk_schedule_local_activity *schedule);

/* Begins what history has no marker of, does what is due and tells the code what has ended. */
void wf_local_go_on(struct wf_run *run);

/* Timeouts and retries that are due. */
void wf_local_expire(struct wf_run *run);

/* Jobs and markers for what has ended. */
void wf_local_deliver(struct wf_run *run);

/* When a task that waits for them must say that they go on, on the steady clock. */
wf_time_ns wf_local_heartbeat_ns(const struct wf_run *run);

/* Tells every attempt to stop: the run is over. */
void wf_local_stop_all(struct wf_run *run);

/* The end of an attempt. */
void wf_local_ended(struct wf_run *run, const struct wf_worker_input *in);

/* What the step asks of the driver. */
struct wf_local_work wf_local_work(struct wf_run *run);

/* Actions of the machine. */
void wf_local_begin(struct wf_run *run, struct wf_machine *machine,
                    const struct wf_machine_input *in);
void wf_local_dispatch(struct wf_run *run, struct wf_machine *machine,
                       const struct wf_machine_input *in);
void wf_local_stop(struct wf_run *run, struct wf_machine *machine,
                   const struct wf_machine_input *in);

#endif
