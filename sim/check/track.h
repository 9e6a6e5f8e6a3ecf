/*
 * What the checks remember of a run: each workflow, each effect by its key, the latest faults. The families of checks read
 * and extend it; the tracker fills it before they see a record.
 */
#ifndef WF_SIM_CHECK_TRACK_H
#define WF_SIM_CHECK_TRACK_H

#include "engine/base/map.h"
#include "sim/check/check.h"
#include "sim/fault/anchor.h"
#include "sim/fault/kinds.h"

/* One occurrence of an effect, for sentences. */
struct sim_moment {
    wf_time_ns time_ns;
    uint64_t step;
    struct wf_string workflow_id;
    struct wf_string node;
    struct wf_string activity; /* type; may be empty */
    int64_t attempt;
};

/* One effect for one business key. */
struct sim_effect_track {
    struct sim_effect_track *next; /* of the same workflow, in order of appearance */
    struct sim_workflow_track *workflow;
    struct wf_string name;
    struct wf_string key;
    uint32_t done_count;
    uint32_t undo_count;
    uint32_t balance; /* done minus undone, never below 0 */
    struct sim_moment first;
    struct sim_moment last;
    struct sim_moment last_undo;
};

/* One signal name of one workflow. */
struct sim_signal_track {
    struct sim_signal_track *next;
    struct sim_workflow_track *workflow;
    struct wf_string name;
    uint32_t sent_count;
    uint32_t accepted_count;
    uint32_t handled_count; /* different signals */
    struct sim_moment last_accepted;
};

/* One signal name of one workflow, as clients and history tell of it. */
struct sim_heard_signal {
    struct sim_heard_signal *next;
    struct wf_string name;
    uint32_t sent_count;
    uint32_t accepted_count;
    uint32_t recorded_count; /* events */
};

enum sim_task_state { SIM_TASK_NONE, SIM_TASK_SCHEDULED, SIM_TASK_STARTED };

/* One workflow id over all its runs. */
struct sim_workflow_track {
    struct sim_workflow_track *next; /* in order of appearance */
    struct wf_string id;
    struct wf_string type;
    uint32_t run_count;
    uint32_t open_count; /* runs open now */
    int32_t status;      /* of the latest run; enum wf_workflow_execution_status */
    wf_time_ns start_ns; /* of the first run of the chain that is latest */
    wf_time_ns close_ns;
    uint64_t close_step;
    struct wf_string status_text;

    struct wf_string last_activity; /* type last started */
    struct wf_string last_node;     /* that last ran something of it */
    bool is_waiting_for_worker;     /* something was scheduled and nobody took anything since */
    wf_time_ns waits_since_ns;

    int64_t last_event_id; /* of the latest run */
    bool has_closed_event;
    enum sim_task_state task;
    int32_t last_event_type;

    struct sim_effect_track *effects;
    struct sim_effect_track *last_effect;
    struct sim_signal_track *signals;
    struct sim_heard_signal *heard;
    uint32_t cancel_sent_to; /* which run was open when a cancel was sent last, counted from 1; 0: none */
    bool must_be_canceled;   /* an open run accepted a cancel */
    bool has_cancel_request;
    bool is_at_reset; /* no event of its own yet */
    bool has_local;   /* local activities run in it, which move its code's time */
    bool has_updates; /* which bring tasks that may leave no events */
    bool has_terminated;
    struct wf_string await_site;  /* where it waits at the end; empty: not known */
    struct wf_string wait_reason; /* a sentence's end: "waits for signal approve" */
    bool is_continued;            /* the run that closed has a successor */
    uint32_t continued_count;     /* runs of the latest chain that continued as new */
    int32_t last_end;             /* by what was committed: the event that ended the latest run; 0: none */
    uint64_t last_end_step;
    wf_time_ns last_end_ns;
    uint64_t two_open_step;       /* the step in which a second run opened */
    uint64_t broken;              /* a bit for each check of the scenario that broke for it */
    uint64_t broken_invariants[2]; /* a bit for each invariant number */
    uint64_t goals_inside;        /* a bit for each goal between whose moments it is */
    struct sim_related_run *related_run; /* of the latest run, when it is a child's; NULL: it is not */
    bool task_may_run; /* of the latest run: a workflow task is started, or one that leaves no events may be */
    uint32_t told_signal_count; /* acknowledged to clients */
    uint32_t told_update_count; /* accepted, as some client was told */
    struct wf_string *goal_nodes; /* where the first moment was, by goal; NULL until one was */
};

#define SIM_FAULT_NOTES 256 /* the latest ones are kept */

struct sim_fault_note {
    wf_time_ns time_ns;
    wf_time_ns end_ns; /* of a fault that lasts, SIM_NEVER until it ended; otherwise its time */
    struct sim_fault_place place;
    bool is_crash;
};

struct sim_checks {
    struct wf_arena *arena;
    const struct sim_config *config;
    struct wf_map workflows;
    struct sim_workflow_track *first_workflow;
    struct sim_workflow_track *last_workflow;
    struct sim_workflow_track *recent_workflow; /* of the record before; NULL: none yet */
    struct wf_map effects;
    struct wf_map signals;
    struct wf_map sends;   /* by sender and send number */
    struct wf_map handled; /* signal events already counted */
    struct wf_map shards;
    struct sim_call_track *calls; /* of check_calls.c */
    struct wf_map runs;           /* by run id: what commits made of them */
    struct wf_map create_requests; /* by workflow id and request id: the run that was made */
    struct wf_map names; /* every string kept more than once */
    struct wf_map related_runs; /* of check_children.c, by run id */
    struct wf_map children;     /* by the parent's run and the command */
    struct wf_map schedules;    /* by id */
    struct schedule *schedule_list;
    struct wf_map updates;      /* of check_updates.c, by workflow and update id */
    struct wf_map queries;      /* by sender and send number */
    struct sim_child_track *first_child;
    bool has_children;          /* some workflow has one */
    struct sim_fault_note notes[SIM_FAULT_NOTES];
    uint64_t note_count; /* ever; the latest SIM_FAULT_NOTES are kept */
    wf_time_ns heal_ns;  /* SIM_NEVER until then */
    uint32_t conditions[SIM_CHECKS_MAX];
    uint32_t goals[SIM_GOALS_MAX];
    uint64_t goal_kinds; /* a bit for each kind of record that some goal looks at */
    struct sim_anchor goal_after[SIM_GOALS_MAX];
    struct sim_anchor goal_before[SIM_GOALS_MAX];
    struct sim_broken_check broken[SIM_BROKEN_MAX];
    uint32_t broken_count;
    struct wf_string endless; /* the workflow whose chain passed its limit; empty: none did */
    bool is_full;
};

/* Joins parts into one key for a map, in scratch memory after the mark: rewind when the key is not kept; data NULL when memory is gone. */
struct wf_string sim_checks_key(struct sim_checks *checks, struct wf_arena_mark *mark, struct wf_string first,
                                struct wf_string second, int64_t number);

/* A copy that lives as long as the checks; equal strings share one. */
struct wf_string sim_checks_keep(struct sim_checks *checks, struct wf_string text);

/* The workflow, made when new; NULL when memory is gone or the id is empty. */
struct sim_workflow_track *sim_checks_workflow(struct sim_checks *checks, struct wf_string id);

/* Updates what is known before the families judge. *effect is set for records of effects, else NULL. */
void sim_checks_track(struct sim_checks *checks, const struct sim_record *record, struct sim_workflow_track *workflow,
                      struct sim_effect_track **effect);

/*
 * The fault that most probably lies behind what happened to the workflow from one time to another. Nearest first: one that
 * struck it, or the process that worked for it, and hides what was done; then any that struck it; then one that struck
 * everybody. Among equals the earliest. NULL: none.
 */
const struct sim_fault_note *sim_checks_fault_between(const struct sim_checks *checks,
                                                      const struct sim_workflow_track *workflow, struct wf_string node,
                                                      wf_time_ns from_ns, wf_time_ns to_ns);

/* True when the check names this effect, or names none. */
bool sim_check_names_effect(const struct sim_check_config *check, struct wf_string effect);

/* What broke. The sentence is in a buffer of the checks' arena. */
struct sim_break {
    uint32_t check;        /* index in the scenario; SIM_CHECKS_MAX: none of them */
    const char *diagnosis; /* of a finding that is neither a check's nor an engine invariant's; NULL otherwise */
    struct wf_string invariant; /* "I36"; empty otherwise */
    const char *cause;     /* class of the cause, for the signature; static text */
    struct sim_workflow_track *workflow; /* NULL: none */
    struct wf_string key;
    struct wf_string await_site; /* empty: derived from the workflow */
    const struct sim_fault_note *fault; /* NULL: none */
    wf_time_ns time_ns;
    uint64_t step;
    struct wf_string sentence;
};
void sim_checks_break(struct sim_checks *checks, const struct sim_break *broken);

/* An engine invariant, by its number; once for a workflow. The record says where and when; the cause is static text. */
#define SIM_INVARIANTS_MAX 104
void sim_checks_break_invariant(struct sim_checks *checks, unsigned number, const char *cause,
                                struct sim_workflow_track *workflow, const struct sim_record *record,
                                struct wf_string sentence);

/* True when this check already broke for this workflow: one finding for each is enough. */
bool sim_checks_is_broken(const struct sim_checks *checks, uint32_t check, const struct sim_workflow_track *workflow);

/* ---- The families: each sees every record after the tracker, and the end ---- */

void sim_check_effects_record(struct sim_checks *checks, const struct sim_record *record,
                              struct sim_workflow_track *workflow, struct sim_effect_track *effect);
void sim_check_effects_end(struct sim_checks *checks, const struct sim_checks_end *end);
void sim_check_progress_record(struct sim_checks *checks, const struct sim_record *record,
                               struct sim_workflow_track *workflow);
void sim_check_progress_end(struct sim_checks *checks, const struct sim_checks_end *end);
void sim_check_signals_record(struct sim_checks *checks, const struct sim_record *record,
                              struct sim_workflow_track *workflow);
void sim_check_signals_end(struct sim_checks *checks, const struct sim_checks_end *end);
void sim_check_answers_record(struct sim_checks *checks, const struct sim_record *record,
                              struct sim_workflow_track *workflow);
void sim_check_answers_signaled(struct sim_checks *checks, struct sim_workflow_track *workflow,
                                const struct wf_event_workflow_execution_signaled *signaled,
                                const struct sim_record *at);
void sim_check_answers_end(struct sim_checks *checks, const struct sim_checks_end *end);

/* check_calls.c: false when memory is gone. */
bool sim_check_calls_init(struct sim_checks *checks);

/* check_commits.c */
void sim_check_commits_end(struct sim_checks *checks, const struct sim_checks_end *end);

/* check_updates.c */
void sim_check_updates_record(struct sim_checks *checks, const struct sim_record *record,
                              struct sim_workflow_track *workflow);

/* check_children.c */
void sim_check_children_record(struct sim_checks *checks, const struct sim_record *record,
                               struct sim_workflow_track *workflow);
void sim_check_children_end(struct sim_checks *checks, const struct sim_checks_end *end);
void sim_check_schedules_commit(struct sim_checks *checks, struct wf_arena *scratch, const struct sim_commit *commit);
void sim_check_schedules_started(struct sim_checks *checks, const struct sim_commit *commit);
void sim_check_schedules_end(struct sim_checks *checks, const struct sim_checks_end *end);
void sim_check_engine_record(struct sim_checks *checks, const struct sim_record *record,
                             struct sim_workflow_track *workflow);
/* Once the moments of all goals are read. */
void sim_check_goals_init(struct sim_checks *checks);
void sim_check_goals_record(struct sim_checks *checks, const struct sim_record *record,
                            struct sim_workflow_track *workflow);

#endif
