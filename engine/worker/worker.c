/*
 * The cache of runs. Slots are numbers that drivers keep host instances by. A run that leaves the
 * cache stays where it is until the next step begins, because the output of this one points into
 * it.
 */
#include "engine/worker.h"

#include "engine/base/assert.h"
#include "engine/worker/local.h"
#include "engine/worker/worker_state.h"

#define NO_SLOT UINT32_MAX

/* ---- The order of use ---- */

static void unlink_run(struct wf_worker *worker, struct wf_run *run)
{
    if (run->newer != NO_SLOT) {
        worker->runs[run->newer].older = run->older;
    } else {
        worker->newest = run->older;
    }
    if (run->older != NO_SLOT) {
        worker->runs[run->older].newer = run->newer;
    } else {
        worker->oldest = run->newer;
    }
    run->newer = NO_SLOT;
    run->older = NO_SLOT;
}

static void link_newest(struct wf_worker *worker, struct wf_run *run)
{
    run->newer = NO_SLOT;
    run->older = worker->newest;
    if (worker->newest != NO_SLOT) {
        worker->runs[worker->newest].newer = run->slot;
    } else {
        worker->oldest = run->slot;
    }
    worker->newest = run->slot;
}

/* ---- Slots ---- */

static void clear_run(struct wf_worker *worker, uint32_t slot)
{
    struct wf_run *run = &worker->runs[slot];
    struct wf_arena arena = run->arena;

    wf_arena_reset(&arena);
    *run = (struct wf_run){.worker = worker,
                           .config = &worker->config,
                           .step_arena = &worker->step_arena,
                           .slot = slot,
                           .newer = NO_SLOT,
                           .older = NO_SLOT,
                           .arena = arena};
    wf_map_init(&run->updates, &run->arena);
    wf_map_init(&run->patches, &run->arena);
    wf_map_init(&run->versions, &run->arena);
    wf_map_init(&run->names, &run->arena);
    wf_map_init(&run->go.markers, &run->arena);
    wf_map_init(&run->java.changes, &run->arena);
    wf_map_init(&run->java.mutables, &run->arena);
}

static void free_run(struct wf_worker *worker, struct wf_run *run)
{
    WF_ASSERT(run->state != WF_RUN_FREE);
    wf_map_remove(&worker->by_run_id, run->run_id);
    unlink_run(worker, run);
    clear_run(worker, run->slot);
    wf_arena_deinit(&run->arena); /* an empty slot holds no memory */
    worker->free_slots[worker->free_count++] = run->slot;
}

void wf_worker_retire(struct wf_worker *worker, struct wf_run *run)
{
    WF_ASSERT(worker->dead_slot == NO_SLOT);
    worker->dead_slot = run->slot;
}

static void bury(struct wf_worker *worker)
{
    if (worker->dead_slot != NO_SLOT) {
        free_run(worker, &worker->runs[worker->dead_slot]);
        worker->dead_slot = NO_SLOT;
    }
}

/* The slot that was free for the shortest time, so that few are ever used; NO_SLOT when all are
 * taken. */
static uint32_t take_slot(struct wf_worker *worker)
{
    uint32_t slot = worker->used_count;

    if (worker->free_count > 0) {
        return worker->free_slots[--worker->free_count];
    }
    if (slot == worker->config.cache_size_max) {
        return NO_SLOT;
    }
    worker->used_count++;
    wf_arena_init(&worker->runs[slot].arena, worker->config.blocks,
                  worker->config.run_size_bytes_max);
    clear_run(worker, slot);
    return slot;
}

static struct wf_run *oldest_idle(struct wf_worker *worker)
{
    for (uint32_t slot = worker->oldest; slot != NO_SLOT; slot = worker->runs[slot].newer) {
        if (worker->runs[slot].state == WF_RUN_IDLE) {
            return &worker->runs[slot];
        }
    }
    return NULL;
}

static enum wf_status new_run(struct wf_worker *worker, const struct wf_task *task,
                              struct wf_run **new_run_out, struct wf_error *err)
{
    uint32_t slot = take_slot(worker);
    struct wf_run *idle = slot == NO_SLOT ? oldest_idle(worker) : NULL;
    struct wf_run *run = NULL;

    if (idle != NULL) {
        free_run(worker, idle);
        slot = take_slot(worker);
    }
    if (slot == NO_SLOT) {
        return wf_fail_status(err, WF_ERR_LIMIT, "all %u cached runs are busy",
                              worker->config.cache_size_max);
    }
    run = &worker->runs[slot];
    run->state = WF_RUN_IDLE;
    run->is_new = true;
    link_newest(worker, run);
    run->run_id = wf_run_copy_text(run, task->run_id);
    run->workflow_id = wf_run_copy_text(run, task->workflow_id);
    run->workflow_type = wf_run_copy_text(run, task->workflow_type);
    if (run->is_full ||
        (run->run_id.size_bytes > 0 && !wf_map_set(&worker->by_run_id, run->run_id, run))) {
        free_run(worker, run);
        return wf_fail_status(err, WF_ERR_MEMORY, "the worker's memory is full");
    }
    *new_run_out = run;
    return WF_OK;
}

/* ---- Inputs ---- */

/* The task goes on where the cached run stopped: nothing else is under way, and the last task that
 * the service counts is the last one that we ran. */
static bool continues(const struct wf_run *run, const struct wf_task *task)
{
    return run->state == WF_RUN_IDLE &&
           task->previous_started_event_id == run->last_started_event_id;
}

/* The step is about this run. */
static void touch(struct wf_run *run, const struct wf_worker_input *in)
{
    run->worker->step_slot = run->slot;
    run->now_ns = in->now_ns;
    run->steady_ns = in->steady_ns;
}

static enum wf_status begin(struct wf_worker *worker, const struct wf_worker_input *in,
                            struct wf_worker_output *out, struct wf_error *err)
{
    const struct wf_task *task = in->task;
    struct wf_run *run = wf_map_get(&worker->by_run_id, task->run_id);
    enum wf_status status = WF_OK;

    if (run != NULL && !continues(run, task)) {
        free_run(worker, run);
        run = NULL;
    }
    if (run == NULL && !task->is_full_history) {
        out->type = WF_WORKER_WANT_HISTORY;
        out->run_id = task->run_id;
        return WF_OK;
    }
    if (run == NULL) {
        WF_TRY(new_run(worker, task, &run, err));
    } else {
        unlink_run(worker, run);
        link_newest(worker, run);
    }
    touch(run, in);
    out->slot = run->slot;
    out->run_id = run->run_id;
    status = wf_run_begin_task(run, task, out, err);
    if ((status != WF_OK || out->type == WF_WORKER_WANT_HISTORY) && worker->dead_slot == NO_SLOT) {
        free_run(worker, run); /* what it holds now is half a task */
        out->run_id = task->run_id;
    }
    return status;
}

static struct wf_run *run_in(struct wf_worker *worker, uint32_t slot)
{
    return slot < worker->config.cache_size_max && worker->runs[slot].state != WF_RUN_FREE
               ? &worker->runs[slot]
               : NULL;
}

static enum wf_status complete(struct wf_worker *worker, const struct wf_worker_input *in,
                               struct wf_worker_output *out, struct wf_error *err)
{
    struct wf_run *run = run_in(worker, in->completion.slot);

    if (run == NULL || run->state == WF_RUN_IDLE || run->state == WF_RUN_WAITING) {
        return wf_fail_status(err, WF_ERR_NOT_FOUND, "slot %u waits for no completion",
                              in->completion.slot);
    }
    touch(run, in);
    out->slot = run->slot;
    out->run_id = run->run_id;
    return wf_run_complete(run, in->completion.completion, out, err);
}

static enum wf_status evict(struct wf_worker *worker, const struct wf_worker_input *in,
                            struct wf_worker_output *out, struct wf_error *err)
{
    struct wf_run *run = run_in(worker, in->evict.slot);

    if (run == NULL) {
        return wf_fail_status(err, WF_ERR_NOT_FOUND, "slot %u is free", in->evict.slot);
    }
    out->slot = run->slot;
    free_run(worker, run);
    return WF_OK;
}

static enum wf_status go_on(struct wf_worker *worker, const struct wf_worker_input *in,
                            struct wf_worker_output *out, struct wf_error *err)
{
    const bool is_alarm = in->type == WF_WORKER_ALARM;
    const uint32_t slot = is_alarm ? in->alarm.slot : in->local_ended.slot;
    struct wf_run *run = run_in(worker, slot);

    if (run == NULL) {
        return wf_fail_status(err, WF_ERR_NOT_FOUND, "slot %u is free", slot);
    }
    touch(run, in);
    out->slot = run->slot;
    out->run_id = run->run_id;
    return is_alarm ? wf_run_wake(run, out, err) : wf_run_end_local(run, in, out, err);
}

static enum wf_status feed(struct wf_worker *worker, const struct wf_worker_input *in,
                           struct wf_worker_output *out, struct wf_error *err)
{
    switch (in->type) {
    case WF_WORKER_TASK:
        return begin(worker, in, out, err);
    case WF_WORKER_HISTORY:
        if (!in->task->is_full_history) {
            return wf_fail_status(err, WF_ERR_INVALID, "the history that was wanted is not whole");
        }
        return begin(worker, in, out, err);
    case WF_WORKER_COMPLETION:
        return complete(worker, in, out, err);
    case WF_WORKER_EVICT:
        return evict(worker, in, out, err);
    case WF_WORKER_LOCAL_ENDED:
    case WF_WORKER_ALARM:
        return go_on(worker, in, out, err);
    }
    WF_UNREACHABLE();
}

enum wf_status wf_worker_step(struct wf_worker *worker, const struct wf_worker_input *in,
                              struct wf_worker_output *out, struct wf_error *err)
{
    struct wf_run *run = NULL;

    bury(worker);
    worker->step_slot = NO_SLOT;
    wf_arena_reset(&worker->step_arena);
    memset(&worker->meetings, 0, sizeof worker->meetings);
    worker->divergence = (struct wf_divergence){.kind = WF_DIVERGENCE_NONE};
    *out = (struct wf_worker_output){.type = WF_WORKER_IDLE, .local = {.wake_ns = INT64_MAX}};
    WF_TRY(feed(worker, in, out, err));
    run = run_in(worker, worker->step_slot);
    if (run != NULL && run->locals.count > 0) {
        out->local = wf_local_work(run);
    }
    return WF_OK;
}

bool wf_worker_rewind(struct wf_worker *worker, uint32_t slot, int64_t started_event_id)
{
    struct wf_run *run = run_in(worker, slot);

    return run != NULL && wf_run_rewind(run, started_event_id);
}

/* ---- Life ---- */

struct wf_worker *wf_worker_new(const struct wf_worker_config *config)
{
    struct wf_arena arena;
    struct wf_worker *worker = NULL;

    WF_ASSERT(config->cache_size_max > 0);
    wf_arena_init(&arena, config->blocks, 0);
    worker = WF_ARENA_NEW(&arena, struct wf_worker);
    if (worker == NULL) {
        return NULL;
    }
    /* A large cache of which little is used costs what is used of it. */
    worker->runs = wf_arena_take_unset(&arena, config->cache_size_max * sizeof *worker->runs);
    worker->free_slots = wf_arena_take_unset(&arena,
                                             config->cache_size_max * sizeof *worker->free_slots);
    if (worker->runs == NULL || worker->free_slots == NULL) {
        wf_arena_deinit(&arena);
        return NULL;
    }
    worker->config = *config;
    worker->arena = arena;
    worker->dead_slot = NO_SLOT;
    worker->newest = NO_SLOT;
    worker->oldest = NO_SLOT;
    wf_arena_init(&worker->step_arena, config->blocks, 0);
    wf_map_init(&worker->by_run_id, &worker->arena);
    return worker;
}

void wf_worker_reset(struct wf_worker *worker)
{
    worker->dead_slot = NO_SLOT;
    for (uint32_t slot = 0; slot < worker->used_count; slot++) {
        if (worker->runs[slot].state != WF_RUN_FREE) {
            free_run(worker, &worker->runs[slot]);
        }
    }
}

void wf_worker_free(struct wf_worker *worker)
{
    struct wf_arena arena;

    if (worker == NULL) {
        return;
    }
    wf_worker_reset(worker);
    wf_arena_deinit(&worker->step_arena);
    arena = worker->arena;
    wf_arena_deinit(&arena);
}

/* ---- Reading ---- */

bool wf_worker_view(const struct wf_worker *worker, uint32_t slot, struct wf_run_view *view)
{
    const struct wf_run *run = slot < worker->used_count ? &worker->runs[slot] : NULL;

    if (run == NULL || run->state == WF_RUN_FREE) {
        return false;
    }
    *view = (struct wf_run_view){.run_id = run->run_id,
                                 .family = run->family,
                                 .family_reason = run->family_reason,
                                 .last_started_event_id = run->last_started_event_id,
                                 .activation_count = run->activation_count,
                                 .is_replaying = run->is_replaying,
                                 .is_closed = run->is_closed,
                                 .signal_count = run->signal_count,
                                 .update_count = run->update_count};
    return true;
}

uint32_t wf_worker_find(const struct wf_worker *worker, struct wf_string run_id)
{
    const struct wf_run *run = wf_map_get(&worker->by_run_id, run_id);

    return run == NULL ? NO_SLOT : run->slot;
}
