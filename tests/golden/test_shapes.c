/*
 * What the engine writes for each feature has the shape that Temporal's servers write for the same code: types of events in their
 * order, and which attributes each has. shapes/shapes.txt has the shapes of histories of other people, whose code runs here again
 * (tests/corpus, by the scenarios of shapes/), and of the examples of engine-semantics 3.11. The histories themselves are not part
 * of this repository; where they are there, the file is compared with them.
 *
 * UPDATE_GOLDEN=1 rewrites the file, from the histories.
 */
#include "tests/support/shard_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "sim/check/check_history.h"
#include "tests/support/corpus.h"
#include "tests/support/scenario.h"

#define SHAPES "tests/golden/shapes/shapes.txt"
#define BEGINNING "WorkflowExecutionStarted Scheduled(1) Started "

/* ---- The examples of engine-semantics 3.11 ---- */

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

/* ---- The table ---- */

/*
 * id        of the shape; of a row with a scenario the workflow, and the history of the corpus whose code it runs
 * scenario  below shapes/; several rows share one
 * play      in place of a scenario: what happens to a workflow that was started
 * events    of such a row: as engine-semantics 3.11 writes them
 */
static const struct row {
    const char *id;
    const char *scenario;
    void (*play)(struct shard_fixture *f);
    const char *events;
} rows[] = {
    {"3.11 plain turn with two commands, result arrives later", NULL, plain_turn,
     BEGINNING "Completed TimerStarted ActivityScheduled ActivityStarted ActivityCompleted Scheduled(1)"},
    {"3.11 signal during turn, turn starts a timer", NULL, signal_in_turn,
     BEGINNING "Completed TimerStarted Signaled Scheduled(1) Started"},
    {"3.11 signal during turn that tries to complete", NULL, signal_in_turn_that_completes,
     BEGINNING "Failed(UNHANDLED_COMMAND) Signaled Scheduled(1) Started Completed WorkflowExecutionCompleted"},
    {"3.11 worker panics 3 times on the normal queue, fixed on the 4th", NULL, three_panics,
     BEGINNING "Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE) Scheduled(4) Started Completed"},
    {"3.11 signal arrives while transient attempt 3 is scheduled, not started", NULL, signal_while_transient_waits,
     BEGINNING "Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE) Signaled Scheduled(1) Started"},
    {"3.11 signal arrives while transient attempt 3 is started and that attempt fails", NULL, signal_while_transient_runs,
     BEGINNING "Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE) Signaled Scheduled(1)"},
    {"3.11 sticky worker died, task not picked up", NULL, sticky_worker_died,
     BEGINNING "Completed Signaled Scheduled(1,sticky) TimedOut(SCHEDULE_TO_START) Scheduled(1) Started Completed"},
    {"3.11 worker died holding the task", NULL, worker_died,
     BEGINNING "TimedOut(START_TO_CLOSE) Scheduled(2) Started Completed"},
    {"3.11 terminated while a turn runs", NULL, terminated_in_turn,
     BEGINNING "Failed(FORCE_CLOSE_COMMAND) Signaled Terminated"},

    /* activities, timers */
    {"docpy-backgroundcheck_workflow_history", "python", NULL, NULL},
    {"eduvpy-loan", "python", NULL, NULL},
    {"py-tools-workflow-history", "python", NULL, NULL},
    {"learn-java-backgroundcheck_workflow_event_history", "java", NULL, NULL},
    {"clj-order", "others", NULL, NULL},
    {"core-timer_workflow_history", "core", NULL, NULL},
    {"go-await-with-timeout-no-timer-cancel", "go", NULL, NULL},
    /* an activity that fails for good, that was tried again, that is canceled */
    {"zio-replay_saga_workflow_failed", "others", NULL, NULL},
    {"java-testAsyncActivityRetryHistory", "java", NULL, NULL},
    {"ts-cancel_fake_progress_history", "typescript", NULL, NULL},
    /* a cancel request to the run */
    {"go-replay-tests-cancel-order", "go", NULL, NULL},
    /* signals, with the start, before the first task and later */
    {"rb-signal_with_start", "others", NULL, NULL},
    {"bun-captured-signal-query", "others", NULL, NULL},
    {"java-awaitTimerConditionOldBehavior", "java", NULL, NULL},
    {"py-test_replayer_event_tracing_alternate", "python", NULL, NULL},
    /* updates, beside signals, timers and activities, with the first task and later; a run that is terminated */
    {"py-test_replayer_event_tracing", "python", NULL, NULL},
    {"py-test_replayer_command_reordering_backward_compatibility", "python", NULL, NULL},
    {"ts-complete_update_after_workflow_returns_pre1488", "typescript", NULL, NULL},
    {"go-update_with_protocol_message_command", "go", NULL, NULL},
    {"go-update_complete_and_exit", "go", NULL, NULL},
    {"go-update_accept_and_complete_and_exit", "go", NULL, NULL},
    {"bun-captured-update-success", "others", NULL, NULL},
    /* local activities, side effects, versions, patches */
    {"go-local-activity", "go", NULL, NULL},
    {"java-laSuccessfulCompletion_1_17", "java", NULL, NULL},
    {"java-laRetriesAndFails_1_17", "java", NULL, NULL},
    {"ts-nested_promise_1_13_2-89754d3", "typescript", NULL, NULL},
    {"go-parallel-side-effect", "go", NULL, NULL},
    {"go-workflow1", "go", NULL, NULL},
    {"go-version-loop-workflow-10", "go", NULL, NULL},
    {"java-testGetVersionMultipleCallsHistory", "java", NULL, NULL},
    {"core-old_change_marker_format", "core", NULL, NULL},
    /* children, memos */
    {"sts-workflow-history-6c54b17", "typescript", NULL, NULL},
    {"go-reset-workflow-with-child-success-56f294d", "go", NULL, NULL},
    {"go-reset-workflow-with-child-failed-e666291", "go", NULL, NULL},
    {"bun-captured-child-alpha", "others", NULL, NULL},
    {"go-memo-json", "go", NULL, NULL},
    {"go-memo-schedule-json", "go", NULL, NULL},
    /* continue-as-new */
    {"go-continue-as-new", "go", NULL, NULL},
    {"bun-captured-continue-two", "others", NULL, NULL},
    /* Nexus operations */
    {"java-testCancelNexusOperationHistory", "java", NULL, NULL},
};

enum side { ENGINE, CORPUS };

/* Attributes that only one side has, and why that is right: of rows whose id begins so ("": all), of this event ("": any). */
static struct tolerated_attribute {
    const char *id;
    enum side side;
    const char *event;
    const char *attribute;
    const char *reason;
    uint32_t use_count;
} tolerated_attributes[] = {
#define SINCE "older servers do not write it"
#define STAMP "a worker says which build it is; ours does under `versioning`"
#define GIVEN "their code or their caller gives it, and ours does not"
#define SILENT "their caller does not say who it is"
#define JAVA "the test server of the Java SDK leaves it out"
    {"", ENGINE, "WorkflowExecutionStarted", "workflowId", SINCE, 0},
    {"", ENGINE, "WorkflowExecutionStarted", "workflowExecutionTimeout", SINCE, 0},
    {"", ENGINE, "WorkflowExecutionStarted", "workflowRunTimeout", SINCE, 0},
    {"", ENGINE, "WorkflowTaskStarted", "historySizeBytes", SINCE, 0},
    {"", ENGINE, "WorkflowExecutionSignaled", "requestId", SINCE, 0},
    {"", ENGINE, "WorkflowExecutionContinuedAsNew", "initiator", SINCE, 0},
    {"", ENGINE, "WorkflowExecutionContinuedAsNew", "backoffStartInterval", SINCE, 0},
    {"go-update", ENGINE, "WorkflowExecutionUpdateCompleted", "acceptedEventId", SINCE, 0},
    {"java-", ENGINE, "NexusOperationStarted", "operationToken", SINCE, 0},
    {"java-", CORPUS, "NexusOperationStarted", "operationId", "what older servers call the token", 0},
    {"", CORPUS, "WorkflowExecutionStarted", "initiator", "older servers give the first run of a chain one, too", 0},
    {"go-workflow1", CORPUS, "WorkflowExecutionStarted", "workflowExecutionExpirationTime", "older servers write the year 1 for none", 0},

    {"", CORPUS, "WorkflowTaskCompleted", "binaryChecksum", STAMP, 0},
    {"", CORPUS, "WorkflowTaskCompleted", "workerVersion", STAMP, 0},
    {"", CORPUS, "WorkflowTaskStarted", "workerVersion", STAMP, 0},
    {"", CORPUS, "ActivityTaskStarted", "workerVersion", STAMP, 0},
    {"", CORPUS, "ActivityTaskScheduled", "useWorkflowBuildId", STAMP, 0},
    {"", CORPUS, "StartChildWorkflowExecutionInitiated", "inheritBuildId", STAMP, 0},
    {"", CORPUS, "WorkflowTaskCompleted", "sdkMetadata", "an SDK says again what our worker says once", 0},
    {"", ENGINE, "WorkflowTaskCompleted", "sdkMetadata", "older SDKs do not say what they are", 0},
    {"", CORPUS, "ActivityTaskScheduled", "header", "interceptors of an SDK send it along", 0},
    {"go-", CORPUS, "StartChildWorkflowExecutionInitiated", "workflowExecutionTimeout", "the Go SDK writes zero for none", 0},

    {"go-memo-json", CORPUS, "StartChildWorkflowExecutionInitiated", "memo", GIVEN, 0},
    {"go-parallel-side-effect", CORPUS, "WorkflowExecutionCompleted", "result", GIVEN, 0},
    {"learn-java", CORPUS, "ActivityTaskScheduled", "input", GIVEN, 0},
    {"bun-captured-update", CORPUS, "WorkflowExecutionTerminated", "reason", GIVEN, 0},
    {"java-awaitTimer", CORPUS, "WorkflowExecutionCompleted", "result", GIVEN, 0},
    {"java-testCancelNexus", CORPUS, "NexusOperationScheduled", "scheduleToCloseTimeout", GIVEN, 0},
    {"go-memo-json", ENGINE, "StartChildWorkflowExecutionInitiated", "input", "our code gives the child its own input", 0},
    {"core-", ENGINE, "WorkflowExecutionStarted", "identity", SILENT, 0},
    {"ts-cancel", ENGINE, "WorkflowExecutionSignaled", "identity", SILENT, 0},
    {"zio-", ENGINE, "ActivityTaskFailed", "identity", "their worker does not say who it is", 0},

    {"clj-", ENGINE, "ActivityTaskStarted", "requestId", JAVA, 0},
    {"clj-", ENGINE, "WorkflowTaskCompleted", "startedEventId", JAVA, 0},
    {"clj-", ENGINE, "WorkflowTaskStarted", "requestId", JAVA, 0},
    {"java-", ENGINE, "WorkflowTaskCompleted", "startedEventId", JAVA, 0},
    {"java-", ENGINE, "WorkflowTaskStarted", "requestId", JAVA, 0},
    {"java-", ENGINE, "WorkflowTaskScheduled", "attempt", JAVA, 0},
    {"java-", ENGINE, "WorkflowExecutionStarted", "attempt", JAVA, 0},
    {"java-", ENGINE, "WorkflowExecutionStarted", "firstWorkflowTaskBackoff", JAVA, 0},
    {"java-la", ENGINE, "WorkflowExecutionFailed", "retryState", JAVA, 0},
};

/* Events that only one side has, by their ids there, and why that is right. */
static struct tolerated_events {
    const char *id;
    enum side side;
    uint32_t first;
    uint32_t last;
    const char *reason;
    uint32_t use_count;
} tolerated_events[] = {
#define MARKER "that SDK notes in a marker how it decided"
#define LATE "their SDK gave the update's end behind the run's, which a service drops; ours gives it before"
#define FAST "our worker takes a workflow task before what comes next; theirs was down or slower"
#define ANSWER "newer servers write that the handler took the request, and wake the workflow for it"
    {"bun-captured-child-alpha", CORPUS, 6, 6, MARKER, 0},
    {"bun-captured-signal-query", CORPUS, 5, 5, MARKER, 0},
    {"bun-captured-update-success", CORPUS, 6, 6, MARKER, 0},
    {"py-test_replayer_command_reordering_backward_compatibility", ENGINE, 6, 6, LATE, 0},
    {"ts-complete_update_after_workflow_returns_pre1488", ENGINE, 6, 6, LATE, 0},
    {"py-test_replayer_event_tracing_alternate", ENGINE, 9, 10, FAST, 0},
    {"py-test_replayer_event_tracing_alternate", ENGINE, 13, 13, FAST, 0},
    {"sts-workflow-history-6c54b17", ENGINE, 16, 17, FAST, 0},
    {"sts-workflow-history-6c54b17", ENGINE, 19, 21, FAST, 0},
    {"sts-workflow-history-6c54b17", ENGINE, 23, 23, FAST, 0},
#define ON_REQUEST "the Java SDK lists versions in TemporalChangeVersion on request"
    {"java-testGetVersionMultipleCallsHistory", ENGINE, 6, 6, ON_REQUEST, 0},
    {"java-testCancelNexusOperationHistory", ENGINE, 11, 12, ANSWER, 0},
    {"java-testCancelNexusOperationHistory", CORPUS, 12, 12, ANSWER, 0},
};

/* ---- Shapes as text: a line an event, its type and its attributes ---- */

/* A message in which nothing is set is an attribute that SDKs and servers write or leave out as they like. */
static bool is_present(const struct wf_field *field, const void *attributes)
{
    const void *message = NULL;
    const struct wf_field *part = NULL;
    uint32_t index = 0;

    if (!wf_field_is_set(field, attributes)) {
        return false;
    }
    if (field->kind != WF_KIND_MESSAGE || field->label != WF_LABEL_ONE) {
        return true;
    }
    message = *(const void *const *)wf_field_in(field, attributes);
    while ((part = wf_message_next_field(field->message, message, &index)) != NULL) {
        if (wf_field_is_set(part, message)) {
            return true;
        }
    }
    return false;
}

static void append_shape(struct wf_buffer *out, const struct wf_event *events, uint32_t event_count)
{
    for (uint32_t i = 0; i < event_count; i++) {
        const struct wf_message_type *type = wf_event_descriptors[events[i].event_type].attributes;
        const struct wf_field *field = NULL;
        uint32_t index = 0;

        wf_buffer_append_text(out, wf_event_type_name(events[i].event_type));
        while ((field = wf_message_next_field(type, events[i].attributes.any, &index)) != NULL) {
            if (is_present(field, events[i].attributes.any)) {
                wf_buffer_printf(out, " %s", field->json_name);
            }
        }
        wf_buffer_append_char(out, '\n');
    }
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

/* ---- Comparing ---- */

static bool has_attribute(struct wf_string line, struct wf_string name)
{
    while (line.size_bytes > 0) {
        if (wf_string_equal(test_take_until(&line, ' '), name)) {
            return true;
        }
    }
    return false;
}

static bool is_tolerated(const char *id, enum side side, struct wf_string event, struct wf_string attribute)
{
    for (size_t i = 0; i < TEST_COUNT(tolerated_attributes); i++) {
        struct tolerated_attribute *row = &tolerated_attributes[i];

        if (row->side == side && wf_string_is(attribute, row->attribute) && wf_string_is(event, row->event) &&
            wf_string_starts_with(wf_string_of(id), wf_string_of(row->id))) {
            row->use_count++;
            return true;
        }
    }
    return false;
}

/* Every attribute of the one line that the other lacks. */
static void compare_attributes(const char *id, enum side side, uint32_t event_id, struct wf_string line, struct wf_string other,
                               struct wf_buffer *wrong)
{
    struct wf_string rest = line;
    const struct wf_string event = test_take_until(&rest, ' ');

    while (rest.size_bytes > 0) {
        const struct wf_string name = test_take_until(&rest, ' ');

        if (!has_attribute(other, name) && !is_tolerated(id, side, event, name)) {
            wf_buffer_printf(wrong, "%s, event %u of the %s: only %S has %S\n", id, event_id,
                             side == ENGINE ? "engine" : "corpus", &event, &name);
        }
    }
}

/* The next event of a side that is not tolerated as that side's own; empty after the last. */
static struct wf_string next_event(const char *id, enum side side, struct wf_string *rest, uint32_t *event_id)
{
    while (rest->size_bytes > 0) {
        const struct wf_string line = test_take_until(rest, '\n');
        bool is_skipped = false;

        ++*event_id;
        for (size_t i = 0; i < TEST_COUNT(tolerated_events); i++) {
            struct tolerated_events *row = &tolerated_events[i];

            if (row->side == side && strcmp(row->id, id) == 0 && *event_id >= row->first && *event_id <= row->last) {
                row->use_count++;
                is_skipped = true;
            }
        }
        if (!is_skipped) {
            return line;
        }
    }
    return *rest;
}

static void compare_shapes(const char *id, struct wf_string engine, struct wf_string corpus, struct wf_buffer *wrong)
{
    uint32_t engine_id = 0;
    uint32_t corpus_id = 0;

    for (;;) {
        const struct wf_string ours = next_event(id, ENGINE, &engine, &engine_id);
        const struct wf_string theirs = next_event(id, CORPUS, &corpus, &corpus_id);
        struct wf_string our_rest = ours;
        struct wf_string their_rest = theirs;
        const struct wf_string our_event = test_take_until(&our_rest, ' ');
        const struct wf_string their_event = test_take_until(&their_rest, ' ');

        if (!wf_string_equal(our_event, their_event)) {
            wf_buffer_printf(wrong, "%s: event %u of the engine is %S, event %u of the corpus %S\n", id, engine_id, &our_event,
                             corpus_id, &their_event);
            return;
        }
        if (ours.size_bytes == 0) {
            return;
        }
        compare_attributes(id, ENGINE, engine_id, ours, theirs, wrong);
        compare_attributes(id, CORPUS, corpus_id, theirs, ours, wrong);
    }
}

/* ---- What the engine writes ---- */

/* Exported as JSON and decoded again: every invariant holds, and the shape is the one of the file. */
static void check_written(struct wf_arena *arena, const char *id, struct wf_event *events, uint32_t event_count,
                          struct wf_string expected, struct wf_buffer *wrong)
{
    const struct sim_history_options options = {.verifies_encoding = true};
    const struct wf_history written = {.events = events, .event_count = event_count};
    struct sim_history_findings *findings = WF_ARENA_NEW(arena, struct sim_history_findings);
    struct wf_history_reader reader;
    struct wf_history history;
    struct wf_buffer json;
    struct wf_buffer shape;
    struct wf_error err = {0};

    wf_buffer_init(&json, arena);
    wf_buffer_init(&shape, arena);
    wf_history_write_json(&written, &json);
    if (wf_history_reader_init(&reader, arena, wf_buffer_string(&json), CORPUS_UNPACKED_BYTES_MAX, &err) != WF_OK ||
        wf_history_reader_next(&reader, arena, &history, &err) != WF_OK ||
        sim_check_history(arena, history.events, history.event_count, &options, findings, &err) != WF_OK) {
        fail_msg("%s: %s", id, err.message);
    }
    assert_int_equal(history.event_count, event_count);
    for (uint32_t i = 0; i < findings->count; i++) {
        wf_buffer_printf(wrong, "%s: %s %S\n", id, findings->items[i].invariant, &findings->items[i].sentence);
    }
    append_shape(&shape, history.events, history.event_count);
    compare_shapes(id, wf_buffer_string(&shape), expected, wrong);
}

/* The events of an example of 3.11, after the fixture was made for it. */
static struct wf_history_message play_row(const struct row *row, struct shard_fixture *f)
{
    shard_fixture_init(f, NULL);
    shard_status_is(shard_start(f, "order-1"), WF_CALL_OK);
    row->play(f);
    shard_history_is(f, "order-1", row->events);
    return shard_events(f, "order-1");
}

static void check_row(const struct row *row, struct wf_string shapes, struct wf_buffer *wrong)
{
    struct shard_fixture f;
    const struct wf_history_message history = play_row(row, &f);

    check_written(&f.arena, row->id, history.events.items, history.events.count, find_shape(shapes, row->id), wrong);
    shard_fixture_deinit(&f);
}

/* The first run of the workflow. */
static void check_run(struct wf_arena *arena, struct scenario *scenario, const char *id, struct wf_string shapes,
                      struct wf_buffer *wrong)
{
    struct sim_world *world = sim_run_world(scenario->run);
    const struct wf_string *batches = NULL;
    struct wf_history_message message = {0};
    struct wf_buffer bytes;
    struct wf_error err;
    uint32_t batch_count = 0;
    uint32_t i = 0;

    while (i < sim_world_run_count(world) && !wf_string_is(sim_world_run(world, i).workflow_id, id)) {
        i++;
    }
    assert_true(i < sim_world_run_count(world));
    assert_int_equal(sim_world_history(world, i, &batches, &batch_count), WF_OK);
    wf_buffer_init(&bytes, arena);
    for (uint32_t j = 0; j < batch_count; j++) {
        wf_buffer_append_string(&bytes, batches[j]);
    }
    assert_int_equal(wf_wire_decode(arena, &wf_type_history_message, wf_buffer_string(&bytes), &message, &err), WF_OK);
    check_written(arena, id, message.events.items, message.events.count, find_shape(shapes, id), wrong);
}

static void run_scenario(struct wf_arena *arena, const char *name, struct wf_string shapes, struct wf_buffer *wrong)
{
    const struct sim_run_options options = {.seed = 1, .no_faults = true, .keeps_histories = true};
    struct scenario scenario;
    char path[256];

    (void)snprintf(path, sizeof path, "tests/golden/shapes/%s.yaml", name);
    scenario_open(&scenario, path);
    (void)scenario_run(&scenario, &options);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        if (rows[i].scenario != NULL && strcmp(rows[i].scenario, name) == 0) {
            check_run(arena, &scenario, rows[i].id, shapes, wrong);
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

static void check_all_used(struct wf_buffer *wrong)
{
    for (size_t i = 0; i < TEST_COUNT(tolerated_attributes); i++) {
        const struct tolerated_attribute *row = &tolerated_attributes[i];

        if (row->use_count == 0) {
            wf_buffer_printf(wrong, "nothing is tolerated by \"%s\", %s %s\n", row->id, row->event, row->attribute);
        }
    }
    for (size_t i = 0; i < TEST_COUNT(tolerated_events); i++) {
        if (tolerated_events[i].use_count != tolerated_events[i].last - tolerated_events[i].first + 1) {
            wf_buffer_printf(wrong, "%s has no events %u to %u\n", tolerated_events[i].id, tolerated_events[i].first,
                             tolerated_events[i].last);
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
    struct wf_arena *arena = *state;
    struct wf_string shapes;
    struct wf_buffer wrong;

    assert_true(corpus_read_file(arena, ".", SHAPES, &shapes));
    wf_buffer_init(&wrong, arena);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        if (rows[i].play != NULL) {
            check_row(&rows[i], shapes, &wrong);
        } else if (is_first_of_scenario(i)) {
            run_scenario(arena, rows[i].scenario, shapes, &wrong);
        }
    }
    check_all_used(&wrong);
    fail_when_wrong(&wrong);
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
    append_shape(out, history.events, history.event_count);
}

static void append_shape_of_example(const struct row *row, struct wf_buffer *out)
{
    struct shard_fixture f;
    const struct wf_history_message history = play_row(row, &f);

    append_shape(out, history.events.items, history.events.count);
    shard_fixture_deinit(&f);
}

/* The file is as the histories have it; of the examples, of which the spec says the events alone, as the engine has them. */
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
        wf_buffer_printf(&text, "= %s\n", rows[i].id);
        if (rows[i].play != NULL) {
            append_shape_of_example(&rows[i], &text);
        } else {
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_shapes__of_the_corpus, corpus_read_manifest, corpus_drop_manifest),
        TEST_IN_ARENA(test_shapes__of_what_the_engine_writes),
    };

    return cmocka_run_group_tests_name("shapes", tests, NULL, NULL);
}
