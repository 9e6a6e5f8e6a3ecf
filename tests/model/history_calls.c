/*
 * Calls that name a place of a history: most name one that is right.
 */
#include "tests/model/draws.h"

static bool is_of_task(const struct wf_event *event)
{
    return event->event_type >= WF_EVENT_TYPE_WORKFLOW_TASK_STARTED &&
           event->event_type <= WF_EVENT_TYPE_WORKFLOW_TASK_FAILED;
}

/* Behind the last start of an activity that came while a task waited: a point between it and its outcome. 0: there is none. */
static int64_t find_begun_activity(const struct wf_history_message *history)
{
    bool is_task_waiting = false;
    int64_t event_id = 0;

    for (uint32_t i = 0; i < history->events.count; i++) {
        const struct wf_event *event = &history->events.items[i];

        is_task_waiting = event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED || (is_task_waiting && !is_of_task(event));
        event_id = is_task_waiting && event->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_STARTED ? event->event_id + 1 : event_id;
    }
    return event_id;
}

/* An event before which a run may go on, and sometimes the one after it, or any. */
static int64_t draw_event_id(struct calls *calls, const struct wf_history_message *history)
{
    const uint32_t count = history->events.count;
    const uint32_t first = count == 0 ? 0 : (uint32_t)calls_draw(calls, count);
    const int64_t begun_id = find_begun_activity(history);

    if (begun_id != 0 && calls_one_in(calls, 4)) {
        return begun_id;
    }
    for (uint32_t i = 0; i < count && !calls_one_in(calls, 12); i++) {
        const struct wf_event *event = &history->events.items[(first + i) % count];

        if (is_of_task(event)) {
            return event->event_id + (calls_one_in(calls, 8) ? 1 : 0);
        }
    }
    return (int64_t)calls_draw(calls, (uint64_t)count + 3) - 1;
}

/* Often one that was made before. */
static struct wf_string reset_request_id(struct calls *calls, const struct model_run *run)
{
    if (run != NULL && run->state->resets.count > 0 && calls_one_in(calls, 5)) {
        return run->state->resets.items[calls_draw(calls, run->state->resets.count)].request_id;
    }
    if (run != NULL && run->start->reset_request_id.size_bytes > 0 && calls_one_in(calls, 8)) {
        return run->start->reset_request_id;
    }
    return calls_request_id(calls);
}

void calls_reset_workflow(struct calls *calls, struct wf_svc_request *request)
{
    struct wf_svc_reset_workflow *call = MAKE(calls, struct wf_svc_reset_workflow);
    struct wf_history_message history = {0};
    const struct model_run *run = NULL;

    call->workflow_execution = calls_execution(calls);
    run = model_run_find(calls->model, call->workflow_execution->workflow_id, call->workflow_execution->run_id);
    if (run != NULL) {
        history = model_run_events(run, &calls->arena, 1);
    }
    call->reason = WF_STR("mended");
    call->workflow_task_finish_event_id = draw_event_id(calls, &history);
    call->request_id = reset_request_id(calls, run);
    call->reset_reapply_type = calls_one_in(calls, 2) ? 0 : (int32_t)calls_draw(calls, 4);
    while (calls_one_in(calls, 4)) {
        *(int32_t *)WF_LIST_APPEND(&calls->arena, call->reset_reapply_exclude_types) = (int32_t)calls_draw(calls, 5);
    }
    request->call.reset_workflow = call;
}

/* What a run of some workflow has written; now and then less of it, or something else. */
static struct wf_string draw_events(struct calls *calls, const struct wf_workflow_execution *source)
{
    const struct model_run *run = model_run_find(calls->model, source->workflow_id, source->run_id);
    struct wf_history_message history = {0};
    struct wf_buffer bytes = {0};

    if (run != NULL) {
        history = model_run_events(run, &calls->arena, calls_one_in(calls, 40) ? 2 : 1);
    }
    if (history.events.count > 0 && calls_one_in(calls, 2)) {
        history.events.count = (uint32_t)calls_draw(calls, history.events.count);
    }
    wf_buffer_init(&bytes, &calls->arena);
    wf_wire_encode(&wf_type_history_message, &history, &bytes);
    return calls_one_in(calls, 40) ? calls_long_text(calls, 30) : wf_buffer_string(&bytes);
}

void calls_restore_workflow(struct calls *calls, struct wf_svc_request *request)
{
    struct wf_svc_restore_workflow *call = MAKE(calls, struct wf_svc_restore_workflow);
    const struct model_run *run = NULL;

    call->workflow_execution = MAKE(calls, struct wf_workflow_execution);
    call->workflow_execution->workflow_id = calls_numbered(calls, "restored-", calls_draw(calls, CALLS_RESTORED));
    call->events = draw_events(calls, calls_execution(calls));
    call->request_id = calls_request_id(calls);
    run = model_run_find(calls->model, call->workflow_execution->workflow_id, (struct wf_string){0});
    if (run != NULL && calls_one_in(calls, 3)) {
        call->request_id = run->start->create_request_id;
    }
    if (calls_one_in(calls, 3)) {
        struct wf_buffer id = {0};

        wf_buffer_init(&id, &calls->arena);
        wf_buffer_printf(&id, "0bada55e-0000-4000-8000-%012llu", (unsigned long long)calls->number);
        call->workflow_execution->run_id = calls_one_in(calls, 20) ? WF_STR("not-a-run") : wf_buffer_string(&id);
    }
    request->call.restore_workflow = call;
}
