/*
 * One matching process: finds the queue that an input is about, lets the queue and task machines act, then pumps the queues
 * and computes the next alarm. Everything it knows beyond leases and backlogs is in memory and lost by a crash
 * (engine-semantics 8.1).
 */
#include "engine/server/matching.h"

#include "engine/base/assert.h"
#include "engine/base/hash.h"
#include "engine/codec.h"
#include "engine/server/versioning.h"

#define KEY_BYTES_MAX 1008 /* a name of 1000 bytes and its kind */
#define CALLS_MIN 16u

/* ---- Memory, ids and outputs ---- */

void *wf_matching_take(struct wf_matching *matching, size_t size_bytes)
{
    void *piece = wf_slab_take(&matching->slabs, size_bytes);

    if (piece == NULL) {
        matching->is_out_of_memory = true;
    }
    return piece;
}

void *wf_matching_take_copy(struct wf_matching *matching, size_t head_bytes, size_t guess_bytes,
                            const struct wf_message_type *type, const void *message, const void **copy,
                            size_t *size_bytes)
{
    *size_bytes = head_bytes + guess_bytes;
    for (;; *size_bytes *= 2) {
        char *piece = wf_matching_take(matching, *size_bytes);
        struct wf_arena rest;

        if (piece == NULL) {
            return NULL;
        }
        wf_arena_init_fixed(&rest, piece + head_bytes, *size_bytes - head_bytes);
        *copy = wf_message_copy(&rest, type, message);
        if (*copy != NULL) {
            return piece;
        }
        wf_slab_give(&matching->slabs, piece, *size_bytes);
    }
}

/* A UUID's shape, made from the step's entropy: unique as far as 128 mixed bits are. */
void wf_matching_make_id(struct wf_matching *matching, char id[WF_MATCHING_ID_BYTES])
{
    uint64_t words[2] = {0, 0};

    words[0] = wf_hash_mix(matching->entropy, ++matching->id_count);
    words[1] = wf_hash_mix(matching->entropy, ++matching->id_count);
    wf_uuid_write(id, words);
}

/* Call ids are a place in the table and the place's generation, so that late replies to a reused place are known. */
uint64_t wf_matching_call_new(struct wf_matching *matching, enum wf_matching_call_kind kind, void *subject)
{
    uint32_t place = 0;

    while (place < matching->call_count && matching->calls[place].kind != WF_MATCHING_CALL_NONE) {
        place++;
    }
    if (place == matching->call_count) {
        const uint32_t count = matching->call_count == 0 ? CALLS_MIN : matching->call_count * 2;
        struct wf_matching_call *calls = wf_matching_take(matching, count * sizeof *calls);

        if (calls == NULL) {
            return 0;
        }
        if (matching->call_count > 0) {
            memcpy(calls, matching->calls, matching->call_count * sizeof *calls);
            wf_slab_give(&matching->slabs, matching->calls, matching->call_count * sizeof *calls);
        }
        matching->calls = calls;
        matching->call_count = count;
    }
    matching->calls[place].kind = kind;
    matching->calls[place].subject = subject;
    matching->calls[place].generation++;
    return ((uint64_t)matching->calls[place].generation << 32) | place;
}

/* Ends a call; kind NONE when it is not outstanding. */
static struct wf_matching_call end_call(struct wf_matching *matching, uint64_t call_id)
{
    const uint32_t place = (uint32_t)call_id;
    struct wf_matching_call call = {0};

    if (place >= matching->call_count || matching->calls[place].generation != (uint32_t)(call_id >> 32)) {
        return call;
    }
    call = matching->calls[place];
    matching->calls[place].kind = WF_MATCHING_CALL_NONE;
    matching->calls[place].subject = NULL;
    return call;
}

struct wf_service_output *wf_matching_put(struct wf_matching *matching, enum wf_service_output_type type,
                                          uint64_t call_id)
{
    struct wf_service_output *output = WF_LIST_APPEND(&matching->step_arena, matching->outputs);

    if (output == NULL) {
        matching->is_out_of_memory = true;
        return NULL;
    }
    *output = (struct wf_service_output){.type = type, .call_id = call_id};
    return output;
}

struct wf_svc_response *wf_matching_answer(struct wf_matching *matching, uint64_t call_id, enum wf_call_status status)
{
    struct wf_svc_response *response = WF_ARENA_NEW(&matching->step_arena, struct wf_svc_response);
    struct wf_service_output *output = wf_matching_put(matching, WF_SERVICE_ANSWER, call_id);

    if (response == NULL || output == NULL) {
        matching->is_out_of_memory = true;
        return NULL;
    }
    response->status = (int32_t)status;
    output->response = response;
    return response;
}

/* ---- Lifecycle ---- */

struct wf_matching *wf_matching_new(const struct wf_service_config *config)
{
    struct wf_arena arena;
    struct wf_matching *matching = NULL;

    wf_arena_init(&arena, config->blocks, 0);
    matching = WF_ARENA_NEW(&arena, struct wf_matching);
    if (matching == NULL) {
        wf_arena_deinit(&arena);
        return NULL;
    }
    matching->arena = arena;
    matching->config = *config;
    matching->wake_ns = INT64_MAX;
    wf_arena_init(&matching->step_arena, config->blocks, 0);
    wf_slabs_init(&matching->slabs, config->blocks);
    wf_map_init(&matching->queues, &matching->arena);
    wf_ring_init(&matching->asked);
    return matching;
}

void wf_matching_free(struct wf_matching *matching)
{
    struct wf_arena arena;

    if (matching == NULL) {
        return;
    }
    wf_arena_deinit(&matching->step_arena);
    wf_slabs_deinit(&matching->slabs);
    arena = matching->arena; /* holds the struct itself */
    wf_arena_deinit(&arena);
}

/* ---- Queues ---- */

static struct wf_string queue_key(struct wf_buffer *buffer, struct wf_string name, bool is_activity)
{
    wf_buffer_append_text(buffer, is_activity ? "a:" : "w:");
    wf_buffer_append_string(buffer, name);
    return wf_buffer_string(buffer);
}

struct wf_matching_queue *wf_matching_find_queue(struct wf_matching *matching, struct wf_string name, bool is_activity)
{
    char bytes[KEY_BYTES_MAX];
    struct wf_buffer buffer = {0};

    wf_buffer_init_fixed(&buffer, bytes, sizeof bytes);
    return wf_map_get(&matching->queues, queue_key(&buffer, name, is_activity));
}

static size_t queue_size(struct wf_string name)
{
    return sizeof(struct wf_matching_queue) + name.size_bytes + 2;
}

static void init_queue(struct wf_matching_queue *queue, struct wf_string name, bool is_activity, bool is_sticky)
{
    char *key = (char *)(queue + 1);

    memcpy(key, is_activity ? "a:" : "w:", 2);
    memcpy(key + 2, name.data, name.size_bytes);
    queue->key = (struct wf_string){key, name.size_bytes + 2};
    queue->name = (struct wf_string){key + 2, name.size_bytes};
    queue->is_activity = is_activity;
    queue->is_sticky = is_sticky;
    queue->poller_ns = INT64_MIN;
    queue->retry_ns = INT64_MAX;
    wf_ring_init(&queue->pollers);
    wf_ring_init(&queue->queries);
    wf_ring_init(&queue->waiting);
    wf_ring_init(&queue->backlog);
    wf_ring_init(&queue->starting);
    wf_ring_init(&queue->to_write);
    wf_ring_init(&queue->in_write);
    wf_ring_init(&queue->settings);
}

static struct wf_matching_queue *find_or_make_queue(struct wf_matching *matching, struct wf_string name,
                                                    bool is_activity, bool is_sticky)
{
    struct wf_matching_queue *queue = wf_matching_find_queue(matching, name, is_activity);

    if (queue == NULL) {
        queue = wf_matching_take(matching, queue_size(name));
        if (queue == NULL) {
            return NULL;
        }
        init_queue(queue, name, is_activity, is_sticky);
        if (!wf_map_set(&matching->queues, queue->key, queue)) {
            matching->is_out_of_memory = true;
            return NULL;
        }
    }
    queue->used_ns = matching->now_ns;
    return queue;
}

static bool is_idle(const struct wf_matching *matching, const struct wf_matching_queue *queue)
{
    return queue->state == WF_QUEUE_READY && !queue->is_reading && !queue->is_writing &&
           wf_ring_is_empty(&queue->pollers) && wf_ring_is_empty(&queue->queries) &&
           wf_ring_is_empty(&queue->waiting) && wf_ring_is_empty(&queue->backlog) &&
           wf_ring_is_empty(&queue->starting) && wf_ring_is_empty(&queue->to_write) &&
           wf_ring_is_empty(&queue->settings) &&
           !wf_queue_is_ack_due(matching, queue) && matching->now_ns - queue->used_ns >= WF_MATCHING_IDLE_NS;
}

/* Sticky queues die with their worker; their rows stay in the database, as in life. */
static void unload_idle_queues(struct wf_matching *matching)
{
    uint32_t index = 0;

    for (struct wf_map_entry *entry = NULL; (entry = wf_map_next(&matching->queues, &index)) != NULL;) {
        struct wf_matching_queue *queue = entry->value;

        if (is_idle(matching, queue)) {
            (void)wf_map_remove(&matching->queues, queue->key);
            if (queue->setting != NULL) {
                wf_queue_free_setting(matching, queue->setting);
            }
            wf_slab_give(&matching->slabs, queue, queue_size(queue->name));
        }
    }
}

/* Nobody listens there any more (engine-semantics 3.5 "Matching short-cuts"). */
static bool is_sticky_worker_gone(const struct wf_matching *matching, const struct wf_matching_queue *queue)
{
    if (queue == NULL) {
        return true;
    }
    return wf_ring_is_empty(&queue->pollers) &&
           (queue->poller_ns == INT64_MIN || matching->now_ns - queue->poller_ns >= WF_MATCHING_STICKY_GONE_NS);
}

static void need(struct wf_matching *matching, struct wf_matching_queue *queue)
{
    if (queue->state != WF_QUEUE_COLD || queue->retry_ns == INT64_MAX || matching->now_ns >= queue->retry_ns) {
        wf_queue_step(matching, queue, WF_QUEUE_NEEDED);
    }
    wf_queue_pump(matching, queue);
}

/* ---- Requests ---- */

/* Copies to where *end is, which moves on. */
static struct wf_string keep(char **end, struct wf_string string)
{
    char *text = *end;

    if (string.size_bytes > 0) {
        memcpy(text, string.data, string.size_bytes);
    }
    *end += string.size_bytes;
    return (struct wf_string){text, string.size_bytes};
}

static void on_poll(struct wf_matching *matching, uint64_t call_id, struct wf_matching_queue *queue,
                    struct wf_string identity, const struct wf_worker_deployment_version *worker_version, int64_t wait_ns)
{
    static const struct wf_worker_deployment_version none;
    const struct wf_worker_deployment_version *version = worker_version == NULL ? &none : worker_version;
    const size_t size_bytes = sizeof(struct wf_matching_poller) + identity.size_bytes +
                              version->deployment_name.size_bytes + version->build_id.size_bytes;
    struct wf_matching_poller *poller = queue == NULL ? NULL : wf_matching_take(matching, size_bytes);
    char *end = (char *)(poller + 1);

    if (poller == NULL) {
        return;
    }
    *poller = (struct wf_matching_poller){
        .call_id = call_id,
        .deadline_ns = matching->now_ns + (wait_ns > 0 ? wait_ns : WF_MATCHING_POLL_NS),
        .size_bytes = size_bytes,
    };
    poller->identity = keep(&end, identity);
    poller->version.deployment_name = keep(&end, version->deployment_name);
    poller->version.build_id = keep(&end, version->build_id);
    wf_ring_init(&poller->link);
    wf_ring_push(&queue->pollers, &poller->link);
    queue->poller_ns = matching->now_ns;
    queue->is_polled = true;
    need(matching, queue);
}

/* The routing wants the run on another version than that of the worker that has it cached. */
static bool has_moved_on(struct wf_matching *matching, struct wf_string normal_task_queue,
                         const struct wf_state_versioning *versioning, const struct wf_workflow_execution *execution)
{
    const struct wf_matching_queue *normal = wf_matching_find_queue(matching, normal_task_queue, false);
    const struct wf_svc_version_routing *routing = normal == NULL ? NULL : wf_queue_routing(normal);
    struct wf_worker_deployment_version target = {0};

    if (versioning == NULL || routing == NULL || execution == NULL) {
        return false;
    }
    target = wf_routing_target(routing, execution->workflow_id);
    return !wf_versioning_admits(&matching->config, versioning, versioning->version, &target);
}

static void on_add_task(struct wf_matching *matching, uint64_t call_id, const struct wf_svc_add_task *add)
{
    struct wf_matching_queue *queue = wf_matching_find_queue(matching, add->task_queue, add->is_activity);
    struct wf_matching_task *task = NULL;

    if (add->is_sticky &&
        (is_sticky_worker_gone(matching, queue) ||
         has_moved_on(matching, add->normal_task_queue, add->versioning, add->workflow_execution))) {
        (void)wf_matching_answer(matching, call_id, WF_CALL_STICKY_UNAVAILABLE);
        return;
    }
    queue = find_or_make_queue(matching, add->task_queue, add->is_activity, add->is_sticky);
    task = queue == NULL ? NULL : wf_matching_task_new(matching, queue, add);
    if (task == NULL) {
        return;
    }
    task->state = WF_TASK_WAITING;
    task->time_ns = matching->now_ns + WF_MATCHING_SYNC_WAIT_NS;
    task->add_call_id = call_id;
    task->has_add_call = true;
    wf_ring_push(&queue->waiting, &task->link);
    need(matching, queue);
}

static struct wf_matching_query *query_new(struct wf_matching *matching, const struct wf_svc_dispatch_query *dispatch)
{
    struct wf_matching_query *query = NULL;
    const void *copy = NULL;
    size_t size_bytes = 2048;

    WF_ASSERT(dispatch->task != NULL);
    for (uint32_t i = 0; i < dispatch->task->batches.count; i++) {
        size_bytes += dispatch->task->batches.items[i].size_bytes + sizeof(struct wf_string);
    }
    query = wf_matching_take_copy(matching, sizeof *query, size_bytes, &wf_type_svc_dispatch_query, dispatch, &copy,
                                  &size_bytes);
    if (query != NULL) {
        query->dispatch = copy;
        query->size_bytes = size_bytes;
        wf_ring_init(&query->link);
    }
    return query;
}

static void on_dispatch_query(struct wf_matching *matching, uint64_t call_id,
                              const struct wf_svc_dispatch_query *dispatch)
{
    struct wf_matching_queue *queue = wf_matching_find_queue(matching, dispatch->task_queue, false);
    struct wf_matching_query *query = NULL;

    if (dispatch->is_sticky &&
        (is_sticky_worker_gone(matching, queue) || has_moved_on(matching, dispatch->normal_task_queue, dispatch->versioning,
                                                                dispatch->task->workflow_execution))) {
        (void)wf_matching_answer(matching, call_id, WF_CALL_STICKY_UNAVAILABLE);
        return;
    }
    queue = find_or_make_queue(matching, dispatch->task_queue, false, dispatch->is_sticky);
    query = queue == NULL ? NULL : query_new(matching, dispatch);
    if (query == NULL) {
        return;
    }
    query->call_id = call_id;
    query->deadline_ns = matching->now_ns + WF_MATCHING_QUERY_NS;
    wf_ring_push(&queue->queries, &query->link);
    need(matching, queue);
}

static bool fill_query_answer(struct wf_matching *matching, const struct wf_sdk_query_result *result,
                              struct wf_svc_response *response)
{
    struct wf_svc_query_answer *answer = WF_ARENA_NEW(&matching->step_arena, struct wf_svc_query_answer);

    if (answer == NULL) {
        return false;
    }
    response->answer_case = WF_CASE_svc_response_query_answer;
    response->answer.query_answer = answer;
    answer->query_id = wf_string_copy(&matching->step_arena, result->query_id);
    if (result->variant_case == WF_CASE_sdk_query_result_failed) {
        response->status = WF_CALL_QUERY_FAILED;
        answer->failure = wf_message_copy(&matching->step_arena, &wf_type_failure, result->variant.failed);
        return answer->failure != NULL;
    }
    answer->result = WF_ARENA_NEW(&matching->step_arena, struct wf_payloads);
    if (answer->result == NULL) {
        return false;
    }
    if (result->variant_case == WF_CASE_sdk_query_result_succeeded && result->variant.succeeded->response != NULL) {
        struct wf_payload *payload = WF_LIST_APPEND(&matching->step_arena, answer->result->payloads);

        return payload != NULL && wf_message_copy_into(&matching->step_arena, &wf_type_payload, payload,
                                                       result->variant.succeeded->response);
    }
    return true;
}

static struct wf_matching_query *find_asked(struct wf_matching *matching, struct wf_string query_id)
{
    for (struct wf_ring *link = matching->asked.next; link != &matching->asked; link = link->next) {
        struct wf_matching_query *query = (void *)link;

        if (wf_string_equal((struct wf_string){query->query_id, WF_MATCHING_ID_BYTES}, query_id)) {
            return query;
        }
    }
    return NULL;
}

static void on_query_result(struct wf_matching *matching, uint64_t call_id,
                            const struct wf_svc_respond_query_task_completed *respond)
{
    struct wf_svc_task_token token = {0};
    struct wf_matching_query *query = NULL;
    struct wf_svc_response *response = NULL;

    if (wf_wire_decode(&matching->step_arena, &wf_type_svc_task_token, respond->token, &token, NULL) == WF_OK) {
        query = find_asked(matching, token.query_id);
    }
    if (query == NULL || respond->result == NULL) {
        (void)wf_matching_answer(matching, call_id, WF_CALL_NOT_FOUND);
        return;
    }
    response = wf_matching_answer(matching, query->call_id, WF_CALL_OK);
    if (response == NULL || !fill_query_answer(matching, respond->result, response)) {
        matching->is_out_of_memory = true;
    }
    wf_ring_remove(&query->link);
    wf_slab_give(&matching->slabs, query, query->size_bytes);
    (void)wf_matching_answer(matching, call_id, WF_CALL_OK);
}

/* Answered when it is stored, or when a later one is. */
static void on_set_routing(struct wf_matching *matching, uint64_t call_id, const struct wf_svc_set_routing *set)
{
    struct wf_matching_queue *queue = NULL;
    struct wf_matching_setting *setting = NULL;
    const void *copy = NULL;
    size_t size_bytes = 0;

    if (set->routing == NULL) {
        (void)wf_matching_answer(matching, call_id, WF_CALL_INVALID_ARGUMENT);
        return;
    }
    queue = find_or_make_queue(matching, set->task_queue, set->is_activity, false);
    setting = queue == NULL ? NULL
                            : wf_matching_take_copy(matching, sizeof *setting, 512, &wf_type_svc_version_routing,
                                                    set->routing, &copy, &size_bytes);
    if (setting == NULL) {
        return;
    }
    *setting = (struct wf_matching_setting){.call_id = call_id, .routing = copy, .size_bytes = size_bytes};
    wf_ring_init(&setting->link);
    wf_ring_push(&queue->settings, &setting->link);
    need(matching, queue);
}

static void on_request(struct wf_matching *matching, uint64_t call_id, const struct wf_svc_request *request)
{
    switch (request->call_case) {
    case WF_CASE_svc_request_poll_workflow_task: {
        const struct wf_svc_poll_workflow_task *poll = request->call.poll_workflow_task;

        on_poll(matching, call_id, find_or_make_queue(matching, poll->task_queue, false, poll->is_sticky),
                poll->identity, poll->worker_version, poll->wait_ns);
        break;
    }
    case WF_CASE_svc_request_poll_activity_task: {
        const struct wf_svc_poll_activity_task *poll = request->call.poll_activity_task;

        on_poll(matching, call_id, find_or_make_queue(matching, poll->task_queue, true, false), poll->identity,
                poll->worker_version, poll->wait_ns);
        break;
    }
    case WF_CASE_svc_request_add_task:
        on_add_task(matching, call_id, request->call.add_task);
        break;
    case WF_CASE_svc_request_dispatch_query:
        on_dispatch_query(matching, call_id, request->call.dispatch_query);
        break;
    case WF_CASE_svc_request_set_routing:
        on_set_routing(matching, call_id, request->call.set_routing);
        break;
    case WF_CASE_svc_request_respond_query_task_completed:
        on_query_result(matching, call_id, request->call.respond_query_task_completed);
        break;
    default:
        (void)wf_matching_answer(matching, call_id, WF_CALL_INVALID_ARGUMENT);
        break;
    }
}

/* The caller of a long poll is gone. A poller that a task holds is only marked: the task may be started already. */
static void on_cancel(struct wf_matching *matching, uint64_t call_id)
{
    uint32_t index = 0;

    for (struct wf_map_entry *entry = NULL; (entry = wf_map_next(&matching->queues, &index)) != NULL;) {
        struct wf_matching_queue *queue = entry->value;

        for (struct wf_ring *link = queue->pollers.next; link != &queue->pollers; link = link->next) {
            struct wf_matching_poller *poller = (void *)link;

            if (poller->call_id == call_id) {
                queue->poller_ns = matching->now_ns;
                wf_queue_free_poller(matching, poller);
                return;
            }
        }
    }
    for (uint32_t i = 0; i < matching->call_count; i++) {
        struct wf_matching_task *task =
            matching->calls[i].kind == WF_MATCHING_CALL_START ? matching->calls[i].subject : NULL;

        if (task != NULL && task->poller != NULL && task->poller->call_id == call_id) {
            task->poller->is_gone = true;
        }
    }
}

/* ---- Answers of history ---- */

static enum wf_task_input task_input(const struct wf_matching_task *task, int32_t status)
{
    if (status == WF_CALL_OK) {
        return WF_TASK_STARTED;
    }
    if (!wf_call_is_retried(status)) {
        return WF_TASK_REFUSED;
    }
    if (task->tries < WF_MATCHING_TRIES_MAX) {
        return WF_TASK_FAILED;
    }
    return task->task_id != 0 ? WF_TASK_STORED_TIRED : WF_TASK_TIRED;
}

static void on_response(struct wf_matching *matching, uint64_t call_id, const struct wf_svc_response *response)
{
    const struct wf_matching_call call = end_call(matching, call_id);
    struct wf_matching_task *task = call.subject;
    struct wf_matching_queue *queue = NULL;

    if (call.kind == WF_MATCHING_CALL_NONE) {
        return; /* answered twice */
    }
    WF_ASSERT(call.kind == WF_MATCHING_CALL_START);
    queue = task->queue;
    queue->used_ns = matching->now_ns;
    wf_matching_task_step(matching, task, task_input(task, response->status), response);
    wf_queue_pump(matching, queue);
}

static void on_reply(struct wf_matching *matching, uint64_t call_id, const struct wf_db_reply *reply)
{
    const struct wf_matching_call call = end_call(matching, call_id);
    struct wf_matching_queue *queue = call.subject;

    switch (call.kind) {
    case WF_MATCHING_CALL_NONE:
        return;
    case WF_MATCHING_CALL_START:
        WF_UNREACHABLE();
    case WF_MATCHING_CALL_ACQUIRE:
        wf_queue_on_acquired(matching, queue, reply);
        break;
    case WF_MATCHING_CALL_WRITE:
        wf_queue_on_written(matching, queue, reply);
        break;
    case WF_MATCHING_CALL_READ:
        wf_queue_on_read(matching, queue, reply);
        break;
    }
    wf_queue_pump(matching, queue);
}

/* ---- Time ---- */

static void end_polls(struct wf_matching *matching, struct wf_matching_queue *queue)
{
    struct wf_ring *next = NULL;

    for (struct wf_ring *link = queue->pollers.next; link != &queue->pollers; link = next) {
        struct wf_matching_poller *poller = (void *)link;

        next = link->next;
        if (matching->now_ns >= poller->deadline_ns) {
            (void)wf_matching_answer(matching, poller->call_id, WF_CALL_OK);
            queue->poller_ns = matching->now_ns;
            queue->used_ns = matching->now_ns;
            wf_queue_free_poller(matching, poller);
        }
    }
}

static void end_queries(struct wf_matching *matching, struct wf_ring *queries)
{
    while (!wf_ring_is_empty(queries)) {
        struct wf_matching_query *query = (void *)queries->next;

        if (matching->now_ns < query->deadline_ns) {
            return;
        }
        (void)wf_matching_answer(matching, query->call_id, WF_CALL_DEADLINE_EXCEEDED);
        wf_ring_remove(&query->link);
        wf_slab_give(&matching->slabs, query, query->size_bytes);
    }
}

static void end_pauses(struct wf_matching *matching, struct wf_ring *tasks)
{
    for (struct wf_ring *link = tasks->next; link != tasks; link = link->next) {
        struct wf_matching_task *task = (void *)link;

        if (task->state == WF_TASK_PAUSING && matching->now_ns >= task->time_ns) {
            wf_matching_task_step(matching, task, WF_TASK_DUE, NULL);
        }
    }
}

static void end_waits(struct wf_matching *matching, struct wf_matching_queue *queue)
{
    while (!wf_ring_is_empty(&queue->waiting)) {
        struct wf_matching_task *task = (void *)queue->waiting.next;

        if (matching->now_ns < task->time_ns) {
            return;
        }
        wf_matching_task_step(matching, task, WF_TASK_OVERDUE, NULL);
    }
}

static void on_alarm(struct wf_matching *matching)
{
    uint32_t index = 0;

    for (struct wf_map_entry *entry = NULL; (entry = wf_map_next(&matching->queues, &index)) != NULL;) {
        struct wf_matching_queue *queue = entry->value;

        end_polls(matching, queue);
        end_queries(matching, &queue->queries);
        end_waits(matching, queue);
        end_pauses(matching, &queue->starting);
        end_pauses(matching, &queue->backlog);
        if (queue->state == WF_QUEUE_COLD && matching->now_ns >= queue->retry_ns) {
            wf_queue_step(matching, queue, WF_QUEUE_NEEDED);
        }
        wf_queue_pump(matching, queue);
    }
    end_queries(matching, &matching->asked);
    unload_idle_queues(matching);
}

static wf_time_ns earlier(wf_time_ns left, wf_time_ns right)
{
    return left < right ? left : right;
}

static wf_time_ns pause_end(const struct wf_ring *tasks)
{
    wf_time_ns wake_ns = INT64_MAX;

    for (const struct wf_ring *link = tasks->next; link != tasks; link = link->next) {
        const struct wf_matching_task *task = (const void *)link;

        if (task->state == WF_TASK_PAUSING) {
            wake_ns = earlier(wake_ns, task->time_ns);
        }
    }
    return wake_ns;
}

static wf_time_ns queue_wake(const struct wf_matching *matching, const struct wf_matching_queue *queue)
{
    /* For a read that nobody wants any more it would wake for ever. */
    const bool retries = queue->state == WF_QUEUE_COLD || wf_queue_is_read_due(queue);
    wf_time_ns wake_ns = retries ? queue->retry_ns : INT64_MAX;

    for (const struct wf_ring *link = queue->pollers.next; link != &queue->pollers; link = link->next) {
        wake_ns = earlier(wake_ns, ((const struct wf_matching_poller *)(const void *)link)->deadline_ns);
    }
    if (!wf_ring_is_empty(&queue->queries)) {
        wake_ns = earlier(wake_ns, ((const struct wf_matching_query *)(const void *)queue->queries.next)->deadline_ns);
    }
    if (!wf_ring_is_empty(&queue->waiting)) {
        wake_ns = earlier(wake_ns, ((const struct wf_matching_task *)(const void *)queue->waiting.next)->time_ns);
    }
    wake_ns = earlier(wake_ns, pause_end(&queue->starting));
    wake_ns = earlier(wake_ns, pause_end(&queue->backlog));
    if (wf_queue_is_ack_due(matching, queue) && !queue->is_writing) {
        wake_ns = earlier(wake_ns, queue->saved_ns + WF_MATCHING_ACK_SAVE_NS);
    }
    return wake_ns;
}

static void put_wake(struct wf_matching *matching)
{
    wf_time_ns wake_ns = INT64_MAX;
    uint32_t index = 0;

    for (struct wf_map_entry *entry = NULL; (entry = wf_map_next(&matching->queues, &index)) != NULL;) {
        wake_ns = earlier(wake_ns, queue_wake(matching, entry->value));
    }
    if (!wf_ring_is_empty(&matching->asked)) {
        wake_ns =
            earlier(wake_ns, ((const struct wf_matching_query *)(const void *)matching->asked.next)->deadline_ns);
    }
    if (wake_ns != matching->wake_ns) {
        struct wf_service_output *output = wf_matching_put(matching, WF_SERVICE_WAKE_AT, 0);

        if (output != NULL) {
            output->time_ns = wake_ns;
            matching->wake_ns = wake_ns;
        }
    }
}

/*
 * A lease that is kept while membership names another process would be believed again when the queue comes back, and what
 * the other one stored meanwhile would never be read: an idle owner writes nothing that could be refused.
 */
static void on_disown(struct wf_matching *matching, struct wf_string name)
{
    for (int kind = 0; kind < 2; kind++) {
        struct wf_matching_queue *queue = wf_matching_find_queue(matching, name, kind == 1);

        if (queue != NULL && queue->state == WF_QUEUE_READY) {
            wf_queue_step(matching, queue, WF_QUEUE_LOST);
        }
    }
}

enum wf_status wf_matching_step(struct wf_matching *matching, const struct wf_service_input *in,
                                struct wf_service_outputs *out, struct wf_error *err)
{
    wf_arena_reset(&matching->step_arena);
    memset(&matching->outputs, 0, sizeof matching->outputs);
    matching->now_ns = in->now_ns;
    matching->entropy = in->entropy;
    matching->id_count = 0;
    switch (in->type) {
    case WF_SERVICE_REQUEST:
        on_request(matching, in->call_id, in->request);
        break;
    case WF_SERVICE_RESPONSE:
        on_response(matching, in->call_id, in->response);
        break;
    case WF_SERVICE_DATABASE:
        on_reply(matching, in->call_id, in->reply);
        break;
    case WF_SERVICE_ALARM:
        matching->wake_ns = INT64_MAX; /* spent */
        on_alarm(matching);
        break;
    case WF_SERVICE_CANCEL:
        on_cancel(matching, in->call_id);
        break;
    case WF_SERVICE_DISOWN:
        on_disown(matching, in->key);
        break;
    case WF_SERVICE_TASK:
        break; /* for history */
    }
    put_wake(matching);
    if (matching->is_out_of_memory) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for the task queues of a matching process");
    }
    *out = (struct wf_service_outputs){matching->outputs.items, matching->outputs.count};
    return WF_OK;
}
