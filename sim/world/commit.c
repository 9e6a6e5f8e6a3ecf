/*
 * What a committed write means: one record an event, runs started and closed, signals seen. Events are read from the bytes
 * that were written, so that the records say what the history says.
 */
#include "engine/base/assert.h"
#include "engine/codec.h"
#include "sim/world/database_tasks.h"
#include "sim/world/parts.h"

#define SCHEDULED_MIN 8u

static struct wf_string status_text(int32_t status)
{
    switch (status) {
    case WF_WORKFLOW_EXECUTION_STATUS_RUNNING:
        return WF_STR("running");
    case WF_WORKFLOW_EXECUTION_STATUS_COMPLETED:
        return WF_STR("completed");
    case WF_WORKFLOW_EXECUTION_STATUS_FAILED:
        return WF_STR("failed");
    case WF_WORKFLOW_EXECUTION_STATUS_CANCELED:
        return WF_STR("canceled");
    case WF_WORKFLOW_EXECUTION_STATUS_TERMINATED:
        return WF_STR("terminated");
    case WF_WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW:
        return WF_STR("continued as new");
    case WF_WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
        return WF_STR("timed out");
    case WF_WORKFLOW_EXECUTION_STATUS_PAUSED:
        return WF_STR("paused");
    default:
        return WF_STR("unknown");
    }
}

/* 0: the event closes no run. */
static int32_t closing_status(int32_t event_type)
{
    switch (event_type) {
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
        return WF_WORKFLOW_EXECUTION_STATUS_COMPLETED;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
        return WF_WORKFLOW_EXECUTION_STATUS_FAILED;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
        return WF_WORKFLOW_EXECUTION_STATUS_TIMED_OUT;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
        return WF_WORKFLOW_EXECUTION_STATUS_CANCELED;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
        return WF_WORKFLOW_EXECUTION_STATUS_TERMINATED;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
        return WF_WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW;
    default:
        return 0;
    }
}

/* ---- Activities by name ---- */

/* Types that have a model are the scenario's strings; others are copied, once an event. */
static struct wf_string intern_activity_type(struct sim_world *world, struct wf_string activity_type)
{
    for (uint32_t i = 0; i < world->scenario->activity_count; i++) {
        if (wf_string_equal(world->scenario->activities[i].name, activity_type)) {
            return world->scenario->activities[i].name;
        }
    }
    return wf_string_copy(&world->arena, activity_type);
}

static bool remember_activity(struct sim_world *world, struct sim_run_record *run, int64_t event_id,
                              struct wf_string activity_type)
{
    if (run->scheduled.count == run->scheduled.capacity) {
        const uint32_t capacity = run->scheduled.capacity == 0 ? SCHEDULED_MIN : run->scheduled.capacity * 2;
        struct sim_scheduled *items = sim_world_take(world, capacity * sizeof *items);

        if (items == NULL) {
            return false;
        }
        if (run->scheduled.count > 0) {
            memcpy(items, run->scheduled.items, run->scheduled.count * sizeof *items);
            sim_world_give(world, run->scheduled.items, run->scheduled.capacity * sizeof *items);
        }
        run->scheduled.items = items;
        run->scheduled.capacity = capacity;
    }
    run->scheduled.items[run->scheduled.count++] =
        (struct sim_scheduled){event_id, intern_activity_type(world, activity_type)};
    return true;
}

static struct wf_string activity_of(const struct sim_run_record *run, int64_t scheduled_event_id)
{
    for (uint32_t i = run->scheduled.count; i > 0; i--) {
        if (run->scheduled.items[i - 1].event_id == scheduled_event_id) {
            return run->scheduled.items[i - 1].activity_type;
        }
    }
    return (struct wf_string){0};
}

/* ---- Details ---- */

static struct wf_string enum_detail(const struct wf_enum_type *type, int32_t number)
{
    const char *name = wf_enum_name(type, number);

    return name == NULL ? (struct wf_string){0} : wf_string_of(name + strlen(type->prefix));
}

static struct wf_string activity_detail(const struct sim_run_record *run, const struct wf_event *event)
{
    const struct wf_event_owner owner = wf_event_owner_of(event);

    return owner.kind == WF_OWNER_ACTIVITY ? activity_of(run, owner.event_id) : (struct wf_string){0};
}

static struct wf_string id_of(const struct wf_workflow_execution *execution)
{
    return execution == NULL ? (struct wf_string){0} : execution->workflow_id;
}

static struct wf_string run_id_of(const struct wf_workflow_execution *execution)
{
    return execution == NULL ? (struct wf_string){0} : execution->run_id;
}

/* The other workflow of an event about one; NULL for other events. */
static const struct wf_workflow_execution *other_of(const struct wf_event *event)
{
    switch (event->event_type) {
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED:
        return event->attributes.child_workflow_execution_started->workflow_execution;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED:
        return event->attributes.child_workflow_execution_completed->workflow_execution;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED:
        return event->attributes.child_workflow_execution_failed->workflow_execution;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED:
        return event->attributes.child_workflow_execution_canceled->workflow_execution;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT:
        return event->attributes.child_workflow_execution_timed_out->workflow_execution;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED:
        return event->attributes.child_workflow_execution_terminated->workflow_execution;
    case WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
        return event->attributes.signal_external_workflow_execution_initiated->workflow_execution;
    case WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED:
        return event->attributes.signal_external_workflow_execution_failed->workflow_execution;
    case WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED:
        return event->attributes.external_workflow_execution_signaled->workflow_execution;
    case WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
        return event->attributes.request_cancel_external_workflow_execution_initiated->workflow_execution;
    case WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED:
        return event->attributes.request_cancel_external_workflow_execution_failed->workflow_execution;
    case WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
        return event->attributes.external_workflow_execution_cancel_requested->workflow_execution;
    default:
        return NULL;
    }
}

static struct wf_string other_detail(const struct sim_run_record *run, const struct wf_event *event)
{
    switch (event->event_type) {
    case WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
        return event->attributes.start_child_workflow_execution_initiated->workflow_id;
    case WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED:
        return event->attributes.start_child_workflow_execution_failed->workflow_id;
    default:
        return other_of(event) != NULL ? id_of(other_of(event)) : activity_detail(run, event);
    }
}

/* What a person wants to see beside the event's name. */
static struct wf_string detail_of(const struct sim_run_record *run, const struct wf_event *event)
{
    switch (event->event_type) {
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
        return run->workflow_type;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
        return event->attributes.workflow_execution_failed->failure == NULL
                   ? (struct wf_string){0}
                   : event->attributes.workflow_execution_failed->failure->message;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
        return event->attributes.workflow_execution_signaled->signal_name;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
        return event->attributes.workflow_execution_terminated->reason;
    case WF_EVENT_TYPE_WORKFLOW_TASK_FAILED:
        return enum_detail(&wf_enum_type_workflow_task_failed_cause, event->attributes.workflow_task_failed->cause);
    case WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
        return enum_detail(&wf_enum_type_timeout_type, event->attributes.workflow_task_timed_out->timeout_type);
    case WF_EVENT_TYPE_TIMER_STARTED:
        return event->attributes.timer_started->timer_id;
    case WF_EVENT_TYPE_TIMER_FIRED:
        return event->attributes.timer_fired->timer_id;
    case WF_EVENT_TYPE_TIMER_CANCELED:
        return event->attributes.timer_canceled->timer_id;
    case WF_EVENT_TYPE_MARKER_RECORDED:
        return event->attributes.marker_recorded->marker_name;
    default:
        return other_detail(run, event);
    }
}

/* ---- Signals ---- */

static bool remember_signal(struct sim_world *world, struct sim_run_record *run, const struct wf_event *event)
{
    struct sim_unseen_signal *signal = sim_world_take(world, sizeof *signal);
    struct sim_unseen_signal **end = &run->unseen;

    if (signal == NULL ||
        !sim_db_keep(&world->slabs, event->attributes.workflow_execution_signaled->signal_name, &signal->name)) {
        return false;
    }
    signal->event_id = event->event_id;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = signal;
    return true;
}

static void forget_signal(struct sim_world *world, struct sim_run_record *run)
{
    struct sim_unseen_signal *signal = run->unseen;

    run->unseen = signal->next;
    sim_db_forget(&world->slabs, &signal->name);
    sim_world_give(world, signal, sizeof *signal);
}

/* A completed task has seen every event before its start (engine-semantics 8.7 "signal acknowledged"). */
static void record_handled(struct sim_world *world, struct sim_run_record *run, int64_t started_event_id)
{
    while (run->unseen != NULL && run->unseen->event_id < started_event_id) {
        sim_world_record(world, (struct sim_record){.kind = SIM_RECORD_HANDLED,
                                                    .subject = run->workflow->id,
                                                    .a = run->unseen->name,
                                                    .x = run->unseen->event_id});
        forget_signal(world, run);
    }
}

/* ---- Parents and children, for the checks ---- */

static void record_related(struct sim_world *world, const struct sim_run_record *run, struct wf_string other,
                           struct wf_string parent_run, int64_t initiated_event_id, enum wf_event_type type)
{
    sim_world_record(world, (struct sim_record){.kind = SIM_RECORD_RELATED,
                                                .subject = run->workflow->id,
                                                .a = other,
                                                .b = parent_run,
                                                .x = initiated_event_id,
                                                .y = type});
}

static bool is_from_elsewhere(const struct sim_world *world, const struct sim_run_record *run)
{
    const struct sim_continuation *continued = world->scenario->continued;

    return continued != NULL && wf_string_equal(continued->workflow_id, run->workflow->id);
}

/* The parent of a run from elsewhere stayed there. */
static bool has_parent_here(const struct sim_world *world, const struct sim_run_record *run,
                            const struct wf_event_workflow_execution_started *started)
{
    return started->parent_workflow_execution != NULL && !is_from_elsewhere(world, run);
}

/* A child's first run begins as STARTED, a later one of its chain as CONTINUED_AS_NEW. */
static void note_parent(struct sim_world *world, const struct sim_run_record *run,
                        const struct wf_event_workflow_execution_started *started)
{
    if (has_parent_here(world, run, started)) {
        record_related(world, run, run->run_id, started->parent_workflow_execution->run_id,
                       started->parent_initiated_event_id,
                       started->continued_execution_run_id.size_bytes == 0
                           ? WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED
                           : WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW);
    }
}

static void note_relation(struct sim_world *world, const struct sim_run_record *run, const struct wf_event *event)
{
    const struct wf_event_start_child_workflow_execution_initiated *initiated = NULL;
    const struct wf_event_child_workflow_execution_started *started = NULL;

    switch (event->event_type) {
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
        note_parent(world, run, event->attributes.workflow_execution_started);
        break;
    case WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
        initiated = event->attributes.start_child_workflow_execution_initiated;
        record_related(world, run, enum_detail(&wf_enum_type_parent_close_policy, initiated->parent_close_policy),
                       run->run_id, event->event_id, WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED);
        break;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED:
        started = event->attributes.child_workflow_execution_started;
        record_related(world, run, run_id_of(started->workflow_execution), run->run_id, started->initiated_event_id,
                       WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED);
        break;
    default:
        break;
    }
}

/* ---- Updates, for the checks ---- */

static void note_update(struct sim_world *world, const struct sim_run_record *run, const struct wf_event *event)
{
    struct sim_record record = {
        .kind = SIM_RECORD_UPDATED, .subject = run->workflow->id, .b = WF_STR("accepted"), .y = event->event_id};

    if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED) {
        record.a = event->attributes.workflow_execution_update_accepted->protocol_instance_id;
    } else if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED &&
               event->attributes.workflow_execution_update_completed->meta != NULL) {
        record.a = event->attributes.workflow_execution_update_completed->meta->update_id;
        record.b = WF_STR("completed");
        record.x = (int64_t)sim_update_digest(&world->step_arena,
                                              event->attributes.workflow_execution_update_completed->outcome);
    } else {
        return;
    }
    sim_world_record(world, record);
}

/* ---- Runs ---- */

static struct sim_run_record *new_run(struct sim_world *world, const struct wf_db_run_write *write)
{
    struct sim_run_record *run = WF_ARENA_NEW(&world->arena, struct sim_run_record);
    struct sim_run_record **place = WF_LIST_APPEND(&world->arena, world->runs);

    if (run == NULL || place == NULL) {
        sim_world_fail(world, WF_ERR_MEMORY, "no memory for a run");
        return NULL;
    }
    *place = run;
    run->index = world->runs.count - 1;
    run->workflow = sim_world_workflow(world, write->workflow_id);
    run->rows = sim_database_run(&world->database, write->run_id);
    run->run_id = run->rows->run_id;
    run->status = WF_WORKFLOW_EXECUTION_STATUS_RUNNING;
    run->start_time_ns = world->loop.now_ns;
    run->rows->context = run;
    if (run->workflow == NULL) {
        return NULL;
    }
    return run;
}

/* Keeps count of workflows whose latest run is open. A write closes a run before or after it opens the next, so this is
 * called once it is complete. */
static void settle_workflow(struct sim_world *world, struct sim_run_record *run)
{
    struct sim_workflow *workflow = run->workflow;
    bool is_open = false;

    if (workflow->latest == NULL || run->index > workflow->latest->index) {
        workflow->latest = run;
    }
    is_open = workflow->latest->status == WF_WORKFLOW_EXECUTION_STATUS_RUNNING;
    if (is_open != workflow->is_open) {
        world->open_count = is_open ? world->open_count + 1 : world->open_count - 1;
        workflow->is_open = is_open;
    }
}

static void note_start(struct sim_world *world, struct sim_run_record *run,
                       const struct wf_event_workflow_execution_started *started)
{
    if (started->workflow_type != NULL) {
        run->workflow_type = wf_string_copy(&world->arena, started->workflow_type->name);
    }
    if (started->task_queue != NULL) {
        run->task_queue = wf_string_copy(&world->arena, started->task_queue->name);
    }
    sim_world_record(world, (struct sim_record){.kind = SIM_RECORD_RUN_STARTED,
                                                .subject = run->workflow->id,
                                                .a = run->run_id,
                                                .b = run->workflow_type});
}

static struct wf_string result_of(struct sim_world *world, const struct wf_event *event)
{
    const struct wf_failure *failure = NULL;

    if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED) {
        const struct wf_payloads *result = event->attributes.workflow_execution_completed->result;

        return result == NULL || result->payloads.count == 0
                   ? WF_STR("null")
                   : wf_string_copy(&world->arena, result->payloads.items[0].data);
    }
    if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED) {
        failure = event->attributes.workflow_execution_failed->failure;
    }
    if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED) {
        return wf_string_copy(&world->arena, event->attributes.workflow_execution_terminated->reason);
    }
    return failure == NULL ? (struct wf_string){0} : wf_string_copy(&world->arena, failure->message);
}

static struct wf_string next_run_id(const struct wf_event *event)
{
    switch (event->event_type) {
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
        return event->attributes.workflow_execution_completed->new_execution_run_id;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
        return event->attributes.workflow_execution_failed->new_execution_run_id;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
        return event->attributes.workflow_execution_timed_out->new_execution_run_id;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
        return event->attributes.workflow_execution_continued_as_new->new_execution_run_id;
    default:
        return (struct wf_string){0};
    }
}

static bool is_reset_away(const struct wf_event *event)
{
    return event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED &&
           wf_string_is(event->attributes.workflow_execution_terminated->identity, "history-resetter");
}

static void push_drop(struct sim_world *world)
{
    (void)sim_world_push(world, world->closed.first->drop_ns, 0, SIM_EVENT_DROP, NULL);
}

/* All are kept equally long, so they leave in the order in which they closed; the loop holds the first one's time only, lest
 * a chain of short runs fill it. */
static void drop_later(struct sim_world *world, struct sim_run_record *run)
{
    const int64_t retention_ns = world->scenario->limits.retention_ns;

    if (run->drop_ns != 0) {
        return; /* a service with a planted bug may close a run twice */
    }
    run->drop_ns = world->loop.now_ns + (retention_ns > 0 ? retention_ns : SIM_CLOSED_KEPT_NS);
    if (world->closed.first == NULL) {
        world->closed.first = run;
        world->closed.last = run;
        push_drop(world);
    } else {
        world->closed.last->next_closed = run;
        world->closed.last = run;
    }
}

static void note_close(struct sim_world *world, struct sim_run_record *run, const struct wf_event *event,
                       int32_t status)
{
    run->status = status;
    run->close_time_ns = world->loop.now_ns;
    run->result = result_of(world, event);
    sim_world_record(world, (struct sim_record){.kind = SIM_RECORD_RUN_CLOSED,
                                                .subject = run->workflow->id,
                                                .a = status_text(status),
                                                .b = run->run_id,
                                                .x = status,
                                                .y = is_reset_away(event)                   ? 2
                                                     : next_run_id(event).size_bytes > 0 ? 1
                                                                                         : 0});
    if (!world->config.keeps_closed_runs) {
        drop_later(world, run);
    }
}

/* What a reset copies, or a history brings, has happened before: it is remembered, and nothing is recorded but the run. */
static bool note_copy(struct sim_world *world, struct sim_run_record *run, const struct wf_db_run_write *write,
                      const struct wf_event *event)
{
    const struct wf_event_workflow_execution_started *started = NULL;

    run->event_count = event->event_id;
    switch (event->event_type) {
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
        started = event->attributes.workflow_execution_started;
        if (write->fork_run_id.size_bytes == 0) { /* before this simulation began: times of its state count from there */
            run->start_time_ns = wf_time_of(event->event_time) - sim_epoch_ns(world->scenario);
        }
        note_start(world, run, started);
        if (has_parent_here(world, run, started)) {
            record_related(world, run, run->run_id, started->parent_workflow_execution->run_id,
                           started->parent_initiated_event_id, WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW);
        }
        return true;
    case WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
        return event->attributes.activity_task_scheduled->activity_type == NULL ||
               remember_activity(world, run, event->event_id,
                                 event->attributes.activity_task_scheduled->activity_type->name);
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
        /* Nobody here sent what came elsewhere. */
        return write->fork_run_id.size_bytes == 0 || remember_signal(world, run, event);
    case WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
        if (is_from_elsewhere(world, run)) { /* of a reset, the run before it has told */
            note_relation(world, run, event);
        }
        return true;
    case WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
        while (run->unseen != NULL &&
               run->unseen->event_id < event->attributes.workflow_task_completed->started_event_id) {
            forget_signal(world, run);
        }
        return true;
    default:
        return true;
    }
}

static bool note_event(struct sim_world *world, struct sim_run_record *run, const struct wf_event *event)
{
    const int32_t status = closing_status(event->event_type);

    if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED) {
        note_start(world, run, event->attributes.workflow_execution_started);
    }
    if (event->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED &&
        event->attributes.activity_task_scheduled->activity_type != NULL &&
        !remember_activity(world, run, event->event_id,
                           event->attributes.activity_task_scheduled->activity_type->name)) {
        return false;
    }
    run->event_count = event->event_id;
    run->last_event_time_ns = world->loop.now_ns;
    sim_world_record(world, (struct sim_record){.kind = SIM_RECORD_EVENT,
                                                .subject = run->workflow->id,
                                                .a = wf_string_of(wf_event_type_name(event->event_type)),
                                                .b = detail_of(run, event),
                                                .x = event->event_id,
                                                .y = event->event_type});
    note_relation(world, run, event);
    note_update(world, run, event);
    if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED && !remember_signal(world, run, event)) {
        return false;
    }
    if (event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED) {
        record_handled(world, run, event->attributes.workflow_task_completed->started_event_id);
    }
    if (status != 0) {
        note_close(world, run, event, status);
    }
    return true;
}

static int32_t last_task_event(const struct wf_history_message *history)
{
    for (uint32_t i = history->events.count; i > 0; i--) {
        const int32_t type = history->events.items[i - 1].event_type;

        if (type >= WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED && type <= WF_EVENT_TYPE_WORKFLOW_TASK_FAILED) {
            return type;
        }
    }
    return 0;
}

/* Adds the batch's events to those of the write before it. */
static bool note_batch(struct sim_world *world, struct sim_run_record *run, const struct wf_db_run_write *write,
                       const struct wf_db_batch *batch, struct wf_history_message *history)
{
    uint32_t i = history->events.count;

    if (wf_wire_decode(&world->step_arena, &wf_type_history_message, batch->bytes, history, &world->error) != WF_OK) {
        return sim_world_fail(world, world->error.status, "a history batch that the service wrote cannot be read");
    }
    for (; i < history->events.count; i++) {
        const struct wf_event *event = &history->events.items[i];

        if (event->event_id > write->fork_event_id ? !note_event(world, run, event) : !note_copy(world, run, write, event)) {
            return false;
        }
        if (event->event_id == write->fork_event_id) {
            sim_world_record(world, (struct sim_record){.kind = write->fork_run_id.size_bytes > 0 ? SIM_RECORD_RUN_RESET
                                                                                                         : SIM_RECORD_RUN_RESTORED,
                                                        .subject = run->workflow->id,
                                                        .a = run->run_id,
                                                        .b = write->fork_run_id,
                                                        .x = write->fork_event_id + 1,
                                                        .y = last_task_event(history)});
        }
    }
    return true;
}

static void tell_commit(struct sim_world *world, const struct sim_envelope *envelope,
                        const struct wf_history_message *events)
{
    if (world->config.commit_observer != NULL) {
        world->config.commit_observer(world->config.observer_context,
                                      &(struct sim_commit){.time_ns = world->loop.now_ns,
                                                           .step = world->loop.step_count,
                                                           .clock_ns = sim_node_clock(world, envelope->from),
                                                           .clock_spread_ns = sim_world_clock_spread(world),
                                                           .node = world->nodes[envelope->from].name,
                                                           .write = envelope->content->store->op.write,
                                                           .events = events,
                                                           .cause = envelope->cause});
    }
}

void sim_commit_write(struct sim_world *world, const struct sim_envelope *envelope)
{
    const struct wf_db_write *write = envelope->content->store->op.write;
    struct wf_history_message *events = wf_arena_take_array(&world->step_arena, write->runs.count, sizeof *events);

    if (events == NULL) {
        sim_world_fail(world, WF_ERR_MEMORY, "no memory for the events of a write");
        return;
    }
    for (uint32_t i = 0; i < write->runs.count && world->status == WF_OK; i++) {
        const struct wf_db_run_write *run_write = &write->runs.items[i];
        const struct sim_db_run *rows = sim_database_run(&world->database, run_write->run_id);
        struct sim_run_record *run = rows->context != NULL ? rows->context : new_run(world, run_write);

        for (uint32_t j = 0; run != NULL && j < run_write->batches.count; j++) {
            if (!note_batch(world, run, run_write, &run_write->batches.items[j], &events[i])) {
                return;
            }
        }
    }
    for (uint32_t i = 0; i < write->runs.count && world->status == WF_OK; i++) {
        settle_workflow(world, sim_database_run(&world->database, write->runs.items[i].run_id)->context);
    }
    if (world->status == WF_OK) {
        tell_commit(world, envelope, events);
    }
}

void sim_commit_drop(struct sim_world *world)
{
    struct sim_run_record *run = world->closed.first;

    WF_ASSERT(run != NULL);
    if (world->config.drop_observer != NULL) {
        world->config.drop_observer(world->config.observer_context, run->run_id);
    }
    world->closed.first = run->next_closed;
    while (run->unseen != NULL) {
        forget_signal(world, run);
    }
    if (run->scheduled.items != NULL) {
        sim_world_give(world, run->scheduled.items, run->scheduled.capacity * sizeof *run->scheduled.items);
        memset(&run->scheduled, 0, sizeof run->scheduled);
    }
    sim_database_drop_run(&world->database, run->rows);
    if (world->closed.first != NULL) {
        push_drop(world);
    }
}
