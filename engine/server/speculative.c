/*
 * Workflow tasks that exist in memory only, to carry updates to a worker at no cost when the worker rejects them. Any write
 * to the run makes a normal task of one; a completion that says nothing but no leaves nothing of it.
 *
 * Source: engine-semantics 3.10, 3.4 steps 7 and 8.
 */
#include "engine/base/assert.h"
#include "engine/server/update_registry.h"

#define INTERLEAVED_MAX 10 /* 3.10: events that a worker takes back with the task */

/* Nothing is stored that would remember when the task is due. */
static void set_alarm(struct wf_shard *shard, struct wf_workflow *workflow, const struct wf_shard_run *run)
{
    const int64_t due_ns = wf_workflow_task_deadline(run);

    if (due_ns != INT64_MAX) {
        wf_task_remember(shard, workflow, run, due_ns);
    }
}

static void step(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run,
                 enum wf_workflow_task_input input, const struct wf_workflow_task_details *details)
{
    struct wf_change change = {0};
    bool is_stepped = false;

    wf_change_look(&change, shard, workflow, run);
    is_stepped = wf_workflow_task_step(&change, input, details);
    WF_ASSERT(is_stepped);
}

void wf_updates_reconsider(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run)
{
    if (!wf_shard_run_is_open(run)) {
        return;
    }
    if (!wf_workflow_task_is_started(run->state)) {
        wf_updates_take_back(shard, run);
    }
    if (wf_workflow_task_state(run->state) != WF_WORKFLOW_TASK_NONE || run->state->is_in_backoff ||
        run->state->is_held || run->state->is_paused || !wf_updates_are_waiting(run)) {
        return;
    }
    step(shard, workflow, run, WF_WORKFLOW_TASK_SPECULATE, NULL);
    if (run->state->workflow_task != NULL) {
        set_alarm(shard, workflow, run);
        wf_task_push_once(shard, workflow, run);
    }
}

bool wf_speculative_begin_inline(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run,
                                 struct wf_string identity)
{
    const struct wf_workflow_task_details details = {
        .request_id = WF_STR(WF_INLINE_REQUEST_ID), .identity = identity, .is_inline = true};

    if (run->state->is_paused || !wf_updates_are_waiting(run)) {
        return false;
    }
    step(shard, workflow, run, WF_WORKFLOW_TASK_SPECULATE, &details);
    if (run->state->workflow_task == NULL) {
        return false;
    }
    step(shard, workflow, run, WF_WORKFLOW_TASK_START, &details);
    set_alarm(shard, workflow, run);
    return true;
}

void wf_speculative_start(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run,
                          const struct wf_svc_record_workflow_task_started *request)
{
    if (!request->is_sticky) {
        wf_workflow_task_clear_sticky(run->state);
        run->state->workflow_task->is_sticky = false; /* as its event will say, which nobody has written */
    }
    step(shard, workflow, run, WF_WORKFLOW_TASK_START,
         &(struct wf_workflow_task_details){.request_id = request->request_id,
                                             .identity = request->identity,
                                             .taken = request});
    set_alarm(shard, workflow, run);
}

bool wf_speculative_can_vanish(struct wf_shard *shard, const struct wf_shard_run *run,
                               const struct wf_svc_respond_workflow_task_completed *request)
{
    const struct wf_state_run *state = run->state;
    const int64_t interleaved = state->workflow_task->scheduled_event_id - state->previous_started_event_id - 2;

    return wf_workflow_task_state(state) == WF_WORKFLOW_TASK_SPECULATIVE_STARTED &&
           state->previous_started_event_id > 0 && interleaved <= INTERLEAVED_MAX &&
           wf_messages_only_reject(shard, request);
}

/* Collects what the worker says no to. False when it says something that is wrong. */
static bool take_rejections(struct wf_change *change, const struct wf_svc_respond_workflow_task_completed *request)
{
    struct wf_command_outcome outcome = {0};

    wf_messages_apply_rest(change, request, &outcome);
    if (outcome.cause != 0) {
        wf_updates_free_rejections(change->shard, change->rejections);
    }
    return outcome.cause == 0;
}

bool wf_speculative_vanish(struct wf_change *change, const struct wf_operation *operation,
                           const struct wf_svc_respond_workflow_task_completed *request)
{
    struct wf_shard *shard = change->shard;
    struct wf_workflow *workflow = change->workflow;
    struct wf_shard_run *run = change->run;
    struct wf_query_answers *answers = NULL;
    struct wf_reply_plan reply = {.kind = WF_REPLY_COMPLETION,
                                  .scheduled_event_id = INT64_MAX, /* it scheduled no activity */
                                  .reset_event_id = run->state->previous_started_event_id};

    if (!take_rejections(change, request)) {
        return false;
    }
    answers = wf_query_answers_take(shard, run, request);
    step(shard, workflow, run, WF_WORKFLOW_TASK_DISCARD, NULL);
    /* The state is again what is stored, which also gives back the memory of the task. */
    if (wf_shard_run_restore(shard, run, run->committed)) {
        change->state = run->state;
        wf_workflow_task_set_sticky(change, request);
        run->is_close_attempted = false;
        wf_updates_settle(shard, run, change->rejections);
        reply.flag = request->return_new_workflow_task && operation->call_id != 0 &&
                     wf_speculative_begin_inline(shard, workflow, run, request->identity);
        reply.is_full_history = run->state->sticky_queue.size_bytes == 0;
        wf_reply_give(shard, operation->call_id, workflow, run, &reply);
        wf_query_answers_give(shard, answers);
        wf_updates_reconsider(shard, workflow, run);
        wf_query_reconsider(shard, workflow, run);
    }
    wf_query_answers_free(shard, answers);
    wf_updates_free_rejections(shard, change->rejections);
    return true;
}
