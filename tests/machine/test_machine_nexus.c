/* Every row of engine/server/nexus.def, and the commands about Nexus operations (engine-semantics 2.3, 7.14). */
#include "tests/support/shard_fixture.h"

#define BEGINNING "WorkflowExecutionStarted Scheduled(1) Started Completed "

static struct wf_string endpoints[1];

static void with_endpoint(struct wf_service_config *config)
{
    endpoints[0] = WF_STR("bank");
    config->nexus_endpoints = endpoints;
    config->nexus_endpoint_count = 1;
    config->limits.pending_nexus_max = 2;
}

static struct wf_command schedule(struct shard_fixture *f, const char *endpoint, const char *service, const char *name)
{
    struct wf_command_schedule_nexus_operation *command = WF_ARENA_NEW(&f->arena,
                                                                      struct wf_command_schedule_nexus_operation);

    *command = (struct wf_command_schedule_nexus_operation){.endpoint = wf_string_of(endpoint),
                                                            .service = wf_string_of(service),
                                                            .operation = wf_string_of(name)};
    return (struct wf_command){.command_type = WF_COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION,
                               .attributes_case = WF_CASE_command_schedule_nexus_operation,
                               .attributes.schedule_nexus_operation = command};
}

static struct wf_command request_cancel(struct shard_fixture *f, int64_t scheduled_event_id)
{
    struct wf_command_request_cancel_nexus_operation *command =
        WF_ARENA_NEW(&f->arena, struct wf_command_request_cancel_nexus_operation);

    command->scheduled_event_id = scheduled_event_id;
    return (struct wf_command){.command_type = WF_COMMAND_TYPE_REQUEST_CANCEL_NEXUS_OPERATION,
                               .attributes_case = WF_CASE_command_request_cancel_nexus_operation,
                               .attributes.request_cancel_nexus_operation = command};
}

static struct wf_command with_timeouts(struct wf_command command, int64_t to_close, int64_t to_start, int64_t start_close)
{
    struct wf_command_schedule_nexus_operation *attributes = command.attributes.schedule_nexus_operation;

    attributes->schedule_to_close_timeout = wf_duration_of(to_close * WF_NS_PER_S);
    attributes->schedule_to_start_timeout = wf_duration_of(to_start * WF_NS_PER_S);
    attributes->start_to_close_timeout = wf_duration_of(start_close * WF_NS_PER_S);
    return command;
}

/* NONE SCHEDULE: event 5 is Scheduled. */
static void begin_with(struct shard_fixture *f, int64_t to_close, int64_t to_start, int64_t start_close)
{
    struct wf_command command = {0};

    shard_fixture_init(f, with_endpoint);
    command = with_timeouts(schedule(f, "bank", "money", "send"), to_close, to_start, start_close);
    shard_start(f, "w");
    shard_status_is(shard_complete(f, shard_poll(f), &command, 1), WF_CALL_OK);
}

static void begin(struct shard_fixture *f)
{
    begin_with(f, 0, 0, 0);
}

static struct wf_svc_nexus_outcome outcome_of(bool fails, bool is_canceled)
{
    static struct wf_failure failure;

    failure = (struct wf_failure){.message = WF_STR("no money")};
    return (struct wf_svc_nexus_outcome){.failure = fails ? &failure : NULL, .is_canceled = is_canceled};
}

static void answer_with_token(struct shard_fixture *f)
{
    shard_answer_nexus(f, &(struct wf_svc_nexus_started){.operation_token = WF_STR("t-1")});
}

static const struct wf_event *last_event(struct shard_fixture *f, enum wf_event_type type)
{
    const struct wf_history_message history = shard_events(f, "w");

    for (uint32_t i = history.events.count; i > 0; i--) {
        if (history.events.items[i - 1].event_type == (int32_t)type) {
            return &history.events.items[i - 1];
        }
    }
    fail_msg("no such event");
    return NULL;
}

static const struct wf_svc_response *complete(struct shard_fixture *f, struct wf_svc_nexus_outcome outcome)
{
    struct wf_workflow_execution execution = {.workflow_id = WF_STR("w")};
    struct wf_svc_complete_nexus_operation completion = {
        .workflow_execution = &execution,
        .scheduled_event_id = 5,
        .request_id = last_event(f, WF_EVENT_TYPE_NEXUS_OPERATION_SCHEDULED)
                          ->attributes.nexus_operation_scheduled->request_id,
        .operation_token = WF_STR("t-1"),
        .outcome = &outcome};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_complete_nexus_operation,
                                           .call.complete_nexus_operation = &completion};

    return shard_fixture_call(f, &request);
}

/* SCHEDULED COMPLETE, FAIL, CANCEL: the answer to the start is the outcome, and nothing was started. */
static void test_machine_nexus__answered_at_once(void **state)
{
    static const struct {
        const char *expected;
        bool fails;
        bool is_canceled;
    } rows[] = {{"NexusOperationCompleted", false, false},
                {"NexusOperationFailed", true, false},
                {"NexusOperationCanceled", true, true}};

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        struct wf_svc_nexus_outcome outcome = outcome_of(rows[i].fails, rows[i].is_canceled);
        char expected[200] = {0};
        struct wf_buffer text = {0};

        begin(&f);
        assert_int_equal(shard_describe(&f, "w")->pending_nexus.count, 1);
        shard_answer_nexus(&f, &(struct wf_svc_nexus_started){.outcome = &outcome});
        wf_buffer_init_fixed(&text, expected, sizeof expected - 1);
        wf_buffer_printf(&text, BEGINNING "NexusOperationScheduled %s Scheduled(1)", rows[i].expected);
        shard_history_is(&f, "w", expected);
        assert_int_equal(shard_describe(&f, "w")->pending_nexus.count, 0);
        shard_status_is(complete(&f, outcome), WF_CALL_NOT_FOUND);
        shard_fixture_deinit(&f);
    }
}

/* The call carries what the command said, and the same request id again after an answer that was not final. */
static void test_machine_nexus__start_is_repeated(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_start_nexus_operation *call = NULL;

    (void)state;
    begin(&f);
    shard_fixture_answer_call(&f, WF_CALL_UNAVAILABLE);
    shard_fixture_advance(&f, WF_NS_PER_S);
    assert_int_equal(f.call_count, 2);
    call = f.calls[1].request->call.start_nexus_operation;
    test_string_is("endpoint", call->endpoint, "bank");
    test_string_is("service", call->service, "money");
    test_string_is("operation", call->operation, "send");
    assert_int_equal(call->scheduled_event_id, 5);
    test_string_is("caller", call->caller->workflow_id, "w");
    assert_true(wf_string_equal(call->request_id, f.calls[0].request->call.start_nexus_operation->request_id));
    answer_with_token(&f);
    shard_history_is(&f, "w", BEGINNING "NexusOperationScheduled NexusOperationStarted Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* A handler that refuses the call for good fails the operation, and says which it was. */
static void test_machine_nexus__refused_call_fails_the_operation(void **state)
{
    struct shard_fixture f;
    const struct wf_failure *failure = NULL;

    (void)state;
    begin(&f);
    shard_fixture_answer_call(&f, WF_CALL_NOT_FOUND);
    failure = last_event(&f, WF_EVENT_TYPE_NEXUS_OPERATION_FAILED)->attributes.nexus_operation_failed->failure;
    assert_int_equal(failure->failure_info_case, WF_CASE_failure_nexus_operation_execution_failure_info);
    test_string_is("operation", failure->failure_info.nexus_operation_execution_failure_info->operation, "send");
    test_string_is("type", failure->cause->failure_info.nexus_handler_failure_info->type, "NOT_FOUND");
    shard_fixture_deinit(&f);
}

/* SCHEDULED START, STARTED COMPLETE, FAIL, CANCEL: the callback brings the outcome, once; one that overtakes the answer to
 * the start brings the start, too. */
static void test_machine_nexus__ends_by_callback(void **state)
{
    static const struct {
        const char *expected;
        bool fails;
        bool is_canceled;
        bool overtakes;
    } rows[] = {{"NexusOperationCompleted", false, false, false},
                {"NexusOperationFailed", true, false, false},
                {"NexusOperationCanceled", true, true, false},
                {"NexusOperationCompleted", false, false, true}};

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        const struct wf_svc_nexus_outcome outcome = outcome_of(rows[i].fails, rows[i].is_canceled);
        char expected[240] = {0};
        struct wf_buffer text = {0};

        begin(&f);
        if (!rows[i].overtakes) {
            answer_with_token(&f);
            assert_true(shard_describe(&f, "w")->pending_nexus.items[0].is_started);
        }
        shard_status_is(complete(&f, outcome), WF_CALL_OK);
        shard_status_is(complete(&f, outcome), WF_CALL_NOT_FOUND);
        if (rows[i].overtakes) {
            answer_with_token(&f); /* too late */
        }
        wf_buffer_init_fixed(&text, expected, sizeof expected - 1);
        wf_buffer_printf(&text, BEGINNING "NexusOperationScheduled NexusOperationStarted %s%s%s",
                         rows[i].overtakes ? "" : "Scheduled(1) ", rows[i].expected,
                         rows[i].overtakes ? " Scheduled(1)" : "");
        shard_history_is(&f, "w", expected);
        test_string_is("token", last_event(&f, WF_EVENT_TYPE_NEXUS_OPERATION_STARTED)
                                    ->attributes.nexus_operation_started->operation_token, "t-1");
        shard_fixture_deinit(&f);
    }
}

/* SCHEDULED TIME_OUT, STARTED TIME_OUT: each timeout has its own beginning. */
static void test_machine_nexus__times_out(void **state)
{
    static const struct {
        int64_t timeouts[3];
        bool is_started;
        enum wf_timeout_type type;
    } rows[] = {{{5, 0, 0}, false, WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE},
                {{9, 5, 0}, false, WF_TIMEOUT_TYPE_SCHEDULE_TO_START},
                {{5, 3, 0}, true, WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE},
                {{9, 3, 5}, true, WF_TIMEOUT_TYPE_START_TO_CLOSE}};

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        const struct wf_failure *failure = NULL;

        begin_with(&f, rows[i].timeouts[0], rows[i].timeouts[1], rows[i].timeouts[2]);
        if (rows[i].is_started) {
            answer_with_token(&f);
            assert_non_null(shard_poll(&f));
        }
        shard_fixture_advance(&f, 4 * WF_NS_PER_S);
        assert_int_equal(shard_describe(&f, "w")->pending_nexus.count, 1);
        shard_fixture_advance(&f, 2 * WF_NS_PER_S);
        assert_int_equal(shard_describe(&f, "w")->pending_nexus.count, 0);
        if (rows[i].is_started) {
            shard_fixture_advance(&f, 10 * WF_NS_PER_S); /* the task that holds the event back */
        }
        failure = last_event(&f, WF_EVENT_TYPE_NEXUS_OPERATION_TIMED_OUT)->attributes.nexus_operation_timed_out->failure;
        assert_int_equal(failure->cause->failure_info.timeout_failure_info->timeout_type, rows[i].type);
        shard_fixture_deinit(&f);
    }
}

/* SCHEDULED REQUEST_CANCEL waits for the start, STARTED REQUEST_CANCEL goes out; CANCEL_DELIVERED and CANCEL_REFUSED are
 * events, and the operation still has its own end. */
static void test_machine_nexus__cancel_request(void **state)
{
    static const struct {
        bool is_started;
        enum wf_call_status status;
        const char *expected;
    } rows[] = {{false, WF_CALL_OK, "NexusOperationCancelRequestCompleted"},
                {true, WF_CALL_OK, "NexusOperationCancelRequestCompleted"},
                {true, WF_CALL_NOT_FOUND, "NexusOperationCancelRequestFailed"}};

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        struct wf_command command = {0};
        struct wf_history_message history = {0};

        begin(&f);
        if (rows[i].is_started) {
            answer_with_token(&f);
        } else {
            shard_signal(&f, "w", "go", "");
        }
        command = request_cancel(&f, 5);
        shard_status_is(shard_complete(&f, shard_poll(&f), &command, 1), WF_CALL_OK);
        if (!rows[i].is_started) {
            assert_int_equal(f.call_count, 1);
            answer_with_token(&f);
        }
        assert_int_equal(f.calls[1].request->call_case, WF_CASE_svc_request_cancel_nexus_operation);
        test_string_is("token", f.calls[1].request->call.cancel_nexus_operation->operation_token, "t-1");
        shard_fixture_answer_call(&f, rows[i].status);
        history = shard_events(&f, "w");
        test_string_is("answer", wf_string_of(wf_event_type_name(history.events.items[history.events.count - 2].event_type)),
                       rows[i].is_started ? rows[i].expected : "WorkflowTaskScheduled");
        assert_int_equal(shard_describe(&f, "w")->pending_nexus.count, 1);
        shard_status_is(complete(&f, outcome_of(true, true)), WF_CALL_OK);
        shard_fixture_deinit(&f);
    }
}

static struct wf_command no_endpoint(struct shard_fixture *f) { return schedule(f, "shop", "money", "send"); }
static struct wf_command no_service(struct shard_fixture *f) { return schedule(f, "bank", "", "send"); }
static struct wf_command no_operation(struct shard_fixture *f) { return schedule(f, "bank", "money", ""); }
static struct wf_command negative(struct shard_fixture *f)
{
    return with_timeouts(schedule(f, "bank", "money", "send"), -1, 0, 0);
}
static struct wf_command one_more(struct shard_fixture *f) { return schedule(f, "bank", "money", "send"); }
static struct wf_command cancel_nothing(struct shard_fixture *f) { return request_cancel(f, 99); }

/* Every mistake fails the task with its own cause, and nothing else happens. */
static void test_machine_nexus__mistakes_fail_the_task(void **state)
{
    static const struct {
        const char *cause;
        struct wf_command (*make)(struct shard_fixture *f);
        uint32_t times;
    } rows[] = {
        {"BAD_SCHEDULE_NEXUS_OPERATION_ATTRIBUTES", no_endpoint, 1},
        {"BAD_SCHEDULE_NEXUS_OPERATION_ATTRIBUTES", no_service, 1},
        {"BAD_SCHEDULE_NEXUS_OPERATION_ATTRIBUTES", no_operation, 1},
        {"BAD_SCHEDULE_NEXUS_OPERATION_ATTRIBUTES", negative, 1},
        {"PENDING_NEXUS_OPERATIONS_LIMIT_EXCEEDED", one_more, 3},
        {"BAD_REQUEST_CANCEL_NEXUS_OPERATION_ATTRIBUTES", cancel_nothing, 1},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        struct wf_command commands[3] = {{0}};
        char expected[200] = {0};
        struct wf_buffer text = {0};

        shard_fixture_init(&f, with_endpoint);
        for (uint32_t k = 0; k < rows[i].times; k++) {
            commands[k] = rows[i].make(&f);
        }
        shard_start(&f, "w");
        shard_status_is(shard_complete(&f, shard_poll(&f), commands, rows[i].times), WF_CALL_INVALID_ARGUMENT);
        wf_buffer_init_fixed(&text, expected, sizeof expected - 1);
        wf_buffer_printf(&text, "WorkflowExecutionStarted Scheduled(1) Started Failed(%s)", rows[i].cause);
        shard_history_is(&f, "w", expected);
        assert_int_equal(f.call_count, 0);
        shard_fixture_deinit(&f);
    }
}

static void with_small_blobs(struct wf_service_config *config)
{
    with_endpoint(config);
    config->limits.blob_bytes_max = 30;
}

/* The size of an input is that of its metadata and data (9); one that is too large ends the run. */
static void test_machine_nexus__size_of_input_counts_its_metadata(void **state)
{
    static const struct {
        const char *data;
        enum wf_call_status expected;
    } rows[] = {{"123456789012", WF_CALL_OK}, {"1234567890123", WF_CALL_INVALID_ARGUMENT}};

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        struct wf_entry_string encoding = {.key = WF_STR("encoding"), .value = WF_STR("json/plain")};
        struct wf_payload input = {.metadata = {.items = &encoding, .count = 1}, .data = wf_string_of(rows[i].data)};
        struct wf_command command = {0};

        shard_fixture_init(&f, with_small_blobs);
        command = schedule(&f, "bank", "money", "send");
        command.attributes.schedule_nexus_operation->input = &input;
        shard_start(&f, "w");
        shard_status_is(shard_complete(&f, shard_poll(&f), &command, 1), rows[i].expected);
        assert_int_equal(shard_describe(&f, "w")->status, rows[i].expected == WF_CALL_OK
                                                              ? WF_WORKFLOW_EXECUTION_STATUS_RUNNING
                                                              : WF_WORKFLOW_EXECUTION_STATUS_TERMINATED);
        shard_fixture_deinit(&f);
    }
}

/* A second request is a mistake; one for an operation whose end the task has not seen changes nothing. */
static void test_machine_nexus__cancels_once(void **state)
{
    struct shard_fixture f;
    struct wf_command commands[2] = {{0}};
    const struct wf_svc_workflow_task *task = NULL;

    (void)state;
    begin(&f);
    answer_with_token(&f);
    commands[0] = request_cancel(&f, 5);
    commands[1] = request_cancel(&f, 5);
    task = shard_poll(&f);
    shard_status_is(complete(&f, outcome_of(false, false)), WF_CALL_OK);
    shard_status_is(shard_complete(&f, task, commands, 1), WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING "NexusOperationScheduled NexusOperationStarted Scheduled(1) Started Completed "
                                        "NexusOperationCancelRequested NexusOperationCompleted Scheduled(1)");
    shard_fixture_deinit(&f);

    begin(&f);
    answer_with_token(&f);
    commands[0] = request_cancel(&f, 5);
    commands[1] = request_cancel(&f, 5);
    shard_status_is(shard_complete(&f, shard_poll(&f), commands, 2), WF_CALL_INVALID_ARGUMENT);
    assert_int_equal(f.call_count, 1);
    shard_fixture_deinit(&f);
}

/* A reset keeps an operation that was started before it, and its end comes to the new run. */
static void test_machine_nexus__outlives_a_reset(void **state)
{
    struct shard_fixture f;
    struct wf_workflow_execution execution = {.workflow_id = WF_STR("w")};
    struct wf_svc_nexus_outcome outcome = outcome_of(false, false);
    struct wf_svc_complete_nexus_operation completion = {
        .workflow_execution = &execution, .scheduled_event_id = 5, .outcome = &outcome};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_complete_nexus_operation,
                                           .call.complete_nexus_operation = &completion};

    (void)state;
    begin(&f);
    answer_with_token(&f);
    shard_poll(&f);
    execution.run_id = wf_string_copy(&f.arena, shard_describe(&f, "w")->workflow_execution->run_id);
    completion.request_id = last_event(&f, WF_EVENT_TYPE_NEXUS_OPERATION_SCHEDULED)
                                ->attributes.nexus_operation_scheduled->request_id;
    shard_status_is(shard_reset(&f, "w", 8), WF_CALL_OK);
    assert_true(shard_describe(&f, "w")->pending_nexus.items[0].is_started);
    shard_status_is(shard_fixture_call(&f, &request), WF_CALL_OK);
    assert_non_null(last_event(&f, WF_EVENT_TYPE_NEXUS_OPERATION_COMPLETED));
    assert_int_equal(shard_describe(&f, "w")->pending_nexus.count, 0);
    shard_fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine_nexus__answered_at_once),
        cmocka_unit_test(test_machine_nexus__start_is_repeated),
        cmocka_unit_test(test_machine_nexus__refused_call_fails_the_operation),
        cmocka_unit_test(test_machine_nexus__ends_by_callback),
        cmocka_unit_test(test_machine_nexus__times_out),
        cmocka_unit_test(test_machine_nexus__cancel_request),
        cmocka_unit_test(test_machine_nexus__mistakes_fail_the_task),
        cmocka_unit_test(test_machine_nexus__size_of_input_counts_its_metadata),
        cmocka_unit_test(test_machine_nexus__cancels_once),
        cmocka_unit_test(test_machine_nexus__outlives_a_reset),
    };

    return cmocka_run_group_tests_name("machine_nexus", tests, NULL, NULL);
}
