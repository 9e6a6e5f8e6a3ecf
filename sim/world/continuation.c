/*
 * A run of a history that goes on: it is restored in the place of a start, and what came later in the history is given again
 * where it fits. Outcomes of activities go to the attempts that ask for them, signals, updates, cancel requests and the ends of
 * children that had begun come when they came, as far from the event as they were.
 *
 * The scenario's own clients, when it has any, send in the place of those of the history.
 */
#include "engine/base/assert.h"
#include "engine/codec.h"
#include "engine/retry.h"
#include "engine/worker.h"
#include "sim/world/continuation.h"

#define FINISHING_NS (20 * WF_NS_PER_MS) /* of an activity that has an outcome and no model */
#define WAITING_NS (3600 * WF_NS_PER_S)  /* how long one that was cancelled waits for the request, at most */
#define WAITING_BEAT_NS WF_NS_PER_S
#define SENDING_NS (10 * WF_NS_PER_MS) /* until the run is there */
#define RESTORING_NS (600 * WF_NS_PER_S)

static const struct sim_activity_model finishing = {.takes = {.kind = SIM_CONSTANT, .low_ns = FINISHING_NS}};
static const struct sim_activity_model waiting = {.takes = {.kind = SIM_CONSTANT, .low_ns = WAITING_NS},
                                                  .heartbeat_every_ns = WAITING_BEAT_NS};

/* ---- Queues ---- */

static bool is_polled(const struct sim_world *world, struct wf_string task_queue)
{
    for (uint32_t i = 0; i < world->queue_count; i++) {
        if (wf_string_equal(world->queues[i].name, task_queue)) {
            return true;
        }
    }
    return false;
}

enum wf_status sim_continuation_check(const struct sim_world *world, struct wf_error *err)
{
    const struct sim_continuation *continued = world->scenario->continued;

    if (!is_polled(world, continued->task_queue)) {
        return wf_fail_status(err, WF_ERR_INVALID,
                              "the history's run is on task queue %S, which no worker of the scenario polls: name it under `queues`",
                              &continued->task_queue);
    }
    for (uint32_t i = 0; i < continued->kept_count && world->scenario->nexus_endpoint_count == 0; i++) {
        if (continued->events[i].attributes_case == WF_CASE_event_nexus_operation_scheduled) {
            return wf_fail_status(err, WF_ERR_INVALID,
                                  "event %lld of the history calls Nexus endpoint %S, and the scenario has none: name it under `nexus`",
                                  (long long)continued->events[i].event_id,
                                  &continued->events[i].attributes.nexus_operation_scheduled->endpoint);
        }
    }
    return WF_OK;
}

/* ---- Who it is to the scenario ---- */

/* The number of the start that would give the workflow its id; 0: none. */
static uint64_t number_of(struct sim_world *world, const struct sim_workflow *workflow)
{
    for (uint32_t i = 0; i < world->scenario->start_count; i++) {
        for (uint64_t n = 1; n <= world->scenario->starts[i].count; n++) {
            const struct sim_template_values values = {.n = n};
            struct wf_string id = {0};

            if (sim_world_expand(world, world->scenario->starts[i].workflow_id, &values, &id) && wf_string_equal(id, workflow->id)) {
                return n;
            }
        }
    }
    return 0;
}

/* ---- What the run had done by then ---- */

static const struct wf_event_activity_task_scheduled *scheduled_of(const struct sim_continuation *continued, int64_t event_id)
{
    const struct wf_event *event =
        event_id >= 1 && event_id <= (int64_t)continued->event_count ? &continued->events[event_id - 1] : NULL;

    return event != NULL && event->attributes_case == WF_CASE_event_activity_task_scheduled
               ? event->attributes.activity_task_scheduled
               : NULL;
}

/* The effect of an activity that completed before the event is in the outside world already. */
static void note_effect(struct sim_world *world, struct sim_workflow *workflow, int64_t scheduled_event_id)
{
    const struct sim_continuation *continued = world->scenario->continued;
    const struct wf_event_activity_task_scheduled *scheduled = scheduled_of(continued, scheduled_event_id);
    const struct sim_activity_model *model =
        scheduled == NULL || scheduled->activity_type == NULL ? NULL : sim_model_of(world, scheduled->activity_type->name);
    const struct sim_template_values values = {
        .n = workflow->n,
        .input = model == NULL ? (struct wf_string){0} : sim_json_of_payloads(&world->step_arena, scheduled->input),
        .choices = &world->choices,
        .entity = &workflow->entity,
        .site = SIM_SITE_ACTIVITY_OUTCOME};
    struct wf_string once_per = {0};
    struct sim_ledger_entry entry = {
        .workflow_id = workflow->id, .run_id = continued->run_id, .node = WF_STR("history"), .attempt = 1};

    if (model == NULL || model->effect.kind == SIM_EFFECT_NONE ||
        !sim_world_expand(world, model->effect.key, &values, &entry.key) ||
        (model->effect.has_once_per && !sim_world_expand(world, model->effect.once_per, &values, &once_per))) {
        return;
    }
    entry.effect = model->effect.name;
    entry.is_undo = model->effect.kind == SIM_EFFECT_UNDO;
    entry.activity_id = scheduled->activity_id;
    entry.activity_type = scheduled->activity_type->name;
    sim_world_effect(world, &entry, once_per);
}

/* ---- What comes again ---- */

/* True for an event whose cause lay outside: it is sent again. */
static bool is_sent_again(const struct sim_world *world, const struct wf_event *event)
{
    const struct sim_continuation *continued = world->scenario->continued;
    struct sim_child_end end;

    switch (event->attributes_case) {
    case WF_CASE_event_workflow_execution_signaled:
    case WF_CASE_event_workflow_execution_cancel_requested:
    case WF_CASE_event_workflow_execution_update_accepted:
        return world->scenario->client_count == 0;
    default:
        return sim_recorded_child_end(event, &end) && end.initiated_event_id <= (int64_t)continued->kept_count;
    }
}

int64_t sim_continuation_wait_ns(const struct sim_continuation *continued, const struct wf_event *event)
{
    const int64_t wait_ns = wf_add_saturating(wf_time_of(event->event_time), -continued->time_ns);

    return wait_ns > 0 ? wait_ns : 0;
}

static void push_event(struct sim_world *world, wf_time_ns time_ns, const struct wf_event *event)
{
    (void)sim_world_push(world, time_ns, world->outside_node, SIM_EVENT_RECORDED, (void *)(uintptr_t)event);
}

static void plan_events(struct sim_world *world)
{
    const struct sim_continuation *continued = world->scenario->continued;

    for (uint32_t i = continued->kept_count; i < continued->event_count; i++) {
        const struct wf_event *event = &continued->events[i];

        if (is_sent_again(world, event)) {
            world->plans_left++;
            push_event(world, sim_continuation_wait_ns(continued, event), event);
        }
    }
}

void sim_continuation_init(struct sim_world *world)
{
    if (world->scenario->continued != NULL) {
        world->starts_left++;
        (void)sim_world_push(world, 0, world->outside_node, SIM_EVENT_RECORDED, NULL);
        plan_events(world);
    }
}

static void restore(struct sim_world *world, struct sim_workflow *workflow)
{
    const struct sim_continuation *continued = world->scenario->continued;
    const struct wf_history_message history = {
        .events = {.items = (struct wf_event *)(uintptr_t)continued->events, .count = continued->kept_count}};
    struct wf_workflow_execution execution = {.workflow_id = workflow->id, .run_id = continued->run_id};
    struct wf_svc_restore_workflow body = {.workflow_execution = &execution,
                                           .request_id = sim_request_id(world, world->outside_node)};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_restore_workflow,
                                           .call = {.restore_workflow = &body}};
    struct wf_buffer bytes;

    wf_buffer_init(&bytes, &world->step_arena);
    wf_wire_encode(&wf_type_history_message, &history, &bytes);
    body.events = wf_buffer_string(&bytes);
    world->starts_left--;
    for (uint32_t i = 0; i < continued->kept_count; i++) {
        if (continued->events[i].attributes_case == WF_CASE_event_activity_task_completed) {
            note_effect(world, workflow, continued->events[i].attributes.activity_task_completed->scheduled_event_id);
        }
    }
    if (bytes.is_full) {
        sim_world_fail(world, WF_ERR_MEMORY, "no memory for the history");
        return;
    }
    sim_client_restore(world, workflow, sim_content_new(world, SIM_MESSAGE_REQUEST, &request));
}

/* ---- Requests ---- */

static struct wf_svc_request signal_request(struct sim_world *world, struct wf_workflow_execution *execution,
                                            const struct wf_event_workflow_execution_signaled *signaled)
{
    struct wf_svc_signal_workflow *body = WF_ARENA_NEW(&world->step_arena, struct wf_svc_signal_workflow);

    if (body != NULL) {
        *body = (struct wf_svc_signal_workflow){.workflow_execution = execution,
                                                .signal_name = signaled->signal_name,
                                                .input = signaled->input,
                                                .identity = signaled->identity,
                                                .header = signaled->header,
                                                .request_id = sim_request_id(world, world->outside_node)};
    }
    return (struct wf_svc_request){.call_case = WF_CASE_svc_request_signal_workflow, .call = {.signal_workflow = body}};
}

static struct wf_svc_request cancel_request(struct sim_world *world, struct wf_workflow_execution *execution,
                                            const struct wf_event_workflow_execution_cancel_requested *requested)
{
    struct wf_svc_request_cancel *body = WF_ARENA_NEW(&world->step_arena, struct wf_svc_request_cancel);

    if (body != NULL) {
        *body = (struct wf_svc_request_cancel){.workflow_execution = execution,
                                               .reason = requested->cause,
                                               .identity = requested->identity,
                                               .request_id = sim_request_id(world, world->outside_node)};
    }
    return (struct wf_svc_request){.call_case = WF_CASE_svc_request_request_cancel, .call = {.request_cancel = body}};
}

static struct wf_svc_request update_request(struct sim_world *world, struct wf_workflow_execution *execution,
                                            const struct wf_event_workflow_execution_update_accepted *accepted)
{
    struct wf_svc_update_workflow *body = WF_ARENA_NEW(&world->step_arena, struct wf_svc_update_workflow);

    if (body != NULL) {
        *body = (struct wf_svc_update_workflow){.workflow_execution = execution,
                                                .request = accepted->accepted_request,
                                                .wait_stage = WF_UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ACCEPTED};
    }
    return (struct wf_svc_request){.call_case = WF_CASE_svc_request_update_workflow, .call = {.update_workflow = body}};
}

/* The run that the child began as. */
static struct wf_string first_run_of(const struct sim_continuation *continued, int64_t initiated_event_id)
{
    for (uint32_t i = 0; i < continued->kept_count; i++) {
        const struct wf_event *event = &continued->events[i];

        if (event->attributes_case == WF_CASE_event_child_workflow_execution_started &&
            event->attributes.child_workflow_execution_started->initiated_event_id == initiated_event_id &&
            event->attributes.child_workflow_execution_started->workflow_execution != NULL) {
            return event->attributes.child_workflow_execution_started->workflow_execution->run_id;
        }
    }
    return (struct wf_string){0};
}

/* The child reports its end as it did, though it is not here. */
static struct wf_svc_request child_request(struct sim_world *world, struct wf_workflow_execution *execution,
                                           const struct wf_event *event)
{
    struct wf_svc_record_child_closed *body = WF_ARENA_NEW(&world->step_arena, struct wf_svc_record_child_closed);
    struct sim_child_end *end = WF_ARENA_NEW(&world->step_arena, struct sim_child_end);

    if (body == NULL || end == NULL || !sim_recorded_child_end(event, end)) {
        return (struct wf_svc_request){0};
    }
    *body = (struct wf_svc_record_child_closed){
        .workflow_execution = execution,
        .initiated_event_id = end->initiated_event_id,
        .child = end->child,
        .first_run_id = first_run_of(world->scenario->continued, end->initiated_event_id),
        .closing = &end->closing};
    return (struct wf_svc_request){.call_case = WF_CASE_svc_request_record_child_closed,
                                   .call = {.record_child_closed = body}};
}

/* ---- The moment ---- */

static void send_again(struct sim_world *world, struct sim_workflow *workflow, const struct wf_event *event)
{
    struct wf_workflow_execution execution = {.workflow_id = workflow->id};
    struct wf_string name = WF_STR("cancel");
    struct wf_svc_request request = {0};
    struct sim_content *content = NULL;

    switch (event->attributes_case) {
    case WF_CASE_event_workflow_execution_signaled:
        name = event->attributes.workflow_execution_signaled->signal_name;
        request = signal_request(world, &execution, event->attributes.workflow_execution_signaled);
        break;
    case WF_CASE_event_workflow_execution_cancel_requested:
        request = cancel_request(world, &execution, event->attributes.workflow_execution_cancel_requested);
        break;
    case WF_CASE_event_workflow_execution_update_accepted:
        name = WF_STR("update");
        request = update_request(world, &execution, event->attributes.workflow_execution_update_accepted);
        break;
    default:
        name = WF_STR("end of a child");
        request = child_request(world, &execution, event);
        break;
    }
    content = request.call.any == NULL ? NULL : sim_content_new(world, SIM_MESSAGE_REQUEST, &request);
    if (content == NULL) {
        sim_world_fail(world, WF_ERR_MEMORY, "no memory for what the history received");
        return;
    }
    sim_client_report(world, workflow, name, content, NULL);
    sim_content_release(world, content);
}

void sim_continuation_event(struct sim_world *world, const struct wf_event *event)
{
    struct sim_workflow *workflow = sim_world_workflow(world, world->scenario->continued->workflow_id);

    if (workflow == NULL) {
        return;
    }
    if (event == NULL) {
        workflow->n = number_of(world, workflow);
        restore(world, workflow);
        return;
    }
    if (workflow->latest == NULL && world->loop.now_ns < RESTORING_NS) {
        push_event(world, world->loop.now_ns + SENDING_NS, event);
        return;
    }
    WF_ASSERT(world->plans_left > 0);
    world->plans_left--;
    if (workflow->is_open) { /* who sends to one that ended sooner than it did sends in vain */
        send_again(world, workflow, event);
    }
}

/* ---- Outcomes of activities ---- */

/* The outcome of an activity that was not known at the event; NULL: none is recorded. */
static const struct wf_event *outcome_of(const struct sim_continuation *continued, int64_t scheduled_event_id)
{
    for (uint32_t i = continued->kept_count; i < continued->event_count; i++) {
        if (sim_recorded_activity_end(&continued->events[i]) == scheduled_event_id) {
            return &continued->events[i];
        }
    }
    return NULL;
}

/* The n-th activity of its type, in the order of scheduling, that the attempt is of; 0: not known. */
static uint32_t ordinal_of(const struct sim_attempt *attempt)
{
    struct sim_world *world = attempt->worker->world;
    const struct sim_run_record *run = attempt->workflow->latest;
    struct wf_svc_task_token token = {0};
    uint32_t ordinal = 0;

    if (run == NULL ||
        wf_wire_decode(&world->step_arena, &wf_type_svc_task_token, attempt->task->token, &token, NULL) != WF_OK) {
        return 0;
    }
    for (uint32_t i = 0; i < run->scheduled.count && run->scheduled.items[i].event_id <= token.scheduled_event_id; i++) {
        ordinal += wf_string_equal(run->scheduled.items[i].activity_type, attempt->task->activity_type) ? 1 : 0;
    }
    return ordinal;
}

/* The one with the same id and type; else the one of the same type in the same turn. */
static int64_t find_scheduled(const struct sim_attempt *attempt)
{
    const struct sim_continuation *continued = attempt->worker->world->scenario->continued;
    const uint32_t ordinal = ordinal_of(attempt);
    uint32_t seen = 0;
    int64_t found = 0;

    for (uint32_t i = 0; i < continued->event_count; i++) {
        const struct wf_event_activity_task_scheduled *scheduled = scheduled_of(continued, continued->events[i].event_id);

        if (scheduled == NULL || scheduled->activity_type == NULL ||
            !wf_string_equal(scheduled->activity_type->name, attempt->task->activity_type)) {
            continue;
        }
        /* In Go an id is the number of an event, which is another one when something comes at another time. */
        if (continued->family != WF_FAMILY_GO && wf_string_equal(scheduled->activity_id, attempt->task->activity_id)) {
            return continued->events[i].event_id;
        }
        found = ++seen == ordinal ? continued->events[i].event_id : found;
    }
    return found;
}

/* The marker of the local activity with the same id and type; else the last one of its type: nothing but its marker tells how one
 * ended, and most end as they did before. */
static const struct wf_event *local_outcome_of(const struct sim_attempt *attempt)
{
    struct sim_world *world = attempt->worker->world;
    const struct sim_continuation *continued = world->scenario->continued;
    const struct wf_event *found = NULL;

    for (uint32_t i = 0; i < continued->event_count; i++) {
        const struct wf_event *event = &continued->events[i];
        struct wf_local_record record;

        if (!wf_local_record_read(&world->step_arena, event, &record) ||
            (record.activity_type.size_bytes > 0 &&
             !wf_string_equal(record.activity_type, attempt->task->activity_type))) {
            continue;
        }
        if (i >= continued->kept_count && wf_string_equal(record.activity_id, attempt->task->activity_id)) {
            return event;
        }
        found = event;
    }
    return found;
}

const struct wf_event *sim_recorded_outcome(const struct sim_attempt *attempt)
{
    const struct sim_continuation *continued = attempt->worker->world->scenario->continued;
    int64_t scheduled_event_id = 0;

    if (continued == NULL ||
        !wf_string_equal(attempt->workflow->id, continued->workflow_id) ||
        !wf_string_equal(attempt->task->workflow_execution->run_id, continued->run_id)) {
        return NULL;
    }
    if (attempt->is_local) {
        return local_outcome_of(attempt);
    }
    scheduled_event_id = find_scheduled(attempt);
    return scheduled_event_id == 0 ? NULL : outcome_of(continued, scheduled_event_id);
}

const struct sim_activity_model *sim_recorded_model(const struct wf_event *outcome)
{
    return outcome->attributes_case == WF_CASE_event_activity_task_canceled ? &waiting : &finishing;
}

bool sim_recorded_completed(const struct wf_event *outcome)
{
    return outcome->attributes_case == WF_CASE_event_activity_task_completed ||
           (outcome->attributes_case == WF_CASE_event_marker_recorded &&
            outcome->attributes.marker_recorded->failure == NULL);
}

static void step_local(struct wf_arena *step_arena, const struct wf_event *outcome, struct wf_step *step)
{
    struct wf_local_record record;

    if (!wf_local_record_read(step_arena, outcome, &record)) {
        step->type = WF_STEP_NEVER; /* no memory: the world ends by that */
        return;
    }
    step->type = record.failure == NULL ? WF_STEP_RETURN : WF_STEP_FAIL;
    step->failure = record.failure;
    step->payload = record.result;
}

void sim_recorded_step(struct wf_arena *step_arena, const struct wf_event *outcome, struct wf_step *step)
{
    const struct wf_payloads *result = NULL;

    switch (outcome->attributes_case) {
    case WF_CASE_event_activity_task_failed:
        step->failure = outcome->attributes.activity_task_failed->failure;
        step->type = step->failure == NULL ? WF_STEP_NEVER : WF_STEP_FAIL;
        break;
    case WF_CASE_event_activity_task_timed_out:
        step->type = WF_STEP_NEVER;
        break;
    case WF_CASE_event_marker_recorded:
        step_local(step_arena, outcome, step);
        break;
    default:
        result = outcome->attributes_case == WF_CASE_event_activity_task_completed
                     ? outcome->attributes.activity_task_completed->result
                     : NULL;
        step->type = WF_STEP_RETURN;
        step->payload = result == NULL || result->payloads.count == 0 ? NULL : result->payloads.items;
        break;
    }
}
