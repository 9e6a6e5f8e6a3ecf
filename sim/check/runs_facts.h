/* What the verifiers of several histories share: of each run what others may know of it. */
#ifndef WF_SIM_CHECK_RUNS_FACTS_H
#define WF_SIM_CHECK_RUNS_FACTS_H

#include "engine/base/map.h"
#include "sim/check/check_runs.h"

/* An event that names another run. */
struct sim_run_link {
    int32_t event_type;
    int64_t event_id;
    int64_t initiated_event_id; /* of results: the event that asked; of Initiated: its own id */
    struct wf_string workflow_id;
    struct wf_string run_id; /* may be empty */
    uint64_t digest;         /* of a child's result, failure or details */
    int32_t cause;           /* of a failure */
};

struct sim_run_facts {
    struct sim_run_facts *next;             /* in the order added */
    struct sim_run_facts *next_of_workflow; /* of those entered by id */
    uint64_t group;
    uint32_t tag;
    bool is_foreign;
    int64_t clock_spread_ns;
    struct wf_string workflow_id;
    struct wf_string run_id;
    uint32_t event_count;

    /* Of the first event. */
    struct wf_timestamp start_time;
    struct wf_timestamp backoff;
    struct wf_timestamp expiration;
    struct wf_string continued_run_id;
    struct wf_string first_run_id;
    struct wf_string original_run_id;
    struct wf_string parent_workflow_id;
    struct wf_string parent_run_id;
    int64_t parent_initiated_event_id;
    int32_t attempt;
    int32_t initiator;

    /* Of a run that a reset made. */
    struct wf_string base_run_id; /* empty: none */
    int64_t reset_event_id;       /* of the failed task that says so */
    bool was_reset;               /* another run was made from it */

    /* Of the last event when it closes the run. */
    int32_t close_type; /* 0: open */
    struct wf_string new_run_id;
    uint64_t close_digest;
    bool is_reset_away; /* terminated because it was reset */
    bool has_cancel_request;

    uint64_t *digests; /* of events 1 to n; NULL: not kept */
    struct {
        struct sim_run_link *items;
        uint32_t count;
        uint32_t capacity;
    } links;
};

struct sim_runs {
    struct wf_arena *arena;
    struct wf_map by_id;       /* group and run id */
    struct wf_map by_workflow; /* group and workflow id: the first of its runs */
    struct wf_map by_parent;   /* group, parent's run id and event: the first child */
    struct sim_run_facts *first;
    struct sim_run_facts *last;
    size_t digest_count;
    bool is_complete;
    bool is_full;
    struct sim_run_findings *findings;
};

/* Adds a finding about an event of a run: "I66", and a sentence in the form of wf_buffer_printf. */
void sim_runs_find(struct sim_runs *runs, const struct sim_run_facts *run, const char *invariant, int64_t event_id,
                   const char *format, ...);

/* Finds by group and text in one of the maps; NULL: nothing. */
void *sim_runs_find_in(const struct sim_runs *runs, const struct wf_map *map, uint64_t group, struct wf_string text);
void sim_runs_put_in(struct sim_runs *runs, struct wf_map *map, uint64_t group, struct wf_string text, void *value);

/* The run of the same group; NULL: not known. */
struct sim_run_facts *sim_runs_get(const struct sim_runs *runs, uint64_t group, struct wf_string run_id);

/* check_runs_links.c: I61, I62, I65, I66, I68, I70. */
void sim_runs_check_links(struct sim_runs *runs, struct sim_run_facts *run);

#endif
