/*
 * What the shards of other workflows ask of a run: a parent lets its child begin, a child reports
 * its end.
 *
 * Source: engine-semantics 5.4.
 */
#include "engine/base/assert.h"
#include "engine/server/change.h"

bool wf_is_parent(const struct wf_shard_run *run, const struct wf_workflow_execution *caller)
{
    const struct wf_workflow_execution *parent = run->start->parent;

    return parent != NULL && caller != NULL &&
           wf_string_equal(parent->workflow_id, caller->workflow_id) &&
           wf_string_equal(parent->run_id, caller->run_id);
}

/* Step 5: no-op when the child had a task, which also a cancel request brings. */
WF_OPERATION(schedule_first_task)
{
    const struct wf_reply_plan reply = {.kind = WF_REPLY_EMPTY};
    struct wf_change change = {0};
    bool is_released = false;

    if (run == NULL) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND, "workflow not found for ID");
        return;
    }
    if (!run->state->is_held) {
        wf_reply_give(shard, operation->call_id, workflow, run, &reply);
        return;
    }
    wf_change_init(&change, shard, workflow, run);
    is_released = wf_execution_step(&change, WF_EXECUTION_RELEASE, NULL);
    WF_ASSERT(is_released);
    wf_change_commit(&change, operation, &reply);
}

/* "Closing". NOT_FOUND tells the child that there is nobody to report to, or nothing new. */
WF_OPERATION(record_child_closed)
{
    const struct wf_svc_record_child_closed *request = operation->request->call.record_child_closed;
    const struct wf_reply_plan reply = {.kind = WF_REPLY_EMPTY};
    struct wf_state_child *child = run == NULL || !wf_shard_run_is_open(run)
                                       ? NULL
                                       : wf_child_find(run->state, request->initiated_event_id);
    struct wf_change change = {0};
    bool is_stepped = true;

    if (child == NULL && wf_reset_follow(shard, workflow, run, operation, request->initiated_event_id)) {
        return;
    }
    if (child == NULL || request->child == NULL || request->closing == NULL ||
        !wf_string_equal(child->workflow_id, request->child->workflow_id) ||
        (child->state == WF_CHILD_STARTED &&
         !wf_string_equal(child->run_id, request->first_run_id))) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND, "no such child is pending");
        return;
    }
    wf_change_init(&change, shard, workflow, run);
    if (child->state == WF_CHILD_INITIATED) {
        is_stepped = wf_child_step(&change, child, WF_CHILD_START,
                                   &(struct wf_child_details){.run_id = request->first_run_id});
        WF_ASSERT(is_stepped);
    }
    is_stepped = wf_child_end(&change, child, request->closing, request->child->run_id);
    WF_ASSERT(is_stepped);
    wf_change_commit(&change, operation, &reply);
}
