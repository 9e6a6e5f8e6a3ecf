/*
 * Checks of time: closes_within after the faults stopped, and progress while work waits for somebody to take it. Always on:
 * a chain of runs that continue as new comes to its end some day.
 */
#include "engine/diagnosis.h"
#include "sim/check/track.h"

/* ---- closes_within ---- */

/* The latest moment at which the workflow may close: the limit runs from the end of the faults, or from a later start. */
static wf_time_ns deadline_of(const struct sim_checks *checks, const struct sim_workflow_track *workflow,
                              int64_t limit_ns)
{
    const wf_time_ns from_ns = workflow->start_ns > checks->heal_ns ? workflow->start_ns : checks->heal_ns;

    return from_ns > INT64_MAX - limit_ns ? INT64_MAX : from_ns + limit_ns;
}

static void break_closes_within(struct sim_checks *checks, uint32_t check, struct sim_workflow_track *workflow,
                                wf_time_ns now_ns, uint64_t step)
{
    const bool is_open = workflow->open_count > 0;
    struct wf_buffer sentence;

    wf_buffer_init(&sentence, checks->arena);
    if (is_open) {
        wf_buffer_printf(&sentence, "%S was still open at ", &workflow->id);
    } else {
        wf_buffer_printf(&sentence, "%S closed (%S) only at ", &workflow->id, &workflow->status_text);
    }
    sim_moment_print(now_ns, &sentence);
    wf_buffer_append_text(&sentence, ", ");
    sim_duration_print(now_ns > checks->heal_ns ? now_ns - checks->heal_ns : 0, &sentence);
    wf_buffer_append_text(&sentence, " after the faults stopped; the limit is ");
    sim_duration_print(checks->config->checks[check].limit_ns, &sentence);
    if (is_open && workflow->wait_reason.size_bytes > 0) {
        wf_buffer_printf(&sentence, "; it %S", &workflow->wait_reason);
    }
    sim_checks_break(checks, &(struct sim_break){
                                 .check = check,
                                 .cause = is_open ? "never closed" : "closed late",
                                 .workflow = workflow,
                                 .fault = sim_checks_fault_between(checks, workflow, workflow->last_node,
                                                                   workflow->start_ns, now_ns),
                                 .time_ns = now_ns,
                                 .step = step,
                                 .sentence = wf_buffer_string(&sentence),
                             });
}

static void check_close(struct sim_checks *checks, uint32_t check, const struct sim_record *record,
                        struct sim_workflow_track *workflow)
{
    if (record->y == 1) {
        return; /* another run follows */
    }
    checks->conditions[check]++;
    if (checks->heal_ns != SIM_NEVER &&
        record->time_ns > deadline_of(checks, workflow, checks->config->checks[check].limit_ns) &&
        !sim_checks_is_broken(checks, check, workflow)) {
        break_closes_within(checks, check, workflow, record->time_ns, record->step);
    }
}

/* ---- progress ---- */

static void break_progress(struct sim_checks *checks, uint32_t check, struct sim_workflow_track *workflow,
                           wf_time_ns now_ns, uint64_t step)
{
    struct wf_buffer sentence;

    wf_buffer_init(&sentence, checks->arena);
    wf_buffer_printf(&sentence, "%S had work that nobody took from ", &workflow->id);
    sim_moment_print(workflow->waits_since_ns, &sentence);
    wf_buffer_append_text(&sentence, " to ");
    sim_moment_print(now_ns, &sentence);
    wf_buffer_append_text(&sentence, ", longer than ");
    sim_duration_print(checks->config->checks[check].limit_ns, &sentence);
    sim_checks_break(checks, &(struct sim_break){
                                 .check = check,
                                 .cause = "nobody took the work",
                                 .workflow = workflow,
                                 .fault = sim_checks_fault_between(checks, workflow, workflow->last_node,
                                                                   workflow->waits_since_ns, now_ns),
                                 .time_ns = now_ns,
                                 .step = step,
                                 .sentence = wf_buffer_string(&sentence),
                             });
}

static bool waited_too_long(const struct sim_checks *checks, uint32_t check, const struct sim_workflow_track *workflow,
                            wf_time_ns now_ns)
{
    const int64_t limit_ns = checks->config->checks[check].limit_ns;

    return workflow->is_waiting_for_worker && limit_ns > 0 && now_ns - workflow->waits_since_ns > limit_ns &&
           !sim_checks_is_broken(checks, check, workflow);
}

/* More attempts than the scenario allows: of an activity, or of a workflow task that keeps failing. */
static void check_attempts(struct sim_checks *checks, uint32_t check, const struct sim_record *record,
                           struct sim_workflow_track *workflow)
{
    const bool is_task = record->kind == SIM_RECORD_TASK_GIVEN;
    const int64_t attempt = is_task ? record->y : record->x;
    const int64_t limit = checks->config->checks[check].limit_count;
    struct wf_buffer sentence;

    if (limit == 0 || attempt <= limit || sim_checks_is_broken(checks, check, workflow)) {
        return;
    }
    wf_buffer_init(&sentence, checks->arena);
    if (is_task) {
        wf_buffer_printf(&sentence, "a workflow task of %S", &workflow->id);
    } else {
        wf_buffer_printf(&sentence, "%S of %S", &record->a, &workflow->id);
    }
    wf_buffer_printf(&sentence, " started its attempt %lld; at most %lld are allowed", (long long)attempt,
                     (long long)limit);
    sim_checks_break(checks, &(struct sim_break){
                                 .check = check,
                                 .cause = is_task ? "task attempted too often" : "activity attempted too often",
                                 .workflow = workflow,
                                 .fault = sim_checks_fault_between(checks, workflow, workflow->last_node,
                                                                   workflow->start_ns, record->time_ns),
                                 .time_ns = record->time_ns,
                                 .step = record->step,
                                 .sentence = wf_buffer_string(&sentence),
                             });
}

static void check_taken(struct sim_checks *checks, uint32_t check, const struct sim_record *record,
                        struct sim_workflow_track *workflow)
{
    checks->conditions[check]++;
    if (waited_too_long(checks, check, workflow, record->time_ns)) {
        break_progress(checks, check, workflow, record->time_ns, record->step);
    }
    check_attempts(checks, check, record, workflow);
}

static bool is_taken(const struct sim_record *record)
{
    return record->kind == SIM_RECORD_TASK_GIVEN || record->kind == SIM_RECORD_ATTEMPT_STARTED;
}

static bool is_scheduled(const struct sim_record *record)
{
    return record->kind == SIM_RECORD_EVENT && (record->y == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED ||
                                                record->y == WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED);
}

/* ---- Chains ---- */

/* The service lets a chain go on for ever, a run a second (engine-semantics 7.3 "Minimum interval"); a simulation cannot. */
static void check_chain(struct sim_checks *checks, const struct sim_record *record, struct sim_workflow_track *workflow)
{
    const uint32_t runs_max =
        checks->config->chain_runs_max > 0 ? checks->config->chain_runs_max : SIM_CHAIN_RUNS_MAX_DEFAULT;
    struct wf_buffer sentence;

    if (workflow->continued_count < runs_max || checks->endless.size_bytes > 0) {
        return;
    }
    checks->endless = workflow->id;
    wf_buffer_init(&sentence, checks->arena);
    wf_buffer_printf(&sentence, "%S (%S) continued as new %u times in ", &workflow->id, &workflow->type,
                     workflow->continued_count);
    sim_duration_print(record->time_ns - workflow->start_ns, &sentence);
    wf_buffer_append_text(&sentence, ", from ");
    sim_moment_print(workflow->start_ns, &sentence);
    wf_buffer_append_text(&sentence, " to ");
    sim_moment_print(record->time_ns, &sentence);
    wf_buffer_append_text(&sentence, ": here the simulation ends");
    sim_checks_break(checks, &(struct sim_break){
                                 .check = SIM_CHECKS_MAX,
                                 .diagnosis = wf_diagnosis_code(WF_DIAGNOSIS_CONTINUES_FOR_EVER),
                                 .cause = "chain of runs without end",
                                 .workflow = workflow,
                                 .time_ns = record->time_ns,
                                 .step = record->step,
                                 .sentence = wf_buffer_string(&sentence),
                             });
}

void sim_check_progress_record(struct sim_checks *checks, const struct sim_record *record,
                               struct sim_workflow_track *workflow)
{
    const bool is_closed = record->kind == SIM_RECORD_RUN_CLOSED;

    if (workflow == NULL || (!is_closed && !is_taken(record) && !is_scheduled(record))) {
        return;
    }
    if (is_closed) {
        check_chain(checks, record, workflow);
    }
    for (uint32_t i = 0; i < checks->config->check_count; i++) {
        if (checks->config->checks[i].kind == SIM_CHECK_CLOSES_WITHIN && is_closed) {
            check_close(checks, i, record, workflow);
        } else if (checks->config->checks[i].kind == SIM_CHECK_PROGRESS && is_taken(record)) {
            check_taken(checks, i, record, workflow);
        }
    }
    if (is_scheduled(record) && !workflow->is_waiting_for_worker) {
        workflow->is_waiting_for_worker = true;
        workflow->waits_since_ns = record->time_ns;
    } else if (is_closed || is_taken(record)) {
        workflow->is_waiting_for_worker = false;
    }
}

void sim_check_progress_end(struct sim_checks *checks, const struct sim_checks_end *end)
{
    for (uint32_t i = 0; i < checks->config->check_count; i++) {
        const struct sim_check_config *config = &checks->config->checks[i];

        for (struct sim_workflow_track *workflow = checks->first_workflow; workflow != NULL;
             workflow = workflow->next) {
            const bool is_open = workflow->open_count > 0;

            if (config->kind == SIM_CHECK_CLOSES_WITHIN && is_open && checks->heal_ns != SIM_NEVER) {
                checks->conditions[i]++;
                if (end->is_quiet || end->now_ns > deadline_of(checks, workflow, config->limit_ns)) {
                    break_closes_within(checks, i, workflow, end->now_ns, end->step);
                }
            } else if (config->kind == SIM_CHECK_PROGRESS && is_open &&
                       waited_too_long(checks, i, workflow, end->now_ns)) {
                break_progress(checks, i, workflow, end->now_ns, end->step);
            }
        }
    }
}
