/*
 * Reset: a run goes on from an earlier workflow task, as a new run whose history begins with a copy of the old one's. The
 * current run, whichever it is, ends in the same transaction; what came from outside since is applied again.
 *
 * Upstream forks the branch of nodes; here the write carries copies, because a closed run leaves the database with all that
 * is its own. The operation comes here once it has the run, the current one, and the histories of both and of what
 * continued them (workflows.c).
 *
 * Source: engine-semantics 7.10.
 */
#include "engine/base/assert.h"
#include "engine/server/change.h"

#define RESETTER "history-resetter"

/* One reset at hand. */
struct reset {
    struct wf_shard *shard;
    struct wf_workflow *workflow;
    struct wf_shard_run *base;
    struct wf_operation *operation;
    const struct wf_svc_reset_workflow *request;
    struct wf_history_message history; /* of the base */
    struct wf_change ending;           /* of the current run; without a run when none is open */
    struct wf_change created;
};

/* ---- Histories ---- */

static bool decode_rows(struct wf_shard *shard, const struct wf_kept_history *kept,
                        struct wf_db_history_rows *rows, struct wf_history_message *history)
{
    const struct wf_string bytes = wf_string_copy(
        &shard->step_arena, (struct wf_string){kept->bytes, kept->size_bytes});

    if (wf_wire_decode(&shard->step_arena, &wf_type_db_history_rows, bytes, rows, NULL) != WF_OK) {
        return false;
    }
    for (uint32_t i = 0; i < rows->batches.count; i++) {
        if (wf_wire_decode(&shard->step_arena, &wf_type_history_message,
                           rows->batches.items[i].bytes, history, NULL) != WF_OK) {
            return false;
        }
    }
    return true;
}

/* The batches up to the event before the point; the one that the point lies in is cut. False when memory is gone. */
static bool fork_history(struct reset *reset, const struct wf_db_history_rows *rows,
                         struct wf_fork *fork)
{
    struct wf_arena *arena = &reset->shard->step_arena;

    fork->run_id = wf_run_id_string(&reset->base->id);
    fork->last_event_id = reset->request->workflow_task_finish_event_id - 1;
    for (uint32_t i = 0; i < rows->batches.count; i++) {
        const struct wf_db_batch *given = &rows->batches.items[i];
        const int64_t left = fork->last_event_id - given->first_event_id + 1;
        struct wf_db_batch *batch = left <= 0 ? NULL : WF_LIST_APPEND(arena, fork->batches);
        struct wf_buffer bytes = {0};

        if (left <= 0) {
            break;
        }
        if (batch == NULL) {
            return false;
        }
        *batch = *given;
        if (given->event_count > left) {
            const struct wf_history_message part = {
                .events = {.items = &reset->history.events.items[given->first_event_id - 1],
                           .count = (uint32_t)left}};

            wf_buffer_init(&bytes, arena);
            wf_wire_encode(&wf_type_history_message, &part, &bytes);
            batch->event_count = left;
            batch->bytes = wf_buffer_string(&bytes);
        }
    }
    return true;
}

/* ---- The point ---- */

/* NULL, or why the run cannot go on from before this event (step 1). */
static const char *check_point(const struct wf_history_message *history, int64_t event_id)
{
    const struct wf_event *last = NULL;
    bool has_task = false;
    bool is_pending = false;

    if (event_id <= 1 || event_id > (int64_t)history->events.count) {
        return "WorkflowTaskFinishEventId is not an event of the history after the first.";
    }
    for (int64_t i = 0; i < event_id - 1; i++) {
        last = &history->events.items[i];
        switch (last->event_type) {
        case WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED:
            has_task = true;
            is_pending = true;
            break;
        case WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
        case WF_EVENT_TYPE_WORKFLOW_TASK_FAILED:
        case WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
            is_pending = false;
            break;
        default:
            break;
        }
    }
    if (!has_task) {
        return "The history has no workflow task before WorkflowTaskFinishEventId.";
    }
    /* A task that has just failed is tried again, transiently. */
    is_pending = is_pending || last->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_FAILED ||
                 (last->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT &&
                  last->attributes.workflow_task_timed_out->timeout_type ==
                      WF_TIMEOUT_TYPE_START_TO_CLOSE);
    return is_pending ? NULL
                      : "WorkflowTaskFinishEventId is not at the boundary of a workflow task.";
}

/* Step 7: the run that an earlier one of these requests made, or NULL. */
static const struct wf_string *made_before(const struct reset *reset)
{
    const struct wf_state_run *state = reset->base->state;

    if (reset->request->request_id.size_bytes == 0) {
        return NULL;
    }
    for (uint32_t i = 0; i < state->resets.count; i++) {
        if (wf_string_equal(state->resets.items[i].request_id, reset->request->request_id)) {
            return &state->resets.items[i].run_id;
        }
    }
    return wf_string_equal(reset->base->start->reset_request_id, reset->request->request_id)
               ? &reset->base->start->run_id
               : NULL;
}

/* ---- The new run ---- */

/* As the base started, with new deadlines. */
static bool begin_run(struct reset *reset, struct wf_shard_run *run)
{
    struct wf_state_start *start = run->start;
    struct wf_buffer bytes = {0};

    if (!wf_message_copy_into(&run->arena, &wf_type_state_start, start, reset->base->start)) {
        return false;
    }
    run->first_id = reset->base->first_id;
    start->run_id = wf_string_copy(&run->arena, wf_run_id_string(&run->id));
    start->reset_request_id = wf_string_copy(&run->arena, reset->request->request_id);
    wf_execution_begin_anew(start, reset->shard->now_ns);
    wf_buffer_init(&bytes, &run->arena);
    wf_wire_encode(&wf_type_state_start, start, &bytes);
    run->state->start = wf_buffer_string(&bytes);
    run->state->status = WF_WORKFLOW_EXECUTION_STATUS_RUNNING;
    return true;
}

/* What no event says of children is the base's to pass on: the clock of their owner (8.2 rule 6), and which run they know as
 * their parent, the base unless an earlier reset brought them there. Of a child that has ended since nothing is needed. */
static void keep_children(const struct reset *reset, struct wf_shard_run *run)
{
    for (uint32_t i = 0; i < run->state->children.count; i++) {
        struct wf_state_child *child = &run->state->children.items[i];
        const struct wf_state_child *known = wf_child_find(reset->base->state,
                                                           child->initiated_event_id);
        const bool is_from_before = known != NULL && known->parent_run_id.size_bytes > 0;

        child->shard_clock = known == NULL ? 0 : known->shard_clock;
        child->parent_run_id = wf_string_copy(
            &run->arena, is_from_before ? known->parent_run_id : wf_run_id_string(&reset->base->id));
    }
}

/* NULL when memory is gone. */
static struct wf_shard_run *create_run(struct reset *reset, const struct wf_fork *fork)
{
    struct wf_shard_run *run = wf_shard_run_new(reset->shard);

    if (run == NULL) {
        return NULL;
    }
    run->id = wf_shard_draw_uuid(reset->shard);
    if (!begin_run(reset, run)) {
        return NULL;
    }
    wf_state_rebuild(reset->shard, run, reset->history.events.items,
                     (uint32_t)fork->last_event_id, WF_REBUILD_NOW);
    keep_children(reset, run);
    for (uint32_t i = 0; i < fork->batches.count; i++) {
        run->state->history_size_bytes += (int64_t)fork->batches.items[i].bytes.size_bytes;
    }
    wf_change_init(&reset->created, reset->shard, reset->workflow, run);
    reset->created.fork = fork;
    return run;
}

/* NULL when memory is gone. */
static struct wf_failure *make_failure(const struct reset *reset)
{
    struct wf_reset_workflow_failure_info info = {0};
    const struct wf_failure failure = {.message = reset->request->reason,
                                       .failure_info_case = WF_CASE_failure_reset_workflow_failure_info,
                                       .failure_info.reset_workflow_failure_info = &info};

    return wf_message_copy(&reset->shard->step_arena, &wf_type_failure, &failure);
}

/* Step 3: the task that the copied events leave pending fails. */
static void fail_task(struct reset *reset)
{
    const bool is_failed = wf_workflow_task_step(
        &reset->created, WF_WORKFLOW_TASK_RESET,
        &(struct wf_workflow_task_details){
            .failure = make_failure(reset), .base_run_id = wf_run_id_string(&reset->base->id)});

    WF_ASSERT(is_failed);
    reset->created.wants_task = true;
}

/* Step 4: the outcome of an attempt whose start is among the copied events stays with the base. */
static void fail_begun_activities(struct reset *reset)
{
    const int64_t copied_count = reset->request->workflow_task_finish_event_id - 1;

    for (int64_t i = 0; i < copied_count; i++) {
        const struct wf_event *event = &reset->history.events.items[i];
        const struct wf_event_activity_task_started *started =
            event->attributes_case == WF_CASE_event_activity_task_started ? event->attributes.activity_task_started : NULL;
        struct wf_state_activity *activity =
            started == NULL ? NULL : wf_activity_find(reset->created.state, started->scheduled_event_id);

        if (activity != NULL) {
            const bool is_failed = wf_activity_step(
                &reset->created, activity, WF_ACTIVITY_RESET_RUN,
                &(struct wf_activity_details){.failure = make_failure(reset),
                                              .started_event_id = event->event_id,
                                              .identity = started->identity,
                                              .retry_state = WF_RETRY_STATE_NON_RETRYABLE_FAILURE});

            WF_ASSERT(is_failed);
        }
    }
}

/* ---- What came from outside since (step 6) ---- */

static bool is_excluded(const struct reset *reset, enum wf_reset_reapply_exclude_type type)
{
    for (uint32_t i = 0; i < reset->request->reset_reapply_exclude_types.count; i++) {
        if (reset->request->reset_reapply_exclude_types.items[i] == (int32_t)type) {
            return true;
        }
    }
    return false;
}

/* The request's id stays in the event, and the set of ids stays as it is. */
static void reapply_signal(struct wf_change *created, const struct wf_event *event)
{
    struct wf_event_workflow_execution_signaled *copy = wf_change_event(
        created, WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, created->now_ns);

    if (copy != NULL) {
        *copy = *event->attributes.workflow_execution_signaled;
    }
    created->state->signal_count++;
}

/* One that was accepted or admitted after the point is admitted once more, by an event that has its request. */
static void reapply_update(struct wf_change *created, const struct wf_event *event)
{
    struct wf_update_request *const request =
        event->attributes_case == WF_CASE_event_workflow_execution_update_accepted
            ? event->attributes.workflow_execution_update_accepted->accepted_request
            : event->attributes.workflow_execution_update_admitted->request;
    struct wf_event_workflow_execution_update_admitted *admitted = NULL;

    if (request == NULL || request->meta == NULL ||
        !wf_update_admit_again(created, request->meta->update_id)) {
        return;
    }
    admitted = wf_change_event(created, WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ADMITTED, created->now_ns);
    if (admitted != NULL) {
        admitted->request = request;
        admitted->origin = WF_UPDATE_ADMITTED_EVENT_ORIGIN_REAPPLY;
    }
}

static bool is_of_update(const struct wf_event *event)
{
    return event->attributes_case == WF_CASE_event_workflow_execution_update_accepted ||
           event->attributes_case == WF_CASE_event_workflow_execution_update_admitted;
}

static void reapply(struct reset *reset, const struct wf_event *event, bool is_of_base)
{
    if (is_of_update(event)) {
        if (reset->request->reset_reapply_type != WF_RESET_REAPPLY_TYPE_NONE &&
            reset->request->reset_reapply_type != WF_RESET_REAPPLY_TYPE_SIGNAL &&
            !is_excluded(reset, WF_RESET_REAPPLY_EXCLUDE_TYPE_UPDATE)) {
            reapply_update(&reset->created, event);
        }
        return;
    }
    if (event->attributes_case == WF_CASE_event_workflow_execution_signaled) {
        if (reset->request->reset_reapply_type != WF_RESET_REAPPLY_TYPE_NONE &&
            !is_excluded(reset, WF_RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL) &&
            !wf_is_planted(reset->shard->config, WF_PLANT_RESET_DROPS_SIGNALS)) {
            reapply_signal(&reset->created, event);
        }
    } else if (is_of_base) {
        wf_child_reapply(&reset->created, event);
        if (!is_excluded(reset, WF_RESET_REAPPLY_EXCLUDE_TYPE_NEXUS)) {
            wf_nexus_reapply(&reset->created, event);
        }
    }
}

static void reapply_all(struct reset *reset)
{
    const struct wf_kept_history *kept = reset->operation->histories;
    const struct wf_kept_history *last = kept;
    const int64_t event_id = reset->request->workflow_task_finish_event_id;

    for (uint32_t i = (uint32_t)event_id - 1; i < reset->history.events.count; i++) {
        reapply(reset, &reset->history.events.items[i], true);
    }
    for (kept = kept->next; kept != NULL; kept = kept->next) {
        struct wf_db_history_rows rows = {0};
        struct wf_history_message history = {0};

        if (!decode_rows(reset->shard, kept, &rows, &history)) {
            return;
        }
        for (uint32_t i = 0; i < history.events.count; i++) {
            reapply(reset, &history.events.items[i], false);
        }
        last = kept;
    }
    /* The end of the current run has given ids to what was buffered. */
    if (reset->ending.run != NULL &&
        memcmp(&reset->ending.run->id, &last->run_id, sizeof last->run_id) == 0) {
        for (uint32_t i = 0; i < reset->ending.history.events.count; i++) {
            reapply(reset, &reset->ending.history.events.items[i], reset->ending.run == reset->base);
        }
    }
}

/* ---- All together ---- */

/* Step 5. */
static void end_current(struct reset *reset)
{
    if (reset->workflow->run == NULL) {
        return;
    }
    wf_change_init(&reset->ending, reset->shard, reset->workflow, reset->workflow->run);
    reset->ending.state->is_reset_away = true;
    wf_execution_terminate(&reset->ending, reset->request->reason, NULL, WF_STR(RESETTER));
}

/* The base knows what was made of it, for repeated requests and for the reports of its children. */
static void link_base(struct reset *reset)
{
    struct wf_shard_run *base = reset->base;
    struct wf_state_reset *link = WF_LIST_APPEND(&base->arena, base->state->resets);

    if (link != NULL) {
        link->request_id = wf_string_copy(&base->arena, reset->request->request_id);
        link->run_id = wf_string_copy(&base->arena, wf_run_id_string(&reset->created.run->id));
        link->event_id = reset->request->workflow_task_finish_event_id;
    }
}

static void commit(struct reset *reset)
{
    const struct wf_reply_plan reply = {
        .kind = WF_REPLY_STARTED, .flag = true, .run_id = reset->created.run->id};
    struct wf_change *change = reset->ending.run != NULL ? &reset->ending : &reset->created;

    change->linked = reset->base == reset->ending.run ? NULL : reset->base;
    if (reset->ending.run != NULL) {
        reset->ending.successor = reset->created.run;
        reset->ending.successor_change = &reset->created;
        wf_change_commit(&reset->ending, reset->operation, &reply);
    } else {
        wf_change_create(&reset->created, reset->operation, &reply, WF_CURRENT_IS_CLOSED_RUN,
                         wf_string_copy(&reset->shard->step_arena,
                                        wf_run_id_string(&reset->workflow->current_run_id)));
    }
}

static void perform(struct reset *reset, const struct wf_db_history_rows *rows)
{
    struct wf_fork *fork = WF_ARENA_NEW(&reset->shard->step_arena, struct wf_fork);

    if (fork == NULL || !fork_history(reset, rows, fork) || create_run(reset, fork) == NULL) {
        return;
    }
    end_current(reset);
    fail_task(reset);
    fail_begun_activities(reset);
    reapply_all(reset);
    wf_rebuilt_send(&reset->created, true);
    link_base(reset);
    commit(reset);
}

WF_OPERATION(reset)
{
    struct reset *reset = WF_ARENA_NEW(&shard->step_arena, struct reset);
    struct wf_db_history_rows rows = {0};
    const struct wf_string *made = NULL;
    const char *problem = NULL;

    if (run == NULL || reset == NULL) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND, "workflow not found for ID");
        return;
    }
    reset->shard = shard;
    reset->workflow = workflow;
    reset->base = run;
    reset->operation = operation;
    reset->request = operation->request->call.reset_workflow;
    made = made_before(reset);
    if (made != NULL) {
        struct wf_reply_plan reply = {.kind = WF_REPLY_STARTED};

        if (wf_run_id_read(*made, &reply.run_id)) {
            wf_reply_give(shard, operation->call_id, workflow, run, &reply);
        }
        return;
    }
    if (!decode_rows(shard, operation->histories, &rows, &reset->history)) {
        wf_refuse(shard, operation, WF_CALL_UNAVAILABLE, "The history cannot be read.");
        return;
    }
    problem = check_point(&reset->history, reset->request->workflow_task_finish_event_id);
    if (problem != NULL) {
        wf_refuse(shard, operation, WF_CALL_INVALID_ARGUMENT, problem);
        return;
    }
    perform(reset, &rows);
}

/* What concerns an event that the new run has copied is for it now (5.4 "Closing"). */
bool wf_reset_follow(struct wf_shard *shard, struct wf_workflow *workflow, const struct wf_shard_run *run,
                     const struct wf_operation *operation, int64_t event_id)
{
    const struct wf_state_reset *last = run == NULL || run->state->resets.count == 0
                                            ? NULL
                                            : &run->state->resets.items[run->state->resets.count - 1];
    struct wf_operation onward = {.kind = WF_OPERATION_REQUEST,
                                  .call_id = operation->call_id,
                                  .request = operation->request};

    if (last == NULL || event_id >= last->event_id || !wf_run_id_read(last->run_id, &onward.run_id)) {
        return false;
    }
    wf_workflow_wait(shard, workflow, &onward);
    return true;
}
