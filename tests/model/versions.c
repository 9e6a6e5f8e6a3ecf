/*
 * Versions of workers: which a run is on, whether it stays there, what its next runs and its children inherit, and which workers
 * may take its tasks. Queues are the engine's; that a task followed a routing which an operator set is asked.
 *
 * Source: ARCHITECTURE "Decisions", "A versioned task queue is one queue".
 */
#include <stdlib.h>

#include "engine/base/hash.h"
#include "tests/model/transaction.h"

#define OUTDATED "Workflow task was dispatched by an outdated routing."

/* Without a build id: a worker without a version. */
static bool is_same(const struct wf_worker_deployment_version *left, const struct wf_worker_deployment_version *right)
{
    const bool has_left = left != NULL && left->build_id.size_bytes > 0;
    const bool has_right = right != NULL && right->build_id.size_bytes > 0;

    return has_left == has_right && (!has_left || (wf_string_equal(left->build_id, right->build_id) &&
                                                   wf_string_equal(left->deployment_name, right->deployment_name)));
}

static bool is_pinned(const struct wf_state_versioning *versioning)
{
    return versioning != NULL && versioning->behavior == WF_VERSIONING_BEHAVIOR_PINNED;
}

/* ---- The life of a run ---- */

static struct wf_state_versioning *versioning_of(struct model_transaction *tx, int32_t behavior,
                                                 struct wf_worker_deployment_version *version, int64_t revision)
{
    struct wf_state_versioning *versioning = MODEL_NEW(tx, struct wf_state_versioning);

    versioning->behavior = behavior;
    versioning->version = version;
    versioning->revision = revision;
    return versioning;
}

void model_version_begin(struct model_transaction *tx, const struct wf_event_workflow_execution_started *started)
{
    if (started->inherited_pinned_version != NULL) {
        tx->state->versioning = versioning_of(tx, WF_VERSIONING_BEHAVIOR_PINNED, started->inherited_pinned_version, 0);
    } else if (started->inherited_auto_upgrade_info != NULL) {
        tx->state->versioning = versioning_of(
            tx, WF_VERSIONING_BEHAVIOR_AUTO_UPGRADE, started->inherited_auto_upgrade_info->source_deployment_version,
            started->inherited_auto_upgrade_info->source_deployment_revision_number);
    }
}

void model_version_rebuild(struct model_transaction *tx, const struct wf_event *event)
{
    const struct wf_event_workflow_task_completed *completed = NULL;

    if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED) {
        model_version_begin(tx, event->attributes.workflow_execution_started);
    } else if (event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED) {
        completed = event->attributes.workflow_task_completed;
        tx->state->versioning = completed->deployment_version == NULL
                                    ? NULL
                                    : versioning_of(tx, completed->versioning_behavior, completed->deployment_version, 0);
    }
}

void model_version_taken(struct model_transaction *tx, const struct wf_svc_record_workflow_task_started *taken)
{
    struct wf_state_workflow_task *task = tx->state->workflow_task;
    const struct wf_state_versioning *versioning = tx->state->versioning;

    if (taken == NULL) { /* it comes with the answer to another one, and stays with that worker */
        task->worker_version = versioning == NULL ? NULL : versioning->version;
        return;
    }
    task->worker_version = taken->worker_version;
    task->routing_revision = taken->routing_revision;
    task->is_target_changed = taken->target_version != NULL && is_pinned(versioning) &&
                              !is_same(taken->target_version, versioning->version);
}

void model_version_completed(struct model_transaction *tx, struct wf_event_workflow_task_completed *event,
                             int32_t behavior)
{
    const struct wf_state_workflow_task *task = tx->state->workflow_task;
    const int64_t before = tx->state->versioning == NULL ? 0 : tx->state->versioning->revision;

    if (task->worker_version == NULL) {
        tx->state->versioning = NULL;
        return;
    }
    event->versioning_behavior = behavior;
    event->worker_deployment_name = task->worker_version->deployment_name;
    event->deployment_version = task->worker_version;
    tx->state->versioning = versioning_of(tx, behavior, task->worker_version,
                                          task->routing_revision > before ? task->routing_revision : before);
}

/* ---- Inheritance ---- */

static void inherit(struct model_transaction *tx, struct wf_event_workflow_execution_started *started)
{
    const struct wf_state_versioning *versioning = tx->state->versioning;

    if (is_pinned(versioning)) {
        started->inherited_pinned_version = versioning->version;
    } else if (versioning != NULL && versioning->behavior == WF_VERSIONING_BEHAVIOR_AUTO_UPGRADE) {
        started->inherited_auto_upgrade_info = MODEL_NEW(tx, struct wf_inherited_auto_upgrade_info);
        started->inherited_auto_upgrade_info->source_deployment_version = versioning->version;
        started->inherited_auto_upgrade_info->source_deployment_revision_number = versioning->revision;
    }
}

void model_version_continue(struct model_transaction *tx,
                            const struct wf_command_continue_as_new_workflow_execution *command,
                            struct wf_event_workflow_execution_started *started)
{
    started->inherited_pinned_version = NULL;
    started->inherited_auto_upgrade_info = NULL;
    if (wf_string_equal(started->task_queue->name, tx->start->task_queue) &&
        command->initial_versioning_behavior == WF_CONTINUE_AS_NEW_VERSIONING_BEHAVIOR_UNSPECIFIED) {
        inherit(tx, started);
    }
}

/* A retry begins with what the run had inherited, while that is still so; a slot of a schedule with nothing. */
void model_version_repeat(struct model_transaction *tx, struct wf_event_workflow_execution_started *started, bool is_retry)
{
    const int32_t behavior = tx->state->versioning == NULL ? 0 : tx->state->versioning->behavior;

    if (!is_retry || behavior != WF_VERSIONING_BEHAVIOR_PINNED) {
        started->inherited_pinned_version = NULL;
    }
    if (!is_retry || behavior != WF_VERSIONING_BEHAVIOR_AUTO_UPGRADE) {
        started->inherited_auto_upgrade_info = NULL;
    }
}

/* What a parent was on, by an event of its history; false: the event does not tell. */
static bool told_by(const struct wf_event *event, struct wf_state_versioning *versioning)
{
    *versioning = (struct wf_state_versioning){0};
    if (event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED) {
        versioning->behavior = event->attributes.workflow_task_completed->versioning_behavior;
        versioning->version = event->attributes.workflow_task_completed->deployment_version;
        return true;
    }
    return false;
}

static bool is_inherited(const struct wf_svc_start_workflow *start, const struct wf_state_versioning *versioning)
{
    const struct wf_inherited_auto_upgrade_info *upgraded = start->inherited_auto_upgrade_info;

    switch (versioning->behavior) {
    case WF_VERSIONING_BEHAVIOR_PINNED:
        return upgraded == NULL && is_same(start->inherited_pinned_version, versioning->version);
    case WF_VERSIONING_BEHAVIOR_AUTO_UPGRADE:
        return start->inherited_pinned_version == NULL && upgraded != NULL &&
               is_same(upgraded->source_deployment_version, versioning->version);
    default:
        return start->inherited_pinned_version == NULL && upgraded == NULL;
    }
}

/* A child inherits what its parent was on at some time since it asked for the child. */
static const char *judge_child(struct model *model, const struct wf_svc_start_workflow *start)
{
    const struct model_run *parent = model_run_find(model, start->parent->workflow_id, start->parent->run_id);
    const struct wf_state_versioning none = {0};
    struct wf_state_versioning last = {0};
    struct wf_state_versioning told = {0};
    struct wf_history_message history = {0};

    if (parent == NULL) {
        return "a child of a run that is not there";
    }
    if (!wf_string_equal(start->task_queue, parent->start->task_queue)) {
        return is_inherited(start, &none) ? NULL : "a child inherits a version on a queue that may not have it";
    }
    history = model_run_events(parent, &model->step_arena, 1);
    for (uint32_t i = 0; i < history.events.count; i++) {
        if (!told_by(&history.events.items[i], &told)) {
            continue;
        }
        if (history.events.items[i].event_id > start->parent_initiated_event_id && is_inherited(start, &last)) {
            return NULL;
        }
        last = told;
    }
    return is_inherited(start, &last) ? NULL : "a child inherits what its parent was not on";
}

/* ---- Who may take a task ---- */

static struct wf_string routing_key(struct wf_arena *arena, struct wf_string task_queue, int64_t revision)
{
    struct wf_buffer text = {0};

    wf_buffer_init(&text, arena);
    wf_buffer_printf(&text, "%S\n%lld", &task_queue, (long long)revision);
    return wf_buffer_string(&text);
}

void model_note_routing(struct model *model, const struct wf_svc_request *request)
{
    const struct wf_svc_set_routing *set = request->call.set_routing;

    if (request->call_case == WF_CASE_svc_request_set_routing && !set->is_activity && set->routing != NULL) {
        void *copy = wf_message_copy(&model->arena, &wf_type_svc_version_routing, set->routing);

        if (copy == NULL) {
            abort();
        }
        wf_map_set(&model->routings, routing_key(&model->arena, set->task_queue, set->routing->revision), copy);
    }
}

bool model_version_is_outdated(const struct wf_state_run *state, const struct wf_svc_record_workflow_task_started *request)
{
    const struct wf_state_versioning *versioning = state->versioning;

    return versioning != NULL && !is_same(request->worker_version, versioning->version) &&
           (is_pinned(versioning) || request->routing_revision < versioning->revision);
}

/* The worker is the one to whom the routing of that revision sends the workflow. */
static const char *judge_routing(struct model *model, const struct model_run *run,
                                 const struct wf_svc_record_workflow_task_started *request)
{
    const struct wf_svc_version_routing *routing = wf_map_get(
        &model->routings, routing_key(&model->step_arena, run->start->task_queue, request->routing_revision));
    const struct wf_string id = request->workflow_execution->workflow_id;
    struct wf_worker_deployment_version target = {0};

    if (routing == NULL) {
        return "a task follows a routing that nobody set";
    }
    target.deployment_name = routing->deployment_name;
    target.build_id = wf_hash_bytes(id.data, id.size_bytes) % 100 < (uint64_t)routing->ramping_percent
                          ? routing->ramping_build_id
                          : routing->current_build_id;
    return is_same(request->worker_version, &target) ? NULL : "a task went to another version than its routing says";
}

static bool is_outdated_refusal(const struct wf_svc_response *response)
{
    return response->status == WF_CALL_UNAVAILABLE && wf_string_is(response->message, OUTDATED);
}

const char *model_judge_versions(struct model *model, const struct wf_svc_request *request,
                                 const struct wf_svc_response *response, bool is_owner)
{
    const struct wf_svc_record_workflow_task_started *started = NULL;
    const struct model_run *run = NULL;
    const char *what = NULL;

    if (request->call_case == WF_CASE_svc_request_start_workflow) {
        return request->call.start_workflow->parent == NULL || response->status != WF_CALL_OK
                   ? NULL
                   : judge_child(model, request->call.start_workflow);
    }
    if (request->call_case != WF_CASE_svc_request_record_workflow_task_started) {
        return NULL;
    }
    started = request->call.record_workflow_task_started;
    run = model_run_find(model, started->workflow_execution->workflow_id, started->workflow_execution->run_id);
    if (run == NULL) {
        return NULL;
    }
    what = started->routing_revision == 0 ? NULL : judge_routing(model, run, started);
    if (what == NULL && is_owner && is_outdated_refusal(response) &&
        !model_version_is_outdated(run->state, started)) {
        what = "a task is refused to a worker that may take it";
    }
    return what;
}
