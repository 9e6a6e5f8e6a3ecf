/*
 * Waiting for several things at once: gather, select, conditions with a timeout, handlers, and strands that authors spawn.
 */
#include "engine/workflow/workflow_run.h"

#include "engine/base/assert.h"

#define WAITERS_INLINE 8

/* ---- Several futures ---- */

/* Stands in the row of every future. Few waiters lie in the caller's frame, many in the run's memory. */
static struct wf_waiter *join_all(struct wf_strand *strand, struct wf_future *const *futures, size_t count,
                                  struct wf_waiter few[WAITERS_INLINE])
{
    struct wf_waiter *waiters = count <= WAITERS_INLINE ? few : wf_take(strand->wf, count, sizeof *waiters);

    for (size_t i = 0; i < count; i++) {
        wf_future_join(futures[i], &waiters[i], strand);
    }
    return waiters;
}

static void leave_all(struct wf_future *const *futures, size_t count, struct wf_waiter *waiters)
{
    for (size_t i = 0; i < count; i++) {
        wf_future_leave(futures[i], &waiters[i]);
    }
}

static void block_on_futures(struct wf_strand *strand, size_t count, wf_duration_ns timeout)
{
    strand->wait = WAIT_FUTURES;
    strand->wait_count = count;
    strand->wait_timeout = timeout;
    wf_strand_block(strand);
}

/* The failure that came first, or NULL; *open_count is how many have not ended. */
static wf_error first_failure(struct wf_future *const *futures, size_t count, size_t *open_count)
{
    const struct wf_future *first = NULL;

    *open_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!futures[i]->is_done) {
            (*open_count)++;
        } else if (futures[i]->failure != NULL && (first == NULL || futures[i]->done_order < first->done_order)) {
            first = futures[i];
        }
    }
    return first == NULL ? NULL : first->failure;
}

wf_error wf_gather(struct wf *wf, struct wf_future *const *futures, size_t count, enum wf_gather how,
                   struct wf_value *results)
{
    struct wf_strand *strand = wf_call_step(wf, "wf_gather");
    struct wf_waiter few[WAITERS_INLINE];
    struct wf_waiter *waiters = join_all(strand, futures, count, few);
    size_t open_count = 0;
    wf_error failure = first_failure(futures, count, &open_count);

    while (open_count > 0) {
        if (wf_strand_is_canceled(strand) || (failure != NULL && how == WF_GATHER_CANCEL_REST)) {
            for (size_t i = 0; i < count; i++) {
                wf_future_cancel(futures[i]);
            }
            failure = first_failure(futures, count, &open_count);
        }
        if (open_count > 0) {
            block_on_futures(strand, count, WF_FOREVER);
            failure = first_failure(futures, count, &open_count);
        }
    }
    leave_all(futures, count, waiters);
    for (size_t i = 0; results != NULL && i < count; i++) {
        results[i] = futures[i]->failure == NULL ? futures[i]->result : (struct wf_value){0};
    }
    return failure;
}

static size_t first_ready(struct wf_future *const *futures, size_t count)
{
    size_t i = 0;

    while (i < count && !futures[i]->is_done) {
        i++;
    }
    return i;
}

/* A timer of the call's own, which no author sees. NULL: none is needed. */
static struct wf_future *begin_timeout(struct wf_strand *strand, wf_duration_ns timeout, struct wf_waiter *waiter)
{
    struct wf_future *timer = NULL;

    if (timeout != WF_FOREVER) {
        timer = wf_timer_open(strand->wf, timeout);
        wf_future_join(timer, waiter, strand);
    }
    return timer;
}

/* True when the time ran out. */
static bool end_timeout(struct wf_future *timer, struct wf_waiter *waiter)
{
    bool has_fired = false;

    if (timer != NULL) {
        has_fired = timer->is_done;
        wf_future_leave(timer, waiter);
        wf_future_cancel(timer);
        wf_future_recycle(timer);
    }
    return has_fired;
}

wf_error wf_select(struct wf *wf, struct wf_future *const *futures, size_t count, wf_duration_ns timeout,
                   size_t *index)
{
    struct wf_strand *strand = wf_call_step(wf, "wf_select");
    struct wf_waiter few[WAITERS_INLINE];
    struct wf_waiter *waiters = NULL;
    struct wf_waiter timer_waiter;
    struct wf_future *timer = NULL;
    bool is_over = false;

    *index = first_ready(futures, count);
    if (*index < count || timeout <= 0) {
        return NULL;
    }
    if (wf_strand_is_canceled(strand)) {
        return wf->canceled;
    }
    waiters = join_all(strand, futures, count, few);
    timer = begin_timeout(strand, timeout, &timer_waiter);
    do {
        block_on_futures(strand, count, timeout);
        *index = first_ready(futures, count);
        is_over = *index < count || (timer != NULL && timer->is_done);
    } while (!is_over && !wf_strand_is_canceled(strand));
    leave_all(futures, count, waiters);
    (void)end_timeout(timer, &timer_waiter);
    return is_over ? NULL : wf->canceled;
}

/* ---- Conditions ---- */

static void link_condition(struct wf *wf, struct wf_condition *condition)
{
    *wf->conditions_end = condition;
    wf->conditions_end = &condition->next;
}

static void unlink_condition(struct wf *wf, struct wf_condition *condition)
{
    struct wf_condition **link = &wf->conditions_first;

    while (*link != NULL && *link != condition) {
        link = &(*link)->next;
    }
    if (*link == condition) {
        *link = condition->next;
        if (wf->conditions_end == &condition->next) {
            wf->conditions_end = link;
        }
    }
}

/* The author's condition only looks. */
static bool ask(struct wf_strand *strand, bool (*is_true)(const void *state), const void *state)
{
    bool answer = false;

    strand->mode = MODE_READ_ONLY;
    answer = is_true(state);
    strand->mode = MODE_STEPS;
    return answer;
}

/* Blocks until the condition is true, the timer fires or the strand is cancelled. */
static void block_on_condition(struct wf_strand *strand, struct wf_condition *condition, const struct wf_future *timer,
                               bool (*is_true)(const void *state), const void *state)
{
    struct wf *wf = strand->wf;

    link_condition(wf, condition);
    for (;;) {
        wf_strand_block(strand);
        if (wf->is_checking) {
            condition->is_true = ask(strand, is_true, state);
            continue;
        }
        if (condition->is_true || (timer != NULL && timer->is_done) || wf_strand_is_canceled(strand)) {
            break;
        }
        strand->wait = condition->is_checked_by_host ? WAIT_HANDLERS : WAIT_CONDITION;
    }
    unlink_condition(wf, condition);
}

wf_error wf_wait(struct wf *wf, bool (*is_true)(const void *state), const void *state, wf_duration_ns timeout,
                 bool *timed_out)
{
    struct wf_strand *strand = wf_call_step(wf, "wf_wait");
    struct wf_condition condition = {.strand = strand};
    struct wf_waiter waiter;
    struct wf_future *timer = NULL;
    bool has_fired = false;

    if (timed_out != NULL) {
        *timed_out = false;
    }
    if (ask(strand, is_true, state)) {
        /* The other SDKs of the family start the timer and take it back at once, which uses up its number; so do we, that
         * their histories keep their timer ids here (replay-rules 4.3). */
        wf->seq[FUTURE_TIMER] += timeout > 0 && timeout != WF_FOREVER ? 1 : 0;
        return NULL;
    }
    if (wf_strand_is_canceled(strand)) {
        return wf->canceled;
    }
    if (timeout > 0) {
        timer = begin_timeout(strand, timeout, &waiter);
        strand->wait = WAIT_CONDITION;
        strand->wait_timeout = timeout;
        block_on_condition(strand, &condition, timer, is_true, state);
        has_fired = end_timeout(timer, &waiter);
    } else {
        has_fired = true;
    }
    if (!condition.is_true && !has_fired) {
        return wf->canceled;
    }
    if (timed_out != NULL) {
        *timed_out = !condition.is_true;
    }
    return NULL;
}

wf_error wf_wait_for_handlers(struct wf *wf)
{
    struct wf_strand *strand = wf_call_step(wf, "wf_wait_for_handlers");
    struct wf_condition condition = {.strand = strand, .is_checked_by_host = true};

    if (strand->kind == STRAND_SIGNAL || strand->kind == STRAND_UPDATE) {
        wf_run_break(wf, "a handler cannot wait for all handlers: it would wait for itself");
    }
    if (wf->handler_count == 0) {
        return NULL;
    }
    if (wf_strand_is_canceled(strand)) {
        return wf->canceled;
    }
    strand->wait = WAIT_HANDLERS;
    block_on_condition(strand, &condition, NULL, NULL, NULL);
    return condition.is_true ? NULL : wf->canceled;
}

/* ---- Strands of the author's ---- */

static void run_spawned(struct wf_strand *strand)
{
    struct wf_value result = {0};
    const wf_error failure = strand->spawned(strand->wf, strand->spawned_context, &result);
    struct wf_future *end = strand->end;

    if (strand->shield_depth != 0) {
        wf_run_break(strand->wf, "wf_shield_begin without wf_shield_end");
    }
    wf_future_end(end, failure == NULL ? result : (struct wf_value){0}, failure);
}

struct wf_future *wf_spawn(struct wf *wf, wf_error (*run)(struct wf *wf, void *context, struct wf_value *result),
                           void *context)
{
    const struct wf_strand *parent = wf_call_step(wf, "wf_spawn");
    struct wf_strand *strand = wf_strand_new(wf, STRAND_SPAWNED, run_spawned);
    struct wf_future *end = wf_future_new(wf, FUTURE_SPAWNED);

    end->spawned = strand;
    strand->spawned = run;
    strand->spawned_context = context;
    strand->end = end;
    strand->follows_run = parent->follows_run;
    wf_strand_make_ready(strand);
    return end;
}
