/*
 * The state of a run from the events of its history: what a reset and a run from elsewhere begin with. Only what is in history can be told (I90), so
 * that an activity that was running waits for its first attempt, and a request to another workflow is sent again.
 *
 * Source: engine-semantics 7.10 step 4, 10.10 I90.
 */
#include "engine/base/assert.h"
#include "engine/server/update_registry.h"

struct rebuild {
    struct wf_shard *shard;
    struct wf_shard_run *run;
    struct wf_arena *arena;
    struct wf_state_run *state;
    const struct wf_event *event;
    enum wf_rebuild_times times;
};

static struct wf_string own(const struct rebuild *rebuild, struct wf_string string)
{
    return wf_string_copy(rebuild->arena, string);
}

static void *own_message(const struct rebuild *rebuild, const struct wf_message_type *type,
                         const void *message)
{
    return message == NULL ? NULL : wf_message_copy(rebuild->arena, type, message);
}

/* ---- The run itself ---- */

static void merge_memo(const struct rebuild *rebuild, const struct wf_memo *given)
{
    struct wf_memo **held = &rebuild->state->memo;

    *held = *held != NULL ? *held : WF_ARENA_NEW(rebuild->arena, struct wf_memo);
    if (*held != NULL && given != NULL) {
        wf_fields_merge(rebuild->arena, &(*held)->fields, &given->fields, false);
    }
}

static void merge_search_attributes(const struct rebuild *rebuild,
                                    const struct wf_search_attributes *given)
{
    struct wf_search_attributes **held = &rebuild->state->search_attributes;

    *held = *held != NULL ? *held : WF_ARENA_NEW(rebuild->arena, struct wf_search_attributes);
    if (*held != NULL && given != NULL) {
        wf_fields_merge(rebuild->arena, &(*held)->indexed_fields, &given->indexed_fields, true);
    }
}

static void restore_start(const struct rebuild *rebuild)
{
    const struct wf_event_workflow_execution_started *started =
        rebuild->event->attributes.workflow_execution_started;

    rebuild->state->versioning = wf_versioning_begin(rebuild->arena, started);
    rebuild->state->memo = own_message(rebuild, &wf_type_memo, started->memo);
    rebuild->state->search_attributes = own_message(rebuild, &wf_type_search_attributes,
                                                    started->search_attributes);
}

/* False when the event is not about the run as a whole. */
static bool apply_to_run(const struct rebuild *rebuild)
{
    const struct wf_event *event = rebuild->event;

    switch (event->attributes_case) {
    case WF_CASE_event_workflow_execution_started:
        restore_start(rebuild);
        return true;
    case WF_CASE_event_workflow_execution_signaled:
        rebuild->state->signal_count++;
        return true;
    case WF_CASE_event_workflow_execution_cancel_requested:
        rebuild->state->is_cancel_requested = true;
        return true;
    case WF_CASE_event_upsert_workflow_search_attributes:
        merge_search_attributes(
            rebuild, event->attributes.upsert_workflow_search_attributes->search_attributes);
        return true;
    case WF_CASE_event_workflow_properties_modified:
        merge_memo(rebuild, event->attributes.workflow_properties_modified->upserted_memo);
        return true;
    case WF_CASE_event_workflow_execution_paused:
    case WF_CASE_event_workflow_execution_unpaused: /* no activity has been pushed yet, so that none need be taken back (7.12) */
        rebuild->state->is_paused = event->attributes_case == WF_CASE_event_workflow_execution_paused;
        return true;
    default:
        return false;
    }
}

/* ---- Workflow tasks ---- */

static void restore_scheduled_task(const struct rebuild *rebuild)
{
    const struct wf_event_workflow_task_scheduled *event =
        rebuild->event->attributes.workflow_task_scheduled;
    struct wf_state_workflow_task *task = WF_ARENA_NEW(rebuild->arena,
                                                       struct wf_state_workflow_task);

    rebuild->state->workflow_task = task;
    if (task != NULL) {
        task->scheduled_event_id = rebuild->event->event_id;
        task->attempt = event->attempt;
        task->timeout_ns = wf_time_of(event->start_to_close_timeout);
        task->scheduled_time_ns = wf_time_of(rebuild->event->event_time);
        task->original_scheduled_time_ns = task->scheduled_time_ns;
    }
}

static void restore_started_task(const struct rebuild *rebuild)
{
    const struct wf_event_workflow_task_started *event =
        rebuild->event->attributes.workflow_task_started;
    struct wf_state_workflow_task *task = rebuild->state->workflow_task;

    if (task != NULL) {
        task->started_event_id = rebuild->event->event_id;
        task->started_time_ns = wf_time_of(rebuild->event->event_time);
        task->request_id = own(rebuild, event->request_id);
        task->identity = own(rebuild, event->identity);
    }
}

/* What routings the run has followed is not in history: the next task may be given by any. */
static void restore_version(const struct rebuild *rebuild)
{
    rebuild->state->versioning = wf_versioning_complete(
        rebuild->arena, rebuild->event->attributes.workflow_task_completed, 0);
}

static bool apply_to_task(const struct rebuild *rebuild)
{
    switch (rebuild->event->attributes_case) {
    case WF_CASE_event_workflow_task_scheduled:
        restore_scheduled_task(rebuild);
        return true;
    case WF_CASE_event_workflow_task_started:
        restore_started_task(rebuild);
        return true;
    case WF_CASE_event_workflow_task_completed:
        rebuild->state->previous_started_event_id =
            rebuild->event->attributes.workflow_task_completed->started_event_id;
        restore_version(rebuild);
        rebuild->state->workflow_task = NULL;
        return true;
    case WF_CASE_event_workflow_task_failed:
        rebuild->state->workflow_task = NULL;
        wf_children_name_parent(rebuild->run,
                                rebuild->event->attributes.workflow_task_failed->base_run_id);
        return true;
    case WF_CASE_event_workflow_task_timed_out:
        rebuild->state->workflow_task = NULL;
        return true;
    default:
        return false;
    }
}

/* ---- Activities and timers ---- */

static void end_activity(const struct rebuild *rebuild, int64_t scheduled_event_id)
{
    struct wf_state_activity *activity = wf_activity_find(rebuild->state, scheduled_event_id);

    if (activity != NULL) {
        WF_LIST_REMOVE(rebuild->state->activities, activity);
    }
}

static void cancel_activity(const struct rebuild *rebuild, int64_t scheduled_event_id)
{
    struct wf_state_activity *activity = wf_activity_find(rebuild->state, scheduled_event_id);

    if (activity != NULL) {
        activity->cancel_requested_event_id = rebuild->event->event_id;
    }
}

static bool apply_to_activity(const struct rebuild *rebuild)
{
    const struct wf_event *event = rebuild->event;
    const int64_t ended_event_id = wf_event_ended_id(event, WF_OWNER_ACTIVITY);

    switch (event->attributes_case) {
    case WF_CASE_event_activity_task_scheduled:
        wf_activity_restore(rebuild->run, event->event_id, event->attributes.activity_task_scheduled,
                            rebuild->times == WF_REBUILD_NOW ? rebuild->shard->now_ns : wf_time_of(event->event_time));
        return true;
    case WF_CASE_event_activity_task_cancel_requested:
        cancel_activity(rebuild,
                        event->attributes.activity_task_cancel_requested->scheduled_event_id);
        return true;
    default:
        if (ended_event_id != 0) {
            end_activity(rebuild, ended_event_id);
        }
        return ended_event_id != 0;
    }
}

/* Timers keep their absolute expiry: what is already due fires at once. */
static void restore_timer(const struct rebuild *rebuild)
{
    const struct wf_event_timer_started *event = rebuild->event->attributes.timer_started;
    struct wf_state_timer *timer = WF_LIST_APPEND(rebuild->arena, rebuild->state->timers);

    if (timer != NULL) {
        timer->timer_id = own(rebuild, event->timer_id);
        timer->started_event_id = rebuild->event->event_id;
        timer->expiry_ns = wf_add_saturating(wf_time_of(rebuild->event->event_time),
                                             wf_time_of(event->start_to_fire_timeout));
    }
}

static void end_timer(const struct rebuild *rebuild, int64_t started_event_id)
{
    for (uint32_t i = 0; i < rebuild->state->timers.count; i++) {
        if (rebuild->state->timers.items[i].started_event_id == started_event_id) {
            WF_LIST_REMOVE(rebuild->state->timers, &rebuild->state->timers.items[i]);
            return;
        }
    }
}

static bool apply_to_timer(const struct rebuild *rebuild)
{
    const struct wf_event *event = rebuild->event;

    switch (event->attributes_case) {
    case WF_CASE_event_timer_started:
        restore_timer(rebuild);
        return true;
    case WF_CASE_event_timer_fired:
        end_timer(rebuild, event->attributes.timer_fired->started_event_id);
        return true;
    case WF_CASE_event_timer_canceled:
        end_timer(rebuild, event->attributes.timer_canceled->started_event_id);
        return true;
    default:
        return false;
    }
}

/* ---- Updates ---- */

static struct wf_state_update *restore_update(const struct rebuild *rebuild, struct wf_string id)
{
    struct wf_state_update *update = wf_state_update_find(rebuild->state, id);

    if (update == NULL) {
        update = WF_LIST_APPEND(rebuild->arena, rebuild->state->updates);
    }
    if (update != NULL && update->update_id.size_bytes == 0) {
        update->update_id = own(rebuild, id);
    }
    return update;
}

static void apply_to_update(const struct rebuild *rebuild)
{
    const struct wf_event *event = rebuild->event;
    struct wf_state_update *update = NULL;

    if (event->attributes_case == WF_CASE_event_workflow_execution_update_accepted) {
        update = restore_update(rebuild, event->attributes.workflow_execution_update_accepted->protocol_instance_id);
        if (update != NULL) {
            update->accepted_event_id = event->event_id;
        }
    } else if (event->attributes_case == WF_CASE_event_workflow_execution_update_completed) {
        const struct wf_event_workflow_execution_update_completed *completed =
            event->attributes.workflow_execution_update_completed;

        update = completed->meta == NULL ? NULL : restore_update(rebuild, completed->meta->update_id);
        if (update != NULL) {
            update->outcome = own_message(rebuild, &wf_type_update_outcome, completed->outcome);
        }
    } else if (event->attributes_case == WF_CASE_event_workflow_execution_update_admitted) {
        const struct wf_update_request *request = event->attributes.workflow_execution_update_admitted->request;

        if (request != NULL && request->meta != NULL) {
            (void)restore_update(rebuild, request->meta->update_id);
        }
    }
}

void wf_state_rebuild(struct wf_shard *shard, struct wf_shard_run *run,
                      const struct wf_event *events, uint32_t count, enum wf_rebuild_times times)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct rebuild rebuild = {.shard = shard,
                                        .run = run,
                                        .arena = &run->arena,
                                        .state = run->state,
                                        .event = &events[i],
                                        .times = times};

        if (!apply_to_run(&rebuild) && !apply_to_task(&rebuild) && !apply_to_activity(&rebuild) &&
            !apply_to_timer(&rebuild) && !wf_nexus_rebuild(run, &events[i])) {
            apply_to_update(&rebuild);
            wf_relations_rebuild(shard, run, &events[i]);
        }
    }
    run->state->next_event_id = (int64_t)count + 1;
    run->state->next_task_attempt = 1;
}

/* ---- Step 4: what pends is sent on its way. A child that has started may still wait to be released. ---- */

void wf_rebuilt_send(struct wf_change *change, bool sends_begun_children)
{
    const struct wf_state_run *state = change->state;

    for (uint32_t i = 0; i < state->activities.count; i++) {
        wf_change_push(change, true, state->activities.items[i].scheduled_event_id, 1, 0);
    }
    for (uint32_t i = 0; i < state->children.count; i++) {
        if (sends_begun_children || state->children.items[i].state == WF_CHILD_INITIATED) {
            wf_change_transfer(change, WF_TRANSFER_START_CHILD, state->children.items[i].initiated_event_id);
        }
    }
    for (uint32_t i = 0; i < state->external_signals.count; i++) {
        wf_change_transfer(change, WF_TRANSFER_SIGNAL_EXTERNAL,
                           state->external_signals.items[i].initiated_event_id);
    }
    for (uint32_t i = 0; i < state->nexus_operations.count; i++) {
        const struct wf_state_nexus *operation = &state->nexus_operations.items[i];

        if (operation->state == WF_NEXUS_SCHEDULED) {
            wf_change_transfer(change, WF_TRANSFER_START_NEXUS, operation->scheduled_event_id);
        } else if (operation->cancel_requested_event_id != 0 && !operation->is_cancel_answered) {
            wf_change_transfer(change, WF_TRANSFER_CANCEL_NEXUS, operation->scheduled_event_id);
        }
    }
    for (uint32_t i = 0; i < state->external_cancels.count; i++) {
        wf_change_transfer(change, WF_TRANSFER_CANCEL_EXTERNAL,
                           state->external_cancels.items[i].initiated_event_id);
    }
}
