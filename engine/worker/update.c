/*
 * An update's request comes from the event that admitted it or, most often, from the one that
 * accepted it; the code is asked in the activation before that event (replay-rules 1.7, 1.13).
 */
#include "engine/worker/update.h"

struct wf_machine *wf_run_update(const struct wf_run *run, struct wf_string instance_id)
{
    return wf_map_get(&run->updates, instance_id);
}

static void begin(struct wf_run *run, const struct wf_update_request *request,
                  struct wf_string instance_id)
{
    struct wf_machine *machine = NULL;

    if (wf_run_update(run, instance_id) != NULL) {
        return;
    }
    machine = wf_run_add_machine(run, WF_MACHINE_UPDATE, 0);
    if (machine == NULL) {
        return;
    }
    machine->id = instance_id;
    if (!wf_map_set(&run->updates, instance_id, machine)) {
        run->is_full = true;
        return;
    }
    wf_job_update(run, request, instance_id);
}

static struct wf_string update_id(const struct wf_update_request *request)
{
    return request->meta == NULL ? (struct wf_string){NULL, 0} : request->meta->update_id;
}

void wf_run_admit_update(struct wf_run *run, const struct wf_event *event)
{
    const struct wf_update_request *request =
        event->attributes.workflow_execution_update_admitted->request;
    struct wf_admitted *admitted = NULL;

    if (request == NULL || update_id(request).size_bytes == 0) {
        wf_diverge_event(run, event, "has no update request");
        return;
    }
    if (!run->is_replaying) {
        begin(run, request, update_id(request));
        return;
    }
    admitted = WF_RUN_NEW(run, struct wf_admitted);
    if (admitted != NULL) {
        admitted->request = request;
        admitted->next = run->admitted;
        run->admitted = admitted;
    }
}

/* Takes the admitted request with this id off the list. */
static const struct wf_update_request *take_admitted(struct wf_run *run, struct wf_string id)
{
    for (struct wf_admitted **link = &run->admitted; *link != NULL; link = &(*link)->next) {
        if (wf_string_equal(update_id((*link)->request), id)) {
            const struct wf_update_request *request = (*link)->request;

            *link = (*link)->next;
            return request;
        }
    }
    return NULL;
}

void wf_run_begin_accepted_update(struct wf_run *run, const struct wf_event *event)
{
    const struct wf_event_workflow_execution_update_accepted *accepted =
        event->attributes.workflow_execution_update_accepted;
    const struct wf_update_request *request = NULL;

    if (accepted == NULL || accepted->protocol_instance_id.size_bytes == 0) {
        wf_diverge_event(run, event, "names no update");
        return;
    }
    request = take_admitted(run, accepted->protocol_instance_id);
    if (request == NULL) {
        request = accepted->accepted_request;
    }
    if (request == NULL) {
        wf_diverge_event(run, event, "has no update request");
        return;
    }
    begin(run, request, accepted->protocol_instance_id);
}
