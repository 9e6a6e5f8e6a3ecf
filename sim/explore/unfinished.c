/*
 * The stored state of a run says what is pending; the scenario says who could deliver it. What is nearest to happening is
 * named first: a failing workflow task, then activities, then timers, then signals that nobody sent.
 */
#include "sim/explore/unfinished.h"

#include "engine/base/nearest.h"
#include "engine/codec.h"
#include "engine/diagnosis.h"
#include "sim/check/check.h"

#define FAILING_TASK_ATTEMPTS 3   /* a task that failed twice is no accident */
#define ENDLESS_RETRY_ATTEMPTS 10 /* so many attempts, and no bound in sight */
#define QUEUES_MAX 64

struct answer {
    const struct sim_unfinished_question *question;
    const struct wf_svc_description *description;
    struct sim_run_view run;
    struct wf_buffer reason;
    struct wf_buffer site;
    enum wf_diagnosis_number diagnosis;
    bool has_diagnosis;
};

static void diagnose(struct answer *answer, enum wf_diagnosis_number number)
{
    answer->diagnosis = number;
    answer->has_diagnosis = true;
}

/* The run's clock: stored times are those of the service's clock, which does not begin with the simulation. */
static wf_time_ns virtual_of(const struct sim_run_view *run, const struct wf_svc_description *description,
                             wf_time_ns stored_ns)
{
    return stored_ns - description->start_time_ns + run->start_time_ns;
}

/* ---- Failures ---- */

/* The message of the innermost cause, where the activity's own failure is. */
static const struct wf_failure *root_of(const struct wf_failure *failure)
{
    while (failure != NULL && failure->cause != NULL) {
        failure = failure->cause;
    }
    return failure;
}

static void print_failure(const struct wf_failure *failure, struct wf_buffer *out)
{
    const struct wf_failure *root = root_of(failure);

    if (root == NULL) {
        return;
    }
    if (root->failure_info_case == WF_CASE_failure_application_failure_info &&
        root->failure_info.application_failure_info->type.size_bytes > 0) {
        wf_buffer_append_string(out, root->failure_info.application_failure_info->type);
        if (root->message.size_bytes > 0) {
            wf_buffer_append_text(out, ": ");
        }
    }
    wf_buffer_append_string(out, root->message);
}

/* The retry state of the activity whose failure this is; 0 when it is not an activity's. */
static int32_t retry_state_of(const struct wf_failure *failure, struct wf_string *activity_type)
{
    for (; failure != NULL; failure = failure->cause) {
        if (failure->failure_info_case == WF_CASE_failure_activity_failure_info) {
            const struct wf_activity_failure_info *info = failure->failure_info.activity_failure_info;

            *activity_type = wf_activity_type_name(info->activity_type);
            return info->retry_state;
        }
    }
    return 0;
}

static void explain_failed(struct answer *answer)
{
    const struct wf_failure *failure = answer->description->failure;
    struct wf_string activity = {NULL, 0};
    const int32_t retry_state = retry_state_of(failure, &activity);
    const bool is_exhausted = retry_state == WF_RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED ||
                              retry_state == WF_RETRY_STATE_TIMEOUT;

    wf_buffer_append_text(&answer->reason, "failed");
    if (activity.size_bytes > 0) {
        wf_buffer_printf(&answer->reason, " because %S failed", &activity);
        wf_buffer_append_text(&answer->reason, !is_exhausted                              ? ""
                                               : retry_state == WF_RETRY_STATE_TIMEOUT ? " until its time was over"
                                                                                       : " on its last attempt");
    }
    if (root_of(failure) != NULL) {
        wf_buffer_append_text(&answer->reason, ": ");
        print_failure(failure, &answer->reason);
    } else if (answer->run.result.size_bytes > 0) {
        wf_buffer_printf(&answer->reason, ": %S", &answer->run.result);
    }
    if (is_exhausted) {
        diagnose(answer, WF_DIAGNOSIS_RETRIES_EXHAUSTED);
    }
}

static void explain_closed(struct answer *answer)
{
    switch (answer->run.status) {
    case WF_WORKFLOW_EXECUTION_STATUS_FAILED:
        explain_failed(answer);
        return;
    case WF_WORKFLOW_EXECUTION_STATUS_CANCELED:
        wf_buffer_append_text(&answer->reason, "was cancelled");
        return;
    case WF_WORKFLOW_EXECUTION_STATUS_TERMINATED:
        wf_buffer_append_text(&answer->reason, "was terminated");
        break;
    case WF_WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
        wf_buffer_append_text(&answer->reason, "timed out as a whole; no workflow code ran after that");
        diagnose(answer, WF_DIAGNOSIS_UNDO_BYPASSED);
        return;
    default:
        wf_buffer_append_text(&answer->reason, "closed without completing");
        break;
    }
    if (answer->run.result.size_bytes > 0) {
        wf_buffer_printf(&answer->reason, ": %S", &answer->run.result);
    }
}

/* ---- Queues ---- */

static bool has_name(const struct wf_string *names, uint32_t count, struct wf_string name)
{
    for (uint32_t i = 0; i < count; i++) {
        if (wf_string_equal(names[i], name)) {
            return true;
        }
    }
    return false;
}

static bool serves(const struct sim_queue *queue, struct wf_string type, bool is_activity)
{
    if (queue->worker_count == 0) {
        return false;
    }
    return is_activity ? queue->all_activities || has_name(queue->activities, queue->activity_count, type)
                       : queue->all_workflows || has_name(queue->workflows, queue->workflow_count, type);
}

/* Workers of the version that the run is pinned to have stopped for good. */
static bool explain_no_version(struct answer *answer, struct wf_string queue_name)
{
    const struct wf_state_versioning *versioning = answer->description->versioning;

    if (versioning == NULL || versioning->version == NULL || versioning->behavior != WF_VERSIONING_BEHAVIOR_PINNED ||
        sim_world_serves_version(answer->question->world, queue_name, versioning->version->build_id)) {
        return false;
    }
    wf_buffer_printf(&answer->reason, ", which waits on queue %S for workers of version %S of %S, to which the run is pinned, and "
                                      "nobody polls for that version any more",
                     &queue_name, &versioning->version->build_id, &versioning->version->deployment_name);
    diagnose(answer, WF_DIAGNOSIS_NO_POLLER);
    return true;
}

/*
 * Says that nobody polls the queue for this, and which queue is nearest; false when somebody does. A scenario without queues
 * has one that everybody polls.
 */
static bool explain_no_poller(struct answer *answer, struct wf_string queue_name, struct wf_string type,
                              bool is_activity)
{
    const struct sim_config *config = answer->question->config;
    struct wf_string names[QUEUES_MAX];
    uint32_t count = 0;
    size_t nearest = 0;

    if (explain_no_version(answer, queue_name)) {
        return true;
    }
    for (uint32_t i = 0; i < config->queue_count && count < QUEUES_MAX; i++) {
        if (wf_string_equal(config->queues[i].name, queue_name) && serves(&config->queues[i], type, is_activity)) {
            return false;
        }
        if (serves(&config->queues[i], type, is_activity)) {
            names[count++] = config->queues[i].name;
        }
    }
    if (config->queue_count == 0) {
        return false;
    }
    wf_buffer_printf(&answer->reason, ", which waits on queue %S, and nobody polls that for it", &queue_name);
    nearest = wf_nearest(queue_name, names, count);
    if (count > 0) {
        wf_buffer_printf(&answer->reason, "; queue %S has workers that would take it",
                         &names[nearest < count ? nearest : 0]);
    }
    diagnose(answer, WF_DIAGNOSIS_NO_POLLER);
    return true;
}

/* ---- Open runs ---- */

/* Appends what the code's last failed task said: workers report the first failure of a row, and history keeps it. */
static void print_task_failure(struct answer *answer)
{
    const struct sim_unfinished_question *question = answer->question;
    const struct wf_string *batches = NULL;
    const struct wf_failure *failure = NULL;
    uint32_t batch_count = 0;

    if (sim_world_history(question->world, question->run_index, &batches, &batch_count) != WF_OK) {
        return;
    }
    for (uint32_t i = 0; i < batch_count; i++) {
        struct wf_history_message batch = {0};

        if (wf_wire_decode(question->scratch, &wf_type_history_message, batches[i], &batch, NULL) != WF_OK) {
            return;
        }
        for (uint32_t j = 0; j < batch.events.count; j++) {
            const struct wf_event *event = &batch.events.items[j];

            if (event->attributes_case == WF_CASE_event_workflow_task_failed && event->attributes.any != NULL) {
                failure = event->attributes.workflow_task_failed->failure;
            }
        }
    }
    if (failure != NULL) {
        wf_buffer_append_text(&answer->reason, ": ");
        print_failure(failure, &answer->reason);
    }
}

static void explain_task(struct answer *answer)
{
    const struct wf_svc_description *description = answer->description;
    const int32_t attempt = description->pending_workflow_task_attempt;

    wf_buffer_append_text(&answer->site, "workflow task");
    if (attempt >= FAILING_TASK_ATTEMPTS) {
        wf_buffer_printf(&answer->reason, "waits for its workflow task, which failed %d times and is tried again",
                         attempt - 1);
        print_task_failure(answer);
        diagnose(answer, WF_DIAGNOSIS_TASK_FAILS_REPEATEDLY);
        return;
    }
    if (description->pending_workflow_task_is_started) {
        wf_buffer_append_text(&answer->reason, "waits for the answer of a worker that runs its workflow task");
        return;
    }
    wf_buffer_append_text(&answer->reason, "waits for a worker to take its workflow task");
    if (!explain_no_poller(answer, description->task_queue, description->workflow_type, false)) {
        diagnose(answer, WF_DIAGNOSIS_WAITS_FOR_EVER);
    }
}

static void explain_activity(struct answer *answer, const struct wf_svc_pending_activity *activity)
{
    const wf_time_ns due_ns = virtual_of(&answer->run, answer->description, activity->next_attempt_time_ns);

    wf_buffer_printf(&answer->site, "activity %S", &activity->activity_type);
    wf_buffer_printf(&answer->reason, "waits for activity %S, attempt %d", &activity->activity_type, activity->attempt);
    if (activity->is_paused && !activity->is_started) {
        wf_buffer_append_text(&answer->reason, ", which is paused, and nobody ends the pause; an operator can: `unpause` with `activity`");
        diagnose(answer, WF_DIAGNOSIS_WAITS_FOR_EVER);
        return;
    }
    if (activity->is_started) {
        wf_buffer_append_text(&answer->reason, ", which runs");
        if (activity->last_worker_identity.size_bytes > 0) {
            wf_buffer_printf(&answer->reason, " on %S", &activity->last_worker_identity);
        }
        wf_buffer_append_text(&answer->reason, " and has not ended");
        diagnose(answer, WF_DIAGNOSIS_TIMEOUT_MISSING);
        return;
    }
    if (explain_no_poller(answer, activity->task_queue, activity->activity_type, true)) {
        return;
    }
    if (due_ns > answer->question->now_ns) {
        wf_buffer_append_text(&answer->reason, ", due at ");
        sim_moment_print(due_ns, &answer->reason);
    }
    if (activity->last_failure != NULL) {
        wf_buffer_append_text(&answer->reason, "; the last one failed: ");
        print_failure(activity->last_failure, &answer->reason);
    }
    diagnose(answer, activity->attempt >= ENDLESS_RETRY_ATTEMPTS ? WF_DIAGNOSIS_TIMEOUT_MISSING
                                                                  : WF_DIAGNOSIS_WAITS_FOR_EVER);
}

/* When a pending timer is due, from the history; SIM_NEVER when it cannot be found. */
static wf_time_ns timer_due(const struct answer *answer, struct wf_string timer_id)
{
    const struct sim_unfinished_question *question = answer->question;
    const struct wf_string *batches = NULL;
    uint32_t count = 0;
    wf_time_ns due_ns = SIM_NEVER;

    if (sim_world_history(question->world, question->run_index, &batches, &count) != WF_OK) {
        return SIM_NEVER;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct wf_history_message batch = {0};

        if (wf_wire_decode(question->scratch, &wf_type_history_message, batches[i], &batch, NULL) != WF_OK) {
            return SIM_NEVER;
        }
        for (uint32_t k = 0; k < batch.events.count; k++) {
            const struct wf_event *event = &batch.events.items[k];
            const struct wf_event_timer_started *timer = event->attributes.timer_started;

            if (event->event_type == WF_EVENT_TYPE_TIMER_STARTED && wf_string_equal(timer->timer_id, timer_id)) {
                due_ns = virtual_of(&answer->run, answer->description, wf_time_of(event->event_time)) +
                         wf_time_of(timer->start_to_fire_timeout);
            }
        }
    }
    return due_ns;
}

static void explain_timer(struct answer *answer)
{
    const struct wf_string id = answer->description->pending_timer_ids.items[0];
    const wf_time_ns due_ns = timer_due(answer, id);

    wf_buffer_append_text(&answer->site, "timer");
    wf_buffer_printf(&answer->reason, "waits for timer %S", &id);
    if (due_ns != SIM_NEVER && due_ns >= 0) {
        wf_buffer_append_text(&answer->reason, " at ");
        sim_moment_print(due_ns, &answer->reason);
    }
    diagnose(answer, WF_DIAGNOSIS_WAITS_FOR_TIMER);
}

static bool was_sent(const struct answer *answer, struct wf_string signal)
{
    struct wf_buffer key;

    wf_buffer_init(&key, answer->question->scratch);
    wf_buffer_append_string(&key, answer->run.workflow_id);
    wf_buffer_append_char(&key, '\0');
    wf_buffer_append_string(&key, signal);
    return wf_map_get(answer->question->sends, wf_buffer_string(&key)) != NULL;
}

static void explain_child(struct answer *answer)
{
    const struct wf_svc_description *description = answer->description;
    const struct wf_svc_pending_child *child = &description->pending_children.items[0];

    wf_buffer_printf(&answer->site, "child %S", &child->workflow_type);
    wf_buffer_printf(&answer->reason, "waits for child %S", &child->workflow_id);
    if (child->run_id.size_bytes == 0) {
        wf_buffer_append_text(&answer->reason, ", which is not started yet");
    }
    if (description->pending_children.count > 1) {
        wf_buffer_printf(&answer->reason, " (and %u more)", description->pending_children.count - 1);
    }
    diagnose(answer, WF_DIAGNOSIS_WAITS_FOR_EVER);
}

static void explain_external(struct answer *answer)
{
    const struct wf_svc_pending_external *external = &answer->description->pending_externals.items[0];

    wf_buffer_append_text(&answer->site, external->is_cancel ? "cancel of another workflow" : "signal to another workflow");
    wf_buffer_printf(&answer->reason, "waits until %S was %s", &external->workflow_id,
                     external->is_cancel ? "asked to cancel" : "signaled");
    diagnose(answer, WF_DIAGNOSIS_WAITS_FOR_EVER);
}

static void explain_nexus(struct answer *answer)
{
    const struct wf_svc_pending_nexus *operation = &answer->description->pending_nexus.items[0];

    wf_buffer_printf(&answer->site, "Nexus operation %S", &operation->operation);
    wf_buffer_printf(&answer->reason, "waits for Nexus operation %S.%S of endpoint %S, which %s", &operation->service,
                     &operation->operation, &operation->endpoint,
                     operation->is_started ? "was started and has not ended" : "no handler has answered for good");
    diagnose(answer, WF_DIAGNOSIS_WAITS_FOR_EVER);
}

/* 5.4 "QUIRK": its parent closed between its start and the record of it. */
static void explain_held(struct answer *answer)
{
    const struct wf_workflow_execution *parent = answer->description->parent;

    wf_buffer_append_text(&answer->site, "its parent");
    wf_buffer_append_text(&answer->reason, "waits for its first workflow task, until its parent");
    if (parent != NULL) {
        wf_buffer_printf(&answer->reason, " %S", &parent->workflow_id);
    }
    wf_buffer_append_text(&answer->reason, " has recorded the start; if that has closed it never does, and only an "
                                            "`execution_timeout` ends the child");
    diagnose(answer, WF_DIAGNOSIS_WAITS_FOR_EVER);
}

/* Between two runs of a chain, or before the first. */
static void explain_backoff(struct answer *answer)
{
    const struct wf_string cron = answer->description->cron_schedule;

    wf_buffer_append_text(&answer->site, "its first task");
    wf_buffer_append_text(&answer->reason, "waits for the time of its first workflow task, ");
    sim_moment_print(virtual_of(&answer->run, answer->description, answer->description->first_task_time_ns),
                     &answer->reason);
    if (cron.size_bytes > 0) {
        wf_buffer_printf(&answer->reason, "; cron schedule \"%S\" never ends by itself: give the start an "
                         "`execution_timeout`, or cancel it", &cron);
    }
    diagnose(answer, WF_DIAGNOSIS_WAITS_FOR_TIMER);
}

static void explain_paused(struct answer *answer)
{
    wf_buffer_append_text(&answer->site, "pause");
    wf_buffer_append_text(&answer->reason, "is paused, and nobody ends the pause; an operator can: `unpause`");
    diagnose(answer, WF_DIAGNOSIS_WAITS_FOR_EVER);
}

/* Nothing is pending: it waits for somebody outside. */
static void explain_condition(struct answer *answer)
{
    const struct sim_config *config = answer->question->config;

    diagnose(answer, WF_DIAGNOSIS_WAITS_FOR_EVER);
    for (uint32_t i = 0; i < config->client_count; i++) {
        const struct sim_client *client = &config->clients[i];

        if (client->action == SIM_CLIENT_SIGNAL && !was_sent(answer, client->name_of)) {
            wf_buffer_printf(&answer->site, "signal %S", &client->name_of);
            wf_buffer_printf(&answer->reason, "waits, and signal %S was never sent to it", &client->name_of);
            return;
        }
    }
    wf_buffer_append_text(&answer->site, "condition");
    wf_buffer_append_text(&answer->reason, "waits for a signal or a condition, with no timer, activity or task pending");
}

static void explain_open(struct answer *answer)
{
    const struct wf_svc_description *description = answer->description;

    if (wf_string_equal(answer->run.workflow_id, answer->question->endless)) {
        wf_buffer_append_text(&answer->reason, "continues as new again and again");
        diagnose(answer, WF_DIAGNOSIS_CONTINUES_FOR_EVER);
    } else if (description->status == WF_WORKFLOW_EXECUTION_STATUS_PAUSED) {
        explain_paused(answer);
    } else if (description->pending_workflow_task_attempt > 0) {
        explain_task(answer);
    } else if (description->pending_activities.count > 0) {
        explain_activity(answer, &description->pending_activities.items[0]);
        if (description->pending_activities.count > 1) {
            wf_buffer_printf(&answer->reason, " (and %u more)", description->pending_activities.count - 1);
        }
    } else if (description->pending_timer_ids.count > 0) {
        explain_timer(answer);
    } else if (description->pending_nexus.count > 0) {
        explain_nexus(answer);
    } else if (description->pending_externals.count > 0) {
        explain_external(answer);
    } else if (description->pending_children.count > 0) {
        explain_child(answer);
    } else if (description->is_held) {
        explain_held(answer);
    } else if (description->first_task_time_ns > 0) {
        explain_backoff(answer);
    } else {
        explain_condition(answer);
    }
}

/* 9 "count warn": the service says so in its log; here it is said of what did not complete. */
static void warn_of_history(struct answer *answer)
{
    const struct wf_service_limits *limits = &answer->question->config->limits;
    const struct wf_svc_description *description = answer->description;

    if (description->event_count > limits->history_events_warn ||
        description->history_size_bytes > limits->history_bytes_warn) {
        wf_buffer_printf(&answer->reason, "; its history has %lld events and %lld bytes, and the service terminates it "
                         "at %lld or %lld", (long long)description->event_count,
                         (long long)description->history_size_bytes, (long long)limits->history_events_max,
                         (long long)limits->history_bytes_max);
        diagnose(answer, WF_DIAGNOSIS_HISTORY_NEAR_LIMIT);
    }
}

bool sim_unfinished_explain(const struct sim_unfinished_question *question, struct sim_unfinished *unfinished,
                            struct wf_string *await_site)
{
    struct wf_svc_description description = {0};
    struct answer answer = {.question = question, .description = &description};

    answer.run = sim_world_run(question->world, question->run_index);
    wf_buffer_init(&answer.reason, question->arena);
    wf_buffer_init(&answer.site, question->arena);
    /* A state that cannot be read leaves the description empty; status and result still tell something. */
    if (wf_state_describe(question->scratch, answer.run.state, &description, NULL) != WF_OK) {
        memset(&description, 0, sizeof description);
    }
    if (answer.run.status == WF_WORKFLOW_EXECUTION_STATUS_RUNNING) {
        explain_open(&answer);
    } else {
        explain_closed(&answer);
    }
    warn_of_history(&answer);
    *unfinished = (struct sim_unfinished){
        .workflow_id = answer.run.workflow_id,
        .workflow_type = answer.run.workflow_type,
        .status = answer.run.status,
        .reason = wf_buffer_string(&answer.reason),
        .diagnosis = answer.has_diagnosis ? wf_diagnosis_code(answer.diagnosis) : NULL,
    };
    *await_site = wf_buffer_string(&answer.site);
    return !answer.reason.is_full && !answer.site.is_full;
}
