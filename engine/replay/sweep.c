/*
 * One pass over the whole history decides nearly every prefix of it.
 *
 * The code of a prefix sees the same jobs as in the whole history up to the last completed task, and so gives the same commands.
 * Behind that task it runs once more when a task was started, and there it is told that it does not replay; nothing is matched
 * any more. When it did not ask for that, and saw no outcome that the prefix does not have yet, it does what it did in the whole
 * history. Between two tasks nobody runs the code. What is left is replayed from the start: started tasks that the whole history
 * passes over (failed, timed out, empty), activations whose answer depends on replaying, and the events around the place at which
 * the whole history does not replay. Behind that place every prefix ends as the whole does.
 *
 * A cut falls where the service can have stopped writing: a completed task and its commands are one write.
 */
#include "engine/replay/sweep.h"

#include "engine/base/assert.h"
#include "engine/rules.h"
#include "engine/worker/chunk.h"

#define SETTLING_EVENTS 2 /* that decide where a chunk ends (replay-rules 1.3) */

/* What is known while the cuts are gone through. */
struct state {
    const struct wf_sweep *sweep;
    struct wf_replay_result *result;
    struct {
        struct wf_cut_range *items;
        uint32_t count;
        uint32_t capacity;
    } stuck;
    int64_t first_stuck_id;
    int64_t last_cut_id;   /* the cut before this one */
    int64_t doubtful_from; /* from this cut on the whole history's verdict says nothing */
    int64_t settled_from;  /* the finding cannot change behind this cut once a prefix has it */
    bool is_settled;       /* every further prefix gets stuck */
    uint32_t next_step;
};

/* ---- What the pass keeps ---- */

static bool has_outcome_to_come(const struct wf_sdk_activation *activation)
{
    for (uint32_t i = 0; i < activation->jobs.count; i++) {
        const struct wf_sdk_job *job = &activation->jobs.items[i];

        if (job->variant_case == WF_CASE_sdk_job_do_update ||
            (job->variant_case == WF_CASE_sdk_job_resolve_activity && job->variant.resolve_activity->is_local)) {
            return true; /* looked ahead for (replay-rules 1.7) */
        }
    }
    return false;
}

bool wf_sweep_note(struct wf_arena *arena, struct wf_sweep_steps *steps, const struct wf_instance *instance,
                   const struct wf_sdk_activation *activation)
{
    const int64_t event_id = activation->history_length;
    struct wf_sweep_step *step = NULL;

    if (steps->count > 0 && steps->items[steps->count - 1].event_id == event_id) {
        return true; /* a local activity goes on in the same task, which a prefix that ends here does not reach */
    }
    step = WF_LIST_APPEND(arena, *steps);
    if (step != NULL) {
        *step = (struct wf_sweep_step){event_id, wf_instance_asked_replay(instance) || has_outcome_to_come(activation)};
    }
    return step != NULL;
}

/* ---- Where the whole history leaves doubt ---- */

static const struct wf_event *event_of(const struct state *state, int64_t event_id)
{
    const struct wf_history *history = state->sweep->history;

    return event_id >= 1 && event_id <= history->event_count ? &history->events[event_id - 1] : NULL;
}

static bool is_start(const struct wf_event *event)
{
    return event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_STARTED;
}

/* The cut from which on the task around the event is as it is in the whole history. */
static int64_t settled_from(const struct state *state, int64_t event_id)
{
    for (int64_t id = event_id; id <= state->sweep->history->event_count; id++) {
        if (is_start(event_of(state, id)) && !wf_chunk_is_fruitless(event_of(state, id + 1))) {
            return id + SETTLING_EVENTS;
        }
    }
    return event_id + SETTLING_EVENTS;
}

/*
 * A command in another task shows in a prefix before it shows in the whole; and a note that is a finding ends prefixes at which
 * a finding of the whole hides it.
 */
static bool has_notes_of_prefixes(const struct state *state)
{
    const struct wf_replay_notes *notes = &state->result->notes;
    const uint8_t *policies = state->sweep->options.policies;

    for (uint32_t i = 0; i < notes->count; i++) {
        const struct wf_rule *rule = wf_rule_find(wf_string_of(notes->items[i].rule));

        WF_ASSERT(rule != NULL);
        if (wf_string_is(wf_string_of(rule->id), "boundary") ||
            (policies != NULL && policies[rule - wf_rules] == WF_NOTE_IS_FINDING)) {
            return true;
        }
    }
    return notes->dropped_count > 0;
}

static void find_doubt(struct state *state)
{
    const struct wf_replay_result *result = state->result;
    const struct wf_sweep_steps *steps = state->sweep->steps;
    const bool is_ok = result->verdict == WF_VERDICT_OK;

    if (result->family != WF_FAMILY_CORE) {
        state->doubtful_from = 1; /* they match at the end of what there is, which is another end for each prefix */
        state->settled_from = INT64_MAX;
        return;
    }
    state->settled_from = is_ok ? INT64_MAX : settled_from(state, result->finding.event_id);
    if (has_notes_of_prefixes(state) || (!is_ok && steps->count == 0)) {
        state->doubtful_from = 1;
    } else {
        state->doubtful_from = is_ok ? INT64_MAX : steps->items[steps->count - 1].event_id;
    }
}

/* ---- One cut ---- */

static bool is_doubtful(struct state *state, int64_t event_id)
{
    const struct wf_sweep_steps *steps = state->sweep->steps;

    while (state->next_step < steps->count && steps->items[state->next_step].event_id < event_id) {
        state->next_step++;
    }
    if (event_id >= state->doubtful_from) {
        return true;
    }
    if (state->next_step == steps->count) {
        return is_start(event_of(state, event_id));
    }
    return steps->items[state->next_step].asked_replay ||
           (is_start(event_of(state, event_id)) && steps->items[state->next_step].event_id != event_id);
}

static enum wf_status replay_prefix(const struct state *state, int64_t event_id, struct wf_replay_result *result,
                                    struct wf_error *err)
{
    struct wf_history prefix = *state->sweep->history;

    prefix.event_count = (uint32_t)event_id;
    return wf_replay_run(state->sweep->cold, &prefix, &state->sweep->options, result, err);
}

static bool is_same_finding(const struct wf_replay_result *one, const struct wf_replay_result *other)
{
    return one->verdict == other->verdict && one->finding.event_id == other->finding.event_id &&
           one->finding.rule != NULL && other->finding.rule != NULL &&
           wf_string_is(wf_string_of(one->finding.rule), other->finding.rule);
}

static enum wf_status note_stuck(struct state *state, int64_t event_id, struct wf_error *err)
{
    struct wf_cut_range *range = state->stuck.count == 0 ? NULL : &state->stuck.items[state->stuck.count - 1];

    if (state->first_stuck_id == 0) {
        state->first_stuck_id = event_id;
    }
    if (range != NULL && range->last_event_id == state->last_cut_id) {
        range->last_event_id = event_id;
        return WF_OK;
    }
    range = WF_LIST_APPEND(state->sweep->arena, state->stuck);
    if (range == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for a sweep of prefixes");
    }
    *range = (struct wf_cut_range){event_id, event_id};
    return WF_OK;
}

static enum wf_status judge_cut(struct state *state, int64_t event_id, struct wf_error *err)
{
    struct wf_replay_result cold = {.verdict = WF_VERDICT_OK};

    if (!state->is_settled && is_doubtful(state, event_id)) {
        WF_TRY(replay_prefix(state, event_id, &cold, err));
        state->result->sweep.cold_count++;
        state->is_settled = event_id >= state->settled_from && is_same_finding(&cold, state->result);
    }
    state->result->sweep.cut_count++;
    if (state->is_settled || cold.verdict != WF_VERDICT_OK) {
        WF_TRY(note_stuck(state, event_id, err));
    }
    state->last_cut_id = event_id;
    return WF_OK;
}

/* ---- All of them ---- */

/* The whole history replays and a part of it does not: that part is the finding. */
static enum wf_status take_prefix_finding(struct state *state, struct wf_error *err)
{
    struct wf_replay_result *result = state->result;
    struct wf_replay_result cold = {0};
    struct wf_buffer message;

    WF_TRY(replay_prefix(state, state->first_stuck_id, &cold, err));
    WF_ASSERT(cold.verdict != WF_VERDICT_OK);
    wf_buffer_init(&message, state->sweep->arena);
    wf_buffer_printf(&message, "The whole history replays, a run that stands at event %lld does not: %S",
                     (long long)state->first_stuck_id, &cold.finding.message);
    result->verdict = cold.verdict;
    result->finding = cold.finding;
    result->finding.message = wf_buffer_string(&message);
    return WF_OK;
}

enum wf_status wf_sweep_run(const struct wf_sweep *sweep, struct wf_replay_result *result, struct wf_error *err)
{
    const struct wf_history *history = sweep->history;
    struct state state = {.sweep = sweep, .result = result};

    find_doubt(&state);
    for (uint32_t count = 1; count < history->event_count; count++) {
        if (!wf_event_is_command(history->events[count].event_type)) {
            WF_TRY(judge_cut(&state, count, err));
        }
    }
    if (!result->is_closed) { /* the whole is a prefix too, and has its verdict */
        result->sweep.cut_count++;
        if (result->verdict != WF_VERDICT_OK) {
            WF_TRY(note_stuck(&state, history->event_count, err));
        }
    }
    result->sweep.stuck = state.stuck.items;
    result->sweep.stuck_count = state.stuck.count;
    return result->verdict == WF_VERDICT_OK && state.first_stuck_id > 0 ? take_prefix_finding(&state, err) : WF_OK;
}
