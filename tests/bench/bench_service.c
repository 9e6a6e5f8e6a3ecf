/*
 * What a step of a saga costs the history service: a workflow task started, completed with one
 * activity, the activity started and completed. The database says yes to everything, so that the
 * service alone is measured; long runs show whether the cost of an event stays the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "engine/codec.h"
#include "engine/service.h"

#define EPOCH_NS (INT64_C(1700000000) * WF_NS_PER_S)

struct bench {
    struct wf_service_config config;
    struct wf_shard *shard;
    wf_time_ns now_ns;
    uint64_t entropy;
    int64_t transactions;
    size_t written_bytes;
    struct wf_svc_add_task push; /* the last one */
    struct wf_workflow_execution execution;
    char run_id[64];
    char token[256];
    struct wf_string token_bytes;
};

/* Of this process: other work on the machine does not count. */
static double now_seconds(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *take_block(void *context, size_t size_bytes)
{
    (void)context;
    return malloc(size_bytes);
}

static void give_block(void *context, void *block, size_t size_bytes)
{
    (void)context;
    (void)size_bytes;
    free(block);
}

static void deliver(struct bench *bench, struct wf_service_input in);

static void store(struct bench *bench, uint64_t call_id, uint32_t op_case)
{
    struct wf_db_shard_row row = {.range_id = 1 + bench->transactions / 100000};
    struct wf_db_task_rows rows = {.is_all = true};
    struct wf_db_reply reply = {0};

    if (op_case == WF_CASE_db_request_acquire_shard) {
        reply.row_case = WF_CASE_db_reply_shard;
        reply.row.shard = &row;
    } else if (op_case == WF_CASE_db_request_read_tasks) {
        reply.row_case = WF_CASE_db_reply_tasks;
        reply.row.tasks = &rows;
    } else if (op_case == WF_CASE_db_request_read_run) {
        reply.status = WF_DATABASE_NOT_FOUND;
    }
    deliver(bench, (struct wf_service_input){
                       .type = WF_SERVICE_DATABASE, .call_id = call_id, .reply = &reply});
}

static void keep_token(struct bench *bench, struct wf_string token)
{
    memcpy(bench->token, token.data, token.size_bytes);
    bench->token_bytes = (struct wf_string){bench->token, token.size_bytes};
}

static void look(struct bench *bench, const struct wf_service_output *output)
{
    if (output->type == WF_SERVICE_CALL &&
        output->request->call_case == WF_CASE_svc_request_add_task) {
        const struct wf_svc_add_task *task = output->request->call.add_task;

        bench->push.scheduled_event_id = task->scheduled_event_id;
        bench->push.attempt = task->attempt;
        memcpy(bench->run_id, task->workflow_execution->run_id.data,
               task->workflow_execution->run_id.size_bytes);
        bench->execution.run_id = (struct wf_string){bench->run_id,
                                                     task->workflow_execution->run_id.size_bytes};
    } else if (output->type == WF_SERVICE_ANSWER) {
        if (output->response->status != WF_CALL_OK) {
            fprintf(stderr, "%s\n", wf_call_status_name(output->response->status));
            exit(1);
        }
        if (output->response->answer_case == WF_CASE_svc_response_workflow_task) {
            keep_token(bench, output->response->answer.workflow_task->token);
        } else if (output->response->answer_case == WF_CASE_svc_response_activity_task) {
            keep_token(bench, output->response->answer.activity_task->token);
        }
    } else if (output->type == WF_SERVICE_STORE &&
               output->store->op_case == WF_CASE_db_request_write) {
        bench->transactions++;
        bench->written_bytes += output->store->op.write->runs.items[0].state.size_bytes;
    }
}

static void deliver(struct bench *bench, struct wf_service_input in)
{
    struct wf_service_outputs out = {0};
    struct {
        uint64_t call_id;
        uint32_t op_case;
        bool is_store;
    } later[32];
    size_t count = 0;

    in.now_ns = bench->now_ns;
    in.entropy = bench->entropy++;
    if (wf_shard_step(bench->shard, &in, &out, NULL) != WF_OK) {
        exit(1);
    }
    for (size_t i = 0; i < out.count; i++) {
        look(bench, &out.items[i]);
        if (out.items[i].type == WF_SERVICE_STORE) {
            later[count].op_case = out.items[i].store->op_case;
        }
        if (out.items[i].type == WF_SERVICE_STORE || out.items[i].type == WF_SERVICE_CALL) {
            later[count].is_store = out.items[i].type == WF_SERVICE_STORE;
            later[count++].call_id = out.items[i].call_id;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (later[i].is_store) {
            store(bench, later[i].call_id, later[i].op_case);
        } else {
            deliver(bench, (struct wf_service_input){.type = WF_SERVICE_RESPONSE,
                                                     .call_id = later[i].call_id,
                                                     .response = &(struct wf_svc_response){0}});
        }
    }
}

static void request(struct bench *bench, uint32_t call_case, void *call)
{
    const struct wf_svc_request envelope = {.call_case = call_case, .call.any = call};

    deliver(bench, (struct wf_service_input){
                       .type = WF_SERVICE_REQUEST, .call_id = 1, .request = &envelope});
}

static void record_workflow_task(struct bench *bench, bool is_sticky)
{
    struct wf_svc_record_workflow_task_started record = {
        .workflow_execution = &bench->execution,
        .scheduled_event_id = bench->push.scheduled_event_id,
        .request_id = WF_STR("0b2ef3a4-poll"),
        .identity = WF_STR("worker-1"),
        .task_queue = is_sticky ? WF_STR("worker-1-sticky") : WF_STR("queue"),
        .is_sticky = is_sticky};

    request(bench, WF_CASE_svc_request_record_workflow_task_started, &record);
}

/* One step of the saga. */
static void step(struct bench *bench, bool is_first)
{
    struct wf_activity_type type = {.name = WF_STR("charge_payment")};
    struct wf_task_queue queue = {.name = WF_STR("queue")};
    struct wf_entry_string encoding = {WF_STR("encoding"), WF_STR("json/plain")};
    struct wf_payload payload = {.metadata = {.items = &encoding, .count = 1},
                                 .data = WF_STR("[\"order-1\",{\"cents\":1200}]")};
    struct wf_payloads payloads = {.payloads = {.items = &payload, .count = 1}};
    struct wf_command_schedule_activity_task schedule = {
        .activity_id = WF_STR("7"),
        .activity_type = &type,
        .task_queue = &queue,
        .input = &payloads,
        .start_to_close_timeout = wf_duration_of(10 * WF_NS_PER_S)};
    struct wf_command command = {.command_type = WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
                                 .attributes_case = WF_CASE_command_schedule_activity_task,
                                 .attributes.schedule_activity_task = &schedule};
    struct wf_svc_respond_workflow_task_completed completed = {
        .commands = {.items = &command, .count = 1},
        .identity = WF_STR("worker-1"),
        .sticky_task_queue = WF_STR("worker-1-sticky"),
        .sticky_schedule_to_start_timeout = wf_duration_of(10 * WF_NS_PER_S),
        .return_new_workflow_task = true};
    struct wf_svc_record_activity_task_started started = {.request_id = WF_STR("0b2ef3a4-poll"),
                                                          .identity = WF_STR("worker-1"),
                                                          .task_queue = WF_STR("queue")};
    struct wf_svc_respond_activity_task_completed done = {.result = &payloads,
                                                          .identity = WF_STR("worker-1")};

    record_workflow_task(bench, !is_first);
    completed.token = bench->token_bytes;
    request(bench, WF_CASE_svc_request_respond_workflow_task_completed, &completed);
    started.workflow_execution = &bench->execution;
    started.scheduled_event_id = bench->push.scheduled_event_id;
    started.attempt = bench->push.attempt;
    request(bench, WF_CASE_svc_request_record_activity_task_started, &started);
    done.token = bench->token_bytes;
    request(bench, WF_CASE_svc_request_respond_activity_task_completed, &done);
    bench->now_ns += 100 * WF_NS_PER_MS;
    deliver(bench, (struct wf_service_input){.type = WF_SERVICE_ALARM});
}

static void run(int32_t steps)
{
    static const struct wf_block_source blocks = {take_block, give_block, NULL};
    struct bench bench = {
        .now_ns = EPOCH_NS, .entropy = 1, .execution = {.workflow_id = WF_STR("order-1")}};
    struct wf_svc_start_workflow start = {.workflow_id = WF_STR("order-1"),
                                          .workflow_type = WF_STR("OrderSaga"),
                                          .task_queue = WF_STR("queue")};
    double seconds = 0;

    bench.config = (struct wf_service_config){
        .blocks = &blocks, .identity = WF_STR("server-1"), .shard_count = 1};
    wf_service_limits_default(&bench.config.limits);
    bench.config.limits.history_events_max = INT64_MAX;
    bench.config.limits.history_bytes_max = INT64_MAX;
    bench.shard = wf_shard_new(&bench.config, 0);
    deliver(&bench, (struct wf_service_input){.type = WF_SERVICE_ALARM});
    request(&bench, WF_CASE_svc_request_start_workflow, &start);
    step(&bench, true);
    bench.transactions = 0;
    bench.written_bytes = 0;
    seconds = now_seconds();
    for (int32_t i = 1; i < steps; i++) {
        step(&bench, false);
    }
    seconds = now_seconds() - seconds;
    printf("%8d steps of a saga: %6.0f ns a step, %5.0f ns a transaction, %4zu bytes of state\n",
           (int)steps, seconds * 1e9 / steps, seconds * 1e9 / (double)bench.transactions,
           bench.written_bytes / (size_t)bench.transactions);
    wf_shard_free(bench.shard);
}

int main(void)
{
    static const int32_t sizes[] = {1000, 10000, 50000, 100000};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        run(sizes[i]);
    }
    return 0;
}
