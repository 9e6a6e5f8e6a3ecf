/* One simulation from start to verdict: that a seed is repeated exactly, and what is said of workflows that did not complete. */
#include "tests/support/test.h"

#include "engine/service.h"
#include "engine/wfsim.h"
#include "sim/run.h"

/* A string for static tables, where ISO C wants constants. */
#define TEXT(literal) {(literal), sizeof(literal) - 1}
#define S WF_NS_PER_S

static bool never(const void *state)
{
    (void)state;
    return false;
}

static wf_error wait_for_ever(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)args;
    (void)result;
    return wf_wait(wf, never, state, WF_FOREVER, NULL);
}

static wf_error sleep_long(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    (void)args;
    (void)result;
    return wf_sleep(wf, 7 * WF_DAY);
}

static wf_error call(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    static const struct wf_options thrice = {.start_to_close = 5 * WF_SECOND, .retry.maximum_attempts = 3};

    (void)state;
    (void)args;
    return wf_activity(wf, "work", WF_ARGS(wf_bool(true)), &thrice, result);
}

static wf_error call_elsewhere(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    static const struct wf_options mail = {.start_to_close = 5 * WF_SECOND, .task_queue = "mial"};

    (void)state;
    (void)args;
    return wf_activity(wf, "work", WF_ARGS(wf_bool(true)), &mail, result);
}

static wf_error call_elsewhere_for_hours(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    static const struct wf_options mail = {.schedule_to_close = 3 * WF_HOUR, .task_queue = "mial"};

    (void)state;
    (void)args;
    return wf_activity(wf, "work", WF_ARGS(wf_bool(true)), &mail, result);
}

static int64_t backoff;

static wf_error call_again(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_options again = {.start_to_close = 5 * WF_SECOND, .retry.initial_interval = backoff};

    (void)state;
    (void)args;
    return wf_activity(wf, "work", WF_ARGS(wf_bool(true)), &again, result);
}

static wf_error book(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    return wf_nexus(wf, "hotel", "rooms", "book", wf_arg(args, 0), NULL, result);
}

static wf_error continue_for_ever(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    (void)result;
    return wf_continue_as_new(wf, args, NULL);
}

/* Three runs, then the end. */
static wf_error continue_twice(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const int64_t turn = args.count == 0 ? 0 : wf_as_integer(wf_arg(args, 0), 0);

    (void)state;
    (void)result;
    return turn == 2 ? NULL : wf_continue_as_new(wf, WF_ARGS(wf_integer(wf, turn + 1)), NULL);
}

static wf_error raise(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    (void)args;
    (void)result;
    return wf_child(wf, "Waits", WF_ARGS(wf_bool(true)),
                    &(struct wf_child_options){
                        .workflow_id = wf_as_text(wf, wf_text(wf, "child-of-%s", wf_info(wf)->workflow_id))},
                    NULL);
}

static const struct wf_workflow workflows[] = {
    {.name = "Continues", .run = continue_for_ever}, {.name = "ContinuesTwice", .run = continue_twice},
    {.name = "Waits", .run = wait_for_ever}, {.name = "Sleeps", .run = sleep_long},
    {.name = "Calls", .run = call},          {.name = "CallsElsewhere", .run = call_elsewhere},
    {.name = "Raises", .run = raise},        {.name = "CallsElsewhereForHours", .run = call_elsewhere_for_hours},
    {.name = "Books", .run = book},          {.name = "CallsAgain", .run = call_again},
    {.name = NULL},
};
static const struct wf_module module = {WF_API, .workflows = workflows};
static const struct sim_code code = {.version = TEXT("v1"), .module = &module};

static const struct sim_outcome busy = {
    .kind = SIM_OUTCOME_FAIL, .chance = {1, 1}, .failure_type = TEXT("Busy")};
static const struct sim_activity_model works = {.name = TEXT("work"), .takes = {SIM_CONSTANT, WF_NS_PER_MS, 0}};
static const struct sim_activity_model fails = {
    .name = TEXT("work"), .takes = {SIM_CONSTANT, WF_NS_PER_MS, 0}, .outcomes = &busy, .outcome_count = 1};

static const struct sim_outcome busy_at_first = {
    .kind = SIM_OUTCOME_FAIL, .chance = {1, 1}, .failure_type = TEXT("Busy"), .attempt = 1};
static const struct sim_activity_model works_at_last = {
    .name = TEXT("work"), .takes = {SIM_CONSTANT, WF_NS_PER_MS, 0}, .outcomes = &busy_at_first, .outcome_count = 1};

static const struct wf_string hotel = TEXT("hotel");
static const struct sim_nexus_model slow_booking = {
    .endpoint = TEXT("hotel"), .name = TEXT("rooms.book"), .takes = {SIM_CONSTANT, 5 * 3600 * S, 0}, .is_async = true};

static const struct wf_string all_types[] = {TEXT("Waits"), TEXT("Sleeps"), TEXT("Calls"), TEXT("CallsElsewhere")};
static const struct wf_string work[] = {TEXT("work")};
static const struct sim_queue queues[] = {
    {.name = TEXT("orders"), .worker_count = 1, .workflows = all_types, .workflow_count = TEST_COUNT(all_types)},
    {.name = TEXT("mail"), .worker_count = 1, .activities = work, .activity_count = 1},
};
static const struct sim_client approver = {.name = TEXT("client-1"),
                                           .action = SIM_CLIENT_SIGNAL,
                                           .to = {.text = TEXT("somebody-else")},
                                           .at_ns = S,
                                           .name_of = TEXT("approve")};

/* ---- Running ---- */

struct setting {
    struct wf_string workflow_type;
    const struct sim_activity_model *activity;
    bool has_queues;
    bool has_client;
    struct sim_run_options options;
};

static struct sim_run *begin(const struct setting *setting, struct sim_config *config, struct sim_start *start)
{
    struct sim_run *run = NULL;
    struct wf_error err = {0};

    *start = (struct sim_start){.workflow_type = setting->workflow_type,
                                .workflow_id = {.text = WF_STR("run-${n}")},
                                .count = 2,
                                .every = {SIM_EXPONENTIAL, 200 * WF_NS_PER_MS, 0}};
    *config = (struct sim_config){
        .name = WF_STR("test"),
        .codes = &code,
        .code_count = 1,
        .server_count = 2,
        .shard_count = 4,
        .worker_count = 2,
        .queues = setting->has_queues ? queues : NULL,
        .queue_count = setting->has_queues ? TEST_COUNT(queues) : 0,
        .starts = start,
        .start_count = 1,
        .activities = setting->activity,
        .activity_count = 1,
        .clients = setting->has_client ? &approver : NULL,
        .client_count = setting->has_client ? 1 : 0,
        .nexus = &slow_booking,
        .nexus_count = 1,
        .nexus_endpoints = &hotel,
        .nexus_endpoint_count = 1,
        .faults = {.is_enabled = true, .profile = WF_STR("chaos"), .for_ns = 10 * S},
    };
    for (int kind = 0; kind < SIM_FAULT_COUNT; kind++) {
        config->faults.allowed[kind] = kind != SIM_FAULT_CANCEL && kind != SIM_FAULT_TERMINATE;
    }
    wf_service_limits_default(&config->limits);
    if (sim_run_new(config, wf_system_blocks(), &run, &err) != WF_OK) {
        fail_msg("%s", err.message);
    }
    return run;
}

static const struct sim_run_result *run_seed(struct sim_run *run, const struct sim_run_options *options)
{
    const struct sim_run_result *result = NULL;
    struct wf_error err = {0};

    if (sim_run_seed(run, options, &result, &err) != WF_OK) {
        fail_msg("%s", err.message);
    }
    return result;
}

/* ---- Tests ---- */

/* A seed gives the same run again, also in memory that another seed has used; another seed gives another. */
static void test_run__seed_is_repeated_exactly(void **state)
{
    const struct setting setting = {.workflow_type = TEXT("Calls"), .activity = &works};
    struct sim_config config;
    struct sim_start start;
    struct sim_run *run = begin(&setting, &config, &start);
    uint64_t first[2] = {0};

    (void)state;
    for (uint64_t seed = 0; seed < 2; seed++) {
        first[seed] = run_seed(run, &(struct sim_run_options){.seed = seed})->trace_hash;
    }
    assert_int_not_equal(first[0], first[1]);
    for (uint64_t seed = 2; seed > 0; seed--) {
        assert_int_equal(run_seed(run, &(struct sim_run_options){.seed = seed - 1})->trace_hash, first[seed - 1]);
    }
    sim_run_free(run);
}

static void count_records(void *context, const struct sim_record *record)
{
    (void)record;
    (*(uint64_t *)context)++;
}

/* A run that is watched is the same run. */
static void test_run__watching_changes_nothing(void **state)
{
    const struct setting setting = {.workflow_type = TEXT("Calls"), .activity = &works};
    struct sim_config config;
    struct sim_start start;
    struct sim_run *run = begin(&setting, &config, &start);
    uint64_t count = 0;
    const uint64_t alone = run_seed(run, &(struct sim_run_options){.seed = 3})->trace_hash;
    const uint64_t watched =
        run_seed(run, &(struct sim_run_options){.seed = 3, .observer = count_records, .observer_context = &count})
            ->trace_hash;

    (void)state;
    assert_int_equal(watched, alone);
    assert_true(count > 20);
    sim_run_free(run);
}

/* Stopping leaves a run that can be looked at, at the step or time asked for. */
static void test_run__stops_where_it_is_told(void **state)
{
    const struct setting setting = {.workflow_type = TEXT("Sleeps"), .activity = &works};
    struct sim_config config;
    struct sim_start start;
    struct sim_run *run = begin(&setting, &config, &start);

    (void)state;
    assert_int_equal(run_seed(run, &(struct sim_run_options){.stop_at_step = 50})->step_count, 50);
    assert_true(run_seed(run, &(struct sim_run_options){.stop_at_ns = 3 * S})->end_time_ns <= 3 * S);
    assert_int_equal(sim_world_run_count(sim_run_world(run)), 2);
    sim_run_free(run);
}

/* Without faults nothing fires, and everything that can complete does. */
static void test_run__no_faults_means_none(void **state)
{
    const struct setting setting = {.workflow_type = TEXT("Calls"), .activity = &works};
    struct sim_config config;
    struct sim_start start;
    struct sim_run *run = begin(&setting, &config, &start);
    const struct sim_run_result *result = run_seed(run, &(struct sim_run_options){.seed = 5, .no_faults = true});

    (void)state;
    for (int kind = 0; kind < SIM_FAULT_COUNT; kind++) {
        assert_int_equal(result->fault_counts[kind], 0);
    }
    assert_int_equal(result->unfinished_count, 0);
    assert_int_equal(result->runs_by_status[WF_WORKFLOW_EXECUTION_STATUS_COMPLETED], 2);
    sim_run_free(run);
}

/* What is said of a workflow that did not complete: what it waits for, or why it failed. */
static void test_run__unfinished_workflows_say_why(void **state)
{
    static const struct {
        struct setting setting;
        const char *diagnosis;
        const char *reason;
    } rows[] = {
        {{.workflow_type = TEXT("Waits"), .activity = &works},
         "WF501",
         "waits for a signal or a condition, with no timer, activity or task pending"},
        {{.workflow_type = TEXT("Waits"), .activity = &works, .has_client = true},
         "WF501",
         "waits, and signal approve was never sent to it"},
        {{.workflow_type = TEXT("Raises"), .activity = &works}, "WF501", "waits for child child-of-run-1"},
        {{.workflow_type = TEXT("Sleeps"), .activity = &works, .options = {.stop_at_ns = 60 * S}},
         "WF502",
         "waits for timer 1 at 604800."},
        {{.workflow_type = TEXT("Calls"), .activity = &fails},
         "WF504",
         "failed because work failed on its last attempt: Busy"},
        {{.workflow_type = TEXT("CallsElsewhere"), .activity = &works, .has_queues = true},
         "WF503",
         "waits for activity work, attempt 1, which waits on queue mial, and nobody polls that for it; queue mail has "
         "workers that would take it"},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct sim_config config;
        struct sim_start start;
        struct sim_run *run = begin(&rows[i].setting, &config, &start);
        struct sim_run_options options = rows[i].setting.options;
        const struct sim_run_result *result = NULL;

        options.no_faults = true;
        result = run_seed(run, &options);
        /* A child waits, too. */
        assert_int_equal(result->unfinished_count, wf_string_is(rows[i].setting.workflow_type, "Raises") ? 4 : 2);
        if (!wf_string_starts_with(result->unfinished[0].reason, wf_string_of(rows[i].reason))) {
            test_string_is("reason", result->unfinished[0].reason, rows[i].reason);
        }
        assert_string_equal(result->unfinished[0].diagnosis, rows[i].diagnosis);
        test_string_is("id", result->unfinished[0].workflow_id, "run-1");
        sim_run_free(run);
    }
}

/* Hours in which nothing happens do not end a simulation while something is due or somebody outside works. */
static void test_run__what_is_under_way_is_waited_for(void **state)
{
    static const struct {
        struct setting setting;
        int32_t status;
        int64_t hours;
    } rows[] = {
        {{.workflow_type = TEXT("Books"), .activity = &works}, WF_WORKFLOW_EXECUTION_STATUS_COMPLETED, 5},
        {{.workflow_type = TEXT("CallsElsewhereForHours"), .activity = &works}, WF_WORKFLOW_EXECUTION_STATUS_FAILED, 3},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct sim_config config;
        struct sim_start start;
        struct sim_run *run = begin(&rows[i].setting, &config, &start);
        const struct sim_run_result *result = run_seed(run, &(struct sim_run_options){.no_faults = true});

        assert_int_equal(result->runs_by_status[rows[i].status], 2);
        assert_true(result->end_time_ns >= rows[i].hours * 3600 * S);
        sim_run_free(run);
    }
}

/* The quiet hour may be over in the moment in which a task is due and nobody has taken it yet. */
static void test_run__what_has_just_become_due_is_waited_for(void **state)
{
    const struct setting setting = {.workflow_type = TEXT("CallsAgain"), .activity = &works_at_last};
    struct sim_config config;
    struct sim_start start;
    struct sim_run *run = begin(&setting, &config, &start);

    (void)state;
    start.count = 1;
    for (int before = 0; before < 60; before++) {
        backoff = WF_HOUR - before * WF_MILLISECOND;
        assert_int_equal(run_seed(run, &(struct sim_run_options){.seed = (uint64_t)before, .no_faults = true})
                             ->runs_by_status[WF_WORKFLOW_EXECUTION_STATUS_COMPLETED],
                         1);
    }
    sim_run_free(run);
}

/* A chain of runs that does not end is a finding of its own kind, with the workflow, how often, and when; one that ends in
 * time is none. */
static void test_run__a_chain_without_end_is_a_finding(void **state)
{
    const struct setting endless = {.workflow_type = TEXT("Continues"), .activity = &works};
    const struct setting short_one = {.workflow_type = TEXT("ContinuesTwice"), .activity = &works};
    struct sim_config config;
    struct sim_start start;
    struct sim_run *run = begin(&endless, &config, &start);
    const struct sim_run_result *result = NULL;

    (void)state;
    config.chain_runs_max = 3;
    result = run_seed(run, &(struct sim_run_options){.seed = 1, .no_faults = true});
    assert_int_equal(result->broken_count, 1);
    assert_null(result->broken[0].check);
    assert_string_equal(result->broken[0].diagnosis, "WF517");
    assert_true(wf_string_starts_with(result->broken[0].sentence,
                                      WF_STR("run-1 (Continues) continued as new 3 times in 2s")));
    test_string_is("id", result->broken[0].workflow_id, "run-1");
    assert_string_equal(result->unfinished[0].diagnosis, "WF517");
    assert_false(result->is_out_of_steps);
    sim_run_free(run);

    run = begin(&short_one, &config, &start);
    config.chain_runs_max = 3;
    result = run_seed(run, &(struct sim_run_options){.seed = 1, .no_faults = true});
    assert_int_equal(result->broken_count, 0);
    assert_int_equal(result->runs_by_status[WF_WORKFLOW_EXECUTION_STATUS_COMPLETED], 2);
    sim_run_free(run);
}

/* Histories of runs that are still open at the end are verified too: a service that forgets request ids is seen. */
static void test_run__open_runs_are_verified(void **state)
{
    static const struct sim_client often = {.name = TEXT("client-1"),
                                            .action = SIM_CLIENT_SIGNAL,
                                            .to = {.text = TEXT("run-1")},
                                            .at_ns = S,
                                            .every_ns = S,
                                            .name_of = TEXT("approve")};
    const struct setting setting = {.workflow_type = TEXT("Waits"), .activity = &works};
    struct sim_config config;
    struct sim_start start;
    struct sim_run *run = begin(&setting, &config, &start);
    bool is_seen = false;

    (void)state;
    config.clients = &often;
    config.client_count = 1;
    config.planted = WF_PLANT_NO_REQUEST_DEDUP;
    config.end_after_ns = 60 * S;
    for (int kind = 0; kind < SIM_FAULT_COUNT; kind++) {
        config.faults.allowed[kind] = kind == SIM_FAULT_SIGNAL_DUPLICATE;
    }
    for (uint64_t seed = 1; seed <= 20; seed++) {
        const struct sim_run_result *result = run_seed(run, &(struct sim_run_options){.seed = seed});

        assert_int_equal(result->unfinished_count, 2);
        is_seen = is_seen || (result->broken_count > 0 && wf_string_is(result->broken[0].invariant, "I55"));
    }
    assert_true(is_seen);
    sim_run_free(run);
}

/* A run that never ends is given up at its limit of steps, and says so. */
static void test_run__gives_up_at_its_limit_of_steps(void **state)
{
    const struct setting setting = {.workflow_type = TEXT("Sleeps"), .activity = &works};
    struct sim_config config;
    struct sim_start start;
    struct sim_run *run = begin(&setting, &config, &start);

    (void)state;
    config.step_max = 40;
    assert_true(run_seed(run, &(struct sim_run_options){.seed = 1})->is_out_of_steps);
    sim_run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run__seed_is_repeated_exactly),
        cmocka_unit_test(test_run__watching_changes_nothing),
        cmocka_unit_test(test_run__stops_where_it_is_told),
        cmocka_unit_test(test_run__no_faults_means_none),
        cmocka_unit_test(test_run__unfinished_workflows_say_why),
        cmocka_unit_test(test_run__what_is_under_way_is_waited_for),
        cmocka_unit_test(test_run__what_has_just_become_due_is_waited_for),
        cmocka_unit_test(test_run__a_chain_without_end_is_a_finding),
        cmocka_unit_test(test_run__open_runs_are_verified),
        cmocka_unit_test(test_run__gives_up_at_its_limit_of_steps),
    };

    return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
