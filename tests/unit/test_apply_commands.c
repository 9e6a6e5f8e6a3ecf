#include "tests/support/shard_fixture.h"

#define BEGINNING "WorkflowExecutionStarted Scheduled(1) Started "

static struct wf_command command_of(struct shard_fixture *f, enum wf_command_type type)
{
    const struct wf_command_descriptor *descriptor = &wf_command_descriptors[type];

    return (struct wf_command){.command_type = (int32_t)type,
                               .attributes_case = descriptor->oneof_number,
                               .attributes.any = wf_message_new(&f->arena, descriptor->attributes)};
}

static struct wf_command activity_without(struct shard_fixture *f, int what)
{
    struct wf_command command = shard_schedule_activity(f, "a", WF_NS_PER_S);
    struct wf_command_schedule_activity_task *attributes =
        command.attributes.schedule_activity_task;

    attributes->activity_id = what == 0 ? (struct wf_string){0} : attributes->activity_id;
    attributes->activity_type = what == 1 ? NULL : attributes->activity_type;
    attributes->task_queue = what == 2 ? NULL : attributes->task_queue;
    attributes->start_to_close_timeout = what == 3 ? (struct wf_timestamp){0}
                                                   : attributes->start_to_close_timeout;
    attributes->heartbeat_timeout = what == 4 ? wf_duration_of(-WF_NS_PER_S)
                                              : attributes->heartbeat_timeout;
    if (what == 5) {
        attributes->retry_policy = WF_ARENA_NEW(&f->arena, struct wf_retry_policy);
        attributes->retry_policy->maximum_attempts = -1;
    }
    return command;
}

static struct wf_command no_activity_id(struct shard_fixture *f)
{
    return activity_without(f, 0);
}

static struct wf_command no_activity_type(struct shard_fixture *f)
{
    return activity_without(f, 1);
}

static struct wf_command no_task_queue(struct shard_fixture *f)
{
    return activity_without(f, 2);
}

static struct wf_command no_timeout(struct shard_fixture *f)
{
    return activity_without(f, 3);
}

static struct wf_command negative_timeout(struct shard_fixture *f)
{
    return activity_without(f, 4);
}

static struct wf_command bad_policy(struct shard_fixture *f)
{
    return activity_without(f, 5);
}

static struct wf_command same_activity_id(struct shard_fixture *f)
{
    return shard_schedule_activity(f, "first", WF_NS_PER_S);
}

static struct wf_command unknown_activity(struct shard_fixture *f)
{
    return shard_request_cancel_activity(f, 99);
}

static struct wf_command no_marker_name(struct shard_fixture *f)
{
    return command_of(f, WF_COMMAND_TYPE_RECORD_MARKER);
}

static struct wf_command no_failure(struct shard_fixture *f)
{
    return command_of(f, WF_COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION);
}

static struct wf_command bad_continue(struct shard_fixture *f)
{
    struct wf_command command = shard_continue_as_new(f);

    command.attributes.continue_as_new_workflow_execution->workflow_run_timeout = wf_duration_of(
        -WF_NS_PER_S);
    return command;
}

static struct wf_command no_search_attributes(struct shard_fixture *f)
{
    return command_of(f, WF_COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES);
}

static struct wf_command no_memo(struct shard_fixture *f)
{
    return command_of(f, WF_COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES);
}

static struct wf_command child_without(struct shard_fixture *f, int what)
{
    struct wf_command command = shard_start_child(f, "child", WF_PARENT_CLOSE_POLICY_TERMINATE);
    struct wf_command_start_child_workflow_execution *attributes =
        command.attributes.start_child_workflow_execution;

    attributes->workflow_id = what == 0 ? (struct wf_string){0} : attributes->workflow_id;
    attributes->workflow_type = what == 1 ? NULL : attributes->workflow_type;
    attributes->workflow_run_timeout = what == 2 ? wf_duration_of(-1) : (struct wf_timestamp){0};
    attributes->cron_schedule = what == 3 ? WF_STR("@dayly") : (struct wf_string){0};
    attributes->namespace = what == 4 ? WF_STR("elsewhere") : (struct wf_string){0};
    if (what == 5) {
        attributes->retry_policy = WF_ARENA_NEW(&f->arena, struct wf_retry_policy);
        attributes->retry_policy->maximum_attempts = -1;
    }
    return command;
}

static struct wf_command child_without_id(struct shard_fixture *f)
{
    return child_without(f, 0);
}

static struct wf_command child_without_type(struct shard_fixture *f)
{
    return child_without(f, 1);
}

static struct wf_command child_with_bad_timeout(struct shard_fixture *f)
{
    return child_without(f, 2);
}

static struct wf_command child_with_bad_cron(struct shard_fixture *f)
{
    return child_without(f, 3);
}

static struct wf_command child_elsewhere(struct shard_fixture *f)
{
    return child_without(f, 4);
}

static struct wf_command child_with_bad_policy(struct shard_fixture *f)
{
    return child_without(f, 5);
}

static struct wf_command signal_to_nobody(struct shard_fixture *f)
{
    return command_of(f, WF_COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION);
}

static struct wf_command signal_without_name(struct shard_fixture *f)
{
    struct wf_command command = shard_signal_external(f, "other");

    command.attributes.signal_external_workflow_execution->signal_name = (struct wf_string){0};
    return command;
}

static struct wf_command signal_to_no_run(struct shard_fixture *f)
{
    struct wf_command command = shard_signal_external(f, "other");

    command.attributes.signal_external_workflow_execution->execution->run_id = WF_STR("run 1");
    return command;
}

static struct wf_command cancel_of_nobody(struct shard_fixture *f)
{
    return command_of(f, WF_COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION);
}

static struct wf_command cancel_of_no_run(struct shard_fixture *f)
{
    struct wf_command command = shard_cancel_external(f, "other");

    command.attributes.request_cancel_external_workflow_execution->run_id = WF_STR("run 1");
    return command;
}

static struct wf_command a_nexus_operation(struct shard_fixture *f)
{
    return command_of(f, WF_COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION);
}

/* engine-semantics 2.3: each thing that can be wrong has its cause, and none of the turn's commands
 * is left. */
static void test_apply_commands__causes(void **state)
{
    static const struct {
        const char *name;
        struct wf_command (*make)(struct shard_fixture *f);
        const char *cause;
    } rows[] = {
        {"no activity id", no_activity_id, "BAD_SCHEDULE_ACTIVITY_ATTRIBUTES"},
        {"no activity type", no_activity_type, "BAD_SCHEDULE_ACTIVITY_ATTRIBUTES"},
        {"no task queue", no_task_queue, "BAD_SCHEDULE_ACTIVITY_ATTRIBUTES"},
        {"no timeout", no_timeout, "BAD_SCHEDULE_ACTIVITY_ATTRIBUTES"},
        {"negative timeout", negative_timeout, "BAD_SCHEDULE_ACTIVITY_ATTRIBUTES"},
        {"bad retry policy", bad_policy, "BAD_SCHEDULE_ACTIVITY_ATTRIBUTES"},
        {"activity id in use", same_activity_id, "SCHEDULE_ACTIVITY_DUPLICATE_ID"},
        {"unknown activity", unknown_activity, "BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES"},
        {"no marker name", no_marker_name, "BAD_RECORD_MARKER_ATTRIBUTES"},
        {"no failure", no_failure, "BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES"},
        {"negative run timeout", bad_continue, "BAD_CONTINUE_AS_NEW_ATTRIBUTES"},
        {"no search attributes", no_search_attributes, "BAD_SEARCH_ATTRIBUTES"},
        {"no memo", no_memo, "BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES"},
        {"child without id", child_without_id, "BAD_START_CHILD_EXECUTION_ATTRIBUTES"},
        {"child without type", child_without_type, "BAD_START_CHILD_EXECUTION_ATTRIBUTES"},
        {"child with bad timeout", child_with_bad_timeout, "BAD_START_CHILD_EXECUTION_ATTRIBUTES"},
        {"child with bad policy", child_with_bad_policy, "BAD_START_CHILD_EXECUTION_ATTRIBUTES"},
        {"child elsewhere", child_elsewhere, "BAD_START_CHILD_EXECUTION_ATTRIBUTES"},
        {"child with bad cron", child_with_bad_cron, "BAD_START_CHILD_EXECUTION_ATTRIBUTES"},
        {"signal to nobody", signal_to_nobody, "BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES"},
        {"signal without name", signal_without_name, "BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES"},
        {"signal to no run", signal_to_no_run, "BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES"},
        {"cancel of nobody", cancel_of_nobody,
         "BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES"},
        {"cancel of no run", cancel_of_no_run,
         "BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES"},
        {"nexus operation", a_nexus_operation, "FEATURE_DISABLED"},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        struct wf_command commands[2];
        char expected[160] = {0};
        struct wf_buffer text = {0};

        shard_fixture_init(&f, NULL);
        shard_start(&f, "w");
        commands[0] = shard_schedule_activity(&f, "first", WF_NS_PER_S);
        commands[1] = rows[i].make(&f);
        shard_status_is(shard_complete(&f, shard_poll(&f), commands, 2), WF_CALL_INVALID_ARGUMENT);
        wf_buffer_init_fixed(&text, expected, sizeof expected - 1);
        wf_buffer_printf(&text, BEGINNING "Failed(%s)", rows[i].cause);
        shard_history_is(&f, "w", expected);
        assert_int_equal(shard_describe(&f, "w")->pending_activities.count, 0);
        assert_null(shard_take_push(&f, true));
        shard_fixture_deinit(&f);
    }
}

/* 2.3: a command without attributes fails the task like one with wrong ones; 2.2 rule 1 refuses unknown types only. */
static void test_apply_commands__attributes_must_be_set(void **state)
{
    static const struct {
        enum wf_command_type type;
        const char *cause;
    } rows[] = {
        {WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK, "BAD_SCHEDULE_ACTIVITY_ATTRIBUTES"},
        {WF_COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK, "BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES"},
        {WF_COMMAND_TYPE_START_TIMER, "BAD_START_TIMER_ATTRIBUTES"},
        {WF_COMMAND_TYPE_CANCEL_TIMER, "BAD_CANCEL_TIMER_ATTRIBUTES"},
        {WF_COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION, "BAD_COMPLETE_WORKFLOW_EXECUTION_ATTRIBUTES"},
        {WF_COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION, "BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES"},
        {WF_COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION, "BAD_CANCEL_WORKFLOW_EXECUTION_ATTRIBUTES"},
        {WF_COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION, "BAD_CONTINUE_AS_NEW_ATTRIBUTES"},
        {WF_COMMAND_TYPE_RECORD_MARKER, "BAD_RECORD_MARKER_ATTRIBUTES"},
        {WF_COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, "BAD_SEARCH_ATTRIBUTES"},
        {WF_COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES, "BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES"},
        {WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION, "BAD_START_CHILD_EXECUTION_ATTRIBUTES"},
        {WF_COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION, "BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES"},
        {WF_COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION,
         "BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES"},
        {WF_COMMAND_TYPE_PROTOCOL_MESSAGE, "BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE"},
        {WF_COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION, "BAD_SCHEDULE_NEXUS_OPERATION_ATTRIBUTES"},
        {WF_COMMAND_TYPE_REQUEST_CANCEL_NEXUS_OPERATION, "BAD_REQUEST_CANCEL_NEXUS_OPERATION_ATTRIBUTES"},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        const struct wf_command command = {.command_type = (int32_t)rows[i].type};
        char expected[160] = {0};
        struct wf_buffer text = {0};

        shard_fixture_init(&f, NULL);
        shard_start(&f, "w");
        shard_status_is(shard_complete(&f, shard_poll(&f), &command, 1), WF_CALL_INVALID_ARGUMENT);
        wf_buffer_init_fixed(&text, expected, sizeof expected - 1);
        wf_buffer_printf(&text, BEGINNING "Failed(%s)", rows[i].cause);
        shard_history_is(&f, "w", expected);
        shard_fixture_deinit(&f);
    }
}

/* 2.3: a child cannot be started and cancelled in one turn. */
static void test_apply_commands__start_and_cancel_of_a_child(void **state)
{
    struct shard_fixture f;
    struct wf_command commands[2];

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    commands[0] = shard_start_child(&f, "child", WF_PARENT_CLOSE_POLICY_TERMINATE);
    commands[1] = shard_cancel_external(&f, "child");
    shard_status_is(shard_complete(&f, shard_poll(&f), commands, 2), WF_CALL_INVALID_ARGUMENT);
    shard_history_is(
        &f, "w",
        BEGINNING "Failed(BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES)");
    assert_int_equal(f.call_count, 0);
    shard_fixture_deinit(&f);
}

static void lower_pending_limit(struct wf_service_config *config)
{
    config->limits.pending_children_max = 1;
    config->limits.pending_signals_max = 1;
    config->limits.pending_cancels_max = 1;
}

/* 2.2 rule 8. */
static void test_apply_commands__pending_limits_of_relations(void **state)
{
    static const struct {
        struct wf_command (*make)(struct shard_fixture *f, const char *workflow_id);
        const char *cause;
    } rows[] = {
        {NULL, "PENDING_CHILD_WORKFLOWS_LIMIT_EXCEEDED"},
        {shard_signal_external, "PENDING_SIGNALS_LIMIT_EXCEEDED"},
        {shard_cancel_external, "PENDING_REQUEST_CANCEL_LIMIT_EXCEEDED"},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        struct wf_command commands[2];
        char expected[160] = {0};
        struct wf_buffer text = {0};

        shard_fixture_init(&f, lower_pending_limit);
        shard_start(&f, "w");
        for (size_t j = 0; j < TEST_COUNT(commands); j++) {
            commands[j] = rows[i].make == NULL
                              ? shard_start_child(&f, "a", WF_PARENT_CLOSE_POLICY_ABANDON)
                              : rows[i].make(&f, "a");
        }
        shard_status_is(shard_complete(&f, shard_poll(&f), commands, 2), WF_CALL_INVALID_ARGUMENT);
        wf_buffer_init_fixed(&text, expected, sizeof expected - 1);
        wf_buffer_printf(&text, BEGINNING "Failed(%s)", rows[i].cause);
        shard_history_is(&f, "w", expected);
        shard_fixture_deinit(&f);
    }
}

/* 2.2 rule 3: from the second attempt on nothing is written, and the task is left to its timeout.
 */
static void test_apply_commands__later_attempts_are_left_to_time_out(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;
    uint32_t write_count = 0;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_fail(&f, shard_poll(&f));
    task = shard_poll(&f);
    write_count = f.write_count;
    shard_status_is(shard_complete(&f, task, (struct wf_command[]){shard_cancel_timer(&f, "t")}, 1),
                    WF_CALL_INVALID_ARGUMENT);
    assert_int_equal(f.write_count, write_count);
    assert_null(shard_poll(&f));
    shard_status_is(shard_complete(&f, task, NULL, 0), WF_CALL_OK);
    shard_fixture_deinit(&f);
}

static void lower_blob_limit(struct wf_service_config *config)
{
    config->limits.blob_bytes_max = 16;
}

static struct wf_payloads *large_payloads(struct shard_fixture *f)
{
    struct wf_payloads *payloads = WF_ARENA_NEW(&f->arena, struct wf_payloads);
    struct wf_payload *payload = WF_LIST_APPEND(&f->arena, payloads->payloads);

    payload->data = WF_STR("\"a text of more than sixteen bytes\"");
    return payloads;
}

/* 2.2 rule 4: what no history can hold ends the workflow. */
static void test_apply_commands__oversize_terminates(void **state)
{
    struct shard_fixture f;
    struct wf_command command = {0};

    (void)state;
    shard_fixture_init(&f, lower_blob_limit);
    shard_start(&f, "w");
    command = shard_complete_workflow(&f);
    command.attributes.complete_workflow_execution->result = large_payloads(&f);
    shard_status_is(shard_complete(&f, shard_poll(&f), &command, 1), WF_CALL_INVALID_ARGUMENT);
    shard_history_is(&f, "w", BEGINNING "Failed(BAD_SCHEDULE_ACTIVITY_ATTRIBUTES) Terminated");
    shard_fixture_deinit(&f);
}

/* An activity's result that is too large is a failure for good. */
static void test_apply_commands__oversize_result_fails_the_activity(void **state)
{
    struct shard_fixture f;
    struct wf_svc_respond_activity_task_completed respond = {0};
    const struct wf_svc_request request = {
        .call_case = WF_CASE_svc_request_respond_activity_task_completed,
        .call.respond_activity_task_completed = &respond};

    (void)state;
    shard_fixture_init(&f, lower_blob_limit);
    shard_start(&f, "w");
    shard_complete(&f, shard_poll(&f),
                   (struct wf_command[]){shard_schedule_activity(&f, "a", WF_NS_PER_S)}, 1);
    respond.token = shard_poll_activity(&f)->token;
    respond.result = large_payloads(&f);
    shard_status_is(shard_fixture_call(&f, &request), WF_CALL_OK);
    shard_history_is(&f, "w",
                     BEGINNING
                     "Completed ActivityScheduled ActivityStarted ActivityFailed Scheduled(1)");
    shard_fixture_deinit(&f);
}

static void set_field(struct shard_fixture *f, void *list, const char *key, const char *json)
{
    struct wf_entry_payload *entry = wf_list_append(&f->arena, list, sizeof *entry);

    entry->key = wf_string_of(key);
    entry->value.data = wf_string_of(json);
}

/* 2.2 rule 2, 2.3, 7.11: markers, memos and search attributes, with what the code said of them. */
static void test_apply_commands__markers_and_properties(void **state)
{
    struct shard_fixture f;
    struct wf_command commands[3];
    struct wf_user_metadata metadata = {0};
    struct wf_payload summary = {.data = WF_STR("\"why\"")};
    struct wf_history_message history = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    metadata.summary = &summary;
    commands[0] = command_of(&f, WF_COMMAND_TYPE_RECORD_MARKER);
    commands[0].attributes.record_marker->marker_name = WF_STR("core_patch");
    commands[0].user_metadata = &metadata;
    commands[1] = command_of(&f, WF_COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES);
    commands[1].attributes.upsert_workflow_search_attributes->search_attributes = WF_ARENA_NEW(
        &f.arena, struct wf_search_attributes);
    set_field(&f,
              &commands[1]
                   .attributes.upsert_workflow_search_attributes->search_attributes->indexed_fields,
              "Region", "\"north\"");
    commands[2] = command_of(&f, WF_COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES);
    commands[2].attributes.modify_workflow_properties->upserted_memo = WF_ARENA_NEW(&f.arena,
                                                                                    struct wf_memo);
    set_field(&f, &commands[2].attributes.modify_workflow_properties->upserted_memo->fields, "note",
              "1");
    shard_status_is(shard_complete(&f, shard_poll(&f), commands, 3), WF_CALL_OK);
    shard_history_is(&f, "w",
                     BEGINNING "Completed MarkerRecorded UpsertWorkflowSearchAttributes "
                               "WorkflowPropertiesModified");
    history = shard_events(&f, "w");
    assert_non_null(history.events.items[4].user_metadata);
    test_string_is("summary", history.events.items[4].user_metadata->summary->data, "\"why\"");
    shard_fixture_deinit(&f);
}

/* 3.1: readers see the events of a transient task that runs, after the history that there is. */
static void test_apply_commands__readers_see_a_transient_task(void **state)
{
    struct shard_fixture f;
    struct wf_workflow_execution execution = {.workflow_id = WF_STR("w")};
    struct wf_svc_get_history get = {.workflow_execution = &execution};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_get_history,
                                           .call.get_history = &get};
    const struct wf_svc_response *response = NULL;
    struct wf_history_message last = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_fail(&f, shard_poll(&f));
    shard_poll(&f);
    response = shard_fixture_call(&f, &request);
    shard_status_is(response, WF_CALL_OK);
    assert_false(response->answer.history->is_closed);
    assert_int_equal(
        wf_wire_decode(
            &f.arena, &wf_type_history_message,
            response->answer.history->batches.items[response->answer.history->batches.count - 1],
            &last, NULL),
        WF_OK);
    assert_int_equal(last.events.count, 2);
    assert_int_equal(last.events.items[0].event_id, 5);
    assert_int_equal(last.events.items[0].attributes.workflow_task_scheduled->attempt, 2);
    shard_fixture_deinit(&f);
}

/* A stored state tells the same as the service does; bytes that are no state are refused. */
static void test_apply_commands__stored_state_describes_itself(void **state)
{
    struct shard_fixture f;
    struct wf_svc_description stored = {0};
    const struct wf_svc_description *told = NULL;
    const struct sim_db_run *run = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_complete(&f, shard_poll(&f),
                   (struct wf_command[]){shard_schedule_activity(&f, "a", WF_NS_PER_S),
                                         shard_start_timer(&f, "t", WF_NS_PER_S)},
                   2);
    shard_poll_activity(&f);
    told = shard_describe(&f, "w");
    run = sim_database_run(&f.database, told->workflow_execution->run_id);
    assert_int_equal(wf_state_describe(&f.arena, run->state, &stored, NULL), WF_OK);
    assert_true(wf_message_equal(&wf_type_svc_description, told, &stored));
    assert_int_equal(stored.pending_activities.count, 1);
    assert_true(stored.pending_activities.items[0].is_started);
    assert_int_not_equal(wf_state_describe(&f.arena, WF_STR("\xff\xff\xff"), &stored, NULL), WF_OK);
    shard_fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_apply_commands__causes),
        cmocka_unit_test(test_apply_commands__attributes_must_be_set),
        cmocka_unit_test(test_apply_commands__start_and_cancel_of_a_child),
        cmocka_unit_test(test_apply_commands__pending_limits_of_relations),
        cmocka_unit_test(test_apply_commands__later_attempts_are_left_to_time_out),
        cmocka_unit_test(test_apply_commands__oversize_terminates),
        cmocka_unit_test(test_apply_commands__oversize_result_fails_the_activity),
        cmocka_unit_test(test_apply_commands__markers_and_properties),
        cmocka_unit_test(test_apply_commands__readers_see_a_transient_task),
        cmocka_unit_test(test_apply_commands__stored_state_describes_itself),
    };

    return cmocka_run_group_tests_name("apply_commands", tests, NULL, NULL);
}
