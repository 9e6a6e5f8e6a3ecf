/*
 * One operation, one function: verify the conditions, then change rows. A write either changes everything it names or
 * nothing but orphan history nodes, because nodes are appended before the conditional update (engine-semantics 3.9).
 * Rows live in slabs and are given back when they are replaced.
 */
#include "sim/world/database.h"

#include "engine/base/assert.h"
#include "sim/world/database_tasks.h"

#define NODE_CAPACITY_MIN 8u
#define QUEUE_NAME_BYTES_MAX 1008 /* an id of 1000 bytes and the prefix */

bool sim_database_init(struct sim_database *database, struct wf_arena *arena, struct wf_slabs *slabs,
                       uint32_t shard_count)
{
    *database = (struct sim_database){.arena = arena, .slabs = slabs, .shard_count = shard_count};
    wf_map_init(&database->runs, arena);
    wf_map_init(&database->currents, arena);
    wf_map_init(&database->queues, arena);
    database->shards = wf_arena_take_array(arena, shard_count, sizeof *database->shards);
    return database->shards != NULL;
}

struct sim_db_run *sim_database_run(const struct sim_database *database, struct wf_string run_id)
{
    return wf_map_get(&database->runs, run_id);
}

struct sim_db_current *sim_database_current(const struct sim_database *database, struct wf_string workflow_id)
{
    return wf_map_get(&database->currents, workflow_id);
}

static struct sim_db_shard *shard_at(struct sim_database *database, int32_t shard_id)
{
    WF_ASSERT(shard_id >= 0 && (uint32_t)shard_id < database->shard_count);
    return &database->shards[shard_id];
}

/* A range id of 0 carries no condition: only a planted bug writes so (enum wf_planted_bug). */
static bool is_fenced(int64_t stored_range_id, int64_t range_id)
{
    return range_id != 0 && range_id != stored_range_id;
}

static bool is_closed_status(int32_t status)
{
    return status != WF_WORKFLOW_EXECUTION_STATUS_RUNNING && status != WF_WORKFLOW_EXECUTION_STATUS_UNSPECIFIED &&
           status != WF_WORKFLOW_EXECUTION_STATUS_PAUSED;
}

/* ---- Runs ---- */

static struct sim_db_run *find_or_make_run(struct sim_database *database, const struct wf_db_run_write *write)
{
    struct sim_db_run *run = sim_database_run(database, write->run_id);

    if (run != NULL) {
        return run;
    }
    run = WF_ARENA_NEW(database->arena, struct sim_db_run);
    if (run == NULL || !sim_db_keep(database->slabs, write->workflow_id, &run->workflow_id) ||
        !sim_db_keep(database->slabs, write->run_id, &run->run_id) ||
        !wf_map_set(&database->runs, run->run_id, run)) {
        return NULL;
    }
    return run;
}

static bool make_node_room(struct sim_database *database, struct sim_db_run *run)
{
    const uint32_t capacity = run->node_capacity == 0 ? NODE_CAPACITY_MIN : run->node_capacity * 2;
    struct sim_db_node *nodes = NULL;

    if (run->node_count < run->node_capacity) {
        return true;
    }
    nodes = wf_slab_take(database->slabs, capacity * sizeof *nodes);
    if (nodes == NULL) {
        return false;
    }
    if (run->node_count > 0) {
        memcpy(nodes, run->nodes, run->node_count * sizeof *nodes);
        wf_slab_give(database->slabs, run->nodes, run->node_capacity * sizeof *nodes);
    }
    run->nodes = nodes;
    run->node_capacity = capacity;
    return true;
}

static bool append_node(struct sim_database *database, struct sim_db_run *run, const struct wf_db_batch *batch)
{
    struct sim_db_node node = {batch->first_event_id, batch->event_count, batch->transaction_id, {0}};
    uint32_t place = run->node_count;

    while (place > 0 && (run->nodes[place - 1].first_event_id > node.first_event_id ||
                         (run->nodes[place - 1].first_event_id == node.first_event_id &&
                          run->nodes[place - 1].transaction_id > node.transaction_id))) {
        place--;
    }
    if (place > 0 && run->nodes[place - 1].first_event_id == node.first_event_id &&
        run->nodes[place - 1].transaction_id == node.transaction_id) {
        return true; /* the same write again */
    }
    if (!make_node_room(database, run) || !sim_db_keep(database->slabs, batch->bytes, &node.bytes)) {
        return false;
    }
    memmove(&run->nodes[place + 1], &run->nodes[place], (run->node_count - place) * sizeof node);
    run->nodes[place] = node;
    run->node_count++;
    return true;
}

/* Step one of a write, which nothing takes back: the nodes, count_max of them. */
static bool append_nodes(struct sim_database *database, const struct wf_db_write *write, uint32_t count_max)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < write->runs.count; i++) {
        const struct wf_db_run_write *run_write = &write->runs.items[i];
        struct sim_db_run *run = NULL;

        if (run_write->batches.count == 0) {
            continue;
        }
        run = find_or_make_run(database, run_write);
        if (run == NULL) {
            return false;
        }
        for (uint32_t j = 0; j < run_write->batches.count && count < count_max; j++, count++) {
            if (!run->is_dropped && !append_node(database, run, &run_write->batches.items[j])) {
                return false;
            }
        }
    }
    return true;
}

static bool put_run(struct sim_database *database, const struct wf_db_run_write *write)
{
    struct sim_db_run *run = find_or_make_run(database, write);
    struct wf_string state = {0};

    if (run == NULL || !sim_db_keep(database->slabs, write->state, &state)) {
        return false;
    }
    sim_db_forget(database->slabs, &run->state);
    run->state = state;
    run->record_version = write->is_new ? 1 : run->record_version + 1;
    run->is_created = true;
    run->is_closed = write->is_closed;
    for (uint32_t i = 0; i < write->batches.count; i++) {
        const int64_t last_event_id = write->batches.items[i].first_event_id + write->batches.items[i].event_count - 1;

        run->last_event_id = last_event_id > run->last_event_id ? last_event_id : run->last_event_id;
    }
    return true;
}

const struct sim_db_node **sim_database_resolve(const struct sim_db_run *run, struct wf_arena *arena,
                                                int64_t first_event_id, int64_t last_event_id, uint32_t *count)
{
    const struct sim_db_node **nodes = wf_arena_take_array(arena, run->node_count, sizeof(struct sim_db_node *));
    int64_t accepted_transaction_id = INT64_MIN;

    *count = 0;
    if (nodes == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < run->node_count; i++) {
        const struct sim_db_node *node = &run->nodes[i];
        const bool is_beaten = i + 1 < run->node_count && run->nodes[i + 1].first_event_id == node->first_event_id;

        if (is_beaten || node->transaction_id < accepted_transaction_id || node->first_event_id > last_event_id) {
            continue;
        }
        accepted_transaction_id = node->transaction_id;
        if (node->first_event_id + node->event_count > first_event_id) {
            nodes[(*count)++] = node;
        }
    }
    return nodes;
}

void sim_database_drop_run(struct sim_database *database, struct sim_db_run *run)
{
    struct sim_db_current *current = sim_database_current(database, run->workflow_id);

    WF_ASSERT(run->is_closed);
    for (uint32_t i = 0; i < run->node_count; i++) {
        sim_db_forget(database->slabs, &run->nodes[i].bytes);
    }
    if (run->nodes != NULL) {
        wf_slab_give(database->slabs, run->nodes, run->node_capacity * sizeof *run->nodes);
    }
    sim_db_forget(database->slabs, &run->state);
    run->nodes = NULL;
    run->node_count = 0;
    run->node_capacity = 0;
    run->is_dropped = true;
    if (current != NULL && wf_string_equal(current->run_id, run->run_id)) {
        (void)wf_map_remove(&database->currents, run->workflow_id);
    }
}

/* ---- Writing runs ---- */

static bool is_current_as_expected(const struct sim_database *database, const struct wf_db_current_write *write)
{
    const struct sim_db_current *current = sim_database_current(database, write->workflow_id);

    switch ((enum wf_current_condition)write->condition) {
    case WF_CURRENT_UNTOUCHED:
        return true;
    case WF_CURRENT_MUST_NOT_EXIST:
        return current == NULL;
    case WF_CURRENT_IS_RUN:
        return current != NULL && wf_string_equal(current->run_id, write->expected_run_id);
    case WF_CURRENT_IS_CLOSED_RUN:
        return current != NULL && wf_string_equal(current->run_id, write->expected_run_id) &&
               is_closed_status(current->status);
    }
    WF_UNREACHABLE();
}

static enum wf_database_status verify_write(struct sim_database *database, const struct wf_db_write *write)
{
    if (is_fenced(shard_at(database, write->shard_id)->range_id, write->range_id)) {
        return WF_DATABASE_SHARD_LOST;
    }
    for (uint32_t i = 0; i < write->runs.count; i++) {
        const struct wf_db_run_write *run_write = &write->runs.items[i];
        const struct sim_db_run *run = sim_database_run(database, run_write->run_id);
        const bool exists = run != NULL && run->is_created && !run->is_dropped;

        if (run_write->is_new ? (run != NULL && run->is_created)
                              : (!exists || run->record_version != run_write->expected_record_version)) {
            return WF_DATABASE_CONDITION_FAILED;
        }
    }
    if (write->current != NULL && !is_current_as_expected(database, write->current)) {
        return WF_DATABASE_CONDITION_FAILED;
    }
    return WF_DATABASE_OK;
}

static bool replace_string(struct wf_slabs *slabs, struct wf_string *kept, struct wf_string string)
{
    struct wf_string copy = {0};

    if (!sim_db_keep(slabs, string, &copy)) {
        return false;
    }
    sim_db_forget(slabs, kept);
    *kept = copy;
    return true;
}

static bool put_current(struct sim_database *database, const struct wf_db_current_write *write)
{
    struct sim_db_current *current = sim_database_current(database, write->workflow_id);

    if (write->condition == WF_CURRENT_UNTOUCHED || write->run_id.size_bytes == 0) {
        return true;
    }
    if (current == NULL) {
        current = WF_ARENA_NEW(database->arena, struct sim_db_current);
        if (current == NULL || !sim_db_keep(database->slabs, write->workflow_id, &current->workflow_id) ||
            !wf_map_set(&database->currents, current->workflow_id, current)) {
            return false;
        }
    }
    current->status = write->status;
    return replace_string(database->slabs, &current->run_id, write->run_id) &&
           replace_string(database->slabs, &current->create_request_id, write->create_request_id);
}

static struct sim_db_tasks *tasks_of(struct sim_db_shard *shard, int32_t category)
{
    WF_ASSERT(category == WF_TASK_TRANSFER || category == WF_TASK_TIMER);
    return category == WF_TASK_TIMER ? &shard->timer : &shard->transfer;
}

static bool commit_write(struct sim_database *database, const struct wf_db_write *write)
{
    struct sim_db_shard *shard = shard_at(database, write->shard_id);

    for (uint32_t i = 0; i < write->runs.count; i++) {
        if (!put_run(database, &write->runs.items[i])) {
            return false;
        }
    }
    if (write->current != NULL && !put_current(database, write->current)) {
        return false;
    }
    for (uint32_t i = 0; i < write->tasks.count; i++) {
        const struct wf_db_task *task = &write->tasks.items[i];

        if (!sim_db_tasks_add(tasks_of(shard, task->category), database->slabs, task)) {
            return false;
        }
    }
    return true;
}

/* How many history nodes of a write reach the disk. */
static uint32_t nodes_written(enum sim_database_fate fate)
{
    return fate == SIM_DATABASE_FATE_VANISHED ? 0 : fate == SIM_DATABASE_FATE_TORN ? 1 : UINT32_MAX;
}

/* Whether the rows of a change stay as they were. */
static bool is_lost(enum sim_database_fate fate)
{
    switch (fate) {
    case SIM_DATABASE_FATE_NONE:
    case SIM_DATABASE_FATE_WRITTEN:
        return false;
    case SIM_DATABASE_FATE_UNAVAILABLE:
    case SIM_DATABASE_FATE_NOT_WRITTEN:
    case SIM_DATABASE_FATE_TORN:
    case SIM_DATABASE_FATE_VANISHED:
        return true;
    }
    WF_UNREACHABLE();
}

static bool apply_write(struct sim_database *database, const struct wf_db_write *write, enum sim_database_fate fate,
                        struct wf_db_reply *reply, bool *is_committed)
{
    if (!append_nodes(database, write, nodes_written(fate))) {
        return false;
    }
    if (is_lost(fate)) {
        return true;
    }
    reply->status = (int32_t)verify_write(database, write);
    *is_committed = reply->status == WF_DATABASE_OK;
    return !*is_committed || commit_write(database, write);
}

/* ---- Shards ---- */

static bool apply_acquire_shard(struct sim_database *database, const struct wf_db_acquire_shard *acquire,
                                struct wf_arena *step_arena, struct wf_db_reply *reply)
{
    struct sim_db_shard *shard = shard_at(database, acquire->shard_id);
    struct wf_db_shard_row *row = WF_ARENA_NEW(step_arena, struct wf_db_shard_row);

    if (row == NULL || !replace_string(database->slabs, &shard->owner, acquire->owner)) {
        return false;
    }
    shard->range_id++;
    *row = (struct wf_db_shard_row){
        .shard_id = acquire->shard_id,
        .range_id = shard->range_id,
        .owner = shard->owner,
        .transfer_ack_task_id = shard->transfer_ack_task_id,
        .timer_ack_time_ns = shard->timer_ack_time_ns,
        .timer_ack_task_id = shard->timer_ack_task_id,
        .has_schedules = shard->schedules != NULL,
    };
    reply->row_case = WF_CASE_db_reply_shard;
    reply->row.shard = row;
    return true;
}

static enum wf_database_status apply_save_shard(struct sim_database *database, const struct wf_db_save_shard *save)
{
    struct sim_db_shard *shard = shard_at(database, save->shard_id);

    if (is_fenced(shard->range_id, save->range_id)) {
        return WF_DATABASE_SHARD_LOST;
    }
    shard->transfer_ack_task_id = save->transfer_ack_task_id;
    shard->timer_ack_time_ns = save->timer_ack_time_ns;
    shard->timer_ack_task_id = save->timer_ack_task_id;
    return WF_DATABASE_OK;
}

static enum wf_database_status apply_delete_tasks(struct sim_database *database,
                                                  const struct wf_db_delete_tasks *delete)
{
    struct sim_db_shard *shard = shard_at(database, delete->shard_id);
    struct sim_db_tasks *tasks = tasks_of(shard, delete->category);

    if (is_fenced(shard->range_id, delete->range_id)) {
        return WF_DATABASE_SHARD_LOST;
    }
    if (delete->single_task_id != 0) {
        sim_db_tasks_remove(tasks, database->slabs, delete->single_task_id);
    } else {
        sim_db_tasks_remove_through(tasks, database->slabs,
                                    delete->category == WF_TASK_TIMER ? delete->until_time_ns : 0,
                                    delete->until_task_id);
    }
    return WF_DATABASE_OK;
}

/* ---- Reading ---- */

static bool reply_current(const struct sim_db_current *current, struct wf_arena *step_arena,
                          struct wf_db_current_row **row)
{
    *row = WF_ARENA_NEW(step_arena, struct wf_db_current_row);
    if (*row == NULL) {
        return false;
    }
    **row = (struct wf_db_current_row){
        .workflow_id = current->workflow_id,
        .run_id = current->run_id,
        .create_request_id = current->create_request_id,
        .status = current->status,
    };
    return true;
}

static bool apply_read_run(const struct sim_database *database, const struct wf_db_read_run *read,
                           struct wf_arena *step_arena, struct wf_db_reply *reply)
{
    const struct sim_db_current *current = sim_database_current(database, read->workflow_id);
    const struct wf_string run_id =
        read->run_id.size_bytes > 0 || current == NULL ? read->run_id : current->run_id;
    const struct sim_db_run *run = run_id.size_bytes == 0 ? NULL : sim_database_run(database, run_id);
    struct wf_db_run_row *row = WF_ARENA_NEW(step_arena, struct wf_db_run_row);

    if (row == NULL) {
        return false;
    }
    if (run == NULL || !run->is_created || run->is_dropped ||
        !wf_string_equal(run->workflow_id, read->workflow_id)) {
        reply->status = WF_DATABASE_NOT_FOUND;
        return true;
    }
    *row = (struct wf_db_run_row){
        .workflow_id = run->workflow_id,
        .run_id = run->run_id,
        .record_version = run->record_version,
        .state = run->state,
    };
    reply->row_case = WF_CASE_db_reply_run;
    reply->row.run = row;
    return current == NULL || reply_current(current, step_arena, &row->current);
}

static bool apply_read_history(const struct sim_database *database, const struct wf_db_read_history *read,
                               struct wf_arena *step_arena, struct wf_db_reply *reply)
{
    const struct sim_db_run *run = sim_database_run(database, read->run_id);
    struct wf_db_history_rows *rows = WF_ARENA_NEW(step_arena, struct wf_db_history_rows);
    const struct sim_db_node **nodes = NULL;
    uint32_t count = 0;

    if (run == NULL || !run->is_created || run->is_dropped) {
        reply->status = WF_DATABASE_NOT_FOUND;
        return true;
    }
    nodes = sim_database_resolve(run, step_arena, read->first_event_id,
                                 read->last_event_id == 0 ? run->last_event_id : read->last_event_id, &count);
    if (rows == NULL || nodes == NULL) {
        return false;
    }
    rows->batches.items = wf_arena_take_array(step_arena, count, sizeof *rows->batches.items);
    rows->batches.count = count;
    for (uint32_t i = 0; rows->batches.items != NULL && i < count; i++) {
        rows->batches.items[i] = (struct wf_db_batch){
            .first_event_id = nodes[i]->first_event_id,
            .event_count = nodes[i]->event_count,
            .transaction_id = nodes[i]->transaction_id,
            .bytes = nodes[i]->bytes,
        };
    }
    reply->row_case = WF_CASE_db_reply_history;
    reply->row.history = rows;
    return rows->batches.items != NULL;
}

static bool reply_tasks(const struct sim_db_tasks *tasks, uint32_t place, uint32_t count_max, int64_t until_ns,
                        struct wf_arena *step_arena, struct wf_db_reply *reply)
{
    struct wf_db_task_rows *rows = WF_ARENA_NEW(step_arena, struct wf_db_task_rows);

    reply->row_case = WF_CASE_db_reply_tasks;
    reply->row.tasks = rows;
    return rows != NULL && sim_db_tasks_read(tasks, place, count_max, until_ns, step_arena, rows);
}

static bool apply_read_tasks(struct sim_database *database, const struct wf_db_read_tasks *read,
                             struct wf_arena *step_arena, struct wf_db_reply *reply)
{
    const struct sim_db_tasks *tasks = tasks_of(shard_at(database, read->shard_id), read->category);
    const bool is_timer = read->category == WF_TASK_TIMER;
    const uint32_t place = sim_db_tasks_above(tasks, is_timer ? read->after_time_ns : 0, read->after_task_id);

    return reply_tasks(tasks, place, read->count_max, is_timer ? read->until_time_ns : 0, step_arena, reply);
}

/* ---- Task queues ---- */

static struct wf_string queue_key(struct wf_buffer *key, struct wf_string name, bool is_activity)
{
    wf_buffer_append_text(key, is_activity ? "a:" : "w:");
    wf_buffer_append_string(key, name);
    WF_ASSERT(!key->is_full);
    return wf_buffer_string(key);
}

struct sim_db_queue *sim_database_queue(const struct sim_database *database, struct wf_string name, bool is_activity)
{
    char bytes[QUEUE_NAME_BYTES_MAX];
    struct wf_buffer key = {0};

    wf_buffer_init_fixed(&key, bytes, sizeof bytes);
    return wf_map_get(&database->queues, queue_key(&key, name, is_activity));
}

static struct sim_db_queue *find_or_make_queue(struct sim_database *database, struct wf_string name, bool is_activity)
{
    char bytes[QUEUE_NAME_BYTES_MAX];
    struct wf_buffer key = {0};
    struct sim_db_queue *queue = sim_database_queue(database, name, is_activity);

    if (queue != NULL) {
        return queue;
    }
    wf_buffer_init_fixed(&key, bytes, sizeof bytes);
    queue = WF_ARENA_NEW(database->arena, struct sim_db_queue);
    if (queue == NULL || !sim_db_keep(database->slabs, queue_key(&key, name, is_activity), &queue->name) ||
        !wf_map_set(&database->queues, queue->name, queue)) {
        return NULL;
    }
    return queue;
}

static bool reply_queue(const struct sim_db_queue *queue, struct wf_arena *step_arena, struct wf_db_reply *reply)
{
    struct wf_db_queue_row *row = WF_ARENA_NEW(step_arena, struct wf_db_queue_row);

    if (row == NULL) {
        return false;
    }
    *row = (struct wf_db_queue_row){
        .range_id = queue->range_id, .ack_task_id = queue->ack_task_id, .routing = queue->routing};
    reply->row_case = WF_CASE_db_reply_queue;
    reply->row.queue = row;
    return true;
}

static bool apply_acquire_queue(struct sim_database *database, const struct wf_db_acquire_queue *acquire,
                                struct wf_arena *step_arena, struct wf_db_reply *reply)
{
    struct sim_db_queue *queue = find_or_make_queue(database, acquire->task_queue, acquire->is_activity);

    if (queue == NULL) {
        return false;
    }
    queue->range_id++;
    return reply_queue(queue, step_arena, reply);
}

static bool apply_write_queue(struct sim_database *database, const struct wf_db_write_queue *write,
                              struct wf_arena *step_arena, struct wf_db_reply *reply)
{
    struct sim_db_queue *queue = find_or_make_queue(database, write->task_queue, write->is_activity);

    if (queue == NULL) {
        return false;
    }
    if (is_fenced(queue->range_id, write->range_id)) {
        reply->status = WF_DATABASE_SHARD_LOST;
        return true;
    }
    for (uint32_t i = 0; i < write->tasks.count; i++) {
        if (!sim_db_tasks_add(&queue->tasks, database->slabs, &write->tasks.items[i])) {
            return false;
        }
    }
    if (write->routing.size_bytes > 0) {
        sim_db_forget(database->slabs, &queue->routing);
        if (!sim_db_keep(database->slabs, write->routing, &queue->routing)) {
            return false;
        }
    }
    if (write->ack_task_id > queue->ack_task_id) {
        queue->ack_task_id = write->ack_task_id;
        sim_db_tasks_remove_through(&queue->tasks, database->slabs, 0, queue->ack_task_id);
    }
    return reply_queue(queue, step_arena, reply);
}

static bool apply_read_queue(struct sim_database *database, const struct wf_db_read_queue *read,
                             struct wf_arena *step_arena, struct wf_db_reply *reply)
{
    struct sim_db_queue *queue = find_or_make_queue(database, read->task_queue, read->is_activity);

    return queue != NULL && reply_tasks(&queue->tasks, sim_db_tasks_above(&queue->tasks, 0, read->after_task_id),
                                        read->count_max, 0, step_arena, reply);
}

/* ---- Schedules ---- */

static bool put_schedule(struct sim_database *database, struct sim_db_schedule **link,
                         const struct wf_db_write_schedule *write)
{
    struct sim_db_schedule *schedule = *link;

    if (schedule == NULL) {
        schedule = wf_slab_take(database->slabs, sizeof *schedule);
        if (schedule == NULL || !sim_db_keep(database->slabs, write->schedule_id, &schedule->id)) {
            return false;
        }
        *link = schedule;
    }
    database->busy_schedule_count += write->is_busy ? 1 : 0;
    database->busy_schedule_count -= schedule->is_busy ? 1 : 0;
    schedule->is_busy = write->is_busy;
    if (write->state.size_bytes > 0) {
        return replace_string(database->slabs, &schedule->state, write->state);
    }
    *link = schedule->next;
    sim_db_forget(database->slabs, &schedule->id);
    sim_db_forget(database->slabs, &schedule->state);
    wf_slab_give(database->slabs, schedule, sizeof *schedule);
    return true;
}

static bool apply_write_schedule(struct sim_database *database, const struct wf_db_write_schedule *write,
                                 struct wf_db_reply *reply)
{
    struct sim_db_shard *shard = shard_at(database, write->shard_id);
    struct sim_db_schedule **link = &shard->schedules;

    if (is_fenced(shard->range_id, write->range_id)) {
        reply->status = WF_DATABASE_SHARD_LOST;
        return true;
    }
    while (*link != NULL && !wf_string_equal((*link)->id, write->schedule_id)) {
        link = &(*link)->next;
    }
    return put_schedule(database, link, write);
}

static bool apply_read_schedules(struct sim_database *database, const struct wf_db_read_schedules *read,
                                 struct wf_arena *step_arena, struct wf_db_reply *reply)
{
    struct wf_db_schedule_rows *rows = WF_ARENA_NEW(step_arena, struct wf_db_schedule_rows);

    if (rows == NULL) {
        return false;
    }
    for (const struct sim_db_schedule *schedule = shard_at(database, read->shard_id)->schedules; schedule != NULL;
         schedule = schedule->next) {
        struct wf_string *state = WF_LIST_APPEND(step_arena, rows->states);

        if (state == NULL) {
            return false;
        }
        *state = schedule->state;
    }
    reply->row_case = WF_CASE_db_reply_schedules;
    reply->row.schedules = rows;
    return true;
}

/* ---- Requests ---- */

bool sim_database_is_write(const struct wf_db_request *request)
{
    switch (request->op_case) {
    case WF_CASE_db_request_read_run:
    case WF_CASE_db_request_read_history:
    case WF_CASE_db_request_read_tasks:
    case WF_CASE_db_request_read_queue:
    case WF_CASE_db_request_read_schedules:
        return false;
    default:
        return true;
    }
}

/* A request that changes rows, or its loss. */
static bool apply_change(struct sim_database *database, const struct wf_db_request *request,
                         enum sim_database_fate fate, struct wf_arena *step_arena, struct wf_db_reply *reply, bool *is_committed)
{
    if (request->op_case == WF_CASE_db_request_write) {
        return apply_write(database, request->op.write, fate, reply, is_committed);
    }
    if (is_lost(fate)) {
        return true;
    }
    switch (request->op_case) {
    case WF_CASE_db_request_acquire_shard:
        *is_committed = true;
        return apply_acquire_shard(database, request->op.acquire_shard, step_arena, reply);
    case WF_CASE_db_request_save_shard:
        reply->status = (int32_t)apply_save_shard(database, request->op.save_shard);
        break;
    case WF_CASE_db_request_delete_tasks:
        reply->status = (int32_t)apply_delete_tasks(database, request->op.delete_tasks);
        break;
    case WF_CASE_db_request_acquire_queue:
        *is_committed = true;
        return apply_acquire_queue(database, request->op.acquire_queue, step_arena, reply);
    case WF_CASE_db_request_write_queue:
        if (!apply_write_queue(database, request->op.write_queue, step_arena, reply)) {
            return false;
        }
        break;
    case WF_CASE_db_request_write_schedule:
        if (!apply_write_schedule(database, request->op.write_schedule, reply)) {
            return false;
        }
        break;
    default:
        WF_UNREACHABLE();
    }
    *is_committed = reply->status == WF_DATABASE_OK;
    return true;
}

static bool apply_read(struct sim_database *database, const struct wf_db_request *request, struct wf_arena *step_arena,
                       struct wf_db_reply *reply)
{
    switch (request->op_case) {
    case WF_CASE_db_request_read_run:
        return apply_read_run(database, request->op.read_run, step_arena, reply);
    case WF_CASE_db_request_read_history:
        return apply_read_history(database, request->op.read_history, step_arena, reply);
    case WF_CASE_db_request_read_tasks:
        return apply_read_tasks(database, request->op.read_tasks, step_arena, reply);
    case WF_CASE_db_request_read_queue:
        return apply_read_queue(database, request->op.read_queue, step_arena, reply);
    case WF_CASE_db_request_read_schedules:
        return apply_read_schedules(database, request->op.read_schedules, step_arena, reply);
    default:
        WF_UNREACHABLE();
    }
}

bool sim_database_apply(struct sim_database *database, const struct wf_db_request *request, enum sim_database_fate fate,
                        struct wf_arena *step_arena, struct wf_db_reply *reply, bool *is_committed)
{
    *reply = (struct wf_db_reply){0};
    *is_committed = false;
    if (fate == SIM_DATABASE_FATE_UNAVAILABLE) {
        reply->status = WF_DATABASE_UNAVAILABLE;
        return true;
    }
    if (!sim_database_is_write(request)) {
        WF_ASSERT(fate == SIM_DATABASE_FATE_NONE);
        return apply_read(database, request, step_arena, reply);
    }
    if (!apply_change(database, request, fate, step_arena, reply, is_committed)) {
        return false;
    }
    if (fate != SIM_DATABASE_FATE_NONE) {
        *reply = (struct wf_db_reply){.status = WF_DATABASE_UNKNOWN};
    }
    return true;
}
