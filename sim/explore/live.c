/*
 * One process of each kind, no faults, no models: what the history says of activities, local activities, signals, updates and
 * children is all there is, and an activity that it says nothing of never ends. So a run may come to wait for what the history does
 * not have; that is no finding. A task that fails three times in a row is.
 *
 * Each prefix goes on with a worker that keeps the run in its cache, with one that loses it whenever it can, and with one that
 * loses it now and then.
 */
#include "sim/live.h"

#include "engine/base/assert.h"
#include "engine/boundary.h"
#include "engine/codec.h"
#include "engine/retry.h"
#include "engine/worker.h"
#include "sim/core/pool.h"
#include "sim/explore/unfinished.h"
#include "sim/what_if.h"
#include "sim/world/continuation.h"

#define REGION_BYTES ((size_t)128 << 20) /* reserved for one simulation; only what it touches costs memory */
#define QUEUES_MAX 16u                   /* of one history; activities on others are never taken */
#define FAILURES_MAX 3u
#define STEPS_MAX 50000u
#define QUIET_NS (3600 * WF_NS_PER_S)
#define LONGEST_NS (24 * 3600 * WF_NS_PER_S) /* behind the last event of the history */

/* RUNS_ON: it was not followed to its end. */
enum fate { FATE_ENDS, FATE_WAITS, FATE_RUNS_ON, FATE_FAILS };

struct sim_live {
    struct wf_block_source blocks;
    void *region;
    struct sim_pool *pool;
    struct wf_arena arena; /* of one history */
    struct wf_arena scratch;
    struct sim_code code;
    enum wf_family family;
    struct sim_config config;
    struct sim_continuation continued;
    struct sim_queue queues[QUEUES_MAX];
    struct {
        struct wf_cut_range *items;
        uint32_t count;
        uint32_t capacity;
    } stuck;
    int64_t last_cut_id;
    wf_time_ns written_ns; /* last, of the run that goes on */
    wf_time_ns event_ns;   /* likewise */
    bool lacks_outcome;    /* since then it has tried an activity that the history has no outcome of */
    uint32_t failed_count; /* tasks in a row */
    bool wants_local;      /* a local activity of a type that the history has no marker of */
};

/* How many steps lie between two losses of the cache; 0: it is kept. */
static const uint32_t eviction_steps[] = {0, 1, 16};

/* ---- One simulation ---- */

/* Whether some marker of the history is of this type: then it ends. Old ones of Java do not say their type. */
static bool is_known_local(struct sim_live *live, struct wf_string activity_type)
{
    bool is_known = false;

    for (uint32_t i = 0; i < live->continued.event_count && !is_known; i++) {
        struct wf_local_record record;

        is_known = wf_local_record_read(&live->scratch, &live->continued.events[i], &record) &&
                   (record.activity_type.size_bytes == 0 || wf_string_equal(record.activity_type, activity_type));
    }
    wf_arena_reset(&live->scratch);
    return is_known;
}

static void observe(void *context, const struct sim_record *record)
{
    struct sim_live *live = context;
    const bool is_of_run = wf_string_equal(record->subject, live->continued.workflow_id);

    if (record->kind == SIM_RECORD_WRITE && is_of_run) {
        live->written_ns = record->time_ns;
    } else if (record->kind == SIM_RECORD_EVENT && is_of_run) {
        live->event_ns = record->time_ns;
        live->lacks_outcome = false;
    } else if (record->kind == SIM_RECORD_ATTEMPT_ENDED && is_of_run) {
        live->lacks_outcome = wf_string_is(record->b, "abandoned");
    } else if (record->kind == SIM_RECORD_TASK_ANSWERED && is_of_run) {
        live->failed_count = wf_string_is(record->a, "failed") ? live->failed_count + 1 : 0;
    } else if (record->kind == SIM_RECORD_ATTEMPT_STARTED && record->y == 1) {
        live->wants_local = live->wants_local || !is_known_local(live, record->a);
    }
}

static uint32_t worker_of(const struct sim_world *world)
{
    uint32_t index = 0;

    while (sim_world_node(world, index).kind != SIM_NODE_WORKER) {
        index++;
    }
    return index;
}

/* Up to here the history may still bring something. */
static int64_t horizon_of(const struct sim_continuation *continued)
{
    return wf_add_saturating(sim_continuation_wait_ns(continued, &continued->events[continued->event_count - 1]), QUIET_NS);
}

/* What became due by the last write may be on its way to a worker: no state tells of it. */
static bool is_waiting(struct sim_live *live, struct sim_world *world, int64_t horizon_ns, int64_t *looked_ns)
{
    const wf_time_ns now_ns = sim_world_loop(world)->now_ns;
    bool is_idle = true;

    if (now_ns < horizon_ns || now_ns - live->written_ns < QUIET_NS || now_ns - *looked_ns < QUIET_NS) {
        return false;
    }
    *looked_ns = now_ns;
    if (sim_world_run_count(world) > 0) {
        const struct sim_run_view view = sim_world_run(world, 0);

        is_idle = wf_state_is_idle(&live->scratch, view.state);
    }
    wf_arena_reset(&live->scratch);
    return is_idle;
}

/* A service tries an activity without an outcome again and again; the run itself does nothing meanwhile. */
static bool is_tried_for_ever(const struct sim_live *live, struct sim_world *world)
{
    return live->lacks_outcome && sim_world_loop(world)->now_ns - live->event_ns >= LONGEST_NS / 2;
}

static enum fate go_on(struct sim_live *live, struct sim_world *world, uint32_t evicts_after)
{
    const uint32_t worker = worker_of(world);
    const int64_t horizon_ns = horizon_of(&live->continued);
    int64_t looked_ns = 0;
    bool is_over = false;

    live->failed_count = 0;
    live->written_ns = 0;
    live->event_ns = 0;
    live->lacks_outcome = false;
    live->wants_local = false;
    for (uint32_t step = 1; step < STEPS_MAX; step++) {
        if (sim_world_step(world, &is_over, NULL) != WF_OK || is_over) {
            return FATE_WAITS;
        }
        if (live->failed_count >= FAILURES_MAX) {
            return FATE_FAILS;
        }
        if (sim_world_run_count(world) > 0 && sim_world_run(world, 0).status != WF_WORKFLOW_EXECUTION_STATUS_RUNNING) {
            return FATE_ENDS;
        }
        if (sim_world_loop(world)->now_ns - horizon_ns > LONGEST_NS) {
            break;
        }
        if (live->wants_local || is_waiting(live, world, horizon_ns, &looked_ns)) {
            return FATE_WAITS;
        }
        if (evicts_after > 0 && step % evicts_after == 0) {
            (void)sim_world_evict(world, worker, 0);
        }
    }
    return is_tried_for_ever(live, world) ? FATE_WAITS : FATE_RUNS_ON;
}

/* What the first failure of the run's last tasks said. */
static struct wf_string failure_of(struct sim_live *live, struct sim_world *world)
{
    const struct wf_string *batches = NULL;
    struct wf_history_message history = {0};
    struct wf_string message = WF_STR("the workflow task fails");
    uint32_t count = 0;

    if (sim_world_history(world, 0, &batches, &count) != WF_OK) {
        return message;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (wf_wire_decode(&live->scratch, &wf_type_history_message, batches[i], &history, NULL) != WF_OK) {
            return message;
        }
    }
    for (uint32_t i = 0; i < history.events.count; i++) {
        const struct wf_event *event = &history.events.items[i];

        if (event->attributes_case == WF_CASE_event_workflow_task_failed &&
            event->attributes.workflow_task_failed->failure != NULL) {
            message = event->attributes.workflow_task_failed->failure->message;
        }
    }
    return message;
}

static enum wf_status simulate(struct sim_live *live, uint32_t evicts_after, enum fate *fate, struct wf_string *message,
                               struct wf_error *err)
{
    struct sim_world_config config = {.config = &live->config, .seed = 1, .observer = observe, .observer_context = live};
    struct sim_world *world = NULL;

    sim_pool_reset(live->pool);
    config.blocks = sim_pool_blocks(live->pool);
    WF_TRY(sim_world_new(&config, &world, err));
    *fate = go_on(live, world, evicts_after);
    if (*fate == FATE_FAILS && message->size_bytes == 0) {
        *message = wf_string_copy(&live->arena, failure_of(live, world));
    }
    wf_arena_reset(&live->scratch);
    sim_world_free(world);
    return WF_OK;
}

/* ---- One prefix ---- */

static enum wf_status note_stuck(struct sim_live *live, int64_t event_id, struct wf_error *err)
{
    struct wf_cut_range *range = live->stuck.count == 0 ? NULL : &live->stuck.items[live->stuck.count - 1];

    if (range != NULL && range->last_event_id == live->last_cut_id) {
        range->last_event_id = event_id;
        return WF_OK;
    }
    range = WF_LIST_APPEND(&live->arena, live->stuck);
    if (range == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for prefixes that go on");
    }
    *range = (struct wf_cut_range){event_id, event_id};
    return WF_OK;
}

/* How soon a limit is met depends on what a worker without its cache has to ask for again. */
static bool is_other(enum fate fate, enum fate first)
{
    return fate != first && !(fate != FATE_ENDS && fate != FATE_FAILS && first != FATE_ENDS && first != FATE_FAILS);
}

static enum wf_status judge(struct sim_live *live, uint32_t kept_count, struct sim_live_result *result, struct wf_error *err)
{
    enum fate fate = FATE_ENDS;
    enum fate worst = FATE_ENDS;
    enum fate first = FATE_ENDS;
    bool is_apart = false;

    live->continued.kept_count = kept_count;
    live->continued.time_ns = wf_time_of(live->continued.events[kept_count - 1].event_time);
    for (uint32_t i = 0; i < sizeof eviction_steps / sizeof eviction_steps[0] && worst != FATE_FAILS; i++) {
        WF_TRY(simulate(live, eviction_steps[i], &fate, &result->message, err));
        first = i == 0 ? fate : first;
        is_apart = is_apart || is_other(fate, first);
        worst = fate > worst ? fate : worst;
    }
    result->cut_count++;
    result->ended_count += worst == FATE_ENDS ? 1 : 0;
    result->failed_count += worst == FATE_FAILS ? 1 : 0;
    result->unfinished_count += worst == FATE_RUNS_ON ? 1 : 0;
    result->apart_count += is_apart ? 1 : 0;
    if (worst == FATE_FAILS) {
        WF_TRY(note_stuck(live, (int64_t)kept_count, err));
    }
    live->last_cut_id = (int64_t)kept_count;
    return WF_OK;
}

/* ---- One history ---- */

static void add_queue(struct sim_live *live, struct wf_string name)
{
    for (uint32_t i = 0; i < live->config.queue_count; i++) {
        if (wf_string_equal(live->queues[i].name, name)) {
            return;
        }
    }
    if (live->config.queue_count < QUEUES_MAX) {
        live->queues[live->config.queue_count++] =
            (struct sim_queue){.name = name, .worker_count = 1, .all_workflows = true, .all_activities = true};
    }
}

/* The one of the workflow first, then those of its activities. */
static void find_queues(struct sim_live *live)
{
    live->config.queue_count = 0;
    add_queue(live, live->continued.task_queue);
    for (uint32_t i = 0; i < live->continued.event_count; i++) {
        const struct wf_event *event = &live->continued.events[i];

        if (event->attributes_case == WF_CASE_event_activity_task_scheduled &&
            event->attributes.activity_task_scheduled->task_queue != NULL) {
            add_queue(live, event->attributes.activity_task_scheduled->task_queue->name);
        }
    }
}

/* The last event at which the run still stands. */
static int64_t last_open(const struct wf_history *history)
{
    uint32_t kept = 0;

    for (int64_t event_id = (int64_t)history->event_count; event_id > 0; event_id--) {
        if (wf_boundary_find(history->events, history->event_count, event_id, &kept, NULL) == WF_OK) {
            return event_id;
        }
    }
    return 0;
}

enum wf_status sim_live_run(struct sim_live *live, const struct wf_history *history, struct sim_live_result *result,
                            struct wf_error *err)
{
    const int64_t last_event_id = last_open(history);
    uint32_t kept_count = 0;
    uint32_t before = 0;
    enum wf_status status = WF_OK;

    *result = (struct sim_live_result){0};
    wf_arena_reset(&live->arena);
    memset(&live->stuck, 0, sizeof live->stuck);
    live->last_cut_id = 0;
    status = last_event_id == 0
                 ? WF_ERR_INVALID
                 : sim_continuation_make(&live->arena, history, last_event_id, &live->continued, err);
    if (status != WF_OK) {
        return status == WF_ERR_MEMORY ? status : WF_OK;
    }
    live->continued.family = live->family == WF_FAMILY_AUTO ? live->continued.family : live->family;
    find_queues(live);
    for (int64_t event_id = 1; event_id <= last_event_id; event_id++) {
        if (wf_boundary_find(history->events, history->event_count, event_id, &kept_count, NULL) == WF_OK &&
            kept_count != before) {
            status = judge(live, kept_count, result, err);
            if (status != WF_OK) {
                return status == WF_ERR_MEMORY ? status : WF_OK; /* the code has not what the history needs: replay says so */
            }
            before = kept_count;
        }
    }
    result->stuck = live->stuck.items;
    result->stuck_count = live->stuck.count;
    return WF_OK;
}

/* ---- Life ---- */

enum wf_status sim_live_new(const struct sim_code *code, enum wf_family family, const struct wf_block_source *blocks,
                            struct sim_live **out, struct wf_error *err)
{
    void *region = blocks->take(blocks->context, REGION_BYTES);
    struct sim_live *live = region;
    const size_t head_bytes = (sizeof *live + 15) / 16 * 16;

    if (region == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "cannot reserve %zu MiB for a simulation", REGION_BYTES >> 20);
    }
    memset(live, 0, sizeof *live);
    live->blocks = *blocks;
    live->region = region;
    live->pool = sim_pool_init((char *)region + head_bytes, REGION_BYTES - head_bytes);
    WF_ASSERT(live->pool != NULL);
    wf_arena_init(&live->arena, blocks, 0);
    wf_arena_init(&live->scratch, blocks, 0);
    live->code = *code;
    live->family = family;
    live->config = (struct sim_config){.name = WF_STR("prefixes"),
                                       .codes = &live->code,
                                       .code_count = 1,
                                       .server_count = 1,
                                       .shard_count = 1,
                                       .worker_count = 1,
                                       .queues = live->queues,
                                       .continued = &live->continued,
                                       .lacks_models = true};
    wf_service_limits_default(&live->config.limits);
    *out = live;
    return WF_OK;
}

void sim_live_free(struct sim_live *live)
{
    const struct wf_block_source blocks = live->blocks;

    wf_arena_deinit(&live->scratch);
    wf_arena_deinit(&live->arena);
    blocks.give(blocks.context, live->region, REGION_BYTES);
}
