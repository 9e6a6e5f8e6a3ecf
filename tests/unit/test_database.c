/* The database's conditions, one by one, and what unknown outcomes leave behind. */
#include "tests/support/test.h"

#include "sim/world/database.h"

#define SHARDS 2u

struct fixture {
    struct test_blocks blocks;
    struct wf_arena arena;
    struct wf_arena step_arena;
    struct wf_slabs slabs;
    struct sim_database database;
    struct wf_db_reply reply;
    bool is_committed;
};

static int setup(void **state)
{
    struct fixture *f = test_calloc(1, sizeof *f);

    test_blocks_init(&f->blocks);
    wf_arena_init(&f->arena, &f->blocks.source, 0);
    wf_arena_init(&f->step_arena, &f->blocks.source, 0);
    wf_slabs_init(&f->slabs, &f->blocks.source);
    *state = f;
    return sim_database_init(&f->database, &f->arena, &f->slabs, SHARDS) ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    size_t live_count = 0;

    wf_slabs_deinit(&f->slabs);
    wf_arena_deinit(&f->step_arena);
    wf_arena_deinit(&f->arena);
    live_count = f->blocks.live_count;
    test_free(f);
    return live_count == 0 ? 0 : -1;
}

#define IN_DATABASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static int32_t apply_with(struct fixture *f, const struct wf_db_request *request, enum sim_database_fate fate)
{
    assert_true(sim_database_apply(&f->database, request, fate, &f->step_arena, &f->reply, &f->is_committed));
    return f->reply.status;
}

static int32_t apply(struct fixture *f, const struct wf_db_request *request)
{
    return apply_with(f, request, SIM_DATABASE_FATE_NONE);
}

/* ---- Requests ---- */

static int64_t acquire(struct fixture *f, int32_t shard_id)
{
    struct wf_db_acquire_shard body = {.shard_id = shard_id, .owner = WF_STR("server-1")};

    assert_int_equal(apply(f, &(struct wf_db_request){.op_case = WF_CASE_db_request_acquire_shard,
                                                      .op = {.acquire_shard = &body}}),
                     WF_DATABASE_OK);
    assert_int_equal(f->reply.row_case, WF_CASE_db_reply_shard);
    return f->reply.row.shard->range_id;
}

/* A write of one run with one batch. */
struct write {
    const char *run_id;
    bool is_new;
    int64_t version; /* expected */
    int64_t range_id;
    int64_t first_event_id;
    int64_t event_count;
    int64_t transaction_id;
    const char *bytes;
    bool is_closed;
    enum wf_current_condition condition;
    const char *expected_run_id;
    int32_t status;
};

static int32_t write_with(struct fixture *f, struct write w, enum sim_database_fate fate)
{
    struct wf_db_batch batch = {.first_event_id = w.first_event_id,
                                .event_count = w.event_count,
                                .transaction_id = w.transaction_id,
                                .bytes = wf_string_of(w.bytes == NULL ? "" : w.bytes)};
    struct wf_db_run_write run = {.workflow_id = WF_STR("order"),
                                  .run_id = wf_string_of(w.run_id),
                                  .is_new = w.is_new,
                                  .expected_record_version = w.version,
                                  .state = WF_STR("state"),
                                  .batches = {.items = &batch, .count = w.event_count > 0 ? 1 : 0},
                                  .is_closed = w.is_closed};
    struct wf_db_current_write current = {
        .workflow_id = WF_STR("order"),
        .condition = (int32_t)w.condition,
        .expected_run_id = wf_string_of(w.expected_run_id == NULL ? "" : w.expected_run_id),
        .run_id = wf_string_of(w.run_id),
        .create_request_id = WF_STR("request"),
        .status = w.status == 0 ? WF_WORKFLOW_EXECUTION_STATUS_RUNNING : w.status};
    struct wf_db_write write = {.shard_id = 1,
                                .range_id = w.range_id,
                                .runs = {.items = &run, .count = 1},
                                .current = w.condition == WF_CURRENT_UNTOUCHED ? NULL : &current};

    return apply_with(
        f, &(struct wf_db_request){.op_case = WF_CASE_db_request_write, .op = {.write = &write}}, fate);
}

static int32_t put(struct fixture *f, struct write w)
{
    return write_with(f, w, SIM_DATABASE_FATE_NONE);
}

static const struct write first = {.run_id = "run-1",
                                   .is_new = true,
                                   .range_id = 1,
                                   .first_event_id = 1,
                                   .event_count = 2,
                                   .transaction_id = 10,
                                   .bytes = "ab",
                                   .condition = WF_CURRENT_MUST_NOT_EXIST};

static int32_t read_run(struct fixture *f, const char *run_id)
{
    struct wf_db_read_run body = {
        .shard_id = 1, .workflow_id = WF_STR("order"), .run_id = wf_string_of(run_id)};

    return apply(f, &(struct wf_db_request){.op_case = WF_CASE_db_request_read_run, .op = {.read_run = &body}});
}

/* The bytes of the batches from an event on, joined. */
static struct wf_string read_history(struct fixture *f, int64_t first_event_id, int64_t last_event_id)
{
    struct wf_db_read_history body = {.shard_id = 1,
                                      .workflow_id = WF_STR("order"),
                                      .run_id = WF_STR("run-1"),
                                      .first_event_id = first_event_id,
                                      .last_event_id = last_event_id};
    struct wf_buffer joined;

    wf_buffer_init(&joined, &f->step_arena);
    assert_int_equal(apply(f, &(struct wf_db_request){.op_case = WF_CASE_db_request_read_history,
                                                      .op = {.read_history = &body}}),
                     WF_DATABASE_OK);
    for (uint32_t i = 0; i < f->reply.row.history->batches.count; i++) {
        wf_buffer_append_string(&joined, f->reply.row.history->batches.items[i].bytes);
    }
    return wf_buffer_string(&joined);
}

/* ---- Shards ---- */

static void test_database__each_acquisition_raises_the_range(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(acquire(f, 1), 1);
    assert_int_equal(acquire(f, 1), 2);
    assert_int_equal(acquire(f, 0), 1);
    test_string_is("owner", f->reply.row.shard->owner, "server-1");
}

/* Only the last owner may write (engine-semantics 8.2 rule 2). */
static void test_database__stale_range_writes_nothing(void **state)
{
    struct fixture *f = *state;
    struct write w = first;

    (void)acquire(f, 1);
    (void)acquire(f, 1);

    assert_int_equal(put(f, w), WF_DATABASE_SHARD_LOST);
    assert_false(f->is_committed);
    assert_int_equal(read_run(f, "run-1"), WF_DATABASE_NOT_FOUND);
    w.range_id = 2;
    assert_int_equal(put(f, w), WF_DATABASE_OK);
    assert_true(f->is_committed);
}

/* Range 0 is the planted bug: no condition, so a stale owner writes. */
static void test_database__range_zero_is_not_fenced(void **state)
{
    struct fixture *f = *state;
    struct write w = first;

    (void)acquire(f, 1);
    (void)acquire(f, 1);
    w.range_id = 0;

    assert_int_equal(put(f, w), WF_DATABASE_OK);
}

static void test_database__ack_levels_are_fenced_and_kept(void **state)
{
    struct fixture *f = *state;
    struct wf_db_save_shard save = {
        .shard_id = 1, .range_id = 1, .transfer_ack_task_id = 7, .timer_ack_time_ns = 8, .timer_ack_task_id = 9};
    const struct wf_db_request request = {.op_case = WF_CASE_db_request_save_shard, .op = {.save_shard = &save}};

    (void)acquire(f, 1);
    assert_int_equal(apply(f, &request), WF_DATABASE_OK);
    (void)acquire(f, 1);
    assert_int_equal(f->reply.row.shard->transfer_ack_task_id, 7);
    assert_int_equal(f->reply.row.shard->timer_ack_time_ns, 8);
    assert_int_equal(f->reply.row.shard->timer_ack_task_id, 9);
    assert_int_equal(apply(f, &request), WF_DATABASE_SHARD_LOST);
}

/* ---- Runs and current rows ---- */

/* Each row is one write; the rows share one database and follow each other. */
static void test_database__conditions_of_runs_and_current_rows(void **state)
{
    const int32_t completed = WF_WORKFLOW_EXECUTION_STATUS_COMPLETED;
    const struct {
        const char *name;
        struct write write;
        enum wf_database_status expected;
    } rows[] = {
        {"an update of a run that is not there", {.run_id = "run-1", .version = 1}, WF_DATABASE_CONDITION_FAILED},
        {"a first run", {.run_id = "run-1", .is_new = true, .condition = WF_CURRENT_MUST_NOT_EXIST}, WF_DATABASE_OK},
        {"the same run once more", {.run_id = "run-1", .is_new = true}, WF_DATABASE_CONDITION_FAILED},
        {"a first run when there is one",
         {.run_id = "run-2", .is_new = true, .condition = WF_CURRENT_MUST_NOT_EXIST},
         WF_DATABASE_CONDITION_FAILED},
        {"a second run while the first is open",
         {.run_id = "run-2", .is_new = true, .condition = WF_CURRENT_IS_CLOSED_RUN, .expected_run_id = "run-1"},
         WF_DATABASE_CONDITION_FAILED},
        {"an update with the right version", {.run_id = "run-1", .version = 1}, WF_DATABASE_OK},
        {"an update with a version that passed", {.run_id = "run-1", .version = 1}, WF_DATABASE_CONDITION_FAILED},
        {"an update of another current run",
         {.run_id = "run-1", .version = 2, .condition = WF_CURRENT_IS_RUN, .expected_run_id = "run-7"},
         WF_DATABASE_CONDITION_FAILED},
        {"the close of the current run",
         {.run_id = "run-1",
          .version = 2,
          .condition = WF_CURRENT_IS_RUN,
          .expected_run_id = "run-1",
          .is_closed = true,
          .status = completed},
         WF_DATABASE_OK},
        {"a second run after another closed one",
         {.run_id = "run-2", .is_new = true, .condition = WF_CURRENT_IS_CLOSED_RUN, .expected_run_id = "run-7"},
         WF_DATABASE_CONDITION_FAILED},
        {"a second run after the closed one",
         {.run_id = "run-2", .is_new = true, .condition = WF_CURRENT_IS_CLOSED_RUN, .expected_run_id = "run-1"},
         WF_DATABASE_OK},
    };
    struct fixture *f = *state;

    (void)acquire(f, 1);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct write w = rows[i].write;

        w.range_id = 1;
        if (put(f, w) != (int32_t)rows[i].expected) {
            fail_msg("%s: status %d", rows[i].name, (int)f->reply.status);
        }
    }
    assert_int_equal(read_run(f, ""), WF_DATABASE_OK);
    test_string_is("current", f->reply.row.run->run_id, "run-2");
    assert_int_equal(read_run(f, "run-1"), WF_DATABASE_OK);
    assert_int_equal(f->reply.row.run->record_version, 3);
    test_string_is("row beside it", f->reply.row.run->current->run_id, "run-2");
}

/* Two runs in one write are written together or not at all. */
static void test_database__second_run_fails_the_first_too(void **state)
{
    struct fixture *f = *state;
    struct wf_db_run_write runs[] = {
        {.workflow_id = WF_STR("order"), .run_id = WF_STR("run-1"), .is_new = true},
        {.workflow_id = WF_STR("order"), .run_id = WF_STR("run-2"), .expected_record_version = 4},
    };
    struct wf_db_task task = {.category = WF_TASK_TRANSFER, .task_id = 5};
    struct wf_db_write body = {.shard_id = 1,
                               .range_id = 1,
                               .runs = {.items = runs, .count = 2},
                               .tasks = {.items = &task, .count = 1}};

    (void)acquire(f, 1);

    assert_int_equal(
        apply(f, &(struct wf_db_request){.op_case = WF_CASE_db_request_write, .op = {.write = &body}}),
        WF_DATABASE_CONDITION_FAILED);
    assert_int_equal(read_run(f, "run-1"), WF_DATABASE_NOT_FOUND);
    assert_int_equal(f->database.shards[1].transfer.count, 0);
}

/* ---- History and unknown outcomes ---- */

static void test_database__history_is_read_by_event_id(void **state)
{
    struct fixture *f = *state;

    (void)acquire(f, 1);
    assert_int_equal(put(f, first), WF_DATABASE_OK);
    assert_int_equal(put(f, (struct write){.run_id = "run-1",
                                             .version = 1,
                                             .range_id = 1,
                                             .first_event_id = 3,
                                             .event_count = 3,
                                             .transaction_id = 11,
                                             .bytes = "cde"}),
                     WF_DATABASE_OK);

    test_string_is("whole", read_history(f, 1, 5), "abcde");
    test_string_is("from a batch on", read_history(f, 3, 5), "cde");
    test_string_is("from the middle of a batch", read_history(f, 4, 5), "cde");
    test_string_is("the first batch", read_history(f, 1, 2), "ab");
}

/* A refused write leaves its nodes; the next committed node of that event hides them (engine-semantics 3.9). */
static void test_database__orphan_nodes_stay_invisible(void **state)
{
    struct fixture *f = *state;
    struct write w = {.run_id = "run-1",
                      .version = 7, /* wrong */
                      .range_id = 1,
                      .first_event_id = 3,
                      .event_count = 3,
                      .transaction_id = 11,
                      .bytes = "xxx"};

    (void)acquire(f, 1);
    assert_int_equal(put(f, first), WF_DATABASE_OK);
    assert_int_equal(put(f, w), WF_DATABASE_CONDITION_FAILED);
    w.first_event_id = 6;
    w.bytes = "YYY";
    assert_int_equal(put(f, w), WF_DATABASE_CONDITION_FAILED);
    assert_int_equal(sim_database_run(&f->database, WF_STR("run-1"))->node_count, 3);
    test_string_is("before the next write", read_history(f, 1, 0), "ab");

    w = (struct write){.run_id = "run-1",
                       .version = 1,
                       .range_id = 1,
                       .first_event_id = 3,
                       .event_count = 4,
                       .transaction_id = 12,
                       .bytes = "cdef"};
    assert_int_equal(put(f, w), WF_DATABASE_OK);

    test_string_is("after it", read_history(f, 1, 6), "abcdef");
}

static void test_database__unknown_outcomes(void **state)
{
    const struct {
        const char *name;
        enum sim_database_fate fate;
        enum wf_database_status status;
        bool is_written;
    } rows[] = {
        {"written", SIM_DATABASE_FATE_WRITTEN, WF_DATABASE_UNKNOWN, true},
        {"not written", SIM_DATABASE_FATE_NOT_WRITTEN, WF_DATABASE_UNKNOWN, false},
        {"unavailable", SIM_DATABASE_FATE_UNAVAILABLE, WF_DATABASE_UNAVAILABLE, false},
    };
    struct fixture *f = *state;
    struct write w = first;

    (void)acquire(f, 1);
    assert_int_equal(put(f, first), WF_DATABASE_OK);
    w.is_new = false;
    w.condition = WF_CURRENT_UNTOUCHED;
    w.version = 1;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        w.first_event_id += 2;
        w.transaction_id += 1;
        if (write_with(f, w, rows[i].fate) != (int32_t)rows[i].status || f->is_committed != rows[i].is_written ||
            f->reply.row_case != 0) {
            fail_msg("%s: status %d, committed %d", rows[i].name, (int)f->reply.status, (int)f->is_committed);
        }
        assert_int_equal(read_run(f, "run-1"), WF_DATABASE_OK);
        w.version += rows[i].is_written ? 1 : 0;
        assert_int_equal(f->reply.row.run->record_version, w.version);
    }
}

/* The condition is judged also when the answer is lost: unknown is not forgiven. */
static void test_database__unknown_outcome_of_a_stale_owner_is_not_written(void **state)
{
    struct fixture *f = *state;

    (void)acquire(f, 1);
    (void)acquire(f, 1);

    assert_int_equal(write_with(f, first, SIM_DATABASE_FATE_WRITTEN), WF_DATABASE_UNKNOWN);
    assert_false(f->is_committed);
    assert_int_equal(read_run(f, "run-1"), WF_DATABASE_NOT_FOUND);
}

/* After retention everything about the run is gone and its id is free (engine-semantics 8.4). */
static void test_database__dropped_run_frees_its_id(void **state)
{
    struct fixture *f = *state;
    struct write w = first;

    (void)acquire(f, 1);
    w.is_closed = true;
    assert_int_equal(put(f, w), WF_DATABASE_OK);

    sim_database_drop_run(&f->database, sim_database_run(&f->database, WF_STR("run-1")));

    assert_int_equal(read_run(f, "run-1"), WF_DATABASE_NOT_FOUND);
    assert_int_equal(read_run(f, ""), WF_DATABASE_NOT_FOUND);
    w.run_id = "run-2";
    assert_int_equal(put(f, w), WF_DATABASE_OK);
}

/* ---- Tasks ---- */

static void add_task(struct fixture *f, int32_t category, int64_t time_ns, int64_t task_id)
{
    struct wf_db_task task = {
        .category = category, .visibility_time_ns = time_ns, .task_id = task_id, .body = WF_STR("body")};
    struct wf_db_write body = {.shard_id = 1, .range_id = 1, .tasks = {.items = &task, .count = 1}};

    assert_int_equal(
        apply(f, &(struct wf_db_request){.op_case = WF_CASE_db_request_write, .op = {.write = &body}}),
        WF_DATABASE_OK);
}

/* "5 7 9" of the tasks read, and "..." when there are more. */
static struct wf_string read_tasks(struct fixture *f, struct wf_db_read_tasks read)
{
    struct wf_buffer text;

    read.shard_id = 1;
    wf_buffer_init(&text, &f->step_arena);
    assert_int_equal(
        apply(f, &(struct wf_db_request){.op_case = WF_CASE_db_request_read_tasks, .op = {.read_tasks = &read}}),
        WF_DATABASE_OK);
    for (uint32_t i = 0; i < f->reply.row.tasks->tasks.count; i++) {
        wf_buffer_printf(&text, i == 0 ? "%lld" : " %lld", (long long)f->reply.row.tasks->tasks.items[i].task_id);
    }
    if (!f->reply.row.tasks->is_all) {
        wf_buffer_append_text(&text, "...");
    }
    return wf_buffer_string(&text);
}

static int32_t delete_tasks(struct fixture *f, struct wf_db_delete_tasks delete)
{
    delete.shard_id = 1;
    return apply(
        f, &(struct wf_db_request){.op_case = WF_CASE_db_request_delete_tasks, .op = {.delete_tasks = &delete}});
}

static void test_database__transfer_tasks_go_by_id(void **state)
{
    struct fixture *f = *state;

    (void)acquire(f, 1);
    add_task(f, WF_TASK_TRANSFER, 0, 7);
    add_task(f, WF_TASK_TRANSFER, 0, 5);
    add_task(f, WF_TASK_TRANSFER, 0, 9);

    test_string_is("all", read_tasks(f, (struct wf_db_read_tasks){.category = WF_TASK_TRANSFER}), "5 7 9");
    test_string_is("two", read_tasks(f, (struct wf_db_read_tasks){.category = WF_TASK_TRANSFER, .count_max = 2}),
                   "5 7...");
    test_string_is(
        "after", read_tasks(f, (struct wf_db_read_tasks){.category = WF_TASK_TRANSFER, .after_task_id = 5}), "7 9");
    assert_int_equal(delete_tasks(f, (struct wf_db_delete_tasks){
                                         .range_id = 1, .category = WF_TASK_TRANSFER, .single_task_id = 7}),
                     WF_DATABASE_OK);
    test_string_is("without one", read_tasks(f, (struct wf_db_read_tasks){.category = WF_TASK_TRANSFER}), "5 9");
    assert_int_equal(delete_tasks(f, (struct wf_db_delete_tasks){
                                         .range_id = 2, .category = WF_TASK_TRANSFER, .until_task_id = 5}),
                     WF_DATABASE_SHARD_LOST);
    assert_int_equal(delete_tasks(f, (struct wf_db_delete_tasks){
                                         .range_id = 1, .category = WF_TASK_TRANSFER, .until_task_id = 5}),
                     WF_DATABASE_OK);
    test_string_is("the rest", read_tasks(f, (struct wf_db_read_tasks){.category = WF_TASK_TRANSFER}), "9");
}

static void test_database__timer_tasks_go_by_time_then_id(void **state)
{
    struct fixture *f = *state;

    (void)acquire(f, 1);
    add_task(f, WF_TASK_TIMER, 300, 1);
    add_task(f, WF_TASK_TIMER, 100, 3);
    add_task(f, WF_TASK_TIMER, 200, 4);
    add_task(f, WF_TASK_TIMER, 200, 2);

    test_string_is("all", read_tasks(f, (struct wf_db_read_tasks){.category = WF_TASK_TIMER}), "3 2 4 1");
    test_string_is("due",
                   read_tasks(f, (struct wf_db_read_tasks){.category = WF_TASK_TIMER, .until_time_ns = 200}),
                   "3 2 4");
    test_string_is("after a time and an id",
                   read_tasks(f, (struct wf_db_read_tasks){
                                     .category = WF_TASK_TIMER, .after_time_ns = 200, .after_task_id = 2}),
                   "4 1");
    assert_int_equal(delete_tasks(f, (struct wf_db_delete_tasks){.range_id = 1,
                                                                 .category = WF_TASK_TIMER,
                                                                 .until_time_ns = 200,
                                                                 .until_task_id = 2}),
                     WF_DATABASE_OK);
    test_string_is("the rest", read_tasks(f, (struct wf_db_read_tasks){.category = WF_TASK_TIMER}), "4 1");
}

/* ---- Task queues ---- */

static int32_t write_queue(struct fixture *f, bool is_activity, int64_t range_id, int64_t task_id, int64_t ack)
{
    struct wf_db_task task = {.category = WF_TASK_QUEUE, .task_id = task_id, .body = WF_STR("body")};
    struct wf_db_write_queue body = {.task_queue = WF_STR("orders"),
                                     .is_activity = is_activity,
                                     .range_id = range_id,
                                     .tasks = {.items = &task, .count = task_id == 0 ? 0 : 1},
                                     .ack_task_id = ack};

    return apply(f, &(struct wf_db_request){.op_case = WF_CASE_db_request_write_queue, .op = {.write_queue = &body}});
}

static uint32_t read_queue(struct fixture *f, bool is_activity)
{
    struct wf_db_read_queue body = {.task_queue = WF_STR("orders"), .is_activity = is_activity};

    assert_int_equal(
        apply(f, &(struct wf_db_request){.op_case = WF_CASE_db_request_read_queue, .op = {.read_queue = &body}}),
        WF_DATABASE_OK);
    return f->reply.row.tasks->tasks.count;
}

static void acquire_queue(struct fixture *f, bool is_activity)
{
    struct wf_db_acquire_queue body = {.task_queue = WF_STR("orders"), .is_activity = is_activity};

    assert_int_equal(apply(f, &(struct wf_db_request){.op_case = WF_CASE_db_request_acquire_queue,
                                                      .op = {.acquire_queue = &body}}),
                     WF_DATABASE_OK);
}

/* Lease, fencing and ack level of a queue; its workflow and activity sides are apart (engine-semantics 8.5). */
static void test_database__queue_rows_are_fenced_and_acknowledged(void **state)
{
    struct fixture *f = *state;

    acquire_queue(f, true);
    assert_int_equal(f->reply.row.queue->range_id, 1);
    assert_int_equal(write_queue(f, true, 1, 5, 0), WF_DATABASE_OK);
    assert_int_equal(write_queue(f, true, 1, 6, 0), WF_DATABASE_OK);
    assert_int_equal(read_queue(f, true), 2);
    assert_int_equal(read_queue(f, false), 0);
    acquire_queue(f, true);
    assert_int_equal(f->reply.row.queue->range_id, 2);
    assert_int_equal(write_queue(f, true, 1, 7, 0), WF_DATABASE_SHARD_LOST);
    assert_int_equal(write_queue(f, true, 2, 0, 5), WF_DATABASE_OK);
    assert_int_equal(f->reply.row.queue->ack_task_id, 5);
    assert_int_equal(read_queue(f, true), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DATABASE(test_database__each_acquisition_raises_the_range),
        IN_DATABASE(test_database__stale_range_writes_nothing),
        IN_DATABASE(test_database__range_zero_is_not_fenced),
        IN_DATABASE(test_database__ack_levels_are_fenced_and_kept),
        IN_DATABASE(test_database__conditions_of_runs_and_current_rows),
        IN_DATABASE(test_database__second_run_fails_the_first_too),
        IN_DATABASE(test_database__history_is_read_by_event_id),
        IN_DATABASE(test_database__orphan_nodes_stay_invisible),
        IN_DATABASE(test_database__unknown_outcomes),
        IN_DATABASE(test_database__unknown_outcome_of_a_stale_owner_is_not_written),
        IN_DATABASE(test_database__dropped_run_frees_its_id),
        IN_DATABASE(test_database__transfer_tasks_go_by_id),
        IN_DATABASE(test_database__timer_tasks_go_by_time_then_id),
        IN_DATABASE(test_database__queue_rows_are_fenced_and_acknowledged),
    };

    return cmocka_run_group_tests_name("database", tests, NULL, NULL);
}
