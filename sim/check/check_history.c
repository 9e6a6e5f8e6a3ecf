/*
 * The shape of a history and its references, then the families that lean on them. References are a table: which member of
 * which event names an event of which types. An event with a wrong reference is left out of what follows, so that one fault
 * gives one finding.
 */
#include "sim/check/check_history.h"

#include <stddef.h>

#include "engine/time.h"
#include "sim/check/history_facts.h"

#define CLOCK_SPREAD_NS_MAX (INT64_C(366) * 24 * 3600 * WF_NS_PER_S) /* more is damage of the file, whoever wrote it */
#define CLOCK_SPREAD_NS_UNKNOWN (300 * WF_NS_PER_S) /* more than faults set them, and than a service lives with */

void sim_history_find(struct sim_history_facts *facts, const char *invariant, uint32_t index, const char *format, ...)
{
    struct sim_history_findings *findings = facts->findings;
    struct wf_buffer sentence;
    va_list arguments;

    if (findings->count == SIM_HISTORY_FINDINGS_MAX) {
        findings->dropped_count++;
        return;
    }
    wf_buffer_init(&sentence, facts->arena);
    va_start(arguments, format);
    wf_buffer_vprintf(&sentence, format, arguments);
    va_end(arguments);
    facts->is_full = facts->is_full || sentence.is_full;
    findings->items[findings->count++] =
        (struct sim_history_finding){invariant, facts->events[index].event_id, wf_buffer_string(&sentence)};
}

uint32_t sim_history_next(const struct sim_history_facts *facts, uint32_t index, sim_event_types types)
{
    while (index < facts->count && !sim_event_is_one_of(&facts->events[index], types)) {
        index++;
    }
    return index;
}

int64_t sim_time_difference(struct wf_timestamp left, struct wf_timestamp right)
{
    const int64_t seconds_max = INT64_MAX / WF_NS_PER_S - 2;
    int64_t seconds = 0;

    if (!wf_add_i64(left.seconds, -right.seconds, &seconds) || seconds > seconds_max || seconds < -seconds_max) {
        return left.seconds > right.seconds ? INT64_MAX : INT64_MIN;
    }
    return seconds * WF_NS_PER_S + left.nanos - right.nanos;
}

/* ---- I1 to I6 ---- */

/* I1. Everything else leans on it, so nothing else is judged when it breaks. */
static bool check_ids(struct sim_history_facts *facts)
{
    for (uint32_t i = 0; i < facts->count; i++) {
        if (facts->events[i].event_id != (int64_t)i + 1) {
            sim_history_find(facts, "I1", i, "event ids must be 1 to %u without a gap; in place %u stands event %lld %s",
                             facts->count, i + 1, SIM_EVENT_ARGS(facts, i));
            return false;
        }
    }
    return true;
}

/* I2: event 1 and only event 1 starts the run; I3: one close at most, and last. */
static void check_ends(struct sim_history_facts *facts)
{
    for (uint32_t i = 0; i < facts->count; i++) {
        const bool is_start = facts->events[i].event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED;

        if (is_start != (i == 0)) {
            sim_history_find(facts, "I2", i, "event 1 and only event 1 is WorkflowExecutionStarted; event %lld is %s",
                             SIM_EVENT_ARGS(facts, i));
        }
        if (wf_event_is_close(facts->events[i].event_type) && i + 1 < facts->count) {
            sim_history_find(facts, "I3", i, "event %lld %s closes the run, and %u events follow it",
                             SIM_EVENT_ARGS(facts, i), facts->count - i - 1);
        }
    }
}

/* I4: a known type, and exactly its attributes. A newer server may have types that workers are told to ignore. */
static void check_attributes(struct sim_history_facts *facts)
{
    for (uint32_t i = 0; i < facts->count; i++) {
        const struct wf_event *event = &facts->events[i];
        const bool is_known = event->event_type > 0 && event->event_type < WF_EVENT_TYPE_COUNT &&
                              wf_event_descriptors[event->event_type].name != NULL;

        if (!is_known) {
            if (!event->worker_may_ignore) {
                sim_history_find(facts, "I4", i, "event %lld has type %d, which is not known",
                                 (long long)event->event_id, event->event_type);
            }
            continue;
        }
        if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_REJECTED ||
            event->event_type == WF_EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED_EXTERNALLY) {
            sim_history_find(facts, "I4", i, "event %lld is %s, which no server writes", SIM_EVENT_ARGS(facts, i));
        }
        facts->is_sound[i] = wf_event_has_attributes(event);
        if (!facts->is_sound[i]) {
            sim_history_find(facts, "I4", i, "event %lld %s %s", SIM_EVENT_ARGS(facts, i),
                             event->attributes_case == 0 ? "has no attributes" : "has attributes of another type");
        }
    }
}

/* I5: task ids grow; I6: versions never fall. */
static void check_growth(struct sim_history_facts *facts)
{
    for (uint32_t i = 1; i < facts->count; i++) {
        const struct wf_event *before = &facts->events[i - 1];
        const struct wf_event *event = &facts->events[i];

        /* Exporters drop task ids, people who edit histories do not mend them, a reset copies those of another run. */
        if (event->task_id <= before->task_id && !facts->is_foreign && !facts->is_reset) {
            sim_history_find(facts, "I5", i, "task id %lld of event %lld is not above %lld, that of the event before it",
                             (long long)event->task_id, (long long)event->event_id, (long long)before->task_id);
            break;
        }
    }
    for (uint32_t i = 1; i < facts->count; i++) {
        if (facts->events[i].version < facts->events[i - 1].version) {
            sim_history_find(facts, "I6", i, "version %lld of event %lld is below %lld, that of the event before it",
                             (long long)facts->events[i].version, (long long)facts->events[i].event_id,
                             (long long)facts->events[i - 1].version);
            break;
        }
    }
}

/* ---- I9: references ---- */

#define COMPLETED_TASK SIM_TYPE(WORKFLOW_TASK_COMPLETED)
#define ACTIVITY SIM_TYPE(ACTIVITY_TASK_SCHEDULED)
#define CHILD SIM_TYPE(START_CHILD_WORKFLOW_EXECUTION_INITIATED)
#define NEXUS SIM_TYPE(NEXUS_OPERATION_SCHEDULED)

enum presence { REQUIRED, OPTIONAL, REQUIRED_OF_US };

static const struct {
    int32_t event_type;
    size_t offset; /* of the member in the attributes */
    const char *name;
    sim_event_types targets;
    enum presence presence;
} references[] = {
#define REFERENCE(TYPE, name, member, targets, presence)                                                               \
    {WF_EVENT_TYPE_##TYPE, offsetof(struct wf_event_##name, member), #member, (targets), (presence)},
#define TASK_OF(TYPE, name) REFERENCE(TYPE, name, workflow_task_completed_event_id, COMPLETED_TASK, OPTIONAL)
    REFERENCE(WORKFLOW_TASK_STARTED, workflow_task_started, scheduled_event_id, SIM_TYPE(WORKFLOW_TASK_SCHEDULED), REQUIRED)
    REFERENCE(WORKFLOW_TASK_COMPLETED, workflow_task_completed, scheduled_event_id, SIM_TYPE(WORKFLOW_TASK_SCHEDULED), REQUIRED)
    REFERENCE(WORKFLOW_TASK_COMPLETED, workflow_task_completed, started_event_id, SIM_TYPE(WORKFLOW_TASK_STARTED), REQUIRED_OF_US)
    REFERENCE(WORKFLOW_TASK_TIMED_OUT, workflow_task_timed_out, scheduled_event_id, SIM_TYPE(WORKFLOW_TASK_SCHEDULED), REQUIRED)
    REFERENCE(WORKFLOW_TASK_TIMED_OUT, workflow_task_timed_out, started_event_id, SIM_TYPE(WORKFLOW_TASK_STARTED), OPTIONAL)
    REFERENCE(WORKFLOW_TASK_FAILED, workflow_task_failed, scheduled_event_id, SIM_TYPE(WORKFLOW_TASK_SCHEDULED), REQUIRED)
    REFERENCE(WORKFLOW_TASK_FAILED, workflow_task_failed, started_event_id, SIM_TYPE(WORKFLOW_TASK_STARTED), OPTIONAL)
    REFERENCE(ACTIVITY_TASK_STARTED, activity_task_started, scheduled_event_id, ACTIVITY, REQUIRED)
    REFERENCE(ACTIVITY_TASK_COMPLETED, activity_task_completed, scheduled_event_id, ACTIVITY, REQUIRED)
    REFERENCE(ACTIVITY_TASK_COMPLETED, activity_task_completed, started_event_id, SIM_TYPE(ACTIVITY_TASK_STARTED), OPTIONAL)
    REFERENCE(ACTIVITY_TASK_FAILED, activity_task_failed, scheduled_event_id, ACTIVITY, REQUIRED)
    REFERENCE(ACTIVITY_TASK_FAILED, activity_task_failed, started_event_id, SIM_TYPE(ACTIVITY_TASK_STARTED), OPTIONAL)
    REFERENCE(ACTIVITY_TASK_TIMED_OUT, activity_task_timed_out, scheduled_event_id, ACTIVITY, REQUIRED)
    REFERENCE(ACTIVITY_TASK_TIMED_OUT, activity_task_timed_out, started_event_id, SIM_TYPE(ACTIVITY_TASK_STARTED), OPTIONAL)
    REFERENCE(ACTIVITY_TASK_CANCELED, activity_task_canceled, scheduled_event_id, ACTIVITY, REQUIRED)
    REFERENCE(ACTIVITY_TASK_CANCELED, activity_task_canceled, started_event_id, SIM_TYPE(ACTIVITY_TASK_STARTED), OPTIONAL)
    REFERENCE(ACTIVITY_TASK_CANCELED, activity_task_canceled, latest_cancel_requested_event_id, SIM_TYPE(ACTIVITY_TASK_CANCEL_REQUESTED), OPTIONAL)
    REFERENCE(ACTIVITY_TASK_CANCEL_REQUESTED, activity_task_cancel_requested, scheduled_event_id, ACTIVITY, REQUIRED)
    REFERENCE(TIMER_FIRED, timer_fired, started_event_id, SIM_TYPE(TIMER_STARTED), REQUIRED)
    REFERENCE(TIMER_CANCELED, timer_canceled, started_event_id, SIM_TYPE(TIMER_STARTED), REQUIRED)
    REFERENCE(REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED, request_cancel_external_workflow_execution_failed, initiated_event_id, SIM_TYPE(REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED), REQUIRED)
    REFERENCE(EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED, external_workflow_execution_cancel_requested, initiated_event_id, SIM_TYPE(REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED), REQUIRED)
    REFERENCE(SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED, signal_external_workflow_execution_failed, initiated_event_id, SIM_TYPE(SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED), REQUIRED)
    REFERENCE(EXTERNAL_WORKFLOW_EXECUTION_SIGNALED, external_workflow_execution_signaled, initiated_event_id, SIM_TYPE(SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED), REQUIRED)
    REFERENCE(START_CHILD_WORKFLOW_EXECUTION_FAILED, start_child_workflow_execution_failed, initiated_event_id, CHILD, REQUIRED)
    REFERENCE(CHILD_WORKFLOW_EXECUTION_STARTED, child_workflow_execution_started, initiated_event_id, CHILD, REQUIRED)
#define CHILD_END(TYPE, name)                                                                                          \
    REFERENCE(TYPE, name, initiated_event_id, CHILD, REQUIRED)                                                         \
    REFERENCE(TYPE, name, started_event_id, SIM_TYPE(CHILD_WORKFLOW_EXECUTION_STARTED), REQUIRED)
    CHILD_END(CHILD_WORKFLOW_EXECUTION_COMPLETED, child_workflow_execution_completed)
    CHILD_END(CHILD_WORKFLOW_EXECUTION_FAILED, child_workflow_execution_failed)
    CHILD_END(CHILD_WORKFLOW_EXECUTION_CANCELED, child_workflow_execution_canceled)
    CHILD_END(CHILD_WORKFLOW_EXECUTION_TIMED_OUT, child_workflow_execution_timed_out)
    CHILD_END(CHILD_WORKFLOW_EXECUTION_TERMINATED, child_workflow_execution_terminated)
    REFERENCE(WORKFLOW_EXECUTION_UPDATE_COMPLETED, workflow_execution_update_completed, accepted_event_id, SIM_TYPE(WORKFLOW_EXECUTION_UPDATE_ACCEPTED), REQUIRED_OF_US)
    REFERENCE(NEXUS_OPERATION_STARTED, nexus_operation_started, scheduled_event_id, NEXUS, REQUIRED)
    REFERENCE(NEXUS_OPERATION_COMPLETED, nexus_operation_completed, scheduled_event_id, NEXUS, REQUIRED)
    REFERENCE(NEXUS_OPERATION_FAILED, nexus_operation_failed, scheduled_event_id, NEXUS, REQUIRED)
    REFERENCE(NEXUS_OPERATION_CANCELED, nexus_operation_canceled, scheduled_event_id, NEXUS, REQUIRED)
    REFERENCE(NEXUS_OPERATION_TIMED_OUT, nexus_operation_timed_out, scheduled_event_id, NEXUS, REQUIRED)
    REFERENCE(NEXUS_OPERATION_CANCEL_REQUESTED, nexus_operation_cancel_requested, scheduled_event_id, NEXUS, REQUIRED)
    TASK_OF(WORKFLOW_EXECUTION_COMPLETED, workflow_execution_completed)
    TASK_OF(WORKFLOW_EXECUTION_FAILED, workflow_execution_failed)
    TASK_OF(WORKFLOW_EXECUTION_CANCELED, workflow_execution_canceled)
    TASK_OF(WORKFLOW_EXECUTION_CONTINUED_AS_NEW, workflow_execution_continued_as_new)
    TASK_OF(ACTIVITY_TASK_SCHEDULED, activity_task_scheduled)
    TASK_OF(ACTIVITY_TASK_CANCEL_REQUESTED, activity_task_cancel_requested)
    TASK_OF(TIMER_STARTED, timer_started)
    TASK_OF(TIMER_CANCELED, timer_canceled)
    TASK_OF(REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED, request_cancel_external_workflow_execution_initiated)
    TASK_OF(MARKER_RECORDED, marker_recorded)
    TASK_OF(START_CHILD_WORKFLOW_EXECUTION_INITIATED, start_child_workflow_execution_initiated)
    TASK_OF(SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED, signal_external_workflow_execution_initiated)
    TASK_OF(UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, upsert_workflow_search_attributes)
    TASK_OF(WORKFLOW_PROPERTIES_MODIFIED, workflow_properties_modified)
    TASK_OF(NEXUS_OPERATION_SCHEDULED, nexus_operation_scheduled)
    TASK_OF(NEXUS_OPERATION_CANCEL_REQUESTED, nexus_operation_cancel_requested)
};
#define REFERENCE_COUNT (sizeof references / sizeof references[0])

static void check_reference(struct sim_history_facts *facts, uint32_t index, size_t row)
{
    int64_t id = 0;
    sim_event_types targets = references[row].targets;

    memcpy(&id, (const char *)facts->events[index].attributes.any + references[row].offset, sizeof id);
    if (id == 0 && (references[row].presence == OPTIONAL ||
                    (references[row].presence == REQUIRED_OF_US && facts->is_foreign))) {
        return;
    }
    /* The Java test server names the Started event of the task. */
    if (facts->is_foreign && targets == COMPLETED_TASK) {
        targets |= SIM_TYPE(WORKFLOW_TASK_STARTED);
    }
    if (id >= 1 && id <= (int64_t)index && sim_event_is_one_of(&facts->events[id - 1], targets)) {
        return;
    }
    facts->is_sound[index] = false;
    if (id >= 1 && id <= (int64_t)facts->count) {
        sim_history_find(facts, "I9", index, "%s of event %lld %s is %lld, %s %s", references[row].name,
                         SIM_EVENT_ARGS(facts, index), (long long)id,
                         id > (int64_t)index ? "which is not earlier:" : "which is",
                         wf_event_type_name(facts->events[id - 1].event_type));
    } else {
        sim_history_find(facts, "I9", index, "%s of event %lld %s is %lld, and there is no such event",
                         references[row].name, SIM_EVENT_ARGS(facts, index), (long long)id);
    }
}

static void check_references(struct sim_history_facts *facts)
{
    for (uint32_t i = 0; i < facts->count; i++) {
        for (size_t row = 0; row < REFERENCE_COUNT; row++) {
            if (references[row].event_type == facts->events[i].event_type && facts->is_sound[i]) {
                check_reference(facts, i, row);
            }
        }
    }
}

/* ---- All of it ---- */

static void gather_facts(struct sim_history_facts *facts)
{
    for (uint32_t i = 0; i < facts->count; i++) {
        const struct wf_event *event = &facts->events[i];

        if (event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_FAILED &&
            event->attributes_case == WF_CASE_event_workflow_task_failed && event->attributes.any != NULL) {
            facts->is_reset = facts->is_reset || event->attributes.workflow_task_failed->cause ==
                                                     WF_WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW;
        }
        facts->is_paused = facts->is_paused || event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_PAUSED;
    }
}

/* The command block of a completion is what follows it without a break and is made by commands (10, reading note). */
static void find_blocks(struct sim_history_facts *facts)
{
    uint32_t block = 0;

    for (uint32_t i = 0; i < facts->count; i++) {
        if (facts->events[i].event_type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED) {
            block = i + 1;
        } else if (!wf_event_is_command(facts->events[i].event_type)) {
            block = 0;
        } else {
            facts->block_of[i] = block;
        }
    }
}

bool sim_history_is_foreign(const struct wf_history *history)
{
    return history->scenario.size_bytes == 0;
}

int64_t sim_history_clock_spread(const struct wf_history *history)
{
    const bool is_sane = history->clock_spread_ns >= 0 && history->clock_spread_ns < CLOCK_SPREAD_NS_MAX;

    return is_sane && !sim_history_is_foreign(history) ? history->clock_spread_ns : CLOCK_SPREAD_NS_UNKNOWN;
}

bool sim_history_has_other_options(const struct wf_history *history)
{
    return history->has_other_options || sim_history_is_foreign(history);
}

enum wf_status sim_check_history(struct wf_arena *arena, const struct wf_event *events, uint32_t event_count,
                                 const struct sim_history_options *options, struct sim_history_findings *findings,
                                 struct wf_error *err)
{
    struct sim_history_facts facts = {.arena = arena,
                                      .events = events,
                                      .count = event_count,
                                      .is_foreign = options->is_foreign,
                                      .verifies_encoding = options->verifies_encoding,
                                      .has_other_options = options->has_other_options,
                                      .tolerance_ns = SIM_CLOCK_DIGIT_NS + options->clock_spread_ns,
                                      .findings = findings};

    findings->count = 0;
    findings->dropped_count = 0;
    facts.is_sound = wf_arena_take_array(arena, event_count, sizeof *facts.is_sound);
    facts.block_of = wf_arena_take_array(arena, event_count, sizeof *facts.block_of);
    if (facts.is_sound == NULL || facts.block_of == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory to verify a history of %u events", event_count);
    }
    if (check_ids(&facts)) {
        gather_facts(&facts);
        find_blocks(&facts);
        check_ends(&facts);
        check_attributes(&facts);
        check_growth(&facts);
        check_references(&facts);
        sim_history_check_tasks(&facts);
        sim_history_check_steps(&facts);
        sim_history_check_messages(&facts);
        sim_history_check_times(&facts);
        sim_history_check_run(&facts);
        sim_history_check_versions(&facts);
    }
    if (facts.is_full) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory to verify a history of %u events", event_count);
    }
    return WF_OK;
}
