/* The inside of the fault layer: the table of kinds, and the state that schedule, actions and placed faults share. */
#ifndef WF_SIM_FAULT_SCHEDULE_H
#define WF_SIM_FAULT_SCHEDULE_H

#include "sim/fault/anchor.h"
#include "sim/fault/fault.h"

#define SIM_FAULT_WINDOWS_MAX 64 /* faults that last, at once */
#define SIM_FAULT_TRAPS_MAX 16   /* crashes that wait for a step of a task's life */
#define SIM_NO_NODE UINT32_MAX

/* Ids of the world's timers that belong to the fault layer. */
#define SIM_TIMER_HEAL UINT32_C(0)
#define SIM_TIMER_REST UINT32_C(1)
#define SIM_TIMER_STRIKE UINT32_C(0x100)  /* + kind */
#define SIM_TIMER_WINDOW UINT32_C(0x200)  /* + window */
#define SIM_TIMER_FLAP UINT32_C(0x300)    /* + window */
#define SIM_TIMER_PLACED UINT32_C(0x1000) /* + index */

/* What one strike is about. Unset parts are drawn. */
struct sim_fault_strike {
    enum sim_fault_kind kind;
    uint32_t node;                /* SIM_NO_NODE: any */
    uint32_t other_node;
    uint32_t shard;               /* + 1, of a shard that moves; 0: none */
    struct wf_string workflow_id; /* empty: any */
    int64_t duration_ns;          /* how long it lasts, or until the restart */
};

/* A fault that lasts. */
struct sim_fault_window {
    bool is_active;
    struct sim_fault_strike strike;
    wf_time_ns flap_ns; /* when it is broken or mended next, of a kind that flaps */
    bool is_mended;     /* for the moment */
};

enum sim_fault_class {
    SIM_FAULT_CLASS_TIMED, /* strikes at times */
    SIM_FAULT_CLASS_RATED, /* may befall each message, write, task, attempt or send */
};

/* One kind. */
struct sim_fault_row {
    enum sim_fault_class class;
    int64_t interval_ns; /* timed: mean time between two strikes in profile chaos at middle intensity */
    int64_t duration_ns; /* mean */
    struct sim_ratio rate; /* rated: likewise */
    size_t rate_offset;    /* of the member of struct sim_rates */
    /* Does it. Draws what the strike leaves open; false: it did not apply. NULL: the world strikes by rate. */
    bool (*strike)(struct sim_faults *faults, struct sim_fault_strike *strike);
    /* Ends it; NULL: it does not last. */
    void (*end)(struct sim_faults *faults, const struct sim_fault_strike *strike);
    int64_t flap_ns; /* mean time between two breaks and mends while it lasts; 0: it does not flap */
};
extern const struct sim_fault_row sim_fault_rows[SIM_FAULT_COUNT];

/* A worker crash that waits for the next record of a kind. */
struct sim_trap {
    bool is_armed;
    enum sim_record_kind kind;
    uint32_t skip_count; /* that many such records pass by */
    int64_t duration_ns;
};

/* A fault placed by hand. */
struct sim_placed {
    const struct sim_placed_fault *config;
    bool has_anchor;
    struct sim_anchor anchor;
    uint32_t met_count;
    bool is_due;
    uint32_t due_node;             /* the node concerned */
    struct wf_string due_workflow; /* in `due_text` */
    char due_text[256];
};

struct sim_faults {
    struct sim_world *world;
    const struct sim_config *config;
    struct sim_entity entities[SIM_FAULT_COUNT]; /* one a kind: none moves the draws of another */
    struct sim_entity swarm; /* draws how many kinds the seed has */
    bool is_on[SIM_FAULT_COUNT];                 /* in this seed's subset */
    int64_t interval_ns[SIM_FAULT_COUNT];
    struct sim_rates rates;
    struct sim_fault_window windows[SIM_FAULT_WINDOWS_MAX];
    struct sim_trap traps[SIM_FAULT_TRAPS_MAX];
    struct sim_placed *placed;
    uint32_t placed_count;
    bool is_healed;
    wf_time_ns active_ns; /* when something last happened to a workflow */
    bool is_resting[SIM_FAULT_COUNT]; /* timed kinds that wait for something to happen */
    bool is_waking;       /* it did, in this step */
    bool is_calm;         /* all of it rests: the world is as healed until something happens */
    uint32_t trapped_node; /* who is to crash after this step; SIM_NO_NODE: nobody */
    enum sim_fault_kind trapped_kind; /* WORKER_CRASH: a trap caught it; others: the world said so */
    int64_t trapped_duration_ns;
    uint64_t counts[SIM_FAULT_COUNT];
};

/* ---- schedule.c ---- */

/* Strikes, records it and sets the end of what lasts. False: it did not apply. */
bool sim_faults_do(struct sim_faults *faults, struct sim_fault_strike *strike);

/* Exponential around the mean, at least a millisecond. */
int64_t sim_faults_draw_duration(struct sim_faults *faults, enum sim_fault_kind kind, enum sim_site site,
                                 int64_t mean_ns);

/* ---- actions.c ---- */

/* Finds a node by name; SIM_NO_NODE when there is none. */
uint32_t sim_faults_find_node(const struct sim_faults *faults, struct wf_string name);

/* "worker-1", "worker-1 to server-2", "shard 3 to server-2", or the workflow: for records. In the memory given. */
struct wf_string sim_faults_where(const struct sim_faults *faults, const struct sim_fault_strike *strike, char *text,
                                  size_t capacity);

/* ---- placed.c ---- */

enum wf_status sim_placed_new(struct sim_faults *faults, struct wf_error *err);

/* Remembers which ones the record makes due. */
void sim_placed_record(struct sim_faults *faults, const struct sim_record *record);

/* Strikes those that are due. */
void sim_placed_strike(struct sim_faults *faults);

/* The time of a placed fault came. */
void sim_placed_time(struct sim_faults *faults, uint32_t index);

#endif
