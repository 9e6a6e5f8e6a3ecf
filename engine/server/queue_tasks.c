/*
 * The shard's own tasks: pushes to matching and alarms of runs. What this owner writes is in memory
 * as soon as it is committed; what earlier owners wrote is read from the database after the shard
 * is acquired. Everything below the acknowledged level is done; after a restart everything above it
 * is executed again, which changes nothing.
 *
 * Look-ahead: memory holds all timer tasks of this owner's, so there is no window to read ahead.
 * The rule that follows from a window stays: no task is written at or before a time that the queue
 * has passed.
 *
 * Source: engine-semantics 5.1 "clock", 8.4.
 */
#include "engine/base/assert.h"
#include "engine/server/change.h"

#define SAVE_INTERVAL_NS (30 * WF_NS_PER_S)
#define RETRY_NS_MIN (100 * WF_NS_PER_MS)
#define RETRY_NS_MAX (10 * WF_NS_PER_S)
#define READ_RETRY_NS WF_NS_PER_S
#define PAGE_COUNT 256u

/* ---- Records and lists ---- */

struct wf_task_record *wf_task_new(struct wf_shard *shard, struct wf_workflow *workflow,
                                   enum wf_task_category category)
{
    struct wf_task_record *task = wf_slab_take(&shard->slabs, sizeof *task);

    if (task != NULL) {
        task->workflow = workflow;
        task->category = (int32_t)category;
        workflow->task_count++;
    }
    return task;
}

static void drop_answer(struct wf_shard *shard, struct wf_task_record *task)
{
    wf_slab_give(&shard->slabs, task->progress.answer, task->progress.answer_size_bytes);
    task->progress.answer = NULL;
    task->progress.answer_size_bytes = 0;
}

static void free_task(struct wf_shard *shard, struct wf_task_record *task)
{
    WF_ASSERT(task->workflow->task_count > 0);
    drop_answer(shard, task);
    task->workflow->task_count--;
    wf_slab_give(&shard->slabs, task, sizeof *task);
}

void wf_task_list_append(struct wf_task_list *list, struct wf_task_record *task)
{
    task->next = NULL;
    task->previous = list->last;
    if (list->last == NULL) {
        list->first = task;
    } else {
        list->last->next = task;
    }
    list->last = task;
}

/* Ids of concurrent writes are committed out of order. */
static void insert_by_id(struct wf_task_list *list, struct wf_task_record *task)
{
    struct wf_task_record *before = list->last;

    while (before != NULL && before->task_id > task->task_id) {
        before = before->previous;
    }
    task->previous = before;
    task->next = before == NULL ? list->first : before->next;
    if (before == NULL) {
        list->first = task;
    } else {
        before->next = task;
    }
    if (task->next == NULL) {
        list->last = task;
    } else {
        task->next->previous = task;
    }
}

static void remove_task(struct wf_task_list *list, struct wf_task_record *task)
{
    if (task->previous == NULL) {
        list->first = task->next;
    } else {
        task->previous->next = task->next;
    }
    if (task->next == NULL) {
        list->last = task->previous;
    } else {
        task->next->previous = task->previous;
    }
    task->next = NULL;
    task->previous = NULL;
}

static struct wf_task_list *list_of(struct wf_shard *shard, const struct wf_task_record *task)
{
    if (task->category == WF_TASK_TIMER) {
        return &shard->due;
    }
    return task->has_epoch ? &shard->transfer : &shard->old_transfer;
}

/* ---- The heap of timers ---- */

static bool is_before(const struct wf_task_record *left, const struct wf_task_record *right)
{
    return left->time_ns != right->time_ns ? left->time_ns < right->time_ns
                                           : left->task_id < right->task_id;
}

static bool heap_push(struct wf_shard *shard, struct wf_task_record *task)
{
    struct wf_task_heap *heap = &shard->timers;
    uint32_t index = heap->count;

    if (heap->count == heap->capacity) {
        const uint32_t capacity = heap->capacity == 0 ? 64 : heap->capacity * 2;
        struct wf_task_record **items = wf_slab_take(&shard->slabs, capacity * sizeof *items);

        if (items == NULL) {
            return false;
        }
        if (heap->count > 0) {
            memcpy(items, heap->items, heap->count * sizeof *items);
            wf_slab_give(&shard->slabs, heap->items, heap->capacity * sizeof *items);
        }
        heap->items = items;
        heap->capacity = capacity;
    }
    heap->count++;
    while (index > 0 && is_before(task, heap->items[(index - 1) / 2])) {
        heap->items[index] = heap->items[(index - 1) / 2];
        index = (index - 1) / 2;
    }
    heap->items[index] = task;
    return true;
}

static struct wf_task_record *heap_pop(struct wf_task_heap *heap)
{
    struct wf_task_record *first = heap->items[0];
    struct wf_task_record *last = heap->items[--heap->count];
    uint32_t index = 0;

    for (;;) {
        uint32_t child = index * 2 + 1;

        if (child >= heap->count) {
            break;
        }
        if (child + 1 < heap->count && is_before(heap->items[child + 1], heap->items[child])) {
            child++;
        }
        if (!is_before(heap->items[child], last)) {
            break;
        }
        heap->items[index] = heap->items[child];
        index = child;
    }
    heap->items[index] = last;
    return first;
}

/* ---- Done, or again later ---- */

static void mark_dirty(struct wf_shard *shard)
{
    if (shard->save_at_ns == INT64_MAX) {
        shard->save_at_ns = wf_add_saturating(shard->now_ns, SAVE_INTERVAL_NS);
    }
}

void wf_task_done(struct wf_shard *shard, struct wf_task_record *task)
{
    remove_task(list_of(shard, task), task);
    free_task(shard, task);
    mark_dirty(shard);
}

void wf_task_retry(struct wf_shard *shard, struct wf_task_record *task)
{
    int64_t wait_ns = RETRY_NS_MIN;

    for (int32_t i = 0; i < task->try_count && wait_ns < RETRY_NS_MAX; i++) {
        wait_ns *= 2;
    }
    task->try_count++;
    task->is_busy = false;
    task->retry_at_ns = wf_add_saturating(shard->now_ns,
                                          wait_ns < RETRY_NS_MAX ? wait_ns : RETRY_NS_MAX);
    if (task->retry_at_ns < shard->task_at_ns) {
        shard->task_at_ns = task->retry_at_ns;
    }
}

static bool is_stale(const struct wf_task_record *task)
{
    /* What concerns other workflows outlives the run. */
    return task->kind == WF_TRANSFER_PUSH &&
           task->has_epoch && task->epoch != task->workflow->epoch;
}

static void submit(struct wf_shard *shard, struct wf_task_record *task)
{
    const struct wf_operation operation = {
        .kind = task->category == WF_TASK_TIMER ? WF_OPERATION_TIMER : WF_OPERATION_PUSH,
        .task = task,
        .run_id = task->run_id};
    struct wf_workflow *workflow = task->workflow;

    task->is_busy = true;
    if (is_stale(task)) {
        wf_task_done(shard, task); /* 8.4: its run is closed */
        wf_workflow_settle(shard, workflow);
        return;
    }
    wf_workflow_submit(shard, workflow, &operation);
}

/* ---- Pushing to matching ---- */

/* 8.4: what is to be pushed must still wait for it. */
static bool is_wanted(const struct wf_shard_run *run, const struct wf_task_record *task)
{
    const struct wf_state_activity *activity = NULL;

    if (run == NULL || !wf_shard_run_is_open(run)) {
        return false;
    }
    if (!task->is_activity) {
        return run->state->workflow_task != NULL && !wf_workflow_task_is_started(run->state) &&
               run->state->workflow_task->scheduled_event_id == task->scheduled_event_id &&
               run->state->workflow_task->stamp == task->stamp;
    }
    activity = wf_activity_find(run->state, task->scheduled_event_id);
    return activity != NULL && activity->state == WF_ACTIVITY_SCHEDULED &&
           activity->attempt == task->attempt && activity->stamp == task->stamp;
}

static void fill_workflow_task_push(struct wf_shard *shard, const struct wf_shard_run *run,
                                    const struct wf_task_record *task, struct wf_svc_add_task *call)
{
    const int64_t expiration_ns = run->start->run_expiration_ns;

    call->is_sticky = run->state->workflow_task->is_sticky &&
                      run->state->sticky_queue.size_bytes > 0 && !task->is_on_normal_queue;
    call->task_queue = wf_string_copy(&shard->step_arena, call->is_sticky ? run->state->sticky_queue
                                                                          : run->start->task_queue);
    call->normal_task_queue = wf_string_copy(&shard->step_arena, run->start->task_queue);
    if (call->is_sticky) {
        call->expire_after_ns = run->state->sticky_timeout_ns;
    } else if (expiration_ns > shard->now_ns) {
        call->expire_after_ns = expiration_ns - shard->now_ns;
    }
}

static void fill_activity_push(struct wf_shard *shard, const struct wf_shard_run *run,
                               const struct wf_task_record *task, struct wf_svc_add_task *call)
{
    const struct wf_state_activity *activity = wf_activity_find(run->state,
                                                                task->scheduled_event_id);

    call->is_activity = true;
    call->task_queue = wf_string_copy(&shard->step_arena, activity->task_queue);
    call->activity_type = wf_string_copy(&shard->step_arena, activity->activity_type);
    call->expire_after_ns = activity->schedule_to_start_ns;
}

void wf_task_push(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run,
                  struct wf_task_record *task)
{
    struct wf_svc_request *request = NULL;
    struct wf_svc_add_task *call = NULL;
    struct wf_service_output *output = NULL;
    const bool is_forgotten = wf_is_planted(shard->config, WF_PLANT_NO_QUEUE_ACK);

    if (!is_wanted(run, task)) {
        wf_task_done(shard, task);
        return;
    }
    request = WF_ARENA_NEW(&shard->step_arena, struct wf_svc_request);
    call = WF_ARENA_NEW(&shard->step_arena, struct wf_svc_add_task);
    if (request == NULL || call == NULL) {
        return;
    }
    request->call_case = WF_CASE_svc_request_add_task;
    request->call.add_task = call;
    call->workflow_execution = wf_execution_message(shard, workflow->id,
                                                    wf_run_id_string(&run->id));
    call->workflow_type = wf_string_copy(&shard->step_arena, run->start->workflow_type);
    call->scheduled_event_id = task->scheduled_event_id;
    call->attempt = task->attempt;
    call->stamp = task->stamp;
    call->shard_clock = wf_shard_clock(shard);
    call->versioning = wf_versioning_copy(&shard->step_arena, run->state->versioning);
    if (task->is_activity) {
        fill_activity_push(shard, run, task, call);
    } else {
        fill_workflow_task_push(shard, run, task, call);
    }
    task->is_busy = true;
    output = wf_shard_output(shard, WF_SERVICE_CALL,
                             wf_pending_add(shard, WF_PENDING_PUSH, is_forgotten ? NULL : task));
    if (output != NULL) {
        output->target = WF_TARGET_MATCHING;
        output->key = wf_versioning_owner_key(call->task_queue, call->normal_task_queue, call->versioning != NULL);
        output->request = request;
    }
    if (is_forgotten) {
        wf_task_done(shard, task);
    }
}

/* The answer of another workflow's shard: what is final goes to the task's next execution. */
static void take_transfer_reply(struct wf_shard *shard, struct wf_task_record *task,
                                const struct wf_svc_response *response)
{
    const struct wf_svc_started *started = response->answer_case == WF_CASE_svc_response_started
                                               ? response->answer.started
                                               : NULL;

    if (wf_call_is_retried(response->status)) {
        wf_task_retry(shard, task); /* 5.3 "transient errors": for ever */
        return;
    }
    task->progress.has_answer = true;
    task->progress.status = response->status;
    drop_answer(shard, task);
    if (response->answer_case == WF_CASE_svc_response_nexus_started) {
        wf_keep_message(shard, &wf_type_svc_nexus_started, response->answer.nexus_started, &task->progress.answer,
                        &task->progress.answer_size_bytes);
    }
    if (started != NULL) {
        task->progress.shard_clock = started->shard_clock;
        if (!wf_run_id_read(started->run_id, &task->progress.run_id)) {
            task->progress.run_id = (struct wf_run_id){{0}};
        }
    }
    submit(shard, task);
}

void wf_task_written(struct wf_shard *shard, struct wf_task_record *task)
{
    if (!task->progress.goes_on) {
        wf_task_done(shard, task);
        return;
    }
    task->progress.goes_on = false;
    task->progress.has_answer = false;
    submit(shard, task);
}

void wf_task_push_reply(struct wf_shard *shard, struct wf_task_record *task,
                        const struct wf_svc_response *response)
{
    struct wf_workflow *workflow = task == NULL ? NULL : task->workflow;

    if (task == NULL) {
        return;
    }
    task->is_busy = false;
    if (task->kind != WF_TRANSFER_PUSH) {
        take_transfer_reply(shard, task, response);
        return;
    }
    switch (response->status) {
    case WF_CALL_OK:
    case WF_CALL_NOT_FOUND:
    case WF_CALL_TASK_ALREADY_STARTED:
    case WF_CALL_OBSOLETE_TASK:
        wf_task_done(shard, task);
        wf_workflow_settle(shard, workflow);
        break;
    case WF_CALL_STICKY_UNAVAILABLE:
        /* 3.5: the worker with the cache is gone, so any worker may have the task, at once. */
        task->is_on_normal_queue = true;
        submit(shard, task);
        break;
    default:
        if (!task->is_in_memory) {
            wf_task_retry(shard, task);
        } else {
            wf_task_done(shard, task); /* 3.10: its timeout will tell */
            wf_workflow_settle(shard, workflow);
        }
        break;
    }
}

/* ---- What is not stored ---- */

static struct wf_task_record *new_in_memory(struct wf_shard *shard, struct wf_workflow *workflow,
                                            const struct wf_shard_run *run, enum wf_task_category category)
{
    struct wf_task_record *task = wf_task_new(shard, workflow, category);

    if (task != NULL) {
        task->task_id = wf_shard_task_id(shard);
        task->run_id = run->id;
        task->has_epoch = true;
        task->epoch = workflow->epoch;
        task->is_in_memory = true;
    }
    return task;
}

void wf_task_remember(struct wf_shard *shard, struct wf_workflow *workflow, const struct wf_shard_run *run,
                      int64_t time_ns)
{
    struct wf_task_record *task = new_in_memory(shard, workflow, run, WF_TASK_TIMER);

    if (task == NULL) {
        return;
    }
    task->time_ns = time_ns > shard->timer_level_ns ? time_ns : shard->timer_level_ns + WF_NS_PER_MS;
    if (!heap_push(shard, task)) {
        free_task(shard, task);
    }
}

void wf_task_push_once(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run)
{
    const struct wf_state_workflow_task *state = run->state->workflow_task;
    struct wf_task_record *task = new_in_memory(shard, workflow, run, WF_TASK_TRANSFER);

    if (task == NULL) {
        return;
    }
    task->scheduled_event_id = state->scheduled_event_id;
    task->attempt = state->attempt;
    task->stamp = state->stamp;
    insert_by_id(&shard->transfer, task);
    wf_task_push(shard, workflow, run, task);
}

/* ---- What a write added ---- */

void wf_tasks_commit(struct wf_shard *shard, struct wf_workflow *workflow,
                     struct wf_task_list *tasks)
{
    struct wf_task_record *task = tasks->first;

    *tasks = (struct wf_task_list){0};
    while (task != NULL) {
        struct wf_task_record *const next = task->next;

        task->has_epoch = true;
        task->epoch = workflow->epoch;
        if (task->category == WF_TASK_TIMER) {
            if (!heap_push(shard, task)) {
                free_task(shard, task);
            }
        } else {
            insert_by_id(&shard->transfer, task);
            if (task->kind == WF_TRANSFER_PUSH) {
                wf_task_push(shard, workflow, workflow->run, task);
            } else {
                submit(shard, task); /* executed when the workflow is free, on the run it is about */
            }
        }
        task = next;
    }
}

void wf_tasks_abandon(struct wf_shard *shard, struct wf_task_list *tasks)
{
    struct wf_task_record *task = tasks->first;

    *tasks = (struct wf_task_list){0};
    while (task != NULL) {
        struct wf_task_record *const next = task->next;

        free_task(shard, task);
        task = next;
    }
}

void wf_tasks_drop_all(struct wf_shard *shard)
{
    wf_tasks_abandon(shard, &shard->transfer);
    wf_tasks_abandon(shard, &shard->old_transfer);
    wf_tasks_abandon(shard, &shard->due);
    for (uint32_t i = 0; i < shard->timers.count; i++) {
        free_task(shard, shard->timers.items[i]);
    }
    shard->timers.count = 0;
    shard->task_at_ns = INT64_MAX;
}

/* ---- Reading what earlier owners left ---- */

void wf_tasks_acquired(struct wf_shard *shard, const struct wf_db_shard_row *row)
{
    shard->old_task_id_max = (row->range_id << 20) - 1;
    shard->read_transfer_id = row->transfer_ack_task_id;
    shard->read_timer_time_ns = row->timer_ack_time_ns;
    shard->read_timer_id = row->timer_ack_task_id;
    shard->is_transfer_read = false;
    shard->is_timer_read = false;
    shard->timer_level_ns = row->timer_ack_time_ns > shard->timer_level_ns ? row->timer_ack_time_ns
                                                                           : shard->timer_level_ns;
    shard->save_at_ns = INT64_MAX;
    wf_pending_forget(shard, WF_PENDING_READ_TRANSFER);
    wf_pending_forget(shard, WF_PENDING_READ_TIMER);
    wf_tasks_read(shard);
}

static void read_page(struct wf_shard *shard, enum wf_pending_kind kind)
{
    struct wf_db_request *request = wf_shard_store(shard, kind, NULL, WF_CASE_db_request_read_tasks,
                                                   &wf_type_db_read_tasks);
    struct wf_db_read_tasks *page = request == NULL ? NULL : request->op.read_tasks;

    if (page == NULL) {
        return;
    }
    page->shard_id = shard->id;
    page->count_max = PAGE_COUNT;
    if (kind == WF_PENDING_READ_TRANSFER) {
        page->category = WF_TASK_TRANSFER;
        page->after_task_id = shard->read_transfer_id;
    } else {
        page->category = WF_TASK_TIMER;
        page->after_time_ns = shard->read_timer_time_ns;
        page->after_task_id = shard->read_timer_id;
        page->until_time_ns = INT64_MAX;
    }
}

void wf_tasks_read(struct wf_shard *shard)
{
    shard->retry_at_ns = INT64_MAX;
    if (!shard->is_transfer_read) {
        read_page(shard, WF_PENDING_READ_TRANSFER);
    }
    if (!shard->is_timer_read) {
        read_page(shard, WF_PENDING_READ_TIMER);
    }
}

void wf_task_take(struct wf_shard *shard, const struct wf_db_task *row)
{
    struct wf_workflow *workflow = wf_workflow_get(shard, row->workflow_id);
    struct wf_task_record *task = NULL;
    struct wf_state_push push = {0};

    if (workflow == NULL) {
        return;
    }
    task = wf_task_new(shard, workflow, (enum wf_task_category)row->category);
    if (task == NULL) {
        return;
    }
    task->task_id = row->task_id;
    task->time_ns = row->visibility_time_ns;
    if (!wf_run_id_read(row->run_id, &task->run_id) ||
        wf_wire_decode(&shard->step_arena, &wf_type_state_push, row->body, &push, NULL) != WF_OK) {
        free_task(shard, task);
        return;
    }
    task->is_activity = push.is_activity;
    task->scheduled_event_id = push.scheduled_event_id;
    task->attempt = push.attempt;
    task->stamp = push.stamp;
    task->kind = (enum wf_transfer_kind)push.kind;
    if (row->category == WF_TASK_TIMER) {
        if (!heap_push(shard, task)) {
            free_task(shard, task);
        }
        return;
    }
    insert_by_id(&shard->old_transfer, task);
    submit(shard, task);
}

void wf_tasks_read_reply(struct wf_shard *shard, enum wf_pending_kind kind,
                         const struct wf_db_reply *reply)
{
    const struct wf_db_task_rows *rows = reply->row_case == WF_CASE_db_reply_tasks
                                             ? reply->row.tasks
                                             : NULL;

    if (reply->status != WF_DATABASE_OK || rows == NULL) {
        shard->retry_at_ns = wf_add_saturating(shard->now_ns, READ_RETRY_NS);
        return;
    }
    for (uint32_t i = 0; i < rows->tasks.count; i++) {
        const struct wf_db_task *row = &rows->tasks.items[i];

        if (kind == WF_PENDING_READ_TRANSFER) {
            shard->read_transfer_id = row->task_id;
        } else {
            shard->read_timer_time_ns = row->visibility_time_ns;
            shard->read_timer_id = row->task_id;
        }
        if (row->task_id <= shard->old_task_id_max) {
            wf_task_take(shard, row); /* later ids are this owner's, and in memory already */
        }
    }
    if (kind == WF_PENDING_READ_TRANSFER) {
        shard->is_transfer_read = rows->is_all;
    } else {
        shard->is_timer_read = rows->is_all;
    }
    if (!rows->is_all) {
        read_page(shard, kind);
    }
}

/* ---- Acknowledging ---- */

static int64_t transfer_ack(const struct wf_shard *shard)
{
    int64_t first_id = shard->range_id << 20 | shard->task_counter;

    if (shard->transfer.first != NULL) {
        first_id = shard->transfer.first->task_id;
    }
    if (shard->old_transfer.first != NULL && shard->old_transfer.first->task_id < first_id) {
        first_id = shard->old_transfer.first->task_id;
    }
    for (const struct wf_write *write = shard->writes; write != NULL; write = write->next) {
        first_id = write->first_task_id < first_id ? write->first_task_id : first_id;
    }
    return first_id - 1;
}

/* The highest (time, id) below which every timer task is done, and no later than what the queue has
 * passed. */
static void timer_ack(const struct wf_shard *shard, int64_t *time_ns, int64_t *task_id)
{
    *time_ns = shard->timer_level_ns;
    *task_id = INT64_MAX;
    for (const struct wf_task_record *task = shard->due.first; task != NULL; task = task->next) {
        if (task->time_ns < *time_ns || (task->time_ns == *time_ns && task->task_id <= *task_id)) {
            *time_ns = task->time_ns;
            *task_id = task->task_id - 1;
        }
    }
    if (shard->timers.count > 0 && shard->timers.items[0]->time_ns <= *time_ns) {
        *time_ns = shard->timers.items[0]->time_ns;
        *task_id = shard->timers.items[0]->task_id - 1;
    }
    for (const struct wf_write *write = shard->writes; write != NULL; write = write->next) {
        if (write->first_timer_ns <= *time_ns) {
            *time_ns = write->first_timer_ns;
            *task_id = 0;
        }
    }
}

static void delete_done(struct wf_shard *shard, enum wf_task_category category, int64_t time_ns,
                        int64_t task_id)
{
    struct wf_db_request *request = wf_shard_store(
        shard, WF_PENDING_DELETE, NULL, WF_CASE_db_request_delete_tasks, &wf_type_db_delete_tasks);

    if (request != NULL) {
        request->op.delete_tasks->shard_id = shard->id;
        request->op.delete_tasks->range_id = wf_is_planted(shard->config, WF_PLANT_NO_FENCING)
                                                 ? 0
                                                 : shard->range_id;
        request->op.delete_tasks->category = (int32_t)category;
        request->op.delete_tasks->until_time_ns = time_ns;
        request->op.delete_tasks->until_task_id = task_id;
    }
}

static void save(struct wf_shard *shard)
{
    struct wf_db_request *request = NULL;
    struct wf_db_save_shard *row = NULL;

    shard->save_at_ns = INT64_MAX;
    if (!shard->is_transfer_read || !shard->is_timer_read) {
        mark_dirty(shard);
        return;
    }
    request = wf_shard_store(shard, WF_PENDING_SAVE, NULL, WF_CASE_db_request_save_shard,
                             &wf_type_db_save_shard);
    if (request == NULL) {
        return;
    }
    row = request->op.save_shard;
    row->shard_id = shard->id;
    row->range_id = wf_is_planted(shard->config, WF_PLANT_NO_FENCING) ? 0 : shard->range_id;
    row->transfer_ack_task_id = transfer_ack(shard);
    timer_ack(shard, &row->timer_ack_time_ns, &row->timer_ack_task_id);
    delete_done(shard, WF_TASK_TRANSFER, 0, row->transfer_ack_task_id);
    delete_done(shard, WF_TASK_TIMER, row->timer_ack_time_ns, row->timer_ack_task_id);
}

void wf_tasks_save_reply(struct wf_shard *shard, const struct wf_db_reply *reply)
{
    if (reply->status != WF_DATABASE_OK) {
        mark_dirty(shard); /* nothing is lost: what is not acknowledged is only done again */
    }
}

/* ---- Time ---- */

static void fire_timers(struct wf_shard *shard)
{
    while (shard->timers.count > 0 && shard->timers.items[0]->time_ns <= shard->now_ns &&
           shard->state == WF_SHARD_OWNED) {
        struct wf_task_record *task = heap_pop(&shard->timers);

        shard->timer_level_ns = task->time_ns > shard->timer_level_ns ? task->time_ns
                                                                      : shard->timer_level_ns;
        wf_task_list_append(&shard->due, task);
        submit(shard, task);
    }
}

/* Tries again what has waited long enough. */
static void retry_tasks(struct wf_shard *shard)
{
    struct wf_task_list *const lists[] = {&shard->transfer, &shard->old_transfer, &shard->due};

    if (shard->task_at_ns > shard->now_ns) {
        return;
    }
    shard->task_at_ns = INT64_MAX;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct wf_task_record *task = lists[i]->first;

        while (task != NULL) {
            struct wf_task_record *const next = task->next;

            if (!task->is_busy && task->retry_at_ns <= shard->now_ns) {
                submit(shard, task);
            } else if (!task->is_busy && task->retry_at_ns < shard->task_at_ns) {
                shard->task_at_ns = task->retry_at_ns;
            }
            task = next;
        }
    }
}

void wf_tasks_alarm(struct wf_shard *shard)
{
    fire_timers(shard);
    retry_tasks(shard);
    if (shard->save_at_ns <= shard->now_ns) {
        save(shard);
    }
    if (shard->retry_at_ns <= shard->now_ns) {
        wf_tasks_read(shard);
    }
}

wf_time_ns wf_tasks_wake_at(const struct wf_shard *shard)
{
    wf_time_ns at_ns = shard->task_at_ns;

    at_ns = shard->save_at_ns < at_ns ? shard->save_at_ns : at_ns;
    at_ns = shard->retry_at_ns < at_ns ? shard->retry_at_ns : at_ns;
    if (shard->timers.count > 0 && shard->timers.items[0]->time_ns < at_ns) {
        at_ns = shard->timers.items[0]->time_ns;
    }
    return at_ns;
}
