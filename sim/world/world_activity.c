/*
 * Attempts of activities. An attempt is a sequence of steps (wait, effect, heartbeat, return, fail, never), made by the
 * scenario's model or by an activity in C; this file performs them in virtual time. After every wait and every effect the
 * loop goes on with other events, so that a fault can strike between any two steps.
 */
#include "engine/base/assert.h"
#include "sim/core/place.h"
#include "sim/world/continuation.h"
#include "sim/world/database_tasks.h"

#define DEFAULT_THROTTLE_NS (30 * WF_NS_PER_S) /* between heartbeats, without a heartbeat timeout (engine-semantics 4.7) */
#define THROTTLE_NS_MAX (60 * WF_NS_PER_S)
#define THROTTLE_PERCENT 80
#define ZOMBIE_DEFAULT_NS (60 * WF_NS_PER_S) /* how long a zombie sleeps when the attempt has no timeout */
#define ZOMBIE_MS_MAX 60000u                 /* and up to a minute more */

/* ---- Life ---- */

static void free_attempt(struct sim_attempt *attempt)
{
    struct sim_world *world = attempt->worker->world;

    wf_ring_remove(&attempt->link);
    if (attempt->code != NULL) {
        sim_worker_enter(attempt->worker);
        wf_attempt_free(attempt->code);
    }
    sim_db_forget(&world->slabs, &attempt->input);
    sim_content_release(world, attempt->content);
    sim_world_give(world, attempt, sizeof *attempt);
}

static void kill(struct sim_attempt *attempt)
{
    attempt->is_dead = true;
    if (attempt->code != NULL) {
        sim_worker_enter(attempt->worker);
        wf_attempt_free(attempt->code);
        attempt->code = NULL;
    }
    if (!attempt->is_in_loop) {
        free_attempt(attempt);
    }
}

void sim_attempts_drop(struct sim_worker *worker)
{
    struct wf_ring *next = NULL;

    for (struct wf_ring *link = worker->attempts.next; link != &worker->attempts; link = next) {
        next = link->next;
        kill((void *)link);
    }
    worker->attempt_count = 0;
}

static void go_on_after(struct sim_attempt *attempt, int64_t wait_ns)
{
    struct sim_world *world = attempt->worker->world;

    attempt->is_in_loop = sim_world_push(world, world->loop.now_ns + wait_ns, attempt->worker->node->index,
                                         SIM_EVENT_ATTEMPT, attempt);
}

/* ---- Choosing what happens ---- */

static bool is_hit(struct sim_attempt *attempt, enum sim_fault_kind kind, struct sim_ratio rate)
{
    struct sim_world *world = attempt->worker->world;

    if (!world->has_rates || !sim_world_strikes(world, kind, rate, &attempt->workflow->entity,
                                                SIM_SITE_ACTIVITY_FAULT, attempt->workflow)) {
        return false;
    }
    sim_world_record_fault(world, kind, attempt->worker->node->index, attempt->workflow,
                           attempt->task->activity_type);
    return true;
}

/* A zombie sleeps past its timeout and then acts as if nothing had happened. */
static int64_t choose_sleep(struct sim_attempt *attempt)
{
    struct sim_world *world = attempt->worker->world;
    const int64_t timeout_ns = wf_time_of(attempt->task->start_to_close_timeout);

    if (!is_hit(attempt, SIM_FAULT_ZOMBIE, world->rates.zombie)) {
        return 0;
    }
    return (timeout_ns > 0 ? timeout_ns : ZOMBIE_DEFAULT_NS) + WF_NS_PER_S +
           (int64_t)sim_choose(&world->choices, &attempt->workflow->entity, SIM_SITE_ACTIVITY_FAULT, ZOMBIE_MS_MAX) *
               WF_NS_PER_MS;
}

/* ---- Performing ---- */

static enum sim_record_kind effect_record(enum sim_ledger_result result)
{
    switch (result) {
    case SIM_LEDGER_DONE:
        return SIM_RECORD_EFFECT;
    case SIM_LEDGER_REPEATED:
        return SIM_RECORD_EFFECT_REPEATED;
    case SIM_LEDGER_REFUSED:
        return SIM_RECORD_EFFECT_REFUSED;
    case SIM_LEDGER_UNDONE:
        return SIM_RECORD_UNDO;
    case SIM_LEDGER_NOTHING:
        return SIM_RECORD_UNDO_NOTHING;
    }
    WF_UNREACHABLE();
}

enum sim_ledger_result sim_world_effect(struct sim_world *world, const struct sim_ledger_entry *given,
                                        struct wf_string once_per)
{
    struct sim_ledger_entry entry = *given;
    enum sim_ledger_result result = SIM_LEDGER_DONE;

    entry.time_ns = world->loop.now_ns;
    entry.step = world->loop.step_count;
    if (!sim_ledger_apply(&world->ledger, &entry, once_per, &result)) {
        sim_world_fail(world, WF_ERR_MEMORY, "no memory for the ledger");
        return result;
    }
    sim_world_record(world, (struct sim_record){.kind = effect_record(result),
                                                .node = entry.node,
                                                .subject = entry.workflow_id,
                                                .a = entry.effect,
                                                .b = entry.key,
                                                .x = entry.attempt});
    return result;
}

static void perform_effect(struct sim_attempt *attempt, const struct wf_step *step)
{
    struct sim_world *world = attempt->worker->world;
    const struct sim_ledger_entry entry = {
        .effect = step->effect_name,
        .key = step->effect_key,
        .workflow_id = attempt->workflow->id,
        .run_id = attempt->task->workflow_execution->run_id,
        .activity_id = attempt->task->activity_id,
        .activity_type = attempt->task->activity_type,
        .node = attempt->worker->node->name,
        .attempt = attempt->task->attempt,
        .is_undo = step->is_undo,
    };

    attempt->is_refused = sim_world_effect(world, &entry, step->has_once_per ? step->once_per : (struct wf_string){0}) ==
                          SIM_LEDGER_REFUSED;
}

/* SDKs send at most one heartbeat in 80% of the timeout; the details of the others are lost with the process
 * (engine-semantics 4.7). */
static bool is_throttled(const struct sim_attempt *attempt)
{
    const int64_t timeout_ns = wf_time_of(attempt->task->heartbeat_timeout);
    int64_t throttle_ns = timeout_ns > 0 ? timeout_ns / 100 * THROTTLE_PERCENT : DEFAULT_THROTTLE_NS;

    throttle_ns = throttle_ns > THROTTLE_NS_MAX ? THROTTLE_NS_MAX : throttle_ns;
    return attempt->has_beaten && attempt->worker->world->loop.now_ns - attempt->beat_ns < throttle_ns;
}

static void send_heartbeat(struct sim_attempt *attempt, const struct wf_step *step)
{
    struct sim_world *world = attempt->worker->world;
    struct wf_payloads details = {.payloads = {.items = (struct wf_payload *)(uintptr_t)step->payload,
                                               .count = step->payload == NULL ? 0 : 1}};
    struct wf_svc_record_activity_heartbeat body = {.token = attempt->task->token,
                                                    .details = step->payload == NULL ? NULL : &details,
                                                    .identity = attempt->worker->identity};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_record_activity_heartbeat,
                                           .call = {.record_activity_heartbeat = &body}};
    const struct sim_call_request call = {.node = attempt->worker->node->index,
                                          .caller = SIM_CALLER_WORKER,
                                          .purpose = SIM_WORKER_HEARTBEAT,
                                          .context = attempt,
                                          .subject = attempt->workflow};
    struct sim_content *content = NULL;

    if (attempt->is_local || is_throttled(attempt)) {
        return; /* nobody listens, or not yet */
    }
    content = sim_content_new(world, SIM_MESSAGE_REQUEST, &request);
    if (content == NULL) {
        return;
    }
    attempt->has_beaten = true;
    attempt->beat_ns = world->loop.now_ns;
    sim_network_abandon(world, attempt->heartbeat_call_id);
    attempt->heartbeat_call_id = sim_network_call(world, &call, content);
    sim_content_release(world, content);
}

void sim_attempt_heard(struct sim_attempt *attempt, const struct wf_svc_response *response)
{
    attempt->heartbeat_call_id = 0;
    if (response->status == WF_CALL_NOT_FOUND) {
        attempt->is_unknown = true;
    } else if (response->answer_case == WF_CASE_svc_response_heartbeat_answer) {
        attempt->is_cancel_requested = response->answer.heartbeat_answer->is_cancel_requested;
    }
}

/* ---- Ends ---- */

static void record_end(const struct sim_attempt *attempt, struct wf_string how, struct wf_string type)
{
    char bytes[128];
    struct wf_buffer text = {0};

    wf_buffer_init_fixed(&text, bytes, sizeof bytes);
    wf_buffer_append_string(&text, how);
    if (type.size_bytes > 0) {
        wf_buffer_append_char(&text, ' ');
        wf_buffer_append_string(&text, type);
    }
    sim_world_record(attempt->worker->world, (struct sim_record){.kind = SIM_RECORD_ATTEMPT_ENDED,
                                                                 .node = attempt->worker->node->name,
                                                                 .subject = attempt->workflow->id,
                                                                 .a = attempt->task->activity_type,
                                                                 .b = wf_buffer_string(&text),
                                                                 .x = attempt->task->attempt,
                                                                 .y = attempt->is_local});
}

static void end(struct sim_attempt *attempt, struct wf_string how, struct wf_string type)
{
    struct sim_worker *worker = attempt->worker;
    const bool is_local = attempt->is_local;

    record_end(attempt, how, type);
    sim_network_abandon(worker->world, attempt->heartbeat_call_id);
    free_attempt(attempt);
    if (!is_local) {
        worker->attempt_count--;
        sim_worker_poll_again(worker, SIM_POLLER_ACTIVITY);
    }
}

/* The run hears at once: both are in one process, and no answer can be lost between them. */
static void end_local(struct sim_attempt *attempt, enum wf_local_end how, const struct wf_step *step)
{
    static const char *const words[] = {"completed", "failed", "canceled"};
    struct wf_worker_input in = {.type = WF_WORKER_LOCAL_ENDED};
    struct wf_string type = {0};

    if (attempt->is_unknown) { /* another run may have the slot */
        end(attempt, WF_STR("abandoned"), type);
        return;
    }
    in.local_ended.slot = attempt->slot;
    in.local_ended.seq = attempt->seq;
    in.local_ended.attempt = (uint32_t)attempt->task->attempt;
    in.local_ended.end = how;
    in.local_ended.result = how == WF_LOCAL_COMPLETED ? step->payload : NULL;
    in.local_ended.failure = how == WF_LOCAL_COMPLETED ? NULL : step->failure;
    if (how == WF_LOCAL_FAILED &&
        step->failure->failure_info_case == WF_CASE_failure_application_failure_info) {
        type = step->failure->failure_info.application_failure_info->type;
    }
    record_end(attempt, wf_string_of(words[how]), type);
    sim_task_end_local(attempt->worker, &in);
    free_attempt(attempt);
}

static void report_completed(struct sim_attempt *attempt, const struct wf_payload *result)
{
    struct wf_payloads payloads = {
        .payloads = {.items = (struct wf_payload *)(uintptr_t)result, .count = result == NULL ? 0 : 1}};
    struct wf_svc_respond_activity_task_completed body = {
        .token = attempt->task->token, .result = &payloads, .identity = attempt->worker->identity};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_respond_activity_task_completed,
                                           .call = {.respond_activity_task_completed = &body}};

    sim_worker_report(attempt->worker, &(struct sim_report){.workflow = attempt->workflow}, &request);
}

static void report_failed(struct sim_attempt *attempt, const struct wf_failure *failure)
{
    struct wf_svc_respond_activity_task_failed body = {.token = attempt->task->token,
                                                       .failure = (struct wf_failure *)(uintptr_t)failure,
                                                       .identity = attempt->worker->identity};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_respond_activity_task_failed,
                                           .call = {.respond_activity_task_failed = &body}};

    sim_worker_report(attempt->worker, &(struct sim_report){.workflow = attempt->workflow}, &request);
}

static void report_canceled(struct sim_attempt *attempt)
{
    struct wf_svc_respond_activity_task_canceled body = {.token = attempt->task->token,
                                                         .identity = attempt->worker->identity};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_respond_activity_task_canceled,
                                           .call = {.respond_activity_task_canceled = &body}};

    sim_worker_report(attempt->worker, &(struct sim_report){.workflow = attempt->workflow}, &request);
}

static void end_with_result(struct sim_attempt *attempt, const struct wf_step *step)
{
    if (attempt->is_local) {
        end_local(attempt, WF_LOCAL_COMPLETED, step);
        return;
    }
    if (attempt->model != NULL && attempt->model->later.is_set) {
        sim_later_begin(attempt, step->payload);
        end(attempt, WF_STR("left open"), (struct wf_string){0});
        return;
    }
    if (attempt->loses_answer || is_hit(attempt, SIM_FAULT_LOST_ANSWER, attempt->worker->world->rates.lost_answer)) {
        end(attempt, WF_STR("lost"), (struct wf_string){0});
        return;
    }
    report_completed(attempt, step->payload);
    end(attempt, WF_STR("completed"), (struct wf_string){0});
}

static void end_with_failure(struct sim_attempt *attempt, const struct wf_step *step)
{
    const bool is_canceled = step->failure->failure_info_case == WF_CASE_failure_canceled_failure_info;
    struct wf_string type = {0};

    if (attempt->is_local) {
        end_local(attempt, is_canceled ? WF_LOCAL_CANCELED : WF_LOCAL_FAILED, step);
        return;
    }
    if (is_canceled) {
        report_canceled(attempt);
        end(attempt, WF_STR("canceled"), type);
        return;
    }
    if (step->failure->failure_info_case == WF_CASE_failure_application_failure_info) {
        type = step->failure->failure_info.application_failure_info->type;
    }
    report_failed(attempt, step->failure);
    end(attempt, WF_STR("failed"), type);
}

/* A model that was told to stop. */
static void end_canceled(struct sim_attempt *attempt)
{
    const struct wf_canceled_failure_info info = {0};
    const struct wf_failure failure = {
        .message = WF_STR("Activity cancelled"),
        .failure_info_case = WF_CASE_failure_canceled_failure_info,
        .failure_info = {.canceled_failure_info = (struct wf_canceled_failure_info *)(uintptr_t)&info}};

    end_with_failure(attempt, &(struct wf_step){.type = WF_STEP_FAIL, .failure = &failure});
}

/* Returns true when the attempt goes on at once with its next step. */
static bool perform(struct sim_attempt *attempt, const struct wf_step *step)
{
    switch (step->type) {
    case WF_STEP_WAIT:
        go_on_after(attempt, step->wait_ns);
        return false;
    case WF_STEP_EFFECT:
        perform_effect(attempt, step);
        go_on_after(attempt, 0);
        return false;
    case WF_STEP_HEARTBEAT:
        send_heartbeat(attempt, step);
        return true;
    case WF_STEP_RETURN:
        end_with_result(attempt, step);
        return false;
    case WF_STEP_FAIL:
    case WF_STEP_BROKEN:
        end_with_failure(attempt, step);
        return false;
    case WF_STEP_NEVER:
        end(attempt, WF_STR("abandoned"), (struct wf_string){0});
        return false;
    }
    WF_UNREACHABLE();
}

static void next_step(struct sim_attempt *attempt, struct wf_step *step)
{
    if (attempt->model != NULL) {
        sim_model_next(attempt, step);
        return;
    }
    if (attempt->fails_by_fault) {
        sim_step_fail(attempt, WF_STR("SimulatedFailure"), false, step);
        return;
    }
    sim_worker_enter(attempt->worker);
    *step = *wf_attempt_next(attempt->code,
                             &(struct wf_step_answer){.is_refused = attempt->is_refused,
                                                      .is_cancel_requested = attempt->is_cancel_requested ||
                                                                             attempt->is_unknown});
}

void sim_attempt_run(struct sim_attempt *attempt)
{
    struct wf_step step = {0};
    bool goes_on = true;

    attempt->is_in_loop = false;
    if (attempt->is_dead) {
        free_attempt(attempt);
        return;
    }
    while (goes_on && attempt->worker->world->status == WF_OK) {
        /* A model that beats stops when it is told to (engine-semantics 4.8); code is told and decides. */
        if (attempt->model != NULL && attempt->is_unknown) {
            end(attempt, WF_STR("abandoned"), (struct wf_string){0});
            return;
        }
        if (attempt->model != NULL && attempt->is_cancel_requested) {
            end_canceled(attempt);
            return;
        }
        step = (struct wf_step){0};
        next_step(attempt, &step);
        goes_on = attempt->worker->world->status == WF_OK && perform(attempt, &step);
    }
}

/* ---- Taking ---- */

static bool begin_code(struct sim_attempt *attempt)
{
    const struct wf_svc_activity_task *task = attempt->task;

    attempt->start = (struct wf_attempt_start){
        .activity_type = task->activity_type,
        .input = task->input == NULL ? NULL : task->input->payloads.items,
        .input_count = task->input == NULL ? 0 : task->input->payloads.count,
        .attempt = task->attempt,
        .last_heartbeat = task->heartbeat_details == NULL || task->heartbeat_details->payloads.count == 0
                              ? NULL
                              : task->heartbeat_details->payloads.items,
    };
    sim_worker_enter(attempt->worker);
    attempt->code = wf_attempt_new(sim_worker_host(attempt->worker), &attempt->start);
    return attempt->code != NULL || sim_world_fail(attempt->worker->world, WF_ERR_MEMORY, "no memory for an activity");
}

/* An activity that the scenario gives no model and the code does not have is an error, not a failure (DESIGN section 4). */
static bool choose_performer(struct sim_attempt *attempt)
{
    struct sim_world *world = attempt->worker->world;
    const struct wf_string type = attempt->task->activity_type;

    attempt->model = sim_model_of(world, type);
    attempt->recorded = sim_recorded_outcome(attempt);
    if (attempt->recorded != NULL) {
        attempt->model = attempt->model != NULL && !attempt->model->is_in_c ? attempt->model
                                                                            : sim_recorded_model(attempt->recorded);
        sim_model_plan(attempt);
        return true;
    }
    if (attempt->model != NULL && !attempt->model->is_in_c) {
        sim_model_plan(attempt);
        return true;
    }
    const bool is_in_c = attempt->model != NULL;
    attempt->model = NULL;
    if (!wf_host_has_activity(sim_worker_host(attempt->worker), type)) {
        if (world->scenario->lacks_models) {
            attempt->model = sim_endless_model();
            sim_model_plan(attempt);
            return true;
        }
        if (world->status == WF_OK) {
            (void)wf_fail_status(&world->error, WF_ERR_INVALID,
                                 is_in_c ? "activity %S is `in_c`, and the code has no activity of this name"
                                         : "activity %S has no model in the scenario; add it to `activities`: "
                                           "{%S: {takes: 20ms}}",
                                 &type, &type);
            world->status = sim_error_place(&world->error, world->scenario, world->scenario->activities_place);
        }
        return false;
    }
    return begin_code(attempt);
}

static struct sim_attempt *new_attempt(struct sim_worker *worker, struct sim_content *content,
                                       const struct wf_svc_activity_task *task)
{
    struct sim_world *world = worker->world;
    struct sim_attempt *attempt = sim_world_take(world, sizeof *attempt);

    if (attempt == NULL) {
        return NULL;
    }
    attempt->worker = worker;
    attempt->content = content;
    attempt->task = task;
    attempt->workflow = sim_world_workflow(world, task->workflow_execution->workflow_id);
    content->references++;
    wf_ring_init(&attempt->link);
    wf_ring_push(&worker->attempts, &attempt->link);
    return attempt;
}

static void begin(struct sim_attempt *attempt)
{
    struct sim_world *world = attempt->worker->world;
    const struct wf_svc_activity_task *task = attempt->task;
    int64_t sleep_ns = 0;

    sim_world_record(world, (struct sim_record){.kind = SIM_RECORD_ATTEMPT_STARTED,
                                                .node = attempt->worker->node->name,
                                                .subject = attempt->workflow->id,
                                                .a = task->activity_type,
                                                .b = task->activity_id,
                                                .x = task->attempt,
                                                .y = attempt->is_local});
    if (!sim_db_keep(&world->slabs, sim_json_of_payloads(&world->step_arena, task->input), &attempt->input) ||
        !choose_performer(attempt)) {
        sim_world_fail(world, WF_ERR_MEMORY, "no memory for an attempt");
        return;
    }
    attempt->fails_by_fault = is_hit(attempt, SIM_FAULT_ACTIVITY_FAILURE, world->rates.activity_failure);
    sleep_ns = choose_sleep(attempt);
    go_on_after(attempt, sleep_ns);
}

void sim_attempt_take(struct sim_worker *worker, struct sim_content *content, const struct wf_svc_activity_task *task)
{
    struct sim_attempt *attempt = new_attempt(worker, content, task);

    if (attempt != NULL) {
        worker->attempt_count++;
        begin(attempt);
    }
}

/* ---- Local activities ---- */

/* The attempt keeps what it was given as if a poll had brought it. */
static struct sim_content *local_content(struct sim_worker *worker, uint32_t slot, const struct wf_local_start *start)
{
    const struct wf_sdk_schedule_local_activity *schedule = start->schedule;
    struct wf_workflow_execution execution = {.workflow_id = worker->locals[slot].workflow->id};
    struct wf_payloads input = {.payloads = {.items = schedule->arguments.items, .count = schedule->arguments.count}};
    struct wf_svc_activity_task task = {
        .workflow_execution = &execution,
        .activity_id = schedule->activity_id,
        .activity_type = schedule->activity_type,
        .input = &input,
        .attempt = (int32_t)start->attempt,
        .start_to_close_timeout = schedule->start_to_close_timeout,
    };
    const struct wf_svc_response response = {.answer_case = WF_CASE_svc_response_activity_task,
                                             .answer = {.activity_task = &task}};
    struct wf_run_view view = {0};

    (void)wf_worker_view(worker->core, slot, &view);
    execution.run_id = view.run_id;
    return sim_content_new(worker->world, SIM_MESSAGE_RESPONSE, &response);
}

void sim_attempt_begin_local(struct sim_worker *worker, uint32_t slot, const struct wf_local_start *start)
{
    struct sim_content *content = local_content(worker, slot, start);
    struct sim_attempt *attempt =
        content == NULL ? NULL : new_attempt(worker, content, content->response->answer.activity_task);

    if (attempt == NULL) {
        return;
    }
    sim_content_release(worker->world, content);
    attempt->is_local = true;
    attempt->slot = slot;
    attempt->seq = start->seq;
    begin(attempt);
}

void sim_attempt_stop_local(struct sim_worker *worker, uint32_t slot, uint32_t seq)
{
    for (struct wf_ring *link = worker->attempts.next; link != &worker->attempts; link = link->next) {
        struct sim_attempt *attempt = (void *)link;

        if (attempt->is_local && attempt->slot == slot && attempt->seq == seq) {
            attempt->is_cancel_requested = true;
        }
    }
}

void sim_attempts_forget_local(struct sim_worker *worker, uint32_t slot)
{
    for (struct wf_ring *link = worker->attempts.next; link != &worker->attempts; link = link->next) {
        struct sim_attempt *attempt = (void *)link;

        if (attempt->is_local && attempt->slot == slot) {
            attempt->is_unknown = true;
        }
    }
}
