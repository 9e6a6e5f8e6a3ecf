/*
 * One history shard: who owns it, and one step of it. An input goes to what waits for it; whatever
 * that brings about in memory happens at once, and whatever it needs from outside becomes outputs.
 *
 * Source: engine-semantics 8.1, 8.2.
 */
#include "engine/base/assert.h"
#include "engine/base/hash.h"
#include "engine/server/change.h"

#define TASK_IDS (INT64_C(1) << 20) /* of a range (8.2 rule 5) */
#define TASK_IDS_KEPT                                                                              \
    (INT64_C(1) << 17) /* left when a new range is asked for: more than any step can take */
#define ACQUIRE_RETRY_NS (200 * WF_NS_PER_MS)

/* ---- Numbers ---- */

uint64_t wf_shard_draw(struct wf_shard *shard)
{
    char counter[sizeof(uint64_t)];

    wf_store_u64(counter, shard->draw_count++);
    return wf_hash_seeded(shard->entropy, counter, sizeof counter);
}

struct wf_run_id wf_shard_draw_uuid(struct wf_shard *shard)
{
    struct wf_run_id id = {{0}};
    uint64_t words[2] = {wf_shard_draw(shard), 0};

    words[1] = wf_shard_draw(shard);
    wf_uuid_write(id.text, words);
    id.text[14] = '4'; /* RFC 4122: version 4, variant 10 */
    id.text[19] = "89ab"[words[0] & 3];
    return id;
}

int64_t wf_shard_task_id(struct wf_shard *shard)
{
    WF_ASSERT(shard->task_counter < TASK_IDS);
    return shard->range_id << 20 | shard->task_counter++;
}

int64_t wf_shard_clock(const struct wf_shard *shard)
{
    return shard->range_id << 20 | shard->task_counter;
}

int32_t wf_shard_of(struct wf_string workflow_id, uint32_t shard_count)
{
    WF_ASSERT(shard_count > 0);
    return (int32_t)(wf_hash_bytes(workflow_id.data, workflow_id.size_bytes) % shard_count);
}

int64_t wf_shard_range_id(const struct wf_shard *shard)
{
    return shard->state == WF_SHARD_OWNED ? shard->range_id : 0;
}

const char *wf_call_status_name(int32_t status)
{
    static const char *const names[] = {
        [WF_CALL_OK] = "ok",
        [WF_CALL_NOT_FOUND] = "not found",
        [WF_CALL_ALREADY_STARTED] = "already started",
        [WF_CALL_INVALID_ARGUMENT] = "invalid argument",
        [WF_CALL_FAILED_PRECONDITION] = "failed precondition",
        [WF_CALL_RESOURCE_EXHAUSTED] = "resource exhausted",
        [WF_CALL_UNAVAILABLE] = "unavailable",
        [WF_CALL_DEADLINE_EXCEEDED] = "deadline exceeded",
        [WF_CALL_WORKFLOW_NOT_READY] = "workflow not ready",
        [WF_CALL_TASK_ALREADY_STARTED] = "task already started",
        [WF_CALL_OBSOLETE_TASK] = "obsolete task",
        [WF_CALL_STICKY_UNAVAILABLE] = "sticky worker unavailable",
        [WF_CALL_QUERY_FAILED] = "query failed",
    };

    return status >= 0 && (size_t)status < sizeof names / sizeof names[0] ? names[status]
                                                                          : "unknown";
}

bool wf_call_is_retried(int32_t status)
{
    switch ((enum wf_call_status)status) {
    case WF_CALL_RESOURCE_EXHAUSTED:
    case WF_CALL_UNAVAILABLE:
    case WF_CALL_DEADLINE_EXCEEDED:
        return true;
    case WF_CALL_OK:
    case WF_CALL_NOT_FOUND:
    case WF_CALL_ALREADY_STARTED:
    case WF_CALL_INVALID_ARGUMENT:
    case WF_CALL_FAILED_PRECONDITION:
    case WF_CALL_WORKFLOW_NOT_READY:
    case WF_CALL_TASK_ALREADY_STARTED:
    case WF_CALL_OBSOLETE_TASK:
    case WF_CALL_STICKY_UNAVAILABLE:
    case WF_CALL_QUERY_FAILED:
        return false;
    }
    WF_UNREACHABLE();
}

/* ---- Outputs ---- */

struct wf_service_output *wf_shard_output(struct wf_shard *shard, enum wf_service_output_type type,
                                          uint64_t call_id)
{
    struct wf_service_output *output = WF_LIST_APPEND(&shard->step_arena, shard->outputs);

    if (output != NULL) {
        output->type = type;
        output->call_id = call_id;
    }
    return output;
}

struct wf_db_request *wf_shard_store(struct wf_shard *shard, enum wf_pending_kind kind,
                                     void *object, uint32_t op_case,
                                     const struct wf_message_type *type)
{
    struct wf_db_request *request = WF_ARENA_NEW(&shard->step_arena, struct wf_db_request);
    struct wf_service_output *output = NULL;

    if (request == NULL) {
        return NULL;
    }
    request->op_case = op_case;
    request->op.any = wf_message_new(&shard->step_arena, type);
    if (request->op.any == NULL) {
        return NULL;
    }
    output = wf_shard_output(shard, WF_SERVICE_STORE, wf_pending_add(shard, kind, object));
    if (output == NULL) {
        return NULL;
    }
    output->store = request;
    return request;
}

void wf_shard_cause(struct wf_shard *shard, struct wf_service_cause cause)
{
    WF_ASSERT(shard->outputs.count > 0);
    shard->outputs.items[shard->outputs.count - 1].cause = cause;
}

struct wf_svc_response *wf_shard_answer(struct wf_shard *shard, uint64_t call_id,
                                        enum wf_call_status status, const char *message)
{
    struct wf_svc_response *response = NULL;
    struct wf_service_output *output = NULL;

    response = WF_ARENA_NEW(&shard->step_arena, struct wf_svc_response);
    if (response == NULL) {
        return NULL;
    }
    response->status = (int32_t)status;
    response->message = wf_string_of(message);
    if (call_id == 0) {
        return response; /* the caller is gone, and nobody sees what is filled in */
    }
    output = wf_shard_output(shard, WF_SERVICE_ANSWER, call_id);
    if (output != NULL) {
        output->response = response;
    }
    return response;
}

/* ---- The machine ---- */

static void keep(struct wf_shard *shard, const struct wf_db_reply *reply)
{
    (void)shard;
    (void)reply;
}

static void acquire(struct wf_shard *shard, const struct wf_db_reply *reply)
{
    struct wf_db_request *request = NULL;

    (void)reply;
    wf_workflows_drop_all(shard);
    wf_schedules_drop_all(shard);
    /* What they say of the range that is given up says nothing of the next one. */
    wf_pending_forget(shard, WF_PENDING_SAVE);
    wf_pending_forget(shard, WF_PENDING_DELETE);
    shard->save_at_ns = INT64_MAX;
    request = wf_shard_store(shard, WF_PENDING_ACQUIRE, NULL, WF_CASE_db_request_acquire_shard,
                             &wf_type_db_acquire_shard);
    if (request != NULL) {
        request->op.acquire_shard->shard_id = shard->id;
        request->op.acquire_shard->owner = shard->config->identity;
    }
}

static void answer_unknown_calls(struct wf_shard *shard, enum wf_call_status status,
                                 const char *message)
{
    struct wf_unknown_call *call = shard->unknown_calls;

    shard->unknown_calls = NULL;
    while (call != NULL) {
        struct wf_unknown_call *const next = call->next;

        wf_shard_answer(shard, call->call_id, status, message);
        wf_slab_give(&shard->slabs, call, sizeof *call);
        call = next;
    }
}

static void own(struct wf_shard *shard, const struct wf_db_reply *reply)
{
    const struct wf_db_shard_row *row = reply->row.shard;

    WF_ASSERT(row->range_id > shard->range_id);
    /* A write that was answered since the range was asked for has left its run in memory. */
    if (row->range_id != shard->range_id + 1) {
        wf_workflows_drop_states(shard);
    }
    shard->range_id = row->range_id;
    shard->task_counter = 1;
    shard->retry_at_ns = INT64_MAX;
    answer_unknown_calls(shard, WF_CALL_DEADLINE_EXCEEDED,
                         "The database did not say whether it was written.");
    wf_tasks_acquired(shard, row);
    wf_schedules_acquired(shard, row);
}

static void wait(struct wf_shard *shard, const struct wf_db_reply *reply)
{
    (void)reply;
    shard->retry_at_ns = wf_add_saturating(shard->now_ns, ACQUIRE_RETRY_NS);
}

static void serve(struct wf_shard *shard, const struct wf_db_reply *reply)
{
    (void)reply;
    wf_updates_expire(shard);
    wf_tasks_alarm(shard);
    wf_schedules_alarm(shard);
}

static void stop(struct wf_shard *shard, const struct wf_db_reply *reply)
{
    (void)reply;
    answer_unknown_calls(shard, WF_CALL_UNAVAILABLE, "The shard moved.");
    wf_workflows_refuse_all(shard);
    wf_schedules_drop_all(shard);
    for (const struct wf_write *write = shard->writes; write != NULL; write = write->next) {
        if (write->call_id != 0) {
            wf_shard_answer(shard, write->call_id, WF_CALL_DEADLINE_EXCEEDED,
                            "The shard moved before the database answered.");
        }
    }
    wf_shard_output(shard, WF_SERVICE_STOP, 0);
}

static bool step_machine(struct wf_shard *shard, enum wf_shard_input input,
                         const struct wf_db_reply *reply)
{
#define ROW(from, input) ((uint32_t)(from) << 8 | (uint32_t)(input))
    switch (ROW(shard->state, input)) {
#define WF_TRANSITION(from, input, to, action)                                                     \
    case ROW(WF_SHARD_##from, WF_SHARD_INPUT_##input):                                             \
        shard->state = WF_SHARD_##to;                                                              \
        action(shard, reply);                                                                      \
        return true;
#include "engine/server/shard.def"
    default:
        return false;
    }
#undef ROW
}

void wf_shard_write_unknown(struct wf_shard *shard, uint64_t call_id)
{
    struct wf_unknown_call *call = call_id == 0 ? NULL : wf_slab_take(&shard->slabs, sizeof *call);

    if (call != NULL) {
        call->call_id = call_id;
        call->next = shard->unknown_calls;
        shard->unknown_calls = call;
    }
    step_machine(shard, WF_SHARD_INPUT_WRITE_UNKNOWN, NULL);
}

void wf_shard_write_lost(struct wf_shard *shard, int64_t range_id)
{
    /* A write under an older range of our own was fenced off by ourselves. */
    if (range_id == shard->range_id) {
        step_machine(shard, WF_SHARD_INPUT_LOST, NULL);
    }
}

void wf_shard_overtaken(struct wf_shard *shard)
{
    step_machine(shard, WF_SHARD_INPUT_LOST, NULL);
}

/* ---- Inputs ---- */

static void take_acquire_reply(struct wf_shard *shard, const struct wf_db_reply *reply)
{
    const bool is_acquired = reply->status == WF_DATABASE_OK &&
                             reply->row_case == WF_CASE_db_reply_shard;

    step_machine(shard, is_acquired ? WF_SHARD_INPUT_ACQUIRED : WF_SHARD_INPUT_ACQUIRE_FAILED,
                 reply);
    wf_workflows_resume(shard);
}

static void take_reply(struct wf_shard *shard, uint64_t call_id, const struct wf_db_reply *reply)
{
    void *object = NULL;
    const enum wf_pending_kind kind = wf_pending_take(shard, call_id, &object);

    switch (kind) {
    case WF_PENDING_ACQUIRE:
        take_acquire_reply(shard, reply);
        break;
    case WF_PENDING_READ_TRANSFER:
    case WF_PENDING_READ_TIMER:
        wf_tasks_read_reply(shard, kind, reply);
        break;
    case WF_PENDING_SAVE:
    case WF_PENDING_DELETE:
        wf_tasks_save_reply(shard, reply);
        if (reply->status == WF_DATABASE_SHARD_LOST) {
            wf_shard_write_lost(shard, shard->range_id);
        }
        break;
    case WF_PENDING_LOAD:
        wf_workflow_loaded(shard, object, reply);
        break;
    case WF_PENDING_LOAD_HISTORY:
        wf_workflow_history_loaded(shard, object, reply);
        break;
    case WF_PENDING_WRITE:
        wf_write_reply(shard, object, reply);
        break;
    case WF_PENDING_HISTORY:
        wf_history_read_reply(shard, object, reply);
        break;
    case WF_PENDING_READ_SCHEDULES:
        wf_schedules_read_reply(shard, reply);
        break;
    case WF_PENDING_WRITE_SCHEDULE:
        wf_schedule_write_reply(shard, object, reply);
        break;
    case WF_PENDING_FREE:
    case WF_PENDING_PUSH:
    case WF_PENDING_QUERY:
    case WF_PENDING_SCHEDULE_SEND:
        break; /* late or doubled */
    }
}

static void take_response(struct wf_shard *shard, uint64_t call_id,
                          const struct wf_svc_response *response)
{
    void *object = NULL;

    switch (wf_pending_take(shard, call_id, &object)) {
    case WF_PENDING_PUSH:
        wf_task_push_reply(shard, object, response);
        break;
    case WF_PENDING_QUERY:
        wf_query_reply(shard, object, response);
        break;
    case WF_PENDING_SCHEDULE_SEND:
        wf_schedule_answered(shard, object, response);
        break;
    case WF_PENDING_FREE:
    case WF_PENDING_READ_SCHEDULES:
    case WF_PENDING_WRITE_SCHEDULE:
    case WF_PENDING_ACQUIRE:
    case WF_PENDING_READ_TRANSFER:
    case WF_PENDING_READ_TIMER:
    case WF_PENDING_SAVE:
    case WF_PENDING_DELETE:
    case WF_PENDING_LOAD:
    case WF_PENDING_LOAD_HISTORY:
    case WF_PENDING_WRITE:
    case WF_PENDING_HISTORY:
        break; /* late or doubled */
    }
}

static void take_input(struct wf_shard *shard, const struct wf_service_input *in)
{
    switch (in->type) {
    case WF_SERVICE_REQUEST:
        wf_request_receive(shard, in->call_id, in->request);
        break;
    case WF_SERVICE_RESPONSE:
        take_response(shard, in->call_id, in->response);
        break;
    case WF_SERVICE_DATABASE:
        take_reply(shard, in->call_id, in->reply);
        break;
    case WF_SERVICE_ALARM:
        if (shard->state != WF_SHARD_WAITING || shard->retry_at_ns <= shard->now_ns) {
            step_machine(shard, WF_SHARD_INPUT_ALARM, NULL);
        }
        break;
    case WF_SERVICE_CANCEL:
        wf_workflows_cancel(shard, in->call_id);
        break;
    case WF_SERVICE_DISOWN:
        break; /* for matching: an overtaken shard is stopped by its first write or by a newer clock
                  (8.2) */
    case WF_SERVICE_TASK:
        if (shard->state == WF_SHARD_OWNED) {
            wf_task_take(shard, in->task);
        }
        break;
    }
}

static wf_time_ns wake_at(const struct wf_shard *shard)
{
    const wf_time_ns schedules_at_ns = wf_schedules_wake_at(shard);
    wf_time_ns tasks_at_ns = 0;

    switch (shard->state) {
    case WF_SHARD_OWNED:
        tasks_at_ns = wf_tasks_wake_at(shard);
        tasks_at_ns = shard->update_at_ns < tasks_at_ns ? shard->update_at_ns : tasks_at_ns;
        return schedules_at_ns < tasks_at_ns ? schedules_at_ns : tasks_at_ns;
    case WF_SHARD_WAITING:
        return shard->retry_at_ns;
    case WF_SHARD_NEW:
    case WF_SHARD_ACQUIRING:
    case WF_SHARD_STOPPED:
        break;
    }
    return INT64_MAX;
}

enum wf_status wf_shard_step(struct wf_shard *shard, const struct wf_service_input *in,
                             struct wf_service_outputs *out, struct wf_error *err)
{
    struct wf_service_output *wake = NULL;

    WF_ASSERT(shard != NULL);
    WF_ASSERT(in != NULL);
    wf_arena_reset(&shard->step_arena);
    memset(&shard->outputs, 0, sizeof shard->outputs);
    shard->now_ns = in->now_ns;
    shard->entropy = in->entropy;
    shard->draw_count = 0;
    wf_shard_runs_bury(shard);
    wf_workflows_trim(shard);
    if (shard->state == WF_SHARD_OWNED && shard->task_counter > TASK_IDS - TASK_IDS_KEPT) {
        step_machine(shard, WF_SHARD_INPUT_IDS_EXHAUSTED, NULL);
    }
    if (shard->state != WF_SHARD_STOPPED) {
        take_input(shard, in);
    } else if (in->type == WF_SERVICE_REQUEST) {
        wf_shard_answer(shard, in->call_id, WF_CALL_UNAVAILABLE, "The shard moved.");
    }
    if (wake_at(shard) != shard->wake_at_ns || in->type == WF_SERVICE_ALARM) {
        shard->wake_at_ns = wake_at(shard);
        wake = wf_shard_output(shard, WF_SERVICE_WAKE_AT, 0);
        if (wake != NULL) {
            wake->time_ns = shard->wake_at_ns;
        }
    }
    if (shard->is_out_of_memory || shard->slabs.is_full) {
        return wf_fail_status(err, WF_ERR_MEMORY, "shard %d is out of memory", (int)shard->id);
    }
    *out = (struct wf_service_outputs){shard->outputs.items, shard->outputs.count};
    return WF_OK;
}

/* ---- Lifecycle ---- */

/* The configuration's blocks, with a look at every take: whatever fails in a step fails the step.
 */
static void *take_block(void *context, size_t size_bytes)
{
    struct wf_shard *shard = context;
    void *block = shard->source->take(shard->source->context, size_bytes);

    shard->is_out_of_memory = shard->is_out_of_memory || block == NULL;
    return block;
}

static void give_block(void *context, void *block, size_t size_bytes)
{
    struct wf_shard *shard = context;

    shard->source->give(shard->source->context, block, size_bytes);
}

struct wf_shard *wf_shard_new(const struct wf_service_config *config, int32_t shard_id)
{
    struct wf_shard *shard = config->blocks->take(config->blocks->context, sizeof *shard);

    if (shard == NULL) {
        return NULL;
    }
    memset(shard, 0, sizeof *shard);
    shard->config_copy = *config;
    shard->config = &shard->config_copy;
    shard->source = config->blocks;
    shard->blocks = (struct wf_block_source){take_block, give_block, shard};
    shard->config_copy.blocks = &shard->blocks;
    shard->id = shard_id;
    shard->wake_at_ns = INT64_MAX;
    shard->save_at_ns = INT64_MAX;
    shard->retry_at_ns = INT64_MAX;
    shard->task_at_ns = INT64_MAX;
    shard->update_at_ns = INT64_MAX;
    wf_slabs_init(&shard->slabs, &shard->blocks);
    wf_arena_init(&shard->step_arena, &shard->blocks, 0);
    return shard;
}

void wf_shard_free(struct wf_shard *shard)
{
    const struct wf_block_source *blocks = NULL;

    if (shard == NULL) {
        return;
    }
    blocks = shard->source;
    wf_shard_runs_bury(shard);
    for (struct wf_shard_run *run = shard->runs; run != NULL; run = run->next) {
        wf_arena_deinit(&run->arena);
    }
    wf_schedules_drop_all(shard);
    wf_slabs_deinit(&shard->slabs);
    wf_arena_deinit(&shard->step_arena);
    blocks->give(blocks->context, shard, sizeof *shard);
}
