/*
 * What the engine writes for each feature has the shape that Temporal's servers write for the same code: types of events in their
 * order, which attributes each has, and those of their values that code and semantics determine (tests/support/event_shape.h).
 * Every type of event is in a row of shapes/rows.def. shapes/shapes.txt has the shapes of histories of other people, whose code runs
 * here again (tests/corpus, by the scenarios of shapes/). The histories themselves are not part of this repository; where they are
 * there, the file is compared with them.
 *
 * UPDATE_GOLDEN=1 rewrites the file, from the histories.
 */
#include "tests/support/shard_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "sim/check/check_history.h"
#include "sim/check/check_runs.h"
#include "tests/support/corpus.h"
#include "tests/support/event_shape.h"
#include "tests/support/scenario.h"

#define SHAPES "tests/golden/shapes/shapes.txt"

#define BEGINNING "WorkflowExecutionStarted Scheduled(1) Started " /* of examples, also in the table */

/* ---- Examples ---- */

/* Results come after the turn's commands, the start of an attempt just before its end. */
static void plain_turn(struct shard_fixture *f)
{
    const struct wf_svc_workflow_task *task = shard_poll(f);

    shard_complete(f, task,
                   (struct wf_command[]){shard_start_timer(f, "t", WF_NS_PER_S), shard_schedule_activity(f, "a", WF_NS_PER_S)}, 2);
    shard_status_is(shard_complete_activity(f, shard_poll_activity(f)), WF_CALL_OK);
}

/* A signal that comes while a task runs is written after the turn's commands. */
static void signal_in_turn(struct shard_fixture *f)
{
    const struct wf_svc_workflow_task *task = shard_poll(f);
    const struct wf_svc_response *response = NULL;

    shard_status_is(shard_signal(f, "order-1", "go", "r1"), WF_CALL_OK);
    shard_history_is(f, "order-1", "WorkflowExecutionStarted Scheduled(1) Started");
    response =
        shard_complete_with(f, task,
                            (struct shard_completion){.commands = (struct wf_command[]){shard_start_timer(f, "t", WF_NS_PER_S)},
                                                      .command_count = 1,
                                                      .wants_task = true});
    shard_status_is(response, WF_CALL_OK);
    assert_non_null(response->answer.workflow_task_accepted->new_task);
}

/* What was not seen forbids the close. */
static void signal_in_turn_that_completes(struct shard_fixture *f)
{
    const struct wf_svc_workflow_task *task = shard_poll(f);
    const struct wf_svc_response *response = NULL;

    shard_signal(f, "order-1", "go", "r1");
    response = shard_complete(f, task, (struct wf_command[]){shard_complete_workflow(f)}, 1);
    shard_status_is(response, WF_CALL_INVALID_ARGUMENT);
    test_string_is("message", response->message, "UnhandledCommand");
    shard_complete(f, shard_poll(f), (struct wf_command[]){shard_complete_workflow(f)}, 1);
}

/* Attempts after the first leave no events until one succeeds. */
static void three_panics(struct shard_fixture *f)
{
    for (int i = 0; i < 3; i++) {
        shard_status_is(shard_fail(f, shard_poll(f)), WF_CALL_OK);
        shard_history_is(f, "order-1", BEGINNING "Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE)");
    }
    shard_status_is(shard_complete(f, shard_poll(f), NULL, 0), WF_CALL_OK);
}

/* What comes while a transient task waits makes it a normal one when it starts. */
static void signal_while_transient_waits(struct shard_fixture *f)
{
    const struct wf_svc_workflow_task *task = NULL;

    shard_fail(f, shard_poll(f));
    shard_fail(f, shard_poll(f));
    shard_signal(f, "order-1", "go", "r1");
    task = shard_poll(f);
    assert_non_null(task);
    assert_int_equal(task->attempt, 1);
    assert_int_equal(task->started_event_id, 7);
}

/* An attempt that fails after something new was buffered leaves no trace. */
static void signal_while_transient_runs(struct shard_fixture *f)
{
    const struct wf_svc_workflow_task *task = NULL;

    shard_fail(f, shard_poll(f));
    shard_fail(f, shard_poll(f));
    task = shard_poll(f);
    assert_int_equal(task->attempt, 3);
    shard_signal(f, "order-1", "go", "r1");
    shard_history_is(f, "order-1", BEGINNING "Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE)");
    shard_status_is(shard_fail(f, task), WF_CALL_OK);
}

/* Nobody picks a task up from the queue of a dead worker, so it goes to everybody's. */
static void sticky_worker_died(struct shard_fixture *f)
{
    const struct wf_svc_add_task *push = NULL;

    shard_complete_with(f, shard_poll(f), (struct shard_completion){.is_sticky = true});
    shard_signal(f, "order-1", "go", "r1");
    push = shard_take_push(f, false);
    assert_true(push->is_sticky);
    test_string_is("queue", push->task_queue, "worker-1-sticky");
    shard_fixture_advance(f, 6 * WF_NS_PER_S);
    shard_status_is(shard_record_workflow_task(f, push, "late"), WF_CALL_NOT_FOUND);
    shard_status_is(shard_complete(f, shard_poll(f), NULL, 0), WF_CALL_OK);
}

/* The next attempt is transient until it succeeds, and is then written with its number. */
static void worker_died(struct shard_fixture *f)
{
    const struct wf_svc_workflow_task *task = shard_poll(f);

    shard_fixture_advance(f, 11 * WF_NS_PER_S);
    shard_status_is(shard_complete(f, task, NULL, 0), WF_CALL_NOT_FOUND);
    shard_status_is(shard_complete(f, shard_poll(f), NULL, 0), WF_CALL_OK);
}

/* What was buffered is shown before the end. */
static void terminated_in_turn(struct shard_fixture *f)
{
    assert_non_null(shard_poll(f));
    shard_signal(f, "order-1", "go", "r1");
    shard_status_is(shard_terminate(f, "order-1"), WF_CALL_OK);
}

/* The handler has forgotten the operation. */
static void refused_cancel_request(struct shard_fixture *f)
{
    struct wf_command_schedule_nexus_operation scheduling = {
        .endpoint = WF_STR("bank"), .service = WF_STR("money"), .operation = WF_STR("send")};
    struct wf_command_request_cancel_nexus_operation canceling = {.scheduled_event_id = 5};
    const struct wf_command schedule = {.command_type = WF_COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION,
                                        .attributes_case = WF_CASE_command_schedule_nexus_operation,
                                        .attributes.schedule_nexus_operation = &scheduling};
    const struct wf_command cancel = {.command_type = WF_COMMAND_TYPE_REQUEST_CANCEL_NEXUS_OPERATION,
                                      .attributes_case = WF_CASE_command_request_cancel_nexus_operation,
                                      .attributes.request_cancel_nexus_operation = &canceling};

    shard_status_is(shard_complete(f, shard_poll(f), &schedule, 1), WF_CALL_OK);
    shard_answer_nexus(f, &(struct wf_svc_nexus_started){.operation_token = WF_STR("t-1")});
    shard_status_is(shard_complete(f, shard_poll(f), &cancel, 1), WF_CALL_OK);
    shard_fixture_answer_call(f, WF_CALL_NOT_FOUND);
}

/* ---- The tables ---- */

static const struct row {
    const char *id;
    const char *scenario;                  /* below shapes/; several rows share one */
    void (*play)(struct shard_fixture *f); /* in place of a scenario: what happens to a workflow that was started */
    const char *events;                    /* of such a row, as engine-semantics 3.11 writes them */
    const char *said;                      /* lines of what a chapter says; NULL: the shape is in the file */
    bool is_of_last_run;
} rows[] = {
#define SHAPE_HISTORY(id, scenario) {id, scenario, NULL, NULL, NULL, false},
#define SHAPE_RESET(id, scenario) {id, scenario, NULL, NULL, NULL, true},
#define SHAPE_CHAPTER(id, scenario, said) {id, scenario, NULL, NULL, said, true},
#define SHAPE_EXAMPLE(id, play, events, said) {id, NULL, play, events, said, false},
#define SHAPE_NEVER(EVENT_TYPE, reason)
#include "tests/golden/shapes/rows.def"
};

/* Types of events that the engine never writes. */
static const struct never {
    enum wf_event_type type;
    const char *reason;
} nevers[] = {
#define SHAPE_HISTORY(id, scenario)
#define SHAPE_RESET(id, scenario)
#define SHAPE_CHAPTER(id, scenario, said)
#define SHAPE_EXAMPLE(id, play, events, said)
#define SHAPE_NEVER(EVENT_TYPE, reason) {WF_EVENT_TYPE_##EVENT_TYPE, reason},
#include "tests/golden/shapes/rows.def"
};

static struct shape_attribute tolerated_attributes[] = {
#define SHAPE_ATTRIBUTE(id, side, event, path, reason) {id, side, event, path, reason, 0},
#define SHAPE_EVENTS(id, side, first, last, reason)
#include "tests/golden/shapes/tolerated.def"
};

static struct shape_events tolerated_events[] = {
#define SHAPE_ATTRIBUTE(id, side, event, path, reason)
#define SHAPE_EVENTS(id, side, first, last, reason) {id, side, first, last, reason, 0},
#include "tests/golden/shapes/tolerated.def"
};

static const struct shape_tolerances tolerances = {tolerated_attributes, TEST_COUNT(tolerated_attributes), tolerated_events,
                                                   TEST_COUNT(tolerated_events)};

static bool is_of_corpus(const struct row *row)
{
    return row->scenario != NULL && row->said == NULL;
}

static bool is_never_written(int32_t type)
{
    for (size_t i = 0; i < TEST_COUNT(nevers); i++) {
        if (nevers[i].type == (enum wf_event_type)type) {
            return true;
        }
    }
    return false;
}

/* The lines below `= ID`; the test fails when there are none. */
static struct wf_string find_shape(struct wf_string shapes, const char *id)
{
    while (shapes.size_bytes > 0) {
        struct wf_string heading = test_take_until(&shapes, '\n');
        struct wf_string lines = {shapes.data, 0};

        while (shapes.size_bytes > 0 && shapes.data[0] != '=') {
            lines.size_bytes += test_take_until(&shapes, '\n').size_bytes + 1;
        }
        if (wf_string_starts_with(heading, WF_STR("= ")) &&
            wf_string_is((struct wf_string){heading.data + 2, heading.size_bytes - 2}, id)) {
            return lines;
        }
    }
    fail_msg("%s has no shape of %s", SHAPES, id);
    return shapes;
}

/* A line of the file is of this event. */
static bool has_event(struct wf_string shapes, const char *event)
{
    while (shapes.size_bytes > 0) {
        struct wf_string line = test_take_until(&shapes, '\n');

        if (wf_string_is(test_take_until(&line, ' '), event)) {
            return true;
        }
    }
    return false;
}

/* ---- What the engine writes ---- */

struct writing {
    struct wf_arena *arena;
    struct wf_string shapes;               /* the file */
    bool is_written[WF_EVENT_TYPE_COUNT];  /* by the engine, in any history */
    bool is_said[WF_EVENT_TYPE_COUNT];     /* compared with a chapter */
    bool is_recorded[WF_EVENT_TYPE_COUNT]; /* compared with a history of the corpus */
    struct wf_buffer wrong;
};

/* Goes out as JSON and comes back: the same in every byte, and every invariant holds. Returns what came back. */
static struct wf_history export_history(struct writing *writing, struct wf_string id, struct wf_event *events, uint32_t event_count,
                                        struct sim_history_options options)
{
    struct wf_arena *arena = writing->arena;
    const struct wf_history written = {.events = events, .event_count = event_count};
    struct sim_history_findings *findings = WF_ARENA_NEW(arena, struct sim_history_findings);
    struct wf_history_reader reader;
    struct wf_history history;
    struct wf_buffer texts[4];
    struct wf_error err = {0};

    for (size_t i = 0; i < TEST_COUNT(texts); i++) {
        wf_buffer_init(&texts[i], arena);
    }
    wf_history_write_json(&written, &texts[0]);
    wf_history_write_protobuf(&written, &texts[1]);
    options.verifies_encoding = true;
    if (wf_history_reader_init(&reader, arena, wf_buffer_string(&texts[0]), CORPUS_UNPACKED_BYTES_MAX, &err) != WF_OK ||
        wf_history_reader_next(&reader, arena, &history, &err) != WF_OK ||
        sim_check_history(arena, history.events, history.event_count, &options, findings, &err) != WF_OK) {
        fail_msg("%.*s: %s", (int)id.size_bytes, id.data, err.message);
    }
    wf_history_write_json(&history, &texts[2]);
    wf_history_write_protobuf(&history, &texts[3]);
    if (!wf_string_equal(wf_buffer_string(&texts[0]), wf_buffer_string(&texts[2])) ||
        !wf_string_equal(wf_buffer_string(&texts[1]), wf_buffer_string(&texts[3]))) {
        wf_buffer_printf(&writing->wrong, "%S: what was exported as JSON comes back otherwise\n", &id);
    }
    for (uint32_t i = 0; i < findings->count; i++) {
        wf_buffer_printf(&writing->wrong, "%S: %s %S\n", &id, findings->items[i].invariant, &findings->items[i].sentence);
    }
    for (uint32_t i = 0; i < history.event_count; i++) {
        writing->is_written[history.events[i].event_type] = true;
    }
    return history;
}

static void compare_row(struct writing *writing, const struct row *row, const struct wf_history *history)
{
    struct wf_buffer shape;

    wf_buffer_init(&shape, writing->arena);
    shape_append(&shape, writing->arena, history->events, history->event_count);
    if (row->said != NULL) {
        shape_compare_said(row->id, wf_buffer_string(&shape), row->said, writing->is_said, &writing->wrong);
    } else if (row->scenario != NULL) {
        shape_compare(row->id, wf_buffer_string(&shape), find_shape(writing->shapes, row->id), &tolerances, writing->is_recorded,
                      &writing->wrong);
    }
}

static void with_endpoint(struct wf_service_config *config)
{
    static struct wf_string endpoints[1];

    endpoints[0] = WF_STR("bank");
    config->nexus_endpoints = endpoints;
    config->nexus_endpoint_count = 1;
}

static void play_row(struct writing *writing, const struct row *row)
{
    struct shard_fixture f;
    struct wf_history_message message;
    struct wf_history history;

    shard_fixture_init(&f, with_endpoint);
    shard_status_is(shard_start(&f, "order-1"), WF_CALL_OK);
    row->play(&f);
    shard_history_is(&f, "order-1", row->events);
    message = shard_events(&f, "order-1");
    history = export_history(writing, wf_string_of(row->id), message.events.items, message.events.count, (struct sim_history_options){0});
    compare_row(writing, row, &history);
    shard_fixture_deinit(&f);
}

static struct wf_history_message read_run(struct writing *writing, struct sim_world *world, uint32_t run)
{
    const struct wf_string *batches = NULL;
    struct wf_history_message message = {0};
    struct wf_buffer bytes;
    struct wf_error err;
    uint32_t batch_count = 0;

    assert_int_equal(sim_world_history(world, run, &batches, &batch_count), WF_OK);
    wf_buffer_init(&bytes, writing->arena);
    for (uint32_t i = 0; i < batch_count; i++) {
        wf_buffer_append_string(&bytes, batches[i]);
    }
    assert_int_equal(wf_wire_decode(writing->arena, &wf_type_history_message, wf_buffer_string(&bytes), &message, &err), WF_OK);
    return message;
}

static const struct wf_history *find_run(const struct sim_world *world, const struct wf_history *histories, const struct row *row)
{
    const struct wf_history *found = NULL;

    for (uint32_t i = 0; i < sim_world_run_count(world); i++) {
        if (wf_string_is(sim_world_run(world, i).workflow_id, row->id) && (found == NULL || row->is_of_last_run)) {
            found = &histories[i];
        }
    }
    if (found == NULL) {
        fail_msg("%s.yaml starts no workflow %s", row->scenario, row->id);
    }
    return found;
}

static void add_run(struct sim_runs *runs, const struct wf_history *history, const struct sim_history_options *options)
{
    const struct sim_run_history run = {.workflow_id = history->workflow_id,
                                        .run_id = history->run_id,
                                        .events = history->events,
                                        .event_count = history->event_count,
                                        .clock_spread_ns = options->clock_spread_ns,
                                        .keeps_digests = true};
    struct wf_error err;

    assert_int_equal(sim_runs_add(runs, &run, &err), WF_OK);
}

/* Every run that there is goes out and comes back, and all agree with each other. */
static struct wf_history *export_runs(struct writing *writing, struct scenario *scenario)
{
    struct sim_world *world = sim_run_world(scenario->run);
    const uint32_t run_count = sim_world_run_count(world);
    struct wf_history *histories = wf_arena_take_array(writing->arena, run_count, sizeof *histories);
    struct sim_runs *runs = sim_runs_new(writing->arena);
    struct sim_run_findings *found = WF_ARENA_NEW(writing->arena, struct sim_run_findings);
    struct wf_error err;

    for (uint32_t i = 0; i < run_count; i++) {
        const struct sim_history_options options = sim_run_history_options(scenario->run, i);
        const struct wf_history_message message = read_run(writing, world, i);
        const struct wf_string id = wf_string_copy(writing->arena, sim_world_run(world, i).workflow_id);

        histories[i] = export_history(writing, id, message.events.items, message.events.count, options);
        add_run(runs, &histories[i], &options);
    }
    assert_int_equal(sim_runs_check(runs, true, found, &err), WF_OK);
    for (uint32_t i = 0; i < found->count; i++) {
        wf_buffer_printf(&writing->wrong, "%S: %s %S\n", &found->items[i].workflow_id, found->items[i].finding.invariant,
                         &found->items[i].finding.sentence);
    }
    return histories;
}

static void run_scenario(struct writing *writing, const char *name)
{
    const struct sim_run_options options = {.seed = 1, .keeps_histories = true};
    const struct wf_history *histories = NULL;
    struct scenario scenario;
    char path[256];

    (void)snprintf(path, sizeof path, "tests/golden/shapes/%s.yaml", name);
    scenario_open(&scenario, path);
    (void)scenario_run(&scenario, &options);
    histories = export_runs(writing, &scenario);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        if (rows[i].scenario != NULL && strcmp(rows[i].scenario, name) == 0) {
            compare_row(writing, &rows[i], find_run(sim_run_world(scenario.run), histories, &rows[i]));
        }
    }
    scenario_close(&scenario);
}

static bool is_first_of_scenario(size_t row)
{
    for (size_t i = 0; i < row; i++) {
        if (rows[i].scenario != NULL && strcmp(rows[i].scenario, rows[row].scenario) == 0) {
            return false;
        }
    }
    return true;
}

/* Every type of event was compared, with a history of the corpus when one has it, or is never written and a row says why. */
static void check_types(struct writing *writing)
{
    for (int32_t type = 1; type < WF_EVENT_TYPE_COUNT; type++) {
        const char *name = wf_event_type_name(type);

        if (is_never_written(type)) {
            if (writing->is_written[type]) {
                wf_buffer_printf(&writing->wrong, "%s is written, though a row says that it never is\n", name);
            }
        } else if (!writing->is_recorded[type] && has_event(writing->shapes, name)) {
            wf_buffer_printf(&writing->wrong, "%s is tolerated in every history that has it\n", name);
        } else if (!writing->is_recorded[type] && !writing->is_said[type]) {
            wf_buffer_printf(&writing->wrong, "%s is in no row of tests/golden/shapes/rows.def\n", name);
        }
    }
}

static void fail_when_wrong(const struct wf_buffer *wrong)
{
    struct wf_string rest = wf_buffer_string(wrong);

    while (rest.size_bytes > 0) {
        const struct wf_string line = test_take_until(&rest, '\n');

        print_error("%.*s\n", (int)line.size_bytes, line.data);
    }
    assert_int_equal(wrong->size_bytes, 0);
}

/* For each row: what the engine writes has the row's shape, but for what is tolerated; and all of that is needed. */
static void test_shapes__of_what_the_engine_writes(void **state)
{
    struct writing writing = {.arena = *state};

    assert_true(corpus_read_file(writing.arena, ".", SHAPES, &writing.shapes));
    wf_buffer_init(&writing.wrong, writing.arena);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        if (rows[i].play != NULL) {
            play_row(&writing, &rows[i]);
        } else if (is_first_of_scenario(i)) {
            run_scenario(&writing, rows[i].scenario);
        }
    }
    check_types(&writing);
    shape_check_used(&tolerances, &writing.wrong);
    fail_when_wrong(&writing.wrong);
}

/* ---- What other servers wrote ---- */

static void append_shape_of_corpus(const struct corpus *corpus, struct wf_arena *arena, const char *id, struct wf_buffer *out)
{
    struct wf_history history;
    size_t i = 0;

    while (i < corpus->count && !wf_string_is(corpus->ids[i], id)) {
        i++;
    }
    if (i == corpus->count) {
        fail_msg("the corpus has no history %s", id);
    }
    corpus_read_history(corpus, i, arena, &history);
    shape_append(out, arena, history.events, history.event_count);
}

/* The file is as the histories have it. */
static void test_shapes__of_the_corpus(void **state)
{
    const struct corpus *corpus = *state;
    const bool updates = getenv("UPDATE_GOLDEN") != NULL;
    struct wf_string shapes;
    struct wf_arena arena;
    struct wf_buffer text;

    if (corpus_skips(corpus)) {
        return;
    }
    wf_arena_init(&arena, wf_system_blocks(), 0);
    wf_buffer_init(&text, &arena);
    assert_true(corpus_read_file(&arena, ".", SHAPES, &shapes));
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        if (is_of_corpus(&rows[i])) {
            wf_buffer_printf(&text, "= %s\n", rows[i].id);
            append_shape_of_corpus(corpus, &arena, rows[i].id, &text);
        }
    }
    if (updates) {
        FILE *file = fopen(SHAPES, "wb");

        assert_non_null(file);
        assert_int_equal(fwrite(text.data, 1, text.size_bytes, file), text.size_bytes);
        assert_int_equal(fclose(file), 0);
    } else if (!wf_string_equal(wf_buffer_string(&text), shapes)) {
        fail_msg("%s is not as the histories are; UPDATE_GOLDEN=1 writes it again", SHAPES);
    }
    wf_arena_deinit(&arena);
}

static void read_types(const struct corpus *corpus, size_t i, bool is_there[WF_EVENT_TYPE_COUNT])
{
    struct wf_arena arena;
    struct wf_history history;

    wf_arena_init(&arena, wf_system_blocks(), 0);
    corpus_read_history(corpus, i, &arena, &history);
    for (uint32_t j = 0; j < history.event_count; j++) {
        const int32_t type = history.events[j].event_type;

        if (type > 0 && type < WF_EVENT_TYPE_COUNT) {
            is_there[type] = true;
        }
    }
    wf_arena_deinit(&arena);
}

/* An event that any history of the corpus has is compared with one of them, and not with a chapter. */
static void test_shapes__has_every_type_of_the_corpus(void **state)
{
    const struct corpus *corpus = *state;
    bool is_there[WF_EVENT_TYPE_COUNT] = {false};
    struct wf_string shapes;
    struct wf_arena arena;

    if (corpus_skips(corpus)) {
        return;
    }
    wf_arena_init(&arena, wf_system_blocks(), 0);
    assert_true(corpus_read_file(&arena, ".", SHAPES, &shapes));
    for (size_t i = 0; i < corpus->count; i++) {
        if (corpus->has_golden[i]) {
            read_types(corpus, i, is_there);
        }
    }
    for (int32_t type = 1; type < WF_EVENT_TYPE_COUNT; type++) {
        if (is_there[type] && !has_event(shapes, wf_event_type_name(type))) {
            fail_msg("the corpus has %s, and no row of tests/golden/shapes/rows.def", wf_event_type_name(type));
        }
    }
    wf_arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_shapes__of_the_corpus, corpus_read_manifest, corpus_drop_manifest),
        cmocka_unit_test_setup_teardown(test_shapes__has_every_type_of_the_corpus, corpus_read_manifest, corpus_drop_manifest),
        TEST_IN_ARENA(test_shapes__of_what_the_engine_writes),
    };

    return cmocka_run_group_tests_name("shapes", tests, NULL, NULL);
}
