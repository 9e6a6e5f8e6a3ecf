/*
 * A service of the engine's parts with everything that may befall it: shards that move while their old owner goes on,
 * crashes, messages lost, doubled and late, a database that fails or does not say what it did, clocks that differ. Whoever
 * holds the cluster is the clients and workers, and is shown each committed write in the order of commits, and each answer.
 */
#ifndef WF_TESTS_MODEL_CLUSTER_H
#define WF_TESTS_MODEL_CLUSTER_H

#include "engine/base/slab.h"
#include "engine/service.h"
#include "sim/world/database.h"
#include "tests/model/model.h"

#define CLUSTER_SHARDS 4
#define CLUSTER_OWNERS 2 /* that may believe in one shard at a time */
#define CLUSTER_MATCHERS 2
#define CLUSTER_EPOCH_NS (INT64_C(1700000000) * WF_NS_PER_S)

/* One chance in so many; 0: never. */
struct cluster_faults {
    uint32_t loss;
    uint32_t duplicate;
    uint32_t delay;
    uint32_t database_refused;
    uint32_t database_unknown;
    int64_t crash_every_ns; /* of a history shard's owner; mean */
    int64_t move_every_ns;
    int64_t matching_every_ns;
    int64_t outage_every_ns; /* nobody owns a shard for a while */
    int64_t skew_ns; /* of a history owner's clock, either way */
};

struct cluster;

/* A write that the database committed, and what made it. */
struct cluster_commit {
    const struct wf_db_write *write;               /* of runs, or */
    const struct wf_db_write_schedule *schedule;   /* of a schedule */
    struct model_operation operation; /* without the run of an alarm or answer: that is the write's */
    uint64_t call;                    /* REQUEST: the driver's number */
};

struct cluster_watch {
    void *context;
    void (*committed)(void *context, const struct cluster_commit *commit);
    /* A history shard's owner answers a request. is_owner: no other has taken the shard. now_ns is its clock. */
    void (*answered)(void *context, uint64_t call, const struct wf_svc_request *request,
                     const struct wf_svc_response *response, wf_time_ns now_ns, bool is_owner);
    /* The answer to a request is on hold for history that is read: its state is that of now. */
    void (*reading)(void *context, uint64_t call, const struct wf_svc_request *request, wf_time_ns now_ns,
                    bool is_owner);
    /* The handler of a Nexus endpoint is called. Its answer, borrowed until time passes; NULL: none. */
    const struct wf_svc_response *(*handled)(void *context, const struct wf_svc_request *request);
    /* What a client's call came to; missing: nobody knows. */
    void (*returned)(void *context, uint64_t tag, const struct wf_svc_response *response);
};

struct cluster *cluster_new(uint64_t seed, const struct wf_service_config *config, const struct cluster_faults *faults,
                            const struct cluster_watch *watch);
void cluster_free(struct cluster *cluster);

/* Sends a client's request; tag comes back with its answer. */
void cluster_send(struct cluster *cluster, const struct wf_svc_request *request, uint64_t tag);

/* Lets time pass. */
void cluster_run(struct cluster *cluster, int64_t duration_ns);

/* Ends faults: what was lost is still lost. */
void cluster_heal(struct cluster *cluster);

/* How often each fault struck. */
struct cluster_counts {
    uint64_t losses;
    uint64_t duplicates;
    uint64_t crashes;
    uint64_t moves;
    uint64_t matching_moves;
    uint64_t outages;
    uint64_t refused;
    uint64_t unknown;
    uint64_t commits;
    uint64_t stale_answers;
};
struct cluster_counts *cluster_count(struct cluster *cluster);

/* A draw below `bound`, from the cluster's own sequence. */
uint64_t cluster_draw(struct cluster *cluster, uint64_t bound);
wf_time_ns cluster_now(const struct cluster *cluster);

#endif
