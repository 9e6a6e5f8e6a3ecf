/*
 * Asynchronous completion: an attempt hands its token to somebody outside and lets go. From then on the outside world sends
 * heartbeats, hears of a cancel request only from their answers, and reports an outcome, perhaps twice and perhaps long after
 * the service has given the attempt up. Source: engine-semantics 4.6, 4.7, 4.10.
 */
#include "sim/world/attempt.h"

#define AGAIN_MS_MAX 60000u /* until the second report, after a second */

struct sim_later_work {
    struct sim_workflow *workflow;
    const struct sim_activity_model *model;
    wf_time_ns due_ns;
    bool is_cancel_requested;
    bool is_reported;
    uint32_t beats_out; /* heartbeats that are not answered: each points here */
    enum sim_later_word outcome;
    struct sim_content *messages[SIM_LATER_WORD_COUNT]; /* NULL: the outcome that was not chosen */
};

static bool prepare(const struct sim_attempt *attempt, enum sim_later_word word, const struct wf_svc_request *request,
                    struct sim_later_work *work)
{
    work->messages[word] = sim_content_new(attempt->worker->world, SIM_MESSAGE_REQUEST, request);
    return work->messages[word] != NULL;
}

static bool prepare_completion(const struct sim_attempt *attempt, const struct wf_activity_address *address,
                               const struct wf_payload *result, struct sim_later_work *work)
{
    struct wf_payloads payloads = {
        .payloads = {.items = (struct wf_payload *)(uintptr_t)result, .count = result == NULL ? 0 : 1}};
    struct wf_svc_respond_activity_task_completed body = {
        .token = address->token,
        .workflow_execution = (struct wf_workflow_execution *)(uintptr_t)address->workflow_execution,
        .activity_id = address->activity_id,
        .result = &payloads,
        .identity = WF_STR("outside")};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_respond_activity_task_completed,
                                           .call = {.respond_activity_task_completed = &body}};

    return prepare(attempt, SIM_LATER_COMPLETION, &request, work);
}

static bool prepare_failure(struct sim_attempt *attempt, const struct wf_activity_address *address,
                            struct sim_later_work *work)
{
    struct wf_step step = {0};
    struct wf_svc_respond_activity_task_failed body = {
        .token = address->token,
        .workflow_execution = (struct wf_workflow_execution *)(uintptr_t)address->workflow_execution,
        .activity_id = address->activity_id,
        .identity = WF_STR("outside")};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_respond_activity_task_failed,
                                           .call = {.respond_activity_task_failed = &body}};

    sim_step_fail(attempt, attempt->model->later.failure_type, false, &step);
    body.failure = (struct wf_failure *)(uintptr_t)step.failure;
    return body.failure != NULL && prepare(attempt, SIM_LATER_FAILURE, &request, work);
}

static bool prepare_others(const struct sim_attempt *attempt, const struct wf_activity_address *address,
                           struct sim_later_work *work)
{
    struct wf_workflow_execution *execution = (struct wf_workflow_execution *)(uintptr_t)address->workflow_execution;
    struct wf_svc_respond_activity_task_canceled canceled = {.token = address->token,
                                                             .workflow_execution = execution,
                                                             .activity_id = address->activity_id,
                                                             .identity = WF_STR("outside")};
    struct wf_svc_record_activity_heartbeat beat = {.token = address->token,
                                                    .workflow_execution = execution,
                                                    .activity_id = address->activity_id,
                                                    .identity = WF_STR("outside")};
    const struct wf_svc_request requests[] = {
        {.call_case = WF_CASE_svc_request_respond_activity_task_canceled,
         .call = {.respond_activity_task_canceled = &canceled}},
        {.call_case = WF_CASE_svc_request_record_activity_heartbeat, .call = {.record_activity_heartbeat = &beat}},
    };

    return prepare(attempt, SIM_LATER_CANCELLATION, &requests[0], work) &&
           prepare(attempt, SIM_LATER_HEARTBEAT, &requests[1], work);
}

static void go_on_at(struct sim_world *world, struct sim_later_work *work, wf_time_ns time_ns)
{
    (void)sim_world_push(world, time_ns, world->outside_node, SIM_EVENT_LATER, work);
}

static wf_time_ns next_beat(const struct sim_world *world, const struct sim_later_work *work)
{
    const int64_t every_ns = work->model->later.heartbeat_every_ns;
    const wf_time_ns now_ns = world->loop.now_ns;

    return every_ns > 0 && every_ns < work->due_ns - now_ns ? now_ns + every_ns : work->due_ns;
}

void sim_later_begin(struct sim_attempt *attempt, const struct wf_payload *result)
{
    struct sim_world *world = attempt->worker->world;
    const struct sim_later *later = &attempt->model->later;
    struct sim_entity *entity = &attempt->workflow->entity;
    struct wf_workflow_execution execution = {.workflow_id = attempt->workflow->id};
    struct wf_activity_address address = {.token = attempt->task->token};
    struct sim_later_work *work = sim_world_take(world, sizeof *work);
    bool is_ready = false;

    if (work == NULL) {
        return;
    }
    if (later->is_by_id) {
        address = (struct wf_activity_address){.workflow_execution = &execution,
                                               .activity_id = attempt->task->activity_id};
    }
    work->workflow = attempt->workflow;
    work->model = attempt->model;
    work->due_ns =
        world->loop.now_ns + sim_draw_duration(&world->choices, entity, SIM_SITE_ACTIVITY_LATER, &later->after);
    work->outcome =
        later->fails.denominator > 0 && sim_chance(&world->choices, entity, SIM_SITE_ACTIVITY_LATER, later->fails)
            ? SIM_LATER_FAILURE
            : SIM_LATER_COMPLETION;
    is_ready = work->outcome == SIM_LATER_FAILURE ? prepare_failure(attempt, &address, work)
                                                  : prepare_completion(attempt, &address, result, work);
    if (!is_ready || !prepare_others(attempt, &address, work)) {
        sim_world_fail(world, WF_ERR_MEMORY, "no memory for a report");
        return;
    }
    world->plans_left++;
    go_on_at(world, work, next_beat(world, work));
}

static void free_when_done(struct sim_world *world, struct sim_later_work *work)
{
    if (!work->is_reported || work->beats_out > 0) {
        return;
    }
    for (uint32_t i = 0; i < SIM_LATER_WORD_COUNT; i++) {
        if (work->messages[i] != NULL) {
            sim_content_release(world, work->messages[i]);
        }
    }
    sim_world_give(world, work, sizeof *work);
    world->plans_left--;
}

static void say(struct sim_world *world, struct sim_later_work *work, enum sim_later_word word,
                struct sim_later_work *listener)
{
    sim_client_report(world, work->workflow, work->model->later.words[word], work->messages[word], listener);
}

/* True when the report comes a second time. */
static bool comes_again(struct sim_world *world, struct sim_later_work *work)
{
    struct sim_entity *entity = &work->workflow->entity;

    if (work->model->later.again.denominator == 0 ||
        !sim_chance(&world->choices, entity, SIM_SITE_ACTIVITY_LATER, work->model->later.again)) {
        return false;
    }
    go_on_at(world, work,
             world->loop.now_ns + WF_NS_PER_S +
                 (int64_t)sim_choose(&world->choices, entity, SIM_SITE_ACTIVITY_LATER, AGAIN_MS_MAX) * WF_NS_PER_MS);
    return true;
}

void sim_later_event(struct sim_world *world, struct sim_later_work *work)
{
    const bool is_second = work->due_ns == INT64_MAX;

    if (work->is_cancel_requested && !is_second) {
        say(world, work, SIM_LATER_CANCELLATION, NULL);
        work->is_reported = true;
    } else if (is_second || world->loop.now_ns >= work->due_ns) {
        say(world, work, work->outcome, NULL);
        work->due_ns = INT64_MAX;
        work->is_reported = is_second || !comes_again(world, work);
    } else {
        work->beats_out++;
        say(world, work, SIM_LATER_HEARTBEAT, work);
        go_on_at(world, work, next_beat(world, work));
    }
    free_when_done(world, work);
}

void sim_later_heard(struct sim_world *world, struct sim_later_work *work, const struct wf_svc_response *response)
{
    work->beats_out--;
    work->is_cancel_requested =
        work->is_cancel_requested || (response->answer_case == WF_CASE_svc_response_heartbeat_answer &&
                                      response->answer.heartbeat_answer->is_cancel_requested);
    free_when_done(world, work);
}
