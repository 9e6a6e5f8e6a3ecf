/*
 * conservation: every signal that was accepted is handled, and none is handled more often than it was sent. A send is counted
 * once however often the network or the client repeats it; a handling is counted once however often a task is run again.
 */
#include "sim/check/track.h"

/* One send of one client. */
struct send {
    struct sim_signal_track *signal;
    bool is_accepted;
};

static bool is_checked(const struct sim_checks *checks, struct wf_string signal)
{
    for (uint32_t i = 0; i < checks->config->check_count; i++) {
        const struct sim_check_config *config = &checks->config->checks[i];

        if (config->kind == SIM_CHECK_CONSERVATION &&
            (config->name.size_bytes == 0 || wf_string_equal(config->name, signal))) {
            return true;
        }
    }
    return false;
}

static struct sim_signal_track *find_signal(struct sim_checks *checks, struct sim_workflow_track *workflow,
                                            struct wf_string name)
{
    struct wf_arena_mark mark;
    const struct wf_string key = sim_checks_key(checks, &mark, workflow->id, name, 0);
    struct sim_signal_track *signal = key.data == NULL ? NULL : wf_map_get(&checks->signals, key);

    if (signal != NULL || key.data == NULL) {
        wf_arena_rewind(checks->arena, mark);
        return signal;
    }
    signal = WF_ARENA_NEW(checks->arena, struct sim_signal_track);
    if (signal == NULL || !wf_map_set(&checks->signals, key, signal)) {
        checks->is_full = true;
        return NULL;
    }
    signal->name = sim_checks_keep(checks, name);
    signal->workflow = workflow;
    signal->next = workflow->signals;
    workflow->signals = signal;
    return signal;
}

static struct send *find_send(struct sim_checks *checks, const struct sim_record *record,
                              struct sim_signal_track *signal)
{
    struct wf_arena_mark mark;
    const struct wf_string key = sim_checks_key(checks, &mark, record->node, record->subject, record->x);
    struct send *send = key.data == NULL ? NULL : wf_map_get(&checks->sends, key);

    if (send != NULL || key.data == NULL) {
        wf_arena_rewind(checks->arena, mark);
        return send;
    }
    send = WF_ARENA_NEW(checks->arena, struct send);
    if (send == NULL || !wf_map_set(&checks->sends, key, send)) {
        checks->is_full = true;
        return NULL;
    }
    send->signal = signal;
    signal->sent_count++;
    return send;
}

static void count_answer(struct sim_checks *checks, const struct sim_record *record, struct sim_signal_track *signal)
{
    struct send *send = find_send(checks, record, signal);

    if (send == NULL) {
        return;
    }
    if (wf_string_is(record->b, "accepted") && !send->is_accepted) {
        send->is_accepted = true;
        signal->accepted_count++;
        signal->last_accepted = (struct sim_moment){
            .time_ns = record->time_ns, .step = record->step, .node = sim_checks_keep(checks, record->node)};
    }
}

static void count_handling(struct sim_checks *checks, const struct sim_record *record,
                           struct sim_workflow_track *workflow, struct sim_signal_track *signal)
{
    struct wf_arena_mark mark;
    /* An event id names a signal within one run; runs of one workflow id are told apart by their number. */
    const struct wf_string key = sim_checks_key(checks, &mark, workflow->id, WF_STR("handled"),
                                                ((int64_t)workflow->run_count << 32) + record->x);

    if (key.data == NULL || wf_map_get(&checks->handled, key) != NULL) {
        wf_arena_rewind(checks->arena, mark);
        return;
    }
    if (!wf_map_set(&checks->handled, key, signal)) {
        checks->is_full = true;
    }
    signal->handled_count++;
}

void sim_check_signals_record(struct sim_checks *checks, const struct sim_record *record,
                              struct sim_workflow_track *workflow)
{
    const bool is_of_signal = record->kind == SIM_RECORD_SENT || record->kind == SIM_RECORD_ANSWERED ||
                              record->kind == SIM_RECORD_HANDLED;
    struct sim_signal_track *signal = NULL;

    if (!is_of_signal || workflow == NULL || !is_checked(checks, record->a)) {
        return;
    }
    signal = find_signal(checks, workflow, record->a);
    if (signal == NULL) {
        return;
    }
    if (record->kind == SIM_RECORD_SENT) {
        (void)find_send(checks, record, signal);
    } else if (record->kind == SIM_RECORD_ANSWERED) {
        count_answer(checks, record, signal);
    } else {
        count_handling(checks, record, workflow, signal);
    }
}

static void break_conservation(struct sim_checks *checks, uint32_t check, const struct sim_signal_track *signal,
                               const struct sim_checks_end *end)
{
    struct sim_workflow_track *workflow = signal->workflow;
    const bool is_lost = signal->accepted_count > signal->handled_count;
    struct wf_buffer sentence;

    wf_buffer_init(&sentence, checks->arena);
    if (is_lost) {
        wf_buffer_printf(&sentence,
                         "%u of %u signals %S to %S were accepted and never handled: their senders believe that they "
                         "were; the last was accepted at ",
                         signal->accepted_count - signal->handled_count, signal->accepted_count, &signal->name,
                         &workflow->id);
        sim_moment_print(signal->last_accepted.time_ns, &sentence);
        if (workflow->open_count == 0) {
            wf_buffer_printf(&sentence, ", the run closed (%S) at ", &workflow->status_text);
            sim_moment_print(workflow->close_ns, &sentence);
        }
    } else {
        wf_buffer_printf(&sentence, "signal %S was sent to %S %u time%s and handled %u times", &signal->name,
                         &workflow->id, signal->sent_count, signal->sent_count == 1 ? "" : "s", signal->handled_count);
    }
    sim_checks_break(checks, &(struct sim_break){
                                 .check = check,
                                 .cause = is_lost ? "accepted and not handled" : "handled twice",
                                 .workflow = workflow,
                                 .fault = sim_checks_fault_between(checks, workflow, workflow->last_node,
                                                                   workflow->start_ns, end->now_ns),
                                 .time_ns = is_lost ? signal->last_accepted.time_ns : end->now_ns,
                                 .step = is_lost ? signal->last_accepted.step : end->step,
                                 .sentence = wf_buffer_string(&sentence),
                             });
}

/* Without a list of statuses, runs that were terminated or timed out are left out: their code had no say. */
static bool is_concerned(const struct sim_check_config *config, const struct sim_workflow_track *workflow)
{
    if (workflow->open_count > 0) {
        return true;
    }
    if (config->status_mask != 0) {
        return (config->status_mask >> workflow->status & 1) != 0;
    }
    return workflow->run_count > 0 && workflow->status != WF_WORKFLOW_EXECUTION_STATUS_TERMINATED &&
           workflow->status != WF_WORKFLOW_EXECUTION_STATUS_TIMED_OUT;
}

static void check_workflow(struct sim_checks *checks, uint32_t check, struct sim_workflow_track *workflow,
                           const struct sim_checks_end *end)
{
    const struct sim_check_config *config = &checks->config->checks[check];

    for (const struct sim_signal_track *signal = workflow->signals; signal != NULL; signal = signal->next) {
        if (config->name.size_bytes > 0 && !wf_string_equal(config->name, signal->name)) {
            continue;
        }
        checks->conditions[check] += signal->sent_count > 0 ? 1 : 0;
        if ((signal->accepted_count > signal->handled_count || signal->handled_count > signal->sent_count) &&
            !sim_checks_is_broken(checks, check, workflow)) {
            break_conservation(checks, check, signal, end);
        }
    }
}

void sim_check_signals_end(struct sim_checks *checks, const struct sim_checks_end *end)
{
    for (uint32_t i = 0; i < checks->config->check_count; i++) {
        if (checks->config->checks[i].kind != SIM_CHECK_CONSERVATION) {
            continue;
        }
        for (struct sim_workflow_track *workflow = checks->first_workflow; workflow != NULL;
             workflow = workflow->next) {
            if (is_concerned(&checks->config->checks[i], workflow)) {
                check_workflow(checks, i, workflow, end);
            }
        }
    }
}
