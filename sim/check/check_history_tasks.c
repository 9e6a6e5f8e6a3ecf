/* Invariants of workflow tasks and of the commands that their completions made (engine-semantics 10.2, 10.3). */
#include "sim/check/history_facts.h"

#define SPECULATIVE_START_NS (5 * WF_NS_PER_S) /* how long a speculative task may wait */

#define SCHEDULED SIM_TYPE(WORKFLOW_TASK_SCHEDULED)
#define STARTED SIM_TYPE(WORKFLOW_TASK_STARTED)
#define TASK_END (SIM_TYPE(WORKFLOW_TASK_COMPLETED) | SIM_TYPE(WORKFLOW_TASK_FAILED) | SIM_TYPE(WORKFLOW_TASK_TIMED_OUT))
#define NONE UINT32_MAX

/* The task in hand while walking: indexes of its Scheduled and Started; NONE when there is none. */
struct turn {
    uint32_t scheduled;
    uint32_t started;
};

/* The ids that an end names, and whether it may come without a start. */
struct ending {
    int64_t scheduled_event_id;
    int64_t started_event_id;
    bool may_lack_start;
};

static struct ending ending_of(const struct wf_event *event)
{
    struct ending ending = {0};

    if (event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED) {
        ending.scheduled_event_id = event->attributes.workflow_task_completed->scheduled_event_id;
        ending.started_event_id = event->attributes.workflow_task_completed->started_event_id;
    } else if (event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_FAILED) {
        ending.scheduled_event_id = event->attributes.workflow_task_failed->scheduled_event_id;
        ending.started_event_id = event->attributes.workflow_task_failed->started_event_id;
        ending.may_lack_start = event->attributes.workflow_task_failed->cause ==
                                WF_WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_PAUSE_REQUESTED_BEFORE_TASK_STARTED;
    } else {
        ending.scheduled_event_id = event->attributes.workflow_task_timed_out->scheduled_event_id;
        ending.started_event_id = event->attributes.workflow_task_timed_out->started_event_id;
        ending.may_lack_start =
            event->attributes.workflow_task_timed_out->timeout_type == WF_TIMEOUT_TYPE_SCHEDULE_TO_START;
    }
    return ending;
}

static void check_end(struct sim_history_facts *facts, uint32_t index, const struct turn *turn)
{
    struct ending ending = {0};

    if (turn->scheduled == NONE) {
        sim_history_find(facts, "I13", index, "event %lld %s ends a workflow task, and none is scheduled",
                         SIM_EVENT_ARGS(facts, index));
        return;
    }
    if (!facts->is_sound[index]) {
        return;
    }
    ending = ending_of(&facts->events[index]);
    if (turn->started == NONE && !ending.may_lack_start) {
        sim_history_find(facts, "I13", index, "event %lld %s ends a workflow task that was not started",
                         SIM_EVENT_ARGS(facts, index));
        return;
    }
    /* I15: it names the task before it. Java's test server leaves the started id out. */
    if (ending.scheduled_event_id != facts->events[turn->scheduled].event_id ||
        (ending.started_event_id != (turn->started == NONE ? 0 : facts->events[turn->started].event_id) &&
         !(facts->is_foreign && ending.started_event_id == 0))) {
        sim_history_find(facts, "I15", index,
                         "event %lld %s names scheduled event %lld and started event %lld, not the task before it",
                         SIM_EVENT_ARGS(facts, index), (long long)ending.scheduled_event_id,
                         (long long)ending.started_event_id);
    }
}

/* I13: Scheduled (Started (Completed | Failed | TimedOut) | TimedOut | Failed)?, over and over. */
static void check_turns(struct sim_history_facts *facts)
{
    struct turn turn = {NONE, NONE};

    for (uint32_t i = 0; i < facts->count; i++) {
        const struct wf_event *event = &facts->events[i];

        if (sim_event_is_one_of(event, SCHEDULED)) {
            if (turn.scheduled != NONE && !facts->is_reset) {
                sim_history_find(facts, "I13", i, "event %lld %s comes while the task of event %lld is not ended",
                                 SIM_EVENT_ARGS(facts, i), (long long)facts->events[turn.scheduled].event_id);
            }
            turn = (struct turn){i, NONE};
        } else if (sim_event_is_one_of(event, STARTED)) {
            if (turn.scheduled == NONE || turn.started != NONE) {
                sim_history_find(facts, "I13", i, "event %lld %s starts no scheduled workflow task",
                                 SIM_EVENT_ARGS(facts, i));
            }
            turn.started = i;
        } else if (sim_event_is_one_of(event, TASK_END)) {
            check_end(facts, i, &turn);
            turn = (struct turn){NONE, NONE};
        }
    }
}

/* I14: the event after Started ends that task. Older servers may have closed the run there. */
static void check_after_start(struct sim_history_facts *facts)
{
    for (uint32_t i = 0; i + 1 < facts->count; i++) {
        const struct wf_event *next = &facts->events[i + 1];

        if (sim_event_is_one_of(&facts->events[i], STARTED) && !sim_event_is_one_of(next, TASK_END) &&
            !(facts->is_foreign && wf_event_is_close(next->event_type))) {
            sim_history_find(facts, "I14", i + 1,
                             "event %lld %s follows WorkflowTaskStarted, where only the end of that task can be",
                             SIM_EVENT_ARGS(facts, i + 1));
        }
    }
}

/* I18: attempts count from 1; later ones are written only when they complete, as three events in a row. */
static void check_attempts(struct sim_history_facts *facts)
{
    for (uint32_t i = sim_history_next(facts, 0, SCHEDULED); i < facts->count;
         i = sim_history_next(facts, i + 1, SCHEDULED)) {
        int32_t attempt = 0;

        if (!facts->is_sound[i]) {
            continue;
        }
        attempt = facts->events[i].attributes.workflow_task_scheduled->attempt;
        /* Servers before 1.0 counted from 0. */
        if (attempt < (facts->is_foreign ? 0 : 1)) {
            sim_history_find(facts, "I18", i, "event %lld %s has attempt %d", SIM_EVENT_ARGS(facts, i), attempt);
        }
        /* An open history may end with the two events that a poll shows and no history holds yet. */
        if (attempt > 1 && !facts->is_reset &&
            ((i + 1 < facts->count && !sim_event_is_one_of(&facts->events[i + 1], STARTED)) ||
             (i + 2 < facts->count &&
              !sim_event_is_one_of(&facts->events[i + 2], SIM_TYPE(WORKFLOW_TASK_COMPLETED))))) {
            sim_history_find(facts, "I18", i,
                             "event %lld %s is attempt %d, and its start and completion do not follow at once",
                             SIM_EVENT_ARGS(facts, i), attempt);
        }
    }
}

static int32_t queue_kind(const struct sim_history_facts *facts, uint32_t scheduled)
{
    const struct wf_task_queue *queue = facts->events[scheduled].attributes.workflow_task_scheduled->task_queue;

    return queue == NULL ? WF_TASK_QUEUE_KIND_UNSPECIFIED : queue->kind;
}

static bool is_sticky(const struct sim_history_facts *facts, uint32_t scheduled)
{
    return queue_kind(facts, scheduled) == WF_TASK_QUEUE_KIND_STICKY;
}

/* A speculative task that was written before anybody took it has its five seconds (3.10). Whether one was, only its time tells. */
static bool may_be_converted(const struct sim_history_facts *facts, uint32_t end, uint32_t scheduled)
{
    const int64_t waited_ns =
        wf_time_of(facts->events[end].event_time) - wf_time_of(facts->events[scheduled].event_time);

    return waited_ns >= SPECULATIVE_START_NS - facts->tolerance_ns;
}

/* I20: only a sticky or a speculative task times out before its start; I21: after a failure or timeout the next one is on the normal queue. */
static void check_queues(struct sim_history_facts *facts)
{
    const sim_event_types unhappy = SIM_TYPE(WORKFLOW_TASK_FAILED) | SIM_TYPE(WORKFLOW_TASK_TIMED_OUT);

    for (uint32_t i = sim_history_next(facts, 0, unhappy); i < facts->count; i = sim_history_next(facts, i + 1, unhappy)) {
        const uint32_t next = sim_history_next(facts, i + 1, SCHEDULED);
        struct ending ending = {0};

        if (!facts->is_sound[i]) {
            continue;
        }
        ending = ending_of(&facts->events[i]);
        if (ending.may_lack_start && facts->events[i].event_type == WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT &&
            facts->is_sound[ending.scheduled_event_id - 1] &&
            queue_kind(facts, (uint32_t)(ending.scheduled_event_id - 1)) == WF_TASK_QUEUE_KIND_NORMAL &&
            !may_be_converted(facts, i, (uint32_t)(ending.scheduled_event_id - 1)) && !facts->is_foreign) {
            sim_history_find(facts, "I20", i,
                             "event %lld %s: a task on the normal queue cannot time out before it is started",
                             SIM_EVENT_ARGS(facts, i));
        }
        if (next < facts->count && facts->is_sound[next] && is_sticky(facts, next)) {
            sim_history_find(facts, "I21", next,
                             "event %lld %s is on the sticky queue although the task before it failed or timed out",
                             SIM_EVENT_ARGS(facts, next));
        }
    }
}

/*
 * I19: a task that failed or timed out once is tried again as attempt 2, which is written when it completes. Attempt 1 follows
 * at once where the task was sticky, or what failed it was a reset or a change of the version.
 */
static void check_next_attempt(struct sim_history_facts *facts)
{
    const sim_event_types unhappy = SIM_TYPE(WORKFLOW_TASK_FAILED) | SIM_TYPE(WORKFLOW_TASK_TIMED_OUT);

    for (uint32_t i = sim_history_next(facts, 0, unhappy); i + 1 < facts->count && !facts->is_reset;
         i = sim_history_next(facts, i + 1, unhappy)) {
        const struct wf_event *next = &facts->events[i + 1];
        struct ending ending = {0};

        if (!sim_event_is_one_of(next, SCHEDULED) || !facts->is_sound[i] || !facts->is_sound[i + 1] ||
            next->attributes.workflow_task_scheduled->attempt != 1 || next->version != facts->events[i].version) {
            continue;
        }
        ending = ending_of(&facts->events[i]);
        if (ending.started_event_id != 0 && facts->is_sound[ending.scheduled_event_id - 1] &&
            queue_kind(facts, (uint32_t)(ending.scheduled_event_id - 1)) == WF_TASK_QUEUE_KIND_NORMAL) {
            sim_history_find(facts, "I19", i + 1,
                             "event %lld %s is attempt 1 again, and the task before it was not sticky when it ended so",
                             SIM_EVENT_ARGS(facts, i + 1));
        }
    }
}

static bool is_buffered(const struct wf_event *event)
{
    return event->event_type > 0 && event->event_type < WF_EVENT_TYPE_COUNT &&
           (wf_event_descriptors[event->event_type].buffering == WF_BUFFERING_B ||
            wf_event_descriptors[event->event_type].buffering == WF_BUFFERING_L);
}

static bool failed_by(const struct wf_event *event, enum wf_workflow_task_failed_cause cause)
{
    return event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_FAILED &&
           event->attributes.workflow_task_failed->cause == (int32_t)cause;
}

/* A reset went back to this place, and took away what was unhandled: its own task follows. */
static bool is_reset_here(const struct sim_history_facts *facts, uint32_t next)
{
    return next + 2 < facts->count && facts->is_sound[next + 2] &&
           failed_by(&facts->events[next + 2], WF_WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW);
}

/* I22: a completion is refused as unhandled because something came meanwhile: that follows, and then a first attempt. */
static void check_unhandled(struct sim_history_facts *facts)
{
    const sim_event_types failed = SIM_TYPE(WORKFLOW_TASK_FAILED);

    for (uint32_t i = sim_history_next(facts, 0, failed); i < facts->count; i = sim_history_next(facts, i + 1, failed)) {
        uint32_t next = i + 1;

        if (!facts->is_sound[i] || facts->is_paused || next == facts->count || is_reset_here(facts, next) ||
            !failed_by(&facts->events[i], WF_WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND)) {
            continue;
        }
        while (next < facts->count && is_buffered(&facts->events[next])) {
            next++;
        }
        if (next == i + 1 ||
            (next < facts->count && (!sim_event_is_one_of(&facts->events[next], SCHEDULED) || !facts->is_sound[next] ||
                                     facts->events[next].attributes.workflow_task_scheduled->attempt != 1))) {
            sim_history_find(facts, "I22", i,
                             "event %lld %s for an unhandled command is not followed by what was unhandled and a first "
                             "attempt",
                             SIM_EVENT_ARGS(facts, i));
        }
    }
}

/* ---- Commands ---- */

static int64_t task_named_by(const struct wf_event *event)
{
    static const char name[] = "workflowTaskCompletedEventId";
    const struct wf_message_type *type = wf_event_descriptors[event->event_type].attributes;
    int64_t id = 0;

    for (uint32_t i = 0; i < type->field_count; i++) {
        if (type->fields[i].json_name_size_bytes == sizeof name - 1 &&
            memcmp(type->fields[i].json_name, name, sizeof name - 1) == 0) {
            memcpy(&id, wf_field_in(&type->fields[i], event->attributes.any), sizeof id);
        }
    }
    return id;
}

/* I35: a failed task made nothing. */
static bool follows_failed_task(const struct sim_history_facts *facts, uint32_t index)
{
    while (index > 0 && wf_event_is_command(facts->events[index].event_type)) {
        index--;
    }
    return facts->events[index].event_type == WF_EVENT_TYPE_WORKFLOW_TASK_FAILED;
}

/* What a server finds wrong with a completion; workers report other causes. */
static bool is_found_by_server(int32_t cause)
{
    switch (cause) {
    case WF_WORKFLOW_TASK_FAILED_CAUSE_UNSPECIFIED:
    case WF_WORKFLOW_TASK_FAILED_CAUSE_RESET_STICKY_TASK_QUEUE:
    case WF_WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE:
    case WF_WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND:
    case WF_WORKFLOW_TASK_FAILED_CAUSE_FAILOVER_CLOSE_COMMAND:
    case WF_WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW:
    case WF_WORKFLOW_TASK_FAILED_CAUSE_BAD_BINARY:
    case WF_WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR:
    case WF_WORKFLOW_TASK_FAILED_CAUSE_GRPC_MESSAGE_TOO_LARGE:
    case WF_WORKFLOW_TASK_FAILED_CAUSE_PAYLOADS_TOO_LARGE:
    case WF_WORKFLOW_TASK_FAILED_CAUSE_EXTERNAL_STORAGE_FAILURE:
    case WF_WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_PAUSE_REQUESTED_BEFORE_TASK_STARTED:
        return false;
    default:
        return true;
    }
}

/* True when the message begins with the cause in the form "BadStartTimerAttributes". */
static bool begins_with_cause(struct wf_string message, int32_t cause)
{
    const char *name = wf_enum_name(&wf_enum_type_workflow_task_failed_cause, cause);
    size_t at = 0;
    bool is_first = true;

    if (name == NULL) {
        return true; /* of a newer server */
    }
    for (name += strlen(wf_enum_type_workflow_task_failed_cause.prefix); *name != '\0'; name++) {
        const char letter = is_first || *name < 'A' ? *name : (char)(*name - 'A' + 'a');

        if (*name == '_') {
            is_first = true;
            continue;
        }
        if (at == message.size_bytes || message.data[at] != letter) {
            return false;
        }
        is_first = false;
        at++;
    }
    return true;
}

/* I35, second part. Only servers that tell the failure are judged by it. */
static void check_failures(struct sim_history_facts *facts)
{
    const sim_event_types task_failed = SIM_TYPE(WORKFLOW_TASK_FAILED);

    for (uint32_t i = sim_history_next(facts, 0, task_failed); i < facts->count;
         i = sim_history_next(facts, i + 1, task_failed)) {
        const struct wf_event_workflow_task_failed *failed = facts->events[i].attributes.workflow_task_failed;

        if (facts->is_sound[i] && is_found_by_server(failed->cause) && failed->failure != NULL &&
            failed->failure->failure_info_case == WF_CASE_failure_server_failure_info &&
            !begins_with_cause(failed->failure->message, failed->cause)) {
            sim_history_find(facts, "I35", i, "event %lld %s has a message that does not begin with its cause: \"%S\"",
                             SIM_EVENT_ARGS(facts, i), &failed->failure->message);
        }
    }
}

/* I30: what commands made lies in the block of the completion that they name. */
static void check_blocks(struct sim_history_facts *facts)
{
    for (uint32_t i = 0; i < facts->count; i++) {
        const struct wf_event *event = &facts->events[i];
        int64_t named = 0;

        if (!wf_event_is_command(event->event_type) || !facts->is_sound[i]) {
            continue;
        }
        if (facts->block_of[i] == 0 && follows_failed_task(facts, i)) {
            sim_history_find(facts, "I35", i, "event %lld %s was made by a command and follows a failed workflow task",
                             SIM_EVENT_ARGS(facts, i));
            continue;
        }
        if (facts->block_of[i] == 0) {
            /* Updates are written by messages, which older servers put elsewhere. */
            sim_history_find(facts, "I30", i, "event %lld %s was made by a command and follows no completed workflow task",
                             SIM_EVENT_ARGS(facts, i));
            continue;
        }
        named = task_named_by(event);
        if (named != 0 && named != (int64_t)facts->block_of[i] &&
            !(facts->is_foreign && sim_event_is_one_of(&facts->events[named - 1], STARTED))) {
            sim_history_find(facts, "I30", i, "event %lld %s names workflow task %lld and stands behind %u",
                             SIM_EVENT_ARGS(facts, i), (long long)named, facts->block_of[i]);
        }
    }
}

/* I31 and I32: a close made by a command ends its block, and nothing came that its task had not seen. */
static void check_close(struct sim_history_facts *facts)
{
    const sim_event_types closes =
        SIM_TYPE(WORKFLOW_EXECUTION_COMPLETED) | SIM_TYPE(WORKFLOW_EXECUTION_FAILED) |
        SIM_TYPE(WORKFLOW_EXECUTION_CANCELED) | SIM_TYPE(WORKFLOW_EXECUTION_CONTINUED_AS_NEW);
    const uint32_t close = sim_history_next(facts, 0, closes);
    uint32_t task = close;

    if (close == facts->count) {
        return;
    }
    if (facts->block_of[close] != 0 && close + 1 < facts->count && facts->block_of[close + 1] == facts->block_of[close]) {
        sim_history_find(facts, "I31", close + 1, "event %lld %s was made by a command after the one that closed the run",
                         SIM_EVENT_ARGS(facts, close + 1));
    }
    /* Between Started and Completed of one task no event can lie (I14): what is unseen stands behind Completed. */
    while (task > 0 && facts->events[task].event_type != WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED) {
        task--;
    }
    for (uint32_t i = task; i < close; i++) {
        if (is_buffered(&facts->events[i]) &&
            facts->events[i].event_type != WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED) {
            sim_history_find(facts, "I32", i, "event %lld %s came before the close, and no workflow task has seen it",
                             SIM_EVENT_ARGS(facts, i));
        }
    }
}

/* I33: what was buffered during a task is written with results last (3.8 rule 4). */
static void check_flush_order(struct sim_history_facts *facts)
{
    bool is_in_segment = false;
    uint32_t result = NONE;

    for (uint32_t i = 0; i < facts->count && !facts->is_paused; i++) {
        const struct wf_event *event = &facts->events[i];

        if (event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED) {
            is_in_segment = true;
            result = NONE;
        } else if (sim_event_is_one_of(event, SCHEDULED)) {
            is_in_segment = false;
        } else if (is_in_segment && is_buffered(event)) {
            if (wf_event_descriptors[event->event_type].buffering == WF_BUFFERING_L) {
                result = i;
            } else if (result != NONE) {
                sim_history_find(facts, "I33", i, "event %lld %s stands behind the result in event %lld, which comes last",
                                 SIM_EVENT_ARGS(facts, i), (long long)facts->events[result].event_id);
                is_in_segment = false;
            }
        }
    }
}

void sim_history_check_tasks(struct sim_history_facts *facts)
{
    check_turns(facts);
    check_after_start(facts);
    check_attempts(facts);
    check_queues(facts);
    check_next_attempt(facts);
    check_unhandled(facts);
    check_failures(facts);
    check_blocks(facts);
    check_close(facts);
    check_flush_order(facts);
}
