/* The scripted host. */
#include "tests/support/script.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/assert.h"
#include "engine/replay/shape.h"

#define ARGUMENTS_MAX 4

struct words {
    char texts[ARGUMENTS_MAX + 1][128];
    uint32_t count;
};

static const char *word(const struct words *words, uint32_t index, const char *otherwise)
{
    return index < words->count ? words->texts[index] : otherwise;
}

static uint32_t seq_of(const struct words *words)
{
    return (uint32_t)strtoul(word(words, 1, "0"), NULL, 10);
}

static void *take(struct wf_arena *arena, const struct wf_message_type *type)
{
    void *message = wf_message_new(arena, type);

    WF_ASSERT(message != NULL);
    return message;
}

static struct wf_string text(struct wf_arena *arena, const char *string)
{
    return wf_string_copy(arena, wf_string_of(string));
}

/* The index of a word in a list ending in NULL; 0 when it is not there. */
static int32_t choice(const char *given, const char *const *names)
{
    for (int32_t i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], given) == 0) {
            return i;
        }
    }
    WF_ASSERT(given[0] == '\0');
    return 0;
}

/* ---- Commands ---- */

static void fill_activity(struct wf_arena *arena, const struct words *words,
                          struct wf_sdk_command *command)
{
    static const char *const ways[] = {"try", "wait", "abandon", NULL};
    struct wf_sdk_schedule_activity *activity = take(arena, &wf_type_sdk_schedule_activity);

    activity->seq = seq_of(words);
    activity->activity_type = text(arena, word(words, 2, "foo"));
    activity->cancellation_type = choice(word(words, 3, ""), ways);
    activity->activity_id = text(arena, word(words, 4, ""));
    command->variant.schedule_activity = activity;
}

static void fill_child(struct wf_arena *arena, const struct words *words,
                       struct wf_sdk_command *command)
{
    static const char *const ways[] = {"abandon", "try", "wait", "wait-requested", NULL};
    struct wf_sdk_start_child_workflow_execution *child = take(
        arena, &wf_type_sdk_start_child_workflow_execution);

    child->seq = seq_of(words);
    child->workflow_id = text(arena, word(words, 2, "child"));
    child->workflow_type = text(arena, word(words, 3, "Child"));
    child->cancellation_type = choice(word(words, 4, ""), ways);
    command->variant.start_child_workflow_execution = child;
}

static void fill_nexus(struct wf_arena *arena, const struct words *words,
                       struct wf_sdk_command *command)
{
    static const char *const ways[] = {"wait", "abandon", "try", "wait-requested", NULL};
    struct wf_sdk_schedule_nexus_operation *operation = take(arena,
                                                             &wf_type_sdk_schedule_nexus_operation);

    operation->seq = seq_of(words);
    operation->service = text(arena, word(words, 3, "service"));
    operation->operation = text(arena, word(words, 4, "operation"));
    operation->cancellation_type = choice(word(words, 2, ""), ways);
    command->variant.schedule_nexus_operation = operation;
}

static void fill_local(struct wf_arena *arena, const struct words *words,
                       struct wf_sdk_command *command)
{
    struct wf_sdk_schedule_local_activity *activity = take(arena,
                                                           &wf_type_sdk_schedule_local_activity);

    activity->seq = seq_of(words);
    activity->activity_id = text(arena, word(words, 3, word(words, 1, "")));
    activity->activity_type = text(arena, word(words, 2, "loc"));
    command->variant.schedule_local_activity = activity;
}

static void fill_upsert(struct wf_arena *arena, const struct words *words,
                        struct wf_sdk_command *command)
{
    struct wf_sdk_upsert_workflow_search_attributes *upsert = take(
        arena, &wf_type_sdk_upsert_workflow_search_attributes);
    struct wf_entry_payload *entry = NULL;

    upsert->search_attributes = take(arena, &wf_type_search_attributes);
    entry = wf_list_append(arena, &upsert->search_attributes->indexed_fields, sizeof *entry);
    WF_ASSERT(entry != NULL);
    entry->key = text(arena, word(words, 1, "Key"));
    entry->value = history_payload(arena, "1");
    command->variant.upsert_workflow_search_attributes = upsert;
}

static void fill_update(struct wf_arena *arena, const struct words *words,
                        struct wf_sdk_command *command)
{
    struct wf_sdk_update_response *response = take(arena, &wf_type_sdk_update_response);

    response->protocol_instance_id = text(arena, word(words, 1, "u1"));
    if (strcmp(words->texts[0], "accept") == 0) {
        response->response_case = WF_CASE_sdk_update_response_accepted;
        response->response.accepted = take(arena, &wf_type_empty);
    } else if (strcmp(words->texts[0], "reject") == 0) {
        response->response_case = WF_CASE_sdk_update_response_rejected;
        response->response.rejected = take(arena, &wf_type_failure);
    } else {
        response->response_case = WF_CASE_sdk_update_response_completed;
        response->response.completed = take(arena, &wf_type_payload);
    }
    command->variant.update_response = response;
}

static void fill_answer(struct wf_arena *arena, const struct words *words,
                        struct wf_sdk_command *command)
{
    struct wf_sdk_query_result *result = take(arena, &wf_type_sdk_query_result);

    result->query_id = text(arena, word(words, 1, ""));
    result->variant_case = WF_CASE_sdk_query_result_succeeded;
    result->variant.succeeded = take(arena, &wf_type_sdk_query_success);
    result->variant.succeeded->response = take(arena, &wf_type_payload);
    *result->variant.succeeded->response = history_payload(arena, word(words, 2, "1"));
    command->variant.respond_to_query = result;
}

static void fill_patch(struct wf_arena *arena, const struct words *words,
                       struct wf_sdk_command *command)
{
    command->variant.set_patch_marker = take(arena, &wf_type_sdk_set_patch_marker);
    command->variant.set_patch_marker->patch_id = text(arena, word(words, 1, "p1"));
    command->variant.set_patch_marker->deprecated = strcmp(words->texts[0], "deprecate") == 0;
}

static void fill_timer(struct wf_arena *arena, const struct words *words,
                       struct wf_sdk_command *command)
{
    command->variant.start_timer = take(arena, &wf_type_sdk_start_timer);
    command->variant.start_timer->seq = seq_of(words);
    command->variant.start_timer->start_to_fire_timeout = (struct wf_timestamp){.seconds = 1,
                                                                                .is_set = true};
}

static void fill_signal(struct wf_arena *arena, const struct words *words,
                        struct wf_sdk_command *command)
{
    command->variant.signal_external_workflow_execution = take(
        arena, &wf_type_sdk_signal_external_workflow_execution);
    command->variant.signal_external_workflow_execution->seq = seq_of(words);
    command->variant.signal_external_workflow_execution->signal_name = text(
        arena, word(words, 2, "signal"));
}

static void fill_cancel_child(struct wf_arena *arena, const struct words *words,
                              struct wf_sdk_command *command)
{
    command->variant.cancel_child_workflow_execution = take(
        arena, &wf_type_sdk_cancel_child_workflow_execution);
    command->variant.cancel_child_workflow_execution->child_workflow_seq = seq_of(words);
    command->variant.cancel_child_workflow_execution->reason = WF_STR("reason");
}

/* A message whose first field is a sequence number and needs nothing else. */
#define FILL_SEQ(name, member)                                                                     \
    static void fill_##name(struct wf_arena *arena, const struct words *words,                     \
                            struct wf_sdk_command *command)                                        \
    {                                                                                              \
        command->variant.member = take(arena, &wf_type_sdk_##member);                              \
        command->variant.member->seq = seq_of(words);                                              \
    }
FILL_SEQ(cancel_activity, request_cancel_activity)
FILL_SEQ(cancel_timer, cancel_timer)
FILL_SEQ(cancel_signal, cancel_signal_workflow)
FILL_SEQ(cancel_local, request_cancel_local_activity)
FILL_SEQ(cancel_nexus, request_cancel_nexus_operation)
FILL_SEQ(cancel_external, request_cancel_external_workflow_execution)

/* A message that may stay empty. */
#define FILL_EMPTY(name, member)                                                                   \
    static void fill_##name(struct wf_arena *arena, const struct words *words,                     \
                            struct wf_sdk_command *command)                                        \
    {                                                                                              \
        (void)words;                                                                               \
        command->variant.member = take(arena, &wf_type_sdk_##member);                              \
    }
FILL_EMPTY(complete, complete_workflow_execution)
FILL_EMPTY(fail, fail_workflow_execution)
FILL_EMPTY(cancel, cancel_workflow_execution)
FILL_EMPTY(continue, continue_as_new_workflow_execution)
FILL_EMPTY(memo, modify_workflow_properties)

/* call json */
static void fill_side_effect(struct wf_arena *arena, const struct words *words, struct wf_sdk_command *command)
{
    struct wf_sdk_recorded_value *value = take(arena, &wf_type_sdk_recorded_value);

    value->kind = WF_SDK_VALUE_KIND_SIDE_EFFECT;
    value->call = seq_of(words);
    value->value = take(arena, &wf_type_payload);
    value->value->data = text(arena, word(words, 2, "1"));
    command->variant.record_value = value;
}

static void fill_nothing(struct wf_arena *arena, const struct words *words,
                         struct wf_sdk_command *command)
{
    (void)arena, (void)words, (void)command;
}

static const struct {
    const char *word;
    uint32_t variant_case;
    void (*fill)(struct wf_arena *arena, const struct words *words, struct wf_sdk_command *command);
} commands[] = {
    {"activity", WF_CASE_sdk_command_schedule_activity, fill_activity}, /* seq type way id */
    {"cancel-activity", WF_CASE_sdk_command_request_cancel_activity, fill_cancel_activity},
    {"timer", WF_CASE_sdk_command_start_timer, fill_timer},
    {"cancel-timer", WF_CASE_sdk_command_cancel_timer, fill_cancel_timer},
    {"child", WF_CASE_sdk_command_start_child_workflow_execution, fill_child}, /* seq id type way */
    {"cancel-child", WF_CASE_sdk_command_cancel_child_workflow_execution, fill_cancel_child},
    {"signal", WF_CASE_sdk_command_signal_external_workflow_execution, fill_signal},
    {"cancel-signal", WF_CASE_sdk_command_cancel_signal_workflow, fill_cancel_signal},
    {"cancel-external", WF_CASE_sdk_command_request_cancel_external_workflow_execution,
     fill_cancel_external},
    {"local", WF_CASE_sdk_command_schedule_local_activity, fill_local}, /* seq type id */
    {"cancel-local", WF_CASE_sdk_command_request_cancel_local_activity, fill_cancel_local},
    {"nexus", WF_CASE_sdk_command_schedule_nexus_operation, fill_nexus}, /* seq way service operation */
    {"cancel-nexus", WF_CASE_sdk_command_request_cancel_nexus_operation, fill_cancel_nexus},
    {"patch", WF_CASE_sdk_command_set_patch_marker, fill_patch},
    {"deprecate", WF_CASE_sdk_command_set_patch_marker, fill_patch},
    {"side-effect", WF_CASE_sdk_command_record_value, fill_side_effect}, /* call json */
    {"upsert", WF_CASE_sdk_command_upsert_workflow_search_attributes, fill_upsert},
    {"memo", WF_CASE_sdk_command_modify_workflow_properties, fill_memo},
    {"accept", WF_CASE_sdk_command_update_response, fill_update},
    {"reject", WF_CASE_sdk_command_update_response, fill_update},
    {"finish", WF_CASE_sdk_command_update_response, fill_update},
    {"complete", WF_CASE_sdk_command_complete_workflow_execution, fill_complete},
    {"fail", WF_CASE_sdk_command_fail_workflow_execution, fill_fail},
    {"cancel", WF_CASE_sdk_command_cancel_workflow_execution, fill_cancel},
    {"continue", WF_CASE_sdk_command_continue_as_new_workflow_execution, fill_continue},
    {"answer", WF_CASE_sdk_command_respond_to_query, fill_answer},
    {"nothing", 0, fill_nothing}, /* a command without a variant: malformed */
};

/* Reads one command up to a comma or the end; returns what follows it. */
static const char *read_words(const char *from, struct words *words)
{
    size_t length = 0;

    words->count = 0;
    for (; *from != '\0' && *from != ','; from++) {
        if (*from == ' ') {
            length = 0;
            continue;
        }
        if (length == 0) {
            WF_ASSERT(words->count <= ARGUMENTS_MAX);
            words->count++;
        }
        WF_ASSERT(length < 127);
        words->texts[words->count - 1][length++] = *from;
        words->texts[words->count - 1][length] = '\0';
    }
    return *from == ',' ? from + 1 : from;
}

static void add_command(struct wf_arena *arena, const struct words *words,
                        struct wf_sdk_completion_success *success)
{
    struct wf_sdk_command *command = wf_list_append(arena, &success->commands, sizeof *command);
    size_t i = 0;

    WF_ASSERT(command != NULL);
    while (i < sizeof commands / sizeof commands[0] &&
           strcmp(commands[i].word, words->texts[0]) != 0) {
        i++;
    }
    WF_ASSERT(i < sizeof commands / sizeof commands[0]);
    command->variant_case = commands[i].variant_case;
    commands[i].fill(arena, words, command);
}

struct wf_sdk_completion *script_completion(struct wf_arena *arena, const char *script)
{
    struct wf_sdk_completion *completion = take(arena, &wf_type_sdk_completion);
    struct words words;

    if (strncmp(script, "fail-task", strlen("fail-task")) == 0) {
        completion->status_case = WF_CASE_sdk_completion_failed;
        completion->status.failed = take(arena, &wf_type_sdk_completion_failure);
        completion->status.failed->failure = take(arena, &wf_type_failure);
        completion->status.failed->failure->message = text(arena, script + strlen("fail-task"));
        return completion;
    }
    completion->status_case = WF_CASE_sdk_completion_successful;
    completion->status.successful = take(arena, &wf_type_sdk_completion_success);
    while (*script != '\0') {
        script = read_words(script, &words);
        add_command(arena, &words, completion->status.successful);
    }
    return completion;
}

/* ---- Traces ---- */

static const char *outcome(uint32_t status_case, const char *fourth)
{
    switch (status_case) {
    case 1:
        return "completed";
    case 2:
        return "failed";
    case 3:
        return "cancelled";
    default:
        return fourth;
    }
}

static void trace_result(struct wf_buffer *trace, const struct wf_sdk_job *job)
{
    if (job->variant_case == WF_CASE_sdk_job_resolve_activity) {
        const struct wf_sdk_resolve_activity *resolve = job->variant.resolve_activity;

        wf_buffer_printf(trace, "%s %u %s", resolve->is_local ? "local" : "activity", resolve->seq,
                         outcome(resolve->result->status_case, "backoff"));
    } else if (job->variant_case == WF_CASE_sdk_job_resolve_child_workflow_execution_start) {
        const struct wf_sdk_resolve_child_workflow_execution_start *resolve =
            job->variant.resolve_child_workflow_execution_start;

        wf_buffer_printf(
            trace, "child-start %u %s", resolve->seq,
            resolve->status_case == 2 ? "ok" : outcome(resolve->status_case - 1, "cancelled"));
    } else if (job->variant_case == WF_CASE_sdk_job_resolve_child_workflow_execution) {
        wf_buffer_printf(
            trace, "child %u %s", job->variant.resolve_child_workflow_execution->seq,
            outcome(job->variant.resolve_child_workflow_execution->result->status_case, "?"));
    } else if (job->variant_case == WF_CASE_sdk_job_resolve_signal_external_workflow) {
        wf_buffer_printf(
            trace, "signal-external %u %s", job->variant.resolve_signal_external_workflow->seq,
            job->variant.resolve_signal_external_workflow->failure == NULL ? "ok" : "failed");
    } else if (job->variant_case == WF_CASE_sdk_job_resolve_request_cancel_external_workflow) {
        wf_buffer_printf(trace, "cancel-external %u %s",
                         job->variant.resolve_request_cancel_external_workflow->seq,
                         job->variant.resolve_request_cancel_external_workflow->failure == NULL
                             ? "ok"
                             : "failed");
    } else if (job->variant_case == WF_CASE_sdk_job_resolve_nexus_operation_start) {
        const uint32_t status_case = job->variant.resolve_nexus_operation_start->status_case;

        wf_buffer_printf(trace, "nexus-start %u %s",
                         job->variant.resolve_nexus_operation_start->seq,
                         status_case == 2   ? "token"
                         : status_case == 3 ? "sync"
                                            : "failed");
    } else {
        WF_ASSERT(job->variant_case == WF_CASE_sdk_job_resolve_nexus_operation);
        wf_buffer_printf(
            trace, "nexus %u %s", job->variant.resolve_nexus_operation->seq,
            outcome(job->variant.resolve_nexus_operation->result->status_case, "timed-out"));
    }
}

static void trace_job(struct wf_buffer *trace, const struct wf_sdk_job *job)
{
    switch (job->variant_case) {
    case WF_CASE_sdk_job_initialize_workflow:
        wf_buffer_append_text(trace, "initialize");
        return;
    case WF_CASE_sdk_job_fire_timer:
        wf_buffer_printf(trace, "fire %u", job->variant.fire_timer->seq);
        return;
    case WF_CASE_sdk_job_update_random_seed:
        wf_buffer_printf(trace, "seed %llu",
                         (unsigned long long)job->variant.update_random_seed->randomness_seed);
        return;
    case WF_CASE_sdk_job_query_workflow:
        wf_buffer_printf(trace, "query %S", &job->variant.query_workflow->query_id);
        return;
    case WF_CASE_sdk_job_cancel_workflow:
        wf_buffer_printf(trace, "cancel %S", &job->variant.cancel_workflow->reason);
        return;
    case WF_CASE_sdk_job_signal_workflow:
        wf_buffer_printf(trace, "signal %S", &job->variant.signal_workflow->signal_name);
        return;
    case WF_CASE_sdk_job_notify_has_patch:
        wf_buffer_printf(trace, "patch %S", &job->variant.notify_has_patch->patch_id);
        return;
    case WF_CASE_sdk_job_notify_value:
        wf_buffer_printf(trace, "value %d %u %S", (int)job->variant.notify_value->kind, job->variant.notify_value->call,
                         &job->variant.notify_value->id);
        return;
    case WF_CASE_sdk_job_do_update:
        wf_buffer_printf(trace, "update %S%s", &job->variant.do_update->id,
                         job->variant.do_update->run_validator ? " validate" : "");
        return;
    default:
        trace_result(trace, job);
    }
}

void script_trace(struct wf_buffer *trace, const struct wf_sdk_activation *activation)
{
    wf_buffer_printf(trace, "%u %s:", activation->history_length,
                     activation->is_replaying ? "replaying" : "live");
    for (uint32_t i = 0; i < activation->jobs.count; i++) {
        wf_buffer_append_text(trace, i == 0 ? " " : "; ");
        trace_job(trace, &activation->jobs.items[i]);
    }
    wf_buffer_append_char(trace, '\n');
}

static void trace_command(struct wf_buffer *trace, const struct wf_command *command)
{
    wf_buffer_append_text(trace, wf_command_type_name(command->command_type));
    if (command->command_type == WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK) {
        wf_buffer_printf(trace, " %S %S",
                         &command->attributes.schedule_activity_task->activity_type->name,
                         &command->attributes.schedule_activity_task->activity_id);
    } else if (command->command_type == WF_COMMAND_TYPE_START_TIMER) {
        wf_buffer_printf(trace, " %S", &command->attributes.start_timer->timer_id);
    } else if (command->command_type == WF_COMMAND_TYPE_CANCEL_TIMER) {
        wf_buffer_printf(trace, " %S", &command->attributes.cancel_timer->timer_id);
    } else if (command->command_type == WF_COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK) {
        wf_buffer_printf(
            trace, " %lld",
            (long long)command->attributes.request_cancel_activity_task->scheduled_event_id);
    } else if (command->command_type == WF_COMMAND_TYPE_RECORD_MARKER) {
        wf_buffer_printf(
            trace, " %S %S", &command->attributes.record_marker->marker_name,
            &command->attributes.record_marker->details.items[0].value.payloads.items[0].data);
    } else if (command->command_type == WF_COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES) {
        const struct wf_search_attributes *attributes =
            command->attributes.upsert_workflow_search_attributes->search_attributes;

        for (uint32_t i = 0; i < attributes->indexed_fields.count; i++) {
            wf_buffer_printf(trace, " %S=%S", &attributes->indexed_fields.items[i].key,
                             &attributes->indexed_fields.items[i].value.data);
        }
    } else if (command->command_type == WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION) {
        wf_buffer_printf(trace, " %S %S",
                         &command->attributes.start_child_workflow_execution->workflow_type->name,
                         &command->attributes.start_child_workflow_execution->workflow_id);
    } else if (command->command_type == WF_COMMAND_TYPE_PROTOCOL_MESSAGE) {
        wf_buffer_printf(trace, " %S", &command->attributes.protocol_message->message_id);
    }
}

void script_trace_commands(struct wf_buffer *trace, const struct wf_command *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        wf_buffer_append_text(trace, i == 0 ? "" : ", ");
        trace_command(trace, &list[i]);
    }
}

/* ---- Replaying ---- */

static void keep_finding(struct wf_arena *arena, const struct wf_finding *finding,
                         struct script_result *result)
{
    result->finding = *finding;
    result->finding.message = wf_string_copy(arena, finding->message);
    result->finding.official = wf_string_copy(arena, finding->official);
    result->finding.command = NULL;
    result->finding.failure = NULL;
}

static void run_script(struct wf_arena *arena, struct wf_worker *worker, const char *const *answers,
                       struct wf_worker_output *out, struct script_result *result)
{
    struct wf_buffer trace;

    wf_buffer_init(&trace, arena);
    while (out->type == WF_WORKER_ACTIVATION) {
        const char *answer = *answers == NULL ? "" : *answers;
        struct wf_worker_input in = {.type = WF_WORKER_COMPLETION};
        struct wf_error err;

        answers += *answers != NULL;
        script_trace(&trace, out->activation);
        result->activation_count++;
        in.completion.slot = out->slot;
        in.completion.completion = script_completion(arena, answer);
        WF_ASSERT(wf_worker_step(worker, &in, out, &err) == WF_OK);
    }
    result->trace = wf_buffer_string(&trace);
}

void script_replay(struct wf_arena *arena, const struct history_builder *history,
                   const char *const *answers, struct script_result *result)
{
    script_replay_as(arena, history, WF_FAMILY_CORE, answers, result);
}

void script_replay_as(struct wf_arena *arena, const struct history_builder *history, enum wf_family family,
                      const char *const *answers, struct script_result *result)
{
    const struct wf_worker_config config = {
        .blocks = arena->source, .cache_size_max = 1, .is_replay = true, .family = family};
    struct wf_worker *worker = wf_worker_new(&config);
    const struct wf_replay_span span = wf_replay_span_of(history->events, history->count);
    struct wf_task task = {.run_id = WF_STR(HISTORY_RUN_ID), .workflow_id = WF_STR("workflow-id")};
    struct wf_worker_input in = {.type = WF_WORKER_TASK, .task = &task};
    struct wf_worker_output out;
    struct wf_error err;

    WF_ASSERT(worker != NULL);
    task.events = history->events;
    task.event_count = history->count;
    task.previous_started_event_id = span.previous_started_event_id;
    task.started_event_id = span.started_event_id;
    task.is_full_history = true;
    *result = (struct script_result){.trace = {NULL, 0}};
    WF_ASSERT(wf_worker_step(worker, &in, &out, &err) == WF_OK);
    run_script(arena, worker, answers, &out, result);
    WF_ASSERT(out.type == WF_WORKER_FINDING);
    keep_finding(arena, out.finding, result);
    wf_worker_free(worker);
}

/* ---- Live ---- */

void script_live_task(struct wf_arena *arena, const struct history_builder *history,
                      const char *answer, struct wf_buffer *trace)
{
    const struct wf_worker_config config = {.blocks = arena->source,
                                            .cache_size_max = 1,
                                            .family = WF_FAMILY_CORE,
                                            .sdk_name = WF_STR("wfsim")};
    struct wf_worker *worker = wf_worker_new(&config);
    struct wf_task task = {.run_id = WF_STR(HISTORY_RUN_ID),
                           .events = history->events,
                           .event_count = history->count,
                           .started_event_id = history->count,
                           .is_full_history = true};
    struct wf_worker_input in = {.type = WF_WORKER_TASK, .task = &task};
    struct wf_worker_output out;
    struct wf_error err;

    WF_ASSERT(worker != NULL);
    WF_ASSERT(wf_worker_step(worker, &in, &out, &err) == WF_OK);
    while (out.type == WF_WORKER_ACTIVATION) {
        in = (struct wf_worker_input){.type = WF_WORKER_COMPLETION};
        in.completion.slot = out.slot;
        in.completion.completion = script_completion(arena, answer);
        WF_ASSERT(wf_worker_step(worker, &in, &out, &err) == WF_OK);
    }
    WF_ASSERT(out.type == WF_WORKER_RESPONSE);
    script_trace_commands(trace, out.response.commands, out.response.command_count);
    wf_worker_free(worker);
}
