/*
 * Worker processes: long polls with backoff, answers with retries, the memory of their code, crashes. What is done with a
 * task is in world_workflow_task.c and world_activity.c.
 */
#include "engine/base/assert.h"
#include "sim/core/place.h"
#include "sim/world/database_tasks.h"
#include "sim/world/worker_parts.h"

/* ---- The code's memory ---- */

static size_t image_size(const struct sim_code *code)
{
    size_t size_bytes = 0;

    for (size_t i = 0; i < code->segment_count; i++) {
        size_bytes += code->segments[i].size_bytes;
    }
    return size_bytes;
}

static void reset_image(const struct sim_code *code, char *image)
{
    for (size_t i = 0; i < code->segment_count; i++) {
        memcpy(image, code->segments[i].pristine, code->segments[i].size_bytes);
        image += code->segments[i].size_bytes;
    }
}

void sim_worker_enter(struct sim_worker *worker)
{
    struct sim_world *world = worker->world;
    const struct sim_code *code = &world->scenario->codes[worker->code];
    struct sim_worker *resident = world->residents[worker->code];
    const char *image = worker->images[worker->code];
    char *old_image = resident == NULL ? NULL : resident->images[worker->code];

    if (resident == worker) {
        return;
    }
    for (size_t i = 0; i < code->segment_count; i++) {
        const struct sim_segment *segment = &code->segments[i];

        if (old_image != NULL) {
            memcpy(old_image, segment->live, segment->size_bytes);
            old_image += segment->size_bytes;
        }
        memcpy(segment->live, image, segment->size_bytes);
        image += segment->size_bytes;
    }
    world->residents[worker->code] = worker;
}

/* What the process had in memory is gone. */
static void forget_memory(struct sim_worker *worker)
{
    struct sim_world *world = worker->world;

    for (uint32_t i = 0; i < world->scenario->code_count; i++) {
        if (world->residents[i] == worker) {
            world->residents[i] = NULL;
        }
        reset_image(&world->scenario->codes[i], worker->images[i]);
    }
}

struct wf_host *sim_worker_host(const struct sim_worker *worker)
{
    return worker->world->hosts[worker->code];
}

/* ---- Deaths at a step of a task's life ---- */

/* True when the process dies here: it does nothing more, and whoever hears of the fault ends it after this step. */
static bool dies(struct sim_worker *worker, enum sim_fault_kind kind, struct sim_ratio rate,
                 const struct sim_workflow *subject)
{
    struct sim_world *world = worker->world;

    if (!world->has_rates ||
        !sim_world_strikes(world, kind, rate, &worker->node->entity, SIM_SITE_TASK_CRASH, NULL)) {
        return false;
    }
    sim_world_record_fault(world, kind, worker->node->index, subject, worker->node->name);
    return true;
}

/* ---- Polling ---- */

static void arm(struct sim_poller *poller)
{
    if (sim_alarms_need(&poller->alarms, poller->due_ns)) {
        (void)sim_world_push(poller->worker->world, poller->due_ns, poller->worker->node->index, SIM_EVENT_POLL,
                             poller);
    }
}

static void fill_poll(const struct sim_poller *poller, struct wf_worker_deployment_version *version,
                      struct wf_svc_request *request, struct wf_svc_poll_workflow_task *workflow_poll,
                      struct wf_svc_poll_activity_task *activity_poll)
{
    const struct sim_worker *worker = poller->worker;
    const bool is_sticky = poller->kind == SIM_POLLER_STICKY;

    if (poller->kind == SIM_POLLER_ACTIVITY) {
        *activity_poll = (struct wf_svc_poll_activity_task){.task_queue = worker->queue->name,
                                                            .identity = worker->identity,
                                                            .wait_ns = poller->wait_ns,
                                                            .worker_version = version};
        request->call_case = WF_CASE_svc_request_poll_activity_task;
        request->call.poll_activity_task = activity_poll;
        return;
    }
    *workflow_poll = (struct wf_svc_poll_workflow_task){
        .task_queue = is_sticky ? worker->sticky_queue : worker->queue->name,
        .is_sticky = is_sticky,
        .normal_task_queue = is_sticky ? worker->queue->name : (struct wf_string){0},
        .identity = worker->identity,
        .wait_ns = poller->wait_ns,
        .worker_version = version,
    };
    request->call_case = WF_CASE_svc_request_poll_workflow_task;
    request->call.poll_workflow_task = workflow_poll;
}

static void poll(struct sim_poller *poller)
{
    struct sim_worker *worker = poller->worker;
    struct sim_world *world = worker->world;
    struct wf_svc_poll_workflow_task workflow_poll = {0};
    struct wf_svc_poll_activity_task activity_poll = {0};
    struct wf_worker_deployment_version version = {0};
    struct wf_svc_request request = {0};
    struct sim_content *content = NULL;
    const struct sim_call_request call = {.node = worker->node->index,
                                          .caller = SIM_CALLER_WORKER,
                                          .purpose = SIM_WORKER_POLL,
                                          .context = poller,
                                          .has_no_deadline = true};

    WF_ASSERT(!poller->is_waiting);
    poller->due_ns = INT64_MAX;
    if (!poller->is_used || worker->core == NULL ||
        (poller->kind == SIM_POLLER_ACTIVITY && worker->attempt_count >= SIM_WORKER_ATTEMPTS_MAX) ||
        dies(worker, SIM_FAULT_CRASH_BEFORE_POLL, world->rates.crash_before_poll, NULL)) {
        return;
    }
    fill_poll(poller, sim_versions_of(world, worker->code, &version) ? &version : NULL, &request, &workflow_poll,
              &activity_poll);
    content = sim_content_new(world, SIM_MESSAGE_REQUEST, &request);
    if (content == NULL) {
        return;
    }
    poller->is_waiting = true;
    poller->call_id = sim_network_call(world, &call, content);
    poller->due_ns = world->loop.now_ns + poller->wait_ns + SIM_POLL_GRACE_NS;
    sim_content_release(world, content);
    arm(poller);
}

static void poll_later(struct sim_poller *poller)
{
    struct sim_worker *worker = poller->worker;

    poller->is_waiting = false;
    poller->wait_ns = SIM_POLL_NS;
    poller->due_ns =
        worker->world->loop.now_ns + sim_world_backoff(worker->world, &worker->node->entity, poller->tries++);
    arm(poller);
}

void sim_worker_poll_again(struct sim_worker *worker, enum sim_poller_kind kind)
{
    for (uint32_t i = 0; i < SIM_WORKER_POLLERS; i++) {
        struct sim_poller *poller = &worker->pollers[i];

        if (poller->kind == kind && !poller->is_waiting && poller->due_ns == INT64_MAX) {
            poll(poller);
        }
    }
}

static void look_at_poller(struct sim_poller *poller)
{
    struct sim_world *world = poller->worker->world;

    sim_alarms_popped(&poller->alarms, world->loop.now_ns);
    if (poller->worker->core == NULL) {
        return;
    }
    if (poller->due_ns > world->loop.now_ns) {
        arm(poller);
    } else if (poller->is_waiting) {
        sim_network_abandon(world, poller->call_id);
        poll_later(poller);
    } else {
        poll(poller);
    }
}

static bool brings_task(const struct wf_svc_response *response)
{
    return response->answer_case == WF_CASE_svc_response_workflow_task ||
           response->answer_case == WF_CASE_svc_response_activity_task;
}

static void poll_answered(struct sim_poller *poller, struct sim_content *content,
                          const struct wf_svc_response *response)
{
    struct sim_worker *worker = poller->worker;
    struct sim_world *world = worker->world;

    if (response->status != WF_CALL_OK) {
        poll_later(poller);
        return;
    }
    if (brings_task(response) && dies(worker, SIM_FAULT_CRASH_AFTER_POLL, world->rates.crash_after_poll, NULL)) {
        return;
    }
    poller->is_waiting = false;
    poller->tries = 0;
    if (response->answer_case == WF_CASE_svc_response_workflow_task) {
        poller->wait_ns = SIM_POLL_NS;
        sim_task_take(worker, content, response->answer.workflow_task);
    } else if (response->answer_case == WF_CASE_svc_response_activity_task) {
        poller->wait_ns = SIM_POLL_NS;
        sim_attempt_take(worker, content, response->answer.activity_task);
    } else {
        /* Nothing came: a longer wait changes nothing but the number of idle polls, and how long a lost one is missed. */
        const int64_t patience_ns = world->is_calm ? SIM_POLL_PATIENCE_NS : SIM_POLL_CHAOS_NS;

        poller->wait_ns = poller->wait_ns * 2 > patience_ns ? patience_ns : poller->wait_ns * 2;
    }
    poll(poller);
}

/* ---- Answers ---- */

static void free_report(struct sim_report *report)
{
    struct sim_world *world = report->worker->world;

    wf_ring_remove(&report->link);
    sim_content_release(world, report->content);
    sim_db_forget(&world->slabs, &report->run_id);
    sim_world_give(world, report, sizeof *report);
}

static void send_report(struct sim_report *report)
{
    struct sim_worker *worker = report->worker;
    const struct sim_call_request call = {.node = worker->node->index,
                                          .caller = SIM_CALLER_WORKER,
                                          .purpose = SIM_WORKER_REPORT,
                                          .context = report,
                                          .subject = report->workflow};

    (void)sim_network_call(worker->world, &call, report->content);
}

void sim_worker_report(struct sim_worker *worker, const struct sim_report *model, const struct wf_svc_request *request)
{
    struct sim_world *world = worker->world;
    struct sim_report *report = NULL;

    if (dies(worker, SIM_FAULT_CRASH_BEFORE_RESPONSE, world->rates.crash_before_response, model->workflow)) {
        return;
    }
    report = sim_world_take(world, sizeof *report);
    if (report == NULL) {
        return;
    }
    *report = *model;
    report->worker = worker;
    report->give_up_ns = world->loop.now_ns + SIM_REPORT_PATIENCE_NS;
    report->content = sim_content_new(world, SIM_MESSAGE_REQUEST, request);
    if (report->content == NULL || !sim_db_keep(&world->slabs, model->run_id, &report->run_id)) {
        return;
    }
    wf_ring_init(&report->link);
    wf_ring_push(&worker->reports, &report->link);
    send_report(report);
}

/* The service does not know the task any more: what the run did in it must be forgotten (engine-semantics 3.4). */
static void task_refused(struct sim_report *report)
{
    struct sim_worker *worker = report->worker;
    const uint32_t slot = wf_worker_find(worker->core, report->run_id);

    sim_world_record(worker->world, (struct sim_record){.kind = SIM_RECORD_TASK_ANSWERED,
                                                        .node = worker->node->name,
                                                        .subject = report->workflow->id,
                                                        .a = WF_STR("lost")});
    if (slot != UINT32_MAX) {
        sim_task_evict(worker, slot, WF_SDK_EVICTION_REASON_TASK_NOT_FOUND);
    }
}

/* What comes with the answer to a workflow task: the next one, and activities that are started already. */
static void take_answer(struct sim_worker *worker, struct sim_content *content,
                        const struct wf_svc_workflow_task_accepted *accepted)
{
    if (accepted->new_task != NULL) {
        sim_task_take(worker, content, accepted->new_task);
    }
    for (uint32_t i = 0; i < accepted->activity_tasks.count; i++) {
        sim_attempt_take(worker, content, &accepted->activity_tasks.items[i]);
    }
}

static void report_answered(struct sim_report *report, struct sim_content *content,
                            const struct wf_svc_response *response)
{
    struct sim_worker *worker = report->worker;
    struct sim_world *world = worker->world;
    int64_t backoff_ns = 0;

    if (response->status == WF_CALL_OK &&
        dies(worker, SIM_FAULT_CRASH_AFTER_RESPONSE, world->rates.crash_after_response, report->workflow)) {
        return;
    }
    backoff_ns = sim_world_backoff(world, &worker->node->entity, report->tries);
    if (wf_call_is_retried(response->status) && world->loop.now_ns + backoff_ns <= report->give_up_ns) {
        report->tries++;
        report->is_in_loop = sim_world_push(world, world->loop.now_ns + backoff_ns, worker->node->index,
                                            SIM_EVENT_REPORT, report);
        return;
    }
    if (report->is_of_task && response->status != WF_CALL_OK) {
        task_refused(report);
    }
    if (response->answer_case == WF_CASE_svc_response_workflow_task_accepted) {
        if (response->answer.workflow_task_accepted->reset_history_event_id > 0) {
            sim_task_rewind(worker, report->run_id, response->answer.workflow_task_accepted->reset_history_event_id);
        }
        take_answer(worker, content, response->answer.workflow_task_accepted);
    }
    free_report(report);
}

/* ---- Events ---- */

void sim_worker_answered(struct sim_world *world, const struct sim_call *call, struct sim_content *content,
                         const struct wf_svc_response *response)
{
    (void)world;
    switch ((enum sim_worker_call)call->purpose) {
    case SIM_WORKER_POLL:
        poll_answered(call->context, content, response);
        break;
    case SIM_WORKER_FETCH:
        sim_task_fetched(call->context, response);
        break;
    case SIM_WORKER_REPORT:
        report_answered(call->context, content, response);
        break;
    case SIM_WORKER_HEARTBEAT:
        sim_attempt_heard(call->context, response);
        break;
    }
}

void sim_worker_event(struct sim_world *world, const struct sim_event *event)
{
    (void)world;
    switch ((int)event->kind) {
    case SIM_EVENT_TASK:
        sim_task_run(event->body);
        break;
    case SIM_EVENT_LOCAL:
        sim_task_wake(event->body);
        break;
    case SIM_EVENT_POLL:
        look_at_poller(event->body);
        break;
    case SIM_EVENT_ATTEMPT:
        sim_attempt_run(event->body);
        break;
    case SIM_EVENT_REPORT: {
        struct sim_report *report = event->body;

        report->is_in_loop = false;
        if (report->is_dead) {
            free_report(report);
        } else {
            send_report(report);
        }
        break;
    }
    default:
        WF_UNREACHABLE();
    }
}

void sim_workers_hurry(struct sim_world *world)
{
    for (uint32_t i = 0; i < world->worker_count; i++) {
        struct sim_worker *worker = world->nodes[world->worker_first + i].worker;

        for (uint32_t j = 0; worker->core != NULL && j < SIM_WORKER_POLLERS; j++) {
            struct sim_poller *poller = &worker->pollers[j];

            if (poller->is_waiting && poller->wait_ns > SIM_POLL_NS) {
                poller->due_ns = world->loop.now_ns + SIM_POLL_NS;
                arm(poller);
            }
        }
    }
}

/* A run with a task in hand stays, as in SDKs. */
static bool is_evictable(const struct sim_worker *worker, uint32_t slot)
{
    struct wf_run_view view;

    return wf_worker_view(worker->core, slot, &view) && !sim_task_waits(worker, slot);
}

bool sim_worker_evict(struct sim_world *world, uint32_t node, uint64_t pick)
{
    struct sim_worker *worker = world->nodes[node].worker;
    uint32_t cached_count = 0;

    for (uint32_t slot = 0; slot < worker->cache_size; slot++) {
        cached_count += is_evictable(worker, slot) ? 1 : 0;
    }
    if (cached_count == 0) {
        return false;
    }
    pick %= cached_count;
    for (uint32_t slot = 0;; slot++) {
        if (is_evictable(worker, slot) && pick-- == 0) {
            sim_task_evict(worker, slot, WF_SDK_EVICTION_REASON_CACHE_FULL);
            return true;
        }
    }
}

/* ---- Life ---- */

static void drop_reports(struct sim_worker *worker)
{
    struct wf_ring *next = NULL;

    for (struct wf_ring *link = worker->reports.next; link != &worker->reports; link = next) {
        struct sim_report *report = (void *)link;

        next = link->next;
        report->is_dead = true;
        if (!report->is_in_loop) {
            free_report(report);
        }
    }
}

static void free_instances(struct sim_worker *worker)
{
    for (uint32_t slot = 0; slot < worker->cache_size; slot++) {
        if (worker->instances[slot] != NULL) {
            wf_instance_free(worker->instances[slot]);
            worker->instances[slot] = NULL;
        }
    }
}

void sim_worker_crash(struct sim_world *world, uint32_t node)
{
    struct sim_worker *worker = world->nodes[node].worker;

    sim_network_forget_calls(world, node, NULL);
    for (uint32_t i = 0; i < SIM_WORKER_POLLERS; i++) {
        worker->pollers[i].is_waiting = false;
        worker->pollers[i].due_ns = INT64_MAX;
    }
    sim_attempts_drop(worker);
    sim_tasks_drop(worker);
    drop_reports(worker);
    free_instances(worker);
    wf_worker_free(worker->core);
    worker->core = NULL;
    forget_memory(worker);
    /* The machine's end of each connection closes, so that matching stops handing tasks to it. */
    sim_server_end_polls(world, SIM_NO_NODE, node, false);
}

uint32_t sim_worker_code(const struct sim_world *world, uint32_t node)
{
    return world->nodes[node].worker->code;
}

void sim_worker_set_code(struct sim_world *world, uint32_t node, uint32_t code)
{
    WF_ASSERT(world->nodes[node].worker->core == NULL);
    world->nodes[node].worker->code = code;
}

struct wf_string sim_worker_sticky_queue(const struct sim_world *world, uint32_t node, struct wf_string *owner_key)
{
    const struct sim_worker *worker = world->nodes[node].worker;

    *owner_key = world->scenario->versioning.is_set ? worker->queue->name : worker->sticky_queue;
    return worker->sticky_queue;
}

/* Histories tell by it whose rules made them. */
static struct wf_string sdk_name_of(enum wf_family family)
{
    switch (family) {
    case WF_FAMILY_AUTO:
    case WF_FAMILY_CORE:
        break;
    case WF_FAMILY_GO:
        return WF_STR("wfsim-go");
    case WF_FAMILY_JAVA:
        return WF_STR("wfsim-java");
    }
    return WF_STR("wfsim");
}

bool sim_worker_start(struct sim_world *world, uint32_t node_index)
{
    struct sim_node *node = &world->nodes[node_index];
    struct sim_worker *worker = node->worker;
    struct wf_buffer sticky = {0};
    struct wf_buffer identity = {0};
    struct wf_worker_deployment_version version = {0};
    const struct sim_continuation *continued = world->scenario->continued;
    const enum wf_family family = continued == NULL ? WF_FAMILY_AUTO : continued->family;

    (void)sim_versions_of(world, worker->code, &version);
    wf_buffer_init_fixed(&sticky, worker->sticky_bytes, sizeof worker->sticky_bytes);
    wf_buffer_printf(&sticky, "%S-sticky-%u", &node->name, node->incarnation);
    worker->sticky_queue = wf_buffer_string(&sticky);
    wf_buffer_init_fixed(&identity, worker->identity_bytes, sizeof worker->identity_bytes);
    wf_buffer_printf(&identity, "%u@%S", node->incarnation, &node->name);
    worker->identity = wf_buffer_string(&identity);
    if (world->scenario->code_count > 0) {
        worker->core = wf_worker_new(&(struct wf_worker_config){
            .blocks = world->config.blocks,
            .cache_size_max = worker->cache_size,
            .run_size_bytes_max = SIM_WORKER_RUN_BYTES_MAX,
            .is_eager = worker->queue->is_eager &&
                        (worker->queue->all_activities || worker->queue->activity_count > 0),
            .identity = worker->identity,
            .sticky_queue = worker->sticky_queue,
            .family = family,
            .sdk_name = sdk_name_of(family),
            .sdk_version = WF_STR("0.1"),
            .deployment_name = version.deployment_name,
            .build_id = version.build_id,
        });
        if (worker->core == NULL) {
            return sim_world_fail(world, WF_ERR_MEMORY, "no memory for a worker");
        }
    }
    for (uint32_t i = 0; worker->core != NULL && i < SIM_WORKER_POLLERS; i++) {
        worker->pollers[i].wait_ns = SIM_POLL_NS;
        worker->pollers[i].tries = 0;
        poll(&worker->pollers[i]);
    }
    return true;
}

static bool init_worker(struct sim_world *world, struct sim_node *node, const struct sim_queue *queue, uint32_t code)
{
    static const enum sim_poller_kind kinds[SIM_WORKER_POLLERS] = {SIM_POLLER_STICKY, SIM_POLLER_NORMAL,
                                                                   SIM_POLLER_ACTIVITY, SIM_POLLER_ACTIVITY};
    struct sim_worker *worker = WF_ARENA_NEW(&world->arena, struct sim_worker);

    if (worker == NULL) {
        return false;
    }
    node->worker = worker;
    worker->world = world;
    worker->node = node;
    worker->queue = queue;
    worker->code = code;
    worker->index = node->index - world->worker_first;
    worker->cache_size = queue->cache_size > 0 ? queue->cache_size : SIM_WORKER_CACHE;
    worker->instances = wf_arena_take_array(&world->arena, worker->cache_size, sizeof(struct wf_instance *));
    worker->locals = wf_arena_take_array(&world->arena, worker->cache_size, sizeof *worker->locals);
    wf_ring_init(&worker->taken);
    wf_ring_init(&worker->reports);
    wf_ring_init(&worker->attempts);
    for (uint32_t i = 0; i < SIM_WORKER_POLLERS; i++) {
        const bool is_activity = kinds[i] == SIM_POLLER_ACTIVITY;

        worker->pollers[i] = (struct sim_poller){
            .worker = worker,
            .kind = kinds[i],
            .is_used = is_activity ? queue->all_activities || queue->activity_count > 0
                                   : queue->all_workflows || queue->workflow_count > 0,
            .due_ns = INT64_MAX,
        };
    }
    for (uint32_t i = 0; i < world->scenario->code_count; i++) {
        worker->images[i] = wf_arena_take(&world->arena, image_size(&world->scenario->codes[i]));
        if (worker->images[i] == NULL) {
            return false;
        }
        reset_image(&world->scenario->codes[i], worker->images[i]);
    }
    return worker->instances != NULL && worker->locals != NULL && sim_worker_start(world, node->index);
}

static enum wf_status check_workflow(const struct sim_world *world, const struct sim_start *start, struct wf_error *err)
{
    if (wf_host_has_workflow(world->hosts[0], start->workflow_type)) {
        return WF_OK;
    }
    (void)wf_fail_status(err, WF_ERR_INVALID, "no workflow %S in the code",
                         &start->workflow_type);
    return sim_error_place(err, world->scenario, start->place);
}

static enum wf_status check_continued(const struct sim_world *world, const struct sim_continuation *continued, struct wf_error *err)
{
    const struct wf_string type = wf_workflow_type_name(continued->events[0].attributes.workflow_execution_started->workflow_type);

    return wf_host_has_workflow(world->hosts[0], type)
               ? WF_OK
               : wf_fail_status(err, WF_ERR_INVALID,
                                "the history's run is of workflow %S, which is not in the code: name code that has it", &type);
}

static enum wf_status init_hosts(struct sim_world *world, struct wf_error *err)
{
    const struct sim_config *scenario = world->scenario;

    if (scenario->code_count > SIM_CODES_MAX) {
        return wf_fail_status(err, WF_ERR_LIMIT, "more than %u versions of workflow code", SIM_CODES_MAX);
    }
    for (uint32_t i = 0; i < scenario->code_count; i++) {
        const struct wf_host_config config = {
            .module = scenario->codes[i].module,
            .blocks = world->config.blocks,
            .stacks = scenario->codes[i].stacks != NULL ? scenario->codes[i].stacks : world->config.stacks,
            .stack_size_bytes = WF_STACK_BYTES_DEFAULT,
            .instance_size_bytes_max = SIM_WORKER_RUN_BYTES_MAX,
            .coroutines_max = SIM_WORKER_COROUTINES_MAX,
            .watch = scenario->codes[i].watch,
        };

        WF_TRY(wf_host_new(&config, &world->hosts[i], err));
    }
    if (scenario->code_count > 0 && scenario->continued != NULL) {
        WF_TRY(check_continued(world, scenario->continued, err));
    }
    for (uint32_t i = 0; scenario->code_count > 0 && i < scenario->start_count; i++) {
        WF_TRY(check_workflow(world, &scenario->starts[i], err));
    }
    for (uint32_t i = 0; scenario->code_count > 0 && i < scenario->client_count; i++) {
        if (scenario->clients[i].action == SIM_CLIENT_START) {
            WF_TRY(check_workflow(world, &scenario->clients[i].start, err));
        }
        if (scenario->clients[i].schedule.schedule != NULL) {
            WF_TRY(check_workflow(world, &scenario->clients[i].schedule.schedule->action, err));
        }
    }
    for (uint32_t i = 0; scenario->code_count > 0 && i < scenario->schedule_count; i++) {
        WF_TRY(check_workflow(world, &scenario->schedules[i].action, err));
    }
    return WF_OK;
}

bool sim_workers_init(struct sim_world *world, struct wf_error *err)
{
    uint32_t node = world->worker_first;

    if (init_hosts(world, err) != WF_OK) {
        return false;
    }
    for (uint32_t i = 0; i < world->queue_count; i++) {
        for (uint32_t j = 0; j < world->queues[i].worker_count * sim_versions_count(world); j++) {
            if (!init_worker(world, &world->nodes[node++], &world->queues[i], j / world->queues[i].worker_count)) {
                wf_fail_status(err, WF_ERR_MEMORY, "no memory for the workers");
                return false;
            }
        }
    }
    return true;
}

void sim_workers_deinit(struct sim_world *world)
{
    for (uint32_t i = 0; i < world->worker_count; i++) {
        struct sim_worker *worker = world->nodes[world->worker_first + i].worker;

        if (worker != NULL && worker->core != NULL) {
            sim_attempts_drop(worker);
            free_instances(worker);
            wf_worker_free(worker->core);
        }
    }
    for (uint32_t i = 0; i < SIM_CODES_MAX; i++) {
        if (world->hosts[i] != NULL) {
            wf_host_free(world->hosts[i]);
        }
    }
}
