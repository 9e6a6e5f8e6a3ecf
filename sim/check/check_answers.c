/*
 * What a client was told must be in history, whatever crashed since (engine-semantics 10.6, 10.9, 10.10: I56, I57, I85, and I95
 * of starts). Answers come as records, events as commits; a signal may lie in the buffer until its workflow task ends, so that
 * only closed runs are judged, at the end.
 */
#include "sim/check/track.h"

static struct sim_heard_signal *find_heard(struct sim_checks *checks, struct sim_workflow_track *workflow,
                                           struct wf_string name)
{
    struct sim_heard_signal *heard = workflow->heard;

    while (heard != NULL && !wf_string_equal(heard->name, name)) {
        heard = heard->next;
    }
    if (heard != NULL) {
        return heard;
    }
    heard = WF_ARENA_NEW(checks->arena, struct sim_heard_signal);
    if (heard == NULL) {
        checks->is_full = true;
        return NULL;
    }
    heard->name = sim_checks_keep(checks, name);
    heard->next = workflow->heard;
    workflow->heard = heard;
    return heard;
}

/* Signals that a history received after the event from which its run goes on are sent again. */
static bool comes_again(const struct sim_continuation *continued, struct wf_string name)
{
    for (uint32_t i = continued == NULL ? 0 : continued->kept_count; continued != NULL && i < continued->event_count; i++) {
        const struct wf_event *event = &continued->events[i];

        if (event->attributes_case == WF_CASE_event_workflow_execution_signaled &&
            wf_string_equal(event->attributes.workflow_execution_signaled->signal_name, name)) {
            return true;
        }
    }
    return false;
}

/* Sends of queries look the same in records. */
static bool is_signal(const struct sim_checks *checks, struct wf_string name)
{
    for (uint32_t i = 0; i < checks->config->client_count; i++) {
        if (checks->config->clients[i].action == SIM_CLIENT_SIGNAL &&
            wf_string_equal(checks->config->clients[i].name_of, name)) {
            return true;
        }
    }
    return comes_again(checks->config->continued, name);
}

static bool comes_with_start(const struct sim_checks *checks, struct wf_string name)
{
    for (uint32_t i = 0; i < checks->config->start_count; i++) {
        if (wf_string_equal(checks->config->starts[i].signal_name, name)) {
            return true;
        }
    }
    for (uint32_t i = 0; i < checks->config->client_count; i++) {
        if (wf_string_equal(checks->config->clients[i].start.signal_name, name)) {
            return true;
        }
    }
    return false;
}

static void find(struct sim_checks *checks, unsigned number, struct sim_workflow_track *workflow,
                 const struct sim_record *at, const char *cause, struct wf_string name)
{
    struct wf_buffer sentence;

    wf_buffer_init(&sentence, checks->arena);
    wf_buffer_printf(&sentence, "%S: %s (%S)", &workflow->id, cause, &name);
    checks->is_full = checks->is_full || sentence.is_full;
    sim_checks_break_invariant(checks, number, cause, workflow, at, wf_buffer_string(&sentence));
}

static void hear_answer(struct sim_checks *checks, const struct sim_record *record, struct sim_workflow_track *workflow)
{
    struct sim_heard_signal *heard = NULL;

    if (wf_string_is(record->a, "start")) {
        if (workflow->run_count == 0) {
            find(checks, 95, workflow, record, "a start was accepted, and there is no run", record->a);
        }
    } else if (wf_string_is(record->a, "terminate")) {
        if (!workflow->has_terminated) {
            find(checks, 85, workflow, record, "a terminate was accepted, and no run was terminated", record->a);
        }
    } else if (wf_string_is(record->a, "cancel")) {
        /* A closed run accepts it, and nothing happens. */
        workflow->must_be_canceled = workflow->must_be_canceled ||
                                     (workflow->open_count > 0 && workflow->cancel_sent_to == workflow->run_count);
    } else if (is_signal(checks, record->a)) {
        heard = find_heard(checks, workflow, record->a);
        if (heard != NULL) {
            heard->accepted_count++;
        }
    }
}

void sim_check_answers_record(struct sim_checks *checks, const struct sim_record *record,
                              struct sim_workflow_track *workflow)
{
    if (workflow == NULL) {
        return;
    }
    if (record->kind == SIM_RECORD_ANSWERED && wf_string_is(record->b, "accepted")) {
        hear_answer(checks, record, workflow);
    } else if (record->kind == SIM_RECORD_EVENT) {
        workflow->has_terminated =
            workflow->has_terminated || record->y == WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED;
        workflow->has_cancel_request =
            workflow->has_cancel_request || record->y == WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED;
    } else if (record->kind == SIM_RECORD_SENT) {
        struct sim_heard_signal *heard = is_signal(checks, record->a) ? find_heard(checks, workflow, record->a) : NULL;

        if (heard != NULL) {
            heard->sent_count++;
        }
        if (wf_string_is(record->a, "cancel")) {
            workflow->cancel_sent_to = workflow->open_count > 0 ? workflow->run_count : 0;
        }
    }
}

/* I57: no signal out of nothing. Those of other workflows are compared with their senders' histories (I61). */
void sim_check_answers_signaled(struct sim_checks *checks, struct sim_workflow_track *workflow,
                                const struct wf_event_workflow_execution_signaled *signaled,
                                const struct sim_record *at)
{
    struct sim_heard_signal *heard = NULL;

    if (signaled->external_workflow_execution != NULL || comes_with_start(checks, signaled->signal_name)) {
        return;
    }
    heard = find_heard(checks, workflow, signaled->signal_name);
    if (heard == NULL) {
        return;
    }
    heard->recorded_count++;
    if (heard->sent_count == 0) {
        find(checks, 57, workflow, at, "a signal is in history that nobody sent", heard->name);
    }
}

/* I56, and the cancels of I85. */
void sim_check_answers_end(struct sim_checks *checks, const struct sim_checks_end *end)
{
    const struct sim_record at = {.time_ns = end->now_ns, .step = end->step};

    for (struct sim_workflow_track *workflow = checks->first_workflow; workflow != NULL; workflow = workflow->next) {
        if (workflow->open_count > 0) {
            continue;
        }
        for (const struct sim_heard_signal *heard = workflow->heard; heard != NULL; heard = heard->next) {
            if (heard->accepted_count > heard->recorded_count && !comes_with_start(checks, heard->name)) {
                find(checks, 56, workflow, &at, "a signal was accepted and is not in history", heard->name);
            }
        }
        if (workflow->must_be_canceled && !workflow->has_cancel_request) {
            find(checks, 85, workflow, &at, "a cancel of an open run was accepted and is not in history", WF_STR("cancel"));
        }
    }
}
