/* Tables: a row a kind. */
#include "sim/fault/kinds.h"

#include "engine/base/assert.h"

const char *const sim_fault_names[SIM_FAULT_COUNT + 1] = {
#define SIM_FAULT(name, text, help) (text),
#include "sim/fault/faults.def"
    NULL,
};

/* Whom a mishap befalls. */
enum whom { MESSAGE, WRITE, TASK, ATTEMPT, SEND };

static const struct {
    enum whom whom;
    size_t rate_offset;
} mishaps[] = {
#define SIM_FAULT(name, text, help)
#define SIM_MISHAP(name, text, rate, WHOM, help) {WHOM, offsetof(struct sim_rates, rate)},
#include "sim/fault/faults.def"
};

#define MISHAP_COUNT (sizeof mishaps / sizeof *mishaps)

static struct sim_ratio rate_at(const struct sim_rates *rates, size_t mishap)
{
    struct sim_ratio rate = {0, 0};

    memcpy(&rate, (const char *)rates + mishaps[mishap].rate_offset, sizeof rate);
    return rate;
}

bool sim_rates_any(const struct sim_rates *rates)
{
    for (size_t i = 0; i < MISHAP_COUNT; i++) {
        const struct sim_ratio rate = rate_at(rates, i);

        if (rate.denominator != 0 && rate.numerator != 0) {
            return true;
        }
    }
    return false;
}

struct sim_rates sim_rates_of_sends(const struct sim_rates *rates)
{
    struct sim_rates of_sends = *rates;

    for (size_t i = 0; i < MISHAP_COUNT; i++) {
        if (mishaps[i].whom != SEND) {
            memset((char *)&of_sends + mishaps[i].rate_offset, 0, sizeof(struct sim_ratio));
        }
    }
    return of_sends;
}

const char *sim_fault_name(enum sim_fault_kind kind)
{
    WF_ASSERT((unsigned)kind < SIM_FAULT_COUNT);
    return sim_fault_names[kind];
}

/* What follows: nothing more, a record that says that it ended, or the death of a process. */
enum course { PASSES, LASTS, CRASHES };

static const struct {
    enum sim_fault_reach reach;
    bool hides_outcome;
    enum course course;
    enum sim_node_kind strikes;
} rows[SIM_FAULT_COUNT] = {
    [SIM_FAULT_WORKER_CRASH] = {SIM_REACH_PROCESS, true, CRASHES, SIM_NODE_WORKER},
    [SIM_FAULT_SERVER_CRASH] = {SIM_REACH_EVERYONE, true, CRASHES, SIM_NODE_SERVER},
    [SIM_FAULT_DATABASE_TIMEOUT] = {SIM_REACH_EVERYONE, true, PASSES, SIM_NODE_DATABASE},
    [SIM_FAULT_DATABASE_UNAVAILABLE] = {SIM_REACH_EVERYONE, true, PASSES, SIM_NODE_DATABASE},
    [SIM_FAULT_DATABASE_SLOW] = {SIM_REACH_EVERYONE, true, LASTS, SIM_NODE_DATABASE},
    [SIM_FAULT_PARTITION] = {SIM_REACH_PROCESS, true, LASTS, SIM_NODE_WORKER},
    [SIM_FAULT_PARTITION_ONE_WAY] = {SIM_REACH_PROCESS, true, LASTS, SIM_NODE_WORKER},
    [SIM_FAULT_ISOLATE] = {SIM_REACH_PROCESS, true, LASTS, SIM_NODE_WORKER},
    [SIM_FAULT_MESSAGE_LOSS] = {SIM_REACH_ONE, true, PASSES, SIM_NODE_WORKER},
    [SIM_FAULT_MESSAGE_DELAY] = {SIM_REACH_ONE, true, PASSES, SIM_NODE_WORKER},
    [SIM_FAULT_MESSAGE_DUPLICATE] = {SIM_REACH_ONE, false, PASSES, SIM_NODE_WORKER},
    [SIM_FAULT_MESSAGE_REORDER] = {SIM_REACH_ONE, false, PASSES, SIM_NODE_WORKER},
    [SIM_FAULT_ACTIVITY_FAILURE] = {SIM_REACH_ONE, true, PASSES, SIM_NODE_WORKER},
    [SIM_FAULT_LOST_ANSWER] = {SIM_REACH_ONE, true, PASSES, SIM_NODE_WORKER},
    [SIM_FAULT_ZOMBIE] = {SIM_REACH_ONE, true, PASSES, SIM_NODE_WORKER},
    [SIM_FAULT_CACHE_EVICTION] = {SIM_REACH_ONE, false, PASSES, SIM_NODE_WORKER},
    [SIM_FAULT_SIGNAL_DUPLICATE] = {SIM_REACH_ONE, false, PASSES, SIM_NODE_WORKER},
    [SIM_FAULT_SIGNAL_LATE] = {SIM_REACH_ONE, true, PASSES, SIM_NODE_WORKER},
    [SIM_FAULT_CANCEL] = {SIM_REACH_ONE, false, PASSES, SIM_NODE_WORKER},
    [SIM_FAULT_TERMINATE] = {SIM_REACH_ONE, false, PASSES, SIM_NODE_WORKER},
    [SIM_FAULT_SHARD_MOVE] = {SIM_REACH_EVERYONE, true, PASSES, SIM_NODE_SERVER},
    [SIM_FAULT_RESET] = {SIM_REACH_ONE, false, PASSES, SIM_NODE_WORKER},
    [SIM_FAULT_SLOW_NODE] = {SIM_REACH_PROCESS, true, LASTS, SIM_NODE_WORKER},
    [SIM_FAULT_WORKER_PAUSE] = {SIM_REACH_PROCESS, true, LASTS, SIM_NODE_WORKER},
    [SIM_FAULT_SERVER_PAUSE] = {SIM_REACH_EVERYONE, true, LASTS, SIM_NODE_SERVER},
    [SIM_FAULT_STALE_OWNER] = {SIM_REACH_EVERYONE, true, LASTS, SIM_NODE_SERVER},
    [SIM_FAULT_SHARD_MOVE_IN_WRITE] = {SIM_REACH_EVERYONE, true, PASSES, SIM_NODE_SERVER},
    [SIM_FAULT_QUEUE_MOVE] = {SIM_REACH_EVERYONE, true, PASSES, SIM_NODE_SERVER},
    [SIM_FAULT_MATCHING_RESTART] = {SIM_REACH_EVERYONE, true, PASSES, SIM_NODE_SERVER},
    [SIM_FAULT_DATABASE_CRASH] = {SIM_REACH_EVERYONE, true, CRASHES, SIM_NODE_DATABASE},
    [SIM_FAULT_WRITE_LATE] = {SIM_REACH_EVERYONE, true, PASSES, SIM_NODE_DATABASE},
    [SIM_FAULT_WRITE_TORN] = {SIM_REACH_EVERYONE, true, PASSES, SIM_NODE_DATABASE},
    [SIM_FAULT_WRITE_VANISHED] = {SIM_REACH_EVERYONE, true, PASSES, SIM_NODE_DATABASE},
    [SIM_FAULT_TRANSFER_TASK_REPEATED] = {SIM_REACH_ONE, false, PASSES, SIM_NODE_SERVER},
    [SIM_FAULT_TIMER_TASK_REPEATED] = {SIM_REACH_ONE, false, PASSES, SIM_NODE_SERVER},
    [SIM_FAULT_CLOCK_SKEW] = {SIM_REACH_EVERYONE, false, LASTS, SIM_NODE_SERVER},
    [SIM_FAULT_CLOCK_DRIFT] = {SIM_REACH_EVERYONE, false, LASTS, SIM_NODE_SERVER},
    [SIM_FAULT_CLOCK_JUMP] = {SIM_REACH_EVERYONE, true, LASTS, SIM_NODE_SERVER},
    [SIM_FAULT_CLOCK_STEP_BACK] = {SIM_REACH_EVERYONE, true, LASTS, SIM_NODE_SERVER},
    [SIM_FAULT_POLL_LOST] = {SIM_REACH_PROCESS, true, PASSES, SIM_NODE_WORKER},
    [SIM_FAULT_TASK_LOST] = {SIM_REACH_ONE, true, PASSES, SIM_NODE_WORKER},
    [SIM_FAULT_RESPONSE_LOST] = {SIM_REACH_ONE, true, PASSES, SIM_NODE_WORKER},
    [SIM_FAULT_ACCEPTANCE_LOST] = {SIM_REACH_ONE, true, PASSES, SIM_NODE_WORKER},
    [SIM_FAULT_CRASH_BEFORE_POLL] = {SIM_REACH_PROCESS, true, CRASHES, SIM_NODE_WORKER},
    [SIM_FAULT_CRASH_AFTER_POLL] = {SIM_REACH_PROCESS, true, CRASHES, SIM_NODE_WORKER},
    [SIM_FAULT_CRASH_BEFORE_RESPONSE] = {SIM_REACH_PROCESS, true, CRASHES, SIM_NODE_WORKER},
    [SIM_FAULT_CRASH_AFTER_RESPONSE] = {SIM_REACH_PROCESS, true, CRASHES, SIM_NODE_WORKER},
    [SIM_FAULT_PARTITION_FLAPPING] = {SIM_REACH_PROCESS, true, LASTS, SIM_NODE_WORKER},
    [SIM_FAULT_ROLLING_DEPLOY] = {SIM_REACH_EVERYONE, true, PASSES, SIM_NODE_WORKER},
    [SIM_FAULT_ROLLBACK] = {SIM_REACH_EVERYONE, true, PASSES, SIM_NODE_WORKER},
};

enum sim_fault_reach sim_fault_reach(enum sim_fault_kind kind)
{
    WF_ASSERT((unsigned)kind < SIM_FAULT_COUNT);
    return rows[kind].reach;
}

bool sim_fault_hides_outcome(enum sim_fault_kind kind)
{
    WF_ASSERT((unsigned)kind < SIM_FAULT_COUNT);
    return rows[kind].hides_outcome;
}

bool sim_fault_lasts(enum sim_fault_kind kind)
{
    WF_ASSERT((unsigned)kind < SIM_FAULT_COUNT);
    return rows[kind].course == LASTS;
}

bool sim_fault_crashes(enum sim_fault_kind kind)
{
    WF_ASSERT((unsigned)kind < SIM_FAULT_COUNT);
    return rows[kind].course == CRASHES;
}

enum sim_node_kind sim_fault_strikes(enum sim_fault_kind kind)
{
    WF_ASSERT((unsigned)kind < SIM_FAULT_COUNT);
    return rows[kind].strikes;
}

/* True when the text holds the name as a word of its own: "worker-1" is not in "worker-12". */
static bool names(struct wf_string text, struct wf_string name)
{
    for (size_t i = 0; name.size_bytes > 0 && i + name.size_bytes <= text.size_bytes; i++) {
        const size_t end = i + name.size_bytes;

        if (memcmp(text.data + i, name.data, name.size_bytes) == 0 && (i == 0 || text.data[i - 1] == ' ') &&
            (end == text.size_bytes || text.data[end] == ' ')) {
            return true;
        }
    }
    return false;
}

bool sim_fault_concerns(const struct sim_fault_place *fault, struct wf_string workflow_id, struct wf_string node)
{
    if (fault->subject.size_bytes > 0) {
        return wf_string_equal(fault->subject, workflow_id);
    }
    if (sim_fault_reach(fault->kind) != SIM_REACH_PROCESS || node.size_bytes == 0) {
        return false;
    }
    return wf_string_equal(fault->node, node) || names(fault->where, node);
}
