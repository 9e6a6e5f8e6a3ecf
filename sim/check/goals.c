/* Goals: what must happen sometimes, over many seeds, or the scenario does not test what it says. */
#include "sim/check/track.h"

/* Moves the workflow into and out of the stretch between a goal's two moments. */
static void walk_stretch(struct sim_checks *checks, uint32_t goal, const struct sim_record *record,
                         struct sim_workflow_track *workflow)
{
    const uint64_t bit = UINT64_C(1) << goal;

    if (workflow == NULL) {
        return;
    }
    if (sim_anchor_matches(&checks->goal_after[goal], record)) {
        if (workflow->goal_nodes == NULL) {
            workflow->goal_nodes =
                wf_arena_take_array(checks->arena, checks->config->goal_count, sizeof *workflow->goal_nodes);
        }
        if (workflow->goal_nodes == NULL) {
            checks->is_full = true;
            return;
        }
        workflow->goals_inside |= bit;
        workflow->goal_nodes[goal] = sim_checks_keep(checks, record->node);
    } else if (checks->config->goals[goal].before.size_bytes > 0 &&
               sim_anchor_matches(&checks->goal_before[goal], record)) {
        workflow->goals_inside &= ~bit;
    }
}

/* True when some workflow that the fault concerns is between the two moments: it, or whoever its node works for. */
static bool is_between(const struct sim_checks *checks, uint32_t goal, const struct sim_record *fault)
{
    for (const struct sim_workflow_track *workflow = checks->first_workflow; workflow != NULL;
         workflow = workflow->next) {
        if ((workflow->goals_inside >> goal & 1) == 0) {
            continue;
        }
        if (fault->subject.size_bytes > 0 ? wf_string_equal(fault->subject, workflow->id)
                                          : fault->node.size_bytes == 0 ||
                                                wf_string_equal(fault->node, workflow->goal_nodes[goal])) {
            return true;
        }
    }
    return false;
}

static bool is_reached(struct sim_checks *checks, uint32_t index, const struct sim_record *record,
                       struct sim_workflow_track *workflow)
{
    const struct sim_goal *goal = &checks->config->goals[index];

    switch (goal->kind) {
    case SIM_GOAL_CLOSED:
        return record->kind == SIM_RECORD_RUN_CLOSED && record->x == goal->status;
    case SIM_GOAL_RAN:
        return record->kind == SIM_RECORD_ATTEMPT_ENDED && wf_string_is(record->b, "completed") &&
               wf_string_equal(record->a, goal->name);
    case SIM_GOAL_FAULT:
        if (goal->after.size_bytes > 0) {
            walk_stretch(checks, index, record, workflow);
        }
        return record->kind == SIM_RECORD_FAULT && record->x == (int64_t)goal->fault &&
               (goal->after.size_bytes == 0 || is_between(checks, index, record));
    case SIM_GOAL_ANSWER:
        return record->kind == SIM_RECORD_ANSWERED && wf_string_equal(record->b, goal->name);
    case SIM_GOAL_VERSION:
        return record->kind == SIM_RECORD_TASK_GIVEN && wf_string_equal(record->a, goal->name) &&
               (goal->current.size_bytes == 0 || wf_string_equal(record->b, goal->current));
    case SIM_GOAL_UPDATE:
        return record->kind == SIM_RECORD_UPDATE && record->y == goal->status;
    case SIM_GOAL_RESULT:
        return false; /* see sim_checks_result */
    }
    return false;
}

_Static_assert(SIM_RECORD_COUNT <= 64, "a bit for each kind of record");

static uint64_t bit_of(enum sim_record_kind kind)
{
    return UINT64_C(1) << kind;
}

static uint64_t kinds_of(const struct sim_checks *checks, uint32_t index)
{
    const struct sim_goal *goal = &checks->config->goals[index];

    switch (goal->kind) {
    case SIM_GOAL_CLOSED:
        return bit_of(SIM_RECORD_RUN_CLOSED);
    case SIM_GOAL_RAN:
        return bit_of(SIM_RECORD_ATTEMPT_ENDED);
    case SIM_GOAL_FAULT:
        return bit_of(SIM_RECORD_FAULT) |
               (goal->after.size_bytes > 0 ? bit_of(checks->goal_after[index].kind) : 0) |
               (goal->before.size_bytes > 0 ? bit_of(checks->goal_before[index].kind) : 0);
    case SIM_GOAL_ANSWER:
        return bit_of(SIM_RECORD_ANSWERED);
    case SIM_GOAL_VERSION:
        return bit_of(SIM_RECORD_TASK_GIVEN);
    case SIM_GOAL_UPDATE:
        return bit_of(SIM_RECORD_UPDATE);
    case SIM_GOAL_RESULT:
        return 0;
    }
    return 0;
}

void sim_check_goals_init(struct sim_checks *checks)
{
    for (uint32_t i = 0; i < checks->config->goal_count; i++) {
        checks->goal_kinds |= kinds_of(checks, i);
    }
}

void sim_check_goals_record(struct sim_checks *checks, const struct sim_record *record,
                            struct sim_workflow_track *workflow)
{
    if ((checks->goal_kinds & bit_of(record->kind)) == 0) {
        return;
    }
    for (uint32_t i = 0; i < checks->config->goal_count; i++) {
        checks->goals[i] += is_reached(checks, i, record, workflow) ? 1 : 0;
    }
}

void sim_checks_result(struct sim_checks *checks, struct wf_string result)
{
    for (uint32_t i = 0; i < checks->config->goal_count; i++) {
        const struct sim_goal *goal = &checks->config->goals[i];

        checks->goals[i] += goal->kind == SIM_GOAL_RESULT && wf_string_equal(goal->name, result) ? 1 : 0;
    }
}
