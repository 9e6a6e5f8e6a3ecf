/*
 * Applying one chunk of history, event by event (replay-rules 1.4): command events are matched with
 * commands, outcomes go to the machine that owns them, and the rest makes jobs itself.
 */
#include "engine/base/assert.h"
#include "engine/event_sets.h"
#include "engine/worker/update.h"
#include "engine/worker/worker_run.h"

static bool is_known(const struct wf_event *event)
{
    return event->event_type > 0 && event->event_type < WF_EVENT_TYPE_COUNT;
}

/* The service says which events a worker may pass over (replay-rules 1.2). */
static bool is_ignorable(const struct wf_event *event)
{
    return event->worker_may_ignore &&
           (!is_known(event) ||
            event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED ||
            event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_PAUSED ||
            event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_UNPAUSED ||
            event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED);
}

static void move_clock(struct wf_run *run, struct wf_timestamp time)
{
    if (!run->time.is_set || wf_timestamp_compare(time, run->time) > 0) {
        run->time = time; /* never back (replay-rules 1.6) */
    }
}

static void apply_execution_started(struct wf_run *run, const struct wf_event *event)
{
    const struct wf_event_workflow_execution_started *started =
        event->attributes.workflow_execution_started;

    if (run->started != NULL) {
        wf_diverge_event(run, event, "starts the run a second time");
        return;
    }
    run->started = started;
    if (started->original_execution_run_id.size_bytes > 0) {
        run->current_run_id = started->original_execution_run_id; /* of a reset's run, that of the first */
    }
    if (started->workflow_type != NULL) {
        run->workflow_type = started->workflow_type->name;
    }
    move_clock(run, event->event_time);
    wf_job_initialize(run, event);
}

static void apply_task_started(struct wf_run *run, const struct wf_event *event,
                               const struct wf_event *next)
{
    run->task_started = event->attributes.workflow_task_started;
    if (!wf_chunk_is_fruitless(next)) {
        run->last_started_event_id = event->event_id;
        run->history_length = event->event_id;
        move_clock(run, event->event_time);
    }
}

/* Events that concern the run itself. */
static void apply_own(struct wf_run *run, const struct wf_event *event, const struct wf_event *next)
{
    switch (event->event_type) {
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
        apply_execution_started(run, event);
        return;
    case WF_EVENT_TYPE_WORKFLOW_TASK_STARTED:
        apply_task_started(run, event, next);
        return;
    case WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
        wf_run_learn_flags(run, event);
        return;
    case WF_EVENT_TYPE_WORKFLOW_TASK_FAILED:
        /* A reset gives the run new random numbers, and nothing else does (replay-rules 1.10). */
        if (event->attributes.workflow_task_failed->cause ==
            WF_WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW) {
            wf_job_random_seed(run, event->attributes.workflow_task_failed->new_run_id);
            run->current_run_id = event->attributes.workflow_task_failed->new_run_id;
        }
        return;
    case WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED:
    case WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
        return;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
        run->signal_count++;
        wf_job_signal(run, event);
        return;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
        wf_job_cancel(run, event);
        return;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ADMITTED:
        wf_run_admit_update(run, event);
        return;
    default:
        wf_diverge_event(run, event, "is of a kind that no worker can apply");
    }
}

/* replay-rules 1.5: the command events of the last completed task are still replay. */
static void drop_replaying(struct wf_run *run, const struct wf_event *event)
{
    if (run->is_replaying && !(run->config->is_replay && run->rules->replays_to_the_end) && run->chunk.is_final &&
        event->event_id > run->previous_started_event_id &&
        event->event_type != WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED &&
        !wf_event_in(event->event_type, WF_COMMAND_EVENTS)) {
        run->is_replaying = false;
    }
}

static void apply_event(struct wf_run *run, const struct wf_event *event,
                        const struct wf_event *next)
{
    int64_t owner = 0;
    struct wf_machine *machine = NULL;

    drop_replaying(run, event);
    run->last_event_id = event->event_id;
    if (is_ignorable(event) || event == run->skipped_event) {
        return;
    }
    if (!is_known(event)) {
        wf_diverge_event(run, event, "is of an unknown kind");
        return;
    }
    if (!wf_event_has_attributes(event)) {
        wf_diverge_event(run, event, "has no attributes of its kind");
        return;
    }
    run->is_closed = run->is_closed || wf_event_in(event->event_type, WF_CLOSE_EVENTS);
    if (wf_event_in(event->event_type, WF_COMMAND_EVENTS)) {
        run->rules->match(run, event, next);
        return;
    }
    owner = wf_event_owner_of(event).event_id;
    if (owner == 0) {
        apply_own(run, event, next);
        return;
    }
    machine = wf_run_owner(run, owner);
    if (machine == NULL) {
        wf_diverge_owner_missing(run, event);
        return;
    }
    wf_machine_event(run, machine, event, NULL);
}

static void find_next_chunk(struct wf_run *run)
{
    run->next_chunk = run->rules->next_chunk(run->events.items, run->events.count, run->next_index);
    run->is_next_chunk_known = true;
    if (!run->config->is_replay && run->next_chunk.is_final && run->next_chunk.end > run->next_chunk.begin &&
        run->events.items[run->next_chunk.end - 1]->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_STARTED) {
        run->next_chunk.has_no_turn = false; /* the task in hand, which a replayer leaves alone */
        run->next_chunk.is_in_flight = false;
    }
}

/* Flags of the very task that is about to run, when history holds its end (replay-rules 1.8). */
static void peek_flags(struct wf_run *run)
{
    const struct wf_event *event = run->next_index < run->events.count
                                       ? run->events.items[run->next_index]
                                       : NULL;

    if (event != NULL && event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED &&
        wf_event_has_attributes(event)) {
        wf_run_learn_flags(run, event);
    }
}

/* False when something ended it before the end of the chunk: the run, or a turn of the code. */
static bool apply_events(struct wf_run *run)
{
    run->is_mid_chunk = false;
    while (run->next_index < run->chunk.end && !run->is_mid_chunk) {
        const uint32_t i = run->next_index;

        apply_event(run, run->events.items[i],
                    i + 1 < run->events.count ? run->events.items[i + 1] : NULL);
        if (run->is_divergent || run->is_full) {
            return false;
        }
        run->next_index += run->repeats_event ? 0 : 1;
        run->is_mid_chunk = run->wants_turn;
        run->repeats_event = false;
        run->wants_turn = false;
    }
    return !run->is_mid_chunk;
}

static void end_chunk(struct wf_run *run)
{
    wf_run_note_left_over(run);
    if (run->history_length == 0) {
        run->history_length = run->last_event_id; /* no started event ended this chunk */
    }
    peek_flags(run);
    find_next_chunk(run);
    if (run->chunk.has_no_turn) {
        run->jobs.count = 0; /* what came after the last task waits for one that never comes */
    } else {
        run->rules->look_ahead(run);
    }
    if (run->next_index == run->events.count) {
        wf_run_begin_asked_updates(run);
    }
}

static bool begin_chunk(struct wf_run *run)
{
    if (!run->is_next_chunk_known) {
        find_next_chunk(run);
    }
    run->chunk = run->next_chunk;
    if (run->chunk.begin == run->chunk.end || run->is_closed || run->chunk.is_in_flight) {
        run->next_index = run->events.count;
        run->is_replaying = false;
        return false;
    }
    wf_queue_begin_chunk(run);
    run->chunk_number++;
    run->next_index = run->chunk.begin;
    run->time_before = run->time;
    return true;
}

bool wf_run_apply_chunk(struct wf_run *run)
{
    if (!run->is_mid_chunk && !begin_chunk(run)) {
        return false;
    }
    run->history_length = 0;
    if (apply_events(run)) {
        end_chunk(run);
    } else if (run->is_mid_chunk) {
        run->history_length = run->last_event_id;
    }
    return true;
}
