/* What an activation holds and in which order: replay-rules 1.5, 1.6, 1.8, 1.10, 1.12, 1.13 and the
 * golden trace of 4.7. */
#include "tests/support/test.h"

#include "engine/worker/worker_run.h"
#include "tests/support/script.h"

static const struct {
    const char *name;
    const char *history;
    const char *answers[6];
    const char *trace;
} rows[] = {
    {"a signal that came after a result is seen before it",
     "started, task, completed, activity 1, timer 2, fired 6 2, activity-started 5, "
     "activity-completed 5, signaled, task",
     {"activity 1, timer 2"},
     "3 replaying: initialize\n12 live: signal signal; fire 2; activity 1 completed\n"},
    {"patches first, local activities last, the rest as it happened",
     "started, signaled early, task, completed, patch, patches, local 2, activity 1, "
     "activity-started 9, "
     "cancel-requested why, activity-failed 9, task",
     {"patch p1, local 2, activity 1"},
     "4 replaying: initialize; patch p1; signal early\n4 replaying: local 2 completed\n"
     "14 live: cancel why; activity 1 failed\n"},
    {"the golden trace",
     "started, task, completed, patch, patches, activity 1 foo, activity-started 7, "
     "activity-completed 7, task, "
     "completed, closed",
     {"patch p1, activity 1 foo", "complete"},
     "3 replaying: initialize; patch p1\n11 replaying: activity 1 completed\n"},
    {"a reset changes the random numbers",
     "started, task, completed, timer 1, task, reset new-run-id-xyz, fired 5, task",
     {"timer 1"},
     "3 replaying: initialize\n11 live: seed 18411112526109534407; fire 1\n"},
    {"an update admitted while replaying waits for its acceptance",
     "started, task, completed, admitted u1, task, completed, accepted u1 6, update-completed u1, "
     "task",
     {"", "accept u1, finish u1"},
     "3 replaying: initialize\n7 replaying: update u1\n"},
    {"an update admitted in the open task is validated",
     "started, task, completed, admitted u1, task",
     {""},
     "3 replaying: initialize\n7 live: update u1 validate\n"},
    {"updates and signals keep their order",
     "started, task, completed, signaled, task, completed, accepted u1 6, task",
     {"", "accept u1"},
     "3 replaying: initialize\n7 replaying: signal signal; update u1\n"},
    {"local activities resolve in the order of their markers",
     "started, task, completed, local 2, local 1, activity 3, activity-started 7, "
     "activity-completed 7, task",
     {"local 1, local 2", "", "", ""},
     "3 replaying: initialize\n3 replaying: local 2 completed; local 1 completed\n"},
    {"a marker waits until the code schedules its activity",
     "started, task, completed, local 1, local 2, timer 3, fired 7 3, task",
     {"local 1", "local 2", "timer 3"},
     "3 replaying: initialize\n3 replaying: local 1 completed\n3 replaying: local 2 completed\n10 "
     "live: fire 3\n"},
    {"what happened after the last task of an open run reaches the code too",
     "started, task, completed, timer 1, fired 5",
     {"timer 1"},
     "3 replaying: initialize\n6 live: fire 1\n"},
};

static void test_activation__jobs_come_in_the_order_of_their_classes(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct history_builder history;
        struct script_result result;

        history_init(&history, *state);
        history_add(&history, rows[i].history);
        script_replay(*state, &history, rows[i].answers, &result);

        test_string_is(rows[i].name, result.trace, rows[i].trace);
    }
}

/* ---- Fields ---- */

#define ACTIVATIONS_MAX 8

struct seen {
    struct wf_sdk_activation activations[ACTIVATIONS_MAX]; /* jobs and lists are gone */
    uint32_t flags[ACTIVATIONS_MAX][8];
    struct wf_sdk_worker_deployment_version deployments[ACTIVATIONS_MAX];
    uint64_t seed;
    uint32_t count;
};

static void note(struct seen *seen, const struct wf_sdk_activation *activation)
{
    struct wf_sdk_activation *kept = &seen->activations[seen->count];

    *kept = *activation;
    for (uint32_t i = 0; i < activation->available_internal_flags.count; i++) {
        seen->flags[seen->count][i] = activation->available_internal_flags.items[i];
    }
    if (activation->deployment_version_for_current_task != NULL) {
        seen->deployments[seen->count] = *activation->deployment_version_for_current_task;
    }
    if (activation->jobs.items[0].variant_case == WF_CASE_sdk_job_initialize_workflow) {
        seen->seed = activation->jobs.items[0].variant.initialize_workflow->randomness_seed;
    }
    seen->count++;
}

/* Replays in a worker and notes every activation; run_id stands for the history's. */
static void watch(struct wf_arena *arena, const struct history_builder *history,
                  const char *const *answers, struct seen *seen)
{
    const struct wf_worker_config config = {
        .blocks = arena->source, .cache_size_max = 1, .is_replay = true};
    struct wf_worker *worker = wf_worker_new(&config);
    struct wf_task task = {
        .run_id =
            history->events[0].attributes.workflow_execution_started->original_execution_run_id,
        .events = history->events,
        .event_count = history->count,
        .previous_started_event_id = history->count,
        .is_full_history = true};
    struct wf_worker_input in = {.type = WF_WORKER_TASK, .task = &task};
    struct wf_worker_output out;
    struct wf_error err;

    memset(seen, 0, sizeof *seen);
    assert_int_equal(wf_worker_step(worker, &in, &out, &err), WF_OK);
    while (out.type == WF_WORKER_ACTIVATION) {
        note(seen, out.activation);
        in = (struct wf_worker_input){.type = WF_WORKER_COMPLETION};
        in.completion.completion = script_completion(arena, *answers == NULL ? "" : *answers);
        answers += *answers != NULL;
        assert_int_equal(wf_worker_step(worker, &in, &out, &err), WF_OK);
    }
    assert_int_equal(out.type, WF_WORKER_FINDING);
    assert_int_equal(out.finding->verdict, WF_VERDICT_OK);
    wf_worker_free(worker);
}

/* The seed is a hash of the run id (vectors of replay-rules 1.10). */
static void test_activation__the_seed_comes_from_the_run_id(void **state)
{
    static const struct {
        const char *run_id;
        uint64_t seed;
    } seeds[] = {
        {"11111111-2222-3333-4444-555555555555", UINT64_C(7727541144460110179)},
        {"new-run-id-xyz", UINT64_C(18411112526109534407)},
        {"", UINT64_C(3476900567878811119)},
    };
    static const char *const answers[] = {NULL};

    for (size_t i = 0; i < TEST_COUNT(seeds); i++) {
        struct history_builder history;
        struct seen seen;

        history_init(&history, *state);
        history_add(&history, "started, task");
        history.events[0].attributes.workflow_execution_started->original_execution_run_id =
            wf_string_of(seeds[i].run_id);
        watch(*state, &history, answers, &seen);

        assert_true(seen.seed == seeds[i].seed);
    }
}

/* Workflow time is that of the started event which ended the chunk, never goes back, and ignores
 * tasks that came to nothing. */
static void test_activation__time_is_the_started_events_and_never_goes_back(void **state)
{
    static const char *const answers[] = {"timer 1", "timer 2", NULL};
    struct history_builder history;
    struct seen seen;

    history_init(&history, *state);
    history_add(
        &history,
        "started, task, completed, timer 1, task, failed, fired 5, task, completed, timer 2, "
        "fired 13 2, task");
    history.events[15].event_time.seconds = HISTORY_EPOCH_SECONDS; /* a clock that jumped back */
    watch(*state, &history, answers, &seen);

    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.activations[0].timestamp.seconds, HISTORY_EPOCH_SECONDS + 3);
    assert_int_equal(seen.activations[1].timestamp.seconds, HISTORY_EPOCH_SECONDS + 11);
    assert_int_equal(seen.activations[2].timestamp.seconds, HISTORY_EPOCH_SECONDS + 11);
}

/* With two local activities resolved together, time is the later of their ends. */
static void test_activation__local_activities_move_time_to_the_later_end(void **state)
{
    static const char *const answers[] = {"local 1, local 2", NULL};
    struct history_builder history;
    struct seen seen;

    history_init(&history, *state);
    history_add(&history, "started, task, completed, local 2, local 1");
    watch(*state, &history, answers, &seen);

    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.activations[1].timestamp.seconds, HISTORY_EPOCH_SECONDS + 1002);
    assert_int_equal(seen.activations[1].history_length, 3);
}

/* Flags are known one task ahead: those that the very task recorded are there when it runs. */
static void test_activation__flags_include_those_of_the_task_that_runs(void **state)
{
    struct history_builder history;
    struct seen seen;

    history_init(&history, *state);
    history.lang_flags = "31";
    history_add(&history, "started, task, completed, timer 1, fired 5");
    history.lang_flags = "2";
    history.has_metadata = false;
    history_add(&history, "task, completed, closed");
    watch(*state, &history, (const char *const[]){"timer 1", "complete", NULL}, &seen);

    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.activations[0].available_internal_flags.count, 2);
    assert_int_equal(seen.flags[0][0], 1);
    assert_int_equal(seen.flags[0][1], 3);
    assert_int_equal(seen.activations[1].available_internal_flags.count, 3);
    assert_int_equal(seen.flags[1][1], 2);
}

/* The facts of the started event and of the completed one reach the code. */
static void test_activation__history_facts_come_from_the_last_started_event(void **state)
{
    struct history_builder history;
    struct wf_event_workflow_task_completed *completed = NULL;
    struct seen seen;

    history_init(&history, *state);
    history_add(&history, "started, task");
    history.events[2].attributes.workflow_task_started->suggest_continue_as_new = true;
    completed = history_task_completed(&history)->attributes.workflow_task_completed;
    completed->worker_deployment_version = WF_STR("pay.v1.2");
    completed->sdk_metadata->sdk_version = WF_STR("1.2.3");
    history_add(&history, "closed");
    watch(*state, &history, (const char *const[]){"complete", NULL}, &seen);

    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.activations[0].history_size_bytes, 300);
    assert_true(seen.activations[0].continue_as_new_suggested);
    test_string_is("deployment", seen.deployments[0].deployment_name, "pay");
    test_string_is("build", seen.deployments[0].build_id, "v1.2");
    test_string_is("version", seen.activations[0].last_sdk_version, "1.2.3");
}

/* ---- Initialisation ---- */

static void test_activation__initialization_copies_the_started_event(void **state)
{
    const struct wf_worker_config config = {
        .blocks = ((struct wf_arena *)*state)->source, .cache_size_max = 1, .is_replay = true};
    struct wf_worker *worker = wf_worker_new(&config);
    struct history_builder history;
    struct wf_event_workflow_execution_started *started = NULL;
    const struct wf_sdk_initialize_workflow *job = NULL;
    struct wf_task task = {
        .run_id = WF_STR("run"), .workflow_id = WF_STR("order-1"), .is_full_history = true};
    struct wf_worker_input in = {.type = WF_WORKER_TASK, .task = &task};
    struct wf_worker_output out;
    struct wf_error err;

    history_init(&history, *state);
    started = history_started(&history, "Order")->attributes.workflow_execution_started;
    started->input = history_payloads(*state, "\"order-1\"");
    started->attempt = 3;
    started->cron_schedule = WF_STR("@daily");
    started->first_workflow_task_backoff = (struct wf_timestamp){.seconds = 7, .is_set = true};
    started->continued_execution_run_id = WF_STR("before");
    history_task(&history);
    task.events = history.events;
    task.event_count = history.count;
    assert_int_equal(wf_worker_step(worker, &in, &out, &err), WF_OK);
    job = out.activation->jobs.items[0].variant.initialize_workflow;

    test_string_is("type", job->workflow_type, "Order");
    test_string_is("id", job->workflow_id, "order-1");
    test_string_is("cron", job->cron_schedule, "@daily");
    test_string_is("continued", job->continued_from_execution_run_id, "before");
    assert_int_equal(job->attempt, 3);
    assert_int_equal(job->cron_schedule_to_schedule_interval.seconds, 7);
    assert_int_equal(job->start_time.seconds, HISTORY_EPOCH_SECONDS + 1);
    assert_ptr_equal(job->arguments.items,
                     started->input->payloads.items); /* payloads are used uncopied */
    assert_true(out.is_new);
    wf_worker_free(worker);
}

/* The only job of an eviction is to drop the run; its other fields are zero. */
static void test_activation__an_eviction_stands_alone(void **state)
{
    struct wf_eviction eviction;

    (void)state;
    wf_eviction_init(&eviction, WF_STR("run"), WF_SDK_EVICTION_REASON_LANG_REQUESTED,
                     WF_STR("done"));

    assert_int_equal(eviction.activation.jobs.count, 1);
    assert_int_equal(eviction.activation.jobs.items[0].variant_case,
                     WF_CASE_sdk_job_remove_from_cache);
    assert_int_equal(eviction.activation.jobs.items[0].variant.remove_from_cache->reason, 5);
    assert_int_equal(eviction.activation.history_length, 0);
    assert_false(eviction.activation.is_replaying);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_activation__jobs_come_in_the_order_of_their_classes),
        TEST_IN_ARENA(test_activation__the_seed_comes_from_the_run_id),
        TEST_IN_ARENA(test_activation__time_is_the_started_events_and_never_goes_back),
        TEST_IN_ARENA(test_activation__local_activities_move_time_to_the_later_end),
        TEST_IN_ARENA(test_activation__flags_include_those_of_the_task_that_runs),
        TEST_IN_ARENA(test_activation__history_facts_come_from_the_last_started_event),
        TEST_IN_ARENA(test_activation__initialization_copies_the_started_event),
        cmocka_unit_test(test_activation__an_eviction_stands_alone),
    };

    return cmocka_run_group_tests_name("activation", tests, NULL, NULL);
}
