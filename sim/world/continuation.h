/* A run of a history that goes on, in the world. */
#ifndef WF_SIM_WORLD_CONTINUATION_H
#define WF_SIM_WORLD_CONTINUATION_H

#include "sim/world/attempt.h"

/* Whether the scenario has what the run needs: its queue, Nexus endpoints. Errors: WF_ERR_INVALID. */
enum wf_status sim_continuation_check(const struct sim_world *world, struct wf_error *err);

/* How long behind the point the event comes; 0: no later. Times of what came later may be anything. */
int64_t sim_continuation_wait_ns(const struct sim_continuation *continued, const struct wf_event *event);

/* Plans the restoration and what comes again; nothing when no run goes on. */
void sim_continuation_init(struct sim_world *world);

/* NULL: the run is restored now; else what the history received there is sent again. */
void sim_continuation_event(struct sim_world *world, const struct wf_event *event);

/* How the history says that the activity ended, later than the event; NULL: it does not. Of a local activity, its marker. */
const struct wf_event *sim_recorded_outcome(const struct sim_attempt *attempt);

/* Of an activity that the scenario has no model of. */
const struct sim_activity_model *sim_recorded_model(const struct wf_event *outcome);

/* Whether it did what it does outside. */
bool sim_recorded_completed(const struct wf_event *outcome);

/* The end of an attempt whose outcome is recorded. */
void sim_recorded_step(struct wf_arena *step_arena, const struct wf_event *outcome, struct wf_step *step);

/* ---- recorded_ends.c ---- */

/* The Scheduled event of the activity that the event is the outcome of; 0: another event. */
int64_t sim_recorded_activity_end(const struct wf_event *event);

/* The end of a child, as its parent's history has it. */
struct sim_child_end {
    int64_t initiated_event_id;
    struct wf_workflow_execution *child;
    struct wf_event closing; /* the last event of the child's own history; its attributes lie here */
    struct wf_event_workflow_execution_completed completed;
    struct wf_event_workflow_execution_failed failed;
    struct wf_event_workflow_execution_canceled canceled;
    struct wf_event_workflow_execution_timed_out timed_out;
    struct wf_event_workflow_execution_terminated terminated;
};

/* False: another event. */
bool sim_recorded_child_end(const struct wf_event *event, struct sim_child_end *end);

#endif
