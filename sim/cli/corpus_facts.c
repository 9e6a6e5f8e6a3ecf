/* One look at each event; what it takes two events to see is kept on the way. */
#include "sim/cli/corpus_facts.h"

const struct cli_trait_row cli_trait_rows[CLI_TRAIT_COUNT] = {
#define CLI_TRAIT(NAME, group, needs, words, json)                                                                     \
    [CLI_TRAIT_##NAME] = {CLI_TRAIT_GROUP_##group, CLI_TRAIT_##needs, words, json},
#include "sim/cli/corpus_traits.def"
};

_Static_assert(CLI_TRAIT_COUNT <= 64, "traits are bits of a word");

#define BIT(NAME) (UINT64_C(1) << CLI_TRAIT_##NAME)

struct look {
    uint64_t traits;
    bool had_task;             /* a workflow task started */
    struct wf_string identity; /* of the last worker of one */
};

static bool is_heartbeat_timeout(const struct wf_failure *failure)
{
    return failure != NULL && failure->failure_info_case == WF_CASE_failure_timeout_failure_info &&
           failure->failure_info.timeout_failure_info->timeout_type == WF_TIMEOUT_TYPE_HEARTBEAT;
}

/* ---- Workflow tasks and the run ---- */

static uint64_t see_task_started(struct look *look, const struct wf_event_workflow_task_started *started)
{
    const bool is_other = look->identity.size_bytes > 0 && started->identity.size_bytes > 0 &&
                          !wf_string_equal(look->identity, started->identity);

    look->had_task = true;
    look->identity = started->identity;
    return is_other ? BIT(WORKER_CHANGED) : 0;
}

static uint64_t see_run(struct look *look, const struct wf_event *event)
{
    switch (event->event_type) {
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
        return event->attributes.workflow_execution_started->attempt > 1 ? BIT(RETRIED) : 0;
    case WF_EVENT_TYPE_WORKFLOW_TASK_STARTED:
        return see_task_started(look, event->attributes.workflow_task_started);
    case WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
        return BIT(TASK_TIMED_OUT);
    case WF_EVENT_TYPE_WORKFLOW_TASK_FAILED:
        return event->attributes.workflow_task_failed->cause == WF_WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW
                   ? BIT(RESET)
                   : BIT(TASK_FAILED);
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
        return BIT(CANCEL_REQUESTED);
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
        return BIT(SIGNAL) | (look->had_task ? 0 : BIT(SIGNAL_EARLY));
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
        return BIT(UPDATE);
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED: {
        const struct wf_update_outcome *outcome = event->attributes.workflow_execution_update_completed->outcome;

        return outcome != NULL && outcome->value_case == WF_CASE_update_outcome_failure ? BIT(UPDATE_FAILED) : 0;
    }
    default:
        return 0;
    }
}

/* ---- Steps ---- */

static bool is_patch(struct wf_string marker)
{
    return wf_string_is(marker, "core_patch") || wf_string_is(marker, "Version");
}

static uint64_t see_marker(const struct wf_event_marker_recorded *marker)
{
    const bool is_local = wf_string_is(marker->marker_name, "core_local_activity") ||
                          wf_string_is(marker->marker_name, "LocalActivity");

    return (is_patch(marker->marker_name) ? BIT(PATCH) : 0) | (is_local ? BIT(LOCAL_ACTIVITY) : 0) |
           (is_local && marker->failure != NULL ? BIT(LOCAL_FAILED) : 0);
}

static bool has_heartbeat(const struct wf_event_activity_task_scheduled *scheduled)
{
    return scheduled->heartbeat_timeout.seconds > 0 || scheduled->heartbeat_timeout.nanos > 0;
}

static uint64_t see_activity(const struct wf_event *event)
{
    switch (event->event_type) {
    case WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
        return BIT(ACTIVITY) | (has_heartbeat(event->attributes.activity_task_scheduled) ? BIT(HEARTBEAT) : 0);
    case WF_EVENT_TYPE_ACTIVITY_TASK_STARTED:
        return (event->attributes.activity_task_started->attempt > 1 ? BIT(ACTIVITY_RETRIED) : 0) |
               (is_heartbeat_timeout(event->attributes.activity_task_started->last_failure) ? BIT(HEARTBEAT_MISSED) : 0);
    case WF_EVENT_TYPE_ACTIVITY_TASK_FAILED:
        return BIT(ACTIVITY_FAILED);
    case WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
        return BIT(ACTIVITY_TIMED_OUT) |
               (is_heartbeat_timeout(event->attributes.activity_task_timed_out->failure) ? BIT(HEARTBEAT_MISSED) : 0);
    case WF_EVENT_TYPE_ACTIVITY_TASK_CANCELED:
        return BIT(ACTIVITY_CANCELED);
    case WF_EVENT_TYPE_MARKER_RECORDED:
        return see_marker(event->attributes.marker_recorded);
    default:
        return 0;
    }
}

/* Those of which the type says all. */
static const uint64_t traits_of_types[WF_EVENT_TYPE_COUNT] = {
    [WF_EVENT_TYPE_TIMER_STARTED] = BIT(TIMER),
    [WF_EVENT_TYPE_TIMER_CANCELED] = BIT(TIMER_CANCELED),
    [WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED] = BIT(CHILD),
    [WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED] = BIT(CHILD_NOT_STARTED),
    [WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED] = BIT(CHILD_FAILED),
    [WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT] = BIT(CHILD_FAILED),
    [WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED] = BIT(CHILD_STOPPED),
    [WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED] = BIT(CHILD_STOPPED),
    [WF_EVENT_TYPE_NEXUS_OPERATION_SCHEDULED] = BIT(NEXUS),
    [WF_EVENT_TYPE_NEXUS_OPERATION_FAILED] = BIT(NEXUS_FAILED),
    [WF_EVENT_TYPE_NEXUS_OPERATION_TIMED_OUT] = BIT(NEXUS_FAILED),
    [WF_EVENT_TYPE_NEXUS_OPERATION_CANCELED] = BIT(NEXUS_FAILED),
    [WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED] = BIT(EXTERNAL),
    [WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED] = BIT(EXTERNAL),
    [WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED] = BIT(EXTERNAL_FAILED),
    [WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED] = BIT(EXTERNAL_FAILED),
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED] = BIT(COMPLETED),
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED] = BIT(FAILED),
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT] = BIT(TIMED_OUT),
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED] = BIT(CANCELED),
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED] = BIT(TERMINATED),
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW] = BIT(CONTINUED),
};

uint64_t cli_traits_of(const struct wf_history *history)
{
    struct look look = {.traits = BIT(RUN)};
    bool is_closed = false;

    for (uint32_t i = 0; i < history->event_count; i++) {
        const struct wf_event *event = &history->events[i];

        if (wf_event_has_attributes(event)) {
            look.traits |= traits_of_types[event->event_type] | see_run(&look, event) | see_activity(event);
            is_closed = is_closed || wf_event_is_close(event->event_type);
        }
    }
    return look.traits | (is_closed ? 0 : BIT(OPEN));
}
