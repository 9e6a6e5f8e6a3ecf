/*
 * Futures: steps that were begun and have not ended, found by kind and sequence number when their end arrives, and the strands
 * that wait for them. A strand that waits stands in the future's row; the end makes the whole row ready and empties it.
 */
#include "engine/workflow/workflow_run.h"

#include "engine/base/assert.h"

#include <string.h>

#define BUCKETS_MIN 8

/* ---- Open futures ---- */

static struct wf_future **bucket_of(struct wf_pending *pending, uint32_t seq)
{
    return &pending->buckets[seq & (pending->bucket_count - 1)];
}

/* Sequence numbers are dense, so a bucket for each open future on average keeps every row short. */
static void grow(struct wf *wf, struct wf_pending *pending)
{
    struct wf_pending larger = {.bucket_count = pending->bucket_count == 0 ? BUCKETS_MIN : pending->bucket_count * 2};

    larger.buckets = wf_take(wf, larger.bucket_count, sizeof(struct wf_future *));
    if (larger.buckets == NULL) {
        return; /* the run is broken; longer rows do until it stops */
    }
    for (uint32_t i = 0; i < pending->bucket_count; i++) {
        struct wf_future *next = NULL;

        for (struct wf_future *future = pending->buckets[i]; future != NULL; future = next) {
            struct wf_future **bucket = bucket_of(&larger, future->seq);

            next = future->next_pending;
            future->next_pending = *bucket;
            *bucket = future;
        }
    }
    larger.count = pending->count;
    *pending = larger;
}

struct wf_future *wf_future_new(struct wf *wf, enum future_kind kind)
{
    struct wf_future *future = wf->free_futures;

    if (future != NULL) {
        wf->free_futures = future->next_pending;
        memset(future, 0, sizeof *future);
    } else {
        future = wf_take(wf, 1, sizeof *future);
    }
    future->wf = wf;
    future->kind = kind;
    return future;
}

void wf_future_recycle(struct wf_future *future)
{
    WF_ASSERT(future->is_done);
    WF_ASSERT(future->waiters == NULL);
    future->next_pending = future->wf->free_futures;
    future->wf->free_futures = future;
}

void wf_future_open(struct wf_future *future)
{
    struct wf *wf = future->wf;
    struct wf_pending *pending = &wf->pending[future->kind];
    struct wf_future **bucket = NULL;

    if (pending->count == pending->bucket_count) {
        grow(wf, pending);
    }
    future->seq = ++wf->seq[future->kind];
    bucket = bucket_of(pending, future->seq);
    future->next_pending = *bucket;
    *bucket = future;
    pending->count++;
}

struct wf_future *wf_future_find(struct wf *wf, enum future_kind kind, uint32_t seq)
{
    struct wf_pending *pending = &wf->pending[kind];
    struct wf_future *future = pending->bucket_count == 0 ? NULL : *bucket_of(pending, seq);

    while (future != NULL && future->seq != seq) {
        future = future->next_pending;
    }
    return future;
}

struct wf_future *wf_future_take(struct wf *wf, enum future_kind kind, uint32_t seq)
{
    struct wf_future *future = wf_future_find(wf, kind, seq);
    struct wf_future **link = NULL;

    if (future == NULL) {
        return NULL;
    }
    for (link = bucket_of(&wf->pending[kind], seq); *link != future; link = &(*link)->next_pending) {
    }
    *link = future->next_pending;
    future->next_pending = NULL;
    wf->pending[kind].count--;
    return future;
}

/* ---- Ends ---- */

void wf_future_end(struct wf_future *future, struct wf_value result, wf_error failure)
{
    struct wf_waiter *waiter = future->waiters;

    WF_ASSERT(!future->is_done);
    future->is_done = true;
    future->done_order = ++future->wf->done_count;
    future->result = result;
    future->failure = failure;
    future->waiters = NULL;
    for (; waiter != NULL; waiter = waiter->next) {
        if (waiter->strand != future->wf->current) { /* it cancelled what it waits for, and looks next */
            wf_strand_make_ready(waiter->strand);
        }
    }
}

/* A timer ends at once: the worker sends nothing for a timer that was cancelled (replay-rules 4.4). */
static void cancel_timer(struct wf_future *timer)
{
    struct wf *wf = timer->wf;

    WF_COMMAND_ADD(wf, COMMAND_CANCEL_TIMER, struct wf_sdk_cancel_timer)->seq = timer->seq;
    (void)wf_future_take(wf, FUTURE_TIMER, timer->seq);
    wf_future_end(timer, (struct wf_value){0}, wf->canceled);
}

/*
 * The command goes out whatever the state of the activity: the worker knows whether it was sent, drops both commands if not,
 * and resolves the activity as its cancellation type says (replay-rules 4.4). Between two tries of a local activity
 * there is nothing but a timer of ours to cancel.
 */
static void cancel_activity(struct wf_future *future)
{
    struct wf *wf = future->wf;

    if (future->backoff != NULL) {
        struct wf_future *timer = future->backoff;

        future->backoff = NULL;
        cancel_timer(timer);
        wf_future_recycle(timer);
        wf_future_end(future, (struct wf_value){0}, wf->canceled);
    } else if (future->is_local) {
        WF_COMMAND_ADD(wf, COMMAND_REQUEST_CANCEL_LOCAL_ACTIVITY, struct wf_sdk_request_cancel_local_activity)->seq = future->seq;
    } else {
        WF_COMMAND_ADD(wf, COMMAND_REQUEST_CANCEL_ACTIVITY, struct wf_sdk_request_cancel_activity)->seq = future->seq;
    }
}

void wf_future_cancel(struct wf_future *future)
{
    struct wf *wf = future->wf;

    if (future->is_done || future->is_cancel_requested) {
        return;
    }
    future->is_cancel_requested = true;
    switch (future->kind) {
    case FUTURE_TIMER:
        cancel_timer(future);
        break;
    case FUTURE_ACTIVITY:
        cancel_activity(future);
        break;
    case FUTURE_CHILD: {
        struct wf_sdk_cancel_child_workflow_execution *command =
            WF_COMMAND_ADD(wf, COMMAND_CANCEL_CHILD, struct wf_sdk_cancel_child_workflow_execution);

        command->child_workflow_seq = future->seq;
        command->reason = wf_string_of(wf->cancel_reason == NULL ? "" : wf->cancel_reason);
        break;
    }
    case FUTURE_SIGNAL_EXTERNAL:
        WF_COMMAND_ADD(wf, COMMAND_CANCEL_SIGNAL, struct wf_sdk_cancel_signal_workflow)->seq = future->seq;
        break;
    case FUTURE_SPAWNED:
        future->spawned->is_cancel_requested = true;
        if (future->spawned->wait != WAIT_NOTHING && wf_strand_is_canceled(future->spawned)) {
            wf_strand_make_ready(future->spawned);
        }
        break;
    case FUTURE_NEXUS:
        WF_COMMAND_ADD(wf, COMMAND_CANCEL_NEXUS, struct wf_sdk_request_cancel_nexus_operation)->seq = future->seq;
        break;
    case FUTURE_VALUE:
    case FUTURE_CHILD_START:
    case FUTURE_NEXUS_START:
    case FUTURE_CANCEL_EXTERNAL:
        break; /* no command takes these back */
    }
}

/* ---- Waiting ---- */

void wf_future_join(struct wf_future *future, struct wf_waiter *waiter, struct wf_strand *strand)
{
    struct wf_waiter **link = &future->waiters;

    *waiter = (struct wf_waiter){.strand = strand};
    if (future->is_done) {
        return;
    }
    while (*link != NULL) {
        link = &(*link)->next;
    }
    *link = waiter;
}

void wf_future_leave(struct wf_future *future, struct wf_waiter *waiter)
{
    struct wf_waiter **link = &future->waiters;

    while (*link != NULL && *link != waiter) {
        link = &(*link)->next;
    }
    if (*link == waiter) {
        *link = waiter->next;
    }
}

wf_error wf_future_wait(struct wf_strand *strand, struct wf_future *future, struct wf_value *result)
{
    struct wf_waiter waiter;

    wf_future_join(future, &waiter, strand);
    while (!future->is_done) {
        if (wf_strand_is_canceled(strand)) {
            wf_future_cancel(future);
        }
        if (!future->is_done) {
            strand->wait = WAIT_FUTURE;
            strand->waits_for = future;
            wf_strand_block(strand);
        }
    }
    if (result != NULL) {
        *result = future->result;
    }
    return future->failure;
}

/* ---- For authors ---- */

wf_error wf_await(struct wf *wf, struct wf_future *future, struct wf_value *result)
{
    return wf_future_wait(wf_call_step(wf, "wf_await"), future, result);
}

bool wf_is_ready(const struct wf_future *future)
{
    return future->is_done;
}

void wf_cancel(struct wf *wf, struct wf_future *future)
{
    (void)wf_call_step(wf, "wf_cancel");
    wf_future_cancel(future);
}
