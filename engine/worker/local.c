/*
 * The worker is the service of its local activities: it decides on retries, waits between them and
 * times attempts out. A backoff longer than the local retry threshold is no outcome and no wait of
 * the worker's: the code runs a timer and schedules the activity anew.
 *
 * Durations are measured on the steady clock. Only schedule to close looks at the worker's own
 * clock, because it begins before the timers of the code, perhaps in another worker.
 */
#include "engine/worker/local.h"

#include "engine/base/assert.h"
#include "engine/defaults.h"
#include "engine/retry.h"
#include "engine/worker/failures.h"

#define RETRY_THRESHOLD_NS (60 * WF_NS_PER_S) /* engine-semantics 4.11 */
#define TASK_TIMEOUT_NS (10 * WF_NS_PER_S)    /* of a history that names none */
#define HEARTBEAT_PERCENT 80                  /* of the workflow task's timeout (3.7) */

static void step(struct wf_run *run, struct wf_machine *machine, int32_t request)
{
    const struct wf_machine_input in = {.input = request};
    const bool is_taken = wf_machine_step(run, machine, &in);

    WF_ASSERT(is_taken);
}

/* ---- Life ---- */

void wf_local_open(struct wf_run *run, struct wf_machine *machine,
                   const struct wf_sdk_schedule_local_activity *schedule)
{
    struct wf_locals *locals = &run->locals;
    struct wf_local_live *live = WF_RUN_NEW(run, struct wf_local_live);
    struct wf_sdk_schedule_local_activity *copy =
        wf_message_copy(&run->arena, &wf_type_sdk_schedule_local_activity, schedule);
    void *items = locals->items;

    if (live == NULL || copy == NULL ||
        !wf_run_grow(run, &items, &locals->capacity, locals->count + 1, sizeof *locals->items)) {
        run->is_full = true;
        return;
    }
    locals->items = items;
    locals->items[locals->count++] = machine;
    copy->activity_id = machine->id;
    live->schedule = copy;
    live->attempt = copy->attempt == 0 ? 1 : copy->attempt;
    live->workflow_time = run->time;
    live->original_schedule_time = copy->original_schedule_time;
    live->close_ns = INT64_MAX;
    live->attempt_close_ns = INT64_MAX;
    if (copy->retry_policy != NULL) {
        live->retry_policy = *copy->retry_policy;
    }
    if (wf_retry_policy_complete(&live->retry_policy) != NULL) {
        wf_diverge_code(run, "the retry policy of local activity %S makes no sense",
                        &copy->activity_id);
    }
    machine->live = live;
}

static wf_time_ns after(const struct wf_run *run, int64_t timeout_ns)
{
    return timeout_ns <= 0 ? INT64_MAX : wf_add_saturating(run->steady_ns, timeout_ns);
}

void wf_local_dispatch(struct wf_run *run, struct wf_machine *machine,
                       const struct wf_machine_input *in)
{
    struct wf_local_live *live = machine->live;

    (void)in;
    live->attempt_close_ns = after(run, wf_time_of(live->schedule->start_to_close_timeout));
    live->wants_start = true;
}

void wf_local_begin(struct wf_run *run, struct wf_machine *machine,
                    const struct wf_machine_input *in)
{
    struct wf_local_live *live = machine->live;
    const int64_t timeout_ns = wf_time_of(live->schedule->schedule_to_close_timeout);

    if (!live->original_schedule_time.is_set) {
        live->original_schedule_time = wf_timestamp_of(run->now_ns);
    }
    live->begun_ns = run->steady_ns;
    if (timeout_ns > 0) {
        const int64_t passed_ns = run->now_ns - wf_time_of(live->original_schedule_time);

        live->close_ns = wf_add_saturating(run->steady_ns,
                                           timeout_ns - (passed_ns > 0 ? passed_ns : 0));
    }
    if (live->close_ns > run->steady_ns) {
        wf_local_dispatch(run, machine, in);
    }
}

void wf_local_stop(struct wf_run *run, struct wf_machine *machine,
                   const struct wf_machine_input *in)
{
    (void)run, (void)in;
    machine->live->is_cancel_requested = true;
    machine->live->wants_stop = true;
}

/* ---- Outcomes ---- */

static void set_outcome(struct wf_run *run, struct wf_machine *machine,
                        enum wf_resolution resolution, struct wf_failure *failure)
{
    struct wf_local_live *live = machine->live;

    live->resolution = resolution;
    live->failure = failure;
    /* The code's clock moves by what the activity took, whatever the worker's clock says
     * (replay-rules 1.6). */
    live->complete_time = wf_timestamp_of(
        wf_add_saturating(wf_time_of(live->workflow_time), run->steady_ns - live->begun_ns));
    if (run->rules->markers == WF_MARKERS_JAVA) {
        live->complete_time.nanos -= live->complete_time.nanos % (int32_t)WF_NS_PER_MS; /* as its marker has it */
    }
    step(run, machine, WF_REQUEST_END);
}

static struct wf_failure *own_failure(struct wf_run *run, const struct wf_failure *failure)
{
    struct wf_failure *copy = failure == NULL
                                  ? WF_RUN_NEW(run, struct wf_failure)
                                  : wf_message_copy(&run->arena, &wf_type_failure, failure);

    run->is_full = run->is_full || copy == NULL;
    return copy;
}

/* A timeout is final (engine-semantics 4.11; core SDKs do not retry it). */
static void time_out(struct wf_run *run, struct wf_machine *machine, enum wf_timeout_type type)
{
    struct wf_failure *failure = WF_RUN_NEW(run, struct wf_failure);
    struct wf_timeout_failure_info *info = WF_RUN_NEW(run, struct wf_timeout_failure_info);

    if (failure == NULL || info == NULL) {
        return;
    }
    info->timeout_type = (int32_t)type;
    failure->message = WF_STR("Activity timed out");
    failure->failure_info_case = WF_CASE_failure_timeout_failure_info;
    failure->failure_info.timeout_failure_info = info;
    if (machine->state == WF_LOCAL_ACTIVITY_RUNNING) {
        wf_local_stop(run, machine, NULL);
    }
    set_outcome(run, machine, WF_RESOLVED_FAILED, failure);
}

static void fail(struct wf_run *run, struct wf_machine *machine, const struct wf_failure *failure)
{
    struct wf_local_live *live = machine->live;
    const int64_t threshold_ns = live->schedule->local_retry_threshold.is_set
                                     ? wf_time_of(live->schedule->local_retry_threshold)
                                     : RETRY_THRESHOLD_NS;
    const struct wf_retry_case retry = {.policy = &live->retry_policy,
                                        .failure = failure,
                                        .attempt = (int32_t)live->attempt,
                                        .now_ns = run->steady_ns};
    int64_t interval_ns = 0;

    /* As for the service, a cancel request ends the retries (4.5 step 2). */
    if (live->is_cancel_requested ||
        wf_retry_decide(&retry, &interval_ns) != WF_RETRY_STATE_IN_PROGRESS) {
        set_outcome(run, machine, WF_RESOLVED_FAILED, own_failure(run, failure));
    } else if (interval_ns > threshold_ns) {
        live->backoff_ns = interval_ns;
        set_outcome(run, machine, WF_RESOLVED_BACKOFF, own_failure(run, failure));
    } else {
        live->attempt++;
        live->retry_ns = after(run, interval_ns);
        step(run, machine, WF_REQUEST_RETRY);
    }
}

void wf_local_ended(struct wf_run *run, const struct wf_worker_input *in)
{
    struct wf_machine *machine = wf_run_machine(run, WF_MACHINE_LOCAL_ACTIVITY,
                                                in->local_ended.seq);

    if (machine == NULL || machine->state != WF_LOCAL_ACTIVITY_RUNNING ||
        machine->live->attempt != in->local_ended.attempt) {
        return; /* timed out or cancelled before */
    }
    switch (in->local_ended.end) {
    case WF_LOCAL_COMPLETED:
        if (in->local_ended.result != NULL) {
            machine->live->result = wf_message_copy(&run->arena, &wf_type_payload,
                                                    in->local_ended.result);
            run->is_full = run->is_full || machine->live->result == NULL;
        }
        set_outcome(run, machine, WF_RESOLVED_COMPLETED, NULL);
        return;
    case WF_LOCAL_FAILED:
        fail(run, machine, in->local_ended.failure);
        return;
    case WF_LOCAL_CANCELED:
        set_outcome(run, machine, WF_RESOLVED_CANCELLED,
                    in->local_ended.failure == NULL ? wf_failure_local_canceled(run)
                                                    : own_failure(run, in->local_ended.failure));
        return;
    }
    WF_UNREACHABLE();
}

/* ---- Going on ---- */

void wf_local_expire(struct wf_run *run)
{
    for (uint32_t i = 0; i < run->locals.count && !run->is_full; i++) {
        struct wf_machine *machine = run->locals.items[i];
        const struct wf_local_live *live = machine->live;

        if (machine->state != WF_LOCAL_ACTIVITY_RUNNING &&
            machine->state != WF_LOCAL_ACTIVITY_BACKOFF) {
            continue;
        }
        if (live->close_ns <= run->steady_ns) {
            time_out(run, machine, WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE);
        } else if (machine->state == WF_LOCAL_ACTIVITY_BACKOFF) {
            if (live->retry_ns <= run->steady_ns) {
                step(run, machine, WF_REQUEST_DISPATCH);
            }
        } else if (live->attempt_close_ns <= run->steady_ns) {
            time_out(run, machine, WF_TIMEOUT_TYPE_START_TO_CLOSE);
        }
    }
}

void wf_local_deliver(struct wf_run *run)
{
    for (uint32_t i = 0; i < run->locals.count && !run->is_full; i++) {
        if (run->locals.items[i]->state == WF_LOCAL_ACTIVITY_ENDED) {
            step(run, run->locals.items[i], WF_REQUEST_DELIVER);
            if (run->rules->runs_between_locals) {
                return; /* the code goes on before it hears of the next one */
            }
        }
    }
}

void wf_local_go_on(struct wf_run *run)
{
    for (uint32_t i = 0; i < run->locals.count && !run->is_full; i++) {
        struct wf_machine *machine = run->locals.items[i];

        if (machine->state == WF_LOCAL_ACTIVITY_CREATED) {
            step(run, machine,
                 machine->live->is_cancel_requested ? WF_REQUEST_CANCEL_TRY : WF_REQUEST_EXECUTE);
        }
    }
    wf_local_expire(run);
    wf_local_deliver(run);
}

wf_time_ns wf_local_heartbeat_ns(const struct wf_run *run)
{
    int64_t timeout_ns = run->started == NULL ? 0 : wf_time_of(run->started->workflow_task_timeout);

    timeout_ns = timeout_ns <= 0 ? TASK_TIMEOUT_NS : timeout_ns;
    return wf_add_saturating(run->task.begun_ns, timeout_ns / 100 * HEARTBEAT_PERCENT);
}

void wf_local_stop_all(struct wf_run *run)
{
    for (uint32_t i = 0; i < run->locals.count; i++) {
        if (run->locals.items[i]->state == WF_LOCAL_ACTIVITY_RUNNING) {
            wf_local_stop(run, run->locals.items[i], NULL);
        }
    }
}

/* ---- For the driver ---- */

static wf_time_ns wake_of(const struct wf_machine *machine)
{
    const struct wf_local_live *live = machine->live;
    wf_time_ns next_ns = INT64_MAX;

    if (machine->state == WF_LOCAL_ACTIVITY_RUNNING) {
        next_ns = live->attempt_close_ns;
    } else if (machine->state == WF_LOCAL_ACTIVITY_BACKOFF) {
        next_ns = live->retry_ns;
    } else {
        return INT64_MAX;
    }
    return next_ns < live->close_ns ? next_ns : live->close_ns;
}

/* Those whose marker is decided need nothing more. */
static bool is_open(const struct wf_machine *machine)
{
    return machine->state != WF_LOCAL_ACTIVITY_RESOLVED &&
           machine->state != WF_LOCAL_ACTIVITY_MARKED &&
           machine->state != WF_LOCAL_ACTIVITY_RECORDED;
}

struct wf_local_work wf_local_work(struct wf_run *run)
{
    struct wf_locals *locals = &run->locals;
    struct wf_local_start *starts = wf_run_take_step(run, locals->count * sizeof *starts);
    uint32_t *stops = wf_run_take_step(run, locals->count * sizeof *stops);
    struct wf_local_work work = {.starts = starts, .stops = stops, .wake_ns = INT64_MAX};
    uint32_t kept = 0;

    if (run->state == WF_RUN_WAITING) {
        work.wake_ns = wf_local_heartbeat_ns(run);
    }
    for (uint32_t i = 0; starts != NULL && stops != NULL && i < locals->count; i++) {
        struct wf_machine *machine = locals->items[i];
        struct wf_local_live *live = machine->live;
        const wf_time_ns wake_ns = wake_of(machine);

        if (live->wants_start) {
            starts[work.start_count++] = (struct wf_local_start){
                .seq = machine->seq, .attempt = live->attempt, .schedule = live->schedule};
        }
        if (live->wants_stop) {
            stops[work.stop_count++] = machine->seq;
        }
        live->wants_start = false;
        live->wants_stop = false;
        work.wake_ns = wake_ns < work.wake_ns ? wake_ns : work.wake_ns;
        if (is_open(machine)) {
            locals->items[kept++] = machine;
        }
    }
    locals->count = starts == NULL || stops == NULL ? locals->count : kept;
    return work;
}
