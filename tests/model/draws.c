/*
 * Values that requests are made of. Most make sense; some are missing, negative or too long.
 */
#include "tests/model/draws.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/real.h"

#define WORKFLOWS 14
#define QUEUES 2

/* ---- Draws and texts ---- */

uint64_t calls_draw(struct calls *calls, uint64_t bound)
{
    return cluster_draw(calls->cluster, bound);
}

bool calls_one_in(struct calls *calls, uint64_t bound)
{
    return calls_draw(calls, bound) == 0;
}

void *calls_make(struct calls *calls, size_t size_bytes)
{
    void *piece = wf_arena_take(&calls->arena, size_bytes);

    if (piece == NULL) {
        abort();
    }
    return piece;
}
struct wf_string calls_numbered(struct calls *calls, const char *name, uint64_t number)
{
    struct wf_buffer text = {0};

    wf_buffer_init(&text, &calls->arena);
    wf_buffer_printf(&text, "%s%llu", name, (unsigned long long)number);
    return wf_buffer_string(&text);
}

struct wf_string calls_long_text(struct calls *calls, size_t size_bytes)
{
    char *text = calls_make(calls, size_bytes);

    memset(text, 'x', size_bytes);
    return (struct wf_string){text, size_bytes};
}

struct wf_string calls_id_or_bad(struct calls *calls, struct wf_string id)
{
    if (!calls_one_in(calls, 60)) {
        return id;
    }
    return calls_one_in(calls, 2) ? (struct wf_string){0} : calls_long_text(calls, 1200);
}

struct wf_payloads *calls_payloads(struct calls *calls)
{
    struct wf_payloads *all = MAKE(calls, struct wf_payloads);
    struct wf_payload *payload = WF_LIST_APPEND(&calls->arena, all->payloads);
    struct wf_entry_string *encoding = WF_LIST_APPEND(&calls->arena, payload->metadata);

    encoding->key = WF_STR("encoding");
    encoding->value = WF_STR("json/plain");
    payload->data = calls_one_in(calls, 150) ? calls_long_text(calls, 3000) : calls_numbered(calls, "", calls->number);
    return all;
}

struct wf_payloads *calls_maybe_payloads(struct calls *calls)
{
    return calls_one_in(calls, 3) ? NULL : calls_payloads(calls);
}

struct wf_header *calls_maybe_header(struct calls *calls)
{
    struct wf_header *header = NULL;
    struct wf_entry_payload *entry = NULL;

    if (!calls_one_in(calls, 5)) {
        return NULL;
    }
    header = MAKE(calls, struct wf_header);
    entry = WF_LIST_APPEND(&calls->arena, header->fields);
    entry->key = WF_STR("trace");
    entry->value = calls_payloads(calls)->payloads.items[0];
    return header;
}

struct wf_timestamp calls_duration(struct calls *calls, uint64_t max_ms)
{
    if (calls_one_in(calls, 200)) {
        return wf_duration_of(-WF_NS_PER_S);
    }
    return wf_duration_of((int64_t)(1 + calls_draw(calls, max_ms)) * WF_NS_PER_MS);
}

struct wf_timestamp calls_maybe_duration(struct calls *calls, uint64_t one, uint64_t max_ms)
{
    return calls_one_in(calls, one) ? calls_duration(calls, max_ms) : (struct wf_timestamp){0};
}

struct wf_retry_policy *calls_maybe_policy(struct calls *calls)
{
    struct wf_retry_policy *policy = NULL;

    if (calls_one_in(calls, 2)) {
        return NULL;
    }
    policy = MAKE(calls, struct wf_retry_policy);
    policy->initial_interval = calls_maybe_duration(calls, 2, 1500);
    policy->backoff_coefficient = calls_one_in(calls, 3) ? 0 : wf_double_of_i64((int64_t)calls_draw(calls, 4));
    policy->maximum_interval = calls_maybe_duration(calls, 4, 5000);
    policy->maximum_attempts = calls_one_in(calls, 4) ? 0 : (int32_t)calls_draw(calls, 5);
    if (calls_one_in(calls, 4)) {
        static const char *const types[] = {"Final", "TemporalTimeout:StartToClose", "TemporalTimeout:Heartbeat"};

        *(struct wf_string *)WF_LIST_APPEND(&calls->arena,
                                            policy->non_retryable_error_types) = wf_string_of(types[calls_draw(calls, 3)]);
    }
    return policy;
}

struct wf_failure *calls_failure(struct calls *calls)
{
    struct wf_failure *made = MAKE(calls, struct wf_failure);
    struct wf_application_failure_info *info = NULL;

    made->message = calls_numbered(calls, "failure ", calls->number);
    made->source = WF_STR("code");
    if (calls_one_in(calls, 6)) {
        return made;
    }
    if (calls_one_in(calls, 8)) {
        made->failure_info_case = WF_CASE_failure_canceled_failure_info;
        made->failure_info.canceled_failure_info = MAKE(calls, struct wf_canceled_failure_info);
        return made;
    }
    if (calls_one_in(calls, 12)) {
        made->failure_info_case = WF_CASE_failure_timeout_failure_info;
        made->failure_info.timeout_failure_info = MAKE(calls, struct wf_timeout_failure_info);
        made->failure_info.timeout_failure_info->timeout_type = 1 + (int32_t)calls_draw(calls, 4);
        return made;
    }
    info = MAKE(calls, struct wf_application_failure_info);
    info->type = calls_one_in(calls, 3) ? WF_STR("Final") : WF_STR("Passing");
    info->non_retryable = calls_one_in(calls, 6);
    if (calls_one_in(calls, 6)) {
        info->next_retry_delay = wf_duration_of((int64_t)calls_draw(calls, 3000) * WF_NS_PER_MS);
    }
    made->failure_info_case = WF_CASE_failure_application_failure_info;
    made->failure_info.application_failure_info = info;
    return made;
}

struct wf_string calls_workflow_id(struct calls *calls)
{
    return calls_numbered(calls, "workflow-", calls_draw(calls, WORKFLOWS));
}

struct wf_string calls_run_id_of(struct calls *calls, struct wf_string id)
{
    const struct model_workflow *workflow = model_workflow_find(calls->model, id);
    const uint64_t dice = calls_draw(calls, 20);

    if (dice == 0) {
        return calls_one_in(calls, 2) ? WF_STR("not-a-run") : WF_STR("00000000-1111-4222-8333-444444444444");
    }
    if (dice > 4 || workflow == NULL || workflow->runs.count == 0) {
        return (struct wf_string){0};
    }
    return workflow->runs.items[calls_draw(calls, workflow->runs.count)]->start->run_id;
}

struct wf_workflow_execution *calls_execution(struct calls *calls)
{
    struct wf_workflow_execution *target = MAKE(calls, struct wf_workflow_execution);

    target->workflow_id = calls_one_in(calls, 40)   ? WF_STR("never-started")
                          : calls_one_in(calls, 10) ? calls_numbered(calls, "child-", calls_draw(calls, CALLS_CHILDREN))
                          : calls_one_in(calls, 10) ? calls_numbered(calls, "restored-", calls_draw(calls, CALLS_RESTORED))
                                              : calls_workflow_id(calls);
    target->run_id = calls_run_id_of(calls, target->workflow_id);
    return target;
}

struct wf_string calls_request_id(struct calls *calls)
{
    if (calls_one_in(calls, 30)) {
        return (struct wf_string){0};
    }
    if (calls_one_in(calls, 6) && calls->number > 60) {
        return calls_numbered(calls, "request-", calls->number - 1 - calls_draw(calls, 60));
    }
    return calls_numbered(calls, "request-", calls->number);
}

struct wf_string calls_queue(struct calls *calls)
{
    return calls_numbered(calls, "queue-", calls_draw(calls, QUEUES));
}

struct wf_memo *calls_maybe_memo(struct calls *calls)
{
    struct wf_memo *memo = NULL;
    struct wf_entry_payload *entry = NULL;

    if (!calls_one_in(calls, 5)) {
        return NULL;
    }
    memo = MAKE(calls, struct wf_memo);
    entry = WF_LIST_APPEND(&calls->arena, memo->fields);
    entry->key = calls_numbered(calls, "note-", calls_draw(calls, 3));
    entry->value = calls_payloads(calls)->payloads.items[0];
    return memo;
}

static struct wf_string attribute_name(struct calls *calls)
{
    return calls_one_in(calls, 40) ? WF_STR("RunId")
                                   : calls_id_or_bad(calls, calls_numbered(calls, "attribute-", calls_draw(calls, 4)));
}

struct wf_search_attributes *calls_attributes(struct calls *calls)
{
    static const char *const values[] = {"1", "null", "[]", ""};
    struct wf_search_attributes *attributes = MAKE(calls, struct wf_search_attributes);
    const uint64_t count = 1 + calls_draw(calls, 2);

    for (uint64_t i = 0; i < count; i++) {
        struct wf_entry_payload *entry = WF_LIST_APPEND(&calls->arena, attributes->indexed_fields);
        struct wf_entry_string *type = NULL;

        entry->key = attribute_name(calls);
        entry->value = calls_payloads(calls)->payloads.items[0];
        if (calls_one_in(calls, 4)) {
            entry->value.data = wf_string_of(values[calls_draw(calls, 4)]);
        }
        if (calls_one_in(calls, 4)) {
            entry->value.data = calls_long_text(calls, 100 + calls_draw(calls, 260));
        }
        if (calls_one_in(calls, 3)) {
            type = WF_LIST_APPEND(&calls->arena, entry->value.metadata);
            type->key = WF_STR("type");
            type->value = calls_one_in(calls, 20) ? WF_STR("Colour") : WF_STR("Keyword");
        }
    }
    return attributes;
}

struct wf_string calls_maybe_cron(struct calls *calls)
{
    static const char *const schedules[] = {"@every 2s", "@every 5s", "* * * * *", "* * * *", "@every 0s"};

    return calls_one_in(calls, 12) ? wf_string_of(schedules[calls_draw(calls, 5)]) : (struct wf_string){0};
}

struct wf_string calls_worker_name(struct calls *calls, uint32_t worker)
{
    return calls_numbered(calls, "worker-", worker);
}

struct wf_string calls_sticky_queue(struct calls *calls, uint32_t worker)
{
    return calls_numbered(calls, "sticky-", worker);
}

struct wf_string calls_pending_activity(struct calls *calls, struct wf_workflow_execution *target)
{
    uint32_t index = 0;
    struct wf_map_entry *entry = NULL;

    while (!calls_one_in(calls, 10) && (entry = wf_map_next(&calls->model->workflows, &index)) != NULL) {
        const struct model_run *run = model_run_current(entry->value);

        if (run != NULL && model_run_is_open(run) && run->state->activities.count > 0 && calls_one_in(calls, 2)) {
            target->workflow_id = run->start->workflow_id;
            target->run_id = calls_one_in(calls, 2) ? run->start->run_id : (struct wf_string){0};
            return run->state->activities.items[calls_draw(calls, run->state->activities.count)].activity_id;
        }
    }
    return calls_id_or_bad(calls, calls_numbered(calls, "activity-", calls_draw(calls, 6)));
}

struct wf_update_request *calls_update_request(struct calls *calls, struct wf_string update_id)
{
    struct wf_update_request *request = MAKE(calls, struct wf_update_request);
    struct wf_payload *payload = NULL;

    request->meta = MAKE(calls, struct wf_update_meta);
    request->meta->update_id = update_id;
    request->meta->identity = WF_STR("client");
    request->input = MAKE(calls, struct wf_update_input);
    request->input->name = WF_STR("set");
    request->input->args = MAKE(calls, struct wf_payloads);
    payload = WF_LIST_APPEND(&calls->arena, request->input->args->payloads);
    payload->data = update_id;
    return request;
}
