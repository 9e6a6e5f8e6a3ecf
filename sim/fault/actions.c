/*
 * One action a kind, through the world's functions, and the table that says how often each strikes. Rates and intervals are
 * those of profile chaos at middle intensity: frequent enough that a load of a few virtual seconds meets several.
 */
#include <stddef.h>

#include "engine/base/assert.h"
#include "sim/fault/schedule.h"

#define SLOW_FACTOR 20 /* a slow node or database takes that many times longer */

/* ---- Nodes ---- */

uint32_t sim_faults_find_node(const struct sim_faults *faults, struct wf_string name)
{
    const uint32_t count = sim_world_node_count(faults->world);

    for (uint32_t i = 0; i < count; i++) {
        if (wf_string_equal(sim_world_node(faults->world, i).name, name)) {
            return i;
        }
    }
    return SIM_NO_NODE;
}

#define KIND_BIT(kind) (1U << (kind))
#define WORKERS KIND_BIT(SIM_NODE_WORKER)
#define SERVERS KIND_BIT(SIM_NODE_SERVER)
#define DATABASES KIND_BIT(SIM_NODE_DATABASE)

/* Draws a node of the kinds, other than `except` and, when asked, one that is up; SIM_NO_NODE when there is none. */
static uint32_t draw_node(struct sim_faults *faults, enum sim_fault_kind kind, enum sim_site site, unsigned kinds,
                          uint32_t except, bool must_be_up)
{
    const uint32_t count = sim_world_node_count(faults->world);
    uint64_t candidate_count = 0;
    uint64_t pick = 0;

    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < count; i++) {
            const struct sim_node_view node = sim_world_node(faults->world, i);

            if ((kinds & KIND_BIT(node.kind)) == 0 || i == except || (must_be_up && !node.is_up)) {
                continue;
            }
            if (pass == 0) {
                candidate_count++;
            } else if (pick-- == 0) {
                return i;
            }
        }
        if (candidate_count == 0) {
            return SIM_NO_NODE;
        }
        if (pass == 0) {
            pick = sim_choose(sim_world_choices(faults->world), &faults->entities[kind], site, candidate_count);
        }
    }
    WF_UNREACHABLE();
}

static bool fill_node(struct sim_faults *faults, struct sim_fault_strike *strike, unsigned kinds, bool must_be_up)
{
    if (strike->node == SIM_NO_NODE) {
        strike->node = draw_node(faults, strike->kind, SIM_SITE_FAULT_NODE, kinds, SIM_NO_NODE, must_be_up);
    }
    return strike->node != SIM_NO_NODE;
}

/* Whoever it is talks to servers; servers talk to all. */
static unsigned peers_of(const struct sim_faults *faults, uint32_t node)
{
    return sim_world_node(faults->world, node).kind == SIM_NODE_SERVER ? WORKERS | SERVERS | DATABASES : SERVERS;
}

static bool fill_pair(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    if (!fill_node(faults, strike, WORKERS | SERVERS | DATABASES, false)) {
        return false;
    }
    if (strike->other_node == SIM_NO_NODE) {
        strike->other_node = draw_node(faults, strike->kind, SIM_SITE_FAULT_OTHER_NODE,
                                       peers_of(faults, strike->node), strike->node, false);
    }
    return strike->other_node != SIM_NO_NODE;
}

static void append_name(const struct sim_faults *faults, uint32_t node, struct wf_buffer *out)
{
    const struct sim_node_view view = sim_world_node(faults->world, node);

    wf_buffer_append_string(out, view.name);
}

struct wf_string sim_faults_where(const struct sim_faults *faults, const struct sim_fault_strike *strike, char *text,
                                  size_t capacity)
{
    struct wf_buffer out;

    wf_buffer_init_fixed(&out, text, capacity);
    if (strike->shard != 0) {
        wf_buffer_printf(&out, "shard %u to ", strike->shard - 1);
    }
    if (strike->node != SIM_NO_NODE) {
        append_name(faults, strike->node, &out);
    }
    if (strike->other_node != SIM_NO_NODE) {
        wf_buffer_append_text(&out, " to ");
        append_name(faults, strike->other_node, &out);
    }
    if (strike->node == SIM_NO_NODE) {
        wf_buffer_append_string(&out, strike->workflow_id);
    }
    return wf_buffer_string(&out);
}

/* ---- Crashes ---- */

/* The fault is recorded before the crash that it makes, so that a trace reads in order. */
static void record_crash(struct sim_faults *faults, const struct sim_fault_strike *strike)
{
    const struct wf_string name = sim_world_node(faults->world, strike->node).name;

    sim_world_record(faults->world, (struct sim_record){.kind = SIM_RECORD_FAULT,
                                                        .node = name,
                                                        .subject = strike->workflow_id,
                                                        .a = wf_string_of(sim_fault_name(strike->kind)),
                                                        .b = name,
                                                        .x = (int64_t)strike->kind});
}

static bool crash(struct sim_faults *faults, struct sim_fault_strike *strike, unsigned kinds)
{
    if (!fill_node(faults, strike, kinds, true) || !sim_world_node(faults->world, strike->node).is_up) {
        return false;
    }
    record_crash(faults, strike);
    return sim_world_crash_node(faults->world, strike->node, strike->duration_ns);
}

static bool crash_worker(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    return crash(faults, strike, WORKERS);
}

static bool crash_server(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    return crash(faults, strike, SERVERS);
}

/* ---- The network ---- */

static bool cut_both_ways(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    if (!fill_pair(faults, strike)) {
        return false;
    }
    const bool is_there = sim_world_set_link(faults->world, strike->node, strike->other_node, true);
    const bool is_back = sim_world_set_link(faults->world, strike->other_node, strike->node, true);

    return is_there || is_back;
}

static void mend_both_ways(struct sim_faults *faults, const struct sim_fault_strike *strike)
{
    (void)sim_world_set_link(faults->world, strike->node, strike->other_node, false);
    (void)sim_world_set_link(faults->world, strike->other_node, strike->node, false);
}

static bool cut_one_way(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    return fill_pair(faults, strike) && sim_world_set_link(faults->world, strike->node, strike->other_node, true);
}

static void mend_one_way(struct sim_faults *faults, const struct sim_fault_strike *strike)
{
    (void)sim_world_set_link(faults->world, strike->node, strike->other_node, false);
}

static bool isolate(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    return fill_node(faults, strike, WORKERS | SERVERS, true) &&
           sim_world_set_isolated(faults->world, strike->node, true);
}

static void rejoin(struct sim_faults *faults, const struct sim_fault_strike *strike)
{
    (void)sim_world_set_isolated(faults->world, strike->node, false);
}

/* ---- Processes that stop and come back ---- */

static bool pause_worker(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    return fill_node(faults, strike, WORKERS, true) && sim_world_set_paused(faults->world, strike->node, true);
}

static bool pause_server(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    return fill_node(faults, strike, SERVERS, true) && sim_world_set_paused(faults->world, strike->node, true);
}

static void resume(struct sim_faults *faults, const struct sim_fault_strike *strike)
{
    (void)sim_world_set_paused(faults->world, strike->node, false);
}

/* ---- Clocks ---- */

#define SKEW_MS_MAX 500u
#define JUMP_MS_MAX 60000u
#define DRIFT_PPM_MAX 200000 /* a fifth too fast or too slow */

static uint64_t draw_clock(struct sim_faults *faults, enum sim_fault_kind kind, uint64_t bound)
{
    return sim_choose(sim_world_choices(faults->world), &faults->entities[kind], SIM_SITE_FAULT_CLOCK, bound);
}

static bool set_clock(struct sim_faults *faults, struct sim_fault_strike *strike, int64_t offset_ms, int64_t drift_ppm)
{
    return fill_node(faults, strike, WORKERS | SERVERS, false) &&
           sim_world_set_clock(faults->world, strike->node, offset_ms * WF_NS_PER_MS, drift_ppm);
}

/* Up to half a second, either way. */
static bool skew_clock(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    const int64_t offset_ms = (int64_t)draw_clock(faults, strike->kind, SKEW_MS_MAX) + 1;

    return set_clock(faults, strike, draw_clock(faults, strike->kind, 2) == 0 ? offset_ms : -offset_ms, 0);
}

static bool drift_clock(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    const int64_t drift_ppm = (int64_t)draw_clock(faults, strike->kind, DRIFT_PPM_MAX) + 1;

    return set_clock(faults, strike, 0, draw_clock(faults, strike->kind, 2) == 0 ? drift_ppm : -drift_ppm);
}

static bool jump_clock(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    return set_clock(faults, strike, (int64_t)draw_clock(faults, strike->kind, JUMP_MS_MAX) + 1, 0);
}

static bool step_clock_back(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    return set_clock(faults, strike, -(int64_t)draw_clock(faults, strike->kind, JUMP_MS_MAX) - 1, 0);
}

static void correct_clock(struct sim_faults *faults, const struct sim_fault_strike *strike)
{
    (void)sim_world_set_clock(faults->world, strike->node, 0, 0);
}

/* ---- Slowness and the database ---- */

static bool crash_database(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    return crash(faults, strike, DATABASES);
}

static bool slow_database(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    return fill_node(faults, strike, DATABASES, false) && sim_world_set_slow(faults->world, strike->node, SLOW_FACTOR);
}

static bool slow_node(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    return fill_node(faults, strike, WORKERS | SERVERS, true) &&
           sim_world_set_slow(faults->world, strike->node, SLOW_FACTOR);
}

static void end_slowness(struct sim_faults *faults, const struct sim_fault_strike *strike)
{
    (void)sim_world_set_slow(faults->world, strike->node, 1);
}

static bool refuse_writes(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    strike->node = SIM_NO_NODE; /* whoever it was placed at: the database refuses everybody */
    (void)fill_node(faults, strike, DATABASES, false);
    faults->rates.database_unavailable = (struct sim_ratio){1, 1};
    sim_world_set_rates(faults->world, &faults->rates);
    return true;
}

static void accept_writes(struct sim_faults *faults, const struct sim_fault_strike *strike)
{
    (void)strike;
    faults->rates.database_unavailable = (struct sim_ratio){0, 0};
    sim_world_set_rates(faults->world, &faults->rates);
}

/* ---- Workers, shards, operators ---- */

static uint64_t draw_kind(struct sim_faults *faults, enum sim_fault_kind kind, uint64_t bound)
{
    return sim_choose(sim_world_choices(faults->world), &faults->entities[kind], SIM_SITE_FAULT_KIND, bound);
}

static bool evict(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    if (!fill_node(faults, strike, WORKERS, true)) {
        return false;
    }
    const uint64_t pick = draw_kind(faults, strike->kind, UINT32_MAX);

    return sim_world_evict(faults->world, strike->node, pick);
}

/* The drawn shard, or the next one that is not where it would go. */
static bool move_shard(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    const uint32_t count = faults->config->shard_count;
    uint32_t drawn = 0;

    if (!fill_node(faults, strike, SERVERS, true)) {
        return false;
    }
    drawn = (uint32_t)draw_kind(faults, strike->kind, count);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t shard = (drawn + i) % count;

        strike->shard = shard + 1;
        if (sim_world_move_shard(faults->world, (int32_t)shard, strike->node)) {
            return true;
        }
    }
    return false;
}

/* The node goes on with a shard that is another's, which it does not hear of. */
static bool make_stale(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    const uint32_t count = faults->config->shard_count;
    const uint32_t drawn = (uint32_t)draw_kind(faults, strike->kind, count);

    if (!fill_node(faults, strike, SERVERS, true)) {
        return false;
    }
    if (strike->other_node == SIM_NO_NODE) {
        strike->other_node =
            draw_node(faults, strike->kind, SIM_SITE_FAULT_OTHER_NODE, SERVERS, strike->node, true);
    }
    for (uint32_t i = 0; strike->other_node != SIM_NO_NODE && i < count; i++) {
        const int32_t shard = (int32_t)((drawn + i) % count);

        if (sim_world_shard_owner(faults->world, shard) == strike->node &&
            sim_world_set_deaf(faults->world, strike->node, true)) {
            return sim_world_move_shard(faults->world, shard, strike->other_node);
        }
    }
    return false;
}

static void let_hear(struct sim_faults *faults, const struct sim_fault_strike *strike)
{
    (void)sim_world_set_deaf(faults->world, strike->node, false);
}

static bool move_queue(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    return fill_node(faults, strike, SERVERS, true) &&
           sim_world_move_queue(faults->world, draw_kind(faults, strike->kind, UINT32_MAX), strike->node);
}

static bool restart_matching(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    return fill_node(faults, strike, SERVERS, true) && sim_world_restart_matching(faults->world, strike->node);
}

/* An open run: the named workflow's, or any. run_count when there is none. */
static uint32_t draw_open_run(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    const uint32_t count = sim_world_run_count(faults->world);
    uint64_t open_count = 0;
    uint64_t pick = 0;

    strike->node = SIM_NO_NODE; /* an operator's doing, not a process's */
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < count; i++) {
            const struct sim_run_view run = sim_world_run(faults->world, i);

            if (run.status != WF_WORKFLOW_EXECUTION_STATUS_RUNNING ||
                (strike->workflow_id.size_bytes > 0 && !wf_string_equal(run.workflow_id, strike->workflow_id))) {
                continue;
            }
            if (pass == 0) {
                open_count++;
            } else if (pick-- == 0) {
                strike->workflow_id = run.workflow_id;
                return i;
            }
        }
        if (open_count == 0) {
            return count;
        }
        if (pass == 0) {
            pick = draw_kind(faults, strike->kind, open_count);
        }
    }
    WF_UNREACHABLE();
}

static bool cancel(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    const uint32_t run = draw_open_run(faults, strike);

    return run < sim_world_run_count(faults->world) && sim_world_cancel(faults->world, run);
}

static bool terminate(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    const uint32_t run = draw_open_run(faults, strike);

    return run < sim_world_run_count(faults->world) && sim_world_terminate(faults->world, run);
}

static bool reset(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    const uint32_t run = draw_open_run(faults, strike);

    return run < sim_world_run_count(faults->world) &&
           sim_world_reset(faults->world, run, draw_kind(faults, strike->kind, UINT32_MAX));
}

/* ---- Deploys ---- */

/* All workers, in turn; no workflow more than another. */
static bool deploy_version(struct sim_faults *faults, struct sim_fault_strike *strike, bool is_back)
{
    strike->node = SIM_NO_NODE;
    strike->workflow_id = (struct wf_string){0};
    return sim_world_deploy(faults->world, is_back, strike->duration_ns);
}

static bool deploy(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    return deploy_version(faults, strike, false);
}

static bool roll_back(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    return deploy_version(faults, strike, true);
}

/* ---- The table ---- */

#define TIMED(seconds, duration_ms, action, ending)                                                                    \
    {.class = SIM_FAULT_CLASS_TIMED,                                                                                   \
     .interval_ns = (seconds)*WF_NS_PER_S,                                                                             \
     .duration_ns = (duration_ms)*WF_NS_PER_MS,                                                                        \
     .strike = (action),                                                                                               \
     .end = (ending)}
#define FLAPPING(seconds, duration_ms, mean_flap_ms, action, ending)                                                   \
    {.class = SIM_FAULT_CLASS_TIMED,                                                                                   \
     .interval_ns = (seconds)*WF_NS_PER_S,                                                                             \
     .duration_ns = (duration_ms)*WF_NS_PER_MS,                                                                        \
     .strike = (action),                                                                                               \
     .end = (ending),                                                                                                  \
     .flap_ns = (mean_flap_ms)*WF_NS_PER_MS}
#define RATED(one_of, member)                                                                                          \
    {.class = SIM_FAULT_CLASS_RATED,                                                                                   \
     .rate = {1, (one_of)},                                                                                            \
     .rate_offset = offsetof(struct sim_rates, member)}

/* A rated kind strikes at intervals instead when the scenario gives it a time (`every`). */
const struct sim_fault_row sim_fault_rows[SIM_FAULT_COUNT] = {
    [SIM_FAULT_WORKER_CRASH] = TIMED(6, 2000, crash_worker, NULL),
    [SIM_FAULT_SERVER_CRASH] = TIMED(20, 3000, crash_server, NULL),
    [SIM_FAULT_DATABASE_TIMEOUT] = RATED(200, database_timeout),
    [SIM_FAULT_DATABASE_UNAVAILABLE] = TIMED(30, 1000, refuse_writes, accept_writes),
    [SIM_FAULT_DATABASE_SLOW] = TIMED(30, 5000, slow_database, end_slowness),
    [SIM_FAULT_PARTITION] = TIMED(15, 4000, cut_both_ways, mend_both_ways),
    [SIM_FAULT_PARTITION_ONE_WAY] = TIMED(15, 4000, cut_one_way, mend_one_way),
    [SIM_FAULT_ISOLATE] = TIMED(20, 3000, isolate, rejoin),
    [SIM_FAULT_MESSAGE_LOSS] = RATED(100, message_loss),
    [SIM_FAULT_MESSAGE_DELAY] = RATED(50, message_delay),
    [SIM_FAULT_MESSAGE_DUPLICATE] = RATED(50, message_duplicate),
    [SIM_FAULT_MESSAGE_REORDER] = RATED(30, message_reorder),
    [SIM_FAULT_ACTIVITY_FAILURE] = RATED(20, activity_failure),
    [SIM_FAULT_LOST_ANSWER] = RATED(30, lost_answer),
    [SIM_FAULT_ZOMBIE] = RATED(50, zombie),
    [SIM_FAULT_CACHE_EVICTION] = TIMED(3, 0, evict, NULL),
    [SIM_FAULT_SIGNAL_DUPLICATE] = RATED(10, signal_duplicate),
    [SIM_FAULT_SIGNAL_LATE] = RATED(10, signal_late),
    [SIM_FAULT_CANCEL] = TIMED(20, 0, cancel, NULL),
    [SIM_FAULT_TERMINATE] = TIMED(40, 0, terminate, NULL),
    [SIM_FAULT_SHARD_MOVE] = TIMED(15, 0, move_shard, NULL),
    [SIM_FAULT_RESET] = TIMED(40, 0, reset, NULL),
    [SIM_FAULT_ROLLING_DEPLOY] = TIMED(10, 2000, deploy, NULL),
    [SIM_FAULT_ROLLBACK] = TIMED(20, 2000, roll_back, NULL),
    [SIM_FAULT_SLOW_NODE] = TIMED(20, 5000, slow_node, end_slowness),
    [SIM_FAULT_WORKER_PAUSE] = TIMED(20, 8000, pause_worker, resume),
    [SIM_FAULT_SERVER_PAUSE] = TIMED(30, 5000, pause_server, resume),
    [SIM_FAULT_STALE_OWNER] = TIMED(30, 5000, make_stale, let_hear),
    [SIM_FAULT_SHARD_MOVE_IN_WRITE] = RATED(300, shard_move_in_write),
    [SIM_FAULT_QUEUE_MOVE] = TIMED(20, 0, move_queue, NULL),
    [SIM_FAULT_MATCHING_RESTART] = TIMED(20, 0, restart_matching, NULL),
    [SIM_FAULT_DATABASE_CRASH] = TIMED(40, 2000, crash_database, NULL),
    [SIM_FAULT_WRITE_LATE] = RATED(300, write_late),
    [SIM_FAULT_WRITE_TORN] = RATED(300, write_torn),
    [SIM_FAULT_WRITE_VANISHED] = RATED(300, write_vanished),
    [SIM_FAULT_TRANSFER_TASK_REPEATED] = RATED(30, transfer_task_repeated),
    [SIM_FAULT_TIMER_TASK_REPEATED] = RATED(30, timer_task_repeated),
    [SIM_FAULT_CLOCK_SKEW] = TIMED(20, 20000, skew_clock, correct_clock),
    [SIM_FAULT_CLOCK_DRIFT] = TIMED(20, 20000, drift_clock, correct_clock),
    [SIM_FAULT_CLOCK_JUMP] = TIMED(30, 20000, jump_clock, correct_clock),
    [SIM_FAULT_CLOCK_STEP_BACK] = TIMED(30, 20000, step_clock_back, correct_clock),
    [SIM_FAULT_POLL_LOST] = RATED(50, poll_lost),
    [SIM_FAULT_TASK_LOST] = RATED(50, task_lost),
    [SIM_FAULT_RESPONSE_LOST] = RATED(50, response_lost),
    [SIM_FAULT_ACCEPTANCE_LOST] = RATED(50, acceptance_lost),
    [SIM_FAULT_CRASH_BEFORE_POLL] = RATED(200, crash_before_poll),
    [SIM_FAULT_CRASH_AFTER_POLL] = RATED(100, crash_after_poll),
    [SIM_FAULT_CRASH_BEFORE_RESPONSE] = RATED(100, crash_before_response),
    [SIM_FAULT_CRASH_AFTER_RESPONSE] = RATED(100, crash_after_response),
    [SIM_FAULT_PARTITION_FLAPPING] = FLAPPING(20, 8000, 500, cut_both_ways, mend_both_ways),
};
