/*
 * Sets of event types as bits, for loops over every event of a history.
 */
#ifndef WF_ENGINE_EVENT_SETS_H
#define WF_ENGINE_EVENT_SETS_H

#include "engine/schema.h"

#define WF_EVENT_BIT(NAME) (UINT64_C(1) << WF_EVENT_TYPE_##NAME)

_Static_assert(WF_EVENT_TYPE_COUNT <= 64, "a set has a bit for each event type");

/* Events that mirror a command (replay-rules 1.2). */
#define WF_COMMAND_EVENTS                                                                                              \
    (WF_EVENT_BIT(ACTIVITY_TASK_SCHEDULED) | WF_EVENT_BIT(ACTIVITY_TASK_CANCEL_REQUESTED) |                            \
     WF_EVENT_BIT(TIMER_STARTED) | WF_EVENT_BIT(TIMER_CANCELED) | WF_EVENT_BIT(MARKER_RECORDED) |                      \
     WF_EVENT_BIT(START_CHILD_WORKFLOW_EXECUTION_INITIATED) |                                                          \
     WF_EVENT_BIT(REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED) |                                              \
     WF_EVENT_BIT(SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED) |                                                      \
     WF_EVENT_BIT(UPSERT_WORKFLOW_SEARCH_ATTRIBUTES) | WF_EVENT_BIT(WORKFLOW_PROPERTIES_MODIFIED) |                    \
     WF_EVENT_BIT(NEXUS_OPERATION_SCHEDULED) | WF_EVENT_BIT(NEXUS_OPERATION_CANCEL_REQUESTED) |                        \
     WF_EVENT_BIT(WORKFLOW_EXECUTION_UPDATE_ACCEPTED) | WF_EVENT_BIT(WORKFLOW_EXECUTION_UPDATE_REJECTED) |             \
     WF_EVENT_BIT(WORKFLOW_EXECUTION_UPDATE_COMPLETED) | WF_EVENT_BIT(WORKFLOW_EXECUTION_COMPLETED) |                  \
     WF_EVENT_BIT(WORKFLOW_EXECUTION_FAILED) | WF_EVENT_BIT(WORKFLOW_EXECUTION_CANCELED) |                             \
     WF_EVENT_BIT(WORKFLOW_EXECUTION_CONTINUED_AS_NEW))

/* The last event of a run. */
#define WF_CLOSE_EVENTS                                                                                                \
    (WF_EVENT_BIT(WORKFLOW_EXECUTION_COMPLETED) | WF_EVENT_BIT(WORKFLOW_EXECUTION_FAILED) |                            \
     WF_EVENT_BIT(WORKFLOW_EXECUTION_TIMED_OUT) | WF_EVENT_BIT(WORKFLOW_EXECUTION_CANCELED) |                          \
     WF_EVENT_BIT(WORKFLOW_EXECUTION_TERMINATED) | WF_EVENT_BIT(WORKFLOW_EXECUTION_CONTINUED_AS_NEW))

/* The type may be any number. */
static inline bool wf_event_in(int32_t event_type, uint64_t set)
{
    return (uint32_t)event_type < WF_EVENT_TYPE_COUNT && (set >> event_type & 1) != 0;
}

#endif
