/* Calls of operators to schedules. Times are near: a schedule acts many times in one trial, and its actions overlap. */
#include "engine/schedules.h"
#include "tests/model/draws.h"

#define SCHEDULES 4
#define BACKFILL_MS_MAX 12000
#define LARGE_BACKFILL_S (4 * 3600) /* more than may wait */

static struct wf_timestamp time_near(struct calls *calls, int64_t from_ms, uint64_t range_ms)
{
    return wf_timestamp_of(cluster_now(calls->cluster) + (from_ms + (int64_t)calls_draw(calls, range_ms)) * WF_NS_PER_MS);
}

/* ---- When ---- */

static void add_interval(struct calls *calls, struct wf_schedule_spec *spec)
{
    struct wf_schedule_interval_spec *interval = WF_LIST_APPEND(&calls->arena, spec->interval);
    const uint64_t length_ms = 1000 + calls_draw(calls, 12000);

    interval->interval = wf_duration_of((int64_t)length_ms * WF_NS_PER_MS);
    if (calls_one_in(calls, 2)) {
        interval->phase = wf_duration_of((int64_t)calls_draw(calls, length_ms) * WF_NS_PER_MS);
    }
    if (calls_one_in(calls, 40)) {
        interval->interval = calls_duration(calls, 999); /* too short */
    }
    if (calls_one_in(calls, 40)) {
        interval->phase = calls_one_in(calls, 2) ? interval->interval : wf_duration_of(-WF_NS_PER_MS);
    }
}

static void add_calendar(struct calls *calls, struct wf_schedule_spec *spec)
{
    static const char *const seconds[] = {"*/3", "5,6,7,30", "10-50/8", "", "61"};
    struct wf_schedule_calendar_spec *calendar = WF_LIST_APPEND(&calls->arena, spec->calendar);

    calendar->second = wf_string_of(seconds[calls_one_in(calls, 10) ? 4 : calls_draw(calls, 4)]);
    calendar->minute = WF_STR("*");
    calendar->hour = WF_STR("*");
}

static void add_cron(struct calls *calls, struct wf_schedule_spec *spec)
{
    static const char *const texts[] = {"@every 4s", "@every 6s/1s", "*/7 * * * * * *", "* * * * *", "* * *"};

    *(struct wf_string *)WF_LIST_APPEND(&calls->arena, spec->cron_string) =
        wf_string_of(texts[calls_one_in(calls, 10) ? 4 : calls_draw(calls, 4)]);
}

static struct wf_schedule_spec *spec_of(struct calls *calls)
{
    struct wf_schedule_spec *spec = MAKE(calls, struct wf_schedule_spec);
    struct wf_schedule_calendar_spec *excluded = NULL;

    for (uint64_t i = calls_draw(calls, 3); i > 0; i--) {
        add_interval(calls, spec);
    }
    if (calls_one_in(calls, 4)) {
        add_calendar(calls, spec);
    }
    if (calls_one_in(calls, 4)) {
        add_cron(calls, spec);
    }
    if (calls_one_in(calls, 5)) {
        excluded = WF_LIST_APPEND(&calls->arena, spec->exclude_calendar);
        excluded->second = calls_one_in(calls, 20) ? WF_STR("noon") : WF_STR("20-39,50");
        excluded->minute = WF_STR("*");
        excluded->hour = WF_STR("*");
    }
    if (calls_one_in(calls, 6)) {
        spec->start_time = time_near(calls, -5000, 20000);
    }
    if (calls_one_in(calls, 6)) {
        spec->end_time = time_near(calls, -2000, 60000);
    }
    spec->jitter = calls_maybe_duration(calls, 3, 5000);
    spec->timezone_name = calls_one_in(calls, 40)  ? WF_STR("Europe/Paris")
                          : calls_one_in(calls, 6) ? WF_STR("UTC")
                                                   : (struct wf_string){0};
    return calls_one_in(calls, 60) ? NULL : spec;
}

/* ---- What ---- */

static struct wf_svc_start_workflow *action_of(struct calls *calls)
{
    struct wf_svc_start_workflow *action = MAKE(calls, struct wf_svc_start_workflow);

    action->workflow_id = calls_id_or_bad(calls, calls_numbered(calls, "scheduled-", calls_draw(calls, SCHEDULES)));
    action->workflow_type = calls_id_or_bad(calls, WF_STR("Order"));
    action->task_queue = calls_id_or_bad(calls, calls_queue(calls));
    action->input = calls_maybe_payloads(calls);
    action->workflow_execution_timeout = calls_maybe_duration(calls, 8, 20000);
    action->workflow_run_timeout = calls_one_in(calls, 5) ? (struct wf_timestamp){0} : calls_duration(calls, 9000);
    action->workflow_id_reuse_policy = calls_one_in(calls, 6) ? (int32_t)calls_draw(calls, 5) : 0;
    action->retry_policy = calls_one_in(calls, 3) ? calls_maybe_policy(calls) : NULL;
    action->memo = calls_maybe_memo(calls);
    action->header = calls_maybe_header(calls);
    action->search_attributes = calls_one_in(calls, 6) ? calls_attributes(calls) : NULL;
    action->cron_schedule = calls_one_in(calls, 40) ? WF_STR("@every 2s") : (struct wf_string){0};
    return calls_one_in(calls, 60) ? NULL : action;
}

static struct wf_schedule *schedule_of(struct calls *calls)
{
    struct wf_schedule *schedule = MAKE(calls, struct wf_schedule);

    schedule->spec = spec_of(calls);
    schedule->action = action_of(calls);
    if (!calls_one_in(calls, 6)) {
        schedule->policies = MAKE(calls, struct wf_schedule_policies);
        schedule->policies->overlap_policy = (int32_t)calls_draw(calls, 7);
        schedule->policies->catchup_window = calls_maybe_duration(calls, 2, 12000);
        schedule->policies->pause_on_failure = calls_one_in(calls, 4);
        schedule->policies->keep_original_workflow_id = calls_one_in(calls, 3);
    }
    if (calls_one_in(calls, 2)) {
        schedule->state = MAKE(calls, struct wf_schedule_state);
        schedule->state->notes = WF_STR("new");
        schedule->state->paused = calls_one_in(calls, 6);
        schedule->state->limited_actions = calls_one_in(calls, 3);
        schedule->state->remaining_actions = calls_one_in(calls, 40) ? -1 : (int64_t)calls_draw(calls, 9);
    }
    return calls_one_in(calls, 60) ? NULL : schedule;
}

/* ---- Calls ---- */

static const enum wf_schedule_op ops[] = {
    WF_SCHEDULE_CREATE,   WF_SCHEDULE_CREATE,   WF_SCHEDULE_CREATE,   WF_SCHEDULE_UPDATE,   WF_SCHEDULE_UPDATE,
    WF_SCHEDULE_PAUSE,    WF_SCHEDULE_UNPAUSE,  WF_SCHEDULE_UNPAUSE,  WF_SCHEDULE_TRIGGER,  WF_SCHEDULE_TRIGGER,
    WF_SCHEDULE_TRIGGER,  WF_SCHEDULE_TRIGGER,  WF_SCHEDULE_BACKFILL, WF_SCHEDULE_BACKFILL, WF_SCHEDULE_DELETE,
    WF_SCHEDULE_DESCRIBE, WF_SCHEDULE_DESCRIBE, WF_SCHEDULE_DESCRIBE,
};

static void fill_range(struct calls *calls, struct wf_svc_schedule_call *call)
{
    call->start_time = time_near(calls, -30000, 40000);
    call->end_time = wf_timestamp_of(wf_time_of(call->start_time) +
                                     (int64_t)calls_draw(calls, BACKFILL_MS_MAX) * WF_NS_PER_MS);
    if (calls_one_in(calls, 15)) {
        call->start_time = time_near(calls, -LARGE_BACKFILL_S * 1000, 1000);
        call->end_time = time_near(calls, 0, 1000);
        call->overlap_policy = WF_SCHEDULE_OVERLAP_POLICY_BUFFER_ALL;
    }
    if (calls_one_in(calls, 20)) {
        call->end_time = calls_one_in(calls, 2) ? (struct wf_timestamp){0} : time_near(calls, -60000, 10000);
    }
}

void calls_ask_schedule(struct calls *calls, struct wf_svc_request *request)
{
    struct wf_svc_schedule_call *call = MAKE(calls, struct wf_svc_schedule_call);

    call->schedule_id = calls_id_or_bad(calls, calls_numbered(calls, "schedule-", calls_draw(calls, SCHEDULES)));
    call->op = calls_one_in(calls, 60) ? 10 * (int32_t)calls_draw(calls, 2)
                                       : (int32_t)ops[calls_draw(calls, sizeof ops / sizeof ops[0])];
    if (call->op == WF_SCHEDULE_CREATE || call->op == WF_SCHEDULE_UPDATE) {
        call->schedule = schedule_of(calls);
    }
    call->note = WF_STR("because");
    call->overlap_policy = calls_one_in(calls, 2) ? 0 : (int32_t)calls_draw(calls, 7);
    fill_range(calls, call);
    call->request_id = calls_request_id(calls);
    call->identity = WF_STR("operator");
    request->call.schedule_call = call;
}
