/*
 * Every row of engine/server/update_registry.def, and the rows of engine/server/workflow_task.def about speculative tasks:
 * updates from their caller to a worker and back (engine-semantics 3.10, 7.8).
 */
#include "tests/support/shard_fixture.h"

#define BEGINNING "WorkflowExecutionStarted Scheduled(1) Started Completed"
#define TURN " Scheduled(1) Started Completed"
#define TYPE_URL "type.googleapis.com/temporal.api.update.v1."
#define STAGE(name) WF_UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_##name
#define MESSAGES_MAX 8

/* ---- Callers ---- */

static uint64_t send_update(struct shard_fixture *f, uint32_t owner, const char *id, int32_t stage)
{
    struct wf_workflow_execution execution = {.workflow_id = WF_STR("w")};
    struct wf_update_meta meta = {.update_id = wf_string_of(id)};
    struct wf_update_input input = {.name = WF_STR("add")};
    struct wf_update_request update = {.meta = &meta, .input = &input};
    struct wf_svc_update_workflow call = {
        .workflow_execution = &execution, .request = &update, .wait_stage = stage};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_update_workflow,
                                           .call.update_workflow = &call};

    return shard_fixture_send(f, owner, &request);
}

static uint64_t update(struct shard_fixture *f, const char *id)
{
    return send_update(f, 0, id, STAGE(COMPLETED));
}

static const struct wf_svc_response *poll_update_until(struct shard_fixture *f, const char *id, int32_t stage)
{
    struct wf_workflow_execution execution = {.workflow_id = WF_STR("w")};
    struct wf_svc_poll_update call = {.workflow_execution = &execution,
                                      .update_id = wf_string_of(id),
                                      .wait_stage = stage};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_poll_update,
                                           .call.poll_update = &call};

    return shard_fixture_call(f, &request);
}

static const struct wf_svc_response *poll_update(struct shard_fixture *f, const char *id)
{
    return poll_update_until(f, id, STAGE(COMPLETED));
}

/* Answered at once, whatever has become of it. */
static const struct wf_svc_response *poll_update_once(struct shard_fixture *f, const char *id)
{
    return poll_update_until(f, id, STAGE(ADMITTED));
}

static void is_told(struct shard_fixture *f, uint64_t call_id, enum wf_update_verdict verdict,
                    enum wf_update_source source)
{
    const struct wf_svc_response *response = shard_fixture_answer(f, call_id);

    shard_status_is(response, WF_CALL_OK);
    assert_int_equal(response->answer_case, WF_CASE_svc_response_update_answer);
    assert_int_equal(response->answer.update_answer->verdict, verdict);
    assert_int_equal(response->answer.update_answer->source, source);
}

static void is_refused(struct shard_fixture *f, uint64_t call_id, enum wf_call_status status)
{
    shard_status_is(shard_fixture_answer(f, call_id), status);
}

static void waits(struct shard_fixture *f, uint64_t call_id)
{
    assert_null(shard_fixture_answer(f, call_id));
}

/* ---- Workers ---- */

static struct wf_protocol_message message_of(struct shard_fixture *f, const char *verb, const char *id)
{
    struct wf_protocol_message message = {.protocol_instance_id = wf_string_of(id)};
    struct wf_update_meta meta = {.update_id = wf_string_of(id)};
    struct wf_update_input input = {.name = WF_STR("add")};
    struct wf_update_request request = {.meta = &meta, .input = &input};
    struct wf_failure failure = {.message = WF_STR("no")};
    struct wf_payloads result = {0};
    struct wf_update_outcome outcome = {.value_case = WF_CASE_update_outcome_success,
                                        .value.success = &result};
    const struct wf_update_acceptance acceptance = {.accepted_request_message_id = WF_STR("m"),
                                                    .accepted_request_sequencing_event_id = 1,
                                                    .accepted_request = &request};
    const struct wf_update_rejection rejection = {.failure = &failure};
    const struct wf_update_response response = {.meta = &meta, .outcome = &outcome};
    struct wf_buffer text;
    struct wf_buffer bytes;

    wf_buffer_init(&text, &f->arena);
    wf_buffer_init(&bytes, &f->arena);
    wf_buffer_printf(&text, "%s/request/%s", id, verb);
    message.id = wf_buffer_string(&text);
    message.body = WF_ARENA_NEW(&f->arena, struct wf_any);
    if (strcmp(verb, "accept") == 0) {
        wf_wire_encode(&wf_type_update_acceptance, &acceptance, &bytes);
        message.body->type_url = WF_STR(TYPE_URL "Acceptance");
    } else if (strcmp(verb, "reject") == 0) {
        wf_wire_encode(&wf_type_update_rejection, &rejection, &bytes);
        message.body->type_url = WF_STR(TYPE_URL "Rejection");
    } else {
        wf_wire_encode(&wf_type_update_response, &response, &bytes);
        message.body->type_url = strcmp(verb, "greet") == 0 ? WF_STR(TYPE_URL "Greeting") : WF_STR(TYPE_URL "Response");
    }
    message.body->value = wf_buffer_string(&bytes);
    return message;
}

static struct wf_command command_of(struct shard_fixture *f, struct wf_string message_id)
{
    struct wf_command command = {.command_type = WF_COMMAND_TYPE_PROTOCOL_MESSAGE,
                                 .attributes_case = WF_CASE_command_protocol_message};

    command.attributes.protocol_message = WF_ARENA_NEW(&f->arena, struct wf_command_protocol_message);
    command.attributes.protocol_message->message_id = message_id;
    return command;
}

/* What a worker says of updates: pairs of a verb and an id, up to NULL. Acceptances and responses have commands. */
static const struct wf_svc_response *answer(struct shard_fixture *f, const struct wf_svc_workflow_task *task,
                                            const char *const *words, const struct wf_command *last)
{
    struct wf_protocol_message messages[MESSAGES_MAX];
    struct wf_command commands[MESSAGES_MAX];
    struct shard_completion completion = {
        .messages = messages, .commands = commands, .wants_task = true, .is_sticky = true};

    assert_non_null(task);
    for (; words != NULL && *words != NULL; words += 2) {
        assert_true(completion.message_count < MESSAGES_MAX);
        messages[completion.message_count] = message_of(f, words[0], words[1]);
        if (strcmp(words[0], "reject") != 0) {
            commands[completion.command_count++] = command_of(f, messages[completion.message_count].id);
        }
        completion.message_count++;
    }
    if (last != NULL) {
        commands[completion.command_count++] = *last;
    }
    return shard_complete_with(f, task, completion);
}

#define SAY(...) ((const char *const[]){__VA_ARGS__, NULL})

/* A run whose first task is over and that waits for something. */
static void begin(struct shard_fixture *f, void (*change)(struct wf_service_config *config))
{
    shard_fixture_init(f, change);
    shard_start(f, "w");
    shard_status_is(shard_complete(f, shard_poll(f), NULL, 0), WF_CALL_OK);
}

static struct wf_string message_ids(struct shard_fixture *f, const struct wf_svc_workflow_task *task)
{
    struct wf_buffer text;

    assert_non_null(task);
    wf_buffer_init(&text, &f->arena);
    for (uint32_t i = 0; i < task->messages.count; i++) {
        wf_buffer_printf(&text, "%s%S", i == 0 ? "" : " ", &task->messages.items[i].id);
    }
    return wf_buffer_string(&text);
}

/* ---- Tests ---- */

/* NONE ADMIT, ADMITTED SEND, SENT ACCEPT, ACCEPTED COMPLETE; a task in memory enters history with what it says. */
static void test_machine_update_registry__accepts_and_completes(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;
    uint64_t accepted = 0;
    uint64_t completed = 0;

    (void)state;
    begin(&f, NULL);
    accepted = send_update(&f, 0, "u1", STAGE(ACCEPTED));
    completed = update(&f, "u1");
    is_told(&f, send_update(&f, 0, "u1", STAGE(ADMITTED)), WF_UPDATE_UNDECIDED, WF_UPDATE_WAS_REGISTERED);
    shard_history_is(&f, "w", BEGINNING);
    task = shard_poll(&f);
    test_string_is("messages", message_ids(&f, task), "u1/request");
    assert_int_equal(task->messages.items[0].sequencing_id.event_id, task->started_event_id - 1);
    shard_history_is(&f, "w", BEGINNING);

    shard_status_is(answer(&f, task, SAY("accept", "u1"), NULL), WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING TURN " WorkflowExecutionUpdateAccepted");
    is_told(&f, accepted, WF_UPDATE_VERDICT_ACCEPTED, WF_UPDATE_IS_NEW);
    waits(&f, completed);

    shard_signal(&f, "w", "go", "r1");
    shard_status_is(answer(&f, shard_poll(&f), SAY("complete", "u1"), NULL), WF_CALL_OK);
    shard_history_is(&f, "w",
                     BEGINNING TURN " WorkflowExecutionUpdateAccepted Signaled Scheduled(1,sticky) Started Completed "
                                    "WorkflowExecutionUpdateCompleted");
    is_told(&f, completed, WF_UPDATE_VERDICT_COMPLETED, WF_UPDATE_WAS_REGISTERED);
    is_told(&f, update(&f, "u1"), WF_UPDATE_VERDICT_COMPLETED, WF_UPDATE_WAS_STORED);
    shard_status_is(poll_update(&f, "u1"), WF_CALL_OK);
    shard_status_is(poll_update(&f, "u2"), WF_CALL_NOT_FOUND);
    shard_fixture_deinit(&f);
}

/* SENT REJECT, SPECULATIVE_STARTED DISCARD: a rejection leaves no trace, and the worker is told where the run stands. */
static void test_machine_update_registry__rejection_leaves_no_trace(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_response *response = NULL;
    uint64_t first = 0;
    uint64_t second = 0;
    uint32_t write_count = 0;

    (void)state;
    begin(&f, NULL);
    write_count = f.write_count;
    first = update(&f, "u1");
    response = answer(&f, shard_poll(&f), SAY("reject", "u1"), NULL);
    shard_status_is(response, WF_CALL_OK);
    assert_int_equal(response->answer.workflow_task_accepted->reset_history_event_id, 3);
    assert_null(response->answer.workflow_task_accepted->new_task);
    is_told(&f, first, WF_UPDATE_VERDICT_REJECTED, WF_UPDATE_IS_NEW);
    assert_int_equal(f.write_count, write_count);
    shard_history_is(&f, "w", BEGINNING);

    /* The same id is new again; one that comes while the worker has the task goes with the next one, at once. */
    first = update(&f, "u1");
    {
        const struct wf_svc_workflow_task *task = shard_poll(&f);

        second = update(&f, "u2");
        test_string_is("messages", message_ids(&f, task), "u1/request");
        response = answer(&f, task, NULL, NULL);
    }
    is_told(&f, first, WF_UPDATE_VERDICT_REJECTED, WF_UPDATE_IS_NEW); /* not answered */
    test_string_is("messages", message_ids(&f, response->answer.workflow_task_accepted->new_task), "u2/request");
    waits(&f, second);
    shard_history_is(&f, "w", BEGINNING);
    shard_fixture_deinit(&f);
}

/* SPECULATIVE CONVERT, SPECULATIVE_STARTED CONVERT: whatever is written makes a normal task of it first. */
static void test_machine_update_registry__a_write_converts_the_task(void **state)
{
    struct shard_fixture f;

    (void)state;
    begin(&f, NULL);
    update(&f, "u1");
    shard_signal(&f, "w", "go", "r1");
    shard_history_is(&f, "w", BEGINNING " Scheduled(1) Signaled");
    test_string_is("messages", message_ids(&f, shard_poll(&f)), "u1/request");
    shard_fixture_deinit(&f);

    begin(&f, NULL);
    update(&f, "u1");
    {
        const struct wf_svc_workflow_task *task = shard_poll(&f);

        shard_signal(&f, "w", "go", "r1");
        shard_history_is(&f, "w", BEGINNING " Scheduled(1) Started");
        shard_status_is(answer(&f, task, SAY("reject", "u1"), NULL), WF_CALL_OK);
    }
    shard_history_is(&f, "w", BEGINNING TURN " Signaled Scheduled(1,sticky) Started");
    shard_fixture_deinit(&f);
}

/* What is refused changes nothing: a task in memory stays there, with the ids that are reserved for it. */
static void test_machine_update_registry__a_refused_call_converts_nothing(void **state)
{
    static const struct wf_svc_operate_activity nobody = {.action = WF_ACTIVITY_ACTION_RESET, .activity_id = {"b", 1}};
    static const struct wf_svc_operate_activity idle = {.action = WF_ACTIVITY_ACTION_UNPAUSE, .activity_id = {"a", 1}};
    struct shard_fixture f;
    struct wf_command command = {0};
    const struct wf_svc_activity_task *activity = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    command = shard_schedule_activity(&f, "a", 60 * WF_NS_PER_S);
    shard_status_is(shard_complete(&f, shard_poll(&f), &command, 1), WF_CALL_OK);
    activity = shard_poll_activity(&f);
    update(&f, "u1");
    shard_status_is(shard_pause(&f, "w", true, ""), WF_CALL_FAILED_PRECONDITION);
    shard_status_is(shard_operate(&f, nobody), WF_CALL_NOT_FOUND);
    shard_status_is(shard_operate(&f, idle), WF_CALL_OK);
    shard_status_is(shard_cancel_activity(&f, activity), WF_CALL_INVALID_ARGUMENT);
    shard_history_is(&f, "w", BEGINNING " ActivityScheduled");
    shard_status_is(answer(&f, shard_poll(&f), SAY("accept", "u1"), NULL), WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING " ActivityScheduled" TURN " WorkflowExecutionUpdateAccepted");
    shard_fixture_deinit(&f);
}

/* SPECULATIVE START by a worker of the normal queue: stickiness is over, for the event that is written later and for the
 * attempt that follows a failure (3.3, 3.5). */
static void test_machine_update_registry__a_normal_start_ends_stickiness(void **state)
{
    struct shard_fixture f;
    struct wf_svc_add_task push = {0};
    const struct wf_svc_response *started = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_status_is(shard_complete_with(&f, shard_poll(&f), (struct shard_completion){.is_sticky = true}), WF_CALL_OK);
    update(&f, "u1");
    push = *shard_take_push(&f, false);
    assert_true(push.is_sticky);
    push.is_sticky = false;
    push.task_queue = push.normal_task_queue;
    started = shard_record_workflow_task(&f, &push, "p1");
    shard_status_is(started, WF_CALL_OK);
    shard_status_is(answer(&f, started->answer.workflow_task, SAY("complete", "u1"), NULL), WF_CALL_INVALID_ARGUMENT);
    shard_history_is(&f, "w", BEGINNING " Scheduled(1) Started Failed(BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE)");
    shard_fixture_deinit(&f);
}

/* A heartbeat that answers updates is at work: only one that says nothing is counted against the half hour (3.7). */
static void test_machine_update_registry__a_heartbeat_with_messages_is_no_idle_one(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    task = shard_poll(&f);
    for (uint32_t beats = 0; beats < 31 * 60 / 8; beats++) {
        const struct wf_protocol_message message = message_of(&f, "reject", "u1");
        const struct wf_svc_response *response = NULL;

        if (beats % 2 == 0) {
            update(&f, "u1"); /* goes with the next task */
        }
        shard_fixture_advance(&f, 8 * WF_NS_PER_S);
        response = shard_complete_with(&f, task,
                                       (struct shard_completion){.messages = &message,
                                                                 .message_count = beats % 2,
                                                                 .is_sticky = true,
                                                                 .wants_task = true,
                                                                 .is_heartbeat = true});
        shard_status_is(response, WF_CALL_OK);
        task = response->answer.workflow_task_accepted->new_task;
        f.answer_count = 0;
    }
    shard_fixture_deinit(&f);
}

/* SENT TAKE_BACK: the next task brings the update again, after a failure and after both timeouts. */
static void test_machine_update_registry__comes_again_with_the_next_task(void **state)
{
    struct shard_fixture f;
    uint64_t call = 0;

    (void)state;
    begin(&f, NULL);
    call = update(&f, "u1");
    shard_status_is(shard_fail(&f, shard_poll(&f)), WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING " Scheduled(1) Started Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE)");
    test_string_is("messages", message_ids(&f, shard_poll(&f)), "u1/request");
    waits(&f, call);
    shard_fixture_deinit(&f);

    begin(&f, NULL);
    update(&f, "u1");
    assert_non_null(shard_take_push(&f, false)); /* and lost */
    shard_fixture_advance(&f, 6 * WF_NS_PER_S);
    shard_history_is(&f, "w", BEGINNING " Scheduled(1) TimedOut(SCHEDULE_TO_START) Scheduled(1)");
    assert_non_null(shard_poll(&f));
    shard_fixture_advance(&f, 11 * WF_NS_PER_S);
    test_string_is("messages", message_ids(&f, shard_poll(&f)), "u1/request");
    shard_fixture_deinit(&f);
}

/* A task that matching asks for twice has the same updates both times, and none that came meanwhile. */
static void test_machine_update_registry__a_repeated_start_brings_the_same(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_add_task *push = NULL;
    const struct wf_svc_response *first = NULL;

    (void)state;
    begin(&f, NULL);
    update(&f, "u1");
    push = shard_take_push(&f, false);
    first = shard_record_workflow_task(&f, push, "p1");
    update(&f, "u2");
    assert_true(wf_message_equal(&wf_type_svc_response, first, shard_record_workflow_task(&f, push, "p1")));
    shard_status_is(shard_record_workflow_task(&f, push, "p2"), WF_CALL_TASK_ALREADY_STARTED);
    shard_fixture_deinit(&f);
}

/* ADMITTED ABORT, SENT ABORT, ACCEPTED ABORT: by the end of the run, alone or with another behind it. */
static void test_machine_update_registry__closing_aborts(void **state)
{
    struct shard_fixture f;
    struct wf_command command = {0};
    uint64_t calls[3] = {0};

    (void)state;
    for (int goes_on = 0; goes_on < 2; goes_on++) {
        const enum wf_call_status expected = goes_on ? WF_CALL_UNAVAILABLE : WF_CALL_NOT_FOUND;
        const struct wf_svc_workflow_task *task = NULL;

        begin(&f, NULL);
        calls[0] = update(&f, "u1");
        shard_status_is(answer(&f, shard_poll(&f), SAY("accept", "u1"), NULL), WF_CALL_OK);
        calls[1] = update(&f, "u2");
        task = shard_poll(&f);
        calls[2] = update(&f, "u3");
        command = goes_on ? shard_continue_as_new(&f) : shard_complete_workflow(&f);
        if (goes_on) {
            shard_status_is(answer(&f, task, SAY("accept", "u2"), &command), WF_CALL_OK);
            is_told(&f, calls[1], WF_UPDATE_VERDICT_ABORTED, WF_UPDATE_IS_NEW);
        } else {
            shard_status_is(shard_terminate(&f, "w"), WF_CALL_OK);
            is_refused(&f, calls[1], expected);
        }
        is_told(&f, calls[0], WF_UPDATE_VERDICT_ABORTED, WF_UPDATE_IS_NEW);
        is_refused(&f, calls[2], expected);
        if (!goes_on) {
            is_told(&f, update(&f, "u1"), WF_UPDATE_VERDICT_ABORTED, WF_UPDATE_WAS_REGISTERED);
            is_refused(&f, update(&f, "u9"), WF_CALL_NOT_FOUND);
        }
        shard_fixture_deinit(&f);
    }
}

/* NONE ACCEPT: a worker held the task while the owner changed, and its message has the request. */
static void test_machine_update_registry__a_new_owner_learns_from_the_message(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;
    uint64_t call = 0;

    (void)state;
    begin(&f, NULL);
    shard_signal(&f, "w", "go", "r1");
    call = update(&f, "u1");
    task = shard_poll(&f);
    shard_fixture_crash(&f, 0);
    waits(&f, call);
    shard_fixture_acquire(&f, 0);
    shard_status_is(answer(&f, task, SAY("accept", "u1", "complete", "u1"), NULL), WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING " Signaled" TURN " WorkflowExecutionUpdateAccepted WorkflowExecutionUpdateCompleted");
    is_told(&f, update(&f, "u1"), WF_UPDATE_VERDICT_COMPLETED, WF_UPDATE_WAS_STORED);
    shard_fixture_deinit(&f);
}

/* What is admitted is lost with its owner, and so is a task in memory; asked again, it is as new. */
static void test_machine_update_registry__a_crash_loses_what_is_admitted(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;
    uint64_t call = 0;

    (void)state;
    begin(&f, NULL);
    update(&f, "u1");
    task = shard_poll(&f);
    shard_fixture_crash(&f, 0);
    shard_fixture_acquire(&f, 0);
    shard_status_is(answer(&f, task, SAY("accept", "u1"), NULL), WF_CALL_NOT_FOUND);
    shard_status_is(poll_update(&f, "u1"), WF_CALL_NOT_FOUND);
    call = update(&f, "u1");
    shard_status_is(answer(&f, shard_poll(&f), SAY("accept", "u1", "complete", "u1"), NULL), WF_CALL_OK);
    is_told(&f, call, WF_UPDATE_VERDICT_COMPLETED, WF_UPDATE_IS_NEW);
    shard_fixture_deinit(&f);
}

/* Messages that make no sense fail the task, undo what it said, and end its updates (2.3, 7.8). */
static void test_machine_update_registry__wrong_messages_fail_the_task(void **state)
{
    const struct {
        const char *name;
        const char *words[5];
    } rows[] = {
        {"completed before accepted", {"complete", "u1"}},
        {"accepted twice", {"accept", "u1", "accept", "u1"}},
        {"rejected after accepted", {"accept", "u1", "reject", "u1"}},
        {"response to what nobody sent", {"complete", "u7"}},
        {"rejection of what nobody sent", {"reject", "u7"}},
        {"a body that is none", {"greet", "u1"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct shard_fixture f;
        uint64_t sent = 0;
        uint64_t admitted = 0;
        const struct wf_svc_workflow_task *task = NULL;

        begin(&f, NULL);
        sent = update(&f, "u1");
        task = shard_poll(&f);
        admitted = update(&f, "u2");
        print_message("%s\n", rows[i].name);
        shard_status_is(answer(&f, task, rows[i].words, NULL), WF_CALL_INVALID_ARGUMENT);
        shard_history_is(&f, "w",
                         BEGINNING " Scheduled(1) Started Failed(BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE)");
        is_refused(&f, sent, WF_CALL_WORKFLOW_NOT_READY);
        is_refused(&f, admitted, WF_CALL_UNAVAILABLE);
        shard_fixture_deinit(&f);
    }
}

static void lower_limits(struct wf_service_config *config)
{
    config->limits.updates_in_flight_max = 2;
    config->limits.updates_max = 3;
}

/* So many at a time, so many in all; a repeated call is no further update. */
static void test_machine_update_registry__limits(void **state)
{
    struct shard_fixture f;

    (void)state;
    begin(&f, lower_limits);
    update(&f, "u1");
    update(&f, "u2");
    is_refused(&f, update(&f, "u3"), WF_CALL_RESOURCE_EXHAUSTED);
    waits(&f, update(&f, "u1"));
    shard_status_is(answer(&f, shard_poll(&f), SAY("accept", "u1", "complete", "u1", "accept", "u2", "complete", "u2"),
                           NULL),
                    WF_CALL_OK);
    update(&f, "u3");
    is_refused(&f, update(&f, "u4"), WF_CALL_FAILED_PRECONDITION);
    shard_fixture_deinit(&f);
}

/* A caller waits 20 s at most, and learns how far the update is. */
static void test_machine_update_registry__a_call_does_not_wait_for_ever(void **state)
{
    struct shard_fixture f;
    uint64_t call = 0;

    (void)state;
    begin(&f, NULL);
    call = update(&f, "u1");
    shard_status_is(answer(&f, shard_poll(&f), SAY("accept", "u1"), NULL), WF_CALL_OK);
    shard_fixture_advance(&f, 19 * WF_NS_PER_S);
    waits(&f, call);
    shard_fixture_advance(&f, 2 * WF_NS_PER_S);
    is_told(&f, call, WF_UPDATE_VERDICT_ACCEPTED, WF_UPDATE_IS_NEW);
    shard_fixture_deinit(&f);
}

/* A task that fails again and again refuses updates at once; an update that is none is refused, too. */
static void test_machine_update_registry__refusals(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    is_refused(&f, update(&f, "u1"), WF_CALL_NOT_FOUND);
    shard_start(&f, "w");
    is_refused(&f, update(&f, ""), WF_CALL_INVALID_ARGUMENT);
    is_refused(&f, send_update(&f, 0, "u1", 0), WF_CALL_INVALID_ARGUMENT);
    for (int i = 0; i < 2; i++) {
        shard_status_is(shard_fail(&f, shard_poll(&f)), WF_CALL_OK);
    }
    is_refused(&f, update(&f, "u1"), WF_CALL_WORKFLOW_NOT_READY);
    shard_fixture_deinit(&f);
}

/* A reset applies again what was accepted after its point, by an event, and keeps what was before it (7.10). */
static void test_machine_update_registry__a_reset_admits_again(void **state)
{
    struct shard_fixture f;
    uint64_t call = 0;

    (void)state;
    begin(&f, NULL);
    update(&f, "u1");
    shard_status_is(answer(&f, shard_poll(&f), SAY("accept", "u1", "complete", "u1"), NULL), WF_CALL_OK);
    update(&f, "u2");
    shard_status_is(answer(&f, shard_poll(&f), SAY("accept", "u2"), NULL), WF_CALL_OK);
    shard_status_is(shard_reset(&f, "w", 11), WF_CALL_OK);
    shard_history_is(&f, "w",
                     BEGINNING TURN " WorkflowExecutionUpdateAccepted WorkflowExecutionUpdateCompleted "
                                    "Scheduled(1,sticky) Started Failed(RESET_WORKFLOW) WorkflowExecutionUpdateAdmitted "
                                    "Scheduled(1)");
    is_told(&f, update(&f, "u1"), WF_UPDATE_VERDICT_COMPLETED, WF_UPDATE_WAS_STORED);
    call = update(&f, "u2");
    waits(&f, call);
    {
        const struct wf_svc_workflow_task *task = shard_poll(&f);

        assert_int_equal(task->messages.count, 0);
        shard_status_is(answer(&f, task, SAY("accept", "u2", "complete", "u2"), NULL), WF_CALL_OK);
    }
    is_told(&f, call, WF_UPDATE_VERDICT_COMPLETED, WF_UPDATE_WAS_REGISTERED);
    shard_fixture_deinit(&f);
}

/* 3.4 step 4: one that history brought is rejected when the worker does not answer it, whether somebody waits for it or not. */
static void test_machine_update_registry__a_reset_update_is_answered_or_rejected(void **state)
{
    (void)state;
    for (int waits_for_it = 0; waits_for_it < 2; waits_for_it++) {
        struct shard_fixture f;
        uint64_t call = 0;

        begin(&f, NULL);
        update(&f, "u1");
        shard_status_is(answer(&f, shard_poll(&f), SAY("accept", "u1"), NULL), WF_CALL_OK);
        shard_status_is(shard_reset(&f, "w", 4), WF_CALL_OK);
        call = waits_for_it ? update(&f, "u1") : 0;
        shard_status_is(shard_complete(&f, shard_poll(&f), NULL, 0), WF_CALL_OK);
        if (waits_for_it) {
            is_told(&f, call, WF_UPDATE_VERDICT_REJECTED, WF_UPDATE_WAS_REGISTERED);
        }
        call = update(&f, "u1"); /* it has left no trace, so that this is a new one */
        assert_int_equal(shard_poll(&f)->messages.count, 1);
        shard_fixture_deinit(&f);
    }
}

/* 7.10 step 6: which of them come again the caller of a reset says; by default all. */
static void test_machine_update_registry__a_reset_may_leave_updates_out(void **state)
{
    static const struct {
        const char *name;
        enum wf_reset_reapply_type type;
        int32_t excluded;
        bool comes;
    } rows[] = {
        {"as told nothing", WF_RESET_REAPPLY_TYPE_UNSPECIFIED, 0, true},
        {"all", WF_RESET_REAPPLY_TYPE_ALL_ELIGIBLE, 0, true},
        {"all but signals", WF_RESET_REAPPLY_TYPE_ALL_ELIGIBLE, WF_RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL, true},
        {"all but updates", WF_RESET_REAPPLY_TYPE_ALL_ELIGIBLE, WF_RESET_REAPPLY_EXCLUDE_TYPE_UPDATE, false},
        {"signals", WF_RESET_REAPPLY_TYPE_SIGNAL, 0, false},
        {"none", WF_RESET_REAPPLY_TYPE_NONE, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        int32_t excluded = rows[i].excluded;

        begin(&f, NULL);
        update(&f, "u1");
        shard_status_is(answer(&f, shard_poll(&f), SAY("accept", "u1", "complete", "u1"), NULL), WF_CALL_OK);
        shard_status_is(shard_reset_with(&f, "w", (struct wf_string){0},
                                         (struct wf_svc_reset_workflow){
                                             .workflow_task_finish_event_id = 4,
                                             .reset_reapply_type = (int32_t)rows[i].type,
                                             .reset_reapply_exclude_types = {&excluded, excluded == 0 ? 0 : 1, 0}}),
                        WF_CALL_OK);
        test_string_is(rows[i].name, shard_history(&f, "w"),
                       rows[i].comes ? "WorkflowExecutionStarted Scheduled(1) Started Failed(RESET_WORKFLOW) "
                                       "WorkflowExecutionUpdateAdmitted Scheduled(1)"
                                     : "WorkflowExecutionStarted Scheduled(1) Started Failed(RESET_WORKFLOW) Scheduled(1)");
        shard_status_is(poll_update_once(&f, "u1"), rows[i].comes ? WF_CALL_OK : WF_CALL_NOT_FOUND);
        shard_fixture_deinit(&f);
    }
}

/* ADMITTED ABORT, ACCEPTED ABORT by a reset: who waits for one that was not accepted tries again, and so reaches the new run;
 * one that was accepted is over for its caller, and is admitted again in the new run. */
static void test_machine_update_registry__a_reset_ends_what_waits(void **state)
{
    struct shard_fixture f;
    uint64_t accepted = 0;
    uint64_t admitted = 0;

    (void)state;
    begin(&f, NULL);
    accepted = update(&f, "u1");
    shard_status_is(answer(&f, shard_poll(&f), SAY("accept", "u1"), NULL), WF_CALL_OK);
    admitted = update(&f, "u2");
    shard_status_is(shard_reset(&f, "w", 4), WF_CALL_OK);
    is_told(&f, accepted, WF_UPDATE_VERDICT_ABORTED, WF_UPDATE_IS_NEW);
    is_refused(&f, admitted, WF_CALL_UNAVAILABLE);

    accepted = update(&f, "u1");
    admitted = update(&f, "u2");
    shard_status_is(answer(&f, shard_poll(&f), SAY("accept", "u1", "complete", "u1", "accept", "u2", "complete", "u2"), NULL),
                    WF_CALL_OK);
    is_told(&f, accepted, WF_UPDATE_VERDICT_COMPLETED, WF_UPDATE_WAS_REGISTERED);
    is_told(&f, admitted, WF_UPDATE_VERDICT_COMPLETED, WF_UPDATE_IS_NEW);
    shard_fixture_deinit(&f);
}

/* 7.8, 7.12: a paused run refuses an update before it looks whether it knows its id; what became of one can be asked. */
static void test_machine_update_registry__a_pause_refuses(void **state)
{
    struct shard_fixture f;
    uint64_t call = 0;

    (void)state;
    begin(&f, NULL);
    update(&f, "u1");
    shard_status_is(answer(&f, shard_poll(&f), SAY("accept", "u1", "complete", "u1"), NULL), WF_CALL_OK);
    shard_status_is(shard_pause(&f, "w", false, "p1"), WF_CALL_OK);
    is_refused(&f, update(&f, "u2"), WF_CALL_FAILED_PRECONDITION);
    is_refused(&f, update(&f, "u1"), WF_CALL_FAILED_PRECONDITION);
    shard_status_is(poll_update_once(&f, "u1"), WF_CALL_OK);
    shard_status_is(shard_pause(&f, "w", true, "p2"), WF_CALL_OK);
    is_told(&f, update(&f, "u1"), WF_UPDATE_VERDICT_COMPLETED, WF_UPDATE_WAS_STORED);
    call = update(&f, "u2");
    shard_status_is(answer(&f, shard_poll(&f), SAY("accept", "u2", "complete", "u2"), NULL), WF_CALL_OK);
    is_told(&f, call, WF_UPDATE_VERDICT_COMPLETED, WF_UPDATE_IS_NEW);
    shard_fixture_deinit(&f);
}

/* 7.12: a task that runs when the pause begins completes, with its updates; one that nobody has taken fails, and the update that
 * it was for comes with the task that the end of the pause brings. */
static void test_machine_update_registry__a_pause_keeps_what_was_admitted(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;
    uint64_t call = 0;

    (void)state;
    begin(&f, NULL);
    call = update(&f, "u1");
    task = shard_poll(&f);
    shard_status_is(shard_pause(&f, "w", false, "p1"), WF_CALL_OK);
    shard_status_is(answer(&f, task, SAY("accept", "u1", "complete", "u1"), NULL), WF_CALL_OK);
    is_told(&f, call, WF_UPDATE_VERDICT_COMPLETED, WF_UPDATE_IS_NEW);
    shard_fixture_deinit(&f);

    begin(&f, NULL);
    call = update(&f, "u1");
    shard_status_is(shard_pause(&f, "w", false, "p1"), WF_CALL_OK);
    assert_null(shard_poll(&f));
    waits(&f, call);
    shard_status_is(shard_pause(&f, "w", true, "p2"), WF_CALL_OK);
    task = shard_poll(&f);
    test_string_is("messages", message_ids(&f, task), "u1/request");
    shard_status_is(answer(&f, task, SAY("accept", "u1", "complete", "u1"), NULL), WF_CALL_OK);
    is_told(&f, call, WF_UPDATE_VERDICT_COMPLETED, WF_UPDATE_IS_NEW);
    shard_fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine_update_registry__accepts_and_completes),
        cmocka_unit_test(test_machine_update_registry__rejection_leaves_no_trace),
        cmocka_unit_test(test_machine_update_registry__a_write_converts_the_task),
        cmocka_unit_test(test_machine_update_registry__comes_again_with_the_next_task),
        cmocka_unit_test(test_machine_update_registry__a_repeated_start_brings_the_same),
        cmocka_unit_test(test_machine_update_registry__closing_aborts),
        cmocka_unit_test(test_machine_update_registry__a_new_owner_learns_from_the_message),
        cmocka_unit_test(test_machine_update_registry__a_crash_loses_what_is_admitted),
        cmocka_unit_test(test_machine_update_registry__wrong_messages_fail_the_task),
        cmocka_unit_test(test_machine_update_registry__limits),
        cmocka_unit_test(test_machine_update_registry__a_call_does_not_wait_for_ever),
        cmocka_unit_test(test_machine_update_registry__refusals),
        cmocka_unit_test(test_machine_update_registry__a_refused_call_converts_nothing),
        cmocka_unit_test(test_machine_update_registry__a_normal_start_ends_stickiness),
        cmocka_unit_test(test_machine_update_registry__a_heartbeat_with_messages_is_no_idle_one),
        cmocka_unit_test(test_machine_update_registry__a_reset_admits_again),
        cmocka_unit_test(test_machine_update_registry__a_reset_update_is_answered_or_rejected),
        cmocka_unit_test(test_machine_update_registry__a_reset_may_leave_updates_out),
        cmocka_unit_test(test_machine_update_registry__a_reset_ends_what_waits),
        cmocka_unit_test(test_machine_update_registry__a_pause_refuses),
        cmocka_unit_test(test_machine_update_registry__a_pause_keeps_what_was_admitted),
    };

    return cmocka_run_group_tests_name("machine_update_registry", tests, NULL, NULL);
}
