/*
 * Workflow code on the host: what each call of the API asks of the worker, and how the code goes on with the answers.
 */
#include "tests/support/host_script.h"

#include <stdlib.h>

static const struct wf_options minute = {.start_to_close = WF_MINUTE};

#define MODULE(...)                                                                                                    \
    (&(const struct wf_module){.api = WF_API,                                                                          \
                               .workflows = (const struct wf_workflow[]){{__VA_ARGS__}, {.name = NULL}}})
#define RUN(function) MODULE(.name = "W", .run = (function))

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct script));
    return 0;
}

static int tear_down(void **state)
{
    struct script *script = *state;

    if (script->host != NULL) {
        script_end(script);
    }
    free(script);
    return 0;
}

/* ---- Activities ---- */

static wf_error call_one(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    return wf_activity(wf, "charge", args, &minute, result);
}

/* An activity's result is the payload that came, byte for byte. */
static void test_activity__result_is_passed_on_unchanged(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(call_one), "W", "[\"order-1\", {\"cents\":  0.10}]");
    script_expect(script, "activity 1 charge (\"order-1\", {\"cents\":  0.10}) run=60000ms\n");
    script_result(script, 1, "{\"id\" :\"\\u0000\"}");
    script_expect(script, "complete {\"id\" :\"\\u0000\"}\n");
}

/* A payload that is not JSON goes through code that cannot read it. */
static void test_activity__opaque_payload_goes_through(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(call_one), "W", "opaque");
    script_expect(script, "activity 1 charge (<binary/encrypted:opaque>) run=60000ms\n");
    script_result(script, 1, "opaque");
    script_expect(script, "complete <binary/encrypted:opaque>\n");
}

/* A failed activity is a value; returned, it fails the run with its causes. */
static void test_activity__failure_fails_the_run(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(call_one), "W", "[]");
    (void)script_run(script);
    script_failure(script, 1, "CardDeclined", "no money");
    script_expect(script, "fail <- activity: Activity task failed <- CardDeclined: no money\n");
}

static wf_error use_options(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    static const char *const types[] = {"Bad", "Worse", NULL};
    const struct wf_options options = {
        .schedule_to_close = 4 * WF_SECOND,
        .schedule_to_start = 3 * WF_SECOND,
        .start_to_close = 2 * WF_SECOND,
        .heartbeat = 1 * WF_SECOND,
        .retry = {.backoff_coefficient = 1.5,
                  .maximum_interval = WF_MINUTE,
                  .maximum_attempts = 3,
                  .non_retryable_error_types = types},
        .task_queue = "q",
        .activity_id = "mine",
        .cancellation = WF_WAIT_CANCELED,
    };

    (void)state, (void)args;
    return wf_activity(wf, "a", WF_ARGS(wf_integer(wf, -5), wf_bool(true), wf_null()), &options, result);
}

static void test_activity__every_option_reaches_the_command(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(use_options), "W", "[]");
    script_expect(script, "activity 1 a (-5, true, <binary/null:>) id=mine queue=q close=4000ms start=3000ms run=2000ms "
                          "beat=1000ms initial=1000ms coefficient=1.5 maximum=60000ms attempts=3 not=Bad not=Worse "
                          "cancellation=1\n");
    script_result(script, 1, NULL);
    script_expect(script, "complete\n");
}

/* ---- Timers, local activities and numbers ---- */

static wf_error number_steps(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct wf_future *parts[4];

    (void)state, (void)args, (void)result;
    parts[0] = wf_activity_start(wf, "a", WF_NO_ARGS, &minute);
    parts[1] = wf_local_activity_start(wf, "l", WF_NO_ARGS, &minute);
    parts[2] = wf_timer_start(wf, WF_SECOND);
    parts[3] = wf_activity_start(wf, "b", WF_NO_ARGS, &minute);
    return wf_gather(wf, parts, 4, WF_GATHER_ALL, NULL);
}

/* Remote and local activities share one counter, timers have their own (replay-rules 4.3). */
static void test_steps__are_numbered_by_kind(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(number_steps), "W", "[]");
    script_expect(script, "activity 1 a () run=60000ms\n"
                          "local 2 l attempt=1\n"
                          "timer 1 after=1000ms\n"
                          "activity 3 b () run=60000ms\n");
    script_result(script, 3, "1");
    script_expect(script, "");
    script_local_result(script, 2, "1");
    script_timer(script, 1);
    script_expect(script, "");
    script_result(script, 1, "1");
    script_expect(script, "complete\n");
}

static wf_error call_local(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args;
    return wf_local_activity(wf, "l", WF_NO_ARGS, &minute, result);
}

/* A long wait between two tries of a local activity is a timer, and the next try has a new number (replay-rules 3.4). */
static void test_local_activity__backs_off_with_a_timer(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(call_local), "W", "[]");
    script_expect(script, "local 1 l attempt=1\n");
    script_backoff(script, 1, 4, 90);
    script_expect(script, "timer 1 after=90000ms\n");
    script_timer(script, 1);
    script_expect(script, "local 2 l attempt=4\n");
    script_local_result(script, 2, "\"done\"");
    script_expect(script, "complete \"done\"\n");
}

static void test_local_activity__cancel_while_backing_off_cancels_the_timer(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(call_local), "W", "[]");
    (void)script_run(script);
    script_backoff(script, 1, 4, 90);
    (void)script_run(script);
    script_cancel(script, "");
    script_expect(script, "cancel timer 1\ncancel workflow\n");
}

static wf_error sleep_until(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)result;
    return wf_sleep(wf, wf_as_integer(wf_arg(args, 0), 0) * WF_SECOND);
}

/* B30: lateness does not change which command comes. */
static void test_timer__late_deadline_is_a_timer_of_zero(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(sleep_until), "W", "[-5]");
    script_expect(script, "timer 1 after=0ms\n");
    script_timer(script, 1);
    script_expect(script, "complete\n");
}

/* ---- Gather and select ---- */

static wf_error gather_three(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct wf_future *parts[3];
    struct wf_value results[3];
    const enum wf_gather how = wf_is_text(wf_arg(args, 0), "cancel") ? WF_GATHER_CANCEL_REST : WF_GATHER_ALL;
    wf_error failure = NULL;

    (void)state;
    for (int i = 0; i < 3; i++) {
        parts[i] = wf_activity_start(wf, "part", WF_ARGS(wf_integer(wf, i)), &minute);
    }
    failure = wf_gather(wf, parts, 3, how, results);
    *result = wf_list(wf, results, 3);
    return failure == NULL ? NULL : wf_fail(wf, "BatchFailed", failure, "of %d", 3);
}

static void test_gather__gives_results_in_order_of_the_futures(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(gather_three), "W", "[]");
    (void)script_run(script);
    script_result(script, 3, "30");
    script_result(script, 1, "10");
    script_expect(script, "");
    script_result(script, 2, "20");
    script_expect(script, "complete [10,20,30]\n");
}

/* B20: nothing is decided while a part still acts. The first failure in time is the one told. */
static void test_gather__waits_for_every_end_and_tells_the_first_failure(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(gather_three), "W", "[]");
    (void)script_run(script);
    script_failure(script, 3, "Late", "third");
    script_expect(script, "");
    script_failure(script, 1, "Later", "first");
    script_expect(script, "");
    script_result(script, 2, "20");
    script_expect(script, "fail <- BatchFailed: of 3 <- activity: Activity task failed <- Late: third\n");
}

static void test_gather__cancel_rest_cancels_and_waits(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(gather_three), "W", "[\"cancel\"]");
    (void)script_run(script);
    script_failure(script, 2, "Bad", "second");
    script_expect(script, "cancel activity 1\ncancel activity 3\n");
    script_canceled(script, 1);
    script_expect(script, "");
    script_result(script, 3, "1");
    script_expect(script, "fail <- BatchFailed: of 3 <- activity: Activity task failed <- Bad: second\n");
}

static wf_error select_one(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct wf_future *parts[2];
    size_t index = 0;
    wf_error failure = NULL;

    (void)state, (void)args;
    parts[0] = wf_activity_start(wf, "slow", WF_NO_ARGS, &minute);
    parts[1] = wf_activity_start(wf, "fast", WF_NO_ARGS, &minute);
    failure = wf_select(wf, parts, 2, 10 * WF_SECOND, &index);
    if (failure != NULL) {
        return failure;
    }
    *result = wf_integer(wf, (int64_t)index);
    return NULL;
}

static void test_select__gives_the_ready_one_and_takes_its_timer_back(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(select_one), "W", "[]");
    script_expect(script, "activity 1 slow () run=60000ms\nactivity 2 fast () run=60000ms\ntimer 1 after=10000ms\n");
    script_result(script, 2, "1");
    script_expect(script, "cancel timer 1\ncomplete 1\n");
}

static void test_select__time_runs_out(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(select_one), "W", "[]");
    (void)script_run(script);
    script_timer(script, 1);
    script_expect(script, "complete 2\n");
}

static void test_select__cancel_leaves_the_steps_alone(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(select_one), "W", "[]");
    (void)script_run(script);
    script_cancel(script, "enough");
    script_expect(script, "cancel timer 1\ncancel workflow\n");
}

/* ---- Signals, conditions, queries ---- */

struct approval {
    bool approved;
    bool rejected;
    int seen;
};

static wf_error approve(struct wf *wf, void *state, struct wf_args args)
{
    struct approval *approval = state;

    (void)wf;
    approval->approved = wf_as_bool(wf_arg(args, 0), true);
    approval->seen++;
    return NULL;
}

static wf_error reject(struct wf *wf, void *state, struct wf_args args)
{
    (void)state;
    return wf_fail(wf, "Rejected", NULL, "by %s", wf_as_text(wf, wf_arg(args, 0)));
}

static bool is_decided(const void *state)
{
    return ((const struct approval *)state)->approved;
}

static wf_error status(struct wf *wf, const void *state, struct wf_args args, struct wf_value *result)
{
    const struct approval *approval = state;

    (void)args;
    *result = wf_object(wf, WF_PAIRS({"approved", wf_bool(approval->approved)},
                                     {"seen", wf_integer(wf, approval->seen)}));
    return NULL;
}

static wf_error blocking_query(struct wf *wf, const void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args, (void)result;
    return wf_sleep(wf, WF_SECOND);
}

static wf_error changing_query(struct wf *wf, const void *state, struct wf_args args, struct wf_value *result)
{
    const struct approval *approval = state;
    int *seen = NULL;

    (void)wf, (void)args, (void)result;
    memcpy(&seen, &(const int *){&approval->seen}, sizeof seen);
    (*seen)++;
    return NULL;
}

static wf_error failing_query(struct wf *wf, const void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args, (void)result;
    return wf_fail(wf, "NoSuchThing", NULL, "asked for nothing");
}

static wf_error wait_for_approval(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    bool timed_out = false;
    const wf_error failure = wf_wait(wf, is_decided, state, 7 * WF_DAY, &timed_out);

    (void)args;
    *result = wf_text(wf, timed_out ? "timeout" : "approved");
    return failure;
}

static const struct wf_signal approval_signals[] = {{"approve", approve}, {"reject", reject}, {NULL, NULL}};
static const struct wf_query approval_queries[] = {{"status", status},
                                                   {"blocks", blocking_query},
                                                   {"changes", changing_query},
                                                   {"fails", failing_query},
                                                   {NULL, NULL}};
#define APPROVAL                                                                                                       \
    MODULE(.name = "W", .run = wait_for_approval, .state_size_bytes = sizeof(struct approval),                         \
           .signals = approval_signals, .queries = approval_queries)

static void test_wait__signal_ends_it_and_takes_the_timer_back(void **state)
{
    struct script *script = *state;

    script_begin(script, APPROVAL, "W", "[]");
    script_expect(script, "timer 1 after=604800000ms\n");
    script_signal(script, "approve", "[false]");
    script_expect(script, "");
    script_signal(script, "unknown", "[]");
    script_expect(script, "");
    script_signal(script, "approve", "[]");
    script_expect(script, "cancel timer 1\ncomplete \"approved\"\n");
}

static void test_wait__time_runs_out(void **state)
{
    struct script *script = *state;

    script_begin(script, APPROVAL, "W", "[]");
    (void)script_run(script);
    script_timer(script, 1);
    script_expect(script, "complete \"timeout\"\n");
}

/* B09: signal and timer in one task. The signal's group runs first, whatever the order of the events. */
static void test_wait__signal_in_the_task_of_the_timer_wins(void **state)
{
    struct script *script = *state;

    script_begin(script, APPROVAL, "W", "[]");
    (void)script_run(script);
    script_timer(script, 1);
    script_signal(script, "approve", "[]");
    script_expect(script, "cancel timer 1\ncomplete \"approved\"\n");
}

/* A signal that arrives with the start finds its handler and its state before the first line runs. No timer is needed. */
static void test_signal__before_the_first_line(void **state)
{
    struct script *script = *state;

    script_begin(script, APPROVAL, "W", "[]");
    script_signal(script, "approve", "[]");
    script_expect(script, "complete \"approved\"\n");
}

/* A handler's failure fails the run, as in the Python SDK. */
static void test_signal__handler_failure_fails_the_run(void **state)
{
    struct script *script = *state;

    script_begin(script, APPROVAL, "W", "[]");
    (void)script_run(script);
    script_signal(script, "reject", "[\"boss\"]");
    script_expect(script, "fail <- Rejected: by boss\n");
}

static void test_query__answers_from_the_state(void **state)
{
    struct script *script = *state;

    script_begin(script, APPROVAL, "W", "[]");
    (void)script_run(script);
    script_signal(script, "approve", "[false]");
    (void)script_run(script);
    script_query(script, "status", "[]");
    script_expect(script, "answer q1 {\"approved\":false,\"seen\":1}\n");
    script_query(script, "fails", "[]");
    script_expect(script, "answer q1  <- NoSuchThing: asked for nothing\n");
    script_query(script, "nothing", "[]");
    script_expect(script, "answer q1  <- UnknownQuery: the workflow has no such query\n");
    script_query(script, "__stack_trace", "[]");
    script_expect(script, "answer q1 \"condition (timeout in 7 days)\\n\"\n");
}

static void test_query__cannot_take_a_step(void **state)
{
    struct script *script = *state;

    script_begin(script, APPROVAL, "W", "[]");
    (void)script_run(script);
    script_query(script, "blocks", "[]");
    script_expect(script, "broken: wf_sleep cannot be called where code only looks: in a query, a validator, a condition, "
                          "init or a side effect\n");
}

/* B34: a query that changes the state would make replay another run. */
static void test_query__cannot_change_the_state(void **state)
{
    struct script *script = *state;

    script_begin(script, APPROVAL, "W", "[]");
    (void)script_run(script);
    script_query(script, "changes", "[]");
    script_expect(script, "broken: query changes changed the workflow's state\n");
}

struct order {
    char trace[32];
};

static void note(struct order *order, const char *text)
{
    strncat(order->trace, text, sizeof order->trace - strlen(order->trace) - 1);
}

static void init_order(struct wf *wf, void *state, struct wf_args args)
{
    (void)wf, (void)args;
    note(state, "init ");
}

static wf_error note_signal(struct wf *wf, void *state, struct wf_args args)
{
    note(state, wf_as_text(wf, wf_arg(args, 0)));
    note(state, " ");
    return NULL;
}

static wf_error slow_signal(struct wf *wf, void *state, struct wf_args args)
{
    wf_error failure = NULL;

    (void)args;
    note(state, "slow ");
    failure = wf_activity(wf, "slow", WF_NO_ARGS, &minute, NULL);
    note(state, "done ");
    return failure;
}

static wf_error note_main(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct order *order = state;

    (void)args;
    note(order, "main ");
    (void)wf_activity(wf, "a", WF_NO_ARGS, &minute, NULL);
    note(order, "result ");
    (void)wf_wait_for_handlers(wf);
    *result = wf_text(wf, "%s", order->trace);
    return NULL;
}

static const struct wf_signal order_signals[] = {{"note", note_signal}, {"slow", slow_signal}, {NULL, NULL}};
#define ORDER                                                                                                          \
    MODULE(.name = "W", .run = note_main, .state_size_bytes = sizeof(struct order), .init = init_order,                \
           .signals = order_signals)

/* Two signals before the first line, in their order, and one that arrived after a result of the same task before it. */
static void test_order__signals_come_before_results_of_their_task(void **state)
{
    struct script *script = *state;

    script_begin(script, ORDER, "W", "[]");
    script_signal(script, "note", "[\"one\"]");
    script_signal(script, "note", "[\"two\"]");
    script_expect(script, "activity 1 a () run=60000ms\n");
    script_result(script, 1, "1");
    script_signal(script, "note", "[\"late\"]");
    script_expect(script, "complete \"init one two main late result \"\n");
}

/* B13: a handler in the middle of its work keeps the run open. */
static void test_order__run_waits_for_handlers(void **state)
{
    struct script *script = *state;

    script_begin(script, ORDER, "W", "[]");
    script_signal(script, "slow", "[]");
    script_expect(script, "activity 1 slow () run=60000ms\nactivity 2 a () run=60000ms\n");
    script_result(script, 2, "1");
    script_expect(script, "");
    script_result(script, 1, "1");
    script_expect(script, "complete \"init slow main result done \"\n");
}

/* ---- Updates ---- */

static wf_error only_even(struct wf *wf, const void *state, struct wf_args args)
{
    (void)state;
    return wf_as_integer(wf_arg(args, 0), 1) % 2 == 0 ? NULL : wf_fail(wf, "Odd", NULL, "is odd");
}

static wf_error add_slowly(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    return wf_activity(wf, "add", args, &minute, result);
}

static const struct wf_update updates[] = {{"add", only_even, add_slowly}, {NULL, NULL, NULL}};

static wf_error wait_for_ever(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)args, (void)result;
    return wf_wait(wf, is_decided, state, WF_FOREVER, NULL);
}

#define UPDATES                                                                                                        \
    MODULE(.name = "W", .run = wait_for_ever, .state_size_bytes = sizeof(struct approval), .updates = updates)

static void test_update__is_validated_accepted_and_completed(void **state)
{
    struct script *script = *state;

    script_begin(script, UPDATES, "W", "[]");
    script_expect(script, "");
    script_update(script, "add", "[3]");
    script_expect(script, "update u1 rejected <- Odd: is odd\n");
    script_update(script, "add", "[4]");
    script_expect(script, "update u1 accepted\nactivity 1 add (4) run=60000ms\n");
    script_result(script, 1, "5");
    script_expect(script, "update u1 completed 5\n");
    script_update(script, "nothing", "[]");
    script_expect(script, "update u1 rejected <- UnknownUpdate: the workflow has no such update\n");
}

/* ---- Cancellation ---- */

static wf_error cancellable(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_options options = {
        .start_to_close = WF_MINUTE,
        .cancellation = wf_is_text(wf_arg(args, 0), "wait") ? WF_WAIT_CANCELED
                        : wf_is_text(wf_arg(args, 0), "abandon") ? WF_ABANDON
                                                                 : WF_TRY_CANCEL,
    };
    wf_error failure = wf_activity(wf, "first", WF_NO_ARGS, &options, result);

    (void)state;
    if (failure == NULL) {
        failure = wf_activity(wf, "second", WF_NO_ARGS, &options, result);
    }
    return failure;
}

/* Whatever the type, the code says that it cancels and waits for what the worker makes of it (replay-rules 4.4). */
static void test_cancel__asks_the_worker_for_every_type(void **state)
{
    static const char *const rows[] = {"[\"try\"]", "[\"wait\"]", "[\"abandon\"]"};
    struct script *script = *state;

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        script_begin(script, RUN(cancellable), "W", rows[i]);
        (void)script_run(script);
        script_cancel(script, "why");
        script_expect(script, "cancel activity 1\n");
        script_canceled(script, 1);
        script_expect(script, "cancel workflow\n");
        script_end(script);
        script->host = NULL;
    }
}

/* The activity won the race: its result counts, and the next step is not begun. */
static void test_cancel__completed_result_is_kept(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(cancellable), "W", "[\"wait\"]");
    (void)script_run(script);
    script_cancel(script, "");
    (void)script_run(script);
    script_result(script, 1, "1");
    script_expect(script, "cancel workflow\n");
}

static void test_cancel__before_the_first_line_begins_nothing(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(cancellable), "W", "[]");
    script_cancel(script, "");
    script_expect(script, "cancel workflow\n");
}

static wf_error clean_up(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    wf_error failure = wf_sleep(wf, WF_HOUR);

    (void)state, (void)args, (void)result;
    if (wf_is_canceled(failure)) {
        wf_shield_begin(wf);
        (void)wf_activity(wf, "notify", WF_ARGS(wf_text(wf, "%s", wf_cancel_reason(wf))), &minute, NULL);
        wf_shield_end(wf);
    }
    return failure;
}

static void test_cancel__shielded_work_is_done(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(clean_up), "W", "[]");
    script_expect(script, "timer 1 after=3600000ms\n");
    script_cancel(script, "changed my mind");
    script_expect(script, "cancel timer 1\nactivity 1 notify (\"changed my mind\") run=60000ms\n");
    script_cancel(script, "again");
    script_expect(script, "");
    script_result(script, 1, "null");
    script_expect(script, "cancel workflow\n");
}

static wf_error ignore_cancel(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args;
    if (wf_is_canceled(wf_sleep(wf, WF_HOUR)) && wf_is_cancel_requested(wf)) {
        *result = wf_text(wf, "ignored");
        return NULL;
    }
    return wf_fail(wf, "Wrong", wf_sleep(wf, 1), "was not canceled");
}

static void test_cancel__may_be_ignored(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(ignore_cancel), "W", "[]");
    (void)script_run(script);
    script_cancel(script, "");
    script_expect(script, "cancel timer 1\ncomplete \"ignored\"\n");
}

/* A timer that fires in the activation in which the code cancelled it is ignored (replay-rules 4.4). */
static void test_cancel__late_timer_is_ignored(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(clean_up), "W", "[]");
    (void)script_run(script);
    script_cancel(script, "x");
    (void)script_run(script);
    script_timer(script, 1);
    script_expect(script, "");
}

static wf_error cancel_own(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct wf_future *timer = wf_timer_start(wf, WF_HOUR);
    struct wf_future *activity = wf_activity_start(wf, "a", WF_NO_ARGS, &minute);

    (void)state, (void)args;
    wf_cancel(wf, timer);
    wf_cancel(wf, activity);
    wf_cancel(wf, activity);
    *result = wf_bool(wf_is_ready(timer) && !wf_is_ready(activity));
    return wf_is_canceled(wf_await(wf, activity, NULL)) ? NULL : wf_fail(wf, "Wrong", NULL, "not canceled");
}

/* Begun and cancelled at once: both commands go out, the worker lets both vanish. */
static void test_cancel__in_the_activation_of_the_start(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(cancel_own), "W", "[]");
    script_expect(script, "timer 1 after=3600000ms\nactivity 1 a () run=60000ms\ncancel timer 1\ncancel activity 1\n");
    script_canceled(script, 1);
    script_expect(script, "complete true\n");
}

/* ---- Undo ---- */

static wf_error undo_three(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct wf_undo *undo = wf_undo_new(wf);
    wf_error failure = NULL;

    (void)state, (void)result;
    wf_undo_add(undo, "undo_a", WF_ARGS(wf_integer(wf, 1)), &minute);
    wf_undo_add(undo, "undo_b", WF_NO_ARGS, &minute);
    wf_undo_add(undo, "undo_c", WF_NO_ARGS, &minute);
    failure = wf_activity(wf, "ship", WF_NO_ARGS, &minute, NULL);
    if (wf_is_text(wf_arg(args, 0), "fail")) {
        failure = wf_fail(wf, "OrderFailed", failure, "order failed");
    }
    return failure == NULL ? NULL : wf_undo_run(undo, failure);
}

static void test_undo__newest_first_past_failed_steps(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(undo_three), "W", "[\"fail\"]");
    (void)script_run(script);
    script_failure(script, 1, "Lost", "truck lost");
    script_expect(script, "activity 2 undo_c () run=60000ms\n");
    script_result(script, 2, "null");
    script_expect(script, "activity 3 undo_b () run=60000ms\n");
    script_failure(script, 3, "Down", "bank is down");
    script_expect(script, "activity 4 undo_a (1) run=60000ms\n");
    script_result(script, 4, "null");
    script_expect(script, "fail <- OrderFailed: order failed ([{\"activity\":\"undo_b\",\"message\":\"bank is down\"}]) "
                          "<- activity: Activity task failed <- Lost: truck lost\n");
}

/* A failure whose kind has no room for details becomes the cause of one that has. */
static void test_undo__activity_failure_is_wrapped_when_steps_failed(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(undo_three), "W", "[]");
    (void)script_run(script);
    script_failure(script, 1, "Lost", "truck lost");
    (void)script_run(script);
    script_failure(script, 2, "Down", "c");
    (void)script_run(script);
    script_result(script, 3, "null");
    (void)script_run(script);
    script_result(script, 4, "null");
    script_expect(script, "fail <- UndoIncomplete: 1 undo steps failed ([{\"activity\":\"undo_c\",\"message\":\"c\"}]) "
                          "<- activity: Activity task failed <- Lost: truck lost\n");
}

static void test_undo__all_done_returns_the_failure_itself(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(undo_three), "W", "[]");
    (void)script_run(script);
    script_failure(script, 1, "Lost", "truck lost");
    for (uint32_t seq = 2; seq <= 4; seq++) {
        (void)script_run(script);
        script_result(script, seq, "null");
    }
    script_expect(script, "fail <- activity: Activity task failed <- Lost: truck lost\n");
}

/* B06, B07: a cancel before and during the undo does not keep any step from running, and the run closes as canceled. */
static void test_undo__runs_under_cancel_and_closes_as_canceled(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(undo_three), "W", "[]");
    (void)script_run(script);
    script_cancel(script, "");
    script_expect(script, "cancel activity 1\n");
    script_canceled(script, 1);
    script_expect(script, "activity 2 undo_c () run=60000ms\n");
    script_cancel(script, "");
    script_expect(script, "");
    script_result(script, 2, "null");
    script_expect(script, "activity 3 undo_b () run=60000ms\n");
    script_failure(script, 3, "Down", "b");
    script_expect(script, "activity 4 undo_a (1) run=60000ms\n");
    script_result(script, 4, "null");
    script_expect(script, "cancel workflow ([{\"activity\":\"undo_b\",\"message\":\"b\"}])\n");
}

/* ---- Continue as new, patches ---- */

static wf_error count_down(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const int64_t left = wf_as_integer(wf_arg(args, 0), 0);

    (void)state, (void)result;
    return left == 0 ? NULL
                     : wf_continue_as_new(wf, WF_ARGS(wf_integer(wf, left - 1)),
                                          &(struct wf_continue_options){.run_timeout = WF_SECOND});
}

static void test_continue_as_new__ends_the_run_with_new_arguments(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(count_down), "W", "[3]");
    script_expect(script, "continue W (2) run=1000ms\n");
}

/* The options are made on the way and gone when the command is: nothing of them may stay the caller's. */
static wf_error goes_on_with_all(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    char type[] = "BadInput";
    char name[] = "note";
    const char *types[] = {type, NULL};
    struct wf_pair memo = {name, wf_integer(wf, 7)};
    struct wf_search_attribute attribute = {name, type, wf_bool(true)};
    wf_error error = NULL;

    (void)state, (void)args, (void)result;
    error = wf_continue_as_new(wf, WF_NO_ARGS,
                               &(struct wf_continue_options){.start_delay = 2 * WF_SECOND,
                                                             .retry = {.maximum_attempts = 3,
                                                                       .non_retryable_error_types = types},
                                                             .memo = &memo,
                                                             .memo_count = 1,
                                                             .search_attributes = &attribute,
                                                             .search_attribute_count = 1});
    memset(type, 'x', sizeof type - 1);
    memset(name, 'x', sizeof name - 1);
    memo = (struct wf_pair){0};
    attribute = (struct wf_search_attribute){0};
    types[0] = NULL;
    return error;
}

static void test_continue_as_new__takes_options_along(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(goes_on_with_all), "W", "[]");
    script_expect(script, "continue W () delay=2000ms attempts=3 types=1 memo note=7 attribute note=true\n");
}

/* What is set is read back at once; null takes it away, and so does an empty list of search attributes. */
static wf_error reads_its_properties(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args;
    wf_memo_set(wf, WF_PAIRS({"a", wf_integer(wf, 1)}, {"b", wf_list(wf, NULL, 0)}));
    wf_search_attribute_set(wf, "S", "Int", wf_integer(wf, 2));
    wf_search_attribute_set(wf, "L", "KeywordList", wf_list(wf, NULL, 0));
    *result = wf_text(wf, "%d %d %d", (int)wf_as_integer(wf_memo(wf, "a"), -1), (int)wf_kind_of(wf_memo(wf, "b")),
                      (int)wf_as_integer(wf_search_attribute(wf, "S"), -1));
    wf_memo_set(wf, WF_PAIRS({"a", wf_null()}));
    wf_search_attribute_set(wf, "S", "Int", wf_null());
    *result = wf_text(wf, "%s, then %d %d %d", wf_as_text(wf, *result), (int)wf_kind_of(wf_memo(wf, "a")),
                      (int)wf_kind_of(wf_search_attribute(wf, "S")), (int)wf_kind_of(wf_search_attribute(wf, "L")));
    return NULL;
}

static void test_properties__are_read_back(void **state)
{
    struct script *script = *state;
    const char *said = NULL;

    script_begin(script, RUN(reads_its_properties), "W", "[]");
    said = script_run(script);
    if (!wf_string_ends_with(wf_string_of(said), WF_STR("complete \"1 5 2, then 0 0 0\"\n"))) {
        fail_msg("%s", said);
    }
}

static wf_error patched(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const bool before = wf_patched(wf, "p");

    (void)state, (void)args;
    (void)wf_sleep(wf, WF_SECOND);
    wf_deprecate_patch(wf, "old");
    *result = wf_list(wf, (const struct wf_value[]){wf_bool(before), wf_bool(wf_patched(wf, "p"))}, 2);
    return NULL;
}

/* The table of replay-rules 3.1, the side of the code. */
static void test_patch__answers_and_emits(void **state)
{
    static const struct {
        const char *name;
        bool is_replaying;
        bool has_marker;
        const char *first;
        const char *second; /* replay is over by then */
    } rows[] = {
        {"new run", false, false, "patch p\ntimer 1 after=1000ms\n", "patch old deprecated\ncomplete [true,true]\n"},
        {"marker in history", true, true, "patch p\ntimer 1 after=1000ms\n",
         "patch old deprecated\ncomplete [true,true]\n"},
        {"no marker: false for ever", true, false, "timer 1 after=1000ms\n",
         "patch old deprecated\ncomplete [false,false]\n"},
    };
    struct script *script = *state;

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        script_begin(script, RUN(patched), "W", "[]");
        script->is_replaying = rows[i].is_replaying;
        if (rows[i].has_marker) {
            script_patch(script, "p");
        }
        script_expect(script, rows[i].first);
        script->is_replaying = false;
        script_timer(script, 1);
        script_expect(script, rows[i].second);
        script_end(script);
        script->host = NULL;
    }
}

static wf_error deprecated(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args, (void)result;
    wf_deprecate_patch(wf, "p");
    return NULL;
}

static void test_patch__deprecate_emits_nothing_without_a_marker_in_replay(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(deprecated), "W", "[]");
    script->is_replaying = true;
    script_expect(script, "complete\n");
}

/* ---- Children and other workflows ---- */

static wf_error two_children(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_child_options options = {.workflow_id = "kid", .parent_close = WF_CHILD_GOES_ON};
    struct wf_future *child = wf_child_start(wf, "Kid", args, &options);
    const char *run_id = NULL;
    wf_error failure = wf_child_started(wf, child, &run_id);

    (void)state;
    if (failure == NULL) {
        failure = wf_child_signal(wf, child, "hello", WF_ARGS(wf_text(wf, "%s", run_id)));
    }
    if (failure == NULL) {
        failure = wf_await(wf, child, result);
    }
    return failure;
}

static void test_child__start_signal_and_result(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(two_children), "W", "[1]");
    script_expect(script, "child 1 Kid (1) id=kid close=2 cancellation=2\n");
    script_child_started(script, 1, "run-9");
    script_expect(script, "signal 1 hello to kid (\"run-9\")\n");
    script_external(script, 1, false, NULL);
    script_expect(script, "");
    script_child_result(script, 1, "\"grown\"");
    script_expect(script, "complete \"grown\"\n");
}

static void test_child__refused_start_is_a_failure(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(two_children), "W", "[1]");
    (void)script_run(script);
    script_child_refused(script, 1, true);
    script_expect(script, "fail <- child: Child Workflow execution could not be started <- WorkflowAlreadyStarted: the "
                          "child's id is taken, by a run or by its reuse policy\n");
}

/* What the service has no name for is not called a duplicate. */
static void test_child__refusal_without_a_name(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(two_children), "W", "[1]");
    (void)script_run(script);
    script_child_refused(script, 1, false);
    script_expect(script, "fail <- child: Child Workflow execution could not be started <- StartRefused: the service "
                          "refused to start the child\n");
}

static void test_child__cancel_asks_the_child(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(two_children), "W", "[1]");
    (void)script_run(script);
    script_child_started(script, 1, "r");
    (void)script_run(script);
    script_external(script, 1, false, NULL);
    (void)script_run(script);
    script_cancel(script, "");
    script_expect(script, "cancel child 1\n");
}

static wf_error call_others(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const wf_error failure = wf_signal(wf, "other", NULL, "ping", args);

    (void)state, (void)result;
    return failure != NULL ? wf_request_cancel(wf, "other", "run-2", "no answer") : NULL;
}

static void test_external__signal_and_cancel(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(call_others), "W", "[true]");
    script_expect(script, "signal 1 ping to other (true)\n");
    script_external(script, 1, false, "not found");
    script_expect(script, "request cancel 1 other\n");
    script_external(script, 1, true, NULL);
    script_expect(script, "complete\n");
}

/* ---- Spawned functions ---- */

static wf_error half(struct wf *wf, void *context, struct wf_value *result)
{
    return wf_activity(wf, "half", WF_ARGS(wf_integer(wf, *(int *)context)), &minute, result);
}

static wf_error spawn_two(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    int numbers[2] = {1, 2};
    struct wf_future *halves[2];
    struct wf_value results[2];
    wf_error failure = NULL;

    (void)state, (void)args;
    halves[0] = wf_spawn(wf, half, &numbers[0]);
    halves[1] = wf_spawn(wf, half, &numbers[1]);
    failure = wf_gather(wf, halves, 2, WF_GATHER_CANCEL_REST, results);
    *result = wf_list(wf, results, 2);
    return failure;
}

static void test_spawn__functions_run_beside_each_other(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(spawn_two), "W", "[]");
    script_expect(script, "activity 1 half (1) run=60000ms\nactivity 2 half (2) run=60000ms\n");
    script_result(script, 2, "20");
    script_result(script, 1, "10");
    script_expect(script, "complete [10,20]\n");
}

static void test_spawn__failure_cancels_the_other(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(spawn_two), "W", "[]");
    (void)script_run(script);
    script_failure(script, 2, "Bad", "bad");
    script_expect(script, "cancel activity 1\n");
    script_canceled(script, 1);
    script_expect(script, "fail <- activity: Activity task failed <- Bad: bad\n");
}

static void test_spawn__is_cancelled_with_the_run(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(spawn_two), "W", "[]");
    (void)script_run(script);
    script_cancel(script, "");
    script_expect(script, "cancel activity 1\ncancel activity 2\n");
}

/* ---- Time, chance, information, log, memo ---- */

static wf_error tell_all(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_info *info = wf_info(wf);

    (void)state, (void)args;
    wf_log(wf, WF_INFO, "attempt %d of %s", (int)info->attempt, info->workflow_id);
    wf_memo_set(wf, WF_PAIRS({"colour", wf_text(wf, "red")}));
    wf_search_attribute_set(wf, "Status", "Keyword", wf_text(wf, "open"));
    *result = wf_list(wf,
                      (const struct wf_value[]){
                          wf_text(wf, "%016llx", (unsigned long long)wf_random(wf)),
                          wf_uuid(wf),
                          wf_integer(wf, (int64_t)wf_random_below(wf, 6)),
                          wf_integer(wf, wf_now(wf) / WF_SECOND),
                          wf_integer(wf, info->start_time / WF_SECOND),
                          wf_integer(wf, info->history_length),
                          wf_memo(wf, "colour"),
                      },
                      7);
    return NULL;
}

/* Golden vector: SplitMix64 of seed 7 begins with 63cbe1e459320dd7 (checked against the published algorithm). */
static void test_context__is_the_same_in_every_run(void **state)
{
    struct script *script = *state;
    const struct wf_log_line *lines = NULL;

    script_begin(script, RUN(tell_all), "W", "[]");
    script_expect(script, "memo colour=\"red\"\nattribute Status Keyword \"open\"\n"
                          "complete [\"63cbe1e459320dd7\",\"044c3cd7-f43c-461c-a698-4080bab12a02\",3,1000,900,3,\"red\"]\n");
    assert_int_equal(wf_instance_log(script->instance, &lines), 1);
    test_string_is("log", lines[0].text, "info: attempt 1 of the-id");
}

static void test_context__log_is_silent_in_replay(void **state)
{
    struct script *script = *state;
    const struct wf_log_line *lines = NULL;

    script_begin(script, RUN(tell_all), "W", "[]");
    script->is_replaying = true;
    (void)script_run(script);
    assert_int_equal(wf_instance_log(script->instance, &lines), 0);
}

static wf_error draw_twice(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const uint64_t first = wf_random(wf);

    (void)state, (void)args;
    (void)wf_sleep(wf, 1);
    *result = wf_bool(first == wf_random(wf));
    return NULL;
}

/* A reset gives the run another seed; the stream begins again with it. */
static void test_context__new_seed_begins_the_stream_again(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(draw_twice), "W", "[]");
    (void)script_run(script);
    script_seed(script, 7);
    script_timer(script, 1);
    script_expect(script, "complete true\n");
}

/* ---- Mistakes: the task fails, not the run ---- */

static wf_error no_timeout(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args;
    return wf_activity(wf, "a", WF_NO_ARGS, &(struct wf_options){.heartbeat = 1}, result);
}

static wf_error negative_timeout(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args;
    return wf_activity(wf, "a", WF_NO_ARGS, &(struct wf_options){.start_to_close = -1}, result);
}

static wf_error low_coefficient(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args;
    return wf_activity(wf, "a", WF_NO_ARGS,
                       &(struct wf_options){.start_to_close = 1, .retry = {.backoff_coefficient = 0.5}}, result);
}

static wf_error invalid_result(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)wf, (void)state, (void)args;
    *result = (struct wf_value){"{\"a\":", 5, NULL};
    return NULL;
}

static wf_error bad_format(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const char *volatile format = "%f";

    (void)state, (void)args;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    *result = wf_text(wf, format, 1.0);
#pragma GCC diagnostic pop
    return NULL;
}

static wf_error open_shield(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args, (void)result;
    wf_shield_begin(wf);
    return NULL;
}

static wf_error eat_memory(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args, (void)result;
    while (wf_alloc(wf, 1000, 1000) != NULL) {
    }
    return NULL;
}

static wf_error nothing(struct wf *wf, void *context, struct wf_value *result)
{
    (void)context, (void)result;
    return wf_sleep(wf, 1);
}

static wf_error spawn_for_ever(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args, (void)result;
    while (wf_spawn(wf, nothing, NULL) != NULL) {
    }
    return NULL;
}

static bool takes_a_step(const void *state)
{
    return wf_patched(*(struct wf *const *)state, "x");
}

static wf_error stepping_condition(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args, (void)result;
    return wf_wait(wf, takes_a_step, &wf, WF_FOREVER, NULL);
}

static void test_mistake__fails_the_task_with_one_sentence(void **state)
{
    static const struct {
        const char *name;
        wf_error (*run)(struct wf *wf, void *state, struct wf_args args, struct wf_value *result);
        const char *expected;
    } rows[] = {
        {"no timeout", no_timeout, "broken: activity a needs start_to_close or schedule_to_close\n"},
        {"negative timeout", negative_timeout, "broken: start_to_close is negative\n"},
        {"low coefficient", low_coefficient, "broken: retry.backoff_coefficient is below 1\n"},
        {"invalid result", invalid_result, "broken: an invalid value: it is not JSON\n"},
        {"bad format", bad_format, "broken: the format \"%f\" has a conversion that workflow code cannot use\n"},
        {"open shield", open_shield, "broken: wf_shield_begin without wf_shield_end\n"},
        {"memory", eat_memory, "broken: the run's memory is exhausted: the limit is 16777216 bytes\n"},
        {"coroutines", spawn_for_ever, "broken: more than 100 coroutines in one run\n"},
        {"step in a condition", stepping_condition,
         "broken: wf_patched cannot be called where code only looks: in a query, a validator, a condition, init or a side effect\n"},
    };
    struct script *script = *state;

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        script_begin(script, RUN(rows[i].run), "W", "[]");
        script_expect(script, rows[i].expected);
        script_timer(script, 1);
        script_expect(script, rows[i].expected); /* and again, until the code is mended */
        script_end(script);
        script->host = NULL;
    }
}

static void test_mistake__unknown_type_and_unknown_answer(void **state)
{
    struct script *script = *state;

    script_begin(script, RUN(call_one), "X", "[]");
    script_expect(script, "broken: workflow X is not in the code; it has: W\n");
    script_end(script);
    script_begin(script, RUN(call_one), "W", "[]");
    (void)script_run(script);
    script_result(script, 2, "1");
    script_expect(script, "broken: an answer came for activity 2, which the code never began\n");
}

static wf_error use_much(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct wf_future *parts[3];

    parts[0] = wf_activity_start(wf, "a", args, &minute);
    (void)wf_alloc(wf, 1, 100 << 10);
    parts[1] = wf_local_activity_start(wf, "l", args, &minute);
    parts[2] = wf_child_start(wf, "C", WF_ARGS(wf_text(wf, "%100000s", "wide")), NULL);
    for (int i = 0; i < 100; i++) {
        (void)wf_timer_start(wf, WF_SECOND);
    }
    return state == NULL ? NULL : wf_gather(wf, parts, 3, WF_GATHER_ALL, result);
}

/* Memory that runs out anywhere fails the task and nothing else: fail the first block, the second, and so on. */
static void test_mistake__memory_exhausted_at_every_block(void **state)
{
    struct script *script = *state;
    size_t broken_count = 0;
    bool has_passed = false;

    for (size_t block = 1; !has_passed; block++) {
        script_begin(script, MODULE(.name = "W", .run = use_much, .state_size_bytes = 100000), "W", "[1, 2]");
        script->blocks.fail_from = script->blocks.take_count + block;
        (void)script_run(script);
        script_backoff(script, 2, 2, 1);
        script_child_refused(script, 1, true);
        (void)script_run(script);
        script_cancel(script, "a reason");
        has_passed = strncmp(script_run(script), "broken", 6) != 0;
        broken_count += has_passed ? 0 : 1;
        assert_true(block < 50);
        script_end(script);
        script->host = NULL;
    }
    assert_true(broken_count >= 4);
}

static void test_host__refuses_wrong_tables(void **state)
{
    static const struct wf_signal twice[] = {{"s", approve}, {"s", approve}, {NULL, NULL}};
    const struct {
        const struct wf_module *module;
        const char *expected;
    } rows[] = {
        {&(const struct wf_module){.api = 99}, "the module was written for API 99, this is API 1"},
        {&(const struct wf_module){.api = WF_API}, "the module has no list of workflows"},
        {MODULE(.name = "W"), "workflow W has no run"},
        {MODULE(.name = "W", .run = call_one, .signals = twice), "signals of W: \"s\" is there twice"},
    };
    struct test_blocks blocks;
    struct wf_error err;

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_host *host = NULL;
        struct wf_host_config config = {.module = rows[i].module, .stack_size_bytes = 65536, .coroutines_max = 1};

        test_blocks_init(&blocks);
        config.blocks = config.stacks = &blocks.source;
        assert_int_equal(wf_host_new(&config, &host, &err), WF_ERR_INVALID);
        assert_string_equal(err.message, rows[i].expected);
        assert_int_equal(blocks.live_count, 0);
    }
}

static void test_instance__describe_says_where_it_waits(void **state)
{
    struct script *script = *state;
    struct wf_buffer text;

    script_begin(script, RUN(clean_up), "W", "[]");
    (void)script_run(script);
    wf_buffer_init(&text, &script->arena);
    wf_instance_describe(script->instance, &text);
    test_string_is("describe", wf_buffer_string(&text), "timer 1 (1 hour)\n");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_activity__result_is_passed_on_unchanged),
        TEST(test_activity__opaque_payload_goes_through),
        TEST(test_activity__failure_fails_the_run),
        TEST(test_activity__every_option_reaches_the_command),
        TEST(test_steps__are_numbered_by_kind),
        TEST(test_local_activity__backs_off_with_a_timer),
        TEST(test_local_activity__cancel_while_backing_off_cancels_the_timer),
        TEST(test_timer__late_deadline_is_a_timer_of_zero),
        TEST(test_gather__gives_results_in_order_of_the_futures),
        TEST(test_gather__waits_for_every_end_and_tells_the_first_failure),
        TEST(test_gather__cancel_rest_cancels_and_waits),
        TEST(test_select__gives_the_ready_one_and_takes_its_timer_back),
        TEST(test_select__time_runs_out),
        TEST(test_select__cancel_leaves_the_steps_alone),
        TEST(test_wait__signal_ends_it_and_takes_the_timer_back),
        TEST(test_wait__time_runs_out),
        TEST(test_wait__signal_in_the_task_of_the_timer_wins),
        TEST(test_signal__before_the_first_line),
        TEST(test_signal__handler_failure_fails_the_run),
        TEST(test_query__answers_from_the_state),
        TEST(test_query__cannot_take_a_step),
        TEST(test_query__cannot_change_the_state),
        TEST(test_order__signals_come_before_results_of_their_task),
        TEST(test_order__run_waits_for_handlers),
        TEST(test_update__is_validated_accepted_and_completed),
        TEST(test_cancel__asks_the_worker_for_every_type),
        TEST(test_cancel__completed_result_is_kept),
        TEST(test_cancel__before_the_first_line_begins_nothing),
        TEST(test_cancel__shielded_work_is_done),
        TEST(test_cancel__may_be_ignored),
        TEST(test_cancel__late_timer_is_ignored),
        TEST(test_cancel__in_the_activation_of_the_start),
        TEST(test_undo__newest_first_past_failed_steps),
        TEST(test_undo__activity_failure_is_wrapped_when_steps_failed),
        TEST(test_undo__all_done_returns_the_failure_itself),
        TEST(test_undo__runs_under_cancel_and_closes_as_canceled),
        TEST(test_continue_as_new__ends_the_run_with_new_arguments),
        TEST(test_continue_as_new__takes_options_along),
        TEST(test_properties__are_read_back),
        TEST(test_patch__answers_and_emits),
        TEST(test_patch__deprecate_emits_nothing_without_a_marker_in_replay),
        TEST(test_child__start_signal_and_result),
        TEST(test_child__refused_start_is_a_failure),
        TEST(test_child__refusal_without_a_name),
        TEST(test_child__cancel_asks_the_child),
        TEST(test_external__signal_and_cancel),
        TEST(test_spawn__functions_run_beside_each_other),
        TEST(test_spawn__failure_cancels_the_other),
        TEST(test_spawn__is_cancelled_with_the_run),
        TEST(test_context__is_the_same_in_every_run),
        TEST(test_context__log_is_silent_in_replay),
        TEST(test_context__new_seed_begins_the_stream_again),
        TEST(test_mistake__fails_the_task_with_one_sentence),
        TEST(test_mistake__unknown_type_and_unknown_answer),
        TEST(test_mistake__memory_exhausted_at_every_block),
        TEST(test_host__refuses_wrong_tables),
        TEST(test_instance__describe_says_where_it_waits),
    };

    return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
