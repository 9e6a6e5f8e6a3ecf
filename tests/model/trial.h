/*
 * One seed: random calls of clients and workers to a cluster that suffers, and the model beside it. It ends at the first
 * difference, or after so many calls.
 */
#ifndef WF_TESTS_MODEL_TRIAL_H
#define WF_TESTS_MODEL_TRIAL_H

#include "engine/schedules.h"
#include "tests/model/cluster.h"

#define TRIAL_KINDS 64 /* room for the choices of svc_request, by their numbers; 0 is not used */
#define TRIAL_KIND_MAX (TRIAL_KINDS + (uint32_t)WF_SCHEDULE_DESCRIBE) /* behind them each wf_schedule_op */

struct trial_count {
    uint64_t sent;
    uint64_t succeeded;
    uint64_t refused; /* an answer that is final */
    uint64_t missing; /* nobody knows, or try again */
};

/* What one kind of call can come to, and must in many. */
enum trial_way {
    TRIAL_REPORT_BY_ID,
    TRIAL_EAGER_ACTIVITY,
    TRIAL_LOCAL_ACTIVITY,
    TRIAL_CRON_RUN,
    TRIAL_RETRY_RUN,
    TRIAL_ENDED_BY_COUNT,
    TRIAL_ENDED_BY_SIZE,
    TRIAL_UPDATE_COMPLETED, /* five, in the order of update_way */
    TRIAL_UPDATE_ACCEPTED,
    TRIAL_UPDATE_REJECTED,
    TRIAL_UPDATE_ABORTED,
    TRIAL_UPDATE_UNDECIDED,
    TRIAL_UPDATE_SENT,
    TRIAL_TASK_VANISHED,
    TRIAL_RESET_AGAIN,
    TRIAL_RESET_OF_CLOSED,
    TRIAL_SIGNAL_AGAIN,
    TRIAL_CHILD_AGAIN,
    TRIAL_ACTIVITY_CUT,
    TRIAL_ACTION_MISSED,
    TRIAL_ACTION_SKIPPED,
    TRIAL_ACTION_DROPPED,
    TRIAL_BUFFER_FULL,
    TRIAL_ACTION_BEGUN,
    TRIAL_ACTION_STOPPED,
    TRIAL_ACTION_REFUSED,
    TRIAL_ACTION_CLOSED,
    TRIAL_NEXUS_AT_ONCE,
    TRIAL_NEXUS_REFUSED,
    TRIAL_NEXUS_OVERTAKEN,
    TRIAL_NEXUS_NO_START, /* three, one for each timeout */
    TRIAL_NEXUS_NO_CLOSE,
    TRIAL_NEXUS_NO_END,
    TRIAL_NEXUS_CANCEL_WAITED,
    TRIAL_NEXUS_CANCEL_UNSEEN,
    TRIAL_VERSION_PINNED,
    TRIAL_VERSION_FOLLOWED,
    TRIAL_VERSION_OF_PARENT,
    TRIAL_VERSION_MOVED,
    TRIAL_VERSION_LEFT,
    TRIAL_VERSION_TARGET,
    TRIAL_OPTIONS_UPDATED,
    TRIAL_OPTIONS_RESTORED,
    TRIAL_ACTIVITY_JITTER,
    TRIAL_WAY_COUNT,
};

struct trial_counts {
    struct trial_count kinds[TRIAL_KIND_MAX + 1];
    uint64_t ways[TRIAL_WAY_COUNT];
    uint64_t events[WF_EVENT_TYPE_COUNT]; /* written, by type */
    struct cluster_counts cluster;
    uint64_t compared_replies;
    uint64_t compared_commits;
    uint64_t alarms;
    uint64_t answered; /* transactions that record what another workflow said */
};

struct trial_options {
    uint64_t seed;
    uint64_t call_count;
    bool has_faults;
    uint32_t planted; /* enum wf_planted_bug */
};

/* nexus_ways.c: what the operations of one transaction came to. */
void trial_count_nexus(struct trial_counts *counts, const struct model_operation *operation,
                       const struct model_given *given);

/* version_ways.c: what a transaction makes of the version of a run, before the model has it. */
void trial_count_versions(struct trial_counts *counts, const struct model *model, const struct model_operation *operation,
                          const struct model_given *given);

/* Adds to the counts. Returns the number of the call at which engine and model differed, 0 when they never did; then the
 * difference is in `out`. */
uint64_t trial_run(const struct trial_options *options, struct trial_counts *counts, struct wf_buffer *out);

/* The name of a kind, "startWorkflow", "pause schedule". */
struct wf_string trial_kind_name(uint32_t kind);

/* False for those that no trial makes, and that the model does not know. */
bool trial_kind_is_covered(uint32_t kind);
bool trial_event_is_covered(int32_t type);
const char *trial_way_name(enum trial_way way);

#endif
