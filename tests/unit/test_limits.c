/* Every row of engine/limits.def: what it bounds happens at the lowered value, and does not at the default. */
#include "tests/support/shard_fixture.h"

#define LARGE WF_STR("\"a text of more than sixteen bytes\"")

static const struct wf_event *last_event(struct shard_fixture *f)
{
    const struct wf_history_message history = shard_events(f, "w");

    return &history.events.items[history.events.count - 1];
}

static const struct wf_event_workflow_execution_started *started(struct shard_fixture *f)
{
    return shard_events(f, "w").events.items[0].attributes.workflow_execution_started;
}

static bool is_refused(const struct wf_svc_response *response)
{
    return response->status == WF_CALL_INVALID_ARGUMENT;
}

static bool is_terminated(struct shard_fixture *f)
{
    return shard_describe(f, "w")->status == WF_WORKFLOW_EXECUTION_STATUS_TERMINATED;
}

static bool is_forced(struct shard_fixture *f)
{
    const struct wf_string history = shard_history(f, "w");
    const struct wf_string forced = WF_STR("Started Failed(FORCE_CLOSE_COMMAND)");

    for (size_t i = 0; i + forced.size_bytes <= history.size_bytes; i++) {
        if (memcmp(history.data + i, forced.data, forced.size_bytes) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- Times ---- */

static bool task_timeout(struct shard_fixture *f)
{
    shard_start(f, "w");
    return started(f)->workflow_task_timeout.seconds == 2;
}

static bool task_timeout_max(struct shard_fixture *f)
{
    shard_start_with(f, (struct wf_svc_start_workflow){.workflow_id = WF_STR("w"),
                                                       .workflow_task_timeout = wf_duration_of(60 * WF_NS_PER_S)});
    return started(f)->workflow_task_timeout.seconds == 2;
}

static bool run_interval(struct shard_fixture *f)
{
    const struct wf_command command = shard_continue_as_new(f);

    shard_start(f, "w");
    shard_complete(f, shard_poll(f), &command, 1);
    return started(f)->first_workflow_task_backoff.seconds == 2;
}

/* ---- History and state ---- */

static bool suggested(struct shard_fixture *f)
{
    shard_start(f, "w");
    shard_signal(f, "w", "go", "r1");
    shard_poll(f);
    return last_event(f)->attributes.workflow_task_started->suggest_continue_as_new;
}

static bool signaled_to_death(struct shard_fixture *f)
{
    shard_start(f, "w");
    shard_signal(f, "w", "go", "r1");
    shard_signal(f, "w", "go", "r2");
    return is_terminated(f);
}

/* Told of at the end of a run, by `wfsim run`: see tests/cli/run_till.sh. */
static bool is_above_warning(struct shard_fixture *f, bool by_size, const struct wf_service_limits *limits)
{
    const struct wf_svc_description *description = NULL;

    shard_start(f, "w");
    shard_signal(f, "w", "go", "r1");
    description = shard_describe(f, "w");
    return by_size ? description->history_size_bytes > limits->history_bytes_warn
                   : description->event_count > limits->history_events_warn;
}

static bool warned_of_events(struct shard_fixture *f)
{
    return is_above_warning(f, false, &f->config.limits);
}

static bool warned_of_bytes(struct shard_fixture *f)
{
    return is_above_warning(f, true, &f->config.limits);
}

static bool buffer_overflows(struct shard_fixture *f)
{
    shard_start(f, "w");
    shard_poll(f);
    shard_signal(f, "w", "go", "r1");
    shard_signal(f, "w", "go", "r2");
    return is_forced(f);
}

/* ---- Payloads ---- */

static bool large_input(struct shard_fixture *f)
{
    struct wf_payloads input = {0};
    struct wf_payload *payload = WF_LIST_APPEND(&f->arena, input.payloads);

    payload->data = LARGE;
    return is_refused(
        shard_start_with(f, (struct wf_svc_start_workflow){.workflow_id = WF_STR("w"), .input = &input}));
}

static bool large_memo(struct shard_fixture *f)
{
    struct wf_memo memo = {0};
    struct wf_entry_payload *entry = WF_LIST_APPEND(&f->arena, memo.fields);

    entry->key = WF_STR("note");
    entry->value.data = LARGE;
    return is_refused(shard_start_with(f, (struct wf_svc_start_workflow){.workflow_id = WF_STR("w"), .memo = &memo}));
}

static bool two_attributes(struct shard_fixture *f)
{
    struct wf_search_attributes attributes = {0};
    struct wf_entry_payload *entry = WF_LIST_APPEND(&f->arena, attributes.indexed_fields);

    entry->key = WF_STR("Region");
    entry->value.data = WF_STR("\"north\"");
    entry = WF_LIST_APPEND(&f->arena, attributes.indexed_fields);
    entry->key = WF_STR("City");
    entry->value.data = WF_STR("\"Trier\"");
    return is_refused(shard_start_with(
        f, (struct wf_svc_start_workflow){.workflow_id = WF_STR("w"), .search_attributes = &attributes}));
}

static bool failure_is_cut(struct shard_fixture *f)
{
    const struct wf_command command = shard_schedule_activity(f, "a", 60 * WF_NS_PER_S);

    shard_start(f, "w");
    shard_complete(f, shard_poll(f), &command, 1);
    shard_fail_activity(f, shard_poll_activity(f), "AFailureWithALongName", false);
    return wf_string_is(shard_describe(f, "w")->pending_activities.items[0].last_failure->message,
                        "Failure exceeds size limit.");
}

/* ---- Counts ---- */

static bool both_are_taken(struct shard_fixture *f, struct wf_command first, struct wf_command second)
{
    shard_start(f, "w");
    return is_refused(shard_complete(f, shard_poll(f), (struct wf_command[]){first, second}, 2));
}

static bool two_activities(struct shard_fixture *f)
{
    return both_are_taken(f, shard_schedule_activity(f, "a", WF_NS_PER_S),
                          shard_schedule_activity(f, "b", WF_NS_PER_S));
}

static bool two_children(struct shard_fixture *f)
{
    return both_are_taken(f, shard_start_child(f, "c", WF_PARENT_CLOSE_POLICY_TERMINATE),
                          shard_start_child(f, "d", WF_PARENT_CLOSE_POLICY_TERMINATE));
}

static bool two_external_signals(struct shard_fixture *f)
{
    return both_are_taken(f, shard_signal_external(f, "x"), shard_signal_external(f, "y"));
}

/* A fixture has no endpoint until its owner is made anew. */
static bool two_operations(struct shard_fixture *f)
{
    struct wf_string endpoint = WF_STR("bank");
    struct wf_command_schedule_nexus_operation schedule = {
        .endpoint = WF_STR("bank"), .service = WF_STR("money"), .operation = WF_STR("send")};
    const struct wf_command command = {.command_type = WF_COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION,
                                       .attributes_case = WF_CASE_command_schedule_nexus_operation,
                                       .attributes.schedule_nexus_operation = &schedule};
    const struct wf_command commands[] = {command, command};
    const struct wf_svc_response *response = NULL;

    shard_fixture_crash(f, 0);
    f->config.nexus_endpoints = &endpoint;
    f->config.nexus_endpoint_count = 1;
    shard_fixture_acquire(f, 0);
    shard_start(f, "w");
    response = shard_complete(f, shard_poll(f), commands, 2);
    return is_refused(response);
}

static bool two_external_cancels(struct shard_fixture *f)
{
    return both_are_taken(f, shard_cancel_external(f, "x"), shard_cancel_external(f, "y"));
}

static bool two_signals(struct shard_fixture *f)
{
    shard_start(f, "w");
    shard_signal(f, "w", "go", "r1");
    return is_refused(shard_signal(f, "w", "go", "r2"));
}

static bool long_id(struct shard_fixture *f)
{
    return is_refused(shard_start(f, "a workflow"));
}

/* ---- Updates ---- */

static uint64_t update(struct shard_fixture *f, const char *id)
{
    struct wf_workflow_execution execution = {.workflow_id = WF_STR("w")};
    struct wf_update_meta meta = {.update_id = wf_string_of(id)};
    struct wf_update_input input = {.name = WF_STR("add")};
    struct wf_update_request request = {.meta = &meta, .input = &input};
    struct wf_svc_update_workflow call = {
        .workflow_execution = &execution,
        .request = &request,
        .wait_stage = WF_UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED};

    return shard_fixture_send(f, 0,
                              &(struct wf_svc_request){.call_case = WF_CASE_svc_request_update_workflow,
                                                       .call = {.update_workflow = &call}});
}

static bool second_is_refused(struct shard_fixture *f, enum wf_call_status status)
{
    uint64_t call_id = 0;

    shard_start(f, "w");
    update(f, "first update");
    call_id = update(f, "second update");
    return shard_fixture_answer(f, call_id) != NULL &&
           shard_fixture_answer(f, call_id)->status == (int32_t)status;
}

static bool one_update_too_many(struct shard_fixture *f)
{
    return second_is_refused(f, WF_CALL_FAILED_PRECONDITION);
}

static bool two_updates_at_once(struct shard_fixture *f)
{
    return second_is_refused(f, WF_CALL_RESOURCE_EXHAUSTED);
}

static bool update_waits(struct shard_fixture *f)
{
    uint64_t call_id = 0;

    shard_start(f, "w");
    call_id = update(f, "u");
    shard_fixture_advance(f, 3 * WF_NS_PER_S);
    return shard_fixture_answer(f, call_id) != NULL;
}

/* ---- The table ---- */

static const struct row {
    const char *name;
    int64_t value;
    bool (*is_reached)(struct shard_fixture *f); /* NULL: elsewhere */
} rows[] = {
    {"workflow_task_timeout_ns", 2 * WF_NS_PER_S, task_timeout},
    {"workflow_task_timeout_ns_max", 2 * WF_NS_PER_S, task_timeout_max},
    {"run_interval_ns_min", 2 * WF_NS_PER_S, run_interval},
    {"retention_ns", 1, NULL}, /* of the world, which keeps closed runs: tests/unit/test_world.c */
    {"history_events_warn", 2, warned_of_events},
    {"history_events_suggest", 3, suggested},
    {"history_events_max", 3, signaled_to_death},
    {"history_bytes_warn", 100, warned_of_bytes},
    {"history_bytes_suggest", 100, suggested},
    {"history_bytes_max", 100, signaled_to_death},
    {"state_bytes_max", 100, signaled_to_death},
    {"transaction_bytes_max", 100, signaled_to_death},
    {"buffered_events_max", 1, buffer_overflows},
    {"buffered_bytes_max", 10, buffer_overflows},
    {"blob_bytes_max", 16, large_input},
    {"memo_bytes_max", 16, large_memo},
    {"failure_bytes_max", 16, failure_is_cut},
    {"search_attributes_max", 1, two_attributes},
    {"search_attribute_bytes_max", 6, two_attributes},
    {"search_attributes_bytes_max", 20, two_attributes},
    {"pending_activities_max", 1, two_activities},
    {"pending_children_max", 1, two_children},
    {"pending_signals_max", 1, two_external_signals},
    {"pending_cancels_max", 1, two_external_cancels},
    {"pending_nexus_max", 1, two_operations},
    {"signals_max", 1, two_signals},
    {"updates_max", 1, one_update_too_many},
    {"updates_in_flight_max", 1, two_updates_at_once},
    {"update_bytes_max", 16, two_updates_at_once},
    {"update_wait_ns", 2 * WF_NS_PER_S, update_waits},
    {"id_bytes_max", 8, long_id},
};

static const struct {
    const char *name;
    size_t offset;
} limits[] = {
#define WF_LIMIT(member, parser, value, key, text, help) {#member, offsetof(struct wf_service_limits, member)},
#include "engine/limits.def"
};

static size_t lowered; /* index in limits */
static int64_t lowered_to;

static void lower(struct wf_service_config *config)
{
    *(int64_t *)(void *)((char *)&config->limits + limits[lowered].offset) = lowered_to;
}

static const struct row *row_of(const char *name)
{
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    fail_msg("no test reaches limit %s", name);
    return NULL;
}

static bool is_reached(const struct row *row, void (*change)(struct wf_service_config *config))
{
    struct shard_fixture f;
    bool reached = false;

    shard_fixture_init(&f, change);
    reached = row->is_reached(&f);
    shard_fixture_deinit(&f);
    return reached;
}

/* engine-semantics 8.9, 9: each limit has a row above, which is reached at its value and not by default. */
static void test_limits__each_is_reached(void **state)
{
    (void)state;
    for (lowered = 0; lowered < TEST_COUNT(limits); lowered++) {
        const struct row *row = row_of(limits[lowered].name);

        lowered_to = row->value;
        if (row->is_reached == NULL) {
            continue;
        }
        if (!is_reached(row, lower)) {
            fail_msg("%s is not reached at %lld", row->name, (long long)row->value);
        }
        if (is_reached(row, NULL)) {
            fail_msg("%s is reached by default", row->name);
        }
    }
}

/* 7.11: what the service fills in itself, and what has no type that it knows, is not taken. */
static void test_limits__search_attributes_are_checked(void **state)
{
    static const struct {
        const char *name;
        const char *type;
        bool is_refused;
    } attributes[] = {
        {"Region", "Keyword", false}, {"Region", "Word", true},        {"Region", NULL, false},
        {"", "Keyword", true},        {"WorkflowType", "Keyword", true}, {"TemporalChangeVersion", "KeywordList", false},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(attributes); i++) {
        struct shard_fixture f;
        struct wf_search_attributes given = {0};
        struct wf_entry_payload *entry = NULL;

        shard_fixture_init(&f, NULL);
        entry = WF_LIST_APPEND(&f.arena, given.indexed_fields);
        entry->key = wf_string_of(attributes[i].name);
        entry->value.data = WF_STR("\"x\"");
        if (attributes[i].type != NULL) {
            struct wf_entry_string *type = WF_LIST_APPEND(&f.arena, entry->value.metadata);

            *type = (struct wf_entry_string){WF_STR("type"), wf_string_of(attributes[i].type)};
        }
        if (is_refused(shard_start_with(&f, (struct wf_svc_start_workflow){
                                                .workflow_id = WF_STR("w"), .search_attributes = &given})) !=
            attributes[i].is_refused) {
            fail_msg("%s of type %s", attributes[i].name, attributes[i].type == NULL ? "none" : attributes[i].type);
        }
        shard_fixture_deinit(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits__each_is_reached),
        cmocka_unit_test(test_limits__search_attributes_are_checked),
    };

    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
