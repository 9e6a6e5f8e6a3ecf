/*
 * Signals.
 *
 * Source: engine-semantics 3.5 "close attempted", 5.2.
 */
#include "tests/model/transaction.h"

bool model_signal_is_known(const struct model_transaction *tx, struct wf_string request_id)
{
    if (request_id.size_bytes == 0) {
        return false;
    }
    for (uint32_t i = 0; i < tx->state->signal_request_ids.count; i++) {
        if (wf_string_equal(tx->state->signal_request_ids.items[i], request_id)) {
            return true;
        }
    }
    return false;
}

void model_write_signal(struct model_transaction *tx, const struct model_signal *signal)
{
    struct wf_event_workflow_execution_signaled *event = model_event(tx, WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED);

    event->signal_name = signal->name;
    event->input = signal->input;
    event->identity = signal->identity;
    event->header = signal->header;
    event->request_id = signal->request_id;
    event->external_workflow_execution = signal->from;
    tx->state->signal_count++;
    if (signal->request_id.size_bytes > 0) {
        *(struct wf_string *)WF_LIST_APPEND(tx->arena, tx->state->signal_request_ids) = signal->request_id;
    }
}

static bool is_parent(const struct model_transaction *tx, const struct wf_workflow_execution *caller)
{
    const struct wf_workflow_execution *parent = tx->start->parent;

    return parent != NULL && caller != NULL && wf_string_equal(parent->workflow_id, caller->workflow_id) &&
           wf_string_equal(parent->run_id, caller->run_id);
}

void model_signal(struct model_transaction *tx)
{
    const struct wf_svc_signal_workflow *request = tx->operation->request->call.signal_workflow;
    const struct wf_workflow_execution *target = request->workflow_execution;
    struct model *model = tx->model;
    struct model_run *run = model_run_find(model, target->workflow_id, target->run_id);
    const struct model_signal signal = {request->signal_name, request->input,      request->identity,
                                        request->header,      request->request_id, request->external_workflow_execution};

    if (!model_is_run_id(target->run_id)) {
        model_reply(tx, WF_CALL_NOT_FOUND);
        return;
    }
    if (!model_is_id(model, request->signal_name)) {
        model_reply(tx, WF_CALL_INVALID_ARGUMENT);
        return;
    }
    if (run == NULL) {
        model_reply(tx, WF_CALL_NOT_FOUND);
        return;
    }
    model_transaction_begin(tx, model, model_workflow_find(model, target->workflow_id), run);
    if (model_signal_is_known(tx, request->request_id)) {
        model_reply(tx, WF_CALL_OK); /* even of a closed run */
    } else if (!model_run_is_open(run)) {
        model_reply(tx, WF_CALL_NOT_FOUND);
    } else if (model_is_signal_too_large(tx, request->input, request->header) ||
               tx->state->signal_count >= model->limits.signals_max) {
        model_reply(tx, WF_CALL_INVALID_ARGUMENT);
    } else if (request->child_workflow_only && !is_parent(tx, request->external_workflow_execution)) {
        model_reply(tx, WF_CALL_NOT_FOUND);
    } else {
        /* The guard is the owner's memory; whoever forgot it accepts. */
        tx->outcome->is_uncertain = run->is_close_attempted && tx->state->workflow_task != NULL &&
                                    tx->state->workflow_task->started_event_id != 0;
        model_write_signal(tx, &signal);
        /* A child that its parent has not let go begins now, but for its schedule. */
        tx->state->is_held = tx->state->is_held && tx->state->is_in_backoff;
        tx->wants_task = !tx->state->is_in_backoff;
        model_reply(tx, WF_CALL_OK);
        model_transaction_commit(tx);
    }
}
