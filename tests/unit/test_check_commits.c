/*
 * The checks of what transactions leave behind, fed with commits made by hand: an innocent run of four commits, and for each
 * invariant a change of it that breaks exactly that one.
 */
#include "tests/support/test.h"

#include "engine/codec.h"
#include "engine/service.h"
#include "engine/time.h"
#include "sim/check/check.h"

#define S WF_NS_PER_S
#define TEXT(literal) {literal, sizeof literal - 1}
#define COMMIT_COUNT 4
#define EVENTS_MAX 4
#define CLOCK_NS (1000 * S) /* stored times are those of the service's clock */

/* One commit of the one run, before it is encoded. */
struct plan {
    struct wf_event events[EVENTS_MAX];
    uint32_t event_count;
    struct wf_state_run state;
    struct wf_db_task tasks[3];
    struct wf_state_push pushes[3]; /* bodies of transfer tasks */
    uint32_t task_count;
    struct wf_db_current_write current;
    bool has_current;
    struct wf_db_run_write run;
    struct wf_service_cause cause;
    struct wf_svc_request request;   /* of the cause; without a case: none is shown */
    struct wf_svc_response response; /* shown after the commit, when there is a request */
    bool is_lost;                    /* the write */
};

static struct wf_svc_respond_workflow_task_completed completion;
static struct wf_svc_record_activity_task_started activity_start;
static struct wf_svc_workflow_task_accepted accepted;
static struct wf_svc_activity_task given;
static struct wf_svc_respond_activity_task_completed report;
static struct wf_svc_record_activity_heartbeat heartbeat;
static struct wf_command commands[3];
static struct wf_command_schedule_activity_task schedule_activity;
static struct wf_command_start_timer start_timer;
static struct wf_workflow_execution execution;
static struct wf_svc_task_token token;
static int64_t turn_ns; /* what code is told of the first workflow task */
static int64_t clock_spread_ns;

static struct plan plans[COMMIT_COUNT];
static struct wf_state_start start;
static struct wf_state_workflow_task tasks[COMMIT_COUNT];
static struct wf_state_activity activities[COMMIT_COUNT][2];
static struct wf_state_timer timers[COMMIT_COUNT][2];
static struct wf_event buffered[1];
static struct wf_event_workflow_execution_started started;
static struct wf_event_workflow_task_scheduled task_scheduled;
static struct wf_event_workflow_task_started task_started;
static struct wf_event_workflow_task_completed task_completed;
static struct wf_event_activity_task_scheduled activity_scheduled;
static struct wf_event_timer_started timer_started;
static struct wf_event_workflow_execution_signaled signaled;

/* What clients do before and after the commits, and the end. */
static struct sim_record before[2];
static struct sim_record after[2];
static bool has_end;
static int64_t heal_ns; /* 0: faults never stop */
static int64_t activities_max;
static const struct sim_client sender = {.action = SIM_CLIENT_SIGNAL, .name_of = {"s", 1}};

static struct sim_record say(enum sim_record_kind kind, const char *what, const char *answer)
{
    return (struct sim_record){.kind = kind,
                               .time_ns = S,
                               .node = {"client-1", 8},
                               .subject = {"a", 1},
                               .a = wf_string_of(what),
                               .b = wf_string_of(answer),
                               .x = 1};
}

static void add_event(struct plan *plan, int64_t id, enum wf_event_type type, void *attributes)
{
    plan->events[plan->event_count++] = (struct wf_event){.event_id = id,
                                                          .event_type = (int32_t)type,
                                                          .attributes_case = wf_event_descriptors[type].oneof_number,
                                                          .attributes.any = attributes};
    plan->state.next_event_id = id + 1;
}

static void add_transfer(struct plan *plan, struct wf_state_push body)
{
    plan->pushes[plan->task_count] = body;
    plan->tasks[plan->task_count++] = (struct wf_db_task){.category = WF_TASK_TRANSFER, .run_id = WF_STR("run-1")};
}

static void add_push(struct plan *plan, bool is_activity, int64_t scheduled_event_id)
{
    add_transfer(plan, (struct wf_state_push){
                           .is_activity = is_activity, .scheduled_event_id = scheduled_event_id, .attempt = 1});
}

static void add_send(struct plan *plan, enum wf_transfer_kind kind, int64_t scheduled_event_id)
{
    add_transfer(plan, (struct wf_state_push){.kind = (int32_t)kind, .scheduled_event_id = scheduled_event_id});
}

static void add_alarm(struct plan *plan, int64_t time_ns)
{
    plan->state.alarm_ns = time_ns;
    plan->tasks[plan->task_count++] =
        (struct wf_db_task){.category = WF_TASK_TIMER, .visibility_time_ns = time_ns, .run_id = WF_STR("run-1")};
}

static void ask(struct plan *plan, uint64_t call_id, uint32_t op, void *call, uint32_t answer, void *body)
{
    plan->cause = (struct wf_service_cause){.kind = WF_SERVICE_CAUSE_REQUEST, .call_id = call_id};
    plan->request = (struct wf_svc_request){.call_case = op, .call = {.any = call}};
    plan->response = (struct wf_svc_response){.answer_case = answer, .answer = {.any = body}};
}

/* What makes the third commit, and the fourth. */
static void make_calls(void)
{
    schedule_activity = (struct wf_command_schedule_activity_task){.activity_id = WF_STR("")};
    start_timer = (struct wf_command_start_timer){.timer_id = WF_STR("")};
    commands[0] = (struct wf_command){.command_type = WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
                                      .attributes_case = WF_CASE_command_schedule_activity_task,
                                      .attributes = {.any = &schedule_activity}};
    commands[1] = (struct wf_command){.command_type = WF_COMMAND_TYPE_START_TIMER,
                                      .attributes_case = WF_CASE_command_start_timer,
                                      .attributes = {.any = &start_timer}};
    token = (struct wf_svc_task_token){.run_id = WF_STR("run-1"), .scheduled_event_id = 2, .attempt = 1};
    completion = (struct wf_svc_respond_workflow_task_completed){.commands = {.items = commands, .count = 2}};
    memset(&accepted, 0, sizeof accepted);
    ask(&plans[2], 2, WF_CASE_svc_request_respond_workflow_task_completed, &completion,
        WF_CASE_svc_response_workflow_task_accepted, &accepted);
    execution = (struct wf_workflow_execution){.workflow_id = WF_STR("a"), .run_id = WF_STR("run-1")};
    activity_start = (struct wf_svc_record_activity_task_started){.workflow_execution = &execution, .scheduled_event_id = 5};
    memset(&given, 0, sizeof given);
    ask(&plans[3], 3, WF_CASE_svc_request_record_activity_task_started, &activity_start,
        WF_CASE_svc_response_activity_task, &given);
}

/* Started and scheduled; given to a worker; answered with an activity and a timer; the activity is started. */
static void make_plans(void)
{
    memset(plans, 0, sizeof plans);
    memset(before, 0, sizeof before);
    memset(after, 0, sizeof after);
    has_end = false;
    heal_ns = 0;
    activities_max = 2000;
    signaled = (struct wf_event_workflow_execution_signaled){.signal_name = WF_STR("s")};
    before[0] = say(SIM_RECORD_SENT, "s", "");
    memset(tasks, 0, sizeof tasks);
    memset(activities, 0, sizeof activities);
    memset(timers, 0, sizeof timers);
    memset(&started, 0, sizeof started);
    memset(&start, 0, sizeof start);
    for (size_t i = 0; i < COMMIT_COUNT; i++) {
        plans[i].state.status = WF_WORKFLOW_EXECUTION_STATUS_RUNNING;
        plans[i].run = (struct wf_db_run_write){.workflow_id = WF_STR("a"),
                                                .run_id = WF_STR("run-1"),
                                                .is_new = i == 0,
                                                .expected_record_version = (int64_t)i};
    }
    make_calls();
    turn_ns = CLOCK_NS;
    clock_spread_ns = 0;
    memset(&task_scheduled, 0, sizeof task_scheduled);
    add_event(&plans[0], 1, WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, &started);
    add_event(&plans[0], 2, WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, &task_scheduled);
    tasks[0] = (struct wf_state_workflow_task){.scheduled_event_id = 2, .attempt = 1};
    plans[0].state.workflow_task = &tasks[0];
    plans[0].has_current = true;
    plans[0].current = (struct wf_db_current_write){
        .workflow_id = WF_STR("a"), .run_id = WF_STR("run-1"), .create_request_id = WF_STR("r")};
    add_push(&plans[0], false, 2);

    add_event(&plans[1], 3, WF_EVENT_TYPE_WORKFLOW_TASK_STARTED, &task_started);
    plans[1].events[0].event_time = wf_timestamp_of(CLOCK_NS);
    tasks[1] = tasks[0];
    tasks[1].started_event_id = 3;
    tasks[1].request_id = WF_STR("poll-1");
    tasks[1].started_time_ns = CLOCK_NS;
    tasks[1].timeout_ns = 10 * S;
    plans[1].state.workflow_task = &tasks[1];
    add_alarm(&plans[1], CLOCK_NS + 10 * S);

    add_event(&plans[2], 4, WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED, &task_completed);
    add_event(&plans[2], 5, WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, &activity_scheduled);
    add_event(&plans[2], 6, WF_EVENT_TYPE_TIMER_STARTED, &timer_started);
    activities[2][0] = (struct wf_state_activity){.scheduled_event_id = 5,
                                                  .activity_id = WF_STR("1"),
                                                  .attempt = 1,
                                                  .scheduled_time_ns = CLOCK_NS,
                                                  .first_scheduled_time_ns = CLOCK_NS,
                                                  .start_to_close_ns = 30 * S};
    timers[2][0] = (struct wf_state_timer){.started_event_id = 6, .timer_id = WF_STR("t"), .expiry_ns = CLOCK_NS + 60 * S};
    add_push(&plans[2], true, 5);
    plans[2].state.alarm_ns = CLOCK_NS + 10 * S; /* of the task that is done: early does no harm */

    plans[3].state.next_event_id = 7;
    activities[3][0] = activities[2][0];
    activities[3][0].started_time_ns = CLOCK_NS + S;
    activities[3][0].request_id = WF_STR("poll-2");
    timers[3][0] = timers[2][0];
    plans[3].state.alarm_ns = CLOCK_NS + 10 * S;
    for (size_t i = 2; i < COMMIT_COUNT; i++) {
        plans[i].state.activities.items = activities[i];
        plans[i].state.activities.count = 1;
        plans[i].state.timers.items = timers[i];
        plans[i].state.timers.count = 1;
    }
}

static struct wf_string encode(struct wf_arena *arena, const struct wf_message_type *type, const void *message)
{
    struct wf_buffer bytes;

    wf_buffer_init(&bytes, arena);
    wf_wire_encode(type, message, &bytes);
    return wf_buffer_string(&bytes);
}

static void tell(struct wf_arena *scratch, struct sim_checks *checks, struct sim_exchange *exchange)
{
    exchange->time_ns = S;
    exchange->step = 1;
    exchange->node = WF_STR("server-1");
    sim_checks_exchange(checks, scratch, exchange);
}

static void commit(struct wf_arena *arena, struct wf_arena *scratch, struct sim_checks *checks, size_t i)
{
    struct plan *plan = &plans[i];
    const struct wf_history_message events = {.events = {.items = plan->events, .count = plan->event_count}};
    struct wf_db_batch batch = {.bytes = encode(arena, &wf_type_history_message, &events)};
    struct wf_db_write write = {0};

    plan->state.start = encode(arena, &wf_type_state_start, &start);
    plan->run.state = encode(arena, &wf_type_state_run, &plan->state);
    plan->run.batches.items = &batch;
    plan->run.batches.count = plan->event_count > 0 ? 1 : 0;
    for (uint32_t task = 0; task < plan->task_count; task++) {
        plan->tasks[task].body = encode(arena, &wf_type_state_push, &plan->pushes[task]);
    }
    write.runs.items = &plan->run;
    write.runs.count = 1;
    write.tasks.items = plan->tasks;
    write.tasks.count = plan->task_count;
    write.current = plan->has_current ? &plan->current : NULL;
    if (plan->request.call_case != 0) {
        tell(scratch, checks, &(struct sim_exchange){.call_id = plan->cause.call_id, .request = &plan->request});
    }
    if (!plan->is_lost) {
        sim_checks_commit(checks, scratch, &(struct sim_commit){.time_ns = (int64_t)(i + 1) * S,
                                                                .step = i + 1,
                                                                .clock_ns = CLOCK_NS + S,
                                                                .clock_spread_ns = clock_spread_ns,
                                                                .node = WF_STR("server-1"),
                                                                .write = &write,
                                                                .events = &events,
                                                                .cause = plan->cause});
    }
    if (plan->request.call_case != 0) {
        tell(scratch, checks, &(struct sim_exchange){.call_id = plan->cause.call_id, .response = &plan->response});
    }
    plan->run.batches.items = NULL;
}

static const struct sim_broken_check *run_plans(struct wf_arena *arena, uint32_t *count, struct sim_checks **checks)
{
    static struct sim_config config = {.clients = &sender, .client_count = 1};
    struct wf_arena scratch;
    struct wf_error err;

    wf_service_limits_default(&config.limits);
    config.limits.retention_ns = 3600 * S;
    config.limits.pending_activities_max = activities_max;
    wf_arena_init(&scratch, wf_system_blocks(), 0);
    assert_int_equal(sim_checks_new(arena, &config, checks, &err), WF_OK);
    if (heal_ns != 0) {
        sim_checks_heal(*checks, heal_ns);
    }
    for (size_t i = 0; i < TEST_COUNT(before) && before[i].time_ns != 0; i++) {
        sim_checks_record(*checks, &before[i]);
    }
    completion.token = encode(arena, &wf_type_svc_task_token, &token);
    for (size_t i = 0; i < COMMIT_COUNT; i++) {
        commit(arena, &scratch, *checks, i);
        if (i == 1) {
            sim_checks_turn(*checks, &(struct sim_turn){.activation = &(struct wf_sdk_activation){
                                                            .run_id = WF_STR("run-1"),
                                                            .timestamp = wf_timestamp_of(turn_ns),
                                                            .history_length = 3}});
        }
    }
    for (size_t i = 0; i < TEST_COUNT(after) && after[i].time_ns != 0; i++) {
        sim_checks_record(*checks, &after[i]);
    }
    if (has_end) {
        sim_checks_end(*checks, &(struct sim_checks_end){.now_ns = 200 * S, .step = 9});
    }
    wf_arena_deinit(&scratch);
    assert_true(sim_checks_is_complete(*checks));
    return sim_checks_broken(*checks, count);
}

/* ---- The changes ---- */

/* In place of the fourth commit a report of the activity, which runs, is what it says; attempt of the token. */
static void report_activity(uint32_t op, void *call, struct wf_string *bytes, int32_t attempt)
{
    static char encoded[64];
    const struct wf_svc_task_token of_activity = {
        .run_id = WF_STR("run-1"), .scheduled_event_id = 5, .attempt = attempt, .is_activity = true};
    struct wf_buffer buffer;

    wf_buffer_init_fixed(&buffer, encoded, sizeof encoded);
    wf_wire_encode(&wf_type_svc_task_token, &of_activity, &buffer);
    *bytes = wf_buffer_string(&buffer);
    ask(&plans[3], 4, op, call, 0, NULL);
}
/* Somebody whom no check looks at makes the third commit and the fourth. */
static void without_calls(void)
{
    for (size_t i = 2; i < COMMIT_COUNT; i++) {
        plans[i].request.call_case = 0;
        plans[i].cause = (struct wf_service_cause){.kind = WF_SERVICE_CAUSE_NONE};
    }
}
static void break_24_unasked(void)
{
    plans[2].cause = (struct wf_service_cause){.kind = WF_SERVICE_CAUSE_NONE};
    plans[2].request.call_case = 0;
}
static void break_24_lost(void)
{
    plans[2].is_lost = true;
    plans[3].is_lost = true;
    plans[3].request.call_case = 0;
}
static void allow_24_discarded(void)
{
    break_24_lost();
    accepted.reset_history_event_id = 3;
}
static void break_25_refused(void)
{
    plans[2].response = (struct wf_svc_response){.status = WF_CALL_NOT_FOUND};
}
static void allow_25_unknown(void)
{
    plans[2].response = (struct wf_svc_response){.status = WF_CALL_UNAVAILABLE};
}
static void break_25_failed(void)
{
    static struct wf_event_workflow_task_failed failed;

    /* The task fails, and one of its commands is carried out all the same. */
    plans[2].event_count = 0;
    add_event(&plans[2], 4, WF_EVENT_TYPE_WORKFLOW_TASK_FAILED, &failed);
    add_event(&plans[2], 5, WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, &activity_scheduled);
    add_event(&plans[2], 6, WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, &task_scheduled);
    plans[2].response = (struct wf_svc_response){.status = WF_CALL_INVALID_ARGUMENT};
    add_push(&plans[2], false, 6);
    for (size_t i = 2; i < COMMIT_COUNT; i++) {
        plans[i].state.timers.count = 0;
        tasks[i] = (struct wf_state_workflow_task){.scheduled_event_id = 6, .attempt = 1};
        plans[i].state.workflow_task = &tasks[i];
    }
}
static void break_34_missing(void) { completion.commands.count = 1; }
static void break_34_order(void)
{
    const struct wf_command first = commands[0];

    commands[0] = commands[1];
    commands[1] = first;
}
static void break_34_name(void) { start_timer.timer_id = WF_STR("another"); }
static void break_46_lost(void)
{
    report_activity(WF_CASE_svc_request_respond_activity_task_completed, &report, &report.token, 1);
    plans[3].is_lost = true;
}
static void break_46_stale(void)
{
    report_activity(WF_CASE_svc_request_respond_activity_task_completed, &report, &report.token, 7);
}
static void break_46_refused(void)
{
    report_activity(WF_CASE_svc_request_respond_activity_task_completed, &report, &report.token, 1);
    plans[3].response.status = WF_CALL_NOT_FOUND;
}
/* In place of the fourth commit the activity ends, and nobody shows by what. */
static void end_activity(enum wf_event_type type, void *attributes, int64_t time_ns)
{
    add_event(&plans[3], 7, type, attributes);
    plans[3].events[0].event_time = wf_timestamp_of(time_ns);
    add_event(&plans[3], 8, WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, &task_scheduled);
    tasks[3] = (struct wf_state_workflow_task){.scheduled_event_id = 8, .attempt = 1};
    plans[3].state.workflow_task = &tasks[3];
    plans[3].state.activities.count = 0;
    add_push(&plans[3], false, 8);
    plans[3].request.call_case = 0;
    plans[3].cause = (struct wf_service_cause){.kind = WF_SERVICE_CAUSE_REQUEST, .call_id = 99};
}
static void break_46_unreported(void)
{
    static struct wf_event_activity_task_completed completed = {.scheduled_event_id = 5};

    end_activity(WF_EVENT_TYPE_ACTIVITY_TASK_COMPLETED, &completed, CLOCK_NS);
    plans[3].cause = (struct wf_service_cause){.kind = WF_SERVICE_CAUSE_NONE};
}
/* An operator has changed the bound of attempts, and the first was the last. */
static void fail_for_good(int32_t maximum_attempts)
{
    static struct wf_activity_options original;
    static struct wf_retry_policy policy;
    static struct wf_event_activity_task_failed failed = {
        .scheduled_event_id = 5, .retry_state = WF_RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED};

    activities[2][0].retry_policy = &policy;
    activities[2][0].original_options = &original;
    policy.maximum_attempts = maximum_attempts;
    end_activity(WF_EVENT_TYPE_ACTIVITY_TASK_FAILED, &failed, CLOCK_NS);
}
static void break_41(void) { fail_for_good(3); }
static void allow_41(void) { fail_for_good(1); }
/* Nobody takes an activity for so long, and an operator has made it 20 seconds that are allowed. */
static void time_out_after(int64_t seconds)
{
    static struct wf_timeout_failure_info info = {.timeout_type = WF_TIMEOUT_TYPE_SCHEDULE_TO_START};
    static struct wf_failure failure = {.failure_info_case = WF_CASE_failure_timeout_failure_info,
                                        .failure_info = {.timeout_failure_info = &info}};
    static struct wf_event_activity_task_timed_out timed_out = {
        .scheduled_event_id = 5, .retry_state = WF_RETRY_STATE_TIMEOUT, .failure = &failure};

    info.timeout_type = WF_TIMEOUT_TYPE_SCHEDULE_TO_START;
    activities[2][0].schedule_to_start_ns = 20 * S;
    end_activity(WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT, &timed_out, CLOCK_NS + seconds * S);
}
static void break_44_early(void) { time_out_after(5); }
static void break_44_paused(void)
{
    time_out_after(20);
    activities[2][0].is_paused = true;
}
/* The whole activity has more time, and no attempt has run out of its own (4.4 "Conversion"). */
static void break_44_whole(void)
{
    time_out_after(15);
    plans[3].events[0].attributes.activity_task_timed_out->failure->failure_info.timeout_failure_info->timeout_type =
        WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE;
    activities[2][0].schedule_to_close_ns = 60 * S;
}
static void allow_44(void) { time_out_after(20); }
static struct wf_payload detail = {.data = {"7", 1}};
static struct wf_payloads details = {.payloads = {.items = &detail, .count = 1}};
static void break_47_given(void) { given.heartbeat_details = &details; }
static void break_47_lost(void)
{
    report_activity(WF_CASE_svc_request_record_activity_heartbeat, &heartbeat, &heartbeat.token, 1);
    plans[3].is_lost = true;
}
static void break_92_timer(void)
{
    plans[3].request.call_case = 0;
    plans[3].cause = (struct wf_service_cause){.kind = WF_SERVICE_CAUSE_TIMER};
}
static void break_92_transfer(void)
{
    plans[3].request.call_case = 0;
    plans[3].cause = (struct wf_service_cause){.kind = WF_SERVICE_CAUSE_TRANSFER, .event_id = 4};
}
static void break_96(void)
{
    heal_ns = 1;
    has_end = true;
}
static void break_101_late(void) { turn_ns = CLOCK_NS + 1; }
static void break_101_early(void) { turn_ns = CLOCK_NS - 1; }
/* A worker that slept runs what was an attempt, or a task for an update, with the same ids; one that was given the task by an
 * owner without its shard runs a younger one. */
static struct wf_svc_update_workflow update;
static void allow_101_update(void)
{
    turn_ns = CLOCK_NS - 1;
    update = (struct wf_svc_update_workflow){.workflow_execution = &execution};
    ask(&plans[0], 7, WF_CASE_svc_request_update_workflow, &update, 0, NULL);
}
static void allow_101_stale_update(void)
{
    allow_101_update();
    turn_ns = CLOCK_NS + 1;
}
static void allow_101_attempt(void)
{
    turn_ns = CLOCK_NS - 1;
    task_scheduled.attempt = 2;
}
static void allow_101_other_clock(void)
{
    allow_101_attempt();
    clock_spread_ns = 9;
    turn_ns = CLOCK_NS + 9;
}
static void break_101_other_clock(void)
{
    allow_101_other_clock();
    turn_ns = CLOCK_NS + 10;
}
static void break_8(void)
{
    static struct wf_event_workflow_execution_terminated terminated;

    without_calls();
    plans[2].event_count = 0;
    add_event(&plans[2], 4, WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, &terminated);
    add_event(&plans[3], 5, WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, &signaled);
}
static void break_11_stored(void) { plans[3].state.next_event_id = 9; }
static void break_11_gap(void)
{
    add_event(&plans[3], 8, WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED, &signaled);
    plans[3].state.is_cancel_requested = true;
    plans[3].state.workflow_task = &tasks[3];
    tasks[3].attempt = 2;
    tasks[3].scheduled_event_id = 9;
    add_push(&plans[3], false, 9);
}
static void break_16(void) { tasks[1].scheduled_event_id = 1; }
static void break_17(void)
{
    buffered[0] = plans[0].events[0];
    buffered[0].event_type = WF_EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED;
    buffered[0].attributes_case = 0;
    plans[3].state.buffered_events.items = buffered;
    plans[3].state.buffered_events.count = 1;
}
static void break_28(void)
{
    add_event(&plans[3], 7, WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, &signaled);
    plans[3].state.signal_count = 1;
}
static void break_29(void)
{
    without_calls();
    plans[2].event_count = 0;
    plans[2].task_count = 0;
    plans[2].state = plans[1].state;
    tasks[2] = tasks[1];
    tasks[2].request_id = WF_STR("poll-9");
    plans[2].state.workflow_task = &tasks[2];
    plans[3] = plans[2];
    plans[3].run.expected_record_version = 3;
}
static void break_45_first(void)
{
    activities[2][0].attempt = 2;
    activities[3][0].attempt = 2;
}
static void break_45_gap(void) { activities[3][0].attempt = 3; }
static void break_104(void)
{
    static struct wf_worker_deployment_version versions[2];
    static struct wf_state_versioning versionings[2];

    for (size_t i = 0; i < 2; i++) {
        versions[i] = (struct wf_worker_deployment_version){.build_id = i == 0 ? WF_STR("v2") : WF_STR("v1")};
        versionings[i] = (struct wf_state_versioning){
            .behavior = WF_VERSIONING_BEHAVIOR_AUTO_UPGRADE, .version = &versions[i], .revision = 2};
        plans[2 + i].state.previous_started_event_id = 3;
        plans[2 + i].state.versioning = &versionings[i];
    }
}
static void break_42(void)
{
    static struct wf_retry_policy policy = {.maximum_attempts = 1};

    activities[2][0].retry_policy = &policy;
    activities[3][0].retry_policy = &policy;
    activities[3][0].attempt = 2;
}
static void break_45_early(void)
{
    activities[3][0].attempt = 2;
    activities[3][0].scheduled_time_ns = CLOCK_NS + 5 * S;
}
static void break_48_activity(void)
{
    plans[2].event_count = 2;
    commands[1] = commands[0];
    add_event(&plans[2], 6, WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, &activity_scheduled);
    for (size_t i = 2; i < COMMIT_COUNT; i++) {
        activities[i][1] = activities[2][0];
        activities[i][1].scheduled_event_id = 6;
        plans[i].state.activities.count = 2;
        plans[i].state.timers.count = 0;
    }
    add_push(&plans[2], true, 6);
}
static void break_48_limit(void)
{
    activities_max = 0;
}
static void break_48_timer(void)
{
    add_event(&plans[2], 7, WF_EVENT_TYPE_TIMER_STARTED, &timer_started);
    commands[completion.commands.count++] = commands[1];
    for (size_t i = 2; i < COMMIT_COUNT; i++) {
        timers[i][1] = timers[2][0];
        timers[i][1].started_event_id = 7;
        plans[i].state.timers.count = 2;
    }
    plans[3].state.next_event_id = 8;
}
static void break_53(void)
{
    static struct wf_event_timer_fired fired;

    /* Due a minute after the start, which is when everything has recovered, and fired much later. */
    heal_ns = 1;
    timer_started.start_to_fire_timeout.seconds = 120;
    plans[2].events[2].event_time = wf_timestamp_of(CLOCK_NS);
    fired = (struct wf_event_timer_fired){.started_event_id = 6};
    add_event(&plans[3], 7, WF_EVENT_TYPE_TIMER_FIRED, &fired);
    plans[3].events[0].event_time = wf_timestamp_of(CLOCK_NS + 200 * S);
    add_event(&plans[3], 8, WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, &task_scheduled);
    tasks[3] = (struct wf_state_workflow_task){.scheduled_event_id = 8, .attempt = 1};
    plans[3].state.workflow_task = &tasks[3];
    plans[3].state.timers.count = 0;
    add_push(&plans[3], false, 8);
}
static void break_56(void)
{
    after[0] = say(SIM_RECORD_ANSWERED, "s", "accepted");
    has_end = true;
}
static void break_57(void)
{
    static struct wf_event_workflow_execution_terminated terminated;

    before[0].time_ns = 0;
    add_event(&plans[3], 7, WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, &signaled);
    add_event(&plans[3], 8, WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, &terminated);
}
static void break_85_terminate(void) { after[0] = say(SIM_RECORD_ANSWERED, "terminate", "accepted"); }
static void break_95(void) { after[0] = say(SIM_RECORD_ANSWERED, "start", "accepted"); }
static void break_85_cancel(void)
{
    before[0] = say(SIM_RECORD_RUN_STARTED, "run-1", "Type");
    before[1] = say(SIM_RECORD_SENT, "cancel", "");
    after[0] = say(SIM_RECORD_ANSWERED, "cancel", "accepted");
    after[1] = say(SIM_RECORD_RUN_CLOSED, "completed", "run-1");
    has_end = true;
}
static void break_77(void) { plans[0].current.run_id = WF_STR("run-2"); }
static void break_84(void)
{
    static struct wf_event_workflow_execution_terminated terminated;

    /* The run ends, and the same request makes another. */
    without_calls();
    plans[2].event_count = 0;
    add_event(&plans[2], 4, WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, &terminated);
    plans[3] = plans[0];
    plans[3].run.run_id = WF_STR("run-2");
    plans[3].current.run_id = WF_STR("run-2");
    plans[3].tasks[0].run_id = WF_STR("run-2");
}
/* The run ends, and another request makes the next one. */
static void follow_up(int32_t reuse_policy, void *ending, enum wf_event_type type)
{
    without_calls();
    plans[2].event_count = 0;
    add_event(&plans[2], 4, type, ending);
    plans[3] = plans[0];
    plans[3].run.run_id = WF_STR("run-2");
    plans[3].current.run_id = WF_STR("run-2");
    plans[3].current.create_request_id = WF_STR("start-2");
    plans[3].tasks[0].run_id = WF_STR("run-2");
    start.id_reuse_policy = reuse_policy;
}
static void break_87_rejected(void)
{
    static struct wf_event_workflow_execution_terminated ending;

    follow_up(WF_WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE, &ending, WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED);
}
static void break_87_completed(void)
{
    static struct wf_event_workflow_execution_completed ending;

    follow_up(WF_WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY, &ending,
              WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED);
}
static void allow_after_failure(void)
{
    static struct wf_event_workflow_execution_terminated ending;

    follow_up(WF_WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY, &ending,
              WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED);
}
static void break_89(void) { plans[2].run.expected_record_version = 1; }
static void break_90_activity(void) { plans[3].state.activities.count = 0; }
static void break_90_timer(void) { timers[3][0].started_event_id = 5; }
static void break_90_task(void) { tasks[1].started_event_id = 0; }
static void break_90_signals(void) { plans[3].state.signal_count = 2; }
static struct wf_entry_payload fields[] = {{.key = TEXT("city"), .value = {.data = TEXT("\"Trier\"")}}};
static struct wf_memo memo = {.fields = {.items = fields, .count = 1}};
static struct wf_search_attributes search_attributes = {.indexed_fields = {.items = fields, .count = 1}};
static struct wf_state_update stored_update;
static void store_update(struct wf_state_update stored)
{
    stored_update = stored;
    for (size_t i = 2; i < COMMIT_COUNT; i++) {
        plans[i].state.updates.items = &stored_update;
        plans[i].state.updates.count = 1;
    }
}
static void break_90_memo(void) { started.memo = &memo; }
static void break_90_memo_unknown(void) { plans[3].state.memo = &memo; }
static void break_90_search_attributes(void) { started.search_attributes = &search_attributes; }
static void break_90_update(void) { store_update((struct wf_state_update){.accepted_event_id = 4}); }
static void break_90_update_admitted(void) { store_update((struct wf_state_update){.update_id = WF_STR("u")}); }
static void allow_90_fields(void)
{
    started.memo = &memo;
    started.search_attributes = &search_attributes;
    for (size_t i = 0; i < COMMIT_COUNT; i++) {
        plans[i].state.memo = &memo;
        plans[i].state.search_attributes = &search_attributes;
    }
}
static void break_90_cancel(void) { plans[3].state.is_cancel_requested = true; }
/* The run asks others for something, at event 7; state lists what of it is stored as pending. */
static void ask_others(enum wf_command_type command, enum wf_event_type type, void *attributes)
{
    commands[completion.commands.count++] = (struct wf_command){.command_type = (int32_t)command};
    add_event(&plans[2], 7, type, attributes);
    plans[3].state.next_event_id = 8;
}
static struct wf_event_workflow_execution_update_accepted update_accepted;
static struct wf_update_outcome update_outcome;
static struct wf_any acceptance = {.type_url = TEXT("type.googleapis.com/temporal.api.update.v1.Acceptance")};
static struct wf_protocol_message message = {.body = &acceptance};
static void accept_update(struct wf_update_outcome *outcome)
{
    completion.messages.items = &message;
    completion.messages.count = 1;
    add_event(&plans[2], 7, WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED, &update_accepted);
    plans[3].state.next_event_id = 8;
    store_update((struct wf_state_update){.accepted_event_id = 7, .outcome = outcome});
}
static void allow_90_update(void) { accept_update(NULL); }
static void break_90_update_completed(void) { accept_update(&update_outcome); }
static void break_90_update_lost(void)
{
    accept_update(NULL);
    plans[3].state.updates.count = 0;
}
static struct wf_event_start_child_workflow_execution_initiated child_initiated;
static struct wf_event_nexus_operation_scheduled nexus_scheduled;
static struct wf_state_nexus nexus[1];
static void store_nexus(void)
{
    nexus[0] = (struct wf_state_nexus){.scheduled_event_id = 7};
    for (size_t i = 2; i < COMMIT_COUNT; i++) {
        plans[i].state.nexus_operations.items = nexus;
        plans[i].state.nexus_operations.count = 1;
    }
}
static void break_90_child(void)
{
    ask_others(WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION, WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED, &child_initiated);
    add_send(&plans[2], WF_TRANSFER_START_CHILD, 7);
}
static void break_90_nexus(void)
{
    ask_others(WF_COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION, WF_EVENT_TYPE_NEXUS_OPERATION_SCHEDULED, &nexus_scheduled);
    add_send(&plans[2], WF_TRANSFER_START_NEXUS, 7);
}
static void break_90_nexus_unknown(void) { store_nexus(); }
static void break_91_nexus_sent(void)
{
    ask_others(WF_COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION, WF_EVENT_TYPE_NEXUS_OPERATION_SCHEDULED, &nexus_scheduled);
    store_nexus();
}
static void break_91_nexus_kind(void)
{
    break_91_nexus_sent();
    add_send(&plans[2], WF_TRANSFER_CANCEL_NEXUS, 7);
}
static void break_91_nexus_due(void)
{
    break_91_nexus_sent();
    add_send(&plans[2], WF_TRANSFER_START_NEXUS, 7);
    nexus[0].schedule_to_close_deadline_ns = CLOCK_NS + 4 * S;
}
static void break_91_late(void)
{
    plans[2].state.alarm_ns = 0;
    plans[3].state.alarm_ns = 0;
}
static void break_91_unwritten(void) { plans[2].state.alarm_ns = plans[3].state.alarm_ns = CLOCK_NS + 9 * S; }
static void break_91_task(void) { plans[0].task_count = 0; }
static void break_91_activity(void) { plans[2].task_count = 0; }

static const struct {
    const char *invariant;
    void (*change)(void);
} rows[] = {
    {"I8", break_8},
    {"I11", break_11_stored},
    {"I11", break_11_gap},
    {"I16", break_16},
    {"I17", break_17},
    {"I24", break_24_unasked},
    {"I24", break_24_lost},
    {"I25", break_25_refused},
    {"I25", break_25_failed},
    {"I28", break_28},
    {"I29", break_29},
    {"I34", break_34_missing},
    {"I34", break_34_order},
    {"I34", break_34_name},
    {"I41", break_41},
    {"I42", break_42},
    {"I44", break_44_early},
    {"I44", break_44_paused},
    {"I44", break_44_whole},
    {"I45", break_45_first},
    {"I45", break_45_gap},
    {"I45", break_45_early},
    {"I46", break_46_lost},
    {"I46", break_46_stale},
    {"I46", break_46_refused},
    {"I46", break_46_unreported},
    {"I47", break_47_given},
    {"I47", break_47_lost},
    {"I48", break_48_activity},
    {"I48", break_48_limit},
    {"I48", break_48_timer},
    {"I53", break_53},
    {"I56", break_56},
    {"I57", break_57},
    {"I77", break_77},
    {"I84", break_84},
    {"I87", break_87_rejected},
    {"I87", break_87_completed},
    {"I104", break_104},
    {"I85", break_85_terminate},
    {"I85", break_85_cancel},
    {"I89", break_89},
    {"I90", break_90_activity},
    {"I90", break_90_timer},
    {"I90", break_90_task},
    {"I90", break_90_signals},
    {"I90", break_90_cancel},
    {"I90", break_90_memo},
    {"I90", break_90_memo_unknown},
    {"I90", break_90_search_attributes},
    {"I90", break_90_update},
    {"I90", break_90_update_admitted},
    {"I90", break_90_update_completed},
    {"I90", break_90_update_lost},
    {"I90", break_90_child},
    {"I90", break_90_nexus},
    {"I90", break_90_nexus_unknown},
    {"I91", break_91_nexus_sent},
    {"I91", break_91_nexus_kind},
    {"I91", break_91_nexus_due},
    {"I91", break_91_late},
    {"I91", break_91_unwritten},
    {"I91", break_91_task},
    {"I91", break_91_activity},
    {"I92", break_92_timer},
    {"I92", break_92_transfer},
    {"I95", break_95},
    {"I96", break_96},
    {"I101", break_101_late},
    {"I101", break_101_early},
    {"I101", break_101_other_clock},
};

/* What the service does breaks nothing. */
static void test_check_commits__innocent_run_passes(void **state)
{
    struct sim_checks *checks = NULL;
    uint32_t count = 0;

    make_plans();
    (void)run_plans(*state, &count, &checks);

    assert_int_equal(count, 0);
}

/* A policy that allows another run after a failure allows it after a termination; a speculative task that did nothing leaves no
 * trace; who was told that a write's outcome is unknown was told nothing; and an activity ends by the options that it has. */
static void test_check_commits__allowed_changes_pass(void **state)
{
    static void (*const changes[])(void) = {allow_after_failure, allow_24_discarded, allow_25_unknown,
                                             allow_101_update, allow_101_stale_update, allow_101_attempt,
                                             allow_101_other_clock, allow_90_fields, allow_90_update, allow_41, allow_44};

    for (size_t i = 0; i < TEST_COUNT(changes); i++) {
        struct sim_checks *checks = NULL;
        uint32_t count = 0;

        make_plans();
        changes[i]();
        (void)run_plans(*state, &count, &checks);

        assert_int_equal(count, 0);
    }
}

/* Each change breaks the invariant that it is about, and no other. */
static void test_check_commits__each_broken_invariant_is_named(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct sim_checks *checks = NULL;
        const struct sim_broken_check *broken = NULL;
        uint32_t count = 0;

        make_plans();
        rows[i].change();
        broken = run_plans(*state, &count, &checks);

        if (count != 1 || !wf_string_is(broken[0].invariant, rows[i].invariant)) {
            for (uint32_t k = 0; k < count; k++) {
                print_message("%.*s\n", (int)broken[k].sentence.size_bytes, broken[k].sentence.data);
            }
            fail_msg("row %zu: %u broken, %s wanted", i, count, rows[i].invariant);
        }
    }
}

/* A history that is read must be the committed one: all of it, and nothing that was not committed (I94, and so I93). */
static void test_check_commits__what_is_read_was_committed(void **state)
{
    static const struct {
        const char *name;
        size_t first;
        size_t count;
        bool has_orphan;
        uint32_t broken;
    } reads[] = {{"all of it", 0, 3, false, 0}, {"its end is lost", 0, 2, false, 1}, {"an orphan appears", 0, 3, true, 1}};

    for (size_t i = 0; i < TEST_COUNT(reads); i++) {
        struct sim_checks *checks = NULL;
        struct wf_string batches[4] = {{NULL, 0}};
        uint32_t count = 0;

        make_plans();
        (void)run_plans(*state, &count, &checks);
        for (size_t k = 0; k < reads[i].count; k++) {
            const struct wf_history_message events = {
                .events = {.items = plans[k].events, .count = plans[k].event_count}};

            batches[k] = encode(*state, &wf_type_history_message, &events);
        }
        batches[3] = batches[2];
        sim_checks_read(checks, WF_STR("run-1"), batches, (uint32_t)reads[i].count + (reads[i].has_orphan ? 1 : 0), 9 * S, 9);

        (void)sim_checks_broken(checks, &count);
        if (count != reads[i].broken) {
            fail_msg("%s: %u broken", reads[i].name, count);
        }
    }
}

/* I7: what anybody reads is a piece of what was committed, but for one batch at the end that is not written yet. */
static void test_check_commits__reads_are_pieces(void **state)
{
    static const struct {
        const char *name;
        size_t batches[3]; /* by commit; 9: a task that was never written, 8: a signal */
        uint32_t count;
        uint32_t broken;
    } reads[] = {{"all", {0, 1, 2}, 3, 0},
                 {"the end", {1, 2}, 2, 0},
                 {"a beginning", {0, 1}, 2, 0},
                 {"a task that is not written yet", {1, 2, 9}, 3, 0},
                 {"out of order", {1, 0, 2}, 3, 1},
                 {"with a hole", {0, 2, 2}, 3, 1},
                 {"an orphan", {0, 9, 2}, 3, 1},
                 {"an orphan alone", {8}, 1, 1},
                 {"an orphan at the end", {1, 2, 8}, 3, 1}};

    for (size_t i = 0; i < TEST_COUNT(reads); i++) {
        struct wf_svc_workflow_task task = {.workflow_execution = &execution};
        const struct wf_svc_response response = {.answer_case = WF_CASE_svc_response_workflow_task,
                                                 .answer = {.any = &task}};
        struct wf_string batches[3] = {{NULL, 0}};
        struct sim_checks *checks = NULL;
        const struct sim_broken_check *broken = NULL;
        uint32_t count = 0;

        make_plans();
        (void)run_plans(*state, &count, &checks);
        for (uint32_t k = 0; k < reads[i].count; k++) {
            const size_t plan = reads[i].batches[k];
            struct wf_event unwritten = {.event_id = 99,
                                         .event_type = plan == 9 ? WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED
                                                                 : WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED};
            const struct wf_history_message events = {
                .events = {.items = plan < COMMIT_COUNT ? plans[plan].events : &unwritten,
                           .count = plan < COMMIT_COUNT ? plans[plan].event_count : 1}};

            batches[k] = encode(*state, &wf_type_history_message, &events);
        }
        task.batches.items = batches;
        task.batches.count = reads[i].count;
        tell(*state, checks, &(struct sim_exchange){.call_id = 9, .response = &response});

        broken = sim_checks_broken(checks, &count);
        if (count != reads[i].broken || (count == 1 && !wf_string_is(broken[0].invariant, "I7"))) {
            fail_msg("%s: %u broken", reads[i].name, count);
        }
    }
}

/* I97: a run is removed when it has been closed for an hour, not before, and never while it is open. */
static void test_check_commits__retention(void **state)
{
    static const struct {
        bool is_closed;
        int64_t after_ns;
        uint32_t broken;
    } drops[] = {{true, 3600 * S, 0}, {true, 3599 * S, 1}, {false, 7200 * S, 1}};

    for (size_t i = 0; i < TEST_COUNT(drops); i++) {
        static struct wf_event_workflow_execution_terminated terminated;
        struct sim_checks *checks = NULL;
        const struct sim_broken_check *broken = NULL;
        uint32_t count = 0;

        make_plans();
        if (drops[i].is_closed) {
            add_event(&plans[3], 7, WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, &terminated);
        }
        (void)run_plans(*state, &count, &checks);
        sim_checks_drop(checks, WF_STR("run-1"), COMMIT_COUNT * S + drops[i].after_ns, 9);

        broken = sim_checks_broken(checks, &count);
        assert_int_equal(count, drops[i].broken);
        if (count > 0) {
            test_string_is("retention", broken[0].invariant, "I97");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_check_commits__innocent_run_passes),
        TEST_IN_ARENA(test_check_commits__allowed_changes_pass),
        TEST_IN_ARENA(test_check_commits__each_broken_invariant_is_named),
        TEST_IN_ARENA(test_check_commits__what_is_read_was_committed),
        TEST_IN_ARENA(test_check_commits__reads_are_pieces),
        TEST_IN_ARENA(test_check_commits__retention),
    };

    return cmocka_run_group_tests_name("check_commits", tests, NULL, NULL);
}
