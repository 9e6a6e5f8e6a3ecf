/* The task machine: actions of matching_task.def. Every transition goes through wf_matching_task_step. */
#include "engine/base/assert.h"
#include "engine/server/matching.h"
#include "engine/server/versioning.h"

/* ---- Copies of pushes ---- */

/* Ids are short, so the first size nearly always fits. */
static size_t guess_size(const struct wf_svc_add_task *add)
{
    return sizeof *add + sizeof(struct wf_workflow_execution) +
           add->task_queue.size_bytes + add->normal_task_queue.size_bytes + add->workflow_type.size_bytes +
           add->activity_type.size_bytes + 512;
}

struct wf_matching_task *wf_matching_task_new(struct wf_matching *matching, struct wf_matching_queue *queue,
                                              const struct wf_svc_add_task *add)
{
    const void *copy = NULL;
    size_t size_bytes = 0;
    struct wf_matching_task *task = wf_matching_take_copy(matching, sizeof *task, guess_size(add), &wf_type_svc_add_task,
                                                          add, &copy, &size_bytes);

    if (task != NULL) {
        task->add = copy;
        task->queue = queue;
        task->size_bytes = size_bytes;
        task->expire_ns = add->expire_after_ns > 0 ? matching->now_ns + add->expire_after_ns : 0;
        wf_ring_init(&task->link);
        wf_ring_init(&task->write_link);
    }
    return task;
}

void wf_matching_task_free(struct wf_matching *matching, struct wf_matching_task *task)
{
    if (task->task_id != 0) {
        WF_ASSERT(task->queue->backlog_count > 0);
        task->queue->backlog_count--;
    }
    wf_ring_remove(&task->link);
    wf_ring_remove(&task->write_link);
    WF_ASSERT(task->poller == NULL);
    wf_slab_give(&matching->slabs, task, task->size_bytes);
}

static void answer_add(struct wf_matching *matching, struct wf_matching_task *task, enum wf_call_status status)
{
    if (task->has_add_call) {
        (void)wf_matching_answer(matching, task->add_call_id, status);
        task->has_add_call = false;
    }
}

static void return_poller(struct wf_matching *matching, struct wf_matching_task *task)
{
    if (task->poller != NULL) {
        wf_queue_keep_poller(matching, task->queue, task->poller);
        task->poller = NULL;
    }
}

/* ---- Actions ---- */

static struct wf_workflow_execution *copy_execution(struct wf_matching *matching, const struct wf_svc_add_task *add)
{
    return add->workflow_execution == NULL
               ? NULL
               : wf_message_copy(&matching->step_arena, &wf_type_workflow_execution, add->workflow_execution);
}

static struct wf_worker_deployment_version *version_of(struct wf_matching_poller *poller)
{
    return poller->version.build_id.size_bytes == 0 ? NULL : &poller->version;
}

/* By the queue's routing; a sticky queue's is that of the normal one. */
static void fill_target(struct wf_matching *matching, const struct wf_matching_task *task,
                        struct wf_svc_record_workflow_task_started *start)
{
    const struct wf_matching_queue *queue =
        task->queue->is_sticky ? wf_matching_find_queue(matching, task->add->normal_task_queue, false) : task->queue;
    const struct wf_svc_version_routing *routing = queue == NULL ? NULL : wf_queue_routing(queue);

    if (routing == NULL || start->workflow_execution == NULL) {
        return;
    }
    start->target_version = WF_ARENA_NEW(&matching->step_arena, struct wf_worker_deployment_version);
    if (start->target_version == NULL) {
        matching->is_out_of_memory = true;
        return;
    }
    *start->target_version = wf_routing_target(routing, start->workflow_execution->workflow_id);
    /* The routing may have changed since the worker was found; what it says now did not lead there. */
    start->routing_revision =
        wf_version_equal(start->target_version, start->worker_version) ? routing->revision : 0;
}

static void fill_workflow_start(struct wf_matching *matching, const struct wf_matching_task *task,
                                struct wf_svc_record_workflow_task_started *start)
{
    *start = (struct wf_svc_record_workflow_task_started){
        .workflow_execution = copy_execution(matching, task->add),
        .scheduled_event_id = task->add->scheduled_event_id,
        .stamp = task->add->stamp,
        .shard_clock = task->add->shard_clock,
        .request_id = {task->request_id, WF_MATCHING_ID_BYTES},
        .identity = task->poller->identity,
        .task_queue = task->queue->name,
        .is_sticky = task->queue->is_sticky,
        .worker_version = version_of(task->poller),
    };
    fill_target(matching, task, start);
}

static void fill_activity_start(struct wf_matching *matching, const struct wf_matching_task *task,
                                struct wf_svc_record_activity_task_started *start)
{
    *start = (struct wf_svc_record_activity_task_started){
        .workflow_execution = copy_execution(matching, task->add),
        .scheduled_event_id = task->add->scheduled_event_id,
        .attempt = task->add->attempt,
        .stamp = task->add->stamp,
        .shard_clock = task->add->shard_clock,
        .request_id = {task->request_id, WF_MATCHING_ID_BYTES},
        .identity = task->poller->identity,
        .task_queue = task->queue->name,
    };
}

/* A dispatch has one request id, kept over its retries, so that history can tell a retry from another dispatch
 * (engine-semantics 3.3 "already started, same request id"). */
static void ask_history(struct wf_matching *matching, struct wf_matching_task *task,
                        const struct wf_svc_response *response)
{
    struct wf_svc_request *request = WF_ARENA_NEW(&matching->step_arena, struct wf_svc_request);
    struct wf_service_output *output = NULL;

    (void)response;
    WF_ASSERT(task->poller != NULL);
    if (task->tries == 0) {
        wf_matching_make_id(matching, task->request_id);
        if (task->task_id == 0) {
            wf_ring_remove(&task->link);
            wf_ring_push(&task->queue->starting, &task->link);
        }
    }
    output = wf_matching_put(matching, WF_SERVICE_CALL,
                             wf_matching_call_new(matching, WF_MATCHING_CALL_START, task));
    if (request == NULL || output == NULL) {
        matching->is_out_of_memory = true;
        return;
    }
    if (task->queue->is_activity) {
        request->call_case = WF_CASE_svc_request_record_activity_task_started;
        request->call.record_activity_task_started =
            WF_ARENA_NEW(&matching->step_arena, struct wf_svc_record_activity_task_started);
    } else {
        request->call_case = WF_CASE_svc_request_record_workflow_task_started;
        request->call.record_workflow_task_started =
            WF_ARENA_NEW(&matching->step_arena, struct wf_svc_record_workflow_task_started);
    }
    if (request->call.any == NULL) {
        matching->is_out_of_memory = true;
        return;
    }
    if (task->queue->is_activity) {
        fill_activity_start(matching, task, request->call.record_activity_task_started);
    } else {
        fill_workflow_start(matching, task, request->call.record_workflow_task_started);
    }
    output->target = WF_TARGET_HISTORY;
    output->key = task->add->workflow_execution == NULL ? (struct wf_string){0}
                                                        : task->add->workflow_execution->workflow_id;
    output->request = request;
}

static void store(struct wf_matching *matching, struct wf_matching_task *task, const struct wf_svc_response *response)
{
    (void)matching;
    (void)response;
    return_poller(matching, task);
    if (task->task_id == 0) {
        wf_ring_remove(&task->link);
    }
    wf_ring_push(&task->queue->to_write, &task->write_link);
}

static void accept(struct wf_matching *matching, struct wf_matching_task *task, const struct wf_svc_response *response)
{
    (void)response;
    answer_add(matching, task, WF_CALL_OK);
    if (task->task_id == 0) {
        task->queue->backlog_count++;
    }
    task->task_id = task->new_task_id;
    task->tries = 0;
}

static void give_back(struct wf_matching *matching, struct wf_matching_task *task,
                      const struct wf_svc_response *response)
{
    (void)response;
    return_poller(matching, task);
    answer_add(matching, task, WF_CALL_UNAVAILABLE);
}

static void stay(struct wf_matching *matching, struct wf_matching_task *task, const struct wf_svc_response *response)
{
    (void)matching;
    (void)response;
    task->tries = 0;
}

static void forget(struct wf_matching *matching, struct wf_matching_task *task, const struct wf_svc_response *response)
{
    (void)response;
    WF_ASSERT(!task->has_add_call);
    WF_ASSERT(matching->now_ns >= task->expire_ns);
}

static void hand_over(struct wf_matching *matching, struct wf_matching_task *task,
                      const struct wf_svc_response *response)
{
    struct wf_svc_response *copy = wf_matching_answer(matching, task->poller->call_id, WF_CALL_OK);

    if (copy == NULL || !wf_message_copy_into(&matching->step_arena, &wf_type_svc_response, copy, response)) {
        matching->is_out_of_memory = true;
    }
    task->queue->poller_ns = matching->now_ns;
    wf_queue_free_poller(matching, task->poller);
    task->poller = NULL;
    answer_add(matching, task, WF_CALL_OK);
}

static void drop(struct wf_matching *matching, struct wf_matching_task *task, const struct wf_svc_response *response)
{
    (void)response;
    return_poller(matching, task);
    answer_add(matching, task, WF_CALL_OK);
}

static void pause(struct wf_matching *matching, struct wf_matching_task *task, const struct wf_svc_response *response)
{
    (void)response;
    task->time_ns = matching->now_ns + (WF_MATCHING_PAUSE_NS << task->tries);
    task->tries++;
}

/* ---- The table ---- */

static void step_machine(struct wf_matching *matching, struct wf_matching_task *task, enum wf_task_input input,
                         const struct wf_svc_response *response)
{
#define ROW(from, input) ((uint32_t)(from) << 8 | (uint32_t)(input))
    switch (ROW(task->state, input)) {
#define WF_TRANSITION(from, input, to, action)                                                                         \
    case ROW(WF_TASK_##from, WF_TASK_##input):                                                                         \
        task->state = WF_TASK_##to;                                                                                    \
        action(matching, task, response);                                                                              \
        return;
#include "engine/server/matching_task.def"
    default:
        WF_UNREACHABLE();
    }
#undef ROW
}

void wf_matching_task_step(struct wf_matching *matching, struct wf_matching_task *task, enum wf_task_input input,
                           const struct wf_svc_response *response)
{
    step_machine(matching, task, input, response);
    if (task->state == WF_TASK_GONE) {
        wf_matching_task_free(matching, task);
    }
}
