/*
 * What is told to callers: built from the state once it is committed, with the history that belongs
 * to it. What an answer holds lies in the step arena, because the run may leave memory in the same
 * step.
 *
 * Source: engine-semantics 3.1, 3.3, 4.6.
 */
#include "engine/base/assert.h"
#include "engine/server/change.h"

void wf_refuse(struct wf_shard *shard, const struct wf_operation *operation,
               enum wf_call_status status, const char *message)
{
    wf_shard_answer(shard, operation->call_id, status, message);
}

struct wf_string wf_task_token(struct wf_shard *shard, const struct wf_svc_task_token *token)
{
    struct wf_buffer bytes = {0};

    wf_buffer_init(&bytes, &shard->step_arena);
    wf_wire_encode(&wf_type_svc_task_token, token, &bytes);
    return wf_buffer_string(&bytes);
}

struct wf_workflow_execution *wf_execution_message(struct wf_shard *shard,
                                                   struct wf_string workflow_id,
                                                   struct wf_string run_id)
{
    struct wf_workflow_execution *execution = WF_ARENA_NEW(&shard->step_arena,
                                                           struct wf_workflow_execution);

    if (execution != NULL) {
        execution->workflow_id = wf_string_copy(&shard->step_arena, workflow_id);
        execution->run_id = wf_string_copy(&shard->step_arena, run_id);
    }
    return execution;
}

/* ---- History that goes with a message ---- */

/* The batches of a message, to which history is added in front. */
static struct wf_list *batches_of(const struct wf_svc_response *response,
                                  const struct wf_svc_request *request)
{
    if (request != NULL) {
        return (struct wf_list *)(void *)&request->call.dispatch_query->task->batches;
    }
    switch (response->answer_case) {
    case WF_CASE_svc_response_workflow_task:
        return (struct wf_list *)(void *)&response->answer.workflow_task->batches;
    case WF_CASE_svc_response_workflow_task_accepted:
        return (struct wf_list *)(void *)&response->answer.workflow_task_accepted->new_task
            ->batches;
    default:
        WF_ASSERT(response->answer_case == WF_CASE_svc_response_history);
        return (struct wf_list *)(void *)&response->answer.history->batches;
    }
}

static struct wf_svc_response *answer_with(struct wf_shard *shard, uint64_t call_id,
                                           const struct wf_svc_response *response)
{
    struct wf_svc_response *answer = wf_shard_answer(shard, call_id, WF_CALL_OK, "");

    if (answer != NULL) {
        *answer = *response;
    }
    return answer;
}

/* A query leaves for matching; what is needed to try again stays. */
static void send_query(struct wf_shard *shard, uint64_t call_id, struct wf_svc_request *request)
{
    struct wf_direct_query *query = wf_slab_take(&shard->slabs, sizeof *query);
    struct wf_service_output *output = NULL;
    struct wf_list *batches = batches_of(NULL, request);
    const struct wf_list kept = *batches;

    if (query == NULL) {
        return;
    }
    query->call_id = call_id;
    query->is_sticky = request->call.dispatch_query->is_sticky;
    if (query->is_sticky) {
        *batches = (struct wf_list){0};
        wf_keep_message(shard, &wf_type_svc_request, request, &query->bytes, &query->size_bytes);
        *batches = kept;
    }
    output = wf_shard_output(shard, WF_SERVICE_CALL,
                             wf_pending_add(shard, WF_PENDING_QUERY, query));
    if (output != NULL) {
        output->target = WF_TARGET_MATCHING;
        output->key = wf_versioning_owner_key(request->call.dispatch_query->task_queue,
                                              request->call.dispatch_query->normal_task_queue,
                                              request->call.dispatch_query->versioning != NULL);
        output->request = request;
    }
}

static void deliver(struct wf_shard *shard, uint64_t call_id, struct wf_svc_response *response,
                    struct wf_svc_request *request)
{
    if (request != NULL) {
        send_query(shard, call_id, request);
    } else {
        answer_with(shard, call_id, response);
    }
}

/* Adds what memory has from first_event_id on; false when that is not all. */
static bool add_cached(struct wf_shard *shard, const struct wf_shard_run *run,
                       int64_t first_event_id, struct wf_list *list)
{
    struct wf_list own = *list;
    struct {
        struct wf_string *items;
        uint32_t count;
        uint32_t capacity;
    } batches = {0};

    if (run->batches == NULL || run->batches->first_event_id > first_event_id) {
        return false;
    }
    for (const struct wf_batch_node *node =
             run->recent->first_event_id <= first_event_id ? run->recent : run->batches;
         node != NULL; node = node->next) {
        /* History is cut where a task started, so a wanted event is the first of its batch. */
        if (node->first_event_id + node->event_count > first_event_id) {
            struct wf_string *batch = WF_LIST_APPEND(&shard->step_arena, batches);

            if (batch != NULL) {
                *batch = (struct wf_string){node->bytes, node->size_bytes};
            }
        }
    }
    for (uint32_t i = 0; i < own.count; i++) {
        struct wf_string *batch = WF_LIST_APPEND(&shard->step_arena, batches);

        if (batch != NULL) {
            *batch = ((const struct wf_string *)own.items)[i];
        }
    }
    *list = (struct wf_list){batches.items, batches.count, batches.capacity};
    return true;
}

void wf_history_send(struct wf_shard *shard, struct wf_workflow *workflow,
                     const struct wf_shard_run *run, const struct wf_history_parcel *parcel)
{
    struct wf_list *batches = batches_of(parcel->response, parcel->request);
    struct wf_history_read *read = NULL;
    struct wf_db_request *store = NULL;

    if (parcel->first_event_id > parcel->last_event_id ||
        add_cached(shard, run, parcel->first_event_id, batches)) {
        deliver(shard, parcel->call_id, parcel->response, parcel->request);
        return;
    }
    read = wf_slab_take(&shard->slabs, sizeof *read);
    if (read == NULL) {
        return;
    }
    read->call_id = parcel->call_id;
    read->is_request = parcel->request != NULL;
    wf_keep_message(shard, read->is_request ? &wf_type_svc_request : &wf_type_svc_response,
                    read->is_request ? (const void *)parcel->request
                                     : (const void *)parcel->response,
                    &read->bytes, &read->size_bytes);
    store = wf_shard_store(shard, WF_PENDING_HISTORY, read, WF_CASE_db_request_read_history,
                           &wf_type_db_read_history);
    if (store != NULL) {
        struct wf_db_read_history *wanted = store->op.read_history;

        wf_shard_cause(shard, (struct wf_service_cause){.kind = WF_SERVICE_CAUSE_REQUEST,
                                                        .call_id = parcel->call_id});
        wanted->shard_id = shard->id;
        wanted->workflow_id = wf_string_copy(&shard->step_arena, workflow->id);
        wanted->run_id = wf_string_copy(&shard->step_arena, wf_run_id_string(&run->id));
        wanted->first_event_id = parcel->first_event_id;
        wanted->last_event_id = parcel->last_event_id;
    }
}

static bool prepend_rows(struct wf_shard *shard, struct wf_list *list,
                         const struct wf_db_history_rows *rows)
{
    const struct wf_list own = *list;
    struct {
        struct wf_string *items;
        uint32_t count;
        uint32_t capacity;
    } batches = {0};

    for (uint32_t i = 0; i < rows->batches.count + own.count; i++) {
        struct wf_string *batch = WF_LIST_APPEND(&shard->step_arena, batches);

        if (batch == NULL) {
            return false;
        }
        *batch = i < rows->batches.count
                     ? rows->batches.items[i].bytes
                     : ((const struct wf_string *)own.items)[i - rows->batches.count];
    }
    *list = (struct wf_list){batches.items, batches.count, batches.capacity};
    return true;
}

void wf_history_read_reply(struct wf_shard *shard, struct wf_history_read *read,
                           const struct wf_db_reply *reply)
{
    struct wf_arena *arena = &shard->step_arena;
    struct wf_svc_response *response = NULL;
    struct wf_svc_request *request = NULL;
    const struct wf_message_type *type = read->is_request ? &wf_type_svc_request
                                                          : &wf_type_svc_response;
    void *message = wf_message_new(arena, type);

    if (reply->status != WF_DATABASE_OK || reply->row_case != WF_CASE_db_reply_history) {
        /* The task has started and nobody runs it: its timeout will tell (8.5 "poll"). */
        wf_shard_answer(shard, read->call_id, WF_CALL_UNAVAILABLE,
                        "The database did not give the history.");
    } else if (message != NULL &&
               wf_read_kept(shard, type, (struct wf_string){read->bytes, read->size_bytes}, message)) {
        if (read->is_request) {
            request = message;
        } else {
            response = message;
        }
        if (prepend_rows(shard, batches_of(response, request), reply->row.history)) {
            deliver(shard, read->call_id, response, request);
        }
    }
    wf_slab_give(&shard->slabs, read->bytes, read->size_bytes);
    wf_slab_give(&shard->slabs, read, sizeof *read);
}

/* ---- Tasks ---- */

static struct wf_svc_workflow_task *workflow_task_message(struct wf_shard *shard,
                                                          struct wf_workflow *workflow,
                                                          struct wf_shard_run *run,
                                                          const struct wf_reply_plan *reply)
{
    const struct wf_state_workflow_task *state = run->state->workflow_task;
    struct wf_arena *arena = &shard->step_arena;
    struct wf_svc_workflow_task *task = WF_ARENA_NEW(arena, struct wf_svc_workflow_task);
    const struct wf_string unwritten = wf_workflow_task_unwritten(shard, run);

    if (task == NULL) {
        return NULL;
    }
    task->token = wf_task_token(
        shard, &(struct wf_svc_task_token){.workflow_id = workflow->id,
                                           .shard_clock = wf_shard_clock(shard),
                                           .run_id = wf_run_id_string(&run->id),
                                           .scheduled_event_id = state->scheduled_event_id,
                                           .started_event_id = state->started_event_id,
                                           .attempt = state->attempt,
                                           .started_time_ns = state->started_time_ns});
    task->workflow_execution = wf_execution_message(shard, workflow->id,
                                                    wf_run_id_string(&run->id));
    task->workflow_type = wf_string_copy(arena, run->start->workflow_type);
    task->previous_started_event_id = run->state->previous_started_event_id;
    task->started_event_id = state->started_event_id;
    task->attempt = state->attempt;
    task->is_full_history = reply->is_full_history || run->state->previous_started_event_id == 0;
    task->scheduled_time_ns = state->scheduled_time_ns;
    task->started_time_ns = state->started_time_ns;
    if (unwritten.size_bytes > 0) {
        struct wf_string *batch = WF_LIST_APPEND(arena, task->batches);

        if (batch != NULL) {
            *batch = unwritten;
        }
    }
    wf_query_attach(shard, run, task);
    wf_updates_attach(shard, run, task, reply->is_repeated);
    return task;
}

/* The history of a task: all of it, or what came after the start of the last completed one (3.3).
 */
static struct wf_history_parcel task_parcel(const struct wf_shard_run *run,
                                            const struct wf_svc_workflow_task *task,
                                            uint64_t call_id, struct wf_svc_response *response)
{
    return (struct wf_history_parcel){
        .response = response,
        .call_id = call_id,
        .first_event_id = task->is_full_history ? 1 : run->state->previous_started_event_id + 1,
        .last_event_id = wf_shard_run_last_event_id(run)};
}

static void give_workflow_task(struct wf_shard *shard, uint64_t call_id,
                               struct wf_workflow *workflow, struct wf_shard_run *run,
                               const struct wf_reply_plan *reply)
{
    struct wf_svc_workflow_task *task = workflow_task_message(shard, workflow, run, reply);
    struct wf_svc_response *response = WF_ARENA_NEW(&shard->step_arena, struct wf_svc_response);
    struct wf_history_parcel parcel = {0};

    if (task == NULL || response == NULL) {
        return;
    }
    response->answer_case = WF_CASE_svc_response_workflow_task;
    response->answer.workflow_task = task;
    parcel = task_parcel(run, task, call_id, response);
    wf_history_send(shard, workflow, run, &parcel);
}

static void fill_activity_task(struct wf_shard *shard, const struct wf_workflow *workflow,
                               const struct wf_shard_run *run,
                               const struct wf_state_activity *activity,
                               struct wf_svc_activity_task *task)
{
    struct wf_arena *arena = &shard->step_arena;

    task->token = wf_task_token(
        shard, &(struct wf_svc_task_token){.workflow_id = workflow->id,
                                           .shard_clock = wf_shard_clock(shard),
                                           .run_id = wf_run_id_string(&run->id),
                                           .scheduled_event_id = activity->scheduled_event_id,
                                           .attempt = activity->attempt,
                                           .started_time_ns = activity->started_time_ns,
                                           .is_activity = true});
    task->workflow_execution = wf_execution_message(shard, workflow->id,
                                                    wf_run_id_string(&run->id));
    task->workflow_type = wf_string_copy(arena, run->start->workflow_type);
    task->activity_id = wf_string_copy(arena, activity->activity_id);
    task->activity_type = wf_string_copy(arena, activity->activity_type);
    task->header = activity->header == NULL
                       ? NULL
                       : wf_message_copy(arena, &wf_type_header, activity->header);
    task->input = activity->input == NULL
                      ? NULL
                      : wf_message_copy(arena, &wf_type_payloads, activity->input);
    task->heartbeat_details = activity->heartbeat_details == NULL
                                  ? NULL
                                  : wf_message_copy(arena, &wf_type_payloads,
                                                    activity->heartbeat_details);
    task->attempt = activity->attempt;
    task->scheduled_time_ns = activity->first_scheduled_time_ns;
    task->current_attempt_scheduled_time_ns = activity->scheduled_time_ns;
    task->started_time_ns = activity->started_time_ns;
    task->schedule_to_close_timeout = wf_duration_of(activity->schedule_to_close_ns);
    task->start_to_close_timeout = wf_duration_of(activity->start_to_close_ns);
    task->heartbeat_timeout = wf_duration_of(activity->heartbeat_ns);
    task->retry_policy = activity->retry_policy == NULL
                             ? NULL
                             : wf_message_copy(arena, &wf_type_retry_policy,
                                               activity->retry_policy);
    task->task_queue = wf_string_copy(arena, activity->task_queue);
}

static void give_activity_task(struct wf_shard *shard, uint64_t call_id,
                               struct wf_workflow *workflow, struct wf_shard_run *run,
                               const struct wf_reply_plan *reply)
{
    const struct wf_state_activity *activity = wf_activity_find(run->state,
                                                                reply->scheduled_event_id);
    struct wf_svc_activity_task *task = WF_ARENA_NEW(&shard->step_arena,
                                                     struct wf_svc_activity_task);
    struct wf_svc_response *response = wf_shard_answer(shard, call_id, WF_CALL_OK, "");

    if (task == NULL || response == NULL) {
        return;
    }
    WF_ASSERT(activity != NULL);
    response->answer_case = WF_CASE_svc_response_activity_task;
    response->answer.activity_task = task;
    fill_activity_task(shard, workflow, run, activity, task);
}

/* 4.10: what this completion scheduled and started. */
static void add_eager_tasks(struct wf_shard *shard, const struct wf_workflow *workflow,
                            const struct wf_shard_run *run, int64_t completed_event_id,
                            struct wf_svc_workflow_task_accepted *accepted)
{
    for (uint32_t i = 0; i < run->state->activities.count; i++) {
        const struct wf_state_activity *activity = &run->state->activities.items[i];

        if (activity->scheduled_event_id > completed_event_id && activity->started_time_ns != 0) {
            struct wf_svc_activity_task *task = WF_LIST_APPEND(&shard->step_arena,
                                                               accepted->activity_tasks);

            if (task == NULL) {
                return;
            }
            fill_activity_task(shard, workflow, run, activity, task);
        }
    }
}

static void give_completion(struct wf_shard *shard, uint64_t call_id, struct wf_workflow *workflow,
                            struct wf_shard_run *run, const struct wf_reply_plan *reply)
{
    struct wf_svc_workflow_task_accepted *accepted = WF_ARENA_NEW(
        &shard->step_arena, struct wf_svc_workflow_task_accepted);
    struct wf_svc_response *response = WF_ARENA_NEW(&shard->step_arena, struct wf_svc_response);
    struct wf_history_parcel parcel = {0};

    if (accepted == NULL || response == NULL) {
        return;
    }
    response->answer_case = WF_CASE_svc_response_workflow_task_accepted;
    response->answer.workflow_task_accepted = accepted;
    accepted->reset_history_event_id = reply->reset_event_id;
    if (run != NULL && wf_shard_run_is_open(run)) {
        add_eager_tasks(shard, workflow, run, reply->scheduled_event_id, accepted);
    }
    if (!reply->flag) {
        answer_with(shard, call_id, response);
        return;
    }
    accepted->new_task = workflow_task_message(shard, workflow, run, reply);
    if (accepted->new_task != NULL) {
        parcel = task_parcel(run, accepted->new_task, call_id, response);
        wf_history_send(shard, workflow, run, &parcel);
    }
}

static void give_started(struct wf_shard *shard, uint64_t call_id,
                         const struct wf_reply_plan *reply)
{
    struct wf_svc_response *response = wf_shard_answer(shard, call_id, WF_CALL_OK, "");
    struct wf_svc_started *started = WF_ARENA_NEW(&shard->step_arena, struct wf_svc_started);

    if (response != NULL && started != NULL) {
        started->run_id = wf_string_copy(&shard->step_arena, wf_run_id_string(&reply->run_id));
        started->started = reply->flag;
        started->shard_clock = reply->has_clock ? wf_shard_clock(shard) : 0;
        response->answer_case = WF_CASE_svc_response_started;
        response->answer.started = started;
    }
}

static void give_heartbeat(struct wf_shard *shard, uint64_t call_id,
                           const struct wf_reply_plan *reply)
{
    struct wf_svc_response *response = wf_shard_answer(shard, call_id, WF_CALL_OK, "");
    struct wf_svc_heartbeat_answer *answer = WF_ARENA_NEW(&shard->step_arena,
                                                          struct wf_svc_heartbeat_answer);

    if (response != NULL && answer != NULL) {
        answer->is_cancel_requested = reply->flag;
        answer->is_paused = reply->is_paused;
        answer->is_reset = reply->is_reset;
        response->answer_case = WF_CASE_svc_response_heartbeat_answer;
        response->answer.heartbeat_answer = answer;
    }
}

static void give_error(struct wf_shard *shard, uint64_t call_id, const struct wf_reply_plan *reply)
{
    struct wf_svc_response *response = wf_shard_answer(shard, call_id,
                                                       (enum wf_call_status)reply->status, "");

    if (response != NULL) {
        response->message = wf_string_copy(&shard->step_arena, reply->message);
    }
}

/* The run is there now: the update that came with its start is as any other. */
static void give_update(struct wf_shard *shard, uint64_t call_id, struct wf_workflow *workflow,
                        struct wf_shard_run *run, const struct wf_reply_plan *reply)
{
    struct wf_svc_update_workflow *update = WF_ARENA_NEW(&shard->step_arena, struct wf_svc_update_workflow);

    if (update != NULL && wf_read_kept(shard, &wf_type_svc_update_workflow,
                                       (struct wf_string){reply->update, reply->update_bytes}, update)) {
        wf_update_run(shard, workflow, run, call_id, update);
    }
}

void wf_reply_give(struct wf_shard *shard, uint64_t call_id, struct wf_workflow *workflow,
                   struct wf_shard_run *run, const struct wf_reply_plan *reply)
{
    if (call_id == 0) {
        return; /* a task of the shard's own, or a caller that is gone */
    }
    switch (reply->kind) {
    case WF_REPLY_NONE:
        break;
    case WF_REPLY_EMPTY:
        wf_shard_answer(shard, call_id, WF_CALL_OK, "");
        break;
    case WF_REPLY_STARTED:
        give_started(shard, call_id, reply);
        break;
    case WF_REPLY_WORKFLOW_TASK:
        give_workflow_task(shard, call_id, workflow, run, reply);
        break;
    case WF_REPLY_ACTIVITY_TASK:
        give_activity_task(shard, call_id, workflow, run, reply);
        break;
    case WF_REPLY_COMPLETION:
        give_completion(shard, call_id, workflow, run, reply);
        break;
    case WF_REPLY_HEARTBEAT:
        give_heartbeat(shard, call_id, reply);
        break;
    case WF_REPLY_ERROR:
        give_error(shard, call_id, reply);
        break;
    case WF_REPLY_UPDATE:
        give_update(shard, call_id, workflow, run, reply);
        break;
    }
}
