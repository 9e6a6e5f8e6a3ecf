/*
 * The calls that actions of schedules make: what each action asks for, and what it was told.
 *
 * Source: engine-semantics 7.13.
 */
#include <stdlib.h>

#include "tests/model/schedules.h"

#define SCHEDULER "temporal-scheduler"

static void *need(void *piece)
{
    if (piece == NULL) {
        abort();
    }
    return piece;
}

struct wf_schedule_link model_schedule_link_of(const struct wf_state_schedule *state,
                                               const struct wf_state_schedule_action *action)
{
    return (struct wf_schedule_link){
        .schedule_id = state->schedule_id, .action_id = action->action_id, .created_ns = state->created_ns};
}

/* ---- Facts, by their words ---- */

static bool is_fact(const struct model *model, struct wf_string fact)
{
    return wf_map_get(&model->schedule_facts, fact) != NULL;
}

static void add_fact(struct model *model, struct wf_string fact)
{
    if (!is_fact(model, fact)) {
        wf_map_set(&model->schedule_facts, wf_string_copy(&model->arena, fact), model);
    }
}

static struct wf_string answer_fact(struct wf_arena *arena, const char *what, const struct wf_schedule_link *link,
                                    struct wf_string run_id)
{
    struct wf_buffer text = {0};

    wf_buffer_init(&text, arena);
    wf_buffer_printf(&text, "%s %S %lld %lld %S", what, &link->schedule_id, (long long)link->created_ns,
                     (long long)link->action_id, &run_id);
    return wf_buffer_string(&text);
}

static struct wf_string stop_fact(struct wf_arena *arena, struct wf_string workflow_id, struct wf_string first_run_id)
{
    struct wf_buffer text = {0};

    wf_buffer_init(&text, arena);
    wf_buffer_printf(&text, "stopped %S %S", &workflow_id, &first_run_id);
    return wf_buffer_string(&text);
}

static bool is_missing(int32_t status)
{
    return status == WF_CALL_UNAVAILABLE || status == WF_CALL_DEADLINE_EXCEEDED || status == WF_CALL_RESOURCE_EXHAUSTED;
}

/* A call of an action without what the engine words for itself. Empty: it is of no action. */
static struct wf_string call_fact(struct wf_arena *arena, const struct wf_svc_request *given)
{
    struct wf_svc_request *request = need(wf_message_copy(arena, &wf_type_svc_request, given));
    struct wf_buffer bytes = {0};

    if (request->call_case == WF_CASE_svc_request_start_workflow &&
        request->call.start_workflow->schedule_link != NULL) {
        request->call.start_workflow->request_id = (struct wf_string){0};
    } else if (request->call_case == WF_CASE_svc_request_request_cancel &&
               wf_string_is(request->call.request_cancel->identity, SCHEDULER)) {
        request->call.request_cancel->request_id = (struct wf_string){0};
        request->call.request_cancel->reason = (struct wf_string){0};
    } else if (request->call_case == WF_CASE_svc_request_terminate &&
               wf_string_is(request->call.terminate->identity, SCHEDULER)) {
        request->call.terminate->reason = (struct wf_string){0};
    } else {
        return (struct wf_string){0};
    }
    wf_buffer_init(&bytes, arena);
    wf_wire_encode(&wf_type_svc_request, request, &bytes);
    return wf_buffer_string(&bytes);
}

/* Both ways: an action's start always has the same request id, and no other action's has it. */
static bool is_request_id_kept(struct model *model, const struct wf_svc_start_workflow *start)
{
    const struct wf_string action = answer_fact(&model->step_arena, "request id of", start->schedule_link,
                                                (struct wf_string){0});
    struct wf_string *known_id = wf_map_get(&model->schedule_facts, action);
    struct wf_string *known_action = wf_map_get(&model->schedule_facts, start->request_id);

    if (known_id != NULL && known_action != NULL) {
        return wf_string_equal(*known_id, start->request_id) && wf_string_equal(*known_action, action);
    }
    if (known_id != NULL || known_action != NULL) {
        return false;
    }
    known_id = need(WF_ARENA_NEW(&model->arena, struct wf_string));
    known_action = need(WF_ARENA_NEW(&model->arena, struct wf_string));
    *known_id = wf_string_copy(&model->arena, start->request_id);
    *known_action = wf_string_copy(&model->arena, action);
    wf_map_set(&model->schedule_facts, *known_action, known_id);
    wf_map_set(&model->schedule_facts, *known_id, known_action);
    return true;
}

static bool is_same_link(const struct wf_schedule_link *left, const struct wf_schedule_link *right)
{
    return left != NULL && right != NULL && wf_message_equal(&wf_type_schedule_link, left, right);
}

/* The chain has ended as the report says. */
static bool is_true_report(struct model *model, const struct wf_svc_record_action_closed *report)
{
    const struct wf_workflow_execution *target = report->workflow_execution;
    const struct model_run *run = model_run_find(model, target->workflow_id, target->run_id);
    struct wf_history_message events = {0};

    if (run == NULL || model_run_is_open(run) || !is_same_link(run->start->schedule_link, report->link)) {
        return false;
    }
    events = model_run_events(run, &model->step_arena, run->state->next_event_id - 1);
    if (events.events.count == 1) {
        events.events.items[0].task_id = report->closing->task_id; /* given after the report was made */
    }
    return events.events.count == 1 && wf_message_equal(&wf_type_event, &events.events.items[0], report->closing);
}

const char *model_schedule_judge_call(struct model *model, const struct wf_svc_request *request)
{
    const struct wf_string fact = call_fact(&model->step_arena, request);

    if (request->call_case == WF_CASE_svc_request_record_action_closed) {
        return is_true_report(model, request->call.record_action_closed) ? NULL
                                                                        : "the chain of an action has not ended so";
    }
    if (fact.size_bytes == 0) {
        return NULL;
    }
    if (!is_fact(model, fact)) {
        return "no action of a schedule asks for this call";
    }
    return request->call_case != WF_CASE_svc_request_start_workflow ||
                   is_request_id_kept(model, request->call.start_workflow)
               ? NULL
               : "the request id of an action's start is not its own";
}

void model_schedule_learn(struct model *model, const struct wf_svc_request *request,
                          const struct wf_svc_response *response)
{
    struct wf_arena *arena = &model->step_arena;

    if (call_fact(arena, request).size_bytes == 0 || is_missing(response->status)) {
        return;
    }
    if (request->call_case == WF_CASE_svc_request_start_workflow) {
        const struct wf_schedule_link *link = request->call.start_workflow->schedule_link;

        add_fact(model, response->status == WF_CALL_OK
                            ? answer_fact(arena, "started", link, response->answer.started->run_id)
                            : answer_fact(arena, "refused", link, (struct wf_string){0}));
    } else if (request->call_case == WF_CASE_svc_request_request_cancel) {
        add_fact(model, stop_fact(arena, request->call.request_cancel->workflow_execution->workflow_id,
                                  request->call.request_cancel->first_execution_run_id));
    } else {
        add_fact(model, stop_fact(arena, request->call.terminate->workflow_execution->workflow_id,
                                  request->call.terminate->first_execution_run_id));
    }
}


bool model_schedule_was_started(struct model *model, const struct wf_schedule_link *link, struct wf_string run_id)
{
    return is_fact(model, answer_fact(&model->step_arena, "started", link, run_id));
}

bool model_schedule_was_refused(struct model *model, const struct wf_schedule_link *link)
{
    return is_fact(model, answer_fact(&model->step_arena, "refused", link, (struct wf_string){0}));
}

bool model_schedule_was_stopped(struct model *model, const struct wf_state_schedule_action *action)
{
    return is_fact(model, stop_fact(&model->step_arena, action->workflow_id, action->run_id));
}

/* ---- What actions ask for ---- */

static void add_attribute(struct wf_arena *arena, struct wf_search_attributes *attributes, const char *name,
                          const char *type, struct wf_string value)
{
    struct wf_entry_payload *entry = need(WF_LIST_APPEND(arena, attributes->indexed_fields));
    struct wf_buffer json = {0};

    wf_buffer_init(&json, arena);
    wf_buffer_printf(&json, "\"%S\"", &value);
    *entry = (struct wf_entry_payload){.key = wf_string_of(name), .value = {.data = wf_buffer_string(&json)}};
    *(struct wf_entry_string *)need(WF_LIST_APPEND(arena, entry->value.metadata)) =
        (struct wf_entry_string){.key = WF_STR("encoding"), .value = WF_STR("json/plain")};
    *(struct wf_entry_string *)need(WF_LIST_APPEND(arena, entry->value.metadata)) =
        (struct wf_entry_string){.key = WF_STR("type"), .value = wf_string_of(type)};
}

static struct wf_svc_request start_call(struct wf_arena *arena, const struct wf_state_schedule *state,
                                        const struct wf_state_schedule_action *action)
{
    struct wf_svc_request request = {.call_case = WF_CASE_svc_request_start_workflow};
    struct wf_svc_start_workflow *start = need(wf_message_copy(arena, &wf_type_svc_start_workflow,
                                                               state->schedule->action));
    char *time = need(wf_arena_take(arena, WF_TIME_TEXT_BYTES));

    request.call.start_workflow = start;
    start->workflow_id = action->workflow_id;
    start->schedule_link = need(WF_ARENA_NEW(arena, struct wf_schedule_link));
    *start->schedule_link = model_schedule_link_of(state, action);
    start->workflow_id_conflict_policy = WF_WORKFLOW_ID_CONFLICT_POLICY_FAIL;
    start->identity = WF_STR(SCHEDULER);
    if (start->search_attributes == NULL) {
        start->search_attributes = need(WF_ARENA_NEW(arena, struct wf_search_attributes));
    }
    wf_time_write(time, action->nominal_ns / WF_NS_PER_S);
    add_attribute(arena, start->search_attributes, "TemporalScheduledStartTime", "Datetime",
                  (struct wf_string){time, WF_TIME_TEXT_BYTES});
    add_attribute(arena, start->search_attributes, "TemporalScheduledById", "Keyword", state->schedule_id);
    start->last_completion_result = state->last_result;
    start->continued_failure = state->last_failure;
    return request;
}

/* Of the chain that the action began. */
static struct wf_svc_request stop_call(struct wf_arena *arena, const struct wf_state_schedule_action *action)
{
    struct wf_svc_request request = {0};
    struct wf_workflow_execution *execution = need(WF_ARENA_NEW(arena, struct wf_workflow_execution));

    execution->workflow_id = action->workflow_id;
    if (action->is_terminated) {
        request.call_case = WF_CASE_svc_request_terminate;
        request.call.terminate = need(WF_ARENA_NEW(arena, struct wf_svc_terminate));
        request.call.terminate->workflow_execution = execution;
        request.call.terminate->first_execution_run_id = action->run_id;
        request.call.terminate->identity = WF_STR(SCHEDULER);
    } else {
        request.call_case = WF_CASE_svc_request_request_cancel;
        request.call.request_cancel = need(WF_ARENA_NEW(arena, struct wf_svc_request_cancel));
        request.call.request_cancel->workflow_execution = execution;
        request.call.request_cancel->first_execution_run_id = action->run_id;
        request.call.request_cancel->identity = WF_STR(SCHEDULER);
    }
    return request;
}

void model_schedule_expect_calls(struct model *model, const struct wf_state_schedule *state)
{
    struct wf_arena *arena = &model->step_arena;

    for (uint32_t i = 0; i < state->actions.count; i++) {
        const struct wf_state_schedule_action *action = &state->actions.items[i];
        struct wf_svc_request request = {0};

        if (action->state == MODEL_ACTION_STARTING || action->state == MODEL_ACTION_DOOMED) {
            request = start_call(arena, state, action);
        } else if (action->state == MODEL_ACTION_STOPPING) {
            request = stop_call(arena, action);
        } else {
            continue;
        }
        add_fact(model, call_fact(arena, &request));
    }
}
