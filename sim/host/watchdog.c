/*
 * How much memory a child has is seen at the same looks as its progress: what code takes within one activation is its own,
 * because ours is taken between activations or under limits of its own. What is taken from a history's begin on is seen, too.
 */
#include "sim/host/watchdog.h"

#include <string.h>

#include "engine/time.h"
#include "sim/host/process.h"

#define GRACE_NS (1000 * WF_NS_PER_MS) /* for a child that was asked */
#define PATIENCE_AGAIN 5 /* the part of the time that code gets which was found to hang before */

static bool has_hung(const struct sim_watch_limits *limits, const struct sim_page *page)
{
    const char *type = limits->hung->workflow_type;

    return type[0] != '\0' && strncmp(type, page->watch.workflow_type, WF_WATCH_TEXT_BYTES) == 0;
}

/* How long an activation may take. */
static int64_t patience_ns(const struct sim_watch_limits *limits, const struct sim_page *page)
{
    return has_hung(limits, page) ? limits->activation_ns / PATIENCE_AGAIN : limits->activation_ns;
}

static void ask(struct sim_watchdog *watchdog, pid_t pid, int signal_number)
{
    watchdog->asked_signal = signal_number;
    (void)kill(pid, signal_number);
}

static void kill_deaf(struct sim_watchdog *watchdog, pid_t pid, int unheard_signal)
{
    watchdog->asked_signal = unheard_signal;
    watchdog->is_killed = true;
    (void)kill(pid, SIGKILL);
}

/* 0 before: not known. */
static bool has_grown(const struct sim_watch_limits *limits, uint64_t before_bytes, uint64_t bytes)
{
    return before_bytes > 0 && bytes > before_bytes && bytes - before_bytes > limits->code_bytes_max;
}

/* A child whose code takes more memory than it may is asked to say where, and killed when it takes still more instead: it would
 * take everything. One that had no processor to answer on takes none. */
static void look_at_memory(struct sim_watchdog *watchdog, const struct sim_watch_limits *limits, pid_t pid,
                           const struct sim_page *page, uint64_t bytes)
{
    const bool was_asked = watchdog->asked_signal == SIM_SIGNAL_MEMORY;

    if (!has_grown(limits, watchdog->memory_bytes, bytes) && !has_grown(limits, page->history_bytes, bytes)) {
        watchdog->asked_signal = was_asked ? 0 : watchdog->asked_signal;
    } else if (!was_asked) {
        ask(watchdog, pid, SIM_SIGNAL_MEMORY);
        watchdog->asked_bytes = sim_process_memory_bytes(pid);
    } else if (bytes > watchdog->asked_bytes) {
        kill_deaf(watchdog, pid, SIM_SIGNAL_MEMORY);
    }
}

/* The child was at it all the time that it did not wait for a processor, awake or asleep. */
static void look_at_time(struct sim_watchdog *watchdog, const struct sim_watch_limits *limits, pid_t pid,
                         const struct sim_page *page, int64_t step_ns, bool has_moved)
{
    const int64_t before_ns = watchdog->waited_ns;

    watchdog->waited_ns = sim_process_waited_ns(pid);
    const int64_t waited_ns = watchdog->waited_ns - before_ns;
    watchdog->stuck_ns += waited_ns < step_ns ? step_ns - waited_ns : 0;
    if (has_moved) {
        watchdog->moved_ns = watchdog->stuck_ns;
    }
    if (watchdog->stuck_ns > patience_ns(limits, page) + GRACE_NS) {
        kill_deaf(watchdog, pid, SIM_SIGNAL_HUNG);
    } else if (watchdog->stuck_ns > patience_ns(limits, page)) {
        ask(watchdog, pid, SIM_SIGNAL_HUNG);
    }
}

/* An activation is in and out of code, a strand after the other. */
void sim_watchdog_look(struct sim_watchdog *watchdog, const struct sim_watch_limits *limits, pid_t pid,
                       const struct sim_page *page, int64_t step_ns)
{
    if (watchdog->is_killed) { /* it may take a while to go, and has no memory meanwhile */
        return;
    }
    const uint64_t activation_count = page->watch.activation_count;
    const uint64_t block_count = page->watch.block_count;
    const bool is_in_code = page->watch.is_in_code != 0 || page->is_loading;
    const bool has_moved = block_count != watchdog->block_count;
    const bool is_new = !watchdog->has_looked || activation_count != watchdog->activation_count;
    const uint64_t bytes = is_new || is_in_code ? sim_process_memory_bytes(pid) : 0;

    watchdog->has_looked = true;
    watchdog->block_count = block_count;
    if (is_new) {
        watchdog->activation_count = activation_count;
        watchdog->memory_bytes = bytes;
    }
    if (is_new || !is_in_code) {
        watchdog->stuck_ns = 0;
        watchdog->moved_ns = 0;
        watchdog->asked_signal = 0;
    }
    if (is_in_code) {
        look_at_memory(watchdog, limits, pid, page, bytes);
    }
    if (is_in_code && is_new) {
        watchdog->waited_ns = sim_process_waited_ns(pid);
    } else if (is_in_code) {
        look_at_time(watchdog, limits, pid, page, step_ns, has_moved);
    }
}

bool sim_watchdog_has_ended(const struct sim_watchdog *watchdog, int signal_number, enum sim_crash_kind *kind)
{
    if (watchdog->asked_signal == 0 ||
        (signal_number != watchdog->asked_signal && (signal_number != SIGKILL || !watchdog->is_killed))) {
        return false;
    }
    *kind = watchdog->asked_signal == SIM_SIGNAL_MEMORY ? SIM_CRASH_MEMORY : SIM_CRASH_HUNG;
    return true;
}

enum sim_crash_kind sim_watchdog_hung_kind(const struct sim_watchdog *watchdog, const struct sim_watch_limits *limits)
{
    return watchdog->stuck_ns - watchdog->moved_ns < limits->activation_ns / PATIENCE_AGAIN / 2 ? SIM_CRASH_BUDGET
                                                                                               : SIM_CRASH_HUNG;
}
