/*
 * Schedules, followed by what their committed writes decided: each time that a specification has is taken or missed, in
 * order and once; each action begins once, and not while another one runs unless its overlap policy allows it; and the
 * workflow that it asked for is started once. The times are computed here again, from the stored specification.
 *
 * Source: engine-semantics 7.13.
 */
#include "engine/codec.h"
#include "engine/diagnosis.h"
#include "engine/schedules.h"
#include "sim/check/track.h"

#define LATE_NS (600 * WF_NS_PER_S) /* at the end of a quiet run, time enough for any retry */

/* A time that was taken, until it is given up or its workflow has closed. */
struct action {
    struct action *next;
    int64_t nominal_ns;
    bool is_manual;
    bool has_begun;
    uint32_t start_count; /* chains of its workflow id, since it began */
    struct wf_string workflow_id;
};

struct schedule {
    struct schedule *next;
    struct wf_string id;
    struct wf_schedule_times times;
    int64_t catchup_ns;
    int64_t last_ns; /* the nominal time looked at last */
    struct action *actions;
    bool is_alive;
    bool is_acting; /* by its stored state: neither paused nor at its limit */
};

struct context {
    struct sim_checks *checks;
    const struct sim_commit *commit;
    struct schedule *schedule;
};

/* ---- Findings ---- */

static void break_schedule(const struct context *context, const char *cause, int64_t nominal_ns, struct wf_string other)
{
    char time[WF_TIME_TEXT_BYTES];
    struct wf_buffer sentence;

    wf_time_write(time, nominal_ns / WF_NS_PER_S);
    wf_buffer_init(&sentence, context->checks->arena);
    wf_buffer_printf(&sentence, "schedule %S: the action of %S %s", &context->schedule->id,
                     &(struct wf_string){time, sizeof time}, cause);
    if (other.size_bytes > 0) {
        wf_buffer_printf(&sentence, " (%S)", &other);
    }
    sim_checks_break(context->checks, &(struct sim_break){
                                          .check = SIM_CHECKS_MAX,
                                          .diagnosis = wf_diagnosis_code(WF_DIAGNOSIS_SCHEDULE_BROKEN),
                                          .cause = cause,
                                          .time_ns = context->commit->time_ns,
                                          .step = context->commit->step,
                                          .sentence = wf_buffer_string(&sentence),
                                      });
}

/* ---- Actions ---- */

static struct action *find_action(const struct schedule *schedule, const struct wf_schedule_note *note, bool has_begun)
{
    for (struct action *action = schedule->actions; action != NULL; action = action->next) {
        if (action->nominal_ns == note->nominal_ns && action->is_manual == note->is_manual &&
            action->has_begun == has_begun &&
            (!has_begun || wf_string_equal(action->workflow_id, note->workflow_id))) {
            return action;
        }
    }
    return NULL;
}

static const struct action *find_running(const struct schedule *schedule)
{
    for (const struct action *action = schedule->actions; action != NULL; action = action->next) {
        if (action->has_begun) {
            return action;
        }
    }
    return NULL;
}

static void forget_action(struct schedule *schedule, const struct action *action)
{
    struct action **link = &schedule->actions;

    while (*link != action) {
        link = &(*link)->next;
    }
    *link = action->next;
}

/* At the end, so that the oldest is found first. */
static void add_action(const struct context *context, const struct wf_schedule_note *note)
{
    struct action *action = WF_ARENA_NEW(context->checks->arena, struct action);
    struct action **end = &context->schedule->actions;

    if (action == NULL) {
        context->checks->is_full = true;
        return;
    }
    action->nominal_ns = note->nominal_ns;
    action->is_manual = note->is_manual;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = action;
}

static void check_begin(const struct context *context, const struct wf_schedule_note *note)
{
    struct action *action = find_action(context->schedule, note, false);
    const struct action *running = find_running(context->schedule);

    if (action == NULL) {
        break_schedule(context, "began twice, or was never due", note->nominal_ns, note->workflow_id);
        return;
    }
    if (running != NULL && note->overlap_policy != WF_SCHEDULE_OVERLAP_POLICY_ALLOW_ALL) {
        break_schedule(context, "began while another one ran", note->nominal_ns, running->workflow_id);
    }
    action->has_begun = true;
    action->workflow_id = sim_checks_keep(context->checks, note->workflow_id);
}

static void check_end(const struct context *context, const struct wf_schedule_note *note, bool has_begun)
{
    const struct action *action = find_action(context->schedule, note, has_begun);

    if (action == NULL) {
        break_schedule(context, "ended without having begun", note->nominal_ns, note->workflow_id);
        return;
    }
    forget_action(context->schedule, action);
    if (note->kind == WF_SCHEDULE_STEP_SKIP && find_running(context->schedule) == NULL &&
        context->schedule->actions == NULL) {
        break_schedule(context, "was skipped though nothing ran", note->nominal_ns, (struct wf_string){0});
    }
}

/* ---- Times ---- */

static void check_time(const struct context *context, const struct wf_schedule_note *note)
{
    struct schedule *schedule = context->schedule;
    int64_t expected_ns = 0;

    if (!wf_schedule_times_next(&schedule->times, schedule->last_ns, &expected_ns) ||
        expected_ns != note->nominal_ns) {
        break_schedule(context, "was looked at though it is not the next in its specification", note->nominal_ns,
                       (struct wf_string){0});
    }
    schedule->last_ns = note->nominal_ns;
    /* Clocks of servers differ; the database's time is the simulation's. */
    if (note->kind == WF_SCHEDULE_STEP_MISS &&
        context->commit->clock_ns -
                wf_schedule_times_due(&schedule->times, schedule->id, note->nominal_ns) <= schedule->catchup_ns) {
        break_schedule(context, "was given up within the catch-up window", note->nominal_ns, (struct wf_string){0});
    }
}

static void check_note(const struct context *context, const struct wf_schedule_note *note)
{
    struct schedule *schedule = context->schedule;

    switch ((enum wf_schedule_step)note->kind) {
    case WF_SCHEDULE_STEP_CREATE:
        schedule->last_ns = note->nominal_ns;
        schedule->actions = NULL;
        break;
    case WF_SCHEDULE_STEP_CHANGE:
        schedule->last_ns = note->nominal_ns > schedule->last_ns ? note->nominal_ns : schedule->last_ns;
        break;
    case WF_SCHEDULE_STEP_TAKE:
        if (!note->is_manual) {
            check_time(context, note);
        }
        add_action(context, note);
        break;
    case WF_SCHEDULE_STEP_MISS:
        check_time(context, note);
        break;
    case WF_SCHEDULE_STEP_SKIP:
    case WF_SCHEDULE_STEP_DROP:
        check_end(context, note, false);
        break;
    case WF_SCHEDULE_STEP_BEGIN:
        check_begin(context, note);
        break;
    case WF_SCHEDULE_STEP_REFUSE:
    case WF_SCHEDULE_STEP_CLOSE:
        check_end(context, note, true);
        break;
    case WF_SCHEDULE_STEP_STOP:
    case WF_SCHEDULE_STEP_DELETE:
        break;
    }
}

/* ---- Schedules ---- */

static struct schedule *find_schedule(const struct sim_checks *checks, struct wf_string id)
{
    return wf_map_get(&checks->schedules, id);
}

static struct schedule *find_or_make(struct sim_checks *checks, struct wf_string id)
{
    struct schedule *schedule = find_schedule(checks, id);

    if (schedule != NULL) {
        return schedule;
    }
    schedule = WF_ARENA_NEW(checks->arena, struct schedule);
    if (schedule != NULL) {
        schedule->id = sim_checks_keep(checks, id);
    }
    if (schedule == NULL || !wf_map_set(&checks->schedules, schedule->id, schedule)) {
        checks->is_full = true;
        return NULL;
    }
    schedule->next = checks->schedule_list;
    checks->schedule_list = schedule;
    return schedule;
}

/* What the row says now; its times are read anew only when they may have changed. */
static void follow_state(const struct context *context, struct wf_arena *scratch, bool has_new_times)
{
    struct schedule *schedule = context->schedule;
    struct wf_state_schedule state = {0};

    schedule->is_alive =
        context->commit->schedule->state.size_bytes > 0 &&
        wf_wire_decode(scratch, &wf_type_state_schedule, context->commit->schedule->state, &state, NULL) == WF_OK &&
        state.schedule != NULL && state.schedule->state != NULL;
    if (!schedule->is_alive) {
        return;
    }
    if (has_new_times) {
        (void)wf_schedule_times_read(context->checks->arena, state.schedule->spec, &schedule->times);
        schedule->catchup_ns = wf_schedule_catchup_ns(state.schedule->policies);
    }
    schedule->is_acting = !state.schedule->state->paused &&
                          (!state.schedule->state->limited_actions || state.schedule->state->remaining_actions > 0);
}

void sim_check_schedules_commit(struct sim_checks *checks, struct wf_arena *scratch, const struct sim_commit *commit)
{
    const struct wf_db_write_schedule *write = commit->schedule;
    const struct context context = {checks, commit, find_or_make(checks, write->schedule_id)};
    bool has_new_times = false;

    if (context.schedule == NULL) {
        return;
    }
    for (uint32_t i = 0; i < write->notes.count; i++) {
        const int32_t kind = write->notes.items[i].kind;

        /* What comes before such a note follows the old times, what comes behind it the new ones. */
        if (kind == WF_SCHEDULE_STEP_CREATE || kind == WF_SCHEDULE_STEP_CHANGE) {
            has_new_times = true;
            follow_state(&context, scratch, true);
        }
        check_note(&context, &write->notes.items[i]);
    }
    if (!has_new_times) {
        follow_state(&context, scratch, false);
    }
}

/* ---- What was started for them ---- */

static const struct wf_event_workflow_execution_started *started_of(const struct wf_history_message *events)
{
    return events->events.count == 0 ||
                   events->events.items[0].event_type != WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED
               ? NULL
               : events->events.items[0].attributes.workflow_execution_started;
}

/* JSON text of a name without its quotes. */
static struct wf_string schedule_id_of(const struct wf_event_workflow_execution_started *started)
{
    const struct wf_search_attributes *attributes = started->search_attributes;

    for (uint32_t i = 0; attributes != NULL && i < attributes->indexed_fields.count; i++) {
        const struct wf_entry_payload *entry = &attributes->indexed_fields.items[i];

        if (wf_string_is(entry->key, "TemporalScheduledById") && entry->value.data.size_bytes > 2) {
            return (struct wf_string){entry->value.data.data + 1, entry->value.data.size_bytes - 2};
        }
    }
    return (struct wf_string){0};
}

void sim_check_schedules_started(struct sim_checks *checks, const struct sim_commit *commit)
{
    for (uint32_t i = 0; checks->schedule_list != NULL && i < commit->write->runs.count; i++) {
        const struct wf_event_workflow_execution_started *started =
            commit->write->runs.items[i].is_new ? started_of(&commit->events[i]) : NULL;
        struct context context = {checks, commit, NULL};
        struct action *action = NULL;

        /* A later run of the chain, or a reset, whose events before the point are those of its base. */
        if (started == NULL || started->continued_execution_run_id.size_bytes > 0 ||
            !wf_string_equal(started->original_execution_run_id, commit->write->runs.items[i].run_id)) {
            continue;
        }
        context.schedule = find_schedule(checks, schedule_id_of(started));
        if (context.schedule == NULL || !context.schedule->is_alive) {
            continue;
        }
        action = context.schedule->actions;
        while (action != NULL &&
               (!action->has_begun || !wf_string_equal(action->workflow_id, started->workflow_id))) {
            action = action->next;
        }
        if (action == NULL) {
            break_schedule(&context, "was started when it was over", commit->clock_ns, started->workflow_id);
        } else if (action->start_count++ > 0) {
            break_schedule(&context, "started two workflows", action->nominal_ns, started->workflow_id);
        }
    }
}

/* ---- The end ---- */

void sim_check_schedules_end(struct sim_checks *checks, const struct sim_checks_end *end)
{
    const struct sim_commit commit = {.time_ns = end->now_ns, .step = end->step};

    if (!end->is_quiet) {
        return;
    }
    for (struct schedule *schedule = checks->schedule_list; schedule != NULL; schedule = schedule->next) {
        const struct context context = {checks, &commit, schedule};
        int64_t next_ns = 0;

        if (schedule->is_alive && schedule->is_acting &&
            wf_schedule_times_next(&schedule->times, schedule->last_ns, &next_ns) &&
            wf_schedule_times_due(&schedule->times, schedule->id, next_ns) < SIM_EPOCH_NS + end->now_ns - LATE_NS) {
            break_schedule(&context, "was never looked at", next_ns, (struct wf_string){0});
        }
    }
}
