/*
 * What a schedule does by itself: times come, actions wait for their turn, begin and end. Each pass takes the times that
 * have come, then looks at the waiting actions in their order; what is then to be sent is read from the states of the
 * actions, so that it is sent again after any crash.
 *
 * Paused: times that come are not looked at, and what waits is dropped; triggers and backfills act all the same. They do not
 * use up limited actions either.
 *
 * Source: engine-semantics 7.13.
 */
#include "engine/base/assert.h"
#include "engine/server/schedule_state.h"

#define TIMES_MAX 100u /* taken in one pass; the rest in the next, at once */
#define RETENTION_NS (INT64_C(7) * 24 * 3600 * WF_NS_PER_S)

void wf_schedule_note(struct wf_schedule_core *core, enum wf_schedule_step kind,
                      const struct wf_state_schedule_action *action, int64_t nominal_ns)
{
    struct wf_schedule_note *note = WF_LIST_APPEND(core->arena, core->notes);

    core->is_changed = true;
    core->state->last_change_ns = core->now_ns;
    if (note == NULL) {
        return;
    }
    *note = (struct wf_schedule_note){.kind = (int32_t)kind, .nominal_ns = nominal_ns};
    if (action != NULL) {
        note->due_ns = action->due_ns;
        note->is_manual = action->is_manual;
        note->overlap_policy = wf_schedule_overlap(core->state->schedule->policies, action->overlap_policy);
        note->workflow_id = action->workflow_id;
    }
}

static void note_action(struct wf_schedule_core *core, enum wf_schedule_step kind,
                        const struct wf_state_schedule_action *action)
{
    wf_schedule_note(core, kind, action, action->nominal_ns);
}

struct wf_state_schedule_action *wf_schedule_action_find(const struct wf_state_schedule *state, int64_t action_id)
{
    for (uint32_t i = 0; i < state->actions.count; i++) {
        if (state->actions.items[i].action_id == action_id) {
            return &state->actions.items[i];
        }
    }
    return NULL;
}

/* ---- The machine ---- */

static void keep(struct wf_schedule_core *core, struct wf_state_schedule_action *action,
                 const struct wf_schedule_details *details)
{
    (void)action;
    (void)details;
    core->is_changed = true;
}

static void begin(struct wf_schedule_core *core, struct wf_state_schedule_action *action,
                  const struct wf_schedule_details *details)
{
    const struct wf_schedule *schedule = core->state->schedule;
    struct wf_buffer id = {0};

    (void)details;
    wf_buffer_init(&id, core->arena);
    if (schedule->policies != NULL && schedule->policies->keep_original_workflow_id) {
        wf_buffer_append_string(&id, schedule->action->workflow_id);
    } else {
        wf_schedule_workflow_id(schedule->action->workflow_id, action->nominal_ns, &id);
    }
    action->workflow_id = wf_buffer_string(&id);
    core->state->action_count++;
    if (!action->is_manual && schedule->state->limited_actions) {
        schedule->state->remaining_actions--;
    }
    note_action(core, WF_SCHEDULE_STEP_BEGIN, action);
}

static void skip(struct wf_schedule_core *core, struct wf_state_schedule_action *action,
                 const struct wf_schedule_details *details)
{
    (void)details;
    core->state->overlap_skipped++;
    note_action(core, WF_SCHEDULE_STEP_SKIP, action);
}

static void drop(struct wf_schedule_core *core, struct wf_state_schedule_action *action,
                 const struct wf_schedule_details *details)
{
    (void)details;
    note_action(core, WF_SCHEDULE_STEP_DROP, action);
}

static void note_run(struct wf_schedule_core *core, struct wf_state_schedule_action *action,
                     const struct wf_schedule_details *details)
{
    action->run_id = wf_string_copy(core->arena, details->run_id);
    core->is_changed = true;
}

static void refuse(struct wf_schedule_core *core, struct wf_state_schedule_action *action,
                   const struct wf_schedule_details *details)
{
    (void)details;
    core->state->refused_count++;
    note_action(core, WF_SCHEDULE_STEP_REFUSE, action);
}

static void stop(struct wf_schedule_core *core, struct wf_state_schedule_action *action,
                 const struct wf_schedule_details *details)
{
    action->is_terminated = details->is_terminated;
    note_action(core, WF_SCHEDULE_STEP_STOP, action);
}

static void *copy(struct wf_schedule_core *core, const struct wf_message_type *type, const void *message)
{
    return message == NULL ? NULL : wf_message_copy(core->arena, type, message);
}

/* Failed for good: as the next action is told, and as pauses the schedule. */
static void note_failure(struct wf_schedule_core *core, const struct wf_state_schedule_action *action,
                         const struct wf_failure *failure)
{
    struct wf_schedule *schedule = core->state->schedule;
    struct wf_buffer text = {0};

    core->state->last_failure = copy(core, &wf_type_failure, failure);
    if (schedule->policies == NULL || !schedule->policies->pause_on_failure || schedule->state->paused) {
        return;
    }
    wf_buffer_init(&text, core->arena);
    wf_buffer_printf(&text, "paused due to workflow failure: %S: %S", &action->workflow_id,
                     failure == NULL ? &(struct wf_string){0} : &failure->message);
    schedule->state->paused = true;
    schedule->state->notes = wf_buffer_string(&text);
    wf_schedule_note(core, WF_SCHEDULE_STEP_CHANGE, NULL, core->now_ns);
}

static void note_close(struct wf_schedule_core *core, struct wf_state_schedule_action *action,
                       const struct wf_schedule_details *details)
{
    const struct wf_event *closing = details->closing;
    const struct wf_failure timed_out = {.message = WF_STR("workflow timed out")};

    note_action(core, WF_SCHEDULE_STEP_CLOSE, action);
    switch (closing->event_type) {
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
        core->state->last_result = copy(core, &wf_type_payloads,
                                        closing->attributes.workflow_execution_completed->result);
        core->state->last_failure = NULL;
        break;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
        note_failure(core, action, closing->attributes.workflow_execution_failed->failure);
        break;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
        note_failure(core, action, &timed_out);
        break;
    default:
        break; /* canceled or terminated: by somebody's will, and no failure of the schedule's */
    }
}

bool wf_schedule_action_step(struct wf_schedule_core *core, struct wf_state_schedule_action *action,
                             enum wf_schedule_action_input input, const struct wf_schedule_details *details)
{
#define ROW(from, input) ((uint32_t)(from) << 8 | (uint32_t)(input))
    switch (ROW(action->state, input)) {
#define WF_TRANSITION(from, input, to, act)                                                                            \
    case ROW(WF_SCHEDULE_ACTION_##from, WF_SCHEDULE_ACTION_##input):                                                   \
        action->state = WF_SCHEDULE_ACTION_##to;                                                                       \
        act(core, action, details);                                                                                    \
        return true;
#include "engine/server/schedule_action.def"
    default:
        return false;
    }
#undef ROW
}

/* ---- Times ---- */

static uint32_t count_buffered(const struct wf_state_schedule *state)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < state->actions.count; i++) {
        count += state->actions.items[i].state == WF_SCHEDULE_ACTION_BUFFERED ? 1 : 0;
    }
    return count;
}

void wf_schedule_add(struct wf_schedule_core *core, const struct wf_state_schedule_action *model)
{
    struct wf_state_schedule *state = core->state;
    struct wf_state_schedule_action *action = NULL;

    note_action(core, WF_SCHEDULE_STEP_TAKE, model);
    if (count_buffered(state) >= WF_SCHEDULE_BUFFER_MAX) {
        state->buffer_dropped++;
        note_action(core, WF_SCHEDULE_STEP_DROP, model);
        return;
    }
    action = WF_LIST_APPEND(core->arena, state->actions);
    if (action != NULL) {
        *action = *model;
        action->action_id = ++state->last_action_id;
        action->state = WF_SCHEDULE_ACTION_BUFFERED;
    }
}

static bool may_act(const struct wf_schedule_core *core)
{
    const struct wf_schedule_state *state = core->state->schedule->state;

    return !state->paused && (!state->limited_actions || state->remaining_actions > 0);
}

/* False when none has come yet. */
static bool take_time(struct wf_schedule_core *core)
{
    struct wf_state_schedule *state = core->state;
    struct wf_state_schedule_action action = {0};

    if (!may_act(core) || !wf_schedule_times_next(&core->times, state->processed_ns, &action.nominal_ns)) {
        return false;
    }
    action.due_ns = wf_schedule_times_due(&core->times, state->schedule_id, action.nominal_ns);
    if (action.due_ns > core->now_ns) {
        return false;
    }
    state->processed_ns = action.nominal_ns;
    if (core->now_ns - action.due_ns > wf_schedule_catchup_ns(state->schedule->policies)) {
        state->missed_catchup_window++;
        note_action(core, WF_SCHEDULE_STEP_MISS, &action);
    } else {
        wf_schedule_add(core, &action);
    }
    return true;
}

/* As many times of a backfill as one pass takes. */
static void take_backfill(struct wf_schedule_core *core, struct wf_state_schedule_backfill *backfill, uint32_t *taken)
{
    while (*taken < TIMES_MAX) {
        struct wf_state_schedule_action action = {.is_manual = true, .overlap_policy = backfill->overlap_policy};

        core->is_changed = true;
        if (!wf_schedule_times_next(&core->times, backfill->after_ns, &action.nominal_ns) ||
            action.nominal_ns > backfill->until_ns) {
            backfill->after_ns = backfill->until_ns;
            return;
        }
        backfill->after_ns = action.nominal_ns;
        action.due_ns = core->now_ns;
        wf_schedule_add(core, &action);
        (*taken)++;
    }
}

static void take_times(struct wf_schedule_core *core)
{
    struct wf_state_schedule *state = core->state;
    uint32_t taken = 0;

    while (taken < TIMES_MAX && take_time(core)) {
        taken++;
    }
    while (state->backfills.count > 0 && taken < TIMES_MAX) {
        take_backfill(core, &state->backfills.items[0], &taken);
        if (state->backfills.items[0].after_ns >= state->backfills.items[0].until_ns) {
            WF_LIST_REMOVE(state->backfills, &state->backfills.items[0]);
        }
    }
}

/* ---- The overlap policies ---- */

static void move(struct wf_schedule_core *core, struct wf_state_schedule_action *action,
                 enum wf_schedule_action_input input)
{
    const bool is_moved = wf_schedule_action_step(core, action, input, &(struct wf_schedule_details){0});

    WF_ASSERT(is_moved);
}

static bool is_alive(const struct wf_state_schedule_action *action)
{
    return action->state != WF_SCHEDULE_ACTION_BUFFERED && action->state != WF_SCHEDULE_ACTION_GONE;
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

/* One that waits before this one under the same policy. */
static bool is_one_waiting(const struct wf_schedule_core *core, const struct wf_state_schedule_action *action)
{
    for (const struct wf_state_schedule_action *other = core->state->actions.items; other < action; other++) {
        if (other->state == WF_SCHEDULE_ACTION_BUFFERED &&
            wf_schedule_overlap(core->state->schedule->policies, other->overlap_policy) ==
                WF_SCHEDULE_OVERLAP_POLICY_BUFFER_ONE) {
            return true;
        }
    }
    return false;
}

/* The newest takes the place of all that wait and of what runs. */
static void displace(struct wf_schedule_core *core, const struct wf_state_schedule_action *newest, bool is_terminated)
{
    for (uint32_t i = 0; i < core->state->actions.count; i++) {
        struct wf_state_schedule_action *action = &core->state->actions.items[i];

        if (action < newest && action->state == WF_SCHEDULE_ACTION_BUFFERED) {
            move(core, action, WF_SCHEDULE_ACTION_SKIP);
        } else if (action->state == WF_SCHEDULE_ACTION_STARTING || action->state == WF_SCHEDULE_ACTION_RUNNING) {
            const bool is_moved = wf_schedule_action_step(
                core, action, WF_SCHEDULE_ACTION_STOP, &(struct wf_schedule_details){.is_terminated = is_terminated});

            WF_ASSERT(is_moved);
        }
    }
}

/* Another action runs. */
static void wait_or_give_up(struct wf_schedule_core *core, struct wf_state_schedule_action *action, int32_t policy)
{
    switch (policy) {
    case WF_SCHEDULE_OVERLAP_POLICY_BUFFER_ALL:
        break;
    case WF_SCHEDULE_OVERLAP_POLICY_BUFFER_ONE:
        if (is_one_waiting(core, action)) {
            move(core, action, WF_SCHEDULE_ACTION_SKIP);
        }
        break;
    case WF_SCHEDULE_OVERLAP_POLICY_CANCEL_OTHER:
    case WF_SCHEDULE_OVERLAP_POLICY_TERMINATE_OTHER:
        displace(core, action, policy == WF_SCHEDULE_OVERLAP_POLICY_TERMINATE_OTHER);
        break;
    default:
        move(core, action,
             (core->planted & WF_PLANT_OVERLAP_IGNORED) != 0 ? WF_SCHEDULE_ACTION_BEGIN : WF_SCHEDULE_ACTION_SKIP);
        break;
    }
}

static void decide(struct wf_schedule_core *core)
{
    struct wf_state_schedule *state = core->state;
    bool is_running = is_any_alive(state);

    for (uint32_t i = 0; i < state->actions.count; i++) {
        struct wf_state_schedule_action *action = &state->actions.items[i];
        const int32_t policy = wf_schedule_overlap(state->schedule->policies, action->overlap_policy);

        if (action->state != WF_SCHEDULE_ACTION_BUFFERED) {
            continue;
        }
        if (!action->is_manual && !may_act(core)) {
            move(core, action, WF_SCHEDULE_ACTION_DROP);
        } else if (policy == WF_SCHEDULE_OVERLAP_POLICY_ALLOW_ALL || !is_running) {
            move(core, action, WF_SCHEDULE_ACTION_BEGIN);
            is_running = true;
        } else {
            wait_or_give_up(core, action, policy);
        }
    }
    for (uint32_t i = state->actions.count; i > 0; i--) {
        if (state->actions.items[i - 1].state == WF_SCHEDULE_ACTION_GONE) {
            WF_LIST_REMOVE(state->actions, &state->actions.items[i - 1]);
        }
    }
}

/* ---- One pass ---- */

/* The next time that brings an action; false: none will. */
static bool next_due(const struct wf_schedule_core *core, int64_t *due_ns)
{
    int64_t nominal_ns = 0;

    if (!may_act(core) || !wf_schedule_times_next(&core->times, core->state->processed_ns, &nominal_ns)) {
        return false;
    }
    *due_ns = wf_schedule_times_due(&core->times, core->state->schedule_id, nominal_ns);
    return true;
}

bool wf_schedule_is_busy(const struct wf_schedule_core *core)
{
    int64_t due_ns = 0;

    return core->state->actions.count > 0 || core->state->backfills.count > 0 || next_due(core, &due_ns);
}

/* A paused schedule is kept: somebody means to go on. */
static bool is_retired(const struct wf_schedule_core *core)
{
    return !wf_schedule_is_busy(core) && !core->state->schedule->state->paused;
}

int64_t wf_schedule_wake_at(const struct wf_schedule_core *core)
{
    int64_t due_ns = INT64_MAX;

    if (core->state->backfills.count > 0) {
        return core->now_ns;
    }
    if (next_due(core, &due_ns)) {
        return due_ns;
    }
    return is_retired(core) ? core->state->last_change_ns + RETENTION_NS : INT64_MAX;
}

void wf_schedule_advance(struct wf_schedule_core *core)
{
    take_times(core);
    decide(core);
    if (is_retired(core) && core->now_ns >= core->state->last_change_ns + RETENTION_NS) {
        wf_schedule_note(core, WF_SCHEDULE_STEP_DELETE, NULL, core->now_ns);
        core->is_deleted = true;
    }
}
