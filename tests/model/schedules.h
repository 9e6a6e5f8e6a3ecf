/* Schedules of the model, shared by its files. */
#ifndef WF_TESTS_MODEL_SCHEDULES_H
#define WF_TESTS_MODEL_SCHEDULES_H

#include "engine/schedules.h"
#include "tests/model/transaction.h"

/* state_schedule_action.state, as rows keep it. */
enum {
    MODEL_ACTION_GONE,
    MODEL_ACTION_BUFFERED,
    MODEL_ACTION_STARTING,
    MODEL_ACTION_DOOMED, /* to be stopped once its start is answered */
    MODEL_ACTION_RUNNING,
    MODEL_ACTION_STOPPING,
    MODEL_ACTION_STOPPED,
};

struct wf_schedule_link model_schedule_link_of(const struct wf_state_schedule *state,
                                               const struct wf_state_schedule_action *action);

/* ---- schedule_facts.c ---- */

/* From now on the calls that the actions of a state ask for are expected. */
void model_schedule_expect_calls(struct model *model, const struct wf_state_schedule *state);

/* Whether somebody answered so. */
bool model_schedule_was_started(struct model *model, const struct wf_schedule_link *link, struct wf_string run_id);
bool model_schedule_was_refused(struct model *model, const struct wf_schedule_link *link);
bool model_schedule_was_stopped(struct model *model, const struct wf_state_schedule_action *action);

#endif
