#include "tests/support/host_script.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/base/json_text.h"
#include "engine/time.h"

static void *take(struct script *script, size_t size_bytes)
{
    void *memory = wf_arena_take(&script->arena, size_bytes);

    assert_non_null(memory);
    return memory;
}

#define TAKE(script, type) ((type *)take((script), sizeof(type)))

static struct wf_payload payload_of(struct script *script, struct wf_string json)
{
    struct wf_entry_string *encoding = TAKE(script, struct wf_entry_string);
    struct wf_payload payload = {0};

    *encoding = (struct wf_entry_string){WF_STR("encoding"), WF_STR("json/plain")};
    payload.metadata.items = encoding;
    payload.metadata.count = 1;
    payload.data = json;
    if (wf_string_is(json, "opaque")) {
        encoding->value = WF_STR("binary/encrypted");
    }
    return payload;
}

static struct wf_payload *payloads_of(struct script *script, const char *list, uint32_t *count)
{
    const struct wf_string text = list == NULL ? WF_STR("[]") : wf_string_copy(&script->arena, wf_string_of(list));
    struct wf_payload *payloads = NULL;

    if (list != NULL && strcmp(list, "opaque") == 0) {
        payloads = TAKE(script, struct wf_payload);
        *payloads = payload_of(script, WF_STR("opaque"));
        *count = 1;
        return payloads;
    }
    *count = (uint32_t)wf_json_count(text);
    payloads = wf_arena_take_array(&script->arena, *count, sizeof *payloads);
    for (uint32_t i = 0; i < *count; i++) {
        payloads[i] = payload_of(script, wf_json_item(text, i));
    }
    return payloads;
}

static struct wf_sdk_job *add_job(struct script *script, uint32_t variant, void *body)
{
    struct wf_sdk_job *job = WF_LIST_APPEND(&script->arena, script->activation.jobs);

    assert_non_null(job);
    job->variant_case = variant;
    job->variant.any = body;
    return job;
}

static struct wf_string text_of(struct script *script, const char *text)
{
    return wf_string_copy(&script->arena, wf_string_of(text));
}

void script_begin(struct script *script, const struct wf_module *module, const char *workflow_type, const char *args)
{
    struct wf_sdk_initialize_workflow *job = NULL;
    struct wf_host_config config = {0};
    struct wf_error err;

    memset(script, 0, sizeof *script);
    test_blocks_init(&script->blocks);
    test_blocks_init(&script->arena_blocks);
    wf_arena_init(&script->arena, &script->arena_blocks.source, 0);
    config.module = module;
    config.blocks = &script->blocks.source;
    config.stacks = &script->blocks.source;
    config.stack_size_bytes = WF_STACK_BYTES_DEFAULT;
    config.instance_size_bytes_max = (size_t)16 << 20;
    config.coroutines_max = 100;
    if (wf_host_new(&config, &script->host, &err) != WF_OK) {
        fail_msg("%s", err.message);
    }
    script->instance = wf_instance_new(script->host);
    assert_non_null(script->instance);
    script->now_seconds = 1000;
    job = TAKE(script, struct wf_sdk_initialize_workflow);
    job->workflow_type = text_of(script, workflow_type);
    job->workflow_id = WF_STR("the-id");
    job->randomness_seed = 7;
    job->attempt = 1;
    job->start_time = wf_timestamp_of(900 * WF_NS_PER_S);
    job->arguments.items = payloads_of(script, args, &job->arguments.count);
    add_job(script, 1, job);
}

void script_end(struct script *script)
{
    wf_instance_free(script->instance);
    wf_host_free(script->host);
    wf_arena_deinit(&script->arena);
    assert_int_equal(script->blocks.live_count, 0);
    assert_int_equal(script->arena_blocks.live_count, 0);
}

/* ---- Jobs ---- */

void script_signal(struct script *script, const char *name, const char *args)
{
    struct wf_sdk_signal_workflow *job = TAKE(script, struct wf_sdk_signal_workflow);

    job->signal_name = text_of(script, name);
    job->input.items = payloads_of(script, args, &job->input.count);
    add_job(script, 7, job);
}

void script_query(struct script *script, const char *type, const char *args)
{
    struct wf_sdk_query_workflow *job = TAKE(script, struct wf_sdk_query_workflow);

    job->query_id = WF_STR("q1");
    job->query_type = text_of(script, type);
    job->arguments.items = payloads_of(script, args, &job->arguments.count);
    add_job(script, 5, job);
}

void script_update(struct script *script, const char *name, const char *args)
{
    struct wf_sdk_do_update *job = TAKE(script, struct wf_sdk_do_update);

    job->name = text_of(script, name);
    job->protocol_instance_id = WF_STR("u1");
    job->run_validator = !script->is_replaying;
    job->input.items = payloads_of(script, args, &job->input.count);
    add_job(script, 14, job);
}

void script_timer(struct script *script, uint32_t seq)
{
    struct wf_sdk_fire_timer *job = TAKE(script, struct wf_sdk_fire_timer);

    job->seq = seq;
    add_job(script, 2, job);
}

static struct wf_sdk_activity_resolution *add_resolution(struct script *script, uint32_t seq, uint32_t status)
{
    struct wf_sdk_resolve_activity *job = TAKE(script, struct wf_sdk_resolve_activity);

    job->seq = seq;
    job->result = TAKE(script, struct wf_sdk_activity_resolution);
    job->result->status_case = status;
    add_job(script, 8, job);
    return job->result;
}

void script_result(struct script *script, uint32_t seq, const char *value)
{
    struct wf_sdk_activity_success *success = TAKE(script, struct wf_sdk_activity_success);

    if (value != NULL) {
        success->result = TAKE(script, struct wf_payload);
        *success->result = payload_of(script, text_of(script, value));
    }
    add_resolution(script, seq, 1)->status.completed = success;
}

void script_local_result(struct script *script, uint32_t seq, const char *value)
{
    script_result(script, seq, value);
    script->activation.jobs.items[script->activation.jobs.count - 1].variant.resolve_activity->is_local = true;
}

void script_backoff(struct script *script, uint32_t seq, uint32_t attempt, int64_t seconds)
{
    struct wf_sdk_do_backoff *backoff = TAKE(script, struct wf_sdk_do_backoff);

    backoff->attempt = attempt;
    backoff->backoff_duration = wf_duration_of(seconds * WF_NS_PER_S);
    add_resolution(script, seq, 4)->status.backoff = backoff;
}

static struct wf_failure *failure_of(struct script *script, uint32_t info_case, const char *message)
{
    struct wf_failure *failure = TAKE(script, struct wf_failure);

    failure->message = text_of(script, message);
    failure->failure_info_case = info_case;
    failure->failure_info.any = take(script, 256); /* larger than any of the infos */
    return failure;
}

static struct wf_failure *activity_failure(struct script *script, const char *message)
{
    struct wf_failure *failure = failure_of(script, 11, message);

    failure->failure_info.activity_failure_info->activity_type = TAKE(script, struct wf_activity_type);
    failure->failure_info.activity_failure_info->activity_type->name = WF_STR("some_activity");
    return failure;
}

void script_failure(struct script *script, uint32_t seq, const char *type, const char *message)
{
    struct wf_sdk_activity_failure *failed = TAKE(script, struct wf_sdk_activity_failure);

    failed->failure = activity_failure(script, "Activity task failed");
    failed->failure->cause = failure_of(script, 5, message);
    failed->failure->cause->failure_info.application_failure_info->type = text_of(script, type);
    add_resolution(script, seq, 2)->status.failed = failed;
}

void script_canceled(struct script *script, uint32_t seq)
{
    struct wf_sdk_activity_cancellation *canceled = TAKE(script, struct wf_sdk_activity_cancellation);

    canceled->failure = activity_failure(script, "Activity cancelled");
    canceled->failure->cause = failure_of(script, 7, "");
    add_resolution(script, seq, 3)->status.cancelled = canceled;
}

void script_cancel(struct script *script, const char *reason)
{
    struct wf_sdk_cancel_workflow *job = TAKE(script, struct wf_sdk_cancel_workflow);

    job->reason = text_of(script, reason);
    add_job(script, 6, job);
}

void script_patch(struct script *script, const char *id)
{
    struct wf_sdk_notify_has_patch *job = TAKE(script, struct wf_sdk_notify_has_patch);

    job->patch_id = text_of(script, id);
    add_job(script, 9, job);
}

void script_seed(struct script *script, uint64_t seed)
{
    struct wf_sdk_update_random_seed *job = TAKE(script, struct wf_sdk_update_random_seed);

    job->randomness_seed = seed;
    add_job(script, 4, job);
}

void script_child_started(struct script *script, uint32_t seq, const char *run_id)
{
    struct wf_sdk_resolve_child_workflow_execution_start *job =
        TAKE(script, struct wf_sdk_resolve_child_workflow_execution_start);

    job->seq = seq;
    job->status_case = 2;
    job->status.succeeded = TAKE(script, struct wf_sdk_resolve_child_workflow_execution_start_success);
    job->status.succeeded->run_id = text_of(script, run_id);
    add_job(script, 10, job);
}

void script_child_refused(struct script *script, uint32_t seq, bool is_taken)
{
    struct wf_sdk_resolve_child_workflow_execution_start *job =
        TAKE(script, struct wf_sdk_resolve_child_workflow_execution_start);

    job->seq = seq;
    job->status_case = 3;
    job->status.failed = TAKE(script, struct wf_sdk_resolve_child_workflow_execution_start_failure);
    job->status.failed->cause = is_taken ? WF_SDK_START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS
                                         : WF_SDK_START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_UNSPECIFIED;
    add_job(script, 10, job);
}

void script_child_result(struct script *script, uint32_t seq, const char *value)
{
    struct wf_sdk_resolve_child_workflow_execution *job = TAKE(script, struct wf_sdk_resolve_child_workflow_execution);

    job->seq = seq;
    job->result = TAKE(script, struct wf_sdk_child_workflow_result);
    job->result->status_case = 1;
    job->result->status.completed = TAKE(script, struct wf_sdk_child_success);
    job->result->status.completed->result = TAKE(script, struct wf_payload);
    *job->result->status.completed->result = payload_of(script, text_of(script, value));
    add_job(script, 11, job);
}

void script_external(struct script *script, uint32_t seq, bool is_cancel, const char *failure)
{
    struct wf_sdk_resolve_signal_external_workflow *job = TAKE(script, struct wf_sdk_resolve_signal_external_workflow);
    struct wf_sdk_resolve_request_cancel_external_workflow *cancel_job =
        TAKE(script, struct wf_sdk_resolve_request_cancel_external_workflow);

    job->seq = cancel_job->seq = seq;
    job->failure = cancel_job->failure = failure == NULL ? NULL : failure_of(script, 5, failure);
    add_job(script, is_cancel ? 13 : 12, is_cancel ? (void *)cancel_job : (void *)job);
}

/* ---- Commands as text ---- */

static void print_payload(struct wf_buffer *out, const struct wf_payload *payload)
{
    const struct wf_string encoding =
        payload->metadata.count == 0 ? WF_STR("none") : payload->metadata.items[0].value;

    if (wf_string_is(encoding, "json/plain")) {
        wf_buffer_append_string(out, payload->data);
    } else {
        wf_buffer_printf(out, "<%S:%S>", &encoding, &payload->data);
    }
}

static void print_payloads(struct wf_buffer *out, const struct wf_payload *payloads, uint32_t count)
{
    wf_buffer_append_char(out, '(');
    for (uint32_t i = 0; i < count; i++) {
        wf_buffer_append_text(out, i == 0 ? "" : ", ");
        print_payload(out, &payloads[i]);
    }
    wf_buffer_append_char(out, ')');
}

static void print_duration(struct wf_buffer *out, const char *name, struct wf_timestamp duration)
{
    if (duration.is_set) {
        wf_buffer_printf(out, " %s=%lldms", name, (long long)(wf_time_of(duration) / WF_NS_PER_MS));
    }
}

static void print_policy(struct wf_buffer *out, const struct wf_retry_policy *policy)
{
    double coefficient = 0;
    char text[16];

    if (policy == NULL) {
        return;
    }
    memcpy(&coefficient, &policy->backoff_coefficient, sizeof coefficient);
    (void)snprintf(text, sizeof text, "%g", coefficient);
    print_duration(out, "initial", policy->initial_interval);
    wf_buffer_printf(out, " coefficient=%s", text);
    print_duration(out, "maximum", policy->maximum_interval);
    wf_buffer_printf(out, " attempts=%d", (int)policy->maximum_attempts);
    for (uint32_t i = 0; i < policy->non_retryable_error_types.count; i++) {
        wf_buffer_printf(out, " not=%S", &policy->non_retryable_error_types.items[i]);
    }
}

static void print_failure(struct wf_buffer *out, const struct wf_failure *failure)
{
    for (; failure != NULL; failure = failure->cause) {
        const struct wf_payloads *details = NULL;

        wf_buffer_append_text(out, " <- ");
        if (failure->failure_info_case == 5) {
            const struct wf_application_failure_info *info = failure->failure_info.application_failure_info;

            wf_buffer_printf(out, "%S%s: ", &info->type, info->non_retryable ? "!" : "");
            details = info->details;
        } else if (failure->failure_info_case == 7) {
            wf_buffer_append_text(out, "canceled: ");
            details = failure->failure_info.canceled_failure_info->details;
        } else if (failure->failure_info_case == 11) {
            wf_buffer_append_text(out, "activity: ");
        } else if (failure->failure_info_case == 12) {
            wf_buffer_append_text(out, "child: ");
        }
        wf_buffer_append_string(out, failure->message);
        if (details != NULL) {
            wf_buffer_append_char(out, ' ');
            print_payloads(out, details->payloads.items, details->payloads.count);
        }
    }
}

static void print_activity(struct wf_buffer *out, const struct wf_sdk_schedule_activity *command)
{
    wf_buffer_printf(out, "activity %u %S ", command->seq, &command->activity_type);
    print_payloads(out, command->arguments.items, command->arguments.count);
    if (command->activity_id.size_bytes > 0) {
        wf_buffer_printf(out, " id=%S", &command->activity_id);
    }
    if (command->task_queue.size_bytes > 0) {
        wf_buffer_printf(out, " queue=%S", &command->task_queue);
    }
    print_duration(out, "close", command->schedule_to_close_timeout);
    print_duration(out, "start", command->schedule_to_start_timeout);
    print_duration(out, "run", command->start_to_close_timeout);
    print_duration(out, "beat", command->heartbeat_timeout);
    print_policy(out, command->retry_policy);
    if (command->cancellation_type != 0) {
        wf_buffer_printf(out, " cancellation=%d", (int)command->cancellation_type);
    }
}

static void print_child(struct wf_buffer *out, const struct wf_sdk_start_child_workflow_execution *command)
{
    wf_buffer_printf(out, "child %u %S ", command->seq, &command->workflow_type);
    print_payloads(out, command->input.items, command->input.count);
    wf_buffer_printf(out, " id=%S close=%d cancellation=%d", &command->workflow_id, (int)command->parent_close_policy,
                     (int)command->cancellation_type);
}

static void print_query(struct wf_buffer *out, const struct wf_sdk_query_result *command)
{
    wf_buffer_printf(out, "answer %S ", &command->query_id);
    if (command->variant_case == 2) {
        print_payload(out, command->variant.succeeded->response);
    } else {
        print_failure(out, command->variant.failed);
    }
}

static void print_update(struct wf_buffer *out, const struct wf_sdk_update_response *command)
{
    wf_buffer_printf(out, "update %S ", &command->protocol_instance_id);
    if (command->response_case == 2) {
        wf_buffer_append_text(out, "accepted");
    } else if (command->response_case == 3) {
        wf_buffer_append_text(out, "rejected");
        print_failure(out, command->response.rejected);
    } else {
        wf_buffer_append_text(out, "completed ");
        print_payload(out, command->response.completed);
    }
}

static void print_signal(struct wf_buffer *out, const struct wf_sdk_signal_external_workflow_execution *command)
{
    wf_buffer_printf(out, "signal %u %S to %S ", command->seq, &command->signal_name,
                     command->target_case == 3 ? &command->target.child_workflow_id
                                               : &command->target.workflow_execution->workflow_id);
    print_payloads(out, command->args.items, command->args.count);
}

static void print_attributes(struct wf_buffer *out, const struct wf_sdk_upsert_workflow_search_attributes *command)
{
    const struct wf_entry_payload *entry = &command->search_attributes->indexed_fields.items[0];

    wf_buffer_printf(out, "attribute %S %S ", &entry->key, &entry->value.metadata.items[1].value);
    print_payload(out, &entry->value);
}

static void print_memo(struct wf_buffer *out, const struct wf_memo *memo)
{
    wf_buffer_append_text(out, "memo");
    for (uint32_t i = 0; i < memo->fields.count; i++) {
        wf_buffer_printf(out, " %S=", &memo->fields.items[i].key);
        print_payload(out, &memo->fields.items[i].value);
    }
}

static void print_local(struct wf_buffer *out, const struct wf_sdk_schedule_local_activity *command)
{
    wf_buffer_printf(out, "local %u %S", command->seq, &command->activity_type);
    if (command->activity_id.size_bytes > 0) {
        wf_buffer_printf(out, " id=%S", &command->activity_id);
    }
    wf_buffer_printf(out, " attempt=%u", command->attempt);
}

static void print_continue(struct wf_buffer *out, const struct wf_sdk_continue_as_new_workflow_execution *command)
{
    wf_buffer_printf(out, "continue %S ", &command->workflow_type);
    print_payloads(out, command->arguments.items, command->arguments.count);
    print_duration(out, "run", command->workflow_run_timeout);
    print_duration(out, "delay", command->backoff_start_interval);
    if (command->retry_policy != NULL) {
        wf_buffer_printf(out, " attempts=%d types=%u", command->retry_policy->maximum_attempts,
                         command->retry_policy->non_retryable_error_types.count);
    }
    for (uint32_t i = 0; i < command->memo.count; i++) {
        wf_buffer_printf(out, " memo %S=", &command->memo.items[i].key);
        print_payload(out, &command->memo.items[i].value);
    }
    for (uint32_t i = 0; command->search_attributes != NULL && i < command->search_attributes->indexed_fields.count; i++) {
        wf_buffer_printf(out, " attribute %S=", &command->search_attributes->indexed_fields.items[i].key);
        print_payload(out, &command->search_attributes->indexed_fields.items[i].value);
    }
}

static void print_value(struct wf_buffer *out, const struct wf_sdk_recorded_value *command)
{
    switch ((enum wf_sdk_value_kind)command->kind) {
    case WF_SDK_VALUE_KIND_VERSION:
        wf_buffer_printf(out, "version %S %lld in %lld..%lld", &command->id, (long long)command->version,
                         (long long)command->minimum_version, (long long)command->maximum_version);
        break;
    case WF_SDK_VALUE_KIND_SIDE_EFFECT:
        wf_buffer_printf(out, "side effect %u ", command->call);
        print_payload(out, command->value);
        break;
    case WF_SDK_VALUE_KIND_MUTABLE_SIDE_EFFECT:
        wf_buffer_printf(out, "mutable %S %u ", &command->id, command->call);
        print_payload(out, command->value);
        break;
    }
    wf_buffer_append_text(out, command->is_fresh ? " new" : "");
}

static void print_command(struct wf_buffer *out, const struct wf_sdk_command *command)
{
    switch (command->variant_case) {
    case 1:
        wf_buffer_printf(out, "timer %u", command->variant.start_timer->seq);
        print_duration(out, "after", command->variant.start_timer->start_to_fire_timeout);
        break;
    case 2:
        print_activity(out, command->variant.schedule_activity);
        break;
    case 3:
        print_query(out, command->variant.respond_to_query);
        break;
    case 4:
        wf_buffer_printf(out, "cancel activity %u", command->variant.request_cancel_activity->seq);
        break;
    case 5:
        wf_buffer_printf(out, "cancel timer %u", command->variant.cancel_timer->seq);
        break;
    case 6:
        wf_buffer_append_text(out, "complete");
        if (command->variant.complete_workflow_execution->result != NULL) {
            wf_buffer_append_char(out, ' ');
            print_payload(out, command->variant.complete_workflow_execution->result);
        }
        break;
    case 7:
        wf_buffer_append_text(out, "fail");
        print_failure(out, command->variant.fail_workflow_execution->failure);
        break;
    case 8:
        print_continue(out, command->variant.continue_as_new_workflow_execution);
        break;
    case 9:
        wf_buffer_append_text(out, "cancel workflow");
        if (command->variant.cancel_workflow_execution->details != NULL) {
            wf_buffer_append_char(out, ' ');
            print_payloads(out, command->variant.cancel_workflow_execution->details->payloads.items,
                           command->variant.cancel_workflow_execution->details->payloads.count);
        }
        break;
    case 99:
        print_value(out, command->variant.record_value);
        break;
    case 10:
        wf_buffer_printf(out, "patch %S%s", &command->variant.set_patch_marker->patch_id,
                         command->variant.set_patch_marker->deprecated ? " deprecated" : "");
        break;
    case 11:
        print_child(out, command->variant.start_child_workflow_execution);
        break;
    case 12:
        wf_buffer_printf(out, "cancel child %u",
                         command->variant.cancel_child_workflow_execution->child_workflow_seq);
        break;
    case 13:
        wf_buffer_printf(out, "request cancel %u %S",
                         command->variant.request_cancel_external_workflow_execution->seq,
                         &command->variant.request_cancel_external_workflow_execution->workflow_execution->workflow_id);
        break;
    case 14:
        print_signal(out, command->variant.signal_external_workflow_execution);
        break;
    case 15:
        wf_buffer_printf(out, "cancel signal %u", command->variant.cancel_signal_workflow->seq);
        break;
    case 16:
        print_local(out, command->variant.schedule_local_activity);
        break;
    case 17:
        wf_buffer_printf(out, "cancel local %u", command->variant.request_cancel_local_activity->seq);
        break;
    case 18:
        print_attributes(out, command->variant.upsert_workflow_search_attributes);
        break;
    case 19:
        print_memo(out, command->variant.modify_workflow_properties->upserted_memo);
        break;
    case 20:
        print_update(out, command->variant.update_response);
        break;
    default:
        fail_msg("command variant %u", command->variant_case);
    }
    wf_buffer_append_char(out, '\n');
}

const char *script_run(struct script *script)
{
    const struct wf_sdk_completion *completion = NULL;
    struct wf_buffer out;

    script->activation.run_id = WF_STR("the-run");
    script->activation.is_replaying = script->is_replaying;
    script->activation.timestamp = wf_timestamp_of(script->now_seconds * WF_NS_PER_S);
    script->activation.history_length = 3 + 5 * script->activation_count++;
    wf_instance_activate(script->instance, &script->activation, &completion);
    memset(&script->activation, 0, sizeof script->activation);
    wf_buffer_init(&out, &script->arena);
    if (completion->status_case == 3) {
        wf_buffer_printf(&out, "broken: %S\n", &completion->status.failed->failure->message);
    } else {
        assert_int_equal(completion->status_case, 2);
        for (uint32_t i = 0; i < completion->status.successful->commands.count; i++) {
            print_command(&out, &completion->status.successful->commands.items[i]);
        }
    }
    wf_buffer_append_char(&out, '\0');
    assert_false(out.is_full);
    return out.data;
}

void script_expect(struct script *script, const char *expected)
{
    const char *seen = script_run(script);

    if (strcmp(seen, expected) != 0) {
        fail_msg("activation %u\nseen:\n%swanted:\n%s", script->activation_count, seen, expected);
    }
}
