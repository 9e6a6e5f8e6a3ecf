/* An attempt of an activity in a worker, and the scenario's model of it. */
#ifndef WF_SIM_WORLD_ATTEMPT_H
#define WF_SIM_WORLD_ATTEMPT_H

#include "sim/world/worker_parts.h"

/* Where a modelled attempt is. */
enum sim_attempt_stage { SIM_STAGE_BEFORE, SIM_STAGE_AFTER, SIM_STAGE_END };

struct sim_attempt {
    struct wf_ring link; /* in worker->attempts */
    struct sim_worker *worker;
    bool is_dead; /* its process died; freed by its event */
    bool is_in_loop;
    bool is_local; /* of the run in a cache slot of this worker, which waits for it unless is_unknown */
    uint32_t slot;
    uint32_t seq;
    struct sim_workflow *workflow;
    struct sim_content *content; /* the answer that brought the task */
    const struct wf_svc_activity_task *task;

    /* Of a model. */
    const struct sim_activity_model *model; /* NULL: code */
    enum sim_attempt_stage stage;
    int64_t before_ns; /* left of the waits before and after the effect */
    int64_t after_ns;
    const struct sim_outcome *outcome; /* NULL: it succeeds */
    const struct wf_event *recorded;   /* how the history says that it ends; NULL: it does not */
    bool is_heartbeat_next;

    struct wf_attempt *code;
    struct wf_attempt_start start; /* what the code was given */

    bool fails_by_fault;
    bool loses_answer;
    bool is_refused;          /* the last effect was */
    bool is_cancel_requested; /* the service said so */
    bool is_unknown;          /* the service does not know the attempt any more */
    bool has_beaten;
    wf_time_ns beat_ns; /* of the last heartbeat that was sent */
    struct wf_string input; /* JSON array, for templates; in a piece of its own */
    uint64_t heartbeat_call_id; /* 0: none is out */
};

/* ---- world_activity.c ---- */
/* Puts it into the ledger now and records it. */
enum sim_ledger_result sim_world_effect(struct sim_world *world, const struct sim_ledger_entry *given,
                                        struct wf_string once_per);

/* ---- activity_model.c ---- */
/* NULL: the scenario has none of this type. */
const struct sim_activity_model *sim_model_of(const struct sim_world *world, struct wf_string activity_type);
/* Of an activity that nothing is known of. */
const struct sim_activity_model *sim_endless_model(void);
/* Chooses what the attempt will do. */
void sim_model_plan(struct sim_attempt *attempt);
void sim_model_next(struct sim_attempt *attempt, struct wf_step *step);
/* An application failure, in the step's memory. */
void sim_step_fail(struct sim_attempt *attempt, struct wf_string type, bool is_non_retryable, struct wf_step *step);

/* ---- later.c ---- */
/* The attempt lets go: what its result would be is reported later. */
void sim_later_begin(struct sim_attempt *attempt, const struct wf_payload *result);

#endif
