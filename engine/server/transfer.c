/*
 * Transfer tasks about other workflows: each calls the shard of another workflow until that has
 * answered for good, then records the answer in its own run. Nothing but the state says what is
 * still to do, so that an execution may begin again anywhere, by this owner or the next.
 *
 * A task is executed as an operation on its workflow; its call leaves the workflow unlocked, and the
 * answer brings the operation again. A run may therefore close while a call is under way, which is
 * also what happens when an owner crashes there (8.3).
 *
 * A child whose start is not recorded when its parent closes is left to its start task, which knows
 * whether a call is under way: when that has ended, the parent close policy goes to the run that it
 * may have made, matched by its parent. Upstream's close task does that, and a start that arrives
 * after it makes a run that nobody ever ends. So does here one that arrives after its caller gave up
 * on it: it waits where a shard cannot be acquired, while another server answers for that shard.
 *
 * Not carried: the removal of a delivered signal's request id from the target, which is best effort
 * and would let a late copy of the call through.
 *
 * Source: engine-semantics 5.3, 5.4, 8.4.
 */
#include "engine/base/assert.h"
#include "engine/server/change.h"

#define CLOSE_REASON "by parent close policy"

/* The one execution at hand. */
struct transfer {
    struct wf_shard *shard;
    struct wf_workflow *workflow;
    struct wf_shard_run *run;
    struct wf_operation *operation;
    struct wf_task_record *task;
};

/* ---- Calls ---- */

static struct wf_workflow_execution *self_of(const struct transfer *transfer)
{
    return wf_execution_message(transfer->shard, transfer->workflow->id,
                                wf_run_id_string(&transfer->run->id));
}

/* As the child knows its parent: by the run that began it, which a reset may have replaced. */
static struct wf_workflow_execution *parent_of(const struct transfer *transfer,
                                               const struct wf_state_child *child)
{
    return child->parent_run_id.size_bytes == 0
               ? self_of(transfer)
               : wf_execution_message(transfer->shard, transfer->workflow->id,
                                      child->parent_run_id);
}

/* A call to the shard of another workflow, or to a Nexus endpoint; call is the message, or NULL when memory is gone. */
static void send_to(const struct transfer *transfer, enum wf_target target, struct wf_string key,
                    uint32_t call_case, void *call)
{
    struct wf_shard *shard = transfer->shard;
    struct wf_svc_request *request = WF_ARENA_NEW(&shard->step_arena, struct wf_svc_request);
    struct wf_service_output *output = NULL;

    if (request == NULL || call == NULL) {
        return;
    }
    request->call_case = call_case;
    request->call.any = call;
    transfer->task->is_busy = true;
    transfer->task->progress.has_answer = false;
    output = wf_shard_output(shard, WF_SERVICE_CALL,
                             wf_pending_add(shard, WF_PENDING_PUSH, transfer->task));
    if (output != NULL) {
        output->target = target;
        output->key = wf_string_copy(&shard->step_arena, key);
        output->request = request;
    }
}

static void send(const struct transfer *transfer, struct wf_string workflow_id, uint32_t call_case,
                 void *call)
{
    send_to(transfer, WF_TARGET_HISTORY, workflow_id, call_case, call);
}

static void *copy(const struct transfer *transfer, const struct wf_message_type *type,
                  const void *message)
{
    return message == NULL ? NULL
                           : wf_message_copy(&transfer->shard->step_arena, type, message);
}

static bool has_answer(const struct transfer *transfer)
{
    return transfer->task->progress.has_answer;
}

static void finish(const struct transfer *transfer)
{
    wf_task_done(transfer->shard, transfer->task);
}

/* ---- Children: start (5.4) ---- */

static struct wf_string start_request_id(const struct transfer *transfer,
                                         const struct wf_state_child *child)
{
    struct wf_buffer text = {0};
    const struct wf_string run_id = child->parent_run_id.size_bytes == 0
                                        ? wf_run_id_string(&transfer->run->id)
                                        : child->parent_run_id;

    /* Step 2: the same for every execution; the version of a namespace that is not replicated is 0. */
    wf_buffer_init(&text, &transfer->shard->step_arena);
    wf_buffer_printf(&text, "%S:%lld:0", &run_id, (long long)transfer->task->scheduled_event_id);
    return wf_buffer_string(&text);
}

/* A queue of another name may have no workers of the parent's version. */
static void inherit_version(const struct transfer *transfer, struct wf_svc_start_workflow *start)
{
    struct wf_state_versioning *versioning = wf_versioning_copy(&transfer->shard->step_arena,
                                                                transfer->run->state->versioning);

    if (wf_string_equal(start->task_queue, transfer->run->start->task_queue)) {
        wf_versioning_inherit(transfer->shard->config, &transfer->shard->step_arena, versioning,
                              &start->inherited_pinned_version, &start->inherited_auto_upgrade_info);
    }
}

static void send_start(const struct transfer *transfer, const struct wf_state_child *child)
{
    struct wf_arena *arena = &transfer->shard->step_arena;
    const struct wf_event_start_child_workflow_execution_initiated *initiated = child->initiated;
    struct wf_svc_start_workflow *start = WF_ARENA_NEW(arena, struct wf_svc_start_workflow);

    if (start == NULL) {
        return;
    }
    start->workflow_id = wf_string_copy(arena, child->workflow_id);
    start->workflow_type = wf_string_copy(arena, child->workflow_type);
    start->task_queue = wf_string_copy(arena, initiated->task_queue->name);
    start->input = copy(transfer, &wf_type_payloads, initiated->input);
    start->workflow_execution_timeout = initiated->workflow_execution_timeout;
    start->workflow_run_timeout = initiated->workflow_run_timeout;
    start->workflow_task_timeout = initiated->workflow_task_timeout;
    start->request_id = start_request_id(transfer, child);
    start->workflow_id_reuse_policy = initiated->workflow_id_reuse_policy;
    start->cron_schedule = wf_string_copy(arena, initiated->cron_schedule);
    start->retry_policy = copy(transfer, &wf_type_retry_policy, initiated->retry_policy);
    start->header = copy(transfer, &wf_type_header, initiated->header);
    start->memo = copy(transfer, &wf_type_memo, initiated->memo);
    start->search_attributes = copy(transfer, &wf_type_search_attributes,
                                    initiated->search_attributes);
    start->parent = parent_of(transfer, child);
    start->parent_initiated_event_id = child->initiated_event_id;
    start->parent_shard_clock = wf_shard_clock(transfer->shard);
    start->root = transfer->run->start->root == NULL
                      ? parent_of(transfer, child)
                      : copy(transfer, &wf_type_workflow_execution, transfer->run->start->root);
    inherit_version(transfer, start);
    send(transfer, start->workflow_id, WF_CASE_svc_request_start_workflow, start);
}

/* Step 3: why there is no child. A refusal that the service has no name for is not called a duplicate. */
static int32_t start_failed_cause(int32_t status)
{
    switch (status) {
    case WF_CALL_ALREADY_STARTED:
        return WF_START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS;
    case WF_CALL_NOT_FOUND:
        return WF_START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_NAMESPACE_NOT_FOUND;
    default:
        return WF_START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_UNSPECIFIED;
    }
}

/* Steps 3 and 4: the answer becomes an event, in a transaction of its own. */
static void record_start(const struct transfer *transfer, struct wf_state_child *child)
{
    const struct wf_reply_plan reply = {.kind = WF_REPLY_NONE};
    struct wf_transfer_progress *progress = &transfer->task->progress;
    struct wf_change change = {0};
    bool is_stepped = false;

    wf_change_init(&change, transfer->shard, transfer->workflow, transfer->run);
    progress->goes_on = progress->status == WF_CALL_OK;
    if (progress->status == WF_CALL_OK) {
        is_stepped = wf_child_step(
            &change, child, WF_CHILD_START,
            &(struct wf_child_details){.run_id = wf_run_id_string(&progress->run_id),
                                       .shard_clock = progress->shard_clock});
    } else {
        is_stepped = wf_child_step(
            &change, child, WF_CHILD_FAIL_START,
            &(struct wf_child_details){.cause = start_failed_cause(progress->status)});
    }
    WF_ASSERT(is_stepped);
    wf_change_commit(&change, transfer->operation, &reply);
}

static void send_release(const struct transfer *transfer, const struct wf_state_child *child)
{
    struct wf_svc_schedule_first_task *release = WF_ARENA_NEW(&transfer->shard->step_arena,
                                                              struct wf_svc_schedule_first_task);

    if (release == NULL) {
        return;
    }
    release->workflow_execution = wf_execution_message(transfer->shard, child->workflow_id,
                                                       child->run_id);
    release->shard_clock = child->shard_clock;
    send(transfer, child->workflow_id, WF_CASE_svc_request_schedule_first_task, release);
}

/* ---- Parent close policy (5.4) ---- */

static void send_terminate(const struct transfer *transfer, const struct wf_state_child *child)
{
    struct wf_svc_terminate *terminate = WF_ARENA_NEW(&transfer->shard->step_arena,
                                                      struct wf_svc_terminate);

    if (terminate == NULL) {
        return;
    }
    terminate->workflow_execution = wf_execution_message(transfer->shard, child->workflow_id,
                                                         (struct wf_string){0});
    terminate->first_execution_run_id = wf_string_copy(&transfer->shard->step_arena, child->run_id);
    terminate->reason = WF_STR(CLOSE_REASON);
    terminate->identity = WF_STR(WF_HISTORY_SERVICE);
    terminate->external_workflow_execution = parent_of(transfer, child);
    terminate->child_workflow_only = true;
    terminate->shard_clock = child->shard_clock;
    send(transfer, child->workflow_id, WF_CASE_svc_request_terminate, terminate);
}

static void send_close_cancel(const struct transfer *transfer, const struct wf_state_child *child)
{
    struct wf_svc_request_cancel *cancel = WF_ARENA_NEW(&transfer->shard->step_arena,
                                                        struct wf_svc_request_cancel);

    if (cancel == NULL) {
        return;
    }
    cancel->workflow_execution = wf_execution_message(transfer->shard, child->workflow_id,
                                                      (struct wf_string){0});
    cancel->first_execution_run_id = wf_string_copy(&transfer->shard->step_arena, child->run_id);
    cancel->reason = WF_STR(CLOSE_REASON);
    cancel->identity = WF_STR(WF_HISTORY_SERVICE);
    cancel->external_workflow_execution = parent_of(transfer, child);
    cancel->child_workflow_only = true;
    cancel->shard_clock = child->shard_clock;
    send(transfer, child->workflow_id, WF_CASE_svc_request_request_cancel, cancel);
}

static bool has_policy(const struct wf_state_child *child)
{
    return child->parent_close_policy != WF_PARENT_CLOSE_POLICY_ABANDON;
}

static void send_policy(const struct transfer *transfer, const struct wf_state_child *child)
{
    if (child->parent_close_policy == WF_PARENT_CLOSE_POLICY_REQUEST_CANCEL) {
        send_close_cancel(transfer, child);
    } else {
        send_terminate(transfer, child);
    }
}

/* ---- Children: the task ---- */

enum { START_STEP_START, START_STEP_POLICY, START_STEP_RELEASE };

/* Step 1, of a child whose start is not recorded: see the head of the file. */
static void abandon_start(const struct transfer *transfer, const struct wf_state_child *child)
{
    struct wf_transfer_progress *progress = &transfer->task->progress;

    /* After a reset the new run's own task goes on with the start. */
    if (transfer->run->state->is_reset_away || !has_policy(child) || (progress->step == START_STEP_POLICY && has_answer(transfer))) {
        finish(transfer);
        return;
    }
    progress->step = START_STEP_POLICY;
    send_policy(transfer, child);
}

static void run_start_child(const struct transfer *transfer)
{
    struct wf_transfer_progress *progress = &transfer->task->progress;
    struct wf_state_child *child = wf_child_find(transfer->run->state,
                                                 transfer->task->scheduled_event_id);
    const bool is_open = wf_shard_run_is_open(transfer->run);

    if (child == NULL) {
        finish(transfer); /* its end is recorded */
    } else if (child->state == WF_CHILD_INITIATED && !is_open) {
        abandon_start(transfer, child);
    } else if (child->state == WF_CHILD_INITIATED && has_answer(transfer)) {
        record_start(transfer, child);
    } else if (child->state == WF_CHILD_INITIATED) {
        send_start(transfer, child);
    } else if ((!is_open && (has_policy(child) || transfer->run->state->is_reset_away)) ||
               (progress->step == START_STEP_RELEASE && has_answer(transfer))) {
        finish(transfer);
    } else {
        progress->step = START_STEP_RELEASE;
        send_release(transfer, child);
    }
}

/* ---- Signals and cancellations (5.3) ---- */

/* A run cannot send to itself. */
static bool is_self(const struct transfer *transfer, const struct wf_state_external *external)
{
    return wf_string_equal(external->workflow_id, transfer->workflow->id) &&
           (external->run_id.size_bytes == 0 ||
            wf_string_equal(external->run_id, wf_run_id_string(&transfer->run->id)));
}

/* The child that is the target; NULL: another workflow is. */
static const struct wf_state_child *child_of(const struct transfer *transfer,
                                             const struct wf_state_external *external)
{
    const struct wf_state_run *state = transfer->run->state;

    for (uint32_t i = 0; i < state->children.count; i++) {
        if (wf_string_equal(state->children.items[i].workflow_id, external->workflow_id)) {
            return &state->children.items[i];
        }
    }
    return NULL;
}

/* A child's owner that is older than the child proves itself stale (8.2 rule 6). */
static int64_t clock_of(const struct transfer *transfer, const struct wf_state_external *external)
{
    const struct wf_state_child *child = child_of(transfer, external);

    return child == NULL ? 0 : child->shard_clock;
}

/* Who sends: to a child, who the child knows as its parent (5.2 check 5). */
static struct wf_workflow_execution *sender_to(const struct transfer *transfer,
                                               const struct wf_state_external *external)
{
    const struct wf_state_child *child = child_of(transfer, external);

    return child != NULL && external->child_workflow_only ? parent_of(transfer, child)
                                                          : self_of(transfer);
}

static void send_signal(const struct transfer *transfer, const struct wf_state_external *external)
{
    struct wf_arena *arena = &transfer->shard->step_arena;
    struct wf_svc_signal_workflow *signal = WF_ARENA_NEW(arena, struct wf_svc_signal_workflow);

    if (signal == NULL) {
        return;
    }
    signal->workflow_execution = wf_execution_message(transfer->shard, external->workflow_id,
                                                      external->run_id);
    signal->signal_name = wf_string_copy(arena, external->name);
    signal->input = copy(transfer, &wf_type_payloads, external->input);
    signal->header = copy(transfer, &wf_type_header, external->header);
    signal->identity = WF_STR(WF_HISTORY_SERVICE);
    signal->request_id = wf_string_copy(arena, external->request_id);
    signal->external_workflow_execution = sender_to(transfer, external);
    signal->child_workflow_only = external->child_workflow_only;
    signal->shard_clock = clock_of(transfer, external);
    send(transfer, external->workflow_id, WF_CASE_svc_request_signal_workflow, signal);
}

static void send_cancel(const struct transfer *transfer, const struct wf_state_external *external)
{
    struct wf_arena *arena = &transfer->shard->step_arena;
    struct wf_svc_request_cancel *cancel = WF_ARENA_NEW(arena, struct wf_svc_request_cancel);

    if (cancel == NULL) {
        return;
    }
    cancel->workflow_execution = wf_execution_message(transfer->shard, external->workflow_id,
                                                      external->run_id);
    cancel->reason = wf_string_copy(arena, external->name);
    cancel->identity = WF_STR(WF_HISTORY_SERVICE);
    cancel->request_id = wf_string_copy(arena, external->request_id);
    cancel->external_workflow_execution = sender_to(transfer, external);
    cancel->external_initiated_event_id = external->initiated_event_id;
    cancel->child_workflow_only = external->child_workflow_only;
    cancel->shard_clock = clock_of(transfer, external);
    send(transfer, external->workflow_id, WF_CASE_svc_request_request_cancel, cancel);
}

static void run_signal_external(const struct transfer *transfer)
{
    const struct wf_reply_plan reply = {.kind = WF_REPLY_NONE};
    struct wf_state_external *external = wf_signal_external_find(
        transfer->run->state, transfer->task->scheduled_event_id);
    const bool is_to_self = external != NULL && is_self(transfer, external);
    const int32_t status = is_to_self ? WF_CALL_NOT_FOUND : transfer->task->progress.status;
    struct wf_external_details details = {0};
    struct wf_change change = {0};
    bool is_stepped = false;

    if (external == NULL || !wf_shard_run_is_open(transfer->run)) {
        finish(transfer);
        return;
    }
    if (!is_to_self && !has_answer(transfer)) {
        send_signal(transfer, external);
        return;
    }
    /* 5.3 "causes". */
    details.cause = status == WF_CALL_INVALID_ARGUMENT
                        ? WF_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_SIGNAL_COUNT_LIMIT_EXCEEDED
                        : WF_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND;
    wf_change_init(&change, transfer->shard, transfer->workflow, transfer->run);
    is_stepped = wf_signal_external_step(
        &change, external, status == WF_CALL_OK ? WF_EXTERNAL_DELIVER : WF_EXTERNAL_FAIL, &details);
    WF_ASSERT(is_stepped);
    wf_change_commit(&change, transfer->operation, &reply);
}

static void run_cancel_external(const struct transfer *transfer)
{
    const struct wf_reply_plan reply = {.kind = WF_REPLY_NONE};
    struct wf_state_external *external = wf_cancel_external_find(
        transfer->run->state, transfer->task->scheduled_event_id);
    const bool is_to_self = external != NULL && is_self(transfer, external);
    const int32_t status = is_to_self ? WF_CALL_NOT_FOUND : transfer->task->progress.status;
    const struct wf_external_details details = {
        .cause = WF_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND};
    struct wf_change change = {0};
    bool is_stepped = false;

    if (external == NULL || !wf_shard_run_is_open(transfer->run)) {
        finish(transfer);
        return;
    }
    if (!is_to_self && !has_answer(transfer)) {
        send_cancel(transfer, external);
        return;
    }
    wf_change_init(&change, transfer->shard, transfer->workflow, transfer->run);
    is_stepped = wf_cancel_external_step(
        &change, external, status == WF_CALL_OK ? WF_EXTERNAL_DELIVER : WF_EXTERNAL_FAIL, &details);
    WF_ASSERT(is_stepped);
    wf_change_commit(&change, transfer->operation, &reply);
}

/* ---- Nexus operations (7.14) ---- */

static void send_to_endpoint(const struct transfer *transfer, struct wf_string endpoint, uint32_t call_case, void *call)
{
    send_to(transfer, WF_TARGET_NEXUS, endpoint, call_case, call);
}

static void send_nexus_start(const struct transfer *transfer, const struct wf_state_nexus *operation)
{
    struct wf_arena *arena = &transfer->shard->step_arena;
    struct wf_svc_start_nexus_operation start = {.endpoint = operation->endpoint,
                                                 .service = operation->service,
                                                 .operation = operation->operation,
                                                 .input = operation->input,
                                                 .request_id = operation->request_id,
                                                 .caller = self_of(transfer),
                                                 .scheduled_event_id = operation->scheduled_event_id};

    wf_list_share(&start.nexus_header, &operation->nexus_header);
    send_to_endpoint(transfer, operation->endpoint, WF_CASE_svc_request_start_nexus_operation,
                     wf_message_copy(arena, &wf_type_svc_start_nexus_operation, &start));
}

/* What the handler said; empty when it refused the call for good. */
static struct wf_svc_nexus_started *nexus_answer(const struct transfer *transfer)
{
    const struct wf_transfer_progress *progress = &transfer->task->progress;
    struct wf_arena *arena = &transfer->shard->step_arena;
    struct wf_svc_nexus_started *started = WF_ARENA_NEW(arena, struct wf_svc_nexus_started);
    const struct wf_string bytes = wf_string_copy(arena, (struct wf_string){progress->answer, progress->answer_size_bytes});

    return started != NULL && wf_wire_decode(arena, &wf_type_svc_nexus_started, bytes, started, NULL) == WF_OK ? started
                                                                                                            : NULL;
}

/* A handler that refuses for good: what it says is the operation's failure. */
static struct wf_failure *refusal(const struct transfer *transfer)
{
    struct wf_failure *failure = WF_ARENA_NEW(&transfer->shard->step_arena, struct wf_failure);
    struct wf_nexus_handler_failure_info *info = WF_ARENA_NEW(&transfer->shard->step_arena,
                                                              struct wf_nexus_handler_failure_info);

    if (failure != NULL && info != NULL) {
        info->type = transfer->task->progress.status == WF_CALL_NOT_FOUND ? WF_STR("NOT_FOUND") : WF_STR("BAD_REQUEST");
        failure->message = wf_string_of(wf_call_status_name(transfer->task->progress.status));
        failure->failure_info_case = WF_CASE_failure_nexus_handler_failure_info;
        failure->failure_info.nexus_handler_failure_info = info;
    }
    return failure;
}

static void record_nexus_answer(const struct transfer *transfer, struct wf_state_nexus *operation)
{
    const struct wf_reply_plan reply = {.kind = WF_REPLY_NONE};
    const struct wf_svc_nexus_started *started = nexus_answer(transfer);
    struct wf_change change = {0};

    if (started == NULL) {
        return; /* no memory */
    }
    wf_change_init(&change, transfer->shard, transfer->workflow, transfer->run);
    if (transfer->task->progress.status != WF_CALL_OK) {
        wf_nexus_end(&change, operation, &(struct wf_svc_nexus_outcome){.failure = refusal(transfer)});
    } else if (started->outcome != NULL) {
        wf_nexus_end(&change, operation, started->outcome);
    } else {
        const bool is_started = wf_nexus_step(
            &change, operation, WF_NEXUS_START,
            &(struct wf_nexus_details){.operation_token = started->operation_token});

        WF_ASSERT(is_started);
    }
    wf_change_commit(&change, transfer->operation, &reply);
}

static void run_start_nexus(const struct transfer *transfer)
{
    struct wf_state_nexus *operation = wf_nexus_find(transfer->run->state, transfer->task->scheduled_event_id);

    if (operation == NULL || operation->state != WF_NEXUS_SCHEDULED || !wf_shard_run_is_open(transfer->run)) {
        finish(transfer);
    } else if (has_answer(transfer)) {
        record_nexus_answer(transfer, operation);
    } else {
        send_nexus_start(transfer, operation);
    }
}

static void send_nexus_cancel(const struct transfer *transfer, const struct wf_state_nexus *operation)
{
    const struct wf_svc_cancel_nexus_operation cancel = {.endpoint = operation->endpoint,
                                                         .service = operation->service,
                                                         .operation = operation->operation,
                                                         .operation_token = operation->operation_token,
                                                         .caller = self_of(transfer)};

    send_to_endpoint(transfer, operation->endpoint, WF_CASE_svc_request_cancel_nexus_operation,
                     wf_message_copy(&transfer->shard->step_arena, &wf_type_svc_cancel_nexus_operation, &cancel));
}

static void run_cancel_nexus(const struct transfer *transfer)
{
    const struct wf_reply_plan reply = {.kind = WF_REPLY_NONE};
    struct wf_state_nexus *operation = wf_nexus_find(transfer->run->state, transfer->task->scheduled_event_id);
    const bool is_delivered = transfer->task->progress.status == WF_CALL_OK;
    struct wf_change change = {0};
    bool is_stepped = false;

    if (operation == NULL || operation->is_cancel_answered || !wf_shard_run_is_open(transfer->run)) {
        finish(transfer);
        return;
    }
    if (!has_answer(transfer)) {
        send_nexus_cancel(transfer, operation);
        return;
    }
    wf_change_init(&change, transfer->shard, transfer->workflow, transfer->run);
    is_stepped = wf_nexus_step(
        &change, operation, is_delivered ? WF_NEXUS_CANCEL_DELIVERED : WF_NEXUS_CANCEL_REFUSED,
        &(struct wf_nexus_details){.failure = is_delivered ? NULL : refusal(transfer)});
    WF_ASSERT(is_stepped);
    wf_change_commit(&change, transfer->operation, &reply);
}

/* ---- Close (5.4 "Closing", "Parent close policy") ---- */

static void send_report(const struct transfer *transfer)
{
    struct wf_arena *arena = &transfer->shard->step_arena;
    const struct wf_state_start *start = transfer->run->start;
    struct wf_svc_record_child_closed *report = WF_ARENA_NEW(arena,
                                                             struct wf_svc_record_child_closed);

    if (report == NULL) {
        return;
    }
    report->workflow_execution = copy(transfer, &wf_type_workflow_execution, start->parent);
    report->initiated_event_id = start->parent_initiated_event_id;
    report->child = self_of(transfer);
    report->first_run_id = wf_string_copy(arena, start->first_run_id);
    report->closing = copy(transfer, &wf_type_event, transfer->run->state->closing);
    report->shard_clock = start->parent_shard_clock;
    send(transfer, start->parent->workflow_id, WF_CASE_svc_request_record_child_closed, report);
}

/* 7.13: an action of a schedule has no parent, so this is the other report of step 0. */
static void send_action_closed(const struct transfer *transfer)
{
    struct wf_svc_record_action_closed *report = WF_ARENA_NEW(&transfer->shard->step_arena,
                                                              struct wf_svc_record_action_closed);

    if (report == NULL) {
        return;
    }
    report->link = copy(transfer, &wf_type_schedule_link, transfer->run->start->schedule_link);
    report->workflow_execution = self_of(transfer);
    report->closing = copy(transfer, &wf_type_event, transfer->run->state->closing);
    if (report->link != NULL) {
        send(transfer, report->link->schedule_id, WF_CASE_svc_request_record_action_closed, report);
    }
}

/* Step 0 reports to the parent or the schedule, step n deals with the n-th pending child, one after the other. An
 * answer for good ends a step, whatever it says: NotFound is ignored. */
static void run_close(const struct transfer *transfer)
{
    struct wf_transfer_progress *progress = &transfer->task->progress;
    const struct wf_state_run *state = transfer->run->state;

    if (has_answer(transfer)) {
        progress->has_answer = false;
        progress->step++;
    }
    if (progress->step == 0) {
        if (state->closing != NULL && transfer->run->start->parent != NULL) {
            send_report(transfer);
            return;
        }
        if (state->closing != NULL && transfer->run->start->schedule_link != NULL) {
            send_action_closed(transfer);
            return;
        }
        progress->step++;
    }
    for (; progress->step <= state->children.count; progress->step++) {
        const struct wf_state_child *child = &state->children.items[progress->step - 1];

        if (child->state == WF_CHILD_STARTED && has_policy(child) &&
            !wf_is_planted(transfer->shard->config, WF_PLANT_NO_CLOSE_POLICY)) {
            send_policy(transfer, child);
            return;
        }
    }
    finish(transfer);
}

void wf_transfer_run(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run,
                     struct wf_operation *operation)
{
    const struct transfer transfer = {shard, workflow, run, operation, operation->task};

    if (run == NULL) {
        finish(&transfer); /* retention has removed it */
        return;
    }
    switch (operation->task->kind) {
    case WF_TRANSFER_PUSH:
        WF_UNREACHABLE();
    case WF_TRANSFER_START_CHILD:
        run_start_child(&transfer);
        break;
    case WF_TRANSFER_SIGNAL_EXTERNAL:
        run_signal_external(&transfer);
        break;
    case WF_TRANSFER_CANCEL_EXTERNAL:
        run_cancel_external(&transfer);
        break;
    case WF_TRANSFER_START_NEXUS:
        run_start_nexus(&transfer);
        break;
    case WF_TRANSFER_CANCEL_NEXUS:
        run_cancel_nexus(&transfer);
        break;
    case WF_TRANSFER_CLOSE:
        /* 8.4: a stale owner that is given the task again may still hold the run as open. */
        if (wf_shard_run_is_open(run)) {
            finish(&transfer);
            return;
        }
        run_close(&transfer);
        break;
    }
}
