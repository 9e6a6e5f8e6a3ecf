/* What a run remembers of the versions of its workers, and which worker may have its workflow tasks. */
#include "tests/support/shard_fixture.h"

static struct wf_worker_deployment_version v1 = {.deployment_name = {"shop", 4}, .build_id = {"v1", 2}};
static struct wf_worker_deployment_version v2 = {.deployment_name = {"shop", 4}, .build_id = {"v2", 2}};

/* From here on tasks are given to workers of the version, by the routing of the revision, which names the target. */
static void work_as(struct shard_fixture *f, struct wf_worker_deployment_version *version, int32_t behavior,
                    int64_t revision)
{
    f->worker_version = version;
    f->target_version = version;
    f->versioning_behavior = behavior;
    f->routing_revision = revision;
}

/* The run "w" after its first task, which a worker of v1 completed. */
static void begin(struct shard_fixture *f, int32_t behavior, int64_t revision)
{
    shard_start(f, "w");
    work_as(f, &v1, behavior, revision);
    shard_complete(f, shard_poll(f), NULL, 0);
}

/* What the service says to the worker that takes the next task of "w". */
static const struct wf_svc_response *take(struct shard_fixture *f)
{
    shard_signal(f, "w", "s", "");
    return shard_record_workflow_task(f, shard_take_push(f, false), "p1");
}

static const struct wf_event_workflow_execution_started *started_of(struct shard_fixture *f, const char *workflow_id)
{
    return shard_last_event(f, workflow_id, WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED)->attributes.workflow_execution_started;
}

/* The completed task says whose it was, and the next push says where it belongs. */
static void test_machine_versioning__completed_task_tells(void **state)
{
    struct shard_fixture f;
    const struct wf_event_workflow_task_completed *completed = NULL;
    const struct wf_svc_add_task *push = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    begin(&f, WF_VERSIONING_BEHAVIOR_PINNED, 3);
    shard_signal(&f, "w", "s", "r1");

    completed = shard_last_event(&f, "w", WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED)->attributes.workflow_task_completed;
    assert_int_equal(completed->versioning_behavior, WF_VERSIONING_BEHAVIOR_PINNED);
    test_string_is("deployment", completed->worker_deployment_name, "shop");
    test_string_is("build", completed->deployment_version->build_id, "v1");
    push = shard_take_push(&f, false);
    assert_int_equal(push->versioning->behavior, WF_VERSIONING_BEHAVIOR_PINNED);
    test_string_is("pinned to", push->versioning->version->build_id, "v1");
    assert_int_equal(push->versioning->revision, 3);
    shard_fixture_deinit(&f);
}

/* Without a version there is nothing to tell, and what was told before is over. */
static void test_machine_versioning__worker_without_a_version(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    begin(&f, WF_VERSIONING_BEHAVIOR_AUTO_UPGRADE, 1);
    shard_signal(&f, "w", "s", "r1");
    work_as(&f, NULL, WF_VERSIONING_BEHAVIOR_UNSPECIFIED, 2);
    shard_complete(&f, shard_poll(&f), NULL, 0);
    shard_signal(&f, "w", "s", "r2");

    assert_null(shard_last_event(&f, "w", WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED)->attributes.workflow_task_completed->deployment_version);
    assert_null(shard_take_push(&f, false)->versioning);
    shard_fixture_deinit(&f);
}

/* Who may take a task: of a pinned run nobody else, of any other whom a routing names that is not older than what it followed. */
static void test_machine_versioning__who_may_take_a_task(void **state)
{
    static const struct {
        const char *name;
        int32_t behavior;
        int64_t revision;
        struct wf_worker_deployment_version *worker;
        enum wf_call_status expected;
    } rows[] = {
        {"pinned, its own", WF_VERSIONING_BEHAVIOR_PINNED, 1, &v1, WF_CALL_OK},
        {"pinned, another", WF_VERSIONING_BEHAVIOR_PINNED, 9, &v2, WF_CALL_UNAVAILABLE},
        {"pinned, without a version", WF_VERSIONING_BEHAVIOR_PINNED, 9, NULL, WF_CALL_UNAVAILABLE},
        {"upgraded by a later routing", WF_VERSIONING_BEHAVIOR_AUTO_UPGRADE, 6, &v2, WF_CALL_OK},
        {"upgraded by the same routing", WF_VERSIONING_BEHAVIOR_AUTO_UPGRADE, 5, &v2, WF_CALL_OK},
        {"upgraded by an older routing", WF_VERSIONING_BEHAVIOR_AUTO_UPGRADE, 4, &v2, WF_CALL_UNAVAILABLE},
        {"its own, by an older routing", WF_VERSIONING_BEHAVIOR_AUTO_UPGRADE, 4, &v1, WF_CALL_OK},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;

        shard_fixture_init(&f, NULL);
        begin(&f, rows[i].behavior, 5);
        work_as(&f, rows[i].worker, rows[i].behavior, rows[i].revision);
        if (take(&f)->status != (int32_t)rows[i].expected) {
            fail_msg("%s", rows[i].name);
        }
        shard_fixture_deinit(&f);
    }
}

static void plant_old_routing(struct wf_service_config *config)
{
    config->planted = WF_PLANT_OLD_ROUTING;
}

/* The planted bug: the run goes back, and its state says so, which I104 sees. */
static void test_machine_versioning__planted_old_routing(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, plant_old_routing);
    begin(&f, WF_VERSIONING_BEHAVIOR_AUTO_UPGRADE, 5);
    work_as(&f, &v2, WF_VERSIONING_BEHAVIOR_AUTO_UPGRADE, 4);
    shard_signal(&f, "w", "s", "r1");
    shard_complete(&f, shard_poll(&f), NULL, 0);

    test_string_is("version", shard_describe(&f, "w")->versioning->version->build_id, "v2");
    assert_int_equal(shard_describe(&f, "w")->versioning->revision, 5);
    shard_fixture_deinit(&f);
}

/* A pinned run is told that the routing would have it elsewhere, so that it can go there with its next run. */
static void test_machine_versioning__pinned_run_hears_of_another_target(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    begin(&f, WF_VERSIONING_BEHAVIOR_PINNED, 1);
    assert_false(shard_last_event(&f, "w", WF_EVENT_TYPE_WORKFLOW_TASK_STARTED)
                     ->attributes.workflow_task_started->target_worker_deployment_version_changed);
    f.target_version = &v2;
    assert_int_equal(take(&f)->status, WF_CALL_OK);
    assert_true(shard_last_event(&f, "w", WF_EVENT_TYPE_WORKFLOW_TASK_STARTED)
                    ->attributes.workflow_task_started->target_worker_deployment_version_changed);
    shard_fixture_deinit(&f);
}

/* The task that comes with the answer to another stays with the worker, and so does the run. */
static void test_machine_versioning__inline_task_stays(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_response *response = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    work_as(&f, &v1, WF_VERSIONING_BEHAVIOR_AUTO_UPGRADE, 1);
    response = shard_complete_with(&f, shard_poll(&f),
                                   (struct shard_completion){.wants_task = true, .is_heartbeat = true});
    shard_complete(&f, response->answer.workflow_task_accepted->new_task, NULL, 0);
    test_string_is("build",
                   shard_last_event(&f, "w", WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED)
                       ->attributes.workflow_task_completed->deployment_version->build_id,
                   "v1");
    shard_fixture_deinit(&f);
}

/* The next run of a chain begins where the last one was: pinned, or no earlier than what it followed; unless its code asks to
 * leave, or it is on another queue. */
static void test_machine_versioning__continued_run_inherits(void **state)
{
    static const struct {
        const char *name;
        int32_t behavior;
        int32_t initial;
        const char *queue;
        bool is_pinned;
        bool is_upgraded;
    } rows[] = {
        {"pinned", WF_VERSIONING_BEHAVIOR_PINNED, 0, "", true, false},
        {"upgraded", WF_VERSIONING_BEHAVIOR_AUTO_UPGRADE, 0, "", false, true},
        {"leaves", WF_VERSIONING_BEHAVIOR_PINNED, WF_CONTINUE_AS_NEW_VERSIONING_BEHAVIOR_AUTO_UPGRADE, "", false, false},
        {"another queue", WF_VERSIONING_BEHAVIOR_PINNED, 0, "elsewhere", false, false},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        struct wf_task_queue queue = {.name = wf_string_of(rows[i].queue)};
        struct wf_command command = {0};
        const struct wf_event_workflow_execution_started *started = NULL;

        shard_fixture_init(&f, NULL);
        begin(&f, rows[i].behavior, 7);
        command = shard_continue_as_new(&f);
        command.attributes.continue_as_new_workflow_execution->initial_versioning_behavior = rows[i].initial;
        if (queue.name.size_bytes > 0) {
            command.attributes.continue_as_new_workflow_execution->task_queue = &queue;
        }
        shard_signal(&f, "w", "s", "r1");
        shard_complete(&f, shard_poll(&f), &command, 1);
        started = started_of(&f, "w");
        if ((started->inherited_pinned_version != NULL) != rows[i].is_pinned ||
            (started->inherited_auto_upgrade_info != NULL) != rows[i].is_upgraded) {
            fail_msg("%s", rows[i].name);
        }
        if (rows[i].is_upgraded) {
            assert_int_equal(started->inherited_auto_upgrade_info->source_deployment_revision_number, 7);
        }
        assert_true((shard_describe(&f, "w")->versioning != NULL) == (rows[i].is_pinned || rows[i].is_upgraded));
        shard_fixture_deinit(&f);
    }
}

/* A child on the parent's queue begins where the parent is, and the first worker that completes a task of it decides. */
static void test_machine_versioning__child_inherits(void **state)
{
    struct shard_fixture f;
    struct wf_command command = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    work_as(&f, &v1, WF_VERSIONING_BEHAVIOR_PINNED, 1);
    command = shard_start_child(&f, "c", WF_PARENT_CLOSE_POLICY_UNSPECIFIED);
    shard_complete(&f, shard_poll(&f), &command, 1);
    while (shard_fixture_forward(&f, false) != NULL) {
    }
    test_string_is("inherited", started_of(&f, "c")->inherited_pinned_version->build_id, "v1");
    assert_int_equal(shard_describe(&f, "c")->versioning->behavior, WF_VERSIONING_BEHAVIOR_PINNED);
    work_as(&f, &v1, WF_VERSIONING_BEHAVIOR_AUTO_UPGRADE, 1);
    shard_complete(&f, shard_poll_of(&f, "c"), NULL, 0);
    assert_int_equal(shard_describe(&f, "c")->versioning->behavior, WF_VERSIONING_BEHAVIOR_AUTO_UPGRADE);
    shard_fixture_deinit(&f);
}

/* A retry goes on with what the run has inherited, and with nothing when it has inherited nothing. */
static void test_machine_versioning__retry_inherits_what_was_inherited(void **state)
{
    for (int is_inherited = 0; is_inherited < 2; is_inherited++) {
        struct shard_fixture f;
        struct wf_retry_policy policy = {.initial_interval = wf_duration_of(WF_NS_PER_S)};
        struct wf_command command = {0};

        (void)state;
        shard_fixture_init(&f, NULL);
        shard_start_with(&f, (struct wf_svc_start_workflow){.workflow_id = WF_STR("w"),
                                                            .retry_policy = &policy,
                                                            .inherited_pinned_version = is_inherited != 0 ? &v1 : NULL});
        work_as(&f, &v1, WF_VERSIONING_BEHAVIOR_PINNED, 1);
        command = shard_fail_workflow(&f);
        shard_complete(&f, shard_poll(&f), &command, 1);
        assert_int_equal(started_of(&f, "w")->attempt, 2);
        assert_true((started_of(&f, "w")->inherited_pinned_version != NULL) == (is_inherited != 0));
        shard_fixture_deinit(&f);
    }
}

/* A reset run is where the copied history says. */
static void test_machine_versioning__reset_run_is_where_it_was(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    begin(&f, WF_VERSIONING_BEHAVIOR_PINNED, 3);
    shard_signal(&f, "w", "s", "r1");
    shard_complete(&f, shard_poll(&f), NULL, 0);
    shard_status_is(shard_reset(&f, "w", 8), WF_CALL_OK);
    test_string_is("version", shard_describe(&f, "w")->versioning->version->build_id, "v1");
    assert_int_equal(shard_describe(&f, "w")->versioning->behavior, WF_VERSIONING_BEHAVIOR_PINNED);
    shard_fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine_versioning__completed_task_tells),
        cmocka_unit_test(test_machine_versioning__worker_without_a_version),
        cmocka_unit_test(test_machine_versioning__who_may_take_a_task),
        cmocka_unit_test(test_machine_versioning__planted_old_routing),
        cmocka_unit_test(test_machine_versioning__pinned_run_hears_of_another_target),
        cmocka_unit_test(test_machine_versioning__inline_task_stays),
        cmocka_unit_test(test_machine_versioning__continued_run_inherits),
        cmocka_unit_test(test_machine_versioning__child_inherits),
        cmocka_unit_test(test_machine_versioning__retry_inherits_what_was_inherited),
        cmocka_unit_test(test_machine_versioning__reset_run_is_where_it_was),
    };

    return cmocka_run_group_tests_name("machine_versioning", tests, NULL, NULL);
}
