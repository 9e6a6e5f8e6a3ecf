/*
 * One workflow task of one run: history comes in, activations go out until there is nothing more to
 * do, and then an answer. replay-rules 1.5, 1.9, 1.12.
 */
#include "engine/base/assert.h"
#include "engine/codec.h"
#include "engine/worker/failures.h"
#include "engine/worker/local.h"
#include "engine/worker/update.h"
#include "engine/worker/worker_state.h"

#define EAGER_MAX 3u /* activities of one task, as in core */

/* ---- History in ---- */

/* The task asks for commands, so its history ends with its started event. */
static bool is_live_task(const struct wf_run *run)
{
    return !run->config->is_replay && !run->task.is_query_only;
}

static inline enum wf_status add_event(struct wf_run *run, const struct wf_event *event,
                                       struct wf_error *err)
{
    struct wf_events *events = &run->events;
    const int64_t wanted = events->count == 0 ? run->last_event_id + 1
                                              : events->first_event_id + events->count;
    void *items = events->items;

    if (event->event_id < wanted && event->event_id > 0 && events->count == 0) {
        return WF_OK; /* known already (replay-rules 1.3: a task may bring events again) */
    }
    if (is_live_task(run) && event->event_id > run->task.started_event_id) {
        return WF_OK; /* history went on while it was fetched: a task answers for what it started
                         with (3.3) */
    }
    if (event->event_id != wanted || wanted >= UINT32_MAX) {
        wf_fail_status(err, WF_ERR_CORRUPT,
                       "history is out of order: event %lld comes where %lld should",
                       (long long)event->event_id, (long long)wanted);
        if (err != NULL) {
            err->event_id = event->event_id;
        }
        return WF_ERR_CORRUPT;
    }
    if (events->count == events->capacity &&
        !wf_run_grow(run, &items, &events->capacity, events->count + 1, sizeof *events->items)) {
        return wf_fail_status(err, WF_ERR_MEMORY, "the run's memory is full");
    }
    events->items = items;
    if (events->count == 0) {
        events->first_event_id = event->event_id;
    }
    events->items[events->count++] = event;
    return WF_OK;
}

static enum wf_status add_events(struct wf_run *run, const struct wf_event *events, uint32_t count,
                                 struct wf_error *err)
{
    for (uint32_t i = 0; i < count; i++) {
        WF_TRY(add_event(run, &events[i], err));
    }
    return WF_OK;
}

static enum wf_status add_batch(struct wf_run *run, struct wf_string bytes, struct wf_error *err)
{
    const struct wf_string copy = wf_run_copy_text(run, bytes);
    struct wf_history_message *batch = WF_RUN_NEW(run, struct wf_history_message);

    if (run->is_full) {
        return wf_fail_status(err, WF_ERR_MEMORY, "the run's memory is full");
    }
    WF_TRY(wf_wire_decode(&run->arena, &wf_type_history_message, copy, batch, err));
    return add_events(run, batch->events.items, batch->events.count, err);
}

static enum wf_status add_history(struct wf_run *run, const struct wf_task *task,
                                  struct wf_error *err)
{
    if (run->next_index == run->events.count) {
        run->events.count = 0; /* all applied: the window begins anew and the array stays */
        run->next_index = 0;
    }
    run->is_next_chunk_known = false;
    for (uint32_t i = 0; i < task->batch_count; i++) {
        WF_TRY(add_batch(run, task->batches[i], err));
    }
    return add_events(run, task->events, task->event_count, err);
}

/* ---- Answers out ---- */

static void respond_failed(struct wf_run *run, struct wf_string message, int32_t cause,
                           struct wf_worker_output *out)
{
    struct wf_worker *worker = run->worker;
    struct wf_task_response *response = &out->response;

    /* In the worker, because the run may have no memory left. */
    worker->failure_info = (struct wf_application_failure_info){0};
    worker->failure = (struct wf_failure){
        .message = message,
        .failure_info_case = WF_CASE_failure_application_failure_info,
        .failure_info = {.application_failure_info = &worker->failure_info}};
    worker->query_failure = (struct wf_sdk_query_result){
        .variant_case = WF_CASE_sdk_query_result_failed, .variant = {.failed = &worker->failure}};
    out->type = WF_WORKER_RESPONSE;
    *response = (struct wf_task_response){.token = wf_buffer_string(&run->task.token),
                                          .is_failed = true,
                                          .is_unreported = run->task.attempt > 1,
                                          .failed_cause = cause,
                                          .failure = &worker->failure,
                                          .evict = true};
    if (run->task.is_query_only) {
        worker->query_failure.query_id = run->task.query_count > 0 ? run->task.queries[0].query_id
                                                                   : WF_STR("");
        response->query_results = &worker->query_failure;
        response->query_result_count = 1;
    }
    wf_worker_retire(worker, run);
}

static int32_t failed_cause(const struct wf_run *run, const struct wf_divergence *divergence)
{
    if (wf_divergence_verdict(divergence->kind) == WF_VERDICT_NONDETERMINISM &&
        !divergence->is_fatal) {
        return WF_WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR;
    }
    if (run->task.force_cause != 0) {
        return run->task.force_cause;
    }
    return WF_WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE;
}

/* What the replay worker says of a run. Everything but the window, the cause and the hint, which
 * engine/replay adds. */
static void find(struct wf_run *run, struct wf_worker_output *out)
{
    struct wf_worker *worker = run->worker;
    const struct wf_divergence *divergence = &worker->divergence;
    struct wf_finding *finding = &worker->finding;

    *finding = (struct wf_finding){.verdict = WF_VERDICT_OK};
    if (run->is_divergent) {
        finding->verdict = wf_divergence_verdict(divergence->kind);
        finding->diagnosis = wf_divergence_diagnosis(divergence->kind);
        finding->rule = wf_divergence_rule(divergence->kind);
        finding->event = divergence->event;
        finding->event_id = divergence->event == NULL ? run->history_length
                                                      : divergence->event->event_id;
        finding->command = divergence->command;
        finding->code_offset = divergence->code_offset;
        finding->is_fatal = divergence->is_fatal;
        finding->message = divergence->message;
        finding->failure = divergence->failure;
        if (!divergence->is_masked) {
            finding->official = run->rules->official != NULL ? run->rules->official(run, divergence)
                                                             : divergence->official;
        }
    }
    out->type = WF_WORKER_FINDING;
    out->finding = finding;
    wf_worker_retire(worker, run);
}

static void end_divergent(struct wf_run *run, struct wf_worker_output *out)
{
    const struct wf_divergence *divergence = &run->worker->divergence;

    if (run->config->is_replay) {
        find(run, out);
        return;
    }
    respond_failed(run,
                   divergence->official.size_bytes > 0 ? divergence->official : divergence->message,
                   failed_cause(run, divergence), out);
}

static enum wf_status end_full(struct wf_run *run, struct wf_worker_output *out,
                               struct wf_error *err)
{
    if (run->config->is_replay) {
        wf_worker_retire(run->worker, run);
        return wf_fail_status(err, WF_ERR_MEMORY, "the run needs more than %zu bytes",
                              run->config->run_size_bytes_max);
    }
    respond_failed(run, WF_STR("the run needs more memory than the worker gives it"),
                   WF_WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE, out);
    return WF_OK;
}

/* ---- The answer to a live task ---- */

/* True when the command schedules an activity; then it asks to have it with the answer. */
static bool ask_eagerly(struct wf_run *run, struct wf_command *command)
{
    struct wf_command_schedule_activity_task *attributes = NULL;

    if (command->command_type != WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK) {
        return false;
    }
    attributes = WF_STEP_NEW(run, struct wf_command_schedule_activity_task);
    if (attributes != NULL) {
        *attributes = *command->attributes.schedule_activity_task;
        attributes->request_eager_execution = true;
        command->attributes.schedule_activity_task = attributes;
    }
    return true;
}

static void add_commands(struct wf_run *run, struct wf_task_response *response)
{
    const struct wf_queue *queue = &run->queue;
    uint32_t eager_count = 0;
    struct wf_command *commands = wf_run_take_step(run,
                                                   (queue->count - queue->head) * sizeof *commands);

    for (uint32_t i = queue->head; commands != NULL && i < queue->count; i++) {
        struct wf_queued *queued = &queue->items[i];
        const struct wf_command *command = NULL;

        if (queued->is_withdrawn || queued->is_sent) {
            continue;
        }
        command = wf_queued_command(run, queued);
        if (command != NULL) {
            commands[response->command_count] = *command;
            if (queued->machine->is_eager && eager_count < EAGER_MAX &&
                ask_eagerly(run, &commands[response->command_count])) {
                eager_count++;
            }
            response->command_count++;
        }
    }
    response->commands = commands;
}

static void add_core_flags(struct wf_run *run, struct wf_workflow_task_completed_metadata *metadata)
{
    /* The first task of a run records all that this worker knows; later ones what is new
     * (replay-rules 3.6). */
    const uint32_t known = run->family == WF_FAMILY_CORE ? WF_CORE_FLAGS_KNOWN : 0;
    const uint32_t used = run->has_completed_task ? run->core_flags_used : known;
    const uint32_t fresh = used & ~run->core_flags;
    uint32_t *flags = wf_run_take_step(run, (WF_CORE_FLAG_LAST + 1) * sizeof *flags);

    for (uint32_t flag = 1; flags != NULL && flag <= WF_CORE_FLAG_LAST; flag++) {
        if ((fresh & 1u << flag) != 0) {
            flags[metadata->core_used_flags.count++] = flag;
        }
    }
    metadata->core_used_flags.items = flags;
    run->core_flags |= fresh;
}

static void add_metadata(struct wf_run *run, struct wf_task_response *response)
{
    struct wf_workflow_task_completed_metadata *metadata = WF_STEP_NEW(
        run, struct wf_workflow_task_completed_metadata);

    if (metadata == NULL) {
        return;
    }
    add_core_flags(run, metadata);
    metadata->lang_used_flags.items = run->task.lang_flags;
    metadata->lang_used_flags.count = run->task.lang_flag_count;
    if (!wf_string_equal(run->sdk_name, run->config->sdk_name)) {
        metadata->sdk_name = run->config->sdk_name;
        run->sdk_name = run->config->sdk_name;
    }
    if (!wf_string_equal(run->sdk_version, run->config->sdk_version)) {
        metadata->sdk_version = run->config->sdk_version;
        run->sdk_version = run->config->sdk_version;
    }
    if (metadata->core_used_flags.count > 0 || metadata->lang_used_flags.count > 0 ||
        metadata->sdk_name.size_bytes > 0 || metadata->sdk_version.size_bytes > 0) {
        response->sdk_metadata = metadata;
    }
}

static enum wf_status respond(struct wf_run *run, struct wf_worker_output *out,
                              struct wf_error *err)
{
    struct wf_task_response response = {.token = wf_buffer_string(&run->task.token)};

    response.query_results = run->task.results;
    response.query_result_count = run->task.result_count;
    if (!run->task.is_query_only) {
        add_commands(run, &response);
        add_metadata(run, &response);
        response.messages = run->task.messages.items;
        response.message_count = run->task.messages.count;
        response.wants_new_task = true;
        response.force_create_new_task = run->task.is_heartbeat;
        response.evict = run->is_close_asked;
        if (run->is_close_asked) {
            wf_local_stop_all(run);
        }
        wf_queue_keep(run, true);
        run->has_completed_task = true;
    }
    if (run->is_full) {
        return end_full(run, out, err);
    }
    run->state = WF_RUN_IDLE;
    out->type = WF_WORKER_RESPONSE;
    out->response = response;
    if (response.evict) {
        wf_worker_retire(run->worker, run);
    }
    return WF_OK;
}

/* ---- The loop ---- */

static enum wf_status send(struct wf_run *run, struct wf_sdk_activation *activation,
                           struct wf_worker_output *out, struct wf_error *err)
{
    wf_queue_keep(run, false);
    if (activation == NULL || run->is_full) {
        return end_full(run, out, err);
    }
    out->type = WF_WORKER_ACTIVATION;
    out->activation = activation;
    out->is_new = run->is_new;
    run->is_new = false;
    run->activation_count++;
    return WF_OK;
}

/* What cannot wait: why the run does not go on, or jobs. */
static enum wf_status give(struct wf_run *run, struct wf_worker_output *out, struct wf_error *err)
{
    if (run->is_divergent) {
        end_divergent(run, out);
        return WF_OK;
    }
    if (run->is_full) {
        return end_full(run, out, err);
    }
    run->state = WF_RUN_WORKING;
    return send(run, wf_activation_new(run), out, err);
}

/* A task that closes the run waits for no local activity; any other must be answered in time, also
 * when they run on (engine-semantics 3.7). */
static bool waits_for_local(struct wf_run *run)
{
    if (run->is_close_asked || run->local_pending_count == 0) {
        return false;
    }
    run->task.is_heartbeat = run->task.is_heartbeat ||
                             run->steady_ns >= wf_local_heartbeat_ns(run);
    return !run->task.is_heartbeat;
}

/* The completion in hand goes away, and the next step is another's. */
static enum wf_status wait_for_local(struct wf_run *run, struct wf_worker_output *out,
                                     struct wf_error *err)
{
    wf_queue_keep(run, false);
    if (run->is_full) {
        return end_full(run, out, err);
    }
    run->state = WF_RUN_WAITING;
    out->type = WF_WORKER_WAIT;
    return WF_OK;
}

/* History has no more: run what is to be run, ask what is to be asked, then answer. */
static enum wf_status finish(struct wf_run *run, struct wf_worker_output *out, struct wf_error *err)
{
    if (is_live_task(run) && run->task.results == NULL) {
        if (!run->is_close_asked) {
            wf_local_go_on(run);
        }
        if (run->is_divergent || run->is_full || run->jobs.count > 0) {
            return give(run, out, err);
        }
        if (waits_for_local(run)) {
            return wait_for_local(run, out, err);
        }
    }
    if (run->task.query_count > 0 && run->task.results == NULL) {
        run->state = WF_RUN_ANSWERING;
        return send(run, wf_activation_of_queries(run), out, err);
    }
    if (run->config->is_replay) {
        if (run->rules->finish != NULL) {
            run->rules->finish(run);
        }
        find(run, out);
        return WF_OK;
    }
    return respond(run, out, err);
}

/* The family may have more for the code before history goes on, or finds that it parts there. */
static bool has_next_turn(struct wf_run *run)
{
    return run->rules->next_turn != NULL &&
           (run->rules->next_turn(run) || run->is_divergent || run->is_full);
}

/* Applies chunks until one gives the code something to do (replay-rules 1.9 step 5). */
static enum wf_status advance(struct wf_run *run, struct wf_worker_output *out,
                              struct wf_error *err)
{
    do {
        if (run->is_divergent || run->is_full || run->jobs.count > 0 || has_next_turn(run)) {
            return give(run, out, err);
        }
    } while (wf_run_apply_chunk(run));
    return finish(run, out, err);
}

/* ---- Beginning ---- */

static void copy_queries(struct wf_run *run, const struct wf_task *task)
{
    struct wf_sdk_query_workflow *queries = NULL;

    if (task->query_count == 0) {
        return;
    }
    queries = wf_run_take(run, task->query_count * sizeof *queries);
    for (uint32_t i = 0; queries != NULL && i < task->query_count; i++) {
        if (!wf_message_copy_into(&run->arena, &wf_type_sdk_query_workflow, &queries[i],
                                  &task->queries[i])) {
            run->is_full = true;
            return;
        }
    }
    run->task.queries = queries;
    run->task.query_count = task->query_count;
}

static void take_task(struct wf_run *run, const struct wf_task *task)
{
    struct wf_buffer token = run->task.token;

    if (token.arena == NULL) {
        wf_buffer_init(&token, &run->arena);
    }
    wf_buffer_reset(&token);
    wf_buffer_append_string(&token, task->token);
    run->is_full = run->is_full || token.is_full;
    run->task = (struct wf_run_task){.token = token,
                                     .started_event_id = task->started_event_id,
                                     .is_query_only = task->is_query_only,
                                     .attempt = task->attempt,
                                     .begun_ns = run->steady_ns};
    copy_queries(run, task);
    wf_run_take_messages(run, task);
    run->previous_started_event_id = task->previous_started_event_id;
    run->is_replaying = task->previous_started_event_id > 0; /* replay-rules 1.5 */
}

/* Whose history this is, once it is there. */
static void find_family(struct wf_run *run)
{
    run->family = run->config->family;
    run->family_reason = "it was asked for";
    if (run->family == WF_FAMILY_AUTO) {
        run->family = wf_family_detect(run->events.items, run->events.count, &run->family_reason);
    }
    run->rules = wf_family_rules_of(run->family);
    run->timers_begin_at_zero = wf_family_timers_begin_at_zero(run->events.items, run->events.count);
    run->current_run_id = run->run_id;
}

/* A history from a service process that was overtaken and does not know it ends before the task,
 * and running code on it would answer the task from the past. Where another event stands in the
 * place of the started one, a transient task (engine-semantics 3.1) is over and its ids went to
 * others. */
static bool reaches_task(const struct wf_run *run)
{
    const struct wf_event *last = run->events.count == 0 ? NULL
                                                         : run->events.items[run->events.count - 1];

    return !is_live_task(run) || run->is_full ||
           (last != NULL && last->event_id == run->task.started_event_id &&
            last->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_STARTED);
}

/* A query sees the run as its last completed task left it. A task that is started is somebody
 * else's, comes with more than its events tell, and may not be history yet (engine-semantics 3.1). */
static void leave_started_task(struct wf_run *run)
{
    struct wf_events *events = &run->events;
    int32_t last = events->count == run->next_index ? 0 : events->items[events->count - 1]->event_type;

    if (last != WF_EVENT_TYPE_WORKFLOW_TASK_STARTED) {
        return;
    }
    while (last != 0 && last != WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED && !wf_event_is_command(last)) {
        events->count--;
        last = events->count == run->next_index ? 0 : events->items[events->count - 1]->event_type;
    }
}

enum wf_status wf_run_begin_task(struct wf_run *run, const struct wf_task *task,
                                 struct wf_worker_output *out, struct wf_error *err)
{
    const bool is_first = run->family == WF_FAMILY_AUTO;

    take_task(run, task);
    WF_TRY(add_history(run, task, err));
    if (task->is_query_only) {
        leave_started_task(run);
    }
    if (!reaches_task(run)) {
        out->type = WF_WORKER_WANT_HISTORY;
        return WF_OK;
    }
    if (is_first) {
        find_family(run);
    }
    if (is_live_task(run) && run->locals.count > 0 && !run->rules->runs_between_locals) {
        /* What ended between the tasks comes with what the new one brings, as in a replay. */
        (void)wf_run_apply_chunk(run);
        wf_local_deliver(run);
    }
    return advance(run, out, err);
}

/* ---- The host's answers ---- */

static void add_used_flags(struct wf_run *run, const struct wf_sdk_completion_success *success)
{
    for (uint32_t i = 0; i < success->used_internal_flags.count && !run->is_replaying; i++) {
        wf_run_record_lang_flag(run, success->used_internal_flags.items[i]);
    }
}

static const struct wf_sdk_query_result *answer_to(const struct wf_sdk_completion_success *success,
                                                   struct wf_string query_id)
{
    for (uint32_t i = 0; success != NULL && i < success->commands.count; i++) {
        const struct wf_sdk_command *command = &success->commands.items[i];

        if (command->variant_case == WF_CASE_sdk_command_respond_to_query &&
            command->variant.any != NULL &&
            wf_string_equal(command->variant.respond_to_query->query_id, query_id)) {
            return command->variant.respond_to_query;
        }
    }
    return NULL;
}

static struct wf_failure *no_answer(struct wf_run *run, const struct wf_sdk_completion *completion)
{
    if (completion->status_case == WF_CASE_sdk_completion_failed &&
        completion->status.failed != NULL && completion->status.failed->failure != NULL) {
        return completion->status.failed->failure;
    }
    return wf_failure_of_task(run, WF_STR("the code gave no answer to the query"));
}

/* Every query gets an answer: the code's, or why there is none. */
static void take_answers(struct wf_run *run, const struct wf_sdk_completion *completion)
{
    const struct wf_sdk_completion_success *success = completion->status_case ==
                                                              WF_CASE_sdk_completion_successful
                                                          ? completion->status.successful
                                                          : NULL;
    struct wf_run_task *task = &run->task;

    task->results = wf_run_take_step(run, task->query_count * sizeof *task->results);
    for (uint32_t i = 0; task->results != NULL && i < task->query_count; i++) {
        const struct wf_sdk_query_result *answer = answer_to(success, task->queries[i].query_id);

        if (answer != NULL) {
            task->results[i] = *answer;
        } else {
            task->results[i].query_id = task->queries[i].query_id;
            task->results[i].variant_case = WF_CASE_sdk_query_result_failed;
            task->results[i].variant.failed = no_answer(run, completion);
        }
        task->result_count++;
    }
}

enum wf_status wf_run_complete(struct wf_run *run, const struct wf_sdk_completion *completion,
                               struct wf_worker_output *out, struct wf_error *err)
{
    if (run->state == WF_RUN_ANSWERING) {
        take_answers(run, completion);
        return finish(run, out, err);
    }
    WF_ASSERT(run->state == WF_RUN_WORKING);
    if (completion->status_case == WF_CASE_sdk_completion_failed &&
        completion->status.failed != NULL) {
        run->task.force_cause = completion->status.failed->force_cause;
        wf_diverge_task_failed(run, completion->status.failed->failure);
    } else if (completion->status_case == WF_CASE_sdk_completion_successful &&
               completion->status.successful != NULL) {
        add_used_flags(run, completion->status.successful);
        wf_run_handle_commands(run, completion->status.successful);
    } else {
        wf_diverge_code(run, "the answer says neither success nor failure");
    }
    return advance(run, out, err);
}

/* ---- Local activities ---- */

/* A run between tasks goes on with its attempts; the next task brings their outcomes to the code. */
enum wf_status wf_run_wake(struct wf_run *run, struct wf_worker_output *out, struct wf_error *err)
{
    wf_local_expire(run);
    return run->state == WF_RUN_WAITING ? advance(run, out, err) : WF_OK;
}

enum wf_status wf_run_end_local(struct wf_run *run, const struct wf_worker_input *in,
                                struct wf_worker_output *out, struct wf_error *err)
{
    wf_local_ended(run, in);
    return wf_run_wake(run, out, err);
}

/* ---- A task that left no trace ---- */

bool wf_run_rewind(struct wf_run *run, int64_t started_event_id)
{
    /* Only the scheduled and the started event of the task are undone, for only they were not in history. What else the task
     * changed, a new flag in its metadata, cannot be. */
    if (run->state != WF_RUN_IDLE || run->queue.head != run->queue.count ||
        run->last_event_id != run->task.started_event_id || run->task.has_metadata) {
        return false;
    }
    run->last_event_id = run->task.started_event_id - 2;
    run->last_started_event_id = started_event_id;
    run->time = run->time_before;
    return true;
}
