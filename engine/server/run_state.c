/*
 * The state of a run in memory: schema messages in the run's arena, changed in place. What the
 * database has is kept as bytes beside it; decoding them undoes a refused change, and also gives
 * back the memory that replaced strings left behind, so that a run of a million events stays as
 * small as its state.
 *
 * Source: engine-semantics 8.3.
 */
#include "engine/base/assert.h"
#include "engine/server/change.h"

#define COMPACT_BYTES_MIN (WF_ARENA_BLOCK_BYTES * 3 / 4)
#define COMPACT_FACTOR 8        /* live bytes to bytes in use */
#define BATCHES_BYTES_MAX 32768 /* whole histories up to this size are answered from memory */

bool wf_run_id_read(struct wf_string text, struct wf_run_id *id)
{
    if (text.size_bytes != WF_RUN_ID_BYTES) {
        return false;
    }
    memcpy(id->text, text.data, WF_RUN_ID_BYTES);
    return true;
}

static void link_first(struct wf_shard *shard, struct wf_shard_run *run)
{
    run->previous = NULL;
    run->next = shard->runs;
    if (shard->runs != NULL) {
        shard->runs->previous = run;
    } else {
        shard->last_run = run;
    }
    shard->runs = run;
}

static void unlink_run(struct wf_shard *shard, struct wf_shard_run *run)
{
    if (run->previous == NULL) {
        shard->runs = run->next;
    } else {
        run->previous->next = run->next;
    }
    if (run->next == NULL) {
        shard->last_run = run->previous;
    } else {
        run->next->previous = run->previous;
    }
}

void wf_shard_run_touch(struct wf_shard *shard, struct wf_shard_run *run)
{
    if (shard->runs != run) {
        unlink_run(shard, run);
        link_first(shard, run);
    }
}

struct wf_shard_run *wf_shard_run_new(struct wf_shard *shard)
{
    struct wf_shard_run *run = wf_slab_take(&shard->slabs, sizeof *run);

    if (run == NULL) {
        return NULL;
    }
    link_first(shard, run);
    shard->loaded_count++;
    wf_arena_init(&run->arena, shard->config->blocks, 0);
    wf_buffer_init(&run->images[0], &run->arena);
    wf_buffer_init(&run->images[1], &run->arena);
    run->state = WF_ARENA_NEW(&run->arena, struct wf_state_run);
    run->start = WF_ARENA_NEW(&run->arena, struct wf_state_start);
    if (run->state == NULL || run->start == NULL) {
        wf_shard_run_free(shard, run);
        return NULL;
    }
    return run;
}

void wf_batches_free(struct wf_shard *shard, struct wf_batch_node *batches)
{
    while (batches != NULL) {
        struct wf_batch_node *const next = batches->next;

        wf_slab_give(&shard->slabs, batches, sizeof *batches + batches->size_bytes);
        batches = next;
    }
}

void wf_shard_run_free(struct wf_shard *shard, struct wf_shard_run *run)
{
    if (run == NULL) {
        return;
    }
    unlink_run(shard, run);
    shard->loaded_count--;
    wf_query_drop(shard, run, WF_CALL_UNAVAILABLE, "The run's owner forgot its state.");
    wf_updates_drop(shard, run, WF_CALL_UNAVAILABLE, "The run's owner forgot its state.");
    run->next = shard->dying;
    shard->dying = run;
}

void wf_shard_runs_bury(struct wf_shard *shard)
{
    while (shard->dying != NULL) {
        struct wf_shard_run *const run = shard->dying;

        shard->dying = run->next;
        wf_batches_free(shard, run->batches);
        wf_arena_deinit(&run->arena);
        wf_slab_give(&shard->slabs, run, sizeof *run);
    }
}

static uint64_t buffered_bytes(struct wf_shard *shard, const struct wf_state_run *state)
{
    struct wf_buffer encoded = {0};

    wf_buffer_init(&encoded, &shard->step_arena);
    for (uint32_t i = 0; i < state->buffered_events.count; i++) {
        wf_wire_encode(&wf_type_event, &state->buffered_events.items[i], &encoded);
    }
    return encoded.size_bytes;
}

bool wf_shard_run_restore(struct wf_shard *shard, struct wf_shard_run *run, struct wf_string image)
{
    struct wf_buffer copy = {0};

    /* The image may lie in the arena that is about to be emptied. */
    wf_buffer_init(&copy, &shard->step_arena);
    wf_buffer_append_string(&copy, image);
    if (copy.is_full) {
        return false;
    }
    wf_arena_reset(&run->arena);
    wf_buffer_init(&run->images[0], &run->arena);
    wf_buffer_init(&run->images[1], &run->arena);
    run->image_index = 0;
    run->committed = wf_string_copy(&run->arena, wf_buffer_string(&copy));
    run->state = WF_ARENA_NEW(&run->arena, struct wf_state_run);
    run->start = WF_ARENA_NEW(&run->arena, struct wf_state_start);
    if (run->committed.data == NULL || run->state == NULL || run->start == NULL ||
        wf_wire_decode(&run->arena, &wf_type_state_run, run->committed, run->state, NULL) !=
            WF_OK ||
        wf_wire_decode(&run->arena, &wf_type_state_start, run->state->start, run->start, NULL) !=
            WF_OK ||
        !wf_run_id_read(run->start->run_id, &run->id) ||
        !wf_run_id_read(run->start->first_run_id, &run->first_id)) {
        return false;
    }
    run->buffered_bytes = buffered_bytes(shard, run->state);
    if (wf_is_planted(shard->config, WF_PLANT_PAUSE_FORGOTTEN)) {
        run->state->is_paused = false;
    }
    if (wf_is_planted(shard->config, WF_PLANT_UPDATES_FORGOTTEN)) {
        run->state->updates.count = 0;
    }
    return true;
}

static void compact(struct wf_shard *shard, struct wf_shard_run *run)
{
    const size_t used_bytes = wf_arena_size_bytes(&run->arena);
    bool is_restored = true;

    if (used_bytes > COMPACT_BYTES_MIN && used_bytes > run->committed.size_bytes * COMPACT_FACTOR) {
        is_restored = wf_shard_run_restore(shard, run, run->committed);
        WF_ASSERT(is_restored || shard->step_arena.is_full || run->arena.is_full);
    }
}

struct wf_string wf_shard_run_encode(struct wf_shard_run *run)
{
    struct wf_buffer *image = &run->images[run->image_index];

    WF_ASSERT(!wf_workflow_task_is_speculative(run->state));
    wf_buffer_reset(image);
    wf_wire_encode(&wf_type_state_run, run->state, image);
    return wf_buffer_string(image);
}

void wf_shard_run_written(struct wf_shard *shard, struct wf_shard_run *run)
{
    run->committed = wf_buffer_string(&run->images[run->image_index]);
    run->image_index ^= 1;
    run->record_version++;
    compact(shard, run);
}

bool wf_shard_run_is_open(const struct wf_shard_run *run)
{
    return run->state->status == WF_WORKFLOW_EXECUTION_STATUS_RUNNING;
}

int64_t wf_shard_run_last_event_id(const struct wf_shard_run *run)
{
    return run->state->next_event_id - 1;
}

int64_t wf_shard_run_next_deadline(const struct wf_shard_run *run)
{
    const struct wf_state_run *state = run->state;
    int64_t earliest_ns = wf_workflow_task_deadline(run);
    int32_t timeout_type = 0;

    if (!wf_shard_run_is_open(run)) {
        return INT64_MAX;
    }
    if (run->start->run_expiration_ns != 0 && run->start->run_expiration_ns < earliest_ns) {
        earliest_ns = run->start->run_expiration_ns;
    }
    if (state->is_in_backoff && run->start->first_task_time_ns < earliest_ns) {
        earliest_ns = run->start->first_task_time_ns;
    }
    for (uint32_t i = 0; i < state->activities.count; i++) {
        const int64_t deadline_ns = wf_activity_deadline(&state->activities.items[i],
                                                         &timeout_type);

        earliest_ns = deadline_ns < earliest_ns ? deadline_ns : earliest_ns;
    }
    for (uint32_t i = 0; i < state->timers.count; i++) {
        earliest_ns = state->timers.items[i].expiry_ns < earliest_ns
                          ? state->timers.items[i].expiry_ns
                          : earliest_ns;
    }
    for (uint32_t i = 0; i < state->nexus_operations.count; i++) {
        const int64_t deadline_ns = wf_nexus_deadline(&state->nexus_operations.items[i], &timeout_type);

        earliest_ns = deadline_ns < earliest_ns ? deadline_ns : earliest_ns;
    }
    return earliest_ns;
}

/* Short histories stay whole; of long ones what a worker with the run in its cache needs next
 * (3.3). */
static void trim_batches(struct wf_shard *shard, struct wf_shard_run *run)
{
    while (run->batches != run->last_batch && run->batch_bytes > BATCHES_BYTES_MAX) {
        struct wf_batch_node *oldest = run->batches;

        if (oldest->first_event_id + oldest->event_count - 1 >
                run->state->previous_started_event_id &&
            run->batch_bytes <= (size_t)BATCHES_BYTES_MAX * 2) {
            break;
        }
        run->batches = oldest->next;
        run->recent = run->recent == oldest ? oldest->next : run->recent;
        run->batch_bytes -= oldest->size_bytes;
        oldest->next = NULL;
        wf_batches_free(shard, oldest);
    }
}

void wf_shard_run_add_batches(struct wf_shard *shard, struct wf_shard_run *run,
                              struct wf_batch_node *batches)
{
    while (batches != NULL) {
        struct wf_batch_node *const next = batches->next;

        batches->next = NULL;
        if (run->last_batch == NULL) {
            run->batches = batches;
            run->recent = batches;
        } else {
            WF_ASSERT(run->last_batch->first_event_id + run->last_batch->event_count ==
                      batches->first_event_id);
            run->last_batch->next = batches;
        }
        run->last_batch = batches;
        run->batch_bytes += batches->size_bytes;
        batches = next;
    }
    while (run->recent != NULL && run->recent->next != NULL &&
           run->recent->next->first_event_id <= run->state->previous_started_event_id + 1) {
        run->recent = run->recent->next;
    }
    trim_batches(shard, run);
}
