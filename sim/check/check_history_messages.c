/* Invariants of what reaches a run from outside: signals, cancel requests, updates (engine-semantics 10.6, 10.8). */
#include "sim/check/history_facts.h"

/* I55: a request id is recorded once. A reset may bring one back from before it. */
static void check_signals(struct sim_history_facts *facts)
{
    struct wf_map seen;

    wf_map_init(&seen, facts->arena);
    for (uint32_t i = 0; i < facts->count && !facts->is_reset; i++) {
        struct wf_string id = {NULL, 0};
        const int64_t *before = NULL;

        if (facts->events[i].event_type != WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED || !facts->is_sound[i]) {
            continue;
        }
        id = facts->events[i].attributes.workflow_execution_signaled->request_id;
        before = id.size_bytes == 0 ? NULL : wf_map_get(&seen, id);
        if (before != NULL) {
            sim_history_find(facts, "I55", i, "event %lld %s repeats the request id of event %lld: one signal came twice",
                             SIM_EVENT_ARGS(facts, i), (long long)*before);
        } else if (id.size_bytes > 0) {
            int64_t *event_id = WF_ARENA_NEW(facts->arena, int64_t);

            if (event_id == NULL || !wf_map_set(&seen, id, event_id)) {
                facts->is_full = true;
                return;
            }
            *event_id = facts->events[i].event_id;
        }
    }
}

/* I59: a run is asked to cancel once. */
static void check_cancel(struct sim_history_facts *facts)
{
    const sim_event_types asked = SIM_TYPE(WORKFLOW_EXECUTION_CANCEL_REQUESTED);
    const uint32_t first = sim_history_next(facts, 0, asked);
    const uint32_t second = first == facts->count ? first : sim_history_next(facts, first + 1, asked);

    if (second < facts->count) {
        sim_history_find(facts, "I59", second, "event %lld %s repeats event %u", SIM_EVENT_ARGS(facts, second), first + 1);
    }
}

struct update {
    uint32_t accepted;
    uint32_t completed; /* + 1; 0: not yet */
    struct wf_string id;
};

static struct wf_string update_id_of(const struct wf_event_workflow_execution_update_accepted *accepted)
{
    if (accepted->accepted_request != NULL && accepted->accepted_request->meta != NULL) {
        return accepted->accepted_request->meta->update_id;
    }
    /* An admitted update carries its request in the Admitted event; the instance is named by the update's id. */
    return accepted->protocol_instance_id;
}

static bool was_admitted(const struct sim_history_facts *facts, uint32_t before, struct wf_string id)
{
    for (uint32_t i = 0; i < before; i++) {
        const struct wf_event *event = &facts->events[i];

        if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ADMITTED && facts->is_sound[i]) {
            const struct wf_update_request *request = event->attributes.workflow_execution_update_admitted->request;

            if (request != NULL && request->meta != NULL && wf_string_equal(request->meta->update_id, id)) {
                return true;
            }
        }
    }
    return false;
}

/* I71 first part, I72. */
static void check_accepted(struct sim_history_facts *facts, struct wf_map *instances, uint32_t index)
{
    const struct wf_event_workflow_execution_update_accepted *accepted =
        facts->events[index].attributes.workflow_execution_update_accepted;
    struct update *update = WF_ARENA_NEW(facts->arena, struct update);

    if (update == NULL) {
        facts->is_full = true;
        return;
    }
    *update = (struct update){.accepted = index, .id = update_id_of(accepted)};
    if (wf_map_get(instances, accepted->protocol_instance_id) != NULL) {
        sim_history_find(facts, "I71", index, "event %lld %s repeats protocol instance \"%S\"",
                         SIM_EVENT_ARGS(facts, index), &accepted->protocol_instance_id);
    } else if (!wf_map_set(instances, accepted->protocol_instance_id, update)) {
        facts->is_full = true;
    }
    if (accepted->accepted_request == NULL && !was_admitted(facts, index, accepted->protocol_instance_id)) {
        sim_history_find(facts, "I72", index, "event %lld %s has no request, and no event before it admitted the update",
                         SIM_EVENT_ARGS(facts, index));
    }
    if (accepted->accepted_request_sequencing_event_id < 0 ||
        accepted->accepted_request_sequencing_event_id > (int64_t)index) {
        sim_history_find(facts, "I72", index, "event %lld %s was sequenced behind event %lld, which is not earlier",
                         SIM_EVENT_ARGS(facts, index), (long long)accepted->accepted_request_sequencing_event_id);
    }
}

/* I71: a completion names its acceptance, which has the same update id and no other completion. */
static void check_completed(struct sim_history_facts *facts, const struct wf_map *instances, uint32_t index)
{
    const struct wf_event_workflow_execution_update_completed *completed =
        facts->events[index].attributes.workflow_execution_update_completed;
    const struct wf_string id =
        completed->meta == NULL ? (struct wf_string){NULL, 0} : completed->meta->update_id;
    uint32_t position = 0;

    for (const struct wf_map_entry *entry = wf_map_next(instances, &position); entry != NULL;
         entry = wf_map_next(instances, &position)) {
        struct update *update = entry->value;

        if (completed->accepted_event_id == 0 ? !wf_string_equal(update->id, id)
                                              : completed->accepted_event_id != (int64_t)update->accepted + 1) {
            continue;
        }
        if (!wf_string_equal(update->id, id)) {
            sim_history_find(facts, "I71", index, "event %lld %s is of update \"%S\", and event %u accepted \"%S\"",
                             SIM_EVENT_ARGS(facts, index), &id, update->accepted + 1, &update->id);
        }
        if (update->completed != 0) {
            sim_history_find(facts, "I71", index, "event %lld %s completes an update that event %u completed",
                             SIM_EVENT_ARGS(facts, index), update->completed);
        }
        update->completed = index + 1;
        return;
    }
    sim_history_find(facts, "I71", index, "event %lld %s completes update \"%S\", which was not accepted",
                     SIM_EVENT_ARGS(facts, index), &id);
}

static void check_updates(struct sim_history_facts *facts)
{
    struct wf_map instances;

    wf_map_init(&instances, facts->arena);
    for (uint32_t i = 0; i < facts->count; i++) {
        if (!facts->is_sound[i]) {
            continue;
        }
        if (facts->events[i].event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED) {
            check_accepted(facts, &instances, i);
        } else if (facts->events[i].event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED) {
            check_completed(facts, &instances, i);
        }
    }
}

void sim_history_check_messages(struct sim_history_facts *facts)
{
    check_signals(facts);
    check_cancel(facts);
    check_updates(facts);
}
