/*
 * One record at a time: the tracker first, then every family. Codes, sentences' times, and the checks' own life.
 */
#include "sim/check/check.h"

#include "engine/base/assert.h"
#include "engine/diagnosis.h"
#include "sim/check/track.h"

const char *sim_check_diagnosis(enum sim_check_kind kind)
{
    switch (kind) {
    case SIM_CHECK_AT_MOST_ONCE:
        return wf_diagnosis_code(WF_DIAGNOSIS_CHECK_AT_MOST_ONCE);
    case SIM_CHECK_NEUTRAL:
        return wf_diagnosis_code(WF_DIAGNOSIS_CHECK_NEUTRAL);
    case SIM_CHECK_CLOSES_WITHIN:
        return wf_diagnosis_code(WF_DIAGNOSIS_CHECK_CLOSES_WITHIN);
    case SIM_CHECK_NO_EFFECT_AFTER:
        return wf_diagnosis_code(WF_DIAGNOSIS_CHECK_NO_EFFECT_AFTER);
    case SIM_CHECK_PROGRESS:
        return wf_diagnosis_code(WF_DIAGNOSIS_CHECK_PROGRESS);
    case SIM_CHECK_CONSERVATION:
        return wf_diagnosis_code(WF_DIAGNOSIS_CHECK_CONSERVATION);
    case SIM_CHECK_ONE_DECISION:
        return wf_diagnosis_code(WF_DIAGNOSIS_CHECK_ONE_DECISION);
    case SIM_CHECK_COUNT:
        return wf_diagnosis_code(WF_DIAGNOSIS_INVARIANT_BROKEN);
    }
    WF_UNREACHABLE();
}

/* Reads both moments of every goal that has them. */
static enum wf_status read_goals(struct sim_checks *checks, struct wf_error *err)
{
    for (uint32_t i = 0; i < checks->config->goal_count; i++) {
        const struct sim_goal *goal = &checks->config->goals[i];

        if (goal->after.size_bytes > 0) {
            WF_TRY(sim_anchor_read(goal->after, &checks->goal_after[i], err));
        }
        if (goal->before.size_bytes > 0) {
            WF_TRY(sim_anchor_read(goal->before, &checks->goal_before[i], err));
        }
    }
    return WF_OK;
}

enum wf_status sim_checks_new(struct wf_arena *arena, const struct sim_config *config, struct sim_checks **checks,
                              struct wf_error *err)
{
    struct sim_checks *made = NULL;

    if (config->check_count > SIM_CHECKS_MAX || config->goal_count > SIM_GOALS_MAX) {
        return wf_fail_status(err, WF_ERR_LIMIT, "a scenario has at most %d checks and %d goals", SIM_CHECKS_MAX,
                              SIM_GOALS_MAX);
    }
    made = WF_ARENA_NEW(arena, struct sim_checks);
    if (made == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for checks");
    }
    made->arena = arena;
    made->config = config;
    made->heal_ns = SIM_NEVER;
    wf_map_init(&made->workflows, arena);
    wf_map_init(&made->effects, arena);
    wf_map_init(&made->signals, arena);
    wf_map_init(&made->sends, arena);
    wf_map_init(&made->handled, arena);
    wf_map_init(&made->shards, arena);
    wf_map_init(&made->names, arena);
    wf_map_init(&made->runs, arena);
    wf_map_init(&made->create_requests, arena);
    wf_map_init(&made->related_runs, arena);
    wf_map_init(&made->children, arena);
    wf_map_init(&made->schedules, arena);
    wf_map_init(&made->updates, arena);
    wf_map_init(&made->queries, arena);
    if (!sim_check_calls_init(made)) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for checks");
    }
    WF_TRY(read_goals(made, err));
    sim_check_goals_init(made);
    *checks = made;
    return WF_OK;
}

void sim_checks_record(struct sim_checks *checks, const struct sim_record *record)
{
    struct sim_workflow_track *workflow = sim_checks_workflow(checks, record->subject);
    struct sim_effect_track *effect = NULL;

    sim_checks_track(checks, record, workflow, &effect);
    sim_check_engine_record(checks, record, workflow);
    sim_check_answers_record(checks, record, workflow);
    sim_check_children_record(checks, record, workflow);
    sim_check_updates_record(checks, record, workflow);
    sim_check_effects_record(checks, record, workflow, effect);
    sim_check_progress_record(checks, record, workflow);
    sim_check_signals_record(checks, record, workflow);
    sim_check_goals_record(checks, record, workflow);
}

void sim_checks_heal(struct sim_checks *checks, wf_time_ns now_ns)
{
    checks->heal_ns = now_ns;
}

void sim_checks_waits(struct sim_checks *checks, struct wf_string workflow_id, struct wf_string await_site,
                      struct wf_string reason)
{
    struct sim_workflow_track *workflow = sim_checks_workflow(checks, workflow_id);

    if (workflow != NULL) {
        workflow->await_site = sim_checks_keep(checks, await_site);
        workflow->wait_reason = sim_checks_keep(checks, reason);
    }
}

void sim_checks_end(struct sim_checks *checks, const struct sim_checks_end *end)
{
    sim_check_answers_end(checks, end);
    sim_check_commits_end(checks, end);
    sim_check_effects_end(checks, end);
    sim_check_progress_end(checks, end);
    sim_check_signals_end(checks, end);
    sim_check_children_end(checks, end);
    sim_check_schedules_end(checks, end);
}

const struct sim_broken_check *sim_checks_broken(const struct sim_checks *checks, uint32_t *count)
{
    *count = checks->broken_count;
    return checks->broken;
}

const uint32_t *sim_checks_conditions(const struct sim_checks *checks)
{
    return checks->conditions;
}

const uint32_t *sim_checks_goals(const struct sim_checks *checks)
{
    return checks->goals;
}

struct wf_string sim_checks_endless(const struct sim_checks *checks)
{
    return checks->endless;
}

struct wf_string sim_broken_name(const struct sim_broken_check *broken)
{
    const struct wf_diagnosis *diagnosis = NULL;

    if (broken->check != NULL) {
        return broken->check->text;
    }
    if (broken->invariant.size_bytes == 0 && broken->diagnosis != NULL) {
        diagnosis = wf_diagnosis_find(wf_string_of(broken->diagnosis));
    }
    return diagnosis != NULL ? wf_string_of(diagnosis->title) : broken->invariant;
}

void sim_broken_print(const struct sim_broken_check *broken, struct wf_buffer *out)
{
    wf_buffer_append_text(out, broken->invariant.size_bytes > 0 ? "engine invariant " : "");
    wf_buffer_append_string(out, sim_broken_name(broken));
}

bool sim_checks_is_complete(const struct sim_checks *checks)
{
    return !checks->is_full;
}

/* ---- Times in sentences ---- */

void sim_moment_print(wf_time_ns time_ns, struct wf_buffer *out)
{
    char text[32];
    struct wf_buffer padded;
    size_t start = 0;

    wf_buffer_init_fixed(&padded, text, sizeof text);
    sim_time_print(time_ns, &padded);
    while (start < padded.size_bytes && text[start] == ' ') {
        start++;
    }
    wf_buffer_append(out, text + start, padded.size_bytes - start);
}

void sim_duration_print(int64_t duration_ns, struct wf_buffer *out)
{
    static const struct {
        int64_t size_ns;
        const char *name;
    } units[] = {
        {24 * 3600 * WF_NS_PER_S, "d"}, {3600 * WF_NS_PER_S, "h"}, {60 * WF_NS_PER_S, "m"},
        {WF_NS_PER_S, "s"},             {WF_NS_PER_MS, "ms"},      {1000, "us"},
        {1, "ns"},
    };
    int parts = 0;

    WF_ASSERT(duration_ns >= 0);
    for (size_t i = 0; i < sizeof units / sizeof units[0] && parts < 2; i++) {
        const int64_t count = duration_ns / units[i].size_ns;

        if (count == 0) {
            parts += parts > 0 ? 1 : 0;
            continue;
        }
        wf_buffer_printf(out, parts == 0 ? "%lld%s" : " %lld%s", (long long)count, units[i].name);
        duration_ns -= count * units[i].size_ns;
        parts++;
    }
    if (parts == 0) {
        wf_buffer_append_text(out, "0s");
    }
}
