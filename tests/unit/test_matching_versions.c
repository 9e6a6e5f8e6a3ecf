/* Which worker gets which task when workers have versions, told as traces of one matching process. */
#include "tests/support/matching_fixture.h"

#include <stdio.h>

static struct wf_worker_deployment_version v1 = {.deployment_name = {"shop", 4}, .build_id = {"v1", 2}};
static struct wf_worker_deployment_version v2 = {.deployment_name = {"shop", 4}, .build_id = {"v2", 2}};
static struct wf_state_versioning pinned_to_v1 = {.behavior = WF_VERSIONING_BEHAVIOR_PINNED, .version = &v1};
static struct wf_state_versioning upgraded_on_v1 = {
    .behavior = WF_VERSIONING_BEHAVIOR_AUTO_UPGRADE, .version = &v1, .revision = 1};

/* One poll of "orders" for activities. */
static void poll_as(struct matching_fixture *f, uint64_t call_id, struct wf_worker_deployment_version *version)
{
    f->version = version;
    matching_poll(f, call_id);
}

/* Who sets no routing has workers without a version, and only they are given what belongs to no version. */
static void test_matching_versions__without_a_routing_they_get_nothing(void **state)
{
    struct matching_fixture *f = *state;

    poll_as(f, 1, &v1);
    matching_push(f, (struct matching_push_plan){.call_id = 2, .event_id = 5});
    poll_as(f, 3, NULL);
    matching_history_says(f, 0, WF_CALL_OK);

    matching_trace_is(f, "0 acquires orders, range 1\n"
                         "0 reads 0 tasks\n"
                         "0 start 0: asks history of order-1 to start 5\n"
                         "0 answers 3: activity charge\n"
                         "0 answers 2: ok\n");
}

/* The routing is stored before it is followed, and then what waits goes to the current version. */
static void test_matching_versions__current_takes_what_belongs_to_none(void **state)
{
    struct matching_fixture *f = *state;

    poll_as(f, 1, &v1);
    poll_as(f, 2, &v2);
    matching_push(f, (struct matching_push_plan){.call_id = 3, .event_id = 5});
    matching_route(f, 4, (struct matching_routing){.is_activity = true, .current = "v2", .revision = 1});
    matching_history_says(f, 0, WF_CALL_OK);

    matching_trace_is(f, "0 acquires orders, range 1\n"
                         "0 reads 0 tasks\n"
                         "0 writes 0 tasks, ack 0: 0\n"
                         "0 answers 4: ok\n"
                         "0 start 0: asks history of order-1 to start 5\n"
                         "0 answers 2: activity charge\n"
                         "0 answers 3: ok\n");
}

/* A pinned run stays with its version, and holds up nobody while that has no poller. */
static void test_matching_versions__pinned_waits_for_its_own(void **state)
{
    struct matching_fixture *f = *state;

    f->is_silent = true;
    matching_route(f, 1, (struct matching_routing){.is_activity = true, .current = "v2", .revision = 1});
    matching_push(f, (struct matching_push_plan){.call_id = 2, .event_id = 5, .versioning = &pinned_to_v1});
    matching_pass(f, 300);
    f->is_silent = false;
    poll_as(f, 3, &v2);
    matching_push(f, (struct matching_push_plan){.call_id = 4, .event_id = 6, .versioning = &upgraded_on_v1});
    matching_history_says(f, 0, WF_CALL_OK);
    poll_as(f, 5, &v1);
    matching_history_says(f, 1, WF_CALL_OK);

    matching_trace_is(f, "300 start 0: asks history of order-1 to start 6\n"
                         "300 answers 3: activity charge\n"
                         "300 answers 4: ok\n"
                         "300 start 1: asks history of order-1 to start 5\n"
                         "300 answers 5: activity charge\n");
}

/* More tasks of one version than memory keeps must not hide what comes behind them. */
static void test_matching_versions__a_long_backlog_of_one_hides_no_other(void **state)
{
    struct matching_fixture *f = *state;
    const int64_t task_count = 400; /* more than are loaded */

    f->is_silent = true;
    matching_route(f, 1, (struct matching_routing){.is_activity = true, .current = "v2", .revision = 1});
    for (int64_t i = 0; i < task_count; i++) {
        matching_push(f, (struct matching_push_plan){
                             .call_id = (uint64_t)(10 + i), .event_id = 5 + i, .versioning = &pinned_to_v1});
    }
    matching_push(f, (struct matching_push_plan){.call_id = 2, .event_id = 999});
    matching_pass(f, 300);
    f->is_silent = false;
    matching_crash(f);
    poll_as(f, 3, &v2);
    f->is_silent = true;
    matching_history_says(f, 0, WF_CALL_OK);
    f->is_silent = false;

    assert_non_null(strstr(wf_string_copy(&f->arena, wf_buffer_string(&f->trace)).data, "to start 999\n"));
}

/* A further page is read for a poller of another version alone: when it fails and the poller is gone, nobody waits for the next
 * try, until there is a poller again. */
static void test_matching_versions__a_page_that_nobody_wants_is_not_tried_again(void **state)
{
    struct matching_fixture *f = *state;

    f->is_silent = true;
    matching_route(f, 1, (struct matching_routing){.is_activity = true, .current = "v2", .revision = 1});
    for (int64_t i = 0; i < 64; i++) { /* as many as are loaded for nobody in particular */
        matching_push(f, (struct matching_push_plan){
                             .call_id = (uint64_t)(10 + i), .event_id = 5 + i, .versioning = &pinned_to_v1});
    }
    matching_push(f, (struct matching_push_plan){.call_id = 2, .event_id = 999});
    matching_pass(f, 300);
    matching_crash(f);
    f->holds_read = true;
    poll_as(f, 3, &v2);
    f->holds_read = true;
    matching_release_read(f);
    f->held_reply->status = WF_DATABASE_UNAVAILABLE;
    matching_release_read(f);
    matching_step(f, (struct wf_service_input){.type = WF_SERVICE_CANCEL, .call_id = 3});
    matching_pass(f, 5000);
    f->is_silent = false;
    poll_as(f, 4, &v2);

    assert_non_null(strstr(wf_string_copy(&f->arena, wf_buffer_string(&f->trace)).data, "to start 999\n"));
}

/* A share of the workflow ids goes to the ramping version, each always to the same side. */
static void test_matching_versions__ramping_takes_a_share(void **state)
{
    struct matching_fixture *f = *state;
    uint32_t ramped = 0;

    f->is_silent = true;
    for (uint32_t i = 0; i < 100; i++) {
        char id[16];

        (void)snprintf(id, sizeof id, "order-%u", i);
        for (int32_t percent = 0; percent <= 100; percent += 50) {
            matching_route(f, 1, (struct matching_routing){.is_activity = true,
                                                           .current = "v1",
                                                           .ramping = "v2",
                                                           .percent = percent,
                                                           .revision = (int64_t)i * 3 + percent / 50 + 1});
            poll_as(f, 2, &v2);
            matching_push(f, (struct matching_push_plan){.call_id = 3, .event_id = 5, .workflow_id = id});
            assert_true(percent != 0 || f->start_count == 0);
            assert_true(percent != 100 || f->start_count == 1);
            ramped += percent == 50 ? f->start_count : 0;
            poll_as(f, 4, &v1);
            matching_history_says(f, 0, WF_CALL_OK);
            f->start_count = 0;
            matching_step(f, (struct wf_service_input){.type = WF_SERVICE_CANCEL, .call_id = 2});
            matching_step(f, (struct wf_service_input){.type = WF_SERVICE_CANCEL, .call_id = 4});
        }
    }
    assert_true(ramped > 30 && ramped < 70);
}

/* What is stored is what a later owner follows; a routing that comes late changes nothing. */
static void test_matching_versions__a_routing_is_stored_and_never_goes_back(void **state)
{
    struct matching_fixture *f = *state;

    f->is_silent = true;
    matching_route(f, 1, (struct matching_routing){.is_activity = true, .current = "v2", .revision = 2});
    f->is_silent = false;
    matching_route(f, 2, (struct matching_routing){.is_activity = true, .current = "v1", .revision = 1});
    matching_crash(f);
    poll_as(f, 3, &v1);
    poll_as(f, 4, &v2);
    matching_push(f, (struct matching_push_plan){.call_id = 5, .event_id = 5});
    matching_history_says(f, 0, WF_CALL_OK);

    matching_trace_is(f, "0 answers 2: ok\n"
                         "0 acquires orders, range 2\n"
                         "0 reads 0 tasks\n"
                         "0 start 0: asks history of order-1 to start 5\n"
                         "0 answers 4: activity charge\n"
                         "0 answers 5: ok\n");
}

/* Whoever sets it is told when it could not be stored, or nobody knows, and comes again. */
static void test_matching_versions__an_unwritten_routing_is_refused(void **state)
{
    struct matching_fixture *f = *state;

    f->fate = SIM_DATABASE_FATE_UNAVAILABLE;
    matching_route(f, 1, (struct matching_routing){.is_activity = true, .current = "v1", .revision = 1});
    f->acquire_fate = SIM_DATABASE_FATE_UNAVAILABLE;
    matching_crash(f);
    matching_route(f, 2, (struct matching_routing){.is_activity = true, .current = "v1", .revision = 1});

    matching_trace_is(f, "0 acquires orders, range 1\n"
                         "0 writes 0 tasks, ack 0: 5\n"
                         "0 answers 1: unavailable\n"
                         "0 reads 0 tasks\n"
                         "0 reads 0 tasks\n"
                         "0 acquires orders, range -1\n"
                         "0 answers 2: unavailable\n");
}

/* A run that is to move leaves the worker that has it cached; one that is pinned stays there. */
static void test_matching_versions__sticky_run_that_is_to_move(void **state)
{
    struct matching_fixture *f = *state;

    f->is_silent = true;
    f->version = &v1;
    matching_poll_workflow(f, 1, "worker-1-sticky", true);
    matching_route(f, 2, (struct matching_routing){.current = "v2", .revision = 2});
    f->is_silent = false;
    matching_push(f, (struct matching_push_plan){
                         .call_id = 3, .event_id = 5, .sticky_queue = "worker-1-sticky", .versioning = &upgraded_on_v1});
    matching_push(f, (struct matching_push_plan){
                         .call_id = 4, .event_id = 5, .sticky_queue = "worker-1-sticky", .versioning = &pinned_to_v1});

    matching_trace_is(f, "0 answers 3: sticky worker unavailable\n"
                         "0 start 0: asks history of order-1 to start 5\n");
}

/* A start that is tried again after the routing has changed does not pass for one of the new routing. */
static void test_matching_versions__revision_is_that_by_which_it_was_given(void **state)
{
    struct matching_fixture *f = *state;

    matching_route(f, 1, (struct matching_routing){.current = "v1", .revision = 1});
    f->version = &v1;
    matching_poll_workflow(f, 2, "orders", false);
    matching_push(f, (struct matching_push_plan){.call_id = 3, .event_id = 5, .is_workflow = true});
    assert_int_equal(f->routing_revision, 1);
    matching_history_says(f, 0, WF_CALL_UNAVAILABLE);
    matching_route(f, 4, (struct matching_routing){.current = "v2", .revision = 2});
    matching_pass(f, 100);

    assert_int_equal(f->start_count, 2);
    assert_int_equal(f->routing_revision, 0);
}

/* A query is answered by the code that the run is on. */
static void test_matching_versions__query_goes_to_the_pinned_version(void **state)
{
    struct matching_fixture *f = *state;
    struct wf_workflow_execution execution = {.workflow_id = WF_STR("order-1"), .run_id = WF_STR("run-1")};
    struct wf_svc_workflow_task task = {.workflow_execution = &execution};
    struct wf_svc_dispatch_query body = {
        .task_queue = WF_STR("orders"), .task = &task, .versioning = &pinned_to_v1};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_dispatch_query,
                                           .call = {.dispatch_query = &body}};

    f->is_silent = true;
    matching_route(f, 1, (struct matching_routing){.current = "v2", .revision = 1});
    f->is_silent = false;
    matching_step(f, (struct wf_service_input){.type = WF_SERVICE_REQUEST, .call_id = 2, .request = &request});
    f->version = &v2;
    matching_poll_workflow(f, 3, "orders", false);
    f->version = &v1;
    matching_poll_workflow(f, 4, "orders", false);

    matching_trace_is(f, "0 answers 4: query\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_MATCHING(test_matching_versions__without_a_routing_they_get_nothing),
        IN_MATCHING(test_matching_versions__current_takes_what_belongs_to_none),
        IN_MATCHING(test_matching_versions__pinned_waits_for_its_own),
        IN_MATCHING(test_matching_versions__a_long_backlog_of_one_hides_no_other),
        IN_MATCHING(test_matching_versions__a_page_that_nobody_wants_is_not_tried_again),
        IN_MATCHING(test_matching_versions__ramping_takes_a_share),
        IN_MATCHING(test_matching_versions__a_routing_is_stored_and_never_goes_back),
        IN_MATCHING(test_matching_versions__an_unwritten_routing_is_refused),
        IN_MATCHING(test_matching_versions__sticky_run_that_is_to_move),
        IN_MATCHING(test_matching_versions__revision_is_that_by_which_it_was_given),
        IN_MATCHING(test_matching_versions__query_goes_to_the_pinned_version),
    };

    return cmocka_run_group_tests_name("matching_versions", tests, NULL, NULL);
}
