/* Each failure is a message, an info that says what failed, and a cause that says why. */
#include "engine/worker/failures.h"

static struct wf_failure *failure_new(struct wf_run *run, struct wf_string message,
                                      uint32_t info_case, void *info)
{
    struct wf_failure *failure = info == NULL ? NULL : WF_RUN_NEW(run, struct wf_failure);

    if (failure != NULL) {
        failure->message = message;
        failure->failure_info_case = info_case;
        failure->failure_info.any = info;
    }
    return failure;
}

/* ---- Causes ---- */

struct wf_failure *wf_failure_timeout(struct wf_run *run)
{
    struct wf_timeout_failure_info *info = WF_RUN_NEW(run, struct wf_timeout_failure_info);

    if (info != NULL) {
        info->timeout_type = WF_TIMEOUT_TYPE_START_TO_CLOSE;
    }
    return failure_new(run, WF_STR("Timeout"), WF_CASE_failure_timeout_failure_info, info);
}

struct wf_failure *wf_failure_terminated(struct wf_run *run)
{
    return failure_new(run, WF_STR("Terminated"), WF_CASE_failure_terminated_failure_info,
                       WF_RUN_NEW(run, struct wf_terminated_failure_info));
}

struct wf_failure *wf_failure_canceled(struct wf_run *run, struct wf_payloads *details)
{
    struct wf_canceled_failure_info *info = WF_RUN_NEW(run, struct wf_canceled_failure_info);

    if (info != NULL) {
        info->details = details;
    }
    return failure_new(run, WF_STR("Canceled"), WF_CASE_failure_canceled_failure_info, info);
}

/* ---- Activities ---- */

static struct wf_failure *of_activity(struct wf_run *run, const struct wf_machine *machine,
                                      const char *message, struct wf_failure *cause)
{
    struct wf_activity_failure_info *info = WF_RUN_NEW(run, struct wf_activity_failure_info);
    struct wf_failure *failure = failure_new(run, wf_string_of(message),
                                             WF_CASE_failure_activity_failure_info, info);

    if (failure == NULL) {
        return NULL;
    }
    failure->cause = cause;
    info->started_event_id = machine->started_event_id;
    if (machine->origin != NULL) {
        info->scheduled_event_id = machine->origin->event_id;
        info->activity_type = machine->origin->attributes.activity_task_scheduled->activity_type;
        info->activity_id = machine->origin->attributes.activity_task_scheduled->activity_id;
    }
    return failure;
}

struct wf_failure *wf_failure_of_activity(struct wf_run *run, const struct wf_machine *machine,
                                          const struct wf_event *event)
{
    struct wf_failure *failure = NULL;

    if (event->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_FAILED) {
        const struct wf_event_activity_task_failed *failed = event->attributes.activity_task_failed;

        failure = of_activity(run, machine, "Activity task failed", failed->failure);
        if (failure != NULL) {
            failure->failure_info.activity_failure_info->identity = failed->identity;
            failure->failure_info.activity_failure_info->retry_state = failed->retry_state;
        }
    } else if (event->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT) {
        const struct wf_event_activity_task_timed_out *timed_out =
            event->attributes.activity_task_timed_out;

        failure = of_activity(run, machine, "Activity task timed out", timed_out->failure);
        if (failure != NULL) {
            failure->failure_info.activity_failure_info->retry_state = timed_out->retry_state;
        }
    } else {
        failure = of_activity(
            run, machine, "Activity cancelled",
            wf_failure_canceled(run, event->attributes.activity_task_canceled->details));
        if (failure != NULL) {
            failure->failure_info.activity_failure_info->retry_state =
                WF_RETRY_STATE_CANCEL_REQUESTED;
        }
    }
    return failure;
}

struct wf_failure *wf_failure_of_activity_canceled_now(struct wf_run *run,
                                                       struct wf_machine *machine)
{
    const struct wf_queued *queued = machine->origin == NULL ? wf_queue_of(run, machine) : NULL;
    struct wf_failure *failure = of_activity(run, machine, "Activity cancelled",
                                             wf_failure_canceled(run, NULL));
    struct wf_activity_failure_info *info = NULL;

    if (failure == NULL) {
        return NULL;
    }
    info = failure->failure_info.activity_failure_info;
    info->retry_state = WF_RETRY_STATE_CANCEL_REQUESTED;
    info->scheduled_event_id = 0; /* the ids are zero when no event says so (replay-rules 4.1) */
    info->started_event_id = 0;
    if (queued != NULL) {
        info->activity_id = wf_run_copy_text(run, wf_queued_id(run, queued));
        info->activity_type = WF_RUN_NEW(run, struct wf_activity_type);
        if (info->activity_type != NULL) {
            info->activity_type->name = wf_run_copy_text(run, queued->type);
        }
    }
    return failure;
}

struct wf_failure *wf_failure_local_canceled(struct wf_run *run)
{
    struct wf_failure *failure = wf_failure_canceled(run, NULL);

    if (failure != NULL) {
        failure->message = WF_STR("Activity cancelled");
    }
    return failure;
}

struct wf_failure *wf_failure_of_local_canceled(struct wf_run *run,
                                                const struct wf_machine *machine,
                                                struct wf_failure *cause)
{
    struct wf_activity_failure_info *info = WF_RUN_NEW(run, struct wf_activity_failure_info);
    struct wf_activity_type *type = WF_RUN_NEW(run, struct wf_activity_type);
    struct wf_failure *failure = failure_new(run, WF_STR("Local Activity cancelled"),
                                             WF_CASE_failure_activity_failure_info, info);

    if (failure != NULL && type != NULL) {
        type->name = machine->type;
        info->activity_type = type;
        info->activity_id = machine->id;
        info->retry_state = WF_RETRY_STATE_CANCEL_REQUESTED;
        failure->cause = cause;
    }
    return failure;
}

/* ---- Children ---- */

static int32_t retry_state_of(const struct wf_failure *cause)
{
    if (cause != NULL && cause->failure_info_case == WF_CASE_failure_timeout_failure_info) {
        return WF_RETRY_STATE_TIMEOUT;
    }
    if (cause != NULL && cause->failure_info_case == WF_CASE_failure_canceled_failure_info) {
        return WF_RETRY_STATE_CANCEL_REQUESTED;
    }
    return WF_RETRY_STATE_NON_RETRYABLE_FAILURE;
}

struct wf_failure *wf_failure_of_child(struct wf_run *run, const struct wf_machine *machine,
                                       struct wf_failure *cause, const char *message)
{
    struct wf_child_workflow_execution_failure_info *info = WF_RUN_NEW(
        run, struct wf_child_workflow_execution_failure_info);
    struct wf_workflow_execution *execution = WF_RUN_NEW(run, struct wf_workflow_execution);
    struct wf_failure *failure = failure_new(
        run, wf_string_of(message), WF_CASE_failure_child_workflow_execution_failure_info, info);

    if (failure == NULL || execution == NULL) {
        return NULL;
    }
    failure->cause = cause;
    info->retry_state = retry_state_of(cause);
    info->started_event_id = machine->started_event_id;
    info->workflow_execution = execution;
    execution->run_id = machine->run_id;
    if (machine->origin != NULL) {
        const struct wf_event_start_child_workflow_execution_initiated *initiated =
            machine->origin->attributes.start_child_workflow_execution_initiated;

        info->namespace = initiated->namespace;
        info->workflow_type = initiated->workflow_type;
        info->initiated_event_id = machine->origin->event_id;
        execution->workflow_id = initiated->workflow_id;
    }
    return failure;
}

struct wf_failure *wf_failure_of_child_withdrawn(struct wf_run *run,
                                                 const struct wf_machine *machine,
                                                 struct wf_string reason)
{
    const struct wf_queued *queued = wf_queue_of(run, machine);
    struct wf_failure *failure = wf_failure_of_child(run, machine, wf_failure_canceled(run, NULL),
                                                     "");
    struct wf_child_workflow_execution_failure_info *info = NULL;
    struct wf_buffer text;

    wf_buffer_init(&text, &run->arena);
    wf_buffer_printf(&text, "Child Workflow Execution cancelled before scheduled: %S", &reason);
    if (failure == NULL || queued == NULL || text.is_full) {
        return failure;
    }
    failure->message = wf_buffer_string(&text);
    info = failure->failure_info.child_workflow_execution_failure_info;
    info->workflow_execution->workflow_id = wf_run_copy_text(run, queued->id);
    info->workflow_type = WF_RUN_NEW(run, struct wf_workflow_type);
    if (info->workflow_type != NULL) {
        info->workflow_type->name = wf_run_copy_text(run, queued->type);
    }
    return failure;
}

/* ---- External requests ---- */

/* "EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND" of the whole name, as core words it. */
static struct wf_string cause_name(const struct wf_enum_type *causes, int32_t cause)
{
    const char *name = wf_enum_name(causes, cause);

    return name == NULL ? WF_STR("UNKNOWN") : wf_string_of(name + strlen(causes->prefix));
}

static struct wf_string reason_of(int32_t cause)
{
    /* Both enums number these two alike. */
    switch (cause) {
    case WF_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND:
        return WF_STR("it was not found");
    case WF_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_NAMESPACE_NOT_FOUND:
        return WF_STR("the namespace was not found");
    case WF_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_SIGNAL_COUNT_LIMIT_EXCEEDED:
        return WF_STR("it has too many signals");
    default:
        return WF_STR("of an unknown reason");
    }
}

struct wf_failure *wf_failure_of_external(struct wf_run *run, const char *verb,
                                          const struct wf_enum_type *causes, int32_t cause)
{
    const struct wf_string reason = reason_of(cause);
    struct wf_application_failure_info *info = WF_RUN_NEW(run, struct wf_application_failure_info);
    struct wf_buffer text;

    wf_buffer_init(&text, &run->arena);
    wf_buffer_printf(&text, "Unable to %s external workflow because %S", verb, &reason);
    if (info == NULL || text.is_full) {
        run->is_full = true;
        return NULL;
    }
    info->type = cause_name(causes, cause);
    return failure_new(run, wf_buffer_string(&text), WF_CASE_failure_application_failure_info,
                       info);
}

struct wf_failure *wf_failure_of_signal_withdrawn(struct wf_run *run)
{
    struct wf_failure *failure = wf_failure_canceled(run, NULL);

    if (failure != NULL) {
        failure->message = WF_STR("Signal was cancelled before being sent");
    }
    return failure;
}

/* ---- Nexus and tasks ---- */

struct wf_failure *wf_failure_of_nexus(struct wf_run *run, const struct wf_machine *machine,
                                       const char *message)
{
    struct wf_nexus_operation_failure_info *info = WF_RUN_NEW(
        run, struct wf_nexus_operation_failure_info);
    struct wf_failure *failure = failure_new(
        run, wf_string_of(message), WF_CASE_failure_nexus_operation_execution_failure_info, info);

    if (failure == NULL) {
        return NULL;
    }
    failure->cause = wf_failure_canceled(run, NULL);
    if (machine->origin != NULL) {
        const struct wf_event_nexus_operation_scheduled *scheduled =
            machine->origin->attributes.nexus_operation_scheduled;

        info->scheduled_event_id = machine->origin->event_id;
        info->endpoint = scheduled->endpoint;
        info->service = scheduled->service;
        info->operation = scheduled->operation;
    }
    return failure;
}

struct wf_failure *wf_failure_of_task(struct wf_run *run, struct wf_string message)
{
    return failure_new(run, message, WF_CASE_failure_application_failure_info,
                       WF_RUN_NEW(run, struct wf_application_failure_info));
}
