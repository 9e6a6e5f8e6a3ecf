/* Random calls: requests of clients, and of workers about the tasks that they hold. */
#ifndef WF_TESTS_MODEL_CALLS_H
#define WF_TESTS_MODEL_CALLS_H

#include "tests/model/cluster.h"

#define CALLS_HELD_MAX 48
#define CALLS_TEXT_BYTES 64
#define CALLS_TOKEN_BYTES 512
#define CALLS_QUERIES_MAX 2
#define CALLS_UPDATES_MAX 4

/* A task in the hands of a worker. */
struct held_task {
    bool is_activity;
    bool is_query_only;
    uint32_t worker;
    char workflow_id[CALLS_TEXT_BYTES];
    char run_id[CALLS_TEXT_BYTES];
    char token[CALLS_TOKEN_BYTES];
    size_t token_bytes;
    char query_ids[CALLS_QUERIES_MAX][CALLS_TEXT_BYTES];
    char query_args[CALLS_QUERIES_MAX][CALLS_TEXT_BYTES];
    uint32_t query_count;
    char update_ids[CALLS_UPDATES_MAX][CALLS_TEXT_BYTES];
    uint32_t update_count;
    int64_t started_event_id;
};

/* A Nexus operation that goes on outside, until its callback. */
struct held_operation {
    char workflow_id[CALLS_TEXT_BYTES];
    char run_id[CALLS_TEXT_BYTES];
    char request_id[CALLS_TEXT_BYTES];
    int64_t scheduled_event_id;
};

struct calls {
    struct cluster *cluster;
    const struct model *model; /* what is pending, so that many calls name something that is there */
    struct wf_arena arena;     /* of the request at hand */
    struct held_task held[CALLS_HELD_MAX];
    uint32_t held_count;
    struct held_operation operations[CALLS_HELD_MAX];
    uint32_t operation_count;
    uint64_t number;
    bool is_versioned; /* two workers of three have versions, and operators set routings */
    int64_t revision;  /* of the last routing */
};

void calls_init(struct calls *calls, struct cluster *cluster, const struct model *model);
void calls_deinit(struct calls *calls);

/* The next request, which lives until the one after. worker: who sends it. */
const struct wf_svc_request *calls_next(struct calls *calls, uint32_t *worker);

/* What the handler of a Nexus endpoint answers, until the next request; NULL: it gives no answer. */
const struct wf_svc_response *calls_handle(struct calls *calls, const struct wf_svc_request *request);

/* A worker takes what its call brought. */
void calls_take(struct calls *calls, uint32_t worker, const struct wf_svc_response *response);

#endif
