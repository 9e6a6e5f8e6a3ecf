/*
 * The scenario's model of an activity: how long an attempt takes, what it does to the outside world half way, and how it ends.
 * Everything is chosen when the attempt begins and then given out step by step.
 */
#include "sim/world/continuation.h"

const struct sim_activity_model *sim_model_of(const struct sim_world *world, struct wf_string activity_type)
{
    for (uint32_t i = 0; i < world->scenario->activity_count; i++) {
        if (wf_string_equal(world->scenario->activities[i].name, activity_type)) {
            return &world->scenario->activities[i];
        }
    }
    return NULL;
}

const struct sim_activity_model *sim_endless_model(void)
{
    static const struct sim_outcome never = {.kind = SIM_OUTCOME_NEVER, .chance = {1, 1}};
    static const struct sim_activity_model endless = {.outcomes = &never, .outcome_count = 1};

    return &endless;
}

static const struct sim_outcome *choose_outcome(struct sim_attempt *attempt)
{
    struct sim_world *world = attempt->worker->world;

    for (uint32_t i = 0; i < attempt->model->outcome_count; i++) {
        const struct sim_outcome *outcome = &attempt->model->outcomes[i];

        if (outcome->attempt != 0 && outcome->attempt != attempt->task->attempt) {
            continue;
        }
        /* Without a chance it is sure, on the attempt that it names. */
        if (outcome->chance.denominator == 0 ? outcome->attempt != 0
                                             : sim_chance(&world->choices, &attempt->workflow->entity,
                                                          SIM_SITE_ACTIVITY_OUTCOME, outcome->chance)) {
            return outcome;
        }
    }
    return NULL;
}

void sim_model_plan(struct sim_attempt *attempt)
{
    struct sim_world *world = attempt->worker->world;
    const int64_t takes_ns = sim_draw_duration(&world->choices, &attempt->workflow->entity, SIM_SITE_ACTIVITY_TAKES,
                                               &attempt->model->takes) *
                             attempt->worker->node->slow_factor;

    /* The outside world acts half way: the rest is the answer's way back. */
    attempt->before_ns = takes_ns / 2;
    attempt->after_ns = takes_ns - takes_ns / 2;
    attempt->outcome = attempt->recorded != NULL ? NULL : choose_outcome(attempt);
}

/* ---- Steps of a model ---- */

static struct sim_template_values values_of(struct sim_attempt *attempt)
{
    return (struct sim_template_values){.n = attempt->workflow->n,
                                        .input = attempt->input,
                                        .choices = &attempt->worker->world->choices,
                                        .entity = &attempt->workflow->entity,
                                        .site = SIM_SITE_ACTIVITY_OUTCOME};
}

static struct wf_string expand(struct sim_attempt *attempt, struct sim_template text)
{
    const struct sim_template_values values = values_of(attempt);
    struct wf_string out = {0};

    (void)sim_world_expand(attempt->worker->world, text, &values, &out);
    return out;
}

void sim_step_fail(struct sim_attempt *attempt, struct wf_string type, bool is_non_retryable, struct wf_step *step)
{
    struct wf_arena *arena = &attempt->worker->world->step_arena;
    struct wf_failure *failure = WF_ARENA_NEW(arena, struct wf_failure);
    struct wf_application_failure_info *info = WF_ARENA_NEW(arena, struct wf_application_failure_info);

    if (failure == NULL || info == NULL) {
        sim_world_fail(attempt->worker->world, WF_ERR_MEMORY, "no memory for a failure");
        return;
    }
    info->type = type;
    info->non_retryable = is_non_retryable;
    failure->message = type;
    failure->failure_info_case = WF_CASE_failure_application_failure_info;
    failure->failure_info.application_failure_info = info;
    step->type = WF_STEP_FAIL;
    step->failure = failure;
}

static void step_effect(struct sim_attempt *attempt, struct wf_step *step)
{
    const struct sim_effect *effect = &attempt->model->effect;

    step->type = WF_STEP_EFFECT;
    step->is_undo = effect->kind == SIM_EFFECT_UNDO;
    step->effect_name = effect->name;
    step->effect_key = expand(attempt, effect->key);
    step->has_once_per = effect->has_once_per;
    if (effect->has_once_per) {
        step->once_per = expand(attempt, effect->once_per);
    }
}

static void step_return(struct sim_attempt *attempt, struct wf_step *step)
{
    struct sim_world *world = attempt->worker->world;
    const struct sim_template_values values = values_of(attempt);
    struct wf_payload *payload = WF_ARENA_NEW(&world->step_arena, struct wf_payload);
    struct wf_string json = {0};

    step->type = WF_STEP_RETURN;
    if (!sim_world_expand_value(world, attempt->model->result, &values, &json)) {
        return;
    }
    if (payload == NULL || !sim_payload_of_json(&world->step_arena, json, payload)) {
        sim_world_fail(world, WF_ERR_MEMORY, "no memory for a result");
        return;
    }
    step->payload = payload;
}

/* The end of a model's attempt, by the outcome that was chosen for it. */
static void step_end(struct sim_attempt *attempt, struct wf_step *step)
{
    const struct sim_outcome *outcome = attempt->outcome;

    if (attempt->is_refused) {
        sim_step_fail(attempt, WF_STR("EffectRefused"), true, step);
    } else if (attempt->fails_by_fault) {
        sim_step_fail(attempt, WF_STR("SimulatedFailure"), false, step);
    } else if (attempt->recorded != NULL) {
        sim_recorded_step(&attempt->worker->world->step_arena, attempt->recorded, step);
    } else if (outcome == NULL) {
        step_return(attempt, step);
    } else {
        switch (outcome->kind) {
        case SIM_OUTCOME_FAIL:
        case SIM_OUTCOME_FAIL_AFTER:
            sim_step_fail(attempt, outcome->failure_type, outcome->is_non_retryable, step);
            break;
        case SIM_OUTCOME_LOSE_ANSWER:
            attempt->loses_answer = true;
            step_return(attempt, step);
            break;
        case SIM_OUTCOME_NEVER:
            step->type = WF_STEP_NEVER;
            break;
        }
    }
}

/* A wait, cut into pieces by heartbeats. */
static void step_wait(struct sim_attempt *attempt, int64_t *left_ns, struct wf_step *step)
{
    const int64_t beat_ns = attempt->model->heartbeat_every_ns;
    const int64_t wait_ns = beat_ns > 0 && beat_ns < *left_ns ? beat_ns : *left_ns;

    step->type = WF_STEP_WAIT;
    step->wait_ns = wait_ns;
    *left_ns -= wait_ns;
    attempt->is_heartbeat_next = beat_ns > 0;
}

static bool does_effect(const struct sim_attempt *attempt)
{
    return attempt->model->effect.kind != SIM_EFFECT_NONE && !attempt->fails_by_fault &&
           (attempt->outcome == NULL || attempt->outcome->kind != SIM_OUTCOME_FAIL) &&
           (attempt->recorded == NULL || sim_recorded_completed(attempt->recorded));
}

void sim_model_next(struct sim_attempt *attempt, struct wf_step *step)
{
    if (attempt->is_heartbeat_next) {
        attempt->is_heartbeat_next = false;
        step->type = WF_STEP_HEARTBEAT;
        return;
    }
    if (attempt->stage == SIM_STAGE_BEFORE && attempt->before_ns > 0) {
        step_wait(attempt, &attempt->before_ns, step);
        return;
    }
    if (attempt->stage == SIM_STAGE_BEFORE) {
        attempt->stage = SIM_STAGE_AFTER;
        if (does_effect(attempt)) {
            step_effect(attempt, step);
            return;
        }
    }
    if (attempt->stage == SIM_STAGE_AFTER && attempt->after_ns > 0) {
        step_wait(attempt, &attempt->after_ns, step);
        return;
    }
    attempt->stage = SIM_STAGE_END;
    step_end(attempt, step);
}
