/*
 * The state of a run as the events of its history tell it. What is in no event (attempts of activities, requests that were
 * sent) begins again.
 *
 * Source: engine-semantics 5.4, 7.10 step 4, 10.10 I90.
 */
#include "tests/model/transaction.h"

/* Takes what has ended out of a list of the state; `id` 0 is nothing's. */
#define DROP(list, member, id)                                                                                         \
    do {                                                                                                               \
        for (uint32_t i = 0; i < (list).count; i++) {                                                                  \
            if ((id) != 0 && (list).items[i].member == (id)) {                                                         \
                WF_LIST_REMOVE((list), &(list).items[i]);                                                              \
                break;                                                                                                 \
            }                                                                                                          \
        }                                                                                                              \
    } while (false)

static void drop_ended(struct wf_state_run *state, const struct wf_event *event)
{
    DROP(state->activities, scheduled_event_id, wf_event_ended_id(event, WF_OWNER_ACTIVITY));
    DROP(state->timers, started_event_id, wf_event_ended_id(event, WF_OWNER_TIMER));
    DROP(state->children, initiated_event_id, wf_event_ended_id(event, WF_OWNER_CHILD));
    DROP(state->external_signals, initiated_event_id, wf_event_ended_id(event, WF_OWNER_SIGNAL));
    DROP(state->external_cancels, initiated_event_id, wf_event_ended_id(event, WF_OWNER_CANCEL));
    DROP(state->nexus_operations, scheduled_event_id, wf_event_ended_id(event, WF_OWNER_NEXUS));
}

/* ---- The run, its tasks ---- */

static void add_attributes(struct model_transaction *tx, const struct wf_search_attributes *attributes)
{
    struct wf_state_run *state = tx->state;

    if (state->search_attributes == NULL) {
        state->search_attributes = MODEL_NEW(tx, struct wf_search_attributes);
    }
    model_merge_fields(tx->arena, &state->search_attributes->indexed_fields, &attributes->indexed_fields, true);
}

static void add_memo(struct model_transaction *tx, const struct wf_memo *memo)
{
    struct wf_state_run *state = tx->state;

    if (state->memo == NULL) {
        state->memo = MODEL_NEW(tx, struct wf_memo);
    }
    model_merge_fields(tx->arena, &state->memo->fields, &memo->fields, false);
}

static void name_parent(struct wf_state_run *state, struct wf_string run_id)
{
    for (uint32_t i = 0; i < state->children.count; i++) {
        if (state->children.items[i].parent_run_id.size_bytes == 0) {
            state->children.items[i].parent_run_id = run_id;
        }
    }
}

static void add_task(struct model_transaction *tx, const struct wf_event *event)
{
    const struct wf_event_workflow_task_scheduled *scheduled = event->attributes.workflow_task_scheduled;
    struct wf_state_workflow_task *task = MODEL_NEW(tx, struct wf_state_workflow_task);

    task->scheduled_event_id = event->event_id;
    task->attempt = scheduled->attempt;
    task->timeout_ns = wf_time_of(scheduled->start_to_close_timeout);
    task->scheduled_time_ns = wf_time_of(event->event_time);
    task->original_scheduled_time_ns = task->scheduled_time_ns;
    tx->state->workflow_task = task;
}

static void start_task(struct wf_state_workflow_task *task, const struct wf_event *event)
{
    task->started_event_id = event->event_id;
    task->started_time_ns = wf_time_of(event->event_time);
    task->request_id = event->attributes.workflow_task_started->request_id;
    task->identity = event->attributes.workflow_task_started->identity;
}

static void apply_to_task(struct model_transaction *tx, const struct wf_event *event)
{
    struct wf_state_run *state = tx->state;

    switch (event->event_type) {
    case WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED:
        add_task(tx, event);
        break;
    case WF_EVENT_TYPE_WORKFLOW_TASK_STARTED:
        start_task(state->workflow_task, event);
        break;
    case WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
        state->previous_started_event_id = event->attributes.workflow_task_completed->started_event_id;
        state->workflow_task = NULL;
        break;
    case WF_EVENT_TYPE_WORKFLOW_TASK_FAILED:
        /* A child from before an earlier reset knows the run that began it. */
        name_parent(state, event->attributes.workflow_task_failed->base_run_id);
        state->workflow_task = NULL;
        break;
    case WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
        state->workflow_task = NULL;
        break;
    default:
        break;
    }
}

/* A copy: what comes later changes it. */
static void begin(struct model_transaction *tx, const struct wf_event_workflow_execution_started *started)
{
    const struct wf_state_run state = {.memo = started->memo, .search_attributes = started->search_attributes};
    const struct wf_state_run *copy = wf_message_copy(tx->arena, &wf_type_state_run, &state);

    tx->state->memo = copy->memo;
    tx->state->search_attributes = copy->search_attributes;
}

static void apply_to_run(struct model_transaction *tx, const struct wf_event *event)
{
    struct wf_state_run *state = tx->state;

    switch (event->event_type) {
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
        begin(tx, event->attributes.workflow_execution_started);
        break;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
        state->signal_count++; /* the set of request ids stays empty (5.2) */
        break;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
        state->is_cancel_requested = true;
        break;
    case WF_EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
        add_attributes(tx, event->attributes.upsert_workflow_search_attributes->search_attributes);
        break;
    case WF_EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED:
        add_memo(tx, event->attributes.workflow_properties_modified->upserted_memo);
        break;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_PAUSED:
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_UNPAUSED:
        state->is_paused = event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_PAUSED;
        break;
    default:
        break;
    }
}

/* ---- What pends ---- */

/* An attempt is in no event: the first one is due, from `scheduled_ns` on. */
static void add_activity(struct model_transaction *tx, const struct wf_event *event, wf_time_ns scheduled_ns)
{
    const struct wf_event_activity_task_scheduled *scheduled = event->attributes.activity_task_scheduled;

    *(struct wf_state_activity *)WF_LIST_APPEND(tx->arena, tx->state->activities) = (struct wf_state_activity){
        .scheduled_event_id = event->event_id,
        .activity_id = scheduled->activity_id,
        .activity_type = scheduled->activity_type->name,
        .task_queue = scheduled->task_queue->name,
        .header = scheduled->header,
        .input = scheduled->input,
        .schedule_to_close_ns = wf_time_of(scheduled->schedule_to_close_timeout),
        .schedule_to_start_ns = wf_time_of(scheduled->schedule_to_start_timeout),
        .start_to_close_ns = wf_time_of(scheduled->start_to_close_timeout),
        .heartbeat_ns = wf_time_of(scheduled->heartbeat_timeout),
        .retry_policy = scheduled->retry_policy,
        .attempt = 1,
        .scheduled_time_ns = scheduled_ns,
        .first_scheduled_time_ns = scheduled_ns};
}

static void cancel_activity(struct wf_state_run *state, const struct wf_event *event)
{
    const int64_t scheduled_event_id = event->attributes.activity_task_cancel_requested->scheduled_event_id;

    for (uint32_t i = 0; i < state->activities.count; i++) {
        if (state->activities.items[i].scheduled_event_id == scheduled_event_id) {
            state->activities.items[i].cancel_requested_event_id = event->event_id;
        }
    }
}

static void add_timer(struct model_transaction *tx, const struct wf_event *event)
{
    const struct wf_event_timer_started *started = event->attributes.timer_started;

    *(struct wf_state_timer *)WF_LIST_APPEND(tx->arena, tx->state->timers) = (struct wf_state_timer){
        .timer_id = started->timer_id,
        .started_event_id = event->event_id,
        .expiry_ns = wf_time_of(event->event_time) + wf_time_of(started->start_to_fire_timeout)};
}

static void add_child(struct model_transaction *tx, const struct wf_event *event)
{
    struct wf_event_start_child_workflow_execution_initiated *initiated =
        event->attributes.start_child_workflow_execution_initiated;

    *(struct wf_state_child *)WF_LIST_APPEND(tx->arena, tx->state->children) = (struct wf_state_child){
        .initiated_event_id = event->event_id,
        .state = MODEL_CHILD_INITIATED,
        .workflow_id = initiated->workflow_id,
        .workflow_type = initiated->workflow_type->name,
        .parent_close_policy = initiated->parent_close_policy,
        .initiated = initiated};
}

static void start_child(struct model_transaction *tx, const struct wf_event *event)
{
    const struct wf_event_child_workflow_execution_started *started =
        event->attributes.child_workflow_execution_started;
    struct wf_state_child *child = model_child_find(tx, started->initiated_event_id);

    child->state = MODEL_CHILD_STARTED;
    child->started_event_id = event->event_id;
    child->run_id = started->workflow_execution->run_id;
    child->initiated = NULL;
}

static void add_signal(struct model_transaction *tx, const struct wf_event *event)
{
    const struct wf_event_signal_external_workflow_execution_initiated *initiated =
        event->attributes.signal_external_workflow_execution_initiated;

    *(struct wf_state_external *)WF_LIST_APPEND(tx->arena, tx->state->external_signals) = (struct wf_state_external){
        .initiated_event_id = event->event_id,
        .request_id = model_given_request_id(tx, false, event->event_id),
        .workflow_id = initiated->workflow_execution->workflow_id,
        .run_id = initiated->workflow_execution->run_id,
        .child_workflow_only = initiated->child_workflow_only,
        .name = initiated->signal_name,
        .input = initiated->input,
        .header = initiated->header,
        .control = initiated->control};
}

static void add_cancel(struct model_transaction *tx, const struct wf_event *event)
{
    const struct wf_event_request_cancel_external_workflow_execution_initiated *initiated =
        event->attributes.request_cancel_external_workflow_execution_initiated;

    *(struct wf_state_external *)WF_LIST_APPEND(tx->arena, tx->state->external_cancels) = (struct wf_state_external){
        .initiated_event_id = event->event_id,
        .request_id = model_given_request_id(tx, true, event->event_id),
        .workflow_id = initiated->workflow_execution->workflow_id,
        .run_id = initiated->workflow_execution->run_id,
        .child_workflow_only = initiated->child_workflow_only,
        .name = initiated->reason,
        .control = initiated->control};
}

static void apply_to_pending(struct model_transaction *tx, const struct wf_event *event, wf_time_ns scheduled_ns)
{
    switch (event->event_type) {
    case WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
        add_activity(tx, event, scheduled_ns);
        break;
    case WF_EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED:
        cancel_activity(tx->state, event);
        break;
    case WF_EVENT_TYPE_TIMER_STARTED:
        add_timer(tx, event);
        break;
    case WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
        add_child(tx, event);
        break;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED:
        start_child(tx, event);
        break;
    case WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
        add_signal(tx, event);
        break;
    case WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
        add_cancel(tx, event);
        break;
    default:
        break;
    }
}

/* ---- Updates ---- */

static struct wf_state_update *update_of(struct model_transaction *tx, struct wf_string update_id)
{
    struct wf_state_update *update = model_update_find(tx->state, update_id);

    if (update == NULL) {
        update = WF_LIST_APPEND(tx->arena, tx->state->updates);
        update->update_id = update_id;
    }
    return update;
}

static void apply_to_update(struct model_transaction *tx, const struct wf_event *event)
{
    switch (event->event_type) {
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ADMITTED:
        update_of(tx, event->attributes.workflow_execution_update_admitted->request->meta->update_id);
        model_update_learn(tx, event->attributes.workflow_execution_update_admitted->request);
        break;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
        update_of(tx, event->attributes.workflow_execution_update_accepted->protocol_instance_id)->accepted_event_id =
            event->event_id;
        break;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED:
        update_of(tx, event->attributes.workflow_execution_update_completed->meta->update_id)->outcome =
            event->attributes.workflow_execution_update_completed->outcome;
        break;
    default:
        break;
    }
}

void model_rebuild(struct model_transaction *tx, const struct wf_event *events, uint32_t count, bool begins_now)
{
    tx->state->status = WF_WORKFLOW_EXECUTION_STATUS_RUNNING;
    for (uint32_t i = 0; i < count; i++) {
        apply_to_run(tx, &events[i]);
        apply_to_task(tx, &events[i]);
        apply_to_pending(tx, &events[i], begins_now ? tx->now_ns : wf_time_of(events[i].event_time));
        apply_to_update(tx, &events[i]);
        model_nexus_rebuild(tx, &events[i]);
        model_version_rebuild(tx, &events[i]);
        drop_ended(tx->state, &events[i]);
    }
    tx->state->next_event_id = (int64_t)count + 1;
    tx->state->next_task_attempt = 1;
}
