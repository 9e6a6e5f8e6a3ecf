/*
 * What one run says of another: children, signals and cancel requests (engine-semantics 10.6, 10.7). Copies of events that a
 * reset makes would count twice, so runs around a reset are left out where events are counted.
 */
#include "sim/check/runs_facts.h"

/* ---- Children ---- */

/* The close event that a child's terminal event stands for; 0: it is no terminal event. */
static int32_t close_for(int32_t event_type)
{
    switch (event_type) {
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED:
        return WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED:
        return WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED:
        return WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT:
        return WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED:
        return WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED;
    default:
        return 0;
    }
}

/* I66: the child that was started knows its parent. */
static void check_child_start(struct sim_runs *runs, const struct sim_run_facts *run, const struct sim_run_link *link)
{
    const struct sim_run_facts *child = sim_runs_get(runs, run->group, link->run_id);

    if (child == NULL && runs->is_complete) {
        sim_runs_find(runs, run, "I66", link->event_id, "event %lld says that child run %S started, which does not exist",
                      (long long)link->event_id, &link->run_id);
    } else if (child != NULL && (!wf_string_equal(child->parent_run_id, run->run_id) ||
                                 child->parent_initiated_event_id != link->initiated_event_id) &&
               run->base_run_id.size_bytes == 0) {
        sim_runs_find(runs, run, "I66", link->event_id,
                      "event %lld says that child run %S started, which names another parent or another event of it",
                      (long long)link->event_id, &link->run_id);
    }
}

/* The last known run of the chain that begins with the child's first; NULL: a run of it is not known. */
static const struct sim_run_facts *end_of_chain(const struct sim_runs *runs, const struct sim_run_facts *run,
                                                int64_t initiated_event_id)
{
    const struct sim_run_facts *child = NULL;
    uint32_t steps = 0;

    for (uint32_t i = 0; i < run->links.count; i++) {
        if (run->links.items[i].event_type == WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED &&
            run->links.items[i].initiated_event_id == initiated_event_id) {
            child = sim_runs_get(runs, run->group, run->links.items[i].run_id);
        }
    }
    while (child != NULL && child->new_run_id.size_bytes > 0 && steps++ < UINT16_MAX) {
        child = sim_runs_get(runs, run->group, child->new_run_id);
    }
    return child;
}

/* I68: what the parent is told is how the last run ended; I70: it is not told before that. */
static void check_child_end(struct sim_runs *runs, const struct sim_run_facts *run, const struct sim_run_link *link)
{
    const struct sim_run_facts *child = end_of_chain(runs, run, link->initiated_event_id);

    /* Of a chain that a reset took back to an earlier run the end is elsewhere. */
    if (child == NULL || child->was_reset ||
        (child->is_reset_away && !wf_string_equal(child->run_id, link->run_id)) || (child->close_type == 0 && !runs->is_complete)) {
        return;
    }
    if (child->close_type == 0 || child->is_reset_away) {
        sim_runs_find(runs, run, "I70", link->event_id, "event %lld ends child \"%S\", whose chain of runs goes on",
                      (long long)link->event_id, &child->workflow_id);
    } else if (child->close_type != close_for(link->event_type) || child->close_digest != link->digest) {
        sim_runs_find(runs, run, "I68", link->event_id, "event %lld tells another end of child \"%S\" than run %S had",
                      (long long)link->event_id, &child->workflow_id, &child->run_id);
    }
}

/* I65: one event starts one child. */
static void check_siblings(struct sim_runs *runs, struct sim_run_facts *run)
{
    const struct sim_run_facts *other = NULL;
    struct wf_buffer parent;

    if (run->parent_run_id.size_bytes == 0 || run->continued_run_id.size_bytes > 0 || run->base_run_id.size_bytes > 0) {
        return;
    }
    wf_buffer_init(&parent, runs->arena);
    wf_buffer_printf(&parent, "%S %lld", &run->parent_run_id, (long long)run->parent_initiated_event_id);
    other = sim_runs_find_in(runs, &runs->by_parent, run->group, wf_buffer_string(&parent));
    if (other != NULL) {
        sim_runs_find(runs, run, "I65", 1, "runs %S and %S were both started by event %lld of run %S", &other->run_id,
                      &run->run_id, (long long)run->parent_initiated_event_id, &run->parent_run_id);
        return;
    }
    sim_runs_put_in(runs, &runs->by_parent, run->group, wf_buffer_string(&parent), run);
}

/* ---- Signals and cancel requests ---- */

/* Signals from one run to one workflow, as both sides count them. */
struct traffic {
    uint32_t initiated;
    uint32_t signaled; /* acknowledged */
    uint32_t failed;   /* and not because the target was not found, which a lost reply makes of success */
    uint32_t arrived;
    uint32_t arrived_most; /* in one run: the next run of a chain does not know what the one before has got (5.2 "Notes") */
    bool is_known; /* the target's runs that were acknowledged are all there, and closed */
    bool is_reset;
};

static void count_sent(const struct sim_runs *runs, const struct sim_run_facts *run, struct wf_string workflow_id,
                       struct traffic *traffic)
{
    for (uint32_t i = 0; i < run->links.count; i++) {
        const struct sim_run_link *link = &run->links.items[i];
        const struct sim_run_facts *target = NULL;

        if (!wf_string_equal(link->workflow_id, workflow_id)) {
            continue;
        }
        if (link->event_type == WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED) {
            traffic->initiated++;
        } else if (link->event_type == WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED) {
            target = sim_runs_get(runs, run->group, link->run_id);
            traffic->is_known = traffic->is_known && target != NULL && target->close_type != 0;
            traffic->signaled++;
        } else if (link->event_type == WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED &&
                   link->cause !=
                       WF_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND) {
            traffic->failed++;
        }
    }
}

static void count_arrived(const struct sim_runs *runs, const struct sim_run_facts *source, struct wf_string workflow_id,
                          struct traffic *traffic)
{
    const struct sim_run_facts *run = sim_runs_find_in(runs, &runs->by_workflow, source->group, workflow_id);

    for (; run != NULL; run = run->next_of_workflow) {
        uint32_t arrived = 0;

        if (sim_runs_get(runs, run->group, run->run_id) != run) {
            continue; /* a shorter copy */
        }
        traffic->is_reset = traffic->is_reset || run->base_run_id.size_bytes > 0;
        for (uint32_t i = 0; i < run->links.count; i++) {
            arrived += run->links.items[i].event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED &&
                               wf_string_equal(run->links.items[i].run_id, source->run_id)
                           ? 1
                           : 0;
        }
        traffic->arrived += arrived;
        traffic->arrived_most = arrived > traffic->arrived_most ? arrived : traffic->arrived_most;
    }
}

/* I61: what was acknowledged arrived once; I62: what failed did not arrive. */
static void check_signals(struct sim_runs *runs, const struct sim_run_facts *run, const struct sim_run_link *link)
{
    struct traffic traffic = {.is_known = true, .is_reset = run->base_run_id.size_bytes > 0 || run->was_reset};

    count_sent(runs, run, link->workflow_id, &traffic);
    count_arrived(runs, run, link->workflow_id, &traffic);
    if (traffic.is_reset) {
        return;
    }
    if (traffic.arrived < traffic.signaled && (traffic.is_known || runs->is_complete)) {
        sim_runs_find(runs, run, "I61", link->event_id,
                      "%u signals to workflow \"%S\" were acknowledged, and %u are in its history", traffic.signaled,
                      &link->workflow_id, traffic.arrived);
    } else if (traffic.arrived_most > traffic.initiated) {
        sim_runs_find(runs, run, "I61", link->event_id, "%u signals were sent to workflow \"%S\", and %u are in its history",
                      traffic.initiated, &link->workflow_id, traffic.arrived_most);
    } else if (traffic.arrived_most + traffic.failed > traffic.initiated) {
        sim_runs_find(runs, run, "I62", link->event_id,
                      "%u of %u signals to workflow \"%S\" failed, and %u are in its history", traffic.failed,
                      traffic.initiated, &link->workflow_id, traffic.arrived_most);
    }
}

static bool is_first_to(const struct sim_run_facts *run, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++) {
        if (run->links.items[i].event_type == run->links.items[index].event_type &&
            wf_string_equal(run->links.items[i].workflow_id, run->links.items[index].workflow_id)) {
            return false;
        }
    }
    return true;
}

/* I61, of cancel requests. */
static void check_cancel(struct sim_runs *runs, const struct sim_run_facts *run, const struct sim_run_link *link)
{
    const struct sim_run_facts *target = sim_runs_get(runs, run->group, link->run_id);

    if (target != NULL && runs->is_complete && !target->has_cancel_request && target->close_type == 0) {
        sim_runs_find(runs, run, "I61", link->event_id, "event %lld says that run %S was asked to cancel, and it was not",
                      (long long)link->event_id, &link->run_id);
    }
}

void sim_runs_check_links(struct sim_runs *runs, struct sim_run_facts *run)
{
    check_siblings(runs, run);
    for (uint32_t i = 0; i < run->links.count; i++) {
        const struct sim_run_link *link = &run->links.items[i];

        if (link->event_type == WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED) {
            check_child_start(runs, run, link);
        } else if (close_for(link->event_type) != 0) {
            check_child_end(runs, run, link);
        } else if (link->event_type == WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED &&
                   is_first_to(run, i)) {
            check_signals(runs, run, link);
        } else if (link->event_type == WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED) {
            check_cancel(runs, run, link);
        }
    }
}
