/*
 * From a change to a database write, and from the reply to its effects. The write holds everything:
 * event batches, state, tasks, the current row, each under its condition. Until the reply is OK
 * nothing is answered, pushed or believed; after anything else the state in memory is forgotten.
 *
 * Source: engine-semantics 3.8, 3.9, 8.2 to 8.4, 8.9.
 */
#include "engine/base/assert.h"
#include "engine/server/change.h"

/* ---- Ending a change ---- */

/* 3.5 "buffer overflow". */
static bool is_overflowing(const struct wf_change *change)
{
    const struct wf_service_limits *limits = &change->shard->config->limits;

    return change->state->buffered_events.count > (uint64_t)limits->buffered_events_max ||
           change->run->buffered_bytes > (uint64_t)limits->buffered_bytes_max;
}

static void measure_buffer(struct wf_change *change)
{
    struct wf_buffer encoded = {0};

    wf_buffer_init(&encoded, change->arena);
    for (uint32_t i = change->owned_buffered_count; i < change->state->buffered_events.count; i++) {
        wf_wire_encode(&wf_type_event, &change->state->buffered_events.items[i], &encoded);
    }
    change->run->buffered_bytes += encoded.size_bytes;
}

/* Buffered events that outlive the step move into the run's memory. */
static void own_buffered(struct wf_change *change)
{
    struct wf_state_run *state = change->state;

    for (uint32_t i = change->owned_buffered_count; i < state->buffered_events.count; i++) {
        struct wf_event *event = &state->buffered_events.items[i];

        if (!wf_message_copy_into(&change->run->arena, &wf_type_event, event, event)) {
            return;
        }
    }
    change->owned_buffered_count = state->buffered_events.count;
}

static void schedule_task(struct wf_change *change)
{
    const bool is_stepped = wf_workflow_task_step(change, WF_WORKFLOW_TASK_SCHEDULE, NULL);

    WF_ASSERT(is_stepped);
}

static void settle_open(struct wf_change *change)
{
    if (wf_workflow_task_state(change->state) == WF_WORKFLOW_TASK_STARTED) {
        measure_buffer(change);
    }
    if (wf_workflow_task_state(change->state) == WF_WORKFLOW_TASK_STARTED &&
        is_overflowing(change)) {
        const bool is_failed = wf_workflow_task_step(
            change, WF_WORKFLOW_TASK_FORCE_CLOSE,
            &(struct wf_workflow_task_details){
                .cause = WF_WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
                .identity = WF_STR(WF_HISTORY_SERVICE)});

        WF_ASSERT(is_failed);
        /* Flushed before scheduling, so that the attempt counts on (3.5). */
        wf_change_flush(change);
        change->wants_task = true;
    }
    if (change->wants_task && !change->state->is_paused) {
        schedule_task(change);
    }
    /* 3.8 rule 2: only a started task keeps events waiting. */
    if (wf_workflow_task_state(change->state) == WF_WORKFLOW_TASK_STARTED) {
        own_buffered(change);
    } else {
        wf_change_flush(change);
    }
}

/* One timer task covers everything that is due in a run: the earliest deadline has one at or before
 * it (8.4). */
static void set_alarm(struct wf_change *change)
{
    struct wf_state_run *state = change->state;
    struct wf_shard *shard = change->shard;
    int64_t due_ns = wf_shard_run_next_deadline(change->run);
    struct wf_task_record *task = NULL;

    if (due_ns == INT64_MAX || (state->alarm_ns != 0 && state->alarm_ns <= due_ns)) {
        return;
    }
    /* 5.1 "clock": never before what the timer queue has already passed. */
    if (due_ns <= shard->timer_level_ns) {
        due_ns = shard->timer_level_ns + WF_NS_PER_MS;
    }
    task = wf_task_new(shard, change->workflow, WF_TASK_TIMER);
    if (task == NULL) {
        return;
    }
    task->run_id = change->run->id;
    task->time_ns = due_ns;
    state->alarm_ns = due_ns;
    wf_task_list_append(&change->tasks, task);
}

/* The run that goes on after this close event; empty when the chain ends. */
static struct wf_string successor_of(const struct wf_event *closing)
{
    switch (closing->attributes_case) {
    case WF_CASE_event_workflow_execution_completed:
        return closing->attributes.workflow_execution_completed->new_execution_run_id;
    case WF_CASE_event_workflow_execution_failed:
        return closing->attributes.workflow_execution_failed->new_execution_run_id;
    case WF_CASE_event_workflow_execution_timed_out:
        return closing->attributes.workflow_execution_timed_out->new_execution_run_id;
    case WF_CASE_event_workflow_execution_continued_as_new:
        return closing->attributes.workflow_execution_continued_as_new->new_execution_run_id;
    default:
        return (struct wf_string){0};
    }
}

/* 5.4: the end of a chain is told to its parent, or to its schedule (7.13), and what the run started has a policy. A
 * run with none of these needs no close task. */
static void settle_relations(struct wf_change *change)
{
    struct wf_state_run *state = change->state;
    const struct wf_event *closing = state->is_reset_away ? NULL : /* 7.10: the run goes on as another */
        change->history.events.count == 0
            ? NULL
            : &change->history.events.items[change->history.events.count - 1];
    bool is_needed = false;

    if (closing == NULL) {
        return; /* also when memory is gone */
    }
    if ((change->run->start->parent != NULL || change->run->start->schedule_link != NULL) &&
        successor_of(closing).size_bytes == 0) {
        state->closing = wf_change_own_message(change, &wf_type_event, closing);
        is_needed = true;
    }
    for (uint32_t i = 0; i < state->children.count; i++) {
        is_needed = is_needed ||
                    (state->children.items[i].state == WF_CHILD_STARTED &&
                     state->children.items[i].parent_close_policy != WF_PARENT_CLOSE_POLICY_ABANDON);
    }
    if (is_needed) {
        wf_change_transfer(change, WF_TRANSFER_CLOSE, 0);
    }
}

static void settle(struct wf_change *change)
{
    if (change->is_closing) {
        /* 3.8 rule 7. */
        change->state->buffered_events.count = 0;
        change->state->workflow_task = NULL;
        wf_tasks_abandon(change->shard, &change->tasks);
        settle_relations(change);
        return;
    }
    settle_open(change);
    set_alarm(change);
}

/* ---- Encoding ---- */

static struct wf_batch_node *encode_batch(struct wf_change *change, struct wf_event *events,
                                          uint32_t count)
{
    const struct wf_history_message history = {.events = {.items = events, .count = count}};
    struct wf_buffer bytes = {0};
    struct wf_batch_node *node = NULL;

    wf_buffer_init(&bytes, change->arena);
    for (uint32_t i = 0; i < count; i++) {
        events[i].task_id = wf_shard_task_id(change->shard);
    }
    wf_wire_encode(&wf_type_history_message, &history, &bytes);
    node = wf_slab_take(&change->shard->slabs, sizeof *node + bytes.size_bytes);
    if (node == NULL) {
        return NULL;
    }
    node->first_event_id = events[0].event_id;
    node->event_count = (int64_t)count;
    node->size_bytes = bytes.size_bytes;
    if (bytes.size_bytes > 0) {
        memcpy(node->bytes, bytes.data, bytes.size_bytes);
    }
    return node;
}

/* Returns the size of the encoded events. */
static size_t encode_batches(struct wf_change *change)
{
    struct wf_batch_node **place = &change->batches;
    uint32_t first = 0;
    size_t size_bytes = 0;

    for (uint32_t i = 0; i <= change->cut_count; i++) {
        const uint32_t end = i == change->cut_count ? change->history.events.count
                                                    : change->cuts[i];

        if (end > first) {
            *place = encode_batch(change, &change->history.events.items[first], end - first);
            if (*place == NULL) {
                return size_bytes;
            }
            size_bytes += (*place)->size_bytes;
            place = &(*place)->next;
        }
        first = end;
    }
    change->state->history_size_bytes += (int64_t)size_bytes;
    return size_bytes;
}

/* Copies of another run's events go before those of the run itself. */
static void add_fork(struct wf_change *change, struct wf_db_run_write *run)
{
    const int64_t transaction_id = change->history.events.count > 0 ? change->history.events.items[0].task_id
                                                                    : wf_shard_task_id(change->shard);

    run->fork_run_id = change->fork->run_id;
    run->fork_event_id = change->fork->last_event_id;
    for (uint32_t i = 0; i < change->fork->batches.count; i++) {
        struct wf_db_batch *batch = WF_LIST_APPEND(change->arena, run->batches);

        if (batch != NULL) {
            *batch = change->fork->batches.items[i];
            batch->transaction_id = transaction_id;
        }
    }
}

/* A closed run, of which only the state changes. */
static void add_linked(struct wf_change *change, struct wf_db_write *write)
{
    struct wf_db_run_write *run = change->linked == NULL
                                      ? NULL
                                      : WF_LIST_APPEND(change->arena, write->runs);

    if (run != NULL) {
        run->workflow_id = change->workflow->id;
        run->run_id = wf_run_id_string(&change->linked->id);
        run->expected_record_version = change->linked->record_version;
        run->state = wf_shard_run_encode(change->linked);
        run->is_closed = true;
    }
}

static void add_run(struct wf_change *change, struct wf_db_write *write, struct wf_string image)
{
    struct wf_db_run_write *run = WF_LIST_APPEND(change->arena, write->runs);

    if (run == NULL) {
        return;
    }
    run->workflow_id = change->workflow->id;
    run->run_id = wf_run_id_string(&change->run->id);
    run->is_new = change->run->record_version == 0;
    run->expected_record_version = change->run->record_version;
    run->state = image;
    run->is_closed = change->is_closing;
    if (change->fork != NULL) {
        add_fork(change, run);
    }
    for (const struct wf_batch_node *node = change->batches; node != NULL; node = node->next) {
        struct wf_db_batch *batch = WF_LIST_APPEND(change->arena, run->batches);

        if (batch != NULL) {
            batch->first_event_id = node->first_event_id;
            batch->event_count = node->event_count;
            batch->transaction_id = change->history.events.items[0].task_id;
            batch->bytes = (struct wf_string){node->bytes, node->size_bytes};
        }
    }
}

static void encode_push(struct wf_change *change, const struct wf_task_record *task,
                        struct wf_db_task *row)
{
    const struct wf_state_push push = {.is_activity = task->is_activity,
                                       .scheduled_event_id = task->scheduled_event_id,
                                       .attempt = task->attempt,
                                       .stamp = task->stamp,
                                       .kind = (int32_t)task->kind};
    struct wf_buffer body = {0};

    wf_buffer_init(&body, change->arena);
    wf_wire_encode(&wf_type_state_push, &push, &body);
    row->body = wf_buffer_string(&body);
}

static void add_tasks(struct wf_change *change, struct wf_db_write *write, struct wf_write *record)
{
    struct wf_task_record *task = change->tasks.first;

    while (task != NULL) {
        struct wf_task_record *const next = task->next;
        struct wf_db_task *row = WF_LIST_APPEND(change->arena, write->tasks);

        if (row == NULL) {
            break;
        }
        task->task_id = wf_shard_task_id(change->shard);
        row->category = task->category;
        row->task_id = task->task_id;
        row->visibility_time_ns = task->time_ns;
        row->workflow_id = change->workflow->id;
        row->run_id = wf_run_id_string(&task->run_id);
        if (task->category == WF_TASK_TRANSFER) {
            encode_push(change, task, row);
        } else if (task->time_ns < record->first_timer_ns) {
            record->first_timer_ns = task->time_ns;
        }
        task->next = NULL;
        wf_task_list_append(&record->tasks, task);
        task = next;
    }
    change->tasks = (struct wf_task_list){0};
}

/* ---- Sending ---- */

static struct wf_write *write_new(struct wf_change *change, const struct wf_operation *operation,
                                  const struct wf_reply_plan *reply)
{
    struct wf_shard *shard = change->shard;
    struct wf_write *write = wf_slab_take(&shard->slabs, sizeof *write);

    if (write == NULL) {
        return NULL;
    }
    write->workflow = change->workflow;
    write->kind = operation->kind;
    write->call_id = operation->call_id;
    write->task = operation->task;
    write->reply = *reply;
    if (reply->speculates) {
        wf_keep_string(shard, operation->request->call.respond_workflow_task_completed->identity, &write->identity);
    }
    write->range_id = shard->range_id;
    write->first_task_id = shard->range_id << 20 | shard->task_counter;
    write->first_timer_ns = INT64_MAX;
    write->current_status = WF_WORKFLOW_EXECUTION_STATUS_UNSPECIFIED;
    write->next = shard->writes;
    if (shard->writes != NULL) {
        shard->writes->previous = write;
    }
    shard->writes = write;
    change->workflow->is_locked = true;
    return write;
}

static struct wf_service_cause cause_of(const struct wf_write *write)
{
    struct wf_service_cause cause = {.kind = WF_SERVICE_CAUSE_REQUEST, .call_id = write->call_id};

    if (write->task == NULL) {
        return cause;
    }
    cause.kind = write->task->category == WF_TASK_TIMER ? WF_SERVICE_CAUSE_TIMER
                                                        : WF_SERVICE_CAUSE_TRANSFER;
    cause.event_id = write->task->scheduled_event_id;
    cause.status = write->task->progress.status;
    cause.run_id = wf_run_id_string(&write->task->progress.run_id);
    return cause;
}

static struct wf_db_write *request_new(struct wf_change *change, struct wf_write *write)
{
    struct wf_shard *shard = change->shard;
    struct wf_db_request *request = wf_shard_store(shard, WF_PENDING_WRITE, write,
                                                   WF_CASE_db_request_write, &wf_type_db_write);

    if (request == NULL) {
        return NULL;
    }
    wf_shard_cause(shard, cause_of(write));
    request->op.write->shard_id = shard->id;
    request->op.write->range_id = wf_is_planted(shard->config, WF_PLANT_NO_FENCING)
                                      ? 0
                                      : shard->range_id; /* 8.2 rule 2 */
    return request->op.write;
}

static void set_current(struct wf_change *change, struct wf_db_write *request,
                        enum wf_current_condition condition, struct wf_string expected_run_id,
                        struct wf_string run_id, struct wf_string create_request_id)
{
    struct wf_db_current_write *current = WF_ARENA_NEW(change->arena, struct wf_db_current_write);

    if (current == NULL) {
        return;
    }
    current->workflow_id = change->workflow->id;
    current->condition = (int32_t)condition;
    current->expected_run_id = expected_run_id;
    current->run_id = run_id;
    current->create_request_id = create_request_id;
    current->status = change->state->status;
    request->current = current;
}

/* 8.9: NULL, or why the run must end. */
static const char *limit_breach(const struct wf_change *change, size_t history_bytes,
                                size_t state_bytes)
{
    const struct wf_service_limits *limits = &change->shard->config->limits;

    if (change->state->history_size_bytes - (int64_t)history_bytes > limits->history_bytes_max) {
        return "Workflow history size exceeds limit.";
    }
    if (wf_shard_run_last_event_id(change->run) > limits->history_events_max) {
        return "Workflow history count exceeds limit.";
    }
    if (state_bytes > (size_t)limits->state_bytes_max) {
        return "Workflow mutable state size exceeds limit.";
    }
    if (state_bytes + history_bytes > (size_t)limits->transaction_bytes_max) {
        return "Transaction size exceeds limit.";
    }
    return NULL;
}

static void discard(struct wf_change *change)
{
    wf_batches_free(change->shard, change->batches);
    wf_tasks_abandon(change->shard, &change->tasks);
    change->batches = NULL;
}

/* 8.9: the change is forgotten and the run is terminated instead. Returns the state's new image. */
static struct wf_string terminate_instead(struct wf_change *change, const char *reason,
                                          struct wf_reply_plan *reply)
{
    struct wf_change ending = {0};
    bool is_restored = false;

    discard(change);
    is_restored = wf_shard_run_restore(change->shard, change->run, change->run->committed);
    if (!is_restored) {
        return (struct wf_string){0};
    }
    wf_change_init(&ending, change->shard, change->workflow, change->run);
    *change = ending;
    wf_execution_terminate(change, wf_string_of(reason), NULL, WF_STR(WF_HISTORY_SERVICE));
    settle(change);
    encode_batches(change);
    wf_drop_string(change->shard, &reply->message);
    *reply = (struct wf_reply_plan){.kind = WF_REPLY_ERROR, .status = WF_CALL_INVALID_ARGUMENT};
    wf_keep_string(change->shard, wf_string_of(reason), &reply->message);
    return wf_shard_run_encode(change->run);
}

static void finish_write(struct wf_change *change, struct wf_db_write *request,
                         struct wf_write *write, struct wf_string image)
{
    add_run(change, request, image);
    add_linked(change, request);
    add_tasks(change, request, write);
    write->closes_run = change->is_closing;
}

/* 8.3: a write of the current run holds the current row to its run; closing also changes the row's
 * status. */
static void hold_current(struct wf_change *change, struct wf_db_write *request,
                         struct wf_write *write)
{
    const struct wf_string run_id = wf_run_id_string(&change->run->id);

    set_current(change, request, WF_CURRENT_IS_RUN, run_id, run_id,
                change->run->start->create_request_id);
    if (change->is_closing) {
        write->current_status = change->state->status;
    }
}

void wf_change_commit_with(struct wf_change *change, struct wf_operation *operation,
                           const struct wf_reply_plan *reply, struct wf_query_answers *answers)
{
    struct wf_write *write = write_new(change, operation, reply);
    struct wf_db_write *request = write == NULL ? NULL : request_new(change, write);
    struct wf_string image = {0};
    size_t history_bytes = 0;
    const char *breach = NULL;

    if (request == NULL) {
        return;
    }
    write->answers = answers;
    write->rejections = change->rejections;
    change->rejections = NULL;
    settle(change);
    history_bytes = encode_batches(change);
    image = wf_shard_run_encode(change->run);
    breach = change->successor != NULL || wf_is_planted(change->shard->config, WF_PLANT_LIMIT_IGNORED)
                 ? NULL
                 : limit_breach(change, history_bytes, image.size_bytes);
    if (breach != NULL && !change->is_closing) {
        image = terminate_instead(change, breach, &write->reply);
    }
    finish_write(change, request, write, image);
    write->run = change->run;
    write->batches = change->batches;
    if (change->successor == NULL) {
        hold_current(change, request, write);
        return;
    }
    /* 7.3: the old run's end, the new run and the switch of the current row are one write. */
    settle(change->successor_change);
    encode_batches(change->successor_change);
    add_run(change->successor_change, request, wf_shard_run_encode(change->successor));
    add_tasks(change->successor_change, request, write);
    write->successor = change->successor;
    write->successor_batches = change->successor_change->batches;
    write->current_status = change->successor->state->status;
    set_current(change->successor_change, request, WF_CURRENT_IS_RUN,
                wf_run_id_string(&change->run->id), wf_run_id_string(&change->successor->id),
                change->successor->start->create_request_id);
}

void wf_change_commit(struct wf_change *change, struct wf_operation *operation,
                      const struct wf_reply_plan *reply)
{
    wf_change_commit_with(change, operation, reply, NULL);
}

void wf_change_create(struct wf_change *created, struct wf_operation *operation,
                      const struct wf_reply_plan *reply, enum wf_current_condition condition,
                      struct wf_string expected_run_id)
{
    struct wf_write *write = write_new(created, operation, reply);
    struct wf_db_write *request = write == NULL ? NULL : request_new(created, write);

    if (request == NULL) {
        return;
    }
    settle(created);
    encode_batches(created);
    add_run(created, request, wf_shard_run_encode(created->run));
    add_linked(created, request);
    add_tasks(created, request, write);
    write->successor = created->run;
    write->successor_batches = created->batches;
    write->current_status = created->state->status;
    set_current(created, request, condition, expected_run_id, wf_run_id_string(&created->run->id),
                created->run->start->create_request_id);
}

/* ---- The reply ---- */

static void free_write(struct wf_shard *shard, struct wf_write *write)
{
    if (write->previous == NULL) {
        shard->writes = write->next;
    } else {
        write->previous->next = write->next;
    }
    if (write->next != NULL) {
        write->next->previous = write->previous;
    }
    wf_batches_free(shard, write->batches);
    wf_batches_free(shard, write->successor_batches);
    wf_tasks_abandon(shard, &write->tasks);
    wf_drop_string(shard, &write->reply.message);
    wf_query_answers_free(shard, write->answers);
    wf_updates_free_rejections(shard, write->rejections);
    wf_drop_string(shard, &write->identity);
    wf_slab_give(&shard->slabs, write->reply.update, write->reply.update_bytes);
    wf_slab_give(&shard->slabs, write, sizeof *write);
}

void wf_query_answers_give(struct wf_shard *shard, const struct wf_query_answers *answers)
{
    for (; answers != NULL; answers = answers->next) {
        struct wf_sdk_query_result result = {0};

        if (wf_read_kept(shard, &wf_type_sdk_query_result,
                         (struct wf_string){answers->bytes, answers->size_bytes}, &result)) {
            wf_query_answer(shard, answers->call_id, &result);
        }
    }
}

/* The current run is closed or replaced: its queries go their way and it leaves memory. */
static void leave_run(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_write *write)
{
    struct wf_shard_run *old = workflow->run;

    workflow->run = write->successor;
    if (workflow->run != NULL) {
        workflow->run->workflow = workflow;
    }
    write->successor = NULL;
    workflow->epoch++;
    if (old != NULL) {
        wf_updates_close(shard, old, workflow->run != NULL);
        wf_query_reconsider(shard, workflow, old);
        wf_shard_run_free(shard, old);
    }
}

/* What the write says of updates is told; those that still wait get a task, which the worker takes with its answer. */
static void settle_updates(struct wf_shard *shard, struct wf_write *write)
{
    struct wf_shard_run *run = write->run;

    if (run == NULL) {
        return;
    }
    wf_updates_settle(shard, run, write->rejections);
    if (write->reply.fails_updates) {
        wf_updates_task_failed(shard, run);
    }
    if (write->reply.speculates && write->call_id != 0 && wf_shard_run_is_open(run) &&
        wf_workflow_task_state(run->state) == WF_WORKFLOW_TASK_NONE) {
        write->reply.flag = wf_speculative_begin_inline(shard, write->workflow, run, write->identity);
        write->reply.is_full_history = run->state->sticky_queue.size_bytes == 0;
    }
}

static void commit(struct wf_shard *shard, struct wf_write *write)
{
    struct wf_workflow *workflow = write->workflow;
    struct wf_shard_run *successor = write->successor;

    if (write->run != NULL) {
        WF_ASSERT(write->run == workflow->run);
        wf_shard_run_written(shard, write->run);
        wf_shard_run_add_batches(shard, write->run, write->batches);
        write->batches = NULL;
    }
    if (successor != NULL) {
        wf_shard_run_written(shard, successor);
        wf_shard_run_add_batches(shard, successor, write->successor_batches);
        write->successor_batches = NULL;
        wf_workflow_set_current(shard, workflow, wf_run_id_string(&successor->id),
                                successor->start->create_request_id, write->current_status);
    } else if (write->closes_run) {
        workflow->current_status = write->current_status;
    }
    settle_updates(shard, write);
    /* An update that came with a start is for the run that was made, also when the start ended another. */
    wf_reply_give(shard, write->call_id, workflow,
                  write->run != NULL && write->reply.kind != WF_REPLY_UPDATE ? write->run : successor,
                  &write->reply);
    wf_query_answers_give(shard, write->answers);
    if (successor != NULL || write->closes_run) {
        leave_run(shard, workflow, write);
    } else {
        wf_updates_reconsider(shard, workflow, write->run);
        wf_query_reconsider(shard, workflow, write->run);
    }
    if (write->task != NULL) {
        wf_task_written(shard, write->task);
    }
    wf_tasks_commit(shard, workflow, &write->tasks);
}

/* Nothing was written, or nobody knows: what memory holds is not what the database has. */
static void abort_write(struct wf_shard *shard, struct wf_write *write, enum wf_call_status status,
                        const char *message)
{
    if (write->call_id != 0) {
        wf_shard_answer(shard, write->call_id, status, message);
    }
    if (write->task != NULL) {
        wf_task_retry(shard, write->task);
    }
    if (write->successor != NULL) {
        wf_shard_run_free(shard, write->successor);
        write->successor = NULL;
    }
    wf_workflow_drop_state(shard, write->workflow);
}

void wf_write_reply(struct wf_shard *shard, struct wf_write *write, const struct wf_db_reply *reply)
{
    struct wf_workflow *workflow = write->workflow;
    const int64_t range_id = write->range_id;

    switch (reply->status) {
    case WF_DATABASE_OK:
        commit(shard, write);
        if (range_id != shard->range_id) {
            wf_workflow_drop_state(shard, workflow); /* other owners may have written since */
        }
        break;
    case WF_DATABASE_UNKNOWN:
        /* 8.2 rule 4: who called learns that nobody knows, after the shard has a new range. */
        wf_shard_write_unknown(shard, write->call_id);
        write->call_id = 0;
        abort_write(shard, write, WF_CALL_DEADLINE_EXCEEDED, NULL);
        break;
    case WF_DATABASE_SHARD_LOST:
        abort_write(shard, write, WF_CALL_UNAVAILABLE, "The shard moved.");
        wf_shard_write_lost(shard, range_id);
        break;
    default:
        /* 7.1 "Races": whoever calls again is judged by the state as it is then. */
        abort_write(shard, write, WF_CALL_UNAVAILABLE, "The database did not take the write.");
        break;
    }
    free_write(shard, write);
    wf_workflow_release(shard, workflow);
}
