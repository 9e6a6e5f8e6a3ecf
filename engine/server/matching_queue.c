/*
 * The queue machine and what a lease allows: matching pollers with tasks, writing new tasks, loading the backlog, saving
 * the ack level. At most one write and one read of a queue are on their way.
 */
#include "engine/base/assert.h"
#include "engine/codec.h"
#include "engine/server/matching.h"
#include "engine/server/versioning.h"

static struct wf_matching_task *task_of(struct wf_ring *link)
{
    return (struct wf_matching_task *)(void *)link; /* the first member */
}

static struct wf_matching_task *task_of_write(struct wf_ring *link)
{
    return (struct wf_matching_task *)(void *)((char *)link - offsetof(struct wf_matching_task, write_link));
}

/* ---- Pollers ---- */

void wf_queue_free_poller(struct wf_matching *matching, struct wf_matching_poller *poller)
{
    wf_ring_remove(&poller->link);
    wf_slab_give(&matching->slabs, poller, poller->size_bytes);
}

/* A poller whose task came to nothing goes on waiting, before those that came later. */
void wf_queue_keep_poller(struct wf_matching *matching, struct wf_matching_queue *queue,
                          struct wf_matching_poller *poller)
{
    if (poller->is_gone) {
        wf_queue_free_poller(matching, poller);
        return;
    }
    wf_ring_push_front(&queue->pollers, &poller->link);
}

static void dismiss_pollers(struct wf_matching *matching, struct wf_matching_queue *queue)
{
    while (!wf_ring_is_empty(&queue->pollers)) {
        struct wf_matching_poller *poller = (void *)queue->pollers.next;

        (void)wf_matching_answer(matching, poller->call_id, WF_CALL_OK);
        wf_queue_free_poller(matching, poller);
    }
}

/* ---- Routings ---- */

void wf_queue_free_setting(struct wf_matching *matching, struct wf_matching_setting *setting)
{
    wf_ring_remove(&setting->link);
    wf_slab_give(&matching->slabs, setting, setting->size_bytes);
}

const struct wf_svc_version_routing *wf_queue_routing(const struct wf_matching_queue *queue)
{
    return queue->setting == NULL ? NULL : queue->setting->routing;
}

static void forget_routing(struct wf_matching *matching, struct wf_matching_queue *queue)
{
    if (queue->setting != NULL) {
        wf_queue_free_setting(matching, queue->setting);
        queue->setting = NULL;
    }
}

static struct wf_matching_setting *next_setting(const struct wf_matching_queue *queue)
{
    return wf_ring_is_empty(&queue->settings) ? NULL : (struct wf_matching_setting *)(void *)queue->settings.next;
}

static void answer_setting(struct wf_matching *matching, struct wf_matching_setting *setting, enum wf_call_status status)
{
    (void)wf_matching_answer(matching, setting->call_id, status);
    wf_queue_free_setting(matching, setting);
}

/* Those that are no later than what is stored have come too late: they change nothing. */
static void pass_settings(struct wf_matching *matching, struct wf_matching_queue *queue)
{
    const struct wf_svc_version_routing *stored = wf_queue_routing(queue);
    struct wf_matching_setting *setting = next_setting(queue);

    while (setting != NULL && !queue->is_setting && stored != NULL && setting->routing->revision <= stored->revision) {
        answer_setting(matching, setting, WF_CALL_OK);
        setting = next_setting(queue);
    }
}

/* The write that carried the first one is answered. */
static void settle_setting(struct wf_matching *matching, struct wf_matching_queue *queue, bool is_stored)
{
    struct wf_matching_setting *setting = next_setting(queue);

    if (!queue->is_setting) {
        return;
    }
    queue->is_setting = false;
    if (!is_stored || queue->state != WF_QUEUE_READY) {
        answer_setting(matching, setting, is_stored ? WF_CALL_OK : WF_CALL_UNAVAILABLE);
        return;
    }
    (void)wf_matching_answer(matching, setting->call_id, WF_CALL_OK);
    forget_routing(matching, queue);
    wf_ring_remove(&setting->link);
    queue->setting = setting;
}

/* What the queue's row says. False when memory is gone. */
static bool load_routing(struct wf_matching *matching, struct wf_matching_queue *queue, struct wf_string bytes)
{
    struct wf_svc_version_routing routing = {0};
    const void *copy = NULL;
    size_t size_bytes = 0;

    forget_routing(matching, queue);
    if (bytes.size_bytes == 0) {
        return true;
    }
    if (wf_wire_decode(&matching->step_arena, &wf_type_svc_version_routing, bytes, &routing, NULL) != WF_OK) {
        return false;
    }
    queue->setting = wf_matching_take_copy(matching, sizeof *queue->setting, 512, &wf_type_svc_version_routing, &routing,
                                           &copy, &size_bytes);
    if (queue->setting != NULL) {
        queue->setting->routing = copy;
        queue->setting->size_bytes = size_bytes;
        wf_ring_init(&queue->setting->link);
    }
    return queue->setting != NULL;
}

/* ---- Requests to the database ---- */

static struct wf_db_request *put_store(struct wf_matching *matching, struct wf_matching_queue *queue,
                                       enum wf_matching_call_kind kind)
{
    struct wf_db_request *request = WF_ARENA_NEW(&matching->step_arena, struct wf_db_request);
    struct wf_service_output *output =
        wf_matching_put(matching, WF_SERVICE_STORE, wf_matching_call_new(matching, kind, queue));

    if (request == NULL || output == NULL) {
        matching->is_out_of_memory = true;
        return NULL;
    }
    output->store = request;
    return request;
}

static void acquire(struct wf_matching *matching, struct wf_matching_queue *queue)
{
    struct wf_db_request *request = put_store(matching, queue, WF_MATCHING_CALL_ACQUIRE);
    struct wf_db_acquire_queue *body = WF_ARENA_NEW(&matching->step_arena, struct wf_db_acquire_queue);

    queue->retry_ns = INT64_MAX;
    if (request == NULL || body == NULL) {
        matching->is_out_of_memory = true;
        return;
    }
    *body = (struct wf_db_acquire_queue){
        .task_queue = queue->name, .is_activity = queue->is_activity, .owner = matching->config.identity};
    request->op_case = WF_CASE_db_request_acquire_queue;
    request->op.acquire_queue = body;
}

static int64_t ack_level(const struct wf_matching *matching, const struct wf_matching_queue *queue)
{
    if ((matching->config.planted & WF_PLANT_NO_QUEUE_ACK) != 0) {
        return queue->read_task_id;
    }
    return wf_ring_is_empty(&queue->backlog) ? queue->read_task_id : task_of(queue->backlog.next)->task_id - 1;
}

/* A queue that is polled is saved also when nothing moved: an owner that was overtaken unnoticed would keep its pollers waiting
 * beside the backlog that the other one stored. */
bool wf_queue_is_ack_due(const struct wf_matching *matching, const struct wf_matching_queue *queue)
{
    return queue->state == WF_QUEUE_READY &&
           (queue->is_polled || ack_level(matching, queue) > queue->saved_ack_task_id);
}

static bool put_row(struct wf_matching *matching, struct wf_matching_task *task, struct wf_db_task *row)
{
    struct wf_buffer body = {0};

    wf_buffer_init(&body, &matching->step_arena);
    wf_wire_encode(&wf_type_svc_add_task, task->add, &body);
    *row = (struct wf_db_task){
        .category = WF_TASK_QUEUE,
        .task_id = task->new_task_id,
        .visibility_time_ns = task->expire_ns,
        .body = wf_buffer_string(&body),
    };
    return !body.is_full;
}

static void put_routing(struct wf_matching *matching, const struct wf_svc_version_routing *routing,
                        struct wf_string *bytes)
{
    struct wf_buffer body = {0};

    wf_buffer_init(&body, &matching->step_arena);
    wf_wire_encode(&wf_type_svc_version_routing, routing, &body);
    *bytes = wf_buffer_string(&body);
    matching->is_out_of_memory = matching->is_out_of_memory || body.is_full;
}

/* Moves everything that waits to be written into one request; with nothing to write it saves the ack level. */
static void write_rows(struct wf_matching *matching, struct wf_matching_queue *queue)
{
    struct wf_db_request *request = put_store(matching, queue, WF_MATCHING_CALL_WRITE);
    struct wf_db_write_queue *body = WF_ARENA_NEW(&matching->step_arena, struct wf_db_write_queue);

    if (request == NULL || body == NULL) {
        matching->is_out_of_memory = true;
        return;
    }
    *body = (struct wf_db_write_queue){
        .task_queue = queue->name,
        .is_activity = queue->is_activity,
        .range_id = (matching->config.planted & WF_PLANT_NO_FENCING) != 0 ? 0 : queue->range_id,
        .ack_task_id = ack_level(matching, queue),
    };
    if (next_setting(queue) != NULL) {
        put_routing(matching, next_setting(queue)->routing, &body->routing);
        queue->is_setting = true;
    }
    while (!wf_ring_is_empty(&queue->to_write) && body->tasks.count < WF_MATCHING_LOADED_MAX) {
        struct wf_matching_task *task = task_of_write(queue->to_write.next);
        struct wf_db_task *row = WF_LIST_APPEND(&matching->step_arena, body->tasks);

        wf_ring_remove(&task->write_link);
        wf_ring_push(&queue->in_write, &task->write_link);
        task->new_task_id = queue->next_task_id++;
        if (row == NULL || !put_row(matching, task, row)) {
            matching->is_out_of_memory = true;
            return;
        }
    }
    queue->is_writing = true;
    queue->is_polled = false;
    queue->is_read_stale = true;
    queue->saved_ns = matching->now_ns;
    request->op_case = WF_CASE_db_request_write_queue;
    request->op.write_queue = body;
}

static void read_rows(struct wf_matching *matching, struct wf_matching_queue *queue)
{
    struct wf_db_request *request = put_store(matching, queue, WF_MATCHING_CALL_READ);
    struct wf_db_read_queue *body = WF_ARENA_NEW(&matching->step_arena, struct wf_db_read_queue);

    if (request == NULL || body == NULL) {
        matching->is_out_of_memory = true;
        return;
    }
    *body = (struct wf_db_read_queue){
        .task_queue = queue->name,
        .is_activity = queue->is_activity,
        .after_task_id = queue->read_task_id,
        .count_max = WF_MATCHING_LOAD_MAX,
    };
    queue->is_reading = true;
    queue->is_read_stale = queue->is_writing;
    queue->retry_ns = INT64_MAX;
    request->op_case = WF_CASE_db_request_read_queue;
    request->op.read_queue = body;
}

/* ---- Actions of the queue machine ---- */

static void go_on(struct wf_matching *matching, struct wf_matching_queue *queue)
{
    (void)matching;
    (void)queue;
}

static void begin_lease(struct wf_matching *matching, struct wf_matching_queue *queue)
{
    queue->next_task_id = queue->range_id * WF_MATCHING_BLOCK_TASKS + 1;
    if (queue->read_task_id < queue->saved_ack_task_id) {
        queue->read_task_id = queue->saved_ack_task_id;
    }
    /* Earlier owners, and our own doubtful writes, may have left rows above what we loaded. */
    queue->is_all_read = false;
    queue->saved_ns = matching->now_ns;
}

/* Those who push are told to come again; pollers can wait for the next try. */
static void turn_away(struct wf_matching *matching, struct wf_matching_queue *queue)
{
    while (!wf_ring_is_empty(&queue->waiting)) {
        struct wf_matching_task *task = task_of(queue->waiting.next);

        wf_matching_task_step(matching, task, WF_TASK_OVERDUE, NULL);
    }
    while (!wf_ring_is_empty(&queue->to_write)) {
        struct wf_matching_task *task = task_of_write(queue->to_write.next);

        wf_ring_remove(&task->write_link);
        wf_matching_task_step(matching, task, WF_TASK_UNSTORED, NULL);
    }
    while (!queue->is_setting && next_setting(queue) != NULL) {
        answer_setting(matching, next_setting(queue), WF_CALL_UNAVAILABLE);
    }
    queue->retry_ns = matching->now_ns + WF_MATCHING_ACQUIRE_PAUSE_NS;
}

/* What is buffered belongs to the new owner now. Tasks that history is asked about go on: RecordStarted makes that harmless
 * (engine-semantics 8.5 "ownership"). Pollers are dismissed, so that their next poll finds the new owner. */
static void drop_lease(struct wf_matching *matching, struct wf_matching_queue *queue)
{
    struct wf_ring *next = NULL;

    turn_away(matching, queue);
    for (struct wf_ring *link = queue->backlog.next; link != &queue->backlog; link = next) {
        struct wf_matching_task *task = task_of(link);

        next = link->next;
        if (task->state == WF_TASK_BACKLOG) {
            wf_matching_task_free(matching, task);
            continue;
        }
        wf_ring_remove(&task->link);
        wf_ring_push(&queue->starting, &task->link);
        task->task_id = 0;
        queue->backlog_count--;
    }
    while (!wf_ring_is_empty(&queue->queries)) {
        struct wf_matching_query *query = (void *)queue->queries.next;

        (void)wf_matching_answer(matching, query->call_id, WF_CALL_UNAVAILABLE);
        wf_ring_remove(&query->link);
        wf_slab_give(&matching->slabs, query, query->size_bytes);
    }
    dismiss_pollers(matching, queue);
    forget_routing(matching, queue);
    queue->is_all_read = false; /* a write still on its way must not be taken for the end of the backlog */
    queue->is_read_void = queue->is_reading; /* nor a page for what follows what the next lease has read */
    queue->read_task_id = 0;
    queue->saved_ack_task_id = 0;
    queue->retry_ns = INT64_MAX;
    WF_ASSERT(queue->backlog_count == 0);
}

void wf_queue_step(struct wf_matching *matching, struct wf_matching_queue *queue, enum wf_queue_input input)
{
#define ROW(from, input) ((uint32_t)(from) << 8 | (uint32_t)(input))
    switch (ROW(queue->state, input)) {
#define WF_TRANSITION(from, input, to, action)                                                                         \
    case ROW(WF_QUEUE_##from, WF_QUEUE_##input):                                                                       \
        queue->state = WF_QUEUE_##to;                                                                                  \
        action(matching, queue);                                                                                       \
        return;
#include "engine/server/matching_queue.def"
    default:
        WF_UNREACHABLE();
    }
#undef ROW
}

/* ---- Replies of the database ---- */

void wf_queue_on_acquired(struct wf_matching *matching, struct wf_matching_queue *queue,
                          const struct wf_db_reply *reply)
{
    if (reply->status != WF_DATABASE_OK) {
        wf_queue_step(matching, queue, WF_QUEUE_DENIED);
        return;
    }
    WF_ASSERT(reply->row_case == WF_CASE_db_reply_queue);
    queue->range_id = reply->row.queue->range_id;
    queue->saved_ack_task_id = reply->row.queue->ack_task_id;
    if (!load_routing(matching, queue, reply->row.queue->routing)) {
        matching->is_out_of_memory = true;
        return;
    }
    wf_queue_step(matching, queue, WF_QUEUE_ACQUIRED);
}

/* A written task stays in memory when nothing lies unread before it; else the next read brings it. */
static void settle_written(struct wf_matching *matching, struct wf_matching_queue *queue,
                           struct wf_matching_task *task)
{
    wf_matching_task_step(matching, task, WF_TASK_STORED, NULL);
    wf_ring_remove(&task->link);
    if (!queue->is_all_read || queue->is_reading || queue->backlog_count > WF_MATCHING_LOADED_MAX) {
        queue->is_all_read = false;
        wf_matching_task_free(matching, task);
        return;
    }
    wf_ring_push(&queue->backlog, &task->link);
    queue->read_task_id = task->task_id;
}

void wf_queue_on_written(struct wf_matching *matching, struct wf_matching_queue *queue,
                         const struct wf_db_reply *reply)
{
    const bool is_stored = reply->status == WF_DATABASE_OK;

    queue->is_writing = false;
    if (is_stored && reply->row_case == WF_CASE_db_reply_queue) {
        queue->saved_ack_task_id = reply->row.queue->ack_task_id;
    }
    settle_setting(matching, queue, is_stored);
    while (!wf_ring_is_empty(&queue->in_write)) {
        struct wf_matching_task *task = task_of_write(queue->in_write.next);

        wf_ring_remove(&task->write_link);
        if (is_stored) {
            settle_written(matching, queue, task);
        } else {
            wf_matching_task_step(matching, task, WF_TASK_UNSTORED, NULL);
        }
    }
    if (queue->state != WF_QUEUE_READY) {
        return;
    }
    if (reply->status == WF_DATABASE_SHARD_LOST) {
        wf_queue_step(matching, queue, WF_QUEUE_LOST);
    } else if (reply->status == WF_DATABASE_UNKNOWN) {
        wf_queue_step(matching, queue, WF_QUEUE_DOUBTED);
    }
}

static bool load_row(struct wf_matching *matching, struct wf_matching_queue *queue, const struct wf_db_task *row)
{
    struct wf_svc_add_task add = {0};
    struct wf_matching_task *task = NULL;
    const enum wf_status status =
        wf_wire_decode(&matching->step_arena, &wf_type_svc_add_task, row->body, &add, NULL);

    WF_ASSERT(status != WF_ERR_CORRUPT); /* we wrote it */
    task = status == WF_OK ? wf_matching_task_new(matching, queue, &add) : NULL;
    if (task == NULL) {
        return false;
    }
    task->state = WF_TASK_BACKLOG;
    task->task_id = row->task_id;
    task->expire_ns = row->visibility_time_ns;
    wf_ring_push(&queue->backlog, &task->link);
    queue->backlog_count++;
    queue->read_task_id = row->task_id;
    return true;
}

void wf_queue_on_read(struct wf_matching *matching, struct wf_matching_queue *queue, const struct wf_db_reply *reply)
{
    const bool is_void = queue->is_read_void;

    queue->is_reading = false;
    queue->is_read_void = false;
    if (queue->state != WF_QUEUE_READY || is_void) {
        return;
    }
    if (reply->status != WF_DATABASE_OK) {
        queue->retry_ns = matching->now_ns + WF_MATCHING_ACQUIRE_PAUSE_NS;
        return;
    }
    WF_ASSERT(reply->row_case == WF_CASE_db_reply_tasks);
    for (uint32_t i = 0; i < reply->row.tasks->tasks.count; i++) {
        const struct wf_db_task *row = &reply->row.tasks->tasks.items[i];

        if (row->task_id > queue->read_task_id && !load_row(matching, queue, row)) {
            matching->is_out_of_memory = true;
            return;
        }
    }
    queue->is_all_read = reply->row.tasks->is_all && !queue->is_read_stale;
}

/* ---- Matching ---- */

/* A sticky queue is its worker's. */
static bool may_take(const struct wf_matching *matching, const struct wf_matching_queue *queue,
                     const struct wf_matching_poller *poller, const struct wf_state_versioning *versioning,
                     const struct wf_workflow_execution *execution)
{
    struct wf_worker_deployment_version target = {0};

    if (queue->is_sticky || execution == NULL) {
        return true;
    }
    target = wf_routing_target(wf_queue_routing(queue), execution->workflow_id);
    return wf_versioning_admits(&matching->config, versioning, &poller->version, &target);
}

/* The first task that the poller may take. */
static struct wf_matching_task *next_task(struct wf_matching *matching, struct wf_matching_queue *queue,
                                          const struct wf_matching_poller *poller)
{
    struct wf_ring *next = NULL;

    for (struct wf_ring *link = queue->backlog.next; link != &queue->backlog; link = next) {
        struct wf_matching_task *task = task_of(link);

        next = link->next;
        if (task->state != WF_TASK_BACKLOG) {
            continue;
        }
        /* "expiry": history's own timer handles the consequence (engine-semantics 8.5). */
        if (task->expire_ns != 0 && matching->now_ns >= task->expire_ns) {
            wf_matching_task_step(matching, task, WF_TASK_EXPIRED, NULL);
            continue;
        }
        if (may_take(matching, queue, poller, task->add->versioning, task->add->workflow_execution)) {
            return task;
        }
    }
    for (struct wf_ring *link = queue->waiting.next; link != &queue->waiting; link = link->next) {
        struct wf_matching_task *task = task_of(link);

        if (may_take(matching, queue, poller, task->add->versioning, task->add->workflow_execution)) {
            return task;
        }
    }
    return NULL;
}

static struct wf_matching_query *next_query(const struct wf_matching *matching, struct wf_matching_queue *queue,
                                            const struct wf_matching_poller *poller)
{
    for (struct wf_ring *link = queue->queries.next; link != &queue->queries; link = link->next) {
        struct wf_matching_query *query = (void *)link;

        if (may_take(matching, queue, poller, query->dispatch->versioning, query->dispatch->task->workflow_execution)) {
            return query;
        }
    }
    return NULL;
}

/* The token of a query names the queue, whose owner kept the query. The rest of it is history's: its shard clock keeps a stale
 * owner from giving the worker a history that is too old (engine-semantics 7.9, 8.2 rule 6). */
static bool make_query_token(struct wf_matching *matching, const struct wf_matching_queue *queue,
                             const struct wf_matching_query *query, struct wf_string *bytes)
{
    struct wf_svc_task_token token = {0};
    struct wf_buffer buffer = {0};
    const enum wf_status status = wf_wire_decode(&matching->step_arena, &wf_type_svc_task_token,
                                                 query->dispatch->task->token, &token, NULL);

    WF_ASSERT(status != WF_ERR_CORRUPT); /* history wrote it */
    if (status != WF_OK) {
        return false;
    }
    token.query_id = (struct wf_string){query->query_id, WF_MATCHING_ID_BYTES};
    token.task_queue = wf_versioning_owner_key(queue->name, query->dispatch->normal_task_queue,
                                               query->dispatch->versioning != NULL);
    wf_buffer_init(&buffer, &matching->step_arena);
    wf_wire_encode(&wf_type_svc_task_token, &token, &buffer);
    *bytes = wf_buffer_string(&buffer);
    return !buffer.is_full;
}

static void give_query(struct wf_matching *matching, struct wf_matching_queue *queue, struct wf_matching_query *query,
                       struct wf_matching_poller *poller)
{
    struct wf_svc_response *response = wf_matching_answer(matching, poller->call_id, WF_CALL_OK);
    struct wf_svc_workflow_task *task =
        wf_message_copy(&matching->step_arena, &wf_type_svc_workflow_task, query->dispatch->task);

    wf_matching_make_id(matching, query->query_id);
    if (response == NULL || task == NULL || !make_query_token(matching, queue, query, &task->token)) {
        matching->is_out_of_memory = true;
        return;
    }
    task->is_query_only = true;
    response->answer_case = WF_CASE_svc_response_workflow_task;
    response->answer.workflow_task = task;
    wf_ring_remove(&query->link);
    wf_ring_push(&matching->asked, &query->link);
    queue->poller_ns = matching->now_ns;
    wf_queue_free_poller(matching, poller);
}

static void match(struct wf_matching *matching, struct wf_matching_queue *queue)
{
    struct wf_ring *next = NULL;
    const struct wf_matching_poller *idle = NULL; /* nothing is there for its version */

    for (struct wf_ring *link = queue->pollers.next; link != &queue->pollers && !matching->is_out_of_memory; link = next) {
        struct wf_matching_poller *poller = (void *)link;
        struct wf_matching_query *query = NULL;
        struct wf_matching_task *task = NULL;

        next = link->next;
        if (idle != NULL && wf_version_equal(&idle->version, &poller->version)) {
            continue;
        }
        query = next_query(matching, queue, poller);
        if (query != NULL) {
            give_query(matching, queue, query, poller);
            continue;
        }
        task = next_task(matching, queue, poller);
        if (task == NULL) {
            idle = poller;
            continue;
        }
        wf_ring_remove(&poller->link);
        task->poller = poller;
        wf_matching_task_step(matching, task, WF_TASK_POLLER, NULL);
    }
}

/* What waits for workers of one version must not stand before what others could take. */
static bool has_room(const struct wf_matching_queue *queue)
{
    return queue->backlog_count < WF_MATCHING_LOAD_MAX ||
           (queue->setting != NULL && !wf_ring_is_empty(&queue->pollers));
}

bool wf_queue_is_read_due(const struct wf_matching_queue *queue)
{
    return queue->state == WF_QUEUE_READY && !queue->is_reading && !queue->is_all_read && has_room(queue);
}

void wf_queue_pump(struct wf_matching *matching, struct wf_matching_queue *queue)
{
    const bool is_save_due =
        wf_queue_is_ack_due(matching, queue) && matching->now_ns >= queue->saved_ns + WF_MATCHING_ACK_SAVE_NS;

    if (queue->state != WF_QUEUE_READY) {
        return;
    }
    pass_settings(matching, queue);
    match(matching, queue);
    if (!queue->is_writing &&
        (!wf_ring_is_empty(&queue->to_write) || is_save_due || next_setting(queue) != NULL)) {
        if (queue->next_task_id + WF_MATCHING_LOADED_MAX >= (queue->range_id + 1) * WF_MATCHING_BLOCK_TASKS) {
            wf_queue_step(matching, queue, WF_QUEUE_EXHAUSTED);
            return;
        }
        write_rows(matching, queue);
    }
    if (wf_queue_is_read_due(queue) && (queue->retry_ns == INT64_MAX || matching->now_ns >= queue->retry_ns)) {
        read_rows(matching, queue);
    }
}
