/*
 * Resets as operators make them: they read the history, choose a workflow task in it, and name its event. What they read is
 * what is committed at that moment; the run may have gone on when the request arrives.
 */
#include "engine/base/assert.h"
#include "engine/codec.h"
#include "sim/world/parts.h"

/* The committed events of a run. False when memory is gone. */
static bool read_events(struct sim_world *world, const struct sim_run_record *run, struct wf_history_message *history)
{
    const struct sim_db_node **nodes = NULL;
    uint32_t count = 0;

    nodes = sim_database_resolve(run->rows, &world->step_arena, 1, run->rows->last_event_id, &count);
    for (uint32_t i = 0; nodes != NULL && i < count; i++) {
        if (wf_wire_decode(&world->step_arena, &wf_type_history_message, nodes[i]->bytes, history, &world->error) !=
            WF_OK) {
            return sim_world_fail(world, world->error.status, "a history that the service wrote cannot be read");
        }
    }
    return nodes != NULL;
}

/* True when a reset may begin again before this event (engine-semantics 7.10 step 1). */
static bool is_boundary(const struct wf_history_message *history, uint32_t index)
{
    const struct wf_event *before = &history->events.items[index - 1];

    switch (history->events.items[index].event_type) {
    case WF_EVENT_TYPE_WORKFLOW_TASK_STARTED:
        return true;
    case WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
    case WF_EVENT_TYPE_WORKFLOW_TASK_FAILED:
    case WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
        return before->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_STARTED;
    default:
        return before->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_FAILED ||
               (before->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT &&
                before->attributes.workflow_task_timed_out->timeout_type == WF_TIMEOUT_TYPE_START_TO_CLOSE);
    }
}

/* One of the boundaries; 0: there is none. */
static int64_t pick_boundary(const struct wf_history_message *history, uint64_t pick)
{
    uint64_t count = 0;

    for (uint32_t i = 1; i < history->events.count; i++) {
        count += is_boundary(history, i) ? 1 : 0;
    }
    for (uint32_t i = 1, seen = 0; i < history->events.count; i++) {
        if (is_boundary(history, i) && seen++ == pick % count) {
            return history->events.items[i].event_id;
        }
    }
    return 0;
}

/* The completion of the first or last workflow task; 0: none has completed. */
static int64_t find_completion(const struct wf_history_message *history, bool wants_last)
{
    int64_t event_id = 0;

    for (uint32_t i = 0; i < history->events.count; i++) {
        if (history->events.items[i].event_type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED &&
            (event_id == 0 || wants_last)) {
            event_id = history->events.items[i].event_id;
        }
    }
    return event_id;
}

bool sim_reset_fill(struct sim_world *world, const struct sim_client *client, const struct sim_run_record *run,
                    uint64_t pick, struct wf_svc_reset_workflow *request)
{
    struct wf_history_message history = {0};

    if (!read_events(world, run, &history)) {
        return false;
    }
    request->workflow_execution->run_id = run->run_id;
    if (client == NULL) {
        request->workflow_task_finish_event_id = pick_boundary(&history, pick);
        return true;
    }
    request->workflow_task_finish_event_id = client->reset_point == SIM_RESET_EVENT
                                                 ? client->reset_event_id
                                                 : find_completion(&history, client->reset_point ==
                                                                                 SIM_RESET_LAST_TASK);
    request->reset_reapply_type = client->reapply;
    for (int32_t type = WF_RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL; type <= WF_RESET_REAPPLY_EXCLUDE_TYPE_NEXUS; type++) {
        int32_t *excluded = (client->reapply_exclude >> type & 1U) == 0
                                ? NULL
                                : WF_LIST_APPEND(&world->step_arena, request->reset_reapply_exclude_types);

        if (excluded != NULL) {
            *excluded = type;
        }
    }
    return true;
}
