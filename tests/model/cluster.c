/*
 * The method: one heap of messages by (time, number). Whatever leaves a component becomes a message to another, copied as
 * bytes, and faults change when or whether it arrives.
 */
#include "tests/model/cluster.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/hash.h"

#define CALL_NS (10 * WF_NS_PER_S)
#define POLL_NS (70 * WF_NS_PER_S)
#define LATENCY_NS_MAX (5 * WF_NS_PER_MS)
#define DELAY_NS_MAX (2 * WF_NS_PER_S)
#define TAKEOVER_NS_MAX (2 * WF_NS_PER_S) /* until callers know of a move */
#define OUTAGE_NS_MIN (12 * WF_NS_PER_S)
#define OUTAGE_NS_MAX (24 * WF_NS_PER_S)
#define NODES (CLUSTER_SHARDS * CLUSTER_OWNERS + CLUSTER_MATCHERS)
#define CLIENT UINT32_MAX /* as a caller */
#define NOBODY (UINT32_MAX - 1)
#define HANDLER (UINT32_MAX - 2) /* of Nexus endpoints, as a callee: always up */

enum message_kind {
    TO_COMPONENT, /* a request */
    TO_CALLER,    /* a response */
    TO_DATABASE,
    FROM_DATABASE,
    ALARM,
    DEADLINE, /* of a call: its caller waits no longer */
    TAKEOVER, /* callers learn of the new owner */
    STRIKE,   /* a fault that comes of itself */
};

enum strike { STRIKE_CRASH, STRIKE_MOVE, STRIKE_MATCHING, STRIKE_OUTAGE, STRIKE_COUNT };

struct message {
    wf_time_ns time_ns;
    uint64_t number;
    enum message_kind kind;
    uint32_t node;
    uint32_t generation;
    uint64_t call;       /* the driver's number; or the component's own, from and to the database */
    struct wf_string bytes;
    struct wf_string cause_bytes; /* TO_DATABASE: the request that made it */
    struct wf_service_cause cause;
    char cause_run_id[64];
    wf_time_ns made_at_ns; /* TO_DATABASE, by the component's clock */
};

struct rpc {
    uint32_t serial;
    bool is_live;
    bool is_answered; /* the caller waits no longer */
    bool is_done;     /* no component has it in hand: it waits for its deadline */
    uint32_t caller;  /* a node, CLIENT or NOBODY */
    uint32_t caller_generation;
    uint64_t caller_call; /* the caller's own number, or a client's tag */
    uint32_t callee;
    struct wf_string request;
};

struct node {
    struct wf_shard *shard;
    struct wf_matching *matching;
    bool is_stopped;
    uint32_t generation;
    int64_t skew_ns;
    wf_time_ns wake_at_ns;
    wf_time_ns last_ns;
};

struct cluster {
    struct wf_service_config config;
    struct cluster_faults faults;
    struct cluster_watch watch;
    struct cluster_counts counts;
    struct wf_arena arena;
    struct wf_arena step_arena;
    struct wf_slabs slabs;
    struct sim_database database;
    uint64_t random;
    wf_time_ns now_ns;
    uint64_t message_count;
    struct message **heap;
    uint32_t heap_count;
    uint32_t heap_capacity;
    struct rpc *rpcs;
    uint32_t rpc_count;
    uint32_t *free_rpcs;
    uint32_t free_rpc_count;
    uint32_t serial;
    struct node nodes[NODES];
    uint32_t owners[CLUSTER_SHARDS]; /* whom callers ask */
    wf_time_ns down_until_ns[CLUSTER_SHARDS];
    uint32_t matching_turn;
};

/* ---- Draws ---- */

static uint64_t draw(struct cluster *cluster)
{
    cluster->random += UINT64_C(0x9e3779b97f4a7c15);
    return wf_hash_bytes(&cluster->random, sizeof cluster->random);
}

uint64_t cluster_draw(struct cluster *cluster, uint64_t bound)
{
    return bound == 0 ? 0 : draw(cluster) % bound;
}

static bool strikes(struct cluster *cluster, uint32_t one_in)
{
    return one_in != 0 && cluster_draw(cluster, one_in) == 0;
}

wf_time_ns cluster_now(const struct cluster *cluster)
{
    return cluster->now_ns;
}

struct cluster_counts *cluster_count(struct cluster *cluster)
{
    return &cluster->counts;
}

/* ---- Memory ---- */

static void *need(void *piece)
{
    if (piece == NULL) {
        abort();
    }
    return piece;
}

static struct wf_string keep_bytes(struct wf_string bytes)
{
    char *copy = need(malloc(bytes.size_bytes + 1));

    if (bytes.size_bytes > 0) {
        memcpy(copy, bytes.data, bytes.size_bytes);
    }
    return (struct wf_string){copy, bytes.size_bytes};
}

static void drop_bytes(struct wf_string *bytes)
{
    union {
        const char *constant;
        void *plain;
    } data = {.constant = bytes->data};

    free(data.plain);
    *bytes = (struct wf_string){0};
}

static struct wf_string encode(struct cluster *cluster, const struct wf_message_type *type, const void *message)
{
    struct wf_buffer bytes = {0};

    wf_buffer_init(&bytes, &cluster->step_arena);
    wf_wire_encode(type, message, &bytes);
    return keep_bytes(wf_buffer_string(&bytes));
}

static void *decode(struct cluster *cluster, const struct wf_message_type *type, struct wf_string bytes)
{
    void *message = need(wf_message_new(&cluster->step_arena, type));

    if (wf_wire_decode(&cluster->step_arena, type, wf_string_copy(&cluster->step_arena, bytes), message, NULL) !=
        WF_OK) {
        abort();
    }
    return message;
}

/* ---- The heap ---- */

static bool is_earlier(const struct message *left, const struct message *right)
{
    return left->time_ns != right->time_ns ? left->time_ns < right->time_ns : left->number < right->number;
}

static struct message *post(struct cluster *cluster, enum message_kind kind, int64_t after_ns)
{
    struct message *message = need(calloc(1, sizeof *message));
    uint32_t place = cluster->heap_count++;

    message->kind = kind;
    message->time_ns = cluster->now_ns + (after_ns > 0 ? after_ns : 0);
    message->number = cluster->message_count++;
    if (cluster->heap_count > cluster->heap_capacity) {
        cluster->heap_capacity = cluster->heap_capacity == 0 ? 256 : cluster->heap_capacity * 2;
        cluster->heap = need(realloc(cluster->heap, cluster->heap_capacity * sizeof(struct message *)));
    }
    while (place > 0 && is_earlier(message, cluster->heap[(place - 1) / 2])) {
        cluster->heap[place] = cluster->heap[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    cluster->heap[place] = message;
    return message;
}

static struct message *pop(struct cluster *cluster)
{
    struct message *first = cluster->heap[0];
    struct message *last = cluster->heap[--cluster->heap_count];
    uint32_t place = 0;

    while (place * 2 + 1 < cluster->heap_count) {
        uint32_t child = place * 2 + 1;

        if (child + 1 < cluster->heap_count && is_earlier(cluster->heap[child + 1], cluster->heap[child])) {
            child++;
        }
        if (!is_earlier(cluster->heap[child], last)) {
            break;
        }
        cluster->heap[place] = cluster->heap[child];
        place = child;
    }
    if (cluster->heap_count > 0) {
        cluster->heap[place] = last;
    }
    return first;
}

static void message_free(struct message *message)
{
    drop_bytes(&message->bytes);
    drop_bytes(&message->cause_bytes);
    free(message);
}

static int64_t latency(struct cluster *cluster)
{
    if (strikes(cluster, cluster->faults.delay)) {
        return (int64_t)cluster_draw(cluster, DELAY_NS_MAX);
    }
    return 1 + (int64_t)cluster_draw(cluster, LATENCY_NS_MAX);
}

/* ---- Calls ---- */

static struct rpc *rpc_find(struct cluster *cluster, uint64_t call)
{
    const uint32_t index = (uint32_t)(call & 0xfffff);
    struct rpc *rpc = index < cluster->rpc_count ? &cluster->rpcs[index] : NULL;

    return rpc != NULL && rpc->is_live && rpc->serial == (uint32_t)(call >> 20) ? rpc : NULL;
}

static uint64_t rpc_new(struct cluster *cluster, const struct rpc *made)
{
    uint32_t index = 0;

    if (cluster->free_rpc_count > 0) {
        index = cluster->free_rpcs[--cluster->free_rpc_count];
    } else {
        index = cluster->rpc_count++;
        cluster->rpcs = need(realloc(cluster->rpcs, cluster->rpc_count * sizeof *cluster->rpcs));
        cluster->free_rpcs = need(realloc(cluster->free_rpcs, cluster->rpc_count * sizeof(uint32_t)));
    }
    cluster->rpcs[index] = *made;
    cluster->rpcs[index].is_live = true;
    cluster->rpcs[index].serial = ++cluster->serial;
    return (uint64_t)cluster->serial << 20 | index;
}

static void rpc_end(struct cluster *cluster, struct rpc *rpc)
{
    drop_bytes(&rpc->request);
    rpc->is_live = false;
    cluster->free_rpcs[cluster->free_rpc_count++] = (uint32_t)(rpc - cluster->rpcs);
}

static uint32_t node_of_history(uint32_t shard, uint32_t owner)
{
    return shard * CLUSTER_OWNERS + owner;
}

static uint32_t node_of(struct cluster *cluster, enum wf_target target, struct wf_string key)
{
    if (target == WF_TARGET_HISTORY) {
        const uint32_t shard = (uint32_t)wf_shard_of(key, CLUSTER_SHARDS);

        return node_of_history(shard, cluster->owners[shard]);
    }
    if (target == WF_TARGET_NEXUS) {
        return HANDLER;
    }
    return CLUSTER_SHARDS * CLUSTER_OWNERS +
           (uint32_t)((wf_hash_bytes(key.data, key.size_bytes) + cluster->matching_turn) % CLUSTER_MATCHERS);
}

/* Whoever called is given a response without any component. */
static void give(struct cluster *cluster, const struct rpc *rpc, const struct wf_svc_response *response);

static void tell(struct cluster *cluster, struct rpc *rpc, const struct wf_svc_response *response)
{
    if (!rpc->is_answered) {
        rpc->is_answered = true;
        give(cluster, rpc, response);
    }
}

static bool is_poll(const struct wf_svc_request *request)
{
    return request->call_case == WF_CASE_svc_request_poll_workflow_task ||
           request->call_case == WF_CASE_svc_request_poll_activity_task ||
           request->call_case == WF_CASE_svc_request_query_workflow ||
           request->call_case == WF_CASE_svc_request_update_workflow ||
           request->call_case == WF_CASE_svc_request_poll_update ||
           request->call_case == WF_CASE_svc_request_update_with_start ||
           request->call_case == WF_CASE_svc_request_dispatch_query;
}

static void carry(struct cluster *cluster, const struct rpc *made, const struct wf_svc_request *request)
{
    const uint64_t call = rpc_new(cluster, made);
    struct message *message = NULL;

    post(cluster, DEADLINE, is_poll(request) ? POLL_NS : CALL_NS)->call = call;
    if (strikes(cluster, cluster->faults.loss)) {
        cluster->counts.losses++;
        rpc_find(cluster, call)->is_done = true;
        return;
    }
    message = post(cluster, TO_COMPONENT, latency(cluster));
    message->call = call;
    message->node = made->callee;
}

static void call(struct cluster *cluster, const struct rpc *caller, enum wf_target target, struct wf_string key,
                 const struct wf_svc_request *request)
{
    struct rpc made = *caller;

    made.callee = node_of(cluster, target, key);
    made.request = encode(cluster, &wf_type_svc_request, request);
    carry(cluster, &made, request);
    if (!is_poll(request) && strikes(cluster, cluster->faults.duplicate)) {
        cluster->counts.duplicates++;
        made.caller = NOBODY;
        made.request = encode(cluster, &wf_type_svc_request, request);
        carry(cluster, &made, request);
    }
}

void cluster_send(struct cluster *cluster, const struct wf_svc_request *request, uint64_t tag)
{
    const struct rpc caller = {.caller = CLIENT, .caller_call = tag};
    struct wf_svc_response *refusal = NULL;
    enum wf_target target = WF_TARGET_HISTORY;
    struct wf_string key = {0};

    if (wf_frontend_route(request, &cluster->step_arena, &target, &key, &refusal)) {
        call(cluster, &caller, target, key, request);
    } else {
        give(cluster, &caller, refusal);
    }
    wf_arena_reset(&cluster->step_arena);
}

/* ---- Components ---- */

static wf_time_ns clock_of(struct cluster *cluster, struct node *node)
{
    const wf_time_ns read_ns = cluster->now_ns + node->skew_ns;

    node->last_ns = read_ns > node->last_ns ? read_ns : node->last_ns;
    return node->last_ns;
}

static bool is_owner(const struct cluster *cluster, const struct node *node)
{
    const uint32_t shard = (uint32_t)(node - cluster->nodes) / CLUSTER_OWNERS;

    return node->shard != NULL && wf_shard_range_id(node->shard) == cluster->database.shards[shard].range_id;
}

static void send_store(struct cluster *cluster, struct node *node, const struct wf_service_output *output)
{
    struct message *message = post(cluster, TO_DATABASE, latency(cluster));
    const struct rpc *rpc = output->cause.kind == WF_SERVICE_CAUSE_REQUEST ? rpc_find(cluster, output->cause.call_id)
                                                                           : NULL;

    message->node = (uint32_t)(node - cluster->nodes);
    message->generation = node->generation;
    message->call = output->call_id;
    message->bytes = encode(cluster, &wf_type_db_request, output->store);
    message->made_at_ns = node->last_ns;
    message->cause = output->cause;
    if (output->cause.run_id.size_bytes > 0 && output->cause.run_id.size_bytes < sizeof message->cause_run_id) {
        memcpy(message->cause_run_id, output->cause.run_id.data, output->cause.run_id.size_bytes);
    }
    if (rpc != NULL) {
        message->cause_bytes = keep_bytes(rpc->request);
        if (output->store->op_case == WF_CASE_db_request_read_history) {
            cluster->watch.reading(cluster->watch.context, output->cause.call_id,
                                   decode(cluster, &wf_type_svc_request, rpc->request), node->last_ns,
                                   is_owner(cluster, node));
        }
    }
}

static void carry_back(struct cluster *cluster, struct rpc *rpc, const struct wf_svc_response *response)
{
    struct message *message = NULL;

    if (!rpc->is_answered && !strikes(cluster, cluster->faults.loss)) {
        message = post(cluster, TO_CALLER, latency(cluster));
        message->bytes = encode(cluster, &wf_type_svc_response, response);
        message->node = rpc->caller;
        message->generation = rpc->caller_generation;
        message->call = rpc->caller_call;
        rpc->is_answered = true;
    } else if (!rpc->is_answered) {
        cluster->counts.losses++;
        rpc->is_done = true;
        return;
    }
    rpc_end(cluster, rpc);
}

static void answer(struct cluster *cluster, struct node *node, const struct wf_service_output *output)
{
    struct rpc *rpc = rpc_find(cluster, output->call_id);

    if (rpc == NULL) {
        return;
    }
    if (node->shard != NULL) {
        cluster->watch.answered(cluster->watch.context, output->call_id,
                                decode(cluster, &wf_type_svc_request, rpc->request), output->response, node->last_ns,
                                is_owner(cluster, node));
    }
    carry_back(cluster, rpc, output->response);
}

static void perform(struct cluster *cluster, struct node *node, const struct wf_service_outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++) {
        const struct wf_service_output *output = &outputs->items[i];
        struct message *alarm = NULL;

        switch (output->type) {
        case WF_SERVICE_ANSWER:
            answer(cluster, node, output);
            break;
        case WF_SERVICE_CALL:
            call(cluster,
                 &(struct rpc){.caller = (uint32_t)(node - cluster->nodes),
                               .caller_generation = node->generation,
                               .caller_call = output->call_id},
                 output->target, output->key, output->request);
            break;
        case WF_SERVICE_STORE:
            send_store(cluster, node, output);
            break;
        case WF_SERVICE_WAKE_AT:
            node->wake_at_ns = output->time_ns;
            if (output->time_ns != INT64_MAX) {
                alarm = post(cluster, ALARM, output->time_ns - node->skew_ns - cluster->now_ns);
                alarm->node = (uint32_t)(node - cluster->nodes);
                alarm->generation = node->generation;
                alarm->made_at_ns = output->time_ns;
            }
            break;
        case WF_SERVICE_STOP:
            node->is_stopped = true;
            post(cluster, TAKEOVER, TAKEOVER_NS_MAX)->node = (uint32_t)(node - cluster->nodes) / CLUSTER_OWNERS;
            break;
        }
    }
}

static void step(struct cluster *cluster, struct node *node, struct wf_service_input in)
{
    struct wf_service_outputs outputs = {0};
    enum wf_status status = WF_OK;

    in.now_ns = clock_of(cluster, node);
    in.entropy = draw(cluster);
    status = node->shard != NULL ? wf_shard_step(node->shard, &in, &outputs, NULL)
                                 : wf_matching_step(node->matching, &in, &outputs, NULL);
    if (status != WF_OK) {
        abort();
    }
    perform(cluster, node, &outputs);
}

static void give(struct cluster *cluster, const struct rpc *rpc, const struct wf_svc_response *response)
{
    struct node *node = NULL;

    if (rpc->caller == NOBODY) {
        return;
    }
    if (rpc->caller == CLIENT) {
        cluster->watch.returned(cluster->watch.context, rpc->caller_call, response);
        return;
    }
    node = &cluster->nodes[rpc->caller];
    if (node->generation == rpc->caller_generation && !node->is_stopped) {
        step(cluster, node,
             (struct wf_service_input){
                 .type = WF_SERVICE_RESPONSE, .call_id = rpc->caller_call, .response = response});
    }
}

/* ---- Crashes and moves ---- */

/* Its memory is gone, and with it who waited for it. */
static void crash(struct cluster *cluster, struct node *node)
{
    const uint32_t index = (uint32_t)(node - cluster->nodes);

    if (node->shard != NULL) {
        wf_shard_free(node->shard);
        node->shard = NULL;
    }
    if (node->matching != NULL) {
        wf_matching_free(node->matching);
        node->matching = NULL;
    }
    node->generation++;
    node->is_stopped = true;
    for (uint32_t i = 0; i < cluster->rpc_count; i++) {
        struct rpc *rpc = &cluster->rpcs[i];

        if (rpc->is_live && rpc->callee == index && rpc->is_answered) {
            rpc_end(cluster, rpc);
        } else if (rpc->is_live && rpc->callee == index) {
            rpc->is_done = true;
        }
    }
}

static void begin_history(struct cluster *cluster, struct node *node)
{
    const uint32_t index = (uint32_t)(node - cluster->nodes);

    node->shard = need(wf_shard_new(&cluster->config, (int32_t)(index / CLUSTER_OWNERS)));
    node->is_stopped = false;
    node->wake_at_ns = INT64_MAX;
    node->skew_ns = cluster->faults.skew_ns == 0
                        ? 0
                        : (int64_t)cluster_draw(cluster, 2 * (uint64_t)cluster->faults.skew_ns) -
                              cluster->faults.skew_ns;
    node->last_ns = 0;
    step(cluster, node, (struct wf_service_input){.type = WF_SERVICE_ALARM});
}

static void begin_matching(struct cluster *cluster, struct node *node)
{
    node->matching = need(wf_matching_new(&cluster->config));
    node->is_stopped = false;
    node->wake_at_ns = INT64_MAX;
    step(cluster, node, (struct wf_service_input){.type = WF_SERVICE_ALARM});
}

/* Another owner takes the shard. The one before goes on until it notices. */
static void move_shard(struct cluster *cluster, uint32_t shard)
{
    const uint32_t next = 1 - cluster->owners[shard];
    struct node *node = &cluster->nodes[node_of_history(shard, next)];

    crash(cluster, node);
    begin_history(cluster, node);
    post(cluster, TAKEOVER, (int64_t)cluster_draw(cluster, TAKEOVER_NS_MAX))->node = shard;
    cluster->counts.moves++;
}

/* Nobody owns the shard for a while. */
static void take_down(struct cluster *cluster, uint32_t shard)
{
    const int64_t duration_ns = OUTAGE_NS_MIN + (int64_t)cluster_draw(cluster, OUTAGE_NS_MAX - OUTAGE_NS_MIN);

    for (uint32_t i = 0; i < CLUSTER_OWNERS; i++) {
        crash(cluster, &cluster->nodes[node_of_history(shard, i)]);
    }
    cluster->down_until_ns[shard] = cluster->now_ns + duration_ns;
    post(cluster, TAKEOVER, duration_ns)->node = shard;
    cluster->counts.outages++;
}

static void strike(struct cluster *cluster, enum strike kind)
{
    const uint32_t shard = (uint32_t)cluster_draw(cluster, CLUSTER_SHARDS);
    struct node *node = NULL;

    if (kind != STRIKE_MATCHING && cluster->now_ns < cluster->down_until_ns[shard]) {
        return; /* nothing is there to be struck */
    }
    switch (kind) {
    case STRIKE_CRASH:
        node = &cluster->nodes[node_of_history(shard, cluster->owners[shard])];
        crash(cluster, node);
        begin_history(cluster, node);
        cluster->counts.crashes++;
        break;
    case STRIKE_MOVE:
        move_shard(cluster, shard);
        break;
    case STRIKE_MATCHING:
        if (cluster_draw(cluster, 2) == 0) {
            node = &cluster->nodes[CLUSTER_SHARDS * CLUSTER_OWNERS + cluster_draw(cluster, CLUSTER_MATCHERS)];
            crash(cluster, node);
            begin_matching(cluster, node);
        } else {
            cluster->matching_turn++;
        }
        cluster->counts.matching_moves++;
        break;
    case STRIKE_OUTAGE:
        take_down(cluster, shard);
        break;
    case STRIKE_COUNT:
        abort();
    }
}

static int64_t interval_of(const struct cluster *cluster, enum strike kind)
{
    switch (kind) {
    case STRIKE_CRASH:
        return cluster->faults.crash_every_ns;
    case STRIKE_MOVE:
        return cluster->faults.move_every_ns;
    case STRIKE_MATCHING:
        return cluster->faults.matching_every_ns;
    case STRIKE_OUTAGE:
        return cluster->faults.outage_every_ns;
    case STRIKE_COUNT:
        break;
    }
    abort();
}

static void plan_strike(struct cluster *cluster, enum strike kind)
{
    const int64_t mean_ns = interval_of(cluster, kind);

    if (mean_ns > 0) {
        post(cluster, STRIKE, (int64_t)cluster_draw(cluster, (uint64_t)(2 * mean_ns)))->node = (uint32_t)kind;
    }
}

/* ---- The database ---- */

static void show_commit(struct cluster *cluster, const struct message *message, const struct wf_db_request *request)
{
    const bool is_schedule = request->op_case == WF_CASE_db_request_write_schedule;
    struct cluster_commit commit = {.operation = {.now_ns = message->made_at_ns}};

    if (is_schedule) {
        commit.schedule = request->op.write_schedule;
    } else {
        commit.write = request->op.write;
    }
    cluster->counts.commits++;
    switch (message->cause.kind) {
    case WF_SERVICE_CAUSE_REQUEST:
        commit.operation.kind = MODEL_REQUEST;
        commit.operation.request = decode(cluster, &wf_type_svc_request, message->cause_bytes);
        commit.call = message->cause.call_id;
        break;
    case WF_SERVICE_CAUSE_TIMER:
        commit.operation.kind = MODEL_ALARM;
        break;
    case WF_SERVICE_CAUSE_TRANSFER:
        commit.operation.kind = MODEL_ANSWERED;
        commit.operation.event_id = message->cause.event_id;
        commit.operation.status = message->cause.status;
        commit.operation.child_run_id = wf_string_of(message->cause_run_id);
        break;
    case WF_SERVICE_CAUSE_NONE:
        if (!is_schedule) {
            abort();
        }
        commit.operation.kind = MODEL_ALARM; /* its own doing: a time came, or an action had an answer */
        break;
    }
    cluster->watch.committed(cluster->watch.context, &commit);
}

static void reach_database(struct cluster *cluster, const struct message *message)
{
    const struct wf_db_request *request = decode(cluster, &wf_type_db_request, message->bytes);
    enum sim_database_fate fate = SIM_DATABASE_FATE_NONE;
    struct wf_db_reply reply = {0};
    bool is_committed = false;
    struct message *back = NULL;

    if (strikes(cluster, cluster->faults.database_refused)) {
        fate = SIM_DATABASE_FATE_UNAVAILABLE;
        cluster->counts.refused++;
    } else if (sim_database_is_write(request) && strikes(cluster, cluster->faults.database_unknown)) {
        fate = cluster_draw(cluster, 2) == 0 ? SIM_DATABASE_FATE_WRITTEN : SIM_DATABASE_FATE_NOT_WRITTEN;
        cluster->counts.unknown++;
    }
    if (!sim_database_apply(&cluster->database, request, fate, &cluster->step_arena, &reply, &is_committed)) {
        abort();
    }
    back = post(cluster, FROM_DATABASE, latency(cluster));
    back->node = message->node;
    back->generation = message->generation;
    back->call = message->call;
    back->bytes = encode(cluster, &wf_type_db_reply, &reply);
    if (is_committed && (request->op_case == WF_CASE_db_request_write ||
                         request->op_case == WF_CASE_db_request_write_schedule)) {
        show_commit(cluster, message, request);
    }
}

/* ---- Messages ---- */

/* Callers ask whoever has the shard, when somebody has; a shard that every owner has given up is given to one anew. */
static void learn_owner(struct cluster *cluster, uint32_t shard)
{
    uint32_t live_count = 0;

    if (cluster->now_ns < cluster->down_until_ns[shard]) {
        return;
    }
    for (uint32_t i = 0; i < CLUSTER_OWNERS; i++) {
        const struct node *node = &cluster->nodes[node_of_history(shard, i)];

        if (!node->is_stopped && is_owner(cluster, node)) {
            cluster->owners[shard] = i;
        }
        live_count += node->is_stopped ? 0 : 1;
    }
    if (live_count == 0) {
        struct node *node = &cluster->nodes[node_of_history(shard, cluster->owners[shard])];

        crash(cluster, node);
        begin_history(cluster, node);
    }
}

static void reach_handler(struct cluster *cluster, struct rpc *rpc)
{
    const struct wf_svc_response *response = cluster->watch.handled(
        cluster->watch.context, decode(cluster, &wf_type_svc_request, rpc->request));

    if (response == NULL) {
        rpc->is_done = true;
    } else {
        carry_back(cluster, rpc, response);
    }
}

static void reach_component(struct cluster *cluster, const struct message *message)
{
    struct rpc *rpc = rpc_find(cluster, message->call);
    struct node *node = NULL;

    if (rpc == NULL) {
        return;
    }
    if (message->node == HANDLER) {
        reach_handler(cluster, rpc);
        return;
    }
    node = &cluster->nodes[message->node];
    rpc->is_done = false;
    if (node->is_stopped || (node->shard == NULL && node->matching == NULL)) {
        if (message->node < CLUSTER_SHARDS * CLUSTER_OWNERS) {
            learn_owner(cluster, message->node / CLUSTER_OWNERS);
        }
        tell(cluster, rpc, &(struct wf_svc_response){.status = WF_CALL_UNAVAILABLE});
        rpc = rpc_find(cluster, message->call);
        rpc_end(cluster, rpc);
        return;
    }
    step(cluster, node,
         (struct wf_service_input){.type = WF_SERVICE_REQUEST,
                                   .call_id = message->call,
                                   .request = decode(cluster, &wf_type_svc_request, rpc->request)});
}

static void pass_deadline(struct cluster *cluster, const struct message *message)
{
    struct rpc *rpc = rpc_find(cluster, message->call);

    if (rpc != NULL && !rpc->is_answered) {
        tell(cluster, rpc, &(struct wf_svc_response){.status = WF_CALL_DEADLINE_EXCEEDED});
    }
    rpc = rpc_find(cluster, message->call);
    if (rpc != NULL && rpc->is_done) {
        rpc_end(cluster, rpc);
    }
}

static void handle(struct cluster *cluster, const struct message *message)
{
    struct node *node = message->node < NODES ? &cluster->nodes[message->node] : NULL;
    struct rpc caller = {.caller = message->node, .caller_generation = message->generation,
                         .caller_call = message->call};

    switch (message->kind) {
    case TO_COMPONENT:
        reach_component(cluster, message);
        break;
    case TO_CALLER:
        give(cluster, &caller, decode(cluster, &wf_type_svc_response, message->bytes));
        break;
    case TO_DATABASE:
        reach_database(cluster, message);
        break;
    case FROM_DATABASE:
        if (node->generation == message->generation && !node->is_stopped) {
            step(cluster, node,
                 (struct wf_service_input){.type = WF_SERVICE_DATABASE,
                                           .call_id = message->call,
                                           .reply = decode(cluster, &wf_type_db_reply, message->bytes)});
        }
        break;
    case ALARM:
        if (node->generation == message->generation && !node->is_stopped &&
            node->wake_at_ns == message->made_at_ns) {
            step(cluster, node, (struct wf_service_input){.type = WF_SERVICE_ALARM});
        }
        break;
    case DEADLINE:
        pass_deadline(cluster, message);
        break;
    case TAKEOVER:
        learn_owner(cluster, message->node);
        break;
    case STRIKE:
        if (interval_of(cluster, (enum strike)message->node) > 0) {
            strike(cluster, (enum strike)message->node);
            plan_strike(cluster, (enum strike)message->node);
        }
        break;
    }
}

void cluster_run(struct cluster *cluster, int64_t duration_ns)
{
    const wf_time_ns until_ns = cluster->now_ns + duration_ns;

    while (cluster->heap_count > 0 && cluster->heap[0]->time_ns <= until_ns) {
        struct message *message = pop(cluster);

        cluster->now_ns = message->time_ns;
        handle(cluster, message);
        message_free(message);
        wf_arena_reset(&cluster->step_arena);
    }
    cluster->now_ns = until_ns;
}

void cluster_heal(struct cluster *cluster)
{
    cluster->faults = (struct cluster_faults){0};
}

/* ---- Life ---- */

struct cluster *cluster_new(uint64_t seed, const struct wf_service_config *config, const struct cluster_faults *faults,
                            const struct cluster_watch *watch)
{
    struct cluster *cluster = need(calloc(1, sizeof *cluster));

    cluster->config = *config;
    cluster->faults = *faults;
    cluster->watch = *watch;
    cluster->random = seed * UINT64_C(0x9e3779b97f4a7c15);
    cluster->now_ns = CLUSTER_EPOCH_NS;
    wf_arena_init(&cluster->arena, wf_system_blocks(), 0);
    wf_arena_init(&cluster->step_arena, wf_system_blocks(), 0);
    wf_slabs_init(&cluster->slabs, wf_system_blocks());
    cluster->config.blocks = wf_system_blocks();
    cluster->config.shard_count = CLUSTER_SHARDS;
    if (!sim_database_init(&cluster->database, &cluster->arena, &cluster->slabs, CLUSTER_SHARDS)) {
        abort();
    }
    for (uint32_t i = 0; i < NODES; i++) {
        cluster->nodes[i].is_stopped = true;
    }
    for (uint32_t i = 0; i < CLUSTER_SHARDS; i++) {
        begin_history(cluster, &cluster->nodes[node_of_history(i, 0)]);
    }
    for (uint32_t i = 0; i < CLUSTER_MATCHERS; i++) {
        begin_matching(cluster, &cluster->nodes[CLUSTER_SHARDS * CLUSTER_OWNERS + i]);
    }
    for (uint32_t i = 0; i < STRIKE_COUNT; i++) {
        plan_strike(cluster, (enum strike)i);
    }
    return cluster;
}

void cluster_free(struct cluster *cluster)
{
    for (uint32_t i = 0; i < NODES; i++) {
        crash(cluster, &cluster->nodes[i]);
    }
    for (uint32_t i = 0; i < cluster->heap_count; i++) {
        message_free(cluster->heap[i]);
    }
    for (uint32_t i = 0; i < cluster->rpc_count; i++) {
        if (cluster->rpcs[i].is_live) {
            drop_bytes(&cluster->rpcs[i].request);
        }
    }
    free(cluster->heap);
    free(cluster->rpcs);
    free(cluster->free_rpcs);
    wf_slabs_deinit(&cluster->slabs);
    wf_arena_deinit(&cluster->step_arena);
    wf_arena_deinit(&cluster->arena);
    free(cluster);
}
