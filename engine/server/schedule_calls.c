/*
 * What users ask of a schedule. A call that was done is known by its request id when it comes again; those of pausing and
 * deleting need none, since doing them twice changes nothing.
 *
 * Source: engine-semantics 7.13.
 */
#include "engine/base/assert.h"
#include "engine/server/schedule_state.h"

#define REQUESTS_MAX 100u /* request ids remembered, the newest */

static const char *refuse(enum wf_call_status *status, enum wf_call_status why, const char *message)
{
    *status = why;
    return message;
}

/* ---- Requests that come again ---- */

static bool is_repeated(const struct wf_state_schedule *state, struct wf_string request_id)
{
    for (uint32_t i = 0; i < state->request_ids.count; i++) {
        if (wf_string_equal(state->request_ids.items[i], request_id)) {
            return true;
        }
    }
    return false;
}

static void remember(struct wf_schedule_core *core, struct wf_string request_id)
{
    struct wf_string *kept = NULL;

    if (request_id.size_bytes == 0) {
        return;
    }
    if (core->state->request_ids.count >= REQUESTS_MAX) {
        WF_LIST_REMOVE(core->state->request_ids, &core->state->request_ids.items[0]);
    }
    kept = WF_LIST_APPEND(core->arena, core->state->request_ids);
    if (kept != NULL) {
        *kept = wf_string_copy(core->arena, request_id);
    }
}

/* ---- Create and update ---- */

static const char *check_schedule(const struct wf_schedule *schedule)
{
    const int64_t catchup_ns =
        schedule == NULL || schedule->policies == NULL ? 0 : wf_time_of(schedule->policies->catchup_window);

    if (schedule == NULL || schedule->action == NULL) {
        return "a schedule needs an action";
    }
    if (schedule->action->workflow_id.size_bytes == 0 || schedule->action->workflow_type.size_bytes == 0 ||
        schedule->action->task_queue.size_bytes == 0) {
        return "the action of a schedule needs a workflow id, a type and a task queue";
    }
    if (schedule->action->cron_schedule.size_bytes > 0) {
        return "the action of a schedule has no cron schedule of its own";
    }
    if (catchup_ns < 0) {
        return "the catch-up window is negative";
    }
    if (schedule->state != NULL && schedule->state->remaining_actions < 0) {
        return "the number of remaining actions is negative";
    }
    return NULL;
}

/* Takes over a copy of what the user says, so that what was compiled from it stays in step. */
static const char *set_schedule(struct wf_schedule_core *core, const struct wf_schedule *schedule,
                                enum wf_call_status *status)
{
    const char *problem = check_schedule(schedule);
    struct wf_schedule_times times = {0};
    struct wf_schedule *copy = NULL;

    problem = problem != NULL ? problem : wf_schedule_times_read(core->arena, schedule->spec, &times);
    if (problem != NULL) {
        return refuse(status, WF_CALL_INVALID_ARGUMENT, problem);
    }
    copy = wf_message_copy(core->arena, &wf_type_schedule, schedule);
    if (copy != NULL && copy->state == NULL) {
        copy->state = WF_ARENA_NEW(core->arena, struct wf_schedule_state);
    }
    if (copy == NULL || copy->state == NULL) {
        return refuse(status, WF_CALL_UNAVAILABLE, "there is no memory for the schedule");
    }
    core->state->schedule = copy;
    core->times = times;
    /* What came before counts by the old times, what comes from now on by the new ones. */
    if (core->state->processed_ns < core->now_ns) {
        core->state->processed_ns = core->now_ns;
    }
    return NULL;
}

static const char *create(struct wf_schedule_core *core, const struct wf_svc_schedule_call *call,
                          enum wf_call_status *status)
{
    const char *problem = set_schedule(core, call->schedule, status);

    if (problem == NULL) {
        core->state->schedule_id = wf_string_copy(core->arena, call->schedule_id);
        core->state->created_ns = core->now_ns;
        wf_schedule_note(core, WF_SCHEDULE_STEP_CREATE, NULL, core->now_ns);
    }
    return problem;
}

/* ---- Patches ---- */

static void pause_or_go_on(struct wf_schedule_core *core, const struct wf_svc_schedule_call *call, bool is_paused)
{
    struct wf_schedule_state *state = core->state->schedule->state;

    state->notes = wf_string_copy(core->arena, call->note);
    core->is_changed = true;
    if (state->paused == is_paused) {
        return;
    }
    state->paused = is_paused;
    if (core->state->processed_ns < core->now_ns) {
        core->state->processed_ns = core->now_ns; /* what came during the pause is gone */
    }
    wf_schedule_note(core, WF_SCHEDULE_STEP_CHANGE, NULL, core->now_ns);
}

static void trigger(struct wf_schedule_core *core, const struct wf_svc_schedule_call *call)
{
    wf_schedule_add(core, &(struct wf_state_schedule_action){.nominal_ns = core->now_ns,
                                                             .due_ns = core->now_ns,
                                                             .is_manual = true,
                                                             .overlap_policy = call->overlap_policy});
}

static const char *backfill(struct wf_schedule_core *core, const struct wf_svc_schedule_call *call,
                            enum wf_call_status *status)
{
    const int64_t start_ns = wf_time_of(call->start_time);
    const int64_t end_ns = wf_time_of(call->end_time);
    struct wf_state_schedule_backfill *backfill_state = NULL;

    if (!call->start_time.is_set || !call->end_time.is_set || start_ns <= 0 || end_ns < start_ns) {
        return refuse(status, WF_CALL_INVALID_ARGUMENT, "a backfill needs a start and an end that is not before it");
    }
    backfill_state = WF_LIST_APPEND(core->arena, core->state->backfills);
    if (backfill_state != NULL) {
        /* Start and end are included. */
        *backfill_state = (struct wf_state_schedule_backfill){
            .after_ns = start_ns - 1, .until_ns = end_ns, .overlap_policy = call->overlap_policy};
    }
    core->is_changed = true;
    return NULL;
}

const char *wf_schedule_call(struct wf_schedule_core *core, const struct wf_svc_schedule_call *call,
                             enum wf_call_status *status)
{
    const char *problem = NULL;

    *status = WF_CALL_OK;
    if (is_repeated(core->state, call->request_id)) {
        return NULL;
    }
    switch ((enum wf_schedule_op)call->op) {
    case WF_SCHEDULE_CREATE:
        problem = core->state->schedule_id.size_bytes > 0
                      ? refuse(status, WF_CALL_ALREADY_STARTED, "schedule with this ID is already registered")
                      : create(core, call, status);
        break;
    case WF_SCHEDULE_UPDATE:
        problem = set_schedule(core, call->schedule, status);
        if (problem == NULL) {
            wf_schedule_note(core, WF_SCHEDULE_STEP_CHANGE, NULL, core->now_ns);
        }
        break;
    case WF_SCHEDULE_PAUSE:
    case WF_SCHEDULE_UNPAUSE:
        pause_or_go_on(core, call, call->op == WF_SCHEDULE_PAUSE);
        break;
    case WF_SCHEDULE_TRIGGER:
        trigger(core, call);
        break;
    case WF_SCHEDULE_BACKFILL:
        problem = backfill(core, call, status);
        break;
    case WF_SCHEDULE_DELETE:
        core->is_deleted = true;
        wf_schedule_note(core, WF_SCHEDULE_STEP_DELETE, NULL, core->now_ns);
        break;
    case WF_SCHEDULE_DESCRIBE:
        break;
    default:
        problem = refuse(status, WF_CALL_INVALID_ARGUMENT, "there is no such call of a schedule");
        break;
    }
    if (problem == NULL && call->op != WF_SCHEDULE_DESCRIBE) {
        remember(core, call->request_id);
    }
    return problem;
}
