/*
 * Nexus operations as workflow code calls them: what each end of an operation is to the code. The code returns what it saw, and
 * a history without a result shows it as the difference of the results.
 */
#include "tests/support/test.h"

#include "tests/support/replay_bench.h"

#define CODE(name) \
    static wf_error name(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
#define UNUSED (void)state, (void)args

#define BEGUN "started, task, completed, nexus, "
#define NEXT_TASK ", task, completed"

/* ---- Code ---- */

static struct wf_value told(struct wf *wf, wf_error error)
{
    if (error == NULL) {
        return wf_text(wf, "done");
    }
    return wf_error_kind(error) == WF_NEXUS ? wf_text(wf, "nexus: %s <- %s", wf_error_message(wf, error),
                                                      wf_error_message(wf, wf_error_cause(error)))
                                            : wf_text(wf, "other: %s", wf_error_message(wf, error));
}

CODE(calls)
{
    struct wf_value value = wf_null();
    wf_error error = wf_nexus(wf, "endpoint", "service", "operation", wf_integer(wf, 7), NULL, &value);

    UNUSED;
    *result = error == NULL ? value : told(wf, error);
    return NULL;
}

CODE(waits_for_the_start)
{
    struct wf_future *operation = wf_nexus_start(wf, "endpoint", "service", "operation", wf_null(), NULL);
    const char *token = NULL;
    wf_error error = wf_nexus_started(wf, operation, &token);

    UNUSED;
    *result = error == NULL ? wf_text(wf, "token '%s'", token) : told(wf, error);
    return NULL;
}

static wf_error cancel_when_started(struct wf *wf, enum wf_nexus_cancellation cancellation, struct wf_value *result)
{
    const struct wf_nexus_options options = {.cancellation = cancellation};
    struct wf_future *operation = wf_nexus_start(wf, "endpoint", "service", "operation", wf_null(), &options);
    wf_error error = wf_nexus_started(wf, operation, NULL);

    if (error == NULL) {
        wf_cancel(wf, operation);
        error = wf_await(wf, operation, NULL);
    }
    *result = wf_text(wf, "%s", wf_is_canceled(error) ? "canceled" : wf_as_text(wf, told(wf, error)));
    return NULL;
}

CODE(cancels_and_waits)
{
    UNUSED;
    return cancel_when_started(wf, WF_NEXUS_WAIT_CANCELED, result);
}

CODE(cancels_and_goes_on)
{
    UNUSED;
    return cancel_when_started(wf, WF_NEXUS_TRY_CANCEL, result);
}

CODE(abandons)
{
    UNUSED;
    return cancel_when_started(wf, WF_NEXUS_ABANDON, result);
}

CODE(waits_until_asked)
{
    UNUSED;
    return cancel_when_started(wf, WF_NEXUS_WAIT_REQUESTED, result);
}

CODE(cancels_before_it_is_sent)
{
    struct wf_future *operation = wf_nexus_start(wf, "endpoint", "service", "operation", wf_null(), NULL);

    UNUSED;
    wf_cancel(wf, operation);
    *result = wf_text(wf, "%s", wf_is_canceled(wf_await(wf, operation, NULL)) ? "canceled" : "not canceled");
    return NULL;
}

CODE(names_no_endpoint)
{
    UNUSED;
    return wf_nexus(wf, "", "service", "operation", wf_null(), NULL, result);
}

CODE(waits_for_the_start_of_a_timer)
{
    UNUSED, (void)result;
    return wf_nexus_started(wf, wf_timer_start(wf, WF_SECOND), NULL);
}

/* ---- Histories ---- */

static struct wf_event *event_of(struct wf_event *events, enum wf_event_type type)
{
    while (events->event_type != (int32_t)type) {
        events++;
    }
    return events;
}

static void with_result(struct wf_arena *arena, struct wf_event *events)
{
    struct wf_payload *payload = wf_message_new(arena, &wf_type_payload);

    *payload = history_payload(arena, "\"answer\"");
    event_of(events, WF_EVENT_TYPE_NEXUS_OPERATION_COMPLETED)->attributes.nexus_operation_completed->result = payload;
}

static void with_token(struct wf_arena *arena, struct wf_event *events)
{
    (void)arena;
    event_of(events, WF_EVENT_TYPE_NEXUS_OPERATION_STARTED)->attributes.nexus_operation_started->operation_token =
        WF_STR("T-1");
}

static void with_failure(struct wf_arena *arena, struct wf_event *events)
{
    struct wf_failure *failure = wf_message_new(arena, &wf_type_failure);

    failure->message = WF_STR("nexus operation completed unsuccessfully");
    failure->failure_info_case = WF_CASE_failure_nexus_operation_execution_failure_info;
    failure->failure_info.nexus_operation_execution_failure_info =
        wf_message_new(arena, &wf_type_nexus_operation_failure_info);
    failure->cause = wf_message_new(arena, &wf_type_failure);
    failure->cause->message = WF_STR("out of stock");
    failure->cause->failure_info_case = WF_CASE_failure_application_failure_info;
    failure->cause->failure_info.application_failure_info = wf_message_new(arena, &wf_type_application_failure_info);
    event_of(events, WF_EVENT_TYPE_NEXUS_OPERATION_FAILED)->attributes.nexus_operation_failed->failure = failure;
}

static void with_cancellation(struct wf_arena *arena, struct wf_event *events)
{
    struct wf_failure *failure = wf_message_new(arena, &wf_type_failure);

    failure->failure_info_case = WF_CASE_failure_nexus_operation_execution_failure_info;
    failure->failure_info.nexus_operation_execution_failure_info =
        wf_message_new(arena, &wf_type_nexus_operation_failure_info);
    failure->cause = wf_message_new(arena, &wf_type_failure);
    failure->cause->failure_info_case = WF_CASE_failure_canceled_failure_info;
    failure->cause->failure_info.canceled_failure_info = wf_message_new(arena, &wf_type_canceled_failure_info);
    event_of(events, WF_EVENT_TYPE_NEXUS_OPERATION_CANCELED)->attributes.nexus_operation_canceled->failure = failure;
}

static const struct {
    const char *name;
    replay_bench_code run;
    const char *history;
    void (*change)(struct wf_arena *arena, struct wf_event *events);
    const char *seen;
} rows[] = {
    {"the result of one that was answered at once", calls, BEGUN "nexus-completed 5" NEXT_TASK ", closed", with_result,
     "\"answer\""},
    {"the result of one that was started", calls, BEGUN "nexus-started 5, nexus-completed 5" NEXT_TASK ", closed", with_result,
     "\"answer\""},
    {"its failure, and why", calls, BEGUN "nexus-failed 5" NEXT_TASK ", closed", with_failure,
     "\"nexus: nexus operation completed unsuccessfully <- out of stock\""},
    {"the token of one that was started", waits_for_the_start, BEGUN "nexus-started 5" NEXT_TASK ", closed", with_token,
     "\"token 'T-1'\""},
    {"no token of one that was answered at once", waits_for_the_start, BEGUN "nexus-completed 5" NEXT_TASK ", closed", NULL,
     "\"token ''\""},
    {"the failure of one that could not be started", waits_for_the_start, BEGUN "nexus-failed 5" NEXT_TASK ", closed",
     with_failure, "\"nexus: nexus operation completed unsuccessfully <- out of stock\""},
    {"a cancel whose end is waited for", cancels_and_waits,
     BEGUN "nexus-started 5" NEXT_TASK ", nexus-cancel 5, nexus-canceled 5" NEXT_TASK ", closed",
     with_cancellation, "\"canceled\""},
    {"an end that an event lost the reason of", calls, BEGUN "nexus-failed 5" NEXT_TASK ", closed", NULL,
     "\"other: history does not say why\""},
    {"a cancel that comes too late", cancels_and_waits,
     BEGUN "nexus-started 5" NEXT_TASK ", nexus-cancel 5, nexus-completed 5" NEXT_TASK ", closed", NULL, "\"done\""},
    {"a cancel that is not waited for", cancels_and_goes_on, BEGUN "nexus-started 5" NEXT_TASK ", nexus-cancel 5, closed", NULL,
     "\"canceled\""},
    {"a cancel that is not even asked", abandons, BEGUN "nexus-started 5" NEXT_TASK ", closed", NULL, "\"canceled\""},
    {"a cancel that is waited for until the handler was asked", waits_until_asked,
     BEGUN "nexus-started 5" NEXT_TASK ", nexus-cancel 5, nexus-cancel-completed 5" NEXT_TASK ", closed", NULL,
     "\"canceled\""},
    {"a cancel in the task of the call: nothing is sent", cancels_before_it_is_sent, "started, task, completed, closed", NULL,
     "\"canceled\""},
};

/* The recorded run ended with no result, so what the code saw is the difference. */
static void test_nexus_call__ends_are_what_the_code_sees(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct replay_bench bench;

        replay_bench_run_changed(&bench, *state, rows[i].run, rows[i].history, NULL, rows[i].change,
                                 (struct wf_replay_options){.family = WF_FAMILY_CORE});
        test_string_is(rows[i].name, wf_string_of(wf_verdict_name(bench.result.verdict)), "ok");
        assert_true(bench.result.notes.count > 0);
        const struct wf_replay_note *last = &bench.result.notes.items[bench.result.notes.count - 1];
        test_string_is(rows[i].name, wf_string_of(last->rule), "result");
        test_string_is(rows[i].name, last->code.shown, rows[i].seen);
        replay_bench_end(&bench);
    }
}

/* A call that cannot be meant fails the task, which is retried until the code is mended, and says what is wrong. */
static void test_nexus_call__mistakes_fail_the_task(void **state)
{
    static const struct {
        const char *name;
        replay_bench_code run;
        const char *message;
    } mistakes[] = {
        {"no endpoint", names_no_endpoint, "a Nexus operation without an endpoint"},
        {"a timer", waits_for_the_start_of_a_timer, "wf_nexus_started was given a future that is not a Nexus operation"},
    };

    for (size_t i = 0; i < TEST_COUNT(mistakes); i++) {
        struct replay_bench bench;

        replay_bench_run(&bench, *state, mistakes[i].run, BEGUN "nexus-completed 5" NEXT_TASK ", closed",
                         (struct wf_replay_options){.family = WF_FAMILY_CORE});
        test_string_is(mistakes[i].name, wf_string_of(wf_verdict_name(bench.result.verdict)), "code_failed");
        assert_true(test_contains(bench.result.finding.message, mistakes[i].message));
        replay_bench_end(&bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_nexus_call__ends_are_what_the_code_sees),
        TEST_IN_ARENA(test_nexus_call__mistakes_fail_the_task),
    };

    return cmocka_run_group_tests_name("nexus_call", tests, NULL, NULL);
}
