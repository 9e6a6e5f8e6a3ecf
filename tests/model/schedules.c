/*
 * Schedules: times come, actions wait for their turn, begin, are stopped and end. One change of a schedule at a time, on plain
 * lists; calendars are asked second by second.
 *
 * What the engine draws or only its owner's memory knows is given by the write: how much of the jitter a time waits, and
 * which calls of its actions were answered. Both are judged: the delay lies below the jitter and before the next time, and an
 * answer was given by whoever had the call.
 *
 * Source: engine-semantics 7.13; ARCHITECTURE "A schedule is a row of a shard" for what it leaves open.
 */
#include <stdlib.h>

#include "engine/base/calendar.h"
#include "tests/model/schedules.h"

#define REQUESTS_MAX 100 /* request ids remembered */
#define BUFFER_MAX 1000
#define PASS_MAX 100 /* times that come at once; those after them come in the next change */
#define CATCHUP_DEFAULT_NS (INT64_C(365) * 24 * 3600 * WF_NS_PER_S)
#define HORIZON_NS (180 * WF_NS_PER_S) /* whatever calls ask for comes once a minute, if at all, and begins soon */
#define CATCHUP_NS_MIN (10 * WF_NS_PER_S)

struct change {
    struct model *model;
    struct wf_arena *arena;                 /* of the step */
    struct wf_state_schedule *state;        /* a copy to work on; NULL: there is no such schedule */
    const struct wf_db_write_schedule *given; /* NULL: the engine wrote nothing */
    const struct wf_state_schedule *given_state; /* NULL: deleted, or nothing was written */
    struct wf_db_write_schedule *made;
    const char *problem; /* what cannot be so */
    wf_time_ns now_ns;
    bool is_changed;
    bool is_deleted;
};

static void *need(void *piece)
{
    if (piece == NULL) {
        abort();
    }
    return piece;
}

static void *copy(struct change *change, const struct wf_message_type *type, const void *message)
{
    return message == NULL ? NULL : need(wf_message_copy(change->arena, type, message));
}

/* ---- Times ---- */

struct times {
    const struct wf_schedule_spec *spec;
    struct wf_cron crons[8];
};

static bool read_calendar(const struct wf_schedule_calendar_spec *spec, struct wf_calendar *calendar)
{
    const struct wf_string fields[] = {
        [WF_CALENDAR_SECOND] = spec->second,           [WF_CALENDAR_MINUTE] = spec->minute,
        [WF_CALENDAR_HOUR] = spec->hour,               [WF_CALENDAR_DAY_OF_MONTH] = spec->day_of_month,
        [WF_CALENDAR_MONTH] = spec->month,             [WF_CALENDAR_YEAR] = spec->year,
        [WF_CALENDAR_DAY_OF_WEEK] = spec->day_of_week,
    };

    wf_calendar_init(calendar);
    for (int32_t i = 0; i < WF_CALENDAR_UNIT_COUNT; i++) {
        if (fields[i].size_bytes > 0 && wf_calendar_read_field(calendar, (enum wf_calendar_unit)i, fields[i]) != NULL) {
            return false;
        }
    }
    return true;
}

static bool is_interval_valid(const struct wf_schedule_interval_spec *interval)
{
    return wf_time_of(interval->interval) >= WF_NS_PER_S && wf_time_of(interval->phase) >= 0 &&
           wf_time_of(interval->phase) < wf_time_of(interval->interval);
}

static bool read_times(const struct wf_schedule_spec *spec, struct times *times)
{
    struct wf_calendar calendar;

    *times = (struct times){.spec = spec};
    if (spec == NULL || wf_time_of(spec->jitter) < 0 ||
        (spec->timezone_name.size_bytes > 0 && !wf_string_is(spec->timezone_name, "UTC"))) {
        return false;
    }
    for (uint32_t i = 0; i < spec->calendar.count; i++) {
        if (!read_calendar(&spec->calendar.items[i], &calendar)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < spec->exclude_calendar.count; i++) {
        if (!read_calendar(&spec->exclude_calendar.items[i], &calendar)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < spec->interval.count; i++) {
        if (!is_interval_valid(&spec->interval.items[i])) {
            return false;
        }
    }
    for (uint32_t i = 0; i < spec->cron_string.count && i < sizeof times->crons / sizeof times->crons[0]; i++) {
        if (wf_cron_read(&times->crons[i], spec->cron_string.items[i], WF_CRON_OF_SCHEDULE) != NULL) {
            return false;
        }
    }
    return true;
}

/* The first time of an interval after that one. Times are not below zero. */
static int64_t next_of_interval(int64_t interval_ns, int64_t phase_ns, int64_t after_ns)
{
    return after_ns < phase_ns ? phase_ns : after_ns + interval_ns - (after_ns - phase_ns) % interval_ns;
}

static bool calendars_match(const struct wf_schedule_calendar_spec *items, uint32_t count, int64_t time_s)
{
    struct wf_calendar calendar;

    for (uint32_t i = 0; i < count; i++) {
        if (read_calendar(&items[i], &calendar) && wf_calendar_matches(&calendar, time_s)) {
            return true;
        }
    }
    return false;
}

static bool second_matches(const struct times *times, int64_t time_s)
{
    for (uint32_t i = 0; i < times->spec->cron_string.count; i++) {
        if (!times->crons[i].is_interval && wf_calendar_matches(&times->crons[i].calendar, time_s)) {
            return true;
        }
    }
    return calendars_match(times->spec->calendar.items, times->spec->calendar.count, time_s);
}

/* The first time after that one and not after until_ns; INT64_MAX: there is none. */
static int64_t next_time(const struct times *times, int64_t after_ns, int64_t until_ns)
{
    const struct wf_schedule_spec *spec = times->spec;
    int64_t end_ns = spec->end_time.is_set && wf_time_of(spec->end_time) < until_ns ? wf_time_of(spec->end_time)
                                                                                    : until_ns;
    int64_t from_ns = spec->start_time.is_set && wf_time_of(spec->start_time) > after_ns
                          ? wf_time_of(spec->start_time) - 1
                          : after_ns;

    while (from_ns < end_ns) {
        int64_t first_ns = end_ns + 1;

        for (uint32_t i = 0; i < spec->interval.count; i++) {
            const int64_t next_ns = next_of_interval(wf_time_of(spec->interval.items[i].interval),
                                                     wf_time_of(spec->interval.items[i].phase), from_ns);

            first_ns = next_ns < first_ns ? next_ns : first_ns;
        }
        for (uint32_t i = 0; i < spec->cron_string.count; i++) {
            const struct wf_cron *cron = &times->crons[i];
            const int64_t next_ns = !cron->is_interval ? first_ns
                                                       : next_of_interval(cron->interval_s * WF_NS_PER_S,
                                                                          cron->phase_s * WF_NS_PER_S, from_ns);

            first_ns = next_ns < first_ns ? next_ns : first_ns;
        }
        for (int64_t time_s = from_ns / WF_NS_PER_S + 1; time_s * WF_NS_PER_S < first_ns; time_s++) {
            if (second_matches(times, time_s)) {
                first_ns = time_s * WF_NS_PER_S;
            }
        }
        if (first_ns <= end_ns &&
            !calendars_match(spec->exclude_calendar.items, spec->exclude_calendar.count, first_ns / WF_NS_PER_S)) {
            return first_ns;
        }
        from_ns = first_ns;
    }
    return INT64_MAX;
}

/* The latest that a time may be taken: its jitter ends before, and the next time does not come first. */
static int64_t latest_of(const struct times *times, int64_t nominal_ns)
{
    const int64_t jitter_ns = wf_time_of(times->spec->jitter);
    const int64_t next_ns = jitter_ns == 0 ? INT64_MAX : next_time(times, nominal_ns, nominal_ns + jitter_ns);

    if (jitter_ns == 0) {
        return nominal_ns;
    }
    return next_ns == INT64_MAX ? nominal_ns + jitter_ns - 1 : next_ns - 1;
}

/* ---- Notes ---- */

static int32_t policy_of(const struct change *change, const struct wf_state_schedule_action *action)
{
    const struct wf_schedule_policies *policies = change->state->schedule->policies;
    const int32_t own = action->overlap_policy;
    const int32_t all = policies == NULL ? 0 : policies->overlap_policy;

    return own != 0 ? own : all != 0 ? all : WF_SCHEDULE_OVERLAP_POLICY_SKIP;
}

static void note(struct change *change, enum wf_schedule_step kind, const struct wf_state_schedule_action *action)
{
    struct wf_schedule_note *made = need(WF_LIST_APPEND(change->arena, change->made->notes));

    *made = (struct wf_schedule_note){.kind = (int32_t)kind, .nominal_ns = change->now_ns};
    if (action != NULL) {
        made->nominal_ns = action->nominal_ns;
        made->due_ns = action->due_ns;
        made->is_manual = action->is_manual;
        made->overlap_policy = policy_of(change, action);
        made->workflow_id = action->workflow_id;
    }
    change->state->last_change_ns = change->now_ns;
    change->is_changed = true;
}

/* ---- Actions ---- */

static bool may_act(const struct change *change)
{
    const struct wf_schedule_state *state = change->state->schedule->state;

    return !state->paused && !(state->limited_actions && state->remaining_actions <= 0);
}

static uint32_t count_buffered(const struct wf_state_schedule *state)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < state->actions.count; i++) {
        count += state->actions.items[i].state == MODEL_ACTION_BUFFERED ? 1 : 0;
    }
    return count;
}

static void add_action(struct change *change, struct wf_state_schedule_action action)
{
    note(change, WF_SCHEDULE_STEP_TAKE, &action);
    if (count_buffered(change->state) >= BUFFER_MAX) {
        change->state->buffer_dropped++;
        note(change, WF_SCHEDULE_STEP_DROP, &action);
        return;
    }
    action.action_id = ++change->state->last_action_id;
    action.state = MODEL_ACTION_BUFFERED;
    *(struct wf_state_schedule_action *)need(WF_LIST_APPEND(change->arena, change->state->actions)) = action;
}

/* What the engine says of a time that came, NULL: it did not come. */
static const struct wf_schedule_note *given_time(const struct change *change, int64_t nominal_ns)
{
    for (uint32_t i = 0; change->given != NULL && i < change->given->notes.count; i++) {
        const struct wf_schedule_note *given = &change->given->notes.items[i];

        if ((given->kind == WF_SCHEDULE_STEP_TAKE || given->kind == WF_SCHEDULE_STEP_MISS) && !given->is_manual &&
            given->nominal_ns == nominal_ns) {
            return given;
        }
    }
    return NULL;
}

static int64_t catchup_of(const struct change *change)
{
    const struct wf_schedule_policies *policies = change->state->schedule->policies;
    const int64_t given_ns = policies == NULL ? 0 : wf_time_of(policies->catchup_window);

    return given_ns == 0 ? CATCHUP_DEFAULT_NS : given_ns < CATCHUP_NS_MIN ? CATCHUP_NS_MIN : given_ns;
}

/* Returns how many. */
static uint32_t take_times(struct change *change, const struct times *times)
{
    struct wf_state_schedule *state = change->state;
    int64_t nominal_ns = 0;
    uint32_t taken = 0;

    while (taken < PASS_MAX && may_act(change) &&
           (nominal_ns = next_time(times, state->processed_ns, change->now_ns)) != INT64_MAX) {
        const struct wf_schedule_note *given = given_time(change, nominal_ns);
        const int64_t latest_ns = latest_of(times, nominal_ns);
        const int64_t due_ns = given == NULL ? latest_ns : given->due_ns;

        if (due_ns < nominal_ns || due_ns > latest_ns) {
            change->problem = "a time is delayed by other than its jitter";
        }
        if (due_ns > change->now_ns) {
            break;
        }
        taken++;
        state->processed_ns = nominal_ns;
        if (change->now_ns - due_ns > catchup_of(change)) {
            state->missed_catchup_window++;
            note(change, WF_SCHEDULE_STEP_MISS,
                 &(struct wf_state_schedule_action){.nominal_ns = nominal_ns, .due_ns = due_ns});
        } else {
            add_action(change, (struct wf_state_schedule_action){.nominal_ns = nominal_ns, .due_ns = due_ns});
        }
    }
    return taken;
}

static void take_backfills(struct change *change, const struct times *times, uint32_t taken)
{
    struct wf_state_schedule *state = change->state;

    while (taken < PASS_MAX && state->backfills.count > 0) {
        struct wf_state_schedule_backfill *backfill = &state->backfills.items[0];
        const int64_t nominal_ns = next_time(times, backfill->after_ns, backfill->until_ns);

        change->is_changed = true;
        if (nominal_ns != INT64_MAX) {
            add_action(change, (struct wf_state_schedule_action){.nominal_ns = nominal_ns,
                                                                 .due_ns = change->now_ns,
                                                                 .is_manual = true,
                                                                 .overlap_policy = backfill->overlap_policy});
            taken++;
        }
        backfill->after_ns = nominal_ns == INT64_MAX ? backfill->until_ns : nominal_ns;
        if (backfill->after_ns >= backfill->until_ns) {
            WF_LIST_REMOVE(state->backfills, backfill);
        }
    }
}

static bool is_alive(const struct wf_state_schedule_action *action)
{
    return action->state != MODEL_ACTION_BUFFERED && action->state != MODEL_ACTION_GONE;
}

static bool is_any_alive(const struct wf_state_schedule *state)
{
    for (uint32_t i = 0; i < state->actions.count; i++) {
        if (is_alive(&state->actions.items[i])) {
            return true;
        }
    }
    return false;
}

static void give_up(struct change *change, struct wf_state_schedule_action *action, enum wf_schedule_step why)
{
    action->state = MODEL_ACTION_GONE;
    note(change, why, action);
    change->state->overlap_skipped += why == WF_SCHEDULE_STEP_SKIP ? 1 : 0;
}

static void begin(struct change *change, struct wf_state_schedule_action *action)
{
    struct wf_schedule *schedule = change->state->schedule;
    struct wf_buffer id = {0};
    char time[WF_TIME_TEXT_BYTES];

    wf_buffer_init(&id, change->arena);
    wf_buffer_append_string(&id, schedule->action->workflow_id);
    if (schedule->policies == NULL || !schedule->policies->keep_original_workflow_id) {
        wf_time_write(time, action->nominal_ns / WF_NS_PER_S);
        wf_buffer_append_char(&id, '-');
        wf_buffer_append(&id, time, sizeof time);
    }
    action->workflow_id = wf_buffer_string(&id);
    action->state = MODEL_ACTION_STARTING;
    change->state->action_count++;
    schedule->state->remaining_actions -= !action->is_manual && schedule->state->limited_actions ? 1 : 0;
    note(change, WF_SCHEDULE_STEP_BEGIN, action);
}

/* All that came before the newest make room for it. */
static void displace(struct change *change, uint32_t newest, bool is_terminated)
{
    for (uint32_t i = 0; i < change->state->actions.count; i++) {
        struct wf_state_schedule_action *action = &change->state->actions.items[i];

        if (i < newest && action->state == MODEL_ACTION_BUFFERED) {
            give_up(change, action, WF_SCHEDULE_STEP_SKIP);
        } else if (action->state == MODEL_ACTION_STARTING || action->state == MODEL_ACTION_RUNNING) {
            action->state = action->state == MODEL_ACTION_STARTING ? MODEL_ACTION_DOOMED : MODEL_ACTION_STOPPING;
            action->is_terminated = is_terminated;
            note(change, WF_SCHEDULE_STEP_STOP, action);
        }
    }
}

static bool is_one_waiting(const struct change *change, uint32_t before)
{
    for (uint32_t i = 0; i < before; i++) {
        if (change->state->actions.items[i].state == MODEL_ACTION_BUFFERED &&
            policy_of(change, &change->state->actions.items[i]) == WF_SCHEDULE_OVERLAP_POLICY_BUFFER_ONE) {
            return true;
        }
    }
    return false;
}

static void decide(struct change *change, uint32_t index)
{
    struct wf_state_schedule_action *action = &change->state->actions.items[index];
    const int32_t policy = policy_of(change, action);

    if (!action->is_manual && !may_act(change)) {
        give_up(change, action, WF_SCHEDULE_STEP_DROP);
    } else if (policy == WF_SCHEDULE_OVERLAP_POLICY_ALLOW_ALL || !is_any_alive(change->state)) {
        begin(change, action);
    } else if (policy == WF_SCHEDULE_OVERLAP_POLICY_CANCEL_OTHER ||
               policy == WF_SCHEDULE_OVERLAP_POLICY_TERMINATE_OTHER) {
        displace(change, index, policy == WF_SCHEDULE_OVERLAP_POLICY_TERMINATE_OTHER);
    } else if (policy == WF_SCHEDULE_OVERLAP_POLICY_SKIP ||
               (policy == WF_SCHEDULE_OVERLAP_POLICY_BUFFER_ONE && is_one_waiting(change, index))) {
        give_up(change, action, WF_SCHEDULE_STEP_SKIP);
    }
}

/* Everything that is due happens. */
static void advance(struct change *change)
{
    struct wf_state_schedule *state = change->state;
    struct times times;
    uint32_t kept = 0;

    read_times(state->schedule->spec, &times);
    take_backfills(change, &times, take_times(change, &times));
    for (uint32_t i = 0; i < state->actions.count; i++) {
        if (state->actions.items[i].state == MODEL_ACTION_BUFFERED) {
            decide(change, i);
        }
    }
    for (uint32_t i = 0; i < state->actions.count; i++) {
        if (state->actions.items[i].state != MODEL_ACTION_GONE) {
            state->actions.items[kept++] = state->actions.items[i];
        }
    }
    state->actions.count = kept;
}

/* ---- Answers to actions ---- */

static struct wf_state_schedule_action *action_of(const struct wf_state_schedule *state, int64_t action_id)
{
    for (uint32_t i = 0; state != NULL && i < state->actions.count; i++) {
        if (state->actions.items[i].action_id == action_id) {
            return &state->actions.items[i];
        }
    }
    return NULL;
}

static bool is_awaiting_start(const struct wf_state_schedule_action *action)
{
    return action->state == MODEL_ACTION_STARTING || action->state == MODEL_ACTION_DOOMED;
}

/* Starts and stops that the write takes for answered. */
static void take_answers(struct change *change)
{
    for (uint32_t i = 0; i < change->state->actions.count; i++) {
        struct wf_state_schedule_action *action = &change->state->actions.items[i];
        const struct wf_state_schedule_action *after = action_of(change->given_state, action->action_id);
        const struct wf_schedule_link link = model_schedule_link_of(change->state, action);

        if (after != NULL && is_awaiting_start(action) && after->run_id.size_bytes > 0) {
            if (!model_schedule_was_started(change->model, &link, after->run_id)) {
                change->problem = "nobody said that the action's workflow has started";
            }
            action->run_id = wf_string_copy(change->arena, after->run_id);
            action->state = action->state == MODEL_ACTION_DOOMED ? MODEL_ACTION_STOPPING : MODEL_ACTION_RUNNING;
            change->is_changed = true;
        } else if (after != NULL && action->state == MODEL_ACTION_STOPPING && after->state == MODEL_ACTION_STOPPED) {
            if (!model_schedule_was_stopped(change->model, action)) {
                change->problem = "nobody said that the action's workflow is stopped";
            }
            action->state = MODEL_ACTION_STOPPED;
            change->is_changed = true;
        }
    }
}

/* The first action that waits for the answer to its start, had a refusal, and is not there any more. */
static struct wf_state_schedule_action *refused_action(struct change *change, const struct wf_schedule_note *given)
{
    for (uint32_t i = 0; i < change->state->actions.count; i++) {
        struct wf_state_schedule_action *action = &change->state->actions.items[i];
        const struct wf_schedule_link link = model_schedule_link_of(change->state, action);

        if (is_awaiting_start(action) && action_of(change->given_state, action->action_id) == NULL &&
            action->nominal_ns == given->nominal_ns && action->is_manual == given->is_manual &&
            wf_string_equal(action->workflow_id, given->workflow_id) &&
            model_schedule_was_refused(change->model, &link)) {
            return action;
        }
    }
    return NULL;
}

static void take_refusals(struct change *change)
{
    for (uint32_t i = 0; change->given != NULL && i < change->given->notes.count; i++) {
        struct wf_state_schedule_action *action = NULL;

        if (change->given->notes.items[i].kind != WF_SCHEDULE_STEP_REFUSE) {
            continue;
        }
        action = refused_action(change, &change->given->notes.items[i]);
        if (action == NULL) {
            change->problem = "nobody refused the start of the action";
            return;
        }
        change->state->refused_count++;
        give_up(change, action, WF_SCHEDULE_STEP_REFUSE);
    }
}

/* The words of both are the engine's. */
static void take_failure(struct change *change, const struct wf_failure *failure)
{
    struct wf_schedule *schedule = change->state->schedule;

    change->state->last_failure = copy(change, &wf_type_failure, failure);
    if (schedule->policies == NULL || !schedule->policies->pause_on_failure || schedule->state->paused) {
        return;
    }
    schedule->state->paused = true;
    if (change->given_state != NULL && change->given_state->schedule->state != NULL) {
        schedule->state->notes = change->given_state->schedule->state->notes;
    }
    note(change, WF_SCHEDULE_STEP_CHANGE, NULL);
}

static void take_close(struct change *change, struct wf_state_schedule_action *action, const struct wf_event *closing)
{
    struct wf_failure timed_out = {0};

    give_up(change, action, WF_SCHEDULE_STEP_CLOSE);
    if (closing->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED) {
        change->state->last_result = copy(change, &wf_type_payloads,
                                          closing->attributes.workflow_execution_completed->result);
        change->state->last_failure = NULL;
    } else if (closing->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED) {
        take_failure(change, closing->attributes.workflow_execution_failed->failure);
    } else if (closing->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT) {
        if (change->given_state != NULL && change->given_state->last_failure != NULL) {
            timed_out.message = change->given_state->last_failure->message;
        }
        take_failure(change, &timed_out);
    }
}

/* ---- Calls ---- */

static bool is_schedule_valid(const struct wf_schedule *schedule)
{
    const struct wf_svc_start_workflow *action = schedule == NULL ? NULL : schedule->action;
    struct times times;

    return action != NULL && action->workflow_id.size_bytes > 0 && action->workflow_type.size_bytes > 0 &&
           action->task_queue.size_bytes > 0 && action->cron_schedule.size_bytes == 0 &&
           (schedule->policies == NULL || wf_time_of(schedule->policies->catchup_window) >= 0) &&
           (schedule->state == NULL || schedule->state->remaining_actions >= 0) && read_times(schedule->spec, &times);
}

/* Times that have come until now are not looked at any more. */
static void look_ahead(struct change *change)
{
    if (change->state->processed_ns < change->now_ns) {
        change->state->processed_ns = change->now_ns;
    }
}

static enum wf_call_status set_schedule(struct change *change, const struct wf_schedule *schedule)
{
    if (!is_schedule_valid(schedule)) {
        return WF_CALL_INVALID_ARGUMENT;
    }
    change->state->schedule = copy(change, &wf_type_schedule, schedule);
    if (change->state->schedule->state == NULL) {
        change->state->schedule->state = need(WF_ARENA_NEW(change->arena, struct wf_schedule_state));
    }
    look_ahead(change);
    return WF_CALL_OK;
}

static enum wf_call_status create(struct change *change, const struct wf_svc_schedule_call *call)
{
    enum wf_call_status status = WF_CALL_OK;

    if (change->state != NULL) {
        return WF_CALL_ALREADY_STARTED;
    }
    change->state = need(WF_ARENA_NEW(change->arena, struct wf_state_schedule));
    status = set_schedule(change, call->schedule);
    if (status == WF_CALL_OK) {
        change->state->schedule_id = call->schedule_id;
        change->state->created_ns = change->now_ns;
        note(change, WF_SCHEDULE_STEP_CREATE, NULL);
    }
    return status;
}

static void set_paused(struct change *change, const struct wf_svc_schedule_call *call)
{
    const bool is_paused = call->op == WF_SCHEDULE_PAUSE;
    struct wf_schedule_state *state = change->state->schedule->state;

    state->notes = call->note;
    change->is_changed = true;
    if (state->paused != is_paused) {
        state->paused = is_paused;
        look_ahead(change);
        note(change, WF_SCHEDULE_STEP_CHANGE, NULL);
    }
}

static enum wf_call_status backfill(struct change *change, const struct wf_svc_schedule_call *call)
{
    const int64_t start_ns = wf_time_of(call->start_time);
    struct wf_state_schedule_backfill *kept = NULL;

    if (!call->start_time.is_set || !call->end_time.is_set || start_ns <= 0 || wf_time_of(call->end_time) < start_ns) {
        return WF_CALL_INVALID_ARGUMENT;
    }
    kept = need(WF_LIST_APPEND(change->arena, change->state->backfills));
    *kept = (struct wf_state_schedule_backfill){
        .after_ns = start_ns - 1, .until_ns = wf_time_of(call->end_time), .overlap_policy = call->overlap_policy};
    return WF_CALL_OK;
}

static enum wf_call_status call_existing(struct change *change, const struct wf_svc_schedule_call *call)
{
    switch (call->op) {
    case WF_SCHEDULE_UPDATE:
        if (set_schedule(change, call->schedule) != WF_CALL_OK) {
            return WF_CALL_INVALID_ARGUMENT;
        }
        note(change, WF_SCHEDULE_STEP_CHANGE, NULL);
        return WF_CALL_OK;
    case WF_SCHEDULE_PAUSE:
    case WF_SCHEDULE_UNPAUSE:
        set_paused(change, call);
        return WF_CALL_OK;
    case WF_SCHEDULE_TRIGGER:
        add_action(change, (struct wf_state_schedule_action){.nominal_ns = change->now_ns,
                                                             .due_ns = change->now_ns,
                                                             .is_manual = true,
                                                             .overlap_policy = call->overlap_policy});
        return WF_CALL_OK;
    case WF_SCHEDULE_BACKFILL:
        return backfill(change, call);
    case WF_SCHEDULE_DELETE:
        change->is_deleted = true;
        note(change, WF_SCHEDULE_STEP_DELETE, NULL);
        return WF_CALL_OK;
    default:
        return WF_CALL_INVALID_ARGUMENT;
    }
}

static bool is_repeated(const struct wf_state_schedule *state, struct wf_string request_id)
{
    for (uint32_t i = 0; state != NULL && i < state->request_ids.count; i++) {
        if (wf_string_equal(state->request_ids.items[i], request_id)) {
            return true;
        }
    }
    return false;
}

static void remember(struct change *change, struct wf_string request_id)
{
    if (request_id.size_bytes > 0) {
        *(struct wf_string *)need(WF_LIST_APPEND(change->arena, change->state->request_ids)) = request_id;
        if (change->state->request_ids.count > REQUESTS_MAX) {
            change->state->request_ids.items++;
            change->state->request_ids.count--;
        }
    }
}

static enum wf_call_status perform_call(struct change *change, const struct wf_svc_schedule_call *call)
{
    enum wf_call_status status = WF_CALL_OK;

    if (change->state == NULL && call->op != WF_SCHEDULE_CREATE) {
        return WF_CALL_NOT_FOUND;
    }
    if (call->op == WF_SCHEDULE_DESCRIBE) {
        return WF_CALL_OK;
    }
    if (change->state != NULL) {
        take_answers(change);
        take_refusals(change);
        advance(change);
        if (is_repeated(change->state, call->request_id)) {
            return WF_CALL_OK;
        }
    }
    status = call->op == WF_SCHEDULE_CREATE ? create(change, call) : call_existing(change, call);
    if (status == WF_CALL_OK) {
        remember(change, call->request_id);
        if (!change->is_deleted) {
            advance(change);
        }
    }
    return status;
}

static void record_close(struct change *change, const struct wf_svc_record_action_closed *report)
{
    struct wf_state_schedule_action *action =
        change->state == NULL || change->state->created_ns != report->link->created_ns
            ? NULL
            : action_of(change->state, report->link->action_id);

    if (action != NULL && is_alive(action)) {
        take_close(change, action, report->closing);
        take_answers(change);
        take_refusals(change);
        advance(change);
    }
}

/* ---- One change ---- */

static struct model_schedule *schedule_of(struct model *model, struct wf_string id)
{
    return wf_map_get(&model->schedules, id);
}

static struct change begin_change(struct model *model, const struct model_operation *operation, struct wf_string id)
{
    const struct model_schedule *schedule = schedule_of(model, id);
    struct change change = {.model = model, .arena = &model->step_arena, .now_ns = operation->now_ns};

    change.made = need(WF_ARENA_NEW(change.arena, struct wf_db_write_schedule));
    if (schedule != NULL && schedule->state != NULL) {
        change.state = copy(&change, &wf_type_state_schedule, schedule->state);
    }
    return change;
}

static void reply(struct change *change, struct model_outcome *outcome, enum wf_call_status status)
{
    outcome->reply = need(WF_ARENA_NEW(change->arena, struct wf_svc_response));
    outcome->reply->status = (int32_t)status;
}

static void perform(struct change *change, const struct wf_svc_request *request, struct model_outcome *outcome)
{
    enum wf_call_status status = WF_CALL_OK;

    if (request->call_case == WF_CASE_svc_request_schedule_call) {
        status = perform_call(change, request->call.schedule_call);
    } else {
        record_close(change, request->call.record_action_closed);
    }
    reply(change, outcome, status);
    outcome->writes = status == WF_CALL_OK && change->is_changed;
    if (status == WF_CALL_OK && request->call_case == WF_CASE_svc_request_schedule_call &&
        request->call.schedule_call->op == WF_SCHEDULE_DESCRIBE) {
        outcome->reply->answer_case = WF_CASE_svc_response_schedule;
        outcome->reply->answer.schedule = change->state;
    }
}

void model_schedule_call(struct model_transaction *tx)
{
    struct change change = begin_change(tx->model, tx->operation,
                                        tx->operation->request->call.schedule_call->schedule_id);

    perform(&change, tx->operation->request, tx->outcome);
}

void model_action_closed(struct model_transaction *tx)
{
    struct change change = begin_change(tx->model, tx->operation,
                                        tx->operation->request->call.record_action_closed->link->schedule_id);

    perform(&change, tx->operation->request, tx->outcome);
}

static void keep(struct model *model, struct wf_string id, const struct wf_state_schedule *state)
{
    struct model_schedule *schedule = schedule_of(model, id);

    if (schedule == NULL) {
        schedule = need(WF_ARENA_NEW(&model->arena, struct model_schedule));
        wf_map_set(&model->schedules, wf_string_copy(&model->arena, id), schedule);
        wf_arena_init(&schedule->arenas[0], wf_system_blocks(), 0);
        wf_arena_init(&schedule->arenas[1], wf_system_blocks(), 0);
    }
    schedule->arena_index ^= 1;
    wf_arena_reset(&schedule->arenas[schedule->arena_index]);
    schedule->state = state == NULL ? NULL
                                    : need(wf_message_copy(&schedule->arenas[schedule->arena_index],
                                                           &wf_type_state_schedule, state));
    if (state != NULL) {
        model_schedule_expect_calls(model, schedule->state);
    }
}

static bool is_busy(const struct change *change)
{
    struct times times;

    if (change->state->actions.count > 0 || change->state->backfills.count > 0) {
        return true;
    }
    read_times(change->state->schedule->spec, &times);
    return may_act(change) &&
           next_time(&times, change->state->processed_ns, change->now_ns + HORIZON_NS) != INT64_MAX;
}

void model_schedule_write(struct model *model, const struct model_operation *operation,
                          const struct wf_db_write_schedule *given, struct model_schedule_outcome *outcome)
{
    struct change change = begin_change(model, operation, given->schedule_id);
    struct wf_buffer image = {0};
    struct wf_state_schedule *after = NULL;

    change.given = given;
    if (given->state.size_bytes > 0) {
        after = need(wf_message_new(change.arena, &wf_type_state_schedule));
        if (wf_wire_decode(change.arena, &wf_type_state_schedule, given->state, after, NULL) != WF_OK) {
            abort();
        }
        change.given_state = after;
    }
    if (operation->kind == MODEL_REQUEST) {
        perform(&change, operation->request, &outcome->outcome);
    } else if (change.state != NULL) {
        take_answers(&change);
        take_refusals(&change);
        advance(&change);
        outcome->outcome.writes = change.is_changed;
    }
    outcome->problem = change.problem;
    outcome->write = change.made;
    if (!outcome->outcome.writes) {
        return;
    }
    change.made->shard_id = given->shard_id;
    change.made->range_id = given->range_id;
    change.made->schedule_id = given->schedule_id;
    change.made->is_busy = !change.is_deleted && is_busy(&change);
    if (!change.is_deleted) {
        wf_buffer_init(&image, change.arena);
        wf_wire_encode(&wf_type_state_schedule, change.state, &image);
        change.made->state = wf_buffer_string(&image);
    }
    keep(model, given->schedule_id, change.is_deleted ? NULL : change.state);
}

/* ---- The end ---- */

/* The last run that an action began; NULL: none. */
static const struct model_run *run_of(const struct model *model, const struct wf_state_schedule *state,
                                      const struct wf_state_schedule_action *action)
{
    const struct model_workflow *workflow = model_workflow_find(model, action->workflow_id);
    const struct wf_schedule_link link = model_schedule_link_of(state, action);

    for (uint32_t i = workflow == NULL ? 0 : workflow->runs.count; i > 0; i--) {
        const struct model_run *run = workflow->runs.items[i - 1];

        if (run->start->schedule_link != NULL &&
            wf_message_equal(&wf_type_schedule_link, run->start->schedule_link, &link)) {
            return run;
        }
    }
    return NULL;
}

static const char *action_left_undone(const struct model *model, const struct wf_state_schedule *state,
                                      const struct wf_state_schedule_action *action, wf_time_ns long_ago_ns)
{
    const struct model_run *run = run_of(model, state, action);

    if (!is_alive(action)) {
        return is_any_alive(state) || action->due_ns >= long_ago_ns ? NULL : "an action waits for none that runs";
    }
    if (run == NULL) {
        return state->last_change_ns < long_ago_ns ? "an action has no workflow" : NULL;
    }
    if (!model_run_is_open(run)) {
        return run->state->close_time_ns < long_ago_ns ? "an action outlives its workflow" : NULL;
    }
    return action->state == MODEL_ACTION_STARTING && state->last_change_ns < long_ago_ns
               ? "an action does not know that its workflow has started"
               : NULL;
}

const char *model_schedule_left_undone(const struct model *model, const struct model_schedule *schedule,
                                       wf_time_ns long_ago_ns)
{
    const struct wf_state_schedule *state = schedule->state;
    const struct wf_schedule_state *words = state == NULL ? NULL : state->schedule->state;
    struct times times;
    int64_t nominal_ns = 0;
    const char *what = NULL;

    if (state == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < state->actions.count && what == NULL; i++) {
        what = action_left_undone(model, state, &state->actions.items[i], long_ago_ns);
    }
    if (what == NULL && state->backfills.count > 0) {
        return "a backfill has not been taken";
    }
    read_times(state->schedule->spec, &times);
    nominal_ns = next_time(&times, state->processed_ns, long_ago_ns);
    if (what == NULL && nominal_ns != INT64_MAX && latest_of(&times, nominal_ns) < long_ago_ns && !words->paused &&
        !(words->limited_actions && words->remaining_actions <= 0)) {
        return "a time has come and was not taken";
    }
    return what;
}
