/*
 * Activities of the simulator written in C. An attempt is a run with one strand: each step of the code is put into a struct,
 * the strand stops, and the simulator's answer is what the step returns.
 */
#include "engine/workflow/workflow_run.h"

#include "engine/base/assert.h"

#include <string.h>

struct wf_attempt {
    struct wf run;
    const struct wf_activity *activity;
    struct wf_attempt_start start;
    struct wf_strand *strand;
    struct wf_step step;
    struct wf_step_answer answer;
    struct wf_payload payload;
    bool has_ended;
};

static const struct wf_activity *find_activity(const struct wf_host *host, struct wf_string type)
{
    const struct wf_activity *activity = host->config.module->activities;

    while (activity != NULL && activity->name != NULL && !wf_string_is(type, activity->name)) {
        activity++;
    }
    return activity == NULL || activity->name == NULL ? NULL : activity;
}

bool wf_host_has_activity(const struct wf_host *host, struct wf_string activity_type)
{
    return find_activity(host, activity_type) != NULL;
}

/* ---- The strand's side ---- */

/* Hands out a step and stops until the simulator has performed it. */
static const struct wf_step_answer *yield(struct wf_attempt *attempt, const struct wf_step *step)
{
    attempt->step = *step;
    attempt->strand->wait = WAIT_ANSWER;
    wf_strand_block(attempt->strand);
    return &attempt->answer;
}

static void end(struct wf_attempt *attempt, const struct wf_step *step)
{
    attempt->step = *step;
    attempt->has_ended = true;
}

static void run_activity(struct wf_strand *strand)
{
    struct wf *wf = strand->wf;
    struct wf_attempt *attempt = wf->attempt;
    struct wf_value result = {0};
    const wf_error failure = attempt->activity->run(attempt, strand->args, &result);

    if (failure != NULL) {
        end(attempt, &(struct wf_step){.type = WF_STEP_FAIL, .failure = failure});
        return;
    }
    wf_payload_of_value(wf, result, &attempt->payload);
    end(attempt, &(struct wf_step){.type = WF_STEP_RETURN, .payload = &attempt->payload});
}

int32_t wf_attempt_number(const struct wf_attempt *attempt)
{
    return attempt->start.attempt;
}

struct wf_value wf_attempt_last_heartbeat(const struct wf_attempt *attempt)
{
    return attempt->start.last_heartbeat == NULL ? (struct wf_value){0}
                                                 : wf_value_of_payload(attempt->start.last_heartbeat);
}

struct wf *wf_attempt_values(struct wf_attempt *attempt)
{
    return &attempt->run;
}

void wf_step_wait(struct wf_attempt *attempt, wf_duration_ns duration)
{
    (void)wf_call(&attempt->run, "wf_step_wait");
    if (duration < 0) {
        wf_run_break(&attempt->run, "wf_step_wait with a negative duration");
    }
    (void)yield(attempt, &(struct wf_step){.type = WF_STEP_WAIT, .wait_ns = duration});
}

wf_error wf_step_effect(struct wf_attempt *attempt, const struct wf_effect *effect)
{
    struct wf *wf = &attempt->run;
    struct wf_step step = {.type = WF_STEP_EFFECT};

    (void)wf_call(wf, "wf_step_effect");
    if (effect->name == NULL || effect->key == NULL) {
        wf_run_break(wf, "an effect without a name or a key");
    }
    step.is_undo = effect->is_undo;
    step.effect_name = wf_copy_string(wf, wf_string_of(effect->name));
    step.effect_key = wf_copy_string(wf, wf_string_of(effect->key));
    step.has_once_per = effect->once_per != NULL;
    if (effect->once_per != NULL) {
        step.once_per = wf_copy_string(wf, wf_string_of(effect->once_per));
    }
    return yield(attempt, &step)->is_refused
               ? wf_fail(wf, "EffectRefused", NULL, "%s for %s was undone and cannot be done again", effect->name,
                         effect->key)
               : NULL;
}

wf_error wf_step_heartbeat(struct wf_attempt *attempt, struct wf_value details)
{
    struct wf *wf = &attempt->run;

    (void)wf_call(wf, "wf_step_heartbeat");
    wf_payload_of_value(wf, details, &attempt->payload);
    return yield(attempt, &(struct wf_step){.type = WF_STEP_HEARTBEAT, .payload = &attempt->payload})
                   ->is_cancel_requested
               ? wf_canceled_new(wf, "Activity canceled")
               : NULL;
}

void wf_step_never(struct wf_attempt *attempt)
{
    (void)wf_call(&attempt->run, "wf_step_never");
    attempt->has_ended = true;
    for (;;) {
        (void)yield(attempt, &(struct wf_step){.type = WF_STEP_NEVER});
    }
}

/* ---- The simulator's side ---- */

struct wf_attempt *wf_attempt_new(struct wf_host *host, const struct wf_attempt_start *start)
{
    const struct wf_activity *activity = find_activity(host, start->activity_type);
    struct wf_attempt *attempt = activity == NULL ? NULL : wf_run_new(host, sizeof *attempt);

    if (attempt == NULL) {
        return NULL;
    }
    attempt->run.attempt = attempt;
    attempt->activity = activity;
    attempt->start = *start;
    attempt->strand = wf_strand_new(&attempt->run, STRAND_ATTEMPT, run_activity);
    if (attempt->strand != NULL) {
        attempt->strand->args = wf_args_of_payloads(&attempt->run, start->input, start->input_count);
    }
    return attempt;
}

static const struct wf_step *broken_step(struct wf_attempt *attempt)
{
    if (attempt->step.type != WF_STEP_BROKEN) {
        attempt->step = (struct wf_step){
            .type = WF_STEP_BROKEN,
            .failure = wf_failure_new(&attempt->run, attempt->run.broken_message),
        };
    }
    return &attempt->step;
}

const struct wf_step *wf_attempt_next(struct wf_attempt *attempt, const struct wf_step_answer *answer)
{
    struct wf *wf = &attempt->run;

    if (wf->is_broken) {
        return broken_step(attempt);
    }
    if (attempt->has_ended) {
        return &attempt->step;
    }
    attempt->answer = answer == NULL ? (struct wf_step_answer){0} : *answer;
    wf_watch_begin(wf->host, attempt->start.activity_type, (struct wf_string){0}, 0);
    wf_strand_run(attempt->strand);
    WF_ASSERT(wf->is_broken || attempt->has_ended || attempt->strand->wait == WAIT_ANSWER);
    return wf->is_broken ? broken_step(attempt) : &attempt->step;
}

void wf_attempt_free(struct wf_attempt *attempt)
{
    wf_run_free(&attempt->run);
}
