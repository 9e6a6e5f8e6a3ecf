/*
 * Checks of what activities did to the outside world: at_most_once, no_effect_after while it happens; neutral and
 * one_decision when all is over, because an undo or a zombie may still come after the close.
 */
#include "engine/base/assert.h"
#include "sim/check/track.h"

/* ---- Sentences ---- */

/* "at 12.345678s by worker-1 (charge_payment, attempt 2)" */
static void print_moment(const struct sim_moment *moment, struct wf_buffer *out)
{
    wf_buffer_append_text(out, "at ");
    sim_moment_print(moment->time_ns, out);
    if (moment->node.size_bytes > 0) {
        wf_buffer_printf(out, " by %S", &moment->node);
    }
    if (moment->activity.size_bytes > 0) {
        wf_buffer_printf(out, " (%S, attempt %lld)", &moment->activity, (long long)moment->attempt);
    } else {
        wf_buffer_printf(out, " (attempt %lld)", (long long)moment->attempt);
    }
}

/* "; worker-1 crashed between them at 12.4s" or "; before it, fault message_loss at 3s (respondActivityTaskCompleted)" */
static void print_fault(const struct sim_fault_note *fault, const char *when, struct wf_buffer *out)
{
    if (fault == NULL) {
        return;
    }
    if (fault->is_crash) {
        wf_buffer_printf(out, "; %S crashed %s at ",
                         fault->place.node.size_bytes > 0 ? &fault->place.node : &fault->place.where, when);
        sim_moment_print(fault->time_ns, out);
        return;
    }
    wf_buffer_printf(out, "; %s, fault %s at ", when, sim_fault_name(fault->place.kind));
    sim_moment_print(fault->time_ns, out);
    if (fault->place.where.size_bytes > 0) {
        wf_buffer_printf(out, " (%S)", &fault->place.where);
    }
}

static struct wf_string activity_site(struct sim_checks *checks, const struct sim_moment *moment)
{
    struct wf_buffer site;

    if (moment->activity.size_bytes == 0) {
        return (struct wf_string){NULL, 0};
    }
    wf_buffer_init(&site, checks->arena);
    wf_buffer_printf(&site, "activity %S", &moment->activity);
    return wf_buffer_string(&site);
}

/* ---- at_most_once ---- */

/* Why a second one happened, as far as the two moments tell. */
static const char *cause_of_repetition(const struct sim_effect_track *effect)
{
    if (!wf_string_equal(effect->first.workflow_id, effect->last.workflow_id)) {
        return "done by two workflows";
    }
    if (!wf_string_equal(effect->first.activity, effect->last.activity)) {
        return "done by two activities";
    }
    return effect->first.attempt != effect->last.attempt ? "attempted again" : "called again";
}

static void check_at_most_once(struct sim_checks *checks, uint32_t check, struct sim_workflow_track *workflow,
                               const struct sim_effect_track *effect)
{
    const struct sim_fault_note *fault = NULL;
    struct wf_buffer sentence;

    checks->conditions[check]++;
    if (effect->done_count < 2 || sim_checks_is_broken(checks, check, workflow)) {
        return;
    }
    fault = sim_checks_fault_between(checks, workflow, effect->first.node, effect->first.time_ns, effect->last.time_ns);
    wf_buffer_init(&sentence, checks->arena);
    wf_buffer_printf(&sentence, "%S happened twice for %S: ", &effect->name, &effect->key);
    print_moment(&effect->first, &sentence);
    wf_buffer_append_text(&sentence, " and ");
    print_moment(&effect->last, &sentence);
    print_fault(fault, "between them", &sentence);
    sim_checks_break(checks, &(struct sim_break){
                                 .check = check,
                                 .cause = cause_of_repetition(effect),
                                 .workflow = workflow,
                                 .key = effect->key,
                                 .await_site = activity_site(checks, &effect->last),
                                 .fault = fault,
                                 .time_ns = effect->last.time_ns,
                                 .step = effect->last.step,
                                 .sentence = wf_buffer_string(&sentence),
                             });
}

/* ---- no_effect_after ---- */

static bool is_closed(const struct sim_workflow_track *workflow)
{
    return workflow != NULL && workflow->run_count > 0 && workflow->open_count == 0;
}

static void check_no_effect_after(struct sim_checks *checks, uint32_t check, struct sim_workflow_track *workflow,
                                  const struct sim_effect_track *effect)
{
    const int64_t grace_ns = checks->config->checks[check].limit_ns;
    const bool is_after_undo = effect->undo_count > 0;
    const bool is_after_close = is_closed(workflow) && effect->last.time_ns - workflow->close_ns > grace_ns;
    const wf_time_ns bound_ns = is_after_undo ? effect->last_undo.time_ns : is_after_close ? workflow->close_ns : 0;
    const struct sim_fault_note *fault = NULL;
    struct wf_buffer sentence;

    if ((!is_after_undo && !is_after_close) || sim_checks_is_broken(checks, check, workflow)) {
        return;
    }
    fault = sim_checks_fault_between(checks, workflow, effect->last.node, workflow == NULL ? 0 : workflow->start_ns,
                                     effect->last.time_ns);
    wf_buffer_init(&sentence, checks->arena);
    wf_buffer_printf(&sentence, "%S happened for %S ", &effect->name, &effect->key);
    print_moment(&effect->last, &sentence);
    wf_buffer_append_text(&sentence, ", ");
    sim_duration_print(effect->last.time_ns - bound_ns, &sentence);
    if (is_after_undo) {
        wf_buffer_append_text(&sentence, " after it had been undone ");
        print_moment(&effect->last_undo, &sentence);
    } else {
        wf_buffer_printf(&sentence, " after %S had closed (%S) at ", &workflow->id, &workflow->status_text);
        sim_moment_print(workflow->close_ns, &sentence);
    }
    print_fault(fault, "before it", &sentence);
    sim_checks_break(checks, &(struct sim_break){
                                 .check = check,
                                 .cause = is_after_undo ? "after its undo" : "after the close",
                                 .workflow = workflow,
                                 .key = effect->key,
                                 .await_site = activity_site(checks, &effect->last),
                                 .fault = fault,
                                 .time_ns = effect->last.time_ns,
                                 .step = effect->last.step,
                                 .sentence = wf_buffer_string(&sentence),
                             });
}

/* Its condition is met whenever an effect could come too late: an undo, or the close of a run that had one. */
static void count_no_effect_after(struct sim_checks *checks, uint32_t check, const struct sim_record *record,
                                  const struct sim_workflow_track *workflow)
{
    const struct sim_check_config *config = &checks->config->checks[check];

    if (record->kind == SIM_RECORD_UNDO) {
        checks->conditions[check] += sim_check_names_effect(config, record->a) ? 1 : 0;
        return;
    }
    if (record->kind != SIM_RECORD_RUN_CLOSED || workflow == NULL) {
        return;
    }
    for (const struct sim_effect_track *effect = workflow->effects; effect != NULL; effect = effect->next) {
        if (effect->done_count > 0 && sim_check_names_effect(config, effect->name)) {
            checks->conditions[check]++;
            return;
        }
    }
}

void sim_check_effects_record(struct sim_checks *checks, const struct sim_record *record,
                              struct sim_workflow_track *workflow, struct sim_effect_track *effect)
{
    if (effect == NULL && record->kind != SIM_RECORD_RUN_CLOSED) {
        return;
    }
    for (uint32_t i = 0; i < checks->config->check_count; i++) {
        const struct sim_check_config *config = &checks->config->checks[i];
        const bool is_named_effect =
            effect != NULL && record->kind == SIM_RECORD_EFFECT && sim_check_names_effect(config, effect->name);

        if (config->kind == SIM_CHECK_AT_MOST_ONCE && is_named_effect) {
            check_at_most_once(checks, i, workflow, effect);
        } else if (config->kind == SIM_CHECK_NO_EFFECT_AFTER) {
            count_no_effect_after(checks, i, record, workflow);
            if (is_named_effect) {
                check_no_effect_after(checks, i, workflow, effect);
            }
        }
    }
}

/* ---- neutral ---- */

/* Indexed by status. */
static const char *const causes_of_rest[] = {
    [WF_WORKFLOW_EXECUTION_STATUS_COMPLETED] = "not undone, completed",
    [WF_WORKFLOW_EXECUTION_STATUS_FAILED] = "not undone, failed",
    [WF_WORKFLOW_EXECUTION_STATUS_CANCELED] = "not undone, canceled",
    [WF_WORKFLOW_EXECUTION_STATUS_TERMINATED] = "not undone, terminated",
    [WF_WORKFLOW_EXECUTION_STATUS_TIMED_OUT] = "not undone, timed out",
};

static const char *cause_of_rest(const struct sim_workflow_track *workflow)
{
    const size_t count = sizeof causes_of_rest / sizeof causes_of_rest[0];
    const size_t status = (size_t)workflow->status;

    if (!is_closed(workflow)) {
        return "not undone, still open";
    }
    return status < count && causes_of_rest[status] != NULL ? causes_of_rest[status] : "not undone";
}

static void print_rest(const struct sim_workflow_track *workflow, const struct sim_effect_track *effect,
                       struct wf_buffer *out)
{
    if (is_closed(workflow)) {
        wf_buffer_printf(out, "%S closed (%S) at ", &workflow->id, &workflow->status_text);
        sim_moment_print(workflow->close_ns, out);
    } else {
        wf_buffer_printf(out, "%S was still open at the end", &workflow->id);
        if (workflow->wait_reason.size_bytes > 0) {
            wf_buffer_printf(out, " (%S)", &workflow->wait_reason);
        }
    }
    wf_buffer_printf(out, " and %S stays done for %S: ", &effect->name, &effect->key);
    if (effect->done_count > 1) {
        wf_buffer_printf(out, "done %u times, the last ", effect->done_count);
    } else {
        wf_buffer_append_text(out, "done ");
    }
    print_moment(&effect->last, out);
    if (effect->undo_count == 0) {
        wf_buffer_append_text(out, ", never undone");
    } else {
        wf_buffer_printf(out, ", undone %u time%s, the last ", effect->undo_count, effect->undo_count == 1 ? "" : "s");
        print_moment(&effect->last_undo, out);
    }
}

static void break_neutral(struct sim_checks *checks, uint32_t check, struct sim_workflow_track *workflow,
                          const struct sim_effect_track *effect, const struct sim_checks_end *end)
{
    const bool is_late = is_closed(workflow) && effect->last.time_ns > workflow->close_ns;
    const wf_time_ns time_ns =
        !is_closed(workflow) ? end->now_ns : is_late ? effect->last.time_ns : workflow->close_ns;
    const uint64_t step = !is_closed(workflow) ? end->step : is_late ? effect->last.step : workflow->close_step;
    const struct sim_fault_note *fault =
        sim_checks_fault_between(checks, workflow, effect->last.node, effect->first.time_ns, time_ns);
    struct wf_buffer sentence;

    wf_buffer_init(&sentence, checks->arena);
    print_rest(workflow, effect, &sentence);
    print_fault(fault, "after it", &sentence);
    sim_checks_break(checks, &(struct sim_break){
                                 .check = check,
                                 .cause = is_late ? "done after the close" : cause_of_rest(workflow),
                                 .workflow = workflow,
                                 .key = effect->key,
                                 .await_site = activity_site(checks, &effect->last),
                                 .fault = fault,
                                 .time_ns = time_ns,
                                 .step = step,
                                 .sentence = wf_buffer_string(&sentence),
                             });
}

static void check_neutral(struct sim_checks *checks, uint32_t check, struct sim_workflow_track *workflow,
                          const struct sim_checks_end *end)
{
    const struct sim_check_config *config = &checks->config->checks[check];
    bool is_met = false;

    /* A run that is stuck or still open has not kept its promise either. */
    if (is_closed(workflow) && config->status_mask != 0 && (config->status_mask >> workflow->status & 1) == 0) {
        return;
    }
    for (const struct sim_effect_track *effect = workflow->effects; effect != NULL; effect = effect->next) {
        if (effect->done_count == 0 || !sim_check_names_effect(config, effect->name)) {
            continue;
        }
        is_met = true;
        if (effect->balance > 0 && !sim_checks_is_broken(checks, check, workflow)) {
            break_neutral(checks, check, workflow, effect, end);
        }
    }
    checks->conditions[check] += is_met ? 1 : 0;
}

/* ---- one_decision ---- */

static void check_one_decision(struct sim_checks *checks, uint32_t check, struct sim_workflow_track *workflow)
{
    const struct sim_check_config *config = &checks->config->checks[check];
    uint32_t count = 0;
    struct wf_buffer sentence;

    if (!is_closed(workflow) || workflow->status != WF_WORKFLOW_EXECUTION_STATUS_COMPLETED) {
        return;
    }
    checks->conditions[check]++;
    wf_buffer_init(&sentence, checks->arena);
    wf_buffer_printf(&sentence, "%S completed at ", &workflow->id);
    sim_moment_print(workflow->close_ns, &sentence);
    wf_buffer_append_text(&sentence, ", and of its decisions happened: ");
    for (const struct sim_effect_track *effect = workflow->effects; effect != NULL; effect = effect->next) {
        if (effect->done_count == 0 || !sim_check_names_effect(config, effect->name)) {
            continue;
        }
        wf_buffer_printf(&sentence, "%s%S ", count == 0 ? "" : ", ", &effect->name);
        print_moment(&effect->first, &sentence);
        if (effect->done_count > 1) {
            wf_buffer_append_text(&sentence, " and again ");
            print_moment(&effect->last, &sentence);
        }
        count += effect->done_count;
    }
    if (count == 1) {
        return;
    }
    wf_buffer_append_text(&sentence, count == 0 ? "none" : "");
    sim_checks_break(checks, &(struct sim_break){
                                 .check = check,
                                 .cause = count == 0 ? "no decision" : "several decisions",
                                 .workflow = workflow,
                                 .fault = sim_checks_fault_between(checks, workflow, workflow->last_node,
                                                                   workflow->start_ns, workflow->close_ns),
                                 .time_ns = workflow->close_ns,
                                 .step = workflow->close_step,
                                 .sentence = wf_buffer_string(&sentence),
                             });
}

void sim_check_effects_end(struct sim_checks *checks, const struct sim_checks_end *end)
{
    for (uint32_t i = 0; i < checks->config->check_count; i++) {
        const enum sim_check_kind kind = checks->config->checks[i].kind;

        for (struct sim_workflow_track *workflow = checks->first_workflow; workflow != NULL;
             workflow = workflow->next) {
            if (kind == SIM_CHECK_NEUTRAL) {
                check_neutral(checks, i, workflow, end);
            } else if (kind == SIM_CHECK_ONE_DECISION) {
                check_one_decision(checks, i, workflow);
            }
        }
    }
}
