/*
 * Workflows in memory: one record for each id that has a run loaded, tasks outstanding or callers
 * waiting. The lock is on the id, not on the run, because starts, continue-as-new and retries touch
 * two runs of one id. What comes while it is held waits in order.
 *
 * Source: engine-semantics 8.1, 8.3.
 */
#include "engine/base/assert.h"
#include "engine/base/hash.h"
#include "engine/server/change.h"

#define BUCKETS_FIRST 64u
#define WAITING_MAX 10000u  /* operations kept for later, all workflows of the shard */
#define LOADED_RUNS_MAX 64u /* more leave memory, the one unused for longest first */

/* ---- The table ---- */

static bool grow_buckets(struct wf_shard *shard)
{
    const uint32_t count = shard->bucket_count == 0 ? BUCKETS_FIRST : shard->bucket_count * 2;
    struct wf_workflow **buckets = wf_slab_take(&shard->slabs, count * sizeof *buckets);

    if (buckets == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < shard->bucket_count; i++) {
        struct wf_workflow *workflow = shard->buckets[i];

        while (workflow != NULL) {
            struct wf_workflow *const next = workflow->next_in_bucket;
            struct wf_workflow **bucket = &buckets[workflow->hash & (count - 1)];

            workflow->next_in_bucket = *bucket;
            *bucket = workflow;
            workflow = next;
        }
    }
    wf_slab_give(&shard->slabs, shard->buckets, shard->bucket_count * sizeof *buckets);
    shard->buckets = buckets;
    shard->bucket_count = count;
    return true;
}

struct wf_workflow *wf_workflow_get(struct wf_shard *shard, struct wf_string id)
{
    const uint64_t hash = wf_hash_bytes(id.data, id.size_bytes);
    struct wf_workflow *workflow = NULL;

    if (shard->bucket_count > 0) {
        for (workflow = shard->buckets[hash & (shard->bucket_count - 1)]; workflow != NULL;
             workflow = workflow->next_in_bucket) {
            if (workflow->hash == hash && wf_string_equal(workflow->id, id)) {
                return workflow;
            }
        }
    }
    if (shard->workflow_count >= shard->bucket_count && !grow_buckets(shard)) {
        return NULL;
    }
    workflow = wf_slab_take(&shard->slabs, sizeof *workflow);
    if (workflow == NULL || !wf_keep_string(shard, id, &workflow->id)) {
        wf_slab_give(&shard->slabs, workflow, sizeof *workflow);
        return NULL;
    }
    workflow->hash = hash;
    workflow->next_in_bucket = shard->buckets[hash & (shard->bucket_count - 1)];
    shard->buckets[hash & (shard->bucket_count - 1)] = workflow;
    shard->workflow_count++;
    return workflow;
}

static void forget_if_empty(struct wf_shard *shard, struct wf_workflow *workflow)
{
    struct wf_workflow **place = NULL;

    if (workflow->is_locked || workflow->waiting_first != NULL || workflow->run != NULL ||
        workflow->task_count > 0) {
        return;
    }
    place = &shard->buckets[workflow->hash & (shard->bucket_count - 1)];
    while (*place != workflow) {
        place = &(*place)->next_in_bucket;
    }
    *place = workflow->next_in_bucket;
    shard->workflow_count--;
    wf_drop_string(shard, &workflow->id);
    wf_drop_string(shard, &workflow->current_request_id);
    wf_slab_give(&shard->slabs, workflow, sizeof *workflow);
}

void wf_workflow_set_current(struct wf_shard *shard, struct wf_workflow *workflow,
                             struct wf_string run_id, struct wf_string request_id, int32_t status)
{
    struct wf_string kept = {0};

    workflow->current = WF_CURRENT_KNOWN;
    if (!wf_run_id_read(run_id, &workflow->current_run_id)) {
        workflow->current_run_id = (struct wf_run_id){{0}};
    }
    workflow->current_status = status;
    wf_keep_string(shard, request_id, &kept);
    wf_drop_string(shard, &workflow->current_request_id);
    workflow->current_request_id = kept;
}

void wf_workflow_drop_state(struct wf_shard *shard, struct wf_workflow *workflow)
{
    wf_shard_run_free(shard, workflow->run);
    workflow->run = NULL;
    workflow->current = WF_CURRENT_UNKNOWN;
}

/* ---- Operations that wait ---- */

static struct wf_operation *keep_operation(struct wf_shard *shard,
                                           const struct wf_operation *operation)
{
    struct wf_operation *kept = wf_slab_take(&shard->slabs, sizeof *kept);

    if (kept == NULL) {
        return NULL;
    }
    *kept = *operation;
    kept->next = NULL;
    if (kept->kind == WF_OPERATION_REQUEST) {
        kept->request = NULL;
        if (!wf_keep_message(shard, &wf_type_svc_request, operation->request, &kept->bytes,
                             &kept->size_bytes)) {
            wf_slab_give(&shard->slabs, kept, sizeof *kept);
            return NULL;
        }
    }
    shard->waiting_count++;
    return kept;
}

/* What was read for an operation. */
static void drop_material(struct wf_shard *shard, struct wf_operation *operation)
{
    struct wf_kept_history *history = operation->histories;

    wf_shard_run_free(shard, operation->visitor);
    operation->visitor = NULL;
    operation->has_no_run = false;
    operation->histories = NULL;
    while (history != NULL) {
        struct wf_kept_history *const next = history->next;

        wf_slab_give(&shard->slabs, history, sizeof *history + history->size_bytes);
        history = next;
    }
}

static void free_operation(struct wf_shard *shard, struct wf_operation *operation)
{
    shard->waiting_count--;
    drop_material(shard, operation);
    wf_slab_give(&shard->slabs, operation->bytes, operation->size_bytes);
    wf_slab_give(&shard->slabs, operation, sizeof *operation);
}

static void append(struct wf_workflow *workflow, struct wf_operation *operation)
{
    if (workflow->waiting_last == NULL) {
        workflow->waiting_first = operation;
    } else {
        workflow->waiting_last->next = operation;
    }
    workflow->waiting_last = operation;
}

static void prepend(struct wf_workflow *workflow, struct wf_operation *operation)
{
    operation->next = workflow->waiting_first;
    workflow->waiting_first = operation;
    if (workflow->waiting_last == NULL) {
        workflow->waiting_last = operation;
    }
}

static struct wf_operation *pop(struct wf_workflow *workflow)
{
    struct wf_operation *operation = workflow->waiting_first;

    workflow->waiting_first = operation->next;
    if (workflow->waiting_first == NULL) {
        workflow->waiting_last = NULL;
    }
    operation->next = NULL;
    return operation;
}

/* An operation that cannot go on: a caller is told to try again, a task is tried again. */
static void fail_operation(struct wf_shard *shard, const struct wf_operation *operation,
                           const char *message)
{
    if (operation->kind == WF_OPERATION_REQUEST) {
        wf_shard_answer(shard, operation->call_id, WF_CALL_UNAVAILABLE, message);
    } else if (operation->task != NULL) {
        wf_task_retry(shard, operation->task);
    }
}

/* ---- Loading ---- */

static void load(struct wf_shard *shard, struct wf_workflow *workflow,
                 const struct wf_run_id *run_id)
{
    struct wf_db_request *request = wf_shard_store(
        shard, WF_PENDING_LOAD, workflow, WF_CASE_db_request_read_run, &wf_type_db_read_run);

    workflow->is_locked = true;
    workflow->loading_id = *run_id;
    if (request != NULL) {
        request->op.read_run->shard_id = shard->id;
        request->op.read_run->workflow_id = workflow->id;
        request->op.read_run->run_id = wf_string_copy(&shard->step_arena, wf_run_id_string(run_id));
    }
}

static void load_history(struct wf_shard *shard, struct wf_workflow *workflow,
                         const struct wf_run_id *run_id)
{
    struct wf_db_request *request = wf_shard_store(shard, WF_PENDING_LOAD_HISTORY, workflow,
                                                   WF_CASE_db_request_read_history,
                                                   &wf_type_db_read_history);

    workflow->is_locked = true;
    workflow->loading_id = *run_id;
    if (request != NULL) {
        request->op.read_history->shard_id = shard->id;
        request->op.read_history->workflow_id = workflow->id;
        request->op.read_history->run_id = wf_string_copy(&shard->step_arena,
                                                          wf_run_id_string(run_id));
        request->op.read_history->first_event_id = 1; /* to the last one that is committed */
    }
}

/* What an operation wants, as far as it is in memory. */
enum lookup { LOOKUP_FOUND, LOOKUP_CURRENT, LOOKUP_RUN, LOOKUP_HISTORY };

static enum lookup look_up_run(const struct wf_workflow *workflow,
                               const struct wf_operation *operation, struct wf_shard_run **run)
{
    const bool wants_current = !wf_run_id_is_set(&operation->run_id);

    *run = NULL;
    if (operation->visitor != NULL || operation->has_no_run) {
        *run = operation->visitor;
        return LOOKUP_FOUND;
    }
    if (workflow->current == WF_CURRENT_UNKNOWN) {
        return LOOKUP_CURRENT;
    }
    if (workflow->current == WF_CURRENT_NONE) {
        return LOOKUP_FOUND;
    }
    if (wants_current ||
        memcmp(&workflow->current_run_id, &operation->run_id, sizeof operation->run_id) == 0) {
        *run = workflow->run;
        return workflow->run != NULL ? LOOKUP_FOUND : LOOKUP_CURRENT;
    }
    return LOOKUP_RUN;
}

/* The history to read next: of the run, then of each that continued the one before. False when all
 * are there. */
static bool is_history_missing(const struct wf_operation *operation, const struct wf_shard_run *run,
                               struct wf_run_id *run_id)
{
    const struct wf_kept_history *history = operation->histories;

    *run_id = run->id;
    while (history != NULL) {
        *run_id = history->successor_id;
        history = history->next;
    }
    return wf_run_id_is_set(run_id);
}

/* Beside its own run such an operation needs the current one when that is open, and histories. */
static enum lookup look_up_more(const struct wf_workflow *workflow,
                                const struct wf_operation *operation,
                                const struct wf_shard_run *run)
{
    struct wf_run_id run_id = {{0}};

    if (workflow->run == NULL && workflow->current_status == WF_WORKFLOW_EXECUTION_STATUS_RUNNING) {
        return LOOKUP_CURRENT;
    }
    return is_history_missing(operation, run, &run_id) ? LOOKUP_HISTORY : LOOKUP_FOUND;
}

static enum lookup look_up(const struct wf_workflow *workflow, const struct wf_operation *operation,
                           struct wf_shard_run **run)
{
    const enum lookup lookup = look_up_run(workflow, operation, run);

    return lookup == LOOKUP_FOUND && *run != NULL && operation->reads_history
               ? look_up_more(workflow, operation, *run)
               : lookup;
}

/* True when the row that came is the one that an operation waits for, and not of one that is gone.
 */
static bool is_awaited(const struct wf_workflow *workflow, const struct wf_operation *operation)
{
    struct wf_shard_run *run = NULL;
    const enum lookup lookup = look_up(workflow, operation, &run);

    if (!wf_run_id_is_set(&workflow->loading_id)) {
        return lookup == LOOKUP_CURRENT;
    }
    return lookup == LOOKUP_RUN &&
           memcmp(&workflow->loading_id, &operation->run_id, sizeof operation->run_id) == 0;
}

static struct wf_shard_run *read_row(struct wf_shard *shard, const struct wf_db_run_row *row)
{
    struct wf_shard_run *run = wf_shard_run_new(shard);

    if (run == NULL) {
        return NULL;
    }
    if (!wf_shard_run_restore(shard, run, row->state)) {
        wf_shard_run_free(shard, run);
        return NULL;
    }
    run->record_version = row->record_version;
    return run;
}

/* The row of the current run is read, too, to learn which one is current. */
static bool is_wanted(const struct wf_operation *operation, const struct wf_shard_run *run)
{
    return !wf_run_id_is_set(&operation->run_id) ||
           memcmp(&run->id, &operation->run_id, sizeof run->id) == 0;
}

static void take_row(struct wf_shard *shard, struct wf_workflow *workflow,
                     struct wf_operation *operation, const struct wf_db_run_row *row)
{
    struct wf_shard_run *run = read_row(shard, row);

    if (row->current != NULL) {
        wf_workflow_set_current(shard, workflow, row->current->run_id,
                                row->current->create_request_id, row->current->status);
    }
    if (run == NULL) {
        return;
    }
    if (wf_shard_run_is_open(run) &&
        memcmp(&run->id, &workflow->current_run_id, sizeof run->id) == 0) {
        run->workflow = workflow;
        workflow->run = run;
    } else if (operation->visitor == NULL && is_wanted(operation, run)) {
        operation->visitor = run;
    } else {
        wf_shard_run_free(shard, run); /* the current run, which has closed, where another is wanted */
    }
}

void wf_workflow_loaded(struct wf_shard *shard, struct wf_workflow *workflow,
                        const struct wf_db_reply *reply)
{
    struct wf_operation *operation = workflow->waiting_first;

    WF_ASSERT(workflow->is_locked);
    /* An older run is read beside the current one, which stays. */
    WF_ASSERT(workflow->run == NULL || wf_run_id_is_set(&workflow->loading_id));
    if (operation == NULL || !is_awaited(workflow, operation)) {
        wf_workflow_release(shard, workflow); /* who wanted it is gone */
        return;
    }
    if (reply->status == WF_DATABASE_OK && reply->row_case == WF_CASE_db_reply_run) {
        take_row(shard, workflow, operation, reply->row.run);
    } else if (reply->status == WF_DATABASE_NOT_FOUND) {
        if (workflow->current == WF_CURRENT_UNKNOWN) {
            workflow->current = WF_CURRENT_NONE;
        } else {
            operation->has_no_run = true;
        }
    } else {
        operation = pop(workflow);
        fail_operation(shard, operation, "The database did not give the run.");
        free_operation(shard, operation);
    }
    wf_workflow_release(shard, workflow);
}

/* The run that went on as another by continue-as-new; unset when this one did not. */
static struct wf_run_id successor_of(struct wf_shard *shard, const struct wf_db_history_rows *rows)
{
    struct wf_history_message batch = {0};
    struct wf_run_id id = {{0}};
    const struct wf_event *last = NULL;

    if (rows->batches.count > 0 &&
        wf_wire_decode(&shard->step_arena, &wf_type_history_message,
                       rows->batches.items[rows->batches.count - 1].bytes, &batch, NULL) == WF_OK &&
        batch.events.count > 0) {
        last = &batch.events.items[batch.events.count - 1];
    }
    if (last == NULL || last->attributes_case != WF_CASE_event_workflow_execution_continued_as_new ||
        !wf_run_id_read(last->attributes.workflow_execution_continued_as_new->new_execution_run_id,
                        &id)) {
        return (struct wf_run_id){{0}};
    }
    return id;
}

/* Adds a history to what the operation has; one that is not there any more ends the walk. */
static bool keep_history(struct wf_shard *shard, struct wf_operation *operation,
                         const struct wf_run_id *run_id, const struct wf_db_history_rows *rows)
{
    struct wf_kept_history **place = &operation->histories;
    struct wf_buffer bytes = {0};

    wf_buffer_init(&bytes, &shard->step_arena);
    wf_wire_encode(&wf_type_db_history_rows, rows, &bytes);
    while (*place != NULL) {
        place = &(*place)->next;
    }
    *place = bytes.is_full ? NULL
                           : wf_slab_take(&shard->slabs, sizeof **place + bytes.size_bytes);
    if (*place == NULL) {
        return false;
    }
    (*place)->next = NULL;
    (*place)->run_id = *run_id;
    (*place)->successor_id = successor_of(shard, rows);
    (*place)->size_bytes = bytes.size_bytes;
    if (bytes.size_bytes > 0) {
        memcpy((*place)->bytes, bytes.data, bytes.size_bytes);
    }
    return true;
}

void wf_workflow_history_loaded(struct wf_shard *shard, struct wf_workflow *workflow,
                                const struct wf_db_reply *reply)
{
    static const struct wf_db_history_rows nothing = {0};
    struct wf_operation *operation = workflow->waiting_first;
    struct wf_shard_run *run = NULL;
    struct wf_run_id wanted = {{0}};
    bool is_kept = false;

    WF_ASSERT(workflow->is_locked);
    if (operation == NULL || look_up(workflow, operation, &run) != LOOKUP_HISTORY ||
        !is_history_missing(operation, run, &wanted) ||
        memcmp(&wanted, &workflow->loading_id, sizeof wanted) != 0) {
        wf_workflow_release(shard, workflow); /* who wanted it is gone */
        return;
    }
    if (reply->status == WF_DATABASE_OK && reply->row_case == WF_CASE_db_reply_history) {
        is_kept = keep_history(shard, operation, &wanted, reply->row.history);
    } else if (reply->status == WF_DATABASE_NOT_FOUND) {
        is_kept = keep_history(shard, operation, &wanted, &nothing);
    }
    if (!is_kept) {
        operation = pop(workflow);
        fail_operation(shard, operation, "The database did not give the history.");
        free_operation(shard, operation);
    }
    wf_workflow_release(shard, workflow);
}

/* ---- Performing ---- */

/* Performs an operation whose run is in memory, or finds out what to load for it. */
static enum lookup perform(struct wf_shard *shard, struct wf_workflow *workflow,
                           struct wf_operation *operation)
{
    struct wf_shard_run *run = NULL;
    const enum lookup lookup = look_up(workflow, operation, &run);

    if (lookup == LOOKUP_FOUND) {
        if (run != NULL) {
            wf_shard_run_touch(shard, run);
        }
        wf_operation_run(shard, workflow, run, operation);
    }
    return lookup;
}

static void load_for(struct wf_shard *shard, struct wf_workflow *workflow,
                     const struct wf_operation *operation, enum lookup lookup)
{
    static const struct wf_run_id current = {{0}};
    struct wf_shard_run *run = NULL;
    struct wf_run_id run_id = {{0}};

    if (lookup == LOOKUP_HISTORY) {
        look_up_run(workflow, operation, &run);
        is_history_missing(operation, run, &run_id);
        load_history(shard, workflow, &run_id);
        return;
    }
    load(shard, workflow, lookup == LOOKUP_CURRENT ? &current : &operation->run_id);
}

static bool decode_request(struct wf_shard *shard, struct wf_operation *operation)
{
    struct wf_svc_request *request = NULL;
    struct wf_string bytes = {0};

    if (operation->kind != WF_OPERATION_REQUEST) {
        return true;
    }
    /* The bytes go back to the slab when the operation is done; what is answered may still point
     * into them. */
    request = WF_ARENA_NEW(&shard->step_arena, struct wf_svc_request);
    bytes = wf_string_copy(&shard->step_arena,
                           (struct wf_string){operation->bytes, operation->size_bytes});
    operation->request = request;
    return request != NULL &&
           wf_wire_decode(&shard->step_arena, &wf_type_svc_request, bytes, request, NULL) == WF_OK;
}

static bool is_moot(const struct wf_operation *operation)
{
    return operation->kind == WF_OPERATION_REQUEST && operation->call_id == 0;
}

void wf_workflow_settle(struct wf_shard *shard, struct wf_workflow *workflow)
{
    while (shard->state == WF_SHARD_OWNED && !workflow->is_locked &&
           workflow->waiting_first != NULL) {
        struct wf_operation *operation = pop(workflow);
        enum lookup lookup = LOOKUP_FOUND;

        if (!is_moot(operation) && decode_request(shard, operation)) {
            lookup = perform(shard, workflow, operation);
        }
        if (lookup == LOOKUP_FOUND) {
            free_operation(shard, operation);
        } else {
            prepend(workflow, operation);
            load_for(shard, workflow, operation, lookup);
        }
    }
    forget_if_empty(shard, workflow);
}

void wf_workflow_release(struct wf_shard *shard, struct wf_workflow *workflow)
{
    workflow->is_locked = false;
    wf_workflow_settle(shard, workflow);
}

struct wf_operation *wf_workflow_wait(struct wf_shard *shard, struct wf_workflow *workflow,
                                      const struct wf_operation *operation)
{
    struct wf_operation *kept = NULL;

    if (shard->waiting_count >= WAITING_MAX) {
        fail_operation(shard, operation, "Too many requests wait for this shard.");
        return NULL;
    }
    kept = keep_operation(shard, operation);
    if (kept != NULL) {
        append(workflow, kept);
    }
    return kept;
}

void wf_workflow_submit(struct wf_shard *shard, struct wf_workflow *workflow,
                        const struct wf_operation *operation)
{
    struct wf_operation now = *operation;
    enum lookup lookup = LOOKUP_FOUND;

    if (shard->state != WF_SHARD_OWNED || workflow->is_locked || workflow->waiting_first != NULL) {
        wf_workflow_wait(shard, workflow, operation);
        return;
    }
    lookup = perform(shard, workflow, &now);
    if (lookup != LOOKUP_FOUND && wf_workflow_wait(shard, workflow, operation) != NULL) {
        load_for(shard, workflow, operation, lookup);
    }
    wf_workflow_settle(shard, workflow);
}

/* ---- All of them ---- */

/* Tasks are read again from the database, so what waits to execute them is forgotten with them. */
static void drop_task_operations(struct wf_shard *shard, struct wf_workflow *workflow)
{
    struct wf_operation *operation = workflow->waiting_first;

    workflow->waiting_first = NULL;
    workflow->waiting_last = NULL;
    while (operation != NULL) {
        struct wf_operation *const next = operation->next;

        operation->next = NULL;
        drop_material(shard, operation);
        if (operation->kind == WF_OPERATION_REQUEST) {
            append(workflow, operation);
        } else {
            free_operation(shard, operation);
        }
        operation = next;
    }
}

/*
 * What a read under the range that is given up will bring is what the database had then, and other owners may have come
 * since. Written upon, it would fail its condition, and the orphan node that it leaves would have a higher transaction id than
 * what those owners wrote, so that readers would take it for history (3.9).
 */
static void forget_loads(struct wf_shard *shard)
{
    void *object = NULL;

    while (wf_pending_drop(shard, WF_PENDING_LOAD, &object) ||
           wf_pending_drop(shard, WF_PENDING_LOAD_HISTORY, &object)) {
        struct wf_workflow *workflow = object;

        WF_ASSERT(workflow->is_locked);
        workflow->is_locked = false;
    }
}

void wf_workflows_drop_all(struct wf_shard *shard)
{
    forget_loads(shard);
    for (uint32_t i = 0; i < shard->bucket_count; i++) {
        for (struct wf_workflow *workflow = shard->buckets[i]; workflow != NULL;
             workflow = workflow->next_in_bucket) {
            drop_task_operations(shard, workflow);
            /* A locked one learns its fate from the reply it waits for. */
            if (!workflow->is_locked) {
                wf_workflow_drop_state(shard, workflow);
            }
        }
    }
    for (struct wf_write *write = shard->writes; write != NULL; write = write->next) {
        write->task = NULL;
    }
    wf_pending_forget(shard, WF_PENDING_PUSH);
    wf_tasks_drop_all(shard);
}

void wf_workflows_drop_states(struct wf_shard *shard)
{
    for (uint32_t i = 0; i < shard->bucket_count; i++) {
        for (struct wf_workflow *workflow = shard->buckets[i]; workflow != NULL;
             workflow = workflow->next_in_bucket) {
            if (!workflow->is_locked) {
                wf_workflow_drop_state(shard, workflow);
            }
        }
    }
}

void wf_workflows_resume(struct wf_shard *shard)
{
    for (uint32_t i = 0; i < shard->bucket_count; i++) {
        struct wf_workflow *workflow = shard->buckets[i];

        while (workflow != NULL) {
            struct wf_workflow *const next = workflow->next_in_bucket;

            wf_workflow_settle(shard, workflow);
            workflow = next;
        }
    }
}

void wf_workflows_refuse_all(struct wf_shard *shard)
{
    for (uint32_t i = 0; i < shard->bucket_count; i++) {
        for (struct wf_workflow *workflow = shard->buckets[i]; workflow != NULL;
             workflow = workflow->next_in_bucket) {
            while (workflow->waiting_first != NULL) {
                struct wf_operation *operation = pop(workflow);

                if (operation->kind == WF_OPERATION_REQUEST) {
                    wf_shard_answer(shard, operation->call_id, WF_CALL_UNAVAILABLE,
                                    "The shard moved.");
                }
                free_operation(shard, operation);
            }
            if (workflow->run != NULL) {
                wf_query_drop(shard, workflow->run, WF_CALL_UNAVAILABLE, "The shard moved.");
                wf_updates_drop(shard, workflow->run, WF_CALL_UNAVAILABLE, "The shard moved.");
            }
        }
    }
}

void wf_workflows_cancel(struct wf_shard *shard, uint64_t call_id)
{
    for (uint32_t i = 0; i < shard->bucket_count; i++) {
        for (struct wf_workflow *workflow = shard->buckets[i]; workflow != NULL;
             workflow = workflow->next_in_bucket) {
            for (struct wf_operation *operation = workflow->waiting_first; operation != NULL;
                 operation = operation->next) {
                operation->call_id = operation->call_id == call_id ? 0 : operation->call_id;
            }
            if (workflow->run != NULL) {
                wf_updates_cancel(shard, workflow->run, call_id);
            }
            if (workflow->run != NULL && workflow->run->query.call_id == call_id) {
                workflow->run->query.call_id = 0;
                wf_slab_give(&shard->slabs, workflow->run->query.bytes,
                             workflow->run->query.size_bytes);
                workflow->run->query = (struct wf_waiting_query){0};
            }
        }
    }
    for (struct wf_write *write = shard->writes; write != NULL; write = write->next) {
        write->call_id = write->call_id == call_id ? 0 : write->call_id;
    }
}

void wf_workflows_trim(struct wf_shard *shard)
{
    struct wf_shard_run *run = shard->last_run;

    while (shard->loaded_count > LOADED_RUNS_MAX && run != NULL) {
        struct wf_shard_run *const newer = run->previous;
        struct wf_workflow *workflow = run->workflow;

        if (workflow != NULL && !workflow->is_locked && workflow->waiting_first == NULL &&
            run->query.call_id == 0 && run->updates == NULL && !run->is_close_attempted &&
            !wf_workflow_task_is_speculative(run->state)) {
            wf_workflow_drop_state(shard, workflow);
            forget_if_empty(shard, workflow);
        }
        run = newer;
    }
}
